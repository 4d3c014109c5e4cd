//! The SPI controller: hardware and software sequencing, protected ranges, the descriptor's rights.
//!
//! Source: Intel ICH9 datasheet 316972, "Serial Peripheral Interface (SPI)"; layouts in `spi_regs.rs`,
//! who may do what in `spi_guard.rs`. A cycle takes the time of its transfer at 33 MHz and of the
//! part's work. As on silicon, hardware sequencing erases by the opcode that LVSCC or UVSCC hold, and
//! those are 0 until firmware fills them in.

use crate::descriptor::Descriptor;
use crate::lpc_regs::BiosCntl;
use crate::nor::{Nor, op};
use crate::regs::{Access, Lock, Reg, RegBlock};
use crate::spi_guard::{Does, Guard};
use crate::spi_regs::{Hsfc, Hsfs, Ssfc, Ssfs, TABLE, Vscc, at};
use crate::{Cx, Silicon};
use std::collections::VecDeque;
use trace::{FlashGuard, FlashWork, Kind};

/// One byte at 33 MHz.
const BYTE_NS: u64 = 242;
const FCYCLE_READ: u8 = 0;
const FCYCLE_WRITE: u8 = 2;
const FCYCLE_ERASE: u8 = 3;

/// One command to the part.
#[derive(Clone, Debug, Hash)]
struct Step {
    opcode: u8,
    at: u64,
    data: Vec<u8>,
    /// Bytes that it answers, into FDATA.
    answers: usize,
}

/// What is in progress.
#[derive(Clone, Debug, Hash)]
struct Cycle {
    hardware: bool,
    /// The part's end of work is waited for.
    waits: bool,
    steps: VecDeque<Step>,
    /// When the transfer under way is done.
    until: u64,
    /// A processor in SMM asked for it.
    smm: bool,
}

#[derive(Clone, Hash)]
pub struct Spi {
    regs: RegBlock<0x200>,
    descriptor: Option<Descriptor>,
    cycle: Option<Cycle>,
}

impl Spi {
    pub fn new(nor: &Nor) -> Self {
        let mut head = vec![0; 4096.min(nor.len() as usize)];
        nor.array().read(0, &mut head);
        let mut spi =
            Spi { regs: RegBlock::new(TABLE, Silicon::Ich9), descriptor: Descriptor::read(&head), cycle: None };
        if let Some(descriptor) = &spi.descriptor {
            let hsfs = spi.hsfs().with_fdv(true).into_bits();
            spi.regs.put(at::HSFS, 2, hsfs.into());
            for (n, region) in (0..).zip(descriptor.regions) {
                spi.regs.put(at::FREG + 4 * n, 4, region.into());
            }
            spi.regs.put(at::BFPR, 4, descriptor.regions[1].into());
            spi.regs.put(at::FRAP, 1, descriptor.reads.into());
            spi.regs.put(at::FRAP + 1, 1, descriptor.writes.into());
        }
        spi
    }

    /// The descriptor is read anew.
    pub fn reset(&mut self, nor: &Nor) {
        *self = Spi::new(nor);
    }

    fn hsfs(&self) -> Hsfs {
        Hsfs::from_bits(self.regs.get(at::HSFS, 2) as u16)
    }
    fn hsfc(&self) -> Hsfc {
        Hsfc::from_bits(self.regs.get(at::HSFC, 2) as u16)
    }
    fn ssfs(&self) -> Ssfs {
        Ssfs::from_bits(self.regs.get(at::SSFS, 1) as u8)
    }
    fn ssfc(&self) -> Ssfc {
        Ssfc::from_bits(self.regs.get(at::SSFC, 3) as u32)
    }
    fn faddr(&self) -> u64 {
        self.regs.get(at::FADDR, 4)
    }

    /// Capabilities of the part at FADDR: below FPB the lower, else the upper.
    fn vscc(&self) -> Vscc {
        let boundary = self.regs.get(at::FPB, 4) << 12;
        let which = if self.faddr() < boundary { at::LVSCC } else { at::UVSCC };
        Vscc::from_bits(self.regs.get(which, 4) as u32)
    }

