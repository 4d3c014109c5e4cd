//! What a figure knows: how far it is loaded, the machine that was opened, and the tape on its reel.
//! Decides what to ask the worker; knows no screen.

use crate::rom::size_fits;
use protocol::{Failure, FigureId, FromWorker, Moment, Opened, Recorded, TapeKind, ToWorker};
use std::rc::Rc;
use story::{Grain, Player, Tape};

/// How far the machine is on its way to the reader.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    Rom,
    Worker,
    Boot(u64),
    Ready,
    Failed(Trouble),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The demo ROM did not come.
    Rom(String),
    Worker,
    Boot(Failure),
}

/// Something the reader should know, while the figure goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    Size { name: String, bytes: u64 },
    Unreadable { name: String },
    Failed { name: String, failure: Failure },
}

/// Name of the ROM file that a reader brought; `None` is the demo ROM.
pub type RomName = Option<String>;

pub struct Model {
    figure: FigureId,
    pub load: Load,
    pub opened: Option<Rc<Opened>>,
    pub player: Option<Player>,
    pub command: u8,
    pub speed: f64,
    pub grain: Grain,
    pub notice: Option<Notice>,
    pub rom: RomName,
    opening: RomName,
    reduced: bool,
    play_next: bool,
    /// The last moment asked for, and the machine's answer to it.
    sought: Option<(u64, Option<Moment>)>,
    outbox: Vec<ToWorker>,
}

pub const KNOWN: u8 = 0x42;

impl Model {
    pub fn new(figure: FigureId, reduced: bool) -> Self {
        Model {
            figure,
            load: Load::Rom,
            opened: None,
            player: None,
            command: KNOWN,
            speed: 1.0,
            grain: Grain::Instruction,
            notice: None,
            rom: None,
            opening: None,
            reduced,
            play_next: false,
            sought: None,
            outbox: Vec::new(),
        }
    }

    /// What has to go to the worker now.
    pub fn outgoing(&mut self) -> Vec<ToWorker> {
        self.seek_if_needed();
        std::mem::take(&mut self.outbox)
    }

    pub fn reduced(&self) -> bool {
        self.reduced
    }

    pub fn ready(&self) -> bool {
        self.load == Load::Ready && self.player.is_some()
    }

    /// The machine's own state at the moment shown, once it has answered.
    pub fn moment(&self) -> Option<&Moment> {
        let shown = self.player.as_ref()?.moment();
        self.sought.as_ref().filter(|(asked, _)| *asked == shown)?.1.as_ref()
    }

    pub fn rom_fetched(&mut self, rom: Result<Vec<u8>, String>) {
        match rom {
            Ok(rom) => self.open(None, rom),
            Err(why) => self.load = Load::Failed(Trouble::Rom(why)),
        }
    }

    pub fn rom_chosen(&mut self, name: String, rom: Option<Vec<u8>>) {
        match rom {
            None => self.notice = Some(Notice::Unreadable { name }),
            Some(rom) => self.open(Some(name), rom),
        }
    }

    /// Refuses a file by its size, before it is read.
    pub fn accepts(&mut self, name: &str, bytes: u64) -> bool {
        let fits = usize::try_from(bytes).is_ok_and(size_fits);
        self.notice = (!fits).then(|| Notice::Size { name: name.to_owned(), bytes });
        fits
    }

    fn open(&mut self, name: RomName, rom: Vec<u8>) {
        self.opening = name;
        self.notice = None;
        if self.player.is_none() {
            self.load = Load::Worker;
        }
        self.outbox.push(ToWorker::Open { figure: self.figure, rom });
    }

    /// Shows what another's machine did, from its beginning.
    pub fn fed(&mut self, opened: Rc<Opened>, recorded: &Recorded, play: bool) {
        self.opened = Some(opened);
        self.play_next = play;
        self.new_tape(Player::new(Tape::new(recorded.start.clone(), recorded.rows.clone()), recorded.end));
    }

    pub fn crashed(&mut self) {
        self.load = Load::Failed(Trouble::Worker);
        self.opened = None;
        self.sought = None;
        self.outbox.clear();
        if let Some(player) = &mut self.player {
            player.pause();
        }
    }

