//! A question to be answered before the machine is run. What is right, the machine says.

use crate::bench::edit::list;
use crate::bench::image;
use crate::content::{edits, prose};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::link::{Handle, News};
use crate::{progress, words};
use ::content::{Choice, Question};
use protocol::{FromWorker, ToWorker};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub chapter: String,
    pub question: Question,
    /// Ids of the chapter's questions: when all are answered, it is done.
    pub all: Vec<String>,
    pub lang: Lang,
}

pub enum Msg {
    News(News),
    Choose(String),
    Run,
    Image(Result<Vec<u8>, String>),
}

enum State {
    Open,
    Running,
    Answered(String),
    Failed(String),
}

pub struct Predict {
    handle: Handle,
    chosen: Option<String>,
    state: State,
}

impl Component for Predict {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        Predict { handle: Handle::open(ctx.link().callback(Msg::News)), chosen: None, state: State::Open }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let Props { question, chapter, all, lang: l } = ctx.props();
        let predict = &question.predict;
        match msg {
            Msg::Choose(answer) => self.chosen = Some(answer),
            Msg::Run if matches!(self.state, State::Running) => return false,
            Msg::Run => {
                self.state = State::Running;
                let build = predict.build;
                ctx.link().send_future(async move { Msg::Image(image(build).await) });
            }
            Msg::Image(Ok(bytes)) => {
                let (figure, image) = (self.handle.id(), predict.build.id().to_owned());
                self.handle.hold(&image, bytes);
                let (edits, ask) = (list(&edits(&predict.edits)), predict.ask.clone());
                self.handle.send(&ToWorker::Probe { figure, image, edits, ask });
            }
            Msg::Image(Err(why)) => self.state = State::Failed(t::image_failed(*l, &why)),
            Msg::News(News::Message(FromWorker::Probed { answer, .. })) => {
                progress::set_solved(&format!("{chapter}.{}", predict.id));
                if all.iter().all(|id| progress::solved(&format!("{chapter}.{id}"))) {
                    progress::set_solved(chapter);
                }
                self.state = State::Answered(answer);
            }
            Msg::News(News::Message(FromWorker::Failed { .. }) | News::Crashed) => {
                self.state = State::Failed(t::load_failed_worker(*l).into());
            }
            Msg::News(News::Message(_)) => return false,
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { question, lang: l, .. } = ctx.props();
        let answered = matches!(self.state, State::Answered(_));
        let running = matches!(self.state, State::Running);
        html! {
            <div class="predict" role="group" aria-label={t::predict(*l)} data-predict={question.predict.id.clone()}>
                <h3>{ t::predict(*l) }<span class="chip">{ question.predict.build.name() }</span></h3>
                <div class="md">{ prose(&question.question) }</div>
                <fieldset disabled={answered}>
                    <legend class="sr">{ t::predict(*l) }</legend>
                    { for question.choices.iter().map(|choice| self.choice(ctx, choice)) }
                </fieldset>
                <div aria-live="polite">
                    { match &self.state {
                        State::Answered(answer) => self.answer(question, answer, *l),
                        State::Failed(why) => html! { <p class="fault">{ icon(Icon::Warn) }{ why.clone() }</p> },
                        _ => Html::default(),
                    } }
                </div>
                if !answered {
                    <button type="button" class="btn pri" data-act="run" disabled={self.chosen.is_none()} onclick={ctx.link().callback(|_| Msg::Run)}>
                        { icon(Icon::Play) }{ if running { t::proving(*l) } else { t::predict_run(*l) } }
                    </button>
                }
            </div>
        }
    }
}

impl Predict {
    fn choice(&self, ctx: &Context<Self>, choice: &Choice) -> Html {
        let Props { question, .. } = ctx.props();
        let right = matches!(&self.state, State::Answered(answer) if *answer == choice.answer);
        let chosen = self.chosen.as_ref() == Some(&choice.answer);
        let wrong = chosen && !right && matches!(self.state, State::Answered(_));
        let answer = choice.answer.clone();
        html! {
            <label class={classes!("choice", right.then_some("right"), wrong.then_some("wrong"), chosen.then_some("sel"))} data-answer={answer.clone()}>
                <input type="radio" name={format!("predict-{}", question.predict.id)} checked={chosen}
                    onchange={ctx.link().callback(move |_| Msg::Choose(answer.clone()))} />
                <span class="md">{ prose(&choice.text) }</span>
                if right { { icon(Icon::Check) } } else if wrong { { icon(Icon::Close) } }
            </label>
        }
    }

    fn answer(&self, question: &Question, answer: &str, l: Lang) -> Html {
        let right = self.chosen.as_deref() == Some(answer);
        html! {
            <div class="because" data-role={if right { "ok" } else { "fault" }} data-right={right.to_string()}>
                <p><b>{ if right { t::predict_right(l) } else { t::predict_wrong(l) } }</b>{ " " }{ t::predict_machine(l, words::answer(answer, l)) }</p>
                <div class="md">{ prose(&question.because) }</div>
            </div>
        }
    }
}
