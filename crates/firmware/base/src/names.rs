//! Names of UEFI statuses: as the specification has them, and as EDK II's `%r` prints them.

use crate::smm::{INTERRUPT_PENDING, NOT_AVAILABLE_YET, WARN_SOURCE_PENDING, WARN_SOURCE_QUIESCED};
use crate::text::{Nth, Show};
use crate::{Status, text};
use core::fmt;

/// `EFI_NOT_FOUND`
pub struct Name(pub Status);
/// `Not Found`
pub struct Text(pub Status);

/// Three tables, so that who uses one name has the other nowhere in its image.
macro_rules! statuses {
    ($($status:expr, $name:literal, $text:literal;)*) => {
        const ALL: &[Status] = &[$($status),*];
        const NAMES: &str = concat!($($name, "\0"),*);
        const TEXTS: &str = concat!($($text, "\0"),*);
    };
}

statuses! {
    Status::SUCCESS, "EFI_SUCCESS", "Success";
    Status::LOAD_ERROR, "EFI_LOAD_ERROR", "Load Error";
    Status::INVALID_PARAMETER, "EFI_INVALID_PARAMETER", "Invalid Parameter";
    Status::UNSUPPORTED, "EFI_UNSUPPORTED", "Unsupported";
    Status::BAD_BUFFER_SIZE, "EFI_BAD_BUFFER_SIZE", "Bad Buffer Size";
    Status::BUFFER_TOO_SMALL, "EFI_BUFFER_TOO_SMALL", "Buffer Too Small";
    Status::NOT_READY, "EFI_NOT_READY", "Not Ready";
    Status::DEVICE_ERROR, "EFI_DEVICE_ERROR", "Device Error";
    Status::WRITE_PROTECTED, "EFI_WRITE_PROTECTED", "Write Protected";
    Status::OUT_OF_RESOURCES, "EFI_OUT_OF_RESOURCES", "Out of Resources";
    Status::VOLUME_CORRUPTED, "EFI_VOLUME_CORRUPTED", "Volume Corrupt";
    Status::NO_MEDIA, "EFI_NO_MEDIA", "No Media";
    Status::NOT_FOUND, "EFI_NOT_FOUND", "Not Found";
    Status::ACCESS_DENIED, "EFI_ACCESS_DENIED", "Access Denied";
    Status::NO_RESPONSE, "EFI_NO_RESPONSE", "No Response";
    Status::TIMEOUT, "EFI_TIMEOUT", "Time out";
    Status::NOT_STARTED, "EFI_NOT_STARTED", "Not started";
    Status::ALREADY_STARTED, "EFI_ALREADY_STARTED", "Already started";
    Status::ABORTED, "EFI_ABORTED", "Aborted";
    Status::INCOMPATIBLE_VERSION, "EFI_INCOMPATIBLE_VERSION", "Incompatible Version";
    Status::SECURITY_VIOLATION, "EFI_SECURITY_VIOLATION", "Security Violation";
    Status::CRC_ERROR, "EFI_CRC_ERROR", "CRC Error";
    INTERRUPT_PENDING, "EFI_INTERRUPT_PENDING", "Interrupt Pending";
    WARN_SOURCE_PENDING, "EFI_WARN_INTERRUPT_SOURCE_PENDING", "Warning Interrupt Source Pending";
    WARN_SOURCE_QUIESCED, "EFI_WARN_INTERRUPT_SOURCE_QUIESCED", "Warning Interrupt Source Quiesced";
    NOT_AVAILABLE_YET, "EFI_NOT_AVAILABLE_YET", "Not Available Yet";
}

static NUMBERS: [u8; ALL.len()] = {
    let (mut numbers, mut nth) = ([0; ALL.len()], 0);
    while nth < ALL.len() {
        numbers[nth] = number(ALL[nth]);
        nth += 1;
    }
    numbers
};

/// The first byte and the last: all that those of the table have.
const fn number(status: Status) -> u8 {
    (status.as_usize() >> 56 | status.as_usize()) as u8
}

fn show(status: Status, names: &'static str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_short = status.as_usize() << 8 >> 16 == 0;
    match NUMBERS.iter().position(|known| is_short && *known == number(status)) {
        Some(nth) => Nth(names, nth).show(f),
        None => f.write_fmt(text!("{:016X}", status.as_usize())),
    }
}

impl Show for Name {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, NAMES, f)
    }
}

impl Show for Text {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, TEXTS, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_status_has_its_names_and_others_are_numbers() {
        for (nth, status) in ALL.iter().enumerate() {
            let expected = [NAMES, TEXTS].map(|names| names.split('\0').nth(nth).expect("as many as statuses"));
            assert_eq!(text!("{}/{}", Name(*status), Text(*status)).to_string(), expected.join("/"));
        }
        assert_eq!(text!("{}", Name(Status::NOT_FOUND)).to_string(), "EFI_NOT_FOUND");
        assert_eq!(text!("{}", Text(Status::SUCCESS)).to_string(), "Success");
        for unknown in [1, 11 | 1 << 63, 1 << 62, 0x100, 1 << 63 | 0x10_0001] {
            let number = alloc::format!("{unknown:016X}");
            assert_eq!(text!("{}", Name(Status::from_usize(unknown))).to_string(), number);
        }
    }
}