    /// From the beginning; the ROM has to be fetched again.
    pub fn restart(&mut self) {
        self.load = Load::Rom;
        self.player = None;
    }

    pub fn received(&mut self, message: FromWorker) {
        match message {
            FromWorker::Booting { time, .. } if self.player.is_none() => self.load = Load::Boot(time),
            FromWorker::Opened { opened, .. } => self.opened(*opened),
            FromWorker::Tape { start, rows, end, .. } => self.new_tape(Player::new(Tape::new(start, rows), end)),
            FromWorker::Rows { from, rows, end, .. } => {
                if let Some(player) = &mut self.player {
                    let tape = player.tape().replaced_from(from, rows);
                    player.replace(tape, end);
                }
                self.sought = None;
            }
            FromWorker::At { asked, moment, .. } => {
                if let Some((_, answer)) = self.sought.as_mut().filter(|(time, _)| *time == asked) {
                    *answer = Some(moment);
                }
            }
            FromWorker::Failed { failure, .. } => self.failed(failure),
            // Answers to what this figure doesn't ask.
            _ => {}
        }
    }

    fn opened(&mut self, opened: Opened) {
        let at = opened.home.time;
        self.opened = Some(Rc::new(opened));
        self.rom = self.opening.take();
        self.sought = None;
        self.play_next = false;
        self.with_player(Player::pause);
        self.record(at, TapeKind::Fresh);
    }

    fn new_tape(&mut self, mut player: Player) {
        if std::mem::take(&mut self.play_next) {
            if self.reduced {
                player.step(true, Grain::Notable);
            } else {
                player.play();
            }
        }
        self.player = Some(player);
        self.load = Load::Ready;
        self.sought = None;
    }

    fn failed(&mut self, failure: Failure) {
        match self.opening.take() {
            Some(name) => self.notice = Some(Notice::Failed { name, failure }),
            None => self.load = Load::Failed(Trouble::Boot(failure)),
        }
    }

    fn record(&mut self, at: u64, tape: TapeKind) {
        self.outbox.push(ToWorker::Type { figure: self.figure, at, byte: self.command, tape });
    }

    /// Sends the command: meets the SMI under way, or begins a new tape.
    pub fn raise(&mut self) {
        let Some(player) = &mut self.player else { return };
        if player.in_flight() {
            let at = player.boundary();
            self.record(at, TapeKind::Onward);
        } else if player.at_start() {
            self.play();
        } else {
            let at = player.moment();
            self.play_next = true;
            self.record(at, TapeKind::Fresh);
        }
    }

    /// Chooses the command; the OS gets it when it runs, or the handler when an SMI is under way and
    /// the reader raises another.
    pub fn choose(&mut self, command: u8) {
        self.command = command;
        let Some(player) = &self.player else { return };
        if !player.in_flight() {
            let at = if player.at_start() { player.tape().start.time } else { player.moment() };
            self.record(at, TapeKind::Fresh);
        }
    }

    pub fn play(&mut self) {
        let reduced = self.reduced;
        let Some(player) = &mut self.player else { return };
        match (player.playing(), reduced) {
            (true, _) => player.pause(),
            (false, true) if player.at_end() => player.seek(0.0),
            (false, true) => player.step(true, Grain::Notable),
            (false, false) => player.play(),
        }
    }

    /// Steps, jumps and the scrubber.
    pub fn with_player(&mut self, act: impl FnOnce(&mut Player)) {
        if let Some(player) = &mut self.player {
            act(player);
        }
    }

    fn seek_if_needed(&mut self) {
        let Some(player) = self.player.as_ref().filter(|p| !p.playing() && self.load == Load::Ready) else { return };
        let time = player.moment();
        let waiting = matches!(self.sought, Some((_, None)));
        if !waiting && self.sought.as_ref().map(|(asked, _)| *asked) != Some(time) {
            self.sought = Some((time, None));
            self.outbox.push(ToWorker::Seek { figure: self.figure, time });
        }
    }
}
