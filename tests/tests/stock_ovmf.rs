//! Debian's OVMF, built with SMM_REQUIRE, comes to its shell on board `qemu` as on QEMU: EDK II's own SMM core, variable and
//! CPU drivers at work. Minutes long, so `cargo xtask soak` runs it.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Config, Machine, Stop, View};
use e2e::firmware::flash;
use e2e::ovmf::boots_until;
use pi::variable::find;
use std::collections::BTreeSet;
use std::fs;
use trace::{Event, Kind, Level, Output, Sink, SmiSource};

const BANNER: &str = "UEFI Interactive Shell v2.2";
/// It takes 2.3 thousand million.
const MOST: u64 = 8_000_000_000;

#[derive(Default)]
struct Seen {
    serial: Vec<u8>,
    relocations: u32,
    calls: u32,
    left: u32,
    shutdown: Option<String>,
}

impl Sink for Seen {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        match event.kind {
            Kind::Output { to: Output::Serial, byte } => self.serial.push(byte),
            Kind::SmiRequest { source: SmiSource::Ipi, .. } => self.relocations += 1,
            Kind::SmiRequest { source: SmiSource::Apm, .. } => self.calls += 1,
            Kind::SmmLeft { .. } => self.left += 1,
            Kind::Shutdown { why } => self.shutdown = Some(why),
            _ => {}
        }
    }
}

/// What a person reads, without the escape sequences.
fn lines(serial: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(serial).into_owned();
    text.lines().filter_map(|line| line.find("BdsDxe: ").map(|at| line[at..].trim_end().to_owned())).collect()
}

fn names(image: &[u8]) -> BTreeSet<String> {
    let nvram = find(image, 0).unwrap().unwrap();
    let store = nvram.store(image).unwrap();
    store.check().unwrap();
    store.live().map(|variable| variable.contents.text().unwrap()).collect()
}

fn image() -> (Vec<u8>, Vec<u8>) {
    let file = |name| fs::read(format!("/usr/share/OVMF/{name}")).expect("sudo apt-get install ovmf");
    (file("OVMF_VARS_4M.fd"), file("OVMF_CODE_4M.secboot.fd"))
}

/// To the shell, with each processor's SMBASE moved and SMRAM locked.
fn boots(cpus: u8) -> (Machine, Seen) {
    let (vars, code) = image();
    let config = Config { board: Board::Qemu, cpus, ram_mib: 128, bios: [vars, code].concat(), ..Config::default() };
    let mut machine = Machine::new(&config).unwrap();
    let mut seen = Seen::default();
    while !String::from_utf8_lossy(&seen.serial).contains(BANNER) {
        assert!(machine.instructions() < MOST, "{}", String::from_utf8_lossy(&seen.serial));
        assert_eq!(machine.run_instructions(10_000_000, &mut seen), Stop::Limit, "{:?}", seen.shutdown);
    }
    println!("{cpus}: {} instructions, {} SMIs", machine.instructions(), seen.calls + seen.relocations);
    let cpus = u32::from(cpus);
    assert_eq!(seen.relocations, cpus);
    // 622 on QEMU, until the prompt that comes behind.
    assert!(seen.calls > 500, "{}", seen.calls);
    // They may be in one just now.
    assert!(cpus * (seen.calls + 1) - seen.left <= cpus, "{}", seen.left);
    let (tseg, _) = machine.tseg().unwrap();
    let mut bytes = [0; 64];
    machine.peek(View::Os, tseg, &mut bytes);
    assert_eq!(bytes, [0xff; 64], "locked");
    (machine, seen)
}

#[test]
#[ignore = "soak"]
fn two_processors_meet_in_the_smm_of_a_stock_ovmf() {
    boots(2);
}

#[test]
#[ignore = "soak"]
fn a_stock_ovmf_comes_to_its_shell_with_its_own_smm_as_on_qemu() {
    let (machine, seen) = boots(1);
    let (vars, code) = image();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("code"), &code).unwrap();
    fs::write(folder.path().join("vars"), &vars).unwrap();
    let serial = folder.path().join("serial");
    let read = || fs::read(&serial).unwrap_or_default();
    assert!(boots_until(folder.path(), true, || String::from_utf8_lossy(&read()).contains(BANNER)));
    assert_eq!(lines(&seen.serial), lines(&read()));
    let size = vars.len() + code.len();
    let (ours, theirs) = (names(&flash(&machine, size)), names(&fs::read(folder.path().join("vars")).unwrap()));
    assert!(ours.contains("BootOrder") && ours.is_subset(&theirs), "{ours:?}\n{theirs:?}");
}
