//! GUIDs that a learner meets in DEPEX sections and logs, by their names in EDK II.

use crate::Guid;

/// A GUID known by name when the program is compiled; an unknown name stops the build.
#[must_use]
pub const fn named(name: &str) -> Guid {
    let mut nth = 0;
    while nth < KNOWN.len() {
        if same(KNOWN[nth].0.as_bytes(), name.as_bytes()) {
            return KNOWN[nth].1;
        }
        nth += 1;
    }
    panic!("no known GUID has this name")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut nth = 0;
    while nth < a.len() {
        if a[nth] != b[nth] {
            return false;
        }
        nth += 1;
    }
    true
}

/// `gEfi…Guid`; the name of SMM where the specification has since said MM.
#[must_use]
pub fn name(guid: &Guid) -> Option<&'static str> {
    KNOWN.iter().find(|(_, known)| known == guid).map(|(name, _)| *name)
}

#[must_use]
pub fn guid(name: &str) -> Option<Guid> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, guid)| *guid)
}

/// Every name, for one who has to choose.
pub fn all() -> impl Iterator<Item = (&'static str, Guid)> {
    KNOWN.iter().copied()
}

/// The known name that a misspelt one is most like.
#[cfg(feature = "alloc")]
#[must_use]
pub fn near(name: &str) -> Option<&'static str> {
    const MOST_EDITS: usize = 6;
    let known = KNOWN.iter().map(|(known, _)| (edits(known.as_bytes(), name.as_bytes()), *known));
    known.min().filter(|(edits, _)| *edits <= MOST_EDITS).map(|(_, known)| known)
}

