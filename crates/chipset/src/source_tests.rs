//! Every source of an SMI: its status, its enable, what clears it, and what happens if nobody does.
//! Expectations typed from the ICH9 datasheet 316972, section of the register named.

use crate::testing::Bench;
use trace::{Input, ResetKind};

const GBL: u32 = 0x01;
const SECOND: u64 = 1_000_000_000;

const PM1: u32 = 1 << 8;
const GPE0: u32 = 1 << 9;
const GPI: u32 = 1 << 10;
const TCO: u32 = 1 << 13;
const MONITOR: u32 = 1 << 21;
const SPI: u32 = 1 << 26;

/// One source: how it is enabled, how it comes, its bit in SMI_STS, how it goes.
struct Source {
    name: &'static str,
    smi_en: u32,
    prepare: fn(&mut Bench),
    raise: fn(&mut Bench),
    bit: u32,
    /// Writing 1 to `bit` in SMI_STS clears it.
    latched: bool,
    /// What clears it at the child.
    clear: fn(&mut Bench),
}

fn nothing(_: &mut Bench) {}

/// A read by hardware sequencing, which ends with FDONE.
fn spi_read(bench: &mut Bench) {
    bench.rcba_write(0x3806, 2, 0x8001);
    let now = bench.now;
    bench.run_to(now + 1_000_000);
}

