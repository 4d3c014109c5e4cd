//! Brand, ways through the page, languages, theme.

use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon, logo};
use crate::prefs::Theme;
use crate::route::Route;
use yew::prelude::*;

pub fn header(
    theme: Theme,
    choose_lang: &Callback<Lang>,
    choose_theme: &Callback<Theme>,
    route: &Route,
    l: Lang,
) -> Html {
    let (label, sign) = match theme {
        Theme::Auto => (t::theme_auto(l), Icon::Theme),
        Theme::Light => (t::theme_light(l), Icon::Sun),
        Theme::Dark => (t::theme_dark(l), Icon::Moon),
    };
    let next_theme = choose_theme.reform({
        let next = theme.next();
        move |_| next
    });
    html! {
        <header class="top">
            <a class="brand" href="#/">{ logo() }<span>{ "SMM Lab" }</span></a>
            <nav aria-label={t::nav(l)}>
                <a href="#/board" aria-current={matches!(route, Route::Board(_)).then_some("page")}>{ t::nav_board(l) }</a>
                <a href="#/smi" aria-current={matches!(route, Route::Sources).then_some("page")}>{ t::nav_sources(l) }</a>
                <a href="#/flash" aria-current={matches!(route, Route::Flash(_)).then_some("page")}>{ t::nav_flash(l) }</a>
            </nav>
            <span class="sp"></span>
            <div class="seg langs" role="group" aria-label={t::language(l)}>
                { for Lang::ALL.into_iter().map(|lang| html! {
                    <button type="button" lang={lang.tag()} title={lang.name()} data-lang={lang.tag()}
                        aria-pressed={(lang == l).to_string()} onclick={choose_lang.reform(move |_| lang)}>
                        { lang.label() }
                    </button>
                }) }
            </div>
            <button type="button" class="btn ico ghost" data-theme-choice={theme.id()} aria-label={label} title={label}
                onclick={next_theme}>
                { icon(sign) }
            </button>
        </header>
    }
}
