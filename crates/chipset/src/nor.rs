//! A serial NOR flash part: an array that programs bits from 1 to 0 only and erases sectors to FFh,
//! takes time for it, and is left half done when power goes.
//!
//! Source: the command set that JEDEC JESD216 describes, times of a Winbond W25Q128 (typical values of
//! its data sheet, "AC Electrical Characteristics"). Not modelled: suspend, dual and quad modes,
//! security registers; what a real part answers in the last microseconds of its power.

use crate::pages::{PAGE, Pages};
use bitfield_struct::bitfield;
use trace::{FlashGuard, FlashWork};

pub const PAGE_PROGRAM: usize = 256;
pub const SECTOR: u64 = 4096;
pub const BLOCK: u64 = 64 << 10;

/// Times of operations in nanoseconds.
pub mod time {
    /// The first byte of a page, each further one, and the whole page.
    pub const FIRST_BYTE: u64 = 30_000;
    pub const NEXT_BYTE: u64 = 2_500;
    pub const PAGE: u64 = 700_000;
    pub const SECTOR: u64 = 45_000_000;
    pub const BLOCK: u64 = 150_000_000;
    pub const MEBIBYTE: u64 = 2_500_000_000;
    pub const STATUS: u64 = 10_000_000;
}

pub mod op {
    pub const WRSR: u8 = 0x01;
    pub const PP: u8 = 0x02;
    pub const READ: u8 = 0x03;
    pub const WRDI: u8 = 0x04;
    pub const RDSR: u8 = 0x05;
    pub const WREN: u8 = 0x06;
    pub const FAST_READ: u8 = 0x0b;
    pub const SE: u8 = 0x20;
    /// Write enable for a volatile status write; taken as WREN.
    pub const EWSR: u8 = 0x50;
    pub const RDID: u8 = 0x9f;
    pub const CE: u8 = 0xc7;
    pub const CE_OLD: u8 = 0x60;
    pub const BE: u8 = 0xd8;
}

/// The status register.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct Status {
    /// WIP: a write is in progress.
    pub wip: bool,
    /// WEL: the write enable latch.
    pub wel: bool,
    /// BP2:0: how much is protected, in powers of two of 1/64 of the part.
    #[bits(3)]
    pub bp: u8,
    /// TB: from the bottom instead of the top.
    pub tb: bool,
    #[bits(2)]
    __: u8,
}

/// Bits of the status register that WRSR writes.
const WRITABLE: u8 = 0x3c;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Work {
    Program { at: u64, bytes: Vec<u8> },
    Erase { from: u64, len: u64 },
    Status(u8),
}

#[derive(Clone, Debug, Hash)]
struct Busy {
    work: Work,
    from: u64,
    until: u64,
}

#[derive(Clone, Hash)]
pub struct Nor {
    array: Pages,
    status: Status,
    busy: Option<Busy>,
    /// How often each sector was erased.
    wear: Vec<u32>,
    /// Operations never end: WIP stays 1.
    stuck: bool,
    /// How often power went in the middle of an operation: no two leave the same remains.
    cuts: u64,
}

impl Nor {
    /// `contents`: a power of two of bytes, at least one block.
    pub fn new(contents: &[u8]) -> Self {
        let sectors = contents.len().div_ceil(SECTOR as usize);
        let array = Pages::from_bytes(contents);
        Nor { array, status: Status::new(), busy: None, wear: vec![0; sectors], stuck: false, cuts: 0 }
    }

    /// BP2:0 as whoever programmed the part left them; they keep without power.
    pub fn protect_blocks(&mut self, bp: u8) {
        self.status.set_bp(bp & 7);
    }

    /// A part that has failed: what is begun isn't done.
    pub fn get_stuck(&mut self) {
        self.stuck = true;
    }

    pub(crate) fn len(&self) -> u64 {
        self.array.len() as u64
    }

    pub fn array(&self) -> &Pages {
        &self.array
    }

    /// How often each 4 KiB sector was erased.
    pub fn wear(&self) -> &[u32] {
        &self.wear
    }

    /// When the operation under way is done.
    pub fn busy_until(&self) -> Option<u64> {
        self.busy.as_ref().map(|busy| busy.until)
    }