    /// SMI_STS.SPI: FDONE or CDS, where SME asks for it.
    pub fn smi(&self) -> bool {
        self.hsfc().sme() && self.hsfs().fdone() || self.ssfc().sme() && self.ssfs().cds()
    }

    pub fn read(&self, offset: u16, size: u8) -> u64 {
        let mut view = self.regs.clone();
        let busy = self.cycle.is_some();
        let hsfs = self.hsfs().with_scip(busy).with_berase(self.vscc().bes());
        view.put(at::HSFS, 2, hsfs.into_bits().into());
        let ssfs = self.ssfs().with_scip(busy).with_ael(hsfs.ael());
        view.put(at::SSFS, 1, ssfs.into_bits().into());
        view.put(at::FDOD, 4, self.observed().into());
        view.get(offset, size)
    }

    /// FDOD: the descriptor's word that FDOC points at.
    fn observed(&self) -> u32 {
        let fdoc = self.regs.get(at::FDOC, 4);
        self.descriptor
            .as_ref()
            .map_or(0, |descriptor| descriptor.word(fdoc as usize >> 12 & 7, fdoc as usize >> 2 & 0x3ff))
    }

    /// `bios_cntl` gates writes; `cx` says who asks.
    pub fn write(&mut self, cx: &mut Cx, nor: &mut Nor, bios_cntl: BiosCntl, offset: u16, size: u8, value: u64) {
        let before = self.regs.clone();
        let end = offset + u16::from(size);
        let touches = |reg: u16, len: u16| offset < reg + len && end > reg;
        let starts_cycles = touches(at::HSFC, 2) || touches(at::FADDR, 4) || touches(at::FDATA, 64);
        if self.cycle.is_some() && (starts_cycles || touches(at::SSFC, 3)) {
            self.refuse(touches(at::SSFC, 3), false);
            self.tell(cx, FlashWork::Register, offset.into(), size.into(), vec![FlashGuard::Busy]);
        } else {
            let this = self.clone();
            self.regs.write(TABLE, offset, size, value, |reg| this.access(reg));
            self.tell_locks(cx, &before, offset, size, value);
            let bit = |byte: u16, bit: u8| touches(byte, 1) && value >> (8 * (byte - offset)) >> bit & 1 != 0;
            let guard = Guard::new(&self.regs, self.descriptor.is_some(), bios_cntl, cx);
            if bit(at::HSFC, 0) {
                self.hardware_go(cx, nor, &guard);
            }
            if bit(at::SSFC, 1) {
                self.software_go(cx, nor, &guard);
            }
        }
        self.regs.trace_changes(cx, TABLE, &before);
    }

    pub fn holds(&self, lock: Lock) -> bool {
        match lock {
            Lock::Flockdn => self.hsfs().flockdn(),
            Lock::Vcl => Vscc::from_bits(self.regs.get(at::LVSCC, 4) as u32).vcl(),
            _ => false,
        }
    }

    fn access(&self, reg: &Reg) -> Access {
        reg.access(|lock| self.holds(lock))
    }

    /// FCERR, and AEL where rights are missing.
    fn refuse(&mut self, software: bool, rights: bool) {
        match software {
            true => self.regs.put(at::SSFS, 1, self.ssfs().with_fcerr(true).into_bits().into()),
            false => self.regs.put(at::HSFS, 2, self.hsfs().with_fcerr(true).into_bits().into()),
        }
        if rights {
            self.regs.put(at::HSFS, 2, self.hsfs().with_ael(true).into_bits().into());
        }
    }

    fn tell(&self, cx: &mut Cx, work: FlashWork, at: u64, len: u64, by: Vec<FlashGuard>) {
        let smm = cx.smm;
        cx.emit(Kind::FlashRefused { work, at: at as u32, len: len as u32, by, smm });
    }