const SOURCES: &[Source] = &[
    Source {
        name: "BIOS, GBL_RLS",
        smi_en: 1 << 2,
        prepare: nothing,
        raise: |b| b.write(0x604, 4, 4),
        bit: 1 << 2,
        latched: true,
        clear: nothing,
    },
    Source {
        name: "SLP_SMI",
        smi_en: 1 << 4,
        prepare: nothing,
        raise: |b| b.write(0x604, 2, 0x3c00),
        bit: 1 << 4,
        latched: true,
        clear: nothing,
    },
    Source {
        name: "APM",
        smi_en: 1 << 5,
        prepare: nothing,
        raise: |b| b.write(0xb2, 1, 0x42),
        bit: 1 << 5,
        latched: true,
        clear: nothing,
    },
    Source {
        name: "SWSMI_TMR",
        smi_en: 1 << 6,
        prepare: nothing,
        raise: |b| b.run_to(b.now + 1_500_000),
        bit: 1 << 6,
        latched: true,
        clear: nothing,
    },
    Source {
        name: "PERIODIC",
        smi_en: 1 << 14,
        prepare: |b| b.config_write(0xf8, 0xa0, 1, 3),
        raise: |b| b.run_to(b.now + 8 * SECOND),
        bit: 1 << 14,
        latched: true,
        clear: nothing,
    },
    Source {
        name: "PM1, power button",
        smi_en: 0,
        prepare: |b| b.write(0x602, 2, 0x100),
        raise: |b| b.touch(Input::PowerButton(true)),
        bit: PM1,
        latched: false,
        clear: |b| b.write(0x600, 2, 0x100),
    },
    Source {
        name: "PM1, RTC alarm",
        smi_en: 0,
        prepare: |b| {
            b.write(0x602, 2, 0x400);
            for (index, value) in [(1, 0x02), (3, 0xff), (5, 0xff), (0x0b, 0x22)] {
                b.write(0x70, 1, index);
                b.write(0x71, 1, value);
            }
        },
        raise: |b| b.run_to(b.now / (60 * SECOND) * 60 * SECOND + 62 * SECOND),
        bit: PM1,
        latched: false,
        clear: |b| b.write(0x600, 2, 0x400),
    },
    Source {
        name: "PM1, timer overflow",
        smi_en: 0,
        prepare: |b| b.write(0x602, 2, 0x001),
        raise: |b| b.run_to(b.now + 2_400_000_000),
        bit: PM1,
        latched: false,
        clear: |b| b.write(0x600, 2, 0x001),
    },
    Source {
        name: "GPE0, thermal",
        smi_en: 0,
        prepare: |b| b.write(0x628, 4, 1),
        raise: |b| b.touch(Input::Thermal(true)),
        bit: GPE0,
        latched: false,
        clear: |b| {
            b.touch(Input::Thermal(false));
            b.write(0x620, 4, 1);
        },
    },
    Source {
        name: "GPE0, SWGPE",
        smi_en: 0,
        prepare: |b| b.write(0x628, 4, 4),
        raise: |b| b.write(0x642, 1, 2),
        bit: GPE0,
        latched: false,
        clear: |b| b.write(0x620, 4, 4),
    },
    Source {
        name: "GPE0, GPI5 routed to SCI",
        smi_en: 0,
        prepare: |b| {
            b.config_write(0xf8, 0xb8, 4, 2 << 10);
            b.write(0x628, 4, 1 << 21);
        },
        raise: |b| b.touch(Input::Gpio { pin: 5, high: true }),
        bit: GPE0,
        latched: false,
        clear: |b| {
            b.touch(Input::Gpio { pin: 5, high: false });
            b.write(0x620, 4, 1 << 21);
        },
    },
    Source {
        name: "GPI5 routed to SMI",
        smi_en: 0,
        prepare: |b| {
            b.config_write(0xf8, 0xb8, 4, 1 << 10);
            b.write(0x638, 2, 1 << 5);
        },
        raise: |b| b.touch(Input::Gpio { pin: 5, high: true }),
        bit: GPI,
        latched: false,
        clear: |b| {
            b.touch(Input::Gpio { pin: 5, high: false });
            b.write(0x63a, 2, 1 << 5);
        },
    },
    Source {
        name: "TCO, software",
        smi_en: TCO,
        prepare: nothing,
        raise: |b| b.write(0x662, 1, 1),
        bit: TCO,
        latched: false,
        clear: |b| {
            b.write(0x664, 2, 2);
            b.write(0x634, 4, TCO);
        },
    },
    Source {
        name: "TCO, watchdog",
        smi_en: TCO,
        prepare: |b| {
            b.write(0x668, 2, 0);
            b.write(0x672, 2, 4);
            b.write(0x660, 2, 0);
        },
        raise: |b| b.run_to(b.now + 2_400_000_000),
        bit: TCO,
        latched: false,
        clear: |b| {
            b.write(0x668, 2, 0x800);
            b.write(0x664, 2, 8);
            b.write(0x634, 4, TCO);
        },
    },
    Source {
        name: "TCO, BIOSWR",
        smi_en: TCO,
        prepare: |b| b.config_write(0xf8, 0xdc, 1, 2),
        raise: |b| b.config_write(0xf8, 0xdc, 1, 3),
        bit: TCO,
        latched: false,
        clear: |b| {
            b.write(0x664, 2, 0x100);
            b.write(0x634, 4, TCO);
        },
    },
    Source {
        name: "TCO, intruder",
        smi_en: TCO,
        prepare: |b| b.write(0x66a, 2, 4),
        raise: |b| b.touch(Input::Intruder(true)),
        bit: TCO,
        latched: false,
        clear: |b| {
            b.touch(Input::Intruder(false));
            b.write(0x666, 2, 1);
            b.write(0x634, 4, TCO);
        },
    },
    Source {
        name: "TCO, NMI2SMI",
        smi_en: 0,
        prepare: |b| b.write(0x668, 2, 0x0a00),
        raise: |b| b.write(0x668, 2, 0x0b00),
        bit: TCO,
        latched: false,
        clear: |b| {
            b.write(0x668, 2, 0x0b00);
            b.write(0x634, 4, TCO);
        },
    },
    Source {
        name: "MONITOR, I/O trap of port 64h",
        smi_en: 0,
        prepare: |b| b.rcba_write(0x1e80, 8, 0x0002_00f0_0000_0065),
        raise: |b| b.write(0x64, 1, 0xfe),
        bit: MONITOR,
        latched: false,
        clear: |b| b.rcba_write(0x1e00, 4, 1),
    },
    Source {
        name: "LEGACY_USB, a write to port 64h",
        smi_en: 1 << 3,
        prepare: |b| b.config_write(0xe8, 0xc0, 2, 0x2008),
        raise: |b| b.write(0x64, 1, 0xd1),
        bit: 1 << 3,
        latched: false,
        clear: |b| b.config_write(0xe8, 0xc0, 2, 0x2808),
    },
    Source {
        name: "SERIRQ, its SMI# frame",
        smi_en: 0,
        prepare: |b| b.config_write(0xf8, 0x64, 1, 0xd0),
        raise: |b| b.touch(Input::SerirqSmi(true)),
        bit: 1 << 15,
        latched: false,
        clear: |b| b.touch(Input::SerirqSmi(false)),
    },
    Source {
        name: "SPI, FDONE",
        smi_en: 0,
        prepare: nothing,
        raise: spi_read,
        bit: SPI,
        latched: false,
        clear: |b| b.rcba_write(0x3804, 2, 1),
    },
];

