//  What `cargo xtask bench` runs on every machine that it compares: kernels in 32-bit and 64-bit code, and
//  loops that raise SMIs. PARAMETERS says which of them, how often to warm up, and how often to count.
//  COM1 gets A before the warm-up, B before what counts, C after it, a checksum in hex and a new line;
//  then port F4h gets 0. All code and data lie in RAM: the segment copies itself to HOME.

        .set HOME,      0x10000
        .set TABLES,    0x40000         // PML4, PDPT, four page directories: 4 GiB in pages of 2 MiB
        .set STACK,     0x7000
        .set DATA,      0x100000        // the kernels' memory
        .set SMBASE,    0x30000
        .set SMIS,      0x500           // counted by the handler
        .set MASK,      0xffff
        .global PARAMETERS
        .set PARAMETERS, parameters - base

        //  Places in this segment, as code in RAM reaches them.
        .set GDTR16,    gdtr - base
        .set PROTECTED, protected - base + 0xF0000
        .set GDT,       gdt - base + 0xF0000
        .set IN_RAM,    in_ram - base + HOME
        .set LONG,      long - base + HOME
        .set SHORT,     short - base + HOME
        .set WHICH,     parameters - base + HOME
        .set WARM,      parameters - base + HOME + 4
        .set COUNT,     parameters - base + HOME + 8
        .set KERNELS,   kernels - base + HOME
        .set HANDLER,   handler - base + HOME
        .set HANDLER_LEN, handler_end - handler
        .set CALLEES,   callees - base + HOME

        .section .rom, "ax"
        .code16
base:
real:   cli
        mov ax, cs
        mov ds, ax
        lgdtd [GDTR16]
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
        mov esi, 0xF0000
        mov edi, HOME
        mov ecx, 0x4000
        rep movsd
        mov eax, offset IN_RAM
        jmp eax

        //  kernels 0 to 4 are 32-bit code, 16 on 64-bit
in_ram: mov al, 'A'
        call mark
        mov ebp, [WARM]
        call run
        mov al, 'B'
        call mark
        mov ebp, [COUNT]
        call run
        push eax
        mov al, 'C'
        call mark
        pop ebx
        mov ecx, 8
1:      rol ebx, 4
        mov eax, ebx
        and al, 15
        cmp al, 10
        jb 2f
        add al, 'a' - '0' - 10
2:      add al, '0'
        call mark
        dec ecx
        jnz 1b
        mov al, 10
        call mark
        xor eax, eax
        out 0xf4, eax
3:      hlt
        jmp 3b

mark:   mov edx, 0x3f8
        out dx, al
        ret

        //  Kernel WHICH, EBP times; a checksum in EAX.
run:    test ebp, ebp
        jz 1f
        mov edx, [WHICH]
        cmp edx, 16
        jae 2f
        mov edx, [KERNELS + edx * 4]
        add edx, HOME
        jmp edx
1:      xor eax, eax
        ret

        //  To 64-bit mode, and back.
2:      mov edi, TABLES
        xor eax, eax
        mov ecx, 0x6000 / 4
        rep stosd
        mov dword ptr [TABLES], TABLES + 0x1003
        mov edi, TABLES + 0x1000
        mov eax, TABLES + 0x2003
        mov ecx, 4
3:      mov [edi], eax
        add edi, 8
        add eax, 0x1000
        dec ecx
        jnz 3b
        mov edi, TABLES + 0x2000
        mov eax, 0x83
        mov ecx, 2048
4:      mov [edi], eax
        add edi, 8
        add eax, 0x200000
        dec ecx
        jnz 4b
        mov eax, cr4
        or eax, 0x20
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        mov ecx, 0xc0000080
        mov eax, 0x100
        xor edx, edx
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        ljmp 24, offset LONG
short:  mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        mov eax, ebx
        ret

        //  0: arithmetic in registers, 10 instructions an iteration
alu:    mov ecx, ebp
        mov eax, 1
        mov ebx, 0x9e3779b1
        .balign 16
