//! Each lesson breaks the firmware, by a fault of the catalogue or by edits of its image, and repairs it by
//! others: `lessons/*.toml`.
//! On DEBUG the fault is reported, on RELEASE the service is just not there; QEMU and ours agree, and
//! `why_not` names the cause.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::Board;
use content::KnownFault;
use content::source::Library;
use e2e::firmware::{Boot, boot, boot_on_qemu, images, stops_on_qemu};
use lab::edits_of;
use pi::Guid;
use pi::depex::{DepexError, DepexReason, Dialect};
use pi::dispatch::{Missing, Producer, Reason, why_not};
use pi::edit::{Edit, EditList, apply};
use pi::image::Image;
use pi::known;
use pi::layout::ffs::kind;
use pi::names::FileType;
use std::path::Path;
use std::sync::OnceLock;

const SCRIPT: &str = "smi 41\nsmi 42\nsmi 43\npeek f00000\ncomm 0000000A-5A5A-4C41-8B53-4D4D4C414200\n";
const ANSWERS: [&str; 3] = ["smi 0x41", "smi 0x42", "smi 0x43"];
const SUCCESS: &str = "EFI_SUCCESS";
const NOT_FOUND: &str = "EFI_NOT_FOUND";

const A: Guid = Guid::new("0000000A-5A5A-4C41-8B53-4D4D4C414200");
const B: Guid = Guid::new("0000000B-5A5A-4C41-8B53-4D4D4C414200");
const C: Guid = Guid::new("0000000C-5A5A-4C41-8B53-4D4D4C414200");
const PROTOCOL_B: Guid = Guid::new("B0000000-5A5A-4C41-8B53-4D4D4C41420B");
const PROTOCOL_C: Guid = Guid::new("C0000000-5A5A-4C41-8B53-4D4D4C41420C");
const PLATFORM_SMM: Guid = Guid::new("1D7A25F3-5A5A-4C41-8B53-4D4D4C414200");
const SMALL_OS: Guid = Guid::new("5A5A0001-5A5A-4C41-8B53-4D4D4C414200");
const COMMUNICATION_BUFFER: Guid = Guid::new("C427146A-2EF2-4AF8-A85A-E09EC1D9C8B4");
const SW_DISPATCH: Guid = Guid::new("2374EDDF-F203-4FC0-A20E-61BAD73089D6");
const SW_DISPATCH2: Guid = known::named("gEfiSmmSwDispatch2ProtocolGuid");
const USB_DISPATCH2: Guid = known::named("gEfiSmmUsbDispatch2ProtocolGuid");
const DXE_SMM_READY_TO_LOCK: Guid = known::named("gEfiDxeSmmReadyToLockProtocolGuid");

const EFI_NOT_FOUND: u64 = 1 << 63 | 14;

struct Lesson {
    broken: Vec<Edit>,
    repair: Vec<Edit>,
}

fn lesson(name: &str) -> Lesson {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons").join(name).with_extension("toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lists: toml::Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let fault = lists.remove("fault").map(|fault| fault.as_str().unwrap().to_owned());
    let mut list = |key: &str| lists.remove(key).map_or_else(Vec::new, |list| list.try_into().unwrap());
    let broken = [edits_of(catalogue(), fault.as_slice()).unwrap(), list("edit")].concat();
    let repair = list("repair");
    assert!(!broken.is_empty() && !repair.is_empty() && lists.is_empty(), "{name}: {lists:?}");
    Lesson { broken, repair }
}

fn catalogue() -> &'static [KnownFault] {
    static ALL: OnceLock<Vec<KnownFault>> = OnceLock::new();
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/content");
    ALL.get_or_init(|| Library::read(&content).unwrap().catalogue.all("en"))
}

/// Both images, with the records of a boot in which all is well.
fn healthy() -> [(&'static [u8], &'static Boot); 2] {
    static BOOTS: OnceLock<[Boot; 2]> = OnceLock::new();
    let images = images();
    let [debug, release] =
        BOOTS.get_or_init(|| [&images.debug, &images.release].map(|image| boot(Board::Qemu, image, SCRIPT)));
    [(&images.debug, debug), (&images.release, release)]
}

/// What the shell answered to a command; None: the shell never ran.
fn answer<'a>(boot: &'a Boot, command: &str) -> Option<&'a str> {
    boot.console.lines().find_map(|line| line.strip_prefix(command)?.strip_prefix(": "))
}