fn raised(source: &Source, smi_en: u32) -> Bench {
    let mut bench = Bench::ich9();
    (source.prepare)(&mut bench);
    bench.write(0x630, 4, smi_en | 2);
    (source.raise)(&mut bench);
    bench
}

#[test]
fn every_source_sets_its_bit_and_sends_one_smi() {
    for source in SOURCES {
        let mut bench = raised(source, GBL | source.smi_en);
        assert_eq!(bench.smi_sts() & source.bit, source.bit, "{}", source.name);
        assert!(bench.smi() && !bench.smi(), "{}", source.name);
        assert_eq!(bench.read(0x630, 4) & 2, 0, "{}: EOS is taken", source.name);
    }
}

#[test]
fn without_gbl_smi_en_nothing_is_sent_and_with_it_later_the_latched_status_is() {
    for source in SOURCES.iter().filter(|source| source.name != "TCO, NMI2SMI") {
        let mut bench = raised(source, source.smi_en);
        assert!(!bench.smi(), "{}", source.name);
        assert_eq!(bench.smi_sts() & source.bit, source.bit, "{}", source.name);
        bench.write(0x630, 4, GBL | source.smi_en);
        assert!(bench.smi(), "{}", source.name);
    }
}

#[test]
fn without_its_own_enable_a_source_sends_nothing() {
    for source in SOURCES.iter().filter(|source| source.smi_en != 0) {
        let mut bench = raised(source, GBL);
        assert!(!bench.smi(), "{}", source.name);
    }
}

#[test]
fn a_mirrored_status_goes_away_at_its_child_only() {
    for source in SOURCES {
        let mut bench = raised(source, GBL | source.smi_en);
        bench.write(0x634, 4, source.bit);
        assert_eq!(bench.smi_sts() & source.bit == 0, source.latched, "{}", source.name);
        (source.clear)(&mut bench);
        assert_eq!(bench.smi_sts() & source.bit, 0, "{}", source.name);
    }
}

/// A handler that sets EOS and leaves the status is interrupted again and again; one that clears it is
/// left in peace.
#[test]
fn a_status_that_nobody_clears_storms() {
    for source in SOURCES {
        let mut bench = raised(source, GBL | source.smi_en);
        for _ in 0..3 {
            assert!(bench.smi(), "{}", source.name);
            bench.end_of_smi();
            assert_eq!(bench.read(0x630, 4) & 2, 0, "{}: EOS reads back 0", source.name);
        }
        bench.smi();
        bench.write(0x634, 4, source.bit);
        (source.clear)(&mut bench);
        bench.write(0x634, 4, source.bit);
        bench.end_of_smi();
        assert!(!bench.smi(), "{}", source.name);
        assert_eq!(bench.read(0x630, 4) & 2, 2, "{}", source.name);
    }
}

/// SMI_STS read, all of it written back: what came in between is lost.
#[test]
fn clearing_what_was_read_keeps_what_came_since_and_clearing_all_loses_it() {
    for (clear_all, again) in [(false, true), (true, false)] {
        let mut bench = Bench::ich9();
        bench.write(0x630, 4, GBL | 0x24 | 2);
        bench.write(0xb2, 1, 1);
        assert!(bench.smi());
        let seen = bench.smi_sts();
        bench.write(0x604, 4, 4);
        bench.write(0x634, 4, if clear_all { u32::MAX } else { seen });
        bench.end_of_smi();
        assert_eq!(bench.smi(), again);
    }
}

