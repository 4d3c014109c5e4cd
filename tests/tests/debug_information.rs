//! `smmlab.dbg` and `smmlab.src`, held against what a boot executes.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Stop};
use debuginfo::{DebugInfo, Location, Sources};
use e2e::firmware::{images, power_on};
use pi::Guid;
use pi::image::{Image, Part};
use pi::layout::section;
use pi::record::layout::{Loaded, Record};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use trace::{CpuReg, Kind, Level, Output, Recorder};

const RESET: Guid = Guid::new("1BA0062E-C779-4582-8566-336AE8F78F09");
const RESET_BASE: u64 = 0xffff_f000;
/// CS.base after reset.
const RESET_SEGMENT: u64 = 0xffff_0000;

/// A boot, instruction by instruction.
struct Run {
    executed: BTreeSet<u64>,
    loaded: Vec<Loaded>,
    /// File, address, size.
    modules: Vec<(Guid, u64, u64)>,
    /// Where the instruction was that wrote a byte.
    written: Vec<(Output, u8, u64)>,
}

impl Run {
    fn new(image: &[u8]) -> Run {
        let mut machine = power_on(Board::Ich9, image, "smi 41\n");
        let (mut executed, mut written, mut records) = (BTreeSet::new(), Vec::new(), Vec::new());
        loop {
            let rip = machine.register(0, CpuReg::Rip);
            // The reset vector runs in the last 4 KiB of a 64 KiB segment, and nothing else does there.
            let at = if (0xf000..0x1_0000).contains(&rip) { rip + RESET_SEGMENT } else { rip };
            executed.insert(at);
            let mut tape = Recorder::new(Level::Output);
            let stop = machine.step(&mut tape);
            for event in tape.into_events() {
                let Kind::Output { to, byte } = event.kind else { continue };
                written.push((to, byte, at));
                if to == Output::FirmwareTrace {
                    records.push(byte);
                }
            }
            match stop {
                Stop::Time => {}
                Stop::Exit(0) => break,
                other => panic!("{other:?}"),
            }
        }
        let mut modules = in_place(image);
        modules.push((RESET, RESET_BASE, 0x1000));
        let loaded = pi::record::read(&records).filter_map(|record| match record.unwrap().record {
            Record::Loaded(loaded) => Some(loaded),
            _ => None,
        });
        let loaded: Vec<_> = loaded.collect();
        modules.extend(loaded.iter().map(|loaded| (loaded.file, loaded.base.get(), loaded.size.get())));
        Run { executed, modules, loaded, written }
    }

    /// The module that lies there, and the offset in it.
    fn module(&self, address: u64) -> Option<(Guid, u32)> {
        let mut modules = self.modules.iter();
        let (file, base, _) = modules.find(|(_, base, size)| (*base..base + size).contains(&address))?;
        Some((*file, (address - base) as u32))
    }
}

/// What the image itself says of code that runs where it lies.
fn in_place(bytes: &[u8]) -> Vec<(Guid, u64, u64)> {
    let image = Image::parse(bytes);
    let mut start = (1 << 32) - bytes.len() as u64;
    let mut found = Vec::new();
    for part in &image.parts {
        let (size, files) = match part {
            Part::Volume(volume) => (volume.length, volume.files()),
            Part::Bytes(bytes) => (bytes.len(), &[][..]),
        };
        for placed in files {
            for offset in &placed.code {
                let size = placed.file.find(section::kind::PE32).unwrap().body.size();
                found.push((placed.file.header.name, start + *offset as u64, size as u64));
            }
        }
        start += size as u64;
    }
    found
}

/// What a browser may have to load beside an image; the files are packed already.
const LARGEST: usize = 250_000;

struct Subject {
    name: &'static str,
    size: usize,
    info: DebugInfo,
    sources: Sources,
    run: Run,
}

impl Subject {
    fn new(name: &'static str, folder: &Path) -> Subject {
        let read = |kind| fs::read(folder.join("smmlab").with_extension(kind)).unwrap();
        let (info, sources) = (read("dbg"), read("src"));
        let size = info.len() + sources.len();
        let (info, sources) = (DebugInfo::read(&info).unwrap(), Sources::read(&sources).unwrap());
        Subject { name, size, info, sources, run: Run::new(&read("fd")) }
    }

