//! The page: its head, and what the address asks for.

use crate::header::header;
use crate::i18n::Lang;
use crate::prefs;
use crate::route::{Route, use_route};
use yew::prelude::*;

/// What there is under the head: all of it (`pages`), or no more than the way in (`way_in`).
pub trait Pages: 'static {
    fn page(route: &Route, lang: Lang) -> Html;
}

#[component]
pub fn App<P: Pages>() -> Html {
    let lang = use_state_eq(prefs::lang);
    let theme = use_state_eq(prefs::theme);
    // The document learns of it before the first paint.
    use_memo((), |_| {
        prefs::apply_lang(*lang, false);
        prefs::apply_theme(*theme, false);
    });
    let choose_lang = {
        let lang = lang.clone();
        Callback::from(move |choice| {
            prefs::apply_lang(choice, true);
            lang.set(choice);
        })
    };
    let choose_theme = {
        let theme = theme.clone();
        Callback::from(move |choice| {
            prefs::apply_theme(choice, true);
            theme.set(choice);
        })
    };
    let l = *lang;
    let route = use_route();
    html! {
        <>
            { header(*theme, &choose_lang, &choose_theme, &route, l) }
            { P::page(&route, l) }
        </>
    }
}
