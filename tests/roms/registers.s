//  One SMI out of 64-bit mode, with a value to recognise in every register that a state save area
//  holds. For `save_state_maps.rs`, which knows these values from its own table.
//
//  The handler carries out the pokes of the table at the end, which the test writes into the image:
//  {offset from SMBASE, dword}, offset 0 ends. Then RSM; the code after the OUT only halts.

        .set ROM,            0xFFFF0000
        .set PAGE_TABLES,    0x10000
        .set DEFAULT_SMBASE, 0x30000
        .set SMI_EN,         0x630
        .set SMI_STS,        0x634
        .set AREA,           0xFC00
        .set AREA_SIZE,      0x400

        .macro export name, value
        .globl \name
        .set \name, \value
        .endm
        .macro pci_select at
        mov     eax, (\at) & ~3
        mov     dx, 0xCF8
        out     dx, eax
        mov     dx, 0xCFC + ((\at) & 3)
        .endm

        .section .rom, "ax"
rom:    .org    0xF000, 0xFF
        .code16
start16:
        cli
        cld
        .set    GDT_POINTER, gdt_pointer - rom
        lgdtd   cs:[GDT_POINTER]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        .byte   0x66, 0xEA
        .long   start32 - rom + ROM
        .word   0x18

        .code32
start32:
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     ax, 0x28
        mov     fs, ax
        mov     ax, 0x30
        mov     gs, ax
        mov     edi, PAGE_TABLES            // PML4, PDPT; four page directories map 4 GiB
        xor     eax, eax
        mov     ecx, 2 * 4096 / 4
        rep     stosd
        mov     dword ptr [PAGE_TABLES], PAGE_TABLES + 0x1003
        mov     dword ptr [PAGE_TABLES + 0x1000], PAGE_TABLES + 0x2003
        mov     dword ptr [PAGE_TABLES + 0x1008], PAGE_TABLES + 0x3003
        mov     dword ptr [PAGE_TABLES + 0x1010], PAGE_TABLES + 0x4003
        mov     dword ptr [PAGE_TABLES + 0x1018], PAGE_TABLES + 0x5003
        mov     eax, 0x83
2:      mov     [edi], eax
        mov     dword ptr [edi + 4], 0
        add     edi, 8
        add     eax, 0x200000
        jnc     2b
        mov     eax, 0xA0                   // CR4: PAE, PGE
        mov     cr4, eax
        mov     eax, PAGE_TABLES
        mov     cr3, eax
        mov     ecx, 0xC0000080
        mov     eax, 0x100
        xor     edx, edx
        wrmsr
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        .byte   0xEA
        .long   start64 - rom + ROM
        .word   0x20

        .code64
start64:
        pci_select 0x8000F840               // PMBASE = 600h, ACPI_EN, SMIs on
        mov     eax, 0x601
        out     dx, eax
        pci_select 0x8000F844
        mov     al, 0x80
        out     dx, al
        mov     dx, SMI_EN
        mov     eax, 0x23
        out     dx, eax
        lea     rsi, [rip + handler]
        mov     edi, DEFAULT_SMBASE + 0x8000
        mov     ecx, offset HANDLER_SIZE
        rep     movsb
        mov     edi, DEFAULT_SMBASE + AREA  // CCh: nobody wrote here
        mov     ecx, AREA_SIZE
        mov     al, 0xCC
        rep     stosb
        mov     eax, 0x38
        ltr     ax
        mov     eax, 0x48
        lldt    ax
        lidt    [rip + idt_pointer]
        mov     ecx, 0xC0000101             // GS base
        mov     eax, 0x89ABCDE0
        mov     edx, 0x00001234
        wrmsr
        mov     eax, 0x401
        mov     dr7, rax
        mov     esp, 0x7000
        mov     eax, 0xCD7                  // all arithmetic flags, and DF
        push    rax
        popfq
        mov     rbx, 0xB0B1B2B3B4B5B6B7
        mov     rcx, 0xC0C1C2C3C4C5C6C7
        mov     rdx, 0xD0D1D2D3D4D5D6D7
        mov     rsi, 0x5051525354555657
        mov     rdi, 0xD8D9DADBDCDDDEDF
        mov     rbp, 0xBABBBCBDBEBFB0B1
        mov     r8,  0x0801020304050607
        mov     r9,  0x0901020304050607
        mov     r10, 0x1001020304050607
        mov     r11, 0x1101020304050607
        mov     r12, 0x1201020304050607
        mov     r13, 0x1301020304050607
        mov     r14, 0x1401020304050607
        mov     r15, 0x1501020304050607
        mov     rsp, 0x5556575859505152
        mov     rax, 0xA0A1A2A3A4A5A664
raise:  out     0xB2, al
after:  hlt
other:  hlt                                 // where a poked RIP goes
        jmp     after

        .code16
handler:
        mov     esi, offset POKES_ADDRESS
2:      mov     edi, [esi]
        test    edi, edi
        jz      3f
        mov     eax, [esi + 4]
        mov     cs:[edi], eax
        add     esi, 8
        jmp     2b
3:      mov     dx, SMI_STS
        mov     eax, 0x20
        out     dx, eax
        mov     dx, SMI_EN
        in      eax, dx
        or      al, 2
        out     dx, eax
        rsm
handler_end:
        .set    HANDLER_SIZE, handler_end - handler

        .balign 8
gdt:    .quad   0, 0
        .quad   0x00CF93000000FFFF          // 10  data, flat
        .quad   0x00CF9B000000FFFF          // 18  code, 32-bit
        .quad   0x00AF9B000000FFFF          // 20  code, 64-bit
        .quad   0x12CA93345678BCDE          // 28  data, base 12345678h, limit ABCDEFFFh
        .quad   0x0040936543211FFF          // 30  data, base 654321h (GS, until its MSR), limit 1FFFh
        .quad   0x7600895432100067, 0x12    // 38  TSS, base 1276543210h
        .quad   0x000082345000002F, 0x34    // 48  LDT, base 3400345000h
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt - rom + ROM
idt_pointer:
        .word   0xABC
        .quad   0x0000567800123450

pokes:  .fill   64, 8, 0
        .set    POKES_ADDRESS, pokes - rom + ROM

        .org    0xFFF0, 0xFF
        .code16
reset:  jmp     start16
        .org    0x10000, 0xFF

        export  RAISE, raise - rom + ROM
        export  AFTER, after - rom + ROM
        export  OTHER, other - rom + ROM
        export  GDT, gdt - rom + ROM
        export  POKES_IN_ROM, pokes - rom
