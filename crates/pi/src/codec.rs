//! Compressed sections: which GUIDs we can decode and encode, and by which library.

use crate::layout::section;
use crate::{Guid, Rule};
use alloc::vec::Vec;

/// None: not a format that we decode. Decompresses to at most `budget` bytes.
pub(crate) fn decode(definition: &Guid, data: &[u8], budget: usize) -> Option<Result<Vec<u8>, Rule>> {
    match *definition {
        #[cfg(feature = "decompress")]
        section::LZMA => Some(lzma::decode(data, budget).ok_or(Rule::Compressed)),
        _ => {
            let _ = (data, budget, section::LZMA);
            None
        }
    }
}

/// None: not a format that we encode. `before` is what it replaces: its parameters are kept.
pub(crate) fn encode(definition: &Guid, data: &[u8], before: &[u8]) -> Option<Vec<u8>> {
    match *definition {
        #[cfg(feature = "compress")]
        section::LZMA => lzma::encode(data, before),
        _ => {
            let _ = (data, before);
            None
        }
    }
}

/// The `.lzma` format with the length in its header, as EDK II's LzmaCompress writes it.
#[cfg(feature = "decompress")]
mod lzma {
    use alloc::vec;
    use alloc::vec::Vec;
    use lzma_rust2::{LzmaReader, Read};

    /// Properties (u8), dictionary size (u32), length (u64).
    const HEADER_SIZE: usize = 13;
    const SMALLEST_DICTIONARY: u32 = 4096;

    struct Header {
        properties: u8,
        dictionary: u32,
        length: u64,
    }

    fn header(data: &[u8]) -> Option<Header> {
        let dictionary = u32::from_le_bytes(*data.get(1..)?.first_chunk()?);
        let length = u64::from_le_bytes(*data.get(5..)?.first_chunk()?);
        Some(Header { properties: data[0], dictionary, length })
    }

    pub fn decode(data: &[u8], budget: usize) -> Option<Vec<u8>> {
        let header = header(data)?;
        let length = usize::try_from(header.length).ok().filter(|length| *length <= budget)?;
        // Nothing lies further back than the output's start: a larger dictionary is memory for nothing.
        let dictionary = header.dictionary.min(length as u32).max(SMALLEST_DICTIONARY);
        let stream = data.get(HEADER_SIZE..)?;
        let mut reader = LzmaReader::new_with_props(stream, header.length, header.properties, dictionary, None).ok()?;
        let mut out = vec![0; length];
        reader.read_exact(&mut out).ok()?;
        Some(out)
    }

    #[cfg(feature = "compress")]
    pub fn encode(data: &[u8], before: &[u8]) -> Option<Vec<u8>> {
        use lzma_rust2::{LzmaOptions, LzmaWriter, Write};
        const BEST: u32 = 9;
        const LARGEST_DICTIONARY: u32 = 64 << 20;
        let before = header(before)?;
        let mut options = LzmaOptions::with_preset(BEST);
        options.dict_size = before.dictionary.clamp(SMALLEST_DICTIONARY, LARGEST_DICTIONARY);
        let (rest, lc) = (u32::from(before.properties / 9), u32::from(before.properties % 9));
        (options.lc, options.lp, options.pb) = (lc, rest % 5, rest / 5);
        let mut writer = LzmaWriter::new_use_header(Vec::new(), &options, Some(data.len() as u64)).ok()?;
        writer.write_all(data).ok()?;
        writer.finish().ok()
    }
}
