//! Memory contents as copy-on-write pages behind a two-level table: cloning costs one reference
//! count per MiB, an untouched page is shared, and each page remembers its hash until it is written.
//!
//! Counted by `Rc`: a machine stays in its thread, and `Arc` would make each store wait for two atomic
//! operations (measured: a fifth of the interpreter's time).

use std::cell::OnceCell;
use std::rc::Rc;
use xxhash_rust::xxh3::xxh3_64;

pub const PAGE: usize = 4096;
const PAGES_PER_CHUNK: usize = 256;

#[derive(Clone)]
struct Page {
    bytes: [u8; PAGE],
    hash: OnceCell<u64>,
}

type Chunk = [Rc<Page>; PAGES_PER_CHUNK];

#[derive(Clone)]
pub struct Pages {
    chunks: Vec<Rc<Chunk>>,
    len: usize,
}

impl Pages {
    /// `len` bytes of `fill`; `len` is rounded up to whole pages.
    pub fn filled(len: usize, fill: u8) -> Self {
        let len = len.next_multiple_of(PAGE);
        let page = Rc::new(Page { bytes: [fill; PAGE], hash: OnceCell::new() });
        let chunk: Rc<Chunk> = Rc::new(std::array::from_fn(|_| page.clone()));
        Pages { chunks: vec![chunk; len.div_ceil(PAGE * PAGES_PER_CHUNK)], len }
    }

    /// The bytes of an image, the last page filled up with FFh.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut pages = Pages::filled(bytes.len(), 0xff);
        for (i, part) in bytes.chunks(PAGE).enumerate() {
            pages.page_mut(i)[..part.len()].copy_from_slice(part);
        }
        pages
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Page `index`. Panics beyond the end, as a slice would.
    #[inline]
    pub fn page(&self, index: usize) -> &[u8; PAGE] {
        &self.chunks[index / PAGES_PER_CHUNK][index % PAGES_PER_CHUNK].bytes
    }

    /// Page `index` for writing; a page shared with a clone is copied first.
    #[inline]
    pub fn page_mut(&mut self, index: usize) -> &mut [u8; PAGE] {
        let chunk = Rc::make_mut(&mut self.chunks[index / PAGES_PER_CHUNK]);
        let page = Rc::make_mut(&mut chunk[index % PAGES_PER_CHUNK]);
        if page.hash.get().is_some() {
            page.hash = OnceCell::new();
        }
        &mut page.bytes
    }

    /// Copies bytes out; bytes beyond the end read as all ones.
    pub fn read(&self, offset: usize, out: &mut [u8]) {
        for (i, byte) in out.iter_mut().enumerate() {
            let at = offset + i;
            *byte = if at < self.len { self.page(at / PAGE)[at % PAGE] } else { 0xff };
        }
    }

    /// Little-endian value of 1 to 8 bytes that lie in one page.
    #[inline]
    pub fn read_value(&self, offset: usize, size: usize) -> u64 {
        let page = self.page(offset / PAGE);
        let at = offset % PAGE;
        match size {
            1 => page[at].into(),
            2 => u16::from_le_bytes(part(page, at)).into(),
            4 => u32::from_le_bytes(part(page, at)).into(),
            8 => u64::from_le_bytes(part(page, at)),
            _ => page[at..at + size].iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)),
        }
    }

    #[inline]
    pub fn write_value(&mut self, offset: usize, size: usize, value: u64) {
        let at = offset % PAGE;
        let page = self.page_mut(offset / PAGE);
        match size {
            1 => page[at] = value as u8,
            2 => page[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes()),
            4 => page[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes()),
            8 => page[at..at + 8].copy_from_slice(&value.to_le_bytes()),
            _ => page[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]),
        }
    }

    /// Everything, in order.
    pub fn to_vec(&self) -> Vec<u8> {
        (0..self.len / PAGE).flat_map(|i| self.page(i).iter().copied()).collect()
    }
}

/// Sizes that are known are one load each.
#[inline(always)]
fn part<const N: usize>(page: &[u8; PAGE], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&page[at..at + N]);
    bytes
}

/// A tree hash: pages that were not written since the last call cost one look-up.
impl std::hash::Hash for Pages {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.len as u64);
        for i in 0..self.len / PAGE {
            let page = &self.chunks[i / PAGES_PER_CHUNK][i % PAGES_PER_CHUNK];
            state.write_u64(*page.hash.get_or_init(|| xxh3_64(&page.bytes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

    fn hash(p: &Pages) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one(p)
    }

    #[test]
    fn a_clone_keeps_its_bytes_when_the_original_is_written() {
        let mut a = Pages::filled(3 << 20, 0);
        let b = a.clone();
        a.write_value(0x12_3ffc, 4, 0xdead_beef);
        assert_eq!(a.read_value(0x12_3ffc, 4), 0xdead_beef);
        assert_eq!(b.read_value(0x12_3ffc, 4), 0);
    }

    #[test]
    fn the_hash_follows_the_contents() {
        let mut a = Pages::filled(1 << 20, 0);
        let before = hash(&a);
        a.write_value(5, 1, 1);
        assert_ne!(hash(&a), before);
        a.write_value(5, 1, 0);
        assert_eq!(hash(&a), before);
    }

    #[test]
    fn reads_beyond_the_end_are_all_ones() {
        let a = Pages::from_bytes(&[1, 2, 3]);
        let mut out = [0; 2];
        a.read(PAGE - 1, &mut out);
        assert_eq!(out, [0xff, 0xff]);
        assert_eq!(a.read_value(0, 4), 0xff03_0201);
    }
}
