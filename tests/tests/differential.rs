//! Random integer instructions, one at a time, on QEMU and on ours: registers, flags, memory and
//! exceptions must agree. Only flags that the SDM leaves undefined are masked (SDM vol. 2, "Flags
//! Affected" of each instruction).

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Config, Machine, Stop};
use cpu::flag::{AF, CF, OF, PF, SF, ZF};
use e2e::{machine, qemu, rom};
use trace::{Level, Mode, Output, Recorder};

const IMAGE: usize = 4 << 20;
const HEAD: usize = 64 << 10;
/// Resume flag: QEMU and silicon differ in when they set it in a frame.
const RF: u64 = 1 << 16;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 3
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    /// Values at which arithmetic has its corners come often.
    fn value(&mut self) -> u64 {
        match self.below(6) {
            0 => self.below(4),
            1 => u64::MAX - self.below(3),
            2 => 1 << self.below(64),
            3 => (1u64 << self.below(64)).wrapping_sub(1),
            _ => self.next() ^ self.next() << 32,
        }
    }
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

#[derive(Clone, Copy)]
enum Imm {
    None,
    Byte,
    /// 2 or 4 bytes, by operand size.
    Full,
}

/// One row of the opcode table.
#[derive(Clone, Copy)]
struct Form {
    opcode: &'static [u8],
    /// ModRM.reg when it extends the opcode; `None`: any register.
    digit: Option<u8>,
    modrm: bool,
    imm: Imm,
    /// Flags that the SDM leaves undefined.
    undefined: u64,
    /// Byte operands: no operand-size prefix, no REX.W.
    byte: bool,
}

fn form(opcode: &'static [u8], undefined: u64) -> Form {
    Form { opcode, digit: None, modrm: true, imm: Imm::None, undefined, byte: false }
}

impl Form {
    fn digit(self, d: u8) -> Form {
        Form { digit: Some(d), ..self }
    }
    fn imm(self, imm: Imm) -> Form {
        Form { imm, ..self }
    }
    fn byte(self) -> Form {
        Form { byte: true, ..self }
    }
    fn plain(self) -> Form {
        Form { modrm: false, ..self }
    }
}

/// Leaks a one- or two-byte opcode: the table lives as long as the test.
fn op(bytes: &[u8]) -> &'static [u8] {
    Box::leak(bytes.to_vec().into_boxed_slice())
}

