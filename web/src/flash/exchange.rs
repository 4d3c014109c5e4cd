//! The variables of a store as JSON and back, as `smmlab image export` and `import` do it: docs/variables.md.

use js_sys::JSON;
use pi::variable::{JsonVariables, find, set};
use serde::Serialize;
use serde_wasm_bindgen::{Serializer, from_value};
use wasm_bindgen::JsValue;

/// The variables in force. `None`: the volume breaks a rule, or a name isn't text.
pub fn export(volume: &[u8]) -> Option<String> {
    let nvram = find(volume, 0)?.ok()?;
    let variables = JsonVariables::of(&nvram.store(volume).ok()?).ok()?;
    let value = variables.serialize(&Serializer::json_compatible()).ok()?;
    let text = JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into()).ok()?;
    Some(String::from(text) + "\n")
}

/// `None`: it isn't such JSON.
pub fn parse(bytes: &[u8]) -> Option<JsonVariables> {
    let value = JSON::parse(std::str::from_utf8(bytes).ok()?).ok()?;
    from_value(value).ok().filter(|list: &JsonVariables| list.version == JsonVariables::VERSION)
}

/// The volume with these set; others stay.
pub fn with(volume: &[u8], list: &JsonVariables) -> Result<Vec<u8>, String> {
    let mut bytes = volume.to_vec();
    let nvram = find(volume, 0).and_then(Result::ok).ok_or("no store")?;
    for one in &list.variables {
        let name = one.stored_name();
        let contents = one.contents(&name).ok_or_else(|| format!("{}: \"time\"", one.name))?;
        set(&mut bytes, &nvram, &contents).map_err(|error| format!("{}: {error}", one.name))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pi::Guid;
    use pi::variable::{Areas, Format, Hex, JsonVariable, blank_into};

    const AREAS: Areas = Areas { volume: 0x1_0000, block: 0x1000, store_end: 0x7000, work_space: 0x7000..0x8000 };
    const VENDOR: Guid = Guid::new("5E70DA7A-5A5A-4C41-8B53-4D4D4C414200");

    fn list(variables: &[(&str, &[u8])]) -> JsonVariables {
        let one = |(name, data): &(&str, &[u8])| JsonVariable {
            name: (*name).to_owned(),
            guid: VENDOR,
            attr: 7,
            data: Hex(data.to_vec()),
            time: None,
            count: 0,
            pkidx: 0,
        };
        JsonVariables { version: JsonVariables::VERSION, variables: variables.iter().map(one).collect() }
    }

    fn of(volume: &[u8]) -> JsonVariables {
        JsonVariables::of(&find(volume, 0).unwrap().unwrap().store(volume).unwrap()).unwrap()
    }

    #[test]
    fn what_is_brought_is_set_and_what_was_there_stays() {
        let mut volume = vec![0; AREAS.volume];
        blank_into(&mut volume, &AREAS, Format::Authenticated).unwrap();
        let first = with(&volume, &list(&[("A", &[1]), ("B", &[2])])).unwrap();
        let second = with(&first, &list(&[("B", &[3]), ("C", &[4])])).unwrap();
        assert_eq!(of(&second), list(&[("A", &[1]), ("B", &[3]), ("C", &[4])]));
        let refused = with(&second, &list(&[("D", &[5]), ("Large", &[0; 0x8000])]));
        assert!(refused.is_err_and(|why| why.starts_with("Large: ")));
    }
}
