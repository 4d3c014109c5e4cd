//  Conformance ROM: asks a Q35 + ICH9 machine questions about SMM and prints the answers, one
//  KEY=VALUE a line, on port 402h. Runs on QEMU (-machine q35,smm=on -m 16 -bios) and on our boards;
//  `smmrom.rs` compares. Ends by writing 0 to port F4h.
//
//  Shape: the main program (16-bit real mode with 4 GiB limits) prepares a question, raises an SMI
//  and prints. The SMI handler is a recorder: it notes down the state in which it was entered, copies
//  the state save area, carries out the list of orders that the main program left, and returns.
//  It works with either save-state map: the main program reads the revision and picks the slots.
//
//  Keys are a section's name, a dot, a fact. What the values should be follows from Intel SDM vol. 3
//  "System Management Mode", AMD64 APM vol. 2 "System-Management Mode", the 3 Series chipset datasheet
//  316966 (SMRAM, ESMRAMC) and the ICH9 datasheet 316972 (SMI_EN, SMI_STS, APM_CNT, GEN_PMCON_1, TCO).

// ---- names --------------------------------------------------------------------------------------
        .set ROM_LOW,        0xF0000        // the ROM as real mode sees it
        .set STACK_TOP,      0x7000
        .set PAGE_TABLES,    0x10000
        .set DEFAULT_SMBASE, 0x30000
        .set MOVED_SMBASE,   0x48000        // no multiple of 64 KiB: RSM takes any on a modern processor
        .set TSEG,           0xF00000       // with 16 MiB of RAM
        .set AREA,           0xFC00         // first byte copied of the save area, from SMBASE
        .set AREA_SIZE,      0x400

        .set DEBUG,          0x402
        .set APM_CNT,        0xB2
        .set APM_STS,        0xB3
        .set EXIT,           0xF4
        .set RST_CNT,        0xCF9
        .set SMI_EN,         0x630
        .set SMI_STS,        0x634
        .set TCO_RLD,        0x660
        .set TCO1_STS,       0x664
        .set TCO1_CNT,       0x668
        .set TCO_TMR,        0x672
        .set EOS,            0x02
        .set SMIS_ON,        0x23           // APMC_EN, EOS, GBL_SMI_EN
        .set TCO_SMIS_ON,    0x2023         // and TCO_EN
        .set MCH,            0x80000000
        .set LPC,            0x8000F800
        .set SMRAMC,         0x9D
        .set ESMRAMC,        0x9E
        .set TSEGMB,         0xAC
        .set TOLUD,          0xB0
        .set GEN_PMCON_1,    0xA0

//  The recorder's notes, in low RAM
        .set N_EAX,          0x1000
        .set N_ECX,          0x1004
        .set N_EDX,          0x1008
        .set N_EBX,          0x100C
        .set N_ESP,          0x1010
        .set N_EBP,          0x1014
        .set N_ESI,          0x1018
        .set N_EDI,          0x101C
        .set N_CR0,          0x1020
        .set N_CR3,          0x1024
        .set N_CR4,          0x1028
        .set N_DR7,          0x102C
        .set N_EFLAGS,       0x1030
        .set N_EFER,         0x1034
        .set N_CS,           0x1038         // six words: CS DS ES SS FS GS
        .set N_GDTR,         0x1048
        .set N_IDTR,         0x1050
        .set N_APM_CNT,      0x1058
        .set N_APM_STS,      0x1059
        .set N_SMI_EN,       0x105C
        .set N_SMI_STS,      0x1060
        .set N_TCO1_STS,     0x1064
        .set N_COUNT,        0x1070         // SMIs recorded
        .set N_PROGRESS,     0x1074         // the main program's progress, and as seen on entry,
        .set N_SEEN,         0x1080         //   one dword an SMI
        .set N_UD_IP,        0x10A0         // where #UD happened
        .set ORDERS,         0x1100         // {order, address, value}, three dwords each, 0 ends
        .set RESULT,         0x1200         // scratch of the main program
        .set SECTION,        0x1240         // four letters for show_area
        .set SLOTS,          0x1300         // the map in use: offsets from SMBASE
        .set SLOT_RAX,       0x1300
        .set SLOT_RIP,       0x1304
        .set SLOT_SMBASE,    0x1308
        .set SLOT_HALT,      0x130C
        .set SECOND_PASS,    0x0500         // a mark that survives a platform reset
        .set MARK,           0x50A55A05
        .set AREAS,          0x2000         // copies of the save area, one an SMI, four in turn

        .set POKE32,         1
        .set POKE8,          2
        .set PEEK32,         3              // value := [address]
        .set OUT8,           4              // address = port

