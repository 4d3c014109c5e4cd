//! `smmlab qtest` as a script sees it, beside QEMU.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::qtest::{Function, Qtest};

fn both(script: impl Fn(&mut Qtest) -> Vec<String>) {
    let (ours, theirs) = (script(&mut Qtest::ours(&["--board", "qemu"])), script(&mut Qtest::qemu()));
    assert_eq!(ours, theirs);
}

#[test]
fn every_command_that_qemu_has_answers_in_the_same_form() {
    const SCRIPT: &str = "\
outb 0xb3 0x77
inb 0xb3
inw 0xb2
outl 0xcf8 0x80000000
inl 0xcf8
inl 0xcfc
writeq 0x1000 0x1122334455667788
readb 0x1000
readw 0x1002
readl 0x1004
readq 0x1000
readq 0x1ffd
write 0x1ffe 4 0x01020304
read 0x1ffd 6
b64write 0x2000 3 AQID
b64read 010000 3
memset 0x3000 5 0x5a
read 0x2fff 7
readl 0xd0000000
writeb 0x1000 -1
writew 0x1002 -0x10
write 0x1004 3 0x010
write 0x1004 1 0x
write 0x1004 1 z
b64write 0x1004 1 A
readq 0x1000
outl 0xcf8 0x8000009d
inb 0xcfc
outb 0xcfc 0x4a
outl 0xcf8 0x8000009c
inl 0xcfc
set_irq_in nobody unnamed-gpio-in 1 1
set_irq_in ioapic unnamed-gpio-in 1 1
endianness
irq_intercept_in nobody
irq_intercept_out nobody
irq_intercept_out ioapic
writeq 0x1000 0xffffffffffffffff
write 0x1000 4 0x0102
readq 0x1000
write 0x1000 2 0x01020304
readq 0x1000
b64write 0x1000 2 CAkK
readq 0x1000
memset 0x1000 4 0x1ff
memset 0x1000 0 1
memset 0x1000 1 0x177
readq 0x1000
writeb 0x1000 0x1fe
outb 0xb3 0x1fd
readb 0x1000
inb 0xb3
b64read 0x1000 0
endianness big
 inb 0xb3
nonsense 1 2 3";
    both(|machine| SCRIPT.lines().map(|line| format!("{line}: {:?}", machine.ask(line))).collect());
}

#[test]
fn the_serial_lines_interrupt_is_told_when_it_is_intercepted() {
    both(|machine| {
        machine.tell("irq_intercept_in ioapic");
        for value in [2, 0, 2] {
            machine.port_out(0x3f9, 1, value);
        }
        machine.irqs.clone()
    });
}

#[test]
fn a_bad_line_gets_fail_with_a_reason_and_the_next_one_is_answered() {
    let mut machine = Qtest::ours(&[]);
    for (line, reason) in [
        ("", "Unknown command"),
        ("inb", "PORT is missing"),
        ("inb zz", "zz"),
        ("inb 0x10000", "at most 0xffff"),
        ("outb 0x80", "VALUE is missing"),
        ("readb 0x1ffffffffffffffff", "64 bits"),
        ("readq 0xffffffffffffffff", "64 bits of address"),
        ("read 0x1000 0", "SIZE is 0"),
        ("read 0x1000 0x7fffffffffffffff", "at most"),
        ("read 0xfffffffffffffff0 0x20", "64 bits of address"),
        ("write 0x1000 4", "DATA is missing"),
        ("write 0x1000 1 zzz", "0x"),
        ("write 0x1000 1 0", "invalid argument size"),
        ("set_irq_in ioapic unnamed-gpio-in 24 1", "at most 0x17"),
        ("set_irq_in ioapic named 1 1", "Unknown device"),
        ("write 0x1000 1 0xzz", "hex digit"),
        ("b64write 0x1000 1 ****", "DATA"),
        ("memset 0x1000 16777217 0", "at most"),
        ("memset 0x1000 1", "VALUE is missing"),
        ("clock_step 0xffffffffffffffffff", "64 bits"),
        ("clock_set 0", "can't go back"),
        ("irq_intercept_in floppy", "Unknown device"),
        ("rdmsr 7 0x34", "CPU"),
        ("rdmsr 0 0xdead", "#GP"),
        ("wrmsr 0 0x34 1", "#GP"),
        ("cpuid 0x100000000 0", "LEAF"),
        ("\u{e9}\u{0}", "Unknown command"),
    ] {
        machine.tell("clock_step 1");
        let why = machine.ask(line).unwrap_err();
        assert!(why.contains(reason), "{line}: {why}");
        assert_eq!(machine.config_in(Function::LPC, 0, 4), 0x2918_8086, "after {line}");
    }
}

