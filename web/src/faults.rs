//! The catalogue of faults to choose from by name: what is chosen becomes edits, of the image and of what is around it.

use crate::bench::around;
use crate::bench::edit::Edit;
use crate::content::{self, Loaded};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use ::content::KnownFault;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    /// The draft as it stands.
    pub edits: Vec<Edit>,
    /// Takes the draft as it shall be.
    pub choose: Callback<Vec<Edit>>,
    pub lang: Lang,
}

#[component]
pub fn Faults(props: &Props) -> Html {
    let l = props.lang;
    let loaded = content::use_faults(l);
    let sought = use_state_eq(String::new);
    let seek = {
        let sought = sought.clone();
        move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
                sought.set(input.value());
            }
        }
    };
    let list = match &loaded {
        Loaded::Loading => return html! { <p class="none" role="status">{ t::content_loading(l) }</p> },
        Loaded::Failed(why) => {
            return html! { <p class="fault pad" role="alert">{ icon(Icon::Warn) }<span>{ t::content_failed(l, why) }</span></p> };
        }
        Loaded::Ready(list, _) => list,
    };
    let shown: Vec<&KnownFault> = list.iter().filter(|fault| is_like(fault, &sought)).collect();
    // What the chosen ones change.
    let chosen: Vec<Vec<Edit>> = list.iter().map(content::changes).filter(|own| are_in(own, &props.edits)).collect();
    let chosen: Vec<&[Edit]> = chosen.iter().map(Vec::as_slice).collect();
    let groups = groups(&shown);
    html! {
        <div class="flts">
            <label class="seek">{ icon(Icon::Seek) }<span class="sr">{ t::faults_seek(l) }</span>
                <input type="search" value={(*sought).clone()} placeholder={t::faults_seek(l)} autocomplete="off" spellcheck="false" oninput={seek} />
                <small role="status">{ t::faults_count(l, &shown.len().to_string()) }</small>
            </label>
            <div class="flt-l" tabindex="0" role="group" aria-label={t::faults(l)}>
                { for groups.into_iter().map(|(group, faults)| html! {
                    <fieldset><legend>{ group_name(&group, l) }</legend>{ for faults.into_iter().map(|fault| row(fault, &chosen, props)) }</fieldset>
                }) }
                if shown.is_empty() { <p class="none">{ t::faults_none(l) }</p> }
            </div>
        </div>
    }
}

/// Each word sought stands in id, name or symptom.
fn is_like(fault: &KnownFault, sought: &str) -> bool {
    let text = format!("{} {} {}", fault.id, fault.name, fault.shows).to_lowercase();
    sought.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn groups<'a>(faults: &[&'a KnownFault]) -> Vec<(String, Vec<&'a KnownFault>)> {
    let mut all: Vec<(String, Vec<&KnownFault>)> = Vec::new();
    for fault in faults {
        match all.iter_mut().find(|(group, _)| *group == fault.group) {
            Some((_, list)) => list.push(fault),
            None => all.push((fault.group.clone(), vec![fault])),
        }
    }
    all
}

fn group_name(group: &str, l: Lang) -> &'static str {
    match group {
        "post" => t::group_post(l),
        "dispatch" => t::group_dispatch(l),
        "locks" => t::group_locks(l),
        "smi" => t::group_smis(l),
        "handlers" => t::group_handlers(l),
        "messages" => t::group_messages(l),
        "setting" => t::group_setting(l),
        _ => t::group_other(l),
    }
}

fn are_in(own: &[Edit], edits: &[Edit]) -> bool {
    own.iter().all(|edit| edits.contains(edit))
}

/// The list with this fault, or without: then what it shares with others that are chosen stays. One that is part of
/// another comes and goes with that.
fn toggled(own: &[Edit], chosen: &[&[Edit]], now: &[Edit]) -> Vec<Edit> {
    let others = chosen.iter().filter(|other| !are_in(own, other) && !are_in(other, own));
    let kept: Vec<&Edit> = others.flat_map(|other| *other).collect();
    let rest = now.iter().filter(|edit| !own.contains(edit) || kept.contains(edit));
    let added = own.iter().filter(|edit| !kept.contains(edit));
    let added = added.filter(|_| !are_in(own, now));
    rest.chain(added).cloned().collect()
}

fn row(fault: &KnownFault, chosen: &[&[Edit]], props: &Props) -> Html {
    let own = content::changes(fault);
    let on = are_in(&own, &props.edits);
    let after = toggled(&own, chosen, &props.edits);
    // Two that have the board otherwise.
    let clash = around(&after).is_none();
    let toggle = props.choose.reform(move |_: Event| after.clone());
    html! {
        <label class={classes!("flt", on.then_some("on"))} key={fault.id.clone()} data-fault={fault.id.clone()}>
            <input type="checkbox" checked={on} disabled={clash} onchange={toggle} />
            <span><b>{ fault.name.clone() }</b><small>{ shows(&fault.shows) }</small></span>
        </label>
    }
}

/// Plain text with words in backquotes.
fn shows(text: &str) -> Html {
    let piece = |(nth, piece): (usize, &str)| {
        if nth % 2 == 1 {
            html! { <code>{ piece.to_owned() }</code> }
        } else {
            html! { { piece.to_owned() } }
        }
    };
    text.split('`').enumerate().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_faults_share_goes_with_the_last_of_them() {
        let [two, a, b] = ["{\"cpus\":2}", "1", "2"].map(|json| Edit::around("board", json));
        let (first, second) = ([two.clone(), a.clone()], [two.clone(), b.clone()]);
        let one = toggled(&first, &[], &[]);
        assert_eq!(one, first);
        let both = toggled(&second, &[&first], &one);
        assert_eq!(both, [two.clone(), a.clone(), b.clone()]);
        let other = toggled(&first, &[&first, &second], &both);
        assert_eq!(other, second);
        assert_eq!(toggled(&second, &[&second], &other), [] as [Edit; 0]);
        // The whole of one is part of another.
        let part = [a];
        assert_eq!(toggled(&part, &[&first, &part], &first), [two]);
        assert_eq!(toggled(&first, &[&first, &part], &first), [] as [Edit; 0]);
    }
}
