//! What a figure tells the page around it: the DOM event `smm-lab:event`, which bubbles from the figure.
//! An article, a course platform or a test listens to it; its detail is read from the machine's tape.

use serde::Serialize;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement};

pub const NAME: &str = "smm-lab:event";

/// The event's `detail`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detail {
    /// Stage that the machine has come to: `os`, `smi`, `save-state`, `smram` or `rsm`.
    pub stage: &'static str,
    /// SMIs taken since the tape began.
    pub taken: u32,
    /// Virtual nanoseconds since power-on, as text: a JavaScript number ends at 2^53.
    pub time: String,
}

pub fn send(from: &HtmlElement, detail: &Detail) {
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    if let Ok(detail) = serde_wasm_bindgen::to_value(detail) {
        init.set_detail(&detail);
    }
    if let Ok(event) = CustomEvent::new_with_event_init_dict(NAME, &init) {
        // A listener's "prevent default" prevents nothing here.
        let _ = from.dispatch_event(&event);
    }
}

/// An exercise was solved: `smm-lab:solved`, with its id.
pub fn solved(from: &HtmlElement, exercise: &str) {
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_detail(&exercise.into());
    if let Ok(event) = CustomEvent::new_with_event_init_dict("smm-lab:solved", &init) {
        // As above.
        let _ = from.dispatch_event(&event);
    }
}
