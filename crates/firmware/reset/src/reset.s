//  Reset vector: FFFFFFF0h in 16-bit mode, then 32 bits, then 64 bits, then the SEC core.
//
//  Page tables are made in RAM: an identity map of 4 GiB in 2 MiB pages, as not every processor has
//  1 GiB pages. SEC and PEI run on them; DXE IPL builds others.
//
//  POST 01h real mode, 02h protected mode, 03h long mode.

        .set POST_CODE,   0x80
        .set PORT92,      0x92              // bit 1: A20 on
        .set TABLES,      0x60000           // 6 pages: 4 page directories, their pointers, PML4
        .set LEAF,        0x83              // page directory entry: 2 MiB, present, writable
        .set BRANCH,      0x03              // present, writable
        .set EFER,        0xC0000080
        .set STACK_TOP,   0x80000           // temporary RAM: 70000h-7FFFFh, see SecCore

        .section .reset, "ax"
        .code16
start16:
        cli
        cld
        mov     al, 0x01
        out     POST_CODE, al
        in      al, PORT92                  // bit 0 would reset the processor
        or      al, 0x02
        and     al, 0xFE
        out     PORT92, al
        lgdtd   cs:[gdt_pointer - 0xFFFF0000]
        mov     eax, cr0
        and     eax, 0x9FFFFFFF             // CD and NW off: caches on
        or      eax, 1
        mov     cr0, eax
        .att_syntax prefix                  // Intel syntax has no 32-bit far jump in .code16
        ljmpl   $0x08, $start32
        .intel_syntax noprefix

        .code32
start32:
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     fs, ax
        mov     gs, ax
        mov     al, 0x02
        out     POST_CODE, al
        mov     edi, TABLES
        mov     ecx, 6 * 1024
        xor     eax, eax
        rep stosd
        mov     edi, TABLES
        mov     eax, LEAF
2:      mov     [edi], eax
        add     edi, 8
        add     eax, 0x200000
        jnc     2b                          // up to 4 GiB
        mov     eax, TABLES + BRANCH        // EDI is at the pointers
        mov     cl, 4
3:      mov     [edi], eax
        add     edi, 8
        add     eax, 0x1000
        loop    3b
        mov     dword ptr [TABLES + 0x5000], TABLES + 0x4000 + BRANCH
        mov     eax, cr4
        or      eax, 0x20                   // PAE
        mov     cr4, eax
        mov     eax, TABLES + 0x5000
        mov     cr3, eax
        mov     ecx, EFER
        rdmsr
        or      eax, 0x100                  // LME
        wrmsr
        mov     eax, cr0
        or      eax, 0x80000000             // PG
        mov     cr0, eax
        ljmp    0x18, offset start64

        .code64
start64:
        mov     al, 0x03
        out     POST_CODE, al
        mov     esp, STACK_TOP
        mov     eax, dword ptr [rip + sec_entry]
        mov     ecx, 0xFFFE0000             // first argument: the boot firmware volume
        xor     ebp, ebp                    // stack walks end here
        sub     rsp, 32                     // the callee's home space
        call    rax
hang:   hlt
        jmp     hang

        .balign 8
gdt:    .quad   0
        .quad   0x00CF9B000000FFFF          // 08h code, 32 bits
        .quad   0x00CF93000000FFFF          // 10h data
        .quad   0x00AF9B000000FFFF          // 18h code, 64 bits
gdt_pointer:
        .word   0x1F
        .long   gdt

        .section .resetvec, "ax"
        .code16
        .globl  reset_vector
reset_vector:                               // FFFFFFF0h
        jmp     start16
        .org    4
sec_entry:
        .long   0                           // FFFFFFF4h: the image's builder writes SecCore's entry
        .org    16, 0
        .code64
