//! One logical x86-64 processor with its local APIC: decode, paging, execution, exceptions, SMM.
//!
//! Real, protected, virtual-8086 and long mode, task switches; integer instructions, SSE, SSE2 and the x87.
//! It knows the world only through [`Bus`]. Not modelled: MMX, VMX.

mod alu;
mod attend;
mod bus;
mod code;
mod cpuid;
mod debug;
mod decode;
mod exec;
mod fast;
mod fault;
mod float;
mod fpu;
mod gate;
mod hot;
mod interrupt;
mod lapic;
mod lazy;
mod memory;
mod msr;
mod op;
mod paging;
mod probe;
mod quick;
mod run;
mod segment;
mod smm;
mod stack;
mod state;
mod task;
mod virtual8086;

pub use alu::flag;
pub use bus::{Access, Bus, Delivery, Logical, Next, Purpose, Signals, Target};
pub use code::CodeCache;
pub use debug::Shadow;
pub use decode::disassemble;
pub use fpu::Fpu;
pub use memory::Env;
pub use paging::Tlb;
pub use smm::{SaveStateMap, Slot};
pub use state::{Activity, Cpu, Segment};
