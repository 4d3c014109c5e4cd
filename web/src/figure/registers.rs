//! The register file; what the last step changed is marked until the next.

use crate::i18n::{Lang, t};
use story::{Flow, SHOWN};
use trace::CpuReg;
use yew::prelude::*;

/// Zeros are shown up to this width; a larger value gets what it needs.
fn digits(reg: CpuReg) -> usize {
    match reg {
        CpuReg::Cs | CpuReg::Ss => 4,
        CpuReg::Smbase | CpuReg::Rflags | CpuReg::Efer | CpuReg::Cr0 | CpuReg::Cr3 | CpuReg::Cr4 | CpuReg::Dr7 => 8,
        _ => 16,
    }
}

pub fn register_file(flow: Option<&Flow>, l: Lang) -> Html {
    let row = |reg: CpuReg| {
        let value = flow.and_then(|f| f.registers.get(reg));
        let changed = flow.is_some_and(|f| f.registers.changed(reg));
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
