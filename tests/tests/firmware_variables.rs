//! Variables, from the OS's shell to flash and back: each status, on both boards and on QEMU.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Stop};
use e2e::firmware::{Boot, boot, boot_and_keep, boot_on_qemu, boot_on_qemu_and_keep, edited, images};
use e2e::prompt::Prompt;
use pi::Guid;
use pi::variable::{Auth, Contents, find, set, stored_name};
use trace::{CpuReg, Silent};

const PLATFORM: Guid = Guid::new("5E70DA7A-5A5A-4C41-8B53-4D4D4C414200");
const NVRAM: std::ops::Range<usize> = 0..0x1_0000;

/// Commands, and what each answers behind its colon.
const STATUSES: &[(&str, &str)] = &[
    ("setvar A 7 01", "EFI_SUCCESS"),
    ("getvar A", "EFI_SUCCESS 0x7 01"),
    ("getvar A global", "EFI_NOT_FOUND"),
    ("getvar a", "EFI_NOT_FOUND"),
    ("setvar A 7 01", "EFI_SUCCESS"),
    ("setvar A 47 0203", "EFI_SUCCESS"),
    ("getvar A", "EFI_SUCCESS 0x7 010203"),
    ("setvar A 47 -", "EFI_SUCCESS"),
    ("getvar A", "EFI_SUCCESS 0x7 010203"),
    ("delvar A", "EFI_SUCCESS"),
    ("getvar A", "EFI_NOT_FOUND"),
    ("delvar A", "EFI_NOT_FOUND"),
    ("setvar A 7 -", "EFI_NOT_FOUND"),
    // Reserved bits; RT without BS; NV alone; the deprecated bit with and without another.
    ("setvar A 87 01", "EFI_INVALID_PARAMETER"),
    ("setvar A 5 01", "EFI_INVALID_PARAMETER"),
    ("setvar A 15 01", "EFI_UNSUPPORTED"),
    ("setvar A 1 01", "EFI_INVALID_PARAMETER"),
    ("setvar A 11 01", "EFI_UNSUPPORTED"),
    ("setvar A 17 01", "EFI_UNSUPPORTED"),
    ("setvar A 37 01", "EFI_UNSUPPORTED"),
    // Of an authenticated write, no descriptor, half of one, a whole one that nobody has signed.
    ("setvar A 27 01", "EFI_SECURITY_VIOLATION"),
    ("setvar A 27 ea070101000000000000000000000000190000000002f10e", "EFI_SECURITY_VIOLATION"),
    (
        "setvar A 27 ea0701010000000000000000000000001800000000 02f10e9dd2af4adf68ee498aa9347d375665a701",
        "EFI_INVALID_PARAMETER; `help` lists the commands",
    ),
    (
        "setvar A 27 ea070101000000000000000000000000180000000002f10e9dd2af4adf68ee498aa9347d375665a7",
        "EFI_SECURITY_VIOLATION",
    ),
    // Too large: for the message, for the kind.
    ("setvar A 7 5a*1001", "EFI_INVALID_PARAMETER"),
    ("setvar A 7 5a*7c1", "EFI_INVALID_PARAMETER"),
    ("setvar A 7 5a*7c0", "EFI_SUCCESS"),
    ("setvar A 6 5a*3c1", "EFI_INVALID_PARAMETER"),
    // The OS makes no volatile variables, and none that it couldn't see.
    ("setvar B 6 01", "EFI_INVALID_PARAMETER"),
    ("setvar B 3 01", "EFI_INVALID_PARAMETER"),
    // Other attributes than it has.
    ("setvar A 3 01", "EFI_INVALID_PARAMETER"),
    // Rules of the platform, a lock, and the SMM policy.
    ("setvar Timeout 3 0500 global", "EFI_INVALID_PARAMETER"),
    ("setvar Timeout 7 050000 global", "EFI_INVALID_PARAMETER"),
    ("setvar Timeout 7 0500 global", "EFI_SUCCESS"),
    ("setvar FirmwareUpdate 7 01", "EFI_WRITE_PROTECTED"),
    ("setvar SetupData 7 5a*10", "EFI_ACCESS_DENIED"),
    // Hardware error records have names and room of their own.
    ("setvar HwErrRec0001 f 01 414E6BDD-E47B-47CC-B244-BB61020CF516", "EFI_SUCCESS"),
    ("setvar HwErrRec0001 f 01", "EFI_INVALID_PARAMETER"),
    ("setvar HwErrRec001 f 01 414E6BDD-E47B-47CC-B244-BB61020CF516", "EFI_INVALID_PARAMETER"),
    ("setvar HwErrRec000G f 01 414E6BDD-E47B-47CC-B244-BB61020CF516", "EFI_INVALID_PARAMETER"),
    ("setvar HwErrRec0002 f 5a*180 414E6BDD-E47B-47CC-B244-BB61020CF516", "EFI_OUT_OF_RESOURCES"),
    // Of the boot, volatile.
    ("getvar OsIndicationsSupported global", "EFI_SUCCESS 0x6 0100000000000000"),
    ("setvar OsIndicationsSupported 6 00 global", "EFI_WRITE_PROTECTED"),
    ("delvar OsIndicationsSupported global", "EFI_WRITE_PROTECTED"),
    // What firmware asks for before EndOfDxe.
    ("lockvar A", "EFI_ACCESS_DENIED"),
    ("varpolicy A", "EFI_WRITE_PROTECTED"),
    ("ftwabort", "EFI_ACCESS_DENIED"),
    // There before the boot: without runtime access; authenticated.
    ("getvar BootOnly", "EFI_NOT_FOUND"),
    ("setvar BootOnly 7 01", "EFI_WRITE_PROTECTED"),
    ("getvar Signed", "EFI_SUCCESS 0x27 0102"),
    ("setvar Signed 7 01", "EFI_WRITE_PROTECTED"),
    ("setvar Signed 27 01", "EFI_SECURITY_VIOLATION"),
];

