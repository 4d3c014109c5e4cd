//  Frame of the differential test (`tests/differential`): brings the processor to 64-bit mode and runs
//  the records of a payload below this segment, at PAYLOAD: 16 bytes of head (how many records, whether
//  each is reported in full), then the records. A record holds code, the segment in which it runs (64,
//  32 or 16 bits), registers, and masks. Its code comes back to `report`, or to an exception handler
//  here. Either writes the state that it finds to port 402h: in full, or as a hash of 4 bytes.

        .set PAYLOAD,   0xFFC00000
        .set HEAD,      0xFFFF0000
        .set TABLES,    0x100000        // PML4, PDPT, four page directories: 4 GiB; a page table for the first 2 MiB
        .set IDT,       0x4000
        .set GDT,       0x4400
        .set TSS,       0x4600
        .set CURSOR,    0x4700
        .set LEFT,      0x4708
        .set FULL,      0x4710
        .set RETURN,    0x4718          // holds REPORT: 64-bit code has no far jump to an immediate address
        .set CURRENT,   0x5000          // the record that runs
        .set RESULT,    0x5200          // what it left
        .set WORDS, 41                  // vector, error, RIP, CR2, sixteen registers, RFLAGS, MXCSR, XMM0-3, scratch, PTE,
        .set RESULT_LEN, WORDS * 8      // PDE, PDPTE
        .set SLOT,      0x6000          // a page of its own for the code
        .set STACK,     0x7000
        .set FAULTS,    0x7800          // stack of the exception handlers
        .set SCRATCH,   0x8FC0          // the last 64 bytes of a page; the next one is not present
        .set READ_ONLY, 0xB000
        .set SUPERVISOR, 0xC000         // not for ring 3
        .set SPARE, 0xD000              // a page whose tables records change; seen at FAR + SPARE, too
        .set FAR, 0x40000000
        .set PTE, TABLES + 0x6000 + SPARE / 0x1000 * 8
        .set PDE, TABLES + 0x3000       // of FAR, and so on
        .set PDPTE, TABLES + 0x1008
        .set CONTROL, 0x80010033            // PG, WP, NE, ET, MP, PE
        .global SPARE, FAR, PTE, PDE, PDPTE, CONTROL
        .global PAYLOAD, SCRATCH, READ_ONLY, SUPERVISOR, RESULT_LEN, SLOT, STACK, REPORT, RETURN

        //  The record.
        .set R_CODE,    0
        .set R_FLAGS,   40
        .set R_DEFINED, 44              // flags that count
        .set R_TARGET,  48              // far pointer to SLOT
        .set R_MXCSR,   56
        .set R_ERROR,   60              // bits of the error code that count
        .set R_REGS,    64
        .set R_XMM,     192             // loaded into XMM0-3, and as the scratch memory's contents

        //  Places in this segment, as the code reaches them.
        .set GDTR16,    gdtr - base
        .set PROTECTED, protected - base + HEAD
        .set STUBS,     stubs - base + HEAD
        .set IDTR,      idtr - base + HEAD
        .set GDTR64,    gdtr64 - base + HEAD
        .set LONG,      long - base + HEAD
        .set GDT64,     gdt64 - base + HEAD
        .set GDT64_LEN, gdt64_end - gdt64

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
        mov esp, STACK
        //  tables
        mov edi, TABLES
        xor eax, eax
        mov ecx, 0x7000 / 4
        cld
        rep stosd
        mov dword ptr [TABLES], TABLES + 0x1007
        mov edi, TABLES + 0x1000
        mov eax, TABLES + 0x2007
        mov ecx, 4
1:      mov [edi], eax
        add edi, 8
        add eax, 0x1000
        dec ecx
        jnz 1b
        mov edi, TABLES + 0x2000
        mov eax, 0x87
        mov ecx, 2048
2:      mov [edi], eax
        add edi, 8
        add eax, 0x200000
        dec ecx
        jnz 2b
        mov dword ptr [TABLES + 0x2000], TABLES + 0x6007
        mov edi, TABLES + 0x6000
        mov eax, 7
        mov ecx, 512
3:      mov [edi], eax
        add edi, 8
        add eax, 0x1000
        dec ecx
        jnz 3b
        and dword ptr [TABLES + 0x6000 + READ_ONLY / 0x1000 * 8], 0xfffffffd
        mov dword ptr [TABLES + 0x6000 + (SCRATCH / 0x1000 + 1) * 8], 0
        and dword ptr [TABLES + 0x6000 + SUPERVISOR / 0x1000 * 8], 0xfffffffb
        //  interrupt gates to the stubs, 16 bytes apart, with a stack of their own
        mov edi, IDT
        mov eax, offset STUBS
        mov ecx, 32
