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
        let steps: [Step; 9] = [
            ("TSEG", |b| {
                b.config(0, 0xac, 4, 0x0700_0000);
                b.config(0, 0x9e, 1, 0x01);
            }),
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

    /// The SMRR is left out: only code in SMM can set it.
    fn failed(&self) -> Vec<&'static str> {
        let failed = |finding: audit::Finding| {
            (finding.verdict == Verdict::Failed && finding.module != "common.smrr").then_some(finding.module)
        };
        audit(&self.0).into_iter().filter_map(failed).collect()
    }
}

#[test]
fn each_lock_left_open_fails_its_own_modules_and_no_other() {
    for (left_out, failed) in [
        ("", &[][..]),
        ("TSEG", &["common.smm_dma"]),
        ("D_LCK", &["common.smm", "common.smm_dma"]),
        ("SMM_BWP", &["common.bios_wp", "common.bios_smi"]),
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
    for module in ["common.bios_wp", "common.bios_smi", "common.spi_lock", "common.spi_desc", "common.remap"] {
        assert_eq!(verdicts[module], Verdict::NotApplicable, "{module}");
    }
    assert_eq!(verdicts["common.smm"], Verdict::Failed);
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
    assert_eq!(findings.len(), 13);
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
