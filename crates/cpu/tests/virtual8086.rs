//! Virtual-8086 mode (SDM vol. 3, "8086 Emulation"; vol. 2, "IRET", "INT n", "POPF", "PUSHF").
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, GDT, IDT, Rig, STACK, TSS};
use cpu::{SaveStateMap, Segment, flag};

/// Segments of the 8086 program, and its stack pointer.
const CS: u16 = 0xa00;
const SS: u16 = 0xb00;
const DS: u16 = 0xc00;
const ES: u16 = 0xd00;
const FS: u16 = 0xe00;
const GS: u16 = 0xf00;
const SP: u64 = 0x800;
/// Selector of a spare descriptor.
const SPARE: u16 = 64;
const UD: Option<u64> = Some(6);
const GP: Option<u64> = Some(13);

/// At ring 0 in front of an IRETD whose frame leads to `code` in virtual-8086 mode.
fn before_entry(code: &[u8], flags: u64) -> Rig {
    let mut rig = Rig::protected(&[0xcf]);
    rig.ram.put(u64::from(CS) << 4, code);
    let frame = [0, CS.into(), flags | flag::VM | 2, SP, SS.into(), ES.into(), DS.into(), FS.into(), GS.into()];
    for (at, word) in (STACK..).step_by(4).zip(frame) {
        rig.ram.put(at, &(word as u32).to_le_bytes());
    }
    rig
}

/// The program at its first instruction.
fn program(code: &[u8], flags: u64) -> Rig {
    let mut rig = before_entry(code, flags);
    rig.step();
    assert!(rig.cpu.virtual_8086());
    rig
}

const fn iopl(level: u64) -> u64 {
    level << 12
}

/// Word `n` of the handler's frame.
fn frame(rig: &Rig, n: u64) -> u64 {
    rig.ram.get(rig.cpu.regs[4] + 4 * n, 4)
}

#[test]
fn iretd_at_ring_0_loads_all_segments_in_8086_form() {
    let mut rig = before_entry(&[], iopl(2) | flag::IF | flag::RF | flag::CF);
    rig.ram.put(STACK + 12, &0x1234_0800u32.to_le_bytes());
    // What stands beside a selector doesn't count.
    for selector in [4, 16, 20, 24, 28, 32] {
        rig.ram.put(STACK + selector + 2, &[0xef, 0xbe]);
    }
    rig.step();
    assert_eq!((rig.cpu.cpl, rig.cpu.rip, rig.cpu.regs[4]), (3, 0, 0x1234_0800));
    assert_eq!(rig.cpu.rflags, flag::VM | flag::RF | iopl(2) | flag::IF | flag::CF | 2);
    let expected =
        [ES, CS, SS, DS, FS, GS].map(|s| Segment { selector: s, attr: 0xf3, limit: 0xffff, base: u64::from(s) << 4 });
    assert_eq!(rig.cpu.seg, expected);
}

#[test]
fn an_eip_beyond_64_kib_is_refused_at_ring_0() {
    let mut rig = before_entry(&[], 0);
    rig.ram.put(STACK, &0x1_0000u32.to_le_bytes());
    rig.run();
    assert_eq!((rig.vector(), frame(&rig, 0), frame(&rig, 1)), (GP, 0, CODE));
    assert_eq!(rig.cpu.regs[4], STACK - 16, "on the same stack");
}

#[test]
fn nothing_but_iretd_at_ring_0_sets_vm() {
    // popfd at ring 0; iretd at ring 3, to the same level; iret with 16 flags at ring 0
    let vm = (flag::VM | 2) as u32;
    let mut rig = Rig::protected(&[0x9d]);
    rig.ram.put(STACK, &vm.to_le_bytes());
    rig.step();
    assert!(!rig.cpu.virtual_8086());
    let mut rig = Rig::protected(&[0xcf]).outer();
    for (at, word) in [(0, 0x7000), (4, 27), (8, vm)] {
        rig.ram.put(STACK + at, &word.to_le_bytes());
    }
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.cpl, rig.cpu.virtual_8086()), (0x7000, 3, false));
    let mut rig = Rig::protected(&[0x66, 0xcf]);
    for (at, word) in [(0, 0x7000u16), (2, 8), (4, 2), (6, 2)] {
        rig.ram.put(STACK + at, &word.to_le_bytes());
    }
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.cpl, rig.cpu.virtual_8086()), (0x7000, 0, false));
}