// ---- macros ------------------------------------------------------------------------------------
        .macro print text
        call    print_text
        .asciz  "\text"
        .endm

        .macro show32 key                   // key=EAX
        print   "\key="
        call    hex32
        call    newline
        .endm

        .macro show16 key
        print   "\key="
        call    hex16
        call    newline
        .endm

        .macro show8 key
        print   "\key="
        call    hex8
        call    newline
        .endm

        .macro note key, from               // key = the dword at `from`
        mov     eax, ds:[\from]
        show32  "\key"
        .endm

        .macro note16 key, from
        mov     ax, ds:[\from]
        show16  "\key"
        .endm

        .macro pci_select at
        mov     eax, (\at) & ~3
        mov     dx, 0xCF8
        out     dx, eax
        mov     dx, 0xCFC + ((\at) & 3)
        .endm

        .macro pci_read8 at
        pci_select \at
        in      al, dx
        .endm

        .macro pci_write8 at, value
        pci_select \at
        mov     al, \value
        out     dx, al
        .endm

        .macro smi_en value
        mov     dx, SMI_EN
        mov     eax, \value
        out     dx, eax
        .endm

//  An SMI from APM_CNT. The jump ends QEMU's translation block: SMIs are taken there.
        .macro raise command
        mov     al, \command
        out     APM_CNT, al
        jmp     9f
9:
        .endm

        .macro order number, what, address, value
        mov     dword ptr ds:[ORDERS + 12 * \number], \what
        mov     dword ptr ds:[ORDERS + 12 * \number + 4], \address
        mov     dword ptr ds:[ORDERS + 12 * \number + 8], \value
        mov     dword ptr ds:[ORDERS + 12 * \number + 12], 0
        .endm

//  An order about a slot of the save area, when SMBASE is `smbase`.
        .macro slot_order number, what, slot, smbase, value
        order   \number, \what, \smbase, \value
        mov     eax, ds:[\slot]
        add     ds:[ORDERS + 12 * \number + 4], eax
        .endm

//  Reads (into EAX) or writes a dword anywhere.
        .macro read32 address
        mov     esi, \address
        invlpg  [esi]
        mov     eax, [esi]
        .endm
        .macro write32 address, value
        mov     edi, \address
        mov     dword ptr [edi], \value
        .endm

//  The chipset as a reset leaves it.
        .macro show_chipset when
        pci_read8 MCH + SMRAMC
        show8   "\when\().smramc"
        pci_read8 MCH + ESMRAMC
        show8   "\when\().esmramc"
        mov     dx, SMI_EN
        in      eax, dx
        and     eax, ~EOS
        show32  "\when\().smi_en"
        mov     dx, SMI_STS
        in      eax, dx
        show32  "\when\().smi_sts"
        .endm

        .section .rom, "ax"
rom:
        .org    0xC000, 0xFF
        .code16
// ---- output ------------------------------------------------------------------------------------
print_text:                                 // the text stands behind the call
        xchg    esi, [esp]                  // (this assembler's CALL and RET are 32-bit ones here)
        push    eax
        push    dx
        mov     dx, DEBUG
2:      lods    al, byte ptr cs:[si]
        test    al, al
        jz      3f
        out     dx, al
        jmp     2b
3:      pop     dx
        pop     eax
        xchg    esi, [esp]
        ret
newline:
        push    ax
        mov     al, 10
        call    put
        pop     ax
        ret
hex32:  push    eax
        shr     eax, 16
        call    hex16
        pop     eax
hex16:  push    ax
        mov     al, ah
        call    hex8
        pop     ax
hex8:   push    ax
        shr     al, 4
        call    digit
        pop     ax
        push    ax
        and     al, 15
        call    digit
        pop     ax
        ret
digit:  add     al, '0'
        cmp     al, '9'
        jbe     put
        add     al, 7
put:    push    dx
        mov     dx, DEBUG
        out     dx, al
        pop     dx
        ret

// ---- start -------------------------------------------------------------------------------------
start:
        cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, STACK_TOP
        in      al, 0x92
        or      al, 0x02
        and     al, 0xFE
        out     0x92, al
        call    big_real_mode
        pci_select LPC + 0x40               // PMBASE = 600h, ACPI_EN
        mov     eax, 0x601
        out     dx, eax
        pci_write8 LPC + 0x44, 0x80
        cmp     dword ptr ds:[SECOND_PASS], MARK
        je      after_reset

        mov     edi, 0x1000                 // notes and copies
        mov     ecx, 0x3000 / 4
        call    clear
        print   "conformance=1\n"
        show_chipset cold

// ---- RSM outside SMM is an invalid opcode -------------------------------------------------------
        .set    UD_HANDLER, invalid_opcode - rom
        .set    RSM_HERE, rsm_here - rom
        mov     word ptr ds:[6 * 4], offset UD_HANDLER
        mov     word ptr ds:[6 * 4 + 2], 0xF000
rsm_here:
        rsm
        mov     eax, ds:[N_UD_IP]
        sub     eax, offset RSM_HERE        // 0: the fault's address is the instruction's
        show32  "rsm.outside_smm.ud_at"

