//! Wires a bench to the worker and to a reader's hands: its image is fetched, questions go out, answers come in.
//! Board, SMI sources, flash and scenes are views of one.

use super::edit::Edit;
use super::model::{Model, OWN, Trouble};
use crate::files;
use crate::link::{Handle, News};
use content::Build;
use protocol::ToWorker;
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

pub enum Msg {
    News(News),
    Image(Build, Result<Vec<u8>, String>),
    Do(Act),
}

/// What every bench lets a reader do.
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
    /// The list as it shall be.
    Edits(Vec<Edit>),
    /// Takes one edit out of the list.
    Remove(usize),
    Undo,
    Redo,
    Build(Build),
    Boot,
    Say(String),
    /// Shows this moment of the last tape.
    Seek(u64),
}

pub struct Host {
    handle: Handle,
    link: Callback<Msg>,
    pub model: Model,
    /// Every change boots; else the reader says when.
    at_once: bool,
}

impl Host {
    /// On the image of a build, with edits of the reader's over those of `base`.
    pub fn open(link: Callback<Msg>, build: Build, base: Vec<Edit>, edits: Vec<Edit>, at_once: bool) -> Self {
        let handle = Handle::open(link.reform(Msg::News));
        let model = Model::new(handle.id(), build, base, edits);
        let host = Host { handle, link, model, at_once };
        host.fetch();
        host
    }

    pub fn update(&mut self, msg: Msg) {
        let model = &mut self.model;
        match msg {
            Msg::News(News::Message(message)) => model.received(message),
            Msg::News(News::Crashed) => model.crashed(),
            // Another was chosen since.
            Msg::Image(build, _) if build != model.build || model.is_own() => {}
            Msg::Image(build, Ok(bytes)) => {
                self.handle.hold(build.id(), bytes);
                model.image_held();
            }
            Msg::Image(_, Err(why)) => model.trouble = Some(Trouble::Fetch(why)),
            Msg::Do(act) => self.act(act),
        }
    }

    pub fn act(&mut self, act: Act) {
        let model = &mut self.model;
        match act {
            Act::Build(build) => {
                model.choose(build);
                return self.fetch();
            }
            Act::Boot => return model.start(),
            Act::Say(text) => return model.say(text),
            Act::Seek(time) => return model.seek(time),
            Act::Edit(edit) => model.edit(edit),
            Act::Move { volume, from, to, edit } => model.moved(volume, from, to, edit),
            Act::Edits(edits) => model.with_draft(|draft| draft.set(edits)),
            Act::Remove(nth) => model.with_draft(|draft| draft.remove(nth)),
            Act::Undo if !model.draft.can_undo() => return,
            Act::Redo if !model.draft.can_redo() => return,
            Act::Undo => model.with_draft(|draft| draft.undo()),
            Act::Redo => model.with_draft(|draft| draft.redo()),
        }
        if self.at_once {
            model.start();
        }
    }

    /// An image of the reader's in place of the build's, with these edits.
    pub fn bring(&mut self, bytes: Vec<u8>, edits: Vec<Edit>) {
        self.model.choose_own(edits);
        // Not for all benches, and each time anew: there may be another of the name.
        self.handle.send(&ToWorker::Hold { image: OWN.to_owned(), bytes });
        self.model.image_held();
    }

    /// Sends what the model asks.
    pub fn send(&mut self) {
        self.model.outgoing().iter().for_each(|message| self.handle.send(message));
    }

    fn fetch(&self) {
        let (link, build) = (self.link.clone(), self.model.build);
        spawn_local(async move { link.emit(Msg::Image(build, image(build).await)) });
    }
}

/// The training firmware, or what went wrong.
pub async fn image(build: Build) -> Result<Vec<u8>, String> {
    files::bytes(&format!("firmware/{}.fd", build.id())).await
}
