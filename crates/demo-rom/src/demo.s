//  The demo ROM of SMM Lab: from the reset vector to one answered SMI, in one file to read.
//
//  64 KiB of BIOS for a Q35 + ICH9 board (QEMU: -machine q35,smm=on -bios). It does what every
//  firmware does about System Management Mode, with nothing around it:
//
//    1  reset            16-bit → 32-bit → 64-bit                     POST 01 02 03
//    2  memory           find the top of RAM, reserve TSEG            POST 31
//    3  CPU and SMM      handler into SMRAM, SMBASE moved there       POST 36
//    4  host bridge      TSEG closed and locked                       POST 6A
//    5  I/O hub          APM_CNT (port B2h) may raise SMIs, locked    POST 71
//    6  "OS" at 1 MiB    counts, and raises an SMI for each key       POST AD
//       "SMI handler"    in TSEG: answers command 42h, refuses others
//
//  31h, 36h, 6Ah, 71h and ADh mean the same in AMI's Aptio; 01h to 03h are our own, and so is E0h:
//  the SMI that should move SMBASE never came, stop.
//
//  Reading aids: Intel syntax. `label - rom + ROM` is a linear address: the ROM ends at 4 GiB.
//  Output: port 80h POST codes, port 402h the log, COM1 the OS's console. RAM: 4 MiB or more.
//  Written from: Intel SDM vol. 3 "System Management Mode" and "Initialization"; AMD64 APM vol. 2
//  "System-Management Mode"; Intel 3 Series chipset datasheet 316966; ICH9 datasheet 316972.

// ------------------------------------------------------------------------------------------------
//  Names
// ------------------------------------------------------------------------------------------------
        .set ROM,            0xFFFF0000     // where the first byte of this file is seen

//  Where things go in RAM
        .set NEW_SMBASE,     0x7000         // dword: for the relocation handler, what to write
        .set SEEN_REVISION,  0x7004         // dword: from the relocation handler, what it found
        .set STACK_TOP,      0x7000         // the stack grows down from here
        .set PAGE_TABLES,    0x10000        // six pages: PML4, PDPT, four page directories
        .set DEFAULT_SMBASE, 0x30000        // SMBASE of every processor after reset
        .set OS,             0x100000       // 1 MiB

//  Legacy I/O ports
        .set POST_CODE,      0x80
        .set PORT92,         0x92           // bit 1: A20 on
        .set APM_CNT,        0xB2           // writing it raises the software SMI
        .set APM_STS,        0xB3           // a scratch byte, by custom the handler's status
        .set CMOS_INDEX,     0x70
        .set CMOS_DATA,      0x71
        .set EXIT,           0xF4           // isa-debug-exit: ends QEMU and smmlab
        .set DEBUG,          0x402          // isa-debugcon: the log
        .set FW_CFG_SELECT,  0x510          // QEMU's fw_cfg: write the item's number here,
        .set FW_CFG_DATA,    0x511          // then read its bytes here
        .set COM1,           0x3F8          // data
        .set COM1_LCR,       0x3FB          // line control, bit 7: the divisor is at 3F8h/3F9h
        .set COM1_MCR,       0x3FC
        .set COM1_LSR,       0x3FD          // line status: bit 0 a byte waits, bit 5 may send
        .set PCI_ADDRESS,    0xCF8
        .set PCI_DATA,       0xCFC

