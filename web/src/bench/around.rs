//! What a list of edits says of the board, and of what happens to it.

use super::edit::Edit;
use content::MOST_TIMES;
use js_sys::{Array, JSON, Object, Reflect};
use protocol::Surroundings;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

/// `None`: it can't be read, or two of them have the board otherwise.
pub fn around(edits: &[Edit]) -> Option<Surroundings> {
    let mut all = Surroundings::default();
    for edit in edits.iter().filter(|edit| !edit.is_of_image()) {
        let value = JSON::parse(&edit.0).ok()?;
        if let Some(board) = get(&value, "board") {
            all.board.join(&read(board)?).ok()?;
        } else {
            all.stimuli.push(read(get(&value, "stimulus")?)?);
        }
    }
    all.stimuli.iter().all(|one| one.times <= MOST_TIMES).then_some(all)
}

fn get(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &name.into()).ok().filter(|value| !value.is_undefined())
}

fn read<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(value).ok()
}

/// In a few words; those of docs/faults.md stay as they are.
pub fn facts(edit: &JsValue) -> Option<String> {
    if let Some(board) = get(edit, "board") {
        return Some(words(&board));
    }
    let stimulus = get(edit, "stimulus")?;
    let [when, deed] = ["when", "do"].map(|name| get(&stimulus, name).map(|value| words(&value)).unwrap_or_default());
    let number = |name| get(&stimulus, name).and_then(|value| value.as_f64()).unwrap_or_default();
    let (held, times) = (number("held-us"), number("times"));
    let held = if held > 0.0 { format!(", {held} µs") } else { String::new() };
    let times = if times > 1.0 { format!(" × {times}") } else { String::new() };
    Some(format!("{when}: {deed}{held}{times}"))
}

/// `power-on`; `touch gpio 3`; `cpus 2, top-swap true`
fn words(value: &JsValue) -> String {
    if let Some(text) = value.as_string() {
        return text;
    }
    let Some(object) = value.dyn_ref::<Object>() else {
        return JSON::stringify(value).map(String::from).unwrap_or_default();
    };
    let entry = |pair: JsValue| {
        let pair = Array::from(&pair);
        format!("{} {}", words(&pair.get(0)), words(&pair.get(1)))
    };
    Object::entries(object).iter().map(entry).collect::<Vec<_>>().join(", ")
}
