//! The flash image: firmware volumes one after the other, up to 4 GiB.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use pi::Guid;
use pi::layout::{ffs, fv, section};

use super::manifest::{File, Kind, Manifest, Volume};
use super::{elf, pe};

pub struct Image {
    pub bytes: Vec<u8>,
    /// What lies where, for people.
    pub map: String,
}

const ERASED: u8 = 0xff;
const BLOCK: usize = 0x1000;
const FOUR_GIB: u64 = 1 << 32;
/// Where the volume top file's data begin; it ends at 4 GiB.
const VOLUME_TOP: u64 = 0xffff_f000;
/// In the volume top file: the SEC core's entry point.
const SEC_ENTRY: u64 = 0xffff_fff4;
/// Images that run in place start at multiples of this.
const IN_PLACE_ALIGNMENT: usize = 32;
/// EDK II's `EFI_FVB2_…`: all rights, memory mapped, erase polarity 1, aligned to 16 bytes.
const VOLUME_ATTRIBUTES: u32 = 0x0004_feff;

pub fn build(manifest: &Manifest, program: impl Fn(&str) -> Result<Vec<u8>>) -> Result<Image> {
    let mut image = Image { bytes: Vec::new(), map: String::new() };
    let mut end = None;
    let mut sec_entry = None;
    for volume in &manifest.volume {
        ensure!(end.is_none_or(|end| end == volume.base), "{} doesn't begin where the last volume ends", volume.name);
        end = Some(volume.base + volume.size as u64);
        let built = Builder::new(volume).build(manifest, &program).with_context(|| volume.name.clone())?;
        writeln!(image.map, "{:08X} {:6X} {}, {:X} used", volume.base, volume.size, volume.name, built.used)?;
        image.map += &built.map;
        image.bytes.extend(built.bytes);
        sec_entry = sec_entry.or(built.sec_entry);
    }
    ensure!(end == Some(FOUR_GIB), "the last volume doesn't end at 4 GiB");
    let at = image.bytes.len() - (FOUR_GIB - SEC_ENTRY) as usize;
    let entry = sec_entry.context("there is no SEC core")?;
    image.bytes[at..at + 4].copy_from_slice(&(entry as u32).to_le_bytes());
    Ok(image)
}

struct Builder<'a> {
    volume: &'a Volume,
    bytes: Vec<u8>,
    map: String,
    used: usize,
    sec_entry: Option<u64>,
}

impl<'a> Builder<'a> {
    fn new(volume: &'a Volume) -> Self {
        Builder { volume, bytes: header(volume.size), map: String::new(), used: 0, sec_entry: None }
    }

    fn build(mut self, manifest: &Manifest, program: impl Fn(&str) -> Result<Vec<u8>>) -> Result<Self> {
        if !self.volume.apriori.is_empty() {
            let names = self.volume.apriori.iter().map(|module| manifest.file_guid(module).map(|guid| guid.0));
            let names = names.collect::<Result<Vec<_>>>()?.concat();
            self.add(&file(ffs::APRIORI, ffs::kind::FREEFORM, &sections([(section::kind::RAW, names)])));
        }
        for file in &self.volume.file {
            let program = program(&file.module)?;
            self.module(manifest, file, &program).with_context(|| file.module.clone())?;
        }
        self.used = self.used.max(self.bytes.len());
        if self.bytes.len() > self.volume.size {
            bail!("its files take {:#x} bytes, it has {:#x}", self.bytes.len(), self.volume.size);
        }
        self.bytes.resize(self.volume.size, ERASED);
        Ok(self)
    }

    fn module(&mut self, manifest: &Manifest, entry: &File, program: &[u8]) -> Result<()> {
        if entry.kind == Kind::VolumeTop {
            return self.volume_top(entry, program);
        }
        let mut image = pe::build(&elf::read(program)?, entry.kind.subsystem(), &entry.module)?;
        let mut body = Vec::new();
        if let (Some(kind), Some(depex)) = (entry.kind.depex_section(), manifest.depex(entry)?) {
            body.push((kind, depex));
        }
        let mut base = None;
        if entry.kind.in_place() {
            base = Some(self.align_image(&mut body));
            image.rebase(base.unwrap_or_default());
        }
        if entry.kind == Kind::Sec {
            self.sec_entry = base.map(|base| base + image.entry());
        }
        let at = base.map_or(String::new(), |base| format!(" at {base:08X}"));
        let sizes = (image.bytes.len(), image.size_of_image());
        writeln!(self.map, "    {:16} {:6X} in flash, {:6X} in memory{at}", entry.module, sizes.0, sizes.1)?;
        body.push((section::kind::PE32, image.bytes));
        body.push((section::kind::USER_INTERFACE, utf16(&entry.module)));
        body.push((section::kind::VERSION, [vec![0, 0], utf16(env!("CARGO_PKG_VERSION"))].concat()));
        self.add(&file(entry.guid()?, entry.kind.file_type(), &sections(body)));
        Ok(())
    }

