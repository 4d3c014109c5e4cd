//! Figures that content names: a scene is an image, edits, commands and captions; its view is one of those here.

mod captions;
mod checklist;
mod drivers;
mod lifecycle;
mod message;
mod page;
mod source;
mod view;
mod walk;
mod way;

use crate::content::{self, Loaded};
use crate::figure::Figure;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use ::content::{Kind, Scene, View};
use checklist::Checklist;
pub use page::ScenePage;
use view::SceneBench;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub id: AttrValue,
    pub lang: Lang,
}

#[component]
pub fn SceneView(props: &Props) -> Html {
    let l = props.lang;
    let loaded = content::use_item::<Scene>(Kind::Scene, &props.id, l);
    match &loaded {
        Loaded::Ready(scene, _) if scene.setup.view == View::Flow => html! { <Figure lang={l} /> },
        Loaded::Ready(scene, _) if scene.setup.view == View::Checklist => {
            html! { <Checklist scene={scene.clone()} lang={l} /> }
        }
        Loaded::Ready(scene, _) => html! { <SceneBench scene={scene.clone()} lang={l} /> },
        Loaded::Loading => {
            html! { <figure class="fig sc" data-scene={props.id.clone()} role="status" aria-label={t::content_loading(l)}></figure> }
        }
        Loaded::Failed(why) => {
            html! { <figure class="fig sc"><p class="fault" role="alert">{ icon(Icon::Warn) }{ t::content_failed(l, why) }</p></figure> }
        }
    }
}
