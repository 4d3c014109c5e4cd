//! Short sequences: branches, far transfers and returns between 64- and 32-bit code, segment loads, system
//! instructions, and ring 3. What an instruction leaves beside the state that is compared (a pushed
//! return address, a selector, a control register) a further one brings into a register.

use crate::guest::{Random, Segment};

/// Machine code, and the segment that it ends in; `None`: it ends in ring 3.
pub struct Sequence {
    pub code: Vec<u8>,
    pub end: Option<Segment>,
    /// What some registers hold.
    pub registers: Vec<(u8, u64)>,
    /// Bits of a fault's error code that count.
    pub error: u32,
}

/// CMC: it ran, or was jumped over.
const MARK: u8 = 0xf5;
/// The selectors that the ROM's GDT has, some that it hasn't, an LDT's.
const SELECTORS: [u8; 24] =
    [0, 1, 3, 8, 11, 16, 18, 24, 32, 40, 48, 56, 64, 72, 80, 88, 91, 96, 104, 107, 112, 120, 4, 12];

struct Code {
    bytes: Vec<u8>,
    slot: u32,
    segment: Segment,
}

pub fn sequence(r: &mut Random, segment: Segment, slot: u32, scratch: u64) -> Sequence {
    let mut c = Code { bytes: Vec::new(), slot, segment };
    let kinds = if segment == Segment::Bits16 { 8 } else { 12 };
    let end = match r.below(kinds) {
        0 | 1 => c.near(r),
        2 => c.selectors_on_the_stack(r),
        3 => c.registers(r),
        4 => c.segment_load(r),
        5 => c.absolute(r, scratch),
        6 => c.silent(r),
        7 => c.descriptors(r),
        8 => c.far(r),
        9 => c.interrupt_return(r),
        10 => c.through_memory(r),
        _ => return c.ring_3(r),
    };
    Sequence { code: c.bytes, end: Some(end), registers: Vec::new(), error: !0 }
}

impl Code {
    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    /// A value as wide as the segment's operands.
    fn word(&mut self, value: u32) -> &mut Self {
        let size = if self.segment == Segment::Bits16 { 2 } else { 4 };
        self.bytes.extend(&value.to_le_bytes()[..size]);
        self
    }

    /// Address of the byte that lies `ahead` bytes behind the end of what stands there so far.
    fn ahead(&self, ahead: usize) -> u32 {
        self.slot + (self.bytes.len() + ahead) as u32
    }

    fn word_size(&self) -> usize {
        if self.segment == Segment::Bits16 { 2 } else { 4 }
    }

    /// Jcc, LOOP, JCXZ, JMP, CALL, RET: over a mark, or onto it.
    fn near(&mut self, r: &mut Random) -> Segment {
        let skips = r.below(2) as u32;
        let size = self.word_size();
        match r.below(8) {
            0 | 1 => {
                let condition = r.below(16) as u8;
                self.put(&[0x70 | condition, 1, MARK]);
            }
            2 => {
                let condition = r.below(16) as u8;
                self.put(&[0x0f, 0x80 | condition]).word(skips).put(&[MARK]);
            }
            3 | 4 => {
                if r.below(3) == 0 {
                    self.put(&[0x67]);
                }
                let opcode = 0xe0 | r.below(4) as u8;
                self.put(&[opcode, 1, MARK]);
            }
            5 => {
                if skips == 1 {
                    self.put(&[0xeb, 1, MARK]);
                } else {
                    self.put(&[0xe9]).word(1).put(&[MARK]);
                }
            }
            6 => {
                // CALL, and POP shows where from: relative, or through EAX
                if self.segment == Segment::Bits16 && r.below(3) == 0 {
                    // MOV EAX, target; JMP EAX
                    let target = self.ahead(6 + 3 + 1);
                    self.put(&[0x66, 0xb8]).put(&target.to_le_bytes()).put(&[0x66, 0xff, 0xe0, MARK]);
                } else if skips == 1 {
                    self.put(&[0xe8]).word(1).put(&[MARK, 0x58]);
                } else {
                    let target = self.ahead(size + 4);
                    self.put(&[0xb8]).word(target).put(&[0xff, 0xd0, MARK, 0x58]);
                }
            }
            _ => {
                // PUSH target; RET or RET 8
                let ret: &[u8] = if skips == 1 { &[0xc3] } else { &[0xc2, 8, 0] };
                let target = self.ahead(1 + size + ret.len() + 1);
                self.put(&[0x68]).word(target).put(ret).put(&[MARK]);
            }
        }
        self.segment
    }

    /// MOV between the accumulator and an address of its own.
    fn absolute(&mut self, r: &mut Random, scratch: u64) -> Segment {
        let size = if self.segment == Segment::Bits64 { 8 } else { self.word_size() };
        if r.below(2) == 0 {
            self.put(&[0x66]);
        }
        let opcode = 0xa0 | r.below(4) as u8;
        self.put(&[opcode]).put(&(scratch + r.below(16)).to_le_bytes()[..size]);
        self.segment
    }

