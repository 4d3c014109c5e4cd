use super::*;
use crate::Silicon;

const DAY: u64 = 86_400 * SECOND_NS;

fn rtc(low_ram: u64, high_ram: u64) -> Rtc {
    Rtc::new(&Wiring { high_ram, ..Wiring::new(Silicon::Ich9, low_ram, 4, Vec::new()) })
}

fn read(rtc: &mut Rtc, now: u64, index: u8) -> u8 {
    rtc.select(index);
    rtc.read(now)
}

fn write(rtc: &mut Rtc, now: u64, writes: &[(u8, u8)]) {
    for &(index, byte) in writes {
        rtc.select(index);
        rtc.write(now, byte);
    }
}

/// Century, year, month, date, hour, minute, second, day of week, as they read.
fn time(rtc: &mut Rtc, now: u64) -> [u8; 8] {
    [CENTURY, 9, 8, 7, 4, 2, 0, 6].map(|index| read(rtc, now, index))
}

#[test]
fn memory_size_bytes_are_qemus() {
    for (low, high, at, bytes) in [
        (16 << 20, 0, 0x15, &[0x80, 0x02, 0x00, 0x3c][..]),
        (16 << 20, 0, 0x30, &[0x00, 0x3c]),
        (16 << 20, 0, 0x34, &[0, 0]),
        (128 << 20, 0, 0x30, &[0xff, 0xff]),
        (128 << 20, 0, 0x34, &[0x00, 0x07]),
        (2 << 30, 6 << 30, 0x34, &[0x00, 0x7f]),
        (2 << 30, 6 << 30, 0x5b, &[0x00, 0x80, 0x01]),
        (0, 0, 0x5f, &[3]),
    ] {
        let mut rtc = rtc(low, high);
        let found: Vec<u8> = (at..).take(bytes.len()).map(|index| read(&mut rtc, 0, index)).collect();
        assert_eq!(found, bytes, "{low:x} {high:x} {at:x}");
    }
}

#[test]
fn time_advances_with_virtual_time_through_the_calendar() {
    let mut rtc = rtc(0, 0);
    for (now, expected) in [
        (0, [0x20, 0x08, 1, 1, 0, 0, 0, 3]),
        (SECOND_NS - 1, [0x20, 0x08, 1, 1, 0, 0, 0, 3]),
        (59 * SECOND_NS, [0x20, 0x08, 1, 1, 0, 0, 0x59, 3]),
        (DAY - SECOND_NS, [0x20, 0x08, 1, 1, 0x23, 0x59, 0x59, 3]),
        (59 * DAY, [0x20, 0x08, 2, 0x29, 0, 0, 0, 6]),
        (366 * DAY, [0x20, 0x09, 1, 1, 0, 0, 0, 5]),
        (10_000 * DAY, [0x20, 0x35, 5, 0x19, 0, 0, 0, 7]),
    ] {
        assert_eq!(time(&mut rtc, now), expected, "{now}");
    }
}

#[test]
fn the_clock_starts_where_the_board_is_told() {
    let wiring = Wiring { clock_s: 366 * 86_400 + 3 * 3600 + 59, ..Wiring::new(Silicon::Ich9, 0, 1, Vec::new()) };
    assert_eq!(time(&mut Rtc::new(&wiring), SECOND_NS), [0x20, 0x09, 1, 1, 3, 1, 0, 5]);
}

#[test]
fn a_time_that_is_set_runs_on_from_there() {
    let mut rtc = rtc(0, 0);
    let now = 5 * DAY;
    write(&mut rtc, now, &[(REG_B, 0x82), (CENTURY, 0x19), (9, 0x99), (8, 0x12), (7, 0x31)]);
    write(&mut rtc, now, &[(4, 0x23), (2, 0x59), (0, 0x58), (6, 6)]);
    assert_eq!(time(&mut rtc, now + DAY)[6], 0x58, "SET holds the time");
    write(&mut rtc, now + DAY, &[(REG_B, 0x02)]);
    assert_eq!(time(&mut rtc, now + DAY + 2 * SECOND_NS), [0x20, 0, 1, 1, 0, 0, 0, 7]);
}

#[test]
fn binary_and_12_hour_forms_are_obeyed() {
    let mut rtc = rtc(0, 0);
    write(&mut rtc, 0, &[(REG_B, B_BINARY), (4, 0x80 | 11), (2, 59), (0, 59)]);
    assert_eq!(time(&mut rtc, SECOND_NS)[4..7], [12, 0, 0]);
    write(&mut rtc, 2 * SECOND_NS, &[(4, 0x80 | 12), (2, 59), (0, 59)]);
    assert_eq!(time(&mut rtc, 3 * SECOND_NS)[4..7], [0x81, 0, 0]);
}

#[test]
fn update_in_progress_shows_just_before_the_second() {
    let mut rtc = rtc(0, 0);
    for (now, a) in [(0, 0x26), (SECOND_NS - UIP_NS, 0xa6), (SECOND_NS, 0x26)] {
        assert_eq!(read(&mut rtc, now, REG_A), a);
    }
}

#[test]
fn status_registers_c_and_d_are_read_only_and_cmos_keeps_its_bytes() {
    let mut rtc = rtc(0, 0);
    write(&mut rtc, 0, &[(REG_C, 0xff), (REG_D, 0), (0x40, 0x77), (REG_B, 0x72)]);
    rtc.reset();
    let found = [REG_C, REG_D, 0x40, REG_B].map(|index| read(&mut rtc, 0, index));
    assert_eq!(found, [0, 0x80, 0x77, 0x02]);
}

