//! The page of flash and variables as a view of a bench. Each command and each power cut is a step that begins at a
//! moment of the machine's history: to take it back is to go there.

use super::bar::bar;
use super::exchange;
use super::locks::locks;
use super::map::map;
use super::power::power;
use super::records::{Shown, records};
use super::store;
use crate::bars::{Parts, undo_key};
use crate::bench::desk::{self, Desk, Place};
use crate::bench::{self, Deed, Model, Trouble};
use crate::console::Console;
use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::operations::operations;
use crate::{dropped, save, tabs};
use protocol::chipset::ChipsetView;
use protocol::{CutAt, FlashView};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// What the address carries.
    pub link: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Say(String),
    CutNow,
    Arm(bool),
    CutAt(CutAt),
    /// To before the step of this number.
    Back(usize),
    /// The record whose bytes are shown.
    Open(Option<usize>),
    SaveStore,
    SaveJson,
}

pub enum Msg {
    Desk(desk::Msg),
    /// What was brought, by its name, and the image that it goes into.
    Brought(String, Option<(Vec<u8>, Vec<u8>)>),
    Panel(&'static str),
    Do(Act),
}

/// Something done to the machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    text: String,
    cut: bool,
    /// Where it began, and how many commands had been said before.
    home: u64,
    said: usize,
}

pub struct FlashPage {
    desk: Desk,
    /// Of the model's: what is seen and done is of this boot.
    turn: u32,
    steps: Vec<Step>,
    /// What was seen last, and before the last step.
    flash: Option<Rc<FlashView>>,
    before: Option<Rc<FlashView>>,
    chips: Option<Rc<ChipsetView>>,
    chips_before: Option<Rc<ChipsetView>>,
    /// What is seen is of another boot.
    stale: bool,
    /// Views under way are of this moment.
    asked: Option<u64>,
    cut_at: CutAt,
    armed: bool,
    open: Option<usize>,
    panel: &'static str,
}

const PANELS: [(&str, tabs::Name); 4] =
    [("console", t::tab_console), ("store", t::tab_store), ("operations", t::tab_operations), ("map", t::tab_map)];

/// Commands to press.
const OFFERS: [&str; 7] =
    ["lsvar", "setvar Demo 7 c0ffee", "getvar Demo", "delvar Demo", "flash 48656c6c6f", "setup", "reboot"];
const MOST_OPERATIONS: usize = 60;

impl Component for FlashPage {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let place = Place { page: "flash", base: Vec::new(), at_once: true };
        let mut desk = Desk::open(ctx.link().callback(Msg::Desk), place, &ctx.props().link);
        desk.picking = !desk.edits().is_empty();
        FlashPage::on(desk)
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if ctx.props().link != old.link
            && let Some(desk) = self.desk.linked(&ctx.props().link)
        {
            *self = FlashPage { panel: self.panel, ..FlashPage::on(desk) };
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Desk(desk::Msg::Brought(name, bytes)) => {
                let build = self.model().build;
                ctx.link().send_future(async move { Msg::Brought(name, bytes.zip(bench::image(build).await.ok())) });
            }
            Msg::Desk(msg) => self.desk.update(msg),
            Msg::Brought(name, bytes) => self.bring(name, bytes),
            Msg::Panel(panel) => self.panel = panel,
            Msg::Do(act) => self.act(act),
        }
        self.follow();
        self.desk.host.send();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (link, l, model) = (ctx.link(), ctx.props().lang, self.model());
        let act = link.callback(Msg::Do);
        let to = link.callback(Msg::Desk);
        let parts = Parts { desk: &self.desk, to: &to, l };
        let undo = link.batch_callback(|event: KeyboardEvent| undo_key(&event).map(|act| Msg::Desk(act.into())));
        let panel = |name: &str| classes!("panel", format!("at-{name}"), (self.panel != name).then_some("away"));
        let nv = self.flash.as_ref().and_then(|flash| flash.nvram.as_ref()).map(|(_, bytes)| store::read(bytes));
        let take = dropped::taken(to.reform(desk::Msg::File));
        html! {
            <div class="board flsp" data-ready={self.is_ready().to_string()} data-steps={self.steps.len().to_string()}
                onkeydown={undo} ondragover={dropped::over()} ondrop={take}>
                { bar(self, parts, &act) }
                { parts.catalogue() }
                { parts.notes() }
                { tabs::tabs(&PANELS, self.panel, link.callback(Msg::Panel), l) }
                <div class="flsp-b">
                    <section class={panel("console")} aria-label={t::panel_console(l)}>
                        { power(self.cut_at, self.armed, self.is_ready(), &act, l) }
                        <Console boot={model.boot.clone()} said={model.said.clone()} prompt={model.prompt.clone()} ready={self.is_ready() && model.can_say()}
                            say={act.reform(Act::Say)} lang={l} offers={&OFFERS[..]} />
                    </section>
                    <section class={panel("store")} aria-label={t::panel_store(l)}>{ self.store(nv.as_ref(), &act, l) }</section>
                    <section class={panel("operations")} aria-label={t::panel_operations(l)}>
                        <div class="ph"><h2>{ t::panel_operations(l) }</h2><small>{ "SPI" }</small></div>
                        { operations(&model.told, self.flash.as_ref().map_or(0, |flash| flash.size), 0, MOST_OPERATIONS, l) }
                        { self.log(l) }
                    </section>
                    <section class={panel("map")} aria-label={t::panel_map(l)}>{ self.map(nv.as_ref(), l) }</section>
                    <section class={classes!(panel("map"), "at-locks")} aria-label={t::locks_title(l)}>{ self.locks(&act, l) }</section>
                </div>
            </div>
        }
    }
}