//  Host bridge (MCH), PCI 00:00.0, and LPC bridge of the I/O hub (ICH9), PCI 00:1F.0
        .set MCH,            0x80000000
        .set GBSM,           0xA4           // dword: graphics stolen memory; none, so = BGSM
        .set BGSM,           0xA8           // dword
        .set TSEGMB,         0xAC           // dword: where TSEG begins
        .set TOLUD,          0xB0           // word, 15:4 = address 31:20: top of low usable DRAM
        .set SMRAMC,         0x9D           // byte: 3 G_SMRAME, 4 D_LCK, 2:0 always 010b
        .set ESMRAMC,        0x9E           // byte: 0 T_EN, 2:1 TSEG_SZ (00 = 1 MiB)
        .set TSEG_SIZE,      0x100000
        .set LPC,            0x8000F800
        .set LPC_PMBASE,     0x40           // dword
        .set LPC_ACPI_CNTL,  0x44           // byte: 7 ACPI_EN
        .set LPC_GEN_PMCON1, 0xA0           // byte: 4 SMI_LOCK
        .set PMBASE,         0x600          // our choice
        .set SMI_EN,         PMBASE + 0x30  // dword: 0 GBL_SMI_EN, 1 EOS, 5 APMC_EN
        .set SMI_STS,        PMBASE + 0x34  // dword: 5 APM

//  Local APIC
        .set LAPIC_ICR_LOW,  0xFEE00300
        .set LAPIC_ICR_HIGH, 0xFEE00310

//  State save area, offsets from SMBASE. The manuals count from SMBASE + 8000h: RAX "7F5Ch" is FF5Ch.
        .set SAVE_REVISION,  0xFEFC         // both maps: which of the two this processor writes
        .set AMD64_FORMAT,   0x0064         // low word of the revision: 0064h AMD64, 0100h Intel 64
        .set INTEL_SMBASE,   0xFEF8
        .set INTEL_RAX,      0xFF5C
        .set AMD64_SMBASE,   0xFF00
        .set AMD64_RAX,      0xFFF8

//  What the SMI handler says
        .set COMMAND,        0x42           // the one command it knows
        .set ANSWER,         0x4F4B0000     // "OK", plus the number of SMIs handled so far
        .set UNSUPPORTED,    3              // EFI_UNSUPPORTED = 8000000000000003h

//  GDT selectors
        .set CODE32,         0x08
        .set DATA,           0x10
        .set CODE64,         0x18

        .macro export name, value           // a name for tests and tools, see lib.rs
        .globl \name
        .set \name, \value
        .endm

        .macro post code
        mov     al, \code
        out     POST_CODE, al
        .endm

//  Selects a configuration register; \at is MCH or LPC plus the register's offset.
        .macro pci_select at
        mov     eax, (\at) & ~3
        mov     dx, PCI_ADDRESS
        out     dx, eax
        mov     dx, PCI_DATA + ((\at) & 3)
        .endm

        .macro pci_write8 at, value
        pci_select \at
        mov     al, \value
        out     dx, al
        .endm

        .macro log text                     // prints a text of the table at the end of this file
        lea     rsi, [rip + \text]
        call    log_text
        .endm

        .section .rom, "ax"
rom:
        .org    0xE000, 0xFF                // the reset vector's short jump reaches 32 KiB back

// ------------------------------------------------------------------------------------------------
//  1a  Real mode. The first instruction ran at FFFFFFF0h (end of this file) and jumped here. CS says
//      F000h but its hidden base is still FFFF0000h: we stay in the ROM until we load CS.
// ------------------------------------------------------------------------------------------------
        .code16
start16:
        cli
        cld
        post    0x01
        in      al, PORT92                  // A20 on; bit 0 would reset the processor
        or      al, 0x02
        and     al, 0xFE
        out     PORT92, al
        .set    GDT_POINTER, gdt_pointer - rom
        lgdtd   cs:[GDT_POINTER]
        mov     eax, cr0
        or      al, 1                       // CR0.PE: protected mode
        mov     cr0, eax
        .byte   0x66, 0xEA                  // jmp CODE32:start32, which this syntax can't spell
        .long   start32 - rom + ROM
        .word   CODE32

// ------------------------------------------------------------------------------------------------
//  1b  32-bit protected mode, flat. Builds page tables that map 4 GiB onto themselves.
// ------------------------------------------------------------------------------------------------
        .code32
