//! Expectations from the PC16550D datasheet and from what QEMU 7.2 answers.

use super::*;
use trace::{Level, Recorder};

/// Runs `drive` and returns the bytes sent.
fn sent(uart: &mut Uart, drive: impl Fn(&mut Uart, &mut Cx)) -> Vec<u8> {
    let mut recorder = Recorder::new(Level::Output);
    drive(uart, &mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut recorder });
    let kinds = recorder.into_events().into_iter().map(|event| event.kind);
    kinds
        .filter_map(|kind| if let Kind::Output { to: Output::Serial, byte } = kind { Some(byte) } else { None })
        .collect()
}

fn write(uart: &mut Uart, writes: &[(u16, u8)]) -> Vec<u8> {
    sent(uart, |uart, cx| writes.iter().for_each(|&(register, byte)| uart.write(cx, register, byte)))
}

fn input(uart: &mut Uart, bytes: &[u8]) {
    sent(uart, |uart, cx| bytes.iter().for_each(|&byte| uart.input(cx, byte)));
}

#[test]
fn registers_after_reset_are_those_of_the_part() {
    let mut uart = Uart::new();
    let read: Vec<u8> = (0..8).map(|register| uart.read(register)).collect();
    assert_eq!(read, [0, 0, 1, 0, 8, 0x60, 0xb0, 0]);
}

#[test]
fn a_byte_written_is_sent_and_the_transmitter_stays_empty() {
    let mut uart = Uart::new();
    assert_eq!(write(&mut uart, &[(0, b'O'), (0, b'K')]), *b"OK");
    assert_eq!(uart.read(5), 0x60);
}

#[test]
fn dlab_shows_the_divisor_and_scratch_keeps_its_byte() {
    let mut uart = Uart::new();
    assert_eq!(write(&mut uart, &[(3, 0x83)]).len(), 0);
    assert_eq!((uart.read(0), uart.read(1)), (12, 0));
    assert_eq!(write(&mut uart, &[(0, 1), (1, 2), (3, 3), (7, 0x5a), (1, 0xff), (4, 0xff)]).len(), 0);
    assert_eq!([1, 3, 4, 7].map(|register| uart.read(register)), [0x0f, 3, 0x1f, 0x5a]);
    write(&mut uart, &[(3, 0x83)]);
    assert_eq!((uart.read(0), uart.read(1)), (1, 2));
}

#[test]
fn received_bytes_wait_in_order_and_none_is_lost_to_a_slow_reader() {
    let mut uart = Uart::new();
    let bytes: Vec<u8> = (0..100).collect();
    input(&mut uart, &bytes);
    assert_eq!(uart.pending(), 100);
    let mut read = Vec::new();
    while uart.read(5) & 1 != 0 {
        read.push(uart.read(0));
    }
    assert_eq!(read, bytes);
    assert_eq!(uart.read(5), 0x60);
}

#[test]
fn the_line_is_bounded() {
    let mut uart = Uart::new();
    input(&mut uart, &vec![0; 2 * LINE_LIMIT]);
    assert_eq!(uart.pending(), LINE_LIMIT + 1);
}

#[test]
fn clearing_the_fifo_drops_what_it_holds_and_no_more() {
    let mut uart = Uart::new();
    write(&mut uart, &[(2, 1)]);
    input(&mut uart, &[7; 20]);
    write(&mut uart, &[(2, 3)]);
    assert_eq!(uart.pending(), 4);
}

#[test]
fn loopback_receives_what_it_sends_and_mirrors_the_modem_lines() {
    let mut uart = Uart::new();
    assert_eq!(write(&mut uart, &[(4, 0x10), (0, 0x41)]).len(), 0);
    assert_eq!((uart.read(5), uart.read(0), uart.read(5)), (0x61, 0x41, 0x60));
    for (mcr, msr) in [(0x1f, 0xf0), (0x13, 0x30), (0x10, 0x00), (0x00, 0xb0)] {
        write(&mut uart, &[(4, mcr)]);
        assert_eq!(uart.read(6), msr, "{mcr:x}");
    }
}

#[test]
fn overrun_keeps_the_newest_without_fifo_and_the_oldest_with_it() {
    let mut uart = Uart::new();
    write(&mut uart, &[(4, 0x10), (0, 1), (0, 2)]);
    assert_eq!((uart.read(5), uart.read(5), uart.read(0)), (0x63, 0x61, 2));
    write(&mut uart, &[(2, 0x01)]);
    let many: Vec<(u16, u8)> = (0..18).map(|byte| (0, byte)).collect();
    write(&mut uart, &many);
    assert_eq!(uart.read(5), 0x63);
    let read: Vec<u8> = (0..16).map(|_| uart.read(0)).collect();
    assert_eq!(read, (0..16).collect::<Vec<u8>>());
    assert_eq!(uart.read(5), 0x60);
}

#[test]
fn interrupts_come_by_priority_and_raise_the_line_only_behind_out2() {
    let mut uart = Uart::new();
    write(&mut uart, &[(1, 0x0f)]);
    assert!(uart.irq());
    assert_eq!((uart.read(2), uart.read(2)), (0x02, 0x01));
    write(&mut uart, &[(0, 1), (2, 0x41)]);
    input(&mut uart, &[9]);
    assert_eq!(uart.read(2), 0xcc, "below the trigger level: receiver time-out");
    input(&mut uart, &[9; 3]);
    assert_eq!(uart.read(2), 0xc4);
    write(&mut uart, &[(4, 0)]);
    assert!(!uart.irq());
    write(&mut uart, &[(2, 0)]);
    assert_eq!((uart.read(2), uart.read(2)), (0x02, 0x01));
}