impl FlashPage {
    fn on(desk: Desk) -> Self {
        FlashPage {
            desk,
            turn: 0,
            steps: Vec::new(),
            flash: None,
            before: None,
            chips: None,
            chips_before: None,
            stale: true,
            asked: None,
            cut_at: CutAt { operation: 1, done: 128 },
            armed: false,
            open: None,
            panel: "console",
        }
    }

    pub fn model(&self) -> &Model {
        &self.desk.host.model
    }

    fn model_mut(&mut self) -> &mut Model {
        &mut self.desk.host.model
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The flash was seen.
    pub fn is_seen(&self) -> bool {
        self.flash.is_some()
    }

    /// Nothing is under way, and what is shown is so.
    pub fn is_ready(&self) -> bool {
        let model = self.model();
        let seen = self.flash.as_ref().is_some_and(|flash| flash.time == model.home);
        model.is_fresh() && model.is_idle() && model.to_do.is_empty() && self.asked.is_none() && !self.stale && seen
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Say(text) if self.is_ready() && self.model().can_say() && !text.trim().is_empty() => {
                let cut = std::mem::take(&mut self.armed);
                let deed = if cut { Deed::Cut(Some((text.clone(), self.cut_at))) } else { Deed::Say(text.clone()) };
                self.begin(text, cut, deed);
            }
            Act::CutNow if self.is_ready() => self.begin(String::new(), true, Deed::Cut(None)),
            Act::Back(nth) if self.is_ready() => self.back(nth),
            Act::Say(_) | Act::CutNow | Act::Back(_) => {}
            Act::Arm(on) => self.armed = on,
            Act::CutAt(at) => self.cut_at = at,
            Act::Open(record) => self.open = record,
            Act::SaveStore => {
                if let Some((_, bytes)) = self.flash.as_ref().and_then(|flash| flash.nvram.as_ref()) {
                    save::download(bytes, "nvram.fv", "application/octet-stream");
                }
            }
            Act::SaveJson => {
                let nvram = self.flash.as_ref().and_then(|flash| flash.nvram.as_ref());
                match nvram.and_then(|(_, bytes)| exchange::export(bytes)) {
                    Some(json) => save::download(json.as_bytes(), "variables.json", "application/json"),
                    None => self.model_mut().trouble = Some(Trouble::File("variables.json".to_owned())),
                }
            }
        }
    }

    /// Another boot begins.
    fn afresh(&mut self) {
        self.turn = self.model().turn;
        if !self.steps.is_empty() {
            self.model_mut().to_do.clear();
        }
        self.steps.clear();
        self.stale = true;
        (self.before, self.chips_before) = (None, None);
    }

    fn begin(&mut self, text: String, cut: bool, deed: Deed) {
        self.steps.push(Step { text, cut, home: self.model().home, said: self.model().said.len() });
        (self.before, self.chips_before) = (self.flash.clone(), self.chips.clone());
        self.model_mut().run([deed]);
    }

    fn back(&mut self, nth: usize) {
        let Some(step) = self.steps.get(nth).cloned() else { return };
        self.steps.truncate(nth);
        self.model_mut().said.truncate(step.said);
        (self.before, self.chips_before) = (None, None);
        self.model_mut().go_back(step.home);
    }

    /// Takes the worker's views, and asks for those that are due.
    fn follow(&mut self) {
        if self.turn != self.model().turn {
            self.afresh();
        }
        let model = &mut self.desk.host.model;
        let booted = model.is_fresh() && model.booting.is_none();
        if let Some(flash) = model.flashed.pop() {
            self.flash = Some(Rc::new(flash));
            // The worker answers in order: before it has booted, this is of the boot before.
            self.stale &= !booted;
        }
        if let Some(chips) = model.inspected.pop() {
            self.chips = Some(Rc::new(chips));
            self.asked = None;
        }
        let stale = self.stale || self.flash.as_ref().is_none_or(|flash| flash.time != model.home);
        let idle = model.is_idle() && model.to_do.is_empty();
        // A boot that got stuck is seen, too.
        if booted && (idle || self.stale) && stale && self.asked.is_none() {
            self.asked = Some(model.home);
            model.flash(model.home);
            model.inspect(model.home);
        }
    }