start32:
        mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, STACK_TOP
        post    0x02

        mov     edi, PAGE_TABLES            // PML4 and PDPT: all empty but…
        xor     eax, eax
        mov     ecx, 2 * 4096 / 4
        rep     stosd
        mov     dword ptr [PAGE_TABLES], PAGE_TABLES + 0x1003           // …present, writable
        mov     dword ptr [PAGE_TABLES + 0x1000], PAGE_TABLES + 0x2003  // first GiB
        mov     dword ptr [PAGE_TABLES + 0x1008], PAGE_TABLES + 0x3003
        mov     dword ptr [PAGE_TABLES + 0x1010], PAGE_TABLES + 0x4003
        mov     dword ptr [PAGE_TABLES + 0x1018], PAGE_TABLES + 0x5003  // fourth
        mov     eax, 0x83                   // present, writable, 2 MiB page, from address 0 on;
2:      mov     [edi], eax                  // EDI came to rest at the first page directory
        mov     dword ptr [edi + 4], 0
        add     edi, 8
        add     eax, 0x200000
        jnc     2b                          // 2048 entries later the address wraps at 4 GiB

        mov     eax, 0x20                   // CR4.PAE
        mov     cr4, eax
        mov     eax, PAGE_TABLES
        mov     cr3, eax
        mov     ecx, 0xC0000080             // EFER.LME
        rdmsr
        or      eax, 0x100
        wrmsr
        mov     eax, cr0
        or      eax, 0x80000000             // CR0.PG: with LME set this is long mode
        mov     cr0, eax
        .byte   0xEA                        // jmp CODE64:start64
        .long   start64 - rom + ROM
        .word   CODE64

// ------------------------------------------------------------------------------------------------
//  2   64-bit mode. Memory: TSEG is the last MiB of low RAM, and the chipset is told so.
// ------------------------------------------------------------------------------------------------
        .code64
start64:
        mov     esp, STACK_TOP
        post    0x03
        log     text_hello
        mov     al, 0x34                    // CMOS 35h:34h = RAM above 16 MiB in units of 64 KiB
        call    cmos_word
        shl     eax, 16
        add     eax, 16 << 20
        cmp     eax, 16 << 20
        jne     2f
        mov     al, 0x30                    // none there: 31h:30h = RAM above 1 MiB in KiB
        call    cmos_word
        shl     eax, 10
        add     eax, 1 << 20
2:
        mov     r13d, eax                   // R13 = top of low RAM
        sub     eax, TSEG_SIZE
        mov     r12d, eax                   // R12 = TSEG, from here on to the OS

        pci_select MCH + TOLUD
        mov     eax, r13d
        shr     eax, 16
        out     dx, ax
        pci_select MCH + GBSM
        mov     eax, r13d
        out     dx, eax
        pci_select MCH + BGSM
        mov     eax, r13d
        out     dx, eax
        pci_select MCH + TSEGMB
        mov     eax, r12d
        out     dx, eax
        pci_write8 MCH + SMRAMC, 0x0A       // G_SMRAME: SMRAM exists
        pci_write8 MCH + ESMRAMC, 0x38      // TSEG of 1 MiB, T_EN = 0: still open to everybody
        post    0x31
        log     text_memory
        mov     eax, r13d
        call    log_hex32
        log     text_tseg
        mov     eax, r12d
        call    log_hex32
        call    log_end

// ------------------------------------------------------------------------------------------------
//  3   SMM. The handler goes to TSEG + 8000h. The processor doesn't know yet: its SMBASE is 30000h,
//      so a second, tiny handler waits at 38000h and moves SMBASE. One SMI to ourselves runs it.
// ------------------------------------------------------------------------------------------------
        post    0x36
        lea     rsi, [rip + smi_handler]
        lea     rdi, [r12 + 0x8000]
        mov     ecx, offset SMI_HANDLER_SIZE
        rep     movsb
        lea     rsi, [rip + relocation_handler]
        mov     edi, DEFAULT_SMBASE + 0x8000
        mov     ecx, offset RELOCATION_HANDLER_SIZE
        rep     movsb

        mov     dword ptr [NEW_SMBASE], r12d
        mov     dword ptr [SEEN_REVISION], 0
        mov     edi, LAPIC_ICR_HIGH
        mov     dword ptr [rdi], 0          // to the processor with APIC id 0: ourselves
        mov     edi, LAPIC_ICR_LOW
        mov     dword ptr [rdi], 0x4200     // delivery mode 010b: SMI
        mov     ecx, 1000
