//! Whatever the OS puts into registers, ports and messages, SMM comes back, without an exception, and
//! changes no byte of SMRAM but those that it changes for harmless SMIs, too: nothing of code, entry
//! code and page tables, and nothing of the lists of drivers, handlers and protocols.
//!
//! The same seeds each time; `COMM_FUZZ_SECONDS` says for how long the long run goes on, `COMM_FUZZ_SEED`
//! where it begins.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, View};
use debuginfo::DebugInfo;
use e2e::firmware::{boot, boot_on_qemu, images};
use e2e::fuzz::Trying;
use e2e::prompt::{Prompt, Registers, Shared};
use e2e::random::Random;
use pi::Guid;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Chains on each image and board.
const SEEDS: u64 = 120;
/// SMIs in a chain, each in the state that the one before has left.
const CHAIN: usize = 8;

const PAGE: u64 = 0x1000;
/// PiSmmCpuDxeSmm's: the entry code's page and the save state, from SMBASE, and the stack's size.
const ENTRY: u64 = 0x8000;
const SAVE_STATE: Range<u64> = 0xfc00..0x1_0000;
const STACK: u64 = 8 * PAGE;
const PAGE_TABLES: u64 = 6 * PAGE;

const NOT_FOUND: u64 = 1 << 63 | 14;
const ACCESS_DENIED: u64 = 1 << 63 | 15;
const UNSUPPORTED: u64 = 1 << 63 | 3;
/// BoardSmi's software SMI, which knows four numbers of seconds.
const PERIODIC: u64 = 0x50;
/// FlashUpdateSmm's, which refuses what RBX doesn't point to well.
const FLASH_UPDATE: u64 = 0x60;
const RBX: usize = 3;
const SECURITY_VIOLATION: u64 = 1 << 63 | 26;
const BAD_BUFFER_SIZE: u64 = 1 << 63 | 4;
const HEADER: u64 = 24;

/// A prompt, and which bytes of SMRAM an SMI may change there.
struct Ground {
    name: String,
    /// Of the image, for who has to find out what an assertion found.
    debug: DebugInfo,
    board: Board,
    prompt: Prompt,
    before: Vec<u8>,
    may_change: Vec<bool>,
    /// Where VariableSmm keeps its copy of flash's store, as an offset: it is what flash has.
    store: Range<usize>,
}

/// The variable store in flash: base::nvram.
const FLASH_STORE: Range<u64> = 0xfff0_0048..0xfff0_7000;
/// Sizes of firmware updates, each in a block of its own size of SMRAM's pool.
const UPDATES: [u32; 7] = [0x30, 0x70, 0xf0, 0x1f0, 0x3f0, 0x7f0, 0x1000];

/// The longest message that a handler copies: VariableSmm's header and payload.
const COPIED: u64 = 0x10 + 0x1024;

/// What the OS does.
#[derive(Debug, Clone)]
struct Case {
    registers: Registers,
    data: u8,
    message: Option<Message>,
    /// Over the structure that IPL and SMM core share, before the message is put there.
    shared: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
struct Message {
    at: u64,
    size: u64,
    /// Written to `at`, where the OS may write.
    bytes: Vec<u8>,
}

fn filled(fill: u64, value: u8) -> Registers {
    let mut registers = Registers([fill; 16]);
    registers.0[0] = fill & !0xff | u64::from(value);
    registers
}

fn header(guid: Guid, length: u64) -> Vec<u8> {
    [&guid.0[..], &length.to_le_bytes(), &[0; 8]].concat()
}

/// Offsets of the bytes that aren't the same.
fn differences(a: &[u8], b: &[u8]) -> impl Iterator<Item = usize> {
    let pages = a.chunks(PAGE as usize).zip(b.chunks(PAGE as usize)).enumerate().filter(|(_, (a, b))| a != b);
    pages.flat_map(|(page, (a, b))| {
        let differ = move |at: &usize| a[*at] != b[*at];
        (0..a.len()).filter(differ).map(move |at| page * PAGE as usize + at)
    })
}

fn flash_store(prompt: &Prompt) -> Vec<u8> {
    let mut bytes = vec![0; (FLASH_STORE.end - FLASH_STORE.start) as usize];
    prompt.machine.peek(View::Os, FLASH_STORE.start, &mut bytes);
    bytes
}

/// Memory as the case has it; where its message is, and how long.
fn put(prompt: &mut Prompt, case: &Case) -> (u64, u64) {
    if let Some(shared) = &case.shared {
        prompt.poke(prompt.shared.at, shared);
    }
    let Message { at, size, bytes } = case.message.clone().unwrap_or(Message { at: 0, size: 0, bytes: vec![] });
    prompt.poke(at, &bytes);
    prompt.set(Shared::BUFFER, at);
    prompt.set(Shared::BUFFER_SIZE, size);
    (at, size)
}

impl Ground {
    fn new(board: Board, image: &[u8], build: &str) -> Ground {
        let name = format!("{} on {board:?}", build.to_uppercase());
        let file = images().folder.join(build).join("smmlab.dbg");
        let debug = DebugInfo::read(&std::fs::read(file).unwrap()).unwrap();
        let mut prompt = Prompt::boot(board, image);
        // The memory of a resume from S3 is a region for messages, the only one in the first 2 MiB: an access sets
        // the accessed bit of SMM's page directory.
        let directory = prompt.tables_and_stack().0 + 2 * PAGE;
        let mut entry = [0];
        prompt.machine.peek(View::Smm, directory, &mut entry);
        prompt.machine.poke(View::Smm, directory, &[entry[0] | 0x20]);
        let before = prompt.peek_smram();
        let may_change = vec![false; before.len()];
        let (store, size) = (flash_store(&prompt), (FLASH_STORE.end - FLASH_STORE.start) as usize);
        let copies: Vec<usize> =
            (0..before.len() - size).step_by(16).filter(|at| before[*at..][..size] == store).collect();
        assert_eq!(copies.len(), 1, "{name}: {copies:x?}");
        let store = copies[0]..copies[0] + size;
        let mut ground = Ground { name, debug, board, prompt, before, may_change, store };
        ground.learn();
        ground
    }