    /// The operation under way: its first byte, how many there are, and when it is done.
    pub fn begun(&self) -> Option<(u64, u64, u64)> {
        let busy = self.busy.as_ref()?;
        let (at, len) = match &busy.work {
            Work::Program { at, bytes } => (*at, bytes.len() as u64),
            Work::Erase { from, len } => (*from, *len),
            Work::Status(_) => (0, 1),
        };
        Some((at, len, busy.until))
    }

    /// What a command does to the array or its protection; `None`: nothing.
    pub fn work_of(opcode: u8) -> Option<FlashWork> {
        Some(match opcode {
            op::READ | op::FAST_READ => FlashWork::Read,
            op::PP => FlashWork::Program,
            op::SE | op::BE | op::CE | op::CE_OLD => FlashWork::Erase,
            op::WRSR => FlashWork::Status,
            _ => return None,
        })
    }

    /// Why the part would not carry out a command now.
    pub fn refuses(&self, now: u64, opcode: u8, at: u64) -> Option<FlashGuard> {
        let at = at % self.len().max(1);
        let (from, len) = match opcode {
            op::SE => (at & !(SECTOR - 1), SECTOR),
            op::BE => (at & !(BLOCK - 1), BLOCK),
            op::CE | op::CE_OLD => (0, self.len()),
            _ => (at, 1),
        };
        match Self::work_of(opcode)? {
            _ if self.busy_until().is_some_and(|until| until > now) => Some(FlashGuard::Busy),
            FlashWork::Read | FlashWork::Register => None,
            _ if !self.status.wel() => Some(FlashGuard::Wel),
            FlashWork::Status => None,
            _ => self.protected(from, len).then_some(FlashGuard::BlockProtect),
        }
    }

    /// The status register; WIP isn't in it.
    pub fn status(&self) -> u8 {
        self.status.into_bits()
    }

    /// Finishes what is done by `now`.
    pub fn advance(&mut self, now: u64) {
        if let Some(busy) = self.busy.take_if(|busy| busy.until <= now) {
            match busy.work {
                Work::Program { at, bytes } => self.program(at, &bytes),
                Work::Erase { from, len } => {
                    self.wear_out(from, len);
                    self.fill(from, len, |_, _| 0xff);
                }
                Work::Status(value) => self.status = Status::from_bits(value & WRITABLE),
            }
            self.status.set_wel(false);
        }
    }

    /// One command with its address and data; returns `len` bytes of answer. While a write is in
    /// progress, only the status can be read.
    pub fn command(&mut self, now: u64, opcode: u8, at: u64, data: &[u8], len: usize) -> Vec<u8> {
        self.advance(now);
        let at = at % self.len().max(1);
        if opcode == op::RDSR {
            return vec![self.status.with_wip(self.busy.is_some()).into_bits(); len];
        }
        if self.busy.is_some() {
            return vec![0xff; len];
        }
        match opcode {
            op::READ | op::FAST_READ => return self.read(at, len),
            // Manufacturer, type, capacity: a W25Q of this size.
            op::RDID => return [0xef, 0x40, self.len().ilog2() as u8].into_iter().cycle().take(len).collect(),
            op::WREN | op::EWSR => self.status.set_wel(true),
            op::WRDI => self.status.set_wel(false),
            _ if self.status.wel() => self.write(now, opcode, at, data),
            _ => {}
        }
        vec![0xff; len]
    }

    fn write(&mut self, now: u64, opcode: u8, at: u64, data: &[u8]) {
        let (work, takes) = match opcode {
            op::PP if !data.is_empty() && !self.protected(at, 1) => {
                let bytes = data[data.len().saturating_sub(PAGE_PROGRAM)..].to_vec();
                let time = time::FIRST_BYTE + time::NEXT_BYTE * (bytes.len() as u64 - 1);
                (Work::Program { at, bytes }, time.min(time::PAGE))
            }
            op::SE => (Work::Erase { from: at & !(SECTOR - 1), len: SECTOR }, time::SECTOR),
            op::BE => (Work::Erase { from: at & !(BLOCK - 1), len: BLOCK }, time::BLOCK),
            op::CE | op::CE_OLD => {
                (Work::Erase { from: 0, len: self.len() }, time::MEBIBYTE * self.len().div_ceil(1 << 20))
            }
            op::WRSR => match data.first() {
                Some(value) => (Work::Status(*value), time::STATUS),
                None => return,
            },
            _ => return,
        };
        if matches!(&work, Work::Erase { from, len } if self.protected(*from, *len)) {
            return self.status.set_wel(false);
        }
        let takes = if self.stuck { u64::MAX } else { takes };
        self.busy = Some(Busy { work, from: now, until: now.saturating_add(takes) });
    }

