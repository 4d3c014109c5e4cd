//! Register blocks declared as tables: one row a register, with its reset value, which bits a guest
//! may write, and what locks them. A device works from its table, an inspector shows it, a test
//! checks that the rows leave no byte out. Side effects are not here: they stand with the device.

use crate::{Cx, Silicon};
use trace::{ChipReg, Kind};

/// Whose register it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Q35 and ICH9.
    Ich9,
    /// A later PCH; board `ich9` has it all the same.
    LaterPch,
    /// QEMU only.
    Qemu,
}

/// A bit that, once set, makes others read only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lock {
    /// SMRAM.D_LCK.
    DLck,
    /// GEN_PMCON_1.SMI_LOCK.
    Smi,
    /// TCO1_CNT.TCO_LOCK.
    Tco,
    /// GEN_PMCON_LOCK.ACPI_BASE_LOCK.
    AcpiBase,
    /// BIOS_CNTL.BLE.
    Ble,
    /// GCS.BILD.
    Bild,
    /// The strap behind GCS.NO_REBOOT.
    Spkr,
    /// ETR3.CF9LOCK.
    Cf9,
    /// HSFS.FLOCKDN.
    Flockdn,
    /// LVSCC.VCL, for UVSCC too.
    Vcl,
    /// Bit 31 of RCBA+0050h.
    Tc,
}

impl Lock {
    /// Register and bit.
    pub fn name(self) -> &'static str {
        match self {
            Lock::DLck => "SMRAM.D_LCK",
            Lock::Smi => "GEN_PMCON_1.SMI_LOCK",
            Lock::Tco => "TCO1_CNT.TCO_LOCK",
            Lock::AcpiBase => "GEN_PMCON_LOCK.ACPI_BASE_LOCK",
            Lock::Ble => "BIOS_CNTL.BLE",
            Lock::Bild => "GCS.BILD",
            Lock::Spkr => "SPKR",
            Lock::Cf9 => "ETR3.CF9LOCK",
            Lock::Flockdn => "HSFS.FLOCKDN",
            Lock::Vcl => "LVSCC.VCL",
            Lock::Tc => "CIR0.TCLOCKDN",
        }
    }
}

/// One row. Masks and values count from the register's lowest byte.
#[derive(Clone, Copy, Debug)]
pub struct Reg {
    /// Offset of the lowest byte in the block.
    pub at: u16,
    /// Bytes. Only a reserved hole is longer than 8.
    pub size: u16,
    /// Mnemonic of the datasheet; empty for a reserved hole.
    pub name: &'static str,
    pub reset: u64,
    /// Bits that take the written value.
    pub rw: u64,
    /// Bits that a written 1 clears.
    pub w1c: u64,
    /// Bits that a written 1 sets and nothing but a reset clears.
    pub once: u64,
    /// Bits that do something when a 1 is written, and don't keep it.
    pub acts: u64,
    /// Which lock makes which bits read only.
    pub locks: &'static [(Lock, u64)],
    pub since: Since,
    /// Where QEMU differs: its reset value, and its writable bits.
    pub qemu_reset: Option<u64>,
    pub qemu_rw: Option<u64>,
    /// The name under which a change is traced, and which of several registers of that name it is.
    pub traced: Option<(ChipReg, u8)>,
    /// Document and section.
    pub source: &'static str,
}

