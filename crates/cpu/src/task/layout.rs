//! Layouts of the two task state segments (SDM vol. 3, "Task-State Segment (TSS)" and "16-Bit Task-State
//! Segment (TSS)"). Offsets in bytes; general registers and selectors stand in ModRM order.

use crate::state::Segment;

/// The previous task's selector.
pub const LINK: u64 = 0;
/// 32-bit segments only.
pub const CR3: u64 = 0x1c;
/// Bit 0: T; 32-bit segments only.
pub const TRAP: u64 = 0x64;

/// Where the fields lie that a task switch saves and loads.
pub struct Layout {
    /// Bytes of a general register, of EIP and of EFLAGS; a selector stands in so many.
    pub word: u8,
    /// The least limit that a new task's segment has.
    pub limit: u32,
    pub eip: u64,
    pub eflags: u64,
    pub general: u64,
    pub selectors: u64,
    /// ES, CS, SS, DS; FS and GS.
    pub selector_count: usize,
    pub ldt: u64,
}

const TSS_32: Layout = Layout {
    word: 4,
    limit: 0x67,
    eip: 0x20,
    eflags: 0x24,
    general: 0x28,
    selectors: 0x48,
    selector_count: 6,
    ldt: 0x60,
};

const TSS_16: Layout = Layout {
    word: 2,
    limit: 0x2b,
    eip: 0x0e,
    eflags: 0x10,
    general: 0x12,
    selectors: 0x22,
    selector_count: 4,
    ldt: 0x2a,
};

impl Layout {
    pub fn of(task: Segment) -> &'static Layout {
        if task.attr & 8 != 0 { &TSS_32 } else { &TSS_16 }
    }

    pub fn is_wide(&self) -> bool {
        self.word == 4
    }

    /// Behind the last byte that is saved.
    pub fn saved_end(&self) -> u64 {
        self.selectors + self.selector_count as u64 * u64::from(self.word)
    }
}
