//! A scene on a page of its own.

use super::SceneView;
use crate::content::use_item;
use crate::i18n::Lang;
use ::content::{Kind, Scene};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub id: AttrValue,
    pub lang: Lang,
}

#[component]
pub fn ScenePage(props: &Props) -> Html {
    let Props { id, lang: l } = props;
    let loaded = use_item::<Scene>(Kind::Scene, id, *l);
    let text =
        loaded.item().map(|scene| html! { <><h1>{ scene.title.clone() }</h1><p>{ scene.summary.clone() }</p></> });
    html! {
        <main class="page">
            <div class="prose">{ for text }</div>
            <SceneView id={id.clone()} lang={*l} />
        </main>
    }
}
