//! The machine of a scene: boots the scene's image, and again after every change.

use super::captions::{Caption, Captions};
use super::drivers::Drivers;
use super::lifecycle::lifecycle;
use super::message::message;
use super::source::{Tried, source};
use super::walk::{Walk, course};
use super::way::way;
use crate::bench::edit::Edit;
use crate::bench::{Build, Deed, Model, Trouble};
use crate::board::{Log, words};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::link::{Handle, News};
use crate::{content, files};
use ::content::{Past, Scene, View};
use protocol::Outcome;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub scene: Rc<Scene>,
    pub lang: Lang,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Edit(Edit),
    Move {
        volume: usize,
        from: usize,
        to: usize,
        edit: Edit,
    },
    Build(Build),
    Say(String),
    /// A trial of the scene.
    Try(usize),
    Restore,
}

pub enum Msg {
    News(News),
    Image(Build, Result<Vec<u8>, String>),
    Seek(u64),
    Do(Act),
}

pub struct SceneHost {
    handle: Handle,
    model: Model,
    /// The first boot is over, and the scene's commands are answered: what is drawn stays in its place.
    settled: bool,
    /// The trial that is shown, whether the reader asked for it, and what the hardware did.
    tried: Tried,
    walk: Walk,
}

fn build_of(scene: &Scene) -> Build {
    Build::ALL.into_iter().find(|build| build.id() == scene.setup.build.id()).unwrap_or_default()
}

fn fetch(ctx: &Context<SceneHost>, build: Build) {
    ctx.link()
        .send_future(async move { Msg::Image(build, files::bytes(&format!("firmware/{}.fd", build.id())).await) });
}

impl Component for SceneHost {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let handle = Handle::open(ctx.link().callback(Msg::News));
        let scene = &ctx.props().scene;
        let first = course(&scene.setup, 0).map_or_else(Vec::new, |(edits, _)| content::edits(edits));
        let edits = [content::edits(&scene.setup.edits), first].concat();
        let mut model = Model::new(handle.id(), build_of(scene), Vec::new(), edits);
        if scene.setup.view == View::Smram {
            model.to_do = scene.setup.say.iter().cloned().map(Deed::Say).collect();
        }
        fetch(ctx, model.build);
        SceneHost { handle, model, settled: false, tried: Tried::default(), walk: Walk::default() }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let (model, scene) = (&mut self.model, &ctx.props().scene.setup);
        match msg {
            Msg::News(News::Message(message)) => model.received(message),
            Msg::News(News::Crashed) => model.crashed(),
            Msg::Image(build, Ok(bytes)) if build == model.build => {
                self.handle.hold(build.id(), bytes);
                model.image_held();
            }
            Msg::Image(_, Ok(_)) => return false,
            Msg::Image(_, Err(why)) => model.trouble = Some(Trouble::Fetch(why)),
            Msg::Do(Act::Build(build)) => {
                model.choose(build);
                fetch(ctx, build);
            }
            Msg::Seek(time) => model.seek(time),
            Msg::Do(Act::Try(nth)) if walks(scene.view) => {
                if self.walk.over {
                    self.walk.begin(model, scene, nth);
                }
            }
            Msg::Do(Act::Try(nth)) => self.tried.begin(model, scene, nth, true),
            Msg::Do(Act::Say(text)) => model.say(text),
            Msg::Do(act) => {
                match act {
                    Act::Edit(edit) => model.edit(edit),
                    Act::Move { volume, from, to, edit } => model.moved(volume, from, to, edit),
                    _ => model.with_draft(|draft| draft.set(Vec::new())),
                }
                model.start();
            }
        }
        if scene.view == View::Source {
            self.tried.follow(&mut self.model, scene);
        }
        if walks(scene.view) {
            self.walk.follow(&mut self.model, scene);
        }
        self.model.outgoing().iter().for_each(|message| self.handle.send(message));
        let answered = match scene.view {
            View::Smram => self.model.answered.len() >= scene.say.len(),
            View::Source => self.tried.tape.is_some(),
            View::Way | View::Message => self.walk.over,
            _ => true,
        };
        self.settled |=
            self.model.boot.as_ref().is_some_and(|boot| answered || boot.chronicle.outcome != Outcome::Prompt);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { scene, lang: l } = ctx.props();
        let model = &self.model;
        let act = ctx.link().callback(Msg::Do);
        let running = self.settled && model.booting.is_none() && (!walks(scene.setup.view) || self.walk.over);
        html! {
            <figure class="fig sc" tabindex="0" aria-label={scene.title.clone()} data-scene={scene.id.clone()} data-ready={running.to_string()}
                data-fresh={model.is_fresh().to_string()} data-tried={self.tried.done(&scene.setup)}>
                <div class="fig-h">
                    <span class={classes!("live", (!running).then_some("off"))}></span>
                    <h2>{ scene.title.clone() }</h2>
                    <span class="sp"></span>
                    { builds(model.build, &act, *l) }
                    if scene.setup.view == View::Dispatch {
                        <button type="button" class="btn sm" data-act="restore" disabled={model.draft.edits().is_empty()} onclick={act.reform(|_: MouseEvent| Act::Restore)}>
                            { icon(Icon::Again) }{ t::scene_restore(*l) }
                        </button>
                    }
                </div>
                if let Some(trouble) = &model.trouble { <p class="fault pad" role="alert">{ icon(Icon::Warn) }<span>{ words::trouble(trouble, *l) }</span></p> }
                if !self.settled {
                    if model.trouble.is_none() { <div class="caps"><p class="run" role="status">{ t::booting(*l, "") }</p></div> }
                } else if scene.setup.view == View::Dispatch {
                    <Drivers listing={model.listing.clone()} boot={model.boot.clone().filter(|_| model.is_fresh())} said={model.said.clone()}
                        ready={model.can_say()} act={act.clone()} lang={*l} />
                    { self.captions(ctx) }
                    <div class="sc-log"><Log boot={model.boot.clone()} lang={*l} /></div>
                } else if scene.setup.view == View::Way {
                    { way(scene, model, &self.walk, &act, *l) }
                } else if scene.setup.view == View::Message {
                    { message(scene, model, &self.walk, &act, *l) }
                } else if scene.setup.view == View::Source {
                    { source(scene, model, &self.tried, &act, ctx.link().callback(Msg::Seek), *l) }
                } else {
                    { self.captions(ctx) }
                    { lifecycle(model, *l) }
                }
            </figure>
        }
    }
}

