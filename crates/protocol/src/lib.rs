//! What the page and its worker say to each other. Messages travel as bytes (postcard): thousands of
//! rows cross as one buffer, and 64-bit numbers need no care.
//!
//! No emulator types: the page knows the trace's vocabulary and nothing of the machine.

mod boot;
pub mod chipset;
mod flash;
mod grade;
mod touch;

pub use content::Surroundings;

pub use boot::{Booted, Chronicle, EditTrouble, LogText, Outcome, Recorded, Said};
pub use flash::{Cut, CutAt, FlashView, Stretch};
pub use grade::{Found, Trial, Verdict};
pub use touch::{Asked, Rest, Touched};

use chipset::ChipsetView;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use story::dispatch::Listing;
use story::{Row, Start};
use trace::{CpuReg, Input};

/// One worker serves all figures of a page.
pub type FigureId = u32;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Boots a ROM to the moment when its OS waits for a key. A session that the figure already has
    /// is replaced only when that succeeds.
    Open {
        figure: FigureId,
        rom: Vec<u8>,
    },
    /// Sends a byte to COM1 at machine time `at` and runs until all is quiet again. `Fresh` starts a
    /// new tape there, `Onward` goes on with the present one.
    Type {
        figure: FigureId,
        at: u64,
        byte: u8,
        tape: TapeKind,
    },
    /// Brings the machine to its state at `time`, forward or back.
    Seek {
        figure: FigureId,
        time: u64,
    },
    Close {
        figure: FigureId,
    },
    /// Keeps a flash image under a name, for all figures. No answer.
    Hold {
        image: ImageId,
        bytes: Vec<u8>,
    },
    /// Boots a held image with these edits, in these surroundings. From then on the figure has this machine,
    /// whatever the boot came to; if the edits can't be done, it keeps the one it had.
    Boot {
        figure: FigureId,
        image: ImageId,
        edits: Edits,
        around: Surroundings,
    },
    /// What a boot of the held image without edits leaves behind, to compare with. The figure's
    /// machine stays.
    Healthy {
        figure: FigureId,
        image: ImageId,
    },
    /// The files of a held image with these edits done. The figure's machine stays.
    List {
        figure: FigureId,
        image: ImageId,
        edits: Edits,
    },
    /// The bytes of a held image with these edits done. The figure's machine stays.
    Export {
        figure: FigureId,
        image: ImageId,
        edits: Edits,
    },
    /// Asks a boot of a held image with these edits. The figure's machine stays.
    Probe {
        figure: FigureId,
        image: ImageId,
        edits: Edits,
        ask: content::Probe,
    },
    /// Boots an exercise's faulty image with a repair, DEBUG and RELEASE (held as `debug` and
    /// `release`), and checks it. The figure's machine stays.
    Grade {
        figure: FigureId,
        /// A compiled exercise: the JSON file as it was fetched.
        exercise: String,
        /// The repair: edits behind those of the fault.
        edits: Edits,
    },
    /// Types a command and Enter at machine time `at`, a `home` of the figure's machine, and runs
    /// until the OS waits again.
    Say {
        figure: FigureId,
        at: u64,
        text: String,
    },
    /// Touches the board at or soon after machine time `at`, a `home` of the figure's machine
    /// (`None`: nobody does), and runs for `wait` nanoseconds at least, until all is quiet.
    Touch {
        figure: FigureId,
        at: u64,
        input: Option<Input>,
        wait: u64,
    },
    /// The registers of the chipset at `time`, forward or back.
    Inspect {
        figure: FigureId,
        time: u64,
    },
    /// The serial flash at `time`, forward or back.
    Flash {
        figure: FigureId,
        time: u64,
    },
    /// Memory at `time`, forward or back.
    Peek {
        figure: FigureId,
        time: u64,
        addr: u64,
        /// Bytes, at most `MOST_PEEKED`; more are cut off.
        length: u32,
    },
    /// Types a command and Enter at machine time `at`, pulls the plug while flash is at work (`None`: at
    /// once, and nothing is typed), puts it back and boots.
    Cut {
        figure: FigureId,
        at: u64,
        command: Option<(String, CutAt)>,
    },
}

/// The page's name for a flash image.
pub type ImageId = String;

/// A list of edits as JSON, `{"edit": […]}`: docs/edits.md.
pub type Edits = String;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TapeKind {
    Fresh,
    Onward,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The first message: the worker now listens.
    Ready,
    Booting {
        figure: FigureId,
        time: u64,
    },
    Opened {
        figure: FigureId,
        opened: Box<Opened>,
    },
    /// A new tape, from its beginning.
    Tape {
        figure: FigureId,
        start: Start,
        rows: Vec<Row>,
        end: u64,
    },
    /// Replaces all rows at and after `from`.
    Rows {
        figure: FigureId,
        from: u64,
        rows: Vec<Row>,
        end: u64,
    },
    /// Answers `Seek` to the time `asked`; the moment is the first boundary between instructions
    /// there or after.
    At {
        figure: FigureId,
        asked: u64,
        moment: Moment,
    },
    Failed {
        figure: FigureId,
        failure: Failure,
    },
    Booted {
        figure: FigureId,
        booted: Box<Booted>,
    },
    Healthy {
        figure: FigureId,
        chronicle: Box<Chronicle>,
    },
    Listed {
        figure: FigureId,
        listing: Box<Listing>,
    },
    Exported {
        figure: FigureId,
        bytes: Vec<u8>,
    },
    Said {
        figure: FigureId,
        said: Box<Said>,
    },
    Probed {
        figure: FigureId,
        answer: String,
    },
    Graded {
        figure: FigureId,
        verdict: Box<Verdict>,
    },
    Touched {
        figure: FigureId,
        touched: Box<Touched>,
    },
    /// Answers `Inspect`.
    Inspected {
        figure: FigureId,
        chipset: Box<ChipsetView>,
    },
    /// Answers `Flash`.
    Flash {
        figure: FigureId,
        flash: Box<FlashView>,
    },
    /// Answers `Peek`.
    Peeked {
        figure: FigureId,
        memory: Box<Memory>,
    },
    Cut {
        figure: FigureId,
        cut: Box<Cut>,
    },
}