fn edit(name: &str, image: &[u8], edits: &[Edit]) -> Vec<u8> {
    apply(image, edits).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Our two boards; the one of QEMU's kind does all that QEMU does, the other says the same to the user.
fn boots(name: &str, image: &[u8], script: &str) -> [Boot; 2] {
    let qemu = boot(Board::Qemu, image, script);
    if qemu.exit.is_some() {
        assert_eq!(qemu, boot_on_qemu(image, script), "{name}");
    } else {
        stops_on_qemu(image, script, &qemu);
    }
    let ich9 = boot(Board::Ich9, image, script);
    assert_eq!((&ich9.console, &ich9.post, ich9.exit), (&qemu.console, &qemu.post, qemu.exit), "{name}");
    [qemu, ich9]
}

/// Who isn't there any more, who still is, what DEBUG says, and the reasons.
struct Fault<'a> {
    gone: &'a [&'a str],
    says: &'a [&'a str],
    why: &'a [(Guid, Reason)],
}

fn check(name: &str, fault: &Fault<'_>) {
    let Lesson { broken, repair } = lesson(name);
    for ((image, well), is_debug) in healthy().into_iter().zip([true, false]) {
        let name = format!("{name}, {}", if is_debug { "DEBUG" } else { "RELEASE" });
        let edited = edit(&name, image, &broken);
        for boot in boots(&name, &edited, SCRIPT) {
            for command in ANSWERS {
                let expected = if fault.gone.contains(&command) { NOT_FOUND } else { SUCCESS };
                let expected = boot.exit.map(|_| expected);
                assert_eq!(answer(&boot, command), expected, "{name}: {command}\n{}", boot.log);
            }
            for line in fault.says.iter().filter(|_| is_debug) {
                assert!(boot.log.contains(line), "{name}: nothing about {line:?} in\n{}", boot.log);
                assert!(!well.log.contains(line), "{name}: a healthy boot says {line:?}, too");
            }
            assert!(is_debug || boot.log.is_empty(), "{name}: {}", boot.log);
            let why = why_not(&Image::parse(&edited), &boot.records, &well.records);
            let why: Vec<(Guid, Reason)> = why.into_iter().map(|absent| (absent.file, absent.why)).collect();
            assert_eq!(why, fault.why, "{name}");
        }
        assert!(edit(&name, &edited, &repair) == image, "{name}: the repair gives the healthy image back");
    }
}

/// Driver C alone is gone.
fn check_c(name: &str, says: &str, why: Reason) {
    let says = [says, "SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n"];
    check(name, &Fault { gone: &["smi 0x43"], says: &says, why: &[(C, why)] });
}

#[test]
fn in_the_healthy_image_all_drivers_answer_and_none_is_absent() {
    for (image, well) in healthy() {
        assert_eq!(ANSWERS.map(|command| answer(well, command)), [Some(SUCCESS); 3]);
        assert_eq!(why_not(&Image::parse(image), &well.records, &well.records), []);
        assert!(!well.log.contains("not loaded"), "{}", well.log);
        assert_eq!(*well, boot_on_qemu(image, SCRIPT));
    }
}

#[test]
fn a_depex_that_comes_true_with_the_lock_is_too_late() {
    let why = Reason::BehindLock { late: vec![DXE_SMM_READY_TO_LOCK], locked_by: Some(PLATFORM_SMM) };
    check_c("late-by-depex", "  PUSH GUID(60FF8964-E906-41D0-AFED-F241E974E08E) = FALSE\n", why);
}

#[test]
fn behind_the_driver_that_asks_for_the_lock_it_is_too_late() {
    let why = Reason::BehindLock { late: vec![], locked_by: Some(PLATFORM_SMM) };
    let report = "SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n";
    check("late-by-order", &Fault { gone: &["smi 0x43"], says: &[report], why: &[(C, why)] });
}

#[test]
fn a_depex_may_never_come_true() {
    let missing = Missing { guid: USB_DISPATCH2, producer: Producer::Nobody };
    let push = "  PUSH GUID(EE9B8D90-C5A6-40A2-BDE2-52558D33CCA1) = FALSE\n";
    check_c("never-true", push, Reason::DepexFalse { missing: vec![missing] });
}

#[test]
fn drivers_that_wait_for_each_other_are_all_gone() {
    let cycle = |files: [Guid; 3]| Reason::Cycle { files: files.to_vec() };
    let missing = Missing { guid: PROTOCOL_B, producer: Producer::File(B) };
    check(
        "cycle",
        &Fault {
            gone: &ANSWERS,
            says: &[
                "SMM Driver 0000000A-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n",
                "SMM Driver 0000000B-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n",
                "SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n",
            ],
            why: &[
                (A, cycle([A, C, B])),
                (B, cycle([B, A, C])),
                (C, cycle([C, B, A])),
                (PLATFORM_SMM, Reason::DepexFalse { missing: vec![missing] }),
            ],
        },
    );
}