2:      mov     eax, [SEEN_REVISION]        // the handler leaves this behind
        test    eax, eax
        jnz     3f
        pause
        loop    2b
        post    0xE0
        log     text_no_smi
        jmp     stop
3:      log     text_smbase
        mov     eax, r12d
        call    log_hex32
        log     text_revision
        mov     eax, [SEEN_REVISION]
        call    log_hex32
        call    log_end

// ------------------------------------------------------------------------------------------------
//  4   Close and lock. Before: anybody reads the handler. After: all ones, until the next reset.
// ------------------------------------------------------------------------------------------------
        log     text_before
        call    log_smram
        pci_write8 MCH + ESMRAMC, 0x39      // T_EN: TSEG belongs to SMM alone
        pci_write8 MCH + SMRAMC, 0x1A       // D_LCK: these two registers are frozen
        post    0x6A
        log     text_after
        call    log_smram

// ------------------------------------------------------------------------------------------------
//  5   From now on OUT B2h raises an SMI, and nobody can switch that off (SMI_LOCK).
// ------------------------------------------------------------------------------------------------
        pci_select LPC + LPC_PMBASE
        mov     eax, PMBASE | 1
        out     dx, eax
        pci_write8 LPC + LPC_ACPI_CNTL, 0x80
        mov     dx, SMI_EN
        mov     eax, 0x23                   // APMC_EN, EOS, GBL_SMI_EN
        out     dx, eax
        pci_write8 LPC + LPC_GEN_PMCON1, 0x10
        post    0x71

        mov     dx, COM1_LCR                // COM1: 115200 baud, 8N1, no FIFO
        mov     al, 0x80
        out     dx, al
        mov     dx, COM1
        mov     al, 1
        out     dx, al
        mov     dx, COM1 + 1
        mov     al, 0
        out     dx, al
        mov     dx, COM1_LCR
        mov     al, 3
        out     dx, al
        mov     dx, COM1_MCR
        mov     al, 3
        out     dx, al

        lea     rsi, [rip + os]             // load the OS and go
        mov     edi, OS
        mov     ecx, offset OS_SIZE
        rep     movsb
        post    0xAD
        mov     eax, OS
        jmp     rax

//  EAX := the word at CMOS offset AL.
cmos_word:
        mov     ecx, eax
        inc     eax
        out     CMOS_INDEX, al
        xor     eax, eax
        in      al, CMOS_DATA
        shl     eax, 8
        xchg    eax, ecx
        out     CMOS_INDEX, al
        xchg    eax, ecx
        in      al, CMOS_DATA
        ret

//  The eight bytes that code outside SMM sees at TSEG + 8000h, R12 = TSEG.
log_smram:
        lea     rax, [r12 + 0x8000]
        call    log_hex32
        log     text_colon
        invlpg  [r12 + 0x8000]              // no old translation may answer for the chipset
        mov     eax, [r12 + 0x8004]         // by dwords: QEMU answers 64-bit reads of TSEG with 0
        mov     ebx, [r12 + 0x8000]
        shl     rax, 32
        or      rbx, rax
        mov     edi, 8
2:      mov     al, ' '
        out     dx, al
        mov     al, bl
        call    log_hex8
        shr     rbx, 8
        dec     edi
        jnz     2b
        jmp     log_end

// ================================================================================================
//      The relocation handler, at 38000h = default SMBASE + 8000h. SMM entry has put the processor
//      into a 16-bit mode of its own: CS base = SMBASE, DS base = 0, every limit 4 GiB. RSM loads
//      all registers from the save area at SMBASE + FE00h, SMBASE included: that is the trick.
// ================================================================================================
        .code16