    /// A store, or variables as JSON, as they were saved: the image boots with them.
    fn bring(&mut self, name: String, bytes: Option<(Vec<u8>, Vec<u8>)>) {
        match bytes.and_then(|(bytes, image)| self.with_store(&bytes, image)) {
            Some(Ok(image)) => {
                let edits = self.desk.edits().to_vec();
                self.desk.host.bring(image, edits);
            }
            Some(Err(why)) => self.model_mut().trouble = Some(Trouble::File(format!("{name}: {why}"))),
            None => self.model_mut().trouble = Some(Trouble::File(name)),
        }
    }

    /// The image with this store. `None`: it is none.
    fn with_store(&self, bytes: &[u8], mut image: Vec<u8>) -> Option<Result<Vec<u8>, String>> {
        let flash = self.flash.as_ref()?;
        let (from, old) = flash.nvram.as_ref()?;
        let volume = match exchange::parse(bytes) {
            Some(list) => exchange::with(old, &list),
            None if bytes.len() == old.len() && store::read(bytes).broken.is_none() => Ok(bytes.to_vec()),
            None => return None,
        };
        Some(volume.map(|volume| {
            let from = (from - flash.window) as usize;
            if let Some(room) = image.get_mut(from..from + volume.len()) {
                room.copy_from_slice(&volume);
            }
            image
        }))
    }

    fn store(&self, nv: Option<&store::Nv>, act: &Callback<Act>, l: Lang) -> Html {
        let bytes = |view: &FlashView| view.nvram.as_ref().map(|(from, bytes)| (*from, bytes.clone()));
        let shown = self.flash.as_deref().and_then(|flash| bytes(flash).map(|(from, bytes)| (flash, from, bytes)));
        let head = html! { <div class="ph"><h2>{ t::panel_store(l) }</h2><small>{ "NVRAM" }</small></div> };
        let (Some((flash, from, now)), Some(nv)) = (shown, nv) else {
            return html! { <>{ head }<p class="none">{ if self.flash.is_some() { t::store_broken(l) } else { t::content_loading(l) } }</p></> };
        };
        let before = self.before.as_deref().and_then(|view| view.nvram.as_ref()).map(|(_, bytes)| bytes.as_slice());
        let base = (1 << 32) - u64::from(flash.size) + u64::from(from);
        let shown = Shown { nv, bytes: &now, before, base, open: self.open };
        html! { <>{ head }{ records(&shown, act, l) }</> }
    }

    fn map(&self, nv: Option<&store::Nv>, l: Lang) -> Html {
        let Some(flash) = self.flash.as_deref() else {
            return html! { <p class="none">{ t::content_loading(l) }</p> };
        };
        html! {
            <>
                <div class="ph"><h2>{ t::panel_map(l) }</h2><small>{ t::kib(l, &decimal(u64::from(flash.size) >> 10)) }</small></div>
                { map(flash, nv, l) }
            </>
        }
    }

    fn locks(&self, act: &Callback<Act>, l: Lang) -> Html {
        let Some((flash, chips)) = self.flash.as_deref().zip(self.chips.as_deref()) else { return Html::default() };
        let ready = self.is_ready() && self.model().can_say();
        html! {
            <>
                <div class="ph"><h2>{ t::locks_title(l) }</h2></div>
                <p class="rhint">{ t::locks_hint(l) }</p>
                { locks(chips, self.chips_before.as_deref(), flash, &act.reform(Act::Say), ready, l) }
            </>
        }
    }

    /// Lines of the firmware's log that are about flash and variables.
    fn log(&self, l: Lang) -> Html {
        let from = self.steps.last().map_or(0, |step| step.home);
        let lines: Vec<_> =
            self.model().told.log.iter().filter(|line| line.time >= from && of_variables(&line.text)).collect();
        let cut = self.steps.last().is_some_and(|step| step.cut);
        let missed = cut && self.model().is_idle() && self.model().told.cuts.iter().all(|time| *time < from);
        html! {
            <>
                if missed { <p class="fault pad" role="status">{ icon(Icon::Warn) }<span>{ t::cut_missed(l) }</span></p> }
                if !lines.is_empty() {
                    <div class="ph"><h2>{ t::panel_log(l) }</h2><small class="mono">{ "402h" }</small></div>
                    <ol class="dlog">{ for lines.iter().map(|line| html! { <li>{ line.text.clone() }</li> }) }</ol>
                }
            </>
        }
    }
}

pub fn of_variables(text: &str) -> bool {
    [
        "VariableSmm:",
        "SmmVar:",
        "SpiFlash:",
        "Ftw:",
        "Variable: ",
        "SetVariable() =",
        "Setup:",
        "FlashUpdate",
        "UpdateVariable",
        "[Bds] SetupData",
        "[Bds] defaults",
        "Firmware Volume for Variable",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}
