//! Wires the page of flash and variables to the worker and to the reader's hands. Each command and each power
//! cut is a step that begins at a moment of the machine's history: to take it back is to go there.

use super::exchange;
use super::locks::locks;
use super::map::map;
use super::power::power;
use super::records::{Shown, records};
use super::store;
use crate::bench::edit::Edit;
use crate::bench::{Build, Damage, Deed, Model, Shared, Trouble};
use crate::board::{dropped, words as board_words};
use crate::chipset::words as chipset_words;
use crate::console::Console;
use crate::faults::Faults;
use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::link::{Handle, News};
use crate::operations::operations;
use crate::{files, rom, save, tabs};
use protocol::chipset::ChipsetView;
use protocol::{CutAt, FlashView, Outcome, Rest, ToWorker};
use std::rc::Rc;
use web_sys::File;
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
    Build(Build),
    /// The record whose bytes are shown.
    Open(Option<usize>),
    Faults(Vec<Edit>),
    ShowFaults,
    Undo,
    Redo,
    CopyLink,
    SaveStore,
    SaveJson,
}

pub enum Msg {
    News(News),
    Image(Build, Result<Vec<u8>, String>),
    File(File),
    FileRead(String, Option<Vec<u8>>),
    Copied(bool),
    Panel(&'static str),
    Do(Act),
}

/// Something done to the machine.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    text: String,
    cut: bool,
    /// Where it began, and how many commands had been said before.
    home: u64,
    said: usize,
}

