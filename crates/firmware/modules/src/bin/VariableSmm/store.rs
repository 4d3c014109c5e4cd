//! The two stores: the volatile one in SMRAM, and that of flash with its copy in SMRAM, which is what is
//! read. A change goes to flash first, then to the copies.

use crate::{EMULATED, FLASH_STATUS, PCD, RECLAIM, STATUS_LOST};
use alloc::vec::Vec;
use base::flash::{Ftw, Fvb};
use base::lookup::Stores;
use base::nvram::{BLOCK, STORE_END, STORE_SIZE as SIZE, STORE_START as START, VOLUME, WORK_SPACE, mapped};
use base::variable::{RuntimeCache, VOLATILE_STORE_SIZE};
use base::{Guid, Status, error, info};
use core::ptr::null_mut;
use pi::layout::variable::STORE_HEADER_SIZE;
use pi::layout::variable::attribute::HARDWARE_ERROR_RECORD;
use pi::variable::{
    Areas, Auth, Contents, Flash, Format, Lookup, Nor, Store, Variable, blank_into, copy_live, erase, find, reclaim,
};

pub const FORMAT: Format = Format::Authenticated;

pub struct Variables {
    non_volatile: Vec<u8>,
    volatile: Vec<u8>,
    /// Once FTW is there.
    flash: Option<(&'static Fvb, &'static Ftw)>,
    /// Flash's store keeps every rule, and is erased behind the last variable: looked at when it is read, as it
    /// is long.
    clean: bool,
    /// Copies outside SMRAM. Whoever changes them deceives only himself.
    cache: Option<RuntimeCache>,
    pub end_of_dxe: bool,
    pub at_runtime: bool,
}

/// The store of flash as it may be programmed.
struct NonVolatile<'a>(&'a mut Variables);

impl Flash for NonVolatile<'_> {
    type Error = Status;

    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Status> {
        let (fvb, _) = self.0.flash.ok_or(base::smm::NOT_AVAILABLE_YET)?;
        let done = if is_emulated() { Ok(()) } else { fvb.program(START + offset, bytes) };
        if PCD.get(FLASH_STATUS) != 0 {
            done?;
        }
        // Data are erased where they go, and of states each has the bits of the one before.
        self.0.non_volatile[offset..][..bytes.len()].copy_from_slice(bytes);
        self.0.copy_out(offset, bytes.len());
        Ok(())
    }
}

/// The one in RAM.
struct Volatile<'a>(&'a mut Variables);

impl Flash for Volatile<'_> {
    type Error = Status;

    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Status> {
        Nor(&mut self.0.volatile).program(offset, bytes).map_err(|_| Status::DEVICE_ERROR)?;
        self.0.copy_all_volatile();
        Ok(())
    }
}

fn is_emulated() -> bool {
    PCD.get(EMULATED) != 0
}

/// What a lookup found, without borrowing the store.
pub fn detached(found: &Lookup<'_>) -> Lookup<'static> {
    const NONE: Contents<'static> = Contents {
        attributes: 0,
        auth: Auth { monotonic_count: 0, time_stamp: zero_time(), public_key_index: 0 },
        vendor: Guid::ZERO,
        name: &[],
        data: &[],
    };
    let bare = |one: &Variable<'_>| Variable { offset: one.offset, state: one.state, contents: NONE };
    Lookup { current: bare(&found.current), in_transition: found.in_transition.as_ref().map(bare) }
}

const fn zero_time() -> pi::layout::variable::Time {
    zerocopy::transmute!([0u8; 16])
}

impl Variables {
    pub const fn new() -> Self {
        Variables {
            non_volatile: Vec::new(),
            volatile: Vec::new(),
            flash: None,
            clean: false,
            cache: None,
            end_of_dxe: false,
            at_runtime: false,
        }
    }

    pub fn init(&mut self) -> Result<(), Status> {
        self.volatile = alloc::vec![0; VOLATILE_STORE_SIZE];
        erase(&mut self.volatile, FORMAT).map_err(|_| Status::OUT_OF_RESOURCES)?;
        if is_emulated() {
            info!("Variable driver will work at emulated non-volatile variable mode!");
        }
        self.load();
        Ok(())
    }

