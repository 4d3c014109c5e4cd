//! The way in: the figure of one SMI, and what to do next.

use crate::figure::Figure;
use crate::i18n::{Lang, t};
use yew::prelude::*;

pub fn home(l: Lang) -> Html {
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