    /// Who held what this write would have changed.
    fn tell_locks(&self, cx: &mut Cx, before: &RegBlock<0x200>, offset: u16, size: u8, value: u64) {
        let held = [(Lock::Flockdn, FlashGuard::Flockdn), (Lock::Vcl, FlashGuard::Vcl)].into_iter();
        let mut by: Vec<FlashGuard> = Vec::new();
        for (lock, guard) in held.filter(|(lock, _)| self.holds(*lock)) {
            let mut free = before.clone();
            free.write(TABLE, offset, size, value, |reg| reg.access(|other| other != lock && self.holds(other)));
            by.extend((free.get(offset, size) != self.regs.get(offset, size)).then_some(guard));
        }
        if !by.is_empty() {
            self.tell(cx, FlashWork::Register, offset.into(), size.into(), by);
        }
    }

    /// Who would refuse that these bytes are written now, in SMM or outside.
    pub fn refusals(&self, nor: &Nor, bios_cntl: BiosCntl, smm: bool, from: u64, len: u64) -> Vec<FlashGuard> {
        let cx = Cx { now: 0, cpu: 0, smm, all_smm: smm, sink: &mut trace::Silent };
        let guard = Guard::new(&self.regs, self.descriptor.is_some(), bios_cntl, &cx);
        let mut by = guard.refusals(Does::Write, from, len);
        by.extend(nor.protected(from, len).then_some(FlashGuard::BlockProtect));
        by
    }

    fn data(&self, len: usize) -> Vec<u8> {
        (at::FDATA..).take(len.min(64)).map(|at| self.regs.get(at, 1) as u8).collect()
    }

    fn hardware_go(&mut self, cx: &mut Cx, nor: &mut Nor, guard: &Guard) {
        if self.descriptor.is_none() {
            self.tell(cx, FlashWork::Register, at::HSFC.into(), 2, vec![FlashGuard::NoDescriptor]);
            return self.refuse(false, false);
        }
        let (hsfc, vscc, at) = (self.hsfc(), self.vscc(), self.faddr());
        let len = u64::from(hsfc.fdbc()) + 1;
        let step = |opcode, data: &[u8], answers| Step { opcode, at, data: data.to_vec(), answers };
        let (does, from, len, steps) = match hsfc.fcycle() {
            FCYCLE_READ => (Does::Read, at, len, vec![step(op::READ, &[], len as usize)]),
            FCYCLE_WRITE => {
                let data = self.data(len as usize);
                let pieces: Vec<&[u8]> = if vscc.wg() { vec![&data] } else { data.chunks(1).collect() };
                let mut steps = self.status_first(vscc);
                for (i, piece) in (0..).zip(pieces) {
                    steps.push(step(op::WREN, &[], 0));
                    steps.push(Step { at: at + i, ..step(op::PP, piece, 0) });
                }
                (Does::Write, at, len, steps)
            }
            FCYCLE_ERASE => {
                let len = [256, 4 << 10, 8 << 10, 64 << 10][usize::from(vscc.bes())];
                let mut steps = self.status_first(vscc);
                steps.extend([step(op::WREN, &[], 0), step(vscc.eo(), &[], 0)]);
                (Does::Write, at & !(len - 1), len, steps)
            }
            _ => return self.refuse(false, false),
        };
        let by = guard.refusals(does, from, len);
        if !by.is_empty() {
            let work = match hsfc.fcycle() {
                FCYCLE_READ => FlashWork::Read,
                FCYCLE_ERASE => FlashWork::Erase,
                _ => FlashWork::Program,
            };
            self.tell(cx, work, from, len, by);
            return self.refuse(false, true);
        }
        let cycle = Cycle { hardware: true, waits: true, steps: steps.into(), until: cx.now, smm: cx.smm };
        self.start(cx, nor, cycle);
    }

    /// VSCC.WSR: parts that come up protected get their status register cleared first.
    fn status_first(&self, vscc: Vscc) -> Vec<Step> {
        let step = |opcode, data: &[u8]| Step { opcode, at: 0, data: data.to_vec(), answers: 0 };
        let enable = if vscc.wews() { op::WREN } else { op::EWSR };
        if vscc.wsr() { vec![step(enable, &[]), step(op::WRSR, &[0])] } else { Vec::new() }
    }

