//! What a linked module (a static position-independent ELF program) consists of.

use anyhow::{Context, Result, bail};
use object::elf::{FileHeader64, R_X86_64_RELATIVE};
use object::read::elf::ElfFile;
use object::{Endianness, Object, ObjectSection, ObjectSegment, RelocationFlags, RelocationTarget};

pub struct Module {
    pub entry: u32,
    pub text: Part,
    pub rodata: Part,
    /// With what is zero at its end, .bss.
    pub data: Part,
    /// RVAs of 64-bit addresses; their values are RVAs, too, as the program is linked for 0.
    pub relocations: Vec<u32>,
}

/// A section in memory.
#[derive(Default)]
pub struct Part {
    pub address: u32,
    pub bytes: Vec<u8>,
    /// In memory.
    pub size: u32,
}

type Elf<'a> = ElfFile<'a, FileHeader64<Endianness>>;

pub fn read(program: &[u8]) -> Result<Module> {
    let elf = Elf::parse(program)?;
    let mut data = part(&elf, ".data")?;
    let bss = part(&elf, ".bss")?;
    if bss.size != 0 {
        if data.size == 0 {
            data.address = bss.address;
        }
        data.size = bss.address + bss.size - data.address;
    }
    let mut module = Module {
        entry: u32::try_from(elf.entry())?,
        text: part(&elf, ".text")?,
        rodata: part(&elf, ".rodata")?,
        data,
        relocations: Vec::new(),
    };
    for (at, relocation) in elf.dynamic_relocations().into_iter().flatten() {
        let relative = relocation.flags() == RelocationFlags::Elf { r_type: R_X86_64_RELATIVE };
        if !relative || relocation.target() != RelocationTarget::Absolute {
            bail!("the relocation at {at:#x} is none that an image can have: {relocation:?}");
        }
        let at = u32::try_from(at)?;
        module.put(at, relocation.addend() as u64)?;
        module.relocations.push(at);
    }
    module.relocations.sort_unstable();
    Ok(module)
}

fn part(elf: &Elf, name: &str) -> Result<Part> {
    let Some(section) = elf.section_by_name(name) else { return Ok(Part::default()) };
    let (address, size) = (u32::try_from(section.address())?, u32::try_from(section.size())?);
    let bytes = if section.file_range().is_some() { section.data()?.to_vec() } else { Vec::new() };
    Ok(Part { address, bytes, size })
}

impl Module {
    fn put(&mut self, at: u32, value: u64) -> Result<()> {
        for part in [&mut self.text, &mut self.rodata, &mut self.data] {
            let offset = at.wrapping_sub(part.address) as usize;
            if at >= part.address && offset + 8 <= part.bytes.len() {
                part.bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
                return Ok(());
            }
        }
        bail!("the relocation at {at:#x} is in no section of the image")
    }
}

/// All bytes of a program with fixed addresses from `start` up to 4 GiB; gaps are zero.
pub fn flat(program: &[u8], start: u64) -> Result<Vec<u8>> {
    let elf = Elf::parse(program)?;
    let mut bytes = vec![0; ((1 << 32) - start) as usize];
    for segment in elf.segments().filter(|segment| segment.address() >= start) {
        let (at, data) = ((segment.address() - start) as usize, segment.data()?);
        bytes.get_mut(at..at + data.len()).context("a segment ends above 4 GiB")?.copy_from_slice(data);
    }
    Ok(bytes)
}