    fn at(&self, address: u64) -> Option<Location<'_>> {
        let (file, rva) = self.run.module(address)?;
        self.info.lookup(file, rva)
    }

    fn text(&self, location: Location) -> &str {
        let (file, line) = location.line.unwrap_or_else(|| panic!("{}: {location:?}", self.name));
        let text = self.sources.text(file).unwrap_or_else(|| panic!("{}: no source of {file}", self.name));
        text.lines().nth(line as usize - 1).unwrap_or_else(|| panic!("{}: {file} has no line {line}", self.name))
    }

    fn written(&self, to: Output, byte: u8) -> Location<'_> {
        let found = self.run.written.iter().find(|(port, value, _)| (*port, *value) == (to, byte));
        let at = found.unwrap().2;
        self.at(at).unwrap_or_else(|| panic!("{at:x} {:x?}", self.run.module(at)))
    }
}

fn subjects() -> &'static [Subject; 2] {
    static SUBJECTS: OnceLock<[Subject; 2]> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        let folder = &images().folder;
        [Subject::new("DEBUG", &folder.join("debug")), Subject::new("RELEASE", &folder.join("release"))]
    })
}

#[test]
fn the_files_are_small() {
    for subject in subjects() {
        assert!(subject.size <= LARGEST, "{}: {} bytes", subject.name, subject.size);
    }
}

#[test]
fn what_a_boot_executes_in_modules_has_a_function() {
    for subject in subjects() {
        let inside: Vec<u64> =
            subject.run.executed.iter().copied().filter(|at| subject.run.module(*at).is_some()).collect();
        let missing: Vec<u64> = inside.iter().copied().filter(|at| subject.at(*at).is_none()).collect();
        let lined = inside.iter().filter(|at| subject.at(**at).is_some_and(|found| found.line.is_some())).count();
        println!(
            "{}: {} addresses, {} without a function, {lined} with a line",
            subject.name,
            inside.len(),
            missing.len()
        );
        assert!(inside.len() > 5000);
        assert!(missing.len() * 100 <= inside.len(), "{}: {missing:x?}", subject.name);
        // The rest is padding's and the compiler's own, as memcpy.
        assert!(lined * 100 >= inside.len() * 95, "{}: {lined} of {}", subject.name, inside.len());
    }
}

#[test]
fn each_module_starts_with_its_entry_point() {
    for subject in subjects() {
        assert!(subject.run.loaded.len() > 15);
        for loaded in &subject.run.loaded {
            let name = &subject.info.modules.iter().find(|module| module.file == loaded.file).unwrap().name;
            let entry = subject.at(loaded.entry.get()).unwrap();
            let name = format!("{} {name}: {entry:?}", subject.name);
            assert_eq!(entry.function, "efi_main", "{name}");
            let text = subject.text(entry);
            assert!(text.contains("fn efi_main"), "{name}: {text}");
        }
    }
}

#[test]
fn assembly_resolves_to_its_line() {
    for subject in subjects() {
        for (post, function) in [(0x01, "start16"), (0x02, "start32"), (0x03, "start64")] {
            let location = subject.written(Output::Post, post);
            assert_eq!(location.function, function);
            assert_eq!(location.line.unwrap().0, "crates/firmware/reset/src/reset.s");
            assert!(subject.text(location).contains("out     POST_CODE, al"), "{location:?}");
        }
        let module = subject.info.modules.iter().find(|module| module.name == "PiSmmCpuDxeSmm").unwrap();
        let smi_entry = module.rows.iter().filter_map(|row| subject.info.lookup(module.file, row.rva));
        let lines: Vec<_> = smi_entry
            .filter(|found| found.function.starts_with("smi_") && found.line.is_some())
            .map(|at| subject.text(at))
            .collect();
        assert!(lines.first().unwrap().contains("lgdtd"), "{lines:?}");
        assert!(lines.iter().any(|line| line.trim() == "rsm"), "{lines:?}");
    }
}

#[test]
fn rust_resolves_to_its_line() {
    for subject in subjects() {
        let post = subject.written(Output::Post, 0x10);
        assert_eq!(post.line.unwrap().0, "crates/firmware/base/src/arch.rs");
        let record = subject.written(Output::FirmwareTrace, 0xa5);
        assert_eq!(record.line.unwrap().0, "crates/firmware/base/src/arch.rs");
        assert!(subject.text(record).contains("asm!(\"rep outsb\""), "{record:?}");
    }
}