/// Letters to insert, delete or replace (Levenshtein); case doesn't count.
#[cfg(feature = "alloc")]
pub(crate) fn edits(a: &[u8], b: &[u8]) -> usize {
    let mut row: alloc::vec::Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = core::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

macro_rules! known {
    ($($name:literal = $guid:literal,)*) => {
        /// A GUID's first name here is the one that is printed.
        const KNOWN: &[(&str, Guid)] = &[$(($name, Guid::new($guid)),)*];
    };
}

known! {
    // Protocols of SMM and its drivers.
    "gEdkiiSmmExitBootServicesProtocolGuid" = "296EB418-C4C8-4E05-AB59-39E8AF56F00A",
    "gEdkiiSmmLegacyBootProtocolGuid" = "85A8AB57-0644-4110-850F-981322047070",
    "gEdkiiSmmReadyToBootProtocolGuid" = "6E057ECF-FA99-4F39-95BC-59F9921D17E4",
    "gEfiDxeSmmReadyToLockProtocolGuid" = "60FF8964-E906-41D0-AFED-F241E974E08E",
    "gEfiMmCommunication2ProtocolGuid" = "378DAEDC-F06B-4446-8314-40AB933C87A3",
    "gEfiMmEndOfPeiProtocol" = "F33E1BF3-980B-4BFB-A29A-B29C86453732",
    "gEfiSmmAccess2ProtocolGuid" = "C2702B74-800C-4131-8746-8FB5B89CE4AC",
    "gEfiSmmBase2ProtocolGuid" = "F4CCBFB7-F6E0-47FD-9DD4-10A8F150C191",
    "gEfiSmmCommunicationProtocolGuid" = "C68ED8E2-9DC6-4CBD-9D94-DB65ACC5C332",
    "gEfiSmmConfigurationProtocolGuid" = "26EEB3DE-B689-492E-80F0-BE8BD7DA4BA7",
    "gEfiSmmControl2ProtocolGuid" = "843DC720-AB1E-42CB-9357-8A0078F3561B",
    "gEfiSmmCpuIo2ProtocolGuid" = "3242A9D8-CE70-4AA0-955D-5E7B140DE4D2",
    "gEfiSmmCpuProtocolGuid" = "EB346B97-975F-4A9F-8B22-F8E92BB3D569",
    "gEfiSmmCpuServiceProtocolGuid" = "1D202CAB-C8AB-4D5C-94F7-3CFCC0D3D335",
    "gEfiSmmEndOfDxeProtocolGuid" = "24E70042-D5C5-4260-8C39-0AD3AA32E93D",
    "gEfiSmmFaultTolerantWriteProtocolGuid" = "3868FC3B-7E45-43A7-906C-4BA47DE1754D",
    "gEfiSmmFirmwareVolumeBlockProtocolGuid" = "D326D041-BD31-4C01-B5A8-628BE87F0653",
    "gEfiSmmGpiDispatch2ProtocolGuid" = "25566B03-B577-4CBF-958C-ED663EA24380",
    "gEfiSmmIchnDispatch2ProtocolGuid" = "ADF3A128-416D-4060-8DDF-30A1D7AAB699",
    "gEfiSmmIoTrapDispatch2ProtocolGuid" = "58DC368D-7BFA-4E77-ABBC-0E29418DF930",
    "gEfiSmmPeriodicTimerDispatch2ProtocolGuid" = "4CEC368E-8E8E-4D71-8BE1-958C45FC8A53",
    "gEfiSmmPowerButtonDispatch2ProtocolGuid" = "1B1183FA-1823-46A7-8872-9C578755409D",
    "gEfiSmmReadyToLockProtocolGuid" = "47B7FA8C-F4BD-4AF6-8200-333086F0D2C8",
    "gEfiSmmRscHandlerProtocolGuid" = "2FF29FA7-5E80-4ED9-B380-017D3C554FF4",
    "gEfiSmmStandbyButtonDispatch2ProtocolGuid" = "7300C4A1-43F2-4017-A51B-C81A7F40585B",
    "gEfiSmmStatusCodeProtocolGuid" = "6AFD2B77-98C1-4ACD-A6F9-8A9439DE0FB1",
    "gEfiSmmSwDispatch2ProtocolGuid" = "18A3C6DC-5EEA-48C8-A1C1-B53389F98999",
    "gEfiSmmSwapAddressRangeProtocolGuid" = "67C4F112-3385-4E55-9C5B-C05B717C4228",
    "gEfiSmmSxDispatch2ProtocolGuid" = "456D2859-A84B-4E47-A2EE-3276D886997D",
    "gEfiSmmUsbDispatch2ProtocolGuid" = "EE9B8D90-C5A6-40A2-BDE2-52558D33CCA1",
    "gEfiSmmVariableProtocolGuid" = "ED32D533-99E6-4209-9CC0-2D72CDD998A7",
    // Protocols of the training firmware's drivers A, B and C.
    "gSmmLabDriverAProtocolGuid" = "A0000000-5A5A-4C41-8B53-4D4D4C41420A",
    "gSmmLabDriverBProtocolGuid" = "B0000000-5A5A-4C41-8B53-4D4D4C41420B",
    "gSmmLabDriverCProtocolGuid" = "C0000000-5A5A-4C41-8B53-4D4D4C41420C",
    // Architectural protocols, PI 1.8 Vol. 2, 12.
    "gEfiBdsArchProtocolGuid" = "665E3FF6-46CC-11D4-9A38-0090273FC14D",
    "gEfiCapsuleArchProtocolGuid" = "5053697E-2CBC-4819-90D9-0580DEEE5754",
    "gEfiCpuArchProtocolGuid" = "26BACCB1-6F42-11D4-BCE7-0080C73C8881",
    "gEfiMetronomeArchProtocolGuid" = "26BACCB2-6F42-11D4-BCE7-0080C73C8881",
    "gEfiMonotonicCounterArchProtocolGuid" = "1DA97072-BDDC-4B30-99F1-72A0B56FFF2A",
    "gEfiRealTimeClockArchProtocolGuid" = "27CFAC87-46CC-11D4-9A38-0090273FC14D",
    "gEfiResetArchProtocolGuid" = "27CFAC88-46CC-11D4-9A38-0090273FC14D",
    "gEfiRuntimeArchProtocolGuid" = "B7DFB4E1-052F-449F-87BE-9818FC91B733",
    "gEfiSecurity2ArchProtocolGuid" = "94AB2F58-1438-4EF1-9152-18941A3A0E68",
    "gEfiSecurityArchProtocolGuid" = "A46423E3-4617-49F1-B9FF-D1BFA9115839",
    "gEfiTimerArchProtocolGuid" = "26BACCB3-6F42-11D4-BCE7-0080C73C8881",
    "gEfiVariableArchProtocolGuid" = "1E5668E2-8481-11D4-BCF1-0080C73C8881",
    "gEfiVariableWriteArchProtocolGuid" = "6441F818-6362-4E44-B570-7DBA31DD2453",
    "gEfiWatchdogTimerArchProtocolGuid" = "665E3FF5-46CC-11D4-9A38-0090273FC14D",
    // Other protocols.
    "gEdkiiFormBrowserEx2ProtocolGuid" = "A770C357-B693-4E6D-A6CF-D21C728E550B",
    "gEdkiiIoMmuProtocolGuid" = "4E939DE9-D948-4B0F-88ED-E6E1CE517C1E",
    "gEdkiiVariablePolicyProtocolGuid" = "81D1675C-86F6-48DF-BD95-9A6E4F0925C3",
    "gEfiAcpiTableProtocolGuid" = "FFE06BDD-6107-46A6-7BB2-5A9C7EC5275C",
    "gEfiCpuIo2ProtocolGuid" = "AD61F191-AE5F-4C0E-B9FA-E869D288C64F",
    "gEfiDevicePathProtocolGuid" = "09576E91-6D3F-11D2-8E39-00A0C969723B",
    "gEfiDevicePathUtilitiesProtocolGuid" = "0379BE4E-D706-437D-B037-EDB82FB772A4",
    "gEfiFaultTolerantWriteProtocolGuid" = "3EBD9E82-2C78-4DE6-9786-8D4BFCB7C881",
    "gEfiFirmwareVolume2ProtocolGuid" = "220E73B6-6BDB-4413-8405-B974B108619A",
    "gEfiFirmwareVolumeBlock2ProtocolGuid" = "8F644FA9-E850-4DB1-9CE2-0B44698E8DA4",
    "gEfiFormBrowser2ProtocolGuid" = "B9D4C360-BCFB-4F9B-9298-53C136982258",
    "gEfiHiiConfigAccessProtocolGuid" = "330D4706-F2A0-4E4F-A369-B66FA8D54385",
    "gEfiHiiConfigRoutingProtocolGuid" = "587E72D7-CC50-4F79-8209-CA291FC1A10F",
    "gEfiHiiDatabaseProtocolGuid" = "EF9FC172-A1B2-4693-B327-6D32FC416042",
    "gEfiHiiImageExProtocolGuid" = "1A1241E6-8F19-41A9-BC0E-E8EF39E06546",
    "gEfiHiiStringProtocolGuid" = "0FD96974-23AA-4CDC-B9CB-98D17750322A",
    "gEfiIp6ConfigProtocolGuid" = "937FE521-95AE-4D1A-8929-48BCD90AD31A",
    "gEfiLoadedImageProtocolGuid" = "5B1B31A1-9562-11D2-8E3F-00A0C969723B",
    "gEfiLockBoxProtocolGuid" = "BD445D79-B7AD-4F04-9AD8-29BD2040EB3C",
    "gEfiMpInitLibMpDepProtocolGuid" = "BB00A5CA-08CE-462F-A537-43C74A825CA4",
    "gEfiMpInitLibUpDepProtocolGuid" = "A9E7CEF1-5682-42CC-B123-9930973F4A9F",
    "gEfiMpServiceProtocolGuid" = "3FDDA605-A76E-4F46-AD29-12F4531B3D08",
    "gEfiPcdProtocolGuid" = "13A3F0F6-264A-3EF0-F2E0-DEC512342F34",
    "gEfiPciEnumerationCompleteProtocolGuid" = "30CFE3E7-3DE1-4586-BE20-DEABA1B3B793",
    "gEfiPciIoProtocolGuid" = "4CF5B200-68B8-4CA5-9EEC-B23E3F50029A",
    "gEfiPciRootBridgeIoProtocolGuid" = "2F707EBB-4A1A-11D4-9A38-0090273FC14D",
    "gEfiRscHandlerProtocolGuid" = "86212936-0E76-41C8-A03A-2AF2FC1C39E2",
    "gEfiSerialIoProtocolGuid" = "BB25CF6F-F1D4-11D2-9A0C-0090273FC1FD",
    "gEfiSimpleTextInProtocolGuid" = "387477C1-69C7-11D2-8E39-00A0C969723B",
    "gEfiSimpleTextOutProtocolGuid" = "387477C2-69C7-11D2-8E39-00A0C969723B",
    "gEfiSmbiosProtocolGuid" = "03583FF6-CB36-4940-947E-B9B39F4AFAF7",
    "gEfiStatusCodeRuntimeProtocolGuid" = "D2B2B828-0826-48A7-B3DF-983C006024F0",
    "gEfiTcg2ProtocolGuid" = "607F766C-7455-42BE-930B-E4D76DB2720F",
    "gEfiUsbIoProtocolGuid" = "2B2F68D6-0CD2-44CF-8E8B-BBA20B1B5B75",
    "gIoMmuAbsentProtocolGuid" = "F8775D50-8ABD-4ADF-92AC-853E51F6C8DC",
    "gPcdProtocolGuid" = "11B34006-D85B-4D0A-A290-D5A571310EF7",
    // PPIs.
    "gEfiDxeIplPpiGuid" = "0AE8CE5D-E448-4437-A8D7-EBF5F194F731",
    "gEfiEndOfPeiSignalPpiGuid" = "605EA650-C65C-42E1-BA80-91A52AB618C6",
    "gEfiPeiLoadFilePpiGuid" = "B9E0ABFE-5979-4914-977F-6DEE78C278A6",
    "gEfiPeiMasterBootModePpiGuid" = "7408D748-FC8C-4EE6-9288-C4BEC092A410",
    "gEfiPeiMemoryDiscoveredPpiGuid" = "F894643D-C449-42D1-8EA8-85BDD8C65BDE",
    "gEfiPeiMpInitLibMpDepPpiGuid" = "138F9CF4-F0E7-4721-8F49-F5FFECF42D40",
    "gEfiPeiMpInitLibUpDepPpiGuid" = "0B590774-BC67-49F4-A7DB-E82E89E6B5D6",
    "gEfiPeiPcdPpiGuid" = "01F34D25-4DE2-23AD-3FF3-36353FF323F1",
    "gEfiPeiReadOnlyVariable2PpiGuid" = "2AB86EF5-ECB5-4134-B556-3854CA1FE1B4",
    "gEfiPeiReset2PpiGuid" = "6CC45765-CCE4-42FD-BC56-011AAAC6C9A8",
    "gEfiPeiRscHandlerPpiGuid" = "0065D394-9951-4144-82A3-0AFC8579C251",
    "gOvmfTpmMmioAccessiblePpiGuid" = "35C84FF2-7BFE-453D-845F-683A492CF7B7",
    // Events, tables, formats.
    "gEdkiiFaultTolerantWriteGuid" = "1D3E9CB8-43AF-490B-830A-3516AA532047",
    "gEdkiiPiSmmCommunicationRegionTableGuid" = "4E28CA50-D582-44AC-A11F-E3D56526DB34",
    "gEdkiiWorkingBlockSignatureGuid" = "9E58292B-7C68-497D-A0CE-6500FD9F1B95",
    "gEfiAuthenticatedVariableGuid" = "AAF32C78-947B-439A-A180-2E144EC37792",
    "gEfiDebugImageInfoTableGuid" = "49152E77-1ADA-4764-B7A2-7AFEFED95E8B",
    "gEfiDxeServicesTableGuid" = "05AD34BA-6F02-4214-952E-4DA0398E2BB9",
    "gEfiEndOfDxeEventGroupGuid" = "02CE967A-DD7E-4FFC-9EE7-810CF0470880",
    "gEfiEventDxeDispatchGuid" = "7081E22F-CAC6-4053-9468-675782CF88E5",
    "gEfiEventExitBootServicesGuid" = "27ABF055-B1B8-4C26-8048-748F37BAA2DF",
    "gEfiEventReadyToBootGuid" = "7CE88FB3-4BD7-4679-87A8-A8D8DEE50D2B",
    "gEfiEventVirtualAddressChangeGuid" = "13FA7698-C831-49C7-87EA-8F43FCC25196",
    "gEfiGlobalVariableGuid" = "8BE4DF61-93CA-11D2-AA0D-00E098032B8C",
    "gEfiHobListGuid" = "7739F24C-93D7-11D4-9A3A-0090273FC14D",
    "gEfiMemoryAttributesTableGuid" = "DCFA911D-26EB-469F-A220-38B7DC461220",
    "gEfiSmmLockBoxCommunicationGuid" = "2A3CFEBD-27E8-4D0A-8B79-D688C2A3E1C0",
    "gEfiSmmSmramMemoryGuid" = "6DADF1D1-D4CC-4910-BB6E-82B1FD80FF3D",
    "gEfiSystemNvDataFvGuid" = "FFF12B8D-7696-4C8B-A985-2747075B4F50",
    "gEfiVariableGuid" = "DDCF3616-3275-4164-98B6-FE85707FFE7D",
    "gLzmaCustomDecompressGuid" = "EE4E5898-3914-4259-9D6E-DC7BD79403CF",
    "gSmiHandlerProfileGuid" = "49174342-7108-409B-8BBE-65FDA85389F5",
    "gSmmBaseHobGuid" = "C2217BA7-03BB-4F63-A647-7C25C5FC9D73",
    "gSmmVariableWriteGuid" = "93BA1826-DFFB-45DD-82A7-E7DCAA3BBDF3",
    // Second names.
    "gEfiFirmwareVolumeBlockProtocolGuid" = "8F644FA9-E850-4DB1-9CE2-0B44698E8DA4",
    "gEfiMmAccessProtocolGuid" = "C2702B74-800C-4131-8746-8FB5B89CE4AC",
    "gEfiMmBaseProtocolGuid" = "F4CCBFB7-F6E0-47FD-9DD4-10A8F150C191",
    "gEfiMmControlProtocolGuid" = "843DC720-AB1E-42CB-9357-8A0078F3561B",
    "gEfiMmCpuIoProtocolGuid" = "3242A9D8-CE70-4AA0-955D-5E7B140DE4D2",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice() {
        for (nth, (name, _)) in KNOWN.iter().enumerate() {
            assert!(KNOWN[..nth].iter().all(|(earlier, _)| earlier != name), "{name}");
        }
    }

    #[test]
    fn a_guid_is_printed_with_the_name_of_smm() {
        const SW_DISPATCH2: Guid = named("gEfiSmmSwDispatch2ProtocolGuid");
        assert_eq!(SW_DISPATCH2, Guid::new("18A3C6DC-5EEA-48C8-A1C1-B53389F98999"));
        assert_eq!(name(&named("gEfiMmCpuIoProtocolGuid")), Some("gEfiSmmCpuIo2ProtocolGuid"));
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn a_misspelt_name_has_a_neighbour() {
        assert_eq!(near("gEfiSmmSwDispatchProtocolGuid"), Some("gEfiSmmSwDispatch2ProtocolGuid"));
        assert_eq!(near("something else entirely"), None);
    }
}
