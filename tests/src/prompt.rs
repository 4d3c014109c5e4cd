//! The training firmware with its OS at the prompt, and code of a test in the OS's place: registers and
//! memory as an attacker would choose them, then an SMI.

use crate::firmware::{RAM_MIB, edited, power_on_at_console};
use board::{Board, Machine, Stop, View};
use pi::record::layout::{Communicate, HandlerRegistered, Loaded, Record};
use pi::{Guid, known};
use std::ops::Range;
use trace::{CpuReg, Event, Kind, Level, Output, Sink};

/// Instructions that an SMI may take: the longest of the healthy ones, which erases flash, a tenth.
const PATIENCE: u64 = 20_000_000;

/// A machine at its prompt, and what its boot told about SMM.
#[derive(Clone)]
pub struct Prompt {
    pub machine: Machine,
    /// TSEG.
    pub smram: Range<u64>,
    pub loaded: Vec<Loaded>,
    /// GUIDs with a handler of their own, also those that are gone since.
    pub handlers: Vec<Guid>,
    /// Software SMIs that somebody handles.
    pub values: Vec<u64>,
    pub smbase: u64,
    /// Where the firmware keeps memory for messages.
    pub buffer: u64,
    /// The structure that IPL and SMM core share.
    pub shared: Shared,
    /// Where the code goes: the OS was about to run here.
    code: u64,
}

/// Offsets of the shared structure's fields, `SMM_CORE_PRIVATE_DATA`.
#[derive(Clone, Copy)]
pub struct Shared {
    pub at: u64,
}

impl Shared {
    pub const SIZE: u64 = 88;
    pub const BUFFER: u64 = 64;
    pub const BUFFER_SIZE: u64 = 72;
    pub const RETURN_STATUS: u64 = 80;
}

/// What an SMI came to.
#[derive(Debug)]
pub struct Answer {
    /// The low half of RAX afterwards.
    pub rax: u32,
    pub log: String,
    /// Vectors of the exceptions in SMM, and outside.
    pub exceptions: Vec<u8>,
}

/// General registers in the order of their numbers; RAX's low byte goes to APM_CNT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers(pub [u64; 16]);

impl Prompt {
    /// At the OS's prompt.
    pub fn boot(board: Board, image: &[u8]) -> Prompt {
        let mut machine = power_on_at_console(board, image);
        let mut tape = Tape::default();
        run_to(&mut machine, &mut tape, b"> ");
        machine.serial_input(b"comm 5A5A5A5A-0000-0000-0000-000000000000\r");
        run_to(&mut machine, &mut tape, b"EFI_NOT_FOUND\r\n> ");
        // What is in its way back to the prompt.
        assert_eq!(machine.run_instructions(10_000, &mut tape), Stop::Limit);
        Prompt::new(machine, &tape, |handler| handler.0[0] == 0x5a)
    }

    /// In BDS, which waits for a key: SMRAM is locked, and no OS is there yet.
    pub fn in_bds(board: Board, image: &[u8]) -> Prompt {
        const WAIT: &str = r#"{"op": "pcd", "file": "BdsDxe", "word": "PcdPlatformBootTimeOut", "value": 1000}"#;
        let mut machine = power_on_at_console(board, &edited(image, &[WAIT]));
        let mut tape = Tape::default();
        run_to(&mut machine, &mut tape, b"for Setup\r\n");
        assert_eq!(machine.run_instructions(100_000, &mut tape), Stop::Limit);
        // VariableSmmRuntimeDxe's buffer, which has room for the longest message that is answered.
        Prompt::new(machine, &tape, |handler| *handler == VARIABLE)
    }

    fn new(machine: Machine, tape: &Tape, ours: impl Fn(&Guid) -> bool) -> Prompt {
        let records: Vec<Record> = pi::record::read(&tape.records).map(|one| one.expect("whole").record).collect();
        let smram = u64::from(RAM_MIB - 1) << 20..u64::from(RAM_MIB) << 20;
        let code = machine.register(0, CpuReg::Rip);
        assert!(code < smram.start && !machine.in_smm(0), "it runs where it was loaded, not at {code:x}");
        let shared = Shared { at: find_shared(&machine, &smram) };
        let buffer = |record: &Record| match record {
            Record::Communicate(Communicate { handler, buffer, .. }) if ours(handler) => Some(buffer.get()),
            _ => None,
        };
        Prompt {
            loaded: of(&records, |record| if let Record::Loaded(loaded) = record { Some(*loaded) } else { None }),
            handlers: of(&records, handler_guid),
            values: of(&records, value),
            smbase: of(&records, smbase)[0],
            buffer: of(&records, buffer)[0],
            machine,
            smram,
            shared,
            code,
        }
    }

