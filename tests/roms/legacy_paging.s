//  Frame of the comparison of 32-bit and PAE paging (`tests/differential/legacy.rs`): 32-bit protected mode, a
//  payload of records below this segment. A record changes one entry of the tables, turns paging on in one of the
//  two modes, touches a page as it says (from ring 0 or 3), turns paging off again, and reports to port 402h.

        .set PAYLOAD,   0xFFC00000
        .set HEAD,      0xFFFF0000
        .set IDT,       0x4000
        .set GDT,       0x4400
        .set TSS,       0x4600
        .set STACK,     0x7000
        .set OUTER,     0x7800          // stack of ring 3
        .set CURRENT,   0x5000          // the record that runs
        .set RESULT,    0x5100          // what it left: vector, error code, CR2, and the entries
        .set RESULT_LEN, 32
        .set SPARE,     0xD000          // the page that is touched, at FAR + SPARE
        .set FAR,       0x40000000
        .set LARGE,     0x400000        // the large page that an entry may name
        //  32-bit paging: directory, tables of the low and high 4 MiB. The low one serves FAR, too.
        .set DIRECTORY, 0x100000
        .set LOW,       0x101000
        .set HIGH,      0x102000
        //  PAE: PDPTEs, directories of the low, far and high GiB, table of FAR
        .set POINTERS,  0x110000
        .set PAE_LOW,   0x111000
        .set PAE_FAR,   0x112000
        .set PAE_HIGH,  0x113000
        .set PAE_TABLE, 0x114000
        .set PDE_32,    DIRECTORY + FAR / 0x400000 * 4
        .set PTE_32,    LOW + SPARE / 0x1000 * 4
        .set PDE_PAE,   PAE_FAR
        .set PTE_PAE,   PAE_TABLE + SPARE / 0x1000 * 8
        .global PAYLOAD, RESULT_LEN, SPARE, FAR, LARGE, LOW, PAE_TABLE, PDE_32, PTE_32, PDE_PAE, PTE_PAE

        //  The record: PAE or not, CR0, CR4, low half of EFER, what is done, entry, its value.
        .set R_PAE,     0
        .set R_CR0,     4
        .set R_CR4,     8
        .set R_EFER,    12
        .set R_ACCESS,  16              // 0 read, 1 write, 2 call; 4 added: from ring 3
        .set R_ENTRY,   20
        .set R_VALUE,   24

        .set GDTR16,    gdtr - base
        .set PROTECTED, protected - base + HEAD
        .set STUBS,     stubs - base + HEAD
        .set IDTR,      idtr - base + HEAD
        .set GDT32,     gdt - base + HEAD
        .set GDTR32,    gdtr32 - base + HEAD

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
        mov esi, offset GDT32
        mov edi, GDT
        mov ecx, 48
        rep movsb
        lgdt [GDTR32]
        mov edi, TSS
        xor eax, eax
        mov ecx, 26
        rep stosd
        mov dword ptr [TSS + 4], STACK
        mov dword ptr [TSS + 8], 16
        mov ax, 40
        ltr ax
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
        or byte ptr [IDT + 3*8 + 5], 0x60
        lidt [IDTR]
        call tables
        mov esi, PAYLOAD + 16
        mov ebp, [PAYLOAD]

next:   dec ebp
        js finish
        mov edi, CURRENT
        mov ecx, 8
        rep movsd
        call entries
        mov eax, [CURRENT + R_ENTRY]
        mov edx, [CURRENT + R_VALUE]
        mov [eax], edx
        mov edx, [CURRENT + R_VALUE + 4]
        cmp dword ptr [CURRENT + R_PAE], 0
        je 2f
        mov [eax + 4], edx
2:      mov dword ptr [SPARE], 0xc3c3c3c3
        mov dword ptr [LARGE + SPARE], 0xc3c3c3c3
        mov ecx, 0xc0000080
        mov eax, [CURRENT + R_EFER]
        xor edx, edx
        wrmsr
        mov eax, [CURRENT + R_CR4]
        mov cr4, eax
        mov eax, DIRECTORY
        cmp dword ptr [CURRENT + R_PAE], 0
        je 3f
        mov eax, POINTERS
