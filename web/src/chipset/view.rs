//! The page of SMI sources as a view of a bench. Each deed of the reader is a step that begins at a moment of the
//! machine's history: to take it back is to go there.

use super::registers::Registers;
use super::sources::Sources;
use super::steps::{Step, steps};
use super::stimulus::Stimulus;
use super::why::why;
use crate::bars::builds;
use crate::bench::{self, Build, Deed, Host, Model};
use crate::board::words as board_words;
use crate::console::Console;
use crate::figure::{Feed, Figure};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::tabs;
use protocol::chipset::ChipsetView;
use protocol::{Recorded, Rest};
use std::collections::VecDeque;
use std::rc::Rc;
use trace::Kind;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Try(Stimulus),
    /// To before the step of this number.
    Back(usize),
    /// The registers as they are now, not as the timeline shows them.
    Now,
    Pin(u8),
}

pub enum Msg {
    Bench(bench::Msg),
    Seek(u64),
    Panel(&'static str),
    Do(Act),
}

/// What a view of the chipset was asked for.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// Where the machine stands now.
    Now,
    /// Right after the step's first request.
    Request,
    /// Where the timeline stands.
    Timeline,
    /// What nobody wants any more.
    Stale,
}

pub struct SourcesPage {
    host: Host,
    /// Of the model's: what is seen and done is of this boot.
    turn: u32,
    steps: Vec<Step>,
    looks: VecDeque<Look>,
    now: Option<Rc<ChipsetView>>,
    /// Before the last step.
    before: Option<Rc<ChipsetView>>,
    request: Option<Rc<ChipsetView>>,
    timeline: Option<Rc<ChipsetView>>,
    /// Of the last step that is over.
    tape: Option<Rc<Recorded>>,
    pin: u8,
    panel: &'static str,
}

const PANELS: [(&str, tabs::Name); 4] = [
    ("sources", t::panel_sources),
    ("registers", t::panel_registers),
    ("machine", t::panel_machine),
    ("console", t::panel_console),
];

impl Component for SourcesPage {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let host = Host::open(ctx.link().callback(Msg::Bench), Build::Release, Vec::new(), Vec::new(), false);
        SourcesPage {
            host,
            turn: 0,
            steps: Vec::new(),
            looks: VecDeque::new(),
            now: None,
            before: None,
            request: None,
            timeline: None,
            tape: None,
            pin: 1,
            panel: "sources",
        }
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Bench(msg) => self.host.update(msg),
            Msg::Seek(time) => {
                self.host.model.seek(time);
                // Behind the end of the tape stands what is now.
                if self.tape.as_ref().is_some_and(|tape| time >= tape.end) {
                    self.leave_timeline();
                } else if self.is_ready() {
                    self.look(Look::Timeline, time);
                }
            }
            Msg::Panel(panel) => self.panel = panel,
            Msg::Do(act) => self.act(act),
        }
        self.follow();
        self.host.send();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (link, l, model) = (ctx.link(), ctx.props().lang, &self.host.model);
        let act = link.callback(Msg::Do);
        let panel = |name: &str| classes!("panel", format!("at-{name}"), (self.panel != name).then_some("away"));
        let shown = self.timeline.clone().or(self.now.clone());
        html! {
            <div class="board smip" data-ready={self.is_ready().to_string()} data-steps={self.steps.len().to_string()}>
                { self.bar(ctx, &act) }
                if let Some(trouble) = &model.trouble {
                    <p class="notice wide" role="alert">{ icon(Icon::Warn) }<span>{ board_words::trouble(trouble, l) }</span></p>
                }
                { tabs::tabs(&PANELS, self.panel, link.callback(Msg::Panel), l) }
                <div class="smip-b">
                    <section class={panel("sources")} aria-label={t::panel_sources(l)}>
                        <Sources now={self.now.clone()} steps={self.steps.clone()} pin={self.pin} ready={self.is_ready()} rest={model.rest}
                            act={act.clone()} lang={l} />
                        { why(self.steps.last(), self.request.as_deref(), self.now.as_deref(), l) }
                        { steps(&self.steps, self.is_ready(), &act, l) }
                    </section>
                    <section class={panel("registers")} aria-label={t::panel_registers(l)}>
                        <Registers view={shown} before={self.before.clone()} timeline={self.timeline.is_some()} pin={self.pin}
                            ready={self.is_ready() && model.can_say()} act={act.clone()} lang={l} />
                    </section>
                    <section class={panel("machine")} aria-label={t::panel_machine(l)}>{ self.machine(ctx) }</section>
                    <section class={panel("console")} aria-label={t::panel_console(l)}>
                        <Console boot={model.boot.clone()} said={model.said.clone()} prompt={model.prompt.clone()} ready={self.is_ready() && model.can_say()}
                            say={act.reform(|text| Act::Try(Stimulus::Say(text)))} lang={l} />
                    </section>
                </div>
            </div>
        }
    }
}

impl SourcesPage {
    /// Nothing is under way, and what is shown is so.
    fn is_ready(&self) -> bool {
        self.stands() && self.now.is_some() && !self.looks.contains(&Look::Now)
    }

    /// The machine chosen waits, and nothing is to be done.
    fn stands(&self) -> bool {
        let model = &self.host.model;
        model.is_fresh() && model.is_idle() && model.to_do.is_empty()
    }

