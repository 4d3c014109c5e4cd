//! PCD words: named switches inside a module's image, to be changed without building it anew. A
//! module's PE32 image holds at most one block, aligned to 4; it is found by its signature.

use core::sync::atomic::{AtomicU32, Ordering};

pub const SIGNATURE: [u8; 8] = *b"$SMMPCD1";
/// A name is ASCII, filled up with zeros.
pub const NAME_SIZE: usize = 28;
/// Signature, count (u32), reserved (u32).
pub const HEADER_SIZE: usize = 16;
/// Name and value (u32).
pub const WORD_SIZE: usize = NAME_SIZE + 4;

/// The block as a module declares it:
/// ```
/// #[used]
/// static PCD: pi::pcd::Block<1> = pi::pcd::Block::new([("CheckCommBuffer", 1)]);
/// assert_eq!(PCD.get(0), 1);
/// ```
/// `#[used]` and the atomic keep the compiler from taking a word for a constant. Put it into
/// `.data` by `#[link_section]`: a module that runs in place can only read it.
#[derive(Debug)]
#[repr(C, align(8))]
pub struct Block<const N: usize> {
    signature: [u8; 8],
    count: u32,
    reserved: u32,
    words: [Word; N],
}

#[derive(Debug)]
#[repr(C)]
struct Word {
    name: [u8; NAME_SIZE],
    value: AtomicU32,
}

impl<const N: usize> Block<N> {
    #[must_use]
    pub const fn new(words: [(&str, u32); N]) -> Self {
        let mut block = [const { Word { name: [0; NAME_SIZE], value: AtomicU32::new(0) } }; N];
        let mut nth = 0;
        while nth < N {
            block[nth] = Word { name: padded(words[nth].0), value: AtomicU32::new(words[nth].1) };
            nth += 1;
        }
        Block { signature: SIGNATURE, count: N as u32, reserved: 0, words: block }
    }

    /// The word's value; 0 for a word that isn't there.
    pub fn get(&self, nth: usize) -> u32 {
        self.words.get(nth).map_or(0, |word| word.value.load(Ordering::Relaxed))
    }
}

const fn padded(name: &str) -> [u8; NAME_SIZE] {
    let name = name.as_bytes();
    assert!(name.len() <= NAME_SIZE, "a PCD word's name has at most 28 letters");
    let mut bytes = [0; NAME_SIZE];
    let mut nth = 0;
    while nth < name.len() {
        bytes[nth] = name[nth];
        nth += 1;
    }
    bytes
}

/// A word in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// Of the value, from the start of the image.
    pub offset: usize,
    pub name: &'a str,
    pub value: u32,
}

/// The words of a module's image; none if it has no block, or one that isn't whole.
pub fn words(image: &[u8]) -> impl Iterator<Item = Found<'_>> {
    let start = (0..image.len()).step_by(4).find(|at| image[*at..].starts_with(&SIGNATURE));
    let block = start.and_then(|start| Some((start, *image.get(start + 8..start + 12)?.first_chunk()?)));
    let (start, count) = block.map_or((0, 0), |(start, count)| (start, u32::from_le_bytes(count)));
    (0..count as usize).map_while(move |nth| {
        let word = start + HEADER_SIZE + nth * WORD_SIZE;
        let bytes = image.get(word..)?.get(..WORD_SIZE)?;
        let (name, value) = bytes.split_last_chunk::<4>()?;
        let name = name.split(|byte| *byte == 0).next().and_then(|name| core::str::from_utf8(name).ok())?;
        Some(Found { offset: word + NAME_SIZE, name, value: u32::from_le_bytes(*value) })
    })
}

const _: () = assert!(size_of::<Block<1>>() == HEADER_SIZE + WORD_SIZE && size_of::<Block<0>>() == HEADER_SIZE);

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn image(words: &[(&str, u32)], count: u32) -> Vec<u8> {
        let mut bytes = std::vec![0x90; 12];
        bytes.extend(SIGNATURE);
        bytes.extend(count.to_le_bytes());
        bytes.extend([0; 4]);
        for (name, value) in words {
            bytes.extend(padded(name));
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn words_are_found_by_name_and_place() {
        let image = image(&[("Check", 1), ("Delay", 0x1234)], 2);
        let found: Vec<_> = words(&image).collect();
        assert_eq!(found[1], Found { offset: 12 + 16 + 32 + 28, name: "Delay", value: 0x1234 });
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_block_that_promises_too_much_ends_with_the_image() {
        assert_eq!(words(&image(&[("Check", 1)], u32::MAX)).count(), 1);
        assert_eq!(words(b"$SMMPCD1").count(), 0);
    }

    #[test]
    fn a_module_reads_its_words() {
        static PCD: Block<2> = Block::new([("Check", 1), ("Delay", 7)]);
        assert_eq!((PCD.get(0), PCD.get(1), PCD.get(2)), (1, 7, 0));
    }
}
