//! Over the board: the image, its build, and what can be done with it.

use crate::bars::{Parts, small};
use crate::bench::Act;
use crate::bench::desk::Msg;
use crate::format::hex_byte;
use crate::i18n::t;
use crate::icons::{Icon, icon};
use yew::prelude::*;

pub fn bar(parts: Parts<'_>, own: Option<&str>, exercise: bool) -> Html {
    let (model, l) = (&parts.desk.host.model, parts.l);
    let post = model.boot.as_ref().and_then(|boot| boot.chronicle.post.last()).map(|(_, code)| *code);
    let export = parts.to.reform(|_: MouseEvent| Msg::Export);
    html! {
        <div class="bbar">
            { parts.image(own.unwrap_or("smmlab.fd")) }
            { parts.builds() }
            { parts.undo_redo() }
            <button type="button" class="btn pri boot" data-act="boot" disabled={model.listing.is_none()}
                aria-disabled={model.booting.is_some().to_string()} onclick={parts.to.reform(|_: MouseEvent| Act::Boot.into())}>
                { icon(Icon::Play) }{ t::build_boot(l) }
            </button>
            <span class="postd" role="img" aria-label={t::post_now(l, &post.map(hex_byte).unwrap_or_default())}>
                <small>{ "POST" }</small><span>{ post.map_or_else(|| "··".to_owned(), |code| format!("{code:02X}")) }</span>
            </span>
            <span class="sp"></span>
            if !exercise {
                { parts.faults() }
                { parts.copy_link() }
                { parts.bring(t::import_file(l)) }
            }
            { small("export", t::export(l), "", Icon::Save, model.listing.is_none(), export) }
        </div>
    }
}
