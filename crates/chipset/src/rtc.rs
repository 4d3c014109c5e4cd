//! Real-time clock and CMOS memory, ports 70h and 71h.
//!
//! Source: Intel ICH9 datasheet 316972, "Real Time Clock Registers"; Motorola MC146818A. The clock
//! starts at 2008-01-01 00:00:00, unless the board is told otherwise, and advances with virtual time; its flags and IRQ8 stand in
//! `rtc_flags.rs`. Not modelled: the upper bank at 72h, daylight saving, the divider's test modes (DV 011
//! to 101), which hold it as its reset does.
//! The bytes that tell firmware how much memory there is are QEMU's, on both boards.

use crate::rtc_flags::Flags;
use crate::{Silicon, Wiring};

pub(crate) const SECOND_NS: u64 = 1_000_000_000;
/// UIP is set this long before an update: eight ticks of 32.768 kHz (MC146818A, "Update cycle").
const UIP_NS: u64 = 8 * SECOND_NS / 32_768;
/// The first update comes this long after the divider's reset was let go (MC146818A, "Divider control").
const FIRST_UPDATE_NS: u64 = SECOND_NS / 2;
pub(crate) const REG_A: u8 = 0x0a;
pub(crate) const REG_B: u8 = 0x0b;
const REG_C: u8 = 0x0c;
const REG_D: u8 = 0x0d;
const CENTURY: u8 = 0x32;
/// Where IBM's PS/2 has the century; QEMU answers there, too.
const PS2_CENTURY: u8 = 0x37;
pub(crate) const B_SET: u8 = 0x80;
const B_BINARY: u8 = 0x04;
const B_24H: u8 = 0x02;
/// Register D: the battery is good.
const D_VRT: u8 = 0x80;
const B_UIE: u8 = 0x10;
const UIP: u8 = 0x80;
/// Register A, DV2:0: above 010 the divider stands still.
const A_DIVIDER: u8 = 0x70;
const A_RUNS: u8 = 0x20;

#[derive(Clone, Hash)]
pub struct Rtc {
    index: u8,
    pub(crate) silicon: Silicon,
    /// Port 70h bit 7: NMIs are masked.
    nmi_masked: bool,
    /// The time registers hold the time until the next update, which comes then, unless SET or the divider
    /// holds it.
    pub(crate) ram: [u8; 128],
    pub(crate) update_at: u64,
    /// When the divider began to count.
    pub(crate) divider_since: u64,
    pub(crate) flags: Flags,
    /// The coin cell is good.
    battery: bool,
    /// What the memory holds when it was without power.
    fresh: [u8; 128],
}

impl Rtc {
    pub fn new(wiring: &Wiring) -> Self {
        let mut rtc = Rtc {
            index: 0,
            silicon: wiring.silicon,
            nmi_masked: false,
            ram: [0; 128],
            update_at: SECOND_NS,
            divider_since: 0,
            flags: Flags::default(),
            battery: true,
            fresh: [0; 128],
        };
        let date: [(u8, u8); 8] =
            [(6, 3), (7, 0x01), (8, 0x01), (9, 0x08), (CENTURY, 0x20), (REG_A, 0x26), (REG_B, B_24H), (0x14, 0x06)];
        for (at, byte) in date {
            rtc.ram[usize::from(at)] = byte;
        }
        let extended_kib = (wiring.low_ram >> 10).saturating_sub(1024).min(0xffff);
        let above_16m = (wiring.low_ram.saturating_sub(16 << 20) >> 16).min(0xffff);
        let above_4g = (wiring.high_ram >> 16).min(0xff_ffff);
        rtc.put(0x15, 2, 640);
        rtc.put(0x17, 2, extended_kib);
        rtc.put(0x30, 2, extended_kib);
        rtc.put(0x34, 2, above_16m);
        rtc.put(0x5b, 3, above_4g);
        rtc.put(0x5f, 1, u64::from(wiring.cpus.saturating_sub(1)));
        if wiring.silicon == Silicon::Qemu {
            // Order of boot devices: floppy, disk, CD.
            rtc.put(0x38, 1, 0x30);
            rtc.put(0x3d, 1, 0x12);
        }
        rtc.fresh = rtc.ram;
        rtc.add_seconds(wiring.clock_s);
        rtc
    }

    fn put(&mut self, at: usize, len: usize, value: u64) {
        self.ram[at..at + len].copy_from_slice(&value.to_le_bytes()[..len]);
    }

    /// CMOS contents and time survive; the interrupt enables in register B do not.
    pub fn reset(&mut self) {
        self.index = 0;
        self.nmi_masked = false;
        self.flags = Flags::default();
        self.ram[usize::from(REG_B)] &= !0x78;
    }

    /// Port 70h.
    pub fn select(&mut self, value: u8) {
        self.index = value & 0x7f;
        self.nmi_masked = value & 0x80 != 0;
    }

    /// What port 71h means.
    pub fn index(&self) -> u8 {
        self.index
    }

    pub fn nmi_masked(&self) -> bool {
        self.nmi_masked
    }

    /// An empty cell keeps nothing over a loss of power; VRT says so until it is replaced.
    pub fn set_battery(&mut self, good: bool) {
        self.battery = good;
    }

    /// The plug was pulled. Without battery the clock starts anew, and CMOS memory holds only what the
    /// board itself puts there.
    pub fn power_cut(&mut self, now: u64) {
        if !self.battery {
            self.ram = self.fresh;
            (self.update_at, self.divider_since) = (now.saturating_add(SECOND_NS), now);
        }
    }

