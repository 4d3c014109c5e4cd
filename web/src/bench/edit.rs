//! Edits as the worker takes them: docs/edits.md, as JSON. The page makes them and never looks inside
//! those that others made; the worker says what they come to.

use std::fmt::Write;
use std::rc::Rc;

/// One edit, a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit(pub Rc<str>);

/// Where a moved file goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Before(String),
    After(String),
}

impl Edit {
    pub fn order(file: &str, place: &Place) -> Self {
        let (key, other) = match place {
            Place::Before(other) => ("before", other),
            Place::After(other) => ("after", other),
        };
        Edit::of("order", &[("file", quoted(file)), (key, quoted(other))])
    }

    /// `unchecked`: even a malformed expression.
    pub fn depex(file: &str, hex: &str, unchecked: bool) -> Self {
        let mut fields = vec![("file", quoted(file)), ("hex", quoted(hex))];
        if unchecked {
            fields.push(("unchecked", "true".into()));
        }
        Edit::of("depex", &fields)
    }

    /// As the dispatcher reads it, by names.
    pub fn depex_text(file: &str, text: &str) -> Self {
        Edit::of("depex", &[("file", quoted(file)), ("text", quoted(text))])
    }

    pub fn drop_file(file: &str) -> Self {
        Edit::of("drop", &[("file", quoted(file))])
    }

    pub fn kind(file: &str, kind: &str) -> Self {
        Edit::of("type", &[("file", quoted(file)), ("type", quoted(kind))])
    }

    pub fn apriori(phase: &str, volume: &str, files: &[String]) -> Self {
        let files: Vec<String> = files.iter().map(|file| quoted(file)).collect();
        let list = format!("[{}]", files.join(","));
        Edit::of("apriori", &[("phase", quoted(phase)), ("volume", quoted(volume)), ("files", list)])
    }

    pub fn pcd(file: &str, word: &str, value: u32) -> Self {
        Edit::of("pcd", &[("file", quoted(file)), ("word", quoted(word)), ("value", value.to_string())])
    }

    /// What isn't of the image but of what is around it: `board` or `stimulus`, as docs/faults.md has them, in JSON.
    pub fn around(op: &str, json: &str) -> Self {
        Edit::of(op, &[(op, json.to_owned())])
    }

    pub fn is_of_image(&self) -> bool {
        !AROUND.iter().any(|op| self.0.strip_prefix("{\"op\":\"").is_some_and(|rest| rest.starts_with(op)))
    }

    fn of(op: &str, fields: &[(&str, String)]) -> Self {
        let fields: String = fields.iter().map(|(key, value)| format!(",{}:{value}", quoted(key))).collect();
        Edit(format!("{{\"op\":{}{fields}}}", quoted(op)).into())
    }
}

/// The operations of [`Edit::around`].
pub const AROUND: [&str; 2] = ["board", "stimulus"];

/// The list that the worker takes: what is of the image.
pub fn of_image(edits: &[Edit]) -> String {
    let edits: Vec<Edit> = edits.iter().filter(|edit| edit.is_of_image()).cloned().collect();
    list(&edits)
}

/// All of them.
pub fn list(edits: &[Edit]) -> String {
    let edits: Vec<&str> = edits.iter().map(|edit| &*edit.0).collect();
    format!("{{\"edit\":[{}]}}", edits.join(","))
}

/// A JSON string.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control < ' ' => _ = write!(out, "\\u{:04x}", control as u32),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_a_json_object_of_the_vocabulary() {
        let edits = [
            Edit::order("DriverC", &Place::After("PlatformSmm".into())),
            Edit::depex("DriverC", "06 08", true),
            Edit::apriori("dxe", "0x0", &["RuntimeDxe".into(), "BdsDxe".into()]),
        ];
        let expected = r#"{"edit":[{"op":"order","file":"DriverC","after":"PlatformSmm"},"#.to_owned()
            + r#"{"op":"depex","file":"DriverC","hex":"06 08","unchecked":true},"#
            + r#"{"op":"apriori","phase":"dxe","volume":"0x0","files":["RuntimeDxe","BdsDxe"]}]}"#;
        assert_eq!(list(&edits), expected);
    }

    #[test]
    fn what_is_around_the_image_is_no_edit_of_it() {
        let edits = [Edit::around("board", r#"{"top-swap":true}"#), Edit::drop_file("A")];
        assert_eq!(edits.each_ref().map(Edit::is_of_image), [false, true]);
        assert_eq!(of_image(&edits), r#"{"edit":[{"op":"drop","file":"A"}]}"#);
        let all = r#"{"edit":[{"op":"board","board":{"top-swap":true}},{"op":"drop","file":"A"}]}"#;
        assert_eq!(list(&edits), all);
    }

    #[test]
    fn text_of_any_kind_stays_inside_its_quotes() {
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
    }
}
