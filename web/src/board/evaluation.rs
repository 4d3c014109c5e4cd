//! What a dispatcher made of an expression, round by round, with its stack.

use crate::bench::short;
use crate::format::{decimal, hex_byte};
use crate::i18n::{Lang, t};
use story::dispatch::{Evaluation, Expression, Module, Step};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub module: Module,
    pub depex: Option<Expression>,
    pub lang: Lang,
}

#[component]
pub fn Evaluations(props: &Props) -> Html {
    let Props { module, depex, lang: l } = props;
    let all = &module.evaluations;
    let chosen = use_state_eq(|| None::<usize>);
    if all.is_empty() {
        return Html::default();
    }
    let nth = chosen.filter(|nth| *nth < all.len()).unwrap_or(all.len() - 1);
    let button = |(at, evaluation): (usize, &Evaluation)| {
        let chosen = chosen.clone();
        let label =
            if evaluation.apriori { t::by_apriori(*l).to_owned() } else { t::round(*l, &evaluation.round.to_string()) };
        html! {
            <button type="button" aria-pressed={(at == nth).to_string()} onclick={move |_| chosen.set(Some(at))}>
                { label }<small class={if evaluation.ready { "t" } else { "f" }}>{ truth(evaluation.ready) }</small>
            </button>
        }
    };
    html! {
        <div class="evs">
            <h3>{ t::evaluations(*l) }</h3>
            <div class="seg rounds" role="group" aria-label={t::evaluations(*l)}>{ for all.iter().enumerate().map(button) }</div>
            { table(&all[nth], depex.as_ref(), *l) }
        </div>
    }
}

fn truth(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

fn table(evaluation: &Evaluation, depex: Option<&Expression>, l: Lang) -> Html {
    if evaluation.apriori {
        return html! { <p class="none">{ t::apriori_unasked(l) }</p> };
    }
    let row = |step: &Step| {
        let line = depex.and_then(|depex| depex.lines.iter().find(|line| line.offset == step.offset));
        let stack: Vec<&str> = step.stack.iter().map(|value| if *value { "T" } else { "F" }).collect();
        html! {
            <tr>
                <td>{ line.map(|line| hex_byte(line.code)).unwrap_or_default() }</td>
                <td>{ line.map(|line| line.op.clone()).unwrap_or_default() }{ " " }
                    <span class="opd">{ line.and_then(|line| line.operand.as_deref()).map(short).unwrap_or_default().to_owned() }</span></td>
                <td class={if step.found == Some(false) { "f" } else { "t" }}>{ step.found.map(truth).unwrap_or_default() }</td>
                <td>{ format!("[{}]", stack.join(" ")) }</td>
            </tr>
        }
    };
    html! {
        <table class="evt">
            <thead><tr><th scope="col"><span class="sr">{ t::opcode(l) }</span></th><th scope="col">{ t::instruction(l) }</th>
                <th scope="col">{ t::there(l) }</th><th scope="col">{ t::stack(l) }</th></tr></thead>
            <tbody>{ for evaluation.steps.iter().map(row) }</tbody>
            <tfoot><tr><td></td><th scope="row" colspan="2">{ format!("t = {} ns", decimal(evaluation.time)) }</th>
                <td class={if evaluation.ready { "t" } else { "f" }}>{ truth(evaluation.ready) }</td></tr></tfoot>
        </table>
    }
}
