//! Turns an assembly source into a flat ROM image, with no tool but rustc. For build scripts.
//!
//! rustc's own assembler (LLVM's) reads the source through `global_asm!` and writes an ELF object.
//! The source puts everything into the section `.rom` and resolves every address itself (label
//! differences, `.org`), so that the section needs no linker: its bytes are the image. What is left
//! to relocate is an error. Global absolute symbols of the source become Rust constants, so tests
//! and tools name places of the ROM as the source does.

use object::elf::FileHeader64;
use object::read::elf::{ElfFile, ElfSymbol};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SymbolKind, SymbolSection};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt::Write, fs, io};

/// One ROM is one 64 KiB segment: what a processor can reach right after reset.
pub const ROM_SIZE: usize = 0x1_0000;
/// The section that holds the image.
const SECTION: &str = ".rom";
/// Used where the host's own target is not x86-64 with ELF objects.
const BARE_TARGET: &str = "x86_64-unknown-none";
/// This crate runs on the machine that builds, so its own target is the host's.
const HOST_IS_ELF: bool = cfg!(all(target_arch = "x86_64", any(target_os = "linux", target_os = "freebsd")));

#[derive(Debug, thiserror::Error)]
pub enum RomError {
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("there is no OUT_DIR: call this from build.rs")]
    NotABuildScript,
    #[error("rustc could not assemble {source_file}:\n{messages}")]
    Assembly { source_file: PathBuf, messages: String },
    #[error("{BARE_TARGET} is not installed: run `rustup target add {BARE_TARGET}`\n{0}")]
    Target(String),
    #[error("the object file can't be read: {0}")]
    Object(#[from] object::Error),
    #[error("the source has no section {SECTION}")]
    NoSection,
    #[error("the ROM is {0:#x} bytes long and must be {ROM_SIZE:#x}")]
    Size(usize),
    #[error("{0} address(es) are left to a linker, the first at offset {1:#x}: use label differences")]
    Relocation(usize, u64),
}

/// An assembled ROM.
pub struct Rom {
    pub bytes: Vec<u8>,
    /// The global absolute symbols of the source, by name.
    pub symbols: BTreeMap<String, u64>,
}

/// For build scripts: assembles `source` and writes `OUT_DIR/<stem>.rom` and `OUT_DIR/<stem>.symbols.rs`.
pub fn build(source: impl AsRef<Path>) -> Result<(), RomError> {
    let source = source.as_ref();
    println!("cargo::rerun-if-changed={}", source.display());
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(RomError::NotABuildScript)?;
    let rom = assemble(source, &out)?;
    write(&out_file(source, &out, "rom"), &rom.bytes)?;
    write(&out_file(source, &out, "symbols.rs"), rust_constants(&rom.symbols).as_bytes())
}

/// Assembles `source`; `out` takes the intermediate files.
pub fn assemble(source: &Path, out: &Path) -> Result<Rom, RomError> {
    let source = source.canonicalize().map_err(|error| RomError::File { path: source.into(), error })?;
    let object = out_file(&source, out, "o");
    compile(&source, &wrapper(&source, out)?, &object)?;
    let bytes = fs::read(&object).map_err(|error| RomError::File { path: object, error })?;
    read_object(&bytes)
}

/// A crate that consists of the assembly source and nothing else.
fn wrapper(source: &Path, out: &Path) -> Result<PathBuf, RomError> {
    let path = out_file(source, out, "rs");
    let text = format!(
        "#![no_std]\n#![crate_type = \"lib\"]\ncore::arch::global_asm!(include_str!({source:?}), options(raw));\n"
    );
    write(&path, text.as_bytes())?;
    Ok(path)
}

