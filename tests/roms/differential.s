//  Frame of the differential test (`differential.rs`): brings the processor to 64-bit mode and jumps
//  to a payload below this segment, at PAYLOAD. The payload is a chain of blocks, each of which loads
//  all registers, runs one instruction and comes to `report`, or to an exception handler here. Either
//  writes a record of the state to port 402h, resets the scratch memory and goes to the next block,
//  whose address the block left in NEXT. The chain ends at `finish`.

        .set PAYLOAD,   0xFFC00000
        .set HEAD,      0xFFFF0000
        .set TABLES,    0x100000        // PML4, PDPT, four page directories: 4 GiB in 2 MiB pages
        .set IDT,       0x4000
        .set RECORD,    0x5000          // vector, error, RIP, sixteen registers, RFLAGS
        .set RECORD_LEN, 160
        .set NEXT,      0x5100
        .set STACK,     0x7000
        .set SCRATCH,   0x8000
        .set SCRATCH_LEN, 64
        .global PAYLOAD, NEXT, SCRATCH, RECORD_LEN, SCRATCH_LEN, REPORT, FINISH

        //  Places in this segment, as the code reaches them.
        .set GDTR16,    gdtr - base
        .set PROTECTED, protected - base + HEAD
        .set STUBS,     stubs - base + HEAD
        .set IDTR,      idtr - base + HEAD
        .set GDTR64,    gdtr64 - base + HEAD
        .set LONG,      long - base + HEAD

        .section .rom, "ax"
        .code16
base:
real:   cli
        lgdtd cs:[GDTR16]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        .att_syntax prefix
        ljmpl $8, $PROTECTED
        .intel_syntax noprefix

        .code32
protected:
        mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov fs, ax
        mov gs, ax
        mov esp, STACK
        //  tables
        mov edi, TABLES
        xor eax, eax
        mov ecx, 0x6000 / 4
        cld
        rep stosd
        mov dword ptr [TABLES], TABLES + 0x1003
        mov edi, TABLES + 0x1000
        mov eax, TABLES + 0x2003
        mov ecx, 4
1:      mov [edi], eax
        add edi, 8
        add eax, 0x1000
        dec ecx
        jnz 1b
        mov edi, TABLES + 0x2000
        mov eax, 0x83
        mov ecx, 2048
2:      mov [edi], eax
        add edi, 8
        add eax, 0x200000
        dec ecx
        jnz 2b
        //  interrupt gates to the stubs, 16 bytes apart
        mov edi, IDT
        mov eax, offset STUBS
        mov ecx, 32
3:      mov edx, eax
        and edx, 0xffff
        or edx, 8 << 16
        mov [edi], edx
        mov edx, eax
        and edx, 0xffff0000
        or edx, 0x8e00
        mov [edi + 4], edx
        mov dword ptr [edi + 8], 0
        mov dword ptr [edi + 12], 0
        add edi, 16
        add eax, 16
        dec ecx
        jnz 3b
        lidt [IDTR]
        mov eax, 0x20
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        mov ecx, 0xc0000080
        mov eax, 0x100
        xor edx, edx
        wrmsr
        mov eax, 0x80010011
        mov cr0, eax
        lgdt [GDTR64]
        ljmp 8, offset LONG

        .code64
long:   mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov dword ptr [NEXT], PAYLOAD
        mov dword ptr [NEXT + 4], 0
        jmp reset_scratch

        .set REPORT, HEAD + (report - base)
report: mov [RECORD + 3*8], rax
        mov [RECORD + 7*8], rsp
        mov rsp, STACK
        pushfq
        pop rax
        mov [RECORD + 19*8], rax
        mov eax, 0xff
        mov [RECORD], rax
        xor eax, eax
        mov [RECORD + 8], rax
        mov [RECORD + 16], rax
emit:   mov [RECORD + 4*8], rcx
        mov [RECORD + 5*8], rdx
        mov [RECORD + 6*8], rbx
        mov [RECORD + 8*8], rbp
        mov [RECORD + 9*8], rsi
        mov [RECORD + 10*8], rdi
        mov [RECORD + 11*8], r8
        mov [RECORD + 12*8], r9
        mov [RECORD + 13*8], r10
        mov [RECORD + 14*8], r11
        mov [RECORD + 15*8], r12
        mov [RECORD + 16*8], r13
        mov [RECORD + 17*8], r14
        mov [RECORD + 18*8], r15
        cld
        mov edx, 0x402
        mov esi, RECORD
        mov ecx, RECORD_LEN
        rep outsb
        mov esi, SCRATCH
        mov ecx, SCRATCH_LEN
        rep outsb
reset_scratch:
        cld
        mov edi, SCRATCH
        mov rax, 0x8142c3240f18e796
        mov ecx, SCRATCH_LEN / 8
4:      stosq
        rol rax, 7
        dec ecx
        jnz 4b
        jmp [NEXT]

//  An exception: vector and error code are on the stack above the frame.
exception:
        mov [RECORD + 3*8], rax
        pop rax
        mov [RECORD], rax
        pop rax
        mov [RECORD + 8], rax
        pop rax
        mov [RECORD + 16], rax
        pop rax
        pop rax
        mov [RECORD + 19*8], rax
        pop rax
        mov [RECORD + 7*8], rax
        mov rsp, STACK
        jmp emit

        .set FINISH, HEAD + (finish - base)
finish: mov dx, 0xf4
        xor eax, eax
        out dx, eax
        cli
        hlt

        .balign 16
stubs:
        .set vector, 0
        .rept 32
        .balign 16
        .if (vector == 8) | ((vector >= 10) & (vector <= 14)) | (vector == 17)
        .byte 0x66, 0x90
        .else
        .byte 0x6a, 0x00
        .endif
        .byte 0x6a, vector
        jmp exception
        .set vector, vector + 1
        .endr

        .balign 8
gdt:    .quad 0
        .quad 0x00cf9b000000ffff
        .quad 0x00cf93000000ffff
gdt64:  .quad 0
        .quad 0x00af9b000000ffff
        .quad 0x00cf93000000ffff
gdtr:   .word 23
        .long HEAD + (gdt - base)
gdtr64: .word 23
        .long HEAD + (gdt64 - base)
idtr:   .word 32 * 16 - 1
        .long IDT

        .org 0xFFF0
        //  jmp real, which lies a segment's wrap ahead
        .byte 0xe9
        .word 0x10000 - 0xfff3
        .org 0x10000
