//! Every opcode form that a stock firmware executes (`tests/forms.tsv`) decodes and runs here. What each
//! calculates is compared elsewhere: `tests/tests/differential/forms.rs` says where.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, GDT, Rig, STACK, TSS};
use cpu::{Activity, SaveStateMap};
use trace::Kind;

const FORMS: &str = include_str!("../../../tests/forms.tsv");
const OPERAND: u64 = 0x5000;
const HANDLER: u64 = 0x38000;
/// Where near and far transfers through memory and the stack lead.
const TARGET: u64 = 0x7000;

/// A machine in the form's mode in which it has no reason to fault.
fn prepared(mode: &str, name: &str, code: &[u8]) -> Rig {
    let mut rig = match mode {
        "64" => Rig::long(code),
        "32" => Rig::protected(code),
        _ => Rig::real(SaveStateMap::Intel64),
    };
    rig.ram.put(CODE, code);
    rig.ram.put(HANDLER, code);
    rig.ram.put(OPERAND, &operand(name));
    // RET, RETF, IRETQ find their frames; POP finds a number.
    for (at, word) in (STACK..).step_by(8).zip([TARGET, 8, 2, STACK, 16]) {
        rig.ram.put(at, &word.to_le_bytes());
    }
    if mode == "32" {
        rig.ram.put(STACK + 4, &8u32.to_le_bytes());
    }
    // An available task state segment for LTR.
    rig.ram.put(GDT + 48, &(0x0000_8900_0000_0067 | TSS << 16).to_le_bytes());
    rig.ram.put(GDT + 56, &[0; 8]);
    rig.cpu.gdtr.limit = 0xff;
    rig.cpu.regs.iter_mut().for_each(|r| *r = OPERAND);
    rig.cpu.regs[4] = STACK;
    // The time stamp counter, a port, and a count for shifts and loops.
    (rig.cpu.regs[1], rig.cpu.regs[2]) = (0x10, 0x80);
    rig.cpu.cr4 |= 0x600;
    rig.cpu.fpu.initialise();
    rig
}

/// What lies at the memory operand.
fn operand(name: &str) -> Vec<u8> {
    match name.split(' ').next().unwrap() {
        "JMP" if name.contains(':') => vec![0x00, 0x70, 0, 0, 8, 0],
        "JMP" | "CALL" => TARGET.to_le_bytes().to_vec(),
        "LTR" => vec![48, 0],
        "MOV" if name.contains("Sreg, r/") || name.contains("Sreg, r32") => vec![16, 0],
        "LDMXCSR" | "FXRSTOR" | "FXRSTOR64" | "LGDT" | "LIDT" => vec![0; 512],
        // Divisors that the dividend's high half stays below.
        _ => vec![0x7f; 512],
    }
}

#[test]
fn every_opcode_form_that_a_stock_firmware_executes_runs() {
    let mut executed = 0;
    for row in FORMS.lines().filter(|l| !l.starts_with('#')).skip(1) {
        let [mode, name, _, hex] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let code: Vec<u8> =
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
        let mut rig = prepared(mode, name, &code);
        if name == "RSM" {
            rig.smi().step();
        }
        rig.ram.events.clear();
        rig.step();
        let fault = rig.ram.kinds().find(|k| matches!(k, Kind::Exception { .. } | Kind::Shutdown { .. }));
        assert_eq!(fault, None, "{row}");
        assert!(name == "RSM" || rig.cpu.activity != Activity::Running || rig.cpu.rip != CODE, "{row}: stands still");
        executed += 1;
    }
    assert_eq!(executed, 552, "403 forms in up to three modes");
}
