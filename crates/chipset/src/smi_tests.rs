//! The SMI gate, event by event.

use super::*;
use trace::{Level, Recorder};

/// Runs `drive` and returns what was traced, status and enable registers aside.
fn events(pm: &mut Pm, cpu: u8, drive: impl Fn(&mut Pm, &mut Cx)) -> Vec<Kind> {
    let mut recorder = Recorder::new(Level::Events);
    drive(pm, &mut Cx { now: 0, cpu, smm: false, all_smm: false, sink: &mut recorder });
    let kinds = recorder.into_events().into_iter().map(|event| event.kind);
    kinds.filter(|kind| matches!(kind, Kind::SmiRequest { .. } | Kind::SmiLine { .. })).collect()
}

fn asked(source: SmiSource, sent: bool) -> Kind {
    Kind::SmiRequest { source, sent }
}
const UP: Kind = Kind::SmiLine { asserted: true };
const DOWN: Kind = Kind::SmiLine { asserted: false };
use SmiSource::{Apm, Tco};

fn pm(silicon: Silicon, smi_en: u32) -> Pm {
    let mut pm = Pm::new(silicon);
    events(&mut pm, 0, |pm, cx| pm.write(cx, at::SMI_EN, 4, smi_en));
    pm
}

fn en(pm: &Pm) -> u32 {
    pm.read(0, at::SMI_EN, 4)
}
fn sts(pm: &Pm) -> u32 {
    pm.read(0, at::SMI_STS, 4)
}

#[test]
fn on_silicon_an_apm_write_needs_apmc_en_gbl_smi_en_and_eos() {
    for (smi_en, sent, status) in [(0x00, false, 0), (0x01, false, 0), (0x20, false, 0x20), (0x21, true, 0x20)] {
        let mut pm = pm(Silicon::Ich9, smi_en);
        let kinds = events(&mut pm, 1, |pm, cx| pm.apm_cnt_write(cx, 0x42));
        let expected = if sent { vec![asked(Apm, true), UP] } else { vec![asked(Apm, false)] };
        assert_eq!(kinds, expected, "{smi_en:x}");
        assert_eq!(pm.take_smi(), sent.then_some(SmiTo::All));
        assert_eq!((sts(&pm), en(&pm) & 2 == 0), (status, sent));
        assert_eq!(pm.apm_cnt, 0x42);
    }
}

#[test]
fn a_second_event_waits_for_eos_and_is_sent_with_it() {
    let mut pm = pm(Silicon::Ich9, 0x2021);
    events(&mut pm, 0, |pm, cx| pm.apm_cnt_write(cx, 1));
    assert_eq!(pm.take_smi(), Some(SmiTo::All));
    assert_eq!(events(&mut pm, 0, |pm, cx| pm.tco_smi(cx, false)), [asked(Tco, false)]);
    assert_eq!(pm.take_smi(), None);
    let kinds = events(&mut pm, 0, |pm, cx| {
        pm.write(cx, at::SMI_STS, 4, 0x20);
        pm.write(cx, at::SMI_EN, 4, 0x2023);
    });
    assert_eq!(kinds, [DOWN, asked(Tco, true), UP]);
    assert_eq!((pm.take_smi(), en(&pm)), (Some(SmiTo::All), 0x2021));
    let kinds = events(&mut pm, 0, |pm, cx| {
        pm.write(cx, at::SMI_STS, 4, 0x2000);
        pm.write(cx, at::SMI_EN, 4, 0x2023);
    });
    assert_eq!((kinds, en(&pm), pm.take_smi()), (vec![DOWN], 0x2023, None));
}

#[test]
fn writing_0_to_eos_does_not_close_the_gate() {
    let pm = pm(Silicon::Ich9, 0x21);
    assert_eq!(en(&pm), 0x23);
}

#[test]
fn a_status_latched_before_fires_when_it_is_enabled() {
    let mut pm = pm(Silicon::Ich9, 0x01);
    assert_eq!(events(&mut pm, 0, |pm, cx| pm.tco_smi(cx, false)), [asked(Tco, false)]);
    let kinds = events(&mut pm, 0, |pm, cx| pm.write(cx, at::SMI_EN, 4, 0x2001));
    assert_eq!(kinds, [asked(Tco, true), UP]);
    assert_eq!(pm.take_smi(), Some(SmiTo::All));
}

#[test]
fn on_qemu_apmc_en_alone_interrupts_the_writing_processor() {
    for (smi_en, sent) in [(0x00, false), (0x01, false), (0x20, true), (0x21, true)] {
        let mut pm = pm(Silicon::Qemu, smi_en);
        let kinds = events(&mut pm, 3, |pm, cx| pm.apm_cnt_write(cx, 0x42));
        let expected = if sent { vec![asked(Apm, true), UP, DOWN] } else { vec![asked(Apm, false)] };
        assert_eq!(kinds, expected, "{smi_en:x}");
        assert_eq!(pm.take_smi(), sent.then_some(SmiTo::One(3)));
        assert_eq!((sts(&pm), en(&pm)), (0, smi_en));
    }
}

#[test]
fn on_qemu_02_and_03_switch_sci_en_and_raise_nothing() {
    let mut pm = pm(Silicon::Qemu, 0x21);
    for (value, pm1_cnt) in [(2, 1), (3, 0)] {
        let kinds = events(&mut pm, 0, |pm, cx| pm.apm_cnt_write(cx, value));
        assert_eq!(kinds, [asked(Apm, false)]);
        assert_eq!((pm.read(0, at::PM1_CNT, 2), pm.take_smi()), (pm1_cnt, None));
    }
}

#[test]
fn on_silicon_02_is_a_value_like_any_other() {
    let mut pm = pm(Silicon::Ich9, 0x21);
    events(&mut pm, 0, |pm, cx| pm.apm_cnt_write(cx, 2));
    assert_eq!((pm.take_smi(), pm.read(0, at::PM1_CNT, 2)), (Some(SmiTo::All), 0));
}

#[test]
fn on_qemu_a_tco_time_out_looks_at_tco_en_and_dat_in_does_not() {
    for (smi_en, always, sent) in [(0, false, false), (0x2000, false, true), (0, true, true)] {
        let mut pm = pm(Silicon::Qemu, smi_en);
        events(&mut pm, 3, |pm, cx| pm.tco_smi(cx, always));
        assert_eq!(pm.take_smi(), sent.then_some(SmiTo::One(0)));
    }
}

#[test]
fn messages_to_different_processors_are_kept_apart_and_equal_ones_merge() {
    let mut pm = pm(Silicon::Qemu, 0x21);
    for cpu in [1, 0, 1] {
        events(&mut pm, cpu, |pm, cx| pm.apm_cnt_write(cx, 9));
    }
    let taken: Vec<_> = std::iter::from_fn(|| pm.take_smi()).collect();
    assert_eq!(taken, [SmiTo::One(1), SmiTo::One(0)]);
}