#[test]
fn a_line_without_end_is_refused_and_read_past() {
    let mut machine = Qtest::ours(&[]);
    let why = machine.ask(&format!("write 0 1 0x{}", "0".repeat(34 << 20))).unwrap_err();
    assert!(why.contains("longer"), "{why}");
    assert_eq!(machine.ask("endianness"), Ok("little".into()));
}

#[test]
fn the_clock_moves_when_it_is_told_to() {
    let mut machine = Qtest::ours(&["--board", "qemu"]);
    assert_eq!(machine.ask("clock_step 1000"), Ok("1000".into()));
    assert_eq!(machine.ask("clock_set 1000000"), Ok("1000000".into()));
    // The watchdog: two ticks of 0.6 s.
    machine.config_out(Function::LPC, 0x40, 4, 0x601);
    machine.config_out(Function::LPC, 0x44, 1, 0x80);
    for (port, value) in [(0x672, 2), (0x660, 1)] {
        machine.port_out(port, 2, value);
    }
    assert_eq!(machine.ask("clock_set 1200999999"), Ok("1200999999".into()));
    assert_eq!(machine.port_in(0x664, 2), 0);
    assert_eq!(machine.ask("clock_step 1"), Ok("1201000000".into()));
    assert_eq!(machine.port_in(0x664, 2), 8);
}

#[test]
fn msrs_and_cpuid_are_the_processors() {
    let mut machine = Qtest::ours(&["--cpus", "2"]);
    assert_eq!(machine.number("rdmsr 0 0x1b"), 0xfee0_0900);
    assert_eq!(machine.number("rdmsr 1 0x1b"), 0xfee0_0800);
    machine.tell("wrmsr 1 0x200 0x1000006");
    assert_eq!([machine.number("rdmsr 0 0x200"), machine.number("rdmsr 1 0x200")], [0, 0x100_0006]);
    let vendor = machine.ask("cpuid 0 0").unwrap();
    assert!(vendor.ends_with(" 0x756e6547 0x6c65746e 0x49656e69"), "{vendor}");
}

