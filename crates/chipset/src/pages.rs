//! Memory contents as copy-on-write pages behind a two-level table: cloning costs one reference
//! count per MiB, an untouched page is shared, and each page remembers its hash until it is written.
//!
//! Counted by `Rc`: a machine stays in its thread, and `Arc` would make each store wait for two atomic
//! operations (measured: a fifth of the interpreter's time).
//!
//! A [`Frame`] is a page that was looked up once and is read or written again and again without it.

#![allow(unsafe_code, reason = "a load or store in a frame is one instruction: see `Frame`")]

use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

pub const PAGE: usize = 4096;
const PAGES_PER_CHUNK: usize = 256;

type Bytes = [u8; PAGE];

/// All access to the bytes of a page goes through its cell: a frame may point to them, too.
struct Page {
    bytes: UnsafeCell<Bytes>,
    hash: Cell<Option<u64>>,
}

impl Clone for Page {
    fn clone(&self) -> Self {
        Page::new(*self.bytes())
    }
}

impl Page {
    fn new(bytes: Bytes) -> Self {
        Page { bytes: UnsafeCell::new(bytes), hash: Cell::new(None) }
    }

    fn hash(&self) -> u64 {
        let hash = self.hash.get().unwrap_or_else(|| xxh3_64(self.bytes()));
        self.hash.set(Some(hash));
        hash
    }

    fn bytes(&self) -> &Bytes {
        // SAFETY: whoever may write has `Pages` exclusively, and thus no reference like this one.
        unsafe { &*self.bytes.get() }
    }
}

type Chunk = [Rc<Page>; PAGES_PER_CHUNK];

pub struct Pages {
    chunks: Vec<Rc<Chunk>>,
    len: usize,
    /// No two memories ever have the same; it changes when frames become invalid.
    epoch: Cell<u64>,
}

fn new_epoch() -> Cell<u64> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Cell::new(LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

/// Where a page's bytes are, as long as the memory's epoch is the frame's: no look-up, no count of owners
/// (measured: code that works in memory runs 1.1 times as fast).
#[derive(Clone, Copy)]
pub struct Frame {
    bytes: NonNull<Bytes>,
    /// For writing, too.
    writable: bool,
    epoch: u64,
}

impl Default for Frame {
    /// Of no memory: epochs begin at 1.
    fn default() -> Self {
        Frame { bytes: NonNull::dangling(), writable: false, epoch: 0 }
    }
}

impl Clone for Pages {
    fn clone(&self) -> Self {
        // What was written through a frame until now is shared from now on.
        self.epoch.set(new_epoch().get());
        Pages { chunks: self.chunks.clone(), len: self.len, epoch: new_epoch() }
    }
}

impl Pages {
    /// `len` bytes of `fill`; `len` is rounded up to whole pages.
    pub fn filled(len: usize, fill: u8) -> Self {
        let len = len.next_multiple_of(PAGE);
        let page = Rc::new(Page::new([fill; PAGE]));
        let chunk: Rc<Chunk> = Rc::new(std::array::from_fn(|_| page.clone()));
        Pages { chunks: vec![chunk; len.div_ceil(PAGE * PAGES_PER_CHUNK)], len, epoch: new_epoch() }
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

    #[inline]
    fn slot(&self, index: usize) -> &Rc<Page> {
        &self.chunks[index / PAGES_PER_CHUNK][index % PAGES_PER_CHUNK]
    }

    /// Page `index`. Panics beyond the end, as a slice would.
    #[inline]
    pub fn page(&self, index: usize) -> &Bytes {
        self.slot(index).bytes()
    }

    /// Page `index` for writing; a page shared with a clone is copied first.
    #[inline]
    pub fn page_mut(&mut self, index: usize) -> &mut Bytes {
        let chunk = &self.chunks[index / PAGES_PER_CHUNK];
        if Rc::strong_count(chunk) > 1 || Rc::strong_count(&chunk[index % PAGES_PER_CHUNK]) > 1 {
            self.own(index);
        }
        let page = self.slot(index);
        page.hash.set(None);
        // SAFETY: the page is this memory's alone, and the memory is borrowed exclusively.
        unsafe { &mut *page.bytes.get() }
    }

    /// Makes a page this memory's alone.
    #[cold]
    fn own(&mut self, index: usize) {
        // Frames of the page that was shared show what it was.
        self.epoch = new_epoch();
        let chunk = Rc::make_mut(&mut self.chunks[index / PAGES_PER_CHUNK]);
        let page = &mut chunk[index % PAGES_PER_CHUNK];
        *page = Rc::new(Page::clone(page));
    }

    /// Page `index`, to be read, or written too, while nothing changes the epoch: a clone, a hash, or
    /// another page that has to be copied. Panics beyond the end.
    pub fn frame(&mut self, index: usize, writable: bool) -> Frame {
        if writable {
            self.page_mut(index);
        }
        let bytes = NonNull::new(self.slot(index).bytes.get()).expect("a reference's target is not null");
        Frame { bytes, writable, epoch: self.epoch.get() }
    }

    /// Little-endian value of 1, 2, 4 or 8 bytes that lie in the page; `None`: get the frame anew.
    #[inline(always)]
    pub fn frame_read(&self, frame: Frame, at: usize, size: usize) -> Option<u64> {
        // SAFETY: an equal epoch means that this memory gave the frame out and still holds that page.
        (frame.epoch == self.epoch.get()).then(|| value(unsafe { frame.bytes.as_ref() }, at % PAGE, size))
    }

    #[inline(always)]
    pub fn frame_write(&mut self, frame: Frame, at: usize, size: usize, value: u64) -> Option<()> {
        if frame.epoch != self.epoch.get() || !frame.writable {
            return None;
        }
        let mut bytes = frame.bytes;
        // SAFETY: as above; since the frame was given out for writing the page was neither shared nor
        // hashed, and the memory is borrowed exclusively.
        set_value(unsafe { bytes.as_mut() }, at % PAGE, size, value);
        Some(())
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
        value(self.page(offset / PAGE), offset % PAGE, size)
    }

    #[inline]
    pub fn write_value(&mut self, offset: usize, size: usize, value: u64) {
        set_value(self.page_mut(offset / PAGE), offset % PAGE, size, value);
    }

    /// Everything, in order.
    pub fn to_vec(&self) -> Vec<u8> {
        (0..self.len / PAGE).flat_map(|i| self.page(i).iter().copied()).collect()
    }
}

/// Sizes that are known are one load each.
#[inline(always)]
fn value(page: &Bytes, at: usize, size: usize) -> u64 {
    match size {
        1 => page[at].into(),
        2 => u16::from_le_bytes(part(page, at)).into(),
        4 => u32::from_le_bytes(part(page, at)).into(),
        8 => u64::from_le_bytes(part(page, at)),
        _ => page[at..at + size].iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)),
    }
}

