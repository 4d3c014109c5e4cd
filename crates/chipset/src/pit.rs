//! The 8254 timer, ports 40h to 43h, and port 61h, which gates its channel 2.
//!
//! Source: Intel 8254 data sheet; ICH9 datasheet 316972, "Timer I/O Registers" and "NMI_SC". Modes 0, 2
//! and 3 are exact, 1 and 5 never trigger (no channel but 2 has a gate), 4 is taken as 0. Counting in
//! BCD is not modelled. A channel that was never written stands still with its output high; QEMU's
//! run from reset on.

const HZ: u128 = 1_193_182;
/// Port 61h bit 4 toggles at each refresh of DRAM.
const REFRESH_NS: u64 = 15_085;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Access {
    Low,
    High,
    #[default]
    Both,
}

#[derive(Clone, Debug, Default, Hash)]
struct Channel {
    mode: u8,
    access: Access,
    /// The divisor, 1 to 65536; 0: never written.
    count: u32,
    /// When it was loaded.
    since: u64,
    low_written: Option<u8>,
    high_next: bool,
    latched: Option<u16>,
    status: Option<u8>,
    /// While the gate is closed: ticks that had passed.
    stopped: Option<u64>,
}

fn ticks(ns: u64) -> u64 {
    (u128::from(ns) * HZ / 1_000_000_000) as u64
}

/// The first moment at which this many ticks have passed.
fn ns(ticks: u64) -> u64 {
    u64::try_from((u128::from(ticks) * 1_000_000_000).div_ceil(HZ)).unwrap_or(u64::MAX)
}

impl Channel {
    fn passed(&self, now: u64) -> u64 {
        self.stopped.unwrap_or_else(|| ticks(now.saturating_sub(self.since)))
    }

    /// What the counter reads.
    fn counter(&self, now: u64) -> u16 {
        let (count, passed) = (u64::from(self.count.max(1)), self.passed(now));
        let value = match self.mode {
            2 => count - passed % count,
            3 => (count - (passed * 2) % count) & !1,
            _ => count.wrapping_sub(passed),
        };
        value as u16
    }

    fn output(&self, now: u64) -> bool {
        let (count, passed) = (u64::from(self.count), self.passed(now));
        match self.mode {
            _ if count == 0 => true,
            2 => passed % count != count - 1,
            3 => passed % count < count.div_ceil(2),
            1 | 5 => true,
            _ => passed >= count,
        }
    }

    /// The next moment at which the output changes.
    fn changes_at(&self, now: u64) -> Option<u64> {
        let (count, passed) = (u64::from(self.count), self.passed(now));
        if count == 0 || self.stopped.is_some() {
            return None;
        }
        let round = passed / count * count;
        let in_round = |at: u64| if passed < round + at { round + at } else { round + count };
        let next = match self.mode {
            2 => in_round(count - 1),
            3 => in_round(count.div_ceil(2)),
            0 | 4 if passed < count => count,
            _ => return None,
        };
        Some(self.since.saturating_add(ns(next)))
    }

    fn control(&mut self, now: u64, byte: u8) {
        match byte >> 4 & 3 {
            0 => self.latched = self.latched.or(Some(self.counter(now))),
            access => {
                self.access = [Access::Low, Access::High, Access::Both][usize::from(access) - 1];
                self.mode = [0, 1, 2, 3, 4, 5, 2, 3][usize::from(byte >> 1 & 7)];
                (self.low_written, self.high_next, self.count) = (None, false, 0);
            }
        }
    }

    fn write(&mut self, now: u64, byte: u8) {
        let value = match (self.access, self.low_written.take()) {
            (Access::Low, _) => u16::from(byte),
            (Access::High, _) => u16::from(byte) << 8,
            (Access::Both, None) => {
                self.low_written = Some(byte);
                return;
            }
            (Access::Both, Some(low)) => u16::from_le_bytes([low, byte]),
        };
        self.count = if value == 0 { 0x1_0000 } else { value.into() };
        self.since = now;
        self.stopped = self.stopped.map(|_| 0);
    }

    fn read(&mut self, now: u64) -> u8 {
        if let Some(status) = self.status.take() {
            return status;
        }
        let [low, high] = self.latched.unwrap_or_else(|| self.counter(now)).to_le_bytes();
        let (byte, last) = match (self.access, self.high_next) {
            (Access::Low, _) => (low, true),
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
            self.latched = self.latched.or(Some(self.counter(now)));
        }
        if byte & 0x10 == 0 {
            let access = match self.access {
                Access::Low => 1,
                Access::High => 2,
                Access::Both => 3,
            };
            let status =
                u8::from(self.output(now)) << 7 | u8::from(self.count == 0) << 6 | access << 4 | self.mode << 1;
            self.status = self.status.or(Some(status));
        }
    }

