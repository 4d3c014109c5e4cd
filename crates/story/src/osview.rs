//! What the OS can tell: its own instructions, and the witnesses that time has passed.

use trace::{Event, Kind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub rip: u64,
    pub text: String,
}

/// One excursion as seen from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// OS instructions executed between the interrupted one and its successor.
    pub between: u32,
    /// Instructions executed in SMM meanwhile.
    pub in_smm: u32,
    /// Nanoseconds, which is TSC ticks: the clock ran on.
    pub lost: u64,
    pub smi_count: (u32, u32),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsView {
    /// The last instructions of the OS, newest last.
    pub before: Vec<Instruction>,
    /// The first ones after it came back.
    pub after: Vec<Instruction>,
    /// The OS stands still.
    pub frozen: bool,
    pub witness: Option<Witness>,
    /// The last instruction in SMM during the present SMI.
    pub handler: Option<Instruction>,
    /// Where the OS executes now; `None` while it stands still.
    pub now: Option<u64>,
    running: Witness,
    taken_at: u64,
    returning: bool,
    smi_count: u32,
}

const KEPT: usize = 2;

impl OsView {
    pub fn new(smi_count: u32) -> Self {
        OsView { smi_count, ..Default::default() }
    }

    pub fn smi_count(&self) -> u32 {
        self.smi_count
    }

    /// Instructions executed in SMM so far, the OS waiting.
    pub fn in_smm(&self) -> u32 {
        self.running.in_smm
    }

    pub fn apply(&mut self, event: &Event, text: Option<&str>) {
        match &event.kind {
            Kind::Instruction { smm: false, rip, .. } => self.instruction(event.time, *rip, text.unwrap_or_default()),
            Kind::Instruction { smm: true, rip, .. } => {
                self.running.in_smm += 1;
                self.handler = Some(Instruction { rip: *rip, text: text.unwrap_or_default().to_owned() });
            }
            // A second SMI right after RSM: for the OS it is one and the same gap.
            Kind::SmiTaken { .. } if self.returning => self.returning = false,
            Kind::SmiTaken { .. } => {
                self.before.append(&mut self.after);
                self.keep();
                self.frozen = true;
                self.now = None;
                self.taken_at = event.time;
                self.witness = None;
                self.running = Witness { smi_count: (self.smi_count, self.smi_count), ..Default::default() };
            }
            Kind::SmmEntered { smi_count, .. } => {
                self.smi_count = *smi_count;
                self.running.smi_count.1 = *smi_count;
            }
            Kind::SmmLeft { .. } => {
                self.returning = true;
                self.handler = None;
            }
            _ => {}
        }
    }

    fn instruction(&mut self, time: u64, rip: u64, text: &str) {
        if self.returning {
            self.returning = false;
            self.frozen = false;
            self.running.lost = time - self.taken_at;
            self.witness = Some(self.running);
        } else if self.frozen {
            self.running.between += 1;
        }
        self.now = Some(rip);
        let instruction = Instruction { rip, text: text.to_owned() };
        if self.witness.is_none() {
            self.before.push(instruction);
            self.keep();
        } else if self.after.len() < KEPT {
            self.after.push(instruction);
        }
    }

    fn keep(&mut self) {
        let excess = self.before.len().saturating_sub(KEPT);
        self.before.drain(..excess);
    }
}
