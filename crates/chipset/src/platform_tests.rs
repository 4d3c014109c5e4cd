//! The chipset as its board meets it: ports, memory windows, lines.

use crate::testing::Bench;
use crate::*;
use trace::{Kind, Output};

const BOTH: [Silicon; 2] = [Silicon::Ich9, Silicon::Qemu];

#[test]
fn configuration_space_is_reached_in_every_width_and_alignment() {
    for silicon in BOTH {
        let mut bench = Bench::new(silicon);
        assert_eq!(bench.config_read(0xf8, 0, 4), 0x2918_8086);
        assert_eq!(bench.config_read(0, 0, 4), 0x29c0_8086);
        assert_eq!([0, 1, 2, 3].map(|i| bench.config_read(0xf8, i, 1)), [0x86, 0x80, 0x18, 0x29]);
        assert_eq!((bench.config_read(0, 0x9d, 1), bench.config_read(0, 0x9e, 2)), (0x02, 0x38));
        assert_eq!(bench.config_read(0, 1, 2), 0xc080);
        assert_eq!(bench.config_read(0x10, 0, 4), 0xffff_ffff, "absent function");
        assert_eq!(bench.config_read(0x0100, 0, 2), 0xffff, "absent bus");
        bench.write(0xcf8, 4, 0x0000_f800);
        assert_eq!(bench.read(0xcfc, 4), 0xffff_ffff, "not enabled");
    }
}

#[test]
fn the_memory_window_shows_the_same_configuration_space() {
    let mut bench = Bench::new(Silicon::Ich9);
    let at = |bench: &mut Bench, addr, size| bench.with(|chipset, cx| chipset.mmio_read(cx, addr, size));
    assert_eq!(at(&mut bench, 0xb000_0000, 4), None);
    bench.config_write(0, 0x60, 4, 0xb000_0001);
    assert_eq!(bench.chipset.memory_map().pciexbar, Some((0xb000_0000, 256 << 20)));
    assert_eq!(at(&mut bench, 0xb000_0000, 4), Some(0x29c0_8086));
    assert_eq!(at(&mut bench, 0xb000_0002, 1), Some(0xc0));
    assert_eq!(at(&mut bench, 0xb00f_8000, 8), Some(0x0210_0007_2918_8086));
    assert_eq!(at(&mut bench, 0xb00f_8100, 4), Some(0xffff_ffff), "beyond 256 bytes");
    assert_eq!(at(&mut bench, 0xb010_0000, 2), Some(0xffff), "absent bus");
    assert_eq!(at(&mut bench, 0xc000_0000, 4), None);
    assert!(bench.with(|chipset, cx| chipset.mmio_write(cx, 0xb000_009d, 1, 0x4a)));
    assert!(bench.chipset.memory_map().aseg.open);
}

#[test]
fn rcba_is_decoded_when_enabled() {
    let mut bench = Bench::new(Silicon::Qemu);
    let gcs = 0xfed1_f410;
    assert_eq!(bench.with(|chipset, cx| chipset.mmio_read(cx, gcs, 4)), None);
    bench.config_write(0xf8, 0xf0, 4, 0xfed1_c001);
    assert_eq!(bench.with(|chipset, cx| chipset.mmio_read(cx, gcs, 4)), Some(0x20));
    assert!(bench.with(|chipset, cx| chipset.mmio_write(cx, gcs, 1, 0)));
    assert_eq!(bench.with(|chipset, cx| chipset.mmio_read(cx, gcs, 8)), Some(0));
}

#[test]
fn pmbase_moves_with_its_register_and_vanishes_without_acpi_en() {
    let mut bench = Bench::new(Silicon::Ich9);
    assert_eq!(bench.read(0x630, 4), 0xffff_ffff);
    bench.acpi_on();
    assert_eq!(bench.read(0x630, 4), 2);
    bench.config_write(0xf8, 0x40, 4, 0x400);
    assert_eq!((bench.read(0x430, 4), bench.read(0x630, 4)), (2, 0xffff_ffff));
}

