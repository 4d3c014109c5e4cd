//! The 8254 timer, ports 40h to 43h, and port 61h, which gates its channel 2.
//!
//! Source: Intel 8254 data sheet; ICH9 datasheet 316972, "Timer I/O Registers" and "NMI_SC". Only channel 2
//! has a gate. A channel that was never written stands still with its output high, and a control word
//! alone raises no IRQ0. Board `qemu` counts as `pit_qemu.rs` says, from reset on.

use crate::{Silicon, pit_qemu};

const HZ: u128 = 1_193_182;
/// Port 61h bit 4 toggles at each refresh of DRAM.
const REFRESH_NS: u64 = 15_085;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Access {
    /// QEMU's counters out of reset: one byte, the low one.
    #[default]
    Unset,
    Low,
    High,
    Both,
}

#[derive(Clone, Debug, Hash)]
struct Channel {
    silicon: Silicon,
    mode: u8,
    access: Access,
    bcd: bool,
    /// Mode and BCD as they were written: modes 2 and 3 have two numbers each.
    programmed: u8,
    /// What was written last, and what counts now: 1 to 65536 (10000 in BCD); 0: nothing yet.
    register: u32,
    count: u32,
    /// Ticks that had passed at a moment.
    passed: u64,
    since: u64,
    /// Modes 2 and 3: the tick at which what was written begins to count.
    switches: Option<u64>,
    /// Modes 1 and 5: the gate has risen since the count was written.
    triggered: bool,
    gate: bool,
    low_written: Option<u8>,
    high_next: bool,
    latched: Option<u16>,
    /// QEMU reads a latched count by itself, and as the counter was programmed when it was latched.
    latched_as: Access,
    status: Option<u8>,
}

fn ticks(ns: u64) -> u64 {
    (u128::from(ns) * HZ / 1_000_000_000) as u64
}

/// The first moment at which this many ticks have passed.
fn ns(ticks: u64) -> u64 {
    u64::try_from((u128::from(ticks) * 1_000_000_000).div_ceil(HZ)).unwrap_or(u64::MAX)
}

fn from_bcd(value: u16) -> u32 {
    (0..4).rev().fold(0, |all, digit| all * 10 + u32::from(value >> (4 * digit) & 15))
}

fn to_bcd(value: u64) -> u16 {
    (0..4).fold(0, |all, digit| all | ((value / 10u64.pow(digit) % 10) as u16) << (4 * digit))
}

impl Channel {
    fn new(silicon: Silicon, gate: bool) -> Self {
        let (mode, count) = match silicon {
            Silicon::Ich9 => (0, 0),
            Silicon::Qemu => (3, 0x1_0000),
        };
        Channel {
            silicon,
            mode,
            access: Access::Unset,
            bcd: false,
            programmed: mode << 1,
            register: count,
            count,
            passed: 0,
            since: 0,
            switches: None,
            triggered: false,
            gate,
            low_written: None,
            high_next: false,
            latched: None,
            latched_as: Access::Unset,
            status: None,
        }
    }

    /// On silicon the gate holds modes 0, 2, 3 and 4.
    fn runs(&self) -> bool {
        self.gate || matches!(self.mode, 1 | 5) || self.silicon == Silicon::Qemu
    }

    fn passed(&self, now: u64) -> u64 {
        self.passed + if self.runs() { ticks(now.saturating_sub(self.since)) } else { 0 }
    }

    /// From this moment on so many ticks have passed.
    fn set_passed(&mut self, now: u64, passed: u64) {
        (self.passed, self.since) = (passed, now);
    }

    fn load(&mut self, now: u64) {
        (self.count, self.switches) = (self.register, None);
        self.set_passed(now, 0);
    }

    /// A count that waited begins to count at the end of the cycle, in mode 3 of the half cycle.
    fn follow(&mut self, now: u64) {
        let Some(at) = self.switches.filter(|at| self.passed(now) >= *at) else { return };
        let low = self.mode == 3 && !at.is_multiple_of(u64::from(self.count));
        let since = self.since.saturating_add(ns(at - self.passed));
        self.load(since);
        if low {
            self.passed = u64::from(self.count.div_ceil(2));
        }
    }

    fn modulus(&self) -> u64 {
        if self.bcd { 10_000 } else { 0x1_0000 }
    }

    /// What the counter reads.
    fn counter(&self, now: u64) -> u16 {
        let (count, passed) = (u64::from(self.count.max(1)), self.passed(now));
        if self.silicon == Silicon::Qemu {
            return pit_qemu::counter(self.mode, count, passed);
        }
        let value = match self.mode {
            2 => count - passed % count,
            3 => (count - (passed * 2) % count) & !1,
            _ => (count + self.modulus() - passed % self.modulus()) % self.modulus(),
        };
        if self.bcd { to_bcd(value) } else { value as u16 }
    }

