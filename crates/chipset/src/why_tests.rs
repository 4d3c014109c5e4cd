use super::*;
use crate::testing::Bench;
use trace::Input;

fn state(bench: &Bench) -> SmiState {
    bench.chipset.smi_state(bench.now).expect("board ich9")
}

/// What holds this cause, and at which field.
fn held(bench: &Bench, id: &str) -> Option<(Held, String)> {
    let state = state(bench);
    let cause = state.causes.iter().find(|cause| cause.id == id).unwrap_or_else(|| panic!("no {id}"));
    cause.held().map(|gate| (gate.what, format!("{}.{}", gate.reg, gate.field.name)))
}

fn shut(what: Held, at: &str) -> Option<(Held, String)> {
    Some((what, at.to_owned()))
}

#[test]
fn each_gate_that_is_shut_is_named_in_the_order_in_which_they_stand() {
    let mut bench = Bench::ich9();
    assert_eq!(held(&bench, "power-button"), shut(Held::NoEvent, "PM1_STS.PWRBTN_STS"));
    bench.touch(Input::PowerButton(true));
    bench.touch(Input::PowerButton(false));
    assert_eq!(held(&bench, "power-button"), shut(Held::Disabled, "PM1_EN.PWRBTN_EN"));
    bench.write(0x604, 2, 1);
    bench.write(0x602, 2, 0x100);
    assert_eq!(held(&bench, "power-button"), shut(Held::GoesToSci, "PM1_CNT.SCI_EN"));
    bench.write(0x604, 2, 0);
    assert_eq!(held(&bench, "power-button"), shut(Held::AllDisabled, "SMI_EN.GBL_SMI_EN"));
    bench.write(0x630, 4, 1);
    assert!(bench.smi());
    assert_eq!(held(&bench, "power-button"), shut(Held::NoEos, "SMI_EN.EOS"), "it was sent, and takes EOS with it");
    assert!(state(&bench).causes.iter().filter(|cause| cause.asks()).all(|cause| cause.id == "power-button"));
    assert_eq!(held(&bench, "apm"), shut(Held::Disabled, "SMI_EN.APMC_EN"));
}

#[test]
fn a_pin_is_held_where_gpi_rout_sends_it_elsewhere() {
    let mut bench = Bench::ich9();
    bench.touch(Input::Gpio { pin: 5, high: true });
    bench.write(0x638, 2, 0x20);
    assert_eq!(held(&bench, "gpi5"), shut(Held::RoutedElsewhere, "GPI_ROUT.GPI5_ROUT"));
    bench.config_write(0xf8, 0xb8, 4, 1 << 10);
    assert_eq!(held(&bench, "gpi5"), shut(Held::AllDisabled, "SMI_EN.GBL_SMI_EN"));
    assert_eq!(held(&bench, "gpi5-gpe0"), shut(Held::RoutedElsewhere, "GPI_ROUT.GPI5_ROUT"));
}

/// The table of gates is typed from the datasheet; the device asks in its own way. Random states must get the
/// same answer from both.
#[test]
fn what_the_gates_say_is_what_the_chipset_does() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let (mut sent, mut quiet) = (0, 0);
    for _ in 0..400 {
        let mut bench = Bench::ich9();
        let word = |random: &mut dyn FnMut(u64) -> u64| (random(1 << 32) & random(1 << 32)) as u32;
        for _ in 0..12 {
            match random(20) {
                0 => bench.write(0x630, 4, word(&mut random) & !1),
                1 => bench.write(0x602, 2, 0x521),
                2 => bench.write(0x628, 4, word(&mut random)),
                3 => bench.write(0x604, 2, random(2) as u32),
                4 => bench.write(0xb2, 1, 1),
                5 => bench.config_write(0xf8, 0xb8, 4, word(&mut random)),
                6 => bench.write(0x638, 2, word(&mut random) & 0xffff),
                7 => bench.touch(Input::Gpio { pin: random(16) as u8, high: random(2) == 0 }),
                8 => bench.touch(Input::Thermal(random(2) == 0)),
                9 => bench.touch(Input::PowerButton(random(2) == 0)),
                10 => bench.config_write(0xf8, 0xdc, 1, random(4) as u32),
                11 => bench.write(0x662, 1, 1),
                12 => bench.write(0x66a, 2, (random(4) << 1) as u32),
                13 => bench.touch(Input::Intruder(random(2) == 0)),
                14 => bench.write(0x604, 4, 4),
                15 => bench.config_write(0xe8, 0xc0, 2, word(&mut random) & 0xffff),
                16 => bench.write(0x60 + 4 * random(2) as u16, 1, 0),
                17 => bench.touch(Input::SerirqSmi(random(2) == 0)),
                18 => bench.config_write(0xf8, 0x64, 1, word(&mut random) & 0xff),
                _ => bench.write(0x634, 4, word(&mut random)),
            }
        }
        let enabled = bench.read(0x630, 4);
        assert!(!bench.smi(), "nothing was sent without GBL_SMI_EN");
        let but_gbl = |cause: &CauseState| cause.held().is_some_and(|gate| gate.what == Held::AllDisabled);
        let before = state(&bench);
        let expected = before.causes.iter().any(but_gbl);
        bench.write(0x630, 4, enabled | 1);
        let came = bench.smi();
        assert_eq!(came, expected, "{before:?}");
        sent += u32::from(came);
        quiet += u32::from(!came);
    }
    assert!(sent > 50 && quiet > 50, "{sent} {quiet}");
}

#[test]
fn every_gate_names_a_field_that_exists_and_no_two_causes_share_an_id() {
    let state = state(&Bench::ich9());
    let mut ids: Vec<_> = state.causes.iter().map(|cause| &cause.id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert!(state.causes.iter().all(|cause| cause.gates.len() >= 3));
}
