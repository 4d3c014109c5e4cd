//! Who is asking, and when.

use trace::{Event, Kind, Sink};

/// Lent to the chipset for one access.
pub struct Cx<'a> {
    /// Virtual time in nanoseconds since power-on.
    pub now: u64,
    /// The processor that makes the access, 0 to 254.
    pub cpu: u8,
    /// That processor is in SMM.
    pub smm: bool,
    /// All processors are in SMM.
    pub all_smm: bool,
    pub sink: &'a mut dyn Sink,
}

impl Cx<'_> {
    /// Hands an event to the sink, unless it does not want to hear of this kind.
    pub fn emit(&mut self, kind: Kind) {
        if self.sink.level() >= kind.level() {
            self.sink.event(Event { time: self.now, cpu: self.cpu, kind });
        }
    }
}
