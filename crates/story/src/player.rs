//! A tape on a reel: where the display stands, whether it moves, and what can be said there.

use crate::{Flow, Grain, Stage, Tape};
use std::rc::Rc;

/// Where a beat that was stepped to stands on the axis: at its very end, all it did being done.
const EDGE: f64 = 0.01;

#[derive(Clone, Debug, PartialEq)]
pub struct Player {
    tape: Rc<Tape>,
    flow: Rc<Flow>,
    beat: usize,
    at: f64,
    /// Machine time after the tape's last row.
    end: u64,
    playing: bool,
}

impl Player {
    pub fn new(tape: Tape, end: u64) -> Self {
        let flow = Rc::new(tape.flow(0));
        Player { tape: Rc::new(tape), flow, beat: 0, at: 0.0, end, playing: false }
    }

    /// Another future: the display keeps its place.
    pub fn replace(&mut self, tape: Tape, end: u64) {
        let row = self.tape.beats().get(self.beat).map_or(0, |b| b.first);
        let beat = tape.beat_of_row(row);
        self.tape = Rc::new(tape);
        self.end = end;
        self.place(beat);
        self.flow = Rc::new(self.tape.flow(self.beat));
    }

    pub fn tape(&self) -> &Rc<Tape> {
        &self.tape
    }

    pub fn flow(&self) -> &Rc<Flow> {
        &self.flow
    }

    pub fn beat(&self) -> usize {
        self.beat
    }

    /// Place on the display axis in milliseconds at 1×.
    pub fn at(&self) -> f64 {
        self.at
    }

    pub fn playing(&self) -> bool {
        self.playing
    }

    pub fn at_start(&self) -> bool {
        self.at <= 0.0
    }

    pub fn at_end(&self) -> bool {
        self.at + EDGE >= self.tape.length()
    }

    /// An SMI is on its way or being handled: what is sent now meets it.
    pub fn in_flight(&self) -> bool {
        self.flow.stage != Stage::Os
    }

    /// Last row that is shown.
    pub fn row(&self) -> usize {
        self.tape.beats().get(self.beat).map_or(0, |b| b.end.saturating_sub(1))
    }

    /// The machine's moment that is shown.
    pub fn moment(&self) -> u64 {
        self.tape.moment(self.beat, self.end)
    }

    /// The first boundary between instructions that is not yet shown: here an input can arrive.
    pub fn boundary(&self) -> u64 {
        let shown = self.tape.rows().get(self.row()).map_or(self.tape.start.time, |r| r.event.time);
        self.tape.rows()[self.row()..].iter().map(|r| r.event.time).find(|t| *t > shown).unwrap_or(self.end)
    }

    pub fn play(&mut self) {
        if self.at_end() {
            self.seek(0.0);
        }
        self.playing = true;
    }

    pub fn pause(&mut self) {
        self.playing = false;
    }

    /// The wall clock went on by `ms`.
    pub fn tick(&mut self, ms: f64) {
        if self.playing {
            self.go(self.at + ms);
            self.playing = !self.at_end();
        }
    }

    pub fn seek(&mut self, at: f64) {
        self.playing = false;
        self.go(at);
    }

    pub fn step(&mut self, forward: bool, grain: Grain) {
        self.playing = false;
        let to = if forward { self.tape.next(self.beat, grain) } else { self.tape.previous(self.beat, grain) };
        match to {
            Some(beat) => self.go_to_beat(beat),
            None if forward => self.go(self.tape.length()),
            None => self.go(0.0),
        }
    }

    pub fn to_row(&mut self, row: usize) {
        self.playing = false;
        self.go_to_beat(self.tape.beat_of_row(row));
    }

    fn go_to_beat(&mut self, beat: usize) {
        self.go(self.tape.until(beat) - EDGE);
    }

    fn place(&mut self, beat: usize) {
        self.beat = beat;
        self.at = self.tape.until(beat) - EDGE;
    }

    fn go(&mut self, at: f64) {
        self.at = at.clamp(0.0, self.tape.length());
        let beat = self.tape.beat_at(self.at);
        if beat > self.beat {
            let tape = self.tape.clone();
            let flow = Rc::make_mut(&mut self.flow);
            tape.beats()[self.beat + 1..=beat].iter().for_each(|b| tape.advance(flow, b));
        } else if beat < self.beat {
            self.flow = Rc::new(self.tape.flow(beat));
        }
        self.beat = beat;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::one_smi;

    fn player() -> Player {
        Player::new(one_smi(), 900)
    }

    #[test]
    fn playing_reaches_the_end_and_stops_there() {
        let mut player = player();
        player.play();
        (0..2000).for_each(|_| player.tick(16.0));
        assert!(player.at_end() && !player.playing());
        assert_eq!(player.moment(), 900);
    }

    #[test]
    fn a_step_back_returns_to_the_same_view() {
        let mut player = player();
        for grain in [Grain::Instruction, Grain::Micro, Grain::Notable] {
            player.seek(0.0);
            player.step(true, grain);
            let (flow, moment, at) = (player.flow().clone(), player.moment(), player.at());
            player.step(true, grain);
            player.step(false, grain);
            assert_eq!((player.flow(), player.moment(), player.at()), (&flow, moment, at));
        }
    }

    #[test]
    fn what_is_folded_on_the_way_equals_what_is_folded_at_once() {
        let mut player = player();
        player.play();
        while player.playing() {
            player.tick(16.0);
            assert_eq!(**player.flow(), player.tape().flow(player.beat()));
        }
    }

    #[test]
    fn another_future_leaves_the_display_where_it_is() {
        let mut player = player();
        player.to_row(12);
        let (row, flow) = (player.row(), player.flow().clone());
        let other = player.tape().replaced_from(player.boundary(), Vec::new());
        player.replace(other, 500);
        assert_eq!((player.row(), player.flow()), (row, &flow));
    }
}
