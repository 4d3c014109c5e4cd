//! Puts the figure's parts together.

use super::caption::caption;
use super::command::Command;
use super::help::help;
use super::keys::{Deed, deed};
use super::lanes::lanes;
use super::model::{KNOWN, Model};
use super::overlay::{loading, notice};
use super::panes::Panes;
use super::stage::Scene;
use super::transport::transport;
use super::{Figure, Msg, Pane};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, HtmlInputElement};
use yew::prelude::*;

impl Figure {
    pub(super) fn show(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let deeds = link.callback(Msg::Do);
        let model = &self.model;
        let l = ctx.props().lang;
        let own = ctx.props().feed.is_none();
        let on_key = link.batch_callback(|event: KeyboardEvent| {
            let deed = deed(&event)?;
            event.prevent_default();
            Some(Msg::Do(deed))
        });
        let over = link.callback(|event: DragEvent| {
            event.prevent_default();
            Msg::Drag(true)
        });
        let leave = link.callback(|_: DragEvent| Msg::Drag(false));
        let on_drop = link.batch_callback(|event: DragEvent| {
            event.prevent_default();
            let file = event.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0));
            Some(file.map_or(Msg::Drag(false), Msg::File))
        });
        let player = model.player.as_ref();
        let stage = player.map(|p| p.flow().stage.id());
        html! {
            <figure ref={self.root.clone()} class={classes!("fig", self.dragging.then_some("drag"), self.moving().then_some("moving"))} tabindex="0"
                aria-label={t::figure_title(l)} onkeydown={on_key}
                ondragover={own.then_some(over)} ondragleave={own.then_some(leave)} ondrop={own.then_some(on_drop)}
                data-ready={model.ready().to_string()} data-stage={stage}
                data-row={player.map(|p| p.row().to_string())}
                data-time={player.map(|p| p.moment().to_string())}
                data-state-hash={model.moment().map(|m| format!("{:016x}", m.hash))}
                data-playing={self.moving().to_string()} data-taken={player.map(|p| p.flow().taken.to_string())}>
                { self.head(ctx) }
                <div class="fig-b">
                    <div class="ctl">
                        { self.picture(ctx) }
                        { caption(player.map(|p| p.flow().as_ref()), l) }
                        { transport(model, &deeds, l) }
                        if own { <Command command={model.command} known={KNOWN} ready={model.ready()} lang={l}
                            again={player.is_some_and(|p| p.in_flight())} time={player.map_or(0, |p| p.moment())}
                            choose={link.callback(Msg::Choose)} deeds={deeds.clone()} /> }
                        { lanes(player, link.callback(Msg::Scrub), l) }
                    </div>
                    { self.tabs(ctx) }
                    <Panes flow={player.map(|p| p.flow().clone())} opened={model.opened.clone()} pane={self.pane} lang={l}
                        start={player.map_or(0, |p| p.tape().start.time)} to_row={link.callback(Msg::ToRow)} />
                </div>
                if self.help {
                    { help(&deeds, self.help_close.clone(), l) }
                }
            </figure>
        }
    }

    fn moving(&self) -> bool {
        self.model.player.as_ref().is_some_and(|p| p.playing())
    }

    fn head(&self, ctx: &Context<Self>) -> Html {
        let l = ctx.props().lang;
        let machine = self.model.opened.as_ref().filter(|_| self.model.ready());
        let pick = ctx.link().batch_callback(|event: Event| {
            let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
            let file = input.files()?.get(0)?;
            input.set_value("");
            Some(Msg::File(file))
        });
        html! {
            <div class="fig-h">
                <span class={classes!("live", machine.is_none().then_some("off"))}></span>
                <h2>{ t::figure_title(l) }</h2>
                <span class="src">
                    { machine.map(|m| t::figure_source(l, &m.cpus.to_string(), &m.ram_mib.to_string())).unwrap_or_default() }
                </span>
                <span class="sp"></span>
                if let Some(name) = &self.model.rom {
                    <span class="chip romname" title={name.clone()}>{ icon(Icon::Rom) }<span>{ name.clone() }</span></span>
                    <button type="button" class="btn sm" data-act="demo" onclick={ctx.link().callback(|_| Msg::Demo)}>
                        { icon(Icon::Again) }<span class="hide-n">{ t::rom_demo(l) }</span>
                        <span class="sr show-n">{ t::rom_demo(l) }</span>
                    </button>
                }
                if ctx.props().feed.is_none() {
                    <label class="btn sm ghost ico" title={t::rom_choose(l)}>
                        { icon(Icon::Rom) }
                        <input class="sr" type="file" aria-label={t::rom_choose(l)} onchange={pick} />
                    </label>
                }
                <button type="button" class="btn sm ghost ico" aria-label={t::help(l)} title={format!("{} (?)", t::help(l))}
                    onclick={ctx.link().callback(|_| Msg::Do(Deed::ToggleHelp))}>
                    { icon(Icon::Help) }
                </button>
            </div>
        }
    }

    fn picture(&self, ctx: &Context<Self>) -> Html {
        let (link, l) = (ctx.link(), ctx.props().lang);
        let Model { load, notice: news, player, .. } = &self.model;
        html! {
            <div class="stage">
                <Scene player={player.clone()} reduced={self.model.reduced()} lang={l} to_row={link.callback(Msg::ToRow)} />
                { loading(load, link.callback(|_| Msg::Retry), l) }
                if let Some(news) = news {
                    { notice(news, link.callback(|_| Msg::Dismiss), l) }
                }
                if self.dragging {
                    <div class="over drop" aria-hidden="true">{ icon(Icon::Rom) }{ t::rom_drop(l) }</div>
                }
            </div>
        }
    }

    fn tabs(&self, ctx: &Context<Self>) -> Html {
        let l = ctx.props().lang;
        html! {
            <div class="tabs seg" role="tablist" aria-label={t::tabs(l)}>
                { for TABS.into_iter().map(|(pane, id, name)| tab(ctx, self.pane, pane, id, name(l))) }
            </div>
        }
    }
}

type Name = fn(Lang) -> &'static str;
const TABS: [(Pane, &str, Name); 4] = [
    (Pane::Save, "save", t::save_title),
    (Pane::Registers, "regs", t::regs_title),
    (Pane::Os, "os", t::see_tab),
    (Pane::Log, "log", t::log_tab),
];

fn tab(ctx: &Context<Figure>, current: Pane, pane: Pane, id: &'static str, name: &'static str) -> Html {
    let selected = current == pane;
    let on_key = ctx.link().batch_callback(move |event: KeyboardEvent| {
        let here = TABS.iter().position(|(p, ..)| *p == pane)?;
        let there = match event.key().as_str() {
            "ArrowRight" => (here + 1) % TABS.len(),
            "ArrowLeft" => (here + TABS.len() - 1) % TABS.len(),
            _ => return None,
        };
        event.prevent_default();
        let row = event.target()?.dyn_into::<web_sys::Element>().ok()?.parent_element()?;
        let button = row.children().item(there as u32)?.dyn_into::<web_sys::HtmlElement>().ok()?;
        button.focus().ok()?;
        Some(Msg::Pane(TABS[there].0))
    });
    html! {
        <button type="button" role="tab" data-tab={id} aria-selected={selected.to_string()} onkeydown={on_key}
            tabindex={if selected { "0" } else { "-1" }} onclick={ctx.link().callback(move |_| Msg::Pane(pane))}>
            { name }
        </button>
    }
}
