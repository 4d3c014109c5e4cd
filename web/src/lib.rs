//! What a browser shows: a live figure of one SMI, benches, lessons. Everything that is shown of a machine is folded
//! from the trace of the one that runs in the worker.
//!
//! Three programs are made of it, and what a program doesn't use isn't in it: the page (`main.rs`), its way in
//! (`way_in.rs`), the figures for articles (`figures.rs`). What JavaScript calls is in those: from here it would be in all.

mod app;
mod bars;
mod bench;
mod board;
mod chapter;
mod chipset;
mod console;
mod content;
mod dropped;
pub mod embed;
mod events;
mod exercise;
mod faults;
mod figure;
mod files;
mod flash;
mod format;
mod header;
mod home;
mod i18n;
mod icons;
mod later;
mod link;
mod operations;
mod pages;
mod placed;
mod prefs;
mod progress;
mod rom;
mod route;
mod save;
mod scene;
mod tabs;
mod words;

pub use app::App;
pub use home::WayInAlone;
pub use link::close as close_worker;
pub use pages::AllPages;
