//! A checklist whose points the machine answers, with a fault of the reader's choice: each is asked in its
//! turn of a boot of the faulty image.

use crate::bars::builds;
use crate::bench::edit::{Edit, list};
use crate::bench::{Build, image};
use crate::content::{self, Loaded, prose};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::link::{Handle, News};
use crate::words;
use ::content::{Item, KnownFault, Probe, Query, Scene};
use protocol::{Failure, FromWorker, ToWorker};
use std::collections::BTreeMap;
use std::rc::Rc;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub scene: Rc<Scene>,
    pub lang: Lang,
}

#[component]
pub fn Checklist(props: &Props) -> Html {
    let Props { scene, lang } = props;
    let faults = match content::use_faults(*lang) {
        Loaded::Ready(faults, _) => faults,
        _ => Rc::default(),
    };
    html! { <Asking scene={scene.clone()} {faults} lang={*lang} /> }
}

#[derive(PartialEq, Properties)]
struct AskingProps {
    scene: Rc<Scene>,
    faults: Rc<Vec<KnownFault>>,
    lang: Lang,
}

enum Msg {
    News(News),
    Image(Build, Result<Vec<u8>, String>),
    Choose(String),
    Build(Build),
}

/// Where in the list a question stands: the item's place, and that of the question in it.
type Place = (usize, usize);

struct Asking {
    handle: Handle,
    build: Build,
    held: bool,
    /// The fault's id; none is empty.
    chosen: String,
    answers: BTreeMap<Place, String>,
    /// What was asked and isn't answered yet; fault and build may have changed since.
    waits: Option<(String, Build, Place)>,
    trouble: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Holds,
    Fails,
    /// What it needs doesn't hold.
    Skipped,
    /// This build can't tell.
    Silent,
}

impl State {
    fn id(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Holds => "holds",
            State::Fails => "fails",
            State::Skipped => "skipped",
            State::Silent => "silent",
        }
    }
}

impl Component for Asking {
    type Message = Msg;
    type Properties = AskingProps;

    fn create(ctx: &Context<Self>) -> Self {
        let build = ctx.props().scene.setup.build;
        fetch(ctx, build);
        Asking {
            handle: Handle::open(ctx.link().callback(Msg::News)),
            build,
            held: false,
            chosen: String::new(),
            answers: BTreeMap::new(),
            waits: None,
            trouble: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let l = ctx.props().lang;
        match msg {
            Msg::Image(build, Ok(bytes)) => {
                self.handle.hold(build.id(), bytes);
                self.held |= build == self.build;
            }
            Msg::Image(_, Err(why)) => self.trouble = Some(t::image_failed(l, &why)),
            Msg::Choose(fault) => {
                self.chosen = fault;
                self.answers.clear();
                self.trouble = None;
            }
            Msg::Build(build) => {
                (self.build, self.held, self.trouble) = (build, false, None);
                self.answers.clear();
                fetch(ctx, build);
            }
            Msg::News(News::Message(FromWorker::Probed { answer, .. })) => {
                if let Some((fault, build, place)) = self.waits.take()
                    && fault == self.chosen
                    && build == self.build
                {
                    self.answers.insert(place, answer);
                }
            }
            Msg::News(News::Message(FromWorker::Failed { failure, .. })) => {
                self.waits = None;
                self.trouble = Some(match failure {
                    Failure::Edit(trouble) => crate::board::words::edit_trouble(&trouble, l),
                    _ => t::load_failed_worker(l).into(),
                });
            }
            Msg::News(News::Crashed) => {
                (self.waits, self.held) = (None, false);
                self.trouble = Some(t::load_failed_worker(l).into());
            }
            Msg::News(News::Message(_)) => return false,
        }
        self.go_on(ctx.props());
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { scene, faults, lang: l } = ctx.props();
        let items = &scene.setup.items;
        let states = self.states(items);
        let over = !states.contains(&State::Open);
        let choose = ctx.link().batch_callback(|event: Event| {
            event.target_dyn_into::<HtmlSelectElement>().map(|select| Msg::Choose(select.value()))
        });
        let fault = |fault: &KnownFault| {
            html! { <option value={fault.id.clone()} selected={fault.id == self.chosen}>{ fault.name.clone() }</option> }
        };
        let first = states.iter().position(|state| *state == State::Fails);
        html! {
            <figure class="fig sc ckl" tabindex="0" aria-label={scene.title.clone()} data-scene={scene.id.clone()} data-ready={over.to_string()}>
                <div class="fig-h">
                    <span class={classes!("live", (!over).then_some("off"))}></span><h2>{ scene.title.clone() }</h2><span class="sp"></span>
                    { builds(Some(self.build), &ctx.link().callback(Msg::Build), *l) }
                </div>
                <label class="ck-f"><span>{ t::checklist_fault(*l) }</span>
                    <select onchange={choose}>
                        <option value="" selected={self.chosen.is_empty()}>{ t::checklist_healthy(*l) }</option>
                        { for faults.iter().filter(|fault| !fault.edit.is_empty()).map(fault) }
                    </select>
                </label>
                if let Some(trouble) = &self.trouble { <p class="fault pad" role="alert">{ icon(Icon::Warn) }<span>{ trouble.clone() }</span></p> }
                <ol class="ck" tabindex="0" aria-label={scene.title.clone()}>{ for items.iter().enumerate().map(|(nth, item)| self.item(scene, nth, item, states[nth], *l)) }</ol>
                <p class="ck-e" role="status" data-first={first.map(|nth| items[nth].id.clone())}>
                    { match (over, first) {
                        (false, _) => html! { { t::proving(*l) } },
                        (true, None) => html! { { t::checklist_holds(*l) } },
                        (true, Some(nth)) => html! { <>{ t::checklist_stops(*l) }{ " " }<b>{ label(scene, &items[nth]) }</b></> },
                    } }
                </p>
            </figure>
        }
    }
}

fn fetch(ctx: &Context<Asking>, build: Build) {
    ctx.link().send_future(async move { Msg::Image(build, image(build).await) });
}

fn label(scene: &Scene, item: &Item) -> Html {
    scene.labels.get(&item.id).map(|label| prose(label)).unwrap_or_default()
}

impl Asking {
    /// Asks the next question that is open; one at a time.
    fn go_on(&mut self, props: &AskingProps) {
        if self.waits.is_some() || !self.held || self.trouble.is_some() {
            return;
        }
        let setup = &props.scene.setup;
        let states = self.states(&setup.items);
        let open = setup.items.iter().enumerate().filter(|(nth, _)| states[*nth] == State::Open);
        let mut place = open.flat_map(|(nth, item)| item.queries(self.build).map(move |(query, _)| (nth, query)));
        let Some(place) = place.find(|place| !self.answers.contains_key(place)) else { return };
        let fault = props.faults.iter().find(|fault| fault.id == self.chosen);
        let fault: Vec<Edit> = fault.map_or_else(Vec::new, |fault| content::edits(&fault.edit));
        let edits = list(&[content::edits(&setup.edits), fault].concat());
        let ask = setup.items[place.0].holds[place.1].ask.clone();
        self.waits = Some((self.chosen.clone(), self.build, place));
        let image = self.build.id().to_owned();
        self.handle.send(&ToWorker::Probe { figure: self.handle.id(), image, edits, ask });
    }

