//! The figures alone, as `<smm-lab>` (web/js/smm-lab.js) shows them: what an article loads has no board
//! and no lessons in it.
#![allow(dead_code, unused_imports, reason = "the modules are the page's, which uses more of them")]

mod bench;
mod board;
mod console;
mod content;
mod embed;
mod events;
mod faults;
mod figure;
mod files;
mod format;
mod i18n;
mod icons;
mod later;
mod link;
mod operations;
mod placed;
mod prefs;
mod rom;
mod route;
mod save;
mod scene;
mod tabs;
mod words;

/// Does nothing by itself: the tag calls `embed::mount`.
fn main() {}
