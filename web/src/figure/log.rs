//! The text log: the same story in words. A line goes to its moment.

use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::words;
use story::LogLine;
use yew::prelude::*;

/// `list` is the scrolling element; `start` is the time from which times count.
pub fn log(lines: &[LogLine], start: u64, list: NodeRef, to_row: &Callback<usize>, l: Lang) -> Html {
    let row = |(i, line): (usize, &LogLine)| {
        let last = i + 1 == lines.len();
        let to_row = to_row.clone();
        let target = line.row;
        let time = decimal(line.time - start.min(line.time));
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
