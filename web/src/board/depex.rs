//! Edits an expression, as text or as opcodes, and says what is wrong with it while it is typed.

use super::suggest::{Suggestions, suggest};
use super::words;
use crate::bench::Act;
use crate::bench::edit::Edit;
use crate::format::hex_byte;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use std::rc::Rc;
use story::dispatch::{Dialect, Expression, Listing, TextFault};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub file: String,
    pub depex: Option<Expression>,
    /// Of a file without an expression.
    pub dialect: Dialect,
    pub listing: Rc<Listing>,
    pub act: Callback<Act>,
    pub lang: Lang,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    Text,
    Hex,
}

pub enum Msg {
    Mode(Mode),
    Input,
    /// Up and down through the suggestions.
    Choose(bool),
    Take(usize),
    Close,
    Set,
    Reset,
}

pub struct DepexEditor {
    mode: Mode,
    text: String,
    area: NodeRef,
    suggestions: Suggestions,
    chosen: usize,
    /// Where the caret goes after a choice.
    caret: Option<u32>,
}

type Read = Result<Expression, TextFault>;

impl Component for DepexEditor {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        // What names can't say is edited as bytes.
        let broken = ctx.props().depex.as_ref().is_some_and(|depex| depex.fault.is_some());
        let mode = if broken { Mode::Hex } else { Mode::Text };
        let text = written(ctx.props(), mode);
        DepexEditor {
            mode,
            text,
            area: NodeRef::default(),
            suggestions: Suggestions::default(),
            chosen: 0,
            caret: None,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if ctx.props().depex != old.depex || ctx.props().file != old.file {
            self.text = written(ctx.props(), self.mode);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Mode(mode) => {
                // What can be read goes over; else the file's own is shown.
                self.text = match (self.read(ctx.props()), mode) {
                    (Ok(depex), Mode::Text) if depex.fault.is_none() => lines(&depex),
                    (Ok(depex), Mode::Hex) => depex.hex(),
                    _ => written(ctx.props(), mode),
                };
                self.mode = mode;
                self.suggestions = Suggestions::default();
            }
            Msg::Input => self.typed(ctx.props()),
            Msg::Choose(down) => {
                let count = self.suggestions.names.len().max(1);
                self.chosen = if down { (self.chosen + 1) % count } else { (self.chosen + count - 1) % count };
            }
            Msg::Take(nth) => self.take(nth),
            Msg::Close => self.suggestions = Suggestions::default(),
            Msg::Set => self.set(ctx.props()),
            Msg::Reset => self.text = written(ctx.props(), self.mode),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (props, link, l) = (ctx.props(), ctx.link(), ctx.props().lang);
        let read = self.read(props);
        let same = read.as_ref().is_ok_and(|read| props.depex.as_ref().is_some_and(|depex| depex.code == read.code));
        let mode = |mode: Mode, id: &'static str, name: &'static str| {
            html! {
                <button type="button" data-mode={id} aria-pressed={(self.mode == mode).to_string()}
                    onclick={link.callback(move |_| Msg::Mode(mode))}>{ name }</button>
            }
        };
        let open = !self.suggestions.names.is_empty();
        let keys = link.batch_callback(move |event: KeyboardEvent| {
            let msg = match event.key().as_str() {
                "ArrowDown" if open => Msg::Choose(true),
                "ArrowUp" if open => Msg::Choose(false),
                "Escape" if open => Msg::Close,
                "Enter" | "Tab" if open && !event.shift_key() => Msg::Take(usize::MAX),
                "Enter" if event.ctrl_key() || event.meta_key() => Msg::Set,
                _ => return None,
            };
            event.prevent_default();
            event.stop_propagation();
            Some(msg)
        });
        let malformed = read.as_ref().is_ok_and(|read| read.fault.is_some());
        html! {
            <div class="dex">
                <div class="dex-h">
                    <h3>{ "DEPEX" }</h3>
                    <span class="seg" role="group" aria-label={t::depex_mode(l)}>
                        { mode(Mode::Text, "text", t::depex_text(l)) }{ mode(Mode::Hex, "hex", t::depex_hex(l)) }
                    </span>
                </div>
                <div class="combo">
                    <textarea ref={self.area.clone()} class="mono" rows="3" spellcheck="false" autocomplete="off" autocapitalize="off"
                        aria-label={t::depex_of(l, &props.file)} aria-autocomplete="list" aria-haspopup="listbox" aria-controls="names"
                        aria-activedescendant={open.then(|| format!("name-{}", self.chosen))}
                        aria-invalid={(read.is_err() || malformed).to_string()} value={self.text.clone()}
                        oninput={link.callback(|_: InputEvent| Msg::Input)} onkeydown={keys} onblur={link.callback(|_| Msg::Close)} />
                    <ul id="names" class="names" role="listbox" aria-label={t::depex_names(l)} hidden={!open}>
                        { for self.suggestions.names.iter().enumerate().map(|(nth, name)| html! {
                            <li id={format!("name-{nth}")} role="option" aria-selected={(nth == self.chosen).to_string()} class="mono"
                                onmousedown={link.callback(move |event: MouseEvent| { event.prevent_default(); Msg::Take(nth) })}>{ name }</li>
                        }) }
                    </ul>
                </div>
                { explain(&read, self.mode, l) }
                <div class="dex-f">
                    <button type="button" class="btn sm" data-act="set-depex" disabled={read.is_err() || same} onclick={link.callback(|_| Msg::Set)}>
                        { icon(Icon::Check) }{ if malformed { t::depex_set_anyway(l) } else { t::depex_set(l) } }
                    </button>
                    <button type="button" class="btn sm ghost" disabled={same} onclick={link.callback(|_| Msg::Reset)}>{ t::depex_reset(l) }</button>
                </div>
            </div>
        }
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        if let (Some(caret), Some(area)) = (self.caret.take(), self.area.cast::<HtmlTextAreaElement>()) {
            let _ = area.set_selection_range(caret, caret);
        }
    }
}

impl DepexEditor {
    fn read(&self, props: &Props) -> Read {
        let dialect = props.depex.as_ref().map_or(props.dialect, |depex| depex.dialect);
        match self.mode {
            Mode::Text => Expression::from_text(dialect, &self.text, &props.listing.names),
            Mode::Hex => Expression::from_hex(dialect, &self.text, &props.listing.names),
        }
    }

