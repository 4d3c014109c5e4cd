//! How far a reader has come. Kept in the browser; nothing is sent anywhere.

use crate::prefs::{remember, remembered};

fn key(what: &str, id: &str) -> String {
    format!("{what}.{id}")
}

pub fn solved(id: &str) -> bool {
    remembered(&key("solved", id)).is_some()
}

pub fn set_solved(id: &str) {
    remember(&key("solved", id), "1");
}

/// How many hints were taken.
pub fn hints(id: &str) -> usize {
    remembered(&key("hints", id)).and_then(|count| count.parse().ok()).unwrap_or(0)
}

pub fn set_hints(id: &str, count: usize) {
    remember(&key("hints", id), &count.to_string());
}

/// The link of a board, so that a repair under way survives the page.
pub fn board(id: &str) -> String {
    remembered(&key("board", id)).unwrap_or_default()
}

pub fn set_board(id: &str, link: &str) {
    remember(&key("board", id), link);
}
