//! Who may reset the machine from a port: RST_CNT (CF9h) and port 92h, which masks A20 as well.
//!
//! Source: Intel ICH9 datasheet 316972, "RST_CNT — Reset Control Register" and "PORT92 — Fast A20
//! and Init Register". QEMU resets the whole machine where silicon asserts INIT#, and knows no power
//! cycle.

use crate::{Cx, Silicon};
use bitfield_struct::bitfield;
use trace::{ChipReg, Kind, ResetKind};

/// RST_CNT, port CF9h.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct RstCnt {
    #[bits(1)]
    __: u8,
    /// SYS_RST: RST_CPU resets the platform, not just the processor.
    pub sys_rst: bool,
    /// RST_CPU: going from 0 to 1 resets.
    pub rst_cpu: bool,
    /// FULL_RST: with SYS_RST, power is cycled.
    pub full_rst: bool,
    #[bits(4)]
    __: u8,
}

/// PORT92, port 92h.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct Port92 {
    /// INIT_NOW: going from 0 to 1 asserts INIT#.
    pub init_now: bool,
    /// ALT_A20_GATE: address line 20 passes.
    pub a20: bool,
    #[bits(6)]
    __: u8,
}

#[derive(Clone, Hash)]
pub struct ResetControl {
    silicon: Silicon,
    rst_cnt: RstCnt,
    port92: Port92,
    /// A20 passes until port 92h is first written without its bit: the other source, the keyboard
    /// controller, has it open and is not modelled.
    a20: bool,
    pending: Option<ResetKind>,
}

impl ResetControl {
    pub fn new(silicon: Silicon) -> Self {
        ResetControl { silicon, rst_cnt: RstCnt::new(), port92: Port92::new(), a20: true, pending: None }
    }

    /// QEMU keeps port 92h, but for INIT_NOW.
    pub fn reset(&mut self) {
        let port92 = match self.silicon {
            Silicon::Ich9 => Port92::new(),
            Silicon::Qemu => self.port92.with_init_now(false),
        };
        *self = ResetControl { port92, ..ResetControl::new(self.silicon) };
    }

    pub fn a20(&self) -> bool {
        self.a20
    }

    pub fn rst_cnt(&self) -> u8 {
        self.rst_cnt.into_bits()
    }

    pub fn port92(&self) -> u8 {
        self.port92.into_bits()
    }

    /// Of several resets at once the deepest counts.
    pub fn request(&mut self, kind: ResetKind) {
        let depth = |kind| match kind {
            ResetKind::Init => 0,
            ResetKind::Hard => 1,
            ResetKind::Power => 2,
        };
        if self.pending.is_none_or(|waiting| depth(waiting) < depth(kind)) {
            self.pending = Some(kind);
        }
    }

    pub fn take(&mut self) -> Option<ResetKind> {
        self.pending.take()
    }

    pub fn write_rst_cnt(&mut self, cx: &mut Cx, value: u8) {
        let old = self.rst_cnt;
        let new = RstCnt::from_bits(value & 0x0e);
        let edge = new.rst_cpu() && !old.rst_cpu();
        self.rst_cnt = match self.silicon {
            Silicon::Ich9 => new,
            // A resetting write is not stored.
            Silicon::Qemu if new.rst_cpu() => old,
            Silicon::Qemu => new,
        };
        trace(cx, ChipReg::RstCnt, old.into_bits(), new.into_bits());
        if edge {
            self.request(match (self.silicon, new.sys_rst(), new.full_rst()) {
                (Silicon::Qemu, ..) | (_, true, false) => ResetKind::Hard,
                (_, true, true) => ResetKind::Power,
                (_, false, _) => ResetKind::Init,
            });
        }
    }

    pub fn write_port92(&mut self, cx: &mut Cx, value: u8) {
        let old = self.port92;
        let new = Port92::from_bits(value & if self.silicon == Silicon::Ich9 { 0x03 } else { 0xff });
        self.port92 = new;
        self.a20 = new.a20();
        trace(cx, ChipReg::Port92, old.into_bits(), new.into_bits());
        if new.init_now() && !old.init_now() {
            self.request(match self.silicon {
                Silicon::Ich9 => ResetKind::Init,
                Silicon::Qemu => ResetKind::Hard,
            });
        }
    }
}

fn trace(cx: &mut Cx, reg: ChipReg, old: u8, new: u8) {
    if old != new {
        cx.emit(Kind::Chip { reg, old: old.into(), new: new.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::Silent;

    fn after(silicon: Silicon, write: impl Fn(&mut ResetControl, &mut Cx)) -> ResetControl {
        let mut control = ResetControl::new(silicon);
        write(&mut control, &mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut Silent });
        control
    }

    #[test]
    fn rst_cnt_picks_the_kind_of_reset() {
        use ResetKind::{Hard, Init, Power};
        for (value, ich9, qemu) in [
            (0x02, None, None),
            (0x06, Some(Hard), Some(Hard)),
            (0x0e, Some(Power), Some(Hard)),
            (0x04, Some(Init), Some(Hard)),
            (0x0a, None, None),
        ] {
            for (silicon, kind) in [(Silicon::Ich9, ich9), (Silicon::Qemu, qemu)] {
                let mut control = after(silicon, |c, cx| c.write_rst_cnt(cx, value));
                assert_eq!(control.take(), kind, "{silicon:?} {value:x}");
                assert_eq!(control.take(), None);
            }
        }
    }

    #[test]
    fn a_second_reset_needs_a_new_edge_of_rst_cpu() {
        let mut control = after(Silicon::Ich9, |c, cx| c.write_rst_cnt(cx, 0x04));
        control.take();
        control.write_rst_cnt(&mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut Silent }, 0x06);
        assert_eq!(control.take(), None);
    }

    #[test]
    fn port_92_masks_a20_and_asserts_init() {
        assert!(ResetControl::new(Silicon::Ich9).a20());
        let mut control = after(Silicon::Ich9, |c, cx| c.write_port92(cx, 0xfd));
        assert!(!control.a20());
        assert_eq!((control.port92(), control.take()), (0x01, Some(ResetKind::Init)));
        let mut control = after(Silicon::Qemu, |c, cx| c.write_port92(cx, 0x03));
        assert!(control.a20());
        assert_eq!(control.take(), Some(ResetKind::Hard));
        control.reset();
        assert_eq!(control.port92(), 0x02);
    }

    #[test]
    fn the_deepest_of_several_resets_counts() {
        let control = after(Silicon::Ich9, |c, _| {
            [ResetKind::Init, ResetKind::Power, ResetKind::Hard].into_iter().for_each(|kind| c.request(kind));
        });
        assert_eq!(control.pending, Some(ResetKind::Power));
    }
}
