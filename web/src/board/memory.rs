//! Memory as both worlds read it, at the moment that the machine is shown at.

use crate::bench::Model;
use crate::format::{dump, hex};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::Memory;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

const ROW: usize = 16;
const LENGTH: u32 = 256;
/// Places worth a look, beside SMRAM: the variables' volume and the reset vector.
const PLACES: [(&str, u64); 2] = [("NVRAM", 0xfff0_0000), ("Reset vector", 0xffff_ff00)];

/// What is looked at.
#[derive(Default)]
pub struct Look {
    open: bool,
    addr: Option<u64>,
    /// Moment and address of the last question.
    asked: Option<(u64, u64)>,
    shown: Option<Rc<Memory>>,
    /// The same place at the moment before.
    before: Option<Rc<Memory>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Open(bool),
    /// At this address.
    Look(u64),
}

impl Look {
    pub fn act(&mut self, act: Act) {
        match act {
            Act::Open(open) => self.open = open,
            Act::Look(addr) => self.addr = Some(addr & !(ROW as u64 - 1)),
        }
    }

    /// Takes what came, and asks anew when the machine or the address is another.
    pub fn follow(&mut self, model: &mut Model) {
        for memory in model.peeked.drain(..) {
            let same = |old: &Rc<Memory>| old.addr == memory.addr && old.peek.time != memory.peek.time;
            self.before = self.shown.take().filter(same);
            self.shown = Some(Rc::new(memory));
        }
        let Some(boot) = model.boot.clone().filter(|_| self.open && model.rests()) else { return };
        let time = model.at.as_ref().map_or(model.home, |(_, moment)| moment.time);
        let addr = self.addr.unwrap_or(boot.opened.smram.addr);
        if self.asked != Some((time, addr)) {
            self.asked = Some((time, addr));
            model.peek(time, addr, LENGTH);
        }
    }

    /// Another machine: nothing of it has been seen.
    pub fn forget(&mut self) {
        (self.asked, self.shown, self.before) = (None, None, None);
    }
}

/// `F00000`, `0xf00000`, `F0_0000h`.
fn address(text: &str) -> Option<u64> {
    let text = text.trim().replace('_', "");
    let digits = text.strip_prefix("0x").or(text.strip_prefix("0X")).unwrap_or(&text);
    u64::from_str_radix(digits.strip_suffix(['h', 'H']).unwrap_or(digits), 16).ok()
}

#[derive(PartialEq, Properties)]
struct Props {
    shown: Option<Rc<Memory>>,
    before: Option<Rc<Memory>>,
    /// Where the SMI handler lies.
    handler: Option<u64>,
    open: bool,
    act: Callback<Act>,
    lang: Lang,
}

pub fn memory(look: &Look, model: &Model, act: Callback<Act>, lang: Lang) -> Html {
    let handler = model.boot.as_ref().map(|boot| boot.opened.smram.addr);
    html! { <View shown={look.shown.clone()} before={look.before.clone()} {handler} open={look.open} {act} {lang} /> }
}

#[component]
fn View(props: &Props) -> Html {
    let Props { act, lang: l, .. } = props;
    let wrong = use_state_eq(|| false);
    let input = use_node_ref();
    let submit = {
        let (act, wrong, input) = (act.clone(), wrong.clone(), input.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let addr = input.cast::<HtmlInputElement>().and_then(|input| address(&input.value()));
            wrong.set(addr.is_none());
            if let Some(addr) = addr {
                act.emit(Act::Look(addr));
            }
        }
    };
    let toggled = act.reform(|event: Event| {
        let details = event.target().and_then(|there| there.dyn_into::<web_sys::Element>().ok());
        Act::Open(details.is_some_and(|details| details.has_attribute("open")))
    });
    let tseg = props.shown.as_ref().and_then(|memory| memory.tseg).map(|(base, _)| ("TSEG", base));
    let places = props.handler.map(|addr| ("SMI handler", addr)).into_iter().chain(tseg).chain(PLACES);
    let place = |(name, addr): (&'static str, u64)| {
        html! { <button type="button" class="btn sm" data-place={name} onclick={act.reform(move |_: MouseEvent| Act::Look(addr))}>{ name }<code>{ hex(addr, 8) }</code></button> }
    };
    html! {
        <details class="memv" open={props.open} ontoggle={toggled}>
            <summary>{ t::panel_memory(*l) }</summary>
            <form class="memf" onsubmit={submit}>
                <input ref={input} class="mono" type="text" placeholder="F00000" autocomplete="off" spellcheck="false" autocapitalize="off"
                    aria-label={t::memory_address(*l)} aria-invalid={wrong.to_string()} />
                <button class="btn sm" type="submit">{ t::memory_look(*l) }</button>
            </form>
            if *wrong { <p class="fault pad" role="alert">{ icon(Icon::Warn) }<span>{ t::memory_wrong(*l) }</span></p> }
            <div class="rings" role="group" aria-label={t::memory_places(*l)}>{ for places.map(place) }</div>
            if let Some(memory) = &props.shown { { rows(memory, props.before.as_deref(), act, *l) } }
            else { <p class="none">{ t::memory_none(*l) }</p> }
        </details>
    }
}

