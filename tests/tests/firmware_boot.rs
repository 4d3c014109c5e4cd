//! The training firmware from reset to the shell: the same on QEMU and on ours.

use board::{Board, Stop};
use e2e::firmware::{Boot, boot, boot_on_qemu, edited, images, power_on};
use pi::Guid;
use pi::image::Image;
use pi::list::Item;
use pi::record::layout::{Record, lock};
use std::io::Write;
use trace::{Kind, Level, Output, Recorder};

const SCRIPT: &str = "\
smi 41
smi 0x42 7
smi 43
smi 55
peek f00000
poke f00000 12345678
peek 100000
comm 0000000A-5A5A-4C41-8B53-4D4D4C414200
attack
attack 200000
pci 1f 0 a0
in b2
nonsense
";

const POST: [u8; 16] = [0x01, 0x02, 0x03, 0x10, 0x31, 0x36, 0x4f, 0x60, 0x62, 0x6a, 0x71, 0x90, 0xad, 0xaf, 0xb0, 0xb1];

/// Instructions from reset to the prompt that DEBUG may take.
const BUDGET: u64 = 3_000_000;
const LARGEST_IMAGE: usize = 1 << 20;
/// Drivers that a boot to the prompt doesn't need: they count apart.
const MORE_THAN_BOOTS: &[&str] = &[
    "SmmChildDispatcher",
    "BoardSmi",
    "FvbServicesSmm",
    "FaultTolerantWriteSmm",
    "VariableSmm",
    "VariableSmmRuntimeDxe",
    "SetupDxe",
    "FlashUpdateSmm",
];
/// The rest, by gzip -9.
const LARGEST_DEBUG: usize = 100 << 10;
const LARGEST_RELEASE: usize = 60 << 10;
/// The whole image: not a goal but where it stands, so that nothing grows unseen.
const WHOLE_DEBUG: usize = 133 << 10;
const WHOLE_RELEASE: usize = 98 << 10;

/// Without the lines that are named to differ between the boards.
fn same_on_both(log: &str) -> Vec<&str> {
    const NAMED: [&str; 5] = [
        "save state revision",
        "SmmSwDispatch: I/O information",
        "SpiFlash: device",
        "SpiFlash: locked",
        "PiSmmCpuDxeSmm: SMRR",
    ];
    log.lines().filter(|line| !NAMED.iter().any(|named| line.contains(named))).collect()
}

/// The answer to a command.
fn answer<'a>(boot: &'a Boot, start: &str) -> &'a str {
    boot.console.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}?\n{}", boot.console))
}

#[test]
fn qemu_and_our_board_of_its_kind_agree_in_every_byte_but_the_times() {
    for (image, name) in [(&images().debug, "DEBUG"), (&images().release, "RELEASE")] {
        let (reference, ours) = (boot_on_qemu(image, SCRIPT), boot(Board::Qemu, image, SCRIPT));
        assert_eq!(ours.post, POST, "{name}\n{}", ours.log);
        assert_eq!(ours.log, reference.log, "{name}");
        assert_eq!(ours, reference, "{name}");
        assert_eq!(ours.exit, Some(0), "{name}");
    }
}

#[test]
fn the_ich9_board_says_the_same_but_for_what_its_save_state_has() {
    let image = &images().debug;
    let (qemu, ich9) = (boot(Board::Qemu, image, SCRIPT), boot(Board::Ich9, image, SCRIPT));
    assert_eq!(same_on_both(&ich9.log), same_on_both(&qemu.log));
    assert_eq!((&ich9.post, &ich9.console, ich9.exit), (&qemu.post, &qemu.console, qemu.exit));
    let mut revisions = Vec::new();
    let mut masked = |boot: &Boot| {
        let mask = |record: &Record| match record {
            Record::SmmEnter(enter) => {
                revisions.push(enter.revision.get());
                Record::SmmEnter(pi::record::layout::SmmEnter { revision: 0.into(), ..*enter })
            }
            other => *other,
        };
        boot.records.iter().map(mask).collect::<Vec<_>>()
    };
    assert_eq!(masked(&ich9), masked(&qemu));
    revisions.dedup();
    assert_eq!(revisions, [0x30101, 0x20064]);
}

