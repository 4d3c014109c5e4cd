//! Commands for the OS's shell.

use crate::prompt::{Runs, run_to_prompt};
use crate::witness::Witness;
use protocol::Chronicle;

/// What came of a command.
pub struct Heard {
    /// What the OS printed behind the echo.
    pub answer: String,
    pub chronicle: Chronicle,
    /// What was typed, Enter too.
    pub typed: String,
    /// Times of the first and last thing that the hardware did, input and output apart.
    pub deeds: Option<(u64, u64)>,
}

/// Types a command and Enter, and runs until the OS waits again, or is gone.
pub fn say(runs: &mut impl Runs, text: &str) -> Heard {
    let typed = typed(text);
    let mut witness = Witness::default();
    runs.serial_input(typed.as_bytes());
    let outcome = run_to_prompt(runs, &mut witness, |_| {});
    let (answer, deeds) = (answer(&witness.console()), witness.deeds);
    let machine = runs.machine();
    let chronicle = witness.into_chronicle(outcome, machine.time(), machine.instructions());
    Heard { answer, chronicle, typed, deeds }
}

/// DEL, which is held while the machine boots, brings Setup.
const DEL: char = '\u{7f}';
/// Opening COM1 may lose some; Setup takes the others as corrections of nothing.
const HELD: usize = 20;

fn typed(text: &str) -> String {
    let (line, key) = text.split_once(DEL).map_or((text, 0), |(line, _)| (line, HELD));
    let line = line.chars().filter(|letter| !letter.is_control());
    line.chain(['\r']).chain(std::iter::repeat_n(DEL, key)).collect()
}

/// The lines between the echo and the next prompt.
fn answer(console: &str) -> String {
    let behind = console.split_once('\n').map_or("", |(_, behind)| behind);
    let asks = ["setup> ", "> "].into_iter().find_map(|prompt| behind.strip_suffix(prompt));
    asks.unwrap_or(behind).replace('\r', "").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{answer, typed};

    #[test]
    fn a_command_ends_with_enter_and_a_key_that_is_held_comes_behind_it() {
        assert_eq!(typed("smi\t 42\n"), "smi 42\r");
        assert_eq!(typed("reboot\u{7f}"), format!("reboot\r{}", "\u{7f}".repeat(20)));
    }

    #[test]
    fn the_answer_stands_between_the_echo_and_the_prompt() {
        assert_eq!(answer("smi 41\r\nsmi 0x41: EFI_SUCCESS\r\n> "), "smi 0x41: EFI_SUCCESS");
        assert_eq!(answer("help\r\none\r\ntwo\r\n> "), "one\ntwo");
        assert_eq!(answer("\r\n> "), "");
        assert_eq!(answer("reboot"), "");
        assert_eq!(answer("3 2\r\nsetup> "), "");
        assert_eq!(answer("setup\r\n1 Timeout\r\nsetup> "), "1 Timeout");
    }
}
