//! A tape: the rows of one excursion, cut into beats and laid out on a display axis.

use crate::{Flow, Row, Stage, Start, next_stage, pace};
use trace::{ChipReg, Kind, SaveField};

/// The smallest thing a screen shows: one instruction with all it did, or one micro-step of an SMI
/// entry or of RSM.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    /// Rows `first..end`.
    pub first: usize,
    pub end: usize,
    pub stage: Stage,
    pub instruction: bool,
    /// Where it begins on the display axis, in milliseconds at 1×.
    pub at: f64,
}

/// A run of beats in one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    pub stage: Stage,
    /// Beats `first..end`.
    pub first: usize,
    pub end: usize,
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    #[default]
    Instruction,
    Micro,
    /// To the next thing worth a sentence: for readers who don't want motion.
    Notable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Os,
    Save,
    Smm,
    Load,
}

/// A stretch of the processor's lane, in milliseconds of the display axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub lane: Lane,
    pub from: f64,
    pub to: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tape {
    pub start: Start,
    rows: Vec<Row>,
    beats: Vec<Beat>,
    visits: Vec<Visit>,
    places: Vec<(SaveField, u16, u8)>,
    length: f64,
}

/// Rows that open a beat of their own.
fn opens_beat(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Instruction { .. }
            | Kind::SmiRequest { .. }
            | Kind::SmiLine { asserted: true }
            | Kind::SmiTaken { .. }
            | Kind::Save { .. }
            | Kind::SmmEntered { .. }
            | Kind::Rsm { .. }
            | Kind::Restore { .. }
            | Kind::SmmLeft { .. }
            | Kind::SmiLatched
            | Kind::SerialInput { .. }
            | Kind::Touched { .. }
            | Kind::Asleep { .. }
            | Kind::Reset { .. }
            | Kind::Shutdown { .. }
            | Kind::Chip { reg: ChipReg::ApmCnt, .. }
    )
}

impl Tape {
    pub fn new(start: Start, rows: Vec<Row>) -> Self {
        let mut tape = Tape { start, rows, ..Default::default() };
        tape.cut();
        tape.time();
        tape.places = places(&tape.rows);
        tape
    }

    /// The same past up to machine time `from`, and then another future.
    pub fn replaced_from(&self, from: u64, rows: Vec<Row>) -> Self {
        let kept = self.rows.partition_point(|r| r.event.time < from);
        let rows = self.rows[..kept].iter().cloned().chain(rows).collect();
        Tape::new(self.start.clone(), rows)
    }

    fn cut(&mut self) {
        let mut stage = Stage::Os;
        for (i, row) in self.rows.iter().enumerate() {
            let kind = &row.event.kind;
            let next = next_stage(stage, kind);
            match self.beats.last_mut().filter(|_| !opens_beat(kind) && next == stage) {
                Some(beat) => beat.end = i + 1,
                None => {
                    let instruction = matches!(kind, Kind::Instruction { .. });
                    self.beats.push(Beat { first: i, end: i + 1, stage: next, instruction, at: 0.0 });
                }
            }
            stage = next;
        }
    }

    fn time(&mut self) {
        for (i, beat) in self.beats.iter().enumerate() {
            match self.visits.last_mut().filter(|v| v.stage == beat.stage) {
                Some(visit) => visit.end = i + 1,
                None => self.visits.push(Visit { stage: beat.stage, first: i, end: i + 1 }),
            }
        }
        let mut at = 0.0;
        for visit in &self.visits {
            let range = visit.first..visit.end;
            let busy: Vec<bool> = self.beats[range.clone()].iter().map(|b| busy(&self.rows[b.first..b.end])).collect();
            let last = visit.end == self.beats.len();
            let durations = pace::durations(visit.stage, &busy, visit.first == 0, last);
            for (beat, duration) in self.beats[range].iter_mut().zip(durations) {
                beat.at = at;
                at += duration;
            }
        }
        self.length = at;
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }

    pub fn visits(&self) -> &[Visit] {
        &self.visits
    }

    /// The save-state places that this tape writes, in order of their offsets, highest first.
    pub fn places(&self) -> &[(SaveField, u16, u8)] {
        &self.places
    }

    /// Length of the display axis in milliseconds at 1×.
    pub fn length(&self) -> f64 {
        self.length
    }

    pub fn beat_at(&self, ms: f64) -> usize {
        self.beats.partition_point(|b| b.at <= ms).saturating_sub(1)
    }

