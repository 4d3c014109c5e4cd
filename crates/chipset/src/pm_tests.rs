//! Expectations typed from the datasheet, and from what QEMU 7.2 answers.

use super::*;
use trace::Silent;

const TICK: u64 = crate::tco::TICK_NS;

/// A block with its clock, written at the time it shows.
struct Bench {
    pm: Pm,
    now: u64,
}

impl Bench {
    fn new(silicon: Silicon) -> Self {
        let mut pm = Pm::new(silicon);
        pm.see(0);
        Bench { pm, now: 0 }
    }
    fn write(&mut self, offset: u16, size: u8, value: u32) {
        let cx = &mut Cx { now: self.now, cpu: 0, smm: false, all_smm: false, sink: &mut Silent };
        self.pm.write(cx, offset, size, value);
    }
    fn read(&self, offset: u16, size: u8) -> u32 {
        self.pm.read(self.now, offset, size)
    }
    /// Runs to `now`; true if the watchdog asked for a reset.
    fn advance(&mut self, now: u64, no_reboot: bool) -> bool {
        self.now = now;
        self.pm.advance(&mut Cx { now, cpu: 0, smm: false, all_smm: false, sink: &mut Silent }, no_reboot).0
    }
}

#[test]
fn registers_hold_what_the_table_of_resets_and_writes_says() {
    for (at, size, ich9, qemu) in [
        (0x02, 2, [0, 0x4521], [0, 0xffff]),
        (0x04, 2, [0, 0x1c03], [0, 0xdfff]),
        (0x06, 2, [0, 0], [0xffff, 0xffff]),
        (0x0c, 4, [0, 0], [0xffff_ffff, 0xffff_ffff]),
        (0x20, 4, [0, 0], [0, 0]),
        (0x28, 4, [0, 0xffff_7fff], [0, 0xffff_ffff]),
        (0x2c, 4, [0, 1], [0, 0xffff_ffff]),
        (0x30, 4, [2, 0x0006_687f], [0, 0xffff_ffff]),
        (0x30, 2, [2, 0x687f], [0, 0]),
        (0x34, 4, [0, 0], [0, 0]),
        (0x38, 4, [0, 0xffff], [0xffff_ffff, 0xffff_ffff]),
        (0x50, 1, [0, 1], [0xff, 0xff]),
        (0x64, 2, [0, 0], [0, 0xe870]),
        (0x66, 2, [0, 0], [0, 0xfff8]),
        // All ones also write NMI_NOW, which sets it once.
        (0x68, 2, [0, 0x1b00], [0, 0xfeff]),
        (0x6a, 2, [8, 0x3f], [8, 0xffff]),
        (0x6c, 2, [0, 0xffff], [0, 0xffff]),
        (0x70, 1, [3, 3], [3, 0xff]),
        (0x72, 2, [4, 0x3ff], [4, 0xffff]),
        (0x7c, 4, [0, 0], [0, 0]),
    ] {
        for (silicon, [reset, full]) in [(Silicon::Ich9, ich9), (Silicon::Qemu, qemu)] {
            let mut bench = Bench::new(silicon);
            assert_eq!(bench.read(at, size), reset, "{silicon:?} {at:x} reset");
            bench.write(at, size, u32::MAX);
            assert_eq!(bench.read(at, size), full, "{silicon:?} {at:x} written");
        }
    }
}

#[test]
fn the_pm_timer_counts_24_bits_at_3_579545_mhz() {
    for (now, ticks) in [(0, 0), (1_000_000_000, 3_579_545), (5_000_000_000, 17_897_725 & 0xff_ffff), (280, 1)] {
        let mut bench = Bench::new(Silicon::Ich9);
        bench.now = now;
        assert_eq!(bench.read(0x08, 4), ticks);
        assert_eq!(bench.read(0x09, 1), ticks >> 8 & 0xff);
    }
}

#[test]
fn tmrof_is_set_every_2_3435_s_until_a_1_is_written() {
    let mut bench = Bench::new(Silicon::Ich9);
    for half in [1, 2] {
        bench.now = half * 2_343_400_000;
        assert_eq!(bench.read(0, 2), 0);
        bench.now = half * 2_343_400_000 + 1_000_000;
        assert_eq!(bench.read(0, 2), 1);
        bench.write(0, 2, 0x20);
        assert_eq!(bench.read(0, 2), 1);
        bench.write(0, 1, 1);
        assert_eq!(bench.read(0, 2), 0);
    }
    assert_eq!(Bench::new(Silicon::Qemu).read(0, 2), 1, "QEMU starts with it");
}

#[test]
fn smi_lock_freezes_gbl_smi_en() {
    for (silicon, after) in [(Silicon::Ich9, 0x03), (Silicon::Qemu, 0x01)] {
        let mut bench = Bench::new(silicon);
        bench.write(0x30, 4, 0x21);
        bench.pm.wires.smi_lock = true;
        bench.write(0x30, 4, 0);
        assert_eq!(bench.read(0x30, 4), after, "{silicon:?}");
    }
}

#[test]
fn tco_lock_is_set_once_and_freezes_tco_en_on_silicon() {
    for (silicon, after) in [(Silicon::Ich9, 0x2003), (Silicon::Qemu, 0x0001)] {
        let mut bench = Bench::new(silicon);
        bench.write(0x30, 4, 0x2001);
        bench.write(0x68, 2, 0x1800);
        bench.write(0x68, 2, 0x0800);
        bench.write(0x30, 4, 0x0001);
        assert_eq!(bench.read(0x68, 2), 0x1800);
        assert_eq!(bench.read(0x30, 4), after, "{silicon:?}");
    }
}

