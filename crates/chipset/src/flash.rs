//! The flash that ends at 4 GiB: a parallel part on board `qemu`, a serial one behind the SPI
//! controller on board `ich9`, whose memory window shows the BIOS region of its descriptor.

use crate::Silicon;
use crate::descriptor;
use crate::nor::Nor;
use crate::pages::PAGE;
use crate::pflash::Pflash;

#[derive(Clone, Hash)]
enum Part {
    Parallel(Pflash),
    Serial {
        nor: Nor,
        /// Where in the part the memory window begins; it ends with the part.
        window: u64,
    },
}

#[derive(Clone, Hash)]
pub struct Flash {
    part: Part,
    /// The upper two 64 KiB blocks have changed places (BUC.TS).
    top_swap: bool,
}

impl Flash {
    pub fn new(silicon: Silicon, image: &[u8]) -> Self {
        let part = match silicon {
            Silicon::Qemu => Part::Parallel(Pflash::new(image)),
            Silicon::Ich9 => {
                let chip = descriptor::chip(image);
                Part::Serial { window: (chip.len() - image.len()) as u64, nor: Nor::new(&chip) }
            }
        };
        Flash { part, top_swap: false }
    }

    /// Bytes of the memory window; the last lies at FFFFFFFFh.
    pub fn len(&self) -> u64 {
        match &self.part {
            Part::Parallel(flash) => flash.len(),
            Part::Serial { nor, window } => nor.len() - window,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads are plain memory.
    pub fn is_array(&self) -> bool {
        match &self.part {
            Part::Parallel(flash) => flash.is_array(),
            Part::Serial { .. } => true,
        }
    }

    /// Contents at `offset` in the window, 1 to 8 bytes; all ones beyond the end. While the serial
    /// part is busy, they are those before the operation: the controller makes readers wait.
    pub fn array(&self, offset: u64, size: u8) -> u64 {
        match &self.part {
            Part::Parallel(flash) => flash.array(offset, size),
            Part::Serial { nor, window } => {
                let at = window.saturating_add(self.swapped(offset));
                let mut bytes = [0; 8];
                let start = usize::try_from(at.min(nor.len())).unwrap_or(usize::MAX);
                nor.array().read(start, &mut bytes[..usize::from(size.min(8))]);
                u64::from_le_bytes(bytes)
            }
        }
    }

    fn swapped(&self, offset: u64) -> u64 {
        const BLOCK: u64 = 64 << 10;
        const { assert!(BLOCK.is_multiple_of(PAGE as u64)) }
        let top = self.len().checked_sub(2 * BLOCK);
        if self.top_swap && top.is_some_and(|top| offset >= top) { offset ^ BLOCK } else { offset }
    }

    /// What the device answers in its present mode, 1 to 8 bytes.
    pub fn read(&self, offset: u64, size: u8) -> u64 {
        match &self.part {
            Part::Parallel(flash) => flash.read(offset, size),
            Part::Serial { .. } => self.array(offset, size),
        }
    }

    /// A write to the memory window; the serial part has no way in here.
    pub fn write(&mut self, offset: u64, size: u8, value: u64) {
        if let Part::Parallel(flash) = &mut self.part {
            flash.write(offset, size, value);
        }
    }

    /// RST#: a parallel part goes back to read-array mode. A serial part doesn't see it.
    pub fn reset(&mut self) {
        if let Part::Parallel(flash) = &mut self.part {
            flash.reset();
        }
    }

    pub fn set_top_swap(&mut self, top_swap: bool) {
        self.top_swap = top_swap;
    }

    /// The serial part.
    pub fn nor(&self) -> Option<&Nor> {
        match &self.part {
            Part::Parallel(_) => None,
            Part::Serial { nor, .. } => Some(nor),
        }
    }

    pub(crate) fn nor_mut(&mut self) -> Option<&mut Nor> {
        match &mut self.part {
            Part::Parallel(_) => None,
            Part::Serial { nor, .. } => Some(nor),
        }
    }
}