    /// From harmless SMIs: messages to nobody, to each handler, refused ones, software SMIs.
    fn learn(&mut self) {
        let nobody = Guid([0x5a; 16]);
        let (buffer, smram) = (self.prompt.buffer, self.prompt.smram.start);
        let message = |at, guid| Some(Message { at, size: 32, bytes: header(guid, 8) });
        let messages = self.prompt.handlers.iter().map(|guid| message(buffer, *guid));
        // What a handler copies into SMRAM: no function has a number of such bytes.
        let long = |guid: Guid, byte: u8| {
            let bytes = [header(guid, COPIED)[..HEADER as usize].to_vec(), vec![byte; COPIED as usize]].concat();
            Some(Message { at: buffer, size: HEADER + COPIED, bytes })
        };
        let handlers = &self.prompt.handlers;
        let longs = handlers.iter().flat_map(|guid| [0x5a, 0xff].map(|byte| long(*guid, byte)));
        let messages = messages.chain(longs).chain([message(buffer, nobody), message(smram, nobody), None]);
        let values = [0, 0x55].into_iter().chain(self.prompt.values.iter().map(|value| *value as u8));
        let values: Vec<u8> = values.collect();
        for message in messages.collect::<Vec<_>>() {
            for value in &values {
                // The seconds that start a periodic timer, too.
                for fill in [0, u64::MAX, 0x5a5a_5a5a_5a5a_5a5a, 0x4008, 0x4010, 0x4020, 0x4040] {
                    let (registers, message) = (filled(fill, *value), message.clone());
                    self.learn_from(&[Case { registers, data: fill as u8, message, shared: None }]);
                }
            }
        }
        // Updates of the OEM block, the first of which makes a variable and the next one changes it.
        for size in UPDATES {
            for byte in [0x5a, 0xff] {
                let update = self.update(size, byte);
                self.learn_from(&[update.clone(), update]);
            }
        }
        // What the interrupted code has in its registers, and what passes over the stack.
        let (tables, stack) = self.prompt.tables_and_stack();
        let smbase = self.prompt.smbase;
        for range in [smbase + SAVE_STATE.start..smbase + SAVE_STATE.end, stack - STACK..stack] {
            self.may_change[(range.start - smram) as usize..(range.end - smram) as usize].fill(true);
        }
        let mut locked = self.prompt.read_only_sections();
        locked.extend([tables..tables + PAGE_TABLES, smbase + ENTRY..smbase + ENTRY + PAGE]);
        for range in locked {
            let changes = range.clone().find(|at| self.may_change[(at - smram) as usize]);
            assert_eq!(changes, None, "a harmless SMI changes what nobody may, in {range:x?}");
        }
    }

    fn learn_from(&mut self, cases: &[Case]) {
        let mut prompt = self.prompt.clone();
        cases.iter().for_each(|case| self.act(&mut prompt, case));
        for at in differences(&self.before, &prompt.peek_smram()) {
            self.may_change[at] = true;
        }
    }