#[test]
fn an_smi_reaches_its_handler_and_an_unregistered_one_is_refused() {
    for board in [Board::Ich9, Board::Qemu] {
        let boot = boot(board, &images().debug, SCRIPT);
        assert_eq!(answer(&boot, "smi 0x41"), "smi 0x41: EFI_SUCCESS");
        assert_eq!(answer(&boot, "smi 0x42"), "smi 0x42: EFI_SUCCESS");
        assert_eq!(answer(&boot, "smi 0x43"), "smi 0x43: EFI_SUCCESS");
        assert_eq!(answer(&boot, "smi 0x55"), "smi 0x55: EFI_NOT_FOUND");
        assert!(boot.log.contains("SMM Handler: received command 0x42, data 0x7\n"), "{}", boot.log);
        assert!(boot.log.contains("No handler for SMI value 0x55\n"));
        let values: Vec<u64> = dispatched_smis(&boot);
        assert_eq!(values, [0x41, 0x42, 0x43]);
    }
}

fn dispatched_smis(boot: &Boot) -> Vec<u64> {
    let value = |record: &Record| match record {
        Record::SmiDispatched(smi) => Some(smi.value.get()),
        _ => None,
    };
    boot.records.iter().filter_map(value).collect()
}

#[test]
fn locked_smram_reads_as_ones_and_messages_in_it_are_refused() {
    for board in [Board::Ich9, Board::Qemu] {
        let boot = boot(board, &images().debug, SCRIPT);
        assert_eq!(answer(&boot, "peek 0x00f00000"), "peek 0x00f00000: EFI_SUCCESS 0xffffffff");
        assert_eq!(answer(&boot, "attack 0x00f00000"), "attack 0x00f00000: EFI_ACCESS_DENIED");
        // RAM, but none that the firmware keeps for communication.
        assert_eq!(answer(&boot, "attack 0x00200000"), "attack 0x00200000: EFI_ACCESS_DENIED");
        assert!(answer(&boot, "comm ").ends_with(": EFI_NOT_FOUND"), "the buffer is accepted, nobody handles the GUID");
        // SMI_LOCK.
        assert_eq!(answer(&boot, "pci 1f.0"), "pci 1f.0 0xa0: EFI_SUCCESS 0x00000010");
        assert_eq!(answer(&boot, "nonsense: "), "nonsense: EFI_INVALID_PARAMETER; `help` lists the commands");
    }
}

#[test]
fn boot_services_memory_is_the_oss_after_exit_boot_services() {
    let boot = boot(Board::Ich9, &images().debug, SCRIPT);
    // The HOB list was here.
    assert_eq!(answer(&boot, "peek 0x00100000"), "peek 0x00100000: EFI_SUCCESS 0xcccccccc");
    let freed = answer(&boot, "SMM Lab OS: ");
    assert!(!freed.contains(" 0 KiB"), "{freed}");
}

#[test]
fn the_milestones_come_in_order_and_no_driver_after_the_lock() {
    let boot = boot(Board::Ich9, &images().release, SCRIPT);
    let step = |record: &Record| match record {
        Record::ReadyToLock(step) => Some(step.step),
        _ => None,
    };
    let steps: Vec<u8> = boot.records.iter().filter_map(step).collect();
    assert_eq!(steps, [lock::END_OF_DXE, lock::DXE_SMM_READY_TO_LOCK, lock::SMRAM_LOCKED, lock::SMM_READY_TO_LOCK]);
    let last = |wanted: fn(&Record) -> bool| boot.records.iter().rposition(wanted);
    let registered = last(|record| matches!(record, Record::HandlerRegistered(_)));
    let locked = last(|record| matches!(record, Record::ReadyToLock(_)));
    assert!(registered < locked);
}

/// Driver C waits for a protocol that nobody installs.
const WAITS_FOR_NOBODY: &str =
    r#"{"op": "depex", "file": "DriverC", "text": "PUSH B1000000-5A5A-4C41-8B53-4D4D4C41420B END"}"#;