fn table() -> Vec<Form> {
    let mut t = Vec::new();
    for (n, undefined) in [0, AF, 0, 0, AF, 0, AF, 0].into_iter().enumerate() {
        let base = n as u8 * 8;
        t.extend([form(op(&[base]), undefined).byte(), form(op(&[base + 1]), undefined)]);
        t.extend([form(op(&[base + 2]), undefined).byte(), form(op(&[base + 3]), undefined)]);
        t.push(form(op(&[base + 4]), undefined).byte().plain().imm(Imm::Byte));
        t.push(form(op(&[base + 5]), undefined).plain().imm(Imm::Full));
        t.push(form(&[0x80], undefined).digit(n as u8).byte().imm(Imm::Byte));
        t.push(form(&[0x81], undefined).digit(n as u8).imm(Imm::Full));
        t.push(form(&[0x83], undefined).digit(n as u8).imm(Imm::Byte));
    }
    for (opcode, byte) in [(0x84u8, true), (0x85, false)] {
        let f = form(op(&[opcode]), AF);
        t.push(if byte { f.byte() } else { f });
    }
    for opcode in [0x86u8, 0x88, 0x8a] {
        t.extend([form(op(&[opcode]), 0).byte(), form(op(&[opcode + 1]), 0)]);
    }
    t.extend([form(&[0xc6], 0).digit(0).byte().imm(Imm::Byte), form(&[0xc7], 0).digit(0).imm(Imm::Full)]);
    for (opcode, byte) in [(0xf6u8, true), (0xf7, false)] {
        let group = [
            form(op(&[opcode]), AF).digit(0).imm(if byte { Imm::Byte } else { Imm::Full }),
            form(op(&[opcode]), 0).digit(2),
            form(op(&[opcode]), 0).digit(3),
            form(op(&[opcode]), SF | ZF | AF | PF).digit(4),
            form(op(&[opcode]), SF | ZF | AF | PF).digit(5),
            form(op(&[opcode]), CF | OF | SF | ZF | AF | PF).digit(6),
            form(op(&[opcode]), CF | OF | SF | ZF | AF | PF).digit(7),
        ];
        t.extend(group.map(|f| if byte { f.byte() } else { f }));
    }
    for d in [0, 1] {
        t.extend([form(&[0xfe], 0).digit(d).byte(), form(&[0xff], 0).digit(d)]);
    }
    for d in [0u8, 1, 2, 3, 4, 5, 7] {
        let one = if d < 4 { 0 } else { AF };
        // OF is undefined for counts other than 1, CF of SHL and SHR for counts beyond the width.
        let many = one | OF;
        let narrow = if d == 4 || d == 5 { many | CF } else { many };
        t.extend([form(&[0xd0], one).digit(d).byte(), form(&[0xd1], one).digit(d)]);
        t.extend([form(&[0xd2], narrow).digit(d).byte(), form(&[0xd3], narrow).digit(d)]);
        t.extend([form(&[0xc0], narrow).digit(d).byte().imm(Imm::Byte), form(&[0xc1], narrow).digit(d).imm(Imm::Byte)]);
    }
    t.extend([form(&[0x69], SF | ZF | AF | PF).imm(Imm::Full), form(&[0x6b], SF | ZF | AF | PF).imm(Imm::Byte)]);
    t.extend([form(&[0x0f, 0xaf], SF | ZF | AF | PF), form(&[0x63], 0)]);
    for d in 4..8 {
        t.push(form(&[0x0f, 0xba], OF | SF | AF | PF).digit(d).imm(Imm::Byte));
    }
    for o in [0xbcu8, 0xbd] {
        t.push(form(op(&[0x0f, o]), CF | OF | SF | AF | PF));
    }
    for o in [0xb6u8, 0xb7, 0xbe, 0xbf] {
        t.push(form(op(&[0x0f, o]), 0));
    }
    for c in 0..16 {
        t.extend([form(op(&[0x0f, 0x40 + c]), 0), form(op(&[0x0f, 0x90 + c]), 0).byte()]);
    }
    t.extend([form(&[0x0f, 0xb0], 0).byte(), form(&[0x0f, 0xb1], 0), form(&[0x0f, 0xc0], 0).byte()]);
    t.extend([form(&[0x0f, 0xc1], 0), form(&[0x0f, 0xc7], 0).digit(1)]);
    for o in [0x98u8, 0x99, 0x9e, 0x9f, 0xf5, 0xf8, 0xf9, 0xfc, 0xfd, 0xa5, 0xa7, 0xab, 0xad, 0xaf] {
        t.push(form(op(&[o]), 0).plain());
    }
    for o in [0xa4u8, 0xa6, 0xaa, 0xac, 0xae] {
        t.push(form(op(&[o]), 0).plain().byte());
    }
    for r in 0..8 {
        t.push(form(op(&[0xb8 + r]), 0).plain().imm(Imm::Full));
        t.push(form(op(&[0x0f, 0xc8 + r]), 0).plain());
        if r != 4 {
            t.extend([form(op(&[0x50 + r]), 0).plain(), form(op(&[0x58 + r]), 0).plain()]);
        }
    }
    t
}

