//! A database of handles and their protocols: the DXE core and the SMM core have one each.

use crate::{Guid, Handle, Status};
use alloc::vec::Vec;
use core::ffi::c_void;

struct Entry {
    handle: usize,
    interfaces: Vec<(Guid, *mut c_void)>,
}

/// Handles are numbers, which are never used again.
pub struct Database {
    entries: Vec<Entry>,
    last: usize,
}

impl Database {
    pub const fn new() -> Self {
        Database { entries: Vec::new(), last: 0 }
    }

    fn entry(&mut self, handle: Handle) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.handle == handle as usize)
    }

    /// Puts an interface on `handle`, or on a new handle if it is null.
    pub fn install(&mut self, handle: Handle, guid: &Guid, interface: *mut c_void) -> Result<Handle, Status> {
        if handle.is_null() {
            self.last += 1;
            self.entries.push(Entry { handle: self.last, interfaces: alloc::vec![(*guid, interface)] });
            return Ok(self.last as Handle);
        }
        let entry = self.entry(handle).ok_or(Status::INVALID_PARAMETER)?;
        if entry.interfaces.iter().any(|(known, _)| known == guid) {
            return Err(Status::INVALID_PARAMETER);
        }
        entry.interfaces.push((*guid, interface));
        Ok(handle)
    }

    /// A handle without protocols ceases to exist.
    pub fn uninstall(&mut self, handle: Handle, guid: &Guid, interface: *mut c_void) -> Result<(), Status> {
        let entry = self.entry(handle).ok_or(Status::INVALID_PARAMETER)?;
        let at = entry.interfaces.iter().position(|known| *known == (*guid, interface)).ok_or(Status::NOT_FOUND)?;
        entry.interfaces.remove(at);
        self.entries.retain(|entry| !entry.interfaces.is_empty());
        Ok(())
    }

    pub fn on_handle(&self, handle: Handle, guid: &Guid) -> Option<*mut c_void> {
        let entry = self.entries.iter().find(|entry| entry.handle == handle as usize)?;
        entry.interfaces.iter().find(|(known, _)| known == guid).map(|(_, interface)| *interface)
    }

    /// Handles that have the protocol, oldest first; all handles for `None`.
    pub fn handles(&self, guid: Option<&Guid>) -> impl Iterator<Item = Handle> {
        let has = move |entry: &&Entry| guid.is_none_or(|guid| entry.interfaces.iter().any(|(known, _)| known == guid));
        self.entries.iter().filter(has).map(|entry| entry.handle as Handle)
    }

    /// The first interface of this protocol.
    pub fn locate(&self, guid: &Guid) -> Option<*mut c_void> {
        let all = self.entries.iter().flat_map(|entry| &entry.interfaces);
        all.into_iter().find(|(known, _)| known == guid).map(|(_, interface)| *interface)
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ptr::null_mut;

    const A: Guid = Guid::new("00000000-0000-0000-0000-00000000000A");
    const B: Guid = Guid::new("00000000-0000-0000-0000-00000000000B");

    #[test]
    fn a_handle_has_each_protocol_once_and_goes_with_the_last() {
        let mut db = Database::new();
        let handle = db.install(null_mut(), &A, 1 as *mut c_void).unwrap();
        assert_eq!(db.install(handle, &A, null_mut()), Err(Status::INVALID_PARAMETER));
        assert_eq!(db.install(handle, &B, 2 as *mut c_void), Ok(handle));
        assert_eq!(db.locate(&B), Some(2 as *mut c_void));
        assert_eq!(db.handles(Some(&A)).count(), 1);
        assert_eq!(db.uninstall(handle, &A, null_mut()), Err(Status::NOT_FOUND));
        assert_eq!(db.uninstall(handle, &A, 1 as *mut c_void), Ok(()));
        assert_eq!(db.uninstall(handle, &B, 2 as *mut c_void), Ok(()));
        assert_eq!(db.uninstall(handle, &B, 2 as *mut c_void), Err(Status::INVALID_PARAMETER));
        assert_eq!(db.handles(None).count(), 0);
    }
}
