//! Names of UEFI statuses: as the specification has them, and as EDK II's `%r` prints them.

use crate::Status;
use core::fmt;

/// `EFI_NOT_FOUND`
pub struct Name(pub Status);
/// `Not Found`
pub struct Text(pub Status);

const NAMES: [(Status, &str, &str); 26] = [
    (Status::SUCCESS, "EFI_SUCCESS", "Success"),
    (Status::LOAD_ERROR, "EFI_LOAD_ERROR", "Load Error"),
    (Status::INVALID_PARAMETER, "EFI_INVALID_PARAMETER", "Invalid Parameter"),
    (Status::UNSUPPORTED, "EFI_UNSUPPORTED", "Unsupported"),
    (Status::BAD_BUFFER_SIZE, "EFI_BAD_BUFFER_SIZE", "Bad Buffer Size"),
    (Status::BUFFER_TOO_SMALL, "EFI_BUFFER_TOO_SMALL", "Buffer Too Small"),
    (Status::NOT_READY, "EFI_NOT_READY", "Not Ready"),
    (Status::DEVICE_ERROR, "EFI_DEVICE_ERROR", "Device Error"),
    (Status::WRITE_PROTECTED, "EFI_WRITE_PROTECTED", "Write Protected"),
    (Status::OUT_OF_RESOURCES, "EFI_OUT_OF_RESOURCES", "Out of Resources"),
    (Status::VOLUME_CORRUPTED, "EFI_VOLUME_CORRUPTED", "Volume Corrupt"),
    (Status::NO_MEDIA, "EFI_NO_MEDIA", "No Media"),
    (Status::NOT_FOUND, "EFI_NOT_FOUND", "Not Found"),
    (Status::ACCESS_DENIED, "EFI_ACCESS_DENIED", "Access Denied"),
    (Status::NO_RESPONSE, "EFI_NO_RESPONSE", "No Response"),
    (Status::TIMEOUT, "EFI_TIMEOUT", "Time out"),
    (Status::NOT_STARTED, "EFI_NOT_STARTED", "Not started"),
    (Status::ALREADY_STARTED, "EFI_ALREADY_STARTED", "Already started"),
    (Status::ABORTED, "EFI_ABORTED", "Aborted"),
    (Status::INCOMPATIBLE_VERSION, "EFI_INCOMPATIBLE_VERSION", "Incompatible Version"),
    (Status::SECURITY_VIOLATION, "EFI_SECURITY_VIOLATION", "Security Violation"),
    (Status::CRC_ERROR, "EFI_CRC_ERROR", "CRC Error"),
    (crate::smm::INTERRUPT_PENDING, "EFI_INTERRUPT_PENDING", "Interrupt Pending"),
    (crate::smm::WARN_SOURCE_PENDING, "EFI_WARN_INTERRUPT_SOURCE_PENDING", "Warning Interrupt Source Pending"),
    (crate::smm::WARN_SOURCE_QUIESCED, "EFI_WARN_INTERRUPT_SOURCE_QUIESCED", "Warning Interrupt Source Quiesced"),
    (crate::smm::NOT_AVAILABLE_YET, "EFI_NOT_AVAILABLE_YET", "Not Available Yet"),
];

fn find(status: Status) -> Option<&'static (Status, &'static str, &'static str)> {
    NAMES.iter().find(|(known, ..)| *known == status)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match find(self.0) {
            Some((_, name, _)) => f.write_str(name),
            None => write!(f, "{:016X}", self.0.as_usize()),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match find(self.0) {
            Some((.., text)) => f.write_str(text),
            None => write!(f, "{:016X}", self.0.as_usize()),
        }
    }
}
