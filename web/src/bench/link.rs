//! A bench as an address: version, image, build, edits and what was said. Not the machine: it does the
//! same again.

use super::around::{self, around};
use super::edit::{self, AROUND, Edit};
use content::Build;
use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{UrlSearchParams, window};

const VERSION: &str = "1";
const IMAGE: &str = "smmlab";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    pub build: Build,
    pub edits: Vec<Edit>,
    pub said: Vec<String>,
}

/// What a link says that this page can't do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    Version(String),
    Image(String),
    Build(String),
    /// Cut off, or altered: this part can't be read.
    Unreadable(&'static str),
}

impl Shared {
    /// `None`: the address carries nothing.
    pub fn parse(query: &str) -> Option<Result<Self, Damage>> {
        if query.is_empty() {
            return None;
        }
        Some(UrlSearchParams::new_with_str(query).map_err(|_| Damage::Unreadable("?")).and_then(|params| read(&params)))
    }

    pub fn query(&self) -> String {
        let said = format!("[{}]", self.said.iter().map(|text| edit::quoted(text)).collect::<Vec<_>>().join(","));
        format!(
            "v={VERSION}&image={IMAGE}&build={}&edits={}&said={}",
            self.build.id(),
            pack(&edit::list(&self.edits)).unwrap_or_default(),
            pack(&said).unwrap_or_default()
        )
    }
}

fn read(params: &UrlSearchParams) -> Result<Shared, Damage> {
    let get = |name: &str| params.get(name).unwrap_or_default();
    if get("v") != VERSION {
        return Err(Damage::Version(get("v")));
    }
    if get("image") != IMAGE {
        return Err(Damage::Image(get("image")));
    }
    let build = get("build");
    let build = Build::ALL.into_iter().find(|b| b.id() == build).ok_or(Damage::Build(build))?;
    let edits = edits_of(&get("edits")).filter(|edits| around(edits).is_some()).ok_or(Damage::Unreadable("edits"))?;
    let said = array(&get("said")).and_then(|said| said.iter().map(|text| text.as_string()).collect());
    Ok(Shared { build, edits, said: said.ok_or(Damage::Unreadable("said"))? })
}

fn edits_of(packed: &str) -> Option<Vec<Edit>> {
    let list = JSON::parse(&unpack(packed)?).ok()?;
    edits_in(&list)
}

/// The edits of a list as JSON, `{"edit": […]}`; what is none is refused.
pub fn edits_in(list: &JsValue) -> Option<Vec<Edit>> {
    let edits: Array = Reflect::get(list, &"edit".into()).ok()?.dyn_into().ok()?;
    let edit = |value: JsValue| {
        let op = Reflect::get(&value, &"op".into()).ok()?.as_string()?;
        if AROUND.contains(&&*op) {
            let inner = Reflect::get(&value, &(&*op).into()).ok()?;
            return Some(Edit::around(&op, &String::from(JSON::stringify(&inner).ok()?)));
        }
        Some(Edit(String::from(JSON::stringify(&value).ok()?).into()))
    };
    edits.iter().map(edit).collect()
}

/// What an edit does, and to which file.
pub fn facts(edit: &Edit) -> (String, String) {
    let value = JSON::parse(&edit.0).unwrap_or(JsValue::NULL);
    if let Some(what) = around::facts(&value).filter(|_| !edit.is_of_image()) {
        return (op(&value), what);
    }
    let text = |name: &str| Reflect::get(&value, &name.into()).ok().and_then(|value| value.as_string());
    let place =
        ["before", "after", "to", "type", "text", "hex", "word"].into_iter().find_map(|key| Some((key, text(key)?)));
    let place =
        place.map(
            |(key, value)| {
                if matches!(key, "before" | "after") { format!(" {key} {value}") } else { format!(" {value}") }
            },
        );
    let number = Reflect::get(&value, &"value".into()).ok().and_then(|value| value.as_f64());
    let number = number.map(|value| format!(" = {}", value as u32)).unwrap_or_default();
    (op(&value), text("file").unwrap_or_default() + &place.unwrap_or_default() + &number)
}

fn op(edit: &JsValue) -> String {
    Reflect::get(edit, &"op".into()).ok().and_then(|value| value.as_string()).unwrap_or_default()
}

fn array(packed: &str) -> Option<Array> {
    JSON::parse(&unpack(packed)?).ok()?.dyn_into().ok()
}

/// Base64url of the UTF-8 bytes.
fn pack(text: &str) -> Option<String> {
    let binary: String = text.bytes().map(char::from).collect();
    let base64 = window()?.btoa(&binary).ok()?;
    Some(base64.replace('+', "-").replace('/', "_").replace('=', ""))
}

fn unpack(packed: &str) -> Option<String> {
    let base64 = packed.replace('-', "+").replace('_', "/");
    let binary = window()?.atob(&base64).ok()?;
    let bytes: Option<Vec<u8>> = binary.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect();
    String::from_utf8(bytes?).ok()
}