/// Each button is a boot of its own.
fn walks(view: View) -> bool {
    matches!(view, View::Way | View::Message)
}

fn builds(now: Build, act: &Callback<Act>, l: Lang) -> Html {
    html! {
        <span class="seg" role="group" aria-label={t::build(l)}>
            { for Build::ALL.into_iter().map(|build| html! {
                <button type="button" data-build={build.id()} aria-pressed={(now == build).to_string()}
                    onclick={act.reform(move |_: MouseEvent| Act::Build(build))}>{ build.name() }</button>
            }) }
        </span>
    }
}

impl SceneHost {
    /// The scene's captions, of what has happened; after a change of the reader's they don't hold.
    fn captions(&self, ctx: &Context<Self>) -> Html {
        let Props { scene, lang: l } = ctx.props();
        let model = &self.model;
        let own = model.boot.as_ref().filter(|boot| boot.edits == content::edits(&scene.setup.edits));
        let Some(boot) = model.boot.as_ref().filter(|_| model.is_fresh()) else {
            return html! { <div class="caps"><p class="run">{ t::booting(*l, "") }</p></div> };
        };
        if own.is_none() {
            let text = match &boot.difference {
                Some(difference) => words::difference(difference, &boot.listing.names, *l),
                None => t::no_difference(*l).to_owned(),
            };
            return html! { <div class="caps"><p class="cap-own">{ text }</p></div> };
        }
        let chronicle = &boot.chronicle;
        let past = Past {
            post: &chronicle.post,
            records: &chronicle.records,
            prompt: Some(chronicle.time),
            said: &model.answered,
        };
        let names = &boot.listing.names;
        let mut list: Vec<Caption> = scene
            .setup
            .marks
            .iter()
            .filter_map(|mark| {
                let time = mark.when.time(past, |name| names.guid(name))?;
                Some(Caption { id: mark.id.clone(), time, html: scene.captions.get(&mark.id)?.clone() })
            })
            .collect();
        list.sort_by_key(|caption| caption.time);
        html! { <Captions {list} post={chronicle.post.clone()} lang={*l} /> }
    }
}