relocation_handler:
        mov     ecx, cs:[SAVE_REVISION]
        mov     eax, ds:[NEW_SMBASE]
        cmp     cx, AMD64_FORMAT
        je      2f
        mov     cs:[INTEL_SMBASE], eax
        jmp     3f
2:      mov     cs:[AMD64_SMBASE], eax
3:      mov     ds:[SEEN_REVISION], ecx
        rsm
relocation_handler_end:

// ================================================================================================
//      The SMI handler, at TSEG + 8000h. Same 16-bit mode. It may use every register: RSM brings
//      the interrupted code's registers back from the save area. To give that code a value, change
//      the saved register. What it keeps for itself lies behind its code, in SMRAM.
// ================================================================================================
smi_handler:
        inc     dword ptr cs:[SMI_COUNT]

//  Acknowledge first: whatever asks for an SMI from now on sets the bit anew and isn't lost.
        mov     dx, SMI_STS
        mov     eax, 0x20                   // APM, write 1 to clear
        out     dx, eax

//  Where did this processor save RAX?
        mov     si, INTEL_RAX
        cmp     word ptr cs:[SAVE_REVISION], AMD64_FORMAT
        jne     2f
        mov     si, AMD64_RAX
2:
//  Which command? APM_CNT still holds the byte that was written to it.
        in      al, APM_CNT
        cmp     al, COMMAND
        jne     3f
        mov     eax, cs:[SMI_COUNT]         // known: EDX:EAX = answer, CL = 0, good
smi_answer:
        or      eax, ANSWER
        xor     edx, edx
        mov     cl, 0
        jmp     4f
3:      mov     eax, UNSUPPORTED            // unknown: EDX:EAX = an EFI_STATUS error, CL = FFh
        mov     edx, 0x80000000
        mov     cl, 0xFF
4:
//  Answer in the saved RAX, unless the SMI was our own idea (see below): then nobody asked, and an
//  OS must never find a register changed that it didn't offer.
        cmp     byte ptr cs:[SMI_OUR_OWN], 0
        jne     5f
        mov     cs:[si], eax
        mov     cs:[si + 4], edx
5:      mov     al, cl
        out     APM_STS, al

//  Does another key wait? Then raise the SMI for it from here. A processor in SMM takes no SMI; it
//  remembers one and takes it right after RSM, before the OS runs another instruction.
        mov     byte ptr cs:[SMI_OUR_OWN], 0
        mov     dx, COM1_LSR
        in      al, dx
        and     al, 0x81                    // bit 7 is set only where there is no COM1 at all
        cmp     al, 0x01
        jne     6f
        mov     byte ptr cs:[SMI_OUR_OWN], 1
        mov     dx, COM1
        in      al, dx
smi_raise:
        out     APM_CNT, al
6:
//  End of SMI: only with EOS = 1 will the chipset send the next SMI.
        mov     dx, SMI_EN
        in      eax, dx
        or      al, 0x02
        out     dx, eax
smi_rsm:
        rsm
smi_code_end:
smi_count:
        .long   0                           // SMIs handled since reset
smi_our_own:
        .byte   0                           // 1: the SMI to come was raised by this handler
smi_handler_end:
        .set    SMI_COUNT, smi_count - smi_handler + 0x8000
        .set    SMI_OUR_OWN, smi_our_own - smi_handler + 0x8000

// ================================================================================================
//      The "OS", at 1 MiB, 64-bit. It works (counts), and asks the firmware for something each time
//      a key arrives on COM1: the key's byte is the SMI command. With a fw_cfg file named
//      opt/org.smmlab/script it takes the commands from there instead and ends after the last.
// ================================================================================================
        .code64
os:
        call    find_script
        log     text_os
        lea     rsi, [rip + text_banner]
        call    com1_text