#[test]
fn before_and_after_want_a_file() {
    let before = "  BEFORE FFS(B0000000-5A5A-4C41-8B53-4D4D4C41420B) = FALSE\n  END\n  RESULT = FALSE\n";
    check_c("before-a-protocol", before, Reason::NoNeighbour { file: PROTOCOL_B });
    let after = "  AFTER FFS(18A3C6DC-5EEA-48C8-A1C1-B53389F98999) = FALSE\n  END\n  RESULT = FALSE\n";
    check_c("after-a-protocol", after, Reason::NoNeighbour { file: SW_DISPATCH2 });
}

#[test]
fn a_malformed_depex_counts_as_false() {
    use DepexReason::{BeforeAfterNotAlone, Empty, NoEnd, NotInDialect, OperandCut, StackEmpty, UnknownOpcode};
    for (name, words, (offset, opcode, reason)) in [
        ("malformed-truncated-push", "Attempt to fetch past end of depex", (0, Some(2), OperandCut)),
        ("malformed-without-end", "Attempt to fetch past end of depex", (1, None, NoEnd)),
        ("malformed-stack-underflow", "Unexpected error", (1, Some(3), StackEmpty)),
        ("malformed-unknown-opcode", "Unknown opcode", (1, Some(0x0a), UnknownOpcode)),
        ("malformed-sor", "Unknown opcode", (0, Some(9), NotInDialect(Dialect::Smm))),
        ("malformed-before-not-first", "Unexpected BEFORE or AFTER opcode", (1, Some(0), BeforeAfterNotAlone)),
        ("without-depex", "Depex is empty", (0, None, Empty)),
    ] {
        let why = Reason::Malformed { error: DepexError { offset, opcode, reason } };
        check_c(name, &format!("  RESULT = FALSE ({words})\n"), why);
    }
}

#[test]
fn an_smm_driver_that_the_dxe_core_starts_finds_no_smm() {
    let (kind, status) = (FileType(kind::DRIVER), Some(EFI_NOT_FOUND));
    let why = Reason::WrongType { kind, depex: Dialect::Smm, status };
    let says = ["start failed: Not Found\n"];
    check("smm-driver-as-dxe-driver", &Fault { gone: &["smi 0x43"], says: &says, why: &[(C, why)] });
}

#[test]
fn a_dxe_driver_among_smm_drivers_has_no_depex_for_them() {
    let why = Reason::WrongType { kind: FileType(kind::SMM), depex: Dialect::Dxe, status: None };
    let says =
        ["SMM Driver C427146A-2EF2-4AF8-A85A-E09EC1D9C8B4 was discovered but not loaded!!\n", "[Bds] Not Found\n"];
    check("dxe-driver-as-smm-driver", &Fault { gone: &[], says: &says, why: &[(COMMUNICATION_BUFFER, why)] });
}

#[test]
fn a_driver_on_request_waits_for_somebody_to_ask() {
    let says = ["= Not Requested\n  RESULT = FALSE\n", "[Bds] Not Found\n"];
    check("not-requested", &Fault { gone: &[], says: &says, why: &[(COMMUNICATION_BUFFER, Reason::NotRequested)] });
}

#[test]
fn an_a_priori_driver_comes_before_what_it_needs() {
    let missing = [(SW_DISPATCH2, SW_DISPATCH), (PROTOCOL_B, B)]
        .map(|(guid, file)| Missing { guid, producer: Producer::File(file) });
    let why = Reason::Failed { status: EFI_NOT_FOUND, apriori: true, missing: missing.to_vec() };
    let says = ["  RESULT = TRUE (Apriori)\nLoading SMM driver", "start failed: Not Found\n"];
    check("apriori-too-early", &Fault { gone: &["smi 0x43"], says: &says, why: &[(C, why)] });
}

#[test]
fn an_a_priori_list_passes_over_what_is_no_driver() {
    let missing = vec![Missing { guid: USB_DISPATCH2, producer: Producer::Nobody }];
    let says = ["SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n"];
    let why = [
        (C, Reason::DepexFalse { missing }),
        (PROTOCOL_C, Reason::AprioriAbsent),
        (SMALL_OS, Reason::AprioriIneligible { kind: FileType(kind::APPLICATION) }),
    ];
    check("apriori-in-vain", &Fault { gone: &["smi 0x43"], says: &says, why: &why });
}