4:      mov edx, eax
        and edx, 0xffff
        or edx, 8 << 16
        mov [edi], edx
        mov edx, eax
        and edx, 0xffff0000
        or edx, 0x8e01
        mov [edi + 4], edx
        mov dword ptr [edi + 8], 0
        mov dword ptr [edi + 12], 0
        add edi, 16
        add eax, 16
        dec ecx
        jnz 4b
        //  INT3 is for every ring
        or byte ptr [IDT + 3*16 + 5], 0x60
        lidt [IDTR]
        mov edi, TSS
        xor eax, eax
        mov ecx, 26
        rep stosd
        mov dword ptr [TSS + 36], FAULTS
        mov esi, offset GDT64
        mov edi, GDT
        mov ecx, offset GDT64_LEN
        rep movsb
        //  PAE, OSFXSR, OSXMMEXCPT
        mov eax, 0x620
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        mov ecx, 0xc0000080
        //  LME, NXE
        mov eax, 0x900
        xor edx, edx
        wrmsr
        mov eax, CONTROL
        mov cr0, eax
        lgdt [GDTR64]
        ljmp 8, offset LONG

        .code64
long:   mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov ax, 40
        mov fs, ax
        mov ax, 48
        mov gs, ax
        mov ax, 56
        ltr ax
        fninit
        mov eax, offset REPORT
        mov [RETURN], rax
        mov esi, PAYLOAD
        mov eax, [rsi]
        mov [LEFT], rax
        mov eax, [rsi + 4]
        mov [FULL], rax
        add rsi, 16
        mov [CURSOR], rsi

next:   dec qword ptr [LEFT]
        js finish
        cld
        mov eax, 16
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov eax, 40
        mov fs, eax
        mov eax, 48
        mov gs, eax
        mov eax, CONTROL
        mov cr0, rax
        mov eax, SPARE | 7
        mov [PTE], rax
        mov eax, TABLES + 0x6007
        mov [PDE], rax
        mov eax, TABLES + 0x3007
        mov [PDPTE], rax
        mov rax, cr3
        mov cr3, rax
        mov dword ptr [SPARE], 0xc3c3c3c3
        mov rsi, [CURSOR]
        mov edi, CURRENT
        mov ecx, 32
        rep movsq
        mov [CURSOR], rsi
        mov esi, CURRENT + R_CODE
        mov edi, SLOT
        mov ecx, 5
        rep movsq
        mov esi, CURRENT + R_XMM
        mov edi, SCRATCH
        mov ecx, 8
        rep movsq
        xor eax, eax
        mov cr2, rax
        movups xmm0, [CURRENT + R_XMM]
        movups xmm1, [CURRENT + R_XMM + 16]
        movups xmm2, [CURRENT + R_XMM + 32]
        movups xmm3, [CURRENT + R_XMM + 48]
        ldmxcsr [CURRENT + R_MXCSR]
        mov esp, STACK
        mov eax, [CURRENT + R_FLAGS]
        push rax
        popfq
        mov rax, [CURRENT + R_REGS]
        mov rcx, [CURRENT + R_REGS + 8]
        mov rdx, [CURRENT + R_REGS + 16]
        mov rbx, [CURRENT + R_REGS + 24]
        mov rsp, [CURRENT + R_REGS + 32]
        mov rbp, [CURRENT + R_REGS + 40]
        mov rsi, [CURRENT + R_REGS + 48]
        mov rdi, [CURRENT + R_REGS + 56]
        mov r8, [CURRENT + R_REGS + 64]
        mov r9, [CURRENT + R_REGS + 72]
        mov r10, [CURRENT + R_REGS + 80]
        mov r11, [CURRENT + R_REGS + 88]
        mov r12, [CURRENT + R_REGS + 96]
        mov r13, [CURRENT + R_REGS + 104]
        mov r14, [CURRENT + R_REGS + 112]
        mov r15, [CURRENT + R_REGS + 120]
        //  jmp fword ptr [CURRENT + R_TARGET]
        .byte 0xff, 0x2c, 0x25
        .long CURRENT + R_TARGET

        .set REPORT, HEAD + (report - base)
report: mov [RESULT + 4*8], rax
        mov [RESULT + 8*8], rsp
        mov rsp, STACK
        pushfq
        pop rax
        mov [RESULT + 20*8], rax
        mov eax, 0xff
        mov [RESULT], rax
        xor eax, eax
        mov [RESULT + 8], rax
        mov [RESULT + 16], rax