/// Of one answer.
pub const MOST_PEEKED: u32 = 4096;

impl FromWorker {
    /// Whom it is for; `None`: for all.
    pub fn figure(&self) -> Option<FigureId> {
        match self {
            FromWorker::Ready => None,
            FromWorker::Booting { figure, .. }
            | FromWorker::Opened { figure, .. }
            | FromWorker::Tape { figure, .. }
            | FromWorker::Rows { figure, .. }
            | FromWorker::At { figure, .. }
            | FromWorker::Failed { figure, .. }
            | FromWorker::Booted { figure, .. }
            | FromWorker::Healthy { figure, .. }
            | FromWorker::Listed { figure, .. }
            | FromWorker::Exported { figure, .. }
            | FromWorker::Said { figure, .. }
            | FromWorker::Probed { figure, .. }
            | FromWorker::Graded { figure, .. }
            | FromWorker::Touched { figure, .. }
            | FromWorker::Inspected { figure, .. }
            | FromWorker::Flash { figure, .. }
            | FromWorker::Peeked { figure, .. }
            | FromWorker::Cut { figure, .. } => Some(*figure),
        }
    }
}

/// The machine at one moment, read from the machine itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub time: u64,
    pub hash: u64,
    pub in_smm: bool,
    pub registers: Vec<(CpuReg, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The OS waits for a key.
    pub home: Moment,
    pub ram_mib: u32,
    pub cpus: u8,
    pub smram: Smram,
}

/// The first bytes of the SMI handler, as seen by both worlds before SMRAM was closed and locked, and
/// after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smram {
    pub addr: u64,
    pub before: Option<Peek>,
    /// When SMRAM was locked, and how it looks since. `None`: this ROM never locked it.
    pub after: Option<Peek>,
    /// How it looks at the end of the boot.
    pub now: Peek,
}

/// Memory as both worlds read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    pub addr: u64,
    pub peek: Peek,
    /// Base and size of TSEG; `None` while it is off.
    pub tseg: Option<(u64, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peek {
    pub time: u64,
    pub os: Vec<u8>,
    pub smm: Vec<u8>,
}

/// The page has words of its own for these; here are those of the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The board refused the ROM; the message says what to do.
    #[error("{0}")]
    Rom(String),
    /// The run ended before anything waited for a key.
    #[error("the machine ended after {time} ns: {how:?}")]
    Ended { time: u64, how: Ending },
    /// Still busy after this long.
    #[error("the machine is still busy after {time} ns")]
    Endless { time: u64 },
    /// The figure has no machine.
    #[error("there is no machine")]
    Closed,
    /// No image of this name was handed over.
    #[error("there is no image {0:?}")]
    NoImage(ImageId),
    /// The image tools did not come.
    #[error("the image tools did not come: {0}")]
    Tools(String),
    /// The exercise can't be read; the message says where.
    #[error("the exercise can't be read: {0}")]
    Exercise(String),
    /// The list of edits can't be read; the message says where.
    #[error("the list of edits can't be read: {0}")]
    Edits(String),
    /// An edit can't be done; the image stays as it was.
    #[error("{0}")]
    Edit(Box<EditTrouble>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    Halted,
    Shutdown,
    Exit(u32),
}

pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_stdvec(message).expect("messages hold nothing that can't be encoded")
}

/// `None` when the other side speaks another version.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use content::{BoardChange, Deed, Stimulus};

    #[test]
    fn a_message_arrives_as_it_was_sent() {
        let message = ToWorker::Type { figure: 1, at: u64::MAX, byte: 0x42, tape: TapeKind::Fresh };
        assert_eq!(decode(&encode(&message)), Some(message));
    }

    /// What stands in `Surroundings` is made for JSON, too, where what isn't there can be left out.
    #[test]
    fn surroundings_arrive_as_they_were_sent() {
        let board = BoardChange { block_protect: Some(6), top_swap: Some(true), ..BoardChange::default() };
        let held = Stimulus {
            when: content::Start::Post(0x36),
            deed: Deed::Touch(content::Touch::Gpio(3)),
            held_us: 40,
            times: 500,
            every_us: 80,
        };
        let cut =
            Stimulus { when: content::Start::Erased(14), deed: Deed::PowerCut, held_us: 0, times: 1, every_us: 0 };
        let around = Surroundings { board, stimuli: vec![held, cut] };
        let message = ToWorker::Boot { figure: 1, image: "debug".into(), edits: String::new(), around };
        assert_eq!(decode(&encode(&message)), Some(message));
    }

    #[test]
    fn a_message_of_another_version_is_none() {
        assert_eq!(decode::<FromWorker>(&[0xff, 1, 2]), None);
    }
}