os_idle:
//  Values to recognise in the save area, and to check after the SMI: only RAX may change.
        mov     rbx, 0x0123456789ABCDEF
        mov     rsi, 0x5151515151515151
        mov     rdi, 0xD1D1D1D1D1D1D1D1
        mov     rbp, 0xB9B9B9B9B9B9B9B9
        mov     r9,  0x0909090909090909
        mov     r10, 0x1010101010101010
        mov     r11, 0x1111111111111111
        mov     r12, 0x1212121212121212
        mov     r13, 0x1313131313131313
        mov     r14, 0x1414141414141414
        mov     r15, 0x1515151515151515
        mov     rcx, [rip + os_counter]
        xor     eax, eax
        mov     edx, COM1_LSR
        cmp     byte ptr [rip + os_scripted], 0
        jne     os_script

//  Idle: count, in RCX and in RAM, until COM1's line status says that a byte waits.
os_loop:
        inc     rcx
        mov     [rip + os_counter], rcx
        pause
        in      al, dx
        and     al, 0x81                    // bit 7 is set only where there is no COM1 at all
        cmp     al, 0x01
        jne     os_loop
os_key:
        mov     edx, COM1
        in      al, dx
os_command:
        mov     r8d, eax                    // RAX = R8 = the command
os_raise:
        out     APM_CNT, al                 // ──▶ SMI. The next instruction runs after RSM.
os_resumed:
        jmp     2f                          // (ends QEMU's translation block: SMIs are taken there)
2:      test    rax, rax
        js      os_refused                  // bit 63: an EFI_STATUS error
        cmp     rax, r8
        je      os_no_smi                   // RAX is as it was: nobody answered

os_answered:
        call    check_registers
        call    log_command
        log     text_answered
        mov     rax, rbx
        call    log_hex64
        call    log_end
        lea     rsi, [rip + text_ok]
        call    com1_result
        jmp     os_idle

os_refused:
        call    check_registers
        call    log_command
        log     text_refused
        mov     rax, rbx
        call    log_hex64
        lea     rsi, [rip + text_unsupported]
        mov     rax, 0x8000000000000000 | UNSUPPORTED
        cmp     rax, rbx
        jne     2f
        call    log_text
2:      call    log_end
        lea     rsi, [rip + text_bad]
        call    com1_result
        jmp     os_idle

os_no_smi:
        call    check_registers
        call    log_command
        log     text_ignored
        lea     rsi, [rip + text_silence]
        call    com1_result
        jmp     os_idle

//  Self-driven: work a little, then the next byte of the script is the key.
os_script:
        dec     dword ptr [rip + os_commands_left]
        js      os_done
2:      inc     rcx
        mov     [rip + os_counter], rcx
        test    cl, 7
        jnz     2b
        mov     edx, FW_CFG_DATA
        in      al, dx
        jmp     os_command
os_done:
        log     text_done
        xor     eax, eax
        out     EXIT, al
stop:
        cli
        hlt
        jmp     stop

//  Compares every register but RAX with what os_idle put there. Leaves RBX = RAX for the report.
check_registers:
        cmp     rcx, [rip + os_counter]
        jne     3f
        mov     rdx, 0x0123456789ABCDEF
        cmp     rbx, rdx
        jne     3f
        mov     rdx, 0x5151515151515151
        cmp     rsi, rdx
        jne     3f
        mov     rdx, 0xD1D1D1D1D1D1D1D1
        cmp     rdi, rdx
        jne     3f
        mov     rdx, 0xB9B9B9B9B9B9B9B9
        cmp     rbp, rdx
        jne     3f
        mov     rdx, 0x0909090909090909
        cmp     r9, rdx
        jne     3f
        mov     rdx, 0x1010101010101010
        cmp     r10, rdx
        jne     3f
        mov     rdx, 0x1111111111111111
        cmp     r11, rdx
        jne     3f
        mov     rdx, 0x1212121212121212
        cmp     r12, rdx
        jne     3f
        mov     rdx, 0x1313131313131313
        cmp     r13, rdx
        jne     3f
        mov     rdx, 0x1414141414141414
        cmp     r14, rdx
        jne     3f
        mov     rdx, 0x1515151515151515
        cmp     r15, rdx
        jne     3f
        mov     rbx, rax
        ret