1:      lea edx, [ebx + eax * 4 + 11]
        xor eax, edx
        rol ebx, 7
        sub eax, ebx
        imul edx, eax, 0x343fd
        adc ebx, 3
        shr edx, 5
        add ebx, edx
        dec ecx
        jnz 1b
        xor eax, ebx
        ret

        //  1: CRC-32 of 64 KiB, a byte at a time from a table; each byte is replaced by the sum's low byte
crc:    mov edi, DATA
        xor ecx, ecx
1:      mov eax, ecx
        mov edx, 8
2:      shr eax, 1
        jnc 3f
        xor eax, 0xedb88320
3:      dec edx
        jnz 2b
        mov [edi + ecx * 4], eax
        inc ecx
        cmp ecx, 256
        jb 1b
        mov edi, DATA + 0x10000
        mov ecx, 0x4000
        xor eax, eax
        rep stosd
4:      mov esi, DATA + 0x10000
        mov ecx, 0x10000
        mov eax, -1
        .balign 16
5:      movzx edx, byte ptr [esi]
        xor dl, al
        shr eax, 8
        xor eax, [edx * 4 + DATA]
        mov [esi], al
        inc esi
        dec ecx
        jnz 5b
        dec ebp
        jnz 4b
        ret

        //  2: the 22nd Fibonacci number, by recursion
fib:    xor ebx, ebx
1:      mov eax, 22
        call 2f
        add ebx, eax
        dec ebp
        jnz 1b
        mov eax, ebx
        ret
        .balign 16
2:      cmp eax, 2
        jb 3f
        push eax
        dec eax
        call 2b
        pop edx
        push eax
        lea eax, [edx - 2]
        call 2b
        pop edx
        add eax, edx
3:      ret

        //  3: an SMI by each OUT to port B2h
smi:    call prepare_smi
        mov dword ptr [SMIS], 0
        mov ecx, ebp
1:      out 0xb2, al
        dec ecx
        jnz 1b
        mov eax, [SMIS]
        ret

        //  4: the same loop without one
port:   call prepare_smi
        mov ecx, ebp
1:      out 0xb3, al
        dec ecx
        jnz 1b
        mov eax, ebp
        ret

        //  PMBASE 600h, ACPI_EN; the handler at the default SMBASE; GBL_SMI_EN, APMC_EN
prepare_smi:
        mov esi, offset HANDLER
        mov edi, SMBASE + 0x8000
        mov ecx, offset HANDLER_LEN
        rep movsb
        mov edx, 0xcf8
        mov eax, 0x8000f840
        out dx, eax
        mov edx, 0xcfc
        mov eax, 0x601
        out dx, eax
        mov edx, 0xcf8
        mov eax, 0x8000f844
        out dx, eax
        mov edx, 0xcfc
        mov al, 0x80
        out dx, al
        mov edx, 0x630
        in eax, dx
        or eax, 0x21
        out dx, eax
        ret

        .code16
handler:
        inc dword ptr [SMIS]
        rsm
handler_end:

        .code64
        //  EBX: the checksum
long:   mov ebp, ebp
        mov eax, [WHICH]
        mov eax, [KERNELS + rax * 4]
        add eax, HOME
        call rax
        mov ebx, eax
        shr rax, 32
        xor ebx, eax
        push 8
        mov eax, offset SHORT
        push rax
        rex64 retf

        //  16: Shell's sort of 4096 quadwords
sort:   xor r15, r15
1:      mov edi, DATA
        mov ecx, 4096
        mov eax, 88172645
        movabs r8, 0x5851f42d4c957f2d
2:      imul rax, r8
        add rax, 12345
        mov rdx, rax
        shr rdx, 20
        mov [rdi], rdx
        add rdi, 8
        dec ecx
        jnz 2b
        mov esi, DATA
        mov r9d, 1750                   // the gap
3:      mov r10, r9                     // i
4:      mov rax, [rsi + r10 * 8]
        mov r11, r10                    // j
5:      cmp r11, r9
        jb 6f
        mov rcx, r11
        sub rcx, r9
        mov rdx, [rsi + rcx * 8]
        cmp rdx, rax
        jbe 6f
        mov [rsi + r11 * 8], rdx
        mov r11, rcx
        jmp 5b