    /// Does it, and looks whether SMM answers as it should.
    fn act(&self, prompt: &mut Prompt, case: &Case) {
        let (at, size) = put(prompt, case);
        let around = |prompt: &Prompt| {
            let mut bytes = [0; 64];
            prompt.machine.peek(View::Os, at, &mut bytes);
            bytes
        };
        // A message may lie over the code.
        prompt.load(&case.registers, case.data);
        let there = around(prompt);
        let answer = prompt.raise(&case.registers, case.data).unwrap_or_else(|error| panic!("{case:x?}: {error}"));
        assert!(answer.exceptions.is_empty(), "{:?} in {case:x?}\n{}", answer.exceptions, answer.log);
        for word in ["!!!!", "ASSERT", "panicked"] {
            assert!(!answer.log.contains(word), "{case:x?}\n{}", answer.log);
        }
        let value = case.registers.0[0] & 0xff;
        // QEMU: ACPI_ENABLE and ACPI_DISABLE, which turn SCI_EN and raise no SMI.
        let silent = self.board == Board::Qemu && [2, 3].contains(&value);
        match value {
            _ if silent => assert_eq!(answer.rax, case.registers.0[0] as u32, "{case:x?}"),
            0 => assert_eq!(answer.rax, case.registers.0[0] as u32, "{case:x?}"),
            _ if !prompt.values.contains(&value) => assert_eq!(answer.rax, NOT_FOUND as u32, "{case:x?}"),
            PERIODIC if answer.rax == UNSUPPORTED as u32 => {}
            FLASH_UPDATE if [SECURITY_VIOLATION, BAD_BUFFER_SIZE].map(|status| status as u32).contains(&answer.rax) => {
            }
            _ => assert_eq!(answer.rax, 0, "{case:x?}"),
        }
        if at == 0 || silent {
            return;
        }
        let status = prompt.status();
        assert!([0, NOT_FOUND, ACCESS_DENIED].contains(&status), "{status:x} for {case:x?}");
        let end = at.checked_add(size);
        let smram = &prompt.smram;
        if size < HEADER || end.is_none_or(|end| end > smram.start) {
            assert_eq!(status, ACCESS_DENIED, "{case:x?}");
        }
        let shared = prompt.shared.at;
        if status == ACCESS_DENIED && at.abs_diff(shared) >= Shared::SIZE {
            assert_eq!(around(prompt), there, "a refused message was written to: {case:x?}");
        }
    }

    /// The OS puts so many bytes into the OEM block.
    fn update(&self, size: u32, byte: u8) -> Case {
        let bytes = [&u64::from(size).to_le_bytes()[..], &vec![byte; size as usize]].concat();
        let mut registers = filled(0, FLASH_UPDATE as u8);
        registers.0[RBX] = self.prompt.buffer;
        Case { registers, data: 0, message: Some(Message { at: self.prompt.buffer, size: 0, bytes }), shared: None }
    }

    /// SMIs from the prompt on, one after the other.
    fn chain(&self, seed: u64) {
        let mut random = Random(seed);
        self.act_all(seed, (0..CHAIN).map(|_| self.case(&mut random)));
    }

    /// Each value of APM_CNT once.
    fn each_value(&self) {
        let mut random = Random(0);
        self.act_all(
            0,
            (0..=0xff).map(|value| {
                let mut case = self.case(&mut random);
                case.registers.0[0] = case.registers.0[0] & !0xff | value;
                case
            }),
        );
    }

    fn act_all(&self, seed: u64, cases: impl Iterator<Item = Case>) {
        let mut prompt = self.prompt.clone();
        let _trying = Trying(format!("{}, seed {seed}", self.name));
        for case in cases {
            let before = prompt.clone();
            self.act(&mut prompt, &case);
            let after = prompt.peek_smram();
            let may_change = |at: &usize| self.may_change[*at] || self.store.contains(at);
            let changed = differences(&self.before, &after).find(|at| !may_change(at));
            assert!(
                after[self.store.clone()] == flash_store(&prompt),
                "SMRAM has other variables than flash: {case:x?}"
            );
            if let Some(at) = changed {
                let address = prompt.smram.start + at as u64;
                panic!(
                    "SMRAM has changed at {address:X}h ({}), from {:02X}h to {:02X}h, {}, by {case:x?}",
                    self.place(address),
                    self.before[at],
                    after[at],
                    self.writer(before, &case, address)
                );
            }
        }
    }

    /// A place in SMRAM, for people.
    fn place(&self, address: u64) -> String {
        let Some((file, rva)) = self.prompt.module(address) else { return "in no image".to_owned() };
        let name = self.debug.modules.iter().find(|module| module.file == file).map_or("?", |module| &module.name);
        match self.debug.lookup(file, rva) {
            Some(at) => format!("{name}+{rva:X}h, {}, {:?}", at.function, at.line),
            None => format!("{name}+{rva:X}h"),
        }
    }

