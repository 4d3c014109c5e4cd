//! Page allocation: the map of a memory's pages by type. The DXE core has one for RAM, the SMM core
//! one for SMRAM.

use crate::Status;
use crate::efi;

pub const PAGE: u64 = 4096;
/// Boots need about forty.
const RANGES: usize = 192;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: u64,
    pub end: u64,
    /// `EFI_MEMORY_TYPE`
    pub kind: u32,
}

/// Where an allocation may lie.
#[derive(Clone, Copy)]
pub enum Place {
    Any,
    /// Its last byte is at or below this address.
    Below(u64),
    At(u64),
}

pub struct PageMap {
    ranges: [Range; RANGES],
    len: usize,
}

impl PageMap {
    pub const fn new() -> Self {
        PageMap { ranges: [Range { start: 0, end: 0, kind: 0 }; RANGES], len: 0 }
    }

    /// In order of address; neighbours of one type are one range.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges[..self.len]
    }

    fn insert(&mut self, index: usize, range: Range) {
        assert!(self.len < RANGES, "the page map is full");
        self.ranges.copy_within(index..self.len, index + 1);
        self.ranges[index] = range;
        self.len += 1;
    }

    /// More memory, all of one type. It must not be known yet.
    pub fn add(&mut self, start: u64, end: u64, kind: u32) {
        if start < end {
            let index = self.ranges().partition_point(|r| r.start < start);
            self.insert(index, Range { start, end, kind });
            self.merge();
        }
    }

    pub fn allocate(&mut self, place: Place, kind: u32, pages: u64) -> Result<u64, Status> {
        let size = pages.checked_mul(PAGE).filter(|&size| size != 0).ok_or(Status::INVALID_PARAMETER)?;
        let free = |r: &&Range| r.kind == efi::CONVENTIONAL_MEMORY;
        let start = match place {
            Place::At(start) if !start.is_multiple_of(PAGE) => return Err(Status::INVALID_PARAMETER),
            Place::At(start) => {
                let end = start.checked_add(size).ok_or(Status::INVALID_PARAMETER)?;
                let inside = |r: &Range| r.start <= start && end <= r.end;
                self.ranges().iter().filter(free).any(inside).then_some(start).ok_or(Status::NOT_FOUND)?
            }
            // From the top, as EDK II does.
            Place::Any | Place::Below(_) => {
                let limit =
                    if let Place::Below(limit) = place { limit.saturating_add(1) & !(PAGE - 1) } else { u64::MAX };
                let fits = |r: &Range| r.end.min(limit).checked_sub(size).filter(|&start| start >= r.start);
                self.ranges().iter().rev().filter(free).find_map(fits).ok_or(Status::OUT_OF_RESOURCES)?
            }
        };
        self.convert(start, start + size, kind);
        Ok(start)
    }

    /// Gives back pages that were allocated, all of one type.
    pub fn free(&mut self, start: u64, pages: u64) -> Result<(), Status> {
        let end = pages.checked_mul(PAGE).and_then(|size| start.checked_add(size)).ok_or(Status::INVALID_PARAMETER)?;
        if !start.is_multiple_of(PAGE) || pages == 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        let used = |r: &Range| r.start <= start && end <= r.end && r.kind != efi::CONVENTIONAL_MEMORY;
        if !self.ranges().iter().any(used) {
            return Err(Status::NOT_FOUND);
        }
        self.convert(start, end, efi::CONVENTIONAL_MEMORY);
        Ok(())
    }

    /// Gives `start..end` a new type, in whatever ranges it lies.
    pub fn convert(&mut self, start: u64, end: u64, kind: u32) {
        let mut i = 0;
        while i < self.len {
            let r = self.ranges[i];
            let (from, to) = (r.start.max(start), r.end.min(end));
            if from < to {
                if to < r.end {
                    self.insert(i + 1, Range { start: to, ..r });
                }
                self.ranges[i] = Range { start: from, end: to, kind };
                if r.start < from {
                    self.insert(i, Range { end: from, ..r });
                    i += 1;
                }
            }
            i += 1;
        }
        self.merge();
    }

    fn merge(&mut self) {
        let mut kept = 0;
        for i in 1..self.len {
            let next = self.ranges[i];
            let last = &mut self.ranges[kept];
            if last.kind == next.kind && last.end == next.start {
                last.end = next.end;
            } else {
                kept += 1;
                self.ranges[kept] = next;
            }
        }
        self.len = self.len.min(kept + 1);
    }
}

impl Default for PageMap {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const FREE: u32 = efi::CONVENTIONAL_MEMORY;

    fn map() -> PageMap {
        let mut map = PageMap::new();
        map.add(0x1000, 0x9000, FREE);
        map
    }

    #[test]
    fn pages_come_from_the_top_and_go_back() {
        let mut map = map();
        assert_eq!(map.allocate(Place::Any, 4, 2), Ok(0x7000));
        assert_eq!(map.allocate(Place::At(0x3000), 3, 1), Ok(0x3000));
        assert_eq!(map.allocate(Place::Below(0x5fff), 3, 1), Ok(0x5000));
        assert_eq!(map.allocate(Place::At(0x7000), 3, 1), Err(Status::NOT_FOUND));
        assert_eq!(map.ranges().len(), 6);
        assert_eq!(map.free(0x7000, 2), Ok(()));
        assert_eq!(map.free(0x7000, 1), Err(Status::NOT_FOUND));
        assert_eq!(map.free(0x3000, 1), Ok(()));
        assert_eq!(map.free(0x5000, 1), Ok(()));
        assert_eq!(map.ranges(), [Range { start: 0x1000, end: 0x9000, kind: FREE }]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut map = map();
        assert_eq!(map.allocate(Place::Any, 4, 9), Err(Status::OUT_OF_RESOURCES));
        assert_eq!(map.allocate(Place::Any, 4, 0), Err(Status::INVALID_PARAMETER));
        assert_eq!(map.allocate(Place::Any, 4, u64::MAX), Err(Status::INVALID_PARAMETER));
        assert_eq!(map.free(u64::MAX & !0xfff, 2), Err(Status::INVALID_PARAMETER));
    }

    #[test]
    fn a_conversion_over_several_ranges_joins_them() {
        let mut map = map();
        assert_eq!(map.allocate(Place::At(0x2000), 3, 1), Ok(0x2000));
        assert_eq!(map.allocate(Place::At(0x4000), 4, 1), Ok(0x4000));
        map.convert(0x2000, 0x5000, 6);
        assert_eq!(map.ranges()[1], Range { start: 0x2000, end: 0x5000, kind: 6 });
        assert_eq!(map.ranges().len(), 3);
    }
}
