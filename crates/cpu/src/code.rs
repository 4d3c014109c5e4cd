//! Decoded instructions in blocks of straight-line code, by physical page; shared by all processors
//! of a board. Derived state: it can be dropped at any time and is never part of a machine's value.

use crate::op::Op;
use std::collections::HashMap;
use std::rc::Rc;
use trace::Mode;

const PAGE: usize = 4096;
/// Granularity at which writes are told from code: data beside code in one page stays cheap.
const LINE: u64 = 64;
/// Everything is dropped when this many instructions have been decoded.
const MOST_OPS: usize = 1 << 20;
/// Frames below 2 GiB can be RAM; what lies above changes only with the address map.
const RAM_FRAMES: u64 = 1 << 19;
/// Pages that are found without a look into the map.
const RECENT: usize = 32;

/// The same bytes decode differently by mode, and an address may show other bytes inside SMM.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    frame: u64,
    mode: u8,
    smm: bool,
}

/// Straight-line code: instructions that follow each other in one page.
#[derive(Clone, Copy)]
pub struct Block {
    start: u32,
    len: u32,
    /// Number of its page in the cache.
    page: u32,
    /// Bytes from the first instruction's start to the last one's end.
    bytes: u32,
}

impl Block {
    /// Its instructions among all that are decoded.
    #[inline(always)]
    pub fn ops(self, all: &[Op]) -> &[Op] {
        &all[self.start as usize..][..self.len as usize]
    }

    /// Whether all of it may run from `rip` on: it stays below the segment's last byte and in the budget.
    #[inline(always)]
    pub fn fits(self, rip: u64, last: u64, room: u64) -> bool {
        u64::from(self.bytes) <= last.saturating_sub(rip) && u64::from(self.len) <= room
    }
}

/// Block number plus one, by offset in the page.
type Index = Box<[u32; PAGE]>;

#[derive(Default)]
pub struct CodeCache {
    /// Counted, so that who runs them may let the cache change meanwhile.
    ops: Rc<Vec<Op>>,
    blocks: Vec<Block>,
    pages: Vec<Index>,
    by_key: HashMap<Key, usize>,
    recent: [Option<(Key, usize)>; RECENT],
    /// By frame: which 64-byte lines hold decoded code.
    coded: Vec<u64>,
    epoch: u32,
}

impl CodeCache {
    fn key(address: u64, mode: Mode, smm: bool) -> Key {
        Key { frame: address / PAGE as u64, mode: mode as u8, smm }
    }

    fn page(&mut self, key: Key) -> Option<usize> {
        let recent = &mut self.recent[key.frame as usize % RECENT];
        match *recent {
            Some((known, page)) if known == key => Some(page),
            _ => {
                let page = *self.by_key.get(&key)?;
                *recent = Some((key, page));
                Some(page)
            }
        }
    }

    /// Counts up whenever decoded code has become stale (a block that is being run must be left), and
    /// when a page comes to hold code (writes to it must be seen from now on).
    #[inline]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// All decoded instructions: [`Block::ops`] finds a block's among them.
    pub fn ops(&self) -> Rc<Vec<Op>> {
        self.ops.clone()
    }

    /// The block that begins at `address`, if it was decoded in this mode and view.
    #[inline]
    pub fn get(&mut self, address: u64, mode: Mode, smm: bool) -> Option<Block> {
        let page = self.page(Self::key(address, mode, smm))?;
        self.at(page, address)
    }

    /// The block at another address of the page that `block` lies in.
    #[inline(always)]
    pub fn near(&self, block: Block, address: u64) -> Option<Block> {
        self.at(block.page as usize, address)
    }

    #[inline(always)]
    fn at(&self, page: usize, address: u64) -> Option<Block> {
        let slot = self.pages.get(page)?[address as usize % PAGE];
        self.blocks.get((slot as usize).wrapping_sub(1)).copied()
    }

