//! Wires a bench to the worker and to the reader's hands.

use super::bar::bar;
use super::dropped;
use super::edits::edits;
use super::files::Files;
use super::log::Log;
use super::machine::Machine;
use super::notes::notes;
use super::outcome::outcome;
use crate::bench::edit::Edit;
use crate::bench::{Build, Damage, Deed, Model, Shared, Trouble};
use crate::console::Console;
use crate::faults::Faults;
use crate::figure::Feed;
use crate::i18n::{Lang, t};
use crate::link::{Handle, News};
use crate::{files, rom, save, tabs};
use protocol::ToWorker;
use std::rc::Rc;
use story::dispatch::Guid;
use web_sys::File;
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Edit(Edit),
    /// An edit of the order, shown at once.
    Move {
        volume: usize,
        from: usize,
        to: usize,
        edit: Edit,
    },
    Undo,
    Redo,
    /// Takes one edit out of the list.
    Remove(usize),
    Clear,
    /// The list as it shall be: a fault was chosen, or left.
    Edits(Vec<Edit>),
    ShowFaults,
    Build(Build),
    Boot,
    Say(String),
    Export,
    CopyLink,
    Open(Option<Guid>),
    Dismiss,
}

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
    News(News),
    Image(Build, Result<Vec<u8>, String>),
    File(File),
    FileRead(String, Option<Vec<u8>>),
    Copied(bool),
    Seek(u64),
    Panel(&'static str),
    Do(Act),
}

pub struct Board {
    handle: Handle,
    pub model: Model,
    damage: Option<Damage>,
    /// Name of an image that the reader brought.
    own: Option<String>,
    open: Option<Guid>,
    note: Option<&'static str>,
    picking: bool,
    panel: &'static str,
}

const PANELS: [(&str, tabs::Name); 4] =
    [("files", t::panel_files), ("console", t::panel_console), ("log", t::panel_log), ("machine", t::panel_machine)];

impl Component for Board {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let handle = Handle::open(ctx.link().callback(Msg::News));
        let (shared, damage) = match Shared::parse(&ctx.props().link) {
            Some(Ok(shared)) => (shared, None),
            Some(Err(damage)) => (Shared::default(), Some(damage)),
            None => (Shared::default(), None),
        };
        let mut model = Model::new(handle.id(), shared.build, ctx.props().base.to_vec(), shared.edits).on_any_board();
        model.to_do = shared.said.into_iter().map(Deed::Say).collect();
        fetch(ctx, model.build);
        Board { handle, model, damage, own: None, open: None, note: None, picking: false, panel: "files" }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if ctx.props().link != old.link {
            match Shared::parse(&ctx.props().link) {
                Some(Ok(shared)) => {
                    self.damage = None;
                    self.model = Model::new(self.handle.id(), shared.build, ctx.props().base.to_vec(), shared.edits)
                        .on_any_board();
                    self.model.to_do = shared.said.into_iter().map(Deed::Say).collect();
                    fetch(ctx, shared.build);
                }
                Some(Err(damage)) => self.damage = Some(damage),
                None => {}
            }
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let before = self.model.draft.edits().len();
        match msg {
            Msg::News(News::Message(message)) => self.model.received(message),
            Msg::News(News::Crashed) => self.model.crashed(),
            Msg::Image(build, Ok(bytes)) if build == self.model.build => self.hold(build.id(), bytes),
            Msg::Image(_, Ok(_)) => {}
            Msg::Image(_, Err(why)) => self.model.trouble = Some(Trouble::Fetch(why)),
            Msg::File(file) => self.read(ctx, file),
            Msg::FileRead(name, bytes) => self.bring(name, bytes),
            Msg::Copied(done) => self.note = Some(if done { "copied" } else { "not-copied" }),
            Msg::Seek(time) => self.model.seek(time),
            Msg::Panel(panel) => self.panel = panel,
            Msg::Do(act) => self.act(ctx, act),
        }
        if let Some(bytes) = self.model.exported.take() {
            save::download(&bytes, &format!("{}.fd", self.model.image), "application/octet-stream");
        }
        if self.model.draft.edits().len() != before {
            self.note = None;
            ctx.props().edited.emit(self.model.draft.edits().to_vec());
        }
        self.model.outgoing().iter().for_each(|message| self.handle.send(message));
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (link, l) = (ctx.link(), ctx.props().lang);
        let act = link.callback(Msg::Do);
        let model = &self.model;
        let undo = link.batch_callback(|event: KeyboardEvent| undo_key(&event));
        let drop = dropped::taken(link.callback(Msg::File));
        let boot = &model.boot;
        let feed = boot.as_ref().zip(model.tape.as_ref()).map(|(boot, tape)| Feed {
            opened: boot.opened.clone(),
            tape: tape.clone(),
            play: true,
            at: model.at.clone(),
            seek: link.callback(Msg::Seek),
        });
        let panel = |name: &str| classes!("panel", format!("at-{name}"), (self.panel != name).then_some("away"));
        html! {
            <div class="board" onkeydown={undo} ondragover={dropped::over()} ondrop={drop} data-fresh={model.is_fresh().to_string()}
                data-booting={model.booting.is_some().to_string()}>
                { bar(model, self.own.as_deref(), self.picking, &act, link.callback(Msg::File), ctx.props().exercise, l) }
                if self.picking {
                    <section class="panel at-faults" aria-label={t::faults(l)}>
                        <Faults edits={model.draft.edits().to_vec()} choose={act.reform(Act::Edits)} lang={l} />
                    </section>
                }
                { edits(model.draft.edits(), &act, l) }
                { notes(model, self.damage.as_ref(), self.note, &act, l) }
                { tabs::tabs(&PANELS, self.panel, link.callback(Msg::Panel), l) }
                <div class="board-b">
                    <section class={panel("files")} aria-label={t::panel_files(l)}>
                        <Files listing={model.listing.clone()} given={model.given.clone()} boot={boot.clone().filter(|_| model.is_fresh())} open={self.open}
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
                    </div>
                </div>
            </div>
        }
    }
}

