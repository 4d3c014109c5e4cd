//! What a bench knows, and what it asks the worker. Knows no screen. The worker answers in the order of
//! the questions, so a queue says which question an answer is for.

use super::around::around;
use super::draft::Draft;
use super::edit::{self, Edit};
use content::Build;
use protocol::chipset::ChipsetView;
use protocol::{
    Booted, Chronicle, Cut, CutAt, EditTrouble, Failure, FigureId, FlashView, FromWorker, LogText, Memory, Moment,
    Opened, Outcome, Recorded, Rest, Surroundings, ToWorker, Touched,
};
use std::collections::VecDeque;
use std::rc::Rc;
use story::dispatch::{Difference, Dispatch, Listing, first_difference};
use trace::{Event, Input};

/// A question that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The files without the reader's edits.
    Given,
    List,
    Boot,
    Healthy,
    Say,
    Touch,
    Inspect,
    Flash,
    Peek,
    Cut,
    Seek,
    Export,
}

/// What a boot came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Boot {
    pub image: String,
    pub edits: Vec<Edit>,
    pub listing: Listing,
    pub dispatch: Dispatch,
    pub absent: Vec<pi::dispatch::Absent>,
    pub chronicle: Chronicle,
    pub opened: Rc<Opened>,
    /// Against the boot without edits.
    pub difference: Option<Difference>,
}

/// A command for the OS's shell, and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// What it was typed behind: the OS's `>`, or `setup>`.
    pub prompt: String,
    pub text: String,
    /// None: it isn't there yet.
    pub answer: Option<String>,
}

/// Something that is done to the machine while its OS waits for a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Say(String),
    /// Somebody touches the board (`None`: nobody does); then so many nanoseconds go by.
    Touch(Option<Input>, u64),
    /// The plug is pulled: at once, or while flash works for a command.
    Cut(Option<(String, CutAt)>),
}

/// What the machine has told since power-on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub log: Vec<LogText>,
    pub flash: Vec<Event>,
    /// When power was cut.
    pub cuts: Vec<u64>,
    pub commands: Vec<Command>,
}

/// What a command came to, beside its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// When it was typed, and when the OS waited again.
    pub from: u64,
    pub to: u64,
    /// Port 502h.
    pub records: Vec<u8>,
    /// Its software SMIs.
    pub asked: Vec<protocol::Asked>,
}

impl Told {
    fn hear(&mut self, from: u64, chronicle: Chronicle) {
        let Chronicle { log, flash, records, asked, time, .. } = chronicle;
        self.log.extend(log);
        self.flash.extend(flash);
        self.commands.push(Command { from, to: time, records, asked });
    }

    fn forget(&mut self, from: u64) {
        self.log.retain(|line| line.time < from);
        self.flash.retain(|event| event.time < from);
        self.cuts.retain(|time| *time < from);
        self.commands.retain(|command| command.from < from);
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// An image did not come.
    Fetch(String),
    /// Neither edits nor a flash image.
    File(String),
    Worker,
    Edit(EditTrouble),
    Other(Failure),
}

pub struct Model {
    figure: FigureId,
    pub build: Build,
    /// The image's name for the worker; a reader's own has no build.
    pub image: String,
    /// Edits under the reader's own: the fault of an exercise.
    base: Vec<Edit>,
    pub draft: Draft,
    /// What the draft says of the board.
    around: fn(&[Edit]) -> Surroundings,
    pub listing: Option<Rc<Listing>>,
    /// Without the reader's edits.
    pub given: Option<Rc<Listing>>,
    pub boot: Option<Rc<Boot>>,
    /// Machine time of the boot under way.
    pub booting: Option<u64>,
    pub trouble: Option<Trouble>,
    pub said: Vec<Exchange>,
    /// When the OS had answered to each.
    pub answered: Vec<u64>,
    /// Who waits for a command: the OS's `>`, or `setup>`.
    pub prompt: String,
    pub tape: Option<Rc<Recorded>>,
    pub touched: Vec<Touched>,
    /// Answers to `inspect`, in their order; for who asked to take.
    pub inspected: Vec<ChipsetView>,
    /// Answers to `flash`.
    pub flashed: Vec<FlashView>,
    /// Answers to `peek`, since power-on.
    pub peeked: Vec<Memory>,
    pub told: Told,
    /// How the machine stood when it was last left alone.
    pub rest: Rest,
    /// The machine's answer to the last moment that was sought.
    pub at: Option<(u64, Moment)>,
    pub exported: Option<Vec<u8>>,
    healthy: Option<Dispatch>,
    pub home: u64,
    /// Image and edits of each boot that is asked for and not over.
    boots: VecDeque<(String, Vec<Edit>)>,
    /// Counts what makes all that was seen a matter of another boot: one that begins, another image.
    pub turn: u32,
    /// To be done when the OS waits.
    pub to_do: VecDeque<Deed>,
    asked: VecDeque<Asked>,
    outbox: Vec<ToWorker>,
}

/// The worker's name for an image that a reader brought.
pub const OWN: &str = "own";

impl Model {
    pub fn new(figure: FigureId, build: Build, base: Vec<Edit>, edits: Vec<Edit>) -> Self {
        Model {
            figure,
            build,
            image: build.id().to_owned(),
            base,
            draft: Draft::new(edits),
            around: |_| Surroundings::default(),
            listing: None,
            given: None,
            boot: None,
            booting: None,
            trouble: None,
            said: Vec::new(),
            answered: Vec::new(),
            prompt: String::new(),
            tape: None,
            touched: Vec::new(),
            inspected: Vec::new(),
            flashed: Vec::new(),
            peeked: Vec::new(),
            told: Told::default(),
            rest: Rest::Os,
            at: None,
            exported: None,
            healthy: None,
            home: 0,
            boots: VecDeque::new(),
            turn: 0,
            to_do: VecDeque::new(),
            asked: VecDeque::new(),
            outbox: Vec::new(),
        }
    }