// ---- the recorder at the default SMBASE; the first SMI is an IPI to ourselves ----------------------
        mov     edi, DEFAULT_SMBASE + 0x8000
        call    install_recorder
        call    fill_area
        call    self_ipi
        note    "ipi.self.count", N_COUNT
        mov     eax, 0x84200                // shorthand: all including self
        call    send_ipi
        note    "ipi.all_including_self.count", N_COUNT
        mov     eax, 0xC4200                // all excluding self
        call    send_ipi
        note    "ipi.all_excluding_self.count", N_COUNT
        mov     eax, ds:[AREAS + 0x2FC]     // AREAS + 7EFCh - 7C00h
        show32  "map.revision"
        call    choose_map
        mov     eax, ds:[SLOT_SMBASE]
        call    saved_dword
        show32  "map.smbase"

// ---- SMI_EN gates APM_CNT ----------------------------------------------------------------------
        call    gate_none
        show32  "gate.nothing_enabled"
        call    gate_global
        show32  "gate.only_global"
        call    gate_apmc
        show32  "gate.only_apmc"
        call    gate_both
        show32  "gate.both"

// ---- entry state from real mode ------------------------------------------------------------------
        call    fill_area
        call    restart
        mov     al, 0x77
        out     APM_STS, al
        mov     eax, 0x401                  // DR7: break on DR0, which nothing reaches
        mov     dr7, eax
        mov     eax, 0x1234
        mov     fs, ax
        mov     eax, 0x2345
        mov     gs, ax
        mov     ecx, 0xC1C1C1C1
        mov     edx, 0xD2D2D2D2
        mov     ebx, 0xB3B3B3B3
        mov     ebp, 0xB9B9B9B9
        mov     esi, 0x51515151
        mov     edi, 0xD1D1D1D1
        mov     eax, 0xA0A0A042
        std
        stc
        out     APM_CNT, al
real_after:
        jmp     2f
2:      pushfd
        cld
        mov     ds:[RESULT], eax
        pop     dword ptr ds:[RESULT + 4]
        mov     eax, dr7
        mov     ds:[RESULT + 8], eax
        mov     ax, fs
        mov     ds:[RESULT + 12], ax
        call    show_entry
        .set    REAL_AFTER, real_after - rom
        mov     eax, ds:[SLOT_RIP]
        call    saved_dword
        sub     eax, offset REAL_AFTER
        show32  "real.saved_rip_minus_next"
        note    "real.eax_after", RESULT
        mov     eax, ds:[RESULT + 4]
        and     eax, 0x00000CD5             // OF DF SF ZF AF PF CF
        show32  "real.flags_after"
        note    "real.dr7_after", RESULT + 8
        note16  "real.fs_after", RESULT + 12
        mov     dword ptr ds:[SECTION], 0x6C616572      // "real"
        call    show_area
        xor     eax, eax
        mov     dr7, eax
        mov     fs, ax
        mov     gs, ax

// ---- what the handler writes into the map is loaded by RSM -----------------------------------------
        call    restart
        slot_order 0, POKE32, SLOT_RAX, DEFAULT_SMBASE, 0xDEADBEEF
        raise   0x31
        show32  "slot.rax"
        call    restart
        mov     eax, ds:[SLOT_RIP]          // skip the two bytes after the OUT and its jump
        slot_order 0, POKE32, SLOT_RIP, DEFAULT_SMBASE, 0
        .set    RIP_TARGET, rip_target - rom
        mov     dword ptr ds:[ORDERS + 8], offset RIP_TARGET
        xor     bx, bx
        mov     al, 0x32
        out     APM_CNT, al
        jmp     2f
2:      inc     bx
rip_target:
        mov     ax, bx
        show16  "slot.rip.skipped"          // 0: the INC did not run

// ---- an SMI raised inside SMM waits for RSM, and comes before the next instruction --------------------
        call    restart
        mov     dword ptr ds:[N_PROGRESS], 0
        order   0, OUT8, APM_CNT, 0x43
        order   1, PEEK32, N_COUNT, 0
        mov     al, 0x41
        out     APM_CNT, al
nested_after:
        inc     dword ptr ds:[N_PROGRESS]
        note    "nested.count_inside", ORDERS + 12 + 8
        note    "nested.count_after", N_COUNT
        note    "nested.progress_seen_first", N_SEEN
        note    "nested.progress_seen_second", N_SEEN + 4
        .set    NESTED_AFTER, nested_after - rom
        mov     eax, ds:[SLOT_RIP]
        call    saved_dword
        sub     eax, offset NESTED_AFTER
        show32  "nested.first.rip_minus_next"
        mov     eax, ds:[SLOT_RIP]
        add     eax, AREA_SIZE
        call    saved_dword
        sub     eax, offset NESTED_AFTER
        show32  "nested.second.rip_minus_next"
        mov     al, ds:[N_APM_CNT]
        show8   "nested.second.command"

// ---- two more raised inside SMM merge into one -------------------------------------------------------
        call    restart
        order   0, OUT8, APM_CNT, 0x44
        order   1, OUT8, APM_CNT, 0x45
        raise   0x46
        nop
        note    "merged.count", N_COUNT
        mov     al, ds:[N_APM_CNT]
        show8   "merged.command"