#[test]
fn with_sci_en_pm1_and_gpe0_give_an_interrupt_and_no_smi() {
    for name in ["PM1, power button", "GPE0, thermal", "GPE0, GPI5 routed to SCI"] {
        let source = SOURCES.iter().find(|source| source.name == name).expect("a source of that name");
        let mut bench = Bench::ich9();
        (source.prepare)(&mut bench);
        bench.write(0x604, 2, 1);
        bench.write(0x630, 4, GBL | 2);
        (source.raise)(&mut bench);
        assert_eq!((bench.smi_sts() & source.bit, bench.smi()), (0, false), "{name}");
        assert_eq!(bench.chipset.irq_lines(bench.now), 1 << 9, "{name}");
        bench.config_write(0xf8, 0x44, 1, 0x82);
        assert_eq!(bench.chipset.irq_lines(bench.now), 1 << 11, "{name}: SCI_IRQ_SEL");
    }
}

#[test]
fn bios_rls_gives_an_sci_whatever_sci_en_says() {
    let mut bench = Bench::ich9();
    bench.write(0x602, 2, 0x20);
    bench.write(0x630, 4, 0x80);
    assert_eq!((bench.chipset.irq_lines(bench.now), bench.smi_sts()), (1 << 9, 0));
}

#[test]
fn the_software_timer_is_one_shot_at_four_rates() {
    for (rate, ms_2) in [(0, 3), (1, 32), (2, 64), (3, 128)] {
        let mut bench = Bench::ich9();
        bench.config_write(0xf8, 0xa4, 2, rate << 6);
        bench.write(0x630, 4, GBL | 0x40 | 2);
        bench.run_to(ms_2 * 500_000 - 1);
        assert!(!bench.smi(), "{rate}");
        bench.run_to(ms_2 * 500_000);
        assert!(bench.smi(), "{rate}");
        bench.write(0x634, 4, 0x40);
        bench.end_of_smi();
        bench.run_to(10 * SECOND);
        assert!(!bench.smi(), "{rate}: once");
        bench.write(0x630, 4, GBL | 2);
        bench.write(0x630, 4, GBL | 0x40 | 2);
        bench.run_to(11 * SECOND);
        assert!(bench.smi(), "{rate}: enabled anew");
    }
}

#[test]
fn the_periodic_timer_comes_back_every_64_32_16_or_8_seconds() {
    for (sel, seconds) in [(0, 64), (1, 32), (2, 16), (3, 8)] {
        let mut bench = Bench::ich9();
        bench.config_write(0xf8, 0xa0, 1, sel);
        bench.write(0x630, 4, GBL | 0x4000 | 2);
        for round in 1..4 {
            bench.run_to(round * seconds * SECOND - 1);
            assert!(!bench.smi(), "{sel}");
            bench.run_to(round * seconds * SECOND);
            assert!(bench.smi(), "{sel}");
            bench.write(0x634, 4, 0x4000);
            bench.end_of_smi();
        }
    }
}