/// The instruction's bytes. Memory operands stay in the scratch area, RSP is never a destination.
fn instruction(r: &mut Random, f: &Form) -> Vec<u8> {
    let mut bytes = Vec::new();
    let string = !f.modrm && f.opcode.len() == 1 && matches!(f.opcode[0], 0xa4..=0xa7 | 0xaa..=0xaf);
    let swap = f.opcode.len() == 2 && f.opcode[1] >= 0xc8 && !f.modrm;
    let size = if f.byte { 1 } else { r.pick(&[2u8, 4, 4, 8, 8]) };
    let size = if swap && size == 2 { 4 } else { size };
    let size = if f.opcode == [0x0f, 0xc7] && size == 2 { 4 } else { size };
    if size == 2 {
        bytes.push(0x66);
    }
    if string && r.below(2) == 0 {
        bytes.push(r.pick(&[0xf2, 0xf3]));
    }
    let mut rex = if size == 8 { 0x48 } else { 0 };
    let mut modrm = 0;
    let mut rest = Vec::new();
    if f.modrm {
        let reg = f.digit.unwrap_or_else(|| r.pick(&[0, 1, 2, 3, 5, 6, 7]));
        let memory_only = f.opcode == [0x0f, 0xc7];
        if !memory_only && r.below(2) == 0 {
            // R8–R15 and the low bytes of RBP, RSI, RDI come with a REX prefix.
            let rm = r.pick(&[0, 1, 2, 3, 5, 6, 7]);
            rex |= r.pick(&[0, 0, 0x40, 0x41, if f.digit.is_none() { 0x44 } else { 0x40 }]);
            modrm = 0xc0 | reg << 3 | rm;
        } else if r.below(4) == 0 {
            // [RBX + R9 * scale + disp8]; R9 is small.
            rex |= 0x42;
            modrm = 0x44 | reg << 3;
            rest = vec![r.pick(&[0x0bu8, 0x4b, 0x8b]), r.below(8) as u8];
        } else {
            modrm = 0x40 | reg << 3 | r.pick(&[3, 5, 6, 7]);
            rest = vec![r.below(8) as u8];
        }
    }
    // Without REX, registers 4 to 7 of byte operands are AH to BH: that is wanted, too.
    if rex != 0 {
        bytes.push(rex);
    }
    bytes.extend(f.opcode);
    if f.modrm {
        bytes.push(modrm);
        bytes.extend(rest);
    }
    let wide_move = !f.modrm && f.opcode.len() == 1 && f.opcode[0] & 0xf8 == 0xb8;
    let imm = match (f.imm, size) {
        (Imm::None, _) => 0,
        (Imm::Byte, _) => 1,
        (Imm::Full, 2) => 2,
        (Imm::Full, 8) if wide_move => 8,
        (Imm::Full, _) => 4,
    };
    bytes.extend(&r.value().to_le_bytes()[..imm]);
    bytes
}

fn mov_imm64(out: &mut Vec<u8>, reg: u8, value: u64) {
    out.extend([0x48 | reg >> 3, 0xb8 | reg & 7]);
    out.extend(value.to_le_bytes());
}

/// One block: leave the next block's address, load flags and registers, run the instruction, report.
fn block(r: &mut Random, f: &Form, at: u64, symbols: &impl Fn(&str) -> u64) -> (Vec<u8>, Vec<u8>) {
    let scratch = symbols("SCRATCH");
    let insn = instruction(r, f);
    let mut code = vec![0xc7, 0x04, 0x25];
    code.extend((symbols("NEXT") as u32).to_le_bytes());
    let next_at = code.len();
    code.extend([0; 4]);
    // CF, PF, AF, ZF, SF, OF and, one time in four, DF.
    let flags = r.next() & 0x8d5 | if r.below(4) == 0 { 0x400 } else { 0 };
    code.push(0x68);
    code.extend((flags as u32).to_le_bytes());
    code.push(0x9d);
    let divides = matches!(f.digit, Some(6 | 7)) && f.opcode[0] & 0xfe == 0xf6;
    for reg in 0..16u8 {
        let value = match reg {
            1 => r.below(80),
            2 if divides && r.below(3) > 0 => r.below(3),
            3 | 5 | 6 | 7 => scratch + 16 + r.below(12),
            4 => scratch + 0x800,
            9 => r.below(3),
            _ => r.value(),
        };
        mov_imm64(&mut code, reg, value);
    }
    code.extend(&insn);
    code.push(0xe9);
    let from = at + code.len() as u64 + 4;
    code.extend((symbols("REPORT").wrapping_sub(from) as u32).to_le_bytes());
    let next = (at + code.len() as u64) as u32;
    code[next_at..next_at + 4].copy_from_slice(&next.to_le_bytes());
    (code, insn)
}

