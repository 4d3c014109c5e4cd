//! Names short enough for a row.

use story::dispatch::FileType;

/// `SmmSwDispatch2` for `gEfiSmmSwDispatch2ProtocolGuid`; what isn't such a name stays.
pub fn short(name: &str) -> &str {
    let inner = ["gEfi", "gEdkii", "gSmmLab"].into_iter().find_map(|prefix| name.strip_prefix(prefix));
    let Some(inner) = inner else { return name };
    let inner = inner.strip_suffix("Guid").unwrap_or(inner);
    ["Protocol", "Ppi"].into_iter().find_map(|suffix| inner.strip_suffix(suffix)).unwrap_or(inner)
}

pub fn type_name(kind: u8) -> String {
    FileType(kind).to_string()
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_guids_name_loses_what_all_of_them_have() {
        assert_eq!(short("gEfiSmmSwDispatch2ProtocolGuid"), "SmmSwDispatch2");
        assert_eq!(short("gSmmLabDriverAProtocolGuid"), "DriverA");
        assert_eq!(short("gEfiPeiMemoryDiscoveredPpiGuid"), "PeiMemoryDiscovered");
        assert_eq!(short("DriverA"), "DriverA");
    }
}