// ---- HLT is left by an SMI (the TCO watchdog's, 1.2 s later) --------------------------------------------
        call    restart
        slot_order 0, POKE8, SLOT_HALT, DEFAULT_SMBASE, 0
        smi_en  TCO_SMIS_ON
        mov     dx, TCO_TMR
        mov     ax, 2
        out     dx, ax
        mov     dx, TCO1_CNT
        xor     ax, ax                      // run
        out     dx, ax
        mov     dx, TCO_RLD
        mov     ax, 1
        out     dx, ax
        hlt
halt_after:
        mov     dx, TCO1_CNT
        mov     ax, 0x800                   // TMR_HLT
        out     dx, ax
        smi_en  SMIS_ON
        note    "halt.count", N_COUNT
        .set    HALT_AFTER, halt_after - rom
        mov     eax, ds:[SLOT_RIP]
        call    saved_dword
        sub     eax, offset HALT_AFTER
        show32  "halt.saved_rip_minus_next"
        mov     eax, ds:[SLOT_HALT]
        call    saved_dword
        show8   "halt.auto_halt_slot"
        mov     eax, ds:[N_TCO1_STS]
        show16  "halt.tco1_sts"

// ---- long mode ---------------------------------------------------------------------------------------
        call    fill_area
        call    restart
        slot_order 0, POKE32, SLOT_RAX, DEFAULT_SMBASE, 3
        slot_order 1, POKE32, SLOT_RAX, DEFAULT_SMBASE + 4, 0x80000000
        call    long_mode
        note    "long.count", N_COUNT
        call    show_entry_long
        .set    LONG_AFTER, long_after - rom + ROM_LOW
        mov     eax, ds:[SLOT_RIP]
        call    saved_dword
        sub     eax, offset LONG_AFTER
        show32  "long.saved_rip_minus_next"
        note    "long.rax_after.high", RESULT + 4
        note    "long.rax_after.low", RESULT
        note    "long.other_registers_changed", RESULT + 8
        note    "long.efer_after", RESULT + 12
        note    "long.cr0_after", RESULT + 16
        note    "long.cr4_after", RESULT + 20
        note    "long.gs_base_after.high", RESULT + 28
        note    "long.gs_base_after.low", RESULT + 24
        mov     dword ptr ds:[SECTION], 0x676E6F6C      // "long"
        call    show_area

// ---- SMBASE moves with RSM, not before --------------------------------------------------------------
        call    restart
        mov     edi, MOVED_SMBASE + 0x8000
        call    install_recorder
        slot_order 0, POKE32, SLOT_SMBASE, DEFAULT_SMBASE, MOVED_SMBASE
        raise   0x81
        note16  "relocate.cs_before", N_CS
        call    restart
        raise   0x82
        note16  "relocate.cs_after", N_CS
        mov     eax, ds:[SLOT_SMBASE]
        call    saved_dword
        show32  "relocate.saved_smbase"
        note    "relocate.count", N_COUNT

// ---- the compatible segment A0000h -----------------------------------------------------------------------
        pci_write8 MCH + SMRAMC, 0x4A       // G_SMRAME, D_OPEN
        write32 0xA0000, 0xCAFEBABE
        read32  0xA0000
        show32  "aseg.open.read"
        pci_write8 MCH + SMRAMC, 0x0A       // D_OPEN off
        read32  0xA0000
        show32  "aseg.closed.read"
        call    restart
        order   0, PEEK32, 0xA0000, 0
        raise   0x91
        note    "aseg.closed.read_in_smm", ORDERS + 8

// ---- TSEG ------------------------------------------------------------------------------------------------
        pci_select MCH + TOLUD              // low RAM ends at 16 MiB
        mov     ax, (TSEG + 0x100000) >> 16
        out     dx, ax
        pci_select MCH + TSEGMB
        mov     eax, TSEG
        out     dx, eax
        pci_write8 MCH + ESMRAMC, 0x38      // 1 MiB, open
        write32 TSEG, 0x7E57AB1E
        write32 TSEG - 4, 0x0BE10300
        mov     edi, TSEG + 0x8000
        call    install_recorder
        read32  TSEG
        show32  "tseg.open.read"
        pci_write8 MCH + ESMRAMC, 0x39      // T_EN
        pci_read8 MCH + ESMRAMC
        show8   "tseg.esmramc"
        read32  TSEG
        show32  "tseg.closed.read32"
        mov     al, [esi + 1]
        show8   "tseg.closed.read8"
        read32  TSEG - 4
        show32  "tseg.closed.read_below"
        read32  TSEG + 0xFFFFC
        show32  "tseg.closed.read_last"
        write32 TSEG, 0x22222222            // dropped
        call    restart
        order   0, PEEK32, TSEG, 0
        raise   0xA1
        note    "tseg.closed.read_in_smm", ORDERS + 8
        read32  TSEG
        show32  "tseg.closed.read_after_smm"
        call    restart
        slot_order 0, POKE32, SLOT_SMBASE, MOVED_SMBASE, TSEG
        raise   0xA2
        call    restart
        raise   0xA3
        note    "tseg.handler.count", N_COUNT
        note16  "tseg.handler.cs", N_CS     // bits 19:4 of SMBASE
        mov     eax, ds:[SLOT_SMBASE]
        call    saved_dword
        show32  "tseg.handler.saved_smbase"