    fn states(&self, items: &[Item]) -> Vec<State> {
        let mut states: Vec<State> = Vec::new();
        for (nth, item) in items.iter().enumerate() {
            let needed = item.needs.as_ref().and_then(|needs| items.iter().position(|other| other.id == *needs));
            let found = |(place, query): (usize, &Query)| self.answers.get(&(nth, place)).map(|is| *is == query.is);
            let found: Vec<_> = item.queries(self.build).map(found).collect();
            states.push(match needed.and_then(|needed| states.get(needed)) {
                Some(State::Fails | State::Skipped) => State::Skipped,
                Some(State::Open) => State::Open,
                _ if found.is_empty() => State::Silent,
                _ if found.contains(&None) => State::Open,
                _ if found.contains(&Some(false)) => State::Fails,
                _ => State::Holds,
            });
        }
        states
    }

    fn item(&self, scene: &Scene, nth: usize, item: &Item, state: State, l: Lang) -> Html {
        let (sign, said) = match state {
            State::Open => (html! { "·" }, t::waiting(l)),
            State::Holds => (icon(Icon::Check), t::answer_yes(l)),
            State::Fails => (icon(Icon::Close), t::answer_no(l)),
            State::Skipped => (html! { "–" }, t::checklist_skipped(l)),
            State::Silent => (html! { "?" }, t::checklist_silent(l)),
        };
        let evidence = |(question, holds): (usize, &Query)| {
            let answer = self.answers.get(&(nth, question));
            let right = answer.is_none_or(|answer| *answer == holds.is);
            html! {
                <li><code>{ asked(&holds.ask) }</code>
                    <code class={classes!("ck-a", (!right).then_some("bad"))}>{ answer.map_or_else(|| "…".to_owned(), |answer| words::answer(answer, l).to_owned()) }</code>
                    if !right { <small>{ t::expected(l, words::answer(&holds.is, l)) }</small> }
                </li>
            }
        };
        html! {
            <li key={item.id.clone()} data-item={item.id.clone()} data-state={state.id()}>
                <span class="g">{ sign }<span class="sr">{ said }</span></span>
                <div>
                    <b>{ label(scene, item) }</b>
                    if state != State::Skipped { <ul>{ for item.queries(self.build).map(evidence) }</ul> }
                    if state == State::Silent { <small>{ t::checklist_silent(l) }</small> }
                    if state == State::Fails { <div class="md">{ for scene.captions.get(&item.id).map(|html| prose(html)) }</div> }
                </div>
            </li>
        }
    }
}

/// What is asked, as one would type or look for it.
fn asked(ask: &Probe) -> String {
    match ask {
        Probe::Ring(value) => format!("smi {value:x}"),
        Probe::Say(text) | Probe::Status(text) => text.clone(),
        Probe::Value(name) => format!("getvar {name}"),
        Probe::Record(name) => format!("NVRAM: {name}"),
        Probe::Audit(name) | Probe::Register(name) => name.clone(),
        Probe::Log(text) => format!("402h: “{text}”"),
        Probe::Dispatched(name) | Probe::Why(name) => name.clone(),
        Probe::Hidden => "SMRAM".to_owned(),
        Probe::Locked => "D_LCK".to_owned(),
        Probe::Boots => "POST".to_owned(),
        // DEL behind a command is a key that is held.
        Probe::After(after) => format!("{} ⏎ {}", commands(&after.say), asked(&after.ask)).replace('\u{7f}', " + DEL"),
    }
}

/// Many of one kind in a row are shown as a few.
fn commands(say: &[String]) -> String {
    const SHOWN: usize = 5;
    let (first, rest) = say.split_at(say.len().min(SHOWN));
    let dots = if rest.len() > 1 { " ⏎ …" } else { "" };
    let last = rest.last().map(|last| format!(" ⏎ {last}")).unwrap_or_default();
    first.join(" ⏎ ") + dots + &last
}
