//! Resume from S3: what its boot script doesn't do, and who else may write it.

use crate::{answers, booted, fails, show};
use ::board::{Machine, View};
use e2e::firmware::images;
use lab::say;

/// The machine after these commands of the OS, and the last answer.
fn after(image: &[u8], commands: &[&str]) -> (Machine, String) {
    let mut machine = booted(image).history.machine().clone();
    let answers = commands.iter().map(|command| say(&mut machine, command).answer);
    let last = answers.last().unwrap_or_default();
    (machine, last)
}

/// T_EN is clear once the OS has cleared it, and D_LCK was.
fn is_unlocked(machine: &Machine) -> bool {
    say(&mut machine.clone(), "pci 0 0 9c 00380a00").answer.ends_with("0x00380a00")
}

#[test]
fn what_the_boot_script_forgets_is_open_after_the_sleep() {
    show(&["d-lck-forgotten-on-s3"], |image| {
        let (cold, _) = after(image, &[]);
        assert!(!fails(&cold, "common.smm") && !is_unlocked(&cold));
        let (woken, slept) = after(image, &["sleep"]);
        assert!(slept.ends_with("sleep: EFI_SUCCESS"), "{slept}");
        fails(&woken, "common.smm") && is_unlocked(&woken)
    });
}

#[test]
fn without_smi_en_in_the_boot_script_no_smi_comes_after_the_sleep() {
    show(&["smi-en-not-restored"], |image| {
        let commands = ["setvar Taste 7 01", "smi 42", "sleep", "smi 42", "setvar Colour 7 05", "getvar Colour"];
        let answers = answers(&booted(image), &commands);
        assert!(answers[1].ends_with("EFI_SUCCESS"), "{answers:?}");
        assert!(answers[4].ends_with("EFI_SUCCESS"), "{answers:?}");
        answers[3].ends_with("no answer") && answers[5].ends_with("EFI_NOT_FOUND")
    });
}

/// Where the OS can read a boot script: EDK II's table header, 13 bytes long, version 1.
fn script(machine: &Machine) -> Option<u64> {
    const TABLE: [u8; 5] = [0xaa, 0, 13, 1, 0];
    let mut memory = vec![0; 128 << 20];
    machine.peek(View::Os, 0, &mut memory);
    let found = memory.windows(TABLE.len()).position(|bytes| bytes == TABLE);
    found.map(|at| at as u64)
}

/// The value of the script's last write to the host bridge's register 9Dh, SMRAMC: an entry is opcode, length,
/// width, count, address, value.
fn smramc_in(machine: &Machine, script: u64) -> u64 {
    let mut bytes = [0; 0x400];
    machine.peek(View::Os, script, &mut bytes);
    let (mut at, mut found) = (13, None);
    while bytes[at] != 0xff {
        if bytes[at] == 4 && bytes[at + 11..at + 19] == 0x9d_u64.to_le_bytes() {
            found = Some(script + at as u64 + 19);
        }
        at += usize::from(bytes[at + 2]);
    }
    found.expect("the script closes SMRAM")
}

#[test]
fn a_boot_script_in_the_os_s_reach_does_what_the_os_wrote() {
    show(&["boot-script-unprotected"], |image| {
        let (mut machine, _) = after(image, &[]);
        let Some(script) = script(&machine) else { return false };
        let at = smramc_in(&machine, script);
        let mut word = [0; 4];
        machine.peek(View::Os, at, &mut word);
        assert_eq!(word[0], 0x1a, "G_SMRAME and D_LCK");
        word[0] = 0x0a;
        say(&mut machine, &format!("poke {at:x} {:x}", u32::from_le_bytes(word)));
        assert!(say(&mut machine, "sleep").answer.ends_with("sleep: EFI_SUCCESS"));
        fails(&machine, "common.smm") && is_unlocked(&machine)
    });
}

/// The fault alone does nothing: the script does what it did.
#[test]
fn an_unprotected_script_that_nobody_changes_locks_smram() {
    let image = crate::faulty(&images().debug, &["boot-script-unprotected"]);
    let (woken, slept) = after(&image, &["sleep"]);
    assert!(slept.ends_with("sleep: EFI_SUCCESS"), "{slept}");
    assert!(!fails(&woken, "common.smm") && !is_unlocked(&woken));
}
