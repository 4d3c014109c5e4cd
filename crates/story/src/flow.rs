//! The fold: what can be said after the first rows of a tape.

use crate::{Line, LogLine, OsView, Registers, Role, Row, SaveArea, Stage, Start, Tape, next_stage};
use std::collections::BTreeSet;
use trace::{ChipReg, CpuReg, Event, Input, Kind, Output, SaveField, SmiSource};

/// One sentence on what is going on; its numbers come from the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caption {
    #[default]
    Running,
    KeyArrived(u8),
    /// A key came on COM1 while the handler runs.
    KeyInSmm(u8),
    Raised(u8),
    /// Another source than APM_CNT has made the chipset assert SMI#.
    Asserted(SmiSource),
    HeldBack(SmiSource),
    /// Somebody touched the board.
    Touched(Input),
    /// SLP_TYP.
    Asleep(u8),
    Saving,
    Handler,
    Answered(u64),
    Latched,
    Rsm,
    /// Out of SMM, but the latched SMI is taken before the OS gets an instruction.
    TakenAgain,
    Returned,
    Halted,
    Shutdown,
    Denied(u64),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    pub stage: Stage,
    /// The processor executes from SMRAM.
    pub in_smm: bool,
    pub time: u64,
    /// SMI# is asserted.
    pub line: bool,
    /// One more SMI is remembered until RSM.
    pub latched: bool,
    /// SMIs taken so far on this tape.
    pub taken: u32,
    pub registers: Registers,
    pub save: SaveArea,
    pub os: OsView,
    /// Last byte written to APM_CNT.
    pub command: Option<u8>,
    /// Saved RAX after the handler changed it.
    pub answer: Option<u64>,
    pub apm_status: Option<u8>,
    /// The source that was last heard.
    pub source: Option<SmiSource>,
    /// Bytes that wait on COM1.
    pub keys: u32,
    pub caption: Caption,
    pub log: Vec<LogLine>,
    visited: BTreeSet<u64>,
    after_rsm: bool,
}

impl Flow {
    pub fn new(start: &Start, tape: &Tape) -> Self {
        Flow {
            time: start.time,
            registers: Registers::new(&start.registers),
            save: SaveArea::expecting(tape.places()),
            os: OsView::new(start.smi_count),
            ..Default::default()
        }
    }

    /// A new beat begins: marks of the last one go.
    pub fn settle(&mut self) {
        self.registers.settle();
        self.save.settle();
    }

    pub fn apply(&mut self, index: usize, row: &Row) {
        let event = &row.event;
        self.time = event.time;
        self.stage = next_stage(self.stage, &event.kind);
        self.os.apply(event, row.text.as_deref());
        self.state(event);
        self.say(event);
        if let Some((role, line)) = self.line_for(event, row.text.as_deref()) {
            let role = if line.is_fault() { Role::Fault } else { role };
            self.log.push(LogLine { row: index, time: event.time, role, line });
        }
    }

    fn state(&mut self, event: &Event) {
        match &event.kind {
            Kind::Instruction { smm, rip, .. } => {
                self.in_smm = *smm;
                self.registers.at(*rip);
            }
            Kind::Register { reg, value } => self.registers.set(*reg, *value),
            Kind::SmiLine { asserted } => self.line = *asserted,
            Kind::SmiRequest { source, sent: true } => self.source = Some(*source),
            Kind::SmiLatched => self.latched = true,
            Kind::SmiTaken { smbase, .. } => {
                self.latched = false;
                self.taken += 1;
                self.answer = None;
                self.save.begin(*smbase);
            }
            Kind::Save { field, offset, size, value } => self.save.save(*field, *offset, *size, *value),
            Kind::SmmEntered { entry, .. } => {
                self.in_smm = true;
                self.visited.clear();
                let base = self.save.smbase.unwrap_or_default();
                self.registers.set(CpuReg::Rip, entry.wrapping_sub(base.into()));
            }
            Kind::Restore { field, offset, value, .. } => self.save.restore(*field, *offset, *value),
            Kind::SmmLeft { rip, .. } => {
                self.in_smm = false;
                self.visited.clear();
                self.registers.set(CpuReg::Rip, *rip);
            }
            Kind::Chip { reg: ChipReg::ApmCnt, new, .. } => self.command = Some(*new as u8),
            Kind::Chip { reg: ChipReg::ApmSts, new, .. } => self.apm_status = Some(*new as u8),
            Kind::SerialInput { .. } => self.keys += 1,
            Kind::PortIn { port: 0x3f8, .. } => self.keys = self.keys.saturating_sub(1),
            Kind::Reset { .. } => self.in_smm = false,
            _ => {}
        }
    }

