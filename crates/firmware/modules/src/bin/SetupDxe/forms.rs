//! The forms of a POS terminal.

use base::setup::{BOOT_TIMEOUT, NETWORK_STACK, SIZE, USB_POLICY};

pub struct Form {
    pub title: &'static str,
    pub questions: &'static [Question],
}

pub struct Question {
    /// Its byte in SetupData.
    pub offset: usize,
    pub prompt: &'static str,
    pub kind: Kind,
    pub default: u8,
}

pub enum Kind {
    /// The value is the option's place.
    OneOf(&'static [&'static str]),
    /// From 0 to this.
    UpTo(u8),
}

const SWITCH: Kind = Kind::OneOf(&["Disabled", "Enabled"]);

const fn ask(offset: usize, prompt: &'static str, kind: Kind, default: u8) -> Question {
    Question { offset, prompt, kind, default }
}

pub const FORMS: &[Form] = &[
    Form {
        title: "Boot",
        questions: &[ask(BOOT_TIMEOUT, "Boot timeout (seconds)", Kind::UpTo(60), 0), ask(3, "Quiet boot", SWITCH, 0)],
    },
    Form {
        title: "Devices",
        questions: &[
            ask(USB_POLICY, "USB policy", Kind::OneOf(&["Disabled", "Enabled", "Keyboard and scanner"]), 1),
            ask(4, "Customer display (COM2)", Kind::OneOf(&["9600", "19200", "115200"]), 0),
            ask(5, "Cash drawer port", SWITCH, 1),
        ],
    },
    Form {
        title: "Network",
        questions: &[ask(NETWORK_STACK, "Network stack", SWITCH, 0), ask(6, "Wake on LAN", SWITCH, 0)],
    },
    Form {
        title: "Power",
        questions: &[
            ask(7, "After power loss", Kind::OneOf(&["Off", "On", "Last state"]), 2),
            ask(8, "Watchdog", SWITCH, 0),
        ],
    },
];

/// All questions, in the order of the forms.
pub fn questions() -> impl Iterator<Item = &'static Question> {
    FORMS.iter().flat_map(|form| form.questions)
}

pub const fn defaults() -> [u8; SIZE] {
    let (mut data, mut form) = ([0; SIZE], 0);
    while form < FORMS.len() {
        let (questions, mut nth) = (FORMS[form].questions, 0);
        while nth < questions.len() {
            data[questions[nth].offset] = questions[nth].default;
            nth += 1;
        }
        form += 1;
    }
    data
}

impl Question {
    /// The value that the text stands for: an option's place or name, or a number.
    pub fn parse(&self, text: &str) -> Option<u8> {
        let number = text.parse::<u8>().ok();
        match self.kind {
            Kind::UpTo(most) => number.filter(|number| *number <= most),
            Kind::OneOf(options) => {
                let named = || options.iter().position(|option| option.eq_ignore_ascii_case(text));
                // Baud rates are names, too.
                let place = named().or(number.map(usize::from)).filter(|place| *place < options.len());
                place.map(|place| place as u8)
            }
        }
    }
}
