//! Names that may complete the word at the caret of an expression.

use story::dispatch::{Listing, Names};

/// No list is longer.
const MOST: usize = 8;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestions {
    /// Where the word begins that a choice replaces, in bytes.
    pub from: usize,
    pub names: Vec<String>,
}

/// `caret` counts bytes. Behind BEFORE and AFTER stand files, behind PUSH protocols: those that this
/// image asks for come first.
pub fn suggest(text: &str, caret: usize, listing: &Listing) -> Suggestions {
    let head = text.get(..caret).unwrap_or(text);
    let from = head.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = &head[from..];
    let before = head[..from].split_whitespace().next_back().unwrap_or_default().to_ascii_uppercase();
    if word.is_empty() && !matches!(before.as_str(), "PUSH" | "BEFORE" | "AFTER") {
        return Suggestions::default();
    }
    let wanted = word.to_ascii_lowercase();
    let fits = |name: &&String| name.to_ascii_lowercase().contains(&wanted) && **name != word;
    let names: Vec<String> = match before.as_str() {
        "BEFORE" | "AFTER" => files(&listing.names).filter(fits).take(MOST).cloned().collect(),
        "PUSH" => {
            let asked = asked(listing);
            let rest = listing.names.known.iter().map(|(_, name)| name).filter(|name| !asked.contains(name));
            asked.iter().copied().chain(rest).filter(fits).take(MOST).cloned().collect()
        }
        _ => Vec::new(),
    };
    Suggestions { from, names }
}

fn files(names: &Names) -> impl Iterator<Item = &String> {
    names.files.iter().map(|(_, name)| name)
}

/// The operands of this image's expressions.
fn asked(listing: &Listing) -> Vec<&String> {
    let mut asked = Vec::new();
    for line in listing.files().filter_map(|file| file.depex.as_ref()).flat_map(|depex| &depex.lines) {
        let known = |name: &&String| listing.names.known.iter().any(|(_, other)| other == *name);
        if let Some(name) = line.operand.as_ref().filter(known)
            && !asked.contains(&name)
        {
            asked.push(name);
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use story::dispatch::Guid;

    fn listing() -> Listing {
        let named = |names: &[&str]| names.iter().map(|name| (Guid::ZERO, (*name).to_owned())).collect();
        let known = named(&["gEfiSmmBase2ProtocolGuid", "gEfiSmmSwDispatch2ProtocolGuid"]);
        Listing { volumes: Vec::new(), names: Names { files: named(&["DriverA", "DriverB"]), known } }
    }

    fn names(text: &str) -> Vec<String> {
        suggest(text, text.len(), &listing()).names
    }

    #[test]
    fn behind_push_stand_protocols_and_behind_after_files() {
        assert_eq!(names("PUSH swdisp"), ["gEfiSmmSwDispatch2ProtocolGuid"]);
        assert_eq!(names("push ").len(), 2);
        assert_eq!(names("AFTER driverb"), ["DriverB"]);
    }

    #[test]
    fn where_an_opcode_stands_nothing_is_suggested() {
        assert!(names("PUS").is_empty() && names("").is_empty() && names("TRUE ").is_empty());
        assert!(names("PUSH gEfiSmmBase2ProtocolGuid EN").is_empty());
    }

    #[test]
    fn a_choice_replaces_the_word_at_the_caret() {
        assert_eq!(suggest("PUSH swd END", 8, &listing()).from, 5);
    }
}