const LINES: &[&str] = &[
    "SmmVar: SetVariable 'A', size = 1\nSmmVar: Writing to NVRAM...\nSmmVar: Done\nVariableSmm: SMM returned EFI_SUCCESS\n\
     VariableSmm: SetVariable success\n",
    "VariableSmm: Communicate called, command = SetVariable\nVariableSmm: Waiting for SMM...\nSmmVar: Handler entered, \
     GUID = ED32D533-99E6-4209-9CC0-2D72CDD998A7\n",
    "VariableServiceSetVariable: Failed to set variable 'A' with Guid 5E70DA7A-5A5A-4C41-8B53-4D4D4C414200\n\
     NameSize(0x4) + PayloadSize(0x7c1) > MaxVariableSize(0x800) - HeaderSize(0x3c)\n",
    "NameSize(0x4) + PayloadSize(0x3c1) > MaxVolatileVariableSize(0x400) - HeaderSize(0x3c)\n",
    "[Variable]: Rewritten a preexisting variable(0x00000007) with different attributes(0x00000003)\n",
    "ValidateSetVariable - Bad Attributes. 0x3 <> 0x7:0x38\n",
    "ValidateSetVariable - Bad Size. 0x3 <> 0x2-0x2\n",
    "Variable Check ReadOnly variable fail Write Protected - 5E70DA7A-5A5A-4C41-8B53-4D4D4C414200:FirmwareUpdate\n",
    "VariableSmm: SetVariable 'SetupData' = EFI_ACCESS_DENIED\n",
    "SmmFtwHandler: Not safe to do the operation: 5 after End Of Dxe, so access denied!\n",
    // A driver that comes too early, and comes again.
    "Setup: RegisterVariablePolicy 'SetupData': EFI_NOT_READY\n",
    "Setup: RegisterVariablePolicy 'SetupData': EFI_SUCCESS\nSetup: RegisterVariablePolicy 'Timeout': EFI_SUCCESS\n",
];