    /// The copy of flash's store; empty if there is none that can be read.
    fn load(&mut self) -> bool {
        if is_emulated() && !self.non_volatile.is_empty() {
            return true;
        }
        // SAFETY: nobody writes now.
        let volume = unsafe { mapped(VOLUME) };
        let good = !is_emulated()
            && matches!(find(volume, 0), Some(Ok(nvram)) if nvram.store == (START..STORE_END))
            && Store::parse(&volume[START..STORE_END]).is_ok_and(|store| store.format() == FORMAT);
        if good {
            self.non_volatile = volume[START..STORE_END].to_vec();
        } else {
            self.non_volatile = alloc::vec![0; SIZE];
            let _ = erase(&mut self.non_volatile, FORMAT);
        }
        self.clean = Store::parse(&self.non_volatile).is_ok_and(|store| store.check().is_ok());
        self.copy_out(0, SIZE);
        good
    }

    pub fn start_writing(&mut self, fvb: &'static Fvb, ftw: &'static Ftw) -> Result<(), Status> {
        self.flash = Some((fvb, ftw));
        if !self.load() {
            error!("Firmware Volume for Variable Store is corrupted");
            self.format()?;
        }
        // What a power cut or damage left behind.
        if self.free().is_none() && PCD.get(RECLAIM) != 0 {
            self.reclaim(None)?;
        }
        Ok(())
    }

    /// A volume as it leaves the factory, but for the work space, which FTW has seen to, and for the variables that
    /// are found behind damaged headers.
    fn format(&mut self) -> Result<(), Status> {
        let mut volume = alloc::vec![0; (VOLUME.end - VOLUME.start) as usize];
        let areas = Areas { volume: volume.len(), block: BLOCK, store_end: STORE_END, work_space: WORK_SPACE };
        blank_into(&mut volume, &areas, FORMAT).map_err(|_| Status::VOLUME_CORRUPTED)?;
        let fresh = &mut volume[START..STORE_END];
        // SAFETY: nobody writes now.
        let mut old = unsafe { mapped(VOLUME) }[START..STORE_END].to_vec();
        if !Store::parse(&old).is_ok_and(|store| store.bytes().len() == SIZE) {
            old[..STORE_HEADER_SIZE].copy_from_slice(&fresh[..STORE_HEADER_SIZE]);
        }
        if let Ok(store) = Store::parse(&old) {
            // What has no room in this format is lost.
            let _ = copy_live(&store, None, fresh, FORMAT);
        }
        self.write_blocks(0, &volume[..STORE_END])?;
        self.load();
        Ok(())
    }

    fn write_blocks(&self, offset: usize, bytes: &[u8]) -> Result<(), Status> {
        let (_, ftw) = self.flash.ok_or(base::smm::NOT_AVAILABLE_YET)?;
        let (no_data, here) = (core::ptr::null(), null_mut());
        base::check((ftw.write)(ftw, 0, offset, bytes.len(), no_data, here, bytes.as_ptr()))
    }

    pub fn writable(&self) -> bool {
        self.flash.is_some()
    }

