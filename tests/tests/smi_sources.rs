//! Hardware SMIs on board `ich9`: each source reaches its handler in the training firmware; and what comes
//! of an enable bit that is clear, a handler that is missing, a status left set, one cleared with its
//! neighbours, and an EOS that nobody sets.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Config, Held, Machine, Stop};
use e2e::firmware::{RAM_MIB, boot, boot_on_qemu, edited, images, power_on_at_console};
use pi::record::layout::Record;
use pi::{Guid, known};
use trace::{Event, Input, Kind, Level, Output, Sink};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;

/// A machine with its OS at the prompt, and what it has said since.
#[derive(Clone)]
struct Rig {
    machine: Machine,
    said: Said,
}

#[derive(Clone, Default)]
struct Said {
    log: Vec<u8>,
    records: Vec<u8>,
    console: Vec<u8>,
    post: Vec<u8>,
}

impl Sink for Said {
    fn level(&self) -> Level {
        Level::Output
    }
    fn event(&mut self, event: Event) {
        let Kind::Output { to, byte } = event.kind else { return };
        match to {
            Output::Debug402 => self.log.push(byte),
            Output::FirmwareTrace => self.records.push(byte),
            Output::Serial => self.console.push(byte),
            Output::Post => self.post.push(byte),
            Output::DebugE9 => {}
        }
    }
}

impl Rig {
    fn boot(image: &[u8]) -> Rig {
        Rig::power_on(power_on_at_console(Board::Ich9, image))
    }

    fn power_on(machine: Machine) -> Rig {
        let mut rig = Rig { machine, said: Said::default() };
        rig.until_prompt();
        rig.said = Said::default();
        rig
    }

    fn healthy() -> Rig {
        Rig::boot(&images().debug)
    }

    fn faulty(edits: &[&str]) -> Rig {
        Rig::boot(&edited(&images().debug, edits))
    }

    fn until_prompt(&mut self) {
        let end = self.machine.time() + SECOND / 10;
        while !self.said.console.ends_with(b"> ") {
            assert_eq!(self.pass(MS / 10), Stop::Time);
            assert!(self.machine.time() < end, "{}{}", self.log(), self.console());
        }
        self.pass(MS);
    }

    /// Commands whose effects are no news.
    fn prepare(&mut self, commands: &str) {
        self.say(commands);
        self.said = Said::default();
    }

    fn say(&mut self, commands: &str) {
        for command in commands.split("; ").filter(|command| !command.is_empty()) {
            self.said.console.clear();
            self.machine.serial_input(format!("{command}\r").as_bytes());
            self.until_prompt();
        }
    }

    fn touch(&mut self, input: Input) {
        self.machine.touch(input, &mut self.said);
    }

    fn pass(&mut self, time: u64) -> Stop {
        self.machine.run_until(self.machine.time() + time, &mut self.said)
    }

    fn log(&self) -> String {
        String::from_utf8(self.said.log.clone()).unwrap()
    }

    fn console(&self) -> String {
        String::from_utf8_lossy(&self.said.console).into_owned()
    }

    /// What dispatchers have called, by protocol and number. A record may be under way.
    fn dispatched(&self) -> Vec<(Guid, u64)> {
        let whole = pi::record::read(&self.said.records).map_while(Result::ok).map(|located| located.record);
        let hardware = whole.filter_map(|record| match record {
            Record::SmiDispatched(smi) => Some((smi.kind, smi.value.get())),
            _ => None,
        });
        hardware.collect()
    }

    fn smis(&self) -> u64 {
        u64::from(self.machine.smi_count(0))
    }

    fn held(&self, cause: &str) -> Option<(Held, String)> {
        let state = self.machine.smi_state().unwrap();
        let cause = state.causes.iter().find(|known| known.id == cause).unwrap();
        cause.held().map(|gate| (gate.what, format!("{}.{}", gate.reg, gate.field.name)))
    }
}

/// One source: what is done, and what its handler says.
struct Source {
    /// The name that `Machine::smi_state` has for it.
    cause: &'static str,
    protocol: &'static str,
    number: u64,
    /// Commands for the OS before.
    prepare: &'static str,
    act: fn(&mut Rig),
    says: &'static str,
    /// Commands that clear its enable bit, and where the chipset then says it is held.
    disable: &'static str,
    gate: &'static str,
}

const ICHN: &str = "gEfiSmmIchnDispatch2ProtocolGuid";

fn press(rig: &mut Rig) {
    rig.touch(Input::PowerButton(true));
    rig.pass(100 * MS);
    rig.touch(Input::PowerButton(false));
    rig.pass(MS);
}

