//! No guest can panic or hang its host: random bytes as code, random state, random page tables, random
//! registers. The run comes back when its budget is used up, whatever the guest does.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{Random, Rig};
use cpu::{Activity, SaveStateMap};

const MAPS: [SaveStateMap; 3] = [SaveStateMap::Intel64, SaveStateMap::Amd64, SaveStateMap::Qemu];

/// Bytes that make more than #UD: opcodes with their prefixes come often.
fn code(random: &mut Random, out: &mut [u8]) {
    const LIKELY: [u8; 24] = [
        0x0f, 0x66, 0x67, 0xf2, 0xf3, 0x48, 0x41, 0xcf, 0xcd, 0x9d, 0x8e, 0x0f, 0x01, 0x22, 0x30, 0x32, 0xaa, 0xff,
        0xea, 0x9a, 0xcb, 0xa4, 0xab, 0x6e,
    ];
    for byte in out {
        let n = random.next() >> 40;
        *byte = if n.is_multiple_of(3) { LIKELY[n as usize / 3 % LIKELY.len()] } else { (n >> 8) as u8 };
    }
}

fn start(random: &mut Random) -> Rig {
    let n = random.next() >> 32;
    let mut rig = match n % 3 {
        0 => Rig::real(MAPS[n as usize / 3 % 3]),
        _ => Rig::long(&[]),
    };
    rig.cpu.map = MAPS[n as usize / 3 % 3];
    rig.cpu.cr4 |= 0x600;
    if n % 3 == 2 {
        // compatibility mode or 16-bit code
        rig.cpu.seg[1].attr = [0xc09b, 0x809b][n as usize / 9 % 2];
    }
    let mut bytes = [0; 0x800];
    code(random, &mut bytes);
    rig.ram.put(common::CODE, &bytes);
    rig.ram.put(0x38000, &bytes[..0x100]);
    rig.cpu.rip = common::CODE + (random.next() >> 54);
    for r in rig.cpu.regs.iter_mut() {
        *r = random.next() >> (random.next() >> 58);
    }
    rig.cpu.regs[4] = common::STACK;
    rig
}

/// Runs it, with an SMI now and then, until its end or its budget's.
fn play(rig: &mut Rig, random: &mut Random) {
    for _ in 0..4 {
        if random.next() >> 62 == 0 {
            rig.smi();
        }
        rig.ram.level = if random.next() >> 61 == 0 { trace::Level::Instructions } else { trace::Level::Output };
        rig.ram.events.clear();
        rig.ram.ports.clear();
        rig.run();
        for _ in 0..4 {
            rig.step();
        }
        if rig.cpu.activity != Activity::Running {
            rig.cpu.activity = Activity::Running;
            rig.cpu.rip = common::CODE + (random.next() >> 54);
        }
    }
}

fn random_code(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut random = Random(seed * 0x9e37_79b9 + 1);
        let mut rig = start(&mut random);
        play(&mut rig, &mut random);
    }
}

fn random_tables(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut random = Random(seed * 0x85eb_ca6b + 1);
        let mut rig = start(&mut random);
        // Tables, descriptors and gates; every 16th entry of the page table is spoilt.
        for at in (0x2000..0x3100).step_by(8).chain((0x10000..0x14000).step_by(8)) {
            if random.next() >> 60 == 0 {
                let value = random.next() >> (random.next() >> 59);
                rig.ram.put(at, &value.to_le_bytes());
            }
        }
        for s in &mut rig.cpu.seg {
            if random.next() >> 62 == 0 {
                *s = cpu::Segment {
                    selector: random.next() as u16,
                    attr: random.next() as u16,
                    limit: random.next() as u32,
                    base: random.next() >> (random.next() >> 58),
                };
            }
        }
        (rig.cpu.tr.base, rig.cpu.tr.limit) = (random.next() >> 40, random.next() as u32);
        play(&mut rig, &mut random);
    }
}

/// Any state at all, as an RSM from a spoilt save area may load it.
fn random_save_areas(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut random = Random(seed * 0xc2b2_ae35 + 1);
        let mut rig = start(&mut random);
        rig.ram.put(0x38000, &[0x0f, 0xaa]);
        rig.smi().step();
        for at in (0x3fc00..0x40000).step_by(8) {
            if random.next() >> 61 == 0 {
                let value = random.next() >> (random.next() >> 58);
                rig.ram.put(at, &value.to_le_bytes());
            }
        }
        play(&mut rig, &mut random);
    }
}

fn random_msrs(seeds: std::ops::Range<u64>) {
    const KNOWN: [u32; 14] =
        [0x10, 0x1b, 0x3a, 0x9e, 0x1a0, 0x1f2, 0x1f3, 0x201, 0x250, 0x277, 0x2ff, 0x4e0, 0xc000_0080, 0xc000_0101];
    for seed in seeds {
        let mut random = Random(seed * 0x27d4_eb2f + 1);
        let mut rig = start(&mut random);
        for _ in 0..16 {
            let n = random.next();
            rig.cpu.regs[1] = u64::from(if n >> 63 == 0 { KNOWN[(n >> 4) as usize % KNOWN.len()] } else { n as u32 });
            rig.cpu.regs[0] = random.next() >> (random.next() >> 58);
            rig.cpu.regs[2] = random.next() >> 62;
            rig.ram.put(common::CODE, &[0x0f, 0x30, 0x0f, 0x32]);
            rig.cpu.rip = common::CODE;
            rig.step();
        }
        play(&mut rig, &mut random);
    }
}

