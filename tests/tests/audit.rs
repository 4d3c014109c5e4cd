//! The audit's verdicts follow the machine's bits: each lock left open fails its own modules.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use audit::{Verdict, audit};
use board::{Agent, Board, Config, Machine};
use std::collections::BTreeMap;
use trace::Silent;

/// Part of what firmware locks, by name.
type Step = (&'static str, fn(&mut Bench));

/// A machine that nobody has booted, and what firmware would write to lock it.
struct Bench(Machine);

const PMBASE: u16 = 0x600;
const RCBA: u64 = 0xfed1_c000;

impl Bench {
    fn new(board: Board) -> Self {
        let config = Config { board, bios: vec![0xff; 1 << 20], ram_mib: 128, ..Config::default() };
        Bench(Machine::new(&config).unwrap())
    }
    fn port(&mut self, port: u16, size: usize, value: u32) {
        self.0.port_out(Agent::OS, port, size, value, &mut Silent);
    }
    fn config(&mut self, function: u32, at: u16, size: usize, value: u32) {
        self.port(0xcf8, 4, 0x8000_0000 | function | u32::from(at & 0xfc));
        self.port(0xcfc + (at & 3), size, value);
    }
    fn rcba(&mut self, at: u64, size: usize, value: u64) {
        self.0.write_memory(Agent::OS, RCBA + at, size, value, &mut Silent);
    }

    /// All that the modules ask for, but for the steps named.
    fn lock_all_but(mut self, left_out: &str) -> Self {
        self.config(0xf800, 0x40, 4, u32::from(PMBASE) | 1);
        self.config(0xf800, 0x44, 1, 0x80);
        self.config(0xf800, 0xf0, 4, RCBA as u32 | 1);
        let steps: [Step; 10] = [
            ("TSEG", |b| {
                b.config(0, 0xac, 4, 0x0700_0000);
                b.config(0, 0x9e, 1, 0x01);
            }),
            ("G_SMRAME", |b| b.config(0, 0x9d, 1, 0x0a)),
            ("D_LCK", |b| b.config(0, 0x9d, 1, 0x1a)),
            ("SMM_BWP", |b| b.config(0xf800, 0xdc, 1, 0x20)),
            ("BLE", |b| {
                b.0.port_out(Agent::OS, 0xcf8, 4, 0x8000_f8dc, &mut Silent);
                let cntl = b.0.port_in(Agent::OS, 0xcfc, 1, &mut Silent);
                b.port(0xcfc, 1, cntl | 2);
            }),
            ("SMI_EN", |b| b.port(PMBASE + 0x30, 4, 0x2003)),
            ("TCO_LOCK", |b| b.port(PMBASE + 0x68, 2, 0x1800)),
            ("SMI_LOCK", |b| b.config(0xf800, 0xa0, 1, 0x10)),
            ("BILD", |b| b.rcba(0x3410, 4, 0x0421)),
            ("FLOCKDN", |b| b.rcba(0x3804, 2, 0x8000)),
        ];
        steps.iter().filter(|(name, _)| *name != left_out).for_each(|(_, step)| step(&mut self));
        self
    }

    fn verdicts(&self) -> BTreeMap<&'static str, Verdict> {
        audit(&self.0).into_iter().map(|finding| (finding.module, finding.verdict)).collect()
    }

    /// What hangs on the SMRR is left out: only code in SMM can set it.
    fn failed(&self) -> Vec<&'static str> {
        let failed = |finding: audit::Finding| {
            let smrr = matches!(finding.module, "common.smrr" | "common.smm_dma");
            (finding.verdict == Verdict::Failed && !smrr).then_some(finding.module)
        };
        audit(&self.0).into_iter().filter_map(failed).collect()
    }
}

#[test]
fn each_lock_left_open_fails_its_own_modules_and_no_other() {
    for (left_out, failed) in [
        ("", &[][..]),
        ("D_LCK", &["common.smm"]),
        ("SMM_BWP", &["common.bios_wp"]),
        ("BLE", &["common.bios_wp"]),
        ("SMI_EN", &["common.bios_smi"]),
        ("TCO_LOCK", &["common.bios_smi"]),
        ("SMI_LOCK", &["common.bios_smi"]),
        ("BILD", &["common.bios_ts"]),
        ("FLOCKDN", &["common.spi_lock"]),
    ] {
        let bench = Bench::new(Board::Ich9).lock_all_but(left_out);
        assert_eq!(bench.failed(), failed, "without {left_out}");
    }
}