    /// Whether the block-protect bits cover a byte of this stretch.
    pub fn protected(&self, from: u64, len: u64) -> bool {
        let covered = match self.status.bp() {
            0 => return false,
            bp => (self.len() >> 7 << bp).min(self.len()),
        };
        let (low, high) = if self.status.tb() { (0, covered) } else { (self.len() - covered, self.len()) };
        from < high && from + len > low
    }

    fn read(&self, at: u64, len: usize) -> Vec<u8> {
        (0..len as u64).map(|i| self.byte((at + i) % self.len())).collect()
    }

    pub fn byte(&self, at: u64) -> u8 {
        let at = at as usize;
        if at < self.array.len() { self.array.page(at / PAGE)[at % PAGE] } else { 0xff }
    }

    fn put(&mut self, at: u64, byte: u8) {
        let at = at as usize;
        if self.byte(at as u64) != byte {
            self.array.page_mut(at / PAGE)[at % PAGE] = byte;
        }
    }

    /// Where byte `i` of a page program lands: it wraps within the page.
    fn in_page(at: u64, i: usize) -> u64 {
        let page = PAGE_PROGRAM as u64;
        at / page * page + (at + i as u64) % page
    }

    /// Clears bits; nothing sets them but an erase.
    fn program(&mut self, at: u64, bytes: &[u8]) {
        for (i, byte) in bytes.iter().enumerate() {
            let at = Self::in_page(at, i);
            self.put(at, self.byte(at) & byte);
        }
    }

    fn fill(&mut self, from: u64, len: u64, with: impl Fn(u64, u8) -> u8) {
        for at in from..(from + len).min(self.len()) {
            let byte = with(at, self.byte(at));
            self.put(at, byte);
        }
    }

    fn wear_out(&mut self, from: u64, len: u64) {
        let first = (from / SECTOR) as usize;
        for count in self.wear.iter_mut().skip(first).take((len / SECTOR) as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// Power goes at `now`. An operation that isn't done leaves what it has come to: of the bits to be
    /// programmed some are; a sector that was being erased holds anything. Which bits, follows from
    /// the place and the moment.
    pub fn power_cut(&mut self, now: u64) {
        self.advance(now);
        self.status = Status::from_bits(self.status.into_bits() & WRITABLE);
        let Some(Busy { work, from, until }) = self.busy.take() else { return };
        self.cuts += 1;
        let seed = mix(now ^ self.cuts << 48);
        // 0 to 255: how far it has come.
        let done = ((now.saturating_sub(from)) * 256 / (until - from).max(1)).min(255) as u8;
        match work {
            Work::Program { at, bytes } => {
                for (i, byte) in bytes.iter().enumerate() {
                    let at = Self::in_page(at, i);
                    let late = chance(seed ^ at, 255 - done);
                    self.put(at, self.byte(at) & (byte | late));
                }
            }
            Work::Erase { from, len } => {
                self.wear_out(from, len);
                // First all bits are brought to 0, then all to 1.
                let (cleared, set) =
                    if done < 64 { (done * 4, 0) } else { (255, (done - 64).saturating_add(done / 3)) };
                self.fill(from, len, |at, old| {
                    let zeros = chance(seed ^ at, cleared);
                    old & !zeros | chance(seed ^ at ^ 1 << 40, set)
                });
            }
            // The register is written in one go, at the end.
            Work::Status(_) => {}
        }
    }
}

/// Bits that are 1 with a probability of `of_256`/256 each.
fn chance(seed: u64, of_256: u8) -> u8 {
    let random = mix(seed).to_le_bytes();
    (0..8).filter(|bit| random[*bit] < of_256).fold(0, |bits, bit| bits | 1 << bit)
}

/// SplitMix64's output function.
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
#[path = "nor_tests.rs"]
mod tests;
