//! The two cascaded 8259 interrupt controllers, ports 20h, 21h, A0h, A1h, 4D0h and 4D1h.
//!
//! Source: Intel 8259A data sheet; ICH9 datasheet 316972, "8259 Interrupt Controller (PIC) Registers"
//! (ELCR1, ELCR2). Until ICW1 to ICW4 are written, a controller asks for nothing. Not modelled:
//! special fully nested mode, rotation.

const EOI: u8 = 0x20;
const SPECIFIC: u8 = 0x40;
const CASCADE: u8 = 2;
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
    init: Init,
    /// ICW1: an ICW4 follows; no ICW3 does, as there is one controller only.
    icw4_needed: bool,
    single: bool,
    auto_eoi: bool,
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
    fn new() -> Self {
        Controller {
            init: Init::Never,
            icw4_needed: false,
            single: false,
            auto_eoi: false,
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

    /// The input that asks, if its priority is above what is in service.
    fn asks(&self) -> Option<u8> {
        let waiting = self.irr & !self.imr;
        let first = (0..8).find(|n| waiting >> n & 1 != 0)?;
        let blocking = if self.special_mask { self.isr & !self.imr } else { self.isr };
        let in_service = (0..8).find(|n| blocking >> n & 1 != 0).unwrap_or(8);
        (self.init == Init::Done && first < in_service).then_some(first)
    }

    fn acknowledge(&mut self, input: u8) {
        if self.elcr >> input & 1 == 0 {
            self.irr &= !(1 << input);
        }
        if !self.auto_eoi {
            self.isr |= 1 << input;
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
                ..Controller::new()
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
        } else if byte & EOI != 0 {
            let ended = match byte & SPECIFIC {
                0 => (0..8).find(|n| self.isr >> n & 1 != 0),
                _ => Some(byte & 7),
            };
            self.isr &= !ended.map_or(0, |n| 1 << n);
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
    pub fn new() -> Self {
        Pic { master: Controller::new(), slave: Controller::new() }
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
        let mut pic = Pic::new();
        for (port, bytes) in [(0x20, [0x11, 0x20, 4, 1]), (0xa0, [0x11, 0x28, 2, 1])] {
            pic.write(port, bytes[0]);
            bytes[1..].iter().for_each(|byte| pic.write(port + 1, *byte));
        }
        pic
    }

    #[test]
    fn nothing_is_asked_before_the_initialisation_words() {
        let mut pic = Pic::new();
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
}
