//! Draws the two worlds as SVG, in a wide and a narrow layout.

use super::path::Way;
use crate::format::fixed;
use crate::i18n::{Lang, t};
use crate::words;
use story::{Flow, Instruction, Stage};
use yew::prelude::*;

pub struct Layout {
    pub wide: bool,
    pub way: Way,
}

pub struct View<'a> {
    pub flow: &'a Flow,
    pub progress: f64,
    pub visits: [Option<usize>; 5],
    pub lang: Lang,
    pub to_row: &'a Callback<usize>,
}

/// Longest instruction that fits a place on the tape.
const FITS: usize = 15;

impl Layout {
    pub fn draw(&self, view: &View) -> Html {
        let (class, view_box) = if self.wide { ("st st-w", "0 0 692 262") } else { ("st st-n", "0 0 340 338") };
        html! {
            <svg {class} viewBox={view_box} role="group" aria-label={t::figure_stages(view.lang)}>
                { self.grounds(view) }
                { self.tape(view) }
                { self.boxes(view) }
                { self.trail(view) }
                { self.pill(view, Stage::Smi) }
                { self.pill(view, Stage::Rsm) }
                { self.token(view) }
            </svg>
        }
    }

    fn grounds(&self, view: &View) -> Html {
        let l = view.lang;
        let dim = if view.flow.os.frozen { "0.45" } else { "1" };
        if self.wide {
            html! {
                <>
                    <rect class="floor" x="0.5" y="0.5" width="691" height="95" rx="8" opacity={dim}/>
                    <text class="world-os" x="346" y="86" text-anchor="middle">{ t::world_os(l) }</text>
                    <rect class="room" x="0.5" y="137.5" width="691" height="124" rx="8"/>
                    <text class="world-smm" x="38" y="245">{ t::world_room(l) }</text>
                    <g class="padlock" transform="translate(15,230)"><rect x="0" y="7" width="14" height="11" rx="2"/><path d="M3 7V4.5a4 4 0 0 1 8 0V7"/></g>
                    <line class="wire" x1="216" y1="116.5" x2="534" y2="116.5"/>
                    <rect class="chipset" x="330" y="105.5" width="90" height="22" rx="5"/>
                    <text class="chipset-t" x="375" y="120.5" text-anchor="middle">{ t::chipset(l) }</text>
                </>
            }
        } else {
            html! {
                <>
                    <rect class="floor" x="0.5" y="0.5" width="339" height="97" rx="8" opacity={dim}/>
                    <text class="world-os" x="170" y="86" text-anchor="middle">{ t::world_os(l) }</text>
                    <rect class="room" x="0.5" y="141.5" width="339" height="196" rx="8"/>
                    <text class="world-smm" x="66" y="164">{ t::world_room(l) }</text>
                </>
            }
        }
    }

    /// The instructions that the OS executed, and the gap of which it knows nothing.
    fn tape(&self, view: &View) -> Html {
        let os = &view.flow.os;
        let newest = |i: usize| os.before.len().checked_sub(i + 1).and_then(|n| os.before.get(n));
        let (y, gap, places) = if self.wide {
            let after = [(470, 102, os.after.first()), (576, 102, os.after.get(1))];
            (16, (226, 240), vec![(14, 102, newest(1)), (120, 102, newest(0)), after[0], after[1]])
        } else {
            (12, (118, 104), vec![(10, 104, newest(0)), (226, 104, os.after.first())])
        };
        let (class, text) = match (os.frozen, self.wide) {
            (true, _) => ("gap frozen", t::gap_stopped(view.lang)),
            (false, true) => ("gap", t::gap_none(view.lang)),
            (false, false) => ("gap", t::gap_none_short(view.lang)),
        };
        let instruction = |(x, width, i): (i32, i32, Option<&Instruction>)| {
            let class = match i {
                None => "slot none",
                Some(i) if os.now == Some(i.rip) => "slot on",
                Some(_) => "slot",
            };
            slot(class, (x, y), width, i.map(|i| shorten(&i.text, FITS)).unwrap_or_default())
        };
        html! { <>{ for places.into_iter().map(instruction) }{ slot(class, (gap.0, y), gap.1, text.to_owned()) }</> }
    }

    fn boxes(&self, view: &View) -> Html {
        let flow = view.flow;
        let written = flow.save.written();
        let count = if written > 0 { format!("{written}/{}", flow.save.fields.len()) } else { String::new() };
        let handler = flow.os.handler.as_ref().map(|i| shorten(&i.text, 24)).unwrap_or_default();
        let (save, smram, text) = if self.wide {
            ([198, 150, 116, 98], [328, 150, 228, 98], [(208, 189), (338, 189)])
        } else {
            ([12, 176, 216, 48], [12, 234, 316, 92], [(66, 213), (66, 273)])
        };
        let square = if self.wide { (256, 214) } else { (204, 200) };
        html! {
            <>
                { self.station(view, Stage::SaveState, save) }
                <text class="sub" transform={place(text[0])}>{ count }</text>
                { self.station(view, Stage::Smram, smram) }
                <text class="sub lit" transform={place(text[1])}>{ handler }</text>
                if flow.latched {
                    <text class="flag" text-anchor="end" transform={place((smram[0] + smram[2] - 12, smram[1] + 19))}>{ t::latched(view.lang) }</text>
                }
                <rect class="state" x="-9" y="-9" width="18" height="18" rx="3" transform={place(square)} opacity={fixed(left_behind(view), 2)}/>
            </>
        }
    }