    /// Not every figure needs it, nor what reads it.
    pub fn on_any_board(&mut self) {
        // A list that can't be had together never becomes a draft.
        self.around = |edits| around(edits).unwrap_or_default();
    }

    pub fn outgoing(&mut self) -> Vec<ToWorker> {
        std::mem::take(&mut self.outbox)
    }

    fn ask(&mut self, asked: Asked, message: ToWorker) {
        self.asked.push_back(asked);
        self.outbox.push(message);
    }

    fn edits(&self) -> String {
        edit::of_image(&[&self.base, self.draft.edits()].concat())
    }

    /// The image is with the worker: shows its files, boots it.
    pub fn image_held(&mut self) {
        self.trouble = None;
        self.healthy = None;
        let (figure, image, edits) = (self.figure, self.image.clone(), edit::list(&self.base));
        self.ask(Asked::Given, ToWorker::List { figure, image: image.clone(), edits });
        self.list();
        self.ask(Asked::Healthy, ToWorker::Healthy { figure, image });
        self.start();
    }

    fn list(&mut self) {
        let (figure, image, edits) = (self.figure, self.image.clone(), self.edits());
        self.ask(Asked::List, ToWorker::List { figure, image, edits });
    }

    /// Build and boot; not while a boot of the same is under way.
    pub fn start(&mut self) {
        if self.boots.back().is_some_and(|(image, edits)| *image == self.image && edits == self.draft.edits()) {
            return;
        }
        let (figure, image, edits) = (self.figure, self.image.clone(), self.edits());
        self.booting = Some(0);
        self.trouble = None;
        self.boots.push_back((image.clone(), self.draft.edits().to_vec()));
        self.turn += 1;
        let around = (self.around)(self.draft.edits());
        self.ask(Asked::Boot, ToWorker::Boot { figure, image, edits, around });
    }

    pub fn export(&mut self) {
        let (figure, image, edits) = (self.figure, self.image.clone(), self.edits());
        self.ask(Asked::Export, ToWorker::Export { figure, image, edits });
    }

    pub fn seek(&mut self, time: u64) {
        self.ask(Asked::Seek, ToWorker::Seek { figure: self.figure, time });
    }

    /// Types a command into the OS's shell.
    pub fn say(&mut self, text: String) {
        if !self.can_say() || text.trim().is_empty() {
            return;
        }
        self.said.push(Exchange { prompt: self.prompt.clone(), text: text.clone(), answer: None });
        self.ask(Asked::Say, ToWorker::Say { figure: self.figure, at: self.home, text });
    }

    /// Touches the board, or lets time go by.
    pub fn touch(&mut self, input: Option<Input>, wait: u64) {
        if self.is_idle() {
            self.ask(Asked::Touch, ToWorker::Touch { figure: self.figure, at: self.home, input, wait });
        }
    }

    /// The chipset's registers at a moment.
    pub fn inspect(&mut self, time: u64) {
        self.ask(Asked::Inspect, ToWorker::Inspect { figure: self.figure, time });
    }

    /// The serial flash at a moment.
    pub fn flash(&mut self, time: u64) {
        self.ask(Asked::Flash, ToWorker::Flash { figure: self.figure, time });
    }

    /// Memory at a moment.
    pub fn peek(&mut self, time: u64, addr: u64, length: u32) {
        self.ask(Asked::Peek, ToWorker::Peek { figure: self.figure, time, addr, length });
    }

    /// Memory is asked for, and hasn't come yet.
    pub fn peeks(&self) -> bool {
        self.asked.contains(&Asked::Peek)
    }

