//! Files that are dropped on a board.

use web_sys::{DragEvent, File};
use yew::prelude::*;

/// Without it the browser would open the file.
pub fn over() -> Callback<DragEvent> {
    Callback::from(|event: DragEvent| event.prevent_default())
}

pub fn taken(take: Callback<File>) -> Callback<DragEvent> {
    Callback::from(move |event: DragEvent| {
        event.prevent_default();
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            take.emit(file);
        }
    })
}
