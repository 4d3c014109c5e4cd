//! The live figure smi-flow: wires the model to the worker, the clock and the reader's hands.

mod caption;
mod command;
mod help;
mod keys;
mod lanes;
mod log;
mod model;
mod osview;
mod overlay;
mod panes;
mod path;
mod registers;
mod save;
mod scene;
mod smram;
mod stage;
mod transport;
mod view;

use crate::events::{self, Detail};
use crate::i18n::Lang;
use crate::link::{Handle, News};
use crate::{prefs, rom};
use gloo::render::{AnimationFrame, request_animation_frame};
use keys::Deed;
use model::Model;
use protocol::{FromWorker, Moment, Opened, Recorded, ToWorker};
pub use smram::smram_view;
use std::rc::Rc;
use web_sys::{File, HtmlElement};
use yew::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    #[default]
    Save,
    Registers,
    Os,
    Log,
}

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    /// A tape of another's machine to show; else the figure has a machine of its own, with the demo ROM.
    #[prop_or_default]
    pub feed: Option<Feed>,
}

/// A machine that someone else runs, and what it has last done.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    pub opened: Rc<Opened>,
    pub tape: Rc<Recorded>,
    /// It begins to play when it comes.
    pub play: bool,
    /// The machine's answer to the moment that was last sought.
    pub at: Option<(u64, Moment)>,
    pub seek: Callback<u64>,
}

pub enum Msg {
    News(News),
    Fetched(Result<Vec<u8>, String>),
    File(File),
    FileRead(String, Option<Vec<u8>>),
    Frame(f64),
    Do(Deed),
    Scrub(f64),
    ToRow(usize),
    Choose(u8),
    Demo,
    Retry,
    Dismiss,
    Drag(bool),
    Pane(Pane),
    /// The one who runs the machine has news.
    Fed,
}

pub struct Figure {
    /// None: the machine is fed by another.
    handle: Option<Handle>,
    model: Model,
    pane: Pane,
    dragging: bool,
    help: bool,
    /// The help's close button, and whether it has had the focus.
    help_close: NodeRef,
    help_focused: bool,
    frame: Option<AnimationFrame>,
    last_frame: Option<f64>,
    root: NodeRef,
    /// The stage, and the SMI it belongs to, that the page around was told last.
    told: Option<(&'static str, u32)>,
}

/// A frame that comes later than this was not shown: the tab slept, and so did the tape.
const LONGEST_FRAME: f64 = 100.0;

impl Component for Figure {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let feed = ctx.props().feed.as_ref();
        let handle = feed.is_none().then(|| Handle::open(ctx.link().callback(Msg::News)));
        let mut model = Model::new(handle.as_ref().map_or(0, Handle::id), prefs::reduced_motion());
        match feed {
            Some(feed) => model.fed(feed.opened.clone(), &feed.tape, feed.play),
            None => fetch_demo(ctx),
        }
        let figure = Figure {
            model,
            handle,
            pane: Pane::default(),
            dragging: false,
            help: false,
            help_close: NodeRef::default(),
            help_focused: false,
            frame: None,
            last_frame: None,
            root: NodeRef::default(),
            told: None,
        };
        if feed.is_some() {
            ctx.link().send_message(Msg::Fed);
        }
        figure
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if let Some(feed) = &ctx.props().feed {
            let same = old.feed.as_ref().is_some_and(|old| Rc::ptr_eq(&old.tape, &feed.tape));
            if !same {
                self.model.fed(feed.opened.clone(), &feed.tape, feed.play);
            }
            if let Some((asked, moment)) = feed.at.clone() {
                self.model.received(FromWorker::At { figure: 0, asked, moment });
            }
            ctx.link().send_message(Msg::Fed);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::News(News::Message(message)) => self.model.received(message),
            Msg::News(News::Crashed) => self.model.crashed(),
            Msg::Fetched(rom) => self.model.rom_fetched(rom),
            Msg::File(file) => self.read(ctx, file),
            Msg::FileRead(name, rom) => self.model.rom_chosen(name, rom),
            Msg::Frame(now) => self.tick(now),
            Msg::Do(deed) => self.act(deed),
            Msg::Scrub(at) => self.model.with_player(|p| p.seek(at)),
            Msg::ToRow(row) => self.model.with_player(|p| p.to_row(row)),
            Msg::Choose(command) => self.model.choose(command),
            Msg::Demo => fetch_demo(ctx),
            Msg::Retry => {
                self.model.restart();
                fetch_demo(ctx);
            }
            Msg::Dismiss => self.model.notice = None,
            Msg::Drag(over) => {
                if self.dragging == over {
                    return false;
                }
                self.dragging = over;
            }
            Msg::Pane(pane) => self.pane = pane,
            Msg::Fed => {}
        }
        self.send(ctx);
        self.keep_moving(ctx);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        self.show(ctx)
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        if self.help
            && !self.help_focused
            && let Some(button) = self.help_close.cast::<HtmlElement>()
        {
            // Focus is a courtesy; without it the list is still there.
            let _ = button.focus();
        }
        self.help_focused = self.help;
        self.tell();
    }
}

