//! The register file as a trace changes it.

use trace::CpuReg;

/// The registers a figure shows, in the order of the manual.
pub const SHOWN: [CpuReg; 18] = {
    use CpuReg::*;
    [Rax, Rbx, Rcx, Rdx, Rsi, Rdi, Rbp, Rsp, Rip, Rflags, Cs, Ss, Cr0, Cr3, Cr4, Efer, Dr7, Smbase]
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    values: Vec<(CpuReg, u64)>,
    changed: Vec<CpuReg>,
}

impl Registers {
    pub fn new(values: &[(CpuReg, u64)]) -> Self {
        Registers { values: values.to_vec(), changed: Vec::new() }
    }

    pub fn get(&self, reg: CpuReg) -> Option<u64> {
        self.values.iter().find(|(r, _)| *r == reg).map(|(_, v)| *v)
    }

    /// Changed by the current beat.
    pub fn changed(&self, reg: CpuReg) -> bool {
        self.changed.contains(&reg)
    }

    /// What was marked as changed no longer is.
    pub fn settle(&mut self) {
        self.changed.clear();
    }

    pub fn set(&mut self, reg: CpuReg, value: u64) {
        match self.values.iter_mut().find(|(r, _)| *r == reg) {
            Some((_, old)) if *old == value => return,
            Some((_, old)) => *old = value,
            None => self.values.push((reg, value)),
        }
        if !self.changed.contains(&reg) {
            self.changed.push(reg);
        }
    }

    /// The instruction pointer moves with every instruction: known, but no news.
    pub fn at(&mut self, rip: u64) {
        self.set(CpuReg::Rip, rip);
        self.changed.retain(|r| *r != CpuReg::Rip);
    }
}
