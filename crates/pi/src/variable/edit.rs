//! Changes to the store of an image: what firmware would write, byte for byte; a full store is
//! reclaimed. Outside of the store no byte changes, and after an error none at all.

use super::{Contents, Flash, Nor, NvError, NvRule, Nvram, State, Store, copy_live, erase, reclaim};
use crate::Guid;
use alloc::vec;
use alloc::vec::Vec;

/// A name as a store has it: UTF-16 with its NUL.
#[must_use]
pub fn stored_name(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// Sets a variable, whether it was there or not.
pub fn set(image: &mut [u8], nvram: &Nvram, contents: &Contents<'_>) -> Result<(), NvError> {
    change(image, nvram, |store| {
        let format = store.format();
        contents.check(format).map_err(|rule| NvError::new(0, rule))?;
        let old = store.find(&contents.vendor, contents.name);
        if old.is_some_and(|old| old.current.contents == *contents && old.current.state == State::ADDED) {
            return Ok(store.bytes().to_vec());
        }
        let mut bytes = store.bytes().to_vec();
        let (end, size) = (store.end()?, format.size(contents));
        if size <= bytes.len() - end {
            match &old {
                Some(old) => Nor(&mut bytes).replace(format, end, old, contents)?,
                None => Nor(&mut bytes).append(format, end, contents)?,
            };
        } else {
            let end = reclaim(store, Some((&contents.vendor, contents.name)), &mut bytes)?;
            let free = bytes.len() - end;
            if size > free {
                return Err(NvError::new(end, NvRule::Full { size, free }));
            }
            Nor(&mut bytes).append(format, end, contents)?;
        }
        Ok(bytes)
    })
}

/// Deletes a variable; `name` has its NUL.
pub fn delete(image: &mut [u8], nvram: &Nvram, vendor: &Guid, name: &[u8]) -> Result<(), NvError> {
    change(image, nvram, |store| {
        let old = store.find(vendor, name).ok_or(NvError::new(0, NvRule::NotFound))?;
        let mut bytes = store.bytes().to_vec();
        Nor(&mut bytes).delete(&old)?;
        Ok(bytes)
    })
}

/// Puts another store in place of the one that is there: as it is if size and format are the same, else
/// its variables in force. What was there may be damaged behind its header.
pub fn replace_store(image: &mut [u8], nvram: &Nvram, from: &Store<'_>) -> Result<(), NvError> {
    nvram.settled(image)?;
    let store = nvram.store(image)?;
    let (format, size) = (store.format(), store.bytes().len());
    let mut bytes = vec![0xff; size];
    if from.format() == format && from.bytes().len() == size {
        bytes.copy_from_slice(from.bytes());
    } else {
        for variable in from.live() {
            variable.contents.check(format).map_err(|rule| NvError::new(variable.offset, rule))?;
        }
        erase(&mut bytes, format)?;
        copy_live(from, None, &mut bytes, format)?;
    }
    put(image, nvram, &bytes);
    Ok(())
}

fn change(
    image: &mut [u8],
    nvram: &Nvram,
    change: impl FnOnce(&Store<'_>) -> Result<Vec<u8>, NvError>,
) -> Result<(), NvError> {
    nvram.settled(image)?;
    let store = nvram.store(image)?;
    let changed = store.check().and_then(|()| change(&store)).map_err(|error| error.plus(nvram.store.start))?;
    put(image, nvram, &changed);
    Ok(())
}

fn put(image: &mut [u8], nvram: &Nvram, store: &[u8]) {
    if let Some(there) = image.get_mut(nvram.store.clone()).filter(|there| there.len() == store.len()) {
        there.copy_from_slice(store);
    }
}
