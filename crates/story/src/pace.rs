//! How long each beat stays on the screen. A visit to a stage has a budget, so that one SMI there and
//! back lasts about seven seconds at 1×, however many instructions the handler has; inside it, the
//! beats next to the border between the worlds get the larger share.

use crate::Stage;

/// No beat lasts longer at 1×.
const LONGEST: f64 = 420.0;

fn budget(stage: Stage) -> f64 {
    match stage {
        Stage::Os => 1100.0,
        Stage::Smi => 800.0,
        Stage::SaveState => 1400.0,
        Stage::Smram => 1900.0,
        Stage::Rsm => 1000.0,
    }
}

fn weight(distance: usize) -> f64 {
    [9.0, 6.0, 4.0, 2.0].get(distance).copied().unwrap_or(1.0)
}

/// Milliseconds of each of the `busy.len()` beats of one visit. `busy` marks beats that did more than
/// compute; `first` and `last` say whether the tape begins or ends here, where no border is.
pub fn durations(stage: Stage, busy: &[bool], first: bool, last: bool) -> Vec<f64> {
    let n = busy.len();
    let share = |i: usize| match stage {
        Stage::SaveState | Stage::Rsm => 1.0,
        _ => {
            let left = if first { usize::MAX } else { i };
            let right = if last { usize::MAX } else { n - 1 - i };
            weight(left.min(right)) * if busy[i] { 2.0 } else { 1.0 }
        }
    };
    let total: f64 = (0..n).map(share).sum();
    (0..n).map(|i| (budget(stage) * share(i) / total).min(LONGEST)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_handler_takes_no_longer_than_a_short_one() {
        let long: f64 = durations(Stage::Smram, &[false; 900], false, false).iter().sum();
        let short: f64 = durations(Stage::Smram, &[false; 20], false, false).iter().sum();
        assert!((long - short).abs() < 1.0, "{long} {short}");
    }

    #[test]
    fn the_os_slows_down_towards_the_smi() {
        let d = durations(Stage::Os, &[false; 30], true, false);
        assert!(d[29] > 4.0 * d[0]);
    }
}
