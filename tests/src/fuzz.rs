//! Fuzzing of image formats: the same seeds each time, then on for `PI_FUZZ_SECONDS`.

use crate::random::Random;
use std::time::{Duration, Instant};

const SECONDS: u64 = 2;

/// Runs `test` on one seed after the other until its time is over, but on a few seeds at least.
pub fn fuzz(mut test: impl FnMut(&mut Random)) {
    let seconds = std::env::var("PI_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(SECONDS);
    let (start, time) = (Instant::now(), Duration::from_secs(seconds));
    let mut seed = 0;
    while seed < 50 || start.elapsed() < time {
        seed += 1;
        test(&mut Random(seed));
    }
}

/// Says what was being tried, if an assertion fails while it is there.
pub struct Trying(pub String);

impl Drop for Trying {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("that was {}", self.0);
        }
    }
}

/// Bytes changed, set to an edge, copied elsewhere, cut off.
pub fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len());
        let size = 1 + random.below(8);
        let end = bytes.len().min(at + size);
        match random.below(6) {
            0 => bytes[at..end].fill(0xff),
            1 => bytes[at..end].fill(0),
            2 => bytes[at] ^= 1 << random.below(8),
            3 => {
                let to = random.below(bytes.len() - (end - at) + 1);
                bytes.copy_within(at..end, to);
            }
            4 if random.below(8) == 0 => bytes.truncate(at.max(1)),
            _ => bytes[at] = random.draw() as u8,
        }
    }
}
