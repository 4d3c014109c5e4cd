//! Scenes, exercises and chapters: JSON files beside the page, one for each item and language.

use crate::bench::edit::Edit;
use crate::bench::edits_in;
use crate::files;
use crate::i18n::Lang;
use ::content::Kind;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;
use yew::prelude::*;

/// An item on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded<T> {
    Loading,
    /// The item, and the text that it was made of.
    Ready(Rc<T>, Rc<str>),
    Failed(String),
}

impl<T> Loaded<T> {
    pub fn item(&self) -> Option<&Rc<T>> {
        match self {
            Loaded::Ready(item, _) => Some(item),
            _ => None,
        }
    }
}

async fn load<T: DeserializeOwned>(file: String) -> Result<(Rc<T>, Rc<str>), String> {
    let bytes = files::bytes(&file).await?;
    let damaged = |why: &dyn std::fmt::Display| format!("{file}: {why}");
    let text = String::from_utf8(bytes).map_err(|error| damaged(&error))?;
    let value = js_sys::JSON::parse(&text).map_err(|_| damaged(&"not JSON"))?;
    let item = serde_wasm_bindgen::from_value(value).map_err(|error| damaged(&error))?;
    Ok((Rc::new(item), text.into()))
}

/// The file, in this language; it is loaded anew when either changes.
#[hook]
fn use_file<T: DeserializeOwned + Clone + PartialEq + 'static>(file: String) -> Loaded<T> {
    let loaded = use_state(|| Loaded::Loading);
    use_effect_with(file, {
        let loaded = loaded.clone();
        move |file| {
            let file = file.clone();
            wasm_bindgen_futures::spawn_local(async move {
                loaded.set(match load(file).await {
                    Ok((item, text)) => Loaded::Ready(item, text),
                    Err(why) => Loaded::Failed(why),
                });
            });
        }
    });
    (*loaded).clone()
}

#[hook]
pub fn use_item<T: DeserializeOwned + Clone + PartialEq + 'static>(kind: Kind, id: &str, lang: Lang) -> Loaded<T> {
    use_file(format!("content/{}/{id}.{}.json", kind.folder(), lang.tag()))
}

/// All items, in their order.
#[hook]
pub fn use_index(lang: Lang) -> Loaded<Vec<::content::Entry>> {
    use_file(format!("content/index.{}.json", lang.tag()))
}

/// The catalogue of faults, in its order.
#[hook]
pub fn use_faults(lang: Lang) -> Loaded<Vec<::content::KnownFault>> {
    use_file(format!("content/faults.{}.json", lang.tag()))
}

/// As the bench takes them.
pub fn edits(list: &[pi::edit::Edit]) -> Vec<Edit> {
    let list = list.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).ok();
    let object = js_sys::Object::new();
    let set = list.is_some_and(|list| js_sys::Reflect::set(&object, &"edit".into(), &list).is_ok());
    if set { edits_in(&object).unwrap_or_default() } else { Vec::new() }
}

/// All that a fault changes: the image, the board, and what happens to that.
pub fn changes(fault: &::content::KnownFault) -> Vec<Edit> {
    let board = json(&fault.board).filter(|_| !fault.board.is_none());
    let stimuli = fault.stimulus.iter().filter_map(json);
    let around = board.map(|json| Edit::around("board", &json)).into_iter();
    let around = around.chain(stimuli.map(|json| Edit::around("stimulus", &json)));
    edits(&fault.edit).into_iter().chain(around).collect()
}

/// What isn't there is left out.
fn json(value: &impl Serialize) -> Option<String> {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::new()).ok()?;
    js_sys::JSON::stringify(&value).ok().map(String::from)
}

/// Prose as the compiler of contents has made it: it refuses HTML of an author's own.
pub fn prose(html: &str) -> Html {
    Html::from_html_unchecked(AttrValue::from(html.to_owned()))
}
