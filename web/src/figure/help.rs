//! The keyboard map.

use super::keys::Deed;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use yew::prelude::*;

type Name = fn(Lang) -> &'static str;
const KEYS: [(&[&str], Name); 7] = [
    (&["Space"], t::help_play),
    (&["←", "→"], t::help_step),
    (&["Shift ←", "Shift →"], t::help_micro),
    (&["Home", "End"], t::help_ends),
    (&["R"], t::help_raise),
    (&["1", "2", "3"], t::help_speed),
    (&["?"], t::help_help),
];

/// `close`: the button that gets the focus when the list opens.
pub fn help(deeds: &Callback<Deed>, close: NodeRef, l: Lang) -> Html {
    let shut = deeds.reform(|_| Deed::Help(false));
    html! {
        <div class="help" role="dialog" aria-label={t::help_title(l)}>
            <h3>{ t::help_title(l) }<span class="sp"></span>
                <button type="button" ref={close} class="btn sm ghost ico" aria-label={t::dismiss(l)} onclick={shut}>{ icon(Icon::Close) }</button>
            </h3>
            <dl>{ for KEYS.into_iter().map(|(keys, name)| html! {
                <><dt>{ for keys.iter().map(|k| html! { <kbd>{ *k }</kbd> }) }</dt><dd>{ name(l) }</dd></>
            }) }</dl>
        </div>
    }
}