    fn say(&mut self, event: &Event) {
        let caption = match &event.kind {
            Kind::SerialInput { byte } if self.in_smm => Caption::KeyInSmm(*byte),
            Kind::SerialInput { byte } => Caption::KeyArrived(*byte),
            Kind::SmiRequest { source, sent: false } if !self.in_smm => Caption::HeldBack(*source),
            Kind::SmiLine { asserted: true } if !self.in_smm => match self.source {
                Some(source) if source != SmiSource::Apm => Caption::Asserted(source),
                _ => Caption::Raised(self.command.unwrap_or_default()),
            },
            Kind::Touched { input } => Caption::Touched(*input),
            Kind::Asleep { slp_typ } => Caption::Asleep(*slp_typ),
            Kind::SmiLatched => Caption::Latched,
            Kind::SmiTaken { .. } if self.after_rsm => Caption::TakenAgain,
            Kind::Save { .. } => Caption::Saving,
            Kind::SmmEntered { .. } => Caption::Handler,
            Kind::Rsm { .. } => Caption::Rsm,
            Kind::Halt => Caption::Halted,
            Kind::Shutdown { .. } => Caption::Shutdown,
            Kind::SmramDenied { addr, .. } => Caption::Denied(*addr),
            Kind::Instruction { smm: false, .. } if self.after_rsm => Caption::Returned,
            Kind::Reset { .. } => Caption::Running,
            _ => return self.note_rsm(event),
        };
        self.caption = caption;
        self.note_rsm(event);
    }

    fn note_rsm(&mut self, event: &Event) {
        match event.kind {
            Kind::SmmLeft { .. } => self.after_rsm = true,
            Kind::Instruction { .. } | Kind::Save { .. } => self.after_rsm = false,
            _ => {}
        }
    }

    fn line_for(&mut self, event: &Event, text: Option<&str>) -> Option<(Role, Line)> {
        let world = if self.in_smm { Role::Smm } else { Role::Os };
        Some(match &event.kind {
            Kind::Instruction { linear, .. } => {
                let text = text.filter(|_| self.visited.len() < logged(self.in_smm) && self.visited.insert(*linear))?;
                (world, Line::Instruction(text.to_owned()))
            }
            Kind::Store { addr, size, value, denied: false } if self.in_smm => {
                let (field, value) = self.save.store(*addr, *size, *value)?;
                if field == SaveField::Rax {
                    self.answer = Some(value);
                    self.caption = Caption::Answered(value);
                }
                (Role::Smm, Line::SavedChanged { field, value })
            }
            Kind::Save { .. } => return self.once(Role::State, Line::Saving),
            Kind::Restore { .. } => return self.once(Role::State, Line::Restoring),
            Kind::Output { to, byte } => return self.text(*to, *byte, world),
            kind => plain(kind, world)?,
        })
    }

    /// A line for the first of a run of like events.
    fn once(&self, role: Role, line: Line) -> Option<(Role, Line)> {
        (self.log.last().map(|l| &l.line) != Some(&line)).then_some((role, line))
    }

    /// Bytes of one port make one line of the log until a line feed.
    fn text(&mut self, to: Output, byte: u8, world: Role) -> Option<(Role, Line)> {
        let printable = matches!(to, Output::Serial | Output::Debug402 | Output::DebugE9);
        if !printable || byte == b'\r' {
            return None;
        }
        let open = self.log.iter_mut().rev().take(OPEN_LINES).find_map(|l| match &mut l.line {
            Line::Text { to: port, text } if *port == to => Some(text),
            _ => None,
        });
        if let Some(text) = open.filter(|text| !text.ends_with('\n')) {
            text.push(char::from(byte));
            return None;
        }
        (byte != b'\n').then(|| (world, Line::Text { to, text: char::from(byte).to_string() }))
    }
}

/// Instructions logged per stay in a world; what an OS does later is its own affair.
fn logged(in_smm: bool) -> usize {
    if in_smm { 96 } else { 16 }
}

/// How far back an unfinished line of text is looked for.
const OPEN_LINES: usize = 24;

fn plain(kind: &Kind, world: Role) -> Option<(Role, Line)> {
    let hardware = |line| (Role::Hardware, line);
    Some(match kind {
        Kind::SerialInput { byte } => hardware(Line::Key(*byte)),
        Kind::Touched { input } => hardware(Line::Touched(*input)),
        Kind::Asleep { slp_typ } => hardware(Line::Asleep(*slp_typ)),
        Kind::Chip { reg, old, new } => hardware(Line::Chip { reg: *reg, old: *old, new: *new }),
        Kind::SmiRequest { source, sent: false } => hardware(Line::SmiHeldBack(*source)),
        Kind::SmiLine { asserted } => hardware(Line::SmiLine { asserted: *asserted }),
        Kind::SmiLatched => hardware(Line::Latched),
        Kind::SmiTaken { rip, .. } => (Role::State, Line::Taken { rip: *rip }),
        Kind::SmmEntered { entry, smi_count } => (Role::Smm, Line::Entered { entry: *entry, smi_count: *smi_count }),
        Kind::Rsm { .. } => (Role::Smm, Line::Rsm),
        Kind::SmmLeft { rip, .. } => (Role::State, Line::Left { rip: *rip }),
        Kind::SmramDenied { addr, write, .. } => (world, Line::Denied { addr: *addr, write: *write }),
        Kind::Exception { vector, error, .. } => (world, Line::Exception { vector: *vector, error: *error }),
        Kind::Interrupt { vector } => hardware(Line::Interrupt { vector: *vector }),
        Kind::Halt => (world, Line::Halt),
        Kind::Wake { by } => hardware(Line::Wake(*by)),
        Kind::Shutdown { why } => hardware(Line::Shutdown(why.clone())),
        Kind::RsmOutsideSmm => (world, Line::RsmOutsideSmm),
        Kind::Reset { kind } => hardware(Line::Reset(*kind)),
        Kind::Exit { value } => hardware(Line::Exit(*value)),
        Kind::Dropped { count } => hardware(Line::Dropped(*count)),
        _ => return None,
    })
}
