//! How several processors meet in SMM: all of them, late ones, relaxed mode, who runs the handlers; and
//! what an SMI does to those who computed or slept.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Machine, Stop};
use e2e::firmware::{Boot, PATIENCE, boot_several, boot_several_on_qemu, edited, images, power_on_several};
use pi::record::layout::Record;
use trace::{Event, Kind, Level, Output, Sink, WakeReason};

const MICROSECOND: u64 = 1_000;
const TIMEOUT: u64 = 3_000;
const TIMEOUT_2: u64 = 2_000;
/// What an SMI takes beside them, in microseconds.
const SLACK: u64 = 300;
const FAILED: &str = "SmmWaitForApArrival: Failed to wait all APs enter SMI. Delayed AP Count = 1, Blocked AP Count = 0, Disabled AP Count = 0\n";

fn cpu_driver(word: &str, value: u64) -> String {
    format!(r#"{{"op": "pcd", "file": "PiSmmCpuDxeSmm", "word": "{word}", "value": {value}}}"#)
}

/// DEBUG with short time-outs, and these edits.
fn image(edits: &[&str]) -> Vec<u8> {
    let (first, second) =
        (cpu_driver("PcdCpuSmmApSyncTimeout", TIMEOUT), cpu_driver("PcdCpuSmmApSyncTimeout2", TIMEOUT_2));
    let all: Vec<&str> = [&*first, &*second].into_iter().chain(edits.iter().copied()).collect();
    edited(&images().debug, &all)
}

fn relaxed() -> String {
    cpu_driver("PcdCpuSmmSyncMode", 1)
}

/// Microseconds that the SMIs of `latency 1 VALUE` took.
fn latencies(boot: &Boot) -> Vec<u64> {
    let answers = boot.console.lines().filter_map(|line| line.strip_prefix("latency: EFI_SUCCESS "));
    answers.map(|line| line.strip_suffix(" ns").unwrap().parse::<u64>().unwrap() / MICROSECOND).collect()
}

/// Who is in SMM, and what happened meanwhile.
struct Meeting {
    inside: Vec<bool>,
    /// Bytes of the log written in SMM while all were there; while somebody wasn't.
    together: usize,
    apart: usize,
    events: Vec<Event>,
}

impl Meeting {
    fn of(machine: &mut Machine) -> Meeting {
        let inside = vec![false; machine.cpus()];
        let mut meeting = Meeting { inside, together: 0, apart: 0, events: Vec::new() };
        assert_eq!(machine.run_instructions(PATIENCE, &mut meeting), Stop::Exit(0));
        meeting
    }
}

impl Sink for Meeting {
    fn level(&self) -> Level {
        Level::Events
    }
    fn event(&mut self, event: Event) {
        let cpu = usize::from(event.cpu);
        match event.kind {
            Kind::SmmEntered { .. } => self.inside[cpu] = true,
            Kind::SmmLeft { .. } => self.inside[cpu] = false,
            Kind::Output { to: Output::Debug402, .. } if self.inside[cpu] => {
                let all = self.inside.iter().all(|inside| *inside);
                *if all { &mut self.together } else { &mut self.apart } += 1;
            }
            _ => {}
        }
        self.events.push(event);
    }
}

#[test]
fn all_processors_are_in_smm_while_a_handler_runs() {
    for (board, cpus) in [(Board::Ich9, 2), (Board::Ich9, 4), (Board::Qemu, 4)] {
        let met = Meeting::of(&mut power_on_several(board, cpus, &images().debug, "smi 41\nstorm 10\n"));
        // Drivers start in SMM, too, and write more.
        assert!(met.together > (1 + 0x10 * usize::from(cpus)) * "SMM Handler: received".len());
        assert_eq!(met.apart, 0);
    }
}

#[test]
fn a_processor_that_does_not_come_costs_both_time_outs_is_reported_and_comes_later() {
    const SCRIPT: &str = "latency 1 41\ncpus init 1\nlatency 1 41\nsmi 41\ncpus sipi 1\nlatency 1 41\nstorm 2\ncpus\n";
    for (board, cpus) in [(Board::Ich9, 2), (Board::Ich9, 4), (Board::Qemu, 2)] {
        let boot = boot_several(board, cpus, &image(&[]), SCRIPT);
        let [before, late, after] = latencies(&boot)[..] else { panic!("{}", boot.console) };
        assert!(before < SLACK && after < SLACK, "{before} {after}");
        assert!((TIMEOUT + TIMEOUT_2..TIMEOUT + TIMEOUT_2 + SLACK).contains(&late), "{late}");
        assert_eq!(boot.log.matches(FAILED).count(), 2, "{}", boot.log);
        for answer in ["smi 0x41: EFI_SUCCESS", "cpus sipi 1\r\ncpus: EFI_SUCCESS", "cpus: EFI_SUCCESS 1 online, "] {
            assert!(boot.console.contains(answer), "{answer}?\n{}", boot.console);
        }
        let raised = 2 * u32::from(cpus);
        assert!(boot.console.contains(&format!("storm: EFI_SUCCESS {raised} raised, {raised} answered")));
        assert_eq!(boot.exit, Some(0));
    }
}

/// The SMI is held as long as the processor waits for SIPI, and taken before the code there runs.
#[test]
fn an_smi_waits_for_a_processor_that_waits_for_sipi() {
    let mut machine = power_on_several(Board::Ich9, 2, &image(&[]), "cpus init 1\nsmi 41\ncpus sipi 1\n");
    let met = Meeting::of(&mut machine);
    let of_second: Vec<&Kind> = met.events.iter().filter(|event| event.cpu == 1).map(|event| &event.kind).collect();
    let latched = of_second.iter().rposition(|kind| matches!(kind, Kind::SmiLatched)).unwrap();
    let Kind::SmiTaken { rip, .. } = of_second[latched + 1] else { panic!("{:?}", &of_second[latched..latched + 3]) };
    assert_eq!(*rip, 0, "at the first instruction of the page");
    // The late one called the boot processor once more.
    assert_eq!(machine.smi_count(0), machine.smi_count(1) + 1);
}

/// SMM_BWP opens the flash while all processors are in SMM, and closes a window that one of them could use.
#[test]
fn the_flash_stays_closed_while_a_processor_is_missing() {
    const SCRIPT: &str = "setvar A 7 05\ncpus init 1\nsetvar B 7 05\ncpus sipi 1\nsetvar C 7 05\n";
    let boot = boot_several(Board::Ich9, 2, &image(&[]), SCRIPT);
    for answer in ["setvar A: EFI_SUCCESS", "setvar B: EFI_WRITE_PROTECTED", "setvar C: EFI_SUCCESS"] {
        assert!(boot.console.contains(answer), "{answer}?\n{}", boot.console);
    }
    assert!(boot.log.contains(FAILED) && boot.log.contains("SpiFlash: WriteBlock failed"), "{}", boot.log);
}

#[test]
fn relaxed_mode_waits_for_nobody() {
    const SCRIPT: &str = "cpus init 1\nlatency 1 41\nsmi 41\ncpus sipi 1\nsmi 41\n";
    let met = |edits: &[&str]| Meeting::of(&mut power_on_several(Board::Ich9, 2, &image(edits), SCRIPT));
    assert!(met(&[&relaxed()]).apart > 0, "handlers ran before all had come");
    for board in [Board::Ich9, Board::Qemu] {
        let boot = boot_several(board, 2, &image(&[&relaxed()]), SCRIPT);
        assert!(latencies(&boot)[0] < SLACK, "{}", boot.console);
        assert!(!boot.log.contains("Failed to wait"), "{}", boot.log);
        assert_eq!(boot.console.matches("smi 0x41: EFI_SUCCESS").count(), 2);
    }
}

#[test]
fn whoever_comes_first_can_run_the_handlers() {
    let elects = cpu_driver("PcdCpuSmmEnableBspElection", 1);
    let handlers = |edits: &[&str], run: fn(&[u8]) -> Boot| {
        let boot = run(&image(edits));
        assert!(boot.console.contains("storm: EFI_SUCCESS 64 raised, 64 answered"), "{}", boot.console);
        let by =
            boot.records.iter().zip(&boot.writers).filter(|(record, _)| matches!(record, Record::SmiDispatched(_)));
        let mut by: Vec<u8> = by.map(|(_, cpu)| *cpu).collect();
        by.sort_unstable();
        by.dedup();
        by
    };
    let ours = |image: &[u8]| boot_several(Board::Ich9, 4, image, "storm 10\n");
    let qemu = |image: &[u8]| boot_several_on_qemu(4, image, "storm 10\n");
    assert_eq!(handlers(&[], ours), [0]);
    assert_eq!(handlers(&[&elects], ours), [0, 1, 2, 3]);
    assert!(handlers(&[&elects], qemu).len() > 1);
}

#[test]
fn an_smi_wakes_a_halted_processor_which_then_halts_again() {
    let mut machine = power_on_several(Board::Ich9, 2, &images().release, "smi 41\n");
    let met = Meeting::of(&mut machine);
    let of_second: Vec<&Kind> = met.events.iter().filter(|event| event.cpu == 1).map(|event| &event.kind).collect();
    let woken = of_second.iter().rposition(|kind| matches!(kind, Kind::Wake { by: WakeReason::Smi })).unwrap();
    assert!(matches!(of_second[woken + 1], Kind::SmiTaken { .. }));
    assert!(matches!(of_second.last().unwrap(), Kind::SmmLeft { .. }), "{:?}", of_second.last());
}

/// The handler of SMI 43h computes in floating point; the tasks' registers hold sums that aren't complete.
#[test]
fn floating_point_tasks_come_through_smis_that_use_xmm_if_their_registers_are_saved() {
    const USES_XMM: &str = r#"{"op": "pcd", "file": "DriverC", "word": "PcdUseXmm", "value": 1}"#;
    let script = format!("fptask start\n{}fptask state\n", "wait 3\nsmi 43\n".repeat(20));
    let careless = cpu_driver("PcdSaveFpuState", 0);
    let runs: [fn(&[u8], &str) -> Boot; 3] = [
        |image, script| boot_several(Board::Ich9, 2, image, script),
        |image, script| boot_several(Board::Qemu, 2, image, script),
        |image, script| boot_several_on_qemu(2, image, script),
    ];
    for run in runs {
        let [first, second] = sums(&run(&edited(&images().debug, &[USES_XMM]), &script));
        assert!(first.0 >= 6 && first.1 == 0 && second.0 >= 6 && second.1 == 0, "{first:?} {second:?}");
        assert_eq!(f64::from_bits(first.2), sum(), "as this processor adds them");
        let [first, second] = sums(&run(&edited(&images().debug, &[USES_XMM, &careless]), &script));
        // Handlers run on the first processor.
        assert!(first.1 > 0 && second.1 == 0, "{first:?} {second:?}");
    }
}

/// Right, wrong, and the last one's bits, of two processors.
fn sums(boot: &Boot) -> [(u64, u64, u64); 2] {
    let answer = boot.console.split("> fptask state\r\n").nth(1).unwrap();
    let one = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let [.., right, "sums", "right,", wrong, "wrong,", "last", last] = words[..] else { panic!("{line}") };
        let bits = u64::from_str_radix(last.strip_prefix("0x").unwrap(), 16).unwrap();
        (right.parse().unwrap(), wrong.parse().unwrap(), bits)
    };
    let lines: Vec<_> = answer.lines().take(2).map(one).collect();
    lines.try_into().unwrap()
}

/// 1/k² for k up to 1024: odd and even ones apart, as the task does it.
fn sum() -> f64 {
    let from =
        |first: u32| (first..=1024).step_by(2).map(|k| 1.0 / (f64::from(k) * f64::from(k))).fold(0.0, |a, b| a + b);
    from(1) + from(2)
}
