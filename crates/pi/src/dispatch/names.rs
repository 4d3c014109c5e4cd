//! A word for each reason: what probes answer and content files write.

use super::Reason;

impl Reason {
    pub const NAMES: [&str; 15] = [
        "wrong-type",
        "never-discovered",
        "not-requested",
        "malformed",
        "no-neighbour",
        "neighbour-absent",
        "cycle",
        "depex-false",
        "behind-lock",
        "after-dispatch",
        "stalled",
        "never-returned",
        "failed",
        "apriori-absent",
        "apriori-ineligible",
    ];

    #[must_use]
    pub fn name(&self) -> &'static str {
        let nth = match self {
            Reason::WrongType { .. } => 0,
            Reason::NeverDiscovered => 1,
            Reason::NotRequested => 2,
            Reason::Malformed { .. } => 3,
            Reason::NoNeighbour { .. } => 4,
            Reason::NeighbourAbsent { .. } => 5,
            Reason::Cycle { .. } => 6,
            Reason::DepexFalse { .. } => 7,
            Reason::BehindLock { .. } => 8,
            Reason::AfterDispatch { .. } => 9,
            Reason::Stalled { .. } => 10,
            Reason::NeverReturned => 11,
            Reason::Failed { .. } => 12,
            Reason::AprioriAbsent => 13,
            Reason::AprioriIneligible { .. } => 14,
        };
        Reason::NAMES[nth]
    }
}