    /// Pulls the plug and puts it back.
    pub fn cut(&mut self, command: Option<(String, CutAt)>) {
        if self.is_idle() {
            let text = command.as_ref().map_or_else(String::new, |(text, _)| text.clone());
            self.said.push(Exchange { prompt: self.prompt.clone(), text, answer: None });
            self.ask(Asked::Cut, ToWorker::Cut { figure: self.figure, at: self.home, command });
        }
    }

    /// Back to a moment at which the OS waited.
    pub fn go_back(&mut self, home: u64) {
        if self.is_idle() {
            (self.home, self.rest, self.tape, self.at) = (home, Rest::Os, None, None);
            ">".clone_into(&mut self.prompt);
            self.to_do.clear();
            self.told.forget(home);
        }
    }

    /// Does these one after the other.
    pub fn run(&mut self, deeds: impl IntoIterator<Item = Deed>) {
        self.to_do.extend(deeds);
        self.go_on();
    }

    fn go_on(&mut self) {
        if !self.is_idle() {
            return;
        }
        match self.to_do.pop_front() {
            Some(Deed::Say(text)) if self.rest == Rest::Os => self.say(text),
            // Nobody hears it.
            Some(Deed::Say(_)) => self.go_on(),
            Some(Deed::Touch(input, wait)) => self.touch(input, wait),
            Some(Deed::Cut(command)) => self.cut(command),
            None => {}
        }
    }

    /// The machine has booted to its prompt, and nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.boot.as_ref().is_some_and(|boot| boot.chronicle.outcome == Outcome::Prompt) && self.rests()
    }

    /// Nothing is under way.
    pub fn rests(&self) -> bool {
        let waits = self.asked.iter().any(|asked| matches!(asked, Asked::Say | Asked::Touch | Asked::Cut));
        self.booting.is_none() && !waits
    }

    /// The OS waits for a command.
    pub fn can_say(&self) -> bool {
        self.is_idle() && self.rest == Rest::Os
    }

    pub fn edit(&mut self, edit: Edit) {
        self.draft.push(edit);
        self.redraw();
    }

    /// A file moves within its volume; the list shows it before the worker has answered.
    pub fn moved(&mut self, volume: usize, from: usize, to: usize, edit: Edit) {
        let files = self.listing.as_mut().and_then(|listing| Rc::make_mut(listing).volumes.get_mut(volume));
        if let Some(files) = files.map(|volume| &mut volume.files).filter(|files| from < files.len()) {
            let file = files.remove(from);
            files.insert(to.min(files.len()), file);
        }
        self.edit(edit);
    }

    pub fn with_draft(&mut self, change: impl FnOnce(&mut Draft)) {
        change(&mut self.draft);
        self.redraw();
    }

    fn redraw(&mut self) {
        self.trouble = None;
        self.list();
    }

    /// The other build of the same edits.
    pub fn choose(&mut self, build: Build) {
        self.build = build;
        self.image = build.id().to_owned();
        self.turn += 1;
    }

    /// An image that the reader brought, with these edits.
    pub fn choose_own(&mut self, edits: Vec<Edit>) {
        self.image = OWN.to_owned();
        self.draft = Draft::new(edits);
        self.turn += 1;
        // One of the same name may be under way: this is another.
        self.boots.iter_mut().for_each(|(image, _)| image.clear());
    }

    pub fn is_own(&self) -> bool {
        self.image == OWN
    }

    /// The boot shown is one of the edits shown.
    pub fn is_fresh(&self) -> bool {
        let same = |boot: &Rc<Boot>| boot.edits == self.draft.edits() && boot.image == self.image;
        self.boot.as_ref().is_some_and(same)
    }

    pub fn crashed(&mut self) {
        self.trouble = Some(Trouble::Worker);
        self.booting = None;
        self.boots.clear();
        self.asked.clear();
        self.outbox.clear();
    }

    pub fn received(&mut self, message: FromWorker) {
        match message {
            FromWorker::Booting { time, .. } => {
                if self.asked.front() == Some(&Asked::Boot) {
                    self.booting = Some(time);
                }
                return;
            }
            FromWorker::Listed { listing, .. } => match self.asked.front() {
                Some(Asked::Given) => self.given = Some(Rc::new(*listing)),
                _ => self.listing = Some(Rc::new(*listing)),
            },
            FromWorker::Healthy { chronicle, .. } => self.healthy(&chronicle),
            FromWorker::Booted { booted, .. } => self.booted(*booted),
            FromWorker::Exported { bytes, .. } => self.exported = Some(bytes),
            FromWorker::Said { said, .. } => {
                let from = std::mem::replace(&mut self.home, said.home.time);
                self.prompt = prompt(&said.chronicle);
                self.answered.push(said.home.time);
                if let Some(exchange) = self.said.last_mut() {
                    exchange.answer = Some(said.answer);
                }
                self.tape = said.tape.map(Rc::new).or(self.tape.take());
                self.at = None;
                self.told.hear(from, said.chronicle);
            }
            FromWorker::Touched { touched, .. } => self.touched(*touched),
            FromWorker::Inspected { chipset, .. } => self.inspected.push(*chipset),
            FromWorker::Flash { flash, .. } => self.flashed.push(*flash),
            FromWorker::Peeked { memory, .. } => self.peeked.push(*memory),
            FromWorker::Cut { cut, .. } => self.was_cut(*cut),
            FromWorker::At { asked, moment, .. } => self.at = Some((asked, moment)),
            FromWorker::Failed { failure, .. } => self.failed(failure),
            _ => return,
        }
        self.asked.pop_front();
        self.go_on();
    }