    fn output(&self, now: u64) -> bool {
        let (count, passed) = (u64::from(self.count), self.passed(now));
        match self.mode {
            mode if self.silicon == Silicon::Qemu => pit_qemu::output(mode, count, passed),
            _ if self.access == Access::Unset => true,
            0 => count != 0 && passed >= count && self.low_written.is_none(),
            _ if count == 0 => true,
            1 => !self.triggered || passed >= count,
            2 => !self.gate || passed % count != count - 1,
            3 => !self.gate || passed % count < count.div_ceil(2),
            4 => passed != count,
            _ => !self.triggered || passed != count,
        }
    }

    /// The next moment at which the output may change.
    fn changes_at(&self, now: u64) -> Option<u64> {
        let (count, passed) = (u64::from(self.count), self.passed(now));
        if count == 0 || !self.runs() {
            return None;
        }
        let in_round = |at: u64| passed - passed % count + if passed % count < at { at } else { count };
        let next = match self.mode {
            mode if self.silicon == Silicon::Qemu => pit_qemu::changes_at(mode, count, passed)?,
            2 => in_round(count - 1),
            3 => in_round(count.div_ceil(2)),
            1 | 5 if !self.triggered => return None,
            0 | 1 | 4 | 5 if passed < count => count,
            4 | 5 if passed == count => count + 1,
            _ => return None,
        };
        Some(self.since.saturating_add(ns(next - self.passed)))
    }

    fn control(&mut self, now: u64, byte: u8) {
        self.access = match byte >> 4 & 3 {
            0 => return self.latch(now),
            1 => Access::Low,
            2 => Access::High,
            _ => Access::Both,
        };
        self.programmed = byte & 0x0f;
        self.mode = match (self.silicon, byte >> 1 & 7) {
            (Silicon::Ich9, mode @ 6..) => mode - 4,
            (_, mode) => mode,
        };
        self.bcd = byte & 1 != 0;
        (self.low_written, self.high_next) = (None, false);
        // QEMU counts on with what it has.
        if self.silicon == Silicon::Ich9 {
            (self.register, self.count, self.triggered) = (0, 0, false);
            (self.latched, self.switches) = (None, None);
            self.set_passed(now, 0);
        }
    }

    fn write(&mut self, now: u64, byte: u8) {
        let value = match (self.access, self.low_written.take()) {
            (Access::Unset | Access::Low, _) => u16::from(byte),
            (Access::High, _) => u16::from(byte) << 8,
            (Access::Both, None) => {
                self.low_written = Some(byte);
                return;
            }
            (Access::Both, Some(low)) => u16::from_le_bytes([low, byte]),
        };
        self.register = match (value, self.silicon, self.bcd) {
            (0, Silicon::Ich9, _) => self.modulus() as u32,
            (0, ..) => 0x1_0000,
            (_, Silicon::Ich9, true) => from_bcd(value),
            _ => value.into(),
        };
        match self.mode {
            _ if self.silicon == Silicon::Qemu || self.count == 0 => self.load(now),
            1 | 5 => {}
            2 | 3 => self.switch_later(now),
            _ => self.load(now),
        }
    }

    /// The cycle that is under way, in mode 3 the half cycle, is counted to its end.
    fn switch_later(&mut self, now: u64) {
        let (count, passed) = (u64::from(self.count), self.passed(now));
        let half = if self.mode == 3 { count.div_ceil(2) } else { count };
        self.switches = Some(passed - passed % count + if passed % count < half { half } else { count });
    }

    fn latch(&mut self, now: u64) {
        let never = self.silicon == Silicon::Qemu && self.access == Access::Unset;
        if self.latched.is_none() && !never {
            (self.latched, self.latched_as) = (Some(self.counter(now)), self.access);
        }
    }

    fn read(&mut self, now: u64) -> u8 {
        if let Some(status) = self.status.take() {
            return status;
        }
        if let Some(latched) = self.latched.filter(|_| self.silicon == Silicon::Qemu) {
            let [low, high] = latched.to_le_bytes();
            let last = self.latched_as != Access::Both;
            let byte = if self.latched_as == Access::High { high } else { low };
            (self.latched, self.latched_as) = (self.latched.filter(|_| !last), Access::High);
            return byte;
        }
        let [low, high] = self.latched.unwrap_or_else(|| self.counter(now)).to_le_bytes();
        let (byte, last) = match (self.access, self.high_next) {
            (Access::Unset | Access::Low, _) => (low, true),
            (Access::High, _) | (Access::Both, true) => (high, true),
            (Access::Both, false) => (low, false),
        };
        self.high_next = self.access == Access::Both && !last;
        if last {
            self.latched = None;
        }
        byte
    }