fn rows(memory: &Memory, before: Option<&Memory>, act: &Callback<Act>, l: Lang) -> Html {
    let (addr, peek) = (memory.addr, &memory.peek);
    let hidden = peek.os != peek.smm;
    let page = |by: i64| act.reform(move |()| Act::Look(addr.saturating_add_signed(by)));
    let (back, on) = (page(-i64::from(LENGTH)), page(LENGTH.into()));
    let keys = {
        let (back, on) = (back.clone(), on.clone());
        move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "PageUp" => &back,
                "PageDown" => &on,
                _ => return,
            };
            event.prevent_default();
            to.emit(());
        }
    };
    let lines = peek.os.chunks(ROW).zip(peek.smm.chunks(ROW)).enumerate().map(|(nth, (os, smm))| {
        let at = nth * ROW;
        let old = |view: fn(&Memory) -> &[u8]| before.and_then(|memory| view(memory).get(at..at + os.len()));
        let place = |rows: &'static str| html! { <th scope="row" rowspan={rows}>{ hex(addr.wrapping_add(at as u64), 8) }</th> };
        if os == smm {
            return row(place("1"), "both", t::memory_both(l), os, old(|memory| &memory.peek.os));
        }
        html! { <>{ row(place("2"), "os", "OS", os, old(|memory| &memory.peek.os)) }{ row(Html::default(), "smm", "SMM", smm, old(|memory| &memory.peek.smm)) }</> }
    });
    html! {
        <>
            <p class="rhint" role="status">{ if hidden { t::memory_hidden(l) } else { t::memory_same(l) } }
                { for before.map(|before| format!(" {}", t::memory_since(l, &crate::format::decimal(before.peek.time)))) }</p>
            <div class="scroll memt" tabindex="0" role="region" aria-label={t::panel_memory(l)} onkeydown={keys} data-addr={hex(addr, 8)} data-hidden={hidden.to_string()}>
                <table><tbody>{ for lines }</tbody></table>
            </div>
            <div class="rings">
                <button type="button" class="btn sm" data-act="mem-back" onclick={back.reform(|_: MouseEvent| ())}>{ icon(Icon::Up) }{ t::memory_back(l) }</button>
                <button type="button" class="btn sm" data-act="mem-on" onclick={on.reform(|_: MouseEvent| ())}>{ icon(Icon::Down) }{ t::memory_on(l) }</button>
                <span class="rhint">{ format!("t = {} ns", crate::format::decimal(memory.peek.time)) }</span>
            </div>
        </>
    }
}

fn row(place: Html, who: &'static str, name: &'static str, bytes: &[u8], old: Option<&[u8]>) -> Html {
    let byte = |(nth, byte): (usize, &u8)| {
        let changed = old.is_some_and(|old| old.get(nth) != Some(byte));
        html! { <i class={classes!(changed.then_some("chg"))}>{ dump(std::slice::from_ref(byte)) }</i> }
    };
    let letter = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' };
    html! {
        <tr data-who={who}>
            { place }<td class="who">{ name }</td>
            <td class="hx">{ for bytes.iter().enumerate().map(byte) }</td><td class="asc">{ bytes.iter().map(letter).collect::<String>() }</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_hexadecimal_however_they_are_marked() {
        for text in ["F00000", "0xf00000", " F0_0000h "] {
            assert_eq!(address(text), Some(0xf0_0000), "{text}");
        }
        for text in ["", "h", "0x", "F0000G", "-1", "1_0000_0000_0000_0000"] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