#[test]
fn smram_that_nobody_locks_is_the_oss_to_open() {
    // T_EN = 0 makes TSEG plain DRAM, if ESMRAMC isn't locked.
    const OPEN_AND_PEEK: &str = "pci 0 0 9c 00380a00\npeek f00000\npeek fff000\n";
    const PEEKS: [&str; 2] = ["peek 0x00f00000", "peek 0x00fff000"];
    let Lesson { broken, repair } = lesson("no-ready-to-lock");
    for ((image, well), is_debug) in healthy().into_iter().zip([true, false]) {
        let name = format!("no-ready-to-lock, {}", if is_debug { "DEBUG" } else { "RELEASE" });
        let edited = edit(&name, image, &broken);
        for (image, locked) in [(&edited, false), (&edit(&name, &edited, &repair), true)] {
            for boot in boots(&name, image, OPEN_AND_PEEK) {
                let peeks = PEEKS.map(|peek| answer(&boot, peek));
                let ones = peeks.iter().filter(|peek| **peek == Some("EFI_SUCCESS 0xffffffff")).count();
                assert_eq!(ones, if locked { 2 } else { 0 }, "{name}: {}", boot.console);
                assert_eq!(boot.log.contains("SMM IPL locked SMRAM window\n"), locked && is_debug, "{name}");
                assert_eq!(boot.log.is_empty(), !is_debug, "{name}");
                assert_eq!(why_not(&Image::parse(image), &boot.records, &well.records), [], "{name}");
            }
        }
    }
}

#[test]
fn without_reserved_smram_the_boot_stops_and_smm_never_begins() {
    const SMM_ACCESS2_DXE: Guid = Guid::new("AC95AD3D-4366-44BF-9A62-E4B29D7A2206");
    const SMM_CONTROL2_DXE: Guid = Guid::new("1206F7CA-A475-4624-A83E-E6FC9BB38E49");
    const PI_SMM_IPL: Guid = Guid::new("2FA2A6DA-11D5-4DC3-999A-749648B03C56");
    const SMM_CPU: Guid = Guid::new("A3FF0EF5-0C28-42F5-B544-8C7DE1E80014");
    const CHILD_DISPATCHER: Guid = Guid::new("9C2F1E52-5A5A-4C41-8B53-4D4D4C414200");
    const BOARD_SMI: Guid = Guid::new("B0A2D511-5A5A-4C41-8B53-4D4D4C414200");
    const SMM_ACCESS_PEI: Guid = Guid::new("6C0E75B4-B0B9-44D1-8210-3377D7B4E066");
    const VARIABLE_RUNTIME_DXE: Guid = Guid::new("9F7DCADE-11EA-448A-A46F-76E003657DD1");
    const SETUP_DXE: Guid = Guid::new("5E70DA7A-0001-4C41-8B53-4D4D4C414200");
    const FVB_SERVICES: Guid = Guid::new("733CBAC2-B23F-4B92-BC8E-FB01CE5907B7");
    const VARIABLE_SMM: Guid = Guid::new("23A089B3-EED5-4AC5-B2AB-43E3298C2343");
    const FLASH_UPDATE: Guid = Guid::new("F1A5BDA7-5A5A-4C41-8B53-4D4D4C414200");
    const FAULT_TOLERANT_WRITE: Guid = Guid::new("470CB248-E8AC-473C-BB4F-81069A1FE6FD");
    let guid = known::named("gEfiSmmAccess2ProtocolGuid");
    let missing = vec![Missing { guid, producer: Producer::Nobody }];
    let stalled = |file| (file, Reason::Stalled { by: SMM_ACCESS2_DXE });
    let never = |file| (file, Reason::NeverDiscovered);
    let why = [
        stalled(PI_SMM_IPL),
        stalled(SMM_CONTROL2_DXE),
        (SMM_ACCESS2_DXE, Reason::NeverReturned),
        stalled(COMMUNICATION_BUFFER),
        stalled(VARIABLE_RUNTIME_DXE),
        stalled(SETUP_DXE),
        never(SMM_CPU),
        never(SW_DISPATCH),
        never(FVB_SERVICES),
        never(VARIABLE_SMM),
        never(FAULT_TOLERANT_WRITE),
        never(CHILD_DISPATCHER),
        never(BOARD_SMI),
        never(FLASH_UPDATE),
        never(A),
        never(B),
        never(C),
        never(PLATFORM_SMM),
        (SMM_ACCESS_PEI, Reason::DepexFalse { missing }),
    ];
    check("smram-not-reserved", &Fault { gone: &[], says: &["SMM Core: SMRAM not found\n"], why: &why });
}

#[test]
fn an_image_with_edits_of_all_kinds_boots_the_same_everywhere() {
    let edits = include_str!("../../web/worker/tests/edits.json");
    let edits: EditList = serde_json::from_str(edits).unwrap();
    let apriori = "Evaluate PEI DEPEX for FFS(222C386D-5ABC-4FB4-B124-FBB82488ACF4)\n  RESULT = TRUE (Apriori)\n";
    for ((image, _), is_debug) in healthy().into_iter().zip([true, false]) {
        for boot in boots("edits.json", &edit("edits.json", image, &edits.edit), SCRIPT) {
            assert_eq!((boot.exit, answer(&boot, "smi 0x43")), (Some(0), Some(SUCCESS)), "{}", boot.log);
            assert_eq!(boot.log.contains(apriori), is_debug, "{}", boot.log);
        }
    }
}
