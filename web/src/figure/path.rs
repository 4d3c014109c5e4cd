//! The way of the processor through the picture: down the shaft, through the room and up again.
//! Straight lines with rounded corners, and the place at a given length along them.

use crate::format::fixed;
use story::Stage;

pub struct Way {
    corners: &'static [(f64, f64)],
    /// Lengths along the way of ten stations; see [`Way::place`].
    stations: [f64; 9],
}

const RADIUS: f64 = 18.0;
/// A quarter bend, drawn as one quadratic curve, is about this long in radii.
const BEND: f64 = 1.6232;

impl Way {
    /// `stations`: for each of nine points, the straight piece it lies on and the distance from the
    /// piece's first corner.
    fn new(corners: &'static [(f64, f64)], stations: [(usize, f64); 9]) -> Self {
        let mut way = Way { corners, stations: [0.0; 9] };
        way.stations = stations.map(|(piece, along)| way.length_at(piece, along));
        way
    }

    pub fn wide() -> Self {
        let corners: &[_] =
            &[(32.0, 66.0), (176.0, 66.0), (176.0, 214.0), (574.0, 214.0), (574.0, 66.0), (664.0, 66.0)];
        let at = [(0, 20.0), (0, 118.0), (1, 50.0), (2, 80.0), (2, 196.0), (2, 344.0), (3, 98.0), (4, 26.0), (4, 68.0)];
        Way::new(corners, at)
    }

    pub fn narrow() -> Self {
        let corners: &[_] = &[(18.0, 62.0), (44.0, 62.0), (44.0, 302.0), (296.0, 302.0), (296.0, 62.0), (322.0, 62.0)];
        let at = [(0, 6.0), (0, 8.0), (1, 58.0), (1, 138.0), (2, 76.0), (2, 218.0), (3, 182.0), (4, 18.0), (4, 20.0)];
        Way::new(corners, at)
    }

    pub fn svg(&self) -> String {
        let point = |(x, y): (f64, f64)| format!("{} {}", fixed(x, 0), fixed(y, 0));
        let mut d = format!("M{}", point(self.corners[0]));
        for w in self.corners.windows(3) {
            let (a, b) = (toward(w[1], w[0], RADIUS), toward(w[1], w[2], RADIUS));
            d += &format!("L{}Q{} {}", point(a), point(w[1]), point(b));
        }
        d + "L" + &point(self.corners[self.corners.len() - 1])
    }

    fn length_at(&self, piece: usize, along: f64) -> f64 {
        let before: f64 = (0..piece).map(|i| self.straight(i) + BEND * RADIUS).sum();
        let lead = if piece == 0 { 0.0 } else { RADIUS };
        before + (along - lead).clamp(0.0, self.straight(piece))
    }

    /// Length of a piece without its bends.
    fn straight(&self, piece: usize) -> f64 {
        let (a, b) = (self.corners[piece], self.corners[piece + 1]);
        let bends = if piece == 0 || piece + 2 == self.corners.len() { 1.0 } else { 2.0 };
        (a.0 - b.0).abs() + (a.1 - b.1).abs() - bends * RADIUS
    }

    pub fn point(&self, length: f64) -> (f64, f64) {
        let mut left = length;
        for piece in 0..self.corners.len() - 1 {
            let (a, b) = (self.corners[piece], self.corners[piece + 1]);
            let straight = self.straight(piece);
            if left <= straight || piece + 2 == self.corners.len() {
                return toward(a, b, left + if piece == 0 { 0.0 } else { RADIUS });
            }
            left -= straight;
            if left <= BEND * RADIUS {
                return bend(a, b, self.corners[piece + 2], left / (BEND * RADIUS));
            }
            left -= BEND * RADIUS;
        }
        self.corners[0]
    }

    /// How far along the way the processor is, a share `u` of a stage being over. `returned` tells the
    /// OS after an SMI from the OS before it.
    pub fn place(&self, stage: Stage, u: f64, returned: bool) -> f64 {
        let s = &self.stations;
        let between = |from: usize, to: usize, u: f64| s[from] + (s[to] - s[from]) * ease(u.clamp(0.0, 1.0));
        match stage {
            Stage::Os if returned => between(7, 8, u),
            Stage::Os => between(0, 1, u),
            Stage::Smi => between(1, 2, u),
            Stage::SaveState => between(2, 3, u / 0.3),
            Stage::Smram if u < 0.25 => between(3, 4, u / 0.25),
            Stage::Smram => between(4, 5, (u - 0.25) / 0.75),
            Stage::Rsm if u < 0.75 => between(5, 6, u / 0.75),
            Stage::Rsm => between(6, 7, (u - 0.75) / 0.25),
        }
    }

    /// Where the processor leaves the OS's state behind: the colours of the way change here.
    pub fn save_state(&self) -> f64 {
        self.stations[3]
    }

    pub fn exit(&self) -> f64 {
        self.stations[6]
    }
}

fn ease(u: f64) -> f64 {
    if u < 0.5 { 2.0 * u * u } else { 1.0 - (2.0 - 2.0 * u).powi(2) / 2.0 }
}

fn toward(from: (f64, f64), to: (f64, f64), distance: f64) -> (f64, f64) {
    let length = ((to.0 - from.0).powi(2) + (to.1 - from.1).powi(2)).sqrt();
    (from.0 + (to.0 - from.0) / length * distance, from.1 + (to.1 - from.1) / length * distance)
}

fn bend(before: (f64, f64), corner: (f64, f64), after: (f64, f64), u: f64) -> (f64, f64) {
    let (a, b) = (toward(corner, before, RADIUS), toward(corner, after, RADIUS));
    let mix = |a: f64, c: f64, b: f64| (1.0 - u) * (1.0 - u) * a + 2.0 * u * (1.0 - u) * c + u * u * b;
    (mix(a.0, corner.0, b.0), mix(a.1, corner.1, b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stations_lie_where_the_picture_has_its_boxes() {
        for (way, save, smram) in
            [(Way::wide(), (256.0, 214.0), (520.0, 214.0)), (Way::narrow(), (44.0, 200.0), (262.0, 302.0))]
        {
            let close = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() + (a.1 - b.1).abs() < 1.0;
            assert!(close(way.point(way.place(Stage::SaveState, 1.0, false)), save));
            assert!(close(way.point(way.place(Stage::Smram, 1.0, false)), smram));
        }
    }

    #[test]
    fn the_way_has_no_gaps() {
        for way in [Way::wide(), Way::narrow()] {
            let mut last = way.point(0.0);
            for i in 1..900 {
                let p = way.point(i as f64);
                assert!((p.0 - last.0).hypot(p.1 - last.1) < 2.5, "{i}: {last:?} {p:?}");
                last = p;
            }
        }
    }
}