/// "Sensitive Instructions"
#[test]
fn instructions_that_depend_on_iopl_are_refused_below_3() {
    let sensitive: [&[u8]; 9] = [
        &[0xfa],       // cli
        &[0xfb],       // sti
        &[0x9c],       // pushf
        &[0x66, 0x9c], // pushfd
        &[0x9d],       // popf
        &[0x66, 0x9d], // popfd
        &[0xcd, 30],   // int 30
        &[0xcf],       // iret
        &[0x66, 0xcf], // iretd
    ];
    for code in sensitive {
        for level in 0..3 {
            let mut rig = program(code, iopl(level));
            rig.ram.put(IDT + 30 * 8 + 5, &[0xee]);
            rig.run();
            assert_eq!((rig.vector(), frame(&rig, 0), frame(&rig, 1)), (GP, 0, 0), "{code:x?} at IOPL {level}");
            assert_eq!(frame(&rig, 4), SP, "{code:x?} left the stack alone");
        }
    }
}

#[test]
fn at_iopl_3_flags_are_the_programs_but_for_iopl_and_vm() {
    // popf; popfd; pushfd
    let mut rig = program(&[0x9d, 0x66, 0x9d, 0x66, 0x9c], iopl(3));
    let stack = (u64::from(SS) << 4) + SP;
    rig.ram.put(stack, &0x4fd7u16.to_le_bytes());
    rig.ram.put(stack + 2, &0xffff_7fd7u32.to_le_bytes());
    let all = flag::STATUS | flag::IF | flag::DF | flag::NT;
    // Without TF.
    rig.ram.put(stack, &((all | 2) as u16).to_le_bytes());
    rig.step();
    assert_eq!(rig.cpu.rflags, all | 2 | flag::VM | iopl(3));
    rig.ram.put(stack + 2, &0xfffc_0002u32.to_le_bytes());
    rig.step();
    assert_eq!(rig.cpu.rflags, flag::AC | flag::ID | 2 | flag::VM | iopl(3));
    rig.step();
    assert_eq!(rig.ram.get(stack + 2, 4), flag::AC | flag::ID | 2 | iopl(3), "VM isn't shown");
}

#[test]
fn at_iopl_3_cli_sti_iret_and_int_do_what_they_say() {
    let mut rig = program(&[0xfb, 0xfa], iopl(3));
    rig.step();
    assert_ne!(rig.cpu.rflags & flag::IF, 0);
    rig.step();
    assert_eq!(rig.cpu.rflags & flag::IF, 0);

    let mut rig = program(&[0xcf], iopl(3));
    let stack = (u64::from(SS) << 4) + SP;
    rig.ram.put(stack, &[0x34, 0x12, 0x00, 0x0d, 0x02, 0x0f]);
    rig.step();
    assert_eq!((rig.cpu.seg[1].selector, rig.cpu.seg[1].base, rig.cpu.rip), (0xd00, 0xd000, 0x1234));
    assert_eq!((rig.cpu.rflags, rig.cpu.regs[4]), (0xf02 | iopl(3) | flag::VM, SP + 6));

    // The gate's DPL counts.
    for (rights, vector, error) in [(0xeeu8, 30, None), (0xce, 13, Some(30 * 8 + 2))] {
        let mut rig = program(&[0xcd, 30], iopl(3));
        rig.ram.put(IDT + 30 * 8 + 5, &[rights]);
        rig.run();
        assert_eq!(rig.vector(), Some(vector));
        assert_eq!(error.is_some().then(|| frame(&rig, 0)), error);
    }
}

#[test]
fn int3_and_into_are_not_sensitive() {
    for (code, flags, vector, back) in [(0xcc, 0, 3, 1), (0xce, flag::OF, 4, 1), (0xce, 0, 6, 1)] {
        let mut rig = program(&[code, 0x0f, 0x0b], flags);
        for gate in [3, 4] {
            rig.ram.put(IDT + gate * 8 + 5, &[0xee]);
        }
        rig.run();
        assert_eq!((rig.vector(), frame(&rig, 0)), (Some(vector), back));
        // Through a gate of DPL 0 they are refused.
        if vector != 6 {
            let mut rig = program(&[code], flags);
            rig.run();
            assert_eq!((rig.vector(), frame(&rig, 0)), (GP, vector * 8 + 2));
        }
    }
}

