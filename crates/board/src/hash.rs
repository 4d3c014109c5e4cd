//! Hashing a machine's state: `derive(Hash)` names every field, this hasher makes the result the
//! same on every host (fixed width for `usize`, little endian).

use std::hash::Hasher;
use xxhash_rust::xxh3::Xxh3;

#[derive(Default)]
pub struct StateHasher(Xxh3);

impl Hasher for StateHasher {
    fn finish(&self) -> u64 {
        self.0.digest()
    }
    // Inlined into every field's hash it made up a tenth of the worker's code.
    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn write_u16(&mut self, v: u16) {
        self.write(&v.to_le_bytes());
    }
    fn write_u32(&mut self, v: u32) {
        self.write(&v.to_le_bytes());
    }
    fn write_u64(&mut self, v: u64) {
        self.write(&v.to_le_bytes());
    }
    fn write_usize(&mut self, v: usize) {
        self.write_u64(v as u64);
    }
    fn write_isize(&mut self, v: isize) {
        self.write_u64(v as i64 as u64);
    }
}
