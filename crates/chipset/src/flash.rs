//! The flash device below 4 GiB.

use crate::pages::Pages;

#[derive(Clone, Hash)]
pub struct Flash {
    image: Pages,
}

impl Flash {
    pub fn new(image: &[u8]) -> Self {
        Flash { image: Pages::from_bytes(image) }
    }
    pub fn base(&self) -> u64 {
        (1u64 << 32).saturating_sub(self.len())
    }
    pub fn len(&self) -> u64 {
        self.image.len() as u64
    }
    pub fn is_empty(&self) -> bool {
        self.image.is_empty()
    }
    pub fn is_array(&self) -> bool {
        true
    }
    pub fn image(&self) -> &Pages {
        &self.image
    }
    pub fn read(&self, offset: u64, size: u8) -> u64 {
        let mut bytes = [0; 8];
        self.image.read(offset as usize, &mut bytes[..usize::from(size.min(8))]);
        u64::from_le_bytes(bytes)
    }
}
