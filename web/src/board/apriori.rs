//! The a-priori list of a volume: who goes first, whatever his DEPEX says.

use super::drag::edit_name;
use crate::bench::Act;
use crate::bench::edit::Edit;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use story::dispatch::{Dialect, Guid, Listing, Volume};
use yew::prelude::*;

pub fn apriori(volume: &Volume, listing: &Listing, act: &Callback<Act>, l: Lang) -> Html {
    if volume.apriori.is_empty() {
        return Html::default();
    }
    let last = volume.apriori.len() - 1;
    let item = |(nth, guid): (usize, &Guid)| {
        let name = listing.names.of(guid);
        let button = |label: String, sign: Icon, list: Option<Vec<Guid>>| {
            let edit = list.as_ref().map(|list| set(volume, listing, list));
            let act = act.clone();
            let onclick = move |_: MouseEvent| edit.iter().for_each(|edit| act.emit(Act::Edit(edit.clone())));
            html! { <button type="button" class="btn sm ghost ico" aria-label={label.clone()} title={label} disabled={list.is_none()} {onclick}>{ icon(sign) }</button> }
        };
        html! {
            <li key={guid.to_string()}>
                <b class="mono">{ name.clone() }</b>
                { button(t::apriori_up(l, &name), Icon::Up, (nth > 0).then(|| swapped(&volume.apriori, nth - 1))) }
                { button(t::apriori_down(l, &name), Icon::Down, (nth < last).then(|| swapped(&volume.apriori, nth))) }
                { button(t::apriori_out(l, &name), Icon::Close, Some(without(&volume.apriori, guid))) }
            </li>
        }
    };
    html! {
        <div class="apr">
            <span>{ t::apriori(l) }</span>
            <ol aria-label={t::apriori(l)}>{ for volume.apriori.iter().enumerate().map(item) }</ol>
        </div>
    }
}

fn swapped(list: &[Guid], nth: usize) -> Vec<Guid> {
    let mut list = list.to_vec();
    list.swap(nth, nth + 1);
    list
}

pub fn without(list: &[Guid], guid: &Guid) -> Vec<Guid> {
    list.iter().copied().filter(|other| other != guid).collect()
}

pub fn with(list: &[Guid], guid: Guid) -> Vec<Guid> {
    let mut list = without(list, &guid);
    list.push(guid);
    list
}

/// The edit that sets the list. Names, since people read edits.
pub fn set(volume: &Volume, listing: &Listing, list: &[Guid]) -> Edit {
    let name = |guid: &Guid| listing.file(guid).map_or_else(|| guid.to_string(), edit_name);
    let pei = volume.files.iter().any(|file| file.dispatcher() == Some(Dialect::Pei));
    Edit::apriori(if pei { "pei" } else { "dxe" }, &volume.at, &list.iter().map(name).collect::<Vec<_>>())
}
