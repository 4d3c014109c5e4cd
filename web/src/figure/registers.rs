//! The register file; what the last step changed is marked until the next.

use crate::i18n::{t, use_lang};
use std::rc::Rc;
use story::{Flow, SHOWN};
use trace::CpuReg;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub flow: Option<Rc<Flow>>,
}

fn digits(reg: CpuReg) -> usize {
    match reg {
        CpuReg::Cs | CpuReg::Ss => 4,
        CpuReg::Smbase | CpuReg::Rflags | CpuReg::Efer | CpuReg::Cr0 | CpuReg::Cr4 | CpuReg::Dr7 => 8,
        _ => 16,
    }
}

#[component]
pub fn RegisterFile(props: &Props) -> Html {
    let l = use_lang();
    let row = |reg: CpuReg| {
        let value = props.flow.as_ref().and_then(|f| f.registers.get(reg));
        let changed = props.flow.as_ref().is_some_and(|f| f.registers.changed(reg));
        let width = digits(reg);
        html! {
            <div class={classes!(changed.then_some("chg"))} data-reg={reg.name()} key={reg.name()}>
                <dt>{ reg.name() }</dt>
                <dd>
                    { value.map(|v| format!("{v:0width$X}")).unwrap_or_default() }
                    if changed { <span class="sr">{ t::regs_changed(l) }</span> }
                </dd>
            </div>
        }
    };
    html! {
        <>
            <h3><span>{ t::regs_title(l) }</span><small class="mono">{ "CPU0" }</small></h3>
            <dl class="regs">{ for SHOWN.into_iter().map(row) }</dl>
        </>
    }
}
