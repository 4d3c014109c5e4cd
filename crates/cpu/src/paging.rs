//! Linear to physical: 32-bit, PAE and 4-level paging (SDM vol. 3, "Paging"), behind a TLB.
//!
//! The TLB belongs to the derived caches. It has one half for code outside SMM and one for SMM, so
//! that entering SMM is a switch and not a flush.

use crate::bus::{Access, Bus, Purpose};
use crate::fault::{Fault, Result, vector};
use crate::quick::Quick;
use crate::state::{Cpu, cr0, cr4, efer};

const P: u64 = 1;
const RW: u64 = 1 << 1;
const US: u64 = 1 << 2;
const A: u64 = 1 << 5;
const D: u64 = 1 << 6;
const PS: u64 = 1 << 7;
const NX: u64 = 1 << 63;
/// 40 physical address bits, as CPUID says.
const FRAME: u64 = 0xff_ffff_f000;
const BEYOND: u64 = 0x000f_ff00_0000_0000;
/// PAE paging leaves no bits to software above the address.
const IGNORED_IN_LONG_MODE: u64 = 0x7ff0_0000_0000_0000;
/// Bit 12 of a large page's entry is PAT.
const PAT: u64 = 1 << 12;

/// Of a PDPTE of PAE paging.
const PDPTE_RESERVED: u64 = BEYOND | IGNORED_IN_LONG_MODE | NX | 0x1e6;

/// What is to be done at a linear address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub write: bool,
    pub fetch: bool,
    pub user: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Linear page number plus one; 0 is an empty entry.
    tag: u64,
    frame: u64,
    /// The entry counts only while its half is in this epoch.
    epoch: u32,
    rights: u8,
}

const R_WRITE: u8 = 1;
const R_USER: u8 = 2;
const R_EXEC: u8 = 4;
const ENTRIES: usize = 512;
const EMPTY: Entry = Entry { tag: 0, frame: 0, epoch: 0, rights: 0 };

/// Translations of one processor. Only present pages with A (and, for writing, D) already set are
/// kept; supervisor and user rights have entries of their own. `F` is [`Bus::Frame`].
pub struct Tlb<F> {
    halves: [Half; 2],
    pub(crate) quick: Quick<F>,
}

struct Half {
    entries: Vec<Entry>,
    epoch: u32,
}

impl<F: Copy + Default> Default for Tlb<F> {
    fn default() -> Self {
        let half = || Half { entries: vec![EMPTY; ENTRIES], epoch: 0 };
        Tlb { halves: [half(), half()], quick: Quick::default() }
    }
}

impl<F: Copy + Default> Tlb<F> {
    /// The entry for a page if it is there and allows `need` for that user or supervisor.
    #[inline]
    fn find(&self, smm: bool, page: u64, need: u8) -> Option<u64> {
        let half = &self.halves[usize::from(smm)];
        let entry = &half.entries[page as usize % ENTRIES];
        let fits = entry.tag == page + 1
            && entry.epoch == half.epoch
            && entry.rights & need == need
            // Rights of user pages differ by CPL and WP: a supervisor's entry serves the supervisor only.
            && (entry.rights ^ need) & R_USER == 0;
        fits.then_some(entry.frame)
    }

    /// Physical address of a data access to a page that was used in this way before.
    #[inline(always)]
    pub(crate) fn known(&self, smm: bool, linear: u64, write: bool, user: bool) -> Option<u64> {
        let need = u8::from(write) * R_WRITE | u8::from(user) * R_USER;
        Some(self.find(smm, linear >> 12, need)? | linear & 0xfff)
    }

    fn learn(&mut self, smm: bool, page: u64, frame: u64, rights: u8) {
        let half = &mut self.halves[usize::from(smm)];
        half.entries[page as usize % ENTRIES] = Entry { tag: page + 1, frame, epoch: half.epoch, rights };
    }

