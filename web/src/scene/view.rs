//! A scene as a view of a bench, which boots the scene's image, and again after every change.

use super::captions::{Caption, Captions};
use super::drivers::Drivers;
use super::lifecycle::lifecycle;
use super::message::message;
use super::source::{Tried, source};
use super::walk::{Walk, course};
use super::way::way;
use crate::bars::builds;
use crate::bench::{self, Act, Deed, Host};
use crate::board::{Log, words};
use crate::content;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use ::content::{Past, Scene, View};
use protocol::Outcome;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub scene: Rc<Scene>,
    pub lang: Lang,
}

pub enum Msg {
    Bench(bench::Msg),
    /// A trial of the scene, or an attempt.
    Try(usize),
}

pub struct SceneBench {
    host: Host,
    /// The first boot is over, and the scene's commands are answered: what is drawn stays in its place.
    settled: bool,
    /// The trial that is shown, whether the reader asked for it, and what the hardware did.
    tried: Tried,
    walk: Walk,
}

impl Component for SceneBench {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let scene = &ctx.props().scene;
        let first = course(&scene.setup, 0).map_or_else(Vec::new, |(edits, _)| content::edits(edits));
        let edits = [content::edits(&scene.setup.edits), first].concat();
        let build = scene.setup.build;
        let mut host = Host::open(ctx.link().callback(Msg::Bench), build, Vec::new(), edits, true);
        if scene.setup.view == View::Smram {
            host.model.to_do = scene.setup.say.iter().cloned().map(Deed::Say).collect();
        }
        SceneBench { host, settled: false, tried: Tried::default(), walk: Walk::default() }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let scene = &ctx.props().scene.setup;
        match msg {
            Msg::Bench(msg) => self.host.update(msg),
            Msg::Try(nth) if walks(scene.view) => {
                if self.walk.over {
                    self.walk.begin(&mut self.host.model, scene, nth);
                }
            }
            Msg::Try(nth) => self.tried.begin(&mut self.host.model, scene, nth, true),
        }
        if scene.view == View::Source {
            self.tried.follow(&mut self.host.model, scene);
        }
        if walks(scene.view) {
            self.walk.follow(&mut self.host.model, scene);
        }
        self.host.send();
        let answered = match scene.view {
            View::Smram => self.host.model.answered.len() >= scene.say.len(),
            View::Source => self.tried.tape.is_some(),
            View::Way | View::Message => self.walk.over,
            _ => true,
        };
        self.settled |=
            self.host.model.boot.as_ref().is_some_and(|boot| answered || boot.chronicle.outcome != Outcome::Prompt);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { scene, lang: l } = ctx.props();
        let model = &self.host.model;
        let act = ctx.link().callback(|act| Msg::Bench(bench::Msg::Do(act)));
        let attempt = ctx.link().callback(Msg::Try);
        let running = self.settled && model.booting.is_none() && (!walks(scene.setup.view) || self.walk.over);
        html! {
            <figure class="fig sc" tabindex="0" aria-label={scene.title.clone()} data-scene={scene.id.clone()} data-ready={running.to_string()}
                data-fresh={model.is_fresh().to_string()} data-tried={self.tried.done(&scene.setup)}>
                <div class="fig-h">
                    <span class={classes!("live", (!running).then_some("off"))}></span>
                    <h2>{ scene.title.clone() }</h2>
                    <span class="sp"></span>
                    { builds(Some(model.build), &act.reform(Act::Build), *l) }
                    if scene.setup.view == View::Dispatch {
                        <button type="button" class="btn sm" data-act="restore" disabled={model.draft.edits().is_empty()} onclick={act.reform(|_: MouseEvent| Act::Edits(Vec::new()))}>
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
                    { way(scene, model, &self.walk, &attempt, *l) }
                } else if scene.setup.view == View::Message {
                    { message(scene, model, &self.walk, &attempt, *l) }
                } else if scene.setup.view == View::Source {
                    { source(scene, model, &self.tried, &attempt, act.reform(Act::Seek), *l) }
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

impl SceneBench {
    /// The scene's captions, of what has happened; after a change of the reader's they don't hold.
    fn captions(&self, ctx: &Context<Self>) -> Html {
        let Props { scene, lang: l } = ctx.props();
        let model = &self.host.model;
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
