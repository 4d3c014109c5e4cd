//! Sleep in S3 and back: with DEBUG and RELEASE, on both boards and on QEMU, with one processor and with two.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use audit::{Verdict, audit};
use board::{Board, Config, Machine, View};
use e2e::firmware::{Boot, boot_several, boot_several_on_qemu, images};
use lab::{Hand, boot_with, say};
use trace::{Input, Silent};

/// 38000h and 3FC00h are where SMBASE relocation works; TSEG begins at F00000h.
const SCRIPT: &str = "\
setvar Before 7 01
poke 38000 11111111
poke 3fefc 22222222
poke 100000 33333333
sleep
peek 38000
peek 3fefc
peek 100000
peek f00000
smi 42
getvar Before
setvar After 7 05
getvar After
pci 0 0 9c
pci 1f 0 a0
storm 3
sleep
smi 41
";

fn slept(boot: &Boot, cpus: u8) {
    let said = |line: &str| assert!(boot.console.contains(&format!("{line}\r\n")), "{line}: {}", boot.console);
    assert_eq!(boot.console.matches("sleep: EFI_SUCCESS\r\n").count(), 2, "{}\n{}", boot.console, boot.log);
    said("peek 0x00038000: EFI_SUCCESS 0x11111111");
    said("peek 0x0003fefc: EFI_SUCCESS 0x22222222");
    said("peek 0x00100000: EFI_SUCCESS 0x33333333");
    said("peek 0x00f00000: EFI_SUCCESS 0xffffffff");
    said("smi 0x42: EFI_SUCCESS");
    said("getvar Before: EFI_SUCCESS 0x7 01");
    said("setvar After: EFI_SUCCESS");
    said("getvar After: EFI_SUCCESS 0x7 05");
    let raised = 3 * u32::from(cpus);
    said(&format!("storm: EFI_SUCCESS {raised} raised, {raised} answered"));
    said("smi 0x41: EFI_SUCCESS");
    let value = |of: &str| {
        let line = boot.console.lines().find(|line| line.starts_with(of)).unwrap();
        u32::from_str_radix(line.rsplit_once("0x").unwrap().1, 16).unwrap()
    };
    assert_eq!(value("pci 00.0 0x9c") >> 8 & 0x0118, 0x0118, "T_EN, D_LCK and G_SMRAME");
    assert_eq!(value("pci 1f.0 0xa0") & 0x10, 0x10, "SMI_LOCK");
    if cpus > 1 {
        assert_eq!(boot.console.matches(&format!("SMM Lab OS: {cpus} of {cpus} processors\r\n")).count(), 3);
    }
    assert_eq!(boot.post.iter().filter(|code| [0xe0, 0xe1, 0xe3].contains(*code)).count(), 6, "{:x?}", boot.post);
    assert_eq!(boot.exit, Some(0));
}

#[test]
fn the_os_goes_on_after_its_sleep_and_smm_is_as_it_was() {
    for image in [&images().debug, &images().release] {
        for cpus in [1, 2] {
            slept(&boot_several(Board::Ich9, cpus, image, SCRIPT), cpus);
        }
    }
}

/// Without the numbers of QEMU's fw_cfg files, which the script that asks for SMI broadcast has.
fn without_selectors(log: &str) -> Vec<&str> {
    let names_a_file = |line: &str| line.contains(", 0x67008 = ") || line.contains(", 0x510 = ");
    log.lines().filter(|line| !names_a_file(line)).collect()
}

#[test]
fn sleep_is_the_same_on_qemu_and_on_ours() {
    for (image, cpus) in [(&images().debug, 1), (&images().release, 2), (&images().debug, 2)] {
        let ours = boot_several(Board::Qemu, cpus, image, SCRIPT);
        slept(&ours, cpus);
        let reference = boot_several_on_qemu(cpus, image, SCRIPT);
        for cpu in 0..cpus {
            assert_eq!(ours.records_of(cpu), reference.records_of(cpu), "processor {cpu} of {cpus}");
        }
        assert_eq!(without_selectors(&ours.log), without_selectors(&reference.log));
        assert_eq!((&ours.console, &ours.post), (&reference.console, &reference.post));
        assert_eq!(ours.exit, reference.exit);
    }
}

#[test]
fn the_audit_passes_after_a_resume() {
    for (image, cpus) in [(&images().debug, 1), (&images().release, 2)] {
        let config = Config { board: Board::Ich9, cpus, bios: image.clone(), ..Config::default() };
        let mut machine = boot_with(&config, &mut Hand::default(), |_| {}).unwrap().history.machine().clone();
        let verdicts = |machine: &Machine| -> Vec<(String, Verdict)> {
            audit(machine).into_iter().map(|one| (one.module.to_owned(), one.verdict)).collect()
        };
        say(&mut machine, "setvar Taste 7 01");
        let before = verdicts(&machine);
        assert!(say(&mut machine, "sleep").answer.ends_with("sleep: EFI_SUCCESS"));
        assert_eq!(verdicts(&machine), before);
        assert!(before.iter().all(|(_, verdict)| *verdict != Verdict::Failed), "{before:?}");
    }
}

/// The button wakes, and its press is no SMI: it isn't news.
#[test]
fn the_power_button_wakes_before_the_alarm_does() {
    let config = Config { board: Board::Ich9, bios: images().debug.clone(), ..Config::default() };
    let mut machine = boot_with(&config, &mut Hand::default(), |_| {}).unwrap().history.machine().clone();
    machine.serial_input(b"sleep\r");
    let start = machine.time();
    machine.run_until(start + 10_000_000, &mut Silent);
    assert_eq!(machine.asleep(), Some(5), "S3");
    machine.touch(Input::PowerButton(true), &mut Silent);
    machine.touch(Input::PowerButton(false), &mut Silent);
    let heard = say(&mut machine, "smi 42");
    assert!(heard.answer.ends_with("smi 0x42: EFI_SUCCESS"), "{}", heard.answer);
    assert!(machine.time() < start + 100_000_000);
    let log: String = heard.chronicle.log.iter().map(|line| format!("{}\n", line.text)).collect();
    assert!(log.contains("Enter S3 PEIM") && !log.contains("BoardSmi: power button"), "{log}");
}

/// A reset after a sleep is no resume, though SLP_TYP and the mark in CMOS RAM outlive resets.
#[test]
fn a_reboot_after_a_sleep_is_a_boot() {
    for board in [Board::Ich9, Board::Qemu] {
        let config = Config { board, bios: images().release.clone(), ..Config::default() };
        let mut machine = boot_with(&config, &mut Hand::default(), |_| {}).unwrap().history.machine().clone();
        say(&mut machine, "poke 500000 55555555");
        say(&mut machine, "sleep");
        let mut word = [0; 4];
        machine.peek(View::Os, 0x50_0000, &mut word);
        assert_eq!(word, [0x55; 4]);
        // CF9h, a hard reset: it keeps RAM.
        let heard = say(&mut machine, "out cf9 6");
        let posts: Vec<u8> = heard.chronicle.post.iter().map(|(_, code)| *code).collect();
        assert!(posts.contains(&0x60) && !posts.contains(&0xe0), "{posts:x?}");
    }
}
