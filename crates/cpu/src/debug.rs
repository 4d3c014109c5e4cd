//! Debug registers and the trap flag (SDM vol. 3, "Debug Registers" and "Debug Exceptions"): code, data
//! and port breakpoints, general detect, single steps.
//!
//! While DR7 enables a breakpoint, instructions run one by one; otherwise none of this costs anything.

use crate::alu::flag;
use crate::bus::Bus;
use crate::fault::{Fault, Result};
use crate::memory::Env;
use crate::op::Kind;
use crate::state::{Activity, Cpu, cr4};

/// What holds interrupts, SMIs and debug traps off for one instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shadow {
    #[default]
    None,
    /// STI just set IF: interrupts wait.
    Sti,
    /// SS was just loaded: debug exceptions wait, too.
    MovSs,
}

/// DR6.
const BREAKPOINTS: u64 = 15;
const BD: u64 = 1 << 13;
const BS: u64 = 1 << 14;
const BT: u64 = 1 << 15;
/// DR7: L0 to G3, and GD.
const ENABLED: u64 = 0xff;
const GD: u64 = 1 << 13;
/// L0 to L3.
const LOCAL: u64 = 0x55;

/// R/W fields of DR7.
const EXECUTE: u64 = 0;
const WRITE: u64 = 1;
const PORT: u64 = 2;

impl Cpu {
    /// Whether DR7 enables any breakpoint.
    #[inline(always)]
    pub(crate) fn watches(&self) -> bool {
        self.dr[7] & ENABLED != 0
    }

    /// Enabled breakpoints (bits of DR6) of the wanted kinds that touch `size` bytes at `at`.
    fn matching(&self, at: u64, size: u64, wanted: impl Fn(u64) -> bool) -> u64 {
        let hit = |n: &usize| {
            let enabled = self.dr[7] >> (2 * n) & 3 != 0;
            let field = self.dr[7] >> (16 + 4 * n);
            // LEN: 1, 2, 8, 4 bytes; the address counts without the bits that LEN covers.
            let len = [1, 2, 8, 4][(field >> 2 & 3) as usize];
            let first = self.dr[*n] & !(len - 1);
            let touches = at.wrapping_sub(first) < len || first.wrapping_sub(at) < size;
            enabled && wanted(field & 3) && touches
        };
        (0..4).filter(hit).fold(0, |bits, n| bits | 1 << n)
    }

    /// Notes data breakpoints that an access touches: they trap behind the instruction.
    #[inline]
    pub(crate) fn watch(&mut self, linear: u64, size: usize, write: bool) {
        if self.watches() {
            self.note_traps(self.matching(linear, size as u64, |rw| rw == 3 || rw == WRITE && write));
        }
    }

    /// The same for a port; these breakpoints exist while CR4.DE is set.
    pub(crate) fn watch_port(&mut self, port: u16, size: u8) {
        if self.watches() && self.cr4 & cr4::DE != 0 {
            self.note_traps(self.matching(port.into(), size.into(), |rw| rw == PORT));
        }
    }

    fn note_traps(&mut self, bits: u64) {
        self.debug_traps |= bits;
        self.attend |= bits != 0;
    }

    /// Whether a breakpoint stands on the instruction at RIP; DR6 says which. RF and a load of SS just
    /// before keep it from acting.
    pub(crate) fn breaks_here(&mut self, shadow: Shadow) -> bool {
        if !self.watches() || self.rflags & flag::RF != 0 || shadow == Shadow::MovSs {
            return false;
        }
        let Ok(at) = self.fetch_address() else { return false };
        let hit = self.matching(at, 1, |rw| rw == EXECUTE);
        if hit != 0 {
            self.dr[6] = self.dr[6] & !BREAKPOINTS | hit;
        }
        hit != 0
    }

    /// Local breakpoints end with the task; the T bit of the new one's state segment traps.
    pub(crate) fn task_switched(&mut self, trap: bool) {
        self.dr[7] &= !LOCAL;
        self.note_traps(if trap { BT } else { 0 });
    }

    /// RF and TF behind an instruction that `start` and `rflags` belong to; `switched`: in another task.
    pub(crate) fn after_step(&mut self, start: u64, rflags: u64, kind: Kind, switched: bool) {
        if self.activity == Activity::Shutdown {
            return;
        }
        let repeats = self.rip == start && kind.is_string();
        if repeats && self.watches() {
            // A code breakpoint on a REP acts once.
            self.rflags |= flag::RF;
        } else if !repeats && !matches!(kind, Kind::Iret | Kind::Rsm) && !switched {
            self.rflags &= !flag::RF;
        }
        // INT n and its like clear TF before it could act, and so does a task switch, which saves it with the
        // old task; RSM is no instruction of the interrupted code.
        let interrupt =
            matches!(kind, Kind::Int | Kind::Int3 | Kind::Int1 | Kind::Into) && rflags & !self.rflags & flag::TF != 0;
        let silent = interrupt || switched;
        if rflags & flag::TF != 0 && !silent && self.shadow != Shadow::MovSs && kind != Kind::Rsm {
            self.note_traps(BS);
        }
    }

    /// #DB as a trap, with everything that has come together.
    pub(crate) fn take_debug_trap<B: Bus>(&mut self, env: &mut Env<B>) {
        self.report_traps();
        if self.activity == Activity::Halted {
            self.activity = Activity::Running;
        }
        self.raise(env, Fault::DB);
    }

    /// DR6 tells what has come together. INT1, too, does this: its #DB is theirs.
    pub(crate) fn report_traps(&mut self) {
        let traps = std::mem::take(&mut self.debug_traps);
        if traps & BREAKPOINTS != 0 {
            self.dr[6] &= !BREAKPOINTS;
        }
        self.dr[6] |= traps;
    }

    /// General detect: MOV to or from a debug register while DR7.GD is set.
    pub(crate) fn detect_debug_access(&mut self) -> Result<()> {
        if self.dr[7] & GD == 0 {
            return Ok(());
        }
        self.dr[6] |= BD;
        Err(Fault::DB)
    }

    /// The handler of #DB may use the debug registers.
    pub(crate) fn allow_debug_access(&mut self) {
        self.dr[7] &= !GD;
    }
}
