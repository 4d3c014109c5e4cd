//! The training firmware's images, and runs of them on QEMU and on ours.

use board::{Board, Config, Machine, Stop, View};
use pi::edit::{Edit, apply};
use pi::record::layout::Record;
use pi::record::{Located, RecordError};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use trace::{Level, Output, Recorder};

use crate::{machine, qemu};

/// The image is small, but RAM must hold TSEG and the boot's memory.
pub const RAM_MIB: u32 = 16;
/// Instructions after which a boot counts as hung.
pub const PATIENCE: u64 = 20_000_000;

pub struct Images {
    pub debug: Vec<u8>,
    pub release: Vec<u8>,
    /// As `smmlab --images` takes it.
    pub folder: PathBuf,
}

/// Builds both images as a person would (a moment when they are up to date).
pub fn images() -> &'static Images {
    static IMAGES: OnceLock<Images> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let run = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--package=xtask", "--", "firmware"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .output()
            .expect("cargo can be started");
        let files: Vec<PathBuf> = String::from_utf8_lossy(&run.stdout).lines().map(PathBuf::from).collect();
        let [debug, release] = &files[..] else { panic!("{}", String::from_utf8_lossy(&run.stderr)) };
        let read = |path: &Path| fs::read(path).expect("the image that was just built");
        let folder = debug.ancestors().nth(2).expect("debug/smmlab.fd in it").into();
        Images { debug: read(debug), release: read(release), folder }
    })
}

/// The image with these edits done, each in JSON as docs/edits.md has them.
pub fn edited(image: &[u8], edits: &[&str]) -> Vec<u8> {
    let parse = |text: &&str| serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let edits: Vec<Edit> = edits.iter().map(parse).collect();
    apply(image, &edits).unwrap_or_else(|error| panic!("{error}"))
}

/// What a boot left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// Port 402h.
    pub log: String,
    /// COM1.
    pub console: String,
    pub post: Vec<u8>,
    /// Port 502h, without times.
    pub records: Vec<Record>,
    /// The index of the processor that wrote each of them.
    pub writers: Vec<u8>,
    /// 0 when the script is done.
    pub exit: Option<u32>,
}

impl Boot {
    /// None: a record isn't whole, or the text isn't ASCII.
    fn new(log: Vec<u8>, console: Vec<u8>, post: Vec<u8>, records: &[u8], exit: Option<u32>) -> Option<Boot> {
        let written = |located: Result<Located, RecordError>| located.ok().map(|it| (it.record, it.cpu));
        let (records, writers) = pi::record::read(records).map(written).collect::<Option<_>>()?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        Some(Boot { log: text(log)?, console: text(console)?, post, records, writers, exit })
    }

    /// What one processor wrote.
    pub fn records_of(&self, cpu: u8) -> Vec<Record> {
        self.records
            .iter()
            .zip(&self.writers)
            .filter(|(_, writer)| **writer == cpu)
            .map(|(record, _)| *record)
            .collect()
    }
}

pub fn power_on(board: Board, image: &[u8], script: &str) -> Machine {
    power_on_several(board, 1, image, script)
}

pub fn power_on_several(board: Board, cpus: u8, image: &[u8], script: &str) -> Machine {
    power_on_with(board, cpus, image, vec![(demo_rom::SCRIPT_FILE.to_owned(), script.as_bytes().to_vec())])
}

/// Without a script the shell takes its commands from COM1.
pub fn power_on_at_console(board: Board, image: &[u8]) -> Machine {
    power_on_with(board, 1, image, Vec::new())
}

fn power_on_with(board: Board, cpus: u8, image: &[u8], fw_cfg: Vec<(String, Vec<u8>)>) -> Machine {
    let config = Config { board, cpus, ram_mib: RAM_MIB, bios: image.to_vec(), fw_cfg, ..Config::default() };
    Machine::new(&config).unwrap_or_else(|error| panic!("{error}"))
}

/// A boot on ours, to the end of the script or to a hang with interrupts off.
pub fn boot(board: Board, image: &[u8], script: &str) -> Boot {
    boot_several(board, 1, image, script)
}

/// The same with so many processors.
pub fn boot_several(board: Board, cpus: u8, image: &[u8], script: &str) -> Boot {
    run(&mut power_on_several(board, cpus, image, script))
}

/// A boot, and the flash that it left.
pub fn boot_and_keep(board: Board, image: &[u8], script: &str) -> (Boot, Vec<u8>) {
    boot_with(board, image, &[(demo_rom::SCRIPT_FILE, script)])
}

/// The same with any fw_cfg files, as name and contents.
pub fn boot_with(board: Board, image: &[u8], files: &[(&str, &str)]) -> (Boot, Vec<u8>) {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    let mut machine = power_on_with(board, 1, image, files.collect());
    let boot = run(&mut machine);
    (boot, flash(&machine, image.len()))
}

