//! Reading variables from the stores' copies in memory: the SMM driver has its own, the runtime driver
//! those that SMM keeps for it. UEFI 2.10, 8.2 "Variable Services"; what EDK II answers.

use crate::variable::name_at;
use crate::{Guid, Status, efi};
use core::ffi::c_void;
use pi::layout::variable::attribute::RUNTIME_ACCESS;
use pi::variable::{Contents, Lookup, Store, Variable};

/// The volatile store, then that of flash; and whether an OS asks.
pub struct Stores<'a> {
    pub all: [Option<Store<'a>>; 2],
    runtime: bool,
}

impl<'a> Stores<'a> {
    pub fn new(volatile: &'a [u8], non_volatile: &'a [u8], runtime: bool) -> Self {
        Stores { all: [volatile, non_volatile].map(|bytes| Store::parse(bytes).ok()), runtime }
    }

    /// At runtime, what has no runtime access isn't there.
    fn is_visible(&self, contents: &Contents<'_>) -> bool {
        !self.runtime || contents.attributes & RUNTIME_ACCESS != 0
    }

    /// The store that has it, and what it has.
    pub fn find(&self, vendor: &Guid, name: &[u8]) -> Option<(usize, Lookup<'a>)> {
        let stores = self.all.iter().enumerate();
        stores.filter_map(|(nth, store)| Some((nth, store.as_ref()?.find(vendor, name)?))).next()
    }

    pub fn get(&self, vendor: &Guid, name: &[u8]) -> Option<Contents<'a>> {
        let (_, found) = self.find(vendor, name)?;
        Some(found.current.contents).filter(|contents| self.is_visible(contents))
    }

    /// The variable behind the one named; an empty name asks for the first.
    pub fn next(&self, vendor: &Guid, name: &[u8]) -> Result<Contents<'a>, Status> {
        let live = self.all.iter().flatten().flat_map(Store::live);
        let mut all = live.map(|variable: Variable<'a>| variable.contents).filter(|one| self.is_visible(one));
        if name != [0, 0] && !all.any(|one| one.vendor == *vendor && one.name == name) {
            return Err(Status::INVALID_PARAMETER);
        }
        all.next().ok_or(Status::NOT_FOUND)
    }

    /// GetVariable().
    ///
    /// # Safety
    /// The pointers are null or the caller's, `data` with `size` bytes.
    pub unsafe fn get_variable(
        &self,
        name: *const u16,
        vendor: *const efi::Guid,
        attributes: *mut u32,
        size: *mut usize,
        data: *mut c_void,
    ) -> Status {
        if name.is_null() || vendor.is_null() || size.is_null() {
            return Status::INVALID_PARAMETER;
        }
        // SAFETY: as above.
        unsafe {
            let Some(found) = self.get(&*vendor.cast::<Guid>(), name_at(name)) else { return Status::NOT_FOUND };
            if !attributes.is_null() {
                *attributes = found.attributes;
            }
            let given = core::mem::replace(&mut *size, found.data.len());
            if given < found.data.len() {
                return Status::BUFFER_TOO_SMALL;
            }
            if data.is_null() {
                return Status::INVALID_PARAMETER;
            }
            data.cast::<u8>().copy_from(found.data.as_ptr(), found.data.len());
        }
        Status::SUCCESS
    }

    /// GetNextVariableName().
    ///
    /// # Safety
    /// As above; `name` has `size` bytes.
    pub unsafe fn get_next_variable_name(&self, size: *mut usize, name: *mut u16, vendor: *mut efi::Guid) -> Status {
        if name.is_null() || vendor.is_null() || size.is_null() {
            return Status::INVALID_PARAMETER;
        }
        // SAFETY: as above.
        unsafe {
            let next = match self.next(&*vendor.cast::<Guid>(), name_at(name)) {
                Ok(next) => next,
                Err(status) => return status,
            };
            let given = core::mem::replace(&mut *size, next.name.len());
            if given < next.name.len() {
                return Status::BUFFER_TOO_SMALL;
            }
            name.cast::<u8>().copy_from(next.name.as_ptr(), next.name.len());
            *vendor.cast::<Guid>() = next.vendor;
        }
        Status::SUCCESS
    }
}