    fn software_go(&mut self, cx: &mut Cx, nor: &mut Nor, guard: &Guard) {
        let ssfc = self.ssfc();
        let cop = ssfc.cop();
        let opcode = self.regs.get(at::OPMENU + u16::from(cop), 1) as u8;
        // 0 reads, 1 writes without address; 2 reads, 3 writes with it.
        let kind = self.regs.get(at::OPTYPE, 2) >> (2 * cop) & 3;
        let (does, addressed) = (if kind & 1 != 0 { Does::Write } else { Does::Read }, kind & 2 != 0);
        let len = if ssfc.ds() { usize::from(ssfc.dbc()) + 1 } else { 0 };
        let by = if addressed {
            let mut by = guard.refusals(does, self.faddr(), len.max(1) as u64);
            by.extend((!guard.above_bbar(self.faddr())).then_some(FlashGuard::Bbar));
            by
        } else {
            guard.refusals_unaddressed(does)
        };
        if !by.is_empty() {
            let work = Nor::work_of(opcode).unwrap_or(FlashWork::Read);
            self.tell(cx, work, if addressed { self.faddr() } else { 0 }, len as u64, by);
            return self.refuse(true, true);
        }
        let at = if addressed { self.faddr() } else { 0 };
        let mut steps = VecDeque::new();
        if ssfc.acs() {
            let prefix = self.regs.get(at::PREOP + u16::from(ssfc.spop()), 1) as u8;
            steps.push_back(Step { opcode: prefix, at: 0, data: Vec::new(), answers: 0 });
        }
        let (data, answers) = if does == Does::Write { (self.data(len), 0) } else { (Vec::new(), len) };
        steps.push_back(Step { opcode, at, data, answers });
        self.start(cx, nor, Cycle { hardware: false, waits: ssfc.acs(), steps, until: cx.now, smm: cx.smm });
    }

    fn start(&mut self, cx: &mut Cx, nor: &mut Nor, cycle: Cycle) {
        self.cycle = Some(cycle);
        self.issue(cx, cx.now, nor);
    }

    /// Sends the next command of the cycle.
    fn issue(&mut self, cx: &mut Cx, now: u64, nor: &mut Nor) {
        let Some(cycle) = &mut self.cycle else { return };
        let Some(step) = cycle.steps.pop_front() else { return };
        let refuses = nor.refuses(now, step.opcode, step.at);
        let answer = nor.command(now, step.opcode, step.at, &step.data, step.answers);
        let bytes = 4 + step.data.len() as u64 + step.answers as u64;
        cycle.until = now.saturating_add(bytes * BYTE_NS);
        if let Some(work) = Nor::work_of(step.opcode) {
            let (smm, begun) = (cycle.smm, nor.begun().filter(|_| work != FlashWork::Read));
            let (at, len, until) = begun.unwrap_or((step.at, step.answers.max(step.data.len()) as u64, cycle.until));
            let (at, len) = (at as u32, len as u32);
            cx.emit(match refuses {
                Some(by) => Kind::FlashRefused { work, at, len, by: vec![by], smm },
                None => Kind::Flash { work, at, len, until, smm },
            });
        }
        for (at, byte) in (at::FDATA..at::FRAP).zip(answer) {
            self.regs.put(at, 1, byte.into());
        }
    }

    /// When the cycle, or the part, does something by itself.
    pub fn deadline(&self, nor: &Nor) -> Option<u64> {
        match &self.cycle {
            Some(cycle) => Some(cycle.until.max(nor.busy_until().filter(|_| cycle.waits).unwrap_or(0))),
            None => nor.busy_until(),
        }
    }

    pub fn advance(&mut self, cx: &mut Cx, nor: &mut Nor) {
        let before = self.regs.clone();
        while let Some(at) = self.deadline(nor).filter(|at| *at <= cx.now) {
            nor.advance(at);
            let Some(cycle) = &self.cycle else { break };
            if !cycle.steps.is_empty() {
                self.issue(cx, at, nor);
                continue;
            }
            match cycle.hardware {
                true => self.regs.put(at::HSFS, 2, self.hsfs().with_fdone(true).into_bits().into()),
                false => self.regs.put(at::SSFS, 1, self.ssfs().with_cds(true).into_bits().into()),
            }
            self.cycle = None;
        }
        self.regs.trace_changes(cx, TABLE, &before);
    }
}

#[cfg(test)]
#[path = "spi_tests.rs"]
mod tests;