    pub fn beat_of_row(&self, row: usize) -> usize {
        self.beats.partition_point(|b| b.first <= row).saturating_sub(1)
    }

    pub fn visit_of(&self, beat: usize) -> Option<&Visit> {
        self.visits.iter().find(|v| (v.first..v.end).contains(&beat))
    }

    /// Where a beat ends on the display axis.
    pub fn until(&self, beat: usize) -> f64 {
        self.beats.get(beat + 1).map_or(self.length, |b| b.at)
    }

    fn stops(&self, beat: usize, grain: Grain) -> bool {
        let Beat { first, end, instruction, stage, .. } = self.beats[beat];
        let last_of_visit = self.beats.get(beat + 1).is_none_or(|next| next.stage != stage);
        let first_of_visit = beat == 0 || self.beats[beat - 1].stage != stage;
        match grain {
            Grain::Micro => true,
            Grain::Instruction => instruction || first_of_visit || last_of_visit,
            Grain::Notable => last_of_visit || notable(&self.rows[first..end]),
        }
    }

    pub fn next(&self, beat: usize, grain: Grain) -> Option<usize> {
        (beat + 1..self.beats.len()).find(|b| self.stops(*b, grain))
    }

    pub fn previous(&self, beat: usize, grain: Grain) -> Option<usize> {
        (0..beat).rev().find(|b| self.stops(*b, grain))
    }

    /// The machine's moment that a beat stands for. Inside a step of the machine that is the step's
    /// beginning: halves of an instruction have no state.
    pub fn moment(&self, beat: usize, end: u64) -> u64 {
        let Some(beat) = self.beats.get(beat) else { return self.start.time };
        let time = self.rows[beat.end - 1].event.time;
        match self.rows.get(beat.end).map(|r| r.event.time) {
            Some(next) if next == time => time,
            Some(next) => next,
            None => end,
        }
    }

    /// What can be said after the given beat.
    pub fn flow(&self, beat: usize) -> Flow {
        let mut flow = Flow::new(&self.start, self);
        for beat in self.beats.iter().take(beat + 1) {
            self.advance(&mut flow, beat);
        }
        flow
    }

    pub fn advance(&self, flow: &mut Flow, beat: &Beat) {
        flow.settle();
        (beat.first..beat.end).for_each(|i| flow.apply(i, &self.rows[i]));
    }

    /// The processor's lane.
    pub fn lane(&self) -> Vec<Segment> {
        let mut lane: Vec<Segment> = Vec::new();
        for visit in &self.visits {
            let kind = match visit.stage {
                // An SMI taken right after RSM: no instruction of the OS lies in between.
                Stage::Smi if lane.last().is_some_and(|s| s.lane == Lane::Load) => Lane::Save,
                Stage::Os | Stage::Smi => Lane::Os,
                Stage::SaveState => Lane::Save,
                Stage::Smram => Lane::Smm,
                Stage::Rsm => Lane::Load,
            };
            let (from, to) = (self.beats[visit.first].at, self.until(visit.end - 1));
            match lane.last_mut().filter(|s| s.lane == kind) {
                Some(segment) => segment.to = to,
                None => lane.push(Segment { lane: kind, from, to }),
            }
        }
        lane
    }

    /// When SMI# changes level: (display time, asserted).
    pub fn wave(&self) -> Vec<(f64, bool)> {
        self.marks(|kind| match kind {
            Kind::SmiLine { asserted } => Some(*asserted),
            _ => None,
        })
    }

    /// When bytes arrive on COM1.
    pub fn keys(&self) -> Vec<(f64, u8)> {
        self.marks(|kind| match kind {
            Kind::SerialInput { byte } => Some(*byte),
            _ => None,
        })
    }

    /// When an SMI is latched.
    pub fn latches(&self) -> Vec<f64> {
        self.marks(|kind| matches!(kind, Kind::SmiLatched).then_some(())).into_iter().map(|(at, ())| at).collect()
    }

    fn marks<T>(&self, pick: impl Fn(&Kind) -> Option<T>) -> Vec<(f64, T)> {
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(i, r)| pick(&r.event.kind).map(|x| (self.beats[self.beat_of_row(i)].at, x))).collect()
    }
}

/// The beat did something that the outside can notice.
fn busy(rows: &[Row]) -> bool {
    rows.iter().any(|r| {
        matches!(r.event.kind, Kind::Chip { .. } | Kind::SerialInput { .. } | Kind::Touched { .. } | Kind::SmiLatched)
    })
}