/// What the flash holds now.
pub fn flash(machine: &Machine, size: usize) -> Vec<u8> {
    let mut flash = vec![0; size];
    machine.peek(View::Os, (1 << 32) - size as u64, &mut flash);
    flash
}

fn run(machine: &mut Machine) -> Boot {
    let mut tape = Recorder::new(Level::Output);
    let stop = machine.run_instructions(PATIENCE, &mut tape);
    let events = tape.into_events();
    let bytes = |door| machine::bytes(&events, door);
    let exit = match stop {
        Stop::Exit(value) => Some(value),
        Stop::Halted | Stop::Off => None,
        other => panic!("{other:?} after this log:\n{}", String::from_utf8_lossy(&bytes(Output::Debug402))),
    };
    Boot::new(bytes(Output::Debug402), bytes(Output::Serial), bytes(Output::Post), &bytes(Output::FirmwareTrace), exit)
        .expect("whole records and ASCII")
}

/// The same on QEMU, to the end of the script.
pub fn boot_on_qemu(image: &[u8], script: &str) -> Boot {
    boot_several_on_qemu(1, image, script)
}

pub fn boot_several_on_qemu(cpus: u8, image: &[u8], script: &str) -> Boot {
    on_qemu(cpus, image, &[(demo_rom::SCRIPT_FILE, script)]).0
}

pub fn boot_on_qemu_and_keep(image: &[u8], script: &str) -> (Boot, Vec<u8>) {
    boot_on_qemu_with(image, &[(demo_rom::SCRIPT_FILE, script)])
}

pub fn boot_on_qemu_with(image: &[u8], files: &[(&str, &str)]) -> (Boot, Vec<u8>) {
    on_qemu(1, image, files)
}

fn on_qemu(cpus: u8, image: &[u8], files: &[(&str, &str)]) -> (Boot, Vec<u8>) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let child = start_qemu(scratch.path(), cpus, image, files);
    let status = qemu::wait(child);
    assert!(status & 1 == 1, "QEMU ended with status {status}");
    let boot = left_by_qemu(scratch.path(), Some(status as u32 / 2)).expect("whole records and ASCII");
    (boot, fs::read(scratch.path().join("flash")).expect("the flash's file"))
}

/// A boot that ends in a halt with interrupts off, which QEMU doesn't tell: it must come to where ours
/// stopped.
pub fn stops_on_qemu(image: &[u8], script: &str, ours: &Boot) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let mut child = start_qemu(scratch.path(), 1, image, &[(demo_rom::SCRIPT_FILE, script)]);
    let ours = without_rf(ours.clone());
    let there = || left_by_qemu(scratch.path(), ours.exit).is_some_and(|theirs| without_rf(theirs) == ours);
    let same = qemu::comes(there);
    child.kill().expect("end QEMU");
    child.wait().expect("QEMU's end");
    assert!(same, "QEMU did otherwise than ours:\n{:?}", left_by_qemu(scratch.path(), None));
}

/// QEMU doesn't set RF in the RFLAGS that a fault pushes; an exception report has them.
fn without_rf(boot: Boot) -> Boot {
    Boot { log: boot.log.replace("RFLAGS - 000000000001", "RFLAGS - 000000000000"), ..boot }
}

fn start_qemu(scratch: &Path, cpus: u8, image: &[u8], files: &[(&str, &str)]) -> Child {
    let at = |name: &str| scratch.join(name);
    fs::write(at("flash"), image).expect("write the image");
    let mut command = qemu::machine(RAM_MIB);
    for (nth, (name, text)) in files.iter().enumerate() {
        let file = at(&format!("file{nth}"));
        fs::write(&file, text).expect("write a file");
        command.arg("-fw_cfg").arg(format!("name={name},file={}", file.display()));
    }
    command
        .arg("-smp")
        .arg(cpus.to_string())
        .arg("-drive")
        .arg(format!("if=pflash,format=raw,unit=0,file={}", at("flash").display()))
        .args(["-global", "driver=cfi.pflash01,property=secure,value=on"])
        .arg("-serial")
        .arg(format!("file:{}", at("console").display()));
    for (name, port) in [("log", "0x402"), ("post", "0x80"), ("records", "0x502")] {
        qemu::debug_console(&mut command, name, port, &at(name));
    }
    command.spawn().unwrap_or_else(|error| qemu::missing(&error))
}

fn left_by_qemu(scratch: &Path, exit: Option<u32>) -> Option<Boot> {
    let read = |name| fs::read(scratch.join(name)).unwrap_or_default();
    Boot::new(read("log"), read("console"), read("post"), &read("records"), exit)
}
