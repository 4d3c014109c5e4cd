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
    // Each with the number of the one that waits for it.
    let mut reached = vec![(start, 0)];
    let mut nth = 0;
    while let Some(&(file, _)) = reached.get(nth) {
        for file in next(file) {
            if *file == start {
                return Some(way(&reached, nth));
            }
            if !reached.iter().any(|(other, _)| other == file) {
                reached.push((*file, nth));
            }
        }
        nth += 1;
    }
    None
}

fn way(reached: &[(Guid, usize)], mut last: usize) -> Vec<Guid> {
    let mut files = vec![reached[last].0];
    while last != 0 {
        last = reached[last].1;
        files.push(reached[last].0);
    }
    files.reverse();
    files
}