    fn read_back(&mut self, now: u64, byte: u8) {
        if byte & 0x20 == 0 {
            self.latch(now);
        }
        if byte & 0x10 == 0 {
            let access = match self.access {
                Access::Unset => 0,
                Access::Low => 1,
                Access::High => 2,
                Access::Both => 3,
            };
            // Null count: what was written doesn't count yet. QEMU doesn't tell.
            let null = self.silicon == Silicon::Ich9 && (self.count == 0 || self.count != self.register);
            let status = u8::from(self.output(now)) << 7 | u8::from(null) << 6 | access << 4 | self.programmed;
            self.status = self.status.or(Some(status));
        }
    }

    fn set_gate(&mut self, now: u64, open: bool) {
        if open == self.gate {
            return;
        }
        let passed = self.passed(now);
        self.gate = open;
        match self.mode {
            // Rising starts modes 1, 2, 3 and 5 anew.
            1 | 2 | 3 | 5 if open && self.register != 0 => {
                self.triggered = true;
                self.load(now);
            }
            1 | 5 => {}
            _ if self.silicon == Silicon::Qemu => {}
            _ => self.set_passed(now, passed),
        }
    }
}

#[derive(Clone, Debug, Hash)]
pub struct Pit {
    channels: [Channel; 3],
    /// Port 61h bits 3:0: timer 2's gate, speaker, SERR# and IOCHK# disabled.
    nmi_sc: u8,
    /// When IRQ0 changes next.
    next: Option<u64>,
}

impl Pit {
    pub fn new(silicon: Silicon) -> Self {
        let channels = [true, true, false].map(|gate| Channel::new(silicon, gate));
        let next = channels[0].changes_at(0);
        Pit { channels, nmi_sc: 0, next }
    }

    /// QEMU keeps latches, and how bytes are read and written.
    pub fn reset(&mut self) {
        let silicon = self.channels[0].silicon;
        let mut fresh = Pit::new(silicon);
        if silicon == Silicon::Qemu {
            for (new, old) in fresh.channels.iter_mut().zip(&self.channels) {
                let Channel { access, bcd, low_written, high_next, latched, latched_as, status, .. } = *old;
                let programmed = new.programmed | u8::from(bcd);
                *new = Channel {
                    access,
                    bcd,
                    programmed,
                    low_written,
                    high_next,
                    latched,
                    latched_as,
                    status,
                    ..new.clone()
                };
            }
        }
        *self = fresh;
    }

    /// Ports 40h to 43h.
    pub fn read(&mut self, now: u64, port: u16) -> u8 {
        self.follow(now);
        let nobody = if self.channels[0].silicon == Silicon::Qemu { 0 } else { 0xff };
        self.channels.get_mut(usize::from(port & 3)).map_or(nobody, |channel| channel.read(now))
    }

    pub fn write(&mut self, now: u64, port: u16, byte: u8) {
        self.follow(now);
        match self.channels.get_mut(usize::from(port & 3)) {
            Some(channel) => channel.write(now, byte),
            None if byte >> 6 == 3 => {
                let chosen = |n: &(usize, &mut Channel)| byte >> (n.0 + 1) & 1 != 0;
                self.channels.iter_mut().enumerate().filter(chosen).for_each(|(_, c)| c.read_back(now, byte));
            }
            None => self.channels[usize::from(byte >> 6)].control(now, byte),
        }
        self.advance(now);
    }

    fn follow(&mut self, now: u64) {
        self.channels.iter_mut().for_each(|channel| channel.follow(now));
    }

    /// `now` is the present.
    pub fn advance(&mut self, now: u64) {
        self.follow(now);
        self.next = self.channels[0].changes_at(now);
    }

    /// Port 61h.
    pub fn nmi_sc(&mut self, now: u64) -> u8 {
        self.follow(now);
        let refresh = (now / REFRESH_NS % 2) as u8;
        self.nmi_sc | refresh << 4 | u8::from(self.channels[2].output(now)) << 5
    }

    pub fn write_nmi_sc(&mut self, now: u64, byte: u8) {
        self.follow(now);
        self.nmi_sc = byte & 0x0f;
        self.channels[2].set_gate(now, byte & 1 != 0);
    }

    /// Level of IRQ0.
    pub fn irq(&self, now: u64) -> bool {
        self.channels[0].count != 0 && self.channels[0].output(now)
    }

    pub fn deadline(&self) -> Option<u64> {
        self.next
    }
}

#[cfg(test)]
#[path = "pit_tests.rs"]
mod tests;