fn script(commands: &[(&str, &str)]) -> String {
    commands.iter().map(|(command, _)| format!("{command}\n")).collect()
}

/// What each command of a script answered.
fn answers(boot: &Boot) -> Vec<String> {
    let mut answers: Vec<String> = Vec::new();
    for line in boot.console.lines() {
        match line.strip_prefix("> ") {
            Some(_) => answers.push(String::new()),
            None => {
                let Some(last) = answers.last_mut() else { continue };
                *last = line.split_once(": ").map_or(line, |(_, answer)| answer).to_owned();
            }
        }
    }
    // The end of the script.
    answers
}

fn check(boot: &Boot, commands: &[(&str, &str)]) {
    let answers = answers(boot);
    assert_eq!(answers.len(), commands.len(), "{}", boot.console);
    for ((command, wanted), answer) in commands.iter().zip(&answers).take(commands.len() - 1) {
        assert_eq!(answer, wanted, "{command}\n{}", boot.log);
    }
}

/// The image with variables that somebody else has put there.
fn stocked(image: &[u8], variables: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut image = image.to_vec();
    for (name, attributes, data) in variables {
        let nvram = find(&image, 0).unwrap().unwrap();
        let name = stored_name(name);
        let contents = Contents { attributes: *attributes, auth: Auth::default(), vendor: PLATFORM, name: &name, data };
        set(&mut image, &nvram, &contents).unwrap();
    }
    image
}

/// On QEMU, and on both of ours: QEMU and our board of its kind agree in all that they say, and in every byte of
/// flash; the other board has the same variables.
fn everywhere(image: &[u8], script: &str) -> (Boot, Vec<u8>) {
    let (qemu, flash) = boot_on_qemu_and_keep(image, script);
    let (ours, left) = boot_and_keep(Board::Qemu, image, script);
    assert_eq!(ours.log, qemu.log);
    assert_eq!(ours, qemu);
    assert!(left == flash, "the flash differs");
    let (ich9, left) = boot_and_keep(Board::Ich9, image, script);
    assert_eq!(ich9.console, qemu.console);
    assert!(left[NVRAM] == flash[NVRAM], "the variables differ");
    (ich9, left)
}

#[test]
fn each_status_comes_from_the_shell_on_both_boards_and_on_qemu() {
    let image = stocked(&images().debug, &[("BootOnly", 3, &[1]), ("Signed", 0x27, &[1, 2])]);
    let (boot, _) = everywhere(&image, &script(STATUSES));
    check(&boot, STATUSES);
    for line in LINES {
        assert!(boot.log.contains(line), "{line}\n{}", boot.log);
    }
}

#[test]
fn release_answers_as_debug_does_without_a_word() {
    let image = stocked(&images().release, &[("BootOnly", 3, &[1]), ("Signed", 0x27, &[1, 2])]);
    let (boot, _) = everywhere(&image, &script(STATUSES));
    check(&boot, STATUSES);
    assert!(boot.log.is_empty());
}

#[test]
fn a_variable_survives_a_reboot_and_a_change_of_machines() {
    const WRITE: &str = "setvar Colour 7 0102\nsetvar Colour 7 030405\nsetvar Timeout 7 0500 global\n";
    const READ: &str = "getvar Colour\ngetvar Timeout global\nlsvar\n";
    let (_, left) = everywhere(&images().debug, WRITE);
    let (_, by_qemu) = boot_on_qemu_and_keep(&images().debug, WRITE);
    for flash in [&left, &by_qemu] {
        let (boot, _) = everywhere(flash, READ);
        for line in [
            "getvar Colour: EFI_SUCCESS 0x7 030405",
            "getvar Timeout: EFI_SUCCESS 0x7 0500",
            "5E70DA7A-5A5A-4C41-8B53-4D4D4C414200 Colour",
            "8BE4DF61-93CA-11D2-AA0D-00E098032B8C Timeout",
            "lsvar: EFI_SUCCESS 3 variables",
        ] {
            assert!(boot.console.lines().any(|said| said == line), "{line}\n{}", boot.console);
        }
    }
}

