//! The training firmware and its OS on several processors: the same on QEMU and on ours, in each
//! processor's own order.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Stop};
use e2e::firmware::{
    Boot, PATIENCE, RAM_MIB, boot, boot_several, boot_several_on_qemu, edited, images, power_on_several,
};
use pi::record::layout::Record;
use trace::{CpuReg, Level, Output, Recorder, Silent};

const SCRIPT: &str = "\
smi 41
smi 55
comm 0000000A-5A5A-4C41-8B53-4D4D4C414200
attack
setvar Test 7 05
getvar Test
storm 8
storm 3 43
";

/// Who is interrupted where differs; what each processor says doesn't.
fn assert_agree(ours: &Boot, reference: &Boot, cpus: u8) {
    for cpu in 0..cpus {
        assert_eq!(ours.records_of(cpu), reference.records_of(cpu), "processor {cpu} of {cpus}");
    }
    assert_eq!(ours.log, reference.log);
    assert_eq!((&ours.console, &ours.post, ours.exit), (&reference.console, &reference.post, reference.exit));
}

fn smis_of(boot: &Boot, cpu: u8) -> usize {
    boot.records_of(cpu).iter().filter(|record| matches!(record, Record::SmmEnter(_))).count()
}

#[test]
fn each_processor_has_the_same_records_on_qemu_and_on_ours() {
    for (image, cpus) in [(&images().debug, 2), (&images().release, 2), (&images().debug, 4)] {
        let (ours, reference) =
            (boot_several(Board::Qemu, cpus, image, SCRIPT), boot_several_on_qemu(cpus, image, SCRIPT));
        assert_agree(&ours, &reference, cpus);
        assert!(ours.console.contains(&format!("SMM Lab OS: {cpus} of {cpus} processors\r\n")), "{}", ours.console);
        let raised = 8 * u32::from(cpus);
        assert!(ours.console.contains(&format!("storm: EFI_SUCCESS {raised} raised, {raised} answered\r\n")));
        for cpu in 0..cpus {
            // Those of the boot, of the five commands, and of the two storms.
            assert!(smis_of(&ours, cpu) > 5 + 11 * usize::from(cpus), "{cpu}");
            assert_eq!(smis_of(&ours, cpu), smis_of(&ours, 0));
        }
    }
}

#[test]
fn the_ich9_board_says_the_same_as_with_one_processor_but_for_the_others() {
    const SCRIPT: &str = "smi 41\nsmi 42 7\nattack\n";
    let image = &images().debug;
    let (one, two) = (boot(Board::Ich9, image, SCRIPT), boot_several(Board::Ich9, 2, image, SCRIPT));
    let kinds = |boot: &Boot| boot.records_of(0).iter().map(Record::kind_name).collect::<Vec<_>>();
    assert_eq!(kinds(&two), kinds(&one));
    let handled = |boot: &Boot| boot.log.lines().filter(|line| line.contains("received command")).count();
    assert_eq!((handled(&two), handled(&one)), (2, 2));
    assert_eq!(one.writers.iter().max(), Some(&0));
}

/// Without it QEMU interrupts only who wrote APM_CNT; the others come when they get an SMI from him who
/// waits for them, be it from the boot processor or for it.
#[test]
fn without_broadcast_the_missing_ones_are_called() {
    let image = edited(&images().debug, &[ALONE, &cpu_driver("PcdCpuSmmApSyncTimeout", 50)]);
    let (ours, reference) = (boot_several(Board::Qemu, 2, &image, SCRIPT), boot_several_on_qemu(2, &image, SCRIPT));
    assert_agree(&ours, &reference, 2);
    assert!(!ours.log.contains("using SMI broadcast") && !ours.log.contains("Failed to wait"), "{}", ours.log);
    assert!(ours.console.contains("storm: EFI_SUCCESS 16 raised, 16 answered\r\n"), "{}", ours.console);
}

const ALONE: &str = r#"{"op": "pcd", "file": "SmmControl2Dxe", "word": "PcdSmiBroadcast", "value": 0}"#;

