//! Where a register lies, and the command by which the OS writes a field of it: read, change, write back,
//! as software does it. Bits that a written 1 clears or sets off are written as 0, but for the one that is
//! meant.

use super::stimulus::value;
use protocol::chipset::{Access, ChipsetView, Register, RegisterField};

/// As the datasheet says it: `PMBASE+30h`.
pub fn place(register: &Register) -> String {
    let at = register.at;
    match (register.block.as_str(), is_trap(register)) {
        ("MCH", _) => format!("D0:F0 {at:02X}h"),
        ("LPC", _) => format!("D31:F0 {at:02X}h"),
        ("PM", _) => format!("PMBASE+{at:02X}h"),
        ("GPIO", _) => format!("GPIOBASE+{at:02X}h"),
        ("SPI", _) => format!("SPIBAR+{at:02X}h"),
        (_, true) => format!("RCBA+{:04X}h", 0x1e00 + at),
        _ => format!("RCBA+{:04X}h", 0x3400 + at),
    }
}

/// The I/O traps lie in a block of their own behind RCBA.
fn is_trap(register: &Register) -> bool {
    register.block == "RCBA" && ["TRSR", "TRCR", "TWDR", "IOTR"].iter().any(|name| register.name.starts_with(name))
}

/// What a press on the field writes to it; nothing for one that is too wide or can't be changed.
pub fn next(field: &RegisterField) -> Option<u64> {
    let ones = u64::MAX >> (64 - u32::from(field.width));
    match field.access {
        Access::ReadWrite if field.width <= 2 => Some((field.value + 1) & ones),
        Access::WriteOneToClear if field.value != 0 => Some(ones),
        Access::SetOnce if field.value == 0 => Some(ones),
        Access::WriteOneActs => Some(ones),
        _ => None,
    }
}

/// The OS's command that writes a value to a field.
pub fn command(view: &ChipsetView, register: &Register, field: &RegisterField, to: u64) -> String {
    let whole = kept(register) & !mask(field) | to << field.low;
    let byte = |base: u64| {
        let nth = u64::from(field.low / 8);
        format!("out {:x} {:x}", base + u64::from(register.at) + nth, whole >> (8 * nth) & 0xff)
    };
    let at = register.at & !3;
    let double = || {
        let there = view.registers.iter().filter(|other| {
            let same = other.block == register.block && is_trap(other) == is_trap(register);
            same && other.name != register.name && other.at & !3 == at
        });
        let beside = there.fold(0, |all, other| all | kept(other) << (8 * (other.at - at)));
        let wide = u64::from(field.low / 32) * 32;
        beside | (whole >> wide & 0xffff_ffff) << (8 * (register.at - at))
    };
    let behind = u64::from(field.low / 32) * 4 + u64::from(at);
    let rcba = value(view, "RCBA") & !0x3fff;
    match register.block.as_str() {
        "PM" => byte(value(view, "PMBASE") & 0xff80),
        "GPIO" => byte(value(view, "GPIOBASE") & 0xffc0),
        "MCH" => format!("pci 0 0 {behind:x} {:x}", double()),
        "LPC" => format!("pci 1f 0 {behind:x} {:x}", double()),
        "SPI" => format!("poke {:x} {:x}", rcba + 0x3800 + behind, double()),
        _ if is_trap(register) => format!("poke {:x} {:x}", rcba + 0x1e00 + behind, double()),
        _ => format!("poke {:x} {:x}", rcba + 0x3400 + behind, double()),
    }
}

fn mask(field: &RegisterField) -> u64 {
    (u64::MAX >> (64 - u32::from(field.width))) << field.low
}