/// The store fills up with what was written over; only the next boot makes room.
#[test]
fn a_full_store_is_reclaimed_by_the_next_boot_and_not_for_the_os() {
    let rounds: String = (0..15).map(|round| format!("setvar Large 7 {round:02x}*700\n")).collect();
    const FLAG: &str = "getvar VarErrorFlag 04B37FE8-F6AE-480B-BDD5-37D98C5E89AA\n";
    let script = format!("setvar Kept 7 77\n{rounds}getvar Large\n{FLAG}");
    let (full, left) = everywhere(&images().debug, &script);
    assert_eq!(full.console.matches("setvar Large: EFI_OUT_OF_RESOURCES").count(), 1, "{}", full.console);
    assert!(full.console.contains("getvar Large: EFI_SUCCESS 0x7 0d0d"), "{}", full.console);
    assert!(full.console.contains("getvar VarErrorFlag: EFI_SUCCESS 0x7 ef"), "{}", full.console);
    for line in [
        "RecordVarErrorFlag (0xEF) Large:5E70DA7A-5A5A-4C41-8B53-4D4D4C414200 - 0x00000007 - 0x748\n",
        "CommonRuntimeVariableSpace = 0x69b8 - CommonVariableTotalSize = ",
        "UpdateVariable failed: Out of flash space\n",
    ] {
        assert!(full.log.contains(line), "{line}\n{}", full.log);
    }
    assert!(!full.log.contains("Variable: reclaim\n"));
    let (after, left) =
        everywhere(&left, &format!("{FLAG}getvar Kept\ngetvar Large\nsetvar Large 7 ff*700\ngetvar Large\n"));
    assert!(after.log.contains("Variable: reclaim\n"), "{}", after.log);
    for line in [
        "getvar VarErrorFlag: EFI_SUCCESS 0x7 ff",
        "getvar Kept: EFI_SUCCESS 0x7 77",
        "getvar Large: EFI_SUCCESS 0x7 0d0d",
        "setvar Large: EFI_SUCCESS",
        "getvar Large: EFI_SUCCESS 0x7 ffff",
    ] {
        assert!(after.console.contains(line), "{line}\n{}", after.console);
    }
    let store = find(&left, 0).unwrap().unwrap();
    assert_eq!(store.store(&left).unwrap().check(), Ok(()));
    assert_eq!(store.settled(&left), Ok(()));
}

