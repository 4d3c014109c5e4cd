//! Flash images that the page has handed over, and the boots of them that were made already.

use board::Board;
use lab::{Firmware, absent, boot, edited, parse};
use pi::dispatch::Absent;
use pi::image::Image;
use protocol::{Failure, ImageId};
use std::collections::BTreeMap;
use story::dispatch::Listing;

/// So many boots are kept, beside those without edits.
const KEPT: usize = 4;

/// What came of a boot.
pub struct Boot {
    pub firmware: Firmware,
    pub listing: Listing,
    pub absent: Vec<Absent>,
}

/// Is told the machine's time now and then.
type Progress<'a> = &'a mut dyn FnMut(u64);

#[derive(Default)]
pub struct Images {
    held: BTreeMap<ImageId, Vec<u8>>,
    healthy: BTreeMap<ImageId, Firmware>,
    /// Boots with edits, oldest first, by the bytes that were booted.
    recent: Vec<(Vec<u8>, Firmware)>,
}

impl Images {
    pub fn hold(&mut self, image: ImageId, bytes: Vec<u8>) {
        self.healthy.remove(&image);
        self.held.insert(image, bytes);
    }

    /// The image with these edits done.
    pub fn edited(&self, image: &ImageId, edits: &str) -> Result<Vec<u8>, Failure> {
        let bytes = self.held.get(image).ok_or_else(|| Failure::NoImage(image.clone()))?;
        edited(bytes, &parse(edits)?)
    }

    pub fn list(&self, image: &ImageId, edits: &str) -> Result<Listing, Failure> {
        Ok(Listing::of(&Image::parse(&self.edited(image, edits)?)))
    }

    /// Boots the image with these edits, or takes a boot of the same bytes.
    pub fn boot(&mut self, image: &ImageId, edits: &str, progress: Progress) -> Result<Boot, Failure> {
        let bytes = self.edited(image, edits)?;
        let tree = Image::parse(&bytes);
        let healthy = self.healthy(image, progress)?.chronicle.clone();
        let firmware = self.firmware(image, bytes, progress)?;
        let absent = absent(&tree, &firmware.chronicle, &healthy);
        Ok(Boot { listing: Listing::of(&tree), absent, firmware })
    }

    /// The boot without edits.
    pub fn healthy(&mut self, image: &ImageId, progress: Progress) -> Result<&Firmware, Failure> {
        if !self.healthy.contains_key(image) {
            let firmware = boot(self.edited(image, "")?, Board::Ich9, progress)?;
            self.healthy.insert(image.clone(), firmware);
        }
        self.healthy.get(image).ok_or_else(|| Failure::NoImage(image.clone()))
    }

    fn firmware(&mut self, image: &ImageId, bytes: Vec<u8>, progress: Progress) -> Result<Firmware, Failure> {
        if self.held.get(image) == Some(&bytes) {
            return self.healthy(image, progress).cloned();
        }
        if let Some((_, firmware)) = self.recent.iter().find(|(booted, _)| *booted == bytes) {
            return Ok(firmware.clone());
        }
        let firmware = boot(bytes.clone(), Board::Ich9, progress)?;
        self.recent.push((bytes, firmware.clone()));
        let excess = self.recent.len().saturating_sub(KEPT);
        self.recent.drain(..excess);
        Ok(firmware)
    }
}
