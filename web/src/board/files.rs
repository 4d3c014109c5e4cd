//! The files in the order of their volume, which pointer and keys can change.

use super::apriori::apriori;
use super::drag::{Grab, above, edit_name};
use super::file::{Row, lock_line, row};
use crate::bench::Act;
use crate::bench::Boot;
use crate::bench::edit::Edit;
use crate::i18n::{Lang, t};
use std::rc::Rc;
use story::dispatch::{Guid, Listing};
use web_sys::Element;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub listing: Option<Rc<Listing>>,
    /// Without the reader's edits.
    pub given: Option<Rc<Listing>>,
    /// The boot of just these files.
    pub boot: Option<Rc<Boot>>,
    /// Shows where this boot leaves the healthy one.
    pub compare: bool,
    pub act: Callback<Act>,
    pub lang: Lang,
}

pub enum Msg {
    Take {
        volume: usize,
        from: usize,
        pointer: Option<i32>,
    },
    Over(f64),
    Key {
        volume: usize,
        from: usize,
        key: Key,
    },
    Put,
    Cancel,
    /// Shows what is inside this file, of all one.
    Open(Option<Guid>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Takes the file in hand, or puts it down.
    Hold,
    Up,
    Down,
    /// Moves it by one, at once.
    NudgeUp,
    NudgeDown,
    Escape,
}

pub struct Files {
    open: Option<Guid>,
    grab: Option<Grab>,
    lists: Vec<NodeRef>,
    /// For those who hear the page.
    spoken: String,
    /// The file whose grip gets the focus back, since its row has moved.
    refocus: Option<Guid>,
}

impl Component for Files {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Files {
            open: None,
            grab: None,
            lists: (0..8).map(|_| NodeRef::default()).collect(),
            spoken: String::new(),
            refocus: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Take { volume, from, pointer } => {
                self.grab = Some(Grab { volume, from, to: from, held: pointer.is_none() });
                if let (Some(pointer), Some(list)) = (pointer, self.list(volume)) {
                    // The list, not the grip: rows move under the pointer.
                    let _ = list.set_pointer_capture(pointer);
                }
            }
            Msg::Over(y) => {
                let Some(grab) = self.grab.filter(|grab| !grab.held) else { return false };
                let to = self.list(grab.volume).map_or(grab.to, |list| above(&list, y));
                self.grab = Some(Grab { to, ..grab });
                return to != grab.to;
            }
            Msg::Key { volume, from, key } => self.key(ctx, volume, from, key),
            Msg::Put => self.put(ctx),
            Msg::Cancel => self.grab = None,
            Msg::Open(file) => self.open = file,
        }
        true
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if ctx.props().listing != old.listing {
            self.grab = None;
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { listing, lang: l, .. } = ctx.props();
        let Some(listing) = listing else { return html! { <p class="none">{ t::files_loading(*l) }</p> } };
        html! {
            <>
                <p class="sr" id="grip-help">{ t::grip_help(*l) }</p>
                <p class="sr" aria-live="assertive">{ self.spoken.clone() }</p>
                { for (0..listing.volumes.len()).map(|nth| self.volume(ctx, listing, nth)) }
            </>
        }
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        let Some(file) = self.refocus else { return };
        let document = web_sys::window().and_then(|window| window.document());
        let grip =
            document.and_then(|d| d.query_selector(&format!("li.file[data-guid=\"{file}\"] .grip")).ok().flatten());
        if let Some(grip) = grip.and_then(|grip| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(grip).ok()) {
            let _ = grip.focus();
        }
        if self.grab.is_none() {
            self.refocus = None;
        }
    }
}

impl Files {
    fn list(&self, volume: usize) -> Option<Element> {
        self.lists.get(volume)?.cast()
    }

