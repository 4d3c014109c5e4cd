//! What a reader can do to the figure, and the keys that do it.

use story::Grain;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, KeyboardEvent};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    Play,
    /// By the grain chosen in the transport.
    Step {
        forward: bool,
    },
    StepBy {
        forward: bool,
        grain: Grain,
    },
    Grain(Grain),
    First,
    Last,
    Raise,
    Speed(f64),
    Help(bool),
    ToggleHelp,
}

pub const SPEEDS: [(f64, &str, &str); 3] = [(0.25, "¼×", "1"), (1.0, "1×", "2"), (4.0, "4×", "3")];

/// The deed of a key pressed while the focus is in the figure. Keys of text fields stay theirs, and
/// Space and Enter press the button that has the focus.
pub fn deed(event: &KeyboardEvent) -> Option<Deed> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let field = target.dyn_ref::<HtmlInputElement>().map(|input| input.type_());
    if field.is_some_and(|kind| kind != "range") {
        return None;
    }
    let key = event.key();
    if key == " " && target.tag_name().eq_ignore_ascii_case("button") {
        return None;
    }
    let grain = if event.shift_key() { Grain::Micro } else { Grain::Instruction };
    Some(match key.as_str() {
        " " => Deed::Play,
        "ArrowLeft" if is_tab(&target) => return None,
        "ArrowRight" if is_tab(&target) => return None,
        "ArrowLeft" => Deed::StepBy { forward: false, grain },
        "ArrowRight" => Deed::StepBy { forward: true, grain },
        "Home" => Deed::First,
        "End" => Deed::Last,
        "r" | "R" => Deed::Raise,
        "?" => Deed::ToggleHelp,
        "Escape" => Deed::Help(false),
        digit => Deed::Speed(SPEEDS.iter().find(|(_, _, key)| *key == digit)?.0),
    })
}

/// Arrows move between tabs there.
fn is_tab(target: &web_sys::Element) -> bool {
    target.get_attribute("role").is_some_and(|role| role == "tab")
}