// ---- D_LCK ------------------------------------------------------------------------------------------------
        pci_write8 MCH + SMRAMC, 0x1A       // D_LCK
        pci_read8 MCH + SMRAMC
        show8   "lock.smramc"
        pci_write8 MCH + SMRAMC, 0x42       // D_OPEN on, D_LCK and G_SMRAME off: refused
        pci_read8 MCH + SMRAMC
        show8   "lock.smramc.after_open"
        pci_write8 MCH + SMRAMC, 0x22       // D_CLS is not locked
        pci_read8 MCH + SMRAMC
        show8   "lock.smramc.after_d_cls"
        pci_write8 MCH + SMRAMC, 0x02
        pci_write8 MCH + ESMRAMC, 0x3E      // T_EN off, TSEG_SZ 11
        pci_read8 MCH + ESMRAMC
        show8   "lock.esmramc.after_write"
        pci_select MCH + TSEGMB             // move TSEG away: refused
        mov     eax, TSEG - 0x100000
        out     dx, eax
        pci_select MCH + TSEGMB
        in      eax, dx
        show32  "lock.tsegmb.after_write"
        read32  TSEG
        show32  "lock.tseg.read"
        call    restart
        order   0, PEEK32, TSEG, 0
        raise   0xB1
        note    "lock.tseg.read_in_smm", ORDERS + 8

// ---- SMI_LOCK keeps GBL_SMI_EN, and only that ------------------------------------------------------------------
        pci_write8 LPC + GEN_PMCON_1, 0x10
        smi_en  0
        mov     dx, SMI_EN
        in      eax, dx
        and     eax, ~EOS
        show32  "smi_lock.smi_en.after_0"
        smi_en  SMIS_ON
        call    restart
        raise   0xC1
        note    "smi_lock.count", N_COUNT
        pci_write8 LPC + GEN_PMCON_1, 0     // the lock itself stays
        smi_en  0x22
        mov     dx, SMI_EN
        in      eax, dx
        and     eax, ~EOS
        show32  "smi_lock.smi_en.after_unlock"

// ---- a platform reset lifts the locks ------------------------------------------------------------------------
        mov     dword ptr ds:[SECOND_PASS], MARK
        mov     dx, RST_CNT
        mov     al, 0x02
        out     dx, al
        mov     al, 0x06
        out     dx, al
2:      hlt
        jmp     2b

after_reset:
        mov     dword ptr ds:[SECOND_PASS], 0
        print   "warm=1\n"
        show_chipset warm
        pci_read8 LPC + GEN_PMCON_1
        and     al, 0x10
        show8   "warm.smi_lock"
        mov     edi, 0x1000
        mov     ecx, 0x1000 / 4
        call    clear
        mov     edi, DEFAULT_SMBASE + 0x8000
        call    install_recorder
        call    self_ipi
        note16  "warm.cs", N_CS            // SMBASE is 30000h again
        print   "done=1\n"
        mov     al, 0
        out     EXIT, al
2:      cli
        hlt
        jmp     2b

// ---- parts ------------------------------------------------------------------------------------------------------
clear:  xor     eax, eax                    // ECX dwords at EDI
2:      mov     [edi], eax
        add     edi, 4
        dec     ecx
        jnz     2b
        ret

invalid_opcode:                             // notes the address, skips the two bytes of RSM
        push    bp
        mov     bp, sp
        push    eax
        movzx   eax, word ptr [bp + 2]
        mov     ds:[N_UD_IP], eax
        add     word ptr [bp + 2], 2
        pop     eax
        pop     bp
        iret

install_recorder:                           // at EDI
        .set    RECORDER, recorder - rom + ROM_LOW
        .set    RECORDER_SIZE, recorder_end - recorder
        mov     esi, offset RECORDER
        mov     ecx, offset RECORDER_SIZE
2:      mov     al, [esi]
        mov     [edi], al
        inc     esi
        inc     edi
        dec     ecx
        jnz     2b
        ret

fill_area:                                  // CCh: "nobody wrote here"
        mov     edi, DEFAULT_SMBASE + AREA
        mov     ecx, AREA_SIZE
2:      mov     byte ptr [edi], 0xCC
        inc     edi
        dec     ecx
        jnz     2b
        ret

restart:                                    // no orders, no SMIs so far
        mov     dword ptr ds:[N_COUNT], 0
        mov     dword ptr ds:[ORDERS], 0
        ret

self_ipi:
        mov     eax, 0x4200                 // to APIC id 0, delivery mode SMI
send_ipi:
        mov     edi, 0xFEE00310
        mov     dword ptr [edi], 0
        mov     edi, 0xFEE00300
        mov     [edi], eax
        mov     ecx, 10
2:      pause
        dec     ecx
        jnz     2b
        ret

