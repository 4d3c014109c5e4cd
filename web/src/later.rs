//! What may come a task later, so that none is long: the page answers a hand in between.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

/// The value, a task behind.
#[hook]
pub fn use_later<T: Clone + PartialEq + 'static>(value: T) -> T {
    let shown = use_state_eq(|| value.clone());
    use_effect_with(value, {
        let shown = shown.clone();
        move |value| {
            let value = value.clone();
            let timeout = (*shown != value).then(|| Timeout::new(0, move || shown.set(value)));
            move || drop(timeout)
        }
    });
    (*shown).clone()
}