/// vol. 2, each instruction's "Virtual-8086 Mode Exceptions"
#[test]
fn what_real_mode_does_not_know_is_ud_and_what_is_privileged_gp() {
    let unknown: [&[u8]; 9] = [
        &[0x63, 0xc0],       // arpl
        &[0x0f, 0x02, 0xc0], // lar
        &[0x0f, 0x03, 0xc0], // lsl
        &[0x0f, 0x00, 0xe0], // verr
        &[0x0f, 0x00, 0xe8], // verw
        &[0x0f, 0x00, 0xc0], // sldt
        &[0x0f, 0x00, 0xc8], // str
        &[0x0f, 0x00, 0xd0], // lldt
        &[0x0f, 0x00, 0xd8], // ltr
    ];
    let privileged: [&[u8]; 14] = [
        &[0xf4],                   // hlt
        &[0x0f, 0x01, 0x16, 0, 0], // lgdt
        &[0x0f, 0x01, 0x1e, 0, 0], // lidt
        &[0x0f, 0x01, 0xf0],       // lmsw
        &[0x0f, 0x06],             // clts
        &[0x0f, 0x20, 0xc0],       // mov eax, cr0
        &[0x0f, 0x22, 0xc0],       // mov cr0, eax
        &[0x0f, 0x21, 0xc0],       // mov eax, dr0
        &[0x0f, 0x23, 0xc0],       // mov dr0, eax
        &[0x0f, 0x08],             // invd
        &[0x0f, 0x09],             // wbinvd
        &[0x0f, 0x01, 0x3e, 0, 0], // invlpg
        &[0x0f, 0x30],             // wrmsr
        &[0x0f, 0x32],             // rdmsr
    ];
    for (codes, vector) in [(&unknown[..], UD), (&privileged[..], GP)] {
        for code in codes {
            let mut rig = program(code, iopl(3));
            rig.run();
            assert_eq!(rig.vector(), vector, "{code:x?}");
        }
    }
    // smsw ax; sgdt [0]
    let mut rig = program(&[0x0f, 0x01, 0xe0, 0x0f, 0x01, 0x06, 0, 0], 0);
    rig.step().step();
    assert_eq!((rig.cpu.regs[0], rig.ram.get(u64::from(DS) << 4, 2)), (0x11, 0xff));
}

/// "I/O-sensitive": the bitmap decides, whatever IOPL is; vol. 1, "I/O Permission Bit Map"
#[test]
fn ports_are_allowed_by_the_bitmap_alone() {
    // in al, 80h; out dx, eax
    for (code, port) in [(&[0xe4, 0x80][..], 0x80), (&[0x66, 0xef], 0x82)] {
        for (bits, allowed) in [(0u8, true), (1 << 4, port == 0x80), (1 << 5, port == 0x80), (1, port != 0x80)] {
            let mut rig = program(code, iopl(3));
            rig.ram.put(TSS + 0x68 + 16, &[bits]);
            rig.cpu.tr.limit = 0xff;
            rig.cpu.regs[2] = 0x82;
            rig.step();
            assert_eq!(rig.vector().is_none(), allowed, "{port:x} with {bits:x}");
        }
    }
    // Behind the segment's end, in front of a whole segment, in a 16-bit one: nothing is allowed.
    for (limit, attr) in [(0x78, 0x8b), (0x66, 0x8b), (0xff, 0x83)] {
        let mut rig = program(&[0xe4, 0x80], iopl(3));
        (rig.cpu.tr.limit, rig.cpu.tr.attr) = (limit, attr);
        if limit == 0x66 {
            rig.ram.put(TSS + 0x66, &[0x40, 0]);
        }
        if attr == 0x83 {
            rig.ram.put(TSS + 2, &[0, 0x8f, 16, 0]);
        }
        rig.step();
        assert_eq!(rig.vector(), GP, "{limit:x} {attr:x}");
    }
}