fn compile(source: &Path, wrapper: &Path, object: &Path) -> Result<(), RomError> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()));
    // No debug information: `global_asm!` lines have no file number and the assembler would refuse.
    rustc
        .args(["--edition=2024", "--crate-name=rom", "--emit=obj", "-Cdebuginfo=0", "-Ccodegen-units=1", "-o"])
        .args([object, wrapper]);
    if !HOST_IS_ELF {
        rustc.args(["--target", BARE_TARGET]);
    }
    let run = rustc.output().map_err(|error| RomError::File { path: "rustc".into(), error })?;
    if run.status.success() {
        return Ok(());
    }
    let messages = String::from_utf8_lossy(&run.stderr).into_owned();
    Err(match messages.contains("E0463") {
        true => RomError::Target(messages),
        false => RomError::Assembly { source_file: source.into(), messages },
    })
}

fn read_object(bytes: &[u8]) -> Result<Rom, RomError> {
    let file = ElfFile::<FileHeader64<Endianness>>::parse(bytes)?;
    let section = file.section_by_name(SECTION).ok_or(RomError::NoSection)?;
    let bytes = section.data()?.to_vec();
    if let Some((first, _)) = section.relocations().next() {
        return Err(RomError::Relocation(section.relocations().count(), first));
    }
    match bytes.len() {
        ROM_SIZE => Ok(Rom { bytes, symbols: file.symbols().filter_map(|s| constant(&s)).collect() }),
        other => Err(RomError::Size(other)),
    }
}

fn constant(symbol: &ElfSymbol<'_, '_, FileHeader64<Endianness>>) -> Option<(String, u64)> {
    let absolute = symbol.section() == SymbolSection::Absolute && symbol.kind() != SymbolKind::File;
    let name = symbol.name().ok()?;
    (absolute && symbol.is_global()).then(|| (name.into(), symbol.address()))
}

fn rust_constants(symbols: &BTreeMap<String, u64>) -> String {
    symbols.iter().fold(String::new(), |mut text, (name, value)| {
        writeln!(text, "pub const {name}: u32 = {:#x};", *value as u32).expect("a String takes all");
        text
    })
}

fn out_file(source: &Path, out: &Path, extension: &str) -> PathBuf {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    out.join(format!("{stem}.{extension}"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), RomError> {
    fs::write(path, bytes).map_err(|error| RomError::File { path: path.into(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Assembles a source of which `body` is the ROM section up to offset 100h.
    fn rom(name: &str, body: &str, size: usize) -> Result<Rom, RomError> {
        let folder = env::temp_dir().join(format!("rom-build-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a scratch folder");
        let source = folder.join("a b.s");
        let text = format!(".section .rom, \"ax\"\nrom: {body}\n.org {size}, 0xff\n");
        fs::write(&source, text).expect("write the source");
        let rom = assemble(&source, &folder);
        fs::remove_dir_all(&folder).expect("remove the scratch folder");
        rom
    }

    #[test]
    fn a_source_becomes_its_bytes_and_its_global_constants() {
        let body = ".code16\nstart: cli\nhlt\n.globl START\n.set START, start - rom + 0xF0000\n.set OWN, 5";
        let rom = rom("good", body, ROM_SIZE).unwrap();
        assert_eq!((&rom.bytes[..3], rom.bytes.len()), (&[0xfa, 0xf4, 0xff][..], ROM_SIZE));
        assert_eq!(rom.symbols.into_iter().collect::<Vec<_>>(), [("START".to_owned(), 0xf0000)]);
    }

    #[test]
    fn an_address_left_to_a_linker_is_refused_with_its_place() {
        let error = rom("reloc", "nop\n.long elsewhere", ROM_SIZE).err().unwrap();
        assert!(matches!(error, RomError::Relocation(1, 1)), "{error}");
    }

    #[test]
    fn a_rom_of_another_size_is_refused() {
        let error = rom("size", "hlt", 0x100).err().unwrap();
        assert!(matches!(error, RomError::Size(0x100)), "{error}");
    }

    #[test]
    fn a_mistake_in_the_source_comes_with_the_assemblers_words() {
        let error = rom("mistake", "frobnicate eax", ROM_SIZE).err().unwrap().to_string();
        assert!(error.contains("a b.s") && error.contains("frobnicate"), "{error}");
    }
}
