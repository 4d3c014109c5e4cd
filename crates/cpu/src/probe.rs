//! Looks at a processor from outside, as a debugger does while it stands still.

use crate::bus::Bus;
use crate::cpuid::cpuid;
use crate::memory::Env;
use crate::state::Cpu;

impl Cpu {
    /// What RDMSR would give now; `None`: #GP.
    pub fn read_msr<B: Bus>(&mut self, env: &Env<B>, index: u32) -> Option<u64> {
        self.rdmsr(env, index).ok()
    }

    /// WRMSR; false: #GP.
    pub fn write_msr<B: Bus>(&mut self, env: &mut Env<B>, index: u32, value: u64) -> bool {
        self.wrmsr(env, index, value).is_ok()
    }

    /// EAX, EBX, ECX, EDX. No leaf of this processor has subleaves.
    pub fn read_cpuid(&self, leaf: u32) -> [u32; 4] {
        cpuid(leaf, self.id, self.msr.apic_page().is_some())
    }
}
