//! Code of a test in the place of a driver, in the middle of a boot: it calls what DXE offers, and the boot goes on.

use crate::firmware::{PATIENCE, power_on_at_console};
use board::{Board, Machine, Stop, View};
use pi::Guid;
use pi::record::layout::{Communicate, Loaded, Record};
use std::ops::Range;
use trace::{CpuReg, Event, Kind, Level, Output, Sink};

const SETUP: Guid = Guid::new("5E70DA7A-0001-4C41-8B53-4D4D4C414200");
const VARIABLES: Guid = Guid::new("9F7DCADE-11EA-448A-A46F-76E003657DD1");
/// `gVarCheckPolicyLibMmiHandlerGuid`
const POLICY_MESSAGES: Guid = Guid::new("DA1B0D11-D1A7-46C4-9DC9-F3714875C6EB");

/// Below the stack of who was interrupted: code, what it shall call, and what that is given.
const BELOW: u64 = 0x2000;
const TABLE: u64 = 0x100;
const DATA: u64 = 0x200;

/// SetupDxe has registered its policies, and SMM isn't locked yet.
#[derive(Clone)]
pub struct Driver {
    machine: Machine,
    scratch: u64,
    /// `EDKII_VARIABLE_POLICY_PROTOCOL`
    policies: u64,
    /// What stood where the code begins.
    replaced: (u64, [u8; JUMP.len() + 8]),
}

/// `jmp qword ptr [rip]`; the address follows.
const JUMP: [u8; 6] = [0xff, 0x25, 0, 0, 0, 0];

impl Driver {
    pub fn boot(board: Board, image: &[u8]) -> Driver {
        let mut machine = power_on_at_console(board, image);
        let mut tape = Records::default();
        while tape.policies() < 2 {
            assert_eq!(machine.run_instructions(1000, &mut tape), Stop::Limit);
            assert!(machine.instructions() < PATIENCE, "SetupDxe has no policies");
        }
        let [setup, variables] = [SETUP, VARIABLES].map(|file| tape.image(file));
        while machine.in_smm(0) || !setup.contains(&machine.register(0, CpuReg::Rip)) {
            assert_eq!(machine.step(&mut tape), Stop::Time);
        }
        let (rip, rsp) = (machine.register(0, CpuReg::Rip), machine.register(0, CpuReg::Rsp));
        let scratch = rsp - BELOW + 0x100;
        let policies = policy_protocol(&machine, &variables);
        let mut replaced = [0; JUMP.len() + 8];
        machine.peek(View::Os, rip, &mut replaced);
        machine.poke(View::Os, rip, &[&JUMP[..], &scratch.to_le_bytes()].concat());
        machine.poke(View::Os, scratch, &code(scratch + TABLE, rip));
        let mut driver = Driver { machine, scratch, policies, replaced: (rip, replaced) };
        driver.run();
        driver
    }

    /// To the next call.
    fn run(&mut self) -> u32 {
        match self.machine.run_instructions(PATIENCE, &mut trace::Silent) {
            Stop::Exit(eax) => eax,
            other => panic!("{other:?} at {:x}", self.machine.register(0, CpuReg::Rip)),
        }
    }

    /// Where `bytes` are put, for a call to point to; before any others `offset` bytes.
    pub fn put(&mut self, offset: u64, bytes: &[u8]) -> u64 {
        let at = self.scratch + DATA + offset;
        assert!(DATA + offset + bytes.len() as u64 <= BELOW - 0x200);
        self.machine.poke(View::Os, at, bytes);
        at
    }

    pub fn read(&self, at: u64, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        self.machine.peek(View::Os, at, &mut bytes);
        bytes
    }

    /// Calls the protocol's function of this number; the low half of the status.
    pub fn policy(&mut self, function: u64, arguments: &[u64]) -> u32 {
        let pointer = self.read(self.policies + 8 * (1 + function), 8);
        let arguments = arguments.iter().flat_map(|argument| argument.to_le_bytes());
        let table: Vec<u8> = pointer.into_iter().chain(arguments).collect();
        self.machine.poke(View::Os, self.scratch + TABLE, &table);
        self.run()
    }

    /// The boot goes on, to the OS's prompt.
    pub fn leave(mut self) -> Machine {
        let (rip, replaced) = self.replaced;
        self.machine.poke(View::Os, rip, &replaced);
        self.machine.poke(View::Os, self.scratch + TABLE, &[0; 8]);
        let mut tape = Records::default();
        while !tape.console.ends_with(b"\n> ") {
            assert_eq!(self.machine.run_instructions(1000, &mut tape), Stop::Limit);
            assert!(self.machine.instructions() < PATIENCE, "{}", String::from_utf8_lossy(&tape.console));
        }
        self.machine
    }
}

