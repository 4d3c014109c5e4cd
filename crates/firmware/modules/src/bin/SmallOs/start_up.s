# Where the OS's processors start: copied to a page below 1 MiB and filled in there. See processors.rs.

    .section .text.start_up, "ax"
    .globl start_up, start_up_end, start_gdtr, start_cr3, start_far64, start_64, start_stacks, start_call
    .code16
start_up:                                   # CS.base = the page, IP = 0
    cli
    .set START_GDTR, start_gdtr - start_up
    .set START_CR3, start_cr3 - start_up
    lgdtd   cs:[START_GDTR]
    mov     eax, 0x20                       # PAE
    mov     cr4, eax
    mov     eax, cs:[START_CR3]
    mov     cr3, eax
    mov     ecx, 0xC0000080                 # EFER: LME
    rdmsr
    or      eax, 0x100
    wrmsr
    mov     eax, 0x80010033                 # PG, WP, NE, ET, MP, PE
    mov     cr0, eax
    .byte   0x66, 0xEA                      # far jump to 64-bit code
start_far64:
    .long   0
    .word   0
    .code64
start_64:
    xor     eax, eax
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     eax, 1
    cpuid
    shr     ebx, 24                         # the initial APIC ID, from 1: its stack ends there
    shl     ebx, 13
    mov     rsp, qword ptr [rip + start_stacks]
    add     rsp, rbx
    xor     ebp, ebp                        # stack walks end here
    cld
    sub     rsp, 32
    call    qword ptr [rip + start_call]
    .balign 8
start_stacks:
    .quad   0
start_call:
    .quad   0
start_cr3:
    .long   0
start_gdtr:                                 # as SGDT writes it
    .word   0
    .quad   0
start_up_end:
    .text
