//! The two cascaded 8259 interrupt controllers, ports 20h, 21h, A0h, A1h, 4D0h and 4D1h.
//!
//! Source: Intel 8259A data sheet; ICH9 datasheet 316972, "8259 Interrupt Controller (PIC) Registers"
//! (ELCR1, ELCR2). Until ICW1 to ICW4 are written, a controller asks for nothing.

use crate::Silicon;

/// OCW2's upper three bits.
mod ocw2 {
    pub const ROTATE_IN_AUTO_EOI_CLEAR: u8 = 0;
    pub const NON_SPECIFIC_EOI: u8 = 1;
    pub const SPECIFIC_EOI: u8 = 3;
    pub const ROTATE_IN_AUTO_EOI_SET: u8 = 4;
    pub const ROTATE_ON_NON_SPECIFIC_EOI: u8 = 5;
    pub const SET_PRIORITY: u8 = 6;
    pub const ROTATE_ON_SPECIFIC_EOI: u8 = 7;
}

const CASCADE: u8 = 2;
/// Priority of nobody: below all eight.
const NONE: u8 = 8;
const SPURIOUS: u8 = 7;

/// Which initialisation word is written next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Init {
    /// ICW1 was never written.
    Never,
    Icw2,
    Icw3,
    Icw4,
    Done,
}

#[derive(Clone, Debug, Hash)]
struct Controller {
    silicon: Silicon,
    /// Only the master's input 2 has a slave.
    master: bool,
    init: Init,
    /// ICW1: an ICW4 follows; no ICW3 does, as there is one controller only.
    icw4_needed: bool,
    single: bool,
    auto_eoi: bool,
    /// OCW2: an automatic end of interrupt rotates.
    rotates: bool,
    /// ICW4: the slave that is in service may ask again.
    fully_nested: bool,
    /// The input with the lowest priority; the next one has the highest.
    lowest: u8,
    base: u8,
    /// Requests, in service, masked.
    irr: u8,
    isr: u8,
    imr: u8,
    /// Levels of the inputs, and those that are level-triggered.
    lines: u8,
    elcr: u8,
    read_isr: bool,
    /// OCW3: the next read acknowledges and tells which input asked.
    poll: bool,
    special_mask: bool,
}

impl Controller {
    fn new(silicon: Silicon, master: bool) -> Self {
        Controller {
            silicon,
            master,
            init: Init::Never,
            icw4_needed: false,
            single: false,
            auto_eoi: false,
            rotates: false,
            fully_nested: false,
            lowest: 7,
            base: 0,
            irr: 0,
            isr: 0,
            imr: 0,
            lines: 0,
            elcr: 0,
            read_isr: false,
            poll: false,
            special_mask: false,
        }
    }

    fn set_lines(&mut self, lines: u8) {
        let rising = lines & !self.lines;
        self.irr = (self.irr | rising) & (lines | !self.elcr) & !(!lines & self.elcr);
        self.irr |= lines & self.elcr;
        self.lines = lines;
    }

    /// The input that has this priority, 0 the highest.
    fn input_at(&self, priority: u8) -> u8 {
        (self.lowest + 1 + priority) & 7
    }

    /// The highest priority among these inputs.
    fn priority(&self, inputs: u8) -> u8 {
        (0..8).find(|priority| inputs >> self.input_at(*priority) & 1 != 0).unwrap_or(NONE)
    }

    /// The input that asks, if its priority is above what is in service.
    fn asks(&self) -> Option<u8> {
        let first = self.priority(self.irr & !self.imr);
        let mut blocking = if self.special_mask { self.isr & !self.imr } else { self.isr };
        let slave = self.master && self.fully_nested;
        // QEMU's master forgets that the slave is in service; on silicon only the slave itself gets through.
        if slave && (self.silicon == Silicon::Qemu || first < NONE && self.input_at(first) == CASCADE) {
            blocking &= !(1 << CASCADE);
        }
        (self.init == Init::Done && first < self.priority(blocking)).then(|| self.input_at(first))
    }

    fn acknowledge(&mut self, input: u8) {
        if self.elcr >> input & 1 == 0 {
            self.irr &= !(1 << input);
        }
        match self.auto_eoi {
            true if self.rotates => self.lowest = input,
            true => {}
            false => self.isr |= 1 << input,
        }
    }

