//! Flash images that were handed over, and the boots of them that were made already.

use crate::{Case, Firmware, Hand, ImageTools, Linked, boot, boot_with, wired};
use board::{Board, Config};
use content::Surroundings;
use pi::dispatch::Absent;
use protocol::{Failure, ImageId};
use std::collections::BTreeMap;
use story::dispatch::Listing;

/// So many boots with edits are kept, beside those without.
const KEPT: usize = 4;

/// What came of a boot.
pub struct Boot {
    pub firmware: Firmware,
    pub listing: Listing,
    pub absent: Vec<Absent>,
}

/// Is told the machine's time now and then.
pub type Progress<'a> = &'a mut dyn FnMut(u64);

/// With the image tools that are linked in.
pub type Bench = BenchWith<Linked>;

#[derive(Default)]
pub struct BenchWith<T> {
    tools: T,
    held: BTreeMap<ImageId, Vec<u8>>,
    healthy: BTreeMap<ImageId, Firmware>,
    /// Boots with edits or in other surroundings, oldest first, by the bytes that were booted, and where.
    recent: Vec<((Vec<u8>, Surroundings), Firmware)>,
}

impl<T: ImageTools> BenchWith<T> {
    pub fn hold(&mut self, image: &str, bytes: Vec<u8>) {
        self.healthy.remove(image);
        self.held.insert(image.to_owned(), bytes);
    }

    pub fn parse(&self, edits: &str) -> Result<Box<T::Edits>, Failure> {
        self.tools.parse(edits)
    }

    pub fn case(&self, exercise: &str, repair: &str) -> Result<Case<Box<T::Edits>>, Failure> {
        self.tools.case(exercise, repair)
    }

    fn held(&self, image: &str) -> Result<&Vec<u8>, Failure> {
        self.held.get(image).ok_or_else(|| Failure::NoImage(image.to_owned()))
    }

    /// The image with these edits done.
    pub fn edited(&self, image: &str, edits: &T::Edits) -> Result<Vec<u8>, Failure> {
        self.tools.edited(self.held(image)?, edits)
    }

    pub fn list(&self, image: &str, edits: &T::Edits) -> Result<Listing, Failure> {
        self.tools.listing(&self.edited(image, edits)?)
    }

    /// Boots the image with these edits, or takes a boot of the same bytes.
    pub fn boot(&mut self, image: &str, edits: &T::Edits, progress: Progress) -> Result<Boot, Failure> {
        self.boot_in(image, edits, &Surroundings::default(), progress)
    }

    /// The same on another board, or with something happening to it.
    pub fn boot_in(
        &mut self,
        image: &str,
        edits: &T::Edits,
        around: &Surroundings,
        progress: Progress,
    ) -> Result<Boot, Failure> {
        let bytes = self.edited(image, edits)?;
        let listing = self.tools.listing(&bytes)?;
        let healthy = self.healthy(image, progress)?.chronicle.clone();
        let firmware = self.firmware(image, bytes.clone(), around, progress)?;
        let absent = self.tools.absent(&bytes, &firmware.chronicle, &healthy)?;
        Ok(Boot { listing, absent, firmware })
    }

    /// The boot without edits.
    pub fn healthy(&mut self, image: &str, progress: Progress) -> Result<&Firmware, Failure> {
        if !self.healthy.contains_key(image) {
            let firmware = boot(self.held(image)?.clone(), Board::Ich9, progress)?;
            self.healthy.insert(image.to_owned(), firmware);
        }
        self.healthy.get(image).ok_or_else(|| Failure::NoImage(image.to_owned()))
    }

    fn firmware(
        &mut self,
        image: &str,
        bytes: Vec<u8>,
        around: &Surroundings,
        progress: Progress,
    ) -> Result<Firmware, Failure> {
        if around.are_usual() && self.held(image)? == &bytes {
            return self.healthy(image, progress).cloned();
        }
        let key = (bytes, around.clone());
        if let Some((_, firmware)) = self.recent.iter().find(|(booted, _)| *booted == key) {
            return Ok(firmware.clone());
        }
        let config = Config { board: Board::Ich9, bios: key.0.clone(), ..Config::default() };
        let firmware = boot_with(&wired(&around.board, config), &mut Hand::new(&around.stimuli), progress)?;
        self.recent.push((key, firmware.clone()));
        let excess = self.recent.len().saturating_sub(KEPT);
        self.recent.drain(..excess);
        Ok(firmware)
    }
}