    fn station(&self, view: &View, stage: Stage, [x, y, width, height]: [i32; 4]) -> Html {
        let text_x = if self.wide { 10 } else { 66 - x };
        let class = if view.flow.stage == stage { "ring box on" } else { "ring box" };
        button(
            view,
            stage,
            (x, y),
            html! {
                <>
                    <rect {class} width={width.to_string()} height={height.to_string()} rx="6"/>
                    <text class="station" y="19" x={text_x.to_string()}>{ numbered(stage) }</text>
                </>
            },
        )
    }

    fn pill(&self, view: &View, stage: Stage) -> Html {
        let at = match (stage, self.wide) {
            (Stage::Smi, true) => (176, 116),
            (Stage::Smi, false) => (44, 120),
            (_, true) => (574, 116),
            (_, false) => (296, 120),
        };
        let class = if view.flow.stage == stage { "ring pill on" } else { "ring pill" };
        button(
            view,
            stage,
            at,
            html! {
                <>
                    <rect class="hit" x="-42" y="-22" width="84" height="44" rx="22"/>
                    <rect {class} x="-40" y="-14" width="80" height="28" rx="14"/>
                    <text class="pill-t" y="5" text-anchor="middle">{ numbered(stage) }</text>
                </>
            },
        )
    }

    fn length(&self, view: &View) -> f64 {
        self.way.place(view.flow.stage, view.progress, view.flow.taken > 0)
    }

    /// The way, dotted, and what is behind the processor drawn out: blue where it carries the OS's
    /// state, amber where it has left it behind.
    fn trail(&self, view: &View) -> Html {
        let d = self.way.svg();
        let length = self.length(view);
        let cuts = [0.0, self.way.save_state(), self.way.exit(), f64::MAX];
        let part = |i: usize| {
            let (from, to) = (cuts[i], cuts[i + 1].min(length));
            let dashes =
                if to > from { format!("0 {} {} 9999", fixed(from, 1), fixed(to - from, 1)) } else { "0 9999".into() };
            html! { <path class={if i == 1 { "done lit" } else { "done" }} d={d.clone()} stroke-dasharray={dashes}/> }
        };
        html! { <><path class="way" d={d.clone()}/>{ for (0..3).map(part) }</> }
    }

    fn token(&self, view: &View) -> Html {
        let (x, y) = self.way.point(self.length(view));
        let inside = match view.flow.stage {
            Stage::Smram => true,
            Stage::Rsm => view.progress < 0.75,
            _ => false,
        };
        html! {
            <g class={classes!("token", inside.then_some("in"))} transform={format!("translate({},{})", fixed(x, 1), fixed(y, 1))}>
                <rect x="-20" y="-17" width="40" height="34" rx="6"/><text y="4" text-anchor="middle">{ "CPU0" }</text>
            </g>
        }
    }
}

/// How much of the OS's state lies in the save area.
fn left_behind(view: &View) -> f64 {
    match view.flow.stage {
        Stage::SaveState => view.flow.save.written() as f64 / view.flow.save.fields.len().max(1) as f64,
        Stage::Smram => 1.0,
        Stage::Rsm => 1.0 - view.progress,
        _ => 0.0,
    }
}

fn numbered(stage: Stage) -> Html {
    html! { <><tspan>{ format!("{:02}", stage.number()) }</tspan>{ " " }{ words::stage(stage) }</> }
}

fn place((x, y): (i32, i32)) -> String {
    format!("translate({x},{y})")
}

/// A part of the picture that goes to its stage, when the tape has one.
fn button(view: &View, stage: Stage, at: (i32, i32), content: Html) -> Html {
    let transform = place(at);
    let Some(row) = view.visits[stage as usize] else { return html! { <g {transform}>{ content }</g> } };
    let go = view.to_row.reform(move |_: MouseEvent| row);
    let to_row = view.to_row.clone();
    let key = move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            event.stop_propagation();
            to_row.emit(row);
        }
    };
    let label = format!("{:02} {}", stage.number(), words::stage(stage));
    html! {
        <g class="st-btn" {transform} tabindex="0" role="button" aria-label={label} data-goto={stage.id()} onclick={go} onkeydown={key}>
            { content }
        </g>
    }
}

/// A box on the tape with a short text.
fn slot(class: &'static str, at: (i32, i32), width: i32, text: String) -> Html {
    html! {
        <g {class} transform={place(at)}>
            <rect height="24" rx="4" width={width.to_string()}/>
            <text y="16" text-anchor="middle" x={(width / 2).to_string()}>{ text }</text>
        </g>
    }
}

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