impl Reg {
    /// A register that is read-only and resets to 0, until told otherwise.
    pub const fn new(at: u16, size: u16, name: &'static str, source: &'static str) -> Self {
        Reg {
            at,
            size,
            name,
            reset: 0,
            rw: 0,
            w1c: 0,
            once: 0,
            acts: 0,
            locks: &[],
            since: Since::Ich9,
            qemu_reset: None,
            qemu_rw: None,
            traced: None,
            source,
        }
    }
    /// A reserved hole: reads 0, ignores writes.
    pub const fn hole(at: u16, size: u16) -> Self {
        Reg::new(at, size, "", "")
    }
    pub const fn reset(self, reset: u64) -> Self {
        Reg { reset, ..self }
    }
    pub const fn rw(self, rw: u64) -> Self {
        Reg { rw, ..self }
    }
    pub const fn w1c(self, w1c: u64) -> Self {
        Reg { w1c, ..self }
    }
    pub const fn once(self, once: u64) -> Self {
        Reg { once, ..self }
    }
    pub const fn acts(self, acts: u64) -> Self {
        Reg { acts, ..self }
    }
    pub const fn locks(self, locks: &'static [(Lock, u64)]) -> Self {
        Reg { locks, ..self }
    }
    pub const fn since(self, since: Since) -> Self {
        Reg { since, ..self }
    }
    pub const fn qemu_reset(self, reset: u64) -> Self {
        Reg { qemu_reset: Some(reset), ..self }
    }
    pub const fn qemu_rw(self, rw: u64) -> Self {
        Reg { qemu_rw: Some(rw), ..self }
    }
    pub const fn traced(self, reg: ChipReg) -> Self {
        self.traced_nth(reg, 0)
    }
    pub const fn traced_nth(self, reg: ChipReg, nth: u8) -> Self {
        Reg { traced: Some((reg, nth)), ..self }
    }

    pub const fn is_hole(&self) -> bool {
        self.name.is_empty()
    }
    pub fn reset_on(&self, silicon: Silicon) -> u64 {
        match silicon {
            Silicon::Ich9 => self.reset,
            Silicon::Qemu => self.qemu_reset.unwrap_or(self.reset),
        }
    }
    /// What a write may do while these locks hold.
    pub fn access(&self, locked: impl Fn(Lock) -> bool) -> Access {
        let held = self.locks.iter().filter(|(lock, _)| locked(*lock)).fold(0, |held, (_, bits)| held | bits);
        Access { rw: self.rw & !held, w1c: self.w1c & !held, once: self.once & !held }
    }
    fn end(&self) -> usize {
        usize::from(self.at) + usize::from(self.size)
    }
}

/// What a write may do to one register now.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub rw: u64,
    pub w1c: u64,
    pub once: u64,
}

/// The bytes of a register block.
#[derive(Clone, Hash)]
pub struct RegBlock<const N: usize> {
    bytes: [u8; N],
}

impl<const N: usize> RegBlock<N> {
    pub fn new(table: &[Reg], silicon: Silicon) -> Self {
        let mut block = RegBlock { bytes: [0; N] };
        for reg in table.iter().filter(|reg| !reg.is_hole()) {
            block.put(reg.at, reg.size as u8, reg.reset_on(silicon));
        }
        block
    }

    /// Little-endian value of 1 to 8 bytes; bytes beyond the block read as all ones.
    pub fn get(&self, at: u16, size: u8) -> u64 {
        let mut out = [0; 8];
        for (i, byte) in out.iter_mut().take(size.into()).enumerate() {
            *byte = self.bytes.get(usize::from(at) + i).copied().unwrap_or(0xff);
        }
        u64::from_le_bytes(out)
    }

    /// The hardware's own write: no masks.
    pub fn put(&mut self, at: u16, size: u8, value: u64) {
        for (i, byte) in value.to_le_bytes().into_iter().take(size.into()).enumerate() {
            if let Some(slot) = self.bytes.get_mut(usize::from(at) + i) {
                *slot = byte;
            }
        }
    }

    /// The hardware sets bits.
    pub fn set(&mut self, at: u16, size: u8, bits: u64) {
        self.put(at, size, self.get(at, size) | bits);
    }

    /// Takes over what these bytes held before: from where, and where not any more.
    pub fn keep(&mut self, before: &Self, places: &[(u16, u16)]) {
        for at in places.iter().flat_map(|(from, to)| *from..*to) {
            self.put(at, 1, before.get(at, 1));
        }
    }

    /// A guest's write, byte by byte through the masks of the registers it touches.
    pub fn write(&mut self, table: &[Reg], at: u16, size: u8, value: u64, access: impl Fn(&Reg) -> Access) {
        for (i, byte) in value.to_le_bytes().into_iter().take(size.into()).enumerate() {
            let offset = usize::from(at) + i;
            let row = table.iter().find(|reg| (reg.at.into()..reg.end()).contains(&offset));
            if let (Some(reg), Some(slot)) = (row, self.bytes.get_mut(offset)) {
                let shift = 8 * ((offset - usize::from(reg.at)) % 8);
                let Access { rw, w1c, once } = access(reg);
                let [rw, w1c, once] = [rw, w1c, once].map(|mask| (mask >> shift) as u8);
                *slot = (((*slot & !rw) | (byte & rw)) & !(byte & w1c)) | (byte & once);
            }
        }
    }