    fn write_ocw2(&mut self, byte: u8) {
        let (command, named) = (byte >> 5, byte & 7);
        // Special mask mode leaves alone what is masked.
        let spared = if self.special_mask && self.silicon == Silicon::Ich9 { self.imr } else { 0 };
        let ended = match command {
            ocw2::NON_SPECIFIC_EOI | ocw2::ROTATE_ON_NON_SPECIFIC_EOI => match self.priority(self.isr & !spared) {
                NONE => return,
                priority => self.input_at(priority),
            },
            ocw2::SPECIFIC_EOI | ocw2::ROTATE_ON_SPECIFIC_EOI => named,
            ocw2::SET_PRIORITY => return self.lowest = named,
            ocw2::ROTATE_IN_AUTO_EOI_SET => return self.rotates = true,
            ocw2::ROTATE_IN_AUTO_EOI_CLEAR => return self.rotates = false,
            _ => return,
        };
        self.isr &= !(1 << ended);
        if matches!(command, ocw2::ROTATE_ON_NON_SPECIFIC_EOI | ocw2::ROTATE_ON_SPECIFIC_EOI) {
            self.lowest = ended;
        }
    }

    fn write_command(&mut self, byte: u8) {
        if byte & 0x10 != 0 {
            *self = Controller {
                init: Init::Icw2,
                icw4_needed: byte & 1 != 0,
                single: byte & 2 != 0,
                lines: self.lines,
                elcr: self.elcr,
                irr: self.lines & self.elcr,
                ..Controller::new(self.silicon, self.master)
            };
        } else if byte & 0x08 != 0 {
            // OCW3.
            self.poll |= byte & 0x04 != 0;
            if byte & 0x02 != 0 {
                self.read_isr = byte & 1 != 0;
            }
            if byte & 0x40 != 0 {
                self.special_mask = byte & 0x20 != 0;
            }
        } else {
            self.write_ocw2(byte);
        }
    }

    fn write_data(&mut self, byte: u8) {
        match self.init {
            Init::Icw2 => {
                self.base = byte & 0xf8;
                self.init = match (self.single, self.icw4_needed) {
                    (false, _) => Init::Icw3,
                    (true, true) => Init::Icw4,
                    (true, false) => Init::Done,
                };
            }
            Init::Icw3 if self.icw4_needed => self.init = Init::Icw4,
            Init::Icw3 => self.init = Init::Done,
            Init::Icw4 => {
                self.auto_eoi = byte & 2 != 0;
                self.fully_nested = byte & 0x10 != 0;
                self.init = Init::Done;
            }
            Init::Never | Init::Done => self.imr = byte,
        }
    }

    fn read(&mut self, data: bool) -> u8 {
        if std::mem::take(&mut self.poll) {
            let asks = self.asks();
            asks.into_iter().for_each(|input| self.acknowledge(input));
            return asks.map_or(0, |input| 0x80 | input);
        }
        match (data, self.read_isr) {
            (true, _) => self.imr,
            (false, true) => self.isr,
            (false, false) => self.irr,
        }
    }
}

#[derive(Clone, Debug, Hash)]
pub struct Pic {
    master: Controller,
    slave: Controller,
}

/// Inputs that ELCR can make level-triggered: not 0, 1, 2, 8 and 13.
const ELCR_MASTER: u8 = 0xf8;
const ELCR_SLAVE: u8 = 0xde;

impl Pic {
    pub fn new(silicon: Silicon) -> Self {
        Pic { master: Controller::new(silicon, true), slave: Controller::new(silicon, false) }
    }

    /// Levels of the sixteen lines.
    pub fn set_lines(&mut self, lines: u16) {
        self.slave.set_lines((lines >> 8) as u8);
        self.cascade(lines as u8);
    }

    /// The slave's output is the master's input 2.
    fn cascade(&mut self, master: u8) {
        let asks = u8::from(self.slave.asks().is_some()) << CASCADE;
        self.master.set_lines(master & !(1 << CASCADE) | asks);
    }

    /// Level of INTR.
    pub fn intr(&self) -> bool {
        self.master.asks().is_some()
    }

    /// INTA cycle: the vector.
    pub fn acknowledge(&mut self) -> u8 {
        let Some(input) = self.master.asks() else { return self.master.base | SPURIOUS };
        self.master.acknowledge(input);
        if input != CASCADE {
            return self.master.base | input;
        }
        let vector = match self.slave.asks() {
            Some(input) => {
                self.slave.acknowledge(input);
                self.slave.base | input
            }
            None => self.slave.base | SPURIOUS,
        };
        self.cascade(self.master.lines);
        vector
    }

