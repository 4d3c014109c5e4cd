//! What both kinds of file have in common: a magic number with the version of the format, then
//! postcard, deflated.

use serde::Deserialize;

/// Both kinds unpack to a small part of this.
const LARGEST: usize = 16 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("it doesn't begin with {0}: another kind of file, or of another version")]
    Magic(&'static str),
    #[error("its contents can't be unpacked")]
    Packed,
    #[error("its contents don't fit together")]
    Contents,
}

pub fn read<T: for<'a> Deserialize<'a>>(magic: &'static str, bytes: &[u8]) -> Result<T, ReadError> {
    let packed = bytes.strip_prefix(magic.as_bytes()).ok_or(ReadError::Magic(magic))?;
    let unpacked =
        miniz_oxide::inflate::decompress_to_vec_with_limit(packed, LARGEST).map_err(|_| ReadError::Packed)?;
    postcard::from_bytes(&unpacked).map_err(|_| ReadError::Contents)
}

#[cfg(feature = "write")]
pub fn write(magic: &str, value: &impl serde::Serialize) -> Result<Vec<u8>, postcard::Error> {
    const BEST: u8 = 10;
    let packed = miniz_oxide::deflate::compress_to_vec(&postcard::to_allocvec(value)?, BEST);
    Ok([magic.as_bytes(), &packed].concat())
}
