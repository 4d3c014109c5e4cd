//! Edits, and why they can't be done.

use pi::edit::{Edit, EditError, EditList};
use protocol::{EditTrouble, Failure};

/// A list of edits as JSON; no text is no edits.
pub fn parse(json: &str) -> Result<Vec<Edit>, Failure> {
    if json.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(json).map(|list: EditList| list.edit).map_err(|error| Failure::Edits(error.to_string()))
}

/// The same list as JSON again.
pub fn unparse(edits: &[Edit]) -> String {
    serde_json::to_string(&EditList { edit: edits.to_vec() }).expect("edits hold nothing that can't be JSON")
}

/// The image with these edits done.
pub fn edited(image: &[u8], edits: &[Edit]) -> Result<Vec<u8>, Failure> {
    if edits.is_empty() {
        return Ok(image.to_vec());
    }
    pi::edit::apply(image, edits).map_err(|error| Failure::Edit(Box::new(trouble(&error))))
}

fn trouble(error: &EditError) -> EditTrouble {
    EditTrouble {
        edit: error.edit.map(|(nth, op)| (nth, op.to_owned())),
        at: error.at.as_ref().map(ToString::to_string),
        file: error.file.as_ref().map(ToString::to_string),
        key: error.reason.key().to_owned(),
        reason: error.reason.to_string(),
    }
}
