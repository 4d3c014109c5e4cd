//! Three drivers and the lock: cards to drag across the line, and SMRAM with what they registered.

use crate::bench::edit::{Edit, Place};
use crate::bench::{Act, Boot, Exchange, short};
use crate::board::words;
use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use std::rc::Rc;
use story::dispatch::{Expression, File, Listing, Module};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlSelectElement};
use yew::prelude::*;

const SHOWN: [&str; 4] = ["DriverA", "DriverB", "DriverC", LOCKS];
/// Asks for the lock: it is the line.
const LOCKS: &str = "PlatformSmm";
/// The driver that is rung, and whose DEPEX can be chosen.
const RUNG: &str = "DriverC";
const COMMAND: &str = "smi 43";
/// DEPEX texts to choose from: the right one, and one that comes true at the lock.
const DEPEX: [&str; 2] = [
    "PUSH gEfiSmmSwDispatch2ProtocolGuid PUSH gSmmLabDriverBProtocolGuid AND END",
    "PUSH gEfiSmmReadyToLockProtocolGuid END",
];

#[derive(PartialEq, Properties)]
pub struct Props {
    pub listing: Option<Rc<Listing>>,
    pub boot: Option<Rc<Boot>>,
    pub said: Vec<Exchange>,
    pub ready: bool,
    pub act: Callback<Act>,
    pub lang: Lang,
}

pub enum Msg {
    Take(usize, i32),
    Over(f64),
    Put,
    Cancel,
    /// By one, with the keys.
    Nudge(usize, bool),
}

/// Where the shown files lie: volume, and places in it.
struct Places {
    volume: usize,
    at: Vec<usize>,
}

pub struct Drivers {
    /// The card in hand, and where it would lie, among the shown.
    grab: Option<(usize, usize)>,
    list: NodeRef,
    refocus: Option<String>,
}

impl Component for Drivers {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Drivers { grab: None, list: NodeRef::default(), refocus: None }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Take(nth, pointer) => {
                self.grab = Some((nth, nth));
                if let Some(list) = self.list.cast::<Element>() {
                    let _ = list.set_pointer_capture(pointer);
                }
            }
            Msg::Over(y) => {
                let Some((nth, to)) = self.grab else { return false };
                let now = self.list.cast::<Element>().map_or(to, |list| crate::board::above(&list, y));
                self.grab = Some((nth, now));
                return now != to;
            }
            Msg::Put => {
                if let Some((nth, to)) = self.grab.take() {
                    move_to(ctx.props(), nth, to);
                }
            }
            Msg::Cancel => self.grab = None,
            Msg::Nudge(nth, down) => {
                let count = places(ctx.props()).map_or(0, |places| places.at.len());
                let to = if down { (nth + 1).min(count.saturating_sub(1)) } else { nth.saturating_sub(1) };
                self.refocus = file_at(ctx.props(), nth).and_then(|file| file.name.clone());
                move_to(ctx.props(), nth, to);
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (props, link, l) = (ctx.props(), ctx.link(), ctx.props().lang);
        let Some(places) = places(props) else { return html! { <div class="drv wait-drv"></div> } };
        let mut order: Vec<usize> = (0..places.at.len()).collect();
        if let Some((nth, to)) = self.grab {
            order.remove(nth);
            order.insert(to.min(order.len()), nth);
        }
        let over = link.callback(|event: PointerEvent| Msg::Over(f64::from(event.client_y())));
        html! {
            <>
                <div class="drv">
                    <div class="drv-h"><span>{ t::scene_order(l) }</span><span>{ t::scene_room(l) }</span></div>
                    <ol ref={self.list.clone()} onpointermove={over} onpointerup={link.callback(|_: PointerEvent| Msg::Put)}
                        onpointercancel={link.callback(|_: PointerEvent| Msg::Cancel)} aria-label={t::scene_order(l)}>
                        { for order.into_iter().map(|nth| self.card(ctx, nth)) }
                    </ol>
                </div>
                { call(props) }
            </>
        }
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        let Some(name) = self.refocus.take() else { return };
        let grip = self
            .list
            .cast::<Element>()
            .and_then(|list| list.query_selector(&format!("[data-file=\"{name}\"] .grip")).ok().flatten());
        if let Some(grip) = grip.and_then(|grip| grip.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = grip.focus();
        }
    }
}

