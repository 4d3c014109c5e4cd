//! The training firmware's OS: tick, latency meter, watchdog, and instructions that it only tries.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::Board;
use e2e::firmware::{boot, boot_on_qemu, edited, images, power_on};

/// A microsecond, and what a DriverB of 6 ms makes of an SMI.
const MICROSECOND: u64 = 1_000;
const SLOW: u64 = 6_000 * MICROSECOND;
const TICK: u64 = 1_000 * MICROSECOND;

/// The numbers in the answers that start with `latency: EFI_SUCCESS`.
fn latencies(console: &str) -> Vec<Vec<u64>> {
    let answers = console.lines().filter_map(|line| line.strip_prefix("latency: EFI_SUCCESS "));
    let numbers = |line: &str| line.split(' ').filter_map(|word| word.parse().ok()).collect();
    answers.map(numbers).collect()
}

#[test]
fn the_tick_is_late_by_the_time_that_an_smi_takes_and_the_watchdog_sees_it() {
    const SCRIPT: &str = "smi 41\nlatency\nsmi 42\nlatency\nlatency\n";
    let slow = r#"{"op": "pcd", "file": "DriverB", "word": "PcdHandlerDelay", "value": 6000}"#;
    let image = edited(&images().release, &[slow]);
    let runs = [boot(Board::Ich9, &image, SCRIPT), boot(Board::Qemu, &image, SCRIPT), boot_on_qemu(&image, SCRIPT)];
    for run in runs {
        let [before, after, anew] = &latencies(&run.console)[..] else { panic!("{}", run.console) };
        let &[ticks, longest, stopped] = &before[..] else { panic!("{before:?}") };
        assert!(longest < 2 * TICK && stopped == 0, "{ticks} {longest} {stopped}");
        let &[more, longest, stopped] = &after[..] else { panic!("{after:?}") };
        assert!(
            more > ticks && more < 20 && (SLOW..SLOW + 3 * TICK).contains(&longest) && stopped == 1,
            "{}",
            run.console
        );
        assert!(anew[1] < 2 * TICK && anew[2] == 1, "{anew:?}");
    }
}

/// The tick comes at the same time however a run is cut.
#[test]
fn running_in_pieces_equals_running_at_once() {
    const SCRIPT: &str = "latency 20000\nlatency\nlatency 20000\nlatency\n";
    let image = &images().release;
    let mut whole = power_on(Board::Ich9, image, SCRIPT);
    whole.run_instructions(3_000_000, &mut trace::Silent);
    let mut pieces = power_on(Board::Ich9, image, SCRIPT);
    while pieces.instructions() < 3_000_000 {
        pieces.run_instructions(7_777.min(3_000_000 - pieces.instructions()), &mut trace::Silent);
    }
    assert_eq!(whole.time(), pieces.time());
    assert_eq!(whole.state_hash(), pieces.state_hash());
}

#[test]
fn readings_of_the_tsc_show_an_smi() {
    const SCRIPT: &str = "latency 100\nlatency 100 41\n";
    for board in [Board::Ich9, Board::Qemu] {
        let run = boot(board, &images().release, SCRIPT);
        let gaps: Vec<u64> = latencies(&run.console).concat();
        let &[without, with] = &gaps[..] else { panic!("{}", run.console) };
        assert!(without < MICROSECOND && with > 10 * without, "{without} {with}");
    }
}

/// QEMU, unlike processors, reads one as 0.
#[test]
fn a_missing_msr_is_unsupported() {
    const SCRIPT: &str = "msr 5a5a\nmsr 1b\nsmi 41\n";
    let image = &images().release;
    let runs = [boot(Board::Ich9, image, SCRIPT), boot(Board::Qemu, image, SCRIPT), boot_on_qemu(image, SCRIPT)];
    for (run, missing) in runs.iter().zip(["EFI_UNSUPPORTED", "EFI_UNSUPPORTED", "EFI_SUCCESS 0x0000000000000000"]) {
        let says = |line: &str| assert!(run.console.contains(&format!("\n{line}\r\n")), "{line}? {}", run.console);
        says(&format!("msr 0x5a5a: {missing}"));
        says("msr 0x1b: EFI_SUCCESS 0x00000000fee00900");
        says("smi 0x41: EFI_SUCCESS");
    }
}

/// At the prompt, without a script, behind the HLT that the shell waits with.
fn at_the_prompt() -> board::Machine {
    let config =
        board::Config { ram_mib: e2e::firmware::RAM_MIB, bios: images().release.clone(), ..board::Config::default() };
    let mut machine = board::Machine::new(&config).unwrap();
    machine.run_instructions(2_000_000, &mut trace::Silent);
    let behind_hlt = |machine: &board::Machine| {
        let mut byte = [0];
        machine.peek(board::View::Os, machine.register(0, trace::CpuReg::Rip) - 1, &mut byte);
        byte == [0xf4]
    };
    while !behind_hlt(&machine) {
        assert_eq!(machine.run_instructions(1, &mut trace::Silent), board::Stop::Limit);
    }
    machine
}

