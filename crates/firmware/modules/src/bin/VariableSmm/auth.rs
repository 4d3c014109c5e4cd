//! Authenticated writes: `EFI_VARIABLE_AUTHENTICATION_2`, UEFI 2.10, 8.2.2. The descriptor is read as
//! EDK II reads it. There is nobody who checks a signature yet, so every write ends here.

use base::{Guid, Status};

/// `EFI_TIME`.
const TIME: usize = 16;
/// dwLength, wRevision, wCertificateType, CertType.
const CERTIFICATE: usize = 24;
const WIN_CERT_TYPE_EFI_GUID: u16 = 0x0ef1;
/// `gEfiCertPkcs7Guid`
const PKCS7: Guid = Guid::new("4AAFD29D-68DF-49EE-8AA9-347D375665A7");
/// Pad1, Nanosecond, TimeZone, Daylight, Pad2.
const ZEROS: core::ops::Range<usize> = 7..16;

/// The data behind the descriptor.
pub fn payload(data: &[u8]) -> Result<&[u8], Status> {
    let violation = Status::SECURITY_VIOLATION;
    let (time, rest) = data.split_at_checked(TIME).ok_or(violation)?;
    let length = rest.first_chunk().map(|length| u32::from_le_bytes(*length) as usize).ok_or(violation)?;
    let certificate = rest.get(..length).filter(|certificate| certificate.len() >= CERTIFICATE).ok_or(violation)?;
    let kind = u16::from_le_bytes([certificate[6], certificate[7]]);
    let is_pkcs7 = certificate[8..CERTIFICATE] == PKCS7.0;
    if time[ZEROS].iter().any(|byte| *byte != 0) || kind != WIN_CERT_TYPE_EFI_GUID || !is_pkcs7 {
        return Err(violation);
    }
    Ok(&rest[length..])
}

/// No key, no signature that holds.
pub fn verify() -> Result<(), Status> {
    base::info!("SmmVar: nobody can check the signature");
    Err(Status::SECURITY_VIOLATION)
}
