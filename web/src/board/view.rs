//! The board as a view of a bench: its files, its boot, and what came of it.

use super::bar::bar;
use super::edits::edits;
use super::files::Files;
use super::log::Log;
use super::machine::Machine;
use super::memory::{self, Look, memory};
use super::outcome::outcome;
use crate::bars::{Parts, undo_key};
use crate::bench::desk::{self, Desk, Place};
use crate::bench::edit::Edit;
use crate::bench::{Act, Trouble};
use crate::console::Console;
use crate::figure::Feed;
use crate::i18n::{Lang, t};
use crate::{dropped, rom, save, tabs};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// What the address carries.
    #[prop_or_default]
    pub link: String,
    /// Edits under the reader's own.
    #[prop_or_default]
    pub base: Rc<Vec<Edit>>,
    /// An exercise: the healthy boot is not to be compared with.
    #[prop_or_default]
    pub exercise: bool,
    /// Learns of the reader's edits.
    #[prop_or_default]
    pub edited: Callback<Vec<Edit>>,
}

pub enum Msg {
    Desk(desk::Msg),
    Panel(&'static str),
    Memory(memory::Act),
}

pub struct Board {
    desk: Desk,
    /// Name of an image that the reader brought.
    own: Option<String>,
    panel: &'static str,
    look: Look,
}

const PANELS: [(&str, tabs::Name); 5] = [
    ("files", t::panel_files),
    ("console", t::panel_console),
    ("log", t::panel_log),
    ("machine", t::panel_machine),
    ("memory", t::panel_memory),
];

impl Component for Board {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let place = Place { page: "board", base: ctx.props().base.to_vec(), at_once: false };
        let desk = Desk::open(ctx.link().callback(Msg::Desk), place, &ctx.props().link);
        // An exercise proves what a reader has come back to, too.
        if !desk.edits().is_empty() {
            ctx.props().edited.emit(desk.edits().to_vec());
        }
        Board { desk, own: None, panel: "files", look: Look::default() }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if ctx.props().link != old.link
            && let Some(desk) = self.desk.linked(&ctx.props().link)
        {
            self.desk = desk;
            self.look.forget();
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let before = self.desk.edits().to_vec();
        match msg {
            Msg::Desk(desk::Msg::Brought(name, bytes)) => self.bring(name, bytes),
            Msg::Desk(msg) => self.desk.update(msg),
            Msg::Panel(panel) => {
                self.panel = panel;
                // Who asks for it by its tab wants to see it.
                self.look.act(memory::Act::Open(panel == "memory"));
            }
            Msg::Memory(act) => self.look.act(act),
        }
        if self.desk.host.model.booting.is_some() {
            self.look.forget();
        }
        self.look.follow(&mut self.desk.host.model);
        if self.desk.edits() != before {
            ctx.props().edited.emit(self.desk.edits().to_vec());
        }
        self.desk.host.send();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (link, l) = (ctx.link(), ctx.props().lang);
        let to = link.callback(Msg::Desk);
        let parts = Parts { desk: &self.desk, to: &to, l };
        let act = parts.act();
        let model = &self.desk.host.model;
        let undo = link.batch_callback(|event: KeyboardEvent| undo_key(&event).map(|act| Msg::Desk(act.into())));
        let drop = dropped::taken(to.reform(desk::Msg::File));
        let boot = &model.boot;
        let feed = boot.as_ref().zip(model.tape.as_ref()).map(|(boot, tape)| Feed {
            opened: boot.opened.clone(),
            tape: tape.clone(),
            play: true,
            at: model.at.clone(),
            seek: act.reform(Act::Seek),
        });
        let panel = |name: &str| classes!("panel", format!("at-{name}"), (self.panel != name).then_some("away"));
        html! {
            <div class="board" onkeydown={undo} ondragover={dropped::over()} ondrop={drop} data-fresh={model.is_fresh().to_string()}
                data-booting={model.booting.is_some().to_string()}>
                { bar(parts, self.own.as_deref().filter(|_| model.is_own()), ctx.props().exercise) }
                { parts.catalogue() }
                { edits(model.draft.edits(), &act, l) }
                { parts.notes() }
                { tabs::tabs(&PANELS, self.panel, link.callback(Msg::Panel), l) }
                <div class="board-b">
                    <section class={panel("files")} aria-label={t::panel_files(l)}>
                        <Files listing={model.listing.clone()} given={model.given.clone()} boot={boot.clone().filter(|_| model.is_fresh())}
                            compare={!ctx.props().exercise} act={act.clone()} lang={l} />
                    </section>
                    <div class="board-r">
                        { outcome(model, ctx.props().exercise, l) }
                        <div class="duo">
                            <section class={panel("console")} aria-label={t::panel_console(l)}>
                                <Console boot={boot.clone()} said={model.said.clone()} prompt={model.prompt.clone()} ready={model.can_say()}
                                    say={act.reform(Act::Say)} lang={l} />
                            </section>
                            <section class={panel("log")} aria-label={t::panel_log(l)}>
                                <Log boot={boot.clone()} lang={l} />
                            </section>
                        </div>
                        <section class={panel("machine")} aria-label={t::panel_machine(l)}>
                            <Machine boot={boot.clone()} feed={feed} lang={l} />
                        </section>
                        <section class={panel("memory")} aria-label={t::panel_memory(l)}>
                            { memory(&self.look, model, link.callback(Msg::Memory), l) }
                        </section>
                    </div>
                </div>
            </div>
        }
    }
}

impl Board {
    /// A file of edits, or a flash image.
    fn bring(&mut self, name: String, bytes: Option<Vec<u8>>) {
        let host = &mut self.desk.host;
        match bytes.map(|bytes| (save::edits_of(&bytes), bytes)) {
            Some((Some(edits), _)) => host.act(Act::Edits(edits)),
            Some((None, bytes)) if rom::size_fits(bytes.len()) => {
                host.bring(bytes, Vec::new());
                self.own = Some(name);
            }
            _ => host.model.trouble = Some(Trouble::File(name)),
        }
    }
}