    pub fn stores(&self) -> Stores<'_> {
        Stores::new(&self.volatile, &self.non_volatile, self.at_runtime)
    }

    fn of(&self, volatile: bool) -> &[u8] {
        if volatile { &self.volatile } else { &self.non_volatile }
    }

    /// Where flash's free space begins, and how much it is. None: it can't be written.
    pub fn free(&self) -> Option<(usize, usize)> {
        self.free_of(false)
    }

    pub fn free_of(&self, volatile: bool) -> Option<(usize, usize)> {
        if !volatile && !self.clean {
            return None;
        }
        let bytes = self.of(volatile);
        let mut variables = Store::parse(bytes).ok()?.variables();
        variables.try_for_each(|variable| variable.map(drop)).ok()?;
        let end = variables.offset();
        Some((end, bytes.len() - end))
    }

    /// Bytes of hardware error records, deleted ones included.
    pub fn error_records(&self) -> usize {
        let store = Store::parse(&self.non_volatile).ok();
        let all = store.iter().flat_map(Store::variables).map_while(Result::ok);
        let records = all.filter(|one| one.contents.attributes & HARDWARE_ERROR_RECORD != 0);
        records.map(|one| FORMAT.step(&one.contents)).sum()
    }

    /// Writes a variable behind the last one, in place of the old one if there is any.
    pub fn put(
        &mut self,
        volatile: bool,
        end: usize,
        old: Option<&Lookup<'_>>,
        new: &Contents<'_>,
    ) -> Result<(), Status> {
        let done = match (volatile, old) {
            (true, Some(old)) => Volatile(self).replace(FORMAT, end, old, new),
            (true, None) => Volatile(self).append(FORMAT, end, new),
            (false, Some(old)) => NonVolatile(self).replace(FORMAT, end, old, new),
            (false, None) => NonVolatile(self).append(FORMAT, end, new),
        };
        self.settle(volatile, done.map(drop))
    }

    pub fn delete(&mut self, volatile: bool, old: &Lookup<'_>) -> Result<(), Status> {
        let done = if volatile { Volatile(self).delete(old) } else { NonVolatile(self).delete(old) };
        self.settle(volatile, done)
    }

    /// After a write that failed half-way the copy is what flash has.
    fn settle(&mut self, volatile: bool, done: Result<(), Status>) -> Result<(), Status> {
        if done.is_err() && !volatile && self.writable() {
            self.load();
        }
        done
    }

    /// A fresh store of the variables in force, and of `new` in place of its predecessor; flash's
    /// by FTW.
    pub fn reclaim(&mut self, new: Option<&Contents<'_>>) -> Result<(), Status> {
        info!("Variable: reclaim");
        let done = self.fresh(false, new).and_then(|fresh| {
            if is_emulated() {
                self.non_volatile = fresh;
                self.copy_out(0, SIZE);
                return Ok(());
            }
            let done = self.write_blocks(START, &fresh);
            self.load();
            done
        });
        // The copies were brought up to date, which always succeeds.
        if PCD.get(RECLAIM) == STATUS_LOST { Ok(()) } else { done }
    }

    pub fn reclaim_volatile(&mut self, new: &Contents<'_>) -> Result<(), Status> {
        self.volatile = self.fresh(true, Some(new))?;
        self.copy_all_volatile();
        Ok(())
    }

    fn fresh(&self, volatile: bool, new: Option<&Contents<'_>>) -> Result<Vec<u8>, Status> {
        let old = self.of(volatile);
        let mut fresh = alloc::vec![0; old.len()];
        let store = Store::parse(old).map_err(|_| Status::VOLUME_CORRUPTED)?;
        let except = new.map(|new| (&new.vendor, new.name));
        let end = reclaim(&store, except, &mut fresh).map_err(|_| Status::OUT_OF_RESOURCES)?;
        if let Some(new) = new {
            if FORMAT.size(new) > fresh.len() - end {
                return Err(Status::OUT_OF_RESOURCES);
            }
            Nor(&mut fresh).append(FORMAT, end, new).map_err(|_| Status::DEVICE_ERROR)?;
        }
        Ok(fresh)
    }

    pub fn share(&mut self, cache: RuntimeCache) {
        self.cache = Some(cache);
        self.copy_out(0, SIZE);
        self.copy_all_volatile();
    }

    fn copy_out(&self, offset: usize, size: usize) {
        let Some(cache) = &self.cache else { return };
        let from = &self.non_volatile[offset..offset + size];
        // SAFETY: memory outside SMRAM that the runtime driver has given for it before EndOfDxe.
        unsafe { ((cache.non_volatile as usize + offset) as *mut u8).copy_from(from.as_ptr(), size) };
    }

    fn copy_all_volatile(&self) {
        let Some(cache) = &self.cache else { return };
        // SAFETY: as above.
        unsafe { (cache.volatile as *mut u8).copy_from(self.volatile.as_ptr(), self.volatile.len()) };
    }
}