pub struct FlashPage {
    handle: Handle,
    model: Model,
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
    picking: bool,
    panel: &'static str,
    damage: Option<Damage>,
    note: Option<&'static str>,
    /// The image as it was fetched: a store that is brought goes into it.
    image: Vec<u8>,
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
        let handle = Handle::open(ctx.link().callback(Msg::News));
        let (shared, damage) = match Shared::parse(&ctx.props().link) {
            Some(Ok(shared)) => (shared, None),
            Some(Err(damage)) => (Shared::default(), Some(damage)),
            None => (Shared::default(), None),
        };
        let picking = !shared.edits.is_empty();
        let mut model = Model::new(handle.id(), shared.build, Vec::new(), shared.edits).on_any_board();
        model.to_do = shared.said.into_iter().map(Deed::Say).collect();
        fetch(ctx, model.build);
        FlashPage {
            handle,
            model,
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
            picking,
            panel: "console",
            damage,
            note: None,
            image: Vec::new(),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::News(News::Message(message)) => self.model.received(message),
            Msg::News(News::Crashed) => self.model.crashed(),
            Msg::Image(build, Ok(bytes)) if build == self.model.build => {
                self.image.clone_from(&bytes);
                self.handle.hold(build.id(), bytes);
                self.model.image_held();
            }
            Msg::Image(_, Ok(_)) => return false,
            Msg::Image(_, Err(why)) => self.model.trouble = Some(Trouble::Fetch(why)),
            Msg::File(file) => ctx.link().send_future(async move {
                let bytes = rom::read_file(&file).await;
                Msg::FileRead(file.name(), bytes)
            }),
            Msg::FileRead(name, bytes) => self.bring(name, bytes),
            Msg::Copied(done) => self.note = Some(if done { "copied" } else { "not-copied" }),
            Msg::Panel(panel) => self.panel = panel,
            Msg::Do(act) => self.act(ctx, act),
        }
        self.follow();
        self.model.outgoing().iter().for_each(|message| self.handle.send(message));
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (link, l, model) = (ctx.link(), ctx.props().lang, &self.model);
        let act = link.callback(Msg::Do);
        let panel = |name: &str| classes!("panel", format!("at-{name}"), (self.panel != name).then_some("away"));
        let nv = self.flash.as_ref().and_then(|flash| flash.nvram.as_ref()).map(|(_, bytes)| store::read(bytes));
        let take = dropped::taken(link.callback(Msg::File));
        html! {
            <div class="board flsp" data-ready={self.is_ready().to_string()} data-steps={self.steps.len().to_string()}
                ondragover={dropped::over()} ondrop={take}>
                { self.bar(&act, link.callback(Msg::File), l) }
                if self.picking {
                    <section class="panel at-faults" aria-label={t::faults(l)}>
                        <Faults edits={model.draft.edits().to_vec()} choose={act.reform(Act::Faults)} lang={l} />
                    </section>
                }
                { self.notes(l) }
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

fn fetch(ctx: &Context<FlashPage>, build: Build) {
    ctx.link()
        .send_future(async move { Msg::Image(build, files::bytes(&format!("firmware/{}.fd", build.id())).await) });
}

impl FlashPage {
    /// Nothing is under way, and what is shown is so.
    fn is_ready(&self) -> bool {
        self.model.is_idle()
            && self.model.to_do.is_empty()
            && self.asked.is_none()
            && !self.stale
            && self.flash.as_ref().is_some_and(|flash| flash.time == self.model.home)
    }

    fn act(&mut self, ctx: &Context<Self>, act: Act) {
        match act {
            Act::Say(text) if self.is_ready() && self.model.can_say() && !text.trim().is_empty() => {
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
            Act::ShowFaults => self.picking = !self.picking,
            Act::Build(build) => {
                self.afresh();
                self.model.boot = None;
                self.model.choose(build);
                fetch(ctx, build);
            }
            Act::Faults(edits) => self.redraw(|model| model.with_draft(|draft| draft.set(edits))),
            Act::Undo => self.redraw(|model| model.with_draft(|draft| draft.undo())),
            Act::Redo => self.redraw(|model| model.with_draft(|draft| draft.redo())),
            Act::CopyLink => {
                let said = self.model.said.iter().map(|exchange| exchange.text.clone()).collect();
                let shared = Shared { build: self.model.build, edits: self.model.draft.edits().to_vec(), said };
                let query = shared.query();
                ctx.link().send_future(async move { Msg::Copied(save::copy_link(&format!("#/flash?{query}")).await) });
            }
            Act::SaveStore => {
                if let Some((_, bytes)) = self.flash.as_ref().and_then(|flash| flash.nvram.as_ref()) {
                    save::download(bytes, "nvram.fv", "application/octet-stream");
                }
            }
            Act::SaveJson => {
                let nvram = self.flash.as_ref().and_then(|flash| flash.nvram.as_ref());
                match nvram.and_then(|(_, bytes)| exchange::export(bytes)) {
                    Some(json) => save::download(json.as_bytes(), "variables.json", "application/json"),
                    None => self.model.trouble = Some(Trouble::File("variables.json".to_owned())),
                }
            }
        }
    }

    /// Other faults: the image boots anew.
    fn redraw(&mut self, change: impl FnOnce(&mut Model)) {
        self.afresh();
        change(&mut self.model);
        self.model.start();
    }

    fn afresh(&mut self) {
        self.steps.clear();
        self.stale = true;
        (self.before, self.chips_before, self.note) = (None, None, None);
    }

    fn begin(&mut self, text: String, cut: bool, deed: Deed) {
        self.steps.push(Step { text, cut, home: self.model.home, said: self.model.said.len() });
        (self.before, self.chips_before) = (self.flash.clone(), self.chips.clone());
        self.model.run([deed]);
    }

    fn back(&mut self, nth: usize) {
        let Some(step) = self.steps.get(nth).cloned() else { return };
        self.steps.truncate(nth);
        self.model.said.truncate(step.said);
        (self.before, self.chips_before) = (None, None);
        self.model.go_back(step.home);
    }

    /// Takes the worker's views, and asks for those that are due.
    fn follow(&mut self) {
        if let Some(flash) = self.model.flashed.pop() {
            self.flash = Some(Rc::new(flash));
            // The worker answers in order: before it has booted, this is of the boot before.
            self.stale &= self.model.booting.is_some();
        }
        if let Some(chips) = self.model.inspected.pop() {
            self.chips = Some(Rc::new(chips));
            self.asked = None;
        }
        let stale = self.stale || self.flash.as_ref().is_none_or(|flash| flash.time != self.model.home);
        let seen = self.model.boot.is_some() && self.model.booting.is_none();
        let idle = self.model.is_idle() && self.model.to_do.is_empty();
        if (idle || seen && self.stale) && stale && self.asked.is_none() {
            self.asked = Some(self.model.home);
            self.model.flash(self.model.home);
            self.model.inspect(self.model.home);
        }
    }

    /// A store, or variables as JSON, as they were saved: the image boots with them.
    fn bring(&mut self, name: String, bytes: Option<Vec<u8>>) {
        let place = self.flash.as_ref().and_then(|flash| {
            let (from, old) = flash.nvram.as_ref()?;
            Some(((from - flash.window) as usize, old))
        });
        let (Some(bytes), Some((from, old))) = (bytes, place) else {
            return self.model.trouble = Some(Trouble::File(name));
        };
        let volume = match exchange::parse(&bytes) {
            Some(list) => exchange::with(old, &list),
            None if bytes.len() == old.len() && store::read(&bytes).broken.is_none() => Ok(bytes),
            None => Err(String::new()),
        };
        let bytes = match volume {
            Ok(volume) => volume,
            Err(why) if why.is_empty() => return self.model.trouble = Some(Trouble::File(name)),
            Err(why) => return self.model.trouble = Some(Trouble::File(format!("{name}: {why}"))),
        };
        let mut image = self.image.clone();
        if let Some(room) = image.get_mut(from..from + bytes.len()) {
            room.copy_from_slice(&bytes);
        }
        self.afresh();
        let edits = self.model.draft.edits().to_vec();
        self.model.choose_own();
        self.model.with_draft(|draft| draft.set(edits));
        self.handle.send(&ToWorker::Hold { image: self.model.image.clone(), bytes: image });
        self.model.image_held();
    }

    fn bar(&self, act: &Callback<Act>, file: Callback<File>, l: Lang) -> Html {
        let model = &self.model;
        let on = |deed: Act| act.reform(move |_: MouseEvent| deed.clone());
        let last = self.steps.len().saturating_sub(1);
        let small = |deed: Act, id: &'static str, name: &'static str, sign: Icon, off: bool| {
            html! {
                <button type="button" class="btn sm ico" data-act={id} aria-label={name} title={name} disabled={off} onclick={on(deed)}>{ icon(sign) }</button>
            }
        };
        let faults = model.draft.edits().len();
        html! {
            <div class="bbar">
                <span class="img"><b>{ "smmlab.fd" }</b>{ " · ich9" }if faults > 0 { { " · " }<em>{ t::edits_count(l, &faults.to_string()) }</em> }</span>
                <span class="seg" role="group" aria-label={t::build(l)}>
                    { for Build::ALL.into_iter().map(|build| html! {
                        <button type="button" data-build={build.id()} aria-pressed={(model.build == build).to_string()} onclick={on(Act::Build(build))}>{ build.name() }</button>
                    }) }
                </span>
                <button type="button" class="btn" data-act="faults" aria-expanded={self.picking.to_string()} onclick={on(Act::ShowFaults)}>{ icon(Icon::Warn) }<span>{ t::faults(l) }</span></button>
                { small(Act::Undo, "undo", t::undo(l), Icon::Undo, !model.draft.can_undo()) }
                { small(Act::Redo, "redo", t::redo(l), Icon::Redo, !model.draft.can_redo()) }
                <button type="button" class="btn" data-act="back" disabled={self.steps.is_empty()} aria-disabled={(!self.is_ready()).to_string()} onclick={on(Act::Back(last))}>{ icon(Icon::Back) }<span>{ t::step_back_one(l) }</span></button>
                <button type="button" class="btn" data-act="afresh" disabled={self.steps.is_empty()} aria-disabled={(!self.is_ready()).to_string()} onclick={on(Act::Back(0))}>{ icon(Icon::Again) }<span>{ t::steps_afresh(l) }</span></button>
                <span class="sp"></span>
                <span class="run" role="status" data-rest={(model.rest == Rest::Os).then_some("os")}>{ self.status(l) }</span>
                { small(Act::CopyLink, "copy-link", t::copy_link(l), Icon::Link, false) }
                { small(Act::SaveStore, "save-store", t::store_save(l), Icon::Save, self.flash.is_none()) }
                <button type="button" class="btn sm" data-act="save-json" aria-label={t::store_save_json(l)} title={t::store_save_json(l)} disabled={self.flash.is_none()}
                    onclick={on(Act::SaveJson)}>{ "JSON" }</button>
                <label class="btn sm ico" title={t::store_bring(l)}>
                    { icon(Icon::Rom) }<input class="sr" type="file" aria-label={t::store_bring(l)} onchange={rom::picked(file)} />
                </label>
            </div>
        }
    }

    fn status(&self, l: Lang) -> String {
        let stuck = self.model.boot.as_ref().filter(|boot| boot.chronicle.outcome != Outcome::Prompt);
        if let Some(boot) = stuck.filter(|_| self.model.booting.is_none()) {
            let post = boot.chronicle.post.last().map_or_else(String::new, |(_, code)| format!(" · POST {code:02X}"));
            let how = match boot.chronicle.outcome {
                Outcome::Shutdown { .. } => "shutdown",
                Outcome::Exit { .. } => "exit",
                Outcome::Endless => "endless",
                Outcome::Off => "off",
                Outcome::Hung | Outcome::Prompt => "hung",
            };
            return format!("{}{post}", crate::words::answer(how, l));
        }
        match (self.model.booting, self.is_ready()) {
            (Some(time), _) => t::booting(l, &decimal(time)),
            (None, false) if self.model.trouble.is_none() && self.model.is_idle() => t::chips_running(l).into(),
            _ => chipset_words::rest(self.model.rest, l),
        }
    }

    fn notes(&self, l: Lang) -> Html {
        let bad = self.damage.as_ref().map(|damage| board_words::damaged(damage, l));
        let bad = bad.or_else(|| self.model.trouble.as_ref().map(|trouble| board_words::trouble(trouble, l)));
        let note = self.note.map(|note| if note == "copied" { t::link_copied(l) } else { t::link_not_copied(l) });
        html! {
            <>
                if let Some(text) = bad { <div class="notice wide" role="alert">{ icon(Icon::Warn) }<p>{ text }</p></div> }
                <p class="said" role="status">{ note.unwrap_or_default() }</p>
            </>
        }
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
        let ready = self.is_ready() && self.model.can_say();
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
            self.model.told.log.iter().filter(|line| line.time >= from && of_variables(&line.text)).collect();
        let cut = self.steps.last().is_some_and(|step| step.cut);
        let missed = cut && self.model.is_idle() && self.model.told.cuts.iter().all(|time| *time < from);
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
