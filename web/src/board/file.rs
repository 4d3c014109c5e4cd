//! One file of the list: what it is, and what the boot made of it.

use super::details::Details;
use super::drag::edit_name;
use super::files::{Files, Key, Msg};
use super::words;
use crate::bench::Act;
use crate::bench::{Boot, short};
use crate::format::{decimal, hex_short};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use std::rc::Rc;
use story::dispatch::{Expression, File, Listing, Locked, Module};
use yew::html::Scope;
use yew::prelude::*;

pub struct Row<'a> {
    pub file: &'a File,
    pub listing: &'a Rc<Listing>,
    pub given: Option<&'a Rc<Listing>>,
    pub boot: Option<&'a Rc<Boot>>,
    pub volume: usize,
    pub from: usize,
    pub open: bool,
    pub grabbed: bool,
    pub compare: bool,
}

impl Row<'_> {
    fn module(&self) -> Option<&Module> {
        self.boot?.dispatch.module(&self.file.guid)
    }

    /// Where this boot leaves the healthy one.
    fn differs(&self) -> bool {
        let difference = self.boot.filter(|_| self.compare).and_then(|boot| boot.difference);
        difference.is_some_and(|difference| difference.files().contains(&Some(self.file.guid)))
    }

    fn absent(&self) -> bool {
        self.boot.is_some_and(|boot| boot.absent.iter().any(|absent| absent.file == self.file.guid))
    }
}

pub fn row(row: &Row, act: &Callback<Act>, link: &Scope<Files>, l: Lang) -> Html {
    let (volume, from, guid) = (row.volume, row.from, row.file.guid);
    let module = row.module();
    let bad = row.absent() || module.is_some_and(Module::never_loaded);
    let ran = module.is_some_and(|module| module.run.is_some());
    let sign = match () {
        () if bad => icon(Icon::Close),
        () if ran => icon(Icon::Check),
        () => html! { <span class="i">{ "·" }</span> },
    };
    let name = edit_name(row.file);
    let shown = if row.file.is_volume_top() { "Volume Top File".to_owned() } else { name.clone() };
    let down = link.batch_callback(move |event: PointerEvent| {
        (event.button() == 0).then(|| Msg::Take { volume, from, pointer: Some(event.pointer_id()) })
    });
    let keys = link.batch_callback(move |event: KeyboardEvent| {
        let key = key(&event)?;
        event.prevent_default();
        Some(Msg::Key { volume, from, key })
    });
    let open = row.open;
    let toggle = link.callback(move |_: MouseEvent| Msg::Open((!open).then_some(guid)));
    html! {
        <li key={guid.to_string()} data-guid={guid.to_string()} data-file={name.clone()} data-state={state(bad, ran)}
            class={classes!("file", bad.then_some("bad"), row.grabbed.then_some("grabbed"), row.open.then_some("open"))}>
            <div class="file-h">
                <button type="button" class="grip" aria-label={t::grip(l, &name)} aria-describedby="grip-help"
                    aria-pressed={row.grabbed.to_string()} onpointerdown={down} onkeydown={keys}>{ icon(Icon::Grip) }</button>
                <span class="g">{ sign }</span>
                <button type="button" class="name" aria-expanded={row.open.to_string()} onclick={toggle}>
                    <b>{ shown }</b><em>{ row.file.depex.as_ref().map(brief).unwrap_or_default() }</em>
                </button>
                <span class="chips">{ chips(row, module, bad, l) }</span>
            </div>
            if row.open {
                <Details file={row.file.clone()} listing={row.listing.clone()} given={row.given.cloned()} boot={row.boot.cloned()} volume={row.volume}
                    act={act.clone()} lang={l} />
            }
        </li>
    }
}

fn state(bad: bool, ran: bool) -> &'static str {
    match (bad, ran) {
        (true, _) => "absent",
        (false, true) => "ran",
        (false, false) => "none",
    }
}

fn key(event: &KeyboardEvent) -> Option<Key> {
    Some(match (event.key().as_str(), event.alt_key()) {
        ("ArrowUp", true) => Key::NudgeUp,
        ("ArrowDown", true) => Key::NudgeDown,
        ("ArrowUp", false) => Key::Up,
        ("ArrowDown", false) => Key::Down,
        (" " | "Enter", _) => Key::Hold,
        ("Escape", _) => Key::Escape,
        _ => return None,
    })
}

/// The expression in a few words: `SmmSwDispatch2 DriverB AND`.
fn brief(depex: &Expression) -> String {
    if depex.fault.is_some() {
        return depex.hex();
    }
    let word = |line: &story::dispatch::Line| match (line.op.as_str(), &line.operand) {
        ("PUSH", Some(operand)) => Some(short(operand).to_owned()),
        ("END", _) => None,
        (op, Some(operand)) => Some(format!("{op} {}", short(operand))),
        (op, None) => Some(op.to_owned()),
    };
    depex.lines.iter().filter_map(word).collect::<Vec<_>>().join(" ")
}

/// The details of a file have all of them.
const SHOWN_HANDLERS: usize = 3;

fn chips(row: &Row, module: Option<&Module>, bad: bool, l: Lang) -> Html {
    let apriori = row.listing.volumes[row.volume].apriori.contains(&row.file.guid);
    let run =
        module.and_then(|module| module.run.map(|run| (run, module.verdict().map_or(0, |verdict| verdict.round))));
    let handlers = module.map(|module| module.handlers.as_slice()).unwrap_or_default().iter();
    let handlers: Vec<String> = handlers
        .filter(|handler| handler.value > 0)
        .map(|handler| words::handler(handler, &row.listing.names))
        .collect();
    let (shown, more) = handlers.split_at(handlers.len().min(SHOWN_HANDLERS));
    html! {
        <>
            if row.differs() { <span class="chip" data-role="fault">{ t::differs(l) }</span> }
            if bad { <span class="chip" data-role="fault">{ icon(Icon::Close) }{ t::never_loaded(l) }</span> }
            { for shown.iter().map(|handler| html! { <span class="chip mono" data-role="smm">{ handler }</span> }) }
            if !more.is_empty() { <span class="chip mono" data-role="smm" title={more.join(", ")}>{ format!("+{}", more.len()) }</span> }
            if apriori { <span class="chip" data-role="hw">{ "a priori" }</span> }
            if let Some((run, round)) = run {
                <span class="nth" title={t::ran_at(l, &round.to_string(), &run.nth.to_string(), &decimal(run.time))}>
                    { format!("#{}", run.nth) }
                    if round > 0 { <small>{ format!("r{round}") }</small> }
                </span>
            }
        </>
    }
}

pub fn lock_line(lock: Locked, l: Lang) -> Html {
    html! {
        <li class="lk" key="lock">
            { icon(Icon::Lock) }<b class="mono">{ "SmmReadyToLock" }</b><span class="sp"></span>
            <span>{ t::locked_at(l, &decimal(lock.time)) }</span>
        </li>
    }
}

/// `7F00000h`
pub fn address(at: u64) -> String {
    hex_short(at)
}