    /// What changes nothing, and IN from where nobody answers, OUT to where nobody listens.
    fn silent(&mut self, r: &mut Random) -> Segment {
        const HINTS: [&[u8]; 7] = [
            &[0xfa],
            &[0x9b],
            &[0x0f, 0xae, 0xe8],
            &[0x0f, 0xae, 0xf0],
            &[0xf3, 0x90],
            &[0x0f, 0x09],
            &[0x0f, 0x1f, 0],
        ];
        if r.below(2) == 0 {
            self.put(r.pick(&HINTS));
            return self.segment;
        }
        self.put(&[0xba]).word(0x300);
        if r.below(3) == 0 {
            self.put(&[0x66]);
        }
        self.put(&[0xec | r.below(4) as u8]);
        self.segment
    }

    /// PUSH target; JMP or CALL [RSP].
    fn through_memory(&mut self, r: &mut Random) -> Segment {
        let target = self.ahead(5 + 3 + 1);
        self.put(&[0x68]).word(target).put(&[0xff, r.pick(&[0x24, 0x14]), 0x24, MARK]);
        self.segment
    }

    fn selectors_on_the_stack(&mut self, r: &mut Random) -> Segment {
        let wide = self.segment == Segment::Bits64;
        let selector = r.pick(&SELECTORS);
        match r.below(2) {
            // PUSH seg; POP EAX
            0 if wide => self.put(r.pick(&[&[0x0f, 0xa0, 0x58][..], &[0x0f, 0xa8, 0x58]])),
            0 => {
                self.put(r.pick(&[&[0x06, 0x58][..], &[0x0e, 0x58], &[0x16, 0x58], &[0x1e, 0x58], &[0x0f, 0xa8, 0x58]]))
            }
            // PUSH imm8; POP seg; MOV ECX, seg
            _ if wide => {
                self.put(&[0x6a, selector]).put(r.pick(&[&[0x0f, 0xa1, 0x8c, 0xe1][..], &[0x0f, 0xa9, 0x8c, 0xe9]]))
            }
            _ => self.put(&[0x6a, selector]).put(r.pick(&[
                &[0x07, 0x8c, 0xc1][..],
                &[0x1f, 0x8c, 0xd9],
                &[0x0f, 0xa1, 0x8c, 0xe1],
            ])),
        };
        self.segment
    }

    /// SGDT, SIDT to memory; SLDT, STR, SMSW; MOV from and to control and debug registers.
    fn registers(&mut self, r: &mut Random) -> Segment {
        let reg = r.pick(&[0u8, 1, 2]);
        match r.below(6) {
            0 => self.put(&[0x0f, 0x01]).put(r.pick(&[&[0x43, 0][..], &[0x4b, 0]])),
            1 => self.put(&[0x0f, 0x00, r.pick(&[0xc0, 0xc8]) | reg]),
            2 => self.put(&[0x0f, 0x20, r.pick(&[0xc0, 0xd0, 0xd8, 0xe0]) | reg]),
            3 => self.put(&[0x0f, 0x21, r.pick(&[0xc0, 0xc8, 0xd0, 0xd8, 0xe0, 0xe8, 0xf0, 0xf8]) | reg]),
            4 => self.put(&[0x0f, 0x22, 0xd0 | reg]),
            // MOV DRn, and back to ECX
            _ => {
                let n = r.below(4) as u8;
                self.put(&[0x0f, 0x23, 0xc0 | n << 3 | reg, 0x0f, 0x21, 0xc1 | n << 3])
            }
        };
        self.segment
    }

    /// MOV AX, selector; VERR, VERW, LAR, LSL, ARPL's cousins of descriptors.
    fn descriptors(&mut self, r: &mut Random) -> Segment {
        let selector = r.pick(&[&SELECTORS[..], &[128, 136, 152, 0xf8]].concat());
        self.put(&[0xb8]).word(selector.into());
        if self.segment == Segment::Bits64 && r.below(3) == 0 {
            self.put(&[0x48]);
        }
        self.put(&[0x0f]).put(r.pick(&[&[0x00, 0xe0][..], &[0x00, 0xe8], &[0x02, 0xd0], &[0x03, 0xd0]]));
        self.segment
    }

    /// MOV EAX, selector; MOV seg, EAX; MOV ECX, seg.
    fn segment_load(&mut self, r: &mut Random) -> Segment {
        let selector = r.pick(&[&SELECTORS[..], &[128, 136, 152, 0xf8]].concat());
        let seg = r.pick(&[0u8, 1, 2, 3, 4, 5]);
        // A null SS with another RPL than CPL is refused, which QEMU 7.2 doesn't know.
        let selector = if seg == 2 && selector < 4 { 0 } else { selector };
        self.put(&[0xb8]).word(selector.into());
        if r.below(3) == 0 {
            self.put(&[0x66]);
        }
        self.put(&[0x8e, 0xc0 | seg << 3, 0x8c, 0xc1 | seg << 3]);
        self.segment
    }

