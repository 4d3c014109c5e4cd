//  Frame of the comparison of virtual-8086 mode and task switches (`tests/differential/tasks.rs`): 32-bit protected
//  mode without paging, a payload of records below this segment. A record changes words of the tables, loads
//  registers and goes by IRETD to its code. An exception or INT ends it: what it left goes to port 402h.

        .set PAYLOAD,   0xFFC00000
        .set HEAD,      0xFFFF0000
        //  What records change, and what is put back from COPY before each.
        .set IDT,       0x4000
        .set GDT,       0x4400
        .set TSS,       0x4600
        .set TASK,      0x4680          // the task that records switch to,
        .set HANDLERS,  0x4700          // tasks for exceptions 10 to 13, 80h bytes each
        .set TASK16,    0x4900          // a task with a 16-bit state segment
        .set LDT,       0x4A00
        .set TABLES_LEN, 0xA20
        //  Out of reach of the programs
        .set COPY,      0x200000
        .set LEFT,      0x201000
        .set CURSOR,    0x201004
        .set FULL,      0x201008
        .set SPARE,     0x20100C        // changes that aren't needed go there
        .set CURRENT,   0x202000
        .set RESULT,    0x203000
        .set STACK,     0x7000
        .set INNER,     0x7800          // stack of ring 0 for interrupts from outside
        .set TASK_CODE, 0x8000
        .set CODE,      0xA000          // a record's, also as 0A00:0000
        .set MEMORY,    0xB780          // around the stack of the virtual-8086 program
        .set MEMORY_LEN, 0x100
        .set WORDS,     32
        .set RESULT_LEN, WORDS * 4
        .global PAYLOAD, IDT, GDT, TSS, TASK, TASK16, TASK_CODE, CODE, MEMORY, SPARE, RESULT_LEN, TABLES_LEN, LOW_STUBS

        //  The record.
        .set R_CODE,    0
        .set R_TASK,    16              // the new task's code
        .set R_GATES,   32              // task gates for exceptions 10 to 13
        .set R_CHANGES, 36              // five times an address and a word
        .set R_REGS,    76              // for POPAD; EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS

        .set GDTR16,    gdtr - base
        .set PROTECTED, protected - base + HEAD
        .set STUBS,     stubs - base + HEAD
        .set LOW_STUBS, stubs - base
        .set IDTR,      idtr - base + HEAD
        .set TABLES,    tables - base + HEAD
        .set GDTR32,    gdtr32 - base + HEAD
        .set TABLES_SIZE, tables_end - tables

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
        cld
        //  Programs that go astray find HLT, which is refused.
        xor edi, edi
        mov eax, 0xf4f4f4f4
        mov ecx, 0xa0000 / 4
        rep stosd
        mov edi, 0x100000
        mov ecx, 0x10000 / 4
        rep stosd
        mov edi, IDT
        xor eax, eax
        mov ecx, TABLES_LEN / 4
        rep stosd
        mov esi, offset TABLES
        mov edi, GDT
        mov ecx, offset TABLES_SIZE
        rep movsb
        lgdt [GDTR32]
        mov edi, IDT
        mov eax, offset STUBS
        mov ecx, 32
1:      mov edx, eax
        and edx, 0xffff
        or edx, 8 << 16
        mov [edi], edx
        mov edx, eax
        and edx, 0xffff0000
        or edx, 0x8e00
        mov [edi + 4], edx
        add edi, 8
        add eax, 16
        dec ecx
        jnz 1b
        lidt [IDTR]
        mov esi, IDT
        mov edi, COPY
        mov ecx, TABLES_LEN / 4
        rep movsd
        mov al, 0xff                    // no interrupts
        out 0x21, al
        out 0xa1, al
        mov eax, [PAYLOAD]
        mov [LEFT], eax
        mov eax, [PAYLOAD + 4]
        mov [FULL], eax
        mov dword ptr [CURSOR], PAYLOAD + 16

next:   mov ax, 16
        mov ss, ax
        mov esp, STACK
        dec dword ptr [LEFT]
        js finish
        mov esi, [CURSOR]
        mov edi, CURRENT
        mov ecx, 40
        rep movsd
        mov [CURSOR], esi
        mov esi, COPY
        mov edi, IDT
        mov ecx, TABLES_LEN / 4
        rep movsd
        xor eax, eax
        lldt ax
        mov ax, 40
        ltr ax
        mov edi, MEMORY
        mov eax, 0x5a5a5a5a
        mov ecx, MEMORY_LEN / 4
        rep stosd
        cmp dword ptr [CURRENT + R_GATES], 0
        je 2f
        mov edi, IDT + 10 * 8
        mov eax, 176 << 16
1:      mov [edi], eax
        mov dword ptr [edi + 4], 0x8500
        add edi, 8
        add eax, 8 << 16
        cmp eax, 208 << 16
        jne 1b
2:      mov esi, CURRENT + R_CHANGES
        mov ecx, 5
3:      mov edi, [esi]
        mov eax, [esi + 4]
        mov [edi], eax
        add esi, 8
        dec ecx
        jnz 3b
        mov esi, CURRENT + R_CODE
        mov edi, CODE
        mov ecx, 4
        rep movsd
        mov edi, TASK_CODE
        mov ecx, 4
        rep movsd
        mov esi, CURRENT + R_REGS
        sub esp, 17 * 4
        mov edi, esp
        mov ecx, 17
        rep movsd
        popad
        iretd