struct Batch {
    image: Vec<u8>,
    /// Bytes and undefined flags of each instruction.
    instructions: Vec<(Vec<u8>, u64)>,
    record: usize,
}

fn batch(seed: u64) -> Batch {
    let head = rom("differential");
    let symbols = |name: &str| head.symbols[name];
    let (mut r, table) = (Random(seed), table());
    let mut payload = Vec::new();
    let mut instructions = Vec::new();
    loop {
        let f = r.pick(&table);
        let (code, insn) = block(&mut r, &f, symbols("PAYLOAD") + payload.len() as u64, &symbols);
        if payload.len() + code.len() + 16 > IMAGE - HEAD {
            break;
        }
        payload.extend(code);
        instructions.push((insn, f.undefined));
    }
    payload.push(0xe9);
    let from = symbols("PAYLOAD") + payload.len() as u64 + 4;
    payload.extend((symbols("FINISH").wrapping_sub(from) as u32).to_le_bytes());
    payload.resize(IMAGE - HEAD, 0xcc);
    payload.extend(&head.bytes);
    let record = (symbols("RECORD_LEN") + symbols("SCRATCH_LEN")) as usize;
    Batch { image: payload, instructions, record }
}

fn ours(image: &[u8]) -> Vec<u8> {
    let config = Config { board: Board::Qemu, bios: image.to_vec(), ..Config::default() };
    let mut m = Machine::new(&config).unwrap();
    let mut tape = Recorder::new(Level::Output);
    assert_eq!(m.run_instructions(100_000_000, &mut tape), Stop::Exit(0));
    machine::bytes(&tape.into_events(), Output::Debug402)
}

const NAMES: [&str; 20] = [
    "vector",
    "error",
    "frame RIP",
    "RAX",
    "RCX",
    "RDX",
    "RBX",
    "RSP",
    "RBP",
    "RSI",
    "RDI",
    "R8",
    "R9",
    "R10",
    "R11",
    "R12",
    "R13",
    "R14",
    "R15",
    "RFLAGS",
];

/// What differs in one record, as text; empty when nothing counts.
fn difference(reference: &[u8], got: &[u8], undefined: u64) -> String {
    let word = |bytes: &[u8], i: usize| u64::from_le_bytes(bytes[i * 8..i * 8 + 8].try_into().unwrap());
    let mut text = String::new();
    for i in 0..reference.len() / 8 {
        let mask = if i == 19 { !(undefined | RF) } else { u64::MAX };
        let (a, b) = (word(reference, i) & mask, word(got, i) & mask);
        if a != b {
            let name = NAMES.get(i).copied().unwrap_or("scratch memory");
            text += &format!("  {name}: QEMU {a:x}, ours {b:x}\n");
        }
    }
    text
}

fn compare(seed: u64) -> usize {
    let batch = batch(seed);
    let (reference, got) = (qemu::debug_bytes(&batch.image), ours(&batch.image));
    assert_eq!(reference.len(), batch.instructions.len() * batch.record, "QEMU reports every instruction");
    assert_eq!(got.len(), reference.len());
    let mut report = String::new();
    let records = reference.chunks(batch.record).zip(got.chunks(batch.record));
    for ((a, b), (insn, undefined)) in records.zip(&batch.instructions) {
        let difference = difference(a, b, *undefined);
        if !difference.is_empty() && report.len() < 4000 {
            report += &format!("{insn:02x?} {}\n{difference}", board::disassemble(Mode::Bits64, 0, insn));
        }
    }
    assert!(report.is_empty(), "seed {seed:#x}:\n{report}");
    batch.instructions.len()
}

#[test]
fn random_integer_instructions_do_the_same_on_qemu_and_on_ours() {
    let compared: usize = [0x5eed_0001, 0x5eed_0002].into_iter().map(compare).sum();
    assert!(compared > 30_000, "{compared} instructions");
}

#[test]
#[ignore = "soak"]
fn many_more_random_integer_instructions_do_the_same_on_qemu_and_on_ours() {
    for n in 1..40 {
        compare(n * 0x9e37_79b9);
    }
}