    /// QEMU's mark for firmware that the machine went to S3: the shutdown status byte.
    pub fn mark_s3(&mut self) {
        self.ram[0x0f] = 0xfe;
    }

    pub(crate) fn b(&self) -> u8 {
        self.ram[usize::from(REG_B)]
    }

    /// The divider counts, and with it the time and the periodic interrupt.
    pub(crate) fn divides(&self) -> bool {
        self.ram[usize::from(REG_A)] & A_DIVIDER <= A_RUNS
    }

    /// The time moves on.
    pub(crate) fn updates(&self) -> bool {
        self.divides() && self.b() & B_SET == 0
    }

    /// The byte that the index means.
    fn indexed(&self) -> u8 {
        match (self.index, self.silicon) {
            (PS2_CENTURY, Silicon::Qemu) => CENTURY,
            (index, _) => index,
        }
    }

    /// Port 71h.
    pub fn read(&mut self, now: u64) -> u8 {
        self.advance(now);
        let index = self.indexed();
        match index {
            REG_A => {
                let updating = self.updates() && now.saturating_add(UIP_NS) >= self.update_at;
                self.ram[usize::from(REG_A)] | if updating { UIP } else { 0 }
            }
            REG_C => self.take_flags(),
            // 5:0: the alarm's date.
            REG_D => self.ram[usize::from(REG_D)] & 0x3f | if self.battery { D_VRT } else { 0 },
            _ => self.ram[usize::from(index)],
        }
    }

    pub fn write(&mut self, now: u64, value: u8) {
        self.advance(now);
        let index = self.indexed();
        match index {
            REG_A => {
                let held = !self.divides();
                self.ram[usize::from(REG_A)] = value & !UIP;
                if held && self.divides() {
                    (self.update_at, self.divider_since) = (now.saturating_add(FIRST_UPDATE_NS), now);
                }
            }
            REG_B => self.write_b(value),
            REG_C => {}
            REG_D => self.ram[usize::from(REG_D)] = value & 0x3f,
            _ => self.ram[usize::from(index)] = value,
        }
        self.start_periodic(now);
    }

    /// SET going to 1 clears UIE. QEMU writes a running time down anew when its form changes.
    fn write_b(&mut self, value: u8) {
        const TIME: [u8; 7] = [0, 2, 6, 7, 8, 9, CENTURY];
        let (time, hour) = (TIME.map(|at| self.get(at)), self.hour());
        let other_form = (self.b() ^ value) & (B_BINARY | B_24H) != 0;
        self.ram[usize::from(REG_B)] = if value & B_SET != 0 { value & !B_UIE } else { value };
        if self.silicon == Silicon::Qemu && other_form && self.updates() {
            TIME.into_iter().zip(time).for_each(|(at, value)| self.set(at, value));
            self.set_hour(hour);
        }
    }

    pub(crate) fn add_seconds(&mut self, seconds: u64) {
        let day = days(self.get(CENTURY) * 100 + self.get(9), self.get(8), self.get(7));
        let total = ((day * 24 + self.hour()) * 60 + self.get(2)) * 60 + self.get(0) + seconds;
        let new_day = total / 86_400;
        let (year, month, date) = civil(new_day);
        let weekday = (self.get(6).max(1) - 1 + (new_day - day) % 7) % 7 + 1;
        let fields = [
            (0, total % 60),
            (2, total / 60 % 60),
            (6, weekday),
            (7, date),
            (8, month),
            (9, year % 100),
            (CENTURY, year / 100 % 100),
        ];
        for (at, value) in fields {
            self.set(at, value);
        }
        self.set_hour(total / 3600 % 24);
    }

    /// A time register in binary, whatever register B says of its form.
    pub(crate) fn get(&self, at: u8) -> u64 {
        self.decode(self.ram[usize::from(at)])
    }

    pub(crate) fn decode(&self, raw: u8) -> u64 {
        match self.b() & B_BINARY {
            0 => u64::from(raw >> 4) * 10 + u64::from(raw & 15),
            _ => raw.into(),
        }
    }

    fn set(&mut self, at: u8, value: u64) {
        let value = value as u8;
        self.ram[usize::from(at)] = match self.b() & B_BINARY {
            0 => ((value / 10) << 4) | (value % 10),
            _ => value,
        };
    }

    pub(crate) fn hour(&self) -> u64 {
        let raw = self.ram[4];
        match self.b() & B_24H {
            0 => self.decode(raw & 0x7f) % 12 + if raw & 0x80 != 0 { 12 } else { 0 },
            _ => self.decode(raw),
        }
    }

    /// The last two digits of the year.
    pub(crate) fn year(&self) -> u64 {
        self.get(9)
    }

    fn set_hour(&mut self, hour: u64) {
        if self.b() & B_24H != 0 {
            return self.set(4, hour);
        }
        self.set(4, if hour.is_multiple_of(12) { 12 } else { hour % 12 });
        self.ram[4] |= if hour >= 12 { 0x80 } else { 0 };
    }
}

/// Days since 1 March of year 0 in the Gregorian calendar; months and dates out of range are taken
/// as far as they go.
fn days(year: u64, month: u64, date: u64) -> u64 {
    let month = month.max(1);
    let (y, m) = if month > 2 { (year, month - 3) } else { (year.max(1) - 1, month + 9) };
    y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + date.max(1) - 1
}

/// Year, month and date of a day number.
fn civil(days: u64) -> (u64, u64, u64) {
    let (era, doe) = (days / 146_097, days % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let m = (5 * doy + 2) / 153;
    let date = doy - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (era * 400 + yoe + u64::from(month <= 2), month, date)
}

#[cfg(test)]
#[path = "rtc_tests.rs"]
mod tests;
