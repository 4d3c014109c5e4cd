//! Vendors of variables that a learner meets, by their names in EDK II.

use crate::Guid;

const KNOWN: [(&str, Guid); 9] = [
    ("gEfiGlobalVariableGuid", Guid::new("8BE4DF61-93CA-11D2-AA0D-00E098032B8C")),
    ("gEfiImageSecurityDatabaseGuid", Guid::new("D719B2CB-3D3A-4596-A3BC-DAD00E67656F")),
    ("gEfiSecureBootEnableDisableGuid", Guid::new("F0A30BC7-AF08-4556-99C4-001009C93A44")),
    ("gEfiCustomModeEnableGuid", Guid::new("C076EC0C-7028-4399-A072-71EE5C448B9F")),
    ("gEfiVendorKeysNvGuid", Guid::new("9073E4E0-60EC-4B6E-9903-4C223C260F3C")),
    ("gEfiCertDbGuid", Guid::new("D9BEE56E-75DC-49D9-B4D7-B534210F637A")),
    ("gEfiMemoryTypeInformationGuid", Guid::new("4C19049F-4137-4DD3-9C10-8B97A83FFDFA")),
    ("gMtcVendorGuid", Guid::new("EB704011-1402-11D3-8E77-00A0C969723B")),
    ("gEdkiiVarErrorFlagGuid", Guid::new("04B37FE8-F6AE-480B-BDD5-37D98C5E89AA")),
];

#[must_use]
pub fn name(guid: &Guid) -> Option<&'static str> {
    KNOWN.iter().find(|(_, known)| known == guid).map(|(name, _)| *name)
}

#[must_use]
pub fn guid(name: &str) -> Option<Guid> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, guid)| *guid)
}