    pub fn poke(&mut self, at: u64, bytes: &[u8]) {
        self.machine.poke(View::Os, at, bytes);
    }

    /// A field of the shared structure.
    pub fn set(&mut self, field: u64, value: u64) {
        self.poke(self.shared.at + field, &value.to_le_bytes());
    }

    pub fn status(&self) -> u64 {
        let mut bytes = [0; 8];
        self.machine.peek(View::Os, self.shared.at + Shared::RETURN_STATUS, &mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// CR3 and the top of the stack of SMI handlers.
    pub fn tables_and_stack(&self) -> (u64, u64) {
        let mut machine = self.machine.clone();
        machine.poke(View::Os, self.code, &code(&Registers([0; 16]), 0));
        for _ in 0..PATIENCE {
            assert_eq!(machine.step(&mut trace::Silent), Stop::Time);
            let rsp = machine.register(0, CpuReg::Rsp);
            if machine.in_smm(0) && self.smram.contains(&rsp) {
                return (machine.register(0, CpuReg::Cr3), rsp);
            }
        }
        panic!("no SMI comes");
    }

    pub fn peek_smram(&self) -> Vec<u8> {
        let mut bytes = vec![0; (self.smram.end - self.smram.start) as usize];
        self.machine.peek(View::Smm, self.smram.start, &mut bytes);
        bytes
    }

    /// Headers, code and constants of the images in SMRAM: PE/COFF, "Section Table".
    pub fn read_only_sections(&self) -> Vec<Range<u64>> {
        const WRITABLE: u32 = 1 << 31;
        let (smram, bytes, mut ranges) = (&self.smram, self.peek_smram(), Vec::new());
        for loaded in self.loaded.iter().filter(|loaded| smram.contains(&loaded.base.get())) {
            let base = loaded.base.get();
            let image = &bytes[(base - smram.start) as usize..][..loaded.size.get() as usize];
            let word = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().expect("4 bytes"));
            let pe = word(0x3c) as usize;
            assert_eq!(&image[pe..pe + 4], b"PE\0\0");
            let (sections, optional) = (word(pe + 4) >> 16, word(pe + 20) & 0xffff);
            let table = pe + 24 + optional as usize;
            ranges.push(base..base + table as u64);
            for section in (0..sections as usize).map(|nth| table + nth * 40) {
                let start = base + u64::from(word(section + 12));
                if word(section + 36) & WRITABLE == 0 {
                    ranges.push(start..start + u64::from(word(section + 8)));
                }
            }
        }
        assert!(ranges.len() >= 2 * 6, "core and drivers: {ranges:x?}");
        ranges
    }

    /// Puts the code there that `raise` runs.
    pub fn load(&mut self, registers: &Registers, data: u8) {
        self.poke(self.code, &code(registers, data));
    }

    /// Loads the registers, writes `data` to APM_STS and AL to APM_CNT. Err: it never came back.
    pub fn raise(&mut self, registers: &Registers, data: u8) -> Result<Answer, String> {
        self.load(registers, data);
        self.finish()
    }

    /// The same, and as soon as `at` is read for the first time, a device writes `then` there.
    pub fn raise_under_dma(&mut self, registers: &Registers, at: u64, then: &[u8]) -> Result<Answer, String> {
        self.poke(self.code, &code(registers, 0));
        let mut reader = Reader { at, read: false };
        for _ in 0..PATIENCE {
            assert_eq!(self.machine.step(&mut reader), Stop::Time);
            if reader.read {
                self.poke(at, then);
                return self.finish();
            }
        }
        Err("nobody reads there".to_owned())
    }

    fn finish(&mut self) -> Result<Answer, String> {
        let mut tape = Tape::default();
        let stop = self.machine.run_instructions(PATIENCE, &mut tape);
        let log = String::from_utf8_lossy(&tape.log).into_owned();
        let Stop::Exit(rax) = stop else {
            let (rip, smm) = (self.machine.register(0, CpuReg::Rip), self.machine.in_smm(0));
            return Err(format!("{stop:?} at {rip:x}, SMM: {smm}, exceptions {:x?}\n{log}", tape.exceptions));
        };
        Ok(Answer { rax, log, exceptions: tape.exceptions })
    }

    /// The same, one instruction after the other: the address of the one after which `seen` holds.
    pub fn raise_until(
        &mut self,
        registers: &Registers,
        data: u8,
        mut seen: impl FnMut(&Machine) -> bool,
    ) -> Option<u64> {
        self.poke(self.code, &code(registers, data));
        for _ in 0..PATIENCE {
            let rip = self.machine.register(0, CpuReg::Rip);
            let stop = self.machine.step(&mut trace::Silent);
            if seen(&self.machine) {
                return Some(rip);
            }
            if stop != Stop::Time {
                break;
            }
        }
        None
    }

    /// The file that was loaded there, and the offset in its image.
    pub fn module(&self, address: u64) -> Option<(Guid, u32)> {
        let is_there =
            |loaded: &&Loaded| address.checked_sub(loaded.base.get()).is_some_and(|rva| rva < loaded.size.get());
        let loaded = self.loaded.iter().rfind(is_there)?;
        Some((loaded.file, (address - loaded.base.get()) as u32))
    }
}

/// Steps until SMM has read this address.
struct Reader {
    at: u64,
    read: bool,
}

impl Sink for Reader {
    fn level(&self) -> Level {
        Level::Instructions
    }

