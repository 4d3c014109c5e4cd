use super::*;

const SECOND: u64 = 1_000_000_000;

/// Channel, mode, divisor; both bytes.
fn program(pit: &mut Pit, now: u64, channel: u16, mode: u8, count: u16) {
    pit.write(now, 0x43, (channel as u8) << 6 | 0x30 | mode << 1);
    count.to_le_bytes().into_iter().for_each(|byte| pit.write(now, 0x40 + channel, byte));
}

#[test]
fn channel_0_in_mode_2_or_3_beats_at_its_divisor() {
    for mode in [2, 3] {
        let mut pit = Pit::new(Silicon::Ich9);
        assert_eq!((pit.deadline(), pit.irq(0)), (None, false), "never written");
        program(&mut pit, 0, 0, mode, 11_932);
        let (mut now, mut rises, mut level) = (0, 0, pit.irq(0));
        while let Some(at) = pit.deadline().filter(|at| *at <= SECOND) {
            assert!(at > now);
            now = at;
            pit.advance(now);
            rises += u32::from(pit.irq(now) && !level);
            level = pit.irq(now);
        }
        assert_eq!(rises, 99, "mode {mode}");
    }
}

#[test]
fn mode_0_raises_its_output_once() {
    let mut pit = Pit::new(Silicon::Ich9);
    program(&mut pit, 0, 0, 0, 1000);
    let at = pit.deadline().expect("it will rise");
    assert!(!pit.irq(at - 1) && pit.irq(at));
    pit.advance(at);
    assert_eq!((at, pit.deadline()), (838_096, None));
}

#[test]
fn a_latched_count_stays_until_both_bytes_are_read() {
    let mut pit = Pit::new(Silicon::Ich9);
    program(&mut pit, 0, 0, 2, 0);
    pit.write(ns(0x1234), 0x43, 0);
    let later = ns(0x5000);
    assert_eq!([pit.read(later, 0x40), pit.read(later, 0x40)], (0u16.wrapping_sub(0x1234)).to_le_bytes());
    assert_eq!([pit.read(later, 0x40), pit.read(later, 0x40)], (0u16.wrapping_sub(0x5000)).to_le_bytes());
    pit.write(later, 0x43, 0xe2);
    assert_eq!(pit.read(later, 0x40), 0xb4, "read-back: output high, both bytes, mode 2");
}

#[test]
fn port_61h_gates_channel_2_and_shows_its_output() {
    let mut pit = Pit::new(Silicon::Ich9);
    program(&mut pit, 0, 2, 0, 1000);
    assert_eq!(pit.nmi_sc(SECOND) & 0x2f, 0, "the gate is closed");
    pit.write_nmi_sc(SECOND, 1);
    assert_eq!(pit.nmi_sc(SECOND + ns(999)) & 0x2f, 0x01);
    assert_eq!(pit.nmi_sc(SECOND + ns(1000)) & 0x2f, 0x21);
    assert_ne!(pit.nmi_sc(SECOND) & 0x10, pit.nmi_sc(SECOND + REFRESH_NS) & 0x10);
}

/// The counter's output over the first ticks, one character each: 8254 data sheet, "Mode Definitions".
fn outputs(pit: &mut Pit, channel: usize, from: u64, ticks: u64) -> String {
    let mut levels = String::new();
    for tick in 0..ticks {
        let now = from + ns(tick);
        pit.follow(now);
        levels.push(if pit.channels[channel].output(now) { '-' } else { '_' });
    }
    levels
}

#[test]
fn each_mode_draws_the_wave_of_the_data_sheet() {
    for (mode, count, wave) in [
        (0, 4, "____------"),
        (2, 3, "--_--_--_-"),
        (3, 4, "--__--__--"),
        (3, 5, "---__---__"),
        (4, 4, "----_-----"),
        (1, 4, "----------"),
        (5, 4, "----------"),
    ] {
        let mut pit = Pit::new(Silicon::Ich9);
        program(&mut pit, 0, 0, mode, count);
        assert_eq!(outputs(&mut pit, 0, 0, 10), wave, "mode {mode}, {count}");
    }
}

#[test]
fn a_rising_gate_triggers_modes_1_and_5_again_and_again_and_restarts_2_and_3() {
    for (mode, wave, again) in [
        (1, "____------", "____------"),
        (5, "----_-----", "----_-----"),
        (2, "---_---_--", "---_---_--"),
        (3, "--__--__--", "--__--__--"),
    ] {
        let mut pit = Pit::new(Silicon::Ich9);
        program(&mut pit, 0, 2, mode, 4);
        assert_eq!(outputs(&mut pit, 2, 0, 5), "-----", "mode {mode}: the gate is closed");
        pit.write_nmi_sc(SECOND, 1);
        assert_eq!(outputs(&mut pit, 2, SECOND, 10), wave, "mode {mode}");
        let later = SECOND + ns(10);
        pit.write_nmi_sc(later, 0);
        pit.write_nmi_sc(later, 1);
        assert_eq!(outputs(&mut pit, 2, later, 10), again, "mode {mode}");
        pit.write_nmi_sc(later, 0);
        if mode != 1 {
            assert_eq!(outputs(&mut pit, 2, later, 10), if mode == 5 { wave } else { "----------" }, "mode {mode}");
        }
    }
}