#[test]
fn a_long_press_switches_off_whatever_software_does_and_blocks_eos() {
    let mut bench = Bench::ich9();
    bench.write(0x602, 2, 0x100);
    bench.write(0x630, 4, GBL | 2);
    bench.touch(Input::PowerButton(true));
    assert!(bench.smi());
    bench.write(0x600, 2, 0x100);
    bench.end_of_smi();
    bench.run_to(4 * SECOND - 1);
    assert_eq!((bench.chipset.asleep(), bench.read(0x600, 2) & 0x900), (None, 0));
    bench.run_to(4 * SECOND);
    assert_eq!(bench.chipset.asleep(), Some(7), "S5");
    bench.touch(Input::PowerButton(false));
    assert_eq!(bench.chipset.take_reset(), None);
    bench.touch(Input::PowerButton(true));
    assert_eq!(bench.chipset.take_reset(), Some(ResetKind::Power));
    bench.chipset.reset(ResetKind::Power);
    bench.acpi_on();
    assert_eq!(bench.read(0x600, 2) & 0x8900, 0x8900, "WAK, PRBTNOR and PWRBTN survive");
    bench.write(0x630, 4, 0x21);
    bench.write(0xb2, 1, 1);
    assert!(bench.smi(), "EOS is set out of reset");
    bench.write(0x634, 4, 0x20);
    bench.end_of_smi();
    assert_eq!(bench.read(0x630, 4) & 2, 0, "PRBTNOR keeps EOS from being set");
    bench.write(0x600, 2, 0x900);
    bench.end_of_smi();
    assert_eq!(bench.read(0x630, 4) & 2, 2);
}

#[test]
fn sleep_ends_by_what_is_enabled_to_wake() {
    for (slp_typ, kind) in [(5, ResetKind::Hard), (6, ResetKind::Power), (7, ResetKind::Power)] {
        let mut bench = Bench::ich9();
        bench.write(0x604, 2, slp_typ << 10 | 0x2000);
        assert_eq!(bench.chipset.asleep(), Some(slp_typ as u8));
        bench.touch(Input::Thermal(true));
        assert_eq!(bench.chipset.take_reset(), None, "not enabled");
        bench.touch(Input::PowerButton(true));
        assert_eq!(bench.chipset.take_reset(), Some(kind));
    }
    let mut bench = Bench::ich9();
    bench.write(0x604, 2, 1 << 10 | 0x2000);
    assert_eq!(bench.chipset.asleep(), None, "S1 is taken as S0");
}

#[test]
fn the_watchdog_stands_still_while_the_machine_sleeps() {
    let mut bench = Bench::ich9();
    bench.write(0x630, 4, 0x2001);
    bench.write(0x604, 2, 7 << 10 | 0x2000);
    assert_eq!(bench.chipset.deadline(), None, "no alarm is set");
    bench.run_to(60 * SECOND);
    assert_eq!((bench.read(0x664, 2) & 8, bench.smi()), (0, false), "TIMEOUT stays clear");
}

#[test]
fn nmi_now_gives_an_nmi_unless_it_is_masked_or_routed_to_smi() {
    for (masked, cnt, nmi) in [(0, 0x0900, true), (0x80, 0x0900, false), (0, 0x0b00, false)] {
        let mut bench = Bench::ich9();
        bench.write(0x630, 4, GBL | 2);
        bench.write(0x70, 1, masked);
        bench.write(0x668, 2, cnt & !0x100);
        bench.write(0x668, 2, cnt);
        assert_eq!(bench.chipset.take_nmi(), nmi, "{masked:x} {cnt:x}");
        assert_eq!(bench.smi(), cnt & 0x200 != 0);
    }
}

#[test]
fn gpio_levels_reach_smi_sci_or_nmi_as_gpi_rout_says_and_only_inputs_do() {
    for (rout, smi, sci, nmi) in [(0, 0, 0, false), (1, GPI, 0, false), (2, 0, GPE0, false), (3, 0, 0, true)] {
        let mut bench = Bench::ich9();
        bench.config_write(0xf8, 0xb8, 4, rout << 14);
        bench.write(0x638, 2, 1 << 7);
        bench.write(0x628, 4, 1 << 23);
        bench.touch(Input::Gpio { pin: 7, high: true });
        assert_eq!((bench.smi_sts(), bench.chipset.take_nmi()), (smi | sci, nmi), "{rout}");
        assert_eq!((bench.read(0x63a, 2), bench.read(0x620, 4)), (1 << 7, 1 << 23), "{rout}: status all the same");
    }
    let mut bench = Bench::ich9();
    bench.config_write(0xf8, 0xb8, 4, 1 << 14);
    bench.write(0x638, 2, 1 << 7);
    bench.write(0x504, 4, 0xff7f);
    bench.touch(Input::Gpio { pin: 7, high: true });
    assert_eq!(bench.smi_sts(), 0, "an output");
}

