//! What benches have in common over their panels: builds, undo, faults, links, files, and what the reader should know.

use crate::bench::desk::{Desk, Msg};
use crate::bench::{Act, Build, Model};
use crate::board::words;
use crate::faults::Faults;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::rom;
use yew::prelude::*;

/// The desk, with the way to it.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    pub desk: &'a Desk,
    pub to: &'a Callback<Msg>,
    pub l: Lang,
}

impl Parts<'_> {
    fn model(&self) -> &Model {
        &self.desk.host.model
    }

    pub fn act(&self) -> Callback<Act> {
        self.to.reform(Msg::from)
    }

    /// The image's name, its board, and how many edits it has.
    pub fn image(&self, name: &str) -> Html {
        let edits = self.desk.edits().len();
        html! {
            <span class="img"><b>{ name.to_owned() }</b>{ " · ich9" }
                if edits > 0 { { " · " }<em>{ t::edits_count(self.l, &edits.to_string()) }</em> }
            </span>
        }
    }

    pub fn builds(&self) -> Html {
        let now = Some(self.model().build).filter(|_| !self.model().is_own());
        builds(now, &self.to.reform(|build| Act::Build(build).into()), self.l)
    }

    pub fn undo_redo(&self) -> Html {
        let (draft, l) = (&self.model().draft, self.l);
        let undo = self.to.reform(|_: MouseEvent| Act::Undo.into());
        let redo = self.to.reform(|_: MouseEvent| Act::Redo.into());
        html! {
            <>
                { small("undo", t::undo(l), "Ctrl+Z", Icon::Undo, !draft.can_undo(), undo) }
                { small("redo", t::redo(l), "Ctrl+Shift+Z", Icon::Redo, !draft.can_redo(), redo) }
            </>
        }
    }

    /// Opens the catalogue of faults, and closes it.
    pub fn faults(&self) -> Html {
        html! {
            <button type="button" class="btn sm" data-act="faults" aria-expanded={self.desk.picking.to_string()}
                onclick={self.to.reform(|_: MouseEvent| Msg::ShowFaults)}>{ icon(Icon::Warn) }<span>{ t::faults(self.l) }</span></button>
        }
    }

    pub fn catalogue(&self) -> Html {
        let choose = self.to.reform(|edits| Act::Edits(edits).into());
        html! {
            if self.desk.picking {
                <section class="panel at-faults" aria-label={t::faults(self.l)}>
                    <Faults edits={self.desk.edits().to_vec()} {choose} lang={self.l} />
                </section>
            }
        }
    }

    /// No link carries an image that the reader brought.
    pub fn copy_link(&self) -> Html {
        let copy = self.to.reform(|_: MouseEvent| Msg::CopyLink);
        small("copy-link", t::copy_link(self.l), "", Icon::Link, self.model().is_own(), copy)
    }

    pub fn bring(&self, name: &'static str) -> Html {
        html! {
            <label class="btn sm ico" title={name}>
                { icon(Icon::Rom) }<input class="sr" type="file" aria-label={name} onchange={rom::picked(self.to.reform(Msg::File))} />
            </label>
        }
    }

    /// A damaged link, a refused edit, a link copied.
    pub fn notes(&self) -> Html {
        let l = self.l;
        let bad = self.desk.damage.as_ref().map(|damage| words::damaged(damage, l));
        let bad = bad.or_else(|| self.model().trouble.as_ref().map(|trouble| words::trouble(trouble, l)));
        let note = self.desk.copied.map(|done| if done { t::link_copied(l) } else { t::link_not_copied(l) });
        html! {
            <>
                if let Some(text) = bad {
                    <div class="notice wide" role="alert">
                        { icon(Icon::Warn) }<p>{ text }</p>
                        <button type="button" class="btn sm ghost ico" aria-label={t::dismiss(l)} onclick={self.to.reform(|_| Msg::Dismiss)}>
                            { icon(Icon::Close) }
                        </button>
                    </div>
                }
                <p class="said" role="status">{ note.unwrap_or_default() }</p>
            </>
        }
    }
}

/// DEBUG or RELEASE, to choose. `now`: none of both, if the reader brought an image.
pub fn builds(now: Option<Build>, choose: &Callback<Build>, l: Lang) -> Html {
    let one = |build: Build| {
        html! {
            <button type="button" data-build={build.id()} aria-pressed={(now == Some(build)).to_string()}
                onclick={choose.reform(move |_: MouseEvent| build)}>{ build.name() }</button>
        }
    };
    html! { <span class="seg" role="group" aria-label={t::build(l)}>{ for Build::ALL.into_iter().map(one) }</span> }
}

/// A button with a sign alone. `key`: what it can be pressed with, too.
pub fn small(
    id: &'static str,
    name: &'static str,
    key: &str,
    sign: Icon,
    off: bool,
    press: Callback<MouseEvent>,
) -> Html {
    let title = if key.is_empty() { name.to_owned() } else { format!("{name} ({key})") };
    html! {
        <button type="button" class="btn sm ico" data-act={id} aria-label={name} {title} disabled={off} onclick={press}>{ icon(sign) }</button>
    }
}

/// Ctrl+Z and Ctrl+Shift+Z, but where text is typed.
pub fn undo_key(event: &KeyboardEvent) -> Option<Act> {
    let typing = event.target_dyn_into::<web_sys::HtmlInputElement>().is_some_and(|input| input.type_() != "checkbox")
        || event.target_dyn_into::<web_sys::HtmlTextAreaElement>().is_some();
    if typing || !(event.ctrl_key() || event.meta_key()) || !event.key().eq_ignore_ascii_case("z") {
        return None;
    }
    event.prevent_default();
    Some(if event.shift_key() { Act::Redo } else { Act::Undo })
}
