//! The way in: the figure of one SMI, and what there is to go on with.

use crate::app::Pages;
use crate::content::use_index;
use crate::figure::Figure;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::progress;
use crate::route::Route;
use ::content::{Entry, Kind};
use yew::prelude::*;

/// The scene that is a tool of its own.
const CHECKLIST: &str = "setting-not-persisting";

/// No page but this, until all are there.
pub struct WayInAlone;

impl Pages for WayInAlone {
    fn page(_: &Route, lang: Lang) -> Html {
        html! { <Home {lang} /> }
    }
}

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
}

#[component]
pub fn Home(props: &Props) -> Html {
    let l = props.lang;
    let index = use_index(l);
    let entries = index.item().map(|entries| entries.as_slice()).unwrap_or_default();
    html! {
        <main class="page">
            <div class="prose">
                <h1>{ t::page_title(l) }</h1>
                <p>{ t::page_intro(l) }</p>
            </div>
            <Figure lang={l} />
            <p class="note">{ t::page_note(l) }</p>
            <section class="prose">
                <p>{ t::page_after(l) }</p>
            </section>
            { ways(entries, l) }
            <section class="prose">
                <h2>{ t::try_title(l) }</h2>
                <ul>
                    <li>{ t::try_command(l) }</li>
                    <li>{ t::try_again(l) }</li>
                    <li>{ t::try_micro(l) }</li>
                    <li>{ t::try_smram(l) }</li>
                    <li>{ t::try_rom(l) }</li>
                </ul>
            </section>
        </main>
    }
}

/// Chapters, exercises, the board.
fn ways(entries: &[Entry], l: Lang) -> Html {
    let of = |kind: Kind| entries.iter().filter(move |entry| entry.kind == kind);
    html! {
        <nav class="ways" aria-label={t::ways(l)}>
            <h2>{ t::ways(l) }</h2>
            <ul>
                { for of(Kind::Chapter).map(|entry| way(entry, "chapter", t::way_chapter(l), l)) }
                { for of(Kind::Scene).filter(|entry| entry.id == CHECKLIST).map(|entry| way(entry, "scene", t::way_checklist(l), l)) }
                { for of(Kind::Exercise).map(|entry| way(entry, "exercise", t::way_exercise(l), l)) }
                <li><a href="#/board"><small>{ t::way_board(l) }</small><b>{ t::board_title(l) }</b><span>{ t::board_intro(l) }</span></a></li>
                <li><a href="#/smi"><small>{ t::way_board(l) }</small><b>{ t::sources_title(l) }</b><span>{ t::sources_intro(l) }</span></a></li>
                <li><a href="#/flash"><small>{ t::way_board(l) }</small><b>{ t::flash_title(l) }</b><span>{ t::flash_intro(l) }</span></a></li>
            </ul>
        </nav>
    }
}

fn way(entry: &Entry, page: &str, kind: &'static str, l: Lang) -> Html {
    let solved = progress::solved(&entry.id);
    html! {
        <li>
            <a href={format!("#/{page}/{}", entry.id)} data-way={entry.id.clone()}>
                <small>{ kind }{ for entry.minutes.map(|minutes| format!(" · {}", t::minutes(l, &minutes.to_string()))) }</small>
                <b>{ entry.title.clone() }</b><span>{ entry.summary.clone() }</span>
                if solved { <em class="chip" data-role="ok">{ icon(Icon::Check) }{ t::solved_chip(l) }</em> }
            </a>
        </li>
    }
}
