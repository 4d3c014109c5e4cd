//! The figures alone, as `<smm-lab>` (web/js/smm-lab.js) shows them: what an article loads has no board
//! and no lessons in it.

/// Does nothing by itself: the tag calls `mount`.
fn main() {}

web::mount!(web::embed::AnyScene);
