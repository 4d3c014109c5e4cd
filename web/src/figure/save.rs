//! The state save area, byte by byte as it is written.

use crate::format::hex_short;
use crate::i18n::{Lang, t};
use story::{FieldState, Flow, MAIN_FIELDS, SavedField};
use yew::prelude::*;

/// `all`: every field instead of the main ones.
pub fn save_area(flow: Option<&Flow>, all: bool, toggle: Callback<MouseEvent>, l: Lang) -> Html {
    let area = flow.map(|f| &f.save);
    let fields = area.map(|a| a.fields.as_slice()).unwrap_or_default();
    let place = area.and_then(|a| a.smbase).map(|base| t::save_place(l, &hex_short(base.into()))).unwrap_or_default();
    let written = area.map_or(0, |a| a.written());
    let count = t::save_count(l, &fields.len().to_string(), &written.to_string());
    let shown = fields.iter().enumerate().filter(|(_, f)| all || MAIN_FIELDS.contains(&f.field));
    let current = area.and_then(|a| a.current);
    html! {
        <>
            <h3>
                <span>{ t::save_title(l) }</span><small class="mono">{ place }</small><span class="sp"></span>
                if !fields.is_empty() {
                    <small class="count">{ count }</small>
                    <button type="button" class="link" aria-pressed={all.to_string()} data-act="all-fields" onclick={toggle}>
                        { if all { t::save_main(l) } else { t::save_all(l) } }
                    </button>
                }
            </h3>
            if fields.is_empty() {
                <p class="none">{ if flow.is_some() { t::save_none(l) } else { "" } }</p>
            } else {
                <div class={classes!("ss", all.then_some("all"))} tabindex={all.then_some("0")} role="group" aria-label={t::save_title(l)}>
                    { for shown.map(|(i, field)| row(field, current == Some(i), t::save_by_handler(l))) }
                </div>
            }
        </>
    }
}

fn row(field: &SavedField, current: bool, by_handler: &'static str) -> Html {
    let class = match field.state {
        FieldState::Empty => "empty",
        FieldState::Saved => "w",
        FieldState::Changed => "w chg",
        FieldState::Restored => "old",
    };
    let changed = field.by_handler && field.state != FieldState::Empty;
    let name = field.field.name();
    let cell = |byte: u8| html! { <i>{ if field.state == FieldState::Empty { String::new() } else { format!("{byte:02X}") } }</i> };
    html! {
        <div class={classes!(class, current.then_some("cur"), changed.then_some("byh"))} data-field={name} key={format!("{name}{}", field.offset)}>
            <span>{ format!("{:04X}", field.offset) }</span>
            <b title={name}>{ name }if changed { <em title={by_handler}>{ "■" }<span class="sr">{ by_handler }</span></em> }</b>
            <span class="by">{ for field.bytes().into_iter().map(cell) }</span>
        </div>
    }
}