/// "Class 1—Hardware Interrupt and Exception Handling in Virtual-8086 Mode"
#[test]
fn an_exception_leaves_to_ring_0_with_nine_words_and_null_data_segments() {
    let mut rig = program(&[0x90, 0x0f, 0x0b], iopl(1) | flag::IF | flag::NT);
    rig.step().step();
    assert_eq!((rig.vector(), rig.cpu.cpl, rig.cpu.seg[1].selector), (UD, 0, 8));
    assert_eq!((rig.cpu.seg[2].selector, rig.cpu.regs[4]), (16, 0x8f00 - 36));
    let words: Vec<u64> = (0..9).map(|n| frame(&rig, n)).collect();
    let flags = iopl(1) | flag::IF | flag::NT | flag::RF | flag::VM | 2;
    let segments = [SS, ES, DS, FS, GS].map(u64::from);
    assert_eq!(words[..4], [1, CS.into(), flags, SP]);
    assert_eq!(words[4..], segments);
    assert_eq!(rig.cpu.rflags, iopl(1) | 2, "VM, NT, RF and IF are clear");
    for seg in [0, 3, 4, 5] {
        assert_eq!(rig.cpu.seg[seg], Segment::default());
    }
    // And back behind UD2.
    rig.ram.put(rig.cpu.rip, &[0xcf]);
    rig.ram.put(rig.cpu.regs[4], &[3]);
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.cpl, rig.cpu.rflags), (3, 3, flags));
    assert_eq!(rig.cpu.seg.map(|s| s.selector), [ES, CS, SS, DS, FS, GS]);
}

#[test]
fn a_hardware_interrupt_leaves_the_same_way() {
    let mut rig = program(&[0x90; 4], flag::IF);
    rig.cpu.lapic.write(0xf0, 0x1ff, 0);
    rig.ram.signals.fixed[0] = 1 << 30;
    rig.run();
    assert_eq!((rig.vector(), frame(&rig, 2)), (Some(30), flag::VM | flag::IF | 2));
}

#[test]
fn a_16_bit_gate_pushes_nine_words_of_16_bits() {
    let mut rig = program(&[0x0f, 0x0b], 0);
    rig.ram.put(IDT + 6 * 8 + 5, &[0x86]);
    rig.step();
    assert_eq!(rig.cpu.regs[4], 0x8f00 - 18);
    let words: Vec<u64> = (0..9).map(|n| rig.ram.get(rig.cpu.regs[4] + 2 * n, 2)).collect();
    let segments = [SS, ES, DS, FS, GS].map(u64::from);
    assert_eq!(words[..4], [0, CS.into(), 2, SP]);
    assert_eq!(words[4..], segments);
}

/// vol. 2, "INT n": a handler that isn't at privilege level 0 is #GP with its selector.
#[test]
fn a_handler_outside_ring_0_is_refused() {
    let conforming = 0x00cf_9f00_0000_ffffu64;
    let ring_1 = 0x00cf_bb00_0000_ffff;
    for (descriptor, software) in [(conforming, false), (ring_1, false), (conforming, true), (ring_1, true)] {
        let mut rig = program(if software { &[0xcd, 30] } else { &[0x0f, 0x0b] }, iopl(3));
        rig.ram.put(GDT + u64::from(SPARE), &descriptor.to_le_bytes());
        for gate in [6, 30] {
            rig.ram.put(IDT + gate * 8 + 2, &SPARE.to_le_bytes());
            rig.ram.put(IDT + gate * 8 + 5, &[0xee]);
        }
        rig.run();
        let external = u64::from(!software);
        assert_eq!((rig.vector(), frame(&rig, 0)), (GP, u64::from(SPARE) | external), "{descriptor:x}");
        assert_eq!(frame(&rig, 4), SP);
    }
}

#[test]
fn selectors_are_loaded_as_in_real_mode() {
    // mov ax, 1234h; mov ds, ax; push ax; pop fs; jmp far 0d00:0010
    let mut rig = program(&[0xb8, 0x34, 0x12, 0x8e, 0xd8, 0x50, 0x0f, 0xa1, 0xea, 0x10, 0, 0, 0x0d], 0);
    (0..5).for_each(|_| _ = rig.step());
    for seg in [3, 4] {
        assert_eq!(rig.cpu.seg[seg], Segment { selector: 0x1234, attr: 0xf3, limit: 0xffff, base: 0x12340 });
    }
    assert_eq!((rig.cpu.seg[1].selector, rig.cpu.seg[1].base, rig.cpu.rip), (0xd00, 0xd000, 0x10));

    // call far 0d00:0010, where retf 2 stands
    let mut rig = program(&[0x9a, 0x10, 0, 0, 0x0d], 0);
    rig.ram.put(0xd010, &[0xca, 2, 0]);
    rig.step();
    let stack = (u64::from(SS) << 4) + SP - 4;
    assert_eq!((rig.cpu.rip, rig.cpu.seg[1].base, rig.ram.get(stack, 4)), (0x10, 0xd000, 0x0a00_0005));
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.seg[1].base, rig.cpu.regs[4], rig.cpu.cpl), (5, 0xa000, SP + 2, 3));
}

