//! `smmlab.dbg`: for each module a table from RVA to function, file and line.

use crate::file::{self, ReadError};
use pi::Guid;
use serde::{Deserialize, Serialize};

const MAGIC: &str = "SMMDBG1\n";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DebugInfo {
    /// Names that rows point to.
    pub functions: Vec<String>,
    /// Paths: `crates/…` in this tree, `library/…` in Rust's.
    pub files: Vec<String>,
    pub modules: Vec<Module>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Of its file in the image.
    pub file: Guid,
    pub name: String,
    /// In the order of `rva`; each is true up to the next.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Offset in the loaded image; in the volume top file, in its data.
    pub rva: u32,
    /// None: no code.
    pub function: Option<u32>,
    /// File and line; None if only the function is known.
    pub line: Option<(u32, u32)>,
}

/// Where an instruction comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    pub function: &'a str,
    /// Path and line, from 1. Of a library function that was inlined into this project's code, it is
    /// the line there.
    pub line: Option<(&'a str, u32)>,
}

/// As in the file: column by column, with differences in place of growing numbers. 0 is none.
#[derive(Serialize, Deserialize)]
struct Stored {
    functions: Vec<String>,
    files: Vec<String>,
    modules: Vec<StoredModule>,
}

#[derive(Serialize, Deserialize)]
struct StoredModule {
    file: [u8; 16],
    name: String,
    lengths: Vec<u32>,
    functions: Vec<u32>,
    files: Vec<u32>,
    lines: Vec<i32>,
}

impl DebugInfo {
    pub fn read(bytes: &[u8]) -> Result<DebugInfo, ReadError> {
        let stored: Stored = file::read(MAGIC, bytes)?;
        let (functions, files) = (stored.functions.len(), stored.files.len());
        let modules = stored.modules.into_iter().map(|module| module.rows(functions, files));
        let modules = modules.collect::<Option<_>>().ok_or(ReadError::Contents)?;
        Ok(DebugInfo { functions: stored.functions, files: stored.files, modules })
    }

    /// What the instruction at `rva` of the module in `file` comes from.
    #[must_use]
    pub fn lookup(&self, file: Guid, rva: u32) -> Option<Location<'_>> {
        let rows = &self.modules.iter().find(|module| module.file == file)?.rows;
        let row = rows[..rows.partition_point(|row| row.rva <= rva)].last()?;
        let function = self.functions.get(row.function? as usize)?;
        let line = row.line.and_then(|(file, line)| Some((self.files.get(file as usize)?.as_str(), line)));
        Some(Location { function, line })
    }
}

fn some(number: u32, count: usize) -> Option<Option<u32>> {
    (number as usize <= count).then(|| number.checked_sub(1))
}

impl StoredModule {
    /// None: its columns don't fit together.
    fn rows(self, functions: usize, files: usize) -> Option<Module> {
        let count = self.lengths.len();
        if [self.functions.len(), self.files.len(), self.lines.len()] != [count; 3] {
            return None;
        }
        let mut rows = Vec::with_capacity(count);
        let (mut rva, mut line) = (0u32, 0u32);
        for nth in 0..count {
            rva = rva.checked_add(self.lengths[nth])?;
            line = line.checked_add_signed(self.lines[nth])?;
            let file = some(self.files[nth], files)?;
            rows.push(Row {
                rva,
                function: some(self.functions[nth], functions)?,
                line: file.map(|file| (file, line)),
            });
        }
        Some(Module { file: Guid(self.file), name: self.name, rows })
    }
}

#[cfg(feature = "write")]
impl DebugInfo {
    pub fn write(self) -> Result<Vec<u8>, postcard::Error> {
        let modules = self.modules.into_iter().map(StoredModule::new).collect();
        file::write(MAGIC, &Stored { functions: self.functions, files: self.files, modules })
    }
}

#[cfg(feature = "write")]
impl StoredModule {
    fn new(module: Module) -> StoredModule {
        let mut stored = StoredModule {
            file: module.file.0,
            name: module.name,
            lengths: Vec::new(),
            functions: Vec::new(),
            files: Vec::new(),
            lines: Vec::new(),
        };
        let (mut rva, mut line) = (0, 0);
        for row in module.rows {
            stored.lengths.push(row.rva - rva);
            stored.functions.push(row.function.map_or(0, |function| function + 1));
            stored.files.push(row.line.map_or(0, |(file, _)| file + 1));
            let next = row.line.map_or(line, |(_, line)| line);
            stored.lines.push(next.cast_signed() - line.cast_signed());
            (rva, line) = (row.rva, next);
        }
        stored
    }
}

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::*;

    const FILE: Guid = Guid::new("0000000A-5A5A-4C41-8B53-4D4D4C414200");

    fn info() -> DebugInfo {
        let row = |rva, function, line| Row { rva, function, line };
        let rows = vec![
            row(0x240, Some(0), Some((0, 12))),
            row(0x248, Some(1), Some((0, 3))),
            row(0x250, Some(1), None),
            row(0x260, None, None),
        ];
        DebugInfo {
            functions: vec!["main".to_owned(), "memcpy".to_owned()],
            files: vec!["main.rs".to_owned()],
            modules: vec![Module { file: FILE, name: "DriverA".to_owned(), rows }],
        }
    }

    #[test]
    fn each_row_is_true_up_to_the_next() {
        let read = DebugInfo::read(&info().write().unwrap()).unwrap();
        assert_eq!(read, info());
        let main = Location { function: "main", line: Some(("main.rs", 12)) };
        assert_eq!([0x240, 0x247].map(|rva| read.lookup(FILE, rva)), [Some(main); 2]);
        assert_eq!(read.lookup(FILE, 0x25f), Some(Location { function: "memcpy", line: None }));
        assert_eq!([0x23f, 0x260, u32::MAX].map(|rva| read.lookup(FILE, rva)), [None; 3]);
        assert_eq!(read.lookup(Guid::ZERO, 0x240), None);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let whole = info().write().unwrap();
        assert_eq!(DebugInfo::read(b"SMM"), Err(ReadError::Magic(MAGIC)));
        for length in MAGIC.len()..whole.len() {
            assert!(DebugInfo::read(&whole[..length]).is_err(), "{length}");
        }
        let mut wrong = info();
        wrong.modules[0].rows[0].function = Some(2);
        assert_eq!(DebugInfo::read(&wrong.write().unwrap()), Err(ReadError::Contents));
    }
}
