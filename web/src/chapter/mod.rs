//! A chapter: prose, live scenes, and questions that the machine answers.

mod predict;

use crate::content::{self, Loaded, prose};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::scene::SceneView;
use ::content::{Block, Chapter, Kind};
use predict::Predict;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub id: AttrValue,
    pub lang: Lang,
}

#[component]
pub fn ChapterPage(props: &Props) -> Html {
    let l = props.lang;
    let loaded = content::use_item::<Chapter>(Kind::Chapter, &props.id, l);
    let chapter = match &loaded {
        Loaded::Loading => return html! { <main class="page"><p role="status">{ t::content_loading(l) }</p></main> },
        Loaded::Failed(why) => {
            return html! { <main class="page"><p class="fault" role="alert">{ icon(Icon::Warn) }{ t::content_failed(l, why) }</p></main> };
        }
        Loaded::Ready(chapter, _) => chapter,
    };
    let questions: Vec<String> = chapter
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Predict(question) => Some(question.predict.id.clone()),
            _ => None,
        })
        .collect();
    let block = |(nth, block): (usize, &Block)| match block {
        Block::Html(html) => html! { <div class="prose md" key={nth}>{ prose(html) }</div> },
        Block::Scene(id) => html! { <SceneView key={nth} id={id.clone()} lang={l} /> },
        Block::Predict(question) => {
            html! { <Predict key={nth} chapter={chapter.id.clone()} question={question.clone()} all={questions.clone()} lang={l} /> }
        }
    };
    html! {
        <main class="page chapter">
            <div class="prose"><h1>{ chapter.title.clone() }</h1><p class="ex-m"><span>{ t::minutes(l, &chapter.minutes.to_string()) }</span></p></div>
            { for chapter.blocks.iter().enumerate().map(block) }
        </main>
    }
}