    fn look(&mut self, look: Look, time: u64) {
        self.looks.push_back(look);
        self.host.model.inspect(time);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Pin(pin) => self.pin = pin,
            Act::Now => self.leave_timeline(),
            Act::Try(stimulus) if self.is_ready() => self.begin(stimulus),
            Act::Back(nth) if self.is_ready() => self.back(nth),
            Act::Try(_) | Act::Back(_) => {}
        }
    }

    fn begin(&mut self, stimulus: Stimulus) {
        let Some(now) = self.now.clone() else { return };
        let deeds = stimulus.deeds(&now);
        if deeds.iter().all(|deed| matches!(deed, Deed::Say(text) if text.trim().is_empty())) {
            return;
        }
        self.steps.push(Step { stimulus, home: self.host.model.home, said: self.host.model.said.len(), came: None });
        (self.before, self.request) = (Some(now), None);
        self.leave_timeline();
        self.host.model.touched.clear();
        self.host.model.tape = None;
        self.host.model.run(deeds);
    }

    /// Answers under way are of a moment that isn't shown any more.
    fn leave_timeline(&mut self) {
        self.timeline = None;
        self.looks.iter_mut().filter(|look| **look == Look::Timeline).for_each(|look| *look = Look::Stale);
    }

    fn back(&mut self, nth: usize) {
        let Some(step) = self.steps.get(nth).cloned() else { return };
        self.steps.truncate(nth);
        self.host.model.said.truncate(step.said);
        (self.before, self.request, self.tape) = (None, None, None);
        self.leave_timeline();
        self.host.model.go_back(step.home);
        self.look(Look::Now, step.home);
    }

    /// Another boot begins: answers under way are of none that is shown.
    fn afresh(&mut self) {
        self.turn = self.host.model.turn;
        if !self.steps.is_empty() {
            self.host.model.to_do.clear();
        }
        self.steps.clear();
        self.looks.iter_mut().for_each(|look| *look = Look::Stale);
        (self.now, self.before, self.request, self.timeline, self.tape) = (None, None, None, None, None);
    }

    /// Takes the worker's views, and asks for those that are due.
    fn follow(&mut self) {
        for view in self.host.model.inspected.drain(..) {
            let view = Some(Rc::new(view));
            match self.looks.pop_front() {
                Some(Look::Now) => self.now = view,
                Some(Look::Request) => self.request = view,
                Some(Look::Timeline) => self.timeline = view.filter(|view| view.time != self.host.model.home),
                Some(Look::Stale) | None => {}
            }
        }
        if self.turn != self.host.model.turn {
            self.afresh();
        }
        if !self.stands() {
            return;
        }
        if self.now.is_none() && self.looks.is_empty() {
            self.look(Look::Now, self.host.model.home);
        }
        let Some(step) = self.steps.last_mut().filter(|step| step.came.is_none()) else { return };
        step.came = Some(super::steps::came(&self.host.model));
        self.tape = self.host.model.tape.clone();
        let request = request(&step.stimulus, &self.host.model);
        self.look(Look::Request, request);
        self.look(Look::Now, self.host.model.home);
    }

    fn bar(&self, ctx: &Context<Self>, act: &Callback<Act>) -> Html {
        let (model, l) = (&self.host.model, ctx.props().lang);
        let choose = ctx.link().callback(|build| Msg::Bench(bench::Msg::Do(bench::Act::Build(build))));
        html! {
            <div class="bbar">
                <span class="img"><b>{ "smmlab.fd" }</b>{ " · ich9" }</span>
                { builds(Some(model.build), &choose, l) }
                <button type="button" class="btn sm" data-act="undo" disabled={self.steps.is_empty()} aria-disabled={(!self.is_ready()).to_string()}
                    onclick={let last = self.steps.len().saturating_sub(1); act.reform(move |_: MouseEvent| Act::Back(last))}>
                    { icon(Icon::Undo) }<span>{ t::step_back_one(l) }</span>
                </button>
                <button type="button" class="btn sm" data-act="afresh" disabled={self.steps.is_empty()} aria-disabled={(!self.is_ready()).to_string()}
                    onclick={act.reform(|_: MouseEvent| Act::Back(0))}>
                    { icon(Icon::Again) }<span>{ t::steps_afresh(l) }</span>
                </button>
                <span class="sp"></span>
                <span class="run" role="status" data-rest={(model.rest == Rest::Os).then_some("os")}>{ self.status(l) }</span>
            </div>
        }
    }

    fn status(&self, l: Lang) -> String {
        match (self.host.model.booting, self.is_ready()) {
            (Some(time), _) => t::booting(l, &crate::format::decimal(time)),
            (None, false) if self.host.model.trouble.is_none() => t::chips_running(l).into(),
            _ => super::words::rest(self.host.model.rest, l),
        }
    }

    fn machine(&self, ctx: &Context<Self>) -> Html {
        let l = ctx.props().lang;
        let feed = self.host.model.boot.as_ref().zip(self.tape.as_ref()).map(|(boot, tape)| Feed {
            opened: boot.opened.clone(),
            tape: tape.clone(),
            play: true,
            at: self.host.model.at.clone(),
            seek: ctx.link().callback(Msg::Seek),
        });
        match feed {
            Some(feed) => html! { <Figure lang={l} feed={feed} /> },
            None => html! { <p class="none">{ t::chips_no_tape(l) }</p> },
        }
    }
}

/// The moment at which the bits answer why: right after the hand came, or after the source that is waited for
/// asked; else where the machine stands now.
fn request(stimulus: &Stimulus, model: &Model) -> u64 {
    let by_hand = model.touched.first().filter(|_| stimulus.is_touch()).map(|touched| touched.from);
    let asked = model.touched.iter().flat_map(|touched| &touched.asked);
    let awaited = asked.filter(|asked| stimulus.source().is_none_or(|source| source == asked.source));
    let rows = model.tape.iter().flat_map(|tape| &tape.rows);
    let told = rows.filter(|row| matches!(row.event.kind, Kind::SmiRequest { .. })).map(|row| row.event.time);
    let time = by_hand.or(awaited.map(|asked| asked.time).chain(told).next());
    time.map_or(model.home, |time| time + 1)
}