fn notable(rows: &[Row]) -> bool {
    busy(rows)
        || rows.iter().any(|r| matches!(r.event.kind, Kind::SmmEntered { .. } | Kind::SmiLine { asserted: true }))
}

fn places(rows: &[Row]) -> Vec<(SaveField, u16, u8)> {
    let mut places = Vec::new();
    for row in rows {
        if let Kind::Save { field, offset, size, .. } = row.event.kind
            && !places.contains(&(field, offset, size))
        {
            places.push((field, offset, size));
        }
    }
    places.sort_by_key(|p| std::cmp::Reverse(p.1));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::{Caption, FieldState, Line};
    use trace::{CpuReg, Input, SmiSource};

    fn stages(tape: &Tape) -> Vec<Stage> {
        tape.visits().iter().map(|v| v.stage).collect()
    }

    #[test]
    fn one_smi_visits_the_five_stages_and_comes_back() {
        use Stage::*;
        assert_eq!(stages(&one_smi()), [Os, Smi, SaveState, Smram, Rsm, Os]);
    }

    #[test]
    fn one_smi_there_and_back_lasts_five_to_eight_seconds() {
        let length = one_smi().length();
        assert!((3000.0..8000.0).contains(&length), "{length}");
    }

    #[test]
    fn a_write_that_raises_nothing_stays_in_the_os() {
        let held = vec![(Kind::SmiRequest { source: trace::SmiSource::Apm, sent: false }, None)];
        let tape = tape(vec![vec![instruction(false, 0x1000, "out 0B2h,al")], held]);
        assert_eq!(stages(&tape), [Stage::Os]);
        assert_eq!(tape.flow(tape.beats().len()).caption, Caption::HeldBack(SmiSource::Apm));
    }

    #[test]
    fn a_hand_and_the_source_that_asks_are_told_and_port_b2h_is_not() {
        let press = vec![
            (Kind::Touched { input: Input::PowerButton(true) }, None),
            (Kind::Chip { reg: ChipReg::Pm1Sts, old: 0, new: 0x100 }, None),
        ];
        let ask = |sent| vec![(Kind::SmiRequest { source: SmiSource::Pm1, sent }, None)];
        let line = vec![(Kind::SmiLine { asserted: true }, None)];
        let tape = tape(vec![vec![instruction(false, 0x1000, "hlt")], press, ask(false), ask(true), line]);
        let told: Vec<_> = (0..tape.beats().len()).map(|beat| tape.flow(beat).caption).collect();
        let (touched, held) = (Caption::Touched(Input::PowerButton(true)), Caption::HeldBack(SmiSource::Pm1));
        assert_eq!(told, [Caption::Running, touched, held, held, Caption::Asserted(SmiSource::Pm1)]);
        assert_eq!(stages(&tape), [Stage::Os, Stage::Smi]);
    }

    #[test]
    fn before_its_save_a_field_is_empty_and_afterwards_it_holds_the_bytes() {
        let tape = one_smi();
        assert_eq!(tape.flow(0).save.fields.iter().filter(|f| f.state == FieldState::Empty).count(), 3);
        let saved = tape.visits()[2].end - 1;
        let flow = tape.flow(saved);
        assert_eq!(flow.save.written(), 3);
        assert_eq!(flow.save.get(SaveField::Rip).unwrap().value, 0x1004);
    }

    #[test]
    fn the_answer_is_what_the_handler_wrote_into_saved_rax_and_what_the_os_gets_back() {
        let tape = one_smi();
        let flow = tape.flow(tape.beats().len());
        assert_eq!(flow.answer, Some(0x1234));
        assert_eq!(flow.registers.get(CpuReg::Rax), Some(0x1234));
        let rax = flow.save.get(SaveField::Rax).unwrap();
        assert_eq!((rax.state, rax.by_handler), (FieldState::Restored, true));
    }

    #[test]
    fn the_os_counts_no_instruction_in_between_but_its_clock_and_smi_count_do() {
        let tape = one_smi();
        let frozen = tape.flow(tape.visits()[3].first);
        assert!(frozen.os.frozen && frozen.os.witness.is_none());
        let witness = tape.flow(tape.beats().len()).os.witness.unwrap();
        assert_eq!((witness.between, witness.in_smm, witness.smi_count), (0, 3, (3, 4)));
        assert_eq!(witness.lost, 3);
    }

    #[test]
    fn an_smi_latched_in_smm_is_taken_before_the_os_gets_an_instruction() {
        use Stage::*;
        let again = vec![
            instruction(true, 0x8008, "out 0B2h,al"),
            (Kind::SmiLine { asserted: true }, None),
            (Kind::SmiLatched, None),
        ];
        let tape = tape(vec![
            vec![instruction(false, 0x1002, "out 0B2h,al")],
            raise(0x42),
            entry(0x1004, 4),
            again,
            exit(0x1004, 0x42),
            entry(0x1004, 5),
            exit(0x1004, 0x42),
            vec![instruction(false, 0x1004, "test al,al")],
        ]);
        assert_eq!(stages(&tape), [Os, Smi, SaveState, Smram, Rsm, Smi, SaveState, Smram, Rsm, Os]);
        let lanes: Vec<_> = tape.lane().iter().map(|s| s.lane).collect();
        assert_eq!(lanes, [Lane::Os, Lane::Save, Lane::Smm, Lane::Load, Lane::Save, Lane::Smm, Lane::Load, Lane::Os]);
        assert!(tape.flow(tape.visits()[3].end - 2).latched);
        assert_eq!(tape.flow(tape.visits()[5].first).caption, Caption::TakenAgain);
        let end = tape.flow(tape.beats().len());
        let witness = end.os.witness.unwrap();
        assert_eq!((end.taken, witness.between, witness.smi_count), (2, 0, (3, 5)));
    }

    #[test]
    fn stepping_by_instruction_still_shows_every_stage() {
        let tape = one_smi();
        let mut seen = vec![tape.beats()[0].stage];
        let mut beat = 0;
        while let Some(next) = tape.next(beat, Grain::Instruction) {
            beat = next;
            seen.push(tape.beats()[beat].stage);
        }
        seen.dedup();
        assert_eq!(seen, stages(&tape));
    }

    #[test]
    fn a_step_back_undoes_a_step_forward() {
        let tape = one_smi();
        for grain in [Grain::Instruction, Grain::Micro] {
            let there = tape.next(3, grain).unwrap();
            let next = tape.next(there, grain).unwrap();
            assert_eq!(tape.previous(next, grain), Some(there));
        }
    }

    #[test]
    fn advancing_beat_by_beat_tells_the_same_as_folding_from_the_start() {
        let tape = one_smi();
        let mut flow = Flow::new(&tape.start, &tape);
        for (i, beat) in tape.beats().iter().enumerate() {
            tape.advance(&mut flow, beat);
            assert_eq!(flow, tape.flow(i));
        }
    }

    #[test]
    fn another_future_keeps_the_past() {
        let tape = one_smi();
        let cut = tape.rows()[9].event.time;
        let other = tape.replaced_from(cut, Vec::new());
        assert!(other.rows().iter().all(|r| r.event.time < cut));
        assert_eq!(other.rows()[..], tape.rows()[..other.rows().len()]);
    }

    #[test]
    fn halves_of_a_machine_step_stand_for_its_beginning() {
        let tape = one_smi();
        let saving = tape.visits()[2].first;
        assert_eq!(tape.moment(saving, 0), tape.rows()[tape.beats()[saving].first].event.time);
        assert_eq!(tape.moment(tape.beats().len() - 1, 900), 900);
    }

    #[test]
    fn the_log_has_each_instruction_once_and_points_at_its_row() {
        let looped = vec![instruction(false, 0x1000, "nop"), instruction(false, 0x1000, "nop")];
        let tape = tape(vec![looped]);
        let log = tape.flow(1).log;
        assert_eq!((log.len(), log[0].row), (1, 0));
        assert_eq!(log[0].line, Line::Instruction("nop".into()));
    }

    #[test]
    fn bytes_of_text_become_one_line() {
        let out = |byte| (Kind::Output { to: trace::Output::Debug402, byte }, None);
        let tape =
            tape(vec![vec![instruction(false, 0x1000, "out dx,al")], b"OK\nB".iter().map(|b| out(*b)).collect()]);
        let texts = tape.flow(0).log.into_iter().filter_map(|l| match l.line {
            Line::Text { text, .. } => Some(text),
            _ => None,
        });
        assert_eq!(texts.collect::<Vec<_>>(), ["OK\n", "B"]);
    }
}
