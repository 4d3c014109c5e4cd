//! One sentence on what happened.

use crate::i18n::Lang;
use crate::words;
use story::Flow;
use yew::prelude::*;

pub fn caption(flow: Option<&Flow>, l: Lang) -> Html {
    let Some(flow) = flow else { return html! { <div class="cap"><p></p></div> } };
    html! {
        <div class="cap">
            <span class="chip" data-role={words::stage_role(flow.stage)}>
                { format!("{:02} {}", flow.stage.number(), words::stage(flow.stage)) }
            </span>
            <p aria-live="polite">{ words::caption(flow, l) }</p>
        </div>
    }
}