    pub fn read(&mut self, port: u16) -> u8 {
        let value = match port {
            0x20 | 0x21 => self.master.read(port & 1 != 0),
            0xa0 | 0xa1 => self.slave.read(port & 1 != 0),
            0x4d0 => self.master.elcr,
            _ => self.slave.elcr,
        };
        self.cascade(self.master.lines);
        value
    }

    pub fn write(&mut self, port: u16, byte: u8) {
        match port {
            0x20 => self.master.write_command(byte),
            0x21 => self.master.write_data(byte),
            0xa0 => self.slave.write_command(byte),
            0xa1 => self.slave.write_data(byte),
            0x4d0 => self.master.elcr = byte & ELCR_MASTER,
            _ => self.slave.elcr = byte & ELCR_SLAVE,
        }
        self.cascade(self.master.lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors 20h and 28h, all inputs open.
    fn pic() -> Pic {
        pic_on(Silicon::Ich9)
    }

    fn pic_on(silicon: Silicon) -> Pic {
        let mut pic = Pic::new(silicon);
        for (port, bytes) in [(0x20, [0x11, 0x20, 4, 1]), (0xa0, [0x11, 0x28, 2, 1])] {
            pic.write(port, bytes[0]);
            bytes[1..].iter().for_each(|byte| pic.write(port + 1, *byte));
        }
        pic
    }

    #[test]
    fn nothing_is_asked_before_the_initialisation_words() {
        let mut pic = Pic::new(Silicon::Ich9);
        pic.set_lines(0xffff);
        assert!(!pic.intr());
    }

    #[test]
    fn the_highest_priority_comes_first_and_waits_for_the_end_of_interrupt() {
        let mut pic = pic();
        pic.set_lines(1 << 4 | 1 << 1);
        assert!(pic.intr());
        assert_eq!(pic.acknowledge(), 0x21);
        assert!(!pic.intr(), "4 is below 1, which is in service");
        pic.write(0x20, 0x20);
        assert_eq!(pic.acknowledge(), 0x24);
        pic.write(0x20, 0x64);
        assert!(!pic.intr(), "edges that were taken");
    }

    #[test]
    fn the_slave_asks_through_input_2() {
        let mut pic = pic();
        pic.set_lines(1 << 8);
        assert_eq!((pic.acknowledge(), pic.intr()), (0x28, false));
        pic.set_lines(0);
        pic.set_lines(1 << 9);
        pic.write(0xa0, 0x20);
        assert!(!pic.intr(), "input 2 of the master is in service");
        pic.write(0x20, 0x20);
        assert_eq!(pic.acknowledge(), 0x29);
    }

    #[test]
    fn a_poll_acknowledges_and_tells_the_input() {
        let mut pic = pic();
        pic.set_lines(1 << 3);
        pic.write(0x20, 0x0c);
        assert_eq!((pic.read(0x20), pic.intr()), (0x83, false));
        pic.write(0x20, 0x0c);
        assert_eq!((pic.read(0x21), pic.read(0x21)), (0, 0), "nobody asks; then IMR");
    }

    #[test]
    fn a_masked_input_waits_and_a_level_asks_again() {
        let mut pic = pic();
        pic.write(0x21, 0x10);
        pic.set_lines(1 << 4);
        assert!(!pic.intr());
        pic.write(0x21, 0);
        assert!(pic.intr());
        pic.write(0x4d1, 0xff);
        assert_eq!(pic.read(0x4d1), 0xde);
        pic.set_lines(1 << 9);
        pic.acknowledge();
        pic.write(0x20, 0x20);
        pic.acknowledge();
        pic.write(0xa0, 0x20);
        pic.write(0x20, 0x20);
        assert_eq!(pic.acknowledge(), 0x29, "the level is still there");
        pic.set_lines(0);
        pic.write(0xa0, 0x20);
        pic.write(0x20, 0x20);
        assert!(!pic.intr());
        assert_eq!(pic.acknowledge(), 0x27, "spurious");
    }

    /// Inputs in the order in which they are acknowledged when all of `inputs` ask at once, each ended by `end`.
    fn order(pic: &mut Pic, inputs: u16, end: impl Fn(u8) -> u8) -> Vec<u8> {
        pic.set_lines(0);
        pic.set_lines(inputs);
        let mut order = Vec::new();
        while pic.intr() {
            let input = pic.acknowledge() & 7;
            order.push(input);
            pic.write(0x20, end(input));
        }
        order
    }

    /// 8259A data sheet, "Operation Command Words": OCW2.
    #[test]
    fn priorities_rotate_as_ocw2_says() {
        let mut pic = pic();
        assert_eq!(order(&mut pic, 0b1101_0011, |_| 0x20), [0, 1, 4, 6, 7]);
        // Set priority: 3 is the lowest.
        pic.write(0x20, 0xc3);
        assert_eq!(order(&mut pic, 0b1101_0011, |_| 0x20), [4, 6, 7, 0, 1]);
        // Rotate on non-specific EOI: who was served is the lowest, at last 1.
        assert_eq!(order(&mut pic, 0b1101_0011, |_| 0xa0), [4, 6, 7, 0, 1]);
        assert_eq!(order(&mut pic, 0b0000_1010, |_| 0x20), [3, 1], "behind 1 as the lowest");
        // Rotate on specific EOI.
        assert_eq!(order(&mut pic, 0b0000_1000, |input| 0xe0 | input), [3]);
        assert_eq!(order(&mut pic, 0b0000_1010, |_| 0x20), [1, 3]);
        // OCW2 010 does nothing.
        pic.write(0x20, 0x45);
        assert_eq!(order(&mut pic, 0b0000_1010, |_| 0x20), [1, 3]);
        // ICW1 assigns IR7 the lowest priority.
        pic.write(0x20, 0x11);
        [0x20, 4, 1].into_iter().for_each(|byte| pic.write(0x21, byte));
        assert_eq!(order(&mut pic, 0b1101_0011, |_| 0x20), [0, 1, 4, 6, 7]);
    }

    #[test]
    fn an_automatic_end_of_interrupt_rotates_if_it_was_told_to() {
        for (ocw2, second) in [(0x80, 3), (0x00, 1)] {
            let mut pic = Pic::new(Silicon::Ich9);
            for (port, byte) in [(0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 3), (0x20, 0x80), (0x20, ocw2)] {
                pic.write(port, byte);
            }
            pic.set_lines(0b0000_0010);
            assert_eq!(pic.acknowledge(), 0x21);
            pic.set_lines(0);
            pic.set_lines(0b1000_1010);
            assert_eq!(pic.acknowledge() & 7, second, "OCW2 {ocw2:x}");
        }
    }

    /// 8259A data sheet, "Special Mask Mode", and its note on non-specific EOI.
    #[test]
    fn in_special_mask_mode_lower_priorities_get_through_and_a_masked_service_isn_t_ended() {
        for (silicon, isr) in [(Silicon::Ich9, 0x02), (Silicon::Qemu, 0x00)] {
            let mut pic = pic_on(silicon);
            pic.set_lines(1 << 1 | 1 << 5);
            assert_eq!(pic.acknowledge(), 0x21);
            pic.write(0x21, 0x02);
            assert!(!pic.intr());
            pic.write(0x20, 0x68);
            assert_eq!(pic.acknowledge(), 0x25);
            pic.write(0x20, 0x65);
            pic.write(0x20, 0x20);
            pic.write(0x20, 0x0b);
            assert_eq!(pic.read(0x20), isr, "{silicon:?}");
        }
    }

    /// 8259A data sheet, "Special Fully Nested Mode".
    #[test]
    fn in_special_fully_nested_mode_the_slave_asks_again_while_it_is_in_service() {
        for (silicon, icw4, again, lower) in
            [(Silicon::Ich9, 0x01, false, false), (Silicon::Ich9, 0x11, true, false), (Silicon::Qemu, 0x11, true, true)]
        {
            let start = || {
                let mut pic = pic_on(silicon);
                pic.write(0x20, 0x11);
                [0x20, 4, icw4].into_iter().for_each(|byte| pic.write(0x21, byte));
                pic.set_lines(1 << 12);
                assert_eq!(pic.acknowledge(), 0x2c);
                pic
            };
            let mut pic = start();
            pic.set_lines(1 << 12 | 1 << 9);
            assert_eq!(pic.intr(), again, "{silicon:?} {icw4:x}");
            let mut pic = start();
            pic.set_lines(1 << 12 | 1 << 5);
            assert_eq!(pic.intr(), lower, "{silicon:?} {icw4:x}");
        }
    }
}