    /// Forgets what one view (SMM or not) has learned.
    pub fn flush_view(&mut self, smm: bool) {
        let half = &mut self.halves[usize::from(smm)];
        half.epoch = half.epoch.wrapping_add(1);
        if half.epoch == 0 {
            half.entries.fill(EMPTY);
        }
        self.quick.forget(smm);
    }
    pub fn flush_all(&mut self) {
        self.flush_view(false);
        self.flush_view(true);
    }
    pub fn flush_page(&mut self, smm: bool, linear: u64) {
        self.halves[usize::from(smm)].entries[(linear >> 12) as usize % ENTRIES] = EMPTY;
        self.quick.forget(smm);
    }
}

/// Where a walk ended: frame of the 4 KiB page, and what its tables allow.
struct Leaf {
    frame: u64,
    rights: u64,
    nx: bool,
}

impl Cpu {
    /// Loads the registers that hold the four PDPTEs from where `cr3` says, if PAE paging is in use with these control
    /// registers; #GP, and nothing changes, if one that is present has a reserved bit set (SDM vol. 3, "PDPTE
    /// Registers").
    pub(crate) fn load_pdptes(&mut self, bus: &mut impl Bus, access: Access, [cr0, cr3, cr4]: [u64; 3]) -> Result<()> {
        let pae = cr0 & cr0::PG != 0 && cr4 & cr4::PAE != 0 && !self.long_mode();
        if !pae {
            return Ok(());
        }
        let at = |n: u64| (cr3 & 0xffff_ffe0) + 8 * n;
        let loaded = [0, 1, 2, 3].map(|n| self.physical_read(bus, access, at(n), 8));
        if loaded.iter().any(|entry| entry & P != 0 && entry & PDPTE_RESERVED != 0) {
            return Err(Fault::GP0);
        }
        self.pdptes = loaded;
        Ok(())
    }

    pub(crate) fn system_access(&self) -> Access {
        Access { cpu: self.id, smm: self.smm, purpose: Purpose::System }
    }

    /// Physical address of `linear` for `wish`, or the page fault (CR2 already set).
    #[inline]
    pub(crate) fn translate<B: Bus>(
        &mut self,
        tlb: &mut Tlb<B::Frame>,
        bus: &mut B,
        linear: u64,
        wish: Wish,
    ) -> Result<u64> {
        if !self.paging() {
            return Ok(linear & 0xffff_ffff);
        }
        let page = linear >> 12;
        let need = u8::from(wish.write) * R_WRITE | u8::from(wish.user) * R_USER | u8::from(wish.fetch) * R_EXEC;
        if let Some(frame) = tlb.find(self.smm, page, need) {
            return Ok(frame | linear & 0xfff);
        }
        let leaf = self.walk(bus, linear, wish)?;
        let mut rights = u8::from(wish.user) * R_USER | u8::from(!leaf.nx) * R_EXEC;
        if wish.write {
            rights |= R_WRITE;
        }
        tlb.learn(self.smm, page, leaf.frame, rights);
        Ok(leaf.frame | linear & 0xfff)
    }

    fn walk(&mut self, bus: &mut impl Bus, linear: u64, wish: Wish) -> Result<Leaf> {
        let walked =
            if self.cr4 & cr4::PAE == 0 { self.walk_32(bus, linear, wish) } else { self.walk_64(bus, linear, wish) };
        walked.map_err(|code| {
            self.cr2 = linear;
            Fault { vector: vector::PF, error: Some(code) }
        })
    }

    /// Page-fault error code: P, W/R, U/S, RSVD, I/D.
    fn code(&self, present: bool, reserved: bool, wish: Wish) -> u32 {
        let fetch = wish.fetch && self.efer & efer::NXE != 0 && self.cr4 & cr4::PAE != 0;
        u32::from(present)
            | u32::from(wish.write) << 1
            | u32::from(wish.user) << 2
            | u32::from(reserved) << 3
            | u32::from(fetch) << 4
    }