fn heat(rig: &mut Rig) {
    rig.touch(Input::Thermal(true));
    rig.pass(MS);
}

fn pull_up(rig: &mut Rig) {
    rig.touch(Input::Gpio { pin: 5, high: true });
    rig.pass(MS);
}

const SOURCES: [Source; 9] = [
    Source {
        cause: "power-button",
        protocol: "gEfiSmmPowerButtonDispatch2ProtocolGuid",
        number: 0,
        prepare: "",
        act: press,
        says: "BoardSmi: power button\n",
        disable: "out 603 0",
        gate: "PM1_EN.PWRBTN_EN",
    },
    Source {
        cause: "thermal",
        protocol: ICHN,
        number: 14,
        prepare: "",
        act: heat,
        says: "BoardSmi: THRM#: too hot\n",
        disable: "out 628 0",
        gate: "GPE0_EN.THRM_EN",
    },
    Source {
        cause: "gpi5",
        protocol: "gEfiSmmGpiDispatch2ProtocolGuid",
        number: 5,
        prepare: "",
        act: pull_up,
        says: "BoardSmi: GPI 5 is high\n",
        disable: "out 638 0",
        gate: "ALT_GP_SMI_EN.GPI5_SMI_EN",
    },
    Source {
        cause: "rtc-alarm",
        protocol: ICHN,
        number: 2,
        // Seconds 2, any minute, any hour; AIE, 24 hours.
        prepare: "out 70 1; out 71 2; out 70 3; out 71 c0; out 70 5; out 71 c0; out 70 b; out 71 22",
        act: |rig| _ = rig.pass(3 * SECOND),
        says: "BoardSmi: RTC alarm\n",
        disable: "out 603 0",
        gate: "PM1_EN.RTC_EN",
    },
    Source {
        cause: "tco-timeout",
        protocol: ICHN,
        number: 7,
        // TCO_TMR_HLT off, reload: four ticks of 0.6 s.
        prepare: "out 669 0; out 660 1",
        act: |rig| _ = rig.pass(25 * SECOND / 10),
        says: "BoardSmi: TCO watchdog, first time-out\n",
        disable: "",
        gate: "SMI_EN.TCO_EN",
    },
    Source {
        cause: "tco-software",
        protocol: ICHN,
        number: 8,
        prepare: "",
        act: |rig| rig.say("out 662 1"),
        says: "BoardSmi: the OS wrote TCO_DAT_IN\n",
        disable: "",
        gate: "SMI_EN.TCO_EN",
    },
    Source {
        cause: "intruder",
        protocol: ICHN,
        number: 10,
        prepare: "",
        act: |rig| {
            rig.touch(Input::Intruder(true));
            rig.pass(MS);
        },
        says: "BoardSmi: the case is open\n",
        disable: "out 66a 0",
        gate: "TCO2_CNT.INTRD_SEL",
    },
    Source {
        cause: "bios-write",
        protocol: ICHN,
        number: 11,
        // BLE.
        prepare: "pci 1f 0 dc 2",
        act: |rig| rig.say("pci 1f 0 dc 3"),
        says: "BoardSmi: BIOSWE was set: cleared\n",
        disable: "",
        gate: "SMI_EN.TCO_EN",
    },
    Source {
        cause: "periodic-timer",
        protocol: "gEfiSmmPeriodicTimerDispatch2ProtocolGuid",
        number: 0,
        prepare: "smi 50 8",
        act: |rig| _ = rig.pass(9 * SECOND),
        says: "BoardSmi: periodic timer, 8 s\n",
        disable: "out 631 20",
        gate: "SMI_EN.PERIODIC_EN",
    },
];

#[test]
fn each_source_reaches_its_own_handler_once() {
    let healthy = Rig::healthy();
    for source in SOURCES {
        let mut rig = healthy.clone();
        rig.prepare(source.prepare);
        let before = rig.smis();
        (source.act)(&mut rig);
        assert_eq!(rig.log(), source.says, "{}", source.cause);
        assert_eq!(rig.dispatched(), [(known::guid(source.protocol).unwrap(), source.number)], "{}", source.cause);
        assert_eq!(rig.smis(), before + 1, "{}", source.cause);
        rig.say("smi 42");
        assert!(rig.console().contains("smi 0x42: EFI_SUCCESS"), "{}: EOS was set", source.cause);
    }
}

