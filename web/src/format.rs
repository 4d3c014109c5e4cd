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

/// `53 4D 4D 53`.
pub fn dump(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
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

/// A number with `decimals` digits behind the point. Layout needs no more, and the library's exact
/// conversion of floating point would add kilobytes to the page.
pub fn fixed(value: f64, decimals: u32) -> String {
    let scale = 10_i64.pow(decimals);
    let scaled = (value * scale as f64).round() as i64;
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, part) = (scaled.abs() / scale, scaled.abs() % scale);
    if part == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part:0width$}", width = decimals as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_a_datasheet() {
        assert_eq!((hex_byte(0xc), hex_short(0x1000c2)), ("0Ch".into(), "1000C2h".into()));
        assert_eq!(decimal(41_208_204), "41\u{202f}208\u{202f}204");
        assert_eq!(status(0x8000_0000_0000_0003), "8000000000000003h (EFI_UNSUPPORTED)");
    }

    #[test]
    fn fixed_rounds_and_drops_a_whole_numbers_point() {
        assert_eq!((fixed(1.006, 2), fixed(-0.5, 1), fixed(3.0, 2)), ("1.01".into(), "-0.5".into(), "3".into()));
    }
}