3:      mov     rbx, rax
        log     text_changed
        ret

log_command:
        log     text_command
        mov     eax, r8d
        call    log_hex8
        mov     al, 'h'
        out     dx, al
        ret

//  Looks for opt/org.smmlab/script in fw_cfg's directory; leaves its item selected.
find_script:
        mov     ecx, 0                      // item 0 says "QEMU" where there is a fw_cfg
        call    fw_cfg_select
        call    fw_cfg_dword
        cmp     eax, 0x51454D55             // numbers in fw_cfg have the high byte first
        jne     5f
        mov     ecx, 0x19                   // the directory: how many files, then 64 bytes each
        call    fw_cfg_select
        call    fw_cfg_dword
        mov     ebp, eax
2:      dec     ebp
        js      5f
        call    fw_cfg_dword
        mov     ebx, eax                    // size
        call    fw_cfg_dword
        mov     ecx, eax                    // 31:16 = item
        shr     ecx, 16
        lea     rsi, [rip + script_name]
        mov     edi, 56                     // the name, padded with zeros
        mov     r8d, 0
3:      in      al, dx
        mov     ah, al
        lodsb
        xor     al, ah
        or      r8b, al
        test    ah, ah                      // compare up to the 0 that ends the file's name
        jnz     4f
        dec     rsi                         // … and stay there
4:      dec     edi
        jnz     3b
        test    r8d, r8d
        jnz     2b
        mov     [rip + os_commands_left], ebx
        mov     byte ptr [rip + os_scripted], 1
        call    fw_cfg_select
5:      ret
fw_cfg_select:
        mov     edx, FW_CFG_SELECT
        mov     eax, ecx
        out     dx, ax
        mov     edx, FW_CFG_DATA
        ret
fw_cfg_dword:
        mov     edi, 4
2:      shl     eax, 8
        in      al, dx
        dec     edi
        jnz     2b
        ret

//  Log and console. They change RAX, RDX and RSI; after log_… DX is the log's port.
log_text:
        mov     edx, DEBUG
2:      lodsb
        test    al, al
        jz      3f
        out     dx, al
        jmp     2b
3:      ret
log_end:
        mov     edx, DEBUG
        mov     al, 10
        out     dx, al
        ret
log_hex64:
        push    rax
        shr     rax, 32
        call    log_hex32
        pop     rax
log_hex32:
        push    rax
        shr     eax, 16
        call    log_hex16
        pop     rax
log_hex16:
        push    rax
        shr     eax, 8
        call    log_hex8
        pop     rax
log_hex8:
        push    rax
        shr     al, 4
        call    log_digit
        pop     rax
        and     al, 15
log_digit:
        add     al, '0'
        cmp     al, '9'
        jbe     2f
        add     al, 'A' - '9' - 1
2:      mov     edx, DEBUG
        out     dx, al
        ret

//  "42h", then the text.
com1_result:
        mov     eax, r8d
        shr     al, 4
        call    com1_digit
        mov     eax, r8d
        and     al, 15
        call    com1_digit
com1_text:
        lodsb
        test    al, al
        jz      2f
        call    com1_byte
        jmp     com1_text
2:      ret
com1_digit:
        add     al, '0'
        cmp     al, '9'
        jbe     com1_byte
        add     al, 'A' - '9' - 1
com1_byte:
        mov     ah, al
        mov     edx, COM1_LSR
2:      in      al, dx
        test    al, 0x20                    // room for a byte to send? (FFh, no COM1, says yes too)
        jnz     3f
        pause
        jmp     2b
3:      mov     al, ah
        mov     edx, COM1
        out     dx, al
        ret

os_counter:
        .quad   0
os_commands_left:
        .long   0
os_scripted:
        .byte   0
