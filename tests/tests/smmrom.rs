//! SMM conformance: a ROM asks QEMU and our machine the same questions, the answers must agree.
//! What may differ is listed here, each entry with the document that says so.

use board::Board;
use e2e::conformance::{Allowed, Rules, Unsettled};
use e2e::{Ran, machine, qemu};
use std::path::Path;
use std::process::Command;

/// Where QEMU 7.2 departs from the manuals, or the manuals leave it open.
const QEMU_DEVIATIONS: Rules = Rules {
    allowed: &[
        Allowed {
            key: "gate.only_apmc",
            values: &["00000000"],
            because: "ICH9 316972, SMI_EN bit 0: without GBL_SMI_EN no SMI; QEMU asks APMC_EN only",
        },
        Allowed {
            key: "real.entry.eos",
            values: &["00000000"],
            because: "ICH9 316972, SMI_EN bit 1: hardware clears EOS when it sends SMI#; QEMU keeps it",
        },
        Allowed {
            key: "real.entry.smi_sts",
            values: &["00000020"],
            because: "ICH9 316972, SMI_STS bit 5: set by a write to APM_CNT; QEMU never sets it",
        },
        Allowed {
            key: "halt.auto_halt_slot",
            values: &["00", "01"],
            because: "AMD64 APM vol. 2, auto-halt restart: written on entry; QEMU leaves the byte alone",
        },
        Allowed {
            key: "aseg.closed.read",
            values: &["FFFFFFFF", "00000000"],
            because: "316966, access to A0000h with D_OPEN = 0 goes to PCI; QEMU without VGA falls through to RAM",
        },
        Allowed {
            key: "lock.tsegmb.after_write",
            values: &["00F00000"],
            because: "316966, TSEGMB: read-only once D_LCK is set; in QEMU it is a scratch register",
        },
    ],
    unsettled: &[Unsettled {
        key: "long.area.7E90",
        byte: 2,
        because: "SDM vol. 2, LTR: the loaded descriptor is busy (8Bh); QEMU saves 89h",
    }],
};

/// How the `ich9` board must differ from QEMU: the keys above, and the Intel 64 map.
const ICH9: &[(&str, &str)] = &[
    ("map.revision", "00030101"),
    ("gate.only_apmc", "00000000"),
    ("real.entry.eos", "00000000"),
    ("real.entry.smi_sts", "00000020"),
    ("halt.auto_halt_slot", "01"),
    ("aseg.closed.read", "FFFFFFFF"),
    // 316966, ESMRAMC: E_SMERR, since the ROM has read TSEG from outside SMM.
    ("lock.esmramc.after_write", "79"),
    ("lock.tsegmb.after_write", "00F00000"),
    ("warm.smi_lock", "00"),
];

fn ours(board: Board) -> Ran {
    let mut machine = machine::power_on(board, &e2e::rom("conformance").bytes, None);
    machine::run(&mut machine)
}

fn is_area(line: &&&str) -> bool {
    line.contains(".area.")
}

#[test]
fn the_qemu_board_answers_every_question_as_qemu_does() {
    let reference = qemu::run(&e2e::rom("conformance").bytes, None);
    let ours = ours(Board::Qemu);
    assert!(reference.lines().len() > 150, "{}", reference.log);
    let differences = QEMU_DEVIATIONS.differences(&reference.lines(), &ours.lines());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(ours.exit, reference.exit);
}

#[test]
fn the_ich9_board_differs_from_qemu_only_where_the_ich9_does() {
    let reference = qemu::run(&e2e::rom("conformance").bytes, None);
    let ours = ours(Board::Ich9);
    let expected: Vec<String> = reference
        .lines()
        .iter()
        .filter(|line| !is_area(line))
        .map(|line| {
            let key = line.split('=').next().unwrap_or_default();
            let own = ICH9.iter().find(|(name, _)| *name == key);
            own.map_or_else(|| line.to_string(), |(_, value)| format!("{key}={value}"))
        })
        .collect();
    let lines = ours.lines();
    let found: Vec<&str> = lines.iter().filter(|line| !is_area(line)).copied().collect();
    let differences: Vec<String> = expected
        .iter()
        .zip(&found)
        .filter(|(expected, found)| expected.as_str() != **found)
        .map(|(expected, found)| format!("expected {expected}, found {found}"))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(expected.len(), found.len(), "{}", ours.log);
}

#[test]
fn an_smi_leaves_the_same_answers_each_time_the_rom_runs() {
    assert_eq!(ours(Board::Qemu), ours(Board::Qemu));
}

/// A ROM that others wrote, for those who have it beside the repository. Its own checker judges.
#[test]
fn the_reference_rom_passes_its_own_checker_where_it_is_at_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/smmrom");
    let Ok(bios) = std::fs::read(folder.join("smmrom.bin")) else {
        println!("no ../shared/smmrom: nothing to compare");
        return;
    };
    let mut machine = machine::power_on(Board::Qemu, &bios, None);
    let ran = machine::run(&mut machine);
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out.txt");
    std::fs::write(&out, &ran.log).unwrap();
    let check = Command::new("python3")
        .args([folder.join("check.py"), out, folder.join("expected.txt")])
        .output()
        .expect("python3 (sudo apt-get install python3) runs the checker");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    assert_eq!((ran.exit, ran.lines().len()), (0, 205));
}
