//! PE32+ images: Microsoft's PE format, "Optional Header" and "The .reloc Section".

use crate::Status;
use crate::pages::PAGE;
use crate::text::Ascii;

const DOS_LFANEW: usize = 0x3c;
const OPTIONAL: usize = 24;
const DIRECTORY_RELOC: usize = 112 + 5 * 8;
const DIRECTORY_DEBUG: usize = 112 + 6 * 8;
const DIR64: u16 = 10;
/// SizeOfHeaders of our images (link/module.ld).
const HEADERS: usize = 0x240;

/// An image file, checked only as far as loading needs it.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    file: &'a [u8],
    /// Offset of the PE signature.
    pe: usize,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
}
fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

impl<'a> Image<'a> {
    pub fn parse(file: &'a [u8]) -> Result<Self, Status> {
        let parse = || {
            let pe = u32_at(file, DOS_LFANEW)?;
            let good = file.get(pe..pe + 4)? == b"PE\0\0"
                && u16_at(file, pe + 4)? == 0x8664
                && u16_at(file, pe + OPTIONAL)? == 0x20b;
            u64_at(file, pe + OPTIONAL + DIRECTORY_RELOC)?;
            good.then_some(Image { file, pe })
        };
        parse().ok_or(Status::LOAD_ERROR)
    }

    fn field(&self, offset: usize) -> usize {
        u32_at(self.file, self.pe + OPTIONAL + offset).unwrap_or(0)
    }
    /// SizeOfImage.
    pub fn size(&self) -> usize {
        self.field(56)
    }
    /// AddressOfEntryPoint.
    pub fn entry(&self) -> usize {
        self.field(16)
    }
    pub fn subsystem(&self) -> u16 {
        self.field(68) as u16
    }
    fn preferred_base(&self) -> u64 {
        u64_at(self.file, self.pe + OPTIONAL + 24).unwrap_or(0)
    }

    /// Copies headers and sections to where they belong in `memory`, which has `size()` bytes, and
    /// relocates the image for `base`.
    pub fn load(&self, memory: &mut [u8], base: u64) -> Result<(), Status> {
        self.copy(memory).ok_or(Status::LOAD_ERROR)?;
        relocate(memory, self.relocations(), base.wrapping_sub(self.preferred_base())).ok_or(Status::LOAD_ERROR)
    }

    fn copy(&self, memory: &mut [u8]) -> Option<()> {
        memory.fill(0);
        let headers = self.field(60);
        memory.get_mut(..headers)?.copy_from_slice(self.file.get(..headers)?);
        let table = self.pe + OPTIONAL + usize::from(u16_at(self.file, self.pe + 20)?);
        for i in 0..usize::from(u16_at(self.file, self.pe + 6)?) {
            let section = table + i * 40;
            let [size, at, raw_size, raw] = [8, 12, 16, 20].map(|o| u32_at(self.file, section + o).unwrap_or(0));
            let n = size.min(raw_size);
            memory.get_mut(at..at + n)?.copy_from_slice(self.file.get(raw..raw + n)?);
        }
        Some(())
    }

    /// RVA and size of the base relocations.
    pub fn relocations(&self) -> core::ops::Range<usize> {
        let at = self.field(DIRECTORY_RELOC);
        at..at + self.field(DIRECTORY_RELOC + 4)
    }
}

/// An image that was loaded to the beginning of a page.
pub struct Loaded {
    pub base: u64,
}

/// Furthest that code may lie from its image's header.
const REACH: u64 = 1 << 20;

/// The image that the code at `address`, in mapped memory, belongs to: its header is the first below.
pub fn find_loaded(address: u64) -> Option<Loaded> {
    let lowest = address.saturating_sub(REACH).max(PAGE);
    let mut base = address & !(PAGE - 1);
    while (lowest..1 << 32).contains(&base) {
        // SAFETY: the identity map covers 4 GiB.
        let header = unsafe { core::slice::from_raw_parts(base as *const u8, HEADERS) };
        if header.starts_with(b"MZ") && Image::parse(header).is_ok_and(|image| address - base < image.size() as u64) {
            return Some(Loaded { base });
        }
        base -= PAGE;
    }
    None
}

impl Loaded {
    fn headers(&self) -> &'static [u8] {
        // SAFETY: `find_loaded` has read them.
        unsafe { core::slice::from_raw_parts(self.base as *const u8, HEADERS) }
    }

    pub fn entry(&self) -> u64 {
        self.base + Image::parse(self.headers()).map_or(0, |image| image.entry() as u64)
    }

    /// As its debug directory has it: an NB10 record, `DriverA.pdb`. Our images' lies in the headers.
    pub fn name(&self) -> Ascii<'static> {
        let headers = self.headers();
        let find = || {
            let directory = Image::parse(headers).ok()?.field(DIRECTORY_DEBUG);
            let record = headers.get(u32_at(headers, directory + 20)?..)?.strip_prefix(b"NB10")?.get(12..)?;
            record.split(|&byte| byte == b'.' || byte == 0).next()
        };
        Ascii(find().unwrap_or(b"?"))
    }
}

/// Adds `delta` to every address in a loaded image that its base relocations name.
fn relocate(memory: &mut [u8], table: core::ops::Range<usize>, delta: u64) -> Option<()> {
    move_addresses(memory, table, 0..u64::MAX, delta)
}

/// Adds `delta` to the addresses that base relocations name, if they point into `from`.
pub fn move_addresses(
    memory: &mut [u8],
    table: core::ops::Range<usize>,
    from: core::ops::Range<u64>,
    delta: u64,
) -> Option<()> {
    let mut at = table.start;
    while at + 8 <= table.end {
        let (page, size) = (u32_at(memory, at)?, u32_at(memory, at + 4)?);
        if size < 8 {
            return None;
        }
        for entry in (at + 8..at + size).step_by(2) {
            let word = u16_at(memory, entry)?;
            let place = page + usize::from(word & 0xfff);
            if word >> 12 == DIR64 && from.contains(&u64_at(memory, place)?) {
                let value = u64_at(memory, place)?.wrapping_add(delta);
                memory.get_mut(place..place + 8)?.copy_from_slice(&value.to_le_bytes());
            }
        }
        at += size;
    }
    Some(())
}