#[test]
fn bios_rls_sets_gbl_sts_and_reads_0() {
    let mut bench = Bench::new(Silicon::Ich9);
    bench.write(0x30, 4, 0x80);
    assert_eq!((bench.read(0x30, 4), bench.read(0, 2)), (0x02, 0x20));
    bench.write(0, 2, 0x20);
    assert_eq!(bench.read(0, 2), 0);
}

#[test]
fn tco_status_is_write_1_to_clear_on_silicon_and_any_write_clears_on_qemu() {
    for (silicon, after_zero) in [(Silicon::Ich9, 0x06), (Silicon::Qemu, 0)] {
        let mut bench = Bench::new(silicon);
        bench.write(0x62, 2, 0x3412);
        assert_eq!(bench.read(0x64, 2), 0x06);
        assert_eq!(bench.read(0x62, 2), 0x3412);
        bench.write(0x64, 2, 0);
        assert_eq!(bench.read(0x64, 2), after_zero, "{silicon:?}");
        bench.write(0x64, 2, 0x06);
        assert_eq!(bench.read(0x64, 2), 0);
    }
}

#[test]
fn the_watchdog_sets_timeout_then_resets_unless_told_not_to() {
    for silicon in [Silicon::Ich9, Silicon::Qemu] {
        for no_reboot in [false, true] {
            let mut bench = Bench::new(silicon);
            bench.write(0x72, 2, 2);
            bench.write(0x60, 2, 1);
            assert_eq!(bench.pm.deadline(), Some(2 * TICK));
            assert!(!bench.advance(2 * TICK, no_reboot));
            assert_eq!((bench.read(0x64, 2), bench.read(0x66, 2)), (0x08, 0));
            assert_eq!(bench.advance(4 * TICK, no_reboot), !no_reboot);
            let second = if silicon == Silicon::Qemu { 0x06 } else { 0x02 };
            assert_eq!(bench.read(0x66, 2), second);
            assert_eq!(bench.pm.deadline(), no_reboot.then_some(6 * TICK));
        }
    }
}

#[test]
fn tco_rld_reads_the_count_and_a_write_restarts_it() {
    let mut bench = Bench::new(Silicon::Ich9);
    assert_eq!(bench.read(0x60, 2), 4);
    bench.now = TICK * 5 / 2;
    assert_eq!(bench.read(0x60, 2), 2);
    bench.write(0x60, 1, 0);
    assert_eq!(bench.read(0x60, 2), 4);
}

#[test]
fn tco_tmr_values_below_2_are_ignored_on_silicon() {
    let mut bench = Bench::new(Silicon::Ich9);
    for value in [0, 1] {
        bench.write(0x72, 2, value);
        assert_eq!(bench.read(0x72, 2), 4);
    }
}

#[test]
fn a_halted_watchdog_never_expires() {
    let mut bench = Bench::new(Silicon::Ich9);
    bench.write(0x68, 2, 0x0800);
    assert_eq!(bench.pm.deadline(), None);
    assert!(!bench.advance(1000 * TICK, false));
    assert_eq!(bench.read(0x64, 2), 0);
}

#[test]
fn a_reset_keeps_the_wells_that_keep_their_power() {
    let mut bench = Bench::new(Silicon::Ich9);
    bench.write(0x02, 2, 0x0521);
    bench.write(0x04, 4, 0x1c01);
    bench.write(0x30, 4, 0x21);
    bench.write(0x72, 2, 2);
    bench.write(0x60, 2, 0);
    bench.advance(2 * TICK, false);
    bench.advance(4 * TICK, false);
    bench.pm.reset();
    let expected = [(0x02, 2, 0x0500), (0x04, 4, 0x1c00), (0x30, 4, 2), (0x64, 2, 0), (0x66, 2, 2), (0x72, 2, 4)];
    for (at, size, value) in expected {
        assert_eq!(bench.read(at, size), value, "{at:x}");
    }
    assert_eq!(bench.pm.deadline(), Some(0), "the watchdog starts again");
}

#[test]
fn qemus_reset_leaves_tco_and_apm_alone() {
    let mut bench = Bench::new(Silicon::Qemu);
    bench.write(0x72, 2, 9);
    bench.write(0x30, 4, 3);
    bench.pm.apm_sts = 0x77;
    bench.pm.reset();
    assert_eq!((bench.read(0x72, 2), bench.read(0x30, 4), bench.pm.apm_sts), (9, 0, 0x77));
}

#[test]
fn part_moves_a_write_to_its_register() {
    for (reg, len, offset, size, value, expected) in [
        (0x30, 4, 0x30, 4, 0x1234_5678, Some(0x1234_5678)),
        (0x30, 4, 0x32, 1, 0xffff, Some(0xff_0000)),
        (0x62, 1, 0x60, 4, 0x4433_2211, Some(0x33)),
        (0x64, 2, 0x63, 2, 0x2211, Some(0x22)),
        (0x64, 2, 0x62, 2, 0x2211, None),
        (0x64, 2, 0x66, 2, 0x2211, None),
    ] {
        assert_eq!(part(reg, len, offset, size, value), expected);
    }
}