fn on(silicon: Silicon) -> Rtc {
    Rtc::new(&Wiring::new(silicon, 0, 1, Vec::new()))
}

/// MC146818A, "Divider control" and "Update cycle".
#[test]
fn the_divider_s_reset_holds_the_time_and_the_first_update_comes_half_a_second_behind_it() {
    for silicon in [Silicon::Ich9, Silicon::Qemu] {
        let mut rtc = on(silicon);
        let start = 100 * SECOND_NS + 123;
        write(&mut rtc, start, &[(REG_A, 0x76), (0, 0x58)]);
        let held = start + 7 * SECOND_NS;
        assert_eq!((read(&mut rtc, held, 0), read(&mut rtc, held, REG_A)), (0x58, 0x76));
        write(&mut rtc, held, &[(REG_A, 0x26)]);
        let update = held + SECOND_NS / 2;
        for (at, a, second) in [
            (update - UIP_NS - 1, 0x26, 0x58),
            (update - UIP_NS, 0xa6, 0x58),
            (update, 0x26, 0x59),
            (update + SECOND_NS - 1, 0xa6, 0x59),
        ] {
            assert_eq!((read(&mut rtc, at, REG_A), read(&mut rtc, at, 0)), (a, second), "{silicon:?} {at}");
        }
        // SET holds the time, not the divider.
        write(&mut rtc, update + SECOND_NS / 4, &[(REG_B, 0x92)]);
        assert_eq!(read(&mut rtc, update + SECOND_NS / 4, REG_B), 0x82, "SET clears UIE");
        write(&mut rtc, update + 3 * SECOND_NS / 2, &[(REG_B, 0x02)]);
        assert_eq!(read(&mut rtc, update + 2 * SECOND_NS - 1, 0), 0x59);
        assert_eq!(read(&mut rtc, update + 2 * SECOND_NS, 0), 0x00);
    }
}

/// 125 ms enabled at 30 ms; 500 ms behind the second interrupt.
#[test]
fn the_periodic_interrupt_keeps_to_the_divider_s_taps_and_on_qemu_to_the_last_interrupt() {
    const MS: u64 = 1_000_000;
    for (silicon, at) in [
        (Silicon::Ich9, [125 * MS, 250 * MS, 500 * MS, 1000 * MS]),
        (Silicon::Qemu, [155 * MS, 280 * MS, 780 * MS, 1280 * MS]),
    ] {
        let mut rtc = on(silicon);
        write(&mut rtc, 30 * MS, &[(REG_A, 0x2d), (REG_B, 0x42)]);
        for (n, at) in at.into_iter().enumerate() {
            assert_eq!(rtc.deadline(), Some(at), "{silicon:?}");
            assert_eq!(read(&mut rtc, at - 1, REG_C) & 0xc0, 0);
            if n == 1 {
                write(&mut rtc, at - 20 * MS, &[(REG_A, 0x2d)]);
            }
            assert_eq!(read(&mut rtc, at, REG_C) & 0xc0, 0xc0, "{silicon:?} {at}");
            if n == 1 {
                write(&mut rtc, at + 20 * MS, &[(REG_A, 0x2f)]);
            }
        }
        write(&mut rtc, 1300 * MS, &[(REG_A, 0x6f)]);
        assert_eq!(rtc.deadline(), None, "the divider's reset stops it");
    }
}

#[test]
fn the_rate_of_122_us_doesn_t_drift() {
    let mut rtc = on(Silicon::Ich9);
    write(&mut rtc, 0, &[(REG_A, 0x23), (REG_B, 0x42)]);
    let mut beats = 0;
    while let Some(at) = rtc.deadline().filter(|at| *at <= 10 * SECOND_NS) {
        assert_eq!(read(&mut rtc, at, REG_C) & 0x40, 0x40);
        beats += 1;
    }
    assert_eq!(beats, 81_920);
}

#[test]
fn board_qemu_has_its_boot_order_and_the_century_at_two_places() {
    let found = |silicon| [0x38, 0x3d, 0x37].map(|index| read(&mut on(silicon), 0, index));
    assert_eq!(found(Silicon::Qemu), [0x30, 0x12, 0x20]);
    assert_eq!(found(Silicon::Ich9), [0, 0, 0]);
    let mut rtc = on(Silicon::Qemu);
    write(&mut rtc, 0, &[(0x37, 0x19)]);
    assert_eq!(read(&mut rtc, 0, CENTURY), 0x19);
}

/// Silicon leaves it to software to write the time again when DM or 24/12 changes; QEMU does it itself.
#[test]
fn a_change_of_form_rewrites_the_time_on_qemu_only() {
    for (silicon, date) in [(Silicon::Qemu, [20, 26, 11, 29, 0x88]), (Silicon::Ich9, [0x20, 0x26, 0x11, 0x29, 0x20])] {
        let mut rtc = on(silicon);
        write(&mut rtc, 0, &[(CENTURY, 0x20), (9, 0x26), (8, 0x11), (7, 0x29), (4, 0x20)]);
        write(&mut rtc, 0, &[(REG_B, B_BINARY)]);
        assert_eq!(time(&mut rtc, 0)[..5], date, "{silicon:?}");
    }
}
