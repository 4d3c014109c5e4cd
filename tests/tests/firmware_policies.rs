//! Variable policies, as a driver registers them before EndOfDxe, and what the OS then may write: EDK II's
//! VariablePolicyLib, on both boards, DEBUG and RELEASE.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Machine};
use e2e::driver::Driver;
use e2e::firmware::images;
use lab::say;
use pi::Guid;

const VENDOR: Guid = Guid::new("C0FFEE00-5A5A-4C41-8B53-4D4D4C414200");

/// The protocol's functions, in their order.
const DISABLE: u64 = 0;
const IS_ENABLED: u64 = 1;
const REGISTER: u64 = 2;
const DUMP: u64 = 3;
const LOCK: u64 = 4;

/// The low halves of statuses.
const SUCCESS: u32 = 0;
const INVALID_PARAMETER: u32 = 2;
const BUFFER_TOO_SMALL: u32 = 5;
const WRITE_PROTECTED: u32 = 8;
const ALREADY_STARTED: u32 = 20;

/// `VARIABLE_POLICY_ENTRY`, from its head to its name.
#[derive(Clone)]
struct Policy<'a> {
    name: &'a str,
    sizes: (u32, u32),
    must_have: u32,
    cant_have: u32,
    lock: u8,
    /// LOCK_ON_VAR_STATE: the other variable, of the same vendor, and its value.
    state: Option<(&'a str, u8)>,
}

const NO_LOCK: u8 = 0;
const LOCK_NOW: u8 = 1;
const LOCK_ON_CREATE: u8 = 2;
const LOCK_ON_VAR_STATE: u8 = 3;

const fn of(name: &str) -> Policy<'_> {
    Policy { name, sizes: (0, u32::MAX), must_have: 0, cant_have: 0, lock: NO_LOCK, state: None }
}

impl Policy<'_> {
    fn bytes(&self) -> Vec<u8> {
        let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
        let state = self.state.map(|(name, value)| [&VENDOR.0[..], &[value, 0], &utf16(name)].concat());
        let state = state.unwrap_or_default();
        let name = if self.name.is_empty() { Vec::new() } else { utf16(self.name) };
        let (offset, size) = (44 + state.len() as u16, (44 + state.len() + name.len()) as u16);
        let numbers = [self.sizes.0, self.sizes.1, self.must_have, self.cant_have];
        [
            &0x1_0000_u32.to_le_bytes()[..],
            &size.to_le_bytes(),
            &offset.to_le_bytes(),
            &VENDOR.0,
            &numbers.map(u32::to_le_bytes).concat(),
            &[self.lock, 0, 0, 0],
            &state,
            &name,
        ]
        .concat()
    }
}

fn register(driver: &mut Driver, policy: &[u8]) -> u32 {
    let at = driver.put(0, policy);
    driver.policy(REGISTER, &[at])
}