/// Selectors of four task state segments and of two gates to them.
const TASKS: std::ops::Range<u64> = 5..11;

/// Protected mode and virtual-8086 programs among tasks that are spoilt here and there.
fn random_tasks(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut random = Random(seed * 0x1656_67b1 + 1);
        let mut rig = Rig::protected(&[]);
        let mut bytes = [0; 0x400];
        code(&mut random, &mut bytes);
        // Far jumps, far calls, interrupts and returns that lead to other tasks.
        for chunk in bytes.chunks_exact_mut(16) {
            let n = random.next() >> 32;
            let selector = ((TASKS.start + n % 6) << 3 | n >> 8 & 3) as u8;
            match n >> 12 & 7 {
                0 => chunk[..7].copy_from_slice(&[0xea, 0, 0, 0, 0, selector, 0]),
                1 => chunk[..7].copy_from_slice(&[0x9a, 0, 0, 0, 0, selector, 0]),
                2 => chunk[..2].copy_from_slice(&[0xcd, (n >> 16) as u8 % 32]),
                3 => chunk[0] = 0xcf,
                _ => {}
            }
        }
        rig.ram.put(common::CODE, &bytes);
        rig.ram.put(0x6000, &bytes[..0x200]);
        for (n, tss) in (TASKS.start..).zip([common::TSS, 0x4400, 0x4800, 0x4c00]) {
            let kind = [9, 11, 1, 3][(random.next() >> 62) as usize];
            let limit = if random.next() >> 61 == 0 { random.next() >> 57 } else { 0xff };
            rig.ram.put(common::GDT + n * 8, &(limit | tss << 16 | kind << 40 | 0xe0 << 40).to_le_bytes());
            for at in (0..0x68).step_by(4) {
                let n = random.next();
                let value = match at {
                    0 | 0x48.. if n >> 62 != 0 => [8, 16, 27, 35, 40, 48, 56, 0xa00][(n >> 58 & 7) as usize],
                    0x20 if n >> 62 != 0 => common::CODE + (n >> 54),
                    0x38 | 4 if n >> 62 != 0 => common::STACK,
                    8 if n >> 62 != 0 => 16,
                    0x24 => n >> 32 & 0x3_7fff | (n >> 20 & 1) << 17,
                    _ => n >> (n >> 59),
                };
                rig.ram.put(tss + at, &(value as u32).to_le_bytes());
            }
        }
        for n in [TASKS.end - 2, TASKS.end - 1] {
            let to = TASKS.start + random.next() % 4;
            rig.ram.put(common::GDT + n * 8, &(to << 19 | 0xe5 << 40).to_le_bytes());
        }
        for vector in 0..32 {
            if random.next() >> 62 == 0 {
                let to = TASKS.start + random.next() % 4;
                rig.ram.put(common::IDT + vector * 8, &(to << 19 | 0xe5 << 40).to_le_bytes());
            }
        }
        rig.cpu.rip = common::CODE + (random.next() >> 54);
        rig.cpu.rflags |= random.next() & (0x3_7f00 & !cpu::flag::VM);
        match random.next() >> 62 {
            0 => {
                rig.cpu.rflags |= cpu::flag::VM;
                rig.cpu.cpl = 3;
                rig.cpu.seg = [cpu::Segment { attr: 0xf3, ..cpu::Segment::real(0) }; 6];
            }
            1 => rig = rig.outer(),
            _ => {}
        }
        if random.next() >> 62 == 0 {
            rig.ram.put(0x20000, &0x21007u32.to_le_bytes());
            for page in 0..0x400u32 {
                let rights = if random.next() >> 60 == 0 { random.next() as u32 & 7 } else { 7 };
                rig.ram.put(0x21000 + u64::from(page) * 4, &(page << 12 | rights).to_le_bytes());
            }
            (rig.cpu.cr3, rig.cpu.cr0) = (0x20000, 0x8001_0011);
        }
        play(&mut rig, &mut random);
    }
}

#[test]
fn nothing_that_a_guest_runs_brings_its_host_down() {
    random_code(0..300);
    random_tables(0..300);
    random_save_areas(0..300);
    random_msrs(0..200);
    random_tasks(0..300);
}

#[test]
#[ignore = "soak"]
fn nothing_that_a_guest_runs_for_long_brings_its_host_down() {
    // In turn, so that each kind has its share however long this is let run.
    for first in (300..15_000).step_by(100) {
        random_code(first..first + 100);
        random_tables(first..first + 100);
        random_save_areas(first..first + 100);
        random_msrs(first..first + 100);
        random_tasks(first..first + 100);
        println!("{} machines of each kind", first - 200);
    }
}
