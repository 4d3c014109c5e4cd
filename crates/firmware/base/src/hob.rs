//! Hand-off blocks: what PEI tells DXE. PI 1.8 Vol. 3, 5 "HOB Design".

use pi::Guid;

pub const HANDOFF: u16 = 1;
pub const MEMORY_ALLOCATION: u16 = 2;
pub const RESOURCE: u16 = 3;
pub const GUID_EXTENSION: u16 = 4;
pub const FV: u16 = 5;
pub const END: u16 = 0xffff;

/// `EFI_RESOURCE_SYSTEM_MEMORY`, `EFI_RESOURCE_MEMORY_RESERVED`.
pub const SYSTEM_MEMORY: u32 = 0;
pub const MEMORY_RESERVED: u32 = 5;
/// Present, initialized, tested, write-back cacheable.
pub const TESTED_MEMORY: u32 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 13;

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Header {
    pub kind: u16,
    pub length: u16,
    pub reserved: u32,
}

/// `EFI_HOB_HANDOFF_INFO_TABLE`, always the first.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Handoff {
    pub header: Header,
    pub version: u32,
    pub boot_mode: u32,
    pub memory_top: u64,
    pub memory_bottom: u64,
    pub free_memory_top: u64,
    pub free_memory_bottom: u64,
    pub end_of_hob_list: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct MemoryAllocation {
    pub header: Header,
    pub name: Guid,
    pub base: u64,
    pub length: u64,
    pub kind: u32,
    pub reserved: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Resource {
    pub header: Header,
    pub owner: Guid,
    pub kind: u32,
    pub attributes: u32,
    pub start: u64,
    pub length: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct FirmwareVolume {
    pub header: Header,
    pub base: u64,
    pub length: u64,
}

/// Its data follow.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct GuidExtension {
    pub header: Header,
    pub name: Guid,
}

/// A HOB list in memory.
#[derive(Clone, Copy)]
pub struct List(pub u64);

impl List {
    /// All HOBs before the end, as pointers to their headers.
    pub fn iter(self) -> impl Iterator<Item = *const Header> {
        let mut at = self.0;
        core::iter::from_fn(move || {
            let header = at as *const Header;
            // SAFETY: PEI built the list; it ends with an END block.
            let Header { kind, length, .. } = unsafe { header.read() };
            at += u64::from(length);
            (kind != END && length != 0).then_some(header)
        })
    }

    /// All HOBs of one type. `T` is that type's structure.
    pub fn all<T: Copy + 'static>(self, kind: u16) -> impl Iterator<Item = T> {
        // SAFETY: as above; a HOB is as long as its structure.
        self.iter().filter(move |&h| unsafe { (*h).kind } == kind).map(|h| unsafe { h.cast::<T>().read_unaligned() })
    }

    /// The data of the first GUID extension of this name.
    pub fn extension(self, name: &Guid) -> Option<*const u8> {
        self.iter().find_map(|h| {
            // SAFETY: as above.
            let found = unsafe { (*h).kind == GUID_EXTENSION && (*h.cast::<GuidExtension>()).name == *name };
            // SAFETY: the data follow the structure.
            found.then(|| unsafe { h.cast::<u8>().add(size_of::<GuidExtension>()) })
        })
    }
}

const _: () = assert!(size_of::<Handoff>() == 56 && size_of::<MemoryAllocation>() == 48);
const _: () = assert!(size_of::<Resource>() == 48 && size_of::<GuidExtension>() == 24);