tell:   mov [RESULT + 5*8], rcx
        mov [RESULT + 6*8], rdx
        mov [RESULT + 7*8], rbx
        mov [RESULT + 9*8], rbp
        mov [RESULT + 10*8], rsi
        mov [RESULT + 11*8], rdi
        mov [RESULT + 12*8], r8
        mov [RESULT + 13*8], r9
        mov [RESULT + 14*8], r10
        mov [RESULT + 15*8], r11
        mov [RESULT + 16*8], r12
        mov [RESULT + 17*8], r13
        mov [RESULT + 18*8], r14
        mov [RESULT + 19*8], r15
        xor eax, eax
        mov [RESULT + 21*8], rax
        stmxcsr [RESULT + 21*8]
        mov rax, cr2
        mov [RESULT + 3*8], rax
        movups [RESULT + 22*8], xmm0
        movups [RESULT + 24*8], xmm1
        movups [RESULT + 26*8], xmm2
        movups [RESULT + 28*8], xmm3
        //  what isn't defined doesn't count
        mov eax, [CURRENT + R_DEFINED]
        and [RESULT + 20*8], rax
        mov eax, [CURRENT + R_ERROR]
        and [RESULT + 8], rax
        //  MXCSR.DE: QEMU 7.2 sets it for operands that DAZ made zero, the SDM for the others
        and qword ptr [RESULT + 21*8], ~2
        cld
        mov esi, SCRATCH
        mov edi, RESULT + 30*8
        mov ecx, 8
        rep movsq
        mov rax, [PTE]
        mov [RESULT + 38*8], rax
        mov rax, [PDE]
        mov [RESULT + 39*8], rax
        mov rax, [PDPTE]
        mov [RESULT + 40*8], rax
        mov edx, 0x402
        mov esi, RESULT
        cmp qword ptr [FULL], 0
        jne in_full
        mov ecx, offset WORDS
        mov rbx, 0x9e3779b97f4a7c15
        xor eax, eax
5:      xor rax, [rsi]
        imul rax, rbx
        rol rax, 29
        add rsi, 8
        dec ecx
        jnz 5b
        mov [RESULT], rax
        mov esi, RESULT
        mov ecx, 4
        rep outsb
        jmp next
in_full:
        mov ecx, RESULT_LEN
        rep outsb
        jmp next

//  An exception: vector and error code are on the stack above the frame.
exception:
        mov [RESULT + 4*8], rax
        pop rax
        mov [RESULT], rax
        pop rax
        mov [RESULT + 8], rax
        pop rax
        mov [RESULT + 16], rax
        pop rax
        pop rax
        mov [RESULT + 20*8], rax
        pop rax
        mov [RESULT + 8*8], rax
        mov rsp, STACK
        jmp tell

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
        .quad 0x00af9b000000ffff        // 8: 64-bit code
        .quad 0x00cf93000000ffff        // 16: data
        .quad 0x00cf9b000000ffff        // 24: 32-bit code
        .quad 0x008f9b000000ffff        // 32: 16-bit code
        .quad 0x00cf93000010ffff        // 40 (FS): data with base 10h
        .quad 0x00cf93000000ffff        // 48 (GS): data
        .quad 0x0000890046000067        // 56: the task state segment
        .quad 0
        .quad 0x00cf13000000ffff        // 72: data that isn't present
        .quad 0x00cf99000000ffff        // 80: 32-bit code, execute-only
        .quad 0x00cff3000000ffff        // 88: data of ring 3
        .quad 0x00cf9f000000ffff        // 96: conforming 32-bit code
        .quad 0x00cf91000000ffff        // 104: read-only data
        .quad 0x00affb000000ffff        // 112: 64-bit code of ring 3
        .quad 0x00cffb000000ffff        // 120: 32-bit code of ring 3
        .quad 0x00cf1b000000ffff        // 128: code that isn't present
        .quad 0x0000820046000067        // 136: a local descriptor table
        .quad 0
        .quad 0x00ef9b000000ffff        // 152: code with L and D
gdt64_end:
gdtr:   .word 23
        .long HEAD + (gdt - base)
gdtr64: .word GDT64_LEN - 1
        .long GDT
idtr:   .word 32 * 16 - 1
        .long IDT

        .org 0xFFF0
        //  jmp real, which lies a segment's wrap ahead
        .byte 0xe9
        .word 0x10000 - 0xfff3
        .org 0x10000
