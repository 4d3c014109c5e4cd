//! The page around the figure.

use crate::figure::Figure;
use crate::header::header;
use crate::i18n::t;
use crate::prefs;
use yew::prelude::*;

#[component]
pub fn App() -> Html {
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
    html! {
        <>
            { header(*theme, &choose_lang, &choose_theme, l) }
            <main class="page">
                <div class="prose">
                    <h1>{ t::page_title(l) }</h1>
                    <p>{ t::page_intro(l) }</p>
                </div>
                <Figure lang={l} />
                <p class="note">{ t::page_note(l) }</p>
                <section class="prose">
                    <p>{ t::page_after(l) }</p>
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
        </>
    }
}