#[test]
fn before_ftw_is_there_nothing_of_flash_can_be_written() {
    let image = edited(&images().debug, &[r#"{"op": "drop", "file": "FaultTolerantWriteSmm"}"#]);
    let image = stocked(&image, &[("There", 7, &[1])]);
    let (boot, _) = everywhere(&image, "setvar A 7 01\ngetvar There\nsetvar There 7 02\n");
    assert!(boot.console.contains("setvar A: EFI_NOT_AVAILABLE_YET"), "{}", boot.console);
    assert!(boot.console.contains("getvar There: EFI_SUCCESS 0x7 01"), "{}", boot.console);
    assert!(boot.console.contains("setvar There: EFI_NOT_AVAILABLE_YET"), "{}", boot.console);
    const LINE: &str = "Update NV variable before EFI_VARIABLE_WRITE_ARCH_PROTOCOL ready - Not Available Yet\n";
    assert!(boot.log.contains(LINE), "{}", boot.log);
}

/// Reading through SMM, as with the cache.
#[test]
fn without_the_runtime_cache_reading_goes_through_smm_and_answers_the_same() {
    const OFF: &str =
        r#"{"op": "pcd", "file": "VariableSmmRuntimeDxe", "word": "PcdVariableRuntimeCache", "value": 0}"#;
    let image = stocked(&images().debug, &[("BootOnly", 3, &[1]), ("Signed", 0x27, &[1, 2])]);
    let commands = [STATUSES, &[("lsvar", "")]].concat();
    let cached = boot(Board::Ich9, &image, &script(&commands));
    let (boot, _) = everywhere(&edited(&image, &[OFF]), &script(&commands));
    assert_eq!(boot.console, cached.console);
    assert!(boot.log.contains("VariableSmm: Communicate called, command = GetVariable\n"), "{}", boot.log);
    assert!(!cached.log.contains("command = GetVariable\n"));
}

/// What isn't a volume of variables becomes one.
#[test]
fn a_damaged_volume_is_made_anew() {
    let mut image = images().debug.clone();
    image[NVRAM].fill(0xff);
    let (boot, left) = everywhere(&image, "setvar A 7 01\n");
    assert!(boot.log.contains("Ftw: Both working and spare blocks are invalid, init workspace\n"), "{}", boot.log);
    assert!(boot.log.contains("Firmware Volume for Variable Store is corrupted\n"), "{}", boot.log);
    let again = boot_on_qemu(&left, "getvar A\n");
    assert!(again.console.contains("getvar A: EFI_SUCCESS 0x7 01"), "{}", again.console);
    let nvram = find(&left, 0).unwrap().unwrap();
    assert_eq!(nvram.store(&left).unwrap().check(), Ok(()));
}

#[test]
fn messages_that_lie_and_requests_after_end_of_dxe_are_refused() {
    const FTW: &str = "comm 3868FC3B-7E45-43A7-906C-4BA47DE1754D\n";
    const VARIABLE: &str = "comm ED32D533-99E6-4209-9CC0-2D72CDD998A7\n";
    let (boot, _) = everywhere(&images().debug, &[FTW, VARIABLE].concat());
    assert_eq!(boot.console.matches(": EFI_SUCCESS").count(), 2, "{}", boot.console);
    assert!(boot.log.contains("SmmFtwHandler: SMM communication buffer size invalid!\n"), "{}", boot.log);
    assert!(boot.log.contains("SmmVariableHandler: SMM communication buffer size invalid!\n"), "{}", boot.log);
}

/// What docs/firmware.md tells of the way from the OS to flash and back.
#[test]
fn one_set_variable_takes_some_ten_thousand_instructions() {
    const DRIVER: Guid = Guid::new("9F7DCADE-11EA-448A-A46F-76E003657DD1");
    /// Where the OS has moved runtime services.
    const HIGH: u64 = 0xffff_8000_0000_0000;
    for (image, build) in [(&images().debug, "DEBUG"), (&images().release, "RELEASE")] {
        for board in [Board::Ich9, Board::Qemu] {
            let Prompt { mut machine, loaded, .. } = Prompt::boot(board, image);
            let driver = loaded.iter().find(|one| one.file == DRIVER).unwrap();
            let driver = HIGH + driver.base.get()..HIGH + driver.base.get() + driver.size.get();
            for (what, command) in [("a new variable", "setvar New 7 0102\r"), ("a new value", "setvar New 7 0304\r")] {
                machine.serial_input(command.as_bytes());
                let (mut call, mut back) = (None, (0, 0));
                for _ in 0..150_000 {
                    let inside = driver.contains(&machine.register(0, CpuReg::Rip));
                    let now = (machine.instructions(), machine.time());
                    assert_eq!(machine.step(&mut Silent), Stop::Time);
                    if inside {
                        call.get_or_insert(now);
                        back = (machine.instructions(), machine.time());
                    }
                }
                let (from, since) = call.unwrap();
                let instructions = back.0 - from;
                let flash = (back.1 - since).saturating_sub(instructions);
                println!(
                    "SetVariable() of {what}, {build} on {board:?}: {instructions} instructions, {flash} ns for flash"
                );
                assert!((5_000..40_000).contains(&instructions), "{instructions}");
                assert_eq!(flash > 100_000, board == Board::Ich9, "{flash}");
            }
        }
    }
}