fn places(props: &Props) -> Option<Places> {
    let listing = props.listing.as_ref()?;
    let shown = |file: &File| file.name.as_deref().is_some_and(|name| SHOWN.contains(&name));
    let volume = listing.volumes.iter().position(|volume| volume.files.iter().any(shown))?;
    let files = listing.volumes[volume].files.iter().enumerate();
    Some(Places { volume, at: files.filter(|(_, file)| shown(file)).map(|(at, _)| at).collect() })
}

fn file_at(props: &Props, nth: usize) -> Option<&File> {
    let places = places(props)?;
    props.listing.as_ref()?.volumes[places.volume].files.get(*places.at.get(nth)?)
}

/// Moves a shown file beside another shown one.
fn move_to(props: &Props, nth: usize, to: usize) {
    let (Some(places), Some(file)) = (places(props), file_at(props, nth)) else { return };
    let to = to.min(places.at.len() - 1);
    let Some(other) = file_at(props, to).filter(|_| to != nth) else { return };
    let name = |file: &File| file.name.clone().unwrap_or_default();
    let place = if to < nth { Place::Before(name(other)) } else { Place::After(name(other)) };
    let edit = Edit::order(&name(file), &place);
    props.act.emit(Act::Move { volume: places.volume, from: places.at[nth], to: places.at[to], edit });
}

impl Drivers {
    fn card(&self, ctx: &Context<Self>, nth: usize) -> Html {
        let (props, link, l) = (ctx.props(), ctx.link(), ctx.props().lang);
        let Some(file) = file_at(props, nth) else { return Html::default() };
        let name = file.name.clone().unwrap_or_default();
        let module = props.boot.as_ref().and_then(|boot| boot.dispatch.module(&file.guid));
        let down = link.batch_callback(move |event: PointerEvent| {
            (event.button() == 0).then(|| Msg::Take(nth, event.pointer_id()))
        });
        let keys = link.batch_callback(move |event: KeyboardEvent| {
            let down = match event.key().as_str() {
                "ArrowDown" => true,
                "ArrowUp" => false,
                _ => return None,
            };
            event.prevent_default();
            Some(Msg::Nudge(nth, down))
        });
        let grip = html! {
            <button type="button" class="grip" aria-label={t::grip(l, &name)} title="Alt + ↑ ↓" onpointerdown={down} onkeydown={keys}>{ icon(Icon::Grip) }</button>
        };
        let grabbed = self.grab.is_some_and(|(from, _)| from == nth).then_some("grabbed");
        if name == LOCKS {
            let lock = props.boot.as_ref().and_then(|boot| boot.dispatch.lock);
            return html! {
                <li class={classes!("file", "lk", grabbed)} key={name.clone()} data-file={name.clone()}>
                    { grip }{ icon(Icon::Lock) }<b class="mono">{ "SmmReadyToLock" }</b><span>{ name }</span><span class="sp"></span>
                    <span class="hide-n">{ lock.map(|lock| t::locked_at(l, &decimal(lock.time))).unwrap_or_default() }</span>
                </li>
            };
        }
        let late = props.boot.as_ref().is_some_and(|boot| boot.absent.iter().any(|absent| absent.file == file.guid));
        let ran = module.is_some_and(|module| module.run.is_some()) && !late;
        html! {
            <li class={classes!("file", "drow", late.then_some("late"), grabbed)} key={name.clone()} data-file={name.clone()} data-state={if late { "absent" } else if ran { "ran" } else { "none" }}>
                <div class="card">
                    { grip }<b class="mono">{ name.clone() }</b>
                    { state(late, ran, l) }
                    <span class="dep">{ depex(props, file, &name) }</span>
                </div>
                <span class="wire" aria-hidden="true"></span>
                <div class="slot">{ slot(module, props, late, l) }</div>
            </li>
        }
    }
}