#[test]
fn writing_bioswe_again_or_without_ble_raises_nothing() {
    let mut bench = Bench::ich9();
    bench.write(0x630, 4, GBL | TCO | 2);
    bench.config_write(0xf8, 0xdc, 1, 1);
    assert_eq!(bench.smi_sts(), 0, "no BLE");
    bench.config_write(0xf8, 0xdc, 1, 3);
    assert_eq!(bench.smi_sts(), 0, "no edge");
    bench.config_write(0xf8, 0xdc, 1, 0);
    assert_eq!(bench.config_read(0xf8, 0xdc, 1), 2, "BLE stays");
    bench.config_write(0xf8, 0xdc, 1, 0x21);
    assert_eq!((bench.smi_sts(), bench.read(0x664, 2), bench.smi()), (TCO, 0x100, true));
    assert_eq!(bench.config_read(0xf8, 0xdc, 1), 3, "BIOSWE does become 1; SMM_BWP is frozen");
}

#[test]
fn a_power_cut_leaves_no_status_behind_and_half_an_erase() {
    let mut bench = Bench::ich9();
    bench.config_write(0xf8, 0xdc, 1, 1);
    bench.rcba_write(0x38c8, 4, 0x2005);
    bench.rcba_write(0x3808, 4, 0x1_0000);
    bench.rcba_write(0x3806, 2, 7);
    bench.touch(Input::PowerButton(true));
    let now = bench.now;
    bench.run_to(now + 20_000_000);
    bench.touch(Input::PowerCut);
    assert_eq!(bench.chipset.take_reset(), Some(ResetKind::Power));
    bench.chipset.reset(ResetKind::Power);
    bench.acpi_on();
    assert_eq!(bench.read(0x600, 2), 0);
    let sector: Vec<u64> = (0..4096).map(|at| bench.chipset.flash().array(at, 1)).collect();
    let before: Vec<u64> = (0..4096).map(|at| at & 0xff).collect();
    assert!(sector != before && sector.iter().any(|byte| *byte != 0xff));
    assert_eq!(bench.chipset.flash().array(4096, 2), 0x0100);
}

#[test]
fn after_g3_decides_whether_power_that_comes_back_switches_on() {
    for (held, stays_off) in [(false, false), (true, true)] {
        let mut bench = Bench::ich9();
        bench.touch(Input::PowerButton(true));
        if held {
            bench.run_to(4 * SECOND);
        }
        bench.touch(Input::PowerButton(false));
        assert_eq!(bench.config_read(0xf8, 0xa4, 1) & 1, u32::from(held), "the override sets AFTERG3_EN");
        bench.touch(Input::PowerCut);
        bench.chipset.take_reset();
        bench.chipset.reset(ResetKind::Power);
        assert_eq!(bench.chipset.asleep(), stays_off.then_some(7));
        bench.touch(Input::PowerButton(true));
        assert_eq!(bench.chipset.take_reset(), stays_off.then_some(ResetKind::Power));
    }
}

#[test]
fn cmos_memory_lives_on_its_battery() {
    for (good, kept) in [(true, 0x77), (false, 0)] {
        let mut bench = Bench::ich9();
        let cmos = |bench: &mut Bench, index| {
            bench.write(0x70, 1, index);
            bench.read(0x71, 1)
        };
        bench.write(0x70, 1, 0x40);
        bench.write(0x71, 1, 0x77);
        bench.touch(Input::Battery(good));
        assert_eq!(cmos(&mut bench, 0x0d) & 0x80, if good { 0x80 } else { 0 }, "VRT");
        assert_eq!(cmos(&mut bench, 0x40), 0x77, "mains power keeps it");
        let size = cmos(&mut bench, 0x31);
        bench.touch(Input::PowerCut);
        bench.chipset.take_reset();
        bench.chipset.reset(ResetKind::Power);
        assert_eq!((cmos(&mut bench, 0x40), cmos(&mut bench, 0x31)), (kept, size));
    }
}