/// What COM1 says to these bytes.
fn said(machine: &mut board::Machine, input: &str) -> String {
    let mut tape = trace::Recorder::new(trace::Level::Output);
    machine.serial_input(input.as_bytes());
    machine.run_instructions(200_000, &mut tape);
    String::from_utf8(e2e::machine::bytes(&tape.into_events(), trace::Output::Serial)).unwrap()
}

/// The shell waits with HLT; its tick looks for a byte.
#[test]
fn a_line_from_the_serial_port_is_answered() {
    let console = said(&mut at_the_prompt(), "smi 42\r");
    assert_eq!(console, "smi 42\r\nsmi 0x42: EFI_SUCCESS\r\n> ");
}

#[test]
fn a_fault_that_nobody_expects_stops_the_os_with_a_line() {
    let mut machine = at_the_prompt();
    let code = machine.register(0, trace::CpuReg::Rip);
    // INT3 where the shell waits.
    let console = said(&mut machine, &format!("poke {code:x} cccccccc\r"));
    let line = console.lines().last().unwrap();
    assert!(line.contains(&format!("exception 03 at 0x{:x}, ", code + 1)), "{console}");
    assert_eq!(machine.run_instructions(1, &mut trace::Silent), board::Stop::Halted);
}

#[test]
fn each_command_that_help_lists_answers_with_a_status() {
    const USES: [&str; 24] = [
        "smi 41",
        "peek 100000",
        "poke 100000 1",
        "in b2",
        "out 80 0",
        "msr 1b",
        "pci 0 0 0",
        "comm 0000000A-5A5A-4C41-8B53-4D4D4C414200",
        "attack",
        "latency",
        "wait 1",
        "cpus",
        "fptask state",
        "storm 1",
        "setvar Test 7 05",
        "getvar Test",
        "delvar Test",
        "lsvar",
        "flash 00",
        "lockvar Test",
        "varpolicy Test",
        "ftwabort",
        "sleep",
        "help",
    ];
    const END_THE_BOOT: [&str; 2] = ["reboot", "setup"];
    let console = boot(Board::Ich9, &images().release, &(USES.join("\n") + "\n")).console;
    let first = |line: &str| line.split([' ', ',']).next().unwrap().to_owned();
    for line in USES {
        let (_, answer) = console.split_once(&format!("> {line}\r\n")).unwrap();
        let answer = answer.split("\r\n> ").next().unwrap();
        assert!(answer.contains(": EFI_") && !answer.contains("EFI_INVALID_PARAMETER"), "{line}: {answer}");
    }
    let (_, list) = console.split_once("> help\r\n").unwrap();
    let mut listed: Vec<String> = list.lines().take_while(|line| !line.starts_with("help: ")).map(first).collect();
    listed.sort();
    listed.dedup();
    let mut used: Vec<String> = USES.iter().chain(&END_THE_BOOT).map(|line| first(line)).collect();
    used.sort();
    assert_eq!(listed, used);
}

#[test]
fn reboot_starts_anew_and_poweroff_ends() {
    let posts = |command: &str| {
        let mut machine = power_on(Board::Ich9, &images().release, command);
        let mut tape = trace::Recorder::new(trace::Level::Output);
        let stop = machine.run_instructions(2_000_000, &mut tape);
        (stop, e2e::machine::bytes(&tape.into_events(), trace::Output::Post))
    };
    let (stop, post) = posts("poweroff\n");
    assert_eq!((stop, post.last()), (board::Stop::Off, Some(&0xb3)));
    let (_, post) = posts("reboot\n");
    assert!(post.windows(2).any(|pair| pair == [0xb3, 0x01]), "{post:x?}");
}

/// What OUTS writes isn't in RAX, where the save state's I/O information has its data from.
#[test]
fn a_command_written_by_a_string_instruction_reaches_its_handler() {
    const CODE: &[u8] = &[
        0x48, 0x8d, 0x35, 0x0d, 0, 0, 0, // lea rsi, [rip + 13]: the last byte
        0xba, 0xb2, 0, 0, 0, // mov edx, 0xb2
        0xb8, 0x17, 0, 0, 0,    // mov eax, 0x17
        0x6e, // outsb
        0xeb, 0xfe, // jmp $
        0x41,
    ];
    let mut machine = at_the_prompt();
    let code = machine.register(0, trace::CpuReg::Rip);
    machine.poke(board::View::Os, code, CODE);
    let mut tape = trace::Recorder::new(trace::Level::Output);
    machine.run_instructions(100_000, &mut tape);
    let records = e2e::machine::bytes(&tape.into_events(), trace::Output::FirmwareTrace);
    let command = |record| match record {
        pi::record::Record::SmiDispatched(smi) => Some(smi.value.get()),
        _ => None,
    };
    let commands: Vec<u64> =
        pi::record::read(&records).filter_map(|located| command(located.unwrap().record)).collect();
    assert_eq!(commands, [0x41]);
}
