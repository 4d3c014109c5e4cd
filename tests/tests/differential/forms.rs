//! Where each opcode form that a stock firmware executes (`tests/forms.tsv`) is held against something: by
//! random instructions on QEMU, else by a unit test that is named here and must be there.

use crate::guest::{self, Places, Segment};
use iced_x86::{Code, Decoder, DecoderOptions};
use std::collections::HashSet;
use std::path::Path;

const FORMS: &str = include_str!("../../forms.tsv");

/// What the random instructions leave out: it would stop the frame, or its answer is the machine's own.
/// First words of the instruction; file under `crates/cpu/tests`; test.
const UNIT: [(&str, &str, &str); 16] = [
    ("CPUID", "floating.rs", "what_cpuid_does_not_announce_is_undefined"),
    ("RDTSC", "privilege.rs", "rdtsc_is_the_supervisors_when_cr4_tsd_is_set"),
    ("RDMSR", "smm_range.rs", "mtrrs_and_pat_refuse_reserved_bits_and_types"),
    ("WRMSR", "smm_range.rs", "mtrrs_and_pat_refuse_reserved_bits_and_types"),
    ("LGDT", "system.rs", "lgdt_and_lidt_load_as_many_base_bits_as_the_mode_and_the_operand_size_say"),
    ("LIDT", "system.rs", "lgdt_and_lidt_load_as_many_base_bits_as_the_mode_and_the_operand_size_say"),
    ("LTR", "system.rs", "ltr_loads_the_task_register_and_marks_the_descriptor_busy"),
    ("JMP", "system.rs", "real_mode_enters_protected_mode_as_firmware_does_it"),
    ("MOV", "system.rs", "real_mode_enters_protected_mode_as_firmware_does_it"),
    ("INSB", "system.rs", "ports_move_as_many_bytes_as_the_operand_has"),
    ("FXSAVE", "floating.rs", "fxsave_and_fxrstor_keep_everything_and_leave_the_rest_of_the_image"),
    ("FXRSTOR", "floating.rs", "fxsave_and_fxrstor_keep_everything_and_leave_the_rest_of_the_image"),
    ("LDMXCSR", "floating.rs", "reserved_mxcsr_bits_are_a_protection_fault"),
    ("FNINIT", "floating.rs", "the_x87_forms_of_a_stock_firmware_calculate"),
    ("FLDCW", "floating.rs", "the_pc_field_rounds_results_and_not_loads"),
    ("HLT", "events.rs", "hlt_ends_by_nmi_smi_and_an_interrupt_that_is_let_in"),
];

fn bits(segment: Segment) -> u32 {
    match segment {
        Segment::Bits64 => 64,
        Segment::Bits32 => 32,
        Segment::Bits16 => 16,
    }
}

/// Each code that trials execute, and the width of their segment.
fn tried(places: &Places) -> HashSet<(u32, Code)> {
    let mut seen = HashSet::new();
    for trial in crate::SEEDS.flat_map(|seed| guest::trials(seed, crate::MOST, places)) {
        let width = bits(trial.segment);
        let mut decoder = Decoder::new(width, &trial.code, DecoderOptions::NONE);
        while decoder.can_decode() {
            seen.insert((width, decoder.decode().code()));
        }
    }
    seen
}

fn is_a_test(file: &str, name: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cpu/tests").join(file);
    std::fs::read_to_string(path).unwrap().contains(&format!("fn {name}()"))
}

#[test]
fn every_opcode_form_that_a_stock_firmware_executes_is_compared_with_something() {
    let places = Places::of(&e2e::rom("differential"));
    let seen = tried(&places);
    let (mut by_qemu, mut by_unit, mut by_none) = (0, 0, String::new());
    for row in FORMS.lines().filter(|l| !l.starts_with('#')).skip(1) {
        let [mode, name, opcode, hex] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let code: Vec<u8> =
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
        let form = Decoder::new(mode.parse().unwrap(), &code, DecoderOptions::NONE).decode().code();
        if seen.contains(&(mode.parse().unwrap(), form)) {
            by_qemu += 1;
        } else if let Some((_, file, test)) = UNIT.iter().find(|(first, ..)| name.starts_with(first)) {
            assert!(is_a_test(file, test), "{file} has no test {test}");
            println!("{mode}-bit {name} ({opcode}): {file}, {test}");
            by_unit += 1;
        } else {
            by_none += &format!("{row}\n");
        }
    }
    println!("{by_qemu} forms compared with QEMU, {by_unit} by unit tests");
    assert_eq!(by_none, "", "nothing covers these");
}