    fn typed(&mut self, props: &Props) {
        let Some(area) = self.area.cast::<HtmlTextAreaElement>() else { return };
        self.text = area.value();
        let caret = area.selection_start().ok().flatten().unwrap_or(0) as usize;
        // The caret counts UTF-16 units.
        let bytes = self.text.char_indices().map(|(at, _)| at).chain([self.text.len()]).nth(caret);
        let text = self.mode == Mode::Text;
        self.suggestions = bytes.filter(|_| text).map(|at| suggest(&self.text, at, &props.listing)).unwrap_or_default();
        self.chosen = 0;
    }

    /// `nth`: beyond the list, the one that is marked.
    fn take(&mut self, nth: usize) {
        let Suggestions { from, names } = std::mem::take(&mut self.suggestions);
        let Some(name) = names.get(nth).or(names.get(self.chosen)) else { return };
        let rest = self.text[from..].find(char::is_whitespace).map_or("", |end| &self.text[from + end..]);
        let head = format!("{}{name}", &self.text[..from]);
        self.caret = Some(head.chars().count() as u32 + 1);
        self.text = if rest.is_empty() { format!("{head} ") } else { format!("{head}{rest}") };
    }

    fn set(&self, props: &Props) {
        let Ok(depex) = self.read(props) else { return };
        let edit = match (self.mode, depex.fault) {
            (Mode::Text, None) => Edit::depex_text(&props.file, &depex.text()),
            (_, fault) => Edit::depex(&props.file, &depex.hex(), fault.is_some()),
        };
        props.act.emit(Act::Edit(edit));
    }
}

fn written(props: &Props, mode: Mode) -> String {
    match (&props.depex, mode) {
        (None, _) => String::new(),
        (Some(depex), Mode::Text) => lines(depex),
        (Some(depex), Mode::Hex) => depex.hex(),
    }
}

/// An instruction a line.
fn lines(depex: &Expression) -> String {
    let line = |line: &story::dispatch::Line| match &line.operand {
        Some(operand) => format!("{} {operand}", line.op),
        None => line.op.clone(),
    };
    depex.lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What was read, and the first thing that is wrong with it.
fn explain(read: &Read, mode: Mode, l: Lang) -> Html {
    let depex = match read {
        Ok(depex) => depex,
        Err(fault) => {
            return html! { <p class="fault" role="alert">{ icon(Icon::Warn) }<span>{ words::text_fault(fault, l) }</span></p> };
        }
    };
    html! {
        <>
            if let Some(fault) = &depex.fault {
                <p class="fault" role="alert">{ icon(Icon::Warn) }<span>{ words::depex_fault(fault, l) }{ " " }{ t::depex_bootable(l) }</span></p>
            }
            if mode == Mode::Hex {
                <ol class="ops" aria-label={t::instruction(l)}>{ for depex.lines.iter().map(|line| html! {
                    <li><span>{ format!("{:02X}", line.offset) }</span><span>{ hex_byte(line.code) }</span>
                        <b>{ line.op.clone() }{ " " }{ line.operand.clone().unwrap_or_default() }</b></li>
                }) }</ol>
            }
        </>
    }
}