#[test]
fn a_driver_whose_depex_never_comes_true_is_reported_on_debug_and_silently_absent_on_release() {
    const REPORT: &str = "SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n";
    for (image, says) in [(&images().debug, true), (&images().release, false)] {
        let broken = edited(image, &[WAITS_FOR_NOBODY]);
        let runs =
            [boot(Board::Ich9, &broken, SCRIPT), boot(Board::Qemu, &broken, SCRIPT), boot_on_qemu(&broken, SCRIPT)];
        for boot in runs {
            assert_eq!(answer(&boot, "smi 0x42"), "smi 0x42: EFI_SUCCESS");
            assert_eq!(answer(&boot, "smi 0x43"), "smi 0x43: EFI_NOT_FOUND");
            assert_eq!(boot.log.contains(REPORT), says, "{}", boot.log);
            assert_eq!(boot.log.is_empty(), !says);
            assert_eq!(boot.post, POST);
        }
    }
}

#[test]
fn the_prompt_comes_in_time() {
    for (image, name) in [(&images().debug, "DEBUG"), (&images().release, "RELEASE")] {
        for board in [Board::Ich9, Board::Qemu] {
            let mut machine = power_on(board, image, "help\n");
            let mut console = Vec::new();
            while !console.ends_with(b"> help") {
                let mut tape = Recorder::new(Level::Output);
                assert_eq!(machine.run_instructions(1000, &mut tape), Stop::Limit, "{name}");
                let byte = |event: &trace::Event| match event.kind {
                    Kind::Output { to: Output::Serial, byte } => Some(byte),
                    _ => None,
                };
                for byte in tape.into_events().iter().filter_map(byte) {
                    if !console.ends_with(b"> help") {
                        console.push(byte);
                    }
                }
                assert!(machine.instructions() < BUDGET, "{name} on {board:?}");
            }
            println!("{name}, {board:?}: {} instructions from reset to the prompt", machine.instructions());
        }
    }
}

#[test]
fn what_boots_is_small() {
    let images = images();
    for (image, most, whole_most) in
        [(&images.debug, LARGEST_DEBUG, WHOLE_DEBUG), (&images.release, LARGEST_RELEASE, WHOLE_RELEASE)]
    {
        assert!(image.len() <= LARGEST_IMAGE);
        let (whole, bare) = (gzipped(image), gzipped(&what_boots(image)));
        println!("{whole} bytes by gzip -9, {bare} of them boot");
        assert!(bare <= most, "{bare} bytes by gzip -9, at most {most}");
        assert!(whole <= whole_most, "{whole} bytes by gzip -9, at most {whole_most}");
    }
}

#[test]
fn what_boots_does_so_alone_with_smis_lock_and_refusals() {
    for (image, name) in [(&images().debug, "DEBUG"), (&images().release, "RELEASE")] {
        let image = what_boots(image);
        let qemu = boot(Board::Qemu, &image, SCRIPT);
        assert_eq!(qemu, boot_on_qemu(&image, SCRIPT), "{name}");
        for boot in [qemu, boot(Board::Ich9, &image, SCRIPT)] {
            assert_eq!((boot.post.as_slice(), boot.exit), (&POST[..], Some(0)), "{name}");
            assert_eq!(dispatched_smis(&boot), [0x41, 0x42, 0x43], "{name}");
            assert_eq!(answer(&boot, "smi 0x55"), "smi 0x55: EFI_NOT_FOUND", "{name}");
            assert_eq!(answer(&boot, "peek 0x00f00000"), "peek 0x00f00000: EFI_SUCCESS 0xffffffff", "{name}");
            assert_eq!(answer(&boot, "attack 0x00f00000"), "attack 0x00f00000: EFI_ACCESS_DENIED", "{name}");
        }
    }
}

