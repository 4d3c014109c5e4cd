//! The NVRAM that a machine leaves the factory with: a volume with an empty store and an empty queue.

use super::{Format, NvError, NvRule, erase, ftw, nvram};
use crate::layout::ftw as layout;
use crate::layout::fv::{self, BlockMapEntry, VolumeHeader};
use crate::sum::sum16;
#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::ops::Range;
use zerocopy::IntoBytes;

/// How a volume is divided; offsets from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Areas {
    pub volume: usize,
    /// What is erased at once.
    pub block: usize,
    /// The variable store ends here; it starts behind the volume's header.
    pub store_end: usize,
    pub work_space: Range<usize>,
}

/// EDK II's attributes of an NVRAM volume: all that can be done with a volume, none of it locked.
const ATTRIBUTES: u32 = 0x4_f6ff | fv::ATTRIBUTE_ERASE_POLARITY;

const HEAD: usize = fv::HEADER_SIZE + 2 * fv::BLOCK_MAP_ENTRY_SIZE;

/// The volume that firmware starts with: an empty store, an empty write queue, the rest erased.
#[cfg(feature = "alloc")]
pub fn blank(areas: &Areas, format: Format) -> Result<Vec<u8>, NvError> {
    let mut volume = alloc::vec![0xff; areas.volume];
    blank_into(&mut volume, areas, format)?;
    Ok(volume)
}

/// The same in memory of the caller's, which has the volume's size.
pub fn blank_into(volume: &mut [u8], areas: &Areas, format: Format) -> Result<(), NvError> {
    volume.fill(0xff);
    let have = volume.len();
    let store = volume.get_mut(HEAD..areas.store_end);
    let size = NvError::new(HEAD, NvRule::StoreSize { found: areas.store_end as u32, have });
    erase(store.ok_or(size)?, format)?;
    let queue = areas.work_space.len() as u64;
    let space = volume.get_mut(areas.work_space.clone()).filter(|space| space.len() >= layout::HEADER_SIZE);
    let space = space.ok_or(NvError::new(areas.work_space.start, NvRule::WriteQueueSize { found: queue, have }))?;
    let header = ftw::header(space.len());
    space[..header.as_bytes().len()].copy_from_slice(header.as_bytes());
    let mut header = VolumeHeader {
        zero_vector: [0; 16],
        file_system: fv::NV_DATA,
        length: (areas.volume as u64).into(),
        signature: fv::SIGNATURE,
        attributes: ATTRIBUTES.into(),
        header_length: (HEAD as u16).into(),
        checksum: 0.into(),
        ext_header_offset: 0.into(),
        reserved: 0,
        revision: fv::REVISION,
    };
    let blocks = areas.volume.checked_div(areas.block).unwrap_or(0) as u32;
    let map = [
        BlockMapEntry { blocks: blocks.into(), length: (areas.block as u32).into() },
        BlockMapEntry { blocks: 0.into(), length: 0.into() },
    ];
    let sum = sum16(header.as_bytes()).wrapping_add(sum16(map.as_bytes()));
    header.checksum = sum.wrapping_neg().into();
    volume[..fv::HEADER_SIZE].copy_from_slice(header.as_bytes());
    volume[fv::HEADER_SIZE..HEAD].copy_from_slice(map.as_bytes());
    nvram::read(volume).map(drop)
}
