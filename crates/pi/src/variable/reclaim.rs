//! A fresh store from the variables in force, for when the old one is full. An erase comes between:
//! the caller sees to it that a power cut there loses nothing (FTW).

use super::{Flash, Format, Nor, NvError, NvRule, State, Store};
use crate::Guid;
use crate::layout::variable::{FORMATTED, HEALTHY, STORE_HEADER_SIZE, StoreHeader};
use zerocopy::IntoBytes;

/// Makes all of `into` an empty store.
pub fn erase(into: &mut [u8], format: Format) -> Result<(), NvError> {
    let have = into.len();
    let found = u32::try_from(have).map_err(|_| NvError::new(0x10, NvRule::StoreSize { found: u32::MAX, have }))?;
    let header = StoreHeader {
        signature: format.signature(),
        size: found.into(),
        format: FORMATTED,
        state: HEALTHY,
        reserved: 0.into(),
        reserved1: 0.into(),
    };
    into.fill(0xff);
    Nor(into).program(0, header.as_bytes()).map_err(|_| NvError::new(0, NvRule::StoreTooShort { have }))
}

/// Appends the variables in force of `from` but one of name and vendor `except`; those in transition
/// come last, as added, as EDK II has it. A damaged name that nobody can ask for is left behind. What
/// it gives is the next free place.
pub fn copy_live(
    from: &Store<'_>,
    except: Option<(&Guid, &[u8])>,
    into: &mut [u8],
    format: Format,
) -> Result<usize, NvError> {
    let mut at = STORE_HEADER_SIZE;
    for wanted in [State::ADDED, State::IN_DELETED_TRANSITION] {
        for variable in from.live().filter(|variable| variable.state == wanted) {
            let contents = variable.contents;
            if except == Some((&contents.vendor, contents.name)) || contents.check_name().is_err() {
                continue;
            }
            let (size, free) = (format.size(&contents), into.len().saturating_sub(at));
            if size > free {
                return Err(NvError::new(variable.offset, NvRule::Full { size, free }));
            }
            at = Nor(into).append(format, at, &contents)?.min(into.len());
        }
    }
    Ok(at)
}

/// A fresh store of the same size and with the same header.
pub fn reclaim(store: &Store<'_>, except: Option<(&Guid, &[u8])>, into: &mut [u8]) -> Result<usize, NvError> {
    erase(into, store.format())?;
    let same = |size| into.len() == size;
    let size = store.bytes().len();
    if !same(size) {
        return Err(NvError::new(0x10, NvRule::StoreSize { found: size as u32, have: into.len() }));
    }
    into[..STORE_HEADER_SIZE].copy_from_slice(&store.bytes()[..STORE_HEADER_SIZE]);
    copy_live(store, except, into, store.format())
}
