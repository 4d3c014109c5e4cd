//! What a processor needs from the world. The board implements it; nothing else is known outside.

use trace::{Kind, Level};

/// Why memory is accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Fetch,
    Data,
    /// Page tables, descriptor tables, task state, the SMM state save area.
    System,
}

/// Who accesses memory or ports: decides which parts of SMRAM answer.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub cpu: u8,
    pub smm: bool,
    pub purpose: Purpose,
}

/// Lines towards one processor, as found since they were last asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signals {
    /// An SMI message was delivered.
    pub smi: bool,
    /// An NMI message was delivered.
    pub nmi: bool,
    /// The NMI pin, LINT1, was raised: the local APIC's LVT says what it means.
    pub nmi_pin: bool,
    pub init: bool,
    /// The interrupt controller's INTR line (a level), which is LINT0.
    pub intr: bool,
    /// SIPI vector.
    pub sipi: Option<u8>,
    /// Fixed interrupts for the local APIC, one bit a vector.
    pub fixed: [u32; 8],
    /// Which memory answers where has changed: decoded code and translations are stale.
    pub map_changed: bool,
}

/// Delivery modes of an inter-processor interrupt (SDM vol. 3, "APIC", Interrupt Command Register).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    Fixed(u8),
    Smi,
    Nmi,
    Init,
    Startup(u8),
}

/// A logical destination (SDM vol. 3, "APIC", "Logical Destination Mode").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Logical {
    /// Message destination address.
    pub mda: u8,
    /// Only the one with the lowest processor priority.
    pub one: bool,
    /// The sender's own priority, if it is addressed, too.
    pub own: Option<u32>,
}

/// Which processors an inter-processor interrupt goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Physical APIC id.
    Id(u8),
    /// Those whose local APIC takes this message destination address for its own.
    Logical(Logical),
    All,
    AllButSelf,
}

/// How the run goes on after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Go,
    /// A device was touched: look at the signals first.
    Attend,
    /// The budget is used up or the board wants control.
    Stop,
}

/// Physical memory, ports and lines. Addresses and sizes are bytes; an access never crosses a page.
pub trait Bus {
    /// A page of RAM that was looked up once, to be used often.
    type Frame: Copy + Default;

    fn read(&mut self, access: Access, addr: u64, size: usize) -> u64;
    fn write(&mut self, access: Access, addr: u64, size: usize, value: u64);
    /// The page of RAM that answers such accesses in the 4 KiB around `addr`; `None`: a device does, or
    /// somebody watches: ask [`Bus::read`]. Whoever may write may read. It stays the same while
    /// [`Signals::map_changed`] isn't set.
    fn frame(&mut self, access: Access, addr: u64, write: bool) -> Option<Self::Frame>;
    /// 1, 2, 4 or 8 bytes at an offset in such a page; `None`: it must be asked for again.
    fn frame_read(&self, frame: Self::Frame, at: usize, size: usize) -> Option<u64>;
    fn frame_write(&mut self, frame: Self::Frame, at: usize, size: usize, value: u64) -> Option<()>;
    /// A stretch of plain RAM for bulk string instructions, or `None` where each access counts.
    fn ram(&mut self, access: Access, addr: u64, len: usize, write: bool) -> Option<&mut [u8]>;
    fn port_in(&mut self, access: Access, port: u16, size: usize) -> u32;
    fn port_out(&mut self, access: Access, port: u16, size: usize, value: u32);
    fn signals(&mut self) -> Signals;
    /// INTA cycle: the vector of the interrupt that INTR announces.
    fn acknowledge(&mut self) -> u8;
    fn ipi(&mut self, target: Target, delivery: Delivery);
    /// Virtual time in ns; the TSC runs at 1 GHz.
    fn time(&self) -> u64;
    /// Instructions that may run before [`Next::Stop`]; at least 1 while running.
    fn budget(&self) -> u64;
    /// `n` instructions, or iterations of a REP, were executed.
    fn advance(&mut self, n: u64) -> Next;
    /// This processor's timer was set and acts at this time.
    fn deadline(&mut self, at: u64);
    /// PAUSE: ends this processor's slice.
    fn pause(&mut self);
    fn level(&self) -> Level;
    fn emit(&mut self, kind: Kind);
}