/// What a write back leaves as it is.
fn kept(register: &Register) -> u64 {
    if register.fields.is_empty() {
        return register.value;
    }
    let stored = register.fields.iter().filter(|field| field.access == Access::ReadWrite);
    stored.fold(0, |all, field| all | mask(field)) & register.value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, low: u8, width: u8, access: Access) -> RegisterField {
        RegisterField { name: name.into(), low, width, value: 0, access, locked_by: None }
    }

    fn register(block: &str, at: u16, name: &str, value: u64, mut fields: Vec<RegisterField>) -> Register {
        fields.iter_mut().for_each(|field| field.value = (value & mask(field)) >> field.low);
        Register { block: block.into(), at, size: 4, name: name.into(), value, reset: 0, source: String::new(), fields }
    }

    fn board() -> ChipsetView {
        use Access::{ReadOnly, ReadWrite, SetOnce, WriteOneActs, WriteOneToClear};
        let bit = |name, low, access| field(name, low, 1, access);
        let smi_en = vec![bit("GBL_SMI_EN", 0, ReadWrite), bit("EOS", 1, WriteOneActs), bit("APMC_EN", 5, ReadWrite)];
        let smram = vec![field("C_BASE_SEG", 0, 3, ReadOnly), bit("D_LCK", 4, SetOnce), bit("D_CLS", 5, ReadWrite)];
        let esmramc = vec![bit("T_EN", 0, ReadWrite), bit("E_SMERR", 6, WriteOneToClear)];
        let registers = vec![
            register("LPC", 0x40, "PMBASE", 0x601, vec![]),
            register("LPC", 0xf0, "RCBA", 0xfed1_c001, vec![]),
            register(
                "PM",
                0x00,
                "PM1_STS",
                0x501,
                vec![bit("PWRBTN_STS", 8, WriteOneToClear), bit("RTC_STS", 10, WriteOneToClear)],
            ),
            register("PM", 0x30, "SMI_EN", 0x23, smi_en),
            register("MCH", 0x9d, "SMRAM", 0x1a, smram),
            register("MCH", 0x9e, "ESMRAMC", 0x79, esmramc),
            register(
                "LPC",
                0xb8,
                "GPI_ROUT",
                0x4,
                vec![field("GPI1_ROUT", 2, 2, ReadWrite), field("GPI8_ROUT", 16, 2, ReadWrite)],
            ),
            register("SPI", 0x78, "PR1", 0, vec![bit("WPE", 31, ReadWrite)]),
        ];
        ChipsetView { time: 0, registers, smi: None }
    }

    #[test]
    fn a_field_is_written_beside_what_its_register_holds() {
        let board = board();
        for (name, nth, to, wanted) in [
            ("SMI_EN", 2, 0, "out 630 1"),
            ("SMI_EN", 1, 1, "out 630 23"),
            ("PM1_STS", 0, 1, "out 601 1"),
            ("SMRAM", 2, 1, "pci 0 0 9c 12000"),
            ("GPI_ROUT", 1, 1, "pci 1f 0 b8 10004"),
            ("PR1", 0, 1, "poke fed1f878 80000000"),
        ] {
            let register = board.registers.iter().find(|register| register.name == name).expect("a register");
            assert_eq!(command(&board, register, &register.fields[nth], to), wanted);
        }
    }

    #[test]
    fn a_press_turns_a_bit_clears_a_status_and_leaves_alone_what_cannot_change() {
        let with = |access, width, value| RegisterField { value, ..field("F", 0, width, access) };
        assert_eq!(next(&with(Access::ReadWrite, 1, 1)), Some(0));
        assert_eq!(next(&with(Access::ReadWrite, 2, 3)), Some(0));
        assert_eq!(next(&with(Access::ReadWrite, 13, 0)), None);
        assert_eq!(next(&with(Access::WriteOneToClear, 1, 1)), Some(1));
        assert_eq!(next(&with(Access::WriteOneToClear, 1, 0)), None);
        assert_eq!(next(&with(Access::SetOnce, 1, 1)), None);
        assert_eq!(next(&with(Access::WriteOneActs, 1, 0)), Some(1));
        assert_eq!(next(&with(Access::ReadOnly, 1, 1)), None);
    }

    #[test]
    fn a_register_lies_where_the_datasheet_says() {
        let at = |block, name, at| place(&register(block, at, name, 0, vec![]));
        assert_eq!(at("MCH", "SMRAM", 0x9d), "D0:F0 9Dh");
        assert_eq!(at("PM", "SMI_EN", 0x30), "PMBASE+30h");
        assert_eq!((at("RCBA", "TRSR", 0), at("RCBA", "GCS", 0x10)), ("RCBA+1E00h".into(), "RCBA+3410h".into()));
    }
}
