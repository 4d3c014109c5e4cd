//! The flash image: firmware volumes one after the other, up to 4 GiB.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use pi::image::{Body, File, Image, Part, Placed, Section, SectionBody, Sections, Volume};
use pi::layout::section::kind;
use pi::layout::{ffs, fv, section};
use pi::variable::{self, Areas, Format};

use super::manifest::{self, Kind, Manifest};
use super::{elf, pe};

pub struct Flash {
    pub bytes: Vec<u8>,
    /// What lies where, for people.
    pub map: String,
}

const BLOCK: u32 = 0x1000;
const FOUR_GIB: u64 = 1 << 32;
/// Where the volume top file's data begin; it ends at 4 GiB.
pub const VOLUME_TOP: u64 = 0xffff_f000;
/// In the volume top file: the SEC core's entry point, so many bytes before the end.
const SEC_ENTRY: usize = 12;
/// Images that run in place start at multiples of this.
const IN_PLACE_ALIGNMENT: usize = 32;
/// A file with such an image lies so that its data start at a multiple of 128: the smallest alignment
/// that FFS has and that is large enough.
const ALIGNED_128: u8 = 2 << 3;

pub fn build(manifest: &Manifest, program: impl Fn(&str) -> Result<Vec<u8>>) -> Result<Flash> {
    let mut image = Image::default();
    let mut map = String::new();
    let mut end = None;
    let mut sec_entry = None;
    for volume in &manifest.volume {
        ensure!(end.is_none_or(|end| end == volume.base), "{} doesn't begin where the last volume ends", volume.name);
        end = Some(volume.base + volume.size as u64);
        if let Some(areas) = &volume.nvram {
            let blank = blank(volume.size, areas).with_context(|| volume.name.clone())?;
            writeln!(map, "{:08X} {:6X} {}, no variables yet", volume.base, volume.size, volume.name)?;
            image.parts.extend(Image::parse(&blank).parts);
            continue;
        }
        if let Some(text) = &volume.text {
            let mut bytes = text.clone().into_bytes();
            ensure!(bytes.len() <= volume.size, "{} has no room for its text", volume.name);
            bytes.resize(volume.size, 0xff);
            writeln!(map, "{:08X} {:6X} {}", volume.base, volume.size, volume.name)?;
            image.parts.push(Part::Bytes(bytes));
            continue;
        }
        let mut builder = Builder { manifest, volume, modules: Vec::new(), sec_entry, map: &mut map };
        let built = builder.build(&program).with_context(|| volume.name.clone())?;
        sec_entry = builder.sec_entry;
        image.parts.push(Part::Volume(built));
    }
    ensure!(end == Some(FOUR_GIB), "the last volume doesn't end at 4 GiB");
    let flaws = image.check();
    ensure!(flaws.is_empty(), "the image breaks rules: {flaws:?}");
    Ok(Flash { bytes: image.write(), map })
}

/// Variables as a machine leaves the factory: none.
fn blank(size: usize, areas: &manifest::Nvram) -> Result<Vec<u8>> {
    let [start, end] = areas.work_space;
    let areas = Areas { volume: size, block: BLOCK as usize, store_end: areas.store_end, work_space: start..end };
    Ok(variable::blank(&areas, Format::Authenticated)?)
}

struct Builder<'a> {
    manifest: &'a Manifest,
    volume: &'a manifest::Volume,
    /// Files but the a-priori file, in order; the volume top file has no image.
    modules: Vec<(&'a manifest::File, Option<pe::Image>)>,
    sec_entry: Option<u64>,
    map: &'a mut String,
}

impl<'a> Builder<'a> {
    fn build(&mut self, program: impl Fn(&str) -> Result<Vec<u8>>) -> Result<Volume> {
        let blocks = u32::try_from(self.volume.size)? / BLOCK;
        let mut volume = Volume::new(fv::FFS2, blocks, BLOCK).context("it has no room for its header")?;
        let mut files = Vec::new();
        if !self.volume.apriori.is_empty() {
            files.push(self.apriori()?);
        }
        for entry in &self.volume.file {
            let file = self.file(entry, &program(&entry.module)?).with_context(|| entry.module.clone())?;
            files.push(file);
        }
        let placed = volume.files_mut().context("FFS has files")?;
        placed.extend(files.into_iter().map(Placed::new));
        volume.place()?;
        self.link(&mut volume)?;
        Ok(volume)
    }

    fn apriori(&self) -> Result<File> {
        let names = self.volume.apriori.iter().map(|module| self.manifest.file_guid(module).map(|guid| guid.0));
        let names = names.collect::<Result<Vec<_>>>()?.concat();
        sectioned(ffs::APRIORI, ffs::kind::FREEFORM, 0, vec![Section::new(kind::RAW, names)])
    }