#[test]
fn fixed_ports_read_what_they_should() {
    for (port, size, ich9, qemu) in [
        (0x80, 1, 0x5a, 0xe9),
        (0x92, 1, 0, 0),
        (0xb2, 2, 0, 0),
        (0xe9, 1, 0xe9, 0xe9),
        (0xf4, 4, 0, 0),
        (0x402, 1, 0xe9, 0xe9),
        (0x502, 1, 0xe9, 0xe9),
        (0x3fd, 1, 0x60, 0x60),
        (0x3fd, 2, 0xb060, 0xb060),
        (0xcf9, 1, 0, 0),
        (0xcf8, 4, 0, 0),
        (0xcf8, 1, 0xff, 0),
        (0x61, 1, 0x20, 0x20),
        (0x60, 1, 0xff, 0xff),
        (0x514, 4, 0x554d_4551, 0x554d_4551),
        (0xffff, 4, 0xffff_ffff, 0xffff_ffff),
    ] {
        for (silicon, expected) in [(Silicon::Ich9, ich9), (Silicon::Qemu, qemu)] {
            let mut bench = Bench::new(silicon);
            bench.write(0x80, 1, 0x5a);
            assert_eq!(bench.read(port, size), expected, "{silicon:?} {port:x}");
        }
    }
}

#[test]
fn every_output_door_has_its_own_name() {
    let mut bench = Bench::new(Silicon::Qemu);
    let doors = [
        (0x3f8, Output::Serial),
        (0x80, Output::Post),
        (0x402, Output::Debug402),
        (0xe9, Output::DebugE9),
        (0x502, Output::FirmwareTrace),
    ];
    for (byte, (port, _)) in doors.iter().enumerate() {
        bench.write(*port, 1, byte as u32);
    }
    let kinds: Vec<Kind> = bench.events().into_iter().map(|event| event.kind).collect();
    let expected = doors.into_iter().enumerate().map(|(byte, (_, to))| Kind::Output { to, byte: byte as u8 });
    assert_eq!(kinds, expected.collect::<Vec<_>>());
}

#[test]
fn fw_cfg_is_selected_by_a_word_and_read_by_bytes() {
    let mut bench = Bench::new(Silicon::Qemu);
    let name: Vec<u32> = (0..4).map(|_| bench.read(0x511, 1)).collect();
    assert_eq!(name, *b"QEMU".map(u32::from).as_slice());
    // Behind the three files of the SMI features and that of the sleep states.
    bench.write(0x510, 2, 0x24);
    assert_eq!((bench.read(0x510, 2), bench.read(0x511, 1), bench.read(0x511, 1)), (0, 7, 0));
    bench.write(0x510, 1, 0);
    assert_eq!(bench.read(0x511, 1), 0, "a byte selects nothing");
}