/// CHIPSEC's verdicts, which it gave on the same machines.
#[test]
fn tseg_without_smrr_is_nothing_certain_and_an_smrr_that_was_never_set_fails_it() {
    for (board, left_out, verdict) in [
        (Board::Qemu, "", Verdict::Warning),
        (Board::Qemu, "TSEG", Verdict::Failed),
        (Board::Qemu, "D_LCK", Verdict::Failed),
        (Board::Ich9, "", Verdict::Failed),
    ] {
        let verdicts = Bench::new(board).lock_all_but(left_out).verdicts();
        assert_eq!(verdicts["common.smm_dma"], verdict, "{board:?} without {left_out}");
    }
    let image = &e2e::firmware::images().release;
    for faults in [&[][..], &[r#"{"op": "pcd", "file": "PiSmmCpuDxeSmm", "word": "PcdSmrr", "value": 0}"#]] {
        let booted = lab::boot(e2e::firmware::edited(image, faults), Board::Ich9, |_| ()).unwrap();
        let verdicts = Bench(booted.history.machine().clone()).verdicts();
        let verdict = if faults.is_empty() { Verdict::Passed } else { Verdict::Failed };
        assert_eq!((verdicts["common.smm_dma"], verdicts["common.smrr"]), (verdict, verdict));
    }
}

#[test]
fn without_g_smrame_there_is_no_smram_to_lock() {
    let mut bench = Bench::new(Board::Ich9);
    bench.config(0, 0x9d, 1, 0x02);
    assert_eq!(bench.verdicts()["common.smm"], Verdict::NotApplicable);
    bench.config(0, 0x9d, 1, 0x0a);
    assert_eq!(bench.verdicts()["common.smm"], Verdict::Failed);
}

/// Without SMM_BWP, firmware may not have meant to use the SMI; with it, TCO_EN belongs there.
#[test]
fn tco_en_counts_by_smm_bwp() {
    for (smm_bwp, smi_en, verdict) in [
        (0x00, 0x2003, Verdict::Passed),
        (0x00, 0x0003, Verdict::Warning),
        (0x20, 0x0003, Verdict::Failed),
        (0x00, 0x2002, Verdict::Failed),
        (0x20, 0x2003, Verdict::Passed),
    ] {
        let mut bench = Bench::new(Board::Ich9);
        bench.config(0xf800, 0x40, 4, u32::from(PMBASE) | 1);
        bench.config(0xf800, 0x44, 1, 0x80);
        bench.config(0xf800, 0xdc, 1, smm_bwp);
        bench.port(PMBASE + 0x30, 4, smi_en);
        bench.port(PMBASE + 0x68, 2, 0x1800);
        bench.config(0xf800, 0xa0, 1, 0x10);
        assert_eq!(bench.verdicts()["common.bios_smi"], verdict, "{smm_bwp:x} {smi_en:x}");
    }
}

/// A part of 1 MiB whose descriptor lets the processors write these regions.
fn part(writes: u32) -> Vec<u8> {
    let mut part = vec![0xff; 1 << 20];
    for (at, word) in [
        (0x00, 0x0ff0_a55a_u32),
        (0x04, 0x0404_0001),
        (0x08, 0x0210_0306),
        (0x40, 0),
        (0x44, 0x00ff_0001),
        (0x48, 0x1fff),
        (0x4c, 0x1fff),
        (0x50, 0x1fff),
        (0x60, writes << 24 | 0x00ff_0000),
    ] {
        part[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    part
}

#[test]
fn the_descriptor_s_rights_decide_and_without_a_descriptor_there_are_none() {
    use Verdict::{Failed, Passed, Warning};
    let new = |writes| {
        let config = Config { bios: part(writes), ram_mib: 16, ..Config::default() };
        Bench(Machine::new(&config).unwrap())
    };
    for (writes, access, desc) in
        [(0x02, Passed, Passed), (0x0a, Warning, Passed), (0x06, Failed, Passed), (0x03, Failed, Failed)]
    {
        let verdicts = new(writes).verdicts();
        assert_eq!((verdicts["common.spi_access"], verdicts["common.spi_desc"]), (access, desc), "{writes:x}");
    }
    // It erases its own descriptor, and is reset.
    let mut bench = new(0x03);
    bench.config(0xf800, 0xf0, 4, RCBA as u32 | 1);
    bench.config(0xf800, 0xdc, 1, 1);
    bench.rcba(0x38c8, 4, 0x2005);
    bench.rcba(0x3808, 4, 0);
    bench.rcba(0x3806, 2, 7);
    bench.0.pass_time(2_000_000_000, &mut Silent);
    bench.port(0xcf9, 1, 6);
    assert_eq!(bench.verdicts()["common.spi_access"], Warning);
}

#[test]
fn cmos_memory_is_locked_in_both_banks_or_it_is_worth_a_warning() {
    for (rc, verdict) in [(0x1c, Verdict::Passed), (0x0c, Verdict::Warning), (0x10, Verdict::Warning)] {
        let mut bench = Bench::new(Board::Ich9);
        bench.config(0xf800, 0xf0, 4, RCBA as u32 | 1);
        bench.rcba(0x3400, 4, rc);
        assert_eq!(bench.verdicts()["common.rtclock"], verdict, "{rc:x}");
    }
}

#[test]
fn a_protected_range_over_the_bios_region_stands_in_for_smm_bwp() {
    for (range, passes) in [(0x81ff_0100u64, true), (0x81ff_0101, false), (0x01ff_0100, false)] {
        let mut bench = Bench::new(Board::Ich9).lock_all_but("SMM_BWP");
        bench.rcba(0x3874, 4, range);
        assert!(bench.failed().contains(&"common.bios_wp"), "FLOCKDN holds PR0 at 0");
        let mut bench = Bench::new(Board::Ich9);
        bench.config(0xf800, 0xf0, 4, RCBA as u32 | 1);
        bench.rcba(0x3874, 4, range);
        assert_eq!(!bench.failed().contains(&"common.bios_wp"), passes, "{range:x}");
    }
}

#[test]
fn on_the_parallel_flash_what_is_about_spi_does_not_apply() {
    let verdicts: BTreeMap<_, _> =
        audit(&Bench::new(Board::Qemu).0).into_iter().map(|finding| (finding.module, finding.verdict)).collect();
    for module in ["common.bios_wp", "common.spi_lock", "common.spi_desc", "common.remap", "common.rtclock"] {
        assert_eq!(verdicts[module], Verdict::NotApplicable, "{module}");
    }
    assert_eq!(verdicts["common.smm"], Verdict::NotApplicable);
}

/// The window that `common.remap` warns of does what it says.
#[test]
fn the_os_reads_tseg_through_the_reclaim_window_that_remap_warns_of() {
    let mut bench = Bench::new(Board::Ich9);
    bench.0.write_memory(Agent::OS, 0x0700_1000, 4, 0x5ec2_e700, &mut Silent);
    let mut bench = bench.lock_all_but("");
    let read = |bench: &mut Bench, at| bench.0.read_memory(Agent::OS, at, 4, &mut Silent);
    assert_eq!(read(&mut bench, 0x0700_1000), 0xffff_ffff);
    bench.config(0, 0xb0, 2, 0x0400);
    bench.config(0, 0x9a, 2, 0x0040);
    bench.config(0, 0x98, 2, 0x0040);
    assert_eq!(read(&mut bench, (1 << 32) + 0x0300_1000), 0x5ec2_e700);
    let remap = audit(&bench.0).into_iter().find(|finding| finding.module == "common.remap").unwrap();
    assert_eq!(remap.verdict, Verdict::Warning, "{}", remap.why);
}

#[test]
fn the_audit_leaves_the_machine_as_it_was_and_names_the_bits_it_read() {
    let bench = Bench::new(Board::Ich9).lock_all_but("");
    let before = bench.0.state_hash();
    let findings = audit(&bench.0);
    assert_eq!(bench.0.state_hash(), before);
    let wp = findings.iter().find(|finding| finding.module == "common.bios_wp").unwrap();
    assert_eq!(serde_json::to_value(wp).unwrap()["verdict"], "PASSED");
    assert_eq!((wp.read[0].register.as_str(), wp.read[0].value.as_str()), ("BIOS_CNTL", "22h"));
    assert_eq!(wp.read[0].bits, [("BIOSWE", 0), ("BLE", 1), ("SMM_BWP", 1)]);
}

#[test]
fn the_program_says_it_as_text_and_as_json_and_by_its_status() {
    let scratch = tempfile::tempdir().unwrap();
    let image = scratch.path().join("image.fd");
    std::fs::write(&image, &e2e::firmware::images().release).unwrap();
    let run = |more: &[&str]| e2e::cli::smmlab(&[&["audit", "--image", image.to_str().unwrap()], more].concat());
    let (text, json) = (run(&[]), run(&["--json"]));
    let findings: Vec<serde_json::Value> = serde_json::from_str(&json.out).unwrap();
    assert_eq!(findings.len(), 14);
    let failed = findings.iter().any(|finding| finding["verdict"] == "FAILED");
    assert_eq!((text.status, json.status), if failed { (3, 3) } else { (0, 0) });
    for finding in &findings {
        let line = format!("{:<14} {}", finding["verdict"].as_str().unwrap(), finding["module"].as_str().unwrap());
        assert!(text.out.contains(&line), "{line}\n{}", text.out);
    }
    let smm = findings.iter().find(|finding| finding["module"] == "common.smm").unwrap();
    assert_eq!(smm["verdict"], "PASSED", "the training firmware locks SMRAM");
    let missing = e2e::cli::smmlab(&["audit", "--image", "nowhere.fd"]);
    assert_eq!(missing.status, 2);
    assert!(missing.err.contains("nowhere.fd"), "{}", missing.err);
}