fn cpu_driver(word: &str, value: u32) -> String {
    format!(r#"{{"op": "pcd", "file": "PiSmmCpuDxeSmm", "word": "{word}", "value": {value}}}"#)
}

#[test]
fn a_reset_starts_all_processors_anew() {
    let mut machine = power_on_several(Board::Ich9, 2, &images().release, "storm 2\nreboot\n");
    let mut tape = Recorder::new(Level::Output);
    assert_eq!(machine.run_instructions(PATIENCE / 4, &mut tape), Stop::Limit);
    let console = e2e::machine::bytes(&tape.into_events(), Output::Serial);
    let console = String::from_utf8(console).unwrap();
    assert!(console.matches("SMM Lab OS: 2 of 2 processors").count() > 1, "{console}");
    assert!(console.matches("storm: EFI_SUCCESS 4 raised, 4 answered").count() > 1, "{console}");
}

/// Whose turn it is, and for how long, doesn't depend on where somebody stops to look.
#[test]
fn running_in_pieces_equals_running_at_once() {
    const SCRIPT: &str = "fptask start\nstorm 10\nwait 2\n";
    for (board, cpus) in [(Board::Ich9, 2), (Board::Qemu, 3)] {
        let mut whole = power_on_several(board, cpus, &images().release, SCRIPT);
        let mut pieces = power_on_several(board, cpus, &images().release, SCRIPT);
        let mut silent = Silent;
        for length in (1..2_000).step_by(7).cycle() {
            let end = pieces.run_instructions(length, &mut silent);
            if end == Stop::Exit(0) {
                break;
            }
            if length % 5 == 0 {
                pieces.step(&mut silent);
            }
            assert!(pieces.instructions() < PATIENCE);
        }
        assert_eq!(whole.run_instructions(PATIENCE, &mut silent), Stop::Exit(0));
        assert_eq!((whole.time(), whole.state_hash()), (pieces.time(), pieces.state_hash()), "{board:?}");
    }
}

/// However they interleave.
#[test]
#[ignore = "soak"]
fn every_smi_of_a_long_storm_is_answered() {
    const SCRIPT: &str = "fptask start\nstorm 300\nstorm 40 42\n";
    let (alone, soon) = (ALONE, cpu_driver("PcdCpuSmmApSyncTimeout", 50));
    let elects = cpu_driver("PcdCpuSmmEnableBspElection", 1);
    for edits in [&[][..], &[&*elects], &[alone, &*soon], &[alone, &*soon, &*elects]] {
        let image = edited(&images().debug, edits);
        for cpus in [2, 4] {
            let runs = [
                boot_several(Board::Ich9, cpus, &image, SCRIPT),
                boot_several(Board::Qemu, cpus, &image, SCRIPT),
                boot_several_on_qemu(cpus, &image, SCRIPT),
            ];
            for run in runs {
                for raised in [0x300 * u32::from(cpus), 0x40 * u32::from(cpus)] {
                    let line = format!("storm: EFI_SUCCESS {raised} raised, {raised} answered\r\n");
                    assert!(run.console.contains(&line), "{edits:?} {cpus}\n{}", run.console);
                }
                assert!(!run.log.contains("Failed to wait"));
            }
        }
    }
}

/// EDK II's layout: a tile of 8 KiB further for each.
#[test]
fn each_processor_has_an_smbase_of_its_own() {
    let tseg = u64::from(RAM_MIB - 1) << 20..u64::from(RAM_MIB) << 20;
    for (board, cpus) in [(Board::Ich9, 2), (Board::Ich9, 4), (Board::Qemu, 2), (Board::Qemu, 4)] {
        let mut machine = power_on_several(board, cpus, &images().debug, "");
        assert_eq!(machine.run_instructions(PATIENCE, &mut Silent), Stop::Exit(0));
        let log = boot_several(board, cpus, &images().debug, "").log;
        let told: Vec<&str> = log.lines().filter(|line| line.starts_with("CPU[")).collect();
        let smbases: Vec<u64> = (0..cpus).map(|cpu| machine.register(cpu.into(), CpuReg::Smbase)).collect();
        for (cpu, smbase) in smbases.iter().enumerate() {
            let state = smbase + 0xfc00;
            let line =
                format!("CPU[{cpu:03X}]  APIC ID={cpu:04X}  SMBASE={smbase:08X}  SaveState={state:08X}  Size=00000400");
            assert_eq!(told[cpu], line);
            assert_eq!(*smbase, smbases[0] + 0x2000 * cpu as u64);
            assert!(tseg.contains(&(smbase + 0x8000)) && tseg.contains(&(smbase + 0xffff)), "{smbase:x}");
            // No entry code in the page of a save state.
            assert!(smbases.iter().all(|other| other + 0x8000 != smbase + 0xf000));
        }
        assert_eq!(told.len(), usize::from(cpus));
    }
}
