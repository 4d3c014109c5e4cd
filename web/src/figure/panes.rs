//! The panes under and beside the picture. One component: it is drawn anew when the story moves on,
//! not with every frame.

use super::Pane;
use super::log::log;
use super::osview::os_view;
use super::registers::register_file;
use super::save::save_area;
use super::smram::smram_view;
use crate::i18n::Lang;
use protocol::Opened;
use std::rc::Rc;
use story::Flow;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub flow: Option<Rc<Flow>>,
    pub opened: Option<Rc<Opened>>,
    /// Time at the tape's beginning.
    pub start: u64,
    /// The one that a narrow figure shows.
    pub pane: Pane,
    pub lang: Lang,
    pub to_row: Callback<usize>,
}

#[component]
pub fn Panes(props: &Props) -> Html {
    let Props { flow, opened, start, pane, lang: l, to_row } = props;
    let all = use_state_eq(|| false);
    let toggle = {
        let all = all.clone();
        Callback::from(move |_| all.set(!*all))
    };
    let flow = flow.as_deref();
    let lines = flow.map(|f| f.log.as_slice()).unwrap_or_default();
    let list = use_node_ref();
    // The newest line stays in sight.
    use_effect_with((lines.len(), *pane), {
        let list = list.clone();
        move |_| {
            if let Some(list) = list.cast::<web_sys::Element>() {
                list.set_scroll_top(list.scroll_height());
            }
        }
    });
    let class = |name: &'static str, this: Pane| classes!("pane", name, (*pane != this).then_some("away"));
    html! {
        <>
            <section class={class("p-save", Pane::Save)}>{ save_area(flow, *all, toggle, *l) }</section>
            <section class={class("p-regs", Pane::Registers)}>{ register_file(flow, *l) }</section>
            <section class={class("p-os", Pane::Os)}>{ os_view(flow, *l) }{ smram_view(opened.as_deref(), *l) }</section>
            <section class={class("p-log", Pane::Log)}>{ log(lines, *start, list, to_row, *l) }</section>
        </>
    }
}