    /// Reports every traced register that differs from `before`.
    pub fn trace_changes(&self, cx: &mut Cx, table: &[Reg], before: &Self) {
        if self.bytes == before.bytes {
            return;
        }
        for row in table {
            let Some((reg, nth)) = row.traced else { continue };
            let (old, new) = (before.get(row.at, row.size as u8), self.get(row.at, row.size as u8));
            if old != new {
                let tag = u32::from(nth) << 8;
                cx.emit(Kind::Chip { reg, old: old as u32 | tag, new: new as u32 | tag });
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod check {
    use super::*;

    /// Rows in order, without gap or overlap, that add up to `len`; masks inside the register; a lock
    /// holds only bits that can be written.
    pub fn table_is_gapless(table: &[Reg], len: usize) {
        let mut next = 0;
        for reg in table {
            assert_eq!(usize::from(reg.at), next, "{}", reg.name);
            assert!(reg.is_hole() || matches!(reg.size, 1..=8), "{}", reg.name);
            let bits = if reg.size < 8 { (1u64 << (8 * reg.size)) - 1 } else { u64::MAX };
            let written = reg.rw | reg.w1c | reg.once;
            let masks = reg.reset | written | reg.acts | reg.qemu_reset.unwrap_or(0) | reg.qemu_rw.unwrap_or(0);
            assert!(reg.is_hole() || masks & !bits == 0, "{}", reg.name);
            assert_eq!(reg.rw & reg.w1c | reg.once & (reg.rw | reg.w1c) | reg.acts & written, 0, "{}", reg.name);
            assert!(reg.locks.iter().all(|(_, held)| held & !written == 0), "{}", reg.name);
            assert_eq!(reg.is_hole(), reg.source.is_empty(), "{}", reg.name);
            next = reg.end();
        }
        assert_eq!(next, len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Reg] = &[
        Reg::new(0, 2, "A", "test").reset(0x1234).rw(0x0ff0),
        Reg::new(2, 1, "B", "test").reset(0xff).w1c(0x0f),
        Reg::new(3, 1, "C", "test").rw(0x0f).once(0x80).locks(&[(Lock::Tc, 0x83)]),
    ];

    fn plain(reg: &Reg) -> Access {
        reg.access(|_| false)
    }

    #[test]
    fn a_write_changes_only_what_the_masks_allow() {
        let mut block = RegBlock::<4>::new(TABLE, Silicon::Ich9);
        assert_eq!(block.get(0, 4), 0x00ff_1234);
        block.write(TABLE, 0, 3, 0xaa_ffff, plain);
        assert_eq!(block.get(0, 4), 0x00f5_1ff4);
        block.write(TABLE, 1, 1, 0, plain);
        assert_eq!(block.get(0, 2), 0x10f4);
    }

    #[test]
    fn a_bit_that_is_set_once_stays_and_a_lock_holds_its_bits() {
        let mut block = RegBlock::<4>::new(TABLE, Silicon::Ich9);
        block.write(TABLE, 3, 1, 0xff, |reg| reg.access(|lock| lock == Lock::Tc));
        assert_eq!(block.get(3, 1), 0x0c);
        block.write(TABLE, 3, 1, 0x80, plain);
        block.write(TABLE, 3, 1, 0x01, plain);
        assert_eq!(block.get(3, 1), 0x81);
    }

    #[test]
    fn accesses_beyond_the_block_read_ones_and_drop_writes() {
        let mut block = RegBlock::<4>::new(TABLE, Silicon::Ich9);
        block.write(TABLE, 0xffff, 8, 0, plain);
        block.put(2, 8, 0);
        assert_eq!(block.get(2, 4), 0xffff_0000);
    }
}