fn undo_key(event: &KeyboardEvent) -> Option<Msg> {
    let typing = event.target_dyn_into::<web_sys::HtmlInputElement>().is_some()
        || event.target_dyn_into::<web_sys::HtmlTextAreaElement>().is_some();
    if typing || !(event.ctrl_key() || event.meta_key()) || !event.key().eq_ignore_ascii_case("z") {
        return None;
    }
    event.prevent_default();
    Some(Msg::Do(if event.shift_key() { Act::Redo } else { Act::Undo }))
}

fn fetch(ctx: &Context<Board>, build: Build) {
    ctx.link()
        .send_future(async move { Msg::Image(build, files::bytes(&format!("firmware/{}.fd", build.id())).await) });
}

impl Board {
    fn hold(&mut self, image: &str, bytes: Vec<u8>) {
        if self.model.is_own() {
            // Another one of the same name.
            self.handle.send(&ToWorker::Hold { image: image.to_owned(), bytes });
        } else {
            self.handle.hold(image, bytes);
        }
        self.model.image_held();
    }

    fn act(&mut self, ctx: &Context<Self>, act: Act) {
        self.note = None;
        match act {
            Act::Edit(edit) => self.model.edit(edit),
            Act::Move { volume, from, to, edit } => self.model.moved(volume, from, to, edit),
            Act::Undo => self.model.with_draft(|draft| draft.undo()),
            Act::Redo => self.model.with_draft(|draft| draft.redo()),
            Act::Remove(nth) => self.model.with_draft(|draft| draft.remove(nth)),
            Act::Clear => self.model.with_draft(|draft| draft.set(Vec::new())),
            Act::Edits(edits) => self.model.with_draft(|draft| draft.set(edits)),
            Act::ShowFaults => self.picking = !self.picking,
            Act::Build(build) => {
                self.own = None;
                self.model.choose(build);
                fetch(ctx, build);
            }
            Act::Boot => self.model.start(),
            Act::Say(text) => self.model.say(text),
            Act::Export => self.model.export(),
            Act::CopyLink => self.copy(ctx),
            Act::Open(file) => self.open = file,
            Act::Dismiss => {
                self.damage = None;
                self.model.trouble = None;
            }
        }
    }

    fn copy(&self, ctx: &Context<Self>) {
        let said = self.model.said.iter().map(|exchange| exchange.text.clone()).collect();
        let shared = Shared { build: self.model.build, edits: self.model.draft.edits().to_vec(), said };
        let query = shared.query();
        ctx.link().send_future(async move { Msg::Copied(save::copy_link(&format!("#/board?{query}")).await) });
    }

    fn read(&mut self, ctx: &Context<Self>, file: File) {
        ctx.link().send_future(async move {
            let bytes = rom::read_file(&file).await;
            Msg::FileRead(file.name(), bytes)
        });
    }

    /// A file of edits, or a flash image.
    fn bring(&mut self, name: String, bytes: Option<Vec<u8>>) {
        let Some(bytes) = bytes else { return self.model.trouble = Some(Trouble::File(name)) };
        if let Some(edits) = save::edits_of(&bytes) {
            return self.model.with_draft(|draft| draft.set(edits));
        }
        if !rom::size_fits(bytes.len()) {
            return self.model.trouble = Some(Trouble::File(name));
        }
        self.model.choose_own();
        self.own = Some(name);
        self.hold("own", bytes);
    }
}
