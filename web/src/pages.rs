//! All pages that an address can ask for.

use crate::app::Pages;
use crate::board::Board;
use crate::chapter::ChapterPage;
use crate::chipset::SourcesPage;
use crate::exercise::ExercisePage;
use crate::flash::FlashPage;
use crate::home::Home;
use crate::i18n::{Lang, t};
use crate::route::Route;
use crate::scene::ScenePage;
use yew::prelude::*;

pub struct AllPages;

impl Pages for AllPages {
    fn page(route: &Route, l: Lang) -> Html {
        match route {
            Route::Board(link) => html! {
                <main class="page wide">
                    <div class="prose"><h1>{ t::board_title(l) }</h1><p>{ t::board_intro(l) }</p></div>
                    <Board lang={l} link={link.clone()} />
                </main>
            },
            Route::Sources => html! {
                <main class="page wide">
                    <div class="prose"><h1>{ t::sources_title(l) }</h1><p>{ t::sources_intro(l) }</p><p class="also">{ t::sources_also(l) }{ " " }<a href="#/scene/software-smi">{ t::sources_software(l) }</a>{ " · " }<a href="#/scene/hardware-smi">{ t::sources_hardware(l) }</a>{ " · " }<a href="#/scene/communicate">{ t::sources_messages(l) }</a></p></div>
                    <SourcesPage lang={l} />
                </main>
            },
            Route::Flash(link) => html! {
                <main class="page wide">
                    <div class="prose"><h1>{ t::flash_title(l) }</h1><p>{ t::flash_intro(l) }</p><p class="also">{ t::sources_also(l) }{ " " }<a href="#/scene/four-layers">{ t::flash_layers(l) }</a>{ " · " }<a href="#/scene/runtime-setvariable">{ t::flash_runtime(l) }</a></p></div>
                    <FlashPage lang={l} link={link.clone()} />
                </main>
            },
            Route::Scene(id) => html! { <ScenePage key={id.clone()} id={id.clone()} lang={l} /> },
            Route::Chapter(id) => html! { <ChapterPage key={id.clone()} id={id.clone()} lang={l} /> },
            Route::Exercise(id) => html! { <ExercisePage key={id.clone()} id={id.clone()} lang={l} /> },
            Route::Home => html! { <Home lang={l} /> },
        }
    }
}