    /// Far JMP, CALL, RET to a code segment, good or bad (L and D both set is bad: QEMU 7.2 finds out late). What lies there is for both sizes the same.
    fn far(&mut self, r: &mut Random) -> Segment {
        let selector = r.pick(&[8u8, 8, 24, 24, 27, 96, 80, 0, 3, 16, 56, 112, 128, 0xf8]);
        let wide = self.segment == Segment::Bits64;
        let kind = if wide { 2 } else { r.below(3) };
        match kind {
            0 | 1 => {
                let target = self.ahead(7 + 1);
                self.put(&[if kind == 0 { 0xea } else { 0x9a }]).word(target).put(&[selector, 0, MARK]);
            }
            _ => {
                // PUSH selector, target; RETF, with 64-bit operands in 64-bit code
                let ret: &[u8] = if wide { &[0x48, 0xcb] } else { &[0xcb] };
                self.put(&[0x68]).word(selector.into());
                let target = self.ahead(5 + ret.len() + 1);
                self.put(&[0x68]).word(target).put(ret).put(&[MARK]);
            }
        }
        ended(selector)
    }

    /// IRET to the same level, with flags of all kinds but TF, IF and VM.
    fn interrupt_return(&mut self, r: &mut Random) -> Segment {
        let selector = r.pick(&[8u8, 8, 24, 24, 96, 0, 16, 11, 128]);
        let flags = r.draw() as u32 & 0x0024_7cd5 | 2;
        let wide = self.segment == Segment::Bits64;
        if wide {
            // PUSH SS, RSP
            // QEMU 7.2 takes a null SS for 32-bit code, too, and says #NP for #SS.
            let ss = r.pick(&[16u8, 16, if selector == 8 { 0 } else { 16 }, 104]);
            self.put(&[0x6a, ss, 0x54]);
        }
        let iret: &[u8] = if wide { &[0x48, 0xcf] } else { &[0xcf] };
        self.put(&[0x68]).word(flags).put(&[0x6a, selector]);
        if selector >= 0x80 {
            // PUSH imm8 is signed.
            let at = self.bytes.len() - 2;
            self.bytes.truncate(at);
            self.put(&[0x68]).word(selector.into());
        }
        let target = self.ahead(5 + iret.len() + 1);
        self.put(&[0x68]).word(target).put(iret).put(&[MARK]);
        ended(selector)
    }

    /// IRETQ to ring 3, one instruction there, and INT3.
    fn ring_3(mut self, r: &mut Random) -> Sequence {
        const TRIES: [&[u8]; 21] = [
            &[0xfa],
            &[0xfb],
            &[0xf4],
            &[0xe4, 0x80],
            &[0xe6, 0x80],
            &[0x36, 0x6e],
            &[0x0f, 0x20, 0xc0],
            &[0x0f, 0x22, 0xd0],
            &[0x0f, 0x21, 0xf8],
            &[0x0f, 0x30],
            &[0x0f, 0x32],
            &[0x0f, 0x06],
            &[0x0f, 0x09],
            &[0x0f, 0x01, 0x3b],
            &[0x0f, 0x01, 0x13],
            &[0x0f, 0x00, 0xd8],
            &[0x0f, 0xaa],
            &[0xcd, 3],
            &[0x9d],
            &[0x8e, 0xd8],
            &[0x8e, 0xe1],
        ];
        if self.segment != Segment::Bits64 {
            let end = self.near(r);
            return Sequence { code: self.bytes, end: Some(end), registers: Vec::new(), error: !0 };
        }
        let cs = r.pick(&[115u8, 115, 123]);
        let iopl = r.pick(&[0u32, 0x3000]);
        // PUSH SS, RSP, flags, CS, target; IRETQ
        self.put(&[0x6a, 91, 0x54, 0x68]).word(iopl | 2).put(&[0x6a, cs]);
        let target = self.ahead(5 + 2);
        self.put(&[0x68]).word(target).put(&[0x48, 0xcf]);
        match r.below(4) {
            // MOV EAX, [EAX] or MOV [EAX], EAX: in a page of the supervisor's, or one of its own
            0 => {
                // DS is null in 32-bit code, as ring 3 can't have it; QEMU 7.2 doesn't mind.
                let page = r.pick(&[0xc0u8, 0xb0, 0x70, 0x90]);
                self.put(&[0xb8, 0x10, page, 0, 0, 0x36, r.pick(&[0x8b, 0x89]), 0]);
            }
            // POPF of anything: what ring 3 can't change stays
            1 => {
                let flags = r.draw() as u32 & 0x0024_7cd5;
                self.put(&[0x68]).word(flags).put(&[0x9d]);
            }
            _ => {
                let selector = r.pick(&SELECTORS);
                let bytes = r.pick(&TRIES);
                if bytes[0] == 0x8e {
                    self.put(&[0xb8, selector, 0, 0, 0, 0xb9, selector, 0, 0, 0]);
                }
                // POPF without a value of its own would load what the frame left.
                self.put(if bytes == [0x9d] { &[0x9c, 0x9d] } else { bytes });
            }
        }
        self.put(&[0xcc]);
        Sequence { code: self.bytes, end: None, registers: Vec::new(), error: !0 }
    }
}

/// The code segment that a selector leads to, if it leads anywhere.
fn ended(selector: u8) -> Segment {
    if matches!(selector & !3, 8 | 112) { Segment::Bits64 } else { Segment::Bits32 }
}
