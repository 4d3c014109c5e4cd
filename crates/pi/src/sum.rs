//! The checksums of PI and UEFI.

/// 8-bit sum; 0 over whatever carries its own checksum.
#[must_use]
pub fn sum8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Sum of 16-bit little-endian words; an odd last byte counts as a word.
#[must_use]
pub fn sum16(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u16::from(pair[0]) | u16::from(*pair.get(1).unwrap_or(&0)) << 8;
    bytes.chunks(2).fold(0, |sum, pair| sum.wrapping_add(word(pair)))
}

/// CRC-32 as `CalculateCrc32()` of UEFI 2.10, 7.5 (IEEE 802.3, reflected).
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let shift = |crc: u32| crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_gives_the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn sums_wrap_around() {
        assert_eq!(sum8(&[0xff, 2]), 1);
        assert_eq!(sum16(&[0xff, 0xff, 3, 0, 1]), 3);
    }
}