#[test]
fn the_extended_tseg_has_the_size_that_was_asked_for() {
    let mut machine = Qtest::ours(&["--board", "qemu", "--ext-tseg", "24"]);
    machine.config_out(Function::MCH, 0x50, 2, 0xffff);
    assert_eq!(machine.config_in(Function::MCH, 0x50, 2), 24);
    for arguments in [["--ext-tseg", "4095"], ["--ram", "0"], ["--cpus", "9"]] {
        let ran = e2e::cli::smmlab(&["qtest", arguments[0], arguments[1]]);
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn no_edge_is_missed_while_the_clock_steps_over_several() {
    let mut machine = Qtest::ours(&["--board", "qemu"]);
    machine.tell("irq_intercept_in ioapic");
    for (port, value) in [(0x43, 0x34), (0x40, 1193 & 0xff), (0x40, 1193 >> 8)] {
        machine.port_out(port, 1, value);
    }
    machine.tell("clock_step 3500000");
    assert_eq!(machine.irqs, ["raise 0", "lower 0"].repeat(3), "high for a tick each millisecond");
}

#[test]
fn an_input_of_the_i_o_apic_is_told_and_leads_nowhere() {
    let mut machine = Qtest::ours(&["--board", "qemu"]);
    machine.tell("irq_intercept_in ioapic");
    for level in [1, 1, 0, 0] {
        machine.tell(&format!("set_irq_in ioapic unnamed-gpio-in 23 {level}"));
    }
    assert_eq!(machine.irqs, ["raise 23", "lower 23"]);
}

#[test]
fn the_clock_steps_to_the_next_event_of_a_device_if_there_is_one() {
    let mut machine = Qtest::ours(&[]);
    machine.tell("clock_step 500");
    machine.config_out(Function::LPC, 0x40, 4, 0x601);
    machine.config_out(Function::LPC, 0x44, 1, 0x80);
    machine.port_out(0x668, 2, 0x800);
    assert!(machine.ask("clock_step").is_err());
    machine.port_out(0x70, 1, 0x0b);
    machine.port_out(0x71, 1, 0x12);
    assert_eq!(machine.ask("clock_step"), Ok("1000000000".into()), "the clock's update");
    // Counter 0 of QEMU's 8254.
    assert_eq!(Qtest::ours(&["--board", "qemu"]).ask("clock_step"), Ok("27462701".into()));
}

/// QEMU's tco-test: a second time-out resets where the strap and GCS.NO_REBOOT let it.
#[test]
fn the_watchdog_resets_where_spkr_is_low() {
    for (options, pmbase) in [(&["--board", "qemu"][..], 0x601), (&["--board", "qemu", "--spkr-low"], 1)] {
        let mut machine = Qtest::ours(options);
        machine.config_out(Function::LPC, 0x40, 4, 0x601);
        machine.config_out(Function::LPC, 0x44, 1, 0x80);
        machine.config_out(Function::LPC, 0xf0, 4, 0xfed1_c001);
        machine.write(0xfed1_f410, 4, 0);
        for (port, value) in [(0x672, 26), (0x660, 4), (0x668, 0)] {
            machine.port_out(port, 2, value);
        }
        machine.tell("clock_step 31200000000");
        assert_eq!(machine.config_in(Function::LPC, 0x40, 4), pmbase, "{options:?}");
    }
}

#[test]
fn the_clock_shows_the_host_s_time_if_asked_for() {
    let now = |machine: &mut Qtest| {
        [0x32, 0x09].map(|index| {
            machine.port_out(0x70, 1, index);
            machine.port_in(0x71, 1)
        })
    };
    assert_eq!(now(&mut Qtest::ours(&[])), [0x20, 0x08]);
    let [century, year] = now(&mut Qtest::ours(&["--rtc-utc"]));
    assert!(century > 0x20 || year >= 0x26, "{century:x}{year:x}");
}

#[test]
fn files_for_fw_cfg_are_there() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("file");
    std::fs::write(&path, [15, 0, 0, 0]).unwrap();
    let mut machine = Qtest::ours(&["--fw-cfg", &format!("etc/boot-fail-wait={}", path.display())]);
    machine.port_out(0x510, 2, 0x20);
    assert_eq!([0; 4].map(|_| machine.port_in(0x511, 1)), [15, 0, 0, 0]);
}

/// What an OS would find at its prompt, and the handlers' answers while the processors run.
#[test]
fn a_booted_machine_is_as_its_firmware_left_it() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("image.fd");
    std::fs::write(&path, &e2e::firmware::images().release).unwrap();
    let image = path.to_str().unwrap();
    let content = concat!(env!("CARGO_MANIFEST_DIR"), "/../static/content");
    for (faults, smram) in [(&[][..], 0x1a), (&["--faults", "d-lck-forgotten", "--content", content], 0x0a)] {
        let mut machine = Qtest::ours(&[&["--image", image, "--booted"], faults].concat());
        assert_eq!(machine.config_in(Function::MCH, 0x9d, 1), smram);
        let before = machine.number("rdmsr 0 0x34");
        machine.port_out(0xb2, 1, 0x42);
        assert_eq!(machine.number("rdmsr 0 0x34"), before, "the processors stand still");
        machine.tell("run 1000000");
        assert_eq!(machine.number("rdmsr 0 0x34"), before + 1);
    }
    let audit = |faults| e2e::cli::smmlab(&["audit", "--image", image, "--content", content, "--faults", faults]);
    assert_eq!((audit("eos-forgotten").status, audit("smrr-missing").status), (0, 3));
    assert_eq!(e2e::cli::smmlab(&["qtest", "--booted"]).status, 2);
}