impl Figure {
    fn send(&mut self, ctx: &Context<Self>) {
        for message in self.model.outgoing() {
            match (&self.handle, &ctx.props().feed, message) {
                (Some(handle), _, message) => handle.send(&message),
                (None, Some(feed), ToWorker::Seek { time, .. }) => feed.seek.emit(time),
                // Only a figure with a machine of its own asks for more.
                _ => {}
            }
        }
    }

    /// Tells the page around when the machine has come to another stage.
    fn tell(&mut self) {
        let Some(player) = &self.model.player else { return };
        let flow = player.flow();
        let now = (flow.stage.id(), flow.taken);
        if self.told.replace(now) != Some(now)
            && let Some(root) = self.root.cast::<HtmlElement>()
        {
            events::send(&root, &Detail { stage: now.0, taken: now.1, time: player.moment().to_string() });
        }
    }

    fn act(&mut self, deed: Deed) {
        let grain = self.model.grain;
        match deed {
            Deed::Play => self.model.play(),
            Deed::Step { forward } => self.model.with_player(|p| p.step(forward, grain)),
            Deed::StepBy { forward, grain } => self.model.with_player(|p| p.step(forward, grain)),
            Deed::Grain(grain) => self.model.grain = grain,
            Deed::First => self.model.with_player(|p| p.seek(0.0)),
            Deed::Last => self.model.with_player(|p| p.seek(f64::INFINITY)),
            Deed::Raise => self.model.raise(),
            Deed::Speed(speed) => self.model.speed = speed,
            Deed::Help(shown) => self.help = shown,
            Deed::ToggleHelp => self.help = !self.help,
        }
    }

    fn tick(&mut self, now: f64) {
        self.frame = None;
        let passed = self.last_frame.map_or(0.0, |last| (now - last).clamp(0.0, LONGEST_FRAME));
        self.last_frame = Some(now);
        let speed = self.model.speed;
        self.model.with_player(|p| p.tick(passed * speed));
    }

    /// Asks for the next frame while the tape plays; a figure at rest costs nothing.
    fn keep_moving(&mut self, ctx: &Context<Self>) {
        if !self.model.player.as_ref().is_some_and(|p| p.playing()) {
            self.frame = None;
            self.last_frame = None;
        } else if self.frame.is_none() {
            let link = ctx.link().clone();
            self.frame = Some(request_animation_frame(move |now| link.send_message(Msg::Frame(now))));
        }
    }

    fn read(&mut self, ctx: &Context<Self>, file: File) {
        self.dragging = false;
        let name = file.name();
        if self.model.accepts(&name, file.size() as u64) {
            ctx.link().send_future(async move {
                let rom = rom::read_file(&file).await;
                Msg::FileRead(name, rom)
            });
        }
    }
}

fn fetch_demo(ctx: &Context<Figure>) {
    ctx.link().send_future(async { Msg::Fetched(rom::fetch_demo().await) });
}