#[inline(always)]
fn set_value(page: &mut Bytes, at: usize, size: usize, value: u64) {
    match size {
        1 => page[at] = value as u8,
        2 => page[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes()),
        4 => page[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes()),
        8 => page[at..at + 8].copy_from_slice(&value.to_le_bytes()),
        _ => page[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]),
    }
}

#[inline(always)]
fn part<const N: usize>(page: &Bytes, at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&page[at..at + N]);
    bytes
}

/// A tree hash: pages that were not written since the last call cost one look-up.
impl std::hash::Hash for Pages {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.len as u64);
        // The next store to a page must drop its hash.
        self.epoch.set(new_epoch().get());
        for i in 0..self.len / PAGE {
            state.write_u64(self.slot(i).hash());
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
    fn a_frame_reads_and_writes_its_page_until_the_page_is_shared_or_hashed() {
        let mut a = Pages::filled(1 << 20, 0);
        let frame = a.frame(3, true);
        assert_eq!(a.frame_write(frame, 8, 4, 0x1234_5678), Some(()));
        assert_eq!((a.read_value(3 * PAGE + 8, 2), a.frame_read(frame, 9, 1)), (0x5678, Some(0x56)));
        let b = a.clone();
        assert_eq!((a.frame_write(frame, 8, 4, 0), a.frame_read(frame, 8, 4)), (None, None));
        assert_eq!(b.frame_read(frame, 8, 4), None, "of another memory");
        let again = a.frame(3, true);
        a.frame_write(again, 8, 4, 7);
        assert_eq!((a.read_value(3 * PAGE + 8, 4), b.read_value(3 * PAGE + 8, 4)), (7, 0x1234_5678));
        let before = hash(&a);
        assert_eq!(a.frame_write(again, 8, 4, 8), None);
        let hashed = a.frame(3, true);
        a.frame_write(hashed, 8, 4, 8);
        assert_ne!(hash(&a), before);
    }

    #[test]
    fn a_frame_for_reading_refuses_writes_and_does_not_outlive_its_page() {
        let mut a = Pages::filled(1 << 20, 0);
        let frame = a.frame(0, false);
        assert_eq!((a.frame_read(frame, 0, 8), a.frame_write(frame, 0, 8, 1)), (Some(0), None));
        // All pages are one until they are written.
        a.write_value(0, 1, 5);
        assert_eq!(a.frame_read(frame, 0, 8), None);
        assert_eq!(a.frame_read(Frame::default(), 0, 1), None);
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