    /// Which instruction changes the byte first.
    fn writer(&self, mut prompt: Prompt, case: &Case, address: u64) -> String {
        put(&mut prompt, case);
        let byte = |machine: &board::Machine| {
            let mut byte = [0];
            machine.peek(View::Smm, address, &mut byte);
            byte
        };
        let before = byte(&prompt.machine);
        let at = prompt.raise_until(&case.registers, case.data, |machine| byte(machine) != before);
        at.map_or("not by an instruction of this SMI".to_owned(), |rip| format!("at {rip:X}h ({})", self.place(rip)))
    }

    fn case(&self, random: &mut Random) -> Case {
        let mut registers = Registers([0; 16]);
        registers.0.fill_with(|| self.number(random));
        // Now and then one that somebody handles: it must still answer.
        if random.below(4) == 0 {
            registers.0[0] = registers.0[0] & !0xff | random.pick(&self.prompt.values);
        }
        let message = (random.below(4) != 0).then(|| self.message(random));
        let shared = (random.below(8) == 0).then(|| random.bytes(Shared::SIZE as usize));
        Case { registers, data: random.draw() as u8, message, shared }
    }

    /// An edge, or anything.
    fn number(&self, random: &mut Random) -> u64 {
        let Prompt { smram, buffer, shared, .. } = &self.prompt;
        let edge = random.pick(&[0, *buffer, smram.start, smram.end, shared.at, 1 << 31, 1 << 32, 1 << 63, HEADER]);
        match random.below(4) {
            0 => random.draw(),
            1 => random.draw() % smram.end,
            2 => edge.wrapping_add(random.draw() % 64).wrapping_sub(32),
            _ => edge,
        }
    }

    fn message(&self, random: &mut Random) -> Message {
        let Prompt { buffer, handlers, .. } = &self.prompt;
        let inside = buffer + random.draw() % (4 * PAGE);
        let at = if random.below(3) == 0 { self.number(random) } else { inside };
        let size = [32, HEADER + random.draw() % 0x1000, random.draw() % 64, self.number(random)][random.below(4)];
        let guid =
            [random.pick(handlers), Guid(random.draw().to_le_bytes().repeat(2).try_into().unwrap())][random.below(2)];
        let length = [8, size.wrapping_sub(HEADER), self.number(random)][random.below(3)];
        let data = random.below(0x100);
        let bytes = [&header(guid, length)[..HEADER as usize], &random.bytes(data)].concat();
        // The OS spares only its own code from its pokes.
        let bytes = if (*buffer..buffer + 4 * PAGE).contains(&at) { bytes } else { Vec::new() };
        Message { at, size, bytes }
    }
}

#[test]
fn messages_of_the_boot_find_nobody_after_the_lock() {
    const BOOT: [&str; 3] = [
        "7081E22F-CAC6-4053-9468-675782CF88E5", // DXE dispatcher
        "02CE967A-DD7E-4FFC-9EE7-810CF0470880", // EndOfDxe
        "60FF8964-E906-41D0-AFED-F241E974E08E", // DxeSmmReadyToLock
    ];
    let script: String = BOOT.iter().map(|guid| format!("comm {guid}\n")).collect();
    let ours = boot(Board::Qemu, &images().debug, &script);
    for guid in BOOT {
        let answer = format!("\ncomm {guid}: EFI_NOT_FOUND\r\n");
        assert!(ours.console.contains(&answer), "{}", ours.console);
    }
    assert_eq!(ours, boot_on_qemu(&images().debug, &script));
}

fn grounds() -> Vec<Ground> {
    let builds = [(&images().debug, "debug"), (&images().release, "release")];
    let boards = [Board::Ich9, Board::Qemu];
    builds.iter().flat_map(|(image, build)| boards.map(|board| Ground::new(board, image, build))).collect()
}

#[test]
fn no_message_register_or_smi_value_harms_smm() {
    for ground in grounds() {
        let start = Instant::now();
        // Chance sends one in a hundred thousand.
        ground.act_all(0, (1..10).map(|size| ground.update(0x50 * size, size as u8)));
        ground.each_value();
        for seed in 1..=SEEDS {
            ground.chain(seed);
        }
        println!("{}: {} SMIs in {:?}", ground.name, 0x100 + SEEDS * CHAIN as u64, start.elapsed());
    }
}

#[test]
#[ignore = "soak"]
fn no_message_register_or_smi_value_harms_smm_for_long() {
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let seconds = number("COMM_FUZZ_SECONDS").unwrap_or(60);
    let first = number("COMM_FUZZ_SEED").unwrap_or(SEEDS + 1);
    let grounds = grounds();
    let (start, time) = (Instant::now(), Duration::from_secs(seconds));
    let mut seed = first;
    while start.elapsed() < time {
        grounds.iter().for_each(|ground| ground.chain(seed));
        seed += 1;
    }
    let smis = (seed - first) * CHAIN as u64 * grounds.len() as u64;
    println!("{smis} SMIs, seeds {first}..{seed}, in {:?}", start.elapsed());
}
