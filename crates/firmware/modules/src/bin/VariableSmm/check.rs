//! Who may write which variable, and what: locks, the platform's table of rules, and its policy. EDK
//! II's VarCheckLib and VariablePolicyLib.

use crate::set::Request;
use crate::{PCD, SETUP_DATA_POLICY, VARIABLES};
use alloc::vec::Vec;
use base::names::Text;
use base::variable::{self, Name};
use base::{Global, Guid, Status, debug};
use core::ops::RangeInclusive;
use pi::layout::variable::attribute::{APPEND_WRITE, BOOTSERVICE_ACCESS, NON_VOLATILE, RUNTIME_ACCESS};

/// What a variable must be like.
struct Policy {
    vendor: Guid,
    name: &'static str,
    size: RangeInclusive<usize>,
    attributes: u32,
    /// Only SMM drivers write it after EndOfDxe.
    locked: bool,
}

const ALL: u32 = NON_VOLATILE | BOOTSERVICE_ACCESS | RUNTIME_ACCESS;
const POLICIES: [Policy; 3] = [
    Policy { vendor: variable::GLOBAL, name: "Timeout", size: 2..=2, attributes: ALL, locked: false },
    Policy { vendor: variable::PLATFORM, name: "SetupData", size: 16..=16, attributes: ALL, locked: false },
    Policy { vendor: variable::PLATFORM, name: "FirmwareUpdate", size: 1..=64, attributes: ALL, locked: true },
];

/// Locked by request.
static LOCKED: Global<Vec<(Guid, Vec<u8>)>> = Global::new(Vec::new());

pub fn lock(vendor: Guid, name: &[u8]) -> Result<(), Status> {
    if VARIABLES.get().end_of_dxe {
        return Err(Status::ACCESS_DENIED);
    }
    LOCKED.get().push((vendor, name.to_vec()));
    Ok(())
}

pub fn may_set(request: &Request<'_>) -> Result<(), Status> {
    let &Request { vendor, name, attributes, data, trusted } = request;
    let policy = POLICIES.iter().find(|policy| policy.vendor == vendor && Name(name).is(policy.name));
    let locked = policy.is_some_and(|policy| policy.locked)
        || LOCKED.get().iter().any(|(owner, locked)| *owner == vendor && locked == name);
    if locked && VARIABLES.get().end_of_dxe && !trusted {
        let status = Status::WRITE_PROTECTED;
        debug!("Variable Check ReadOnly variable fail {} - {vendor}:{}", Text(status), Name(name));
        return Err(status);
    }
    if let Some(policy) = policy.filter(|_| !request.deletes()) {
        if attributes & !APPEND_WRITE != policy.attributes {
            debug!("ValidateSetVariable - Bad Attributes. 0x{attributes:X} <> 0x{:X}", policy.attributes);
            return Err(Status::INVALID_PARAMETER);
        }
        if !policy.size.contains(&data.len()) {
            let (least, most) = (policy.size.start(), policy.size.end());
            debug!("ValidateSetVariable - Bad Size. 0x{:X} <> 0x{least:X}-0x{most:X}", data.len());
            return Err(Status::INVALID_PARAMETER);
        }
    }
    platform_policy(request)
}

/// The platform's own handler, the article's SMM policy: settings are Setup's.
fn platform_policy(request: &Request<'_>) -> Result<(), Status> {
    let setup_data = request.vendor == variable::PLATFORM && Name(request.name).is("SetupData");
    let variables = VARIABLES.get();
    let refused = match PCD.get(SETUP_DATA_POLICY) {
        0 => false,
        1 => variables.at_runtime,
        _ => variables.end_of_dxe,
    };
    if setup_data && refused && !request.trusted {
        debug!("SmmVar: SMM policy: nobody writes 'SetupData' now");
        return Err(Status::ACCESS_DENIED);
    }
    Ok(())
}