/// Everywhere with these policies, at the prompt.
fn everywhere(policies: &[Policy<'_>], check: impl Fn(Machine)) {
    for board in [Board::Ich9, Board::Qemu] {
        for image in [&images().debug, &images().release] {
            let mut driver = Driver::boot(board, image);
            for policy in policies {
                assert_eq!(register(&mut driver, &policy.bytes()), SUCCESS, "{}", policy.name);
            }
            check(driver.leave());
        }
    }
}

/// Commands without their vendor, and what each answers behind its colon.
fn answers(mut machine: Machine, commands: &[(&str, &str)]) {
    for (command, wanted) in commands {
        let answer = say(&mut machine, &format!("{command} {VENDOR}")).answer;
        assert_eq!(answer.split_once(": ").unwrap().1, *wanted, "{command}");
    }
}

#[test]
fn a_wildcard_is_a_hexadecimal_digit_and_the_policy_with_fewest_of_them_holds() {
    let policies = [
        Policy { sizes: (0, 2), ..of("Item####") },
        Policy { lock: LOCK_NOW, sizes: (1, 2), ..of("Item00#F") },
        Policy { sizes: (0, 0), ..of("Item0000") },
        Policy { sizes: (0, 4), ..of("Item000F") },
        // Every other name of the vendor.
        Policy { sizes: (0, 1), must_have: 1, cant_have: 0x40, ..of("") },
    ];
    everywhere(&policies, |mut machine| {
        answers(
            machine.clone(),
            &[
                ("setvar Item1234 7 0102", "EFI_SUCCESS"),
                ("setvar Item1234 7 010203", "EFI_INVALID_PARAMETER"),
                ("setvar Item9aBf 7 0102", "EFI_SUCCESS"),
                ("setvar Item123G 7 0102", "EFI_INVALID_PARAMETER"),
                ("setvar Item123G 7 01", "EFI_SUCCESS"),
                ("setvar Item123 7 0102", "EFI_INVALID_PARAMETER"),
                ("setvar Item12345 7 0102", "EFI_INVALID_PARAMETER"),
                ("setvar Item001F 7 01", "EFI_WRITE_PROTECTED"),
                ("setvar Item001F 7 010203", "EFI_INVALID_PARAMETER"),
                ("setvar Item0000 7 0102030405", "EFI_SUCCESS"),
                ("setvar Item000F 7 01020304", "EFI_SUCCESS"),
                ("setvar Item000F 7 0102030405", "EFI_INVALID_PARAMETER"),
                ("delvar Item1234", "EFI_SUCCESS"),
            ],
        );
        let other = say(&mut machine, "setvar Item123 7 010203").answer;
        assert_eq!(other, "setvar Item123: EFI_SUCCESS", "another vendor's");
    });
}

#[test]
fn a_variable_that_is_locked_when_it_is_created_is_written_once() {
    everywhere(&[Policy { lock: LOCK_ON_CREATE, ..of("Once") }], |machine| {
        answers(
            machine,
            &[
                ("delvar Once", "EFI_NOT_FOUND"),
                ("setvar Once 7 01", "EFI_SUCCESS"),
                ("setvar Once 7 02", "EFI_WRITE_PROTECTED"),
                ("delvar Once", "EFI_WRITE_PROTECTED"),
                ("getvar Once", "EFI_SUCCESS 0x7 01"),
            ],
        );
    });
}

#[test]
fn a_variable_is_locked_as_long_as_another_has_a_value_of_one_byte() {
    let policy = Policy { lock: LOCK_ON_VAR_STATE, state: Some(("Gate", 1)), ..of("Guarded") };
    everywhere(&[policy], |machine| {
        answers(
            machine,
            &[
                ("setvar Guarded 7 01", "EFI_SUCCESS"),
                ("setvar Gate 7 02", "EFI_SUCCESS"),
                ("setvar Guarded 7 02", "EFI_SUCCESS"),
                ("setvar Gate 7 01", "EFI_SUCCESS"),
                ("setvar Guarded 7 03", "EFI_WRITE_PROTECTED"),
                ("delvar Guarded", "EFI_WRITE_PROTECTED"),
                ("setvar Gate 7 0101", "EFI_SUCCESS"),
                ("setvar Guarded 7 04", "EFI_SUCCESS"),
                ("setvar Gate 7 01", "EFI_SUCCESS"),
                ("setvar Guarded 7 05", "EFI_WRITE_PROTECTED"),
                ("delvar Gate", "EFI_SUCCESS"),
                ("setvar Guarded 7 06", "EFI_SUCCESS"),
            ],
        );
    });
}

#[test]
fn a_policy_that_contradicts_itself_is_refused_and_a_second_one_for_the_same_name() {
    let mut driver = Driver::boot(Board::Ich9, &images().release);
    let good = of("Any").bytes();
    let with = |at: usize, bytes: &[u8]| {
        let mut policy = good.clone();
        policy[at..at + bytes.len()].copy_from_slice(bytes);
        policy
    };
    let stateful = Policy { lock: LOCK_ON_VAR_STATE, state: Some(("Gate", 1)), ..of("Any") }.bytes();
    let mut nameless = [&stateful[..62], &stateful[72..]].concat();
    nameless[4..8].copy_from_slice(&[70, 0, 62, 0]);
    for (bad, what) in [
        (with(0, &[1]), "another version"),
        (with(4, &[43, 0]), "shorter than an entry"),
        (with(4, &(good.len() as u16 - 2).to_le_bytes()), "a name without its NUL"),
        (with(4, &(good.len() as u16 - 1).to_le_bytes()), "half a letter"),
        (with(6, &[60, 0]), "a name behind its end"),
        (with(6, &[46, 0]), "a gap in front of the name"),
        (with(44 + 2, &[0, 0]), "a name that ends earlier"),
        (Policy { sizes: (2, 1), ..of("Any") }.bytes(), "a least size above the largest"),
        (Policy { must_have: 3, cant_have: 2, ..of("Any") }.bytes(), "an attribute that must and can't be"),
        (Policy { lock: 4, ..of("Any") }.bytes(), "no such lock"),
        (Policy { lock: LOCK_ON_VAR_STATE, ..of("Any") }.bytes(), "a state of nothing"),
        (nameless, "a state of a variable without a name"),
    ] {
        assert_eq!(register(&mut driver.clone(), &bad), INVALID_PARAMETER, "{what}");
    }
    assert_eq!(driver.policy(REGISTER, &[0]), INVALID_PARAMETER);
    assert_eq!(register(&mut driver, &good), SUCCESS);
    assert_eq!(register(&mut driver, &good), ALREADY_STARTED);
    assert_eq!(register(&mut driver, &stateful), ALREADY_STARTED, "whatever else it says");
    assert_eq!(register(&mut driver, &of("").bytes()), SUCCESS);
}

/// The table's bytes, by two calls as of GetVariable().
fn dumped(driver: &mut Driver) -> Vec<u8> {
    let size = driver.put(0, &[0; 4]);
    assert_eq!(driver.policy(DUMP, &[0, size]), BUFFER_TOO_SMALL);
    let told = u32::from_le_bytes(driver.read(size, 4).try_into().unwrap());
    let room = driver.put(16, &vec![0xee; told as usize + 1]);
    driver.put(0, &(told - 1).to_le_bytes());
    assert_eq!(driver.policy(DUMP, &[room, size]), BUFFER_TOO_SMALL);
    assert_eq!(driver.read(size, 4), told.to_le_bytes());
    assert!(driver.read(room, told as usize).iter().all(|byte| *byte == 0xee), "written, and too small");
    driver.put(0, &(told + 1).to_le_bytes());
    assert_eq!(driver.policy(DUMP, &[room, size]), SUCCESS);
    assert_eq!(driver.read(size, 4), told.to_le_bytes());
    assert_eq!(driver.read(room + u64::from(told), 1), [0xee], "behind the end");
    driver.read(room, told as usize)
}

/// Names of a table's entries.
fn names(mut table: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while !table.is_empty() {
        let half = |at: usize| usize::from(u16::from_le_bytes([table[at], table[at + 1]]));
        let (entry, rest) = table.split_at(half(4));
        let units: Vec<u16> =
            entry[half(6)..].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        names.push(String::from_utf16(&units).unwrap().trim_end_matches('\0').to_owned());
        table = rest;
    }
    names
}

#[test]
fn the_dump_has_every_policy_as_it_was_registered_page_after_page() {
    for image in [&images().debug, &images().release] {
        let mut driver = Driver::boot(Board::Ich9, image);
        let before = dumped(&mut driver);
        assert_eq!(names(&before), ["FirmwareUpdate", "SetupData", "Timeout"]);
        let stateful = Policy { lock: LOCK_ON_VAR_STATE, state: Some(("Gate", 1)), ..of("Guarded") };
        let many = (0..12).map(|nth| of(&format!("Number{nth:02}####")).bytes());
        let added: Vec<Vec<u8>> = [stateful.bytes(), of("").bytes()].into_iter().chain(many).collect();
        for policy in &added {
            assert_eq!(register(&mut driver, policy), SUCCESS);
        }
        let after = dumped(&mut driver);
        assert!(after.len() > 2 * 0x200, "more than two messages: {:x}", after.len());
        assert_eq!(after, [&before[..], &added.concat()].concat());
        assert_eq!(driver.policy(DUMP, &[0, 0]), INVALID_PARAMETER);
        let size = driver.put(0, &[8, 0, 0, 0]);
        assert_eq!(driver.policy(DUMP, &[0, size]), INVALID_PARAMETER, "a size without a buffer");
    }
}

#[test]
fn a_locked_interface_takes_no_policy_and_stays_enabled_but_can_be_dumped() {
    let mut driver = Driver::boot(Board::Ich9, &images().release);
    let is_enabled = |driver: &mut Driver| {
        let state = driver.put(0, &[0xee]);
        assert_eq!(driver.policy(IS_ENABLED, &[state]), SUCCESS);
        driver.read(state, 1)
    };
    let mut disabled = driver.clone();
    assert_eq!(is_enabled(&mut driver), [1]);
    assert_eq!(driver.policy(LOCK, &[]), SUCCESS);
    assert_eq!(driver.policy(LOCK, &[]), WRITE_PROTECTED);
    assert_eq!(register(&mut driver, &of("Any").bytes()), WRITE_PROTECTED);
    assert_eq!(driver.policy(DISABLE, &[]), WRITE_PROTECTED);
    assert_eq!(is_enabled(&mut driver), [1]);
    assert_eq!(names(&dumped(&mut driver)).len(), 3);
    let refused = [("setvar Now 7 01", "EFI_SUCCESS")];
    answers(driver.leave(), &refused);

    assert_eq!(register(&mut disabled, &Policy { lock: LOCK_NOW, ..of("Now") }.bytes()), SUCCESS);
    let locked = [("setvar Now 7 01", "EFI_WRITE_PROTECTED")];
    answers(disabled.clone().leave(), &locked);
    assert_eq!(disabled.policy(DISABLE, &[]), SUCCESS);
    assert_eq!(disabled.policy(DISABLE, &[]), ALREADY_STARTED);
    assert_eq!(is_enabled(&mut disabled), [0]);
    answers(disabled.leave(), &refused);
}