    fn event(&mut self, event: Event) {
        self.read |= matches!(event.kind, Kind::Load { addr, .. } if addr == self.at);
    }
}

fn of<T>(records: &[Record], pick: impl Fn(&Record) -> Option<T>) -> Vec<T> {
    records.iter().filter_map(pick).collect()
}

/// Runs until the console's text ends so.
fn run_to(machine: &mut Machine, tape: &mut Tape, text: &[u8]) {
    while !tape.console.ends_with(text) {
        assert_eq!(machine.run_instructions(1000, tape), Stop::Limit);
        assert!(machine.instructions() < crate::firmware::PATIENCE, "{}", String::from_utf8_lossy(&tape.console));
    }
}

/// VariableSmm's messages.
pub const VARIABLE: Guid = known::named("gEfiSmmVariableProtocolGuid");
const SW_DISPATCH2: Guid = known::named("gEfiSmmSwDispatch2ProtocolGuid");

fn handler_guid(record: &Record) -> Option<Guid> {
    match record {
        Record::HandlerRegistered(HandlerRegistered { kind, value, .. }) => {
            Some(*kind).filter(|kind| *kind != Guid::ZERO && value.get() == 0)
        }
        _ => None,
    }
}

fn value(record: &Record) -> Option<u64> {
    match record {
        Record::HandlerRegistered(HandlerRegistered { kind, value, .. }) if *kind == SW_DISPATCH2 => Some(value.get()),
        _ => None,
    }
}

fn smbase(record: &Record) -> Option<u64> {
    if let Record::SmmEnter(enter) = record { Some(enter.smbase.get()) } else { None }
}

/// Its signature, and the SMM core's image in SMRAM, are in it.
fn find_shared(machine: &Machine, smram: &Range<u64>) -> u64 {
    let mut ram = vec![0; smram.start as usize];
    machine.peek(View::Os, 0, &mut ram);
    let word = |at: usize| u64::from_le_bytes(ram[at..at + 8].try_into().expect("8 bytes"));
    let is_it = |at: &usize| word(*at) == u64::from_le_bytes(*b"smmc\0\0\0\0") && smram.contains(&word(at + 24));
    let found: Vec<usize> = (0..ram.len() - Shared::SIZE as usize).step_by(8).filter(is_it).collect();
    assert_eq!(found.len(), 1, "{found:x?}");
    found[0] as u64
}

/// `mov` to all registers, `out`, then the end of the run with EAX as its value, and again.
fn code(registers: &Registers, data: u8) -> Vec<u8> {
    let mut code = vec![0xfa, 0xb0, data, 0xe6, 0xb3]; // cli; mov al, data; out 0b3h, al
    for (number, value) in registers.0.iter().enumerate() {
        code.extend([0x48 | (number >> 3) as u8, 0xb8 | (number & 7) as u8]);
        code.extend(value.to_le_bytes());
    }
    code.extend([0xe6, 0xb2, 0xeb, 0x00, 0x90, 0xe7, 0xf4]); // out 0b2h, al; jmp; nop; out 0f4h, eax
    let back = -(code.len() as i32 + 5);
    code.push(0xe9);
    code.extend(back.to_le_bytes());
    code
}

/// What comes out of the machine.
#[derive(Default)]
struct Tape {
    console: Vec<u8>,
    log: Vec<u8>,
    records: Vec<u8>,
    exceptions: Vec<u8>,
}

impl Sink for Tape {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        match event.kind {
            Kind::Output { to: Output::Serial, byte } => self.console.push(byte),
            Kind::Output { to: Output::Debug402, byte } => self.log.push(byte),
            Kind::Output { to: Output::FirmwareTrace, byte } => self.records.push(byte),
            Kind::Exception { vector, .. } => self.exceptions.push(vector),
            _ => {}
        }
    }
}
