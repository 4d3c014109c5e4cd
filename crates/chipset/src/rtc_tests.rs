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