    /// Keeps a block; its instructions lie in one page.
    pub fn insert(&mut self, address: u64, mode: Mode, smm: bool, ops: &[Op]) -> Block {
        self.make_room();
        let key = Self::key(address, mode, smm);
        let page = self.page(key).unwrap_or_else(|| {
            self.pages.push(Box::new([0; PAGE]));
            self.by_key.insert(key, self.pages.len() - 1);
            self.pages.len() - 1
        });
        let bytes = ops.iter().map(|op| u32::from(op.len)).sum();
        let block = Block { start: self.ops.len() as u32, len: ops.len() as u32, page: page as u32, bytes };
        Rc::make_mut(&mut self.ops).extend_from_slice(ops);
        self.blocks.push(block);
        self.pages[page][address as usize % PAGE] = self.blocks.len() as u32;
        self.mark(key.frame, lines(address, bytes.into()));
        block
    }

    /// A block of one instruction that isn't found again.
    pub fn insert_once(&mut self, op: Op) -> Block {
        self.make_room();
        // It lies in two pages: no block is near.
        let block = Block { start: self.ops.len() as u32, len: 1, page: u32::MAX, bytes: op.len.into() };
        Rc::make_mut(&mut self.ops).push(op);
        block
    }

    fn make_room(&mut self) {
        if self.ops.len() > MOST_OPS {
            self.clear();
        }
    }

    fn mark(&mut self, frame: u64, lines: u64) {
        if frame < RAM_FRAMES {
            let frame = frame as usize;
            if frame >= self.coded.len() {
                self.coded.resize(frame + 1, 0);
            }
            if self.coded[frame] == 0 {
                self.epoch = self.epoch.wrapping_add(1);
            }
            self.coded[frame] |= lines;
        }
    }

    /// Whether anything was decoded from this page.
    pub fn in_page(&self, address: u64) -> bool {
        self.coded.get((address / PAGE as u64) as usize).is_some_and(|lines| *lines != 0)
    }

    /// Whether a write, within one page, changes what was decoded.
    #[inline]
    pub fn holds(&self, address: u64, len: usize) -> bool {
        let coded = self.coded.get((address / PAGE as u64) as usize);
        coded.is_some_and(|coded| coded & lines(address, len as u64) != 0)
    }

    /// Memory was written, within one page: whatever was decoded from there is stale.
    #[inline]
    pub fn written(&mut self, address: u64, len: usize) {
        if self.holds(address, len) {
            self.drop_frame(address / PAGE as u64);
        }
    }

    #[cold]
    fn drop_frame(&mut self, frame: u64) {
        for mode in 0..3 {
            for smm in [false, true] {
                if let Some(page) = self.by_key.get(&Key { frame, mode, smm }) {
                    self.pages[*page].fill(0);
                }
            }
        }
        self.coded[frame as usize] = 0;
        self.epoch = self.epoch.wrapping_add(1);
    }

    pub fn clear(&mut self) {
        *self = CodeCache { epoch: self.epoch.wrapping_add(1), ..CodeCache::default() };
    }
}

/// The lines of a page that `len` bytes at `address` touch; they don't leave the page.
#[inline]
fn lines(address: u64, len: u64) -> u64 {
    let first = address / LINE % LINE;
    let last = (address + len.max(1) - 1) / LINE % LINE;
    (u64::MAX << first) & (u64::MAX >> (LINE - 1 - last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    fn cached() -> CodeCache {
        let mut cache = CodeCache::default();
        let nop = decode(Mode::Bits64, &[0x90]).unwrap();
        cache.insert(0x1040, Mode::Bits64, false, &[nop; 8]);
        cache
    }

    #[test]
    fn a_write_beside_code_keeps_it_and_a_write_into_it_drops_it() {
        let mut cache = cached();
        cache.written(0x1038, 8);
        cache.written(0x1080, 8);
        assert!(cache.get(0x1040, Mode::Bits64, false).is_some());
        let epoch = cache.epoch();
        cache.written(0x1039, 8);
        assert!(cache.get(0x1040, Mode::Bits64, false).is_none());
        assert_ne!(cache.epoch(), epoch);
    }

    #[test]
    fn mode_and_view_have_blocks_of_their_own() {
        let mut cache = cached();
        assert!(cache.get(0x1040, Mode::Bits32, false).is_none());
        assert!(cache.get(0x1040, Mode::Bits64, true).is_none());
        assert!(cache.get(0x1041, Mode::Bits64, false).is_none());
    }
}