    fn was_cut(&mut self, cut: Cut) {
        let from = std::mem::replace(&mut self.home, cut.home.time);
        (self.at, self.prompt) = (None, prompt(&cut.chronicle));
        self.rest = if cut.chronicle.outcome == Outcome::Prompt { Rest::Os } else { Rest::Dead };
        self.answered.push(cut.home.time);
        let console = cut.chronicle.console.replace('\r', "");
        if let Some(exchange) = self.said.last_mut() {
            // Behind the command's echo; one that was cut short may have none.
            let lines: Vec<&str> = console.lines().filter(|line| !matches!(line.trim(), "" | ">")).collect();
            let echo = usize::from(lines.first().is_some_and(|line| *line == exchange.text));
            exchange.answer = Some(lines[echo..].join("\n"));
        }
        self.told.cuts.extend(cut.time);
        self.told.hear(from, cut.chronicle);
    }

    fn touched(&mut self, mut touched: Touched) {
        self.told.log.append(&mut touched.log);
        self.told.flash.append(&mut touched.flash);
        (self.home, self.rest, self.at) = (touched.home.time, touched.rest, None);
        // The first tape with an SMI isn't replaced by one of what followed.
        let first = touched.taken > 0 && self.touched.iter().all(|earlier| earlier.taken == 0);
        if first || self.tape.is_none() {
            self.tape = touched.tape.take().map(Rc::new).or(self.tape.take());
        }
        self.touched.push(touched);
    }

    fn failed(&mut self, failure: Failure) {
        let trouble = match failure {
            Failure::Edit(trouble) => Trouble::Edit(*trouble),
            other => Trouble::Other(other),
        };
        match self.asked.front() {
            // The worker refused the last change: it never was.
            Some(Asked::List) if matches!(trouble, Trouble::Edit(_)) && self.draft.can_undo() => {
                self.draft.forget();
                self.list();
            }
            Some(Asked::Boot) => _ = self.boot_over(),
            Some(Asked::Say | Asked::Cut) => _ = self.said.pop(),
            Some(Asked::Touch) => self.to_do.clear(),
            _ => {}
        }
        self.trouble = Some(trouble);
    }

    fn healthy(&mut self, chronicle: &Chronicle) {
        // Names and files play no part in what the records say was done.
        self.healthy = Some(fold(&Listing::default(), chronicle));
    }

    /// Image and edits of the boot that is over; another may have been asked for.
    fn boot_over(&mut self) -> (String, Vec<Edit>) {
        let over = self.boots.pop_front();
        self.booting = (!self.boots.is_empty()).then_some(0);
        over.unwrap_or_default()
    }

    fn booted(&mut self, booted: Booted) {
        let Booted { listing, chronicle, home, ram_mib, cpus, smram, .. } = booted;
        let dispatch = fold(&listing, &chronicle);
        self.prompt = prompt(&chronicle);
        let difference = self.healthy.as_ref().and_then(|healthy| first_difference(healthy, &dispatch));
        self.home = home.time;
        self.said.clear();
        self.answered.clear();
        self.touched.clear();
        self.peeked.clear();
        (self.tape, self.at, self.rest) = (None, None, Rest::Os);
        self.told = Told { log: chronicle.log.clone(), flash: chronicle.flash.clone(), ..Told::default() };
        let opened = Rc::new(Opened { home, ram_mib, cpus, smram });
        let (image, edits) = self.boot_over();
        let boot = Boot { image, edits, listing, dispatch, absent: booted.absent, chronicle, opened, difference };
        self.boot = Some(Rc::new(boot));
    }
}

/// The last line of the console, if somebody waits there.
fn prompt(chronicle: &Chronicle) -> String {
    let waits = chronicle.outcome == Outcome::Prompt;
    chronicle.console.rsplit('\n').next().filter(|_| waits).unwrap_or_default().trim_end().to_owned()
}

fn fold(listing: &Listing, chronicle: &Chronicle) -> Dispatch {
    Dispatch::fold(listing, pi::record::read(&chronicle.records).flatten())
}

#[cfg(test)]
mod tests;
