# The SMI entry: copied to SMBASE + 8000h and filled in there. See entry.rs.

    .section .text.smi_entry, "ax"
    .globl smi_entry, smi_entry_end, smi_gdt, smi_gdt_base, smi_far32, smi_32, smi_cr3, smi_far64, smi_64
    .globl smi_stack, smi_call, smi_cpu
    .code16
smi_entry:                                  # CS.base = SMBASE, IP = 8000h, big real mode
    .set SMI_GDTR, smi_gdtr - smi_entry + 0x8000
    lgdtd   cs:[SMI_GDTR]
    mov     eax, cr0
    or      eax, 1
    mov     cr0, eax
    .byte   0x66, 0xEA                      # jmp far 08h:smi_32
smi_far32:
    .long   0
    .word   0x08
    .code32
smi_32:
    mov     ax, 0x10
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     fs, ax
    mov     gs, ax
    mov     eax, 0x220                      # CR4 was 0: PAE, OSFXSR
    mov     cr4, eax
    .byte   0xB8                            # mov eax, page tables
smi_cr3:
    .long   0
    mov     cr3, eax
    mov     ecx, 0xC0000080                 # EFER was 0: LME
    rdmsr
    or      eax, 0x100
    wrmsr
    mov     eax, cr0
    or      eax, 0x80010000                 # PG, WP
    mov     cr0, eax
    .byte   0xEA                            # jmp far 18h:smi_64
smi_far64:
    .long   0
    .word   0x18
    .code64
smi_64:
    mov     rsp, qword ptr [rip + smi_stack]
    xor     ebp, ebp                        # stack walks end here
    cld
    mov     rcx, qword ptr [rip + smi_cpu]  # first argument
    sub     rsp, 32
    call    qword ptr [rip + smi_call]
    rsm
    .balign 8
smi_gdt:
    .quad   0
    .quad   0x00CF9B000000FFFF              # 08h code, 32 bits
    .quad   0x00CF93000000FFFF              # 10h data
    .quad   0x00AF9B000000FFFF              # 18h code, 64 bits
smi_gdtr:
    .word   0x1F
smi_gdt_base:
    .long   0
    .balign 8
smi_stack:
    .quad   0
smi_call:
    .quad   0
smi_cpu:
    .quad   0
smi_entry_end:
    .text