/// A revision, and five functions of the image, as no other table of it.
fn policy_protocol(machine: &Machine, image: &Range<u64>) -> u64 {
    let mut bytes = vec![0; (image.end - image.start) as usize];
    machine.peek(View::Os, image.start, &mut bytes);
    let words: Vec<u64> = bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("8"))).collect();
    let is_it = |words: &[u64]| words[0] == 0x1_0000 && words[1..].iter().all(|function| image.contains(function));
    let found: Vec<usize> = words.windows(6).enumerate().filter(|(_, six)| is_it(six)).map(|(nth, _)| nth).collect();
    assert_eq!(found.len(), 1, "{found:x?}");
    image.start + 8 * found[0] as u64
}

/// Keeps all registers, tells the end of each call at port F4h, calls what stands at `table`, and goes on at `rip` when
/// nothing stands there.
fn code(table: u64, rip: u64) -> Vec<u8> {
    const WAY_DOWN: i32 = BELOW as i32;
    let mut code = vec![0x48, 0x8d, 0xa4, 0x24]; // lea rsp, [rsp - BELOW]
    code.extend((-WAY_DOWN).to_le_bytes());
    code.push(0x9c); // pushfq
    code.extend(0x50..=0x53); // push rax, rcx, rdx, rbx
    code.extend(0x55..=0x57); // push rbp, rsi, rdi
    (0x50..=0x57).for_each(|push| code.extend([0x41, push])); // push r8 to r15
    code.extend([0x48, 0x89, 0xe5]); // mov rbp, rsp
    code.extend([0x48, 0x83, 0xe4, 0xf0, 0x48, 0x83, 0xec, 0x30]); // and rsp, -16; sub rsp, 30h
    let again = code.len();
    code.extend([0xe7, 0xf4]); // out 0f4h, eax
    code.extend([0x48, 0xb8]); // mov rax, table
    code.extend(table.to_le_bytes());
    code.extend([0x4c, 0x8b, 0x10, 0x4d, 0x85, 0xd2]); // mov r10, [rax]; test r10, r10
    code.extend([0x74, 0x0d]); // jz leave
    code.extend([0x48, 0x8b, 0x48, 0x08, 0x48, 0x8b, 0x50, 0x10]); // mov rcx, [rax + 8]; mov rdx, [rax + 10h]
    code.extend([0x41, 0xff, 0xd2]); // call r10
    code.extend([0xeb, (again as i32 - code.len() as i32 - 2) as u8]); // jmp again
    code.extend([0x48, 0x89, 0xec]); // leave: mov rsp, rbp
    (0x58..=0x5f).rev().for_each(|pop| code.extend([0x41, pop])); // pop r15 to r8
    code.extend((0x5d..=0x5f).rev()); // pop rdi, rsi, rbp
    code.extend((0x58..=0x5b).rev()); // pop rbx, rdx, rcx, rax
    code.push(0x9d); // popfq
    code.extend([0x48, 0x8d, 0xa4, 0x24]); // lea rsp, [rsp + BELOW]
    code.extend(WAY_DOWN.to_le_bytes());
    code.extend(JUMP);
    code.extend(rip.to_le_bytes());
    assert!(code.len() < TABLE as usize);
    code
}

#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    console: Vec<u8>,
}

impl Records {
    /// Those that are whole.
    fn all(&self) -> impl Iterator<Item = Record> {
        pi::record::read(&self.bytes).map_while(|one| one.ok().map(|one| one.record))
    }

    /// Messages about policies.
    fn policies(&self) -> usize {
        let is_one = |record: &Record| matches!(record, Record::Communicate(Communicate { handler, .. }) if *handler == POLICY_MESSAGES);
        self.all().filter(is_one).count()
    }

    fn image(&self, wanted: Guid) -> Range<u64> {
        let found = self.all().find_map(|record| match record {
            Record::Loaded(Loaded { file, base, size, .. }) if file == wanted => {
                Some(base.get()..base.get() + size.get())
            }
            _ => None,
        });
        found.expect("it was loaded")
    }
}

impl Sink for Records {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        match event.kind {
            Kind::Output { to: Output::Serial, byte } => self.console.push(byte),
            Kind::Output { to: Output::FirmwareTrace, byte } => self.bytes.push(byte),
            _ => {}
        }
    }
}