choose_map:                                 // slots by the revision's low word
        .set    AMD64_SLOTS, amd64_slots - rom
        .set    INTEL_SLOTS, intel_slots - rom
        mov     si, offset INTEL_SLOTS
        cmp     ax, 0x64
        jne     2f
        mov     si, offset AMD64_SLOTS
2:      mov     edi, SLOTS
        mov     ecx, 4
3:      mov     eax, cs:[si]
        mov     [edi], eax
        add     si, 4
        add     edi, 4
        dec     ecx
        jnz     3b
        ret

saved_dword:                                // EAX := the copy's dword at SMBASE + EAX
        mov     eax, [eax + AREAS - AREA]
        ret

gate_none:
        mov     eax, EOS
        jmp     gate
gate_global:
        mov     eax, EOS | 0x01
        jmp     gate
gate_apmc:
        mov     eax, EOS | 0x20
        jmp     gate
gate_both:
        mov     eax, SMIS_ON
gate:   push    eax                         // SMI_EN := EAX; how many SMIs does one write raise?
        call    restart
        mov     dx, SMI_STS
        mov     eax, -1
        out     dx, eax
        mov     dx, SMI_EN
        pop     eax
        out     dx, eax
        raise   0x11
        nop
        mov     dx, SMI_STS                 // what was held back stays held back
        mov     eax, -1
        out     dx, eax
        mov     eax, ds:[N_COUNT]
        ret

show_entry:
        note    "real.entry.eax", N_EAX
        note    "real.entry.ecx", N_ECX
        note    "real.entry.edx", N_EDX
        note    "real.entry.ebx", N_EBX
        note    "real.entry.esp", N_ESP
        note    "real.entry.ebp", N_EBP
        note    "real.entry.esi", N_ESI
        note    "real.entry.edi", N_EDI
        note    "real.entry.gdtr.base", N_GDTR + 2
        note16  "real.entry.gdtr.limit", N_GDTR
        note    "real.entry.idtr.base", N_IDTR + 2
        note16  "real.entry.idtr.limit", N_IDTR
        mov     al, ds:[N_APM_CNT]
        show8   "real.entry.apm_cnt"
        mov     al, ds:[N_APM_STS]
        show8   "real.entry.apm_sts"
        mov     eax, ds:[N_SMI_EN]
        and     eax, ~EOS
        show32  "real.entry.smi_en"
        mov     eax, ds:[N_SMI_EN]
        and     eax, EOS
        show32  "real.entry.eos"
        note    "real.entry.smi_sts", N_SMI_STS
        note    "real.entry.cr0", N_CR0
        note    "real.entry.cr3", N_CR3
        note    "real.entry.cr4", N_CR4
        note    "real.entry.dr7", N_DR7
        note    "real.entry.eflags", N_EFLAGS
        note    "real.entry.efer", N_EFER
        note16  "real.entry.cs", N_CS
        note16  "real.entry.ds", N_CS + 2
        note16  "real.entry.es", N_CS + 4
        note16  "real.entry.ss", N_CS + 6
        note16  "real.entry.fs", N_CS + 8
        note16  "real.entry.gs", N_CS + 10
        ret
show_entry_long:
        note    "long.entry.cr0", N_CR0
        note    "long.entry.cr3", N_CR3
        note    "long.entry.cr4", N_CR4
        note    "long.entry.dr7", N_DR7
        note    "long.entry.eflags", N_EFLAGS
        note    "long.entry.efer", N_EFER
        note16  "long.entry.cs", N_CS
        note16  "long.entry.ds", N_CS + 2
        note16  "long.entry.es", N_CS + 4
        note16  "long.entry.ss", N_CS + 6
        note16  "long.entry.fs", N_CS + 8
        note16  "long.entry.gs", N_CS + 10
        ret

show_area:                                  // real.area.7E00=… rows of 16 bytes, but the untouched ones
        mov     esi, AREAS
        mov     bx, AREA - 0x8000
2:      mov     ecx, 16
        mov     edi, esi
3:      cmp     byte ptr [edi], 0xCC
        jne     4f
        inc     edi
        dec     ecx
        jnz     3b
        add     esi, 16
        jmp     6f
4:      mov     al, ds:[SECTION]
        call    put
        mov     al, ds:[SECTION + 1]
        call    put
        mov     al, ds:[SECTION + 2]
        call    put
        mov     al, ds:[SECTION + 3]
        call    put
        print   ".area."
        mov     ax, bx
        call    hex16
        mov     ecx, 16
        mov     al, '='
5:      call    put
        mov     al, [esi]
        call    hex8
        mov     al, ' '
        inc     esi
        dec     ecx
        jnz     5b
        call    newline
6:      add     bx, 16
        cmp     bx, 0x8000
        jne     2b
        ret

big_real_mode:                              // DS, ES: base 0, limit 4 GiB
        .set    GDT_POINTER, gdt_pointer - rom
        lgdtd   cs:[GDT_POINTER]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        mov     bx, 0x10
        mov     ds, bx
        mov     es, bx
        and     al, 0xFE
        mov     cr0, eax
        xor     bx, bx
        mov     ds, bx
        mov     es, bx
        ret

