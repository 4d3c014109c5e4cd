//! The forms as a person works on them.

use crate::forms::{FORMS, Kind, Question, defaults, questions};
use crate::{ATTRIBUTES, PCD, SAVES, TELLS_STATUS};
use base::fwcfg::File;
use base::names::Name;
use base::post::{self, post};
use base::serial::{self, Line};
use base::setup::{SCRIPT, SETUP_DATA, SIZE, set};
use base::variable::PLATFORM;
use base::{Status, debug, dxe, efi, say, text};
use core::ptr::null_mut;

const PROMPT: &str = "setup> ";
/// Between two looks for a key: 10 ms.
const TICK: u64 = 100_000;

type Data = [u8; SIZE];

pub fn run(data: Data) {
    let mut data = data;
    show(&data);
    post(post::SETUP_INPUT_WAIT);
    match File::open(SCRIPT) {
        Some(script) => by_script(script, &mut data),
        None => by_keys(&mut data),
    }
}

fn by_script(script: File, data: &mut Data) {
    // No command touches fw_cfg, so the file can be read as it is run.
    let mut line = Line::new();
    for byte in script.chain([b'\n']) {
        match byte {
            b'\n' if !line.text().is_empty() => {
                say!("{}{}", PROMPT, line.text());
                if command(line.text(), data) {
                    return;
                }
                line = Line::new();
            }
            b'\n' | b'\r' => {}
            byte => line.push(byte),
        }
    }
}

fn by_keys(data: &mut Data) {
    let mut timer = null_mut();
    let bs = dxe::boot_services();
    // SAFETY: the services' types, here and below.
    let made = unsafe { (bs.create_event)(efi::EVT_TIMER, 0, None, null_mut(), &mut timer) };
    // SAFETY: as above.
    if made != Status::SUCCESS || unsafe { (bs.set_timer)(timer, efi::TIMER_PERIODIC, TICK) } != Status::SUCCESS {
        return;
    }
    loop {
        serial::print(text!("{}", PROMPT));
        let mut line = Line::new();
        while !serial::received().is_some_and(|byte| line.key(byte)) {
            let mut index = 0;
            // SAFETY: as above. A key that is there already isn't waited for.
            let _ = unsafe { (bs.wait_for_event)(1, &mut timer, &mut index) };
        }
        if command(line.text(), data) {
            break;
        }
    }
    // SAFETY: as above.
    let _ = unsafe { (bs.close_event)(timer) };
}

fn show(data: &Data) {
    say!("SMM Lab POS terminal: Setup");
    let mut number = 0u32;
    for form in FORMS {
        say!(" {}", form.title);
        for question in form.questions {
            number += 1;
            let value = data[question.offset];
            match question.kind {
                Kind::UpTo(_) => say!("  {}  {:24} {}", number, question.prompt, value),
                Kind::OneOf(options) => {
                    say!("  {}  {:24} {}", number, question.prompt, options.get(usize::from(value)).unwrap_or(&"?"));
                }
            }
        }
    }
    say!("NUMBER VALUE changes, then: save, exit (saves), discard, defaults, show");
}

/// True: Setup is left.
fn command(line: &str, data: &mut Data) -> bool {
    let line = line.trim_ascii();
    let (word, value) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "" => {}
        "show" => show(data),
        "defaults" => {
            *data = defaults();
            debug!("Setup: defaults loaded");
            say!("Defaults loaded");
        }
        "save" => save(data),
        "exit" => {
            save(data);
            return true;
        }
        "discard" => return true,
        _ => change(word, value.trim_ascii(), data),
    }
    false
}

fn change(number: &str, value: &str, data: &mut Data) {
    let number = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let question: Option<&Question> = number.and_then(|number| questions().nth(number));
    match question.and_then(|question| Some((question, question.parse(value)?))) {
        Some((question, value)) => {
            data[question.offset] = value;
            debug!("Setup: '{}' = {}", question.prompt, value);
        }
        None => say!("No such question or value"),
    }
}

fn save(data: &Data) {
    let mut saved = Ok(());
    if PCD.get(SAVES) != 0 {
        debug!("Setup: SetVariable 'SetupData', size = {}", SIZE);
        saved = set(SETUP_DATA, PLATFORM, PCD.get(ATTRIBUTES), data);
    }
    if let Err(status) = saved {
        debug!("SetVariable() = {}", Name(status));
    }
    match saved {
        Err(status) if PCD.get(TELLS_STATUS) != 0 => say!("Not saved: {}", Name(status)),
        _ => say!("Saved"),
    }
}
