//! Drivers that wait for each other.

use super::{Absent, Producer, Reason};
use crate::Guid;
use alloc::vec;
use alloc::vec::Vec;

/// Gives each driver that is in a cycle this reason; who only waits for one of them keeps his.
pub fn name_cycles(absent: &mut [Absent]) {
    let waits: Vec<(Guid, Vec<Guid>)> = absent.iter().map(|one| (one.file, waits_for(&one.why))).collect();
    for one in absent {
        if let Some(files) = cycle(one.file, &waits) {
            one.why = Reason::Cycle { files };
        }
    }
}

fn waits_for(why: &Reason) -> Vec<Guid> {
    let file = |producer: &Producer| match producer {
        Producer::File(file) => Some(*file),
        _ => None,
    };
    match why {
        Reason::DepexFalse { missing } => missing.iter().filter_map(|one| file(&one.producer)).collect(),
        Reason::NeighbourAbsent { file } => vec![*file],
        _ => Vec::new(),
    }
}

/// The shortest way from a file back to itself, the file first.
fn cycle(start: Guid, waits: &[(Guid, Vec<Guid>)]) -> Option<Vec<Guid>> {
    let next = |file: Guid| waits.iter().find(|(waiter, _)| *waiter == file).map_or(&[][..], |(_, for_)| for_);
    let mut ways = vec![vec![start]];
    let mut nth = 0;
    while let Some(way) = ways.get(nth).cloned() {
        for file in way.last().map_or(&[][..], |last| next(*last)) {
            if *file == start {
                return Some(way);
            }
            if !ways.iter().any(|other| other.contains(file)) {
                let mut longer = way.clone();
                longer.push(*file);
                ways.push(longer);
            }
        }
        nth += 1;
    }
    None
}