    fn gate(&mut self, now: u64, open: bool) {
        match (open, self.stopped) {
            (true, Some(passed)) => {
                // Modes 2 and 3 start anew, the others go on.
                self.since = now.saturating_sub(if matches!(self.mode, 2 | 3) { 0 } else { ns(passed) });
                self.stopped = None;
            }
            (false, None) => self.stopped = Some(self.passed(now)),
            _ => {}
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
    pub fn new() -> Self {
        let mut pit = Pit { channels: Default::default(), nmi_sc: 0, next: None };
        pit.channels[2].stopped = Some(0);
        pit
    }

    /// Ports 40h to 43h.
    pub fn read(&mut self, now: u64, port: u16) -> u8 {
        match self.channels.get_mut(usize::from(port & 3)) {
            Some(channel) => channel.read(now),
            None => 0xff,
        }
    }

    pub fn write(&mut self, now: u64, port: u16, byte: u8) {
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

    /// `now` is the present.
    pub fn advance(&mut self, now: u64) {
        self.next = self.channels[0].changes_at(now);
    }

    /// Port 61h.
    pub fn nmi_sc(&self, now: u64) -> u8 {
        let refresh = (now / REFRESH_NS % 2) as u8;
        self.nmi_sc | refresh << 4 | u8::from(self.channels[2].output(now)) << 5
    }

    pub fn write_nmi_sc(&mut self, now: u64, byte: u8) {
        self.nmi_sc = byte & 0x0f;
        self.channels[2].gate(now, byte & 1 != 0);
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
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// Channel, mode, divisor; both bytes.
    fn program(pit: &mut Pit, now: u64, channel: u16, mode: u8, count: u16) {
        pit.write(now, 0x43, (channel as u8) << 6 | 0x30 | mode << 1);
        count.to_le_bytes().into_iter().for_each(|byte| pit.write(now, 0x40 + channel, byte));
    }

    #[test]
    fn channel_0_in_mode_2_or_3_beats_at_its_divisor() {
        for mode in [2, 3] {
            let mut pit = Pit::new();
            assert_eq!((pit.deadline(), pit.irq(0)), (None, false), "never written");
            program(&mut pit, 0, 0, mode, 11_932);
            let (mut now, mut rises, mut level) = (0, 0, pit.irq(0));
            while let Some(at) = pit.deadline().filter(|at| *at <= SECOND) {
                assert!(at > now);
                now = at;
                pit.advance(now);
                rises += u32::from(pit.irq(now) && !level);
                level = pit.irq(now);
            }
            assert_eq!(rises, 99, "mode {mode}");
        }
    }

    #[test]
    fn mode_0_raises_its_output_once() {
        let mut pit = Pit::new();
        program(&mut pit, 0, 0, 0, 1000);
        let at = pit.deadline().expect("it will rise");
        assert!(!pit.irq(at - 1) && pit.irq(at));
        pit.advance(at);
        assert_eq!((at, pit.deadline()), (838_096, None));
    }

    #[test]
    fn a_latched_count_stays_until_both_bytes_are_read() {
        let mut pit = Pit::new();
        program(&mut pit, 0, 0, 2, 0);
        pit.write(ns(0x1234), 0x43, 0);
        let later = ns(0x5000);
        assert_eq!([pit.read(later, 0x40), pit.read(later, 0x40)], (0u16.wrapping_sub(0x1234)).to_le_bytes());
        assert_eq!([pit.read(later, 0x40), pit.read(later, 0x40)], (0u16.wrapping_sub(0x5000)).to_le_bytes());
        pit.write(later, 0x43, 0xe2);
        assert_eq!(pit.read(later, 0x40), 0xb4, "read-back: output high, both bytes, mode 2");
    }

    #[test]
    fn port_61h_gates_channel_2_and_shows_its_output() {
        let mut pit = Pit::new();
        program(&mut pit, 0, 2, 0, 1000);
        assert_eq!(pit.nmi_sc(SECOND) & 0x2f, 0, "the gate is closed");
        pit.write_nmi_sc(SECOND, 1);
        assert_eq!(pit.nmi_sc(SECOND + ns(999)) & 0x2f, 0x01);
        assert_eq!(pit.nmi_sc(SECOND + ns(1000)) & 0x2f, 0x21);
        assert_ne!(pit.nmi_sc(SECOND) & 0x10, pit.nmi_sc(SECOND + REFRESH_NS) & 0x10);
    }
}
