//! Setup: a setting's way to flash, and the four layers of the debug diary, each broken in turn.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Stop};
use e2e::firmware::{Boot, boot, boot_on_qemu_with, boot_with, edited, images, power_on_at_console};
use trace::{Event, Kind, Level, Output, Sink};

const SETUP: &str = "opt/org.smmlab/setup";
const SCRIPT: &str = "opt/org.smmlab/script";
/// USB policy, network stack.
const SAVE: &str = "3 Disabled\n6 enabled\nexit\n";
const SAVED: &str = "getvar SetupData: EFI_SUCCESS 0x7 00000100000100020000000000000000";
const KEPT: &str = "[Bds] SetupData: boot timeout 0 s, USB policy 0, network stack 1\n";
const DEFAULTS: &str = "[Bds] defaults: boot timeout 0 s, USB policy 1, network stack 0\n";
const DONE: &str = "VariableSmm: SetVariable success\n";
const REFUSED: &str = "SpiFlash: WriteBlock failed: write protection enabled\n";

fn pcd(file: &str, word: &str, value: u32) -> String {
    format!(r#"{{"op": "pcd", "file": "{file}", "word": "{word}", "value": {value}}}"#)
}

fn broken(words: &[(&str, &str, u32)]) -> Vec<u8> {
    let edits: Vec<String> = words.iter().map(|(file, word, value)| pcd(file, word, *value)).collect();
    edited(&images().debug, &edits.iter().map(String::as_str).collect::<Vec<_>>())
}

fn says(boot: &Boot, line: &str) -> bool {
    boot.console.lines().any(|said| said == line)
}

/// A boot in which a person saves in Setup, and the next one.
fn save_and_reboot(board: Board, image: &[u8]) -> [Boot; 2] {
    let (first, left) = boot_with(board, image, &[(SETUP, SAVE), (SCRIPT, "getvar SetupData\n")]);
    [first, boot(board, &left, "getvar SetupData\n")]
}

#[test]
fn a_setting_sticks_on_both_boards_and_on_qemu() {
    for image in [&images().debug, &images().release] {
        let files = [(SETUP, SAVE), (SCRIPT, "getvar SetupData\n")];
        let (reference, _) = boot_on_qemu_with(image, &files);
        let (ours, _) = boot_with(Board::Qemu, image, &files);
        assert_eq!(ours, reference);
        for board in [Board::Ich9, Board::Qemu] {
            let [first, second] = save_and_reboot(board, image);
            assert!(says(&first, "Saved") && says(&first, SAVED), "{}", first.console);
            assert!(first.post.windows(2).any(|codes| codes == [0xa9, 0xab]), "{:x?}", first.post);
            assert!(says(&second, SAVED), "{}", second.console);
            if !second.log.is_empty() {
                assert!(first.log.contains(DEFAULTS) && second.log.contains(KEPT), "{}", second.log);
            }
        }
    }
}

#[test]
fn defaults_are_loaded_and_discarding_saves_nothing() {
    let image = &images().debug;
    let (_, left) = boot_with(Board::Ich9, image, &[(SETUP, SAVE), (SCRIPT, "")]);
    let (_, kept) = boot_with(Board::Ich9, &left, &[(SETUP, "defaults\ndiscard\n"), (SCRIPT, "")]);
    assert!(says(&boot(Board::Ich9, &kept, "getvar SetupData\n"), SAVED));
    let (_, reset) = boot_with(Board::Ich9, &left, &[(SETUP, "defaults\nexit\n"), (SCRIPT, "")]);
    let line = "getvar SetupData: EFI_SUCCESS 0x7 00010000000100020000000000000000";
    assert!(says(&boot(Board::Ich9, &reset, "getvar SetupData\n"), line));
    let (bad, _) = boot_with(Board::Ich9, image, &[(SETUP, "1 61\n0 1\n3\nx\n10 1\ndiscard\n"), (SCRIPT, "")]);
    assert_eq!(bad.console.matches("No such question or value").count(), 5, "{}", bad.console);
}

/// Layer 1: Setup never calls SetVariable().
#[test]
fn layer_1_without_a_call_there_is_no_line_of_it() {
    for board in [Board::Ich9, Board::Qemu] {
        let [first, second] = save_and_reboot(board, &broken(&[("SetupDxe", "PcdSetupSaves", 0)]));
        assert!(says(&first, "Saved"), "{}", first.console);
        assert!(!first.log.contains("SmmVar: SetVariable 'SetupData'"), "{}", first.log);
        assert!(says(&second, "getvar SetupData: EFI_NOT_FOUND") && second.log.contains(DEFAULTS));
    }
}

/// Layer 2: SMM's policy refuses; and a Setup that says nothing of it.
#[test]
fn layer_2_the_policy_refuses_with_access_denied() {
    const POLICY: (&str, &str, u32) = ("VariableSmm", "PcdSetupDataPolicy", 2);
    for board in [Board::Ich9, Board::Qemu] {
        let [first, second] = save_and_reboot(board, &broken(&[POLICY]));
        for line in
            ["VariableSmm: SetVariable 'SetupData' = EFI_ACCESS_DENIED\n", "SetVariable() = EFI_ACCESS_DENIED\n"]
        {
            assert!(first.log.contains(line), "{line}\n{}", first.log);
        }
        assert!(!first.log.contains("Writing to NVRAM"));
        assert!(says(&first, "Not saved: EFI_ACCESS_DENIED") && second.log.contains(DEFAULTS));
        let [silent, _] = save_and_reboot(board, &broken(&[POLICY, ("SetupDxe", "PcdSetupTellsStatus", 0)]));
        assert!(says(&silent, "Saved") && silent.log.contains("SetVariable() = EFI_ACCESS_DENIED\n"));
    }
}

/// Layer 3: flash refuses, because nobody opened it or a protected range covers it.
#[test]
fn layer_3_success_from_ram_and_nothing_in_flash() {
    const PRETENDS: (&str, &str, u32) = ("VariableSmm", "PcdVariableFlashStatus", 0);
    for fault in [("FvbServicesSmm", "PcdFlashOpenWrites", 0), ("FvbServicesSmm", "PcdFlashProtectNvram", 1)] {
        let [first, second] = save_and_reboot(Board::Ich9, &broken(&[fault]));
        assert!(first.log.contains(REFUSED) && first.log.contains("SetVariable() = EFI_WRITE_PROTECTED\n"));
        assert!(says(&first, "Not saved: EFI_WRITE_PROTECTED") && says(&first, "getvar SetupData: EFI_NOT_FOUND"));
        assert!(second.log.contains(DEFAULTS));
        let [first, second] = save_and_reboot(Board::Ich9, &broken(&[fault, PRETENDS]));
        assert!(first.log.contains(REFUSED) && first.log.contains(DONE), "{}", first.log);
        assert!(says(&first, "Saved") && says(&first, SAVED), "{}", first.console);
        assert!(says(&second, "getvar SetupData: EFI_NOT_FOUND") && second.log.contains(DEFAULTS));
    }
    let [healthy, _] = save_and_reboot(Board::Ich9, &broken(&[PRETENDS]));
    assert!(!healthy.log.contains("SpiFlash: WriteBlock failed"));
}

/// Layer 4: the store is full of what was written over, and nobody reclaims it.
#[test]
fn layer_4_a_store_that_nobody_reclaims_stays_full() {
    let image = broken(&[("VariableSmm", "PcdVariableReclaim", 0)]);
    let fill: String = (0..40).map(|round| format!("setvar Large 7 {round:02x}*300\n")).collect();
    // The OS can't have what is kept for the boot: Setup uses it up.
    let saves = "6 1\nsave\n6 0\nsave\n".repeat(16);
    for board in [Board::Ich9, Board::Qemu] {
        let (full, left) = boot_with(board, &image, &[(SCRIPT, &format!("{fill}{}", fill.replace("300", "10")))]);
        assert!(says(&full, "setvar Large: EFI_OUT_OF_RESOURCES"));
        let (full, left) = boot_with(board, &left, &[(SETUP, &saves), (SCRIPT, "")]);
        assert!(says(&full, "Not saved: EFI_OUT_OF_RESOURCES"));
        let [first, second] = save_and_reboot(board, &left);
        assert!(first.log.contains("UpdateVariable failed: Out of flash space\n"), "{}", first.log);
        assert!(says(&first, "Not saved: EFI_OUT_OF_RESOURCES") && !second.log.contains(KEPT));
        // With the repaired driver the next boot makes room.
        let [first, second] = save_and_reboot(board, &edited(&left, &[&pcd("VariableSmm", "PcdVariableReclaim", 1)]));
        assert!(says(&first, "Saved") && second.log.contains(KEPT), "{}", first.log);
    }
}

#[derive(Default)]
struct Console(Vec<u8>);

impl Sink for Console {
    fn level(&self) -> Level {
        Level::Output
    }
    fn event(&mut self, event: Event) {
        if let Kind::Output { to: Output::Serial, byte } = event.kind {
            self.0.push(byte);
        }
    }
}

/// As on the page: the OS asks for Setup, a person types, boots on, and finds the setting; then DEL in the
/// time that was set brings Setup back.
#[test]
fn a_person_comes_to_setup_from_the_os_and_by_a_key() {
    for board in [Board::Ich9, Board::Qemu] {
        let mut machine = power_on_at_console(board, &images().debug);
        let mut console = Console::default();
        for (wait, typed) in [
            ("\n> ", "setup\r"),
            ("setup> ", "1 3\r"),
            ("setup> ", "3 0\x7f2\r"),
            ("setup> ", "exit\r"),
            ("\n> ", "getvar SetupData\r"),
            ("\n> ", "reboot\r"),
            ("Press DEL or ESC for Setup\r\n", "\x7f"),
            ("setup> ", "show\r"),
            ("setup> ", "discard\r"),
            ("\n> ", ""),
        ] {
            let (start, begun) = (console.0.len(), machine.instructions());
            while !console.0[start..].ends_with(wait.as_bytes()) {
                assert_eq!(machine.run_instructions(100, &mut console), Stop::Limit);
                let text = String::from_utf8_lossy(&console.0[start..]);
                assert!(machine.instructions() - begun < 20_000_000, "{board:?}: {wait:?} doesn't come in {text}");
            }
            machine.serial_input(typed.as_bytes());
        }
        let said = String::from_utf8(console.0).unwrap();
        for line in [
            "getvar SetupData: EFI_SUCCESS 0x7 03020000000100020000000000000000\r\n",
            "  3  USB policy               Keyboard and scanner\r\n",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
    }
}
