//! An exercise: a report of symptoms, hints one at a time, the board to repair it on, and the proof.

mod hints;
mod proof;

use crate::bench::edit::Edit;
use crate::bench::{Build, Shared};
use crate::board::Board;
use crate::content::{self, Loaded, prose};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::progress;
use ::content::{Exercise, Kind};
use hints::Hints;
use proof::Proof;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub id: AttrValue,
    pub lang: Lang,
}

#[component]
pub fn ExercisePage(props: &Props) -> Html {
    let l = props.lang;
    let loaded = content::use_item::<Exercise>(Kind::Exercise, &props.id, l);
    let (exercise, text) = match &loaded {
        Loaded::Loading => return html! { <main class="page"><p role="status">{ t::content_loading(l) }</p></main> },
        Loaded::Failed(why) => {
            return html! { <main class="page"><p class="fault" role="alert">{ icon(Icon::Warn) }{ t::content_failed(l, why) }</p></main> };
        }
        Loaded::Ready(exercise, text) => (exercise.clone(), text.clone()),
    };
    let key = exercise.id.clone();
    html! { <Ready {key} {exercise} {text} lang={l} /> }
}

#[derive(PartialEq, Properties)]
struct ReadyProps {
    exercise: Rc<Exercise>,
    text: Rc<str>,
    lang: Lang,
}

#[component]
fn Ready(props: &ReadyProps) -> Html {
    let ReadyProps { exercise, text, lang: l } = props;
    let id = exercise.id.clone();
    let edits = use_state_eq(Vec::<Edit>::new);
    let link = use_memo(id.clone(), |id| progress::board(id));
    let base = use_memo(id.clone(), |_| content::edits(&exercise.task.bug));
    let edited = {
        let (edits, id) = (edits.clone(), id.clone());
        Callback::from(move |list: Vec<Edit>| {
            let shared = Shared { build: Build::Release, edits: list.clone(), said: Vec::new() };
            progress::set_board(&id, &shared.query());
            edits.set(list);
        })
    };
    html! {
        <main class="page wide ex">
            <div class="ex-l">
                <h1>{ exercise.title.clone() }</h1>
                <p class="ex-m">
                    <span class="chip">{ t::level(*l, &exercise.task.level.to_string()) }</span>
                    <span>{ t::minutes(*l, &exercise.task.minutes.to_string()) }</span>
                    if progress::solved(&id) { <span class="chip" data-role="ok">{ icon(Icon::Check) }{ t::solved_chip(*l) }</span> }
                </p>
                <section class="letter" aria-label={t::report(*l)}>{ icon(Icon::Mail) }<div class="md">{ prose(&exercise.report) }</div></section>
                <Hints exercise={exercise.clone()} lang={*l} />
            </div>
            <div class="ex-r">
                <Board lang={*l} link={(*link).clone()} {base} exercise=true {edited} />
                <Proof exercise={exercise.clone()} text={text.clone()} edits={(*edits).clone()} lang={*l} />
            </div>
        </main>
    }
}
