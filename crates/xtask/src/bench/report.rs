//! From measurements to ratios: a table for people, JSON for comparing.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

const KERNELS_32: [&str; 3] = ["alu", "crc", "fib"];
const KERNELS_64: [&str; 3] = ["sort", "sieve", "calls"];

/// Every measurement by name, one value a round.
#[derive(Default, Serialize)]
pub struct Report {
    rounds: BTreeMap<String, Vec<f64>>,
    /// What is the same in every round.
    notes: BTreeMap<String, f64>,
}

/// Of the rounds of one figure.
struct Figure {
    best: f64,
    median: f64,
}

impl Report {
    pub fn add(&mut self, name: &str, value: f64) {
        self.rounds.entry(name.to_owned()).or_default().push(value);
    }

    pub fn note(&mut self, name: &str, value: f64) {
        self.notes.insert(name.to_owned(), value);
    }

    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    fn get(&self, name: &str) -> Option<&Vec<f64>> {
        self.rounds.get(name)
    }

    /// Round by round: the geometric mean over kernels of what `f` makes of two peers' times.
    fn ratio(&self, slow: &str, fast: &str, kernels: &[&str]) -> Option<Figure> {
        let pairs: Option<Vec<_>> = kernels
            .iter()
            .map(|kernel| Some((self.get(&format!("{slow} {kernel}"))?, self.get(&format!("{fast} {kernel}"))?)))
            .collect();
        let pairs = pairs?;
        let rounds = pairs.iter().map(|(a, _)| a.len()).min()?;
        let mean = |round: usize| {
            let logs = pairs.iter().map(|(a, b)| (a[round] / b[round]).ln());
            (logs.sum::<f64>() / pairs.len() as f64).exp()
        };
        Some(Figure::of((0..rounds).map(mean).collect(), true))
    }

    /// Microseconds of one SMI and its way back: the loop with SMIs less the loop without.
    fn round_trip(&self, peer: &str) -> Option<Vec<f64>> {
        let count = f64::from(super::kernel::named("smi").count);
        let (smi, port) = (self.get(&format!("{peer} smi"))?, self.get(&format!("{peer} port"))?);
        Some(smi.iter().zip(port).map(|(smi, port)| (smi - port) / count).collect())
    }

    pub fn table(&self) -> String {
        let mut table = format!("{:<52}{:>10}{:>10}\n", "", "best", "median");
        let mut row = |name: &str, figure: Option<Figure>| {
            if let Some(Figure { best, median }) = figure {
                writeln!(table, "{name:<52}{best:>10.3}{median:>10.3}").expect("a String takes all");
            }
        };
        for peer in super::Peer::ALL {
            for kernel in KERNELS_32.iter().chain(&KERNELS_64) {
                row(&format!("{} {kernel}, MIPS", peer.name()), self.mips(peer.name(), kernel));
            }
        }
        row("native / QEMU, 32-bit kernels", self.ratio("QEMU", "native", &KERNELS_32));
        row("native / QEMU, 64-bit kernels", self.ratio("QEMU", "native", &KERNELS_64));
        row("wasm / v86 without JIT, 32-bit kernels", self.ratio("v86", "wasm", &KERNELS_32));
        for peer in ["QEMU", "native", "wasm"] {
            row(&format!("SMI and back, {peer}, us"), self.round_trip(peer).map(|v| Figure::of(v, false)));
        }
        for peer in ["native", "wasm"] {
            let ratio = self.round_trip("QEMU").zip(self.round_trip(peer));
            let ratio = ratio.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a / b).collect());
            row(&format!("SMI and back, QEMU / {peer}, events traced"), ratio.map(|v| Figure::of(v, true)));
        }
        self.costs(&mut row);
        table
    }

    fn costs(&self, row: &mut impl FnMut(&str, Option<Figure>)) {
        let least =
            |name: &str, scale: f64| self.get(name).map(|v| Figure::of(v.iter().map(|v| v / scale).collect(), false));
        row("boot, ours, ms", least("boot microseconds", 1000.0));
        row("boot, QEMU, ms", least("QEMU boot", 1000.0));
        row("boot, ours / QEMU", self.quotient("boot microseconds", "QEMU boot"));
        row("boot, ours / QEMU with its start", self.quotient("boot microseconds", "QEMU boot whole"));
        row("boot with events traced / without", self.quotient("boot traced-microseconds", "boot microseconds"));
        row("machine with 128 MiB, MiB", least("size machine-bytes", 1048576.0));
        row("snapshot, KiB", least("size snapshot-bytes", 1024.0));
        row("snapshot, ms", least("size snapshot-microseconds", 1000.0));
        row("step back in 100 M instructions, 50 %, ms", least("step-back p50-microseconds", 1000.0));
        row("step back in 100 M instructions, 95 %, ms", least("step-back p95-microseconds", 1000.0));
        row("history of 100 M instructions, MiB", least("step-back history-bytes", 1048576.0));
    }

    fn quotient(&self, a: &str, b: &str) -> Option<Figure> {
        let (a, b) = (self.get(a)?, self.get(b)?);
        Some(Figure::of(a.iter().zip(b).map(|(a, b)| a / b).collect(), false))
    }

    fn mips(&self, peer: &str, kernel: &str) -> Option<Figure> {
        let instructions = self.notes.get(&format!("{kernel} instructions"))?;
        let times = self.get(&format!("{peer} {kernel}"))?;
        Some(Figure::of(times.iter().map(|time| instructions / time).collect(), true))
    }
}

impl Figure {
    fn of(mut values: Vec<f64>, more_is_better: bool) -> Figure {
        values.sort_by(f64::total_cmp);
        let best = if more_is_better { values.last() } else { values.first() };
        let best = best.copied().unwrap_or(f64::NAN);
        let (low, high) = (values.get((values.len().max(1) - 1) / 2), values.get(values.len() / 2));
        let median = low.zip(high).map_or(f64::NAN, |(low, high)| (low + high) / 2.0);
        Figure { best, median }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round_and_averaged_over_kernels_geometrically() {
        let mut report = Report::default();
        for (kernel, (slow, fast)) in
            KERNELS_32.iter().zip([([8.0, 8.0], [2.0, 4.0]), ([1.0, 2.0], [1.0, 1.0])].repeat(2))
        {
            slow.iter().for_each(|v| report.add(&format!("QEMU {kernel}"), *v));
            fast.iter().for_each(|v| report.add(&format!("native {kernel}"), *v));
        }
        // Round 1: 4, 1, 4; round 2: 2, 2, 2.
        let figure = report.ratio("QEMU", "native", &KERNELS_32).expect("all are there");
        assert!((figure.best - 16f64.cbrt()).abs() < 1e-9 && (figure.median - (16f64.cbrt() + 2.0) / 2.0).abs() < 1e-9);
        assert!(report.ratio("v86", "wasm", &KERNELS_32).is_none(), "a peer that is missing has no ratio");
    }
}