6:      mov [rsi + r11 * 8], rax
        inc r10
        cmp r10, 4096
        jb 4b
        imul r9d, r9d, 29
        shr r9d, 6
        jnz 3b
        xor ecx, ecx
7:      ror r15, 5
        add r15, [rsi + rcx * 8]
        inc ecx
        cmp ecx, 4096
        jb 7b
        dec ebp
        jnz 1b
        mov rax, r15
        ret

        //  17: prime numbers below 65536, sieved in bytes
sieve:  xor r15, r15
1:      mov edi, DATA
        mov eax, 0x01010101
        mov ecx, 0x4000
        rep stosd
        mov esi, DATA
        mov ebx, 2
2:      cmp byte ptr [rsi + rbx], 0
        je 4f
        mov ecx, ebx
        imul rcx, rcx
        jmp 9f
3:      mov byte ptr [rsi + rcx], 0
        add rcx, rbx
9:      cmp rcx, 0x10000
        jb 3b
4:      inc ebx
        cmp ebx, 256
        jne 2b
        xor edx, edx
        mov ecx, 2
5:      movzx eax, byte ptr [rsi + rcx]
        add edx, eax
        inc ecx
        test ecx, 0x10000
        jz 5b
        lea r15, [r15 + r15 * 2]
        add r15, rdx
        dec ebp
        jnz 1b
        mov rax, r15
        ret

        //  18: as compilers write it: frames, saved registers, calls through a table, bytes and dwords mixed
calls:  xor r12d, r12d
        mov r13d, 1
1:      mov r14d, 256
2:      mov edi, r13d
        lea rsi, [r12 + r14]
        mov eax, r13d
        and eax, 3
        mov ebx, offset CALLEES
        mov eax, [rbx + rax * 4]
        add rax, HOME
        call rax
        add r12, rax
        imul r13d, r13d, 1103515245
        add r13d, 12345
        rol r13d, 9
        sub r14d, 1
        jne 2b
        sub ebp, 1
        jne 1b
        mov rax, r12
        ret
        //  the digits of RDI, summed
c0:     push rbx
        push rbp
        sub rsp, 24
        mov [rsp + 8], rdi
        mov dword ptr [rsp + 4], 0
        mov ebx, 10
1:      mov eax, [rsp + 8]
        xor edx, edx
        div ebx
        mov [rsp + 8], eax
        add [rsp + 4], edx
        test eax, eax
        jne 1b
        mov eax, [rsp + 4]
        add rsp, 24
        pop rbp
        pop rbx
        ret
        //  eight bytes of RSI through memory, each against a bound
c1:     push rbp
        mov rbp, rsp
        sub rsp, 16
        mov [rbp - 8], rsi
        xor eax, eax
        xor ecx, ecx
2:      movsx edx, byte ptr [rbp + rcx - 8]
        cmp edx, 'a'
        setge r8b
        movzx r8d, r8b
        add eax, r8d
        inc rcx
        cmp rcx, 8
        jne 2b
        leave
        ret
        //  the greater of two, then a call
c2:     sub rsp, 8
        cmp rdi, rsi
        cmovl rdi, rsi
        mov rsi, rdi
        call c1
        lea eax, [rax + rax * 8 + 1]
        add rsp, 8
        ret
        //  bits counted
c3:     mov rax, rsi
        xor rax, rdi
        xor ecx, ecx
        jmp 4f
3:      lea rdx, [rax - 1]
        and rax, rdx
        inc ecx
4:      test rax, rax
        jne 3b
        mov eax, ecx
        ret

        .balign 8
kernels:
        .long alu - base, crc - base, fib - base, smi - base, port - base
        .fill 11, 4, 0
        .long sort - base, sieve - base, calls - base
callees:
        .long c0 - base, c1 - base, c2 - base, c3 - base
parameters:
        .long 0, 0, 0
gdtr:   .word 31
        .long GDT
        .balign 8
gdt:    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00af9a000000ffff

        .org 0xfff0, 0xff
        .code16
        .att_syntax prefix
        ljmp $0xf000, $0
        .intel_syntax noprefix
        .org 0x10000, 0xff