3:      mov cr3, eax
        xor eax, eax
        mov cr2, eax
        mov eax, [CURRENT + R_CR0]
        mov cr0, eax
        mov ebx, FAR + SPARE
        mov ecx, [CURRENT + R_ACCESS]
        test cl, 4
        jz touch
        push 35
        push OUTER
        push 2
        push 27
        .att_syntax prefix
        pushl $(touch - base + HEAD)
        .intel_syntax noprefix
        iretd

touch:  mov ax, 35
        mov ds, ax
        and cl, 3
        jz 4f
        dec cl
        jz 5f
        call ebx
        int3
4:      mov eax, [ebx]
        int3
5:      mov [ebx], eax
        int3

//  An exception: vector and error code are on the stack above the frame.
exception:
        mov eax, 0x11
        mov cr0, eax
        mov ax, 16
        mov ds, ax
        mov es, ax
        pop dword ptr [RESULT]
        pop dword ptr [RESULT + 4]
        mov eax, cr2
        mov [RESULT + 8], eax
        mov esp, STACK
        mov eax, [PDE_32]
        mov [RESULT + 12], eax
        mov eax, [PTE_32]
        mov [RESULT + 16], eax
        mov eax, [PDE_PAE]
        mov [RESULT + 20], eax
        mov eax, [PTE_PAE]
        mov [RESULT + 24], eax
        mov eax, [SPARE]
        mov [RESULT + 28], eax
        push esi
        mov edx, 0x402
        mov esi, RESULT
        mov ecx, RESULT_LEN
        rep outsb
        pop esi
        jmp next

finish: mov dx, 0xf4
        xor eax, eax
        out dx, eax
        cli
        hlt

//  The entries that records change, as they are at first.
entries:
        mov dword ptr [PDE_32], LOW + 7
        mov dword ptr [PTE_32], SPARE + 7
        mov dword ptr [PDE_PAE], PAE_TABLE + 7
        mov dword ptr [PDE_PAE + 4], 0
        mov dword ptr [PTE_PAE], SPARE + 7
        mov dword ptr [PTE_PAE + 4], 0
        ret

//  All others.
tables: mov edi, DIRECTORY
        xor eax, eax
        mov ecx, 0x400
        rep stosd
        mov dword ptr [DIRECTORY], LOW + 7
        mov dword ptr [DIRECTORY + 0xffc], HIGH + 7
        mov edi, LOW
        mov eax, 7
        mov ecx, 0x400
        call fill
        mov edi, HIGH
        mov eax, 0xffc00007
        mov ecx, 0x400
        call fill
        mov edi, POINTERS
        xor eax, eax
        mov ecx, 0x1400
        rep stosd
        mov dword ptr [POINTERS], PAE_LOW + 1
        mov dword ptr [POINTERS + 8], PAE_FAR + 1
        mov dword ptr [POINTERS + 24], PAE_HIGH + 1
        mov dword ptr [PAE_LOW], 0x87
        mov dword ptr [PAE_LOW + 8], 0x200087
        mov dword ptr [PAE_HIGH + 510 * 8], 0xffc00087
        mov dword ptr [PAE_HIGH + 511 * 8], 0xffe00087
        ret

fill:   mov [edi], eax
        add edi, 4
        add eax, 0x1000
        dec ecx
        jnz fill
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

        .balign 8
gdt:    .quad 0
        .quad 0x00cf9b000000ffff        // 8: code
        .quad 0x00cf93000000ffff        // 16: data
        .quad 0x00cffb000000ffff        // 24: code of ring 3
        .quad 0x00cff3000000ffff        // 32: data of ring 3
        .quad 0x0000890046000067        // 40: the task state segment
gdtr:   .word 23
        .long HEAD + (gdt - base)
gdtr32: .word 47
        .long GDT
idtr:   .word 32 * 8 - 1
        .long IDT

        .org 0xFFF0
        //  jmp real, which lies a segment's wrap ahead
        .byte 0xe9
        .word 0x10000 - 0xfff3
        .org 0x10000