fn state(late: bool, ran: bool, l: Lang) -> Html {
    match (late, ran) {
        (true, _) => {
            html! { <span class="chip" data-role="fault">{ icon(Icon::Close) }<span>{ t::never_loaded(l) }</span></span> }
        }
        (_, true) => {
            html! { <span class="chip" data-role="ok">{ icon(Icon::Check) }<span>{ t::scene_dispatched(l) }</span></span> }
        }
        _ => html! { <span class="chip">{ "…" }</span> },
    }
}

fn depex(props: &Props, file: &File, name: &str) -> Html {
    let text = file.depex.as_ref().map(Expression::text).unwrap_or_default();
    if name != RUNG {
        let short: Vec<&str> = text.split(' ').filter(|word| !matches!(*word, "PUSH" | "END")).map(short).collect();
        return html! { <><span>{ "DEPEX " }</span><code>{ short.join(" ") }</code></> };
    }
    let act = props.act.clone();
    let file = name.to_owned();
    let choose = move |event: Event| {
        if let Some(select) = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok()) {
            act.emit(Act::Edit(Edit::depex_text(&file, &select.value())));
        }
    };
    let option = |depex: &'static str| {
        let short: Vec<&str> = depex.split(' ').filter(|word| !matches!(*word, "PUSH" | "END")).map(short).collect();
        html! { <option value={depex} selected={text == depex}>{ short.join(" ") }</option> }
    };
    html! { <><span>{ "DEPEX " }</span><select aria-label={t::depex_of(props.lang, name)} onchange={choose}>{ for DEPEX.into_iter().map(option) }</select></> }
}

fn slot(module: Option<&Module>, props: &Props, late: bool, l: Lang) -> Html {
    if late {
        return html! { <><b>{ icon(Icon::Close) }<span>{ t::never_loaded(l) }</span></b><small>{ t::scene_no_handler(l) }</small></> };
    }
    let names = props.boot.as_ref().map(|boot| &boot.listing.names);
    let handler = module.and_then(|module| module.handlers.iter().find(|handler| handler.value > 0));
    match (handler, names) {
        (Some(handler), Some(names)) => {
            html! { <><b>{ words::handler(handler, names) }</b><small>{ t::scene_registered(l) }</small></> }
        }
        _ => Html::default(),
    }
}

/// The call, and how far it got.
fn call(props: &Props) -> Html {
    let l = props.lang;
    let answer =
        props.said.iter().rev().find(|exchange| exchange.text == COMMAND).and_then(|exchange| exchange.answer.clone());
    let heard = answer.as_deref().map(|answer| answer.contains("EFI_SUCCESS"));
    let chip = |role: &'static str, text: String, sign: Option<Icon>| html! { <span class="chip" data-role={role}>{ for sign.map(icon) }{ text }</span> };
    let status = answer.as_deref().and_then(|answer| answer.rsplit(' ').next()).unwrap_or_default().to_owned();
    html! {
        <div class="call">
            <button type="button" class="btn pri" data-act="call" aria-disabled={(!props.ready).to_string()} onclick={props.act.reform(|_: MouseEvent| Act::Say(COMMAND.into()))}>
                { icon(Icon::Play) }<span class="mono">{ "out B2h, 43h" }</span>
            </button>
            <div class="path" aria-live="polite" data-heard={heard.map(|heard| heard.to_string())}>
                { match heard {
                    None => html! { <span>{ t::scene_press(l) }</span> },
                    Some(heard) => html! { <>
                        { chip("os", "OS".into(), None) }{ icon(Icon::Arrow) }{ chip("hw", "SMI#".into(), None) }{ icon(Icon::Arrow) }
                        { chip("smm", "SmmSwDispatch".into(), None) }{ icon(Icon::Arrow) }
                        { if heard { chip("smm", t::scene_answered(l, RUNG), Some(Icon::Check)) } else { chip("fault", t::scene_none(l, "43h"), Some(Icon::Close)) } }
                        { icon(Icon::Arrow) }{ chip("os", format!("RAX = {status}"), None) }
                    </> },
                } }
            </div>
        </div>
    }
}
