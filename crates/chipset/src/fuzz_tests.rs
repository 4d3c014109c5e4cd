//! Random accesses: whatever a guest does, no panic, and the same accesses give the same state.

use crate::*;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use trace::{Event, Input, Level, ResetKind, Sink};

const OPERATIONS: u32 = 200_000;

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() % from.len() as u64) as usize]
    }
}

/// Builds every event and counts it.
struct Count(u64);

impl Sink for Count {
    fn level(&self) -> Level {
        Level::Instructions
    }
    fn event(&mut self, _: Event) {
        self.0 += 1;
    }
}

/// Ports near devices, more often than not; any port now and then.
fn port(random: &mut Random) -> u16 {
    let base = random.pick(&[
        0x20u16, 0x40, 0x60, 0x70, 0x80, 0xa0, 0x92, 0xb2, 0xe9, 0xf4, 0x3f8, 0x402, 0x4d0, 0x500, 0x502, 0x510, 0xcf8,
        0xcfc, 0x600, 0x630, 0x660, 0x670, 0xfffc,
    ]);
    match random.next() % 16 {
        0 => random.next() as u16,
        _ => base.wrapping_add((random.next() % 16) as u16),
    }
}

/// Often all ones, a lone bit or something that enables the devices.
fn value(random: &mut Random) -> u64 {
    match random.next() % 5 {
        0 => u64::MAX,
        1 => 1 << (random.next() % 64),
        2 => random.pick(&[
            0x8000_0000,
            0x8000_009c,
            0x8000_f840,
            0x8000_f8f0,
            0x601,
            0x80,
            0xfed1_c001,
            0xb000_0001,
            0x8000_f8dc,
            0x8000_f848,
            0x8000_e8c0,
            0x501,
            7,
            0x2005,
        ]),
        _ => random.next(),
    }
}

fn touch(random: &mut Random) -> Input {
    let on = random.next().is_multiple_of(2);
    match random.next() % 7 {
        0 => Input::PowerButton(on),
        1 => Input::Thermal(on),
        2 => Input::Gpio { pin: random.next() as u8 % 20, high: on },
        3 => Input::Intruder(on),
        4 => Input::Battery(on),
        5 => Input::SerirqSmi(on),
        _ => Input::PowerCut,
    }
}

fn step(chipset: &mut Chipset, cx: &mut Cx, random: &mut Random) {
    let size = random.pick(&[1, 2, 4]);
    let wide = random.pick(&[0, 1, 2, 4, 8, 9]);
    let addr = random.pick(&[0xb000_0000, 0xb00f_8000, 0xfed1_c000, 0xffff_0000]) + random.next() % 0x4008;
    let spi = 0xfed1_f800 + random.next() % 0xd8;
    match random.next() % 19 {
        0..=4 => {
            chipset.port_read(cx, port(random), size);
        }
        5..=10 => chipset.port_write(cx, port(random), size, value(random) as u32),
        11 => {
            chipset.mmio_read(cx, addr, wide);
        }
        12 => {
            chipset.mmio_write(cx, addr, wide, value(random));
        }
        13 => {
            let offset = random.next() % 0x1_1000;
            let command = random.pick(&[0x40, 0x20, 0xd0, 0xe8, 0x60, 0x70, 0x90, 0x98, 0xff, 3]);
            chipset.flash_write(cx, offset, wide.max(1), command);
            chipset.flash().read(offset, wide);
        }
        14 => chipset.serial_input(cx, random.next() as u8),
        15 | 16 => {
            chipset.mmio_write(cx, spi, wide, value(random));
            chipset.mmio_read(cx, spi, wide);
        }
        17 => chipset.input(cx, touch(random)),
        _ => chipset.advance(cx),
    }
}

/// Memory that reads as anything and forgets what is written.
struct Noise(u64);

impl Memory for Noise {
    fn read(&mut self, at: u64, bytes: &mut [u8]) {
        let mut random = Random(self.0 ^ at | 1);
        bytes.fill_with(|| random.next() as u8 & 0x1f);
    }
    fn write(&mut self, _: u64, _: &[u8]) {}
}

/// Runs `OPERATIONS` and returns the hash of the state.
fn run(silicon: Silicon, seed: u64) -> u64 {
    let mut chipset = Chipset::new(Wiring {
        fw_cfg: vec![("opt/f".into(), vec![1, 2, 3])],
        ..Wiring::new(silicon, 64 << 20, 4, vec![0xff; 0x1_0000])
    });
    let mut random = Random(seed);
    let mut sink = Count(0);
    let mut now = 0u64;
    for _ in 0..OPERATIONS {
        let jump = random.pick(&[0, 1, 1000, 700_000_000]);
        now = now.saturating_add(if random.next().is_multiple_of(50_000) { u64::MAX / 16 } else { jump });
        let (cpu, smm) = (random.next() as u8 % 4, random.next().is_multiple_of(2));
        step(&mut chipset, &mut Cx { now, cpu, smm, all_smm: smm, sink: &mut sink }, &mut random);
        while chipset.take_smi().is_some() || chipset.take_nmi() {}
        if chipset.intr() {
            chipset.acknowledge();
        }
        if chipset.dma_pending() {
            chipset.run_dma(&mut Noise(random.next()));
        }
        if let Some(kind) = chipset.take_reset() {
            chipset.reset(kind);
        }
    }
    chipset.reset(ResetKind::Power);
    assert!(sink.0 > 1000);
    BuildHasherDefault::<DefaultHasher>::default().hash_one(&chipset)
}

#[test]
fn random_accesses_never_panic_and_are_repeatable_on_silicon() {
    assert_eq!(run(Silicon::Ich9, 0x9e37_79b9_7f4a_7c15), run(Silicon::Ich9, 0x9e37_79b9_7f4a_7c15));
}

#[test]
fn random_accesses_never_panic_and_are_repeatable_on_qemu() {
    assert_eq!(run(Silicon::Qemu, 0x2545_f491_4f6c_dd1d), run(Silicon::Qemu, 0x2545_f491_4f6c_dd1d));
}

#[test]
#[ignore = "soak"]
fn ten_minutes_of_random_accesses_never_panic() {
    let start = std::time::Instant::now();
    for seed in (1u64..).take_while(|_| start.elapsed().as_secs() < 600) {
        run(if seed % 2 == 0 { Silicon::Ich9 } else { Silicon::Qemu }, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
}
