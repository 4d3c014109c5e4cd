//! The proof by running: every check on DEBUG and RELEASE, and what the exercise says to it.

use crate::bench::edit::{Edit, list};
use crate::bench::{Build, image};
use crate::content::prose;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::link::{Handle, News};
use crate::{events, progress, save, words};
use ::content::Exercise;
use protocol::{Failure, Found, FromWorker, ToWorker, Trial, Verdict};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub exercise: Rc<Exercise>,
    /// The exercise as the worker takes it.
    pub text: Rc<str>,
    pub edits: Vec<Edit>,
    pub lang: Lang,
}

pub enum Msg {
    News(News),
    Prove,
    Images(Result<Vec<(Build, Vec<u8>)>, String>),
    Keep,
}

enum State {
    Idle,
    Running,
    Done(Rc<Verdict>),
    Failed(String),
}

pub struct Proof {
    handle: Handle,
    state: State,
    /// The edits that were proved.
    proved: Vec<Edit>,
    root: NodeRef,
}

impl Component for Proof {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let handle = Handle::open(ctx.link().callback(Msg::News));
        Proof { handle, state: State::Idle, proved: Vec::new(), root: NodeRef::default() }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let Props { exercise, text, lang: l, .. } = ctx.props();
        match msg {
            Msg::Prove if matches!(self.state, State::Running) => return false,
            Msg::Prove => {
                self.state = State::Running;
                self.proved = ctx.props().edits.clone();
                ctx.link().send_future(async { Msg::Images(both().await) });
            }
            Msg::Images(Ok(images)) => {
                for (build, bytes) in images {
                    self.handle.hold(build.id(), bytes);
                }
                let (figure, edits) = (self.handle.id(), list(&self.proved));
                self.handle.send(&ToWorker::Grade { figure, exercise: text.to_string(), edits });
            }
            Msg::Images(Err(why)) => self.state = State::Failed(t::image_failed(*l, &why)),
            Msg::News(News::Message(FromWorker::Graded { verdict, .. })) => {
                if verdict.passed {
                    progress::set_solved(&exercise.id);
                    if let Some(root) = self.root.cast() {
                        events::solved(&root, &exercise.id);
                    }
                }
                self.state = State::Done(Rc::new(*verdict));
            }
            Msg::News(News::Message(FromWorker::Failed { failure, .. })) => {
                self.state = State::Failed(failed(&failure, *l))
            }
            Msg::News(News::Message(_)) => return false,
            Msg::News(News::Crashed) => self.state = State::Failed(t::load_failed_worker(*l).into()),
            Msg::Keep => self.keep(ctx.props()),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (props, link, l) = (ctx.props(), ctx.link(), ctx.props().lang);
        let running = matches!(self.state, State::Running);
        let state = match &self.state {
            State::Idle => "idle",
            State::Running => "running",
            State::Done(verdict) if verdict.passed => "passed",
            State::Done(_) => "failed",
            State::Failed(_) => "error",
        };
        html! {
            <section ref={self.root.clone()} class="panel proof" aria-label={t::proof(l)} data-proof={state}>
                <div class="ph"><h2>{ t::proof(l) }</h2><small>{ t::proof_on(l) }</small><span class="sp"></span>
                    <button type="button" class="btn pri" data-act="prove" aria-disabled={running.to_string()} onclick={link.callback(|_| Msg::Prove)}>
                        { icon(Icon::Play) }{ if running { t::proving(l) } else { t::prove(l) } }
                    </button></div>
                <div aria-live="polite">
                    { match &self.state {
                        State::Idle => html! { <p class="none">{ t::proof_idle(l) }</p> },
                        State::Running => html! { <p class="none">{ t::proving(l) }</p> },
                        State::Failed(why) => html! { <p class="fault">{ icon(Icon::Warn) }<span>{ why.clone() }</span></p> },
                        State::Done(verdict) => html! { <>{ table(&props.exercise, verdict, l) }{ said(&props.exercise, verdict, self.proved != props.edits, l) }</> },
                    } }
                </div>
                if matches!(self.state, State::Done(_)) {
                    <p class="keep"><button type="button" class="btn sm" data-act="keep" onclick={link.callback(|_| Msg::Keep)}>{ icon(Icon::Save) }{ t::proof_keep(l) }</button></p>
                }
            </section>
        }
    }
}