#[test]
fn a_software_smi_is_told_step_by_step() {
    use trace::{ChipReg, SmiSource};
    let mut bench = Bench::new(Silicon::Ich9);
    bench.acpi_on();
    bench.write(0x630, 4, 0x21);
    bench.write(0xb2, 2, 0x7742);
    assert_eq!(bench.chipset.take_smi(), Some(SmiTo::All));
    assert_eq!(bench.chipset.take_smi(), None);
    assert_eq!(bench.read(0xb2, 2), 0x7742);
    let kinds: Vec<Kind> = bench.events().into_iter().skip(2).map(|event| event.kind).collect();
    let expected = [
        Kind::Chip { reg: ChipReg::SmiEn, old: 0x02, new: 0x23 },
        Kind::Chip { reg: ChipReg::ApmCnt, old: 0, new: 0x42 },
        Kind::Chip { reg: ChipReg::SmiSts, old: 0, new: 0x20 },
        Kind::SmiRequest { source: SmiSource::Apm, sent: true },
        Kind::Chip { reg: ChipReg::SmiEn, old: 0x23, new: 0x21 },
        Kind::SmiLine { asserted: true },
        Kind::Chip { reg: ChipReg::ApmSts, old: 0, new: 0x77 },
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn the_tco_timer_wakes_the_conformance_rom_on_qemu() {
    let mut bench = Bench::new(Silicon::Qemu);
    bench.acpi_on();
    // Counter 0, which beats from reset on, in a mode that ends.
    bench.write(0x43, 1, 0x3a);
    for (port, size, value) in [(0x40, 1, 1), (0x40, 1, 0)] {
        bench.write(port, size, value);
    }
    bench.now = 10_000;
    bench.with(|chipset, cx| chipset.advance(cx));
    for (port, size, value) in [(0x630, 4, 0x2021), (0x672, 2, 2), (0x668, 2, 0), (0x660, 2, 1)] {
        bench.write(port, size, value);
    }
    assert_eq!(bench.chipset.deadline(), Some(1_200_010_000));
    bench.now = 1_200_010_000;
    bench.with(|chipset, cx| chipset.advance(cx));
    assert_eq!(bench.chipset.take_smi(), Some(SmiTo::One(0)));
    bench.write(0x668, 2, 0x800);
    assert_eq!((bench.read(0x664, 2), bench.chipset.deadline()), (8, None));
}

#[test]
fn bios_cntl_tells_of_top_swap_which_only_buc_changes() {
    let mut bench = Bench::new(Silicon::Ich9);
    bench.config_write(0xf8, 0xf0, 4, 0xfed1_c001);
    bench.config_write(0xf8, 0xdc, 1, 0x10);
    assert_eq!(bench.config_read(0xf8, 0xdc, 1), 0);
    for ts in [1, 0, 1] {
        assert!(bench.with(|chipset, cx| chipset.mmio_write(cx, 0xfed1_f414, 1, ts)));
        assert_eq!(bench.config_read(0xf8, 0xdc, 1), (ts as u32) << 4);
    }
    bench.chipset.reset(ResetKind::Hard);
    assert_eq!(bench.config_read(0xf8, 0xdc, 1), 0x10, "BUC.TS lies in the RTC well");
}

#[test]
fn an_unattended_watchdog_resets_the_training_board_after_4_8_s_where_the_strap_lets_it() {
    let mut bench = Bench::with_reboot(Silicon::Ich9);
    while let Some(deadline) = bench.chipset.deadline() {
        bench.now = bench.now.max(deadline);
        bench.with(|chipset, cx| chipset.advance(cx));
    }
    assert_eq!((bench.now, bench.chipset.take_reset()), (4_800_000_000, Some(trace::ResetKind::Hard)));
}

#[test]
fn the_epoch_counts_when_the_map_may_have_changed() {
    let mut bench = Bench::new(Silicon::Qemu);
    let mut last = bench.chipset.map_epoch();
    let mut moved =
        |bench: &Bench| std::mem::replace(&mut last, bench.chipset.map_epoch()) != bench.chipset.map_epoch();
    bench.config_write(0, 0x9d, 1, 0x4a);
    assert!(moved(&bench), "SMRAM");
    bench.config_write(0, 0x9d, 1, 0x4a);
    assert!(!moved(&bench), "same value");
    bench.config_write(0, 0x92, 1, 0x11);
    assert!(moved(&bench), "PAM");
    bench.write(0x92, 1, 0);
    assert!(moved(&bench) && !bench.chipset.memory_map().a20, "A20");
    bench.smm = true;
    bench.with(|chipset, cx| chipset.flash_write(cx, 0, 1, 0x70));
    assert!(moved(&bench) && !bench.chipset.flash().is_array(), "flash");
    bench.chipset.reset(trace::ResetKind::Init);
    assert!(!moved(&bench));
    bench.chipset.reset(trace::ResetKind::Hard);
    assert!(moved(&bench) && bench.chipset.flash().is_array());
}

#[test]
fn flash_takes_commands_from_smm_on_qemu_and_from_nobody_on_ich9() {
    for silicon in BOTH {
        for smm in [false, true] {
            let mut bench = Bench::new(silicon);
            bench.smm = smm;
            for byte in [0x40, 0x00] {
                bench.with(|chipset, cx| chipset.flash_write(cx, 3, 1, byte));
            }
            let taken = silicon == Silicon::Qemu && smm;
            assert_eq!(bench.chipset.flash().array(3, 1), if taken { 0 } else { 3 });
        }
    }
}

#[test]
fn a_hard_reset_frees_the_locks_and_keeps_cmos_and_flash() {
    for silicon in BOTH {
        let mut bench = Bench::new(silicon);
        bench.config_write(0, 0x9d, 1, 0x1a);
        bench.config_write(0xf8, 0xa0, 1, 0x10);
        bench.write(0x70, 1, 0x40);
        bench.write(0x71, 1, 0x77);
        bench.write(0xcf9, 1, 0x06);
        assert_eq!(bench.chipset.take_reset(), Some(trace::ResetKind::Hard));
        bench.chipset.reset(trace::ResetKind::Hard);
        // QEMU keeps the bit, which then locks nothing.
        let smi_lock = if silicon == Silicon::Qemu { 0x10 } else { 0 };
        assert_eq!((bench.config_read(0, 0x9d, 1), bench.config_read(0xf8, 0xa0, 1)), (2, smi_lock));
        bench.acpi_on();
        bench.write(0x630, 4, 1);
        assert_eq!(bench.read(0x630, 4) & 1, 1);
        bench.write(0x630, 4, 0);
        assert_eq!(bench.read(0x630, 4) & 1, 0);
        bench.config_write(0xf8, 0xa7, 1, 0);
        bench.write(0x630, 4, 1);
        assert_eq!(bench.read(0x630, 4) & 1, u32::from(silicon == Silicon::Ich9), "QEMU has looked at it again");
        bench.write(0x70, 1, 0x40);
        assert_eq!(bench.read(0x71, 1), 0x77);
        assert_eq!(bench.chipset.flash().read(0xff, 1), 0xff);
    }
}

#[test]
fn the_end_of_the_run_is_taken_once_with_its_value() {
    let mut bench = Bench::new(Silicon::Qemu);
    bench.write(0xf4, 4, 0x1234);
    assert_eq!((bench.chipset.take_exit(), bench.chipset.take_exit()), (Some(0x1234), None));
}

#[test]
fn serial_input_is_counted_until_it_is_read() {
    let mut bench = Bench::new(Silicon::Ich9);
    bench.with(|chipset, cx| chipset.serial_input(cx, b'x'));
    assert_eq!(bench.chipset.serial_pending(), 1);
    assert_eq!((bench.read(0x3f8, 1), bench.chipset.serial_pending()), (b'x'.into(), 0));
    assert_eq!(bench.events()[0].kind, Kind::SerialInput { byte: b'x' });
}

/// QEMU 7.2: what CF8h says of bits 1:0 and the port's own are put together.
#[test]
fn a_configuration_address_with_its_low_bits_set_means_another_register_on_qemu_only() {
    for (silicon, smram) in [(Silicon::Qemu, 0x02), (Silicon::Ich9, 0x00)] {
        let mut bench = Bench::new(silicon);
        bench.write(0xcf8, 4, 0x8000_009d);
        assert_eq!((bench.read(0xcfc, 1), bench.read(0xcfd, 1)), (smram, 0x02), "{silicon:?}");
        bench.write(0xcfc, 1, 0x4a);
        assert_eq!(bench.config_read(0, 0x9d, 1), if silicon == Silicon::Qemu { 0x4a } else { 0x02 }, "{silicon:?}");
    }
}

/// ICH9 316972, "RC": bytes 38h to 3Fh can't be reached, until the next reset.
#[test]
fn rc_ll_locks_eight_bytes_of_cmos_memory() {
    let mut bench = Bench::ich9();
    let cmos = |bench: &mut Bench, at: u32, value: u32| {
        bench.write(0x70, 1, at);
        bench.write(0x71, 1, value);
        bench.read(0x71, 1)
    };
    assert_eq!([0x37, 0x38, 0x3f, 0x40].map(|at| cmos(&mut bench, at, at)), [0x37, 0x38, 0x3f, 0x40]);
    bench.rcba_write(0x3400, 4, 8);
    bench.rcba_write(0x3400, 4, 0);
    assert_eq!([0x37, 0x38, 0x3f, 0x40].map(|at| cmos(&mut bench, at, 1)), [1, 0xff, 0xff, 1]);
    bench.chipset.reset(ResetKind::Hard);
    bench.write(0x70, 1, 0x38);
    assert_eq!(bench.read(0x71, 1), 0x38);
}