    fn file(&mut self, entry: &'a manifest::File, program: &[u8]) -> Result<File> {
        if entry.kind == Kind::VolumeTop {
            self.modules.push((entry, None));
            let data = elf::flat(program, VOLUME_TOP)?;
            return Ok(File::new(entry.guid()?, entry.kind.file_type(), Body::Bytes(data)));
        }
        let image = pe::build(&elf::read(program)?, entry.kind.subsystem(), &entry.module)?;
        let mut list = Vec::new();
        if let (Some(kind), Some(depex)) = (entry.kind.depex_section(), self.manifest.depex(entry)?) {
            list.push(Section::new(kind, depex));
        }
        let mut attributes = 0;
        if entry.kind.in_place() {
            attributes = ALIGNED_128;
            align_next(&mut list)?;
        }
        list.push(Section::new(kind::PE32, image.bytes.clone()));
        list.push(Section::user_interface(&entry.module));
        list.push(Section::version(0, env!("CARGO_PKG_VERSION")));
        self.modules.push((entry, Some(image)));
        sectioned(entry.guid()?, entry.kind.file_type(), attributes, list)
    }

    /// Moves what runs in place to its address, tells the reset vector of SEC's, and draws the map.
    fn link(&mut self, volume: &mut Volume) -> Result<()> {
        let (base, size) = (self.volume.base, self.volume.size);
        let mut map = String::new();
        for (entry, image) in &mut self.modules {
            let name = entry.guid()?;
            let mut files = volume.files_mut().into_iter().flatten();
            let placed = files.find(|placed| placed.file.header.name == name).context("the file that was placed")?;
            let Some(image) = image else {
                let entry_point = self.sec_entry.context("there is no SEC core in front of the volume top file")?;
                put_entry(&mut placed.file, entry_point)?;
                writeln!(map, "    {:16} {:6X} at {VOLUME_TOP:08X}", entry.module, placed.file.body.size())?;
                continue;
            };
            let mut at = String::new();
            if let Some(offset) = placed.code.first() {
                let address = base + *offset as u64;
                image.rebase(address);
                put_image(&mut placed.file, &image.bytes)?;
                write!(at, " at {address:08X}")?;
                if entry.kind == Kind::Sec {
                    self.sec_entry = Some(address + image.entry());
                    placed.file.header.attributes |= ffs::attribute::FIXED;
                }
                placed.file.seal();
            }
            let sizes = (image.bytes.len(), image.size_of_image());
            writeln!(map, "    {:16} {:6X} in flash, {:6X} in memory{at}", entry.module, sizes.0, sizes.1)?;
        }
        let blank = volume.files().iter().filter(|placed| placed.file.is_blank(0xff));
        let free = volume.free() + blank.map(|placed| placed.file.size()).sum::<usize>();
        writeln!(self.map, "{base:08X} {size:6X} {}, {free:X} free", self.volume.name)?;
        self.map.push_str(&map);
        Ok(())
    }
}

/// Tells the reset vector where SEC begins.
fn put_entry(top: &mut File, entry: u64) -> Result<()> {
    let Body::Bytes(data) = &mut top.body else { bail!("it has sections") };
    let at = data.len() - SEC_ENTRY;
    data[at..at + 4].copy_from_slice(&(entry as u32).to_le_bytes());
    top.seal();
    Ok(())
}

fn sectioned(name: pi::Guid, kind: u8, attributes: u8, list: Vec<Section>) -> Result<File> {
    let mut sections = Sections { list, tail: Vec::new() };
    sections.seal()?;
    let mut file = File::new(name, kind, Body::Sections(sections));
    file.header.attributes |= attributes;
    file.seal();
    Ok(file)
}

/// Puts a RAW section in front, so that the next section's data are aligned in the file.
fn align_next(list: &mut Vec<Section>) -> Result<()> {
    let mut sections = Sections { list: list.clone(), tail: Vec::new() };
    sections.seal()?;
    let next = sections.size().next_multiple_of(section::SECTION_ALIGNMENT) + section::HEADER_SIZE;
    let unaligned = next % IN_PLACE_ALIGNMENT;
    if unaligned != 0 {
        // The RAW section's own header counts, too.
        let gap = (2 * IN_PLACE_ALIGNMENT - unaligned - section::HEADER_SIZE) % IN_PLACE_ALIGNMENT;
        list.insert(0, Section::new(kind::RAW, vec![0; gap]));
    }
    Ok(())
}

fn put_image(file: &mut File, image: &[u8]) -> Result<()> {
    let Body::Sections(sections) = &mut file.body else { bail!("the file has no sections") };
    let (holder, nth) = sections.holder_of(kind::PE32).context("the file has no image")?;
    holder.list[nth].body = SectionBody::Bytes(image.to_vec());
    Ok(())
}
