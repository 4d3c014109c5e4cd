//! The picture: where the processor is on its way, how far the current stage is.

use super::path::Way;
use super::scene::{Layout, View};
use crate::i18n::Lang;
use story::{Flow, Player, Stage};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub player: Option<Player>,
    /// The token stands at its station and does not travel.
    pub reduced: bool,
    pub lang: Lang,
    pub to_row: Callback<usize>,
}

#[component]
pub fn Scene(props: &Props) -> Html {
    let layouts = [Layout::wide(), Layout::narrow()];
    let blank = Flow::default();
    let flow = props.player.as_ref().map_or(&blank, |p| p.flow());
    let progress = match &props.player {
        Some(_) if props.reduced => standing(flow.stage, flow.taken > 0),
        Some(player) => progress(player),
        None => 0.0,
    };
    let visits = props.player.as_ref().map(first_rows).unwrap_or_default();
    let view = View { flow, progress, visits, lang: props.lang, to_row: &props.to_row };
    layouts.iter().map(|layout| layout.draw(&view)).collect()
}

/// The share of the present visit to a stage that is over.
fn progress(player: &Player) -> f64 {
    let tape = player.tape();
    let Some(visit) = tape.visit_of(player.beat()) else { return 0.0 };
    let (from, to) = (tape.beats()[visit.first].at, tape.until(visit.end - 1));
    if to > from { ((player.at() - from) / (to - from)).clamp(0.0, 1.0) } else { 1.0 }
}

fn standing(stage: Stage, returned: bool) -> f64 {
    match stage {
        Stage::Os if !returned => 0.5,
        Stage::Smram => 0.7,
        Stage::Rsm => 0.7,
        _ => 1.0,
    }
}

/// For each stage, the row at which it is visited first.
fn first_rows(player: &Player) -> [Option<usize>; 5] {
    let tape = player.tape();
    Stage::ALL.map(|stage| {
        let visit = tape.visits().iter().find(|v| v.stage == stage)?;
        Some(tape.beats()[visit.first].first)
    })
}

impl Layout {
    pub fn wide() -> Self {
        Layout { wide: true, way: Way::wide() }
    }

    pub fn narrow() -> Self {
        Layout { wide: false, way: Way::narrow() }
    }
}