/// A new count begins to count at the end of the cycle (mode 2) or half cycle (mode 3), at once in modes 0 and
/// 4, and at the next trigger in mode 1.
#[test]
fn a_count_that_is_written_while_another_counts_takes_its_turn() {
    for (mode, wave) in [(0, "________----"), (2, "--_----_----"), (3, "--___---___-"), (4, "--------_---")] {
        let mut pit = Pit::new(Silicon::Ich9);
        program(&mut pit, 0, 0, mode, if mode == 3 { 4 } else { 3 });
        let (second, at) = (if mode == 3 { 6 } else { 5 + 2 * u16::from(mode == 0 || mode == 4) }, ns(1));
        let mut seen = outputs(&mut pit, 0, 0, 1);
        for byte in second.to_le_bytes() {
            pit.write(at, 0x40, byte);
        }
        seen += &outputs(&mut pit, 0, at, 11);
        assert_eq!(seen, wave, "mode {mode}");
    }
    let mut pit = Pit::new(Silicon::Ich9);
    program(&mut pit, 0, 2, 1, 3);
    pit.write_nmi_sc(0, 1);
    [5, 0].into_iter().for_each(|byte| pit.write(ns(1), 0x42, byte));
    assert_eq!(outputs(&mut pit, 2, 0, 6), "___---");
    pit.write_nmi_sc(SECOND, 0);
    pit.write_nmi_sc(SECOND, 1);
    assert_eq!(outputs(&mut pit, 2, SECOND, 7), "_____--");
}

#[test]
fn counters_count_in_bcd_if_the_control_word_says_so() {
    for (silicon, counts) in
        [(Silicon::Ich9, [0x0100, 0x0099, 0x0001, 0x0000, 0x9999]), (Silicon::Qemu, [0x100, 0xff, 0x9d, 0x9c, 0x9b])]
    {
        let mut pit = Pit::new(silicon);
        pit.write(0, 0x43, 0x31);
        [0x00, 0x01].into_iter().for_each(|byte| pit.write(0, 0x40, byte));
        let read = |pit: &mut Pit, tick| u16::from_le_bytes([pit.read(ns(tick), 0x40), pit.read(ns(tick), 0x40)]);
        assert_eq!([0, 1, 99, 100, 101].map(|tick| read(&mut pit, tick)), counts, "{silicon:?}");
        pit.write(0, 0x43, 0xe2);
        assert_eq!(pit.read(0, 0x40) & 0x3f, 0x31, "read-back");
    }
    // 0 is 10000.
    let mut pit = Pit::new(Silicon::Ich9);
    pit.write(0, 0x43, 0x35);
    [0, 0].into_iter().for_each(|byte| pit.write(0, 0x40, byte));
    assert_eq!([pit.read(ns(1), 0x40), pit.read(ns(1), 0x40)], 0x9999u16.to_le_bytes());
    assert_eq!(outputs(&mut pit, 0, ns(9_998), 3), "-_-");
}

/// Read-back, "Status Byte": null count until what was written counts.
#[test]
fn null_count_tells_that_a_count_waits() {
    let mut pit = Pit::new(Silicon::Ich9);
    let null = |pit: &mut Pit, tick| {
        pit.write(ns(tick), 0x43, 0xe2);
        pit.read(ns(tick), 0x40) >> 6 & 1
    };
    pit.write(0, 0x43, 0x34);
    assert_eq!(null(&mut pit, 0), 1);
    [10, 0].into_iter().for_each(|byte| pit.write(0, 0x40, byte));
    assert_eq!(null(&mut pit, 1), 0);
    [20, 0].into_iter().for_each(|byte| pit.write(ns(2), 0x40, byte));
    assert_eq!((null(&mut pit, 3), null(&mut pit, 10)), (1, 0));
}

/// In mode 0 the first of two bytes stops the counter with its output low.
#[test]
fn the_first_byte_of_a_count_holds_mode_0_low() {
    let mut pit = Pit::new(Silicon::Ich9);
    program(&mut pit, 0, 0, 0, 2);
    assert_eq!(outputs(&mut pit, 0, 0, 4), "__--");
    pit.write(ns(4), 0x40, 3);
    assert_eq!(outputs(&mut pit, 0, ns(4), 3), "___");
    pit.write(ns(7), 0x40, 0);
    assert_eq!(outputs(&mut pit, 0, ns(7), 5), "___--");
}

#[test]
fn qemus_counters_run_from_reset_on() {
    let mut pit = Pit::new(Silicon::Qemu);
    assert_eq!([0x40, 0x41, 0x42, 0x43].map(|port| pit.read(ns(0x1234), port)), [0x98, 0x98, 0x98, 0]);
    let mut changes = Vec::new();
    for _ in 0..3 {
        let at = pit.deadline().expect("it beats");
        pit.advance(at);
        changes.push((at, pit.irq(at)));
    }
    assert_eq!(changes, [(ns(0x8000), false), (ns(0x1_0000), true), (ns(0x1_8000), false)]);
    program(&mut pit, 0, 0, 2, 3);
    assert_eq!(outputs(&mut pit, 0, 0, 8), "___-__-_");
}

#[test]
fn read_back_tells_the_mode_as_it_was_written() {
    for silicon in [Silicon::Ich9, Silicon::Qemu] {
        let mut pit = Pit::new(silicon);
        program(&mut pit, 0, 0, 7, 5);
        pit.write(0, 0x43, 0xe2);
        assert_eq!(pit.read(0, 0x40) & 0x3f, 0x3e, "{silicon:?}");
        let wave = if silicon == Silicon::Ich9 { "---__---" } else { "_____---" };
        assert_eq!(outputs(&mut pit, 0, 0, 8), wave);
    }
}
