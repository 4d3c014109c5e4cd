//! A linked module as a PE32+ image: Microsoft's "PE Format". Sections lie in the file as in memory,
//! 32 bytes aligned, as EDK II's tools do it: an image can run in place.

use super::elf::{Module, Part};
use anyhow::{Result, bail};

const ALIGNMENT: usize = 32;
const PE: usize = 0x40;
const OPTIONAL: usize = PE + 24;
const SECTION_TABLE: usize = OPTIONAL + 240;
/// What the linker script leaves in front of .text.
const HEADERS: usize = 0x240;
const DIRECTORIES: u32 = 16;
const RELOC_DIRECTORY: usize = OPTIONAL + 112 + 5 * 8;
const DEBUG_DIRECTORY: usize = OPTIONAL + 112 + 6 * 8;
/// IMAGE_DEBUG_TYPE_CODEVIEW
const CODEVIEW: u32 = 2;
const IMAGE_BASE: usize = OPTIONAL + 24;
const DIR64: u16 = 10 << 12;

pub struct Image {
    pub bytes: Vec<u8>,
    entry: u32,
    relocations: Vec<u32>,
}

struct Section {
    name: &'static [u8],
    address: usize,
    size: usize,
    file_size: usize,
    characteristics: u32,
}

/// `name` is for the debug directory.
pub fn build(module: &Module, subsystem: u16, name: &str) -> Result<Image> {
    let mut bytes = vec![0; HEADERS];
    let mut sections = Vec::new();
    let parts: [(&'static [u8], &Part, u32); 3] = [
        (b".text", &module.text, 0x6000_0020),
        (b".rdata", &module.rodata, 0x4000_0040),
        (b".data", &module.data, 0xc000_0040),
    ];
    let mut end = HEADERS;
    for (name, part, characteristics) in parts.into_iter().filter(|(_, part, _)| part.size != 0) {
        let address = part.address as usize;
        bytes.resize(address, 0);
        bytes.extend(&part.bytes);
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        let file_size = bytes.len() - address;
        end = (address + part.size as usize).next_multiple_of(ALIGNMENT);
        sections.push(Section { name, address, size: end - address, file_size, characteristics });
    }
    let relocations = base_relocations(&module.relocations);
    let raw_relocations = bytes.len();
    if !relocations.is_empty() {
        bytes.extend(&relocations);
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        let size = bytes.len() - raw_relocations;
        let characteristics = 0x4200_0040;
        sections.push(Section { name: b".reloc", address: end, size, file_size: size, characteristics });
        put32(&mut bytes, RELOC_DIRECTORY, end as u32);
        put32(&mut bytes, RELOC_DIRECTORY + 4, relocations.len() as u32);
        end += size;
    }
    headers(&mut bytes, module, subsystem, end, &sections);
    debug_directory(&mut bytes, SECTION_TABLE + sections.len() * 40, name)?;
    Ok(Image { bytes, entry: module.entry, relocations: module.relocations.clone() })
}

/// The module's name, as exception reports look for it: one CodeView record (NB10, as GenFw writes
/// it) behind the section table.
fn debug_directory(bytes: &mut [u8], at: usize, name: &str) -> Result<()> {
    let record = at + 28;
    let name = format!("{name}.pdb\0");
    let text = record + 16..record + 16 + name.len();
    if text.end > HEADERS {
        bail!("{name:?} is too long for the headers' {HEADERS:#x} bytes");
    }
    put32(bytes, DEBUG_DIRECTORY, at as u32);
    put32(bytes, DEBUG_DIRECTORY + 4, 28);
    put32(bytes, at + 12, CODEVIEW);
    put32(bytes, at + 16, (text.end - record) as u32);
    put32(bytes, at + 20, record as u32);
    put32(bytes, at + 24, record as u32);
    bytes[record..record + 4].copy_from_slice(b"NB10");
    bytes[text].copy_from_slice(name.as_bytes());
    Ok(())
}

/// One block a page: page address, size, and 16 bits an entry.
fn base_relocations(places: &[u32]) -> Vec<u8> {
    let mut table = Vec::new();
    for block in places.chunk_by(|a, b| a >> 12 == b >> 12) {
        let size = 8 + (block.len() * 2).next_multiple_of(4);
        table.extend((block[0] & !0xfff).to_le_bytes());
        table.extend((size as u32).to_le_bytes());
        table.extend(block.iter().flat_map(|place| (DIR64 | (place & 0xfff) as u16).to_le_bytes()));
        table.resize(table.len().next_multiple_of(4), 0);
    }
    table
}

fn headers(bytes: &mut [u8], module: &Module, subsystem: u16, size: usize, sections: &[Section]) {
    bytes[..2].copy_from_slice(b"MZ");
    put32(bytes, 0x3c, PE as u32);
    bytes[PE..PE + 4].copy_from_slice(b"PE\0\0");
    put16(bytes, PE + 4, 0x8664);
    put16(bytes, PE + 6, sections.len() as u16);
    put16(bytes, PE + 20, (SECTION_TABLE - OPTIONAL) as u16);
    // Executable, no line numbers, no symbols, large addresses, no debug information.
    put16(bytes, PE + 22, 0x222e);
    put16(bytes, OPTIONAL, 0x20b);
    put32(bytes, OPTIONAL + 4, sections.first().map_or(0, |text| text.size as u32));
    put32(bytes, OPTIONAL + 16, module.entry);
    put32(bytes, OPTIONAL + 20, HEADERS as u32);
    put32(bytes, OPTIONAL + 32, ALIGNMENT as u32);
    put32(bytes, OPTIONAL + 36, ALIGNMENT as u32);
    put32(bytes, OPTIONAL + 56, size as u32);
    put32(bytes, OPTIONAL + 60, HEADERS as u32);
    put16(bytes, OPTIONAL + 68, subsystem);
    put32(bytes, OPTIONAL + 108, DIRECTORIES);
    let mut raw = HEADERS;
    for (nth, section) in sections.iter().enumerate() {
        let at = SECTION_TABLE + nth * 40;
        bytes[at..at + section.name.len()].copy_from_slice(section.name);
        raw = if section.name == b".reloc" { raw } else { section.address };
        let fields = [section.size, section.address, section.file_size, raw];
        for (field, value) in fields.into_iter().enumerate() {
            put32(bytes, at + 8 + field * 4, value as u32);
        }
        put32(bytes, at + 36, section.characteristics);
        raw += section.file_size;
    }
}

impl Image {
    pub fn size_of_image(&self) -> usize {
        u32::from_le_bytes(self.bytes[OPTIONAL + 56..OPTIONAL + 60].try_into().expect("four bytes")) as usize
    }

    pub fn entry(&self) -> u64 {
        self.entry.into()
    }

    /// Moves the image to `base`, to run there without being loaded.
    pub fn rebase(&mut self, base: u64) {
        for at in self.relocations.iter().map(|&at| at as usize) {
            let value = u64::from_le_bytes(self.bytes[at..at + 8].try_into().expect("eight bytes"));
            self.bytes[at..at + 8].copy_from_slice(&value.wrapping_add(base).to_le_bytes());
        }
        self.bytes[IMAGE_BASE..IMAGE_BASE + 8].copy_from_slice(&base.to_le_bytes());
    }
}

fn put16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

fn put32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
