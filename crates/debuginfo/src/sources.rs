//! `smmlab.src`: the sources that debug information names.

use crate::file::{self, ReadError};
use std::collections::BTreeMap;

const MAGIC: &str = "SMMSRC1\n";

/// Texts by their path in the tree: `crates/firmware/base/src/log.rs`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    pub fn read(bytes: &[u8]) -> Result<Sources, ReadError> {
        file::read(MAGIC, bytes).map(Sources)
    }

    #[must_use]
    pub fn text(&self, file: &str) -> Option<&str> {
        self.0.get(file).map(String::as_str)
    }

    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(feature = "write")]
impl Sources {
    #[must_use]
    pub fn new(texts: BTreeMap<String, String>) -> Sources {
        Sources(texts)
    }

    pub fn write(&self) -> Result<Vec<u8>, postcard::Error> {
        file::write(MAGIC, &self.0)
    }
}

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_by_their_paths() {
        let texts = BTreeMap::from([("a.rs".to_owned(), "fn a() {}\n".to_owned())]);
        let read = Sources::read(&Sources::new(texts).write().unwrap()).unwrap();
        assert_eq!((read.text("a.rs"), read.text("b.rs")), (Some("fn a() {}\n"), None));
        assert_eq!(Sources::read(b"SMMDBG1\n"), Err(ReadError::Magic(MAGIC)));
    }
}
