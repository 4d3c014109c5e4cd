//! From the DWARF of linked modules to the tables of `debuginfo`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use addr2line::gimli::{self, EndianSlice, LittleEndian};
use addr2line::{Context, demangle_auto};
use anyhow::{Context as _, Result};
use debuginfo::{DebugInfo, Module, Row, Sources};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};
use pi::Guid;

/// What paths of this tree begin with: see `wrapper`.
const OWN: &str = "/smmlab/";
/// What they begin with in the tables.
const TREE: &str = "crates/";
/// Where build scripts note the lines of assembly: crates/firmware/build/assembly.rs.
const ASSEMBLY: &str = ".debug_asmline.";

/// File and line.
type Place = (String, u32);
/// Of a function, of file and line.
type Numbers = (Option<u32>, Option<(u32, u32)>);
type Dwarf<'a> = Context<EndianSlice<'a, LittleEndian>>;

#[derive(Default)]
pub struct Builder {
    functions: Names,
    files: Names,
    modules: Vec<Module>,
}

/// Names and their numbers.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(name.to_owned()).or_insert(next)
    }

    fn list(self) -> Vec<String> {
        let mut list = vec![String::new(); self.0.len()];
        self.0.into_iter().for_each(|(name, number)| list[number as usize] = name);
        list
    }
}

/// What tells of a program's code, best first.
struct Program<'a> {
    /// File and line of assembly.
    assembly: BTreeMap<u64, (&'a str, u32)>,
    dwarf: Dwarf<'a>,
    /// Functions and labels.
    symbols: BTreeMap<u64, String>,
}

impl Builder {
    /// `base`: the address in the program that is RVA 0.
    pub fn add(&mut self, file: Guid, name: &str, program: &[u8], base: u64) -> Result<()> {
        let elf = object::File::parse(program)?;
        let told = Program::new(&elf)?;
        let mut rows: Vec<Row> = Vec::new();
        for section in elf.sections().filter(|section| section.kind() == SectionKind::Text) {
            let end = section.address() + section.size();
            for address in told.starts(section.address(), end)? {
                let (function, mut line) = self.location(&told, section.address(), address)?;
                if line.is_none() {
                    // What the compiler ascribes to no line belongs to the one before.
                    line = rows.last().filter(|last| last.function == function).and_then(|last| last.line);
                }
                if rows.last().is_none_or(|last| (last.function, last.line) != (function, line)) {
                    rows.push(Row { rva: u32::try_from(address - base)?, function, line });
                }
            }
            rows.push(Row { rva: u32::try_from(end - base)?, function: None, line: None });
        }
        self.modules.push(Module { file, name: name.to_owned(), rows });
        Ok(())
    }

    fn location(&mut self, told: &Program, start: u64, address: u64) -> Result<Numbers> {
        let symbol = told.symbols.range(start..=address).next_back();
        if let Some((_, (file, line))) = told.assembly_at(symbol, address) {
            let function = symbol.map(|(_, name)| self.functions.number(name));
            return Ok((function, Some((self.files.number(file), *line))));
        }
        if let Some((function, line)) = told.frame(address)? {
            return Ok((
                Some(self.functions.number(&function)),
                line.map(|(file, line)| (self.files.number(&file), line)),
            ));
        }
        Ok((symbol.map(|(_, name)| self.functions.number(name)), None))
    }

    /// The tables, and the sources under `root` that they name.
    pub fn finish(self, root: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
        let mut texts = BTreeMap::new();
        for file in self.files.0.keys().filter(|file| file.starts_with(TREE)) {
            let path = root.join(file);
            let text = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
            texts.insert(file.clone(), text);
        }
        let info = DebugInfo { functions: self.functions.list(), files: self.files.list(), modules: self.modules };
        Ok((info.write()?, Sources::new(texts).write()?))
    }
}

impl<'a> Program<'a> {
    fn new(elf: &object::File<'a>) -> Result<Self> {
        let section = |id: gimli::SectionId| -> Result<_> {
            let data = elf.section_by_name(id.name()).map_or(Ok(&[][..]), |section| section.data())?;
            Ok(EndianSlice::new(data, LittleEndian))
        };
        let dwarf = Context::from_dwarf(gimli::Dwarf::load(section)?)?;
        let code = |kind| matches!(kind, SymbolKind::Text | SymbolKind::Unknown | SymbolKind::Label);
        let named = elf.symbols().filter(|symbol| code(symbol.kind()) && symbol.section_index().is_some());
        let mut symbols = BTreeMap::new();
        for symbol in named {
            let name = demangle_auto(symbol.name()?.into(), Some(gimli::DW_LANG_Rust)).into_owned();
            symbols.entry(symbol.address()).or_insert(name);
        }
        Ok(Program { assembly: assembly(elf)?, dwarf, symbols })
    }

    /// Where something new may begin.
    fn starts(&self, start: u64, end: u64) -> Result<BTreeSet<u64>> {
        let mut starts: BTreeSet<u64> = BTreeSet::from([start]);
        starts.extend(self.symbols.range(start..end).map(|(address, _)| address));
        starts.extend(self.assembly.range(start..end).map(|(address, _)| address));
        let lines = self.dwarf.find_location_range(start, end)?;
        starts.extend(lines.flat_map(|(address, size, _)| [address, address + size]));
        starts.retain(|address| (start..end).contains(address));
        Ok(starts)
    }

    /// The line of assembly at `address`, if the symbol before it is of assembly.
    fn assembly_at(&self, symbol: Option<(&u64, &String)>, address: u64) -> Option<(&u64, &(&'a str, u32))> {
        let (start, _) = symbol?;
        self.assembly.range(start..=&address).next_back()
    }

    /// Function and line: those of the innermost frame in this tree, else of the innermost.
    fn frame(&self, address: u64) -> Result<Option<(String, Option<Place>)>> {
        let mut frames = self.dwarf.find_frames(address).skip_all_loads()?;
        let mut innermost = None;
        while let Some(frame) = frames.next()? {
            let Some(function) = frame.function else { continue };
            let name = function.demangle()?.into_owned();
            let place = frame.location.and_then(|location| Some((location.file?, location.line?)));
            if let Some((file, line)) = place.and_then(|(file, line)| Some((file.strip_prefix(OWN)?, line))) {
                return Ok(Some((name, Some((file.to_owned(), line)))));
            }
            innermost.get_or_insert((name, place.map(|(file, line)| (library(file), line))));
        }
        Ok(innermost)
    }
}

/// `library/core/src/fmt/mod.rs`, `r-efi-6.0.0/src/base.rs`
fn library(file: &str) -> String {
    let rust = file.strip_prefix("/rustc/").and_then(|rest| rest.split_once('/'));
    rust.map(|(_, file)| file).or(file.strip_prefix("/cargo/")).unwrap_or(file).to_owned()
}

/// Address and line, 32 bits each; address 0 is code that was left out.
fn assembly<'a>(elf: &object::File<'a>) -> Result<BTreeMap<u64, (&'a str, u32)>> {
    let mut lines = BTreeMap::new();
    for section in elf.sections() {
        let Some(file) = section.name_bytes()?.strip_prefix(ASSEMBLY.as_bytes()) else { continue };
        let file = str::from_utf8(file)?;
        for entry in section.data()?.as_chunks::<8>().0 {
            let [a, b, c, d, line @ ..] = *entry;
            let address = u32::from_le_bytes([a, b, c, d]);
            if address != 0 {
                lines.insert(address.into(), (file, u32::from_le_bytes(line)));
            }
        }
    }
    Ok(lines)
}
