//! Decoded instructions by physical page, shared by all processors of a board. Derived state: it
//! can be dropped at any time and is never part of a machine's value.

use crate::op::Op;
use std::collections::HashMap;
use trace::Mode;

const PAGE: usize = 4096;

/// The same bytes decode differently by mode, and an address may show other bytes inside SMM.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    frame: u64,
    mode: u8,
    smm: bool,
}

struct Page {
    /// Index into `ops` plus one, by offset in the page.
    index: Box<[u16; PAGE]>,
    ops: Vec<Op>,
}

#[derive(Default)]
pub struct CodeCache {
    pages: Vec<Page>,
    by_key: HashMap<Key, usize>,
    /// One bit for each physical page below 4 GiB that holds decoded code.
    coded: Vec<u64>,
    current: Option<(Key, usize)>,
}

impl CodeCache {
    fn key(address: u64, mode: Mode, smm: bool) -> Key {
        Key { frame: address / PAGE as u64, mode: mode as u8, smm }
    }

    fn page(&mut self, key: Key) -> Option<usize> {
        match self.current {
            Some((current, page)) if current == key => Some(page),
            _ => {
                let page = *self.by_key.get(&key)?;
                self.current = Some((key, page));
                Some(page)
            }
        }
    }

    /// The instruction at `address`, if it was decoded in this mode and view.
    #[inline]
    pub fn get(&mut self, address: u64, mode: Mode, smm: bool) -> Option<&Op> {
        let page = self.page(Self::key(address, mode, smm))?;
        let page = &self.pages[page];
        match page.index[address as usize % PAGE] {
            0 => None,
            slot => page.ops.get(usize::from(slot) - 1),
        }
    }

    /// Keeps an instruction that lies in one page.
    pub fn insert(&mut self, address: u64, mode: Mode, smm: bool, op: Op) {
        let key = Self::key(address, mode, smm);
        let page = self.page(key).unwrap_or_else(|| {
            self.pages.push(Page { index: Box::new([0; PAGE]), ops: Vec::new() });
            self.by_key.insert(key, self.pages.len() - 1);
            self.pages.len() - 1
        });
        self.mark(key.frame);
        let page = &mut self.pages[page];
        page.ops.push(op);
        page.index[address as usize % PAGE] = page.ops.len() as u16;
    }

    fn mark(&mut self, frame: u64) {
        let word = (frame / 64) as usize;
        if frame < 1 << 20 {
            if word >= self.coded.len() {
                self.coded.resize(word + 1, 0);
            }
            self.coded[word] |= 1 << (frame % 64);
        }
    }

    /// Memory was written: whatever was decoded from that page is stale.
    #[inline]
    pub fn written(&mut self, address: u64) {
        let frame = address / PAGE as u64;
        let holds = self.coded.get((frame / 64) as usize).is_some_and(|w| w >> (frame % 64) & 1 != 0);
        if holds || frame >= 1 << 20 {
            self.drop_frame(frame);
        }
    }

    #[cold]
    fn drop_frame(&mut self, frame: u64) {
        for mode in 0..3 {
            for smm in [false, true] {
                if let Some(page) = self.by_key.get(&Key { frame, mode, smm }) {
                    let page = &mut self.pages[*page];
                    page.index.fill(0);
                    page.ops.clear();
                }
            }
        }
        if let Some(word) = self.coded.get_mut((frame / 64) as usize) {
            *word &= !(1 << (frame % 64));
        }
    }

    pub fn clear(&mut self) {
        *self = CodeCache::default();
    }
}