    fn key(&mut self, ctx: &Context<Self>, volume: usize, from: usize, key: Key) {
        let Some(listing) = ctx.props().listing.clone() else { return };
        let Some(files) = listing.volumes.get(volume).map(|volume| &volume.files) else { return };
        let l = ctx.props().lang;
        let name = files.get(from).map(edit_name).unwrap_or_default();
        self.refocus = files.get(from).map(|file| file.guid);
        let step = |to: usize, down: bool| if down { (to + 1).min(files.len() - 1) } else { to.saturating_sub(1) };
        match (key, self.grab.filter(|grab| grab.from == from && grab.volume == volume)) {
            (Key::Hold, None) => {
                self.grab = Some(Grab { volume, from, to: from, held: true });
                self.spoken = t::grip_taken(l, &name);
            }
            (Key::Hold, Some(_)) => self.put(ctx),
            (Key::Up | Key::Down, Some(grab)) => {
                let to = step(grab.to, key == Key::Down);
                self.grab = Some(Grab { to, ..grab });
                self.spoken = t::grip_moved(l, &files.len().to_string(), &name, &(to + 1).to_string());
            }
            (Key::NudgeUp | Key::NudgeDown, _) => {
                self.grab = Some(Grab { volume, from, to: step(from, key == Key::NudgeDown), held: true });
                self.put(ctx);
            }
            (Key::Escape, Some(_)) => {
                self.grab = None;
                self.spoken = t::grip_cancelled(l, &name);
            }
            _ => {}
        }
    }

    fn put(&mut self, ctx: &Context<Self>) {
        let Some(grab) = self.grab.take() else { return };
        let Some(listing) = &ctx.props().listing else { return };
        let Some(volume) = listing.volumes.get(grab.volume) else { return };
        let Some(name) = volume.files.get(grab.from).map(edit_name) else { return };
        if let Some(place) = grab.place(volume) {
            let (all, to) = (volume.files.len().to_string(), (grab.to + 1).to_string());
            self.spoken = t::grip_moved(ctx.props().lang, &all, &name, &to);
            let edit = Edit::order(&name, &place);
            ctx.props().act.emit(Act::Move { volume: grab.volume, from: grab.from, to: grab.to, edit });
        }
    }

    fn volume(&self, ctx: &Context<Self>, listing: &Rc<Listing>, nth: usize) -> Html {
        let Props { given, boot, compare, act, lang: l, .. } = ctx.props();
        let (link, volume) = (ctx.link(), &listing.volumes[nth]);
        let grab = self.grab.filter(|grab| grab.volume == nth);
        let order = grab.map_or_else(|| (0..volume.files.len()).collect(), |grab| grab.order(volume.files.len()));
        let lock = boot.as_ref().and_then(|boot| boot.dispatch.lock);
        let here = lock.and_then(|lock| lock.by).and_then(|by| volume.files.iter().position(|file| file.guid == by));
        let rows = order.into_iter().map(|from| {
            let file = &volume.files[from];
            let shown = Row {
                file,
                listing,
                given: given.as_ref(),
                boot: boot.as_ref(),
                volume: nth,
                from,
                open: self.open == Some(file.guid),
                grabbed: grab.is_some_and(|grab| grab.from == from),
                compare: *compare,
            };
            let locks = lock.filter(|_| here == Some(from)).map(|lock| lock_line(lock, *l));
            html! { <>{ row(&shown, act, link, *l) }{ locks.unwrap_or_default() }</> }
        });
        let over = link.callback(|event: PointerEvent| Msg::Over(f64::from(event.client_y())));
        let name = t::volume(*l, &volume.at);
        html! {
            <>
                <div class="ph"><h2>{ name.clone() }</h2><small>{ t::volume_files(*l, &volume.files.len().to_string()) }</small></div>
                { apriori(volume, listing, act, *l) }
                <ol class="files" ref={self.lists.get(nth).cloned().unwrap_or_default()} aria-label={name} onpointermove={over}
                    onpointerup={link.callback(|_: PointerEvent| Msg::Put)} onpointercancel={link.callback(|_: PointerEvent| Msg::Cancel)}>
                    { for rows }
                </ol>
            </>
        }
    }
}