impl Proof {
    /// The result as a file, for a course.
    fn keep(&self, props: &Props) {
        let State::Done(verdict) = &self.state else { return };
        let quoted = crate::bench::edit::quoted;
        let trials: Vec<String> = verdict
            .trials
            .iter()
            .map(|trial| {
                let checks: Vec<String> = trial
                    .checks
                    .iter()
                    .map(|check| {
                        format!(
                            "{{\"id\":{},\"passed\":{},\"answer\":{}}}",
                            quoted(&check.id),
                            check.passed,
                            quoted(&check.answer)
                        )
                    })
                    .collect();
                format!("{{\"build\":{},\"checks\":[{}]}}", quoted(trial.build.id()), checks.join(","))
            })
            .collect();
        let text = format!(
            "{{\"exercise\":{},\"passed\":{},\"hints\":{},\"repair\":{},\"trials\":[{}]}}\n",
            quoted(&props.exercise.id),
            verdict.passed,
            progress::hints(&props.exercise.id),
            list(&self.proved),
            trials.join(",")
        );
        save::download(text.as_bytes(), &format!("{}.json", props.exercise.id), "application/json");
    }
}

async fn both() -> Result<Vec<(Build, Vec<u8>)>, String> {
    let mut images = Vec::new();
    for build in Build::ALL {
        images.push((build, image(build).await?));
    }
    Ok(images)
}

fn failed(failure: &Failure, l: Lang) -> String {
    match failure {
        Failure::Edit(trouble) => crate::board::words::edit_trouble(trouble, l),
        Failure::Edits(why) => t::edits_unreadable(l, why),
        Failure::Rom(why) => t::image_refused(l, why),
        Failure::NoImage(name) | Failure::Tools(name) => t::image_failed(l, name),
        _ => t::load_failed_worker(l).into(),
    }
}

fn table(exercise: &Exercise, verdict: &Verdict, l: Lang) -> Html {
    let mut ids: Vec<&str> = Vec::new();
    for check in verdict.trials.iter().flat_map(|trial| &trial.checks) {
        if !ids.contains(&check.id.as_str()) {
            ids.push(&check.id);
        }
    }
    let cell = |trial: &Trial, id: &str| {
        let found: Option<&Found> = trial.checks.iter().find(|check| check.id == id);
        let expected = found.map_or_else(String::new, |found| t::expected(l, words::answer(&found.expected, l)));
        html! {
            <td>{ match found {
                None => html! { "–" },
                Some(found) => html! {
                    <span class="v" data-role={if found.passed { "ok" } else { "fault" }} title={expected.clone()}>
                        { icon(if found.passed { Icon::Check } else { Icon::Close }) }<code>{ words::answer(&found.answer, l).to_owned() }</code>
                        if !found.passed { <span class="sr">{ expected }</span> }
                    </span>
                },
            } }</td>
        }
    };
    html! {
        <div class="scroll" tabindex="0" role="group" aria-label={t::proof(l)}>
        <table class="prf">
            <thead><tr><th scope="col">{ t::check(l) }</th>{ for verdict.trials.iter().map(|trial| html! { <th scope="col">{ trial.build.name() }</th> }) }</tr></thead>
            <tbody>{ for ids.into_iter().map(|id| html! {
                <tr data-check={id.to_owned()}><th scope="row">{ check_name(exercise, id, l) }</th>{ for verdict.trials.iter().map(|trial| cell(trial, id)) }</tr>
            }) }</tbody>
        </table>
        </div>
    }
}

/// Checks that many exercises share have a name of the page's; others have their author's, as HTML.
fn check_name(exercise: &Exercise, id: &str, l: Lang) -> Html {
    if let Some(name) = exercise.checks.get(id) {
        return prose(name);
    }
    let name = match id {
        "boots" => t::check_boots(l).into(),
        "service-a" => t::check_service(l, "DriverA", "41h"),
        "service-b" => t::check_service(l, "DriverB", "42h"),
        "service-c" => t::check_service(l, "DriverC", "43h"),
        "locked" => t::check_locked(l).into(),
        "hidden" => t::check_hidden(l).into(),
        "lock-driver" => t::check_lock_driver(l).into(),
        other => other.to_owned(),
    };
    html! { name }
}

fn said(exercise: &Exercise, verdict: &Verdict, stale: bool, l: Lang) -> Html {
    let response = verdict.response.as_ref().and_then(|id| exercise.responses.get(id));
    let (role, text) = if verdict.passed { ("ok", Some(&exercise.solved)) } else { ("fault", response) };
    html! {
        <div class="verdict" data-role={role} data-response={verdict.response.clone()}>
            <span class="big">{ icon(if verdict.passed { Icon::Check } else { Icon::Close }) }</span>
            <div>
                <b>{ if verdict.passed { t::passed(l) } else { t::not_passed(l) } }</b>
                <div class="md">{ text.map(|text| prose(text)).unwrap_or_default() }</div>
                if stale { <p class="none">{ t::proof_stale(l) }</p> }
            </div>
        </div>
    }
}
