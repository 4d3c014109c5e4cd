//! Numbers as firmware people write them.

/// `42h`, `0Ch`: at least `digits` hexadecimal digits.
pub fn hex(value: u64, digits: usize) -> String {
    format!("{value:0digits$X}h")
}

/// As short as the value allows, an even number of digits.
pub fn hex_short(value: u64) -> String {
    let digits = (64 - value.leading_zeros() as usize).div_ceil(8).max(1) * 2;
    hex(value, digits)
}

pub fn hex_byte(value: u8) -> String {
    hex(value.into(), 2)
}

/// A value, with its UEFI name when it is an error status.
pub fn status(value: u64) -> String {
    match story::efi_status(value).filter(|_| value != 0) {
        Some(name) => format!("{} ({name})", hex(value, 16)),
        None => hex_short(value),
    }
}

/// `41 208 204`: groups of three, apart by thin no-break spaces.
pub fn decimal(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