script_name:      .asciz "opt/org.smmlab/script"
text_hello:       .asciz "SMM Lab demo ROM\n"
text_memory:      .asciz "RAM ends at "
text_tseg:        .asciz ", TSEG begins at "
text_no_smi:      .asciz "the SMI that moves SMBASE never came\n"
text_smbase:      .asciz "SMBASE moved from 00030000 to "
text_revision:    .asciz ", save-state revision "
text_before:      .asciz "SMRAM before lock at "
text_after:       .asciz "SMRAM after lock at "
text_colon:       .asciz ":"
text_os:          .asciz "OS: running\n"
text_command:     .asciz "OS: command "
text_answered:    .asciz " answered, RAX = "
text_refused:     .asciz " refused, RAX = "
text_unsupported: .asciz " (EFI_UNSUPPORTED)"
text_ignored:     .asciz " ignored: no SMI came\n"
text_changed:     .asciz "OS: the SMI changed a register other than RAX!\n"
text_done:        .asciz "OS: done\n"
text_banner:      .asciz "SMM Lab OS. Each key raises an SMI; B (42h) is answered.\r\n"
text_ok:          .asciz "h ok\r\n"
text_bad:         .asciz "h refused\r\n"
text_silence:     .asciz "h no SMI\r\n"
os_end:

// ------------------------------------------------------------------------------------------------
//  Flat segments. The "accessed" bit is preset: the processor can't set it in a ROM.
// ------------------------------------------------------------------------------------------------
        .balign 8
gdt:
        .quad   0
        .quad   0x00CF9B000000FFFF          // 08  code, 32-bit
        .quad   0x00CF93000000FFFF          // 10  data
        .quad   0x00AF9B000000FFFF          // 18  code, 64-bit
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt - rom + ROM

// ------------------------------------------------------------------------------------------------
//  The last 16 bytes: the processor's first instruction after reset.
// ------------------------------------------------------------------------------------------------
        .org    0xFFF0, 0xFF
        .code16
reset:
        jmp     start16
        .org    0x10000, 0xFF

// ------------------------------------------------------------------------------------------------
//  Sizes, and names for tests and tools.
// ------------------------------------------------------------------------------------------------
        .set    SMI_HANDLER_SIZE, smi_handler_end - smi_handler
        .set    RELOCATION_HANDLER_SIZE, relocation_handler_end - relocation_handler
        .set    OS_SIZE, os_end - os

//  Linear addresses
        export  RESET_VECTOR,        reset - rom + ROM
        export  REAL_MODE,           start16 - rom + ROM
        export  PROTECTED_MODE,      start32 - rom + ROM
        export  LONG_MODE,           start64 - rom + ROM
        export  RELOCATION_ENTRY,    DEFAULT_SMBASE + 0x8000
        export  RELOCATION_END,      relocation_handler_end - relocation_handler + DEFAULT_SMBASE + 0x8000
        export  OS_ENTRY,            OS
        export  OS_LOOP,             os_loop - os + OS
        export  OS_KEY,              os_key - os + OS
        export  OS_RAISE,            os_raise - os + OS
        export  OS_RESUMED,          os_resumed - os + OS
        export  OS_ANSWERED,         os_answered - os + OS
        export  OS_REFUSED,          os_refused - os + OS
        export  OS_COUNTER,          os_counter - os + OS
        export  OS_END,              os_end - os + OS
//  Offsets from SMBASE
        export  SMI_ENTRY_OFFSET,    0x8000
        export  SMI_RAISE_OFFSET,    smi_raise - smi_handler + 0x8000
        export  SMI_RSM_OFFSET,      smi_rsm - smi_handler + 0x8000
        export  SMI_CODE_END_OFFSET, smi_code_end - smi_handler + 0x8000
        export  SMI_COUNT_OFFSET,    smi_count - smi_handler + 0x8000
//  Offsets in the ROM image, for whoever patches it
        export  SMI_HANDLER_IN_ROM,  smi_handler - rom
        export  SMI_ANSWER_IN_ROM,   smi_answer - rom + 2
