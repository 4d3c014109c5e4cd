//! One sentence on what happened.

use crate::i18n::use_lang;
use crate::words;
use std::rc::Rc;
use story::Flow;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub flow: Option<Rc<Flow>>,
}

#[component]
pub fn Caption(props: &Props) -> Html {
    let l = use_lang();
    let Some(flow) = &props.flow else { return html! { <div class="cap"><p></p></div> } };
    html! {
        <div class="cap">
            <span class="chip" data-role={words::stage_role(flow.stage)}>
                { format!("{:02} {}", flow.stage.number(), words::stage(flow.stage)) }
            </span>
            <p aria-live="polite">{ words::caption(flow, l) }</p>
        </div>
    }
}
