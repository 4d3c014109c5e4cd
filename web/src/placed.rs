//! An element at its place along a track. The place is set through the CSSOM: a strict
//! Content-Security-Policy refuses `style` attributes. Until then it is not seen: Yew lets the browser paint
//! before effects, and what is seen at the track's start moves from there.

use crate::format::fixed;
use web_sys::HtmlElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub class: Classes,
    /// Per cent of the track.
    pub left: f64,
    #[prop_or_default]
    pub width: Option<f64>,
    #[prop_or_default]
    pub role: Option<&'static str>,
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn Placed(props: &Props) -> Html {
    let node = use_node_ref();
    use_effect_with((props.left, props.width), {
        let node = node.clone();
        move |(left, width)| {
            if let Some(element) = node.cast::<HtmlElement>() {
                set(&element, "left", *left);
                width.iter().for_each(|width| set(&element, "width", *width));
                put(&element, "visibility", "inherit");
            }
        }
    });
    html! { <span ref={node} class={classes!("placed", props.class.clone())} data-role={props.role}>{ props.children.clone() }</span> }
}

fn set(element: &HtmlElement, property: &str, percent: f64) {
    put(element, property, &format!("{}%", fixed(percent, 2)));
}

fn put(element: &HtmlElement, property: &str, value: &str) {
    // Fails for a property that is read only, which none of ours is.
    let _ = element.style().set_property(property, value);
}
