//! What QEMU's own tests of its q35 machine check about SMRAM, on QEMU and on our board of its kind:
//! the same script, the same answers.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::qtest::{Function, Qtest};

const SMRAM: u16 = 0x9d;
const ESMRAMC: u16 = 0x9e;
const SMBASE_SMRAM: u16 = 0x9c;
const D_OPEN: u64 = 0x40;
const D_LCK: u64 = 0x10;
const MIB: u64 = 1 << 20;

fn both(check: impl Fn(&mut Qtest, &str)) {
    check(&mut Qtest::qemu(), "QEMU");
    check(&mut Qtest::ours(&["--board", "qemu", "--ram", "128"]), "ours");
}

fn smram(machine: &mut Qtest) -> u64 {
    machine.config_in(Function::MCH, SMRAM, 1)
}

/// By CF9h; QEMU carries it out a little later.
fn reset(machine: &mut Qtest) {
    machine.config_out(Function::LPC, 0x60, 1, 0x0a);
    machine.port_out(0xcf9, 1, 6);
    let came = (0..100_000).any(|_| machine.config_in(Function::LPC, 0x60, 1) == 0x80);
    assert!(came, "the reset never came");
}

#[test]
fn smram_can_be_opened_until_it_is_locked_and_a_reset_unlocks() {
    both(|machine, who| {
        assert_eq!(smram(machine) & (D_OPEN | D_LCK), 0, "{who}");
        machine.config_out(Function::MCH, SMRAM, 1, 0x0a | D_OPEN);
        assert_eq!(smram(machine) & D_OPEN, D_OPEN, "{who}");
        machine.config_out(Function::MCH, SMRAM, 1, 0x0a | D_OPEN | D_LCK);
        assert_eq!(smram(machine) & (D_OPEN | D_LCK), D_LCK, "{who}: D_LCK clears D_OPEN");
        machine.config_out(Function::MCH, SMRAM, 1, 0x0a | D_OPEN);
        assert_eq!(smram(machine) & (D_OPEN | D_LCK), D_LCK, "{who}: and holds it");
        reset(machine);
        assert_eq!(smram(machine) & (D_OPEN | D_LCK), 0, "{who}");
        machine.config_out(Function::MCH, SMRAM, 1, 0x0a | D_OPEN);
        assert_eq!(smram(machine) & D_OPEN, D_OPEN, "{who}");
    });
}

#[test]
fn tseg_of_each_size_hides_the_end_of_ram_and_nothing_below() {
    both(|machine, who| {
        for (size, mib) in [(0, 1), (1, 2), (2, 8), (3, 16)] {
            reset(machine);
            let base = 128 * MIB - mib * MIB;
            for at in [base - 1, base, 128 * MIB - 1] {
                machine.write(at, 1, 0x5a);
            }
            machine.config_out(Function::MCH, ESMRAMC, 1, 0x38 | size << 1 | 1);
            machine.config_out(Function::MCH, SMRAM, 1, 0x0a | D_LCK);
            for (at, read) in [(base - 1, 0x5a), (base, 0xff), (128 * MIB - 1, 0xff)] {
                assert_eq!(machine.read(at, 1), read, "{who}: {mib} MiB, {at:x}");
                machine.write(at, 1, 0xa5);
            }
            assert_eq!(machine.read(base - 1, 1), 0xa5, "{who}");
            reset(machine);
            assert_eq!(machine.read(base, 1), 0x5a, "{who}: writes were dropped");
        }
    });
}

/// After all ones in every register that can be written (but for those that move the others), and a reset.
#[test]
fn a_reset_leaves_of_the_configuration_spaces_what_qemus_leaves() {
    let spaces = |machine: &mut Qtest| -> Vec<u64> {
        let places = [Function::MCH, Function::LPC].into_iter().flat_map(|f| (0..0x100).map(move |at| (f, at)));
        let moves = |f: Function, at: u16| f.0 == 0 && (0x60..0x68).contains(&at);
        for (function, at) in places.clone().filter(|(f, at)| *at >= 0x40 && !moves(*f, *at)) {
            machine.config_out(function, at, 1, 0x5b);
        }
        reset(machine);
        places.map(|(function, at)| machine.config_in(function, at, 1)).collect()
    };
    let (theirs, ours) = (spaces(&mut Qtest::qemu()), spaces(&mut Qtest::ours(&["--board", "qemu", "--ram", "128"])));
    let differ: Vec<usize> = (0..512).filter(|at| ours[*at] != theirs[*at]).collect();
    assert!(differ.is_empty(), "{differ:x?}");
}

#[test]
fn smram_at_the_default_smbase_is_locked_by_ff_and_02_only() {
    both(|machine, who| {
        let read = |machine: &mut Qtest| machine.config_in(Function::MCH, SMBASE_SMRAM, 1);
        machine.write(0x3_0000, 4, 0x1111_1111);
        for junk in [0x00, 0x01, 0x02, 0x55] {
            machine.config_out(Function::MCH, SMBASE_SMRAM, 1, junk);
            assert_eq!(read(machine), 0, "{who}: {junk:x}");
        }
        machine.config_out(Function::MCH, SMBASE_SMRAM, 1, 0xff);
        assert_eq!(read(machine), 1, "{who}");
        assert_eq!(machine.read(0x3_0000, 4), 0x1111_1111, "{who}: not hidden yet");
        machine.config_out(Function::MCH, SMBASE_SMRAM, 1, 2);
        assert_eq!(read(machine), 2, "{who}");
        for (at, value) in [(0x2_ffff, 0), (0x3_0000, 0xff), (0x4_ffff, 0xff), (0x5_0000, 0)] {
            assert_eq!(machine.read(at, 1), value, "{who}: {at:x}");
        }
        machine.write(0x3_0000, 4, 0x2222_2222);
        machine.config_out(Function::MCH, SMBASE_SMRAM, 1, 0);
        assert_eq!(read(machine), 2, "{who}: for good");
        reset(machine);
        assert_eq!((read(machine), machine.read(0x3_0000, 4)), (0, 0x1111_1111), "{who}");
    });
}

/// Board `qemu` has the registers by which OVMF counts processors.
#[test]
fn a_write_of_0_turns_the_map_of_processors_into_registers() {
    const PORT: u16 = 0xcd8;
    both(|machine, who| {
        let bytes = |machine: &mut Qtest| (0..5).map(|at| machine.port_in(PORT + at, 1)).collect::<Vec<_>>();
        assert_eq!(bytes(machine), [1, 0, 0, 0, 0], "{who}");
        machine.port_out(PORT, 4, 0);
        assert_eq!(bytes(machine), [0, 0, 0, 0, 1], "{who}: enabled");
        machine.port_out(PORT + 5, 1, 3);
        assert_eq!((machine.port_in(PORT + 8, 4), machine.port_in(PORT, 4)), (0, 0), "{who}: APIC ID");
        machine.port_out(PORT, 4, 1);
        assert_eq!(machine.port_in(PORT + 4, 1), 0, "{who}: there is no second one");
        machine.port_out(PORT + 5, 1, 0);
        machine.port_out(PORT, 4, 0);
        assert_eq!(machine.port_in(PORT + 8, 4), 0, "{who}: no event");
        assert_eq!(machine.port_in(PORT + 12, 1), 0xff, "{who}: the map was longer");
    });
}
