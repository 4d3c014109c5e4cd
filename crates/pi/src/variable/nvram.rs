//! Where NVRAM lies in an image: a volume of its own, with store and FTW areas, or a bare store.

use super::ftw::WorkSpace;
use super::{Format, NvError, NvRule, Store};
use crate::Guid;
use crate::layout::{ftw as layout, fv};
use crate::view::Volume;
use core::ops::Range;

/// Ranges in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nvram {
    /// None: the store stands for itself.
    pub volume: Option<Range<usize>>,
    pub store: Range<usize>,
    /// FTW's work space, up to the end of the volume: what it is worth, `ftw::WorkSpace` says.
    pub work_space: Option<Range<usize>>,
}

/// Volumes start at a multiple of it.
const VOLUME_ALIGNMENT: usize = 8;
const FILE_SYSTEM: usize = 0x10;

/// The first NVRAM of an image at `from` or behind it; a volume's header and its store's keep the rules.
#[must_use]
pub fn find(bytes: &[u8], from: usize) -> Option<Result<Nvram, NvError>> {
    if from == 0 && guid(bytes, 0).and_then(Format::of).is_some() {
        let store = Store::parse(bytes).map(|store| 0..store.bytes().len());
        return Some(store.map(|store| Nvram { volume: None, store, work_space: None }));
    }
    let start = from.checked_next_multiple_of(VOLUME_ALIGNMENT)?;
    let at = (start..bytes.len()).step_by(VOLUME_ALIGNMENT).find(|at| is_volume(&bytes[*at..]))?;
    Some(read(&bytes[at..]).map(|nvram| nvram.plus(at)).map_err(|error| error.plus(at)))
}

fn guid(bytes: &[u8], at: usize) -> Option<Guid> {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map(|guid| Guid(*guid))
}

fn is_volume(bytes: &[u8]) -> bool {
    let signature = bytes.get(fv::SIGNATURE_OFFSET..).is_some_and(|bytes| bytes.starts_with(&fv::SIGNATURE));
    signature && guid(bytes, FILE_SYSTEM) == Some(fv::NV_DATA)
}

pub(super) fn read(bytes: &[u8]) -> Result<Nvram, NvError> {
    let of_volume = |error: crate::FormatError| NvError::new(error.offset, NvRule::Volume(error.rule));
    let volume = Volume::parse(bytes).map_err(of_volume)?;
    volume.check().map_err(of_volume)?;
    let (bytes, start) = (volume.bytes(), volume.header_length());
    let store = Store::parse(&bytes[start..]).map_err(|error| error.plus(start))?;
    let store = start..start + store.bytes().len();
    let work_space = work_space(bytes, store.end).map(|at| at..bytes.len());
    Ok(Nvram { volume: Some(0..bytes.len()), store, work_space })
}

/// A work space is found by its signature: only the firmware knows where it should be.
fn work_space(volume: &[u8], from: usize) -> Option<usize> {
    let step = size_of::<Guid>();
    let place = |wanted: Guid| {
        let mut places = (from.checked_next_multiple_of(step)?..volume.len()).step_by(step);
        places.find(|at| {
            // The spare area may hold a volume's header, where the old signature is the file system's.
            let in_header = at.checked_sub(FILE_SYSTEM).is_some_and(|start| is_volume(&volume[start..]));
            guid(volume, *at) == Some(wanted) && !in_header
        })
    };
    place(layout::SIGNATURE).or_else(|| place(layout::OLD_SIGNATURE))
}

impl Nvram {
    fn plus(self, base: usize) -> Nvram {
        let there = |range: Range<usize>| range.start + base..range.end + base;
        Nvram { volume: self.volume.map(there), store: there(self.store), work_space: self.work_space.map(there) }
    }

    /// Where it starts in the image: the volume, or the bare store.
    #[must_use]
    pub fn start(&self) -> usize {
        self.volume.as_ref().map_or(self.store.start, |volume| volume.start)
    }

    #[must_use]
    pub fn end(&self) -> usize {
        self.volume.as_ref().map_or(self.store.end, |volume| volume.end)
    }

    /// The store, in the image that this was found in.
    pub fn store<'a>(&self, image: &'a [u8]) -> Result<Store<'a>, NvError> {
        let bytes = image.get(self.store.clone()).unwrap_or_default();
        Store::parse(bytes).map_err(|error| error.plus(self.store.start))
    }

    /// The work space, in the image that this was found in.
    pub fn work_space<'a>(&self, image: &'a [u8]) -> Option<Result<WorkSpace<'a>, NvError>> {
        let range = self.work_space.clone()?;
        Some(WorkSpace::parse(image.get(range.clone())?).map_err(|error| error.plus(range.start)))
    }

    /// Err: the next boot will write the spare area over what is in the store now.
    pub fn settled(&self, image: &[u8]) -> Result<(), NvError> {
        let base = self.work_space.as_ref().map_or(0, |range| range.start);
        // An invalid work space is made anew by the firmware: nothing hangs on it.
        let Some(Ok(space)) = self.work_space(image) else { return Ok(()) };
        match space.unfinished().map_err(|error| error.plus(base))? {
            Some(write) => Err(NvError::new(base + write.offset, NvRule::Unfinished)),
            None => Ok(()),
        }
    }
}
