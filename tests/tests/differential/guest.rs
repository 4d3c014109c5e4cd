//! Records for the ROM: random instructions with random registers, in 64-bit mode and in 32- and
//! 16-bit segments of compatibility mode. Memory operands lie in the scratch memory, or across its
//! end in a page that isn't there, in a read-only page, at an address that isn't canonical. (QEMU knows no
//! segment limits and types.)

use crate::form::{Form, Imm, Rm};
use crate::{flow, paging, table, x87};
use rom_build::Rom;

pub const RECORD: usize = 256;

pub struct Random(pub u64);

impl Random {
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 3
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.draw() % n
    }
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
    /// Values at which arithmetic has its corners come often.
    fn value(&mut self) -> u64 {
        match self.below(6) {
            0 => self.below(4),
            1 => u64::MAX - self.below(3),
            2 => 1 << self.below(64),
            3 => (1u64 << self.below(64)).wrapping_sub(1),
            _ => self.draw() ^ self.draw() << 32,
        }
    }
    /// Half of an XMM register: two singles, a double, or integers.
    fn floating(&mut self) -> u64 {
        match self.below(8) {
            0 => self.value(),
            1 => (self.draw() as i32 as f64).to_bits(),
            2 => self.draw() & 0x800f_ffff_ffff_ffff,
            3 => self.pick(&[0x7ff0 << 48, 0x7ff8 << 48, 0xfff0 << 48 | 1, 0x8000 << 48, 0x7f80_0000_ff80_0001]),
            4 => f64::from_bits(0x3fe0 << 48 | self.draw() >> 12).to_bits() & !(self.draw() & 0xffff_ffff),
            5 => {
                let single = |r: &mut Self| u64::from((r.draw() as i16 as f32 / 8.0).to_bits());
                single(self) | single(self) << 32
            }
            6 => (self.draw() & 0x8007_ffff_8007_ffff) | self.pick(&[0, 0x3f80_0000_3f80_0000, 0x7f00_0000_0080_0000]),
            _ => self.draw() ^ self.draw() << 32,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Segment {
    Bits64,
    Bits32,
    Bits16,
}

impl Segment {
    fn selector(self) -> u16 {
        match self {
            Segment::Bits64 => 8,
            Segment::Bits32 => 24,
            Segment::Bits16 => 32,
        }
    }
}

/// What one record tries.
pub struct Trial {
    pub segment: Segment,
    pub code: Vec<u8>,
    pub record: Vec<u8>,
}

/// Where memory operands may lie.
pub struct Places {
    pub scratch: u64,
    read_only: u64,
    slot: u32,
    stack: u64,
    report: u32,
    back: u32,
    tables: paging::Tables,
}

impl Places {
    pub fn of(rom: &Rom) -> Self {
        let at = |name: &str| rom.symbols[name];
        Places {
            scratch: at("SCRATCH"),
            read_only: at("READ_ONLY"),
            slot: at("SLOT") as u32,
            stack: at("STACK"),
            report: at("REPORT") as u32,
            back: at("RETURN") as u32,
            tables: paging::Tables::of(rom),
        }
    }
}

struct Encoded {
    bytes: Vec<u8>,
    /// ModRM names memory through [BX+SI] and its like: SI and DI must be small.
    paired: bool,
    /// The operand must be aligned and within its page: QEMU 7.2 doesn't check the alignment of SSE
    /// operands, reads 16 bytes where CVTDQ2PD and its like have 8, and stores 16 bytes in two steps.
    aligned: bool,
}

impl Encoded {
    fn sequence(bytes: Vec<u8>) -> Self {
        Encoded { bytes, paired: false, aligned: false }
    }
}

fn encode(r: &mut Random, f: &Form, segment: Segment) -> Encoded {
    let wide_segment = segment == Segment::Bits64;
    let mut bytes = Vec::new();
    let string = f.rm == Rm::None && !f.two_bytes && matches!(f.opcode[0], 0xa4..=0xa7 | 0xaa..=0xaf);
    // Operand size: 2 or 4 (8 with REX.W), as the segment's default and the prefix have it.
    let default = if segment == Segment::Bits16 { 2 } else { 4 };
    let toggles = !f.one_size && f.prefix == 0 && r.below(3) == 0;
    let pair = f.two_bytes && (f.opcode[1] >= 0xc8 || f.opcode[1] == 0xc7) && f.rm != Rm::Any && !f.xmm;
    let mut size = if toggles { 6 - default } else { default };
    let mut rex = 0u8;
    if wide_segment && f.wide && r.below(2) == 0 && (f.xmm || !f.one_size) {
        (rex, size) = (0x48, 8);
    }
    // BSWAP of 16 bits is undefined.
    let toggles = if pair && size == 2 { !toggles } else { toggles && size != 8 };
    let size = if pair && size == 2 { 4 } else { size };
    if toggles {
        bytes.push(0x66);
    }
    let address_toggles = (f.rm != Rm::None || string) && r.below(6) == 0;
    if address_toggles {
        bytes.push(0x67);
    }
    if (f.rm != Rm::None || string) && r.below(8) == 0 {
        // CS can't be written, which QEMU doesn't know: outside 64-bit mode it isn't tried.
        bytes.push(r.pick(&[0x26, if wide_segment { 0x2e } else { 0x64 }, 0x3e, 0x64, 0x65]));
    }
    if string && r.below(2) == 0 {
        bytes.push(r.pick(&[0xf2, 0xf3]));
    }
    if f.prefix != 0 {
        bytes.push(f.prefix);
    }
    let narrow_address =
        segment == Segment::Bits16 && !address_toggles || segment == Segment::Bits32 && address_toggles;
    let (mut modrm, mut rest, mut paired) = (0, Vec::new(), false);
    let aligned = f.xmm && !(matches!(f.opcode[1], 0x10 | 0x6f | 0x6e) && f.prefix != 0x66);
    let displacement = if aligned { 0 } else { r.below(8) as u8 };
    if f.rm != Rm::None {
        let general = |r: &mut Random| r.pick(&[0u8, 1, 2, 3, 5, 6, 7]);
        let reg = f.digit.unwrap_or_else(|| if f.xmm_reg { r.below(4) as u8 } else { general(r) });
        let register = f.rm == Rm::Register || f.rm == Rm::Any && r.below(2) == 0;
        if register {
            let rm = if f.xmm_rm { r.below(4) as u8 } else { general(r) };
            if wide_segment && !f.xmm {
                // R8–R15 and the low bytes of RBP, RSI, RDI come with a REX prefix.
                rex |= r.pick(&[0, 0, 0x40, 0x41, if f.digit.is_none() { 0x44 } else { 0x40 }]);
            }
            modrm = 0xc0 | reg << 3 | rm;
        } else if narrow_address {
            // [BX+SI] … [BX], with a displacement
            let rm = r.below(8) as u8;
            paired = rm < 4;
            modrm = 0x40 | reg << 3 | rm;
            rest = vec![displacement];
        } else if r.below(4) == 0 {
            // [RBX + index * scale + disp8]; RCX and R9 are small.
            let index = if wide_segment && r.below(2) == 0 {
                rex |= 0x42;
                0x08
            } else {
                0x08
            };
            modrm = 0x44 | reg << 3;
            rest = vec![3 | index | r.pick(&[0, 0x40, 0x80]), displacement];
        } else {
            modrm = 0x40 | reg << 3 | r.pick(&[3, 5, 6, 7]);
            rest = vec![displacement];
        }
    }
    // Without REX, registers 4 to 7 of byte operands are AH to BH: that is wanted, too.
    if rex != 0 {
        bytes.push(rex);
    }
    if f.two_bytes {
        bytes.push(0x0f);
    }
    bytes.push(f.opcode[usize::from(f.two_bytes)]);
    if f.rm != Rm::None {
        bytes.push(modrm);
        bytes.extend(rest);
    }
    let moves_wide = f.rm == Rm::None && !f.two_bytes && f.opcode[0] & 0xf8 == 0xb8;
    let imm = match (f.imm, size) {
        (Imm::None, _) => 0,
        (Imm::Byte, _) => 1,
        (Imm::Full, 2) => 2,
        (Imm::Full, 8) if moves_wide => 8,
        (Imm::Full, _) => 4,
    };
    let mut value = r.value();
    if matches!(f.section, "SHLD" | "SHRD") {
        value = r.below(17);
    }
    bytes.extend(&value.to_le_bytes()[..imm]);
    Encoded { bytes, paired, aligned }
}

/// A pointer for memory operands, mostly a good one.
fn pointer(r: &mut Random, reg: u8, places: &Places, segment: Segment, good: bool) -> u64 {
    match r.below(24) {
        _ if good => places.scratch + 8 + r.below(12),
        0 | 1 => places.scratch + 64 - r.below(24),
        2 => places.read_only + r.below(64),
        // With RBP that is #SS; QEMU 7.2 says #GP.
        3 if segment == Segment::Bits64 && reg != 5 => 0x8000_0000_1000 + r.below(16),
        5 | 6 => (places.scratch + 16 + r.below(12)) & !15,
        _ => places.scratch + 16 + r.below(12),
    }
}

pub fn trial(r: &mut Random, places: &Places, table: &[Form]) -> Trial {
    let (mut end, mut registers, mut error) = (None, Vec::new(), !0u32);
    let (segment, encoded, f) = match r.below(40) {
        0 => {
            let sequence = x87::sequence(r, places.scratch);
            return trial_of(r, places, Segment::Bits64, sequence);
        }
        1..=6 => {
            let segment = r.pick(&[Segment::Bits64, Segment::Bits64, Segment::Bits32, Segment::Bits16]);
            let sequence = flow::sequence(r, segment, places.slot, places.scratch);
            end = Some(sequence.end);
            (segment, Encoded::sequence(sequence.code), None)
        }
        7 | 8 => {
            let sequence = paging::sequence(r, &places.tables, places.slot);
            (end, registers, error) = (Some(sequence.end), sequence.registers, sequence.error);
            (Segment::Bits64, Encoded::sequence(sequence.code), None)
        }
        _ => loop {
            let segment = r.pick(&[Segment::Bits64, Segment::Bits64, Segment::Bits32, Segment::Bits16]);
            let f = r.pick(table);
            let fits = if segment == Segment::Bits64 { f.in_64 } else { f.in_compatibility };
            if fits {
                break (segment, encode(r, &f, segment), Some(f));
            }
        },
    };
    let code = with_end(&encoded.bytes, end.unwrap_or(Some(segment)), places);
    let mut record = record(r, places, segment, &code, f.as_ref(), &encoded);
    record[60..64].iter_mut().zip(error.to_le_bytes()).for_each(|(byte, counts)| *byte &= counts);
    set_registers(&mut record, &registers);
    Trial { segment, code: encoded.bytes, record }
}

fn set_registers(record: &mut [u8], registers: &[(u8, u64)]) {
    for (n, value) in registers {
        record[64 + usize::from(*n) * 8..][..8].copy_from_slice(&value.to_le_bytes());
    }
}

/// A sequence that ends in the segment in which it began.
pub fn trial_of(r: &mut Random, places: &Places, segment: Segment, sequence: x87::Sequence) -> Trial {
    let encoded = Encoded::sequence(sequence.code);
    let code = with_end(&encoded.bytes, Some(segment), places);
    let mut record = record(r, places, segment, &code, None, &encoded);
    set_registers(&mut record, &sequence.registers);
    // The XMM registers' values are the memory's, too.
    for (at, word) in (RECORD - 64..).step_by(8).zip(sequence.memory.iter().flatten()) {
        record[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    Trial { segment, code: encoded.bytes, record }
}

/// The code, and the way back from the segment in which it ends.
fn with_end(code: &[u8], end: Option<Segment>, places: &Places) -> Vec<u8> {
    let mut code = code.to_vec();
    match end {
        // Ring 3 comes back by an exception.
        None => {}
        // JMP qword [RETURN]
        Some(Segment::Bits64) => {
            code.extend([0xff, 0x24, 0x25]);
            code.extend(places.back.to_le_bytes());
        }
        // JMP 8:REPORT
        Some(end) => {
            if end == Segment::Bits16 {
                code.push(0x66);
            }
            code.push(0xea);
            code.extend(places.report.to_le_bytes());
            code.extend(8u16.to_le_bytes());
        }
    }
    assert!(code.len() <= 40, "{code:x?}");
    code
}

fn record(
    r: &mut Random,
    places: &Places,
    segment: Segment,
    code: &[u8],
    f: Option<&Form>,
    encoded: &Encoded,
) -> Vec<u8> {
    let mut record = code.to_vec();
    record.resize(40, 0xcc);
    // CF, PF, AF, ZF, SF, OF and, one time in four, DF.
    let flags = r.draw() & 0x8d5 | if r.below(4) == 0 { 0x400 } else { 0 };
    const RF: u64 = 1 << 16;
    let undefined = f.map_or(0, |f| f.undefined) | RF;
    // A read-modify-write's page fault tells of a write on silicon, of the read on QEMU.
    let error = if f.is_some_and(|f| f.modifies) { !2u32 } else { !0 };
    let mxcsr = 0x1f80 | (r.below(4) as u32) << 13 | if r.below(8) == 0 { 0x8000 } else { 0 };
    record.extend((flags as u32).to_le_bytes());
    record.extend((!undefined as u32).to_le_bytes());
    record.extend(places.slot.to_le_bytes());
    record.extend(u32::from(segment.selector()).to_le_bytes());
    record.extend(mxcsr.to_le_bytes());
    record.extend(error.to_le_bytes());
    let divides = f.is_some_and(|f| f.section == "DIV" || f.section == "IDIV");
    // QEMU 7.2 changes the flags of RCL and RCR before the write that faults, and writes in ARPL even what
    // stays the same; it reads four bytes for MOVSXD of a word.
    let good = f.is_none_or(|f| matches!(f.section, "RCL" | "RCR" | "ARPL" | "MOVSXD"));
    // The SDM doesn't say which operand of CMPS faults first.
    let compares = f.is_some_and(|f| f.section == "CMPS");
    let bound = f.is_some_and(|f| f.section == "BOUND");
    let bits = f.is_some_and(|f| matches!(f.section, "BT" | "BTS" | "BTR" | "BTC" | "SHLD" | "SHRD"));
    for reg in 0..16u8 {
        let value = match reg {
            1 if bits => r.below(17),
            1 if !encoded.aligned => r.below(80),
            2 if divides && r.below(3) > 0 => r.below(3),
            1 | 9 if encoded.aligned => 0,
            6 | 7 if encoded.aligned && encoded.paired => 0,
            3 | 5 | 6 | 7 if encoded.aligned => places.scratch + 16 * r.below(3),
            6 | 7 if encoded.paired => r.below(12),
            3 | 5 | 6 | 7 => pointer(r, reg, places, segment, good || compares && reg == 6),
            4 => places.stack,
            9 => r.below(3),
            // A bit offset reaches beyond its operand, but not beyond memory.
            _ if bits => r.below(200).wrapping_sub(100),
            _ if bound => r.below(0x100),
            _ => r.value(),
        };
        let value = if segment == Segment::Bits64 { value } else { value & 0xffff_ffff };
        record.extend(value.to_le_bytes());
    }
    let double = f.is_some_and(|f| matches!(f.prefix, 0x66 | 0xf2));
    for half in 0..8 {
        let value = r.floating();
        let value = if f.is_some() && half >= 2 { without_nans(value, double) } else { value };
        record.extend(value.to_le_bytes());
    }
    assert_eq!(record.len(), RECORD);
    record
}

/// NaNs stand in one register only: which of two comes out, QEMU 7.2 decides for SSE as for the x87.
fn without_nans(value: u64, double: bool) -> u64 {
    if double {
        return if f64::from_bits(value).is_nan() { value & !(1 << 52) } else { value };
    }
    let single = |v: u32| if f32::from_bits(v).is_nan() { v & !(1 << 23) } else { v };
    u64::from(single(value as u32)) | u64::from(single((value >> 32) as u32)) << 32
}

/// `count` trials from `seed`.
pub fn trials(seed: u64, count: usize, places: &Places) -> Vec<Trial> {
    let table = table::table();
    let mut r = Random(seed);
    (0..count).map(|_| trial(&mut r, places, &table)).collect()
}
