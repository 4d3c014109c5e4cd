//! The text log: the same story in words. A line goes to its moment.

use crate::format::decimal;
use crate::i18n::{t, use_lang};
use crate::words;
use std::rc::Rc;
use story::{Flow, LogLine};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub flow: Option<Rc<Flow>>,
    /// Times count from here.
    pub start: u64,
    pub to_row: Callback<usize>,
}

#[component]
pub fn Log(props: &Props) -> Html {
    let l = use_lang();
    let list = use_node_ref();
    let lines = props.flow.as_ref().map(|f| f.log.as_slice()).unwrap_or_default();
    use_effect_with((lines.len(), l), {
        let list = list.clone();
        move |_| {
            if let Some(list) = list.cast::<web_sys::Element>() {
                list.set_scroll_top(list.scroll_height());
            }
        }
    });
    let row = |(i, line): (usize, &LogLine)| {
        let last = i + 1 == lines.len();
        let to_row = props.to_row.clone();
        let target = line.row;
        let time = decimal(line.time - props.start.min(line.time));
        html! {
            <li key={i} data-role={words::role(line.role)} class={classes!(last.then_some("now"), line.line.is_fault().then_some("err"))}>
                <button type="button" tabindex={if last { "0" } else { "-1" }} title={t::log_goto(l, &decimal(line.time))}
                    onclick={move |_| to_row.emit(target)}>
                    <span class="t">{ format!("+{time}") }</span>
                    <span class="g" aria-hidden="true">{ words::glyph(line.role, &line.line) }</span>
                    <span>{ words::line(&line.line, l) }</span>
                </button>
            </li>
        }
    };
    html! {
        <>
            <h3>{ t::log_title(l) }</h3>
            <ol class="log" ref={list} tabindex="0" aria-label={t::log_title(l)}>{ for lines.iter().enumerate().map(row) }</ol>
        </>
    }
}
