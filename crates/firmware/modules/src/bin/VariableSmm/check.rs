//! Who may write which variable, and what: locks, and the platform's own policy. EDK II's VarCheckLib.

use crate::set::Request;
use crate::{PCD, SETUP_DATA_POLICY, VARIABLES, policy};
use alloc::vec::Vec;
use base::names::Text;
use base::variable::{self, Name};
use base::{Global, Guid, Status, info};

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
    let locked = LOCKED.get().iter().any(|(owner, locked)| *owner == request.vendor && locked == request.name);
    unless_locked(locked && VARIABLES.get().end_of_dxe, request)?;
    policy::validate(request)?;
    unless_locked(policy::locks(request), request)?;
    platform_policy(request)
}

fn unless_locked(locked: bool, &Request { vendor, name, trusted, .. }: &Request<'_>) -> Result<(), Status> {
    if !locked || trusted {
        return Ok(());
    }
    let status = Status::WRITE_PROTECTED;
    info!("Variable Check ReadOnly variable fail {} - {}:{}", Text(status), vendor, Name(name));
    Err(status)
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
        info!("SmmVar: SMM policy: nobody writes 'SetupData' now");
        return Err(Status::ACCESS_DENIED);
    }
    Ok(())
}