    fn walk_32(&mut self, bus: &mut impl Bus, linear: u64, wish: Wish) -> std::result::Result<Leaf, u32> {
        let access = self.system_access();
        let absent = self.code(false, false, wish);
        let pde_at = (self.cr3 & 0xffff_f000) + (linear >> 22 & 0x3ff) * 4;
        let pde = self.physical_read(bus, access, pde_at, 4);
        if pde & P == 0 {
            return Err(absent);
        }
        if pde & PS != 0 && self.cr4 & cr4::PSE != 0 {
            // No PSE-36.
            if pde & 0x3f_e000 != 0 {
                return Err(self.code(true, true, wish));
            }
            let leaf = Leaf { frame: pde & 0xffc0_0000 | linear & 0x3f_f000, rights: pde, nx: false };
            self.allow(&leaf, wish)?;
            self.mark(bus, pde_at, pde, 4, wish.write);
            return Ok(leaf);
        }
        let pte_at = (pde & 0xffff_f000) + (linear >> 12 & 0x3ff) * 4;
        let pte = self.physical_read(bus, access, pte_at, 4);
        if pte & P == 0 {
            self.mark(bus, pde_at, pde, 4, false);
            return Err(absent);
        }
        let leaf = Leaf { frame: pte & 0xffff_f000, rights: pde & pte, nx: false };
        self.mark(bus, pde_at, pde, 4, false);
        self.allow(&leaf, wish)?;
        self.mark(bus, pte_at, pte, 4, wish.write);
        Ok(leaf)
    }

    /// PAE paging (two levels below the registers that hold the third, which has no rights) and 4-level paging.
    fn walk_64(&mut self, bus: &mut impl Bus, linear: u64, wish: Wish) -> std::result::Result<Leaf, u32> {
        let access = self.system_access();
        let long = self.long_mode();
        let mut table = self.cr3 & FRAME;
        if !long {
            let entry = self.pdptes[(linear >> 30 & 3) as usize];
            if entry & P == 0 {
                return Err(self.code(false, false, wish));
            }
            table = entry & FRAME;
        }
        let mut rights = RW | US;
        let mut nx = false;
        for level in (1..=if long { 4 } else { 2 }).rev() {
            let shift = 3 + 9 * level as u64;
            let index = linear >> shift & 0x1ff;
            let at = table + index * 8;
            let entry = self.physical_read(bus, access, at, 8);
            if entry & P == 0 {
                return Err(self.code(false, false, wish));
            }
            let large = entry & PS != 0 && (level == 2 || level == 3);
            let mut reserved = BEYOND;
            if !long {
                reserved |= IGNORED_IN_LONG_MODE;
            }
            if self.efer & efer::NXE == 0 {
                reserved |= NX;
            }
            if large {
                reserved |= (1 << shift) - 1 & !0xfff & !PAT;
            } else if level == 4 {
                reserved |= PS;
            }
            if entry & reserved != 0 {
                return Err(self.code(true, true, wish));
            }
            rights &= entry;
            nx |= entry & NX != 0;
            if level == 1 || large {
                let low = (1u64 << shift) - 1;
                let leaf = Leaf { frame: (entry & FRAME & !low) | (linear & low & !0xfff), rights, nx };
                self.allow(&leaf, wish)?;
                self.mark(bus, at, entry, 8, wish.write);
                return Ok(leaf);
            }
            self.mark(bus, at, entry, 8, false);
            table = entry & FRAME;
        }
        unreachable!("level 1 always ends the walk")
    }

    fn allow(&self, leaf: &Leaf, wish: Wish) -> std::result::Result<(), u32> {
        let user_page = leaf.rights & US != 0;
        let writable = leaf.rights & RW != 0 || (!wish.user && self.cr0 & cr0::WP == 0);
        let refused = (wish.user && !user_page) || (wish.write && !writable) || (wish.fetch && leaf.nx);
        if refused { Err(self.code(true, false, wish)) } else { Ok(()) }
    }

    /// Sets A, and D for a write, where they aren't set yet.
    fn mark(&self, bus: &mut impl Bus, at: u64, entry: u64, size: usize, dirty: bool) {
        let new = entry | A | if dirty { D } else { 0 };
        if new != entry && !self.smrr_hides(at) {
            bus.write(self.system_access(), at, size, new);
        }
    }
}
