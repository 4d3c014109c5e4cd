//! `smmlab` as a black box: exit statuses, output files, and what it says about bad input.

use e2e::cli::{Ran, smmlab};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with ROMs to run.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Bench { folder: tempfile::tempdir().expect("a scratch folder") }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.at(name), bytes).expect("write a file");
        self.at(name)
    }

    /// A 64 KiB ROM whose reset vector is `code`.
    fn rom(&self, name: &str, code: &[u8]) -> PathBuf {
        let mut image = vec![0xff; 0x1_0000];
        image[0xfff0..0xfff0 + code.len()].copy_from_slice(code);
        self.file(name, &image)
    }

    /// `smmlab run --board qemu --ram 16 --bios BIOS …`
    fn run(&self, bios: &Path, more: &[&str]) -> Ran {
        let bios = bios.to_str().expect("a plain path");
        let common = ["run", "--board", "qemu", "--ram", "16", "--bios", bios];
        smmlab(&common.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    }
}

/// Bad input ends in status 2 and one line that names the trouble; never in a panic.
fn refused(ran: &Ran, names: &[&str]) {
    assert_eq!(ran.status, 2, "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    assert_eq!(ran.err.trim_end().lines().count(), 1, "more than one line:\n{}", ran.err);
    for name in names {
        assert!(ran.err.to_lowercase().contains(&name.to_lowercase()), "nothing about {name:?} in: {}", ran.err);
    }
}

// mov al, v; out F4h, al
const EXIT_3: &[u8] = &[0xb0, 0x03, 0xe6, 0xf4];
// cli; hlt
const HALT: &[u8] = &[0xfa, 0xf4];
// jmp $
const FOREVER: &[u8] = &[0xeb, 0xfe];
// mov al, 12h; out 80h, al; mov al, 34h; out 80h, al; cli; hlt
const POST: &[u8] = &[0xb0, 0x12, 0xe6, 0x80, 0xb0, 0x34, 0xe6, 0x80, 0xfa, 0xf4];
// mov al, 'A'; out E9h, al; mov dx, 402h; inc ax; out dx, al; cli; hlt
const DEBUG: &[u8] = &[0xb0, b'A', 0xe6, 0xe9, 0xba, 0x02, 0x04, 0x40, 0xee, 0xfa, 0xf4];
// lidt cs:[no limit]; int3: a triple fault. The table register's image is the 00s at FFFAh.
const SHUTDOWN: &[u8] = &[0x2e, 0x0f, 0x01, 0x1e, 0xfa, 0xff, 0xcc, 0xf4, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn a_value_on_port_f4h_becomes_the_exit_status() {
    let bench = Bench::new();
    assert_eq!(bench.run(&bench.rom("exit", EXIT_3), &[]).status, 7);
}

#[test]
fn hlt_with_interrupts_off_ends_with_status_0() {
    let bench = Bench::new();
    assert_eq!(bench.run(&bench.rom("halt", HALT), &[]).status, 0);
}

#[test]
fn a_triple_fault_ends_with_status_4() {
    let bench = Bench::new();
    assert_eq!(bench.run(&bench.rom("shutdown", SHUTDOWN), &[]).status, 4);
}

#[test]
fn the_instruction_limit_ends_with_status_6() {
    let bench = Bench::new();
    assert_eq!(bench.run(&bench.rom("forever", FOREVER), &["--limit", "1000"]).status, 6);
}

#[test]
fn post_codes_come_one_hex_byte_a_line() {
    let bench = Bench::new();
    let file = bench.at("post");
    bench.run(&bench.rom("post-rom", POST), &["--post", file.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(file).unwrap().to_lowercase(), "12\n34\n");
    let ran = bench.run(&bench.at("post-rom"), &["--post", "-"]);
    assert_eq!(ran.out.to_lowercase(), "12\n34\n");
}

#[test]
fn both_debug_ports_go_to_debugcon() {
    let bench = Bench::new();
    let file = bench.at("debug");
    let ran = bench.run(&bench.rom("debug-rom", DEBUG), &["--debugcon", file.to_str().unwrap()]);
    assert_eq!((fs::read_to_string(file).unwrap().as_str(), ran.status), ("AB", 0));
}

#[test]
fn the_demo_rom_runs_with_all_outputs_at_once() {
    let bench = Bench::new();
    let rom = bench.file("demo", demo_rom::ROM);
    let names = ["serial", "debug", "post", "fwtrace", "trace", "trace.jsonl"].map(|name| bench.at(name));
    let [serial, debug, post, fwtrace, trace, _] = names.each_ref().map(|path| path.to_str().unwrap());
    let outputs = ["--serial", serial, "--debugcon", debug, "--post", post, "--fwtrace", fwtrace, "--trace", trace];
    let ran = bench.run(&rom, &[&outputs[..], &["--limit", "200000"]].concat());
    assert_eq!(ran.status, 6, "the OS polls for ever: {}", ran.err);
    assert!(fs::read_to_string(serial).unwrap().contains("SMM Lab OS"));
    assert!(fs::read_to_string(debug).unwrap().ends_with("OS: running\n"));
    let codes: String = demo_rom::POST_CODES.iter().map(|code| format!("{code:02x}\n")).collect();
    assert_eq!(fs::read_to_string(post).unwrap().to_lowercase(), codes);
    assert_eq!(fs::read(fwtrace).unwrap(), b"");
    let events = trace::read_trace(fs::File::open(trace).unwrap()).unwrap();
    assert!(events.iter().any(|event| matches!(event.kind, trace::Kind::SmmEntered { .. })));
    assert_eq!(fs::read(rom).unwrap(), demo_rom::ROM, "the ROM file is as it was");
}

#[test]
fn a_trace_named_jsonl_is_text() {
    let bench = Bench::new();
    let file = bench.at("trace.jsonl");
    bench.run(&bench.rom("post-rom", POST), &["--trace", file.to_str().unwrap()]);
    let text = fs::read_to_string(file).unwrap();
    let codes = text.lines().filter(|line| line.contains("\"Post\"")).count();
    assert_eq!(codes, 2, "{text}");
    for line in text.lines() {
        serde_json::from_str::<trace::Event>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn two_runs_write_the_same_trace_file() {
    let bench = Bench::new();
    let rom = bench.file("demo", demo_rom::ROM);
    let traces = ["one", "two"].map(|name| {
        bench.run(&rom, &["--limit", "100000", "--trace", bench.at(name).to_str().unwrap()]);
        fs::read(bench.at(name)).unwrap()
    });
    assert!(traces[0] == traces[1] && !traces[0].is_empty());
}

#[test]
fn smi_flow_prints_the_stages_with_registers() {
    let ran = smmlab(&["smi-flow"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    for stage in ["OS", "SMI#", "Save State", "SMRAM", "RSM", "RAX"] {
        assert!(ran.out.contains(stage), "no {stage} in:\n{}", ran.out);
    }
    assert_eq!(ran.out, smmlab(&["smi-flow"]).out, "two runs differ");
}

#[test]
fn a_missing_rom_is_named() {
    let bench = Bench::new();
    refused(&bench.run(&bench.at("nowhere.rom"), &[]), &["nowhere.rom"]);
}

#[test]
fn a_folder_is_no_rom() {
    let bench = Bench::new();
    refused(&bench.run(bench.folder.path(), &[]), &[bench.folder.path().to_str().unwrap()]);
}

#[test]
fn a_rom_must_be_a_multiple_of_64_kib() {
    let bench = Bench::new();
    for size in [0, 1, 0xffff, 0x1_0001] {
        refused(&bench.run(&bench.file("odd.rom", &vec![0xff; size]), &[]), &["odd.rom", "64 KiB"]);
    }
}

#[test]
fn a_rom_may_have_16_mib_and_no_more() {
    let bench = Bench::new();
    let mut largest = vec![0xff; 16 << 20];
    let at = largest.len() - 16;
    largest[at..at + HALT.len()].copy_from_slice(HALT);
    assert_eq!(bench.run(&bench.file("largest.rom", &largest), &[]).status, 0);
    largest.extend([0xff; 0x1_0000]);
    refused(&bench.run(&bench.file("big.rom", &largest), &[]), &["big.rom", "16 MiB"]);
}

#[test]
fn an_unknown_board_is_answered_with_the_known_ones() {
    let bench = Bench::new();
    let rom = bench.rom("halt", HALT);
    let ran = smmlab(&["run", "--board", "amiga", "--bios", rom.to_str().unwrap()]);
    refused(&ran, &["amiga", "ich9", "qemu"]);
}

#[test]
fn absurd_amounts_of_ram_are_refused() {
    let bench = Bench::new();
    let rom = bench.rom("halt", HALT);
    for ram in ["0", "99999999", "18446744073709551616", "-1", "lots"] {
        let argument = format!("--ram={ram}");
        let ran = smmlab(&["run", "--board", "qemu", &argument, "--bios", rom.to_str().unwrap()]);
        refused(&ran, &["ram"]);
    }
}

#[test]
fn absurd_numbers_of_processors_are_refused() {
    let bench = Bench::new();
    let rom = bench.rom("halt", HALT);
    for cpus in ["0", "256", "many"] {
        refused(&bench.run(&rom, &["--cpus", cpus]), &["1 to 4"]);
    }
}

#[test]
fn a_log_that_cant_be_written_is_named_before_anything_runs() {
    let bench = Bench::new();
    let rom = bench.rom("forever", FOREVER);
    let nowhere = bench.at("no/such/folder/log");
    for option in ["--debugcon", "--post", "--serial", "--fwtrace", "--trace"] {
        let ran = bench.run(&rom, &[option, nowhere.to_str().unwrap(), "--limit", "100"]);
        refused(&ran, &[nowhere.to_str().unwrap()]);
    }
}

#[test]
fn an_output_never_overwrites_the_rom() {
    let bench = Bench::new();
    let rom = bench.rom("post-rom", POST);
    let before = fs::read(&rom).unwrap();
    let ran = bench.run(&rom, &["--post", rom.to_str().unwrap()]);
    assert!(fs::read(&rom).unwrap() == before, "the ROM was overwritten");
    refused(&ran, &["post-rom"]);
}

#[test]
fn an_unknown_option_or_command_is_status_2() {
    for arguments in [&["run", "--frobnicate"][..], &["fly"], &["run"], &[]] {
        let ran = smmlab(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.err);
        assert!(!ran.err.is_empty() && !ran.err.contains("panicked"), "{arguments:?}: {}", ran.err);
    }
}
