//! What the processor executes at the moment shown: the instructions, and beside them the Rust source that they are.

use crate::bench::Boot;
use crate::files;
use crate::i18n::{Lang, t};
use debuginfo::{DebugInfo, Location, Sources};
use gloo::timers::future::TimeoutFuture;
use protocol::{Moment, Recorded};
use std::rc::Rc;
use story::Row;
use trace::{CpuReg, Kind};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub boot: Rc<Boot>,
    pub tape: Rc<Recorded>,
    /// The machine at the moment shown.
    pub at: Option<(u64, Moment)>,
    pub lang: Lang,
}

/// Instructions and lines around the current one.
const AROUND: usize = 6;

struct Debug {
    info: DebugInfo,
    sources: Sources,
}

/// Of the image's build; a reader's own has none.
async fn load(image: String) -> Option<Debug> {
    let info = files::bytes(&format!("firmware/{image}.dbg")).await.ok()?;
    let sources = files::bytes(&format!("firmware/{image}.src")).await.ok()?;
    let info = DebugInfo::read(&info).ok()?;
    // Two short tasks instead of a long one: the page stays at hand.
    TimeoutFuture::new(0).await;
    Some(Debug { info, sources: Sources::read(&sources).ok()? })
}

#[component]
pub fn Code(props: &Props) -> Html {
    let Props { boot, tape, at, lang: l } = props;
    let debug = use_state(|| None::<Rc<Debug>>);
    use_effect_with(boot.image.clone(), {
        let debug = debug.clone();
        move |image| {
            let image = image.clone();
            if image != crate::bench::OWN {
                wasm_bindgen_futures::spawn_local(async move { debug.set(load(image).await.map(Rc::new)) });
            }
        }
    });
    let Some((time, moment)) = at else { return html! { <p class="none">{ t::code_none(*l) }</p> } };
    let rip = moment.registers.iter().find(|(reg, _)| *reg == CpuReg::Rip).map_or(0, |(_, value)| *value);
    let module = boot.dispatch.modules.iter().find_map(|module| {
        let run = module.run.filter(|run| (run.base..run.base + run.size).contains(&rip))?;
        Some((module.file, u32::try_from(rip - run.base).ok()?))
    });
    let location = debug.as_ref().zip(module).and_then(|(debug, (file, rva))| debug.info.lookup(file, rva));
    let name = module.map(|(file, _)| boot.listing.names.of(&file));
    html! {
        <div class="code">
            <p class="code-h mono" data-function={location.as_ref().map(|found| found.function.to_owned())}>
                { name.unwrap_or_default() }
                if let Some(found) = &location { { " · " }{ found.function.to_owned() } if let Some((file, line)) = found.line { { format!(" · {file}:{line}") } } }
            </p>
            <ol class="asm" aria-label={t::code_asm(*l)}>{ for instructions(&tape.rows, *time) }</ol>
            { source(debug.as_deref(), location.as_ref(), *l) }
        </div>
    }
}

/// The instructions executed around a moment; the one that comes next is current.
fn instructions(rows: &[Row], time: u64) -> Vec<Html> {
    let executed: Vec<(u64, u64, &str)> = rows
        .iter()
        .filter_map(|row| match row.event.kind {
            Kind::Instruction { rip, .. } => Some((row.event.time, rip, row.text.as_deref()?)),
            _ => None,
        })
        .collect();
    let now = executed.partition_point(|(at, ..)| *at < time).min(executed.len().saturating_sub(1));
    let from = now.saturating_sub(AROUND);
    let shown = executed.iter().enumerate().skip(from).take(2 * AROUND + 1);
    shown
        .map(|(nth, (_, rip, text))| {
            html! { <li key={nth} class={classes!((nth == now).then_some("cur"))} aria-current={(nth == now).then_some("true")}>
                <span>{ format!("{rip:X}") }</span>{ (*text).to_owned() }
            </li> }
        })
        .collect()
}

fn source(debug: Option<&Debug>, location: Option<&Location>, l: Lang) -> Html {
    let line = location.and_then(|found| found.line);
    let text = line.and_then(|(file, line)| Some((debug?.sources.text(file)?, line as usize)));
    let Some((text, line)) = text else { return html! { <p class="none src-none">{ t::code_no_source(l) }</p> } };
    let from = line.saturating_sub(AROUND + 1);
    html! {
        <ol class="srcs" aria-label={t::code_source(l)} tabindex="0">
            { for text.lines().enumerate().skip(from).take(2 * AROUND + 1).map(|(nth, code)| html! {
                <li key={nth} class={classes!((nth + 1 == line).then_some("cur"))} aria-current={(nth + 1 == line).then_some("true")}>
                    <span>{ nth + 1 }</span>{ code.to_owned() }
                </li>
            }) }
        </ol>
    }
}
