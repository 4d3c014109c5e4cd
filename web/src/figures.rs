//! The figures alone, as `<smm-lab>` (web/js/smm-lab.js) shows them, and the page's way in, which is one of them with
//! some text: neither loads boards and lessons.
#![allow(dead_code, unused_imports, reason = "the modules are the page's, which uses more of them")]

mod app;
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
mod header;
mod home;
mod i18n;
mod icons;
mod later;
mod link;
mod operations;
mod placed;
mod prefs;
mod progress;
mod rom;
mod route;
mod save;
mod scene;
mod tabs;
mod way_in;
mod words;

/// Does nothing by itself: the tag calls `embed::mount`, the page `way_in::open_way_in`.
fn main() {}