// ---- long mode and back -----------------------------------------------------------------------------------------
long_mode:
        pushad
        mov     edi, PAGE_TABLES            // identity map of the first 4 MiB
        mov     ecx, 0x3000 / 4
        call    clear
        mov     edi, PAGE_TABLES
        mov     dword ptr [edi], PAGE_TABLES + 0x1003
        mov     dword ptr [edi + 0x1000], PAGE_TABLES + 0x2003
        mov     dword ptr [edi + 0x2000], 0x83
        mov     dword ptr [edi + 0x2008], 0x200083
        mov     edi, 0x3000                 // TSS
        mov     ds:[RESULT + 32], esp
        mov     eax, 0xA0                   // CR4: PAE, PGE
        mov     cr4, eax
        mov     eax, PAGE_TABLES
        mov     cr3, eax
        mov     ecx, 0xC0000080
        mov     eax, 0x100                  // EFER.LME
        xor     edx, edx
        wrmsr
        mov     eax, cr0
        or      eax, 1
        mov     cr0, eax
        .byte   0x66, 0xEA
        .long   long_32 - rom + ROM_LOW
        .word   0x18
        .code32
long_32:
        mov     ax, 0x28
        mov     fs, ax
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     gs, ax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        .byte   0xEA
        .long   long_64 - rom + ROM_LOW
        .word   0x20
        .code64
long_64:
        mov     eax, 0x38
        ltr     ax
        mov     eax, 0x48
        lldt    ax
        lidt    [rip + idt_odd]
        mov     ecx, 0xC0000101             // GS base beyond 4 GiB
        mov     eax, 0x89ABCDE0
        mov     edx, 0x00001234
        wrmsr
        mov     rbx, 0xB0B1B2B3B4B5B6B7
        mov     rcx, 0xC0C1C2C3C4C5C6C7
        mov     rdx, 0xD0D1D2D3D4D5D6D7
        mov     rsi, 0x5051525354555657
        mov     rdi, 0xD8D9DADBDCDDDEDF
        mov     rbp, 0xBABBBCBDBEBFB0B1
        mov     esp, 0x6800
        mov     r8,  0x0808080808080808
        mov     r9,  0x0909090909090909
        mov     r10, 0x1010101010101010
        mov     r11, 0x1111111111111111
        mov     r12, 0x1212121212121212
        mov     r13, 0x1313131313131313
        mov     r14, 0x1414141414141414
        mov     r15, 0x1515151515151515
        xor     eax, eax                    // flags: ZF and PF, nothing left undefined
        mov     rax, 0x1122334455667764
        out     APM_CNT, al
long_after:
        jmp     2f
2:      mov     [RESULT], rax
        xor     eax, eax                    // a bit for each register that is not as it was
        .macro  kept bit, register, value
        mov     rbp, \value
        cmp     \register, rbp
        je      8f
        or      eax, 1 << \bit
8:
        .endm
        push    rax
        mov     rax, 0xBABBBCBDBEBFB0B1
        cmp     rbp, rax
        pop     rax
        je      2f
        or      eax, 1 << 5
2:      kept    3, rbx, 0xB0B1B2B3B4B5B6B7
        kept    1, rcx, 0xC0C1C2C3C4C5C6C7
        kept    2, rdx, 0xD0D1D2D3D4D5D6D7
        kept    4, rsp, 0x6800
        kept    6, rsi, 0x5051525354555657
        kept    7, rdi, 0xD8D9DADBDCDDDEDF
        kept    8, r8,  0x0808080808080808
        kept    9, r9,  0x0909090909090909
        kept    10, r10, 0x1010101010101010
        kept    11, r11, 0x1111111111111111
        kept    12, r12, 0x1212121212121212
        kept    13, r13, 0x1313131313131313
        kept    14, r14, 0x1414141414141414
        kept    15, r15, 0x1515151515151515
        mov     [RESULT + 8], eax
        mov     ecx, 0xC0000080
        rdmsr
        mov     [RESULT + 12], eax
        mov     rax, cr0
        mov     [RESULT + 16], eax
        mov     rax, cr4
        mov     [RESULT + 20], eax
        mov     ecx, 0xC0000101
        rdmsr
        mov     [RESULT + 24], eax
        mov     [RESULT + 28], edx
        mov     eax, 0x18                   // far return to 32-bit code
        push    rax
        lea     rax, [rip + back_32]
        push    rax
        retfq
        .code32
back_32:
        mov     eax, cr0
        and     eax, 0x7FFFFFFF
        mov     cr0, eax
        mov     ecx, 0xC0000080
        xor     eax, eax
        xor     edx, edx
        wrmsr
        xor     eax, eax
        mov     cr4, eax
        lldt    ax
        mov     ax, 0x30
        mov     ss, ax
        mov     fs, ax
        mov     gs, ax
        .byte   0xEA                        // 16-bit code segment with base F0000h
        .long   back_16 - rom
        .word   0x08
        .code16
back_16:
        mov     eax, cr0
        and     al, 0xFE
        mov     cr0, eax
        .byte   0xEA
        .word   back_real - rom
        .word   0xF000