/// TCO_EN is held by TCO_LOCK: those sources can't be switched off any more.
#[test]
fn with_its_enable_bit_clear_a_source_is_silent_unless_the_firmware_has_locked_it() {
    let healthy = Rig::healthy();
    for source in SOURCES {
        let mut rig = healthy.clone();
        rig.prepare(source.prepare);
        rig.say(if source.disable.is_empty() { "out 631 40" } else { source.disable });
        let before = rig.smis();
        (source.act)(&mut rig);
        if source.disable.is_empty() {
            assert_eq!((rig.log().as_str(), rig.smis()), (source.says, before + 1), "{}", source.cause);
        } else {
            assert_eq!((rig.log().as_str(), rig.smis()), ("", before), "{}", source.cause);
            let (held, gate) = rig.held(source.cause).unwrap();
            assert!(matches!(held, Held::Disabled | Held::RoutedElsewhere), "{}: {held:?}", source.cause);
            assert_eq!(gate, source.gate);
        }
    }
}

#[test]
fn without_a_handler_nothing_is_enabled_and_nothing_happens() {
    for missing in ["BoardSmi", "SmmChildDispatcher"] {
        let bare = Rig::faulty(&[&format!(r#"{{"op": "drop", "file": "{missing}"}}"#)]);
        for source in SOURCES {
            let mut rig = bare.clone();
            rig.prepare(source.prepare);
            let before = rig.smis();
            (source.act)(&mut rig);
            assert_eq!((rig.log().as_str(), rig.smis()), ("", before), "{} without {missing}", source.cause);
            rig.say("smi 42");
            assert!(rig.console().contains("smi 0x42: EFI_SUCCESS"), "{} without {missing}", source.cause);
        }
    }
}

/// SMI after SMI: the OS doesn't get a word in.
#[test]
fn a_status_that_is_left_set_storms() {
    const LEFT: &str = r#"{"op": "pcd", "file": "SmmChildDispatcher", "word": "PcdClearStatus", "value": 0}"#;
    let storming = Rig::faulty(&[LEFT]);
    for source in &SOURCES[..4] {
        let mut rig = storming.clone();
        rig.prepare(source.prepare);
        let before = rig.smis();
        match source.cause {
            "power-button" => rig.touch(Input::PowerButton(true)),
            "thermal" => rig.touch(Input::Thermal(true)),
            "gpi5" => rig.touch(Input::Gpio { pin: 5, high: true }),
            // The storm begins at second 2.
            _ => _ = rig.machine.run_until(2 * SECOND, &mut rig.said),
        }
        rig.pass(MS);
        assert!(rig.smis() > before + 5, "{}: {}", source.cause, rig.smis() - before);
        rig.machine.serial_input(b"help\r");
        rig.said.console.clear();
        rig.pass(2 * MS);
        assert_eq!(rig.console(), "", "{}", source.cause);
    }
}

/// Two pins pulse at the same time. Who clears one status by reading the register, setting the bit and
/// writing it back, clears them all.
#[test]
fn clearing_a_status_by_read_modify_write_loses_the_other() {
    const WHOLE: &str = r#"{"op": "pcd", "file": "SmmChildDispatcher", "word": "PcdClearStatus", "value": 2}"#;
    for (mut rig, lost) in [(Rig::healthy(), false), (Rig::faulty(&[WHOLE]), true)] {
        for (pin, high) in [(1, true), (1, false), (2, true), (2, false)] {
            rig.touch(Input::Gpio { pin, high });
        }
        rig.pass(MS);
        assert!(rig.log().contains("GPI 1 is low\n"), "{}", rig.log());
        assert_eq!(!rig.log().contains("GPI 2 is low\n"), lost, "{}", rig.log());
    }
}

#[test]
fn where_nobody_sets_eos_the_first_smi_is_the_last() {
    const NEVER: &str = r#"{"op": "pcd", "file": "SmmChildDispatcher", "word": "PcdEndOfSmi", "value": 0}"#;
    let mut rig = Rig::faulty(&[NEVER]);
    press(&mut rig);
    // Whatever the boot's last SMI was, nobody has ended it.
    assert_eq!((rig.log().as_str(), rig.held("power-button").unwrap().0), ("", Held::NoEos));
    // EOS by hand, once.
    rig.say("out 630 23");
    assert_eq!(rig.log(), "BoardSmi: power button\n");
    press(&mut rig);
    assert_eq!(rig.log(), "BoardSmi: power button\n");
    assert_eq!(rig.held("power-button").unwrap().0, Held::NoEos);
    rig.machine.serial_input(b"smi 42\r");
    rig.pass(5 * MS);
    assert!(rig.console().contains("smi 0x42: no answer"), "{}", rig.console());
}

/// EOS reads back as 0: all sources are looked at again before RSM.
#[test]
fn what_comes_while_a_handler_runs_is_handled_in_the_same_smi() {
    let mut rig = Rig::healthy();
    let before = rig.smis();
    rig.touch(Input::Gpio { pin: 1, high: true });
    while !rig.log().contains("GPI 1") {
        assert_eq!(rig.machine.step(&mut rig.said), Stop::Time);
    }
    rig.touch(Input::Gpio { pin: 0, high: true });
    while rig.machine.in_smm(0) {
        assert_eq!(rig.machine.step(&mut rig.said), Stop::Time);
    }
    assert_eq!(rig.log(), "BoardSmi: GPI 1 is high\nBoardSmi: GPI 0 is high\n");
    assert_eq!(rig.smis(), before + 1);
    // The chipset asked for another one all the same.
    rig.pass(MS);
    assert_eq!((rig.log().lines().count(), rig.smis()), (2, before + 2));
}

#[test]
fn a_level_is_told_when_it_comes_and_when_it_goes() {
    let mut rig = Rig::healthy();
    let before = rig.smis();
    heat(&mut rig);
    rig.touch(Input::Thermal(false));
    rig.pass(MS);
    pull_up(&mut rig);
    rig.touch(Input::Gpio { pin: 5, high: false });
    rig.pass(MS);
    // Nothing hangs on this one.
    rig.touch(Input::Gpio { pin: 9, high: true });
    rig.pass(MS);
    let lines =
        "BoardSmi: THRM#: too hot\nBoardSmi: THRM#: cool again\nBoardSmi: GPI 5 is high\nBoardSmi: GPI 5 is low\n";
    assert_eq!((rig.log().as_str(), rig.smis()), (lines, before + 4));
    assert_eq!(rig.held("gpi9").unwrap(), (Held::RoutedElsewhere, "GPI_ROUT.GPI9_ROUT".to_owned()));
}

/// SLP_SMI: the handler goes first, then the machine.
#[test]
fn sleep_goes_through_the_handler_and_then_happens() {
    let mut rig = Rig::healthy();
    rig.machine.serial_input(b"poweroff\r");
    assert_eq!(rig.pass(20 * MS), Stop::Off);
    assert_eq!(rig.machine.asleep(), Some(7), "S5");
    assert_eq!(rig.log(), "BoardSmi: the OS goes to S5\n");
    rig.touch(Input::PowerButton(true));
    rig.touch(Input::PowerButton(false));
    rig.said = Said::default();
    rig.until_prompt();
    assert!(rig.said.post.starts_with(&[0x01]));
    assert!(!rig.log().contains("BoardSmi: power button"), "the press that woke it is no news");
}

#[test]
fn a_long_press_switches_off_whatever_the_handler_does() {
    let mut rig = Rig::healthy();
    rig.touch(Input::PowerButton(true));
    assert_eq!(rig.pass(39 * SECOND / 10), Stop::Time);
    assert_eq!(rig.log(), "BoardSmi: power button\n");
    assert_eq!(rig.pass(SECOND / 5), Stop::Off);
    rig.touch(Input::PowerButton(false));
    rig.touch(Input::PowerButton(true));
    rig.touch(Input::PowerButton(false));
    rig.said = Said::default();
    rig.until_prompt();
    rig.say("smi 42");
    assert!(rig.console().contains("smi 0x42: EFI_SUCCESS"), "PRBTNOR_STS was cleared, EOS can be set");
}

#[test]
fn the_power_button_switches_off_where_the_board_says_so() {
    const OFF: &str = r#"{"op": "pcd", "file": "BoardSmi", "word": "PcdPowerButtonOff", "value": 1}"#;
    let mut rig = Rig::faulty(&[OFF]);
    rig.touch(Input::PowerButton(true));
    assert_eq!(rig.pass(MS), Stop::Off);
    assert_eq!(rig.log(), "BoardSmi: power button\nBoardSmi: the OS goes to S5\n");
}

/// Second time-out without a reload: the strap keeps the machine from being reset, whatever is written to
/// GCS.NO_REBOOT.
#[test]
fn the_watchdogs_second_time_out_resets_where_the_no_reboot_strap_is_low() {
    let mut rig = Rig::healthy();
    rig.say("out 669 0; out 660 1");
    rig.pass(5 * SECOND);
    let lines = "BoardSmi: TCO watchdog, first time-out\nBoardSmi: TCO watchdog, second time-out\n";
    assert_eq!((rig.log().as_str(), rig.said.post.len()), (lines, 0));
    let mut rig = Rig::healthy();
    rig.say("pci 1f 0 f0 fed1c001; poke fed1f410 400; out 669 0; out 660 1");
    rig.pass(5 * SECOND);
    assert_eq!(rig.said.post.len(), 0);
    let low = Config { bios: images().debug.clone(), ram_mib: RAM_MIB, no_reboot: false, ..Config::default() };
    let mut rig = Rig::power_on(Machine::new(&low).unwrap());
    rig.say("out 669 0; out 660 1");
    rig.pass(5 * SECOND);
    assert!(rig.said.post.starts_with(&[0x01]), "{:x?}", rig.said.post);
}

/// BLE without its handler: the flash stays open.
#[test]
fn without_the_bios_lock_handler_bioswe_stays_set() {
    const LEFT: &str = r#"{"op": "pcd", "file": "BoardSmi", "word": "PcdCloseFlash", "value": 0}"#;
    for (mut rig, value) in [(Rig::healthy(), 2), (Rig::faulty(&[LEFT]), 3)] {
        rig.say("pci 1f 0 dc 2; pci 1f 0 dc 3; pci 1f 0 dc");
        let bits = rig.console();
        let bits = bits.split("EFI_SUCCESS 0x").nth(1).unwrap().split_whitespace().next().unwrap();
        assert_eq!(u32::from_str_radix(bits, 16).unwrap() & 3, value);
    }
}

/// The OS enables events that the firmware has no handler for.
#[test]
fn an_event_that_nobody_handles_is_switched_off_and_told() {
    for (commands, port, bit) in [
        ("out 602 1", 0x602, 0),
        ("out 628 5; out 642 2", 0x628, 2),
        ("out 630 63", 0x634, 6),
        ("pci 1d 0 c0 2008; out 630 2b; out 64 d1", 0x630, 3),
    ] {
        let mut rig = Rig::healthy();
        rig.say(commands);
        rig.pass(3 * SECOND);
        assert_eq!(rig.log().matches("nobody handles it\n").count(), 1, "{commands}: {}", rig.log());
        rig.say(&format!("in {port:x}"));
        let value = rig.console();
        let value = value.split("EFI_SUCCESS 0x").nth(1).unwrap().split_whitespace().next().unwrap();
        assert_eq!(u8::from_str_radix(value, 16).unwrap() >> bit & 1, 0, "{commands}");
    }
}

/// QEMU raises SMIs for TCO too, and tells nothing in SMI_STS.
#[test]
fn tcos_smi_reaches_its_handler_on_qemu() {
    const SCRIPT: &str = "out 662 1\nsmi 42\nout 662 1\n";
    let reference = boot_on_qemu(&images().debug, SCRIPT);
    let said = "BoardSmi: the OS wrote TCO_DAT_IN\nSMM Handler: received command 0x42, data 0x0\n\
                BoardSmi: the OS wrote TCO_DAT_IN\n";
    assert!(reference.log.ends_with(said), "{}", reference.log);
    assert_eq!(boot(Board::Qemu, &images().debug, SCRIPT), reference);
}

#[test]
fn with_two_processors_both_enter_smm_and_the_handler_runs_once() {
    let config = Config { cpus: 2, ram_mib: RAM_MIB, bios: images().debug.clone(), ..Config::default() };
    let mut rig = Rig { machine: Machine::new(&config).unwrap(), said: Said::default() };
    rig.until_prompt();
    rig.said = Said::default();
    let before = [0, 1].map(|cpu| rig.machine.smi_count(cpu));
    press(&mut rig);
    assert_eq!(rig.log(), "BoardSmi: power button\n");
    assert_eq!([0, 1].map(|cpu| rig.machine.smi_count(cpu)), before.map(|count| count + 1));
}

/// The watchdog, which runs from reset on, was halted.
#[test]
fn nothing_comes_by_itself() {
    let mut rig = Rig::healthy();
    let before = rig.smis();
    rig.pass(9 * SECOND);
    assert_eq!((rig.log().as_str(), rig.smis()), ("", before));
}

#[test]
fn the_os_starts_and_ends_periodic_smis_by_a_software_smi() {
    let mut rig = Rig::healthy();
    rig.say("smi 50 5");
    assert!(rig.console().contains("smi 0x50: EFI_UNSUPPORTED"), "{}", rig.console());
    rig.say("smi 50 10");
    rig.pass(33 * SECOND);
    assert_eq!(rig.log().matches("BoardSmi: periodic timer, 16 s\n").count(), 2, "{}", rig.log());
    rig.say("smi 50 8; smi 50 0");
    let before = rig.smis();
    rig.pass(20 * SECOND);
    assert_eq!(rig.smis(), before);
}