//  An exception: vector and error code are on the stack above the frame.
exception:
        pushad
        mov eax, ds
        push eax
        mov eax, es
        push eax
        mov eax, fs
        push eax
        mov eax, gs
        push eax
        mov eax, ss
        push eax
        mov ax, 16
        mov ds, ax
        mov es, ax
        cld
        mov esi, esp
        mov ax, ss
        cmp ax, 16
        je 1f
        and esi, 0xffff
1:      mov edi, RESULT
        mov ecx, 24
        rep movsd
        mov ax, 16
        mov ss, ax
        mov esp, STACK
        xor eax, eax
        str ax
        stosd
        sldt ax
        stosd
        mov eax, cr0
        stosd
        mov eax, dr6
        stosd
        xor eax, eax
        mov dr6, eax
        clts
        push 2
        popfd
        //  RF in saved flags isn't compared.
        mov esi, TSS + 0x24
1:      and byte ptr [esi + 2], 0xfe
        add esi, 0x80
        cmp esi, HANDLERS + 0x200
        jb 1b
        mov esi, IDT
        mov ecx, TABLES_LEN / 4
        call hash
        mov esi, MEMORY
        mov ecx, MEMORY_LEN / 4
        call hash
        xor eax, eax
        stosd
        stosd
        mov edx, 0x402
        mov esi, RESULT
        mov ecx, RESULT_LEN
        rep outsb
        cmp dword ptr [FULL], 0
        je next
        mov esi, IDT
        mov ecx, TABLES_LEN
        rep outsb
        jmp next

finish: mov dx, 0xf4
        xor eax, eax
        out dx, eax
        cli
        hlt

//  ECX words at ESI as one, to EDI.
hash:   xor eax, eax
1:      rol eax, 5
        xor eax, [esi]
        imul eax, eax, 0x9e3779b1
        add esi, 4
        dec ecx
        jnz 1b
        stosd
        ret

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

        //  What comes to GDT.
        .balign 8
tables:
gdt:    .quad 0
        .quad 0x00cf9b000000ffff        // 8: code
        .quad 0x00cf93000000ffff        // 16: data
        .quad 0x00cffb000000ffff        // 24: code of ring 3
        .quad 0x00cff3000000ffff        // 32: data of ring 3
        .quad 0x0000890046000078        // 40: the task that runs records
        .quad 0xff409bff0000ffff        // 48: code at HEAD, for 16-bit gates
        .quad 0x000093000000ffff        // 56: 16-bit data
        .quad 0x0000e90046800067        // 64: TASK
        .quad 0x0000e1004900002b        // 72: TASK16
        .quad 0x0000e50000400000        // 80: task gate to TASK
        .quad 0x0000e50000480000        // 88: task gate to TASK16
        .quad 0x00cf9f000000ffff        // 96: conforming code
        .quad 0x00cf13000000ffff        // 104: data that isn't present
        .quad 0x00cf1b000000ffff        // 112: code that isn't present
        .quad 0x00cf91000000ffff        // 120: read-only data
        .quad 0x00cf99000000ffff        // 128: execute-only code
        .quad 0x000082004a000017        // 136: LDT
        .quad 0x000002004a000017        // 144: LDT that isn't present
        .quad 0x00cfbb000000ffff        // 152: code of ring 1
        .quad 0x0000eb0046800067        // 160: TASK, busy
        .quad 0x0000e3004900002b        // 168: TASK16, busy
        .quad 0x0000890047000067        // 176: handlers
        .quad 0x0000890047800067
        .quad 0x0000890048000067
        .quad 0x0000890048800067
gdt_end:

        .org tables + TSS - GDT
        .long 0, INNER, 16
        .org tables + TSS - GDT + 0x66
        .word 0x68
        //  Ports 80h to 83h are allowed.
        .fill 16, 1, 0xff
        .byte 0xf0

        .org tables + TASK - GDT
        .long 0, 0x7c00, 16, 0, 0, 0, 0, 0
        .long TASK_CODE, 2, 0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x7a00, 0x66666666, 0x77777777, 0x88888888
        .long 16, 8, 16, 16, 16, 16, 0, 0x680000

        .set vector, 10
        .rept 4
        .org tables + HANDLERS - GDT + (vector - 10) * 0x80
        .long 0, 0, 0, 0, 0, 0, 0, 0
        .long STUBS + vector * 16, 2, 0, 0, 0, 0, 0x7600, 0, 0, 0
        .long 16, 8, 16, 16, 16, 16, 0, 0x680000
        .set vector, vector + 1
        .endr

        .org tables + TASK16 - GDT
        .word 0, 0x7c00, 16, 0, 0, 0, 0
        .word TASK_CODE, 2, 0x1111, 0x2222, 0x3333, 0x4444, 0x7a00, 0x6666, 0x7777, 0x8888, 16, 8, 56, 16, 0

        .org tables + LDT - GDT
        .quad 0
        .quad 0x00cf9b000000ffff        // 12: code
        .quad 0x00cf93000000ffff        // 20: data
tables_end:

        .balign 8
gdtr:   .word 23
        .long HEAD + (gdt - base)
gdtr32: .word gdt_end - gdt - 1
        .long GDT
idtr:   .word 32 * 8 - 1
        .long IDT

        .org 0xFFF0
        //  jmp real, which lies a segment's wrap ahead
        .byte 0xe9
        .word 0x10000 - 0xfff3
        .org 0x10000