#[test]
fn segments_end_at_64_kib_and_addresses_go_on_beyond_1_mib() {
    // mov ax, [ffff]; mov ax, [bp - 1] with bp = 0
    for (code, vector) in [(&[0xa1, 0xff, 0xff][..], 13), (&[0x8b, 0x46, 0xff], 12)] {
        let mut rig = program(code, 0);
        rig.run();
        assert_eq!((rig.vector(), frame(&rig, 0)), (Some(vector), 0));
    }
    // mov ax, ffff; mov ds, ax; mov al, [10]
    let mut rig = program(&[0xb8, 0xff, 0xff, 0x8e, 0xd8, 0xa0, 0x10, 0], 0);
    rig.ram.put(0x10_0000, &[0x5a]);
    rig.step().step().step();
    assert_eq!(rig.cpu.regs[0] & 0xff, 0x5a);
}

/// vol. 1, figure "Real Mode x87 FPU State Image in Memory, 16-Bit Format": also in virtual-8086 mode
#[test]
fn fnstenv_stores_linear_addresses() {
    // fld1; fnstenv [0]
    let mut rig = program(&[0xd9, 0xe8, 0xd9, 0x36, 0, 0], 0);
    rig.step().step();
    let image = [6, 8].map(|at| rig.ram.get((u64::from(DS) << 4) + at, 2));
    assert_eq!(image, [u64::from(CS) << 4, 0x1e8]);
}

#[test]
fn paging_takes_the_program_for_a_user() {
    let mut rig = before_entry(&[0xa0, 0, 0], 0);
    // Tables at 20000h: everything the supervisor's but for code and stack.
    rig.ram.put(0x20000, &0x21007u32.to_le_bytes());
    for page in 0..0x400u32 {
        let user = if [0xa, 0xb].contains(&page) { 7 } else { 3 };
        rig.ram.put(0x21000 + u64::from(page) * 4, &(page << 12 | user).to_le_bytes());
    }
    (rig.cpu.cr3, rig.cpu.cr0) = (0x20000, 0x8000_0011);
    rig.run();
    assert_eq!((rig.vector(), frame(&rig, 0), rig.cpu.cr2), (Some(14), 5, 0xc000));
}

#[test]
fn an_smi_leaves_virtual_8086_mode_and_rsm_comes_back() {
    for map in [SaveStateMap::Intel64, SaveStateMap::Amd64, SaveStateMap::Qemu] {
        let mut rig = program(&[0x90, 0xfa], iopl(1));
        rig.cpu.map = map;
        rig.ram.put(0x38000, &[0xfa, 0x0f, 0xaa]); // cli; rsm
        let before = rig.cpu.clone();
        rig.smi().step();
        assert!(rig.cpu.smm && !rig.cpu.virtual_8086());
        assert_eq!(rig.cpu.cpl, 0);
        rig.step().step();
        assert_eq!((rig.cpu.rflags, rig.cpu.cpl, rig.cpu.seg), (before.rflags, 3, before.seg), "{map:?}");
        rig.step().step();
        assert_eq!(rig.vector(), GP, "CLI");
    }
}

#[test]
fn rsm_with_vm_set_goes_to_level_3_whatever_ss_says() {
    let mut rig = program(&[0xfa], 0);
    rig.cpu.map = SaveStateMap::Amd64;
    rig.ram.put(0x38000, &[0x0f, 0xaa]);
    rig.smi().step();
    rig.ram.put(0x3fe22, &[0x93]);
    rig.step();
    assert_eq!((rig.cpu.virtual_8086(), rig.cpu.cpl), (true, 3));
}

/// vol. 3, "SMM", "Exiting From SMM": VM outside protected mode is no state to go on in.
#[test]
fn rsm_refuses_vm_outside_protected_mode() {
    let mut rig = Rig::real(SaveStateMap::Amd64);
    rig.ram.put(0x38000, &[0x0f, 0xaa]);
    rig.smi().step();
    rig.ram.put(0x3ff72, &[2]);
    rig.step();
    assert_eq!(rig.ram.shutdown(), Some("RSM: EFLAGS.VM set outside protected mode"));
}
