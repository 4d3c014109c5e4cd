//! SMRAM as both worlds read it, before the lock and after; and what the OS got.

use crate::bench::Model;
use crate::figure::smram_view;
use crate::i18n::Lang;
use yew::prelude::*;

pub fn lifecycle(model: &Model, l: Lang) -> Html {
    let opened = model.boot.as_ref().map(|boot| boot.opened.as_ref());
    html! {
        <div class="life">
            { smram_view(opened, l) }
            <div class="con" aria-label="COM1" role="log">
                { for model.said.iter().map(|exchange| html! { <>
                    <p class="cmd">{ format!("> {}", exchange.text) }</p>
                    <p class="ans">{ exchange.answer.clone().unwrap_or_default() }</p>
                </> }) }
            </div>
        </div>
    }
}