    /// Puts a RAW section before the image's, so that the image is aligned; returns its address.
    fn align_image(&self, body: &mut Vec<(u8, Vec<u8>)>) -> u64 {
        let start = self.bytes.len().next_multiple_of(ffs::FILE_ALIGNMENT) + ffs::HEADER_SIZE;
        let image = |body: &[(u8, Vec<u8>)]| start + sections(body.iter().cloned()).len() + section::HEADER_SIZE;
        let unaligned = image(body) % IN_PLACE_ALIGNMENT;
        if unaligned != 0 {
            // The RAW section's own header counts, too.
            let gap = (2 * IN_PLACE_ALIGNMENT - unaligned - section::HEADER_SIZE) % IN_PLACE_ALIGNMENT;
            body.insert(0, (section::kind::RAW, vec![0; gap]));
        }
        self.volume.base + image(body) as u64
    }

    fn add(&mut self, file: &[u8]) {
        self.bytes.resize(self.bytes.len().next_multiple_of(ffs::FILE_ALIGNMENT), ERASED);
        self.bytes.extend(file);
    }

    /// A pad file, then the file whose data end with the volume.
    fn volume_top(&mut self, entry: &File, program: &[u8]) -> Result<()> {
        let data = elf::flat(program, VOLUME_TOP)?;
        let top = file(entry.guid()?, entry.kind.file_type(), &data);
        self.used = self.bytes.len() + top.len();
        self.add(&[]);
        let gap = (self.volume.size.checked_sub(top.len() + self.bytes.len()))
            .and_then(|gap| gap.checked_sub(ffs::HEADER_SIZE))
            .context("there is no room for the volume top file")?;
        self.add(&file(Guid::ONES, ffs::kind::PAD, &vec![ERASED; gap]));
        self.add(&top);
        writeln!(self.map, "    {:16} {:6X} at {VOLUME_TOP:08X}", entry.module, data.len())?;
        Ok(())
    }
}

/// Volume header, block map and its end.
fn header(size: usize) -> Vec<u8> {
    let length = fv::HEADER_SIZE + 2 * fv::BLOCK_MAP_ENTRY_SIZE;
    let mut h = vec![0; 16];
    h.extend(fv::FFS2.0);
    h.extend((size as u64).to_le_bytes());
    h.extend(fv::SIGNATURE);
    h.extend(VOLUME_ATTRIBUTES.to_le_bytes());
    h.extend((length as u16).to_le_bytes());
    // Checksum, no extended header, reserved.
    h.extend([0, 0, 0, 0, 0, fv::REVISION]);
    h.extend(((size / BLOCK) as u32).to_le_bytes());
    h.extend((BLOCK as u32).to_le_bytes());
    h.extend([0; 8]);
    let sum = h.chunks(2).fold(0u16, |sum, word| sum.wrapping_add(u16::from_le_bytes([word[0], word[1]])));
    h[0x32..0x34].copy_from_slice(&sum.wrapping_neg().to_le_bytes());
    h
}

fn file(name: Guid, kind: u8, body: &[u8]) -> Vec<u8> {
    let size = (ffs::HEADER_SIZE + body.len()) as u32;
    let mut h = [0; ffs::HEADER_SIZE];
    h[..16].copy_from_slice(&name.0);
    h[0x12] = kind;
    h[0x14..0x17].copy_from_slice(&size.to_le_bytes()[..3]);
    let sum = h.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    h[0x10] = sum.wrapping_neg();
    h[0x11] = ffs::FIXED_CHECKSUM;
    h[0x17] = !ffs::state::COMPLETE;
    [&h[..], body].concat()
}

fn sections(all: impl IntoIterator<Item = (u8, Vec<u8>)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, data) in all {
        let size = (section::HEADER_SIZE + data.len()) as u32;
        bytes.extend(&size.to_le_bytes()[..3]);
        bytes.push(kind);
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(section::SECTION_ALIGNMENT), 0);
    }
    bytes
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}