/// The image without `MORE_THAN_BOOTS`.
fn what_boots(image: &[u8]) -> Vec<u8> {
    let drops: Vec<String> =
        MORE_THAN_BOOTS.iter().map(|file| format!(r#"{{"op": "drop", "file": "{file}"}}"#)).collect();
    edited(image, &drops.iter().map(String::as_str).collect::<Vec<_>>())
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).expect("a Vec takes all");
    gzip.finish().expect("a Vec takes all").len()
}

#[test]
fn the_intel_save_state_tells_what_was_written_where() {
    const LINE: &str = "SmmSwDispatch: I/O information: port 0xB2, data 0x42, type 2\n";
    assert!(boot(Board::Ich9, &images().debug, SCRIPT).log.contains(LINE));
    assert!(!boot(Board::Qemu, &images().debug, SCRIPT).log.contains("I/O information"));
}

#[test]
fn debug_tells_at_ready_to_lock_who_handles_what() {
    let log = boot(Board::Ich9, &images().debug, SCRIPT).log;
    let profile = log.split_once("# IMAGE DATABASE #\n").expect("a handler profile").1;
    for image in ["PiSmmCore", "PiSmmCpuDxeSmm", "SmmSwDispatch", "DriverA", "DriverB", "DriverC", "PlatformSmm"] {
        assert!(profile.contains(&format!("Image - {image}.efi, Base - 0x")), "{profile}");
    }
    let hardware = profile.split_once("# 3. Hardware SMI Handler #\n").expect("handlers of the dispatchers").1;
    let lines: Vec<&str> = hardware.lines().collect();
    let at = |entry: &str| lines.iter().position(|line| line.ends_with(&format!(", {entry}"))).expect(entry);
    const SW: &str = "18A3C6DC-5EEA-48C8-A1C1-B53389F98999";
    for (driver, entry, protocol) in [
        ("DriverA", "SwSmi - 0x41", SW),
        ("DriverB", "SwSmi - 0x42", SW),
        ("DriverC", "SwSmi - 0x43", SW),
        ("BoardSmi", "Context - 0x7", "25566B03-B577-4CBF-958C-ED663EA24380"),
        ("BoardSmi", "Context - 0xB", "ADF3A128-416D-4060-8DDF-30A1D7AAB699"),
    ] {
        let at = at(entry);
        assert_eq!(lines[at - 1], format!("SmiEntry - {protocol}"), "{entry}");
        assert!(lines[at + 1].contains(&format!("Image - {driver}.efi, RVA - 0x")), "{hardware}");
    }
    let root = profile.split_once("# 2. ROOT SMI Handler #\n").expect("root handlers").1;
    assert!(root.lines().nth(1).is_some_and(|line| line.contains("SmmSwDispatch.efi")), "{root}");
}

/// So that any instruction can be told its module.
#[test]
fn each_module_that_ran_has_told_where_it_lies() {
    for image in [&images().debug, &images().release] {
        let boot = boot(Board::Ich9, image, SCRIPT);
        let program = |entry: pi::list::Entry| match entry.item {
            Item::File { guid, name: Some(name), .. } if name != "reset" => Some((guid, name)),
            _ => None,
        };
        let programs: Vec<(Guid, String)> = Image::parse(image).list().into_iter().filter_map(program).collect();
        assert!(programs.len() > 15, "{programs:?}");
        for (guid, name) in programs {
            let place = boot.records.iter().find_map(|record| match record {
                Record::Loaded(loaded) if loaded.file == guid => Some(loaded),
                _ => None,
            });
            let place = place.unwrap_or_else(|| panic!("{name} hasn't told"));
            assert!(place.base < place.entry && place.entry.get() < place.base.get() + place.size.get(), "{name}");
        }
    }
}

/// SOR: only BDS asks for such drivers, if its PCD word says so; that is after the lock.
#[test]
fn a_driver_on_request_starts_when_bds_schedules_it() {
    const ON_REQUEST: &str = r#"{"op": "depex", "file": "SmmCommunicationBufferDxe", "text": "SOR TRUE END"}"#;
    const ASKS: &str = r#"{"op": "pcd", "file": "BdsDxe", "word": "PcdScheduleOnRequest", "value": 1}"#;
    const FILE: &str = "C427146A-2EF2-4AF8-A85A-E09EC1D9C8B4";
    let image = edited(&images().debug, &[ON_REQUEST]);
    let alone = boot(Board::Ich9, &image, SCRIPT);
    assert!(alone.log.contains(&format!("Driver {FILE} was discovered but not loaded!!\n")), "{}", alone.log);
    assert!(!alone.log.contains("SmmCommunicationBufferDxe.efi"), "{}", alone.log);
    let image = edited(&image, &[ASKS]);
    for boot in [boot(Board::Ich9, &image, SCRIPT), boot_on_qemu(&image, SCRIPT)] {
        let (before, after) = boot.log.split_once(&format!("Schedule FFS({FILE})\n")).expect("BDS asks for it");
        assert!(before.contains("= Not Requested\n  RESULT = FALSE\n") && before.contains("locked SMRAM window"));
        assert!(after.contains("SmmCommunicationBufferDxe.efi\n"), "{after}");
        // SMM has noted before where buffers may lie.
        assert!(answer(&boot, "comm ").ends_with(": EFI_ACCESS_DENIED"));
    }
}
