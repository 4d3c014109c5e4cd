//! Pages of plain RAM by linear address: what hot instructions read and write without asking anybody.
//! An entry says that every access of its kind, in this mode of the processor, is an access to one page
//! of RAM in which no decoded code lies. Derived state, like the TLB that it belongs to.

const ENTRIES: usize = 256;
const OFFSET: u64 = 0xfff;
/// Bits of an entry's tag below the page's address: the kind of access, then the generation.
const KIND_BITS: u32 = 3;
const GENERATIONS: u64 = 1 << (12 - KIND_BITS);

/// `F` is [`Bus::Frame`](crate::Bus::Frame).
#[derive(Clone, Copy, Default)]
struct Entry<F> {
    /// Page's linear address and key; none is 0, since generation 0 isn't used.
    read: u64,
    write: u64,
    frame: F,
}

pub struct Quick<F> {
    entries: Box<[Entry<F>; ENTRIES]>,
    /// Of entries outside SMM, and inside.
    generations: [u64; 2],
    /// The code cache's epoch up to which writable pages are known to hold no code.
    code_epoch: u32,
}

impl<F: Copy + Default> Default for Quick<F> {
    fn default() -> Self {
        Quick { entries: Box::new([Entry::default(); ENTRIES]), generations: [1, 1], code_epoch: 0 }
    }
}

impl<F: Copy + Default> Quick<F> {
    /// Forgets what one view (SMM or not) has learned.
    pub fn forget(&mut self, smm: bool) {
        let generation = &mut self.generations[usize::from(smm)];
        *generation += 1;
        if *generation == GENERATIONS {
            self.entries.fill(Entry::default());
            self.generations = [1, 1];
        }
    }

    /// Keeps in step with the code cache.
    #[inline]
    pub fn follow(&mut self, code_epoch: u32) {
        if self.code_epoch != code_epoch {
            self.code_epoch = code_epoch;
            self.forget(false);
            self.forget(true);
        }
    }

    /// What all accesses have in common as long as the processor's mode stays.
    pub fn key(&self, smm: bool, paging: bool, user: bool) -> u64 {
        let kind = u64::from(smm) | u64::from(paging) << 1 | u64::from(user) << 2;
        self.generations[usize::from(smm)] << KIND_BITS | kind
    }

    /// The page that a read of `size` bytes lies in.
    #[inline(always)]
    pub fn read(&self, key: u64, linear: u64, size: u64) -> Option<F> {
        let entry = &self.entries[(linear >> 12) as usize % ENTRIES];
        // Across a page's end, the last byte has another tag.
        (entry.read == linear.wrapping_add(size - 1) & !OFFSET | key).then_some(entry.frame)
    }

    #[inline(always)]
    pub fn write(&self, key: u64, linear: u64, size: u64) -> Option<F> {
        let entry = &self.entries[(linear >> 12) as usize % ENTRIES];
        (entry.write == linear.wrapping_add(size - 1) & !OFFSET | key).then_some(entry.frame)
    }

    /// A frame for writing serves reads, too.
    pub fn learn(&mut self, key: u64, linear: u64, frame: F, write: bool) {
        let tag = linear & !OFFSET | key;
        let entry = Entry { read: tag, write: if write { tag } else { 0 }, frame };
        self.entries[(linear >> 12) as usize % ENTRIES] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_for_its_kind_of_access_until_its_view_is_forgotten() {
        let mut quick = Quick::default();
        let key = quick.key(false, true, false);
        quick.learn(key, 0x1234, 7, false);
        assert_eq!(quick.read(key, 0x1ff8, 8), Some(7));
        assert_eq!(quick.read(key, 0x1ff9, 8), None, "it ends in the next page");
        assert_eq!(quick.write(key, 0x1ff8, 8), None);
        assert_eq!(quick.read(quick.key(false, true, true), 0x1000, 1), None);
        assert_eq!(quick.read(quick.key(true, true, false), 0x1000, 1), None);
        quick.forget(true);
        assert_eq!(quick.read(quick.key(false, true, false), 0x1000, 1), Some(7));
        quick.forget(false);
        assert_eq!(quick.read(quick.key(false, true, false), 0x1000, 1), None);
    }

    #[test]
    fn generations_that_come_again_find_nothing_old() {
        let mut quick = Quick::default();
        let key = quick.key(false, false, false);
        quick.learn(key, 0, 3, true);
        for _ in 0..3 * GENERATIONS {
            quick.forget(false);
            assert_eq!(quick.write(quick.key(false, false, false), 0, 1), None);
        }
    }
}