back_real:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     fs, ax
        mov     gs, ax
        .set    IDT_REAL, idt_real - rom
        lidtd   cs:[IDT_REAL]
        mov     esp, ds:[RESULT + 32]
        call    big_real_mode
        popad
        ret

// ---- the recorder: an SMI handler, at SMBASE + 8000h ----------------------------------------------------------------
recorder:
        mov     ds:[N_EAX], eax
        mov     ds:[N_ECX], ecx
        mov     ds:[N_EDX], edx
        mov     ds:[N_EBX], ebx
        mov     ds:[N_ESP], esp
        mov     ds:[N_EBP], ebp
        mov     ds:[N_ESI], esi
        mov     ds:[N_EDI], edi
        mov     eax, cr0
        mov     ds:[N_CR0], eax
        mov     eax, cr3
        mov     ds:[N_CR3], eax
        mov     eax, cr4
        mov     ds:[N_CR4], eax
        mov     eax, dr7
        mov     ds:[N_DR7], eax
        mov     word ptr ds:[N_CS], cs
        mov     word ptr ds:[N_CS + 2], ds
        mov     word ptr ds:[N_CS + 4], es
        mov     word ptr ds:[N_CS + 6], ss
        mov     word ptr ds:[N_CS + 8], fs
        mov     word ptr ds:[N_CS + 10], gs
        mov     esp, 0x6000
        pushfd
        pop     dword ptr ds:[N_EFLAGS]
        cld
        sgdt    ds:[N_GDTR]
        sidt    ds:[N_IDTR]
        mov     ecx, 0xC0000080
        rdmsr
        mov     ds:[N_EFER], eax
        in      al, APM_CNT
        mov     ds:[N_APM_CNT], al
        in      al, APM_STS
        mov     ds:[N_APM_STS], al
        mov     dx, SMI_EN
        in      eax, dx
        mov     ds:[N_SMI_EN], eax
        mov     dx, TCO1_STS
        in      ax, dx
        mov     ds:[N_TCO1_STS], ax
        out     dx, ax                      // acknowledge the source, then the summary
        mov     dx, SMI_STS
        in      eax, dx
        mov     ds:[N_SMI_STS], eax
        out     dx, eax

        mov     ebx, ds:[N_COUNT]
        and     ebx, 3
        mov     eax, ds:[N_PROGRESS]
        mov     [ebx * 4 + N_SEEN], eax
        shl     ebx, 10
        mov     esi, AREA
        mov     ecx, AREA_SIZE / 4
2:      mov     eax, cs:[esi]
        mov     [ebx + AREAS], eax
        add     esi, 4
        add     ebx, 4
        dec     ecx
        jnz     2b
        inc     dword ptr ds:[N_COUNT]

        mov     esi, ORDERS
2:      mov     ecx, [esi]
        mov     edi, [esi + 4]
        mov     eax, [esi + 8]
        cmp     cl, POKE32
        je      3f
        cmp     cl, POKE8
        je      4f
        cmp     cl, PEEK32
        je      5f
        cmp     cl, OUT8
        je      6f
        mov     dword ptr ds:[ORDERS], 0
        mov     dx, SMI_EN                  // end of SMI
        in      eax, dx
        or      al, EOS
        out     dx, eax
        rsm
3:      mov     [edi], eax
        jmp     7f
4:      mov     [edi], al
        jmp     7f
5:      invlpg  [edi]                       // QEMU keeps translations across SMM entry
        mov     eax, [edi]
        mov     [esi + 8], eax
        jmp     7f
6:      mov     dx, di
        out     dx, al
        nop
        nop
7:      add     esi, 12
        jmp     2b
recorder_end:

// ---- tables -------------------------------------------------------------------------------------------------------
intel_slots:
        .long   0xFF5C, 0xFFD8, 0xFEF8, 0xFF02  // RAX, RIP, SMBASE, auto-HALT
amd64_slots:
        .long   0xFFF8, 0xFF78, 0xFF00, 0xFEC9

        .balign 8
gdt:    .quad   0
        .quad   0x00009B0F0000FFFF          // 08  code, 16-bit, base F0000h
        .quad   0x00CF93000000FFFF          // 10  data, flat
        .quad   0x00CF9B000000FFFF          // 18  code, 32-bit, flat
        .quad   0x00AF9B000000FFFF          // 20  code, 64-bit
        .quad   0x12CA93345678BCDE          // 28  data, base 12345678h, limit ABCDEFFFh
        .quad   0x000093000000FFFF          // 30  data, 16-bit
        .quad   0x0000890030000067, 0       // 38  TSS at 3000h
        .quad   0x000082345000002F, 0       // 48  LDT at 345000h
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt - rom + ROM_LOW
idt_real:
        .word   0x3FF
        .long   0
idt_odd:
        .word   0xABC
        .quad   0x0000000000123450

        .org    0xFFF0, 0xFF
reset:  .byte   0xEA                        // jmp F000:start
        .word   start - rom
        .word   0xF000
        .org    0x10000, 0xFF
