//! What the power cut left behind, at the next start. EDK II's InitFtwProtocol(), with its words.

use crate::{space, write};
use base::names::Text;
use base::nvram::{BLOCK, SPARE, STORE_END, STORE_START};
use base::{Status, error, info, status};
use pi::layout::ftw::{WriteRecord, record};
use pi::variable::Store;
use pi::variable::ftw::reached;

/// The last write, if it isn't complete.
#[derive(Clone, Copy)]
struct Unfinished {
    header: usize,
    header_state: u8,
    record: WriteRecord,
}

fn unfinished() -> Option<Unfinished> {
    let bytes = space::read();
    let space = space::parse(&bytes).ok()?;
    let last = space.writes().last()?.ok()?;
    let open = !reached(last.header.state, pi::layout::ftw::write::COMPLETE);
    let record = *last.records().next()?.header;
    open.then_some(Unfinished { header: last.offset, header_state: last.header.state, record })
}

pub fn at_start() -> Result<(), Status> {
    if space::parse(&space::read()).is_err() {
        if space::is_in_spare() {
            let done = status(space::from_spare());
            info!("Ftw: Restart working block update in InitFtwProtocol() - {}", Text(done));
        } else {
            error!("Ftw: Both working and spare blocks are invalid, init workspace");
            space::make_anew()?;
        }
    }
    if let Some(Unfinished { record: WriteRecord { state, .. }, .. }) = unfinished() {
        if !reached(state, record::SPARE_COMPLETE) {
            info!("Ftw: Init.. find first record not SpareCompleted, abort()");
            abort()?;
        } else if reached(state, record::DESTINATION_COMPLETE) {
            info!("Ftw: Init.. find last record completed but header not, abort()");
            abort()?;
        } else {
            let done = restart();
            info!("Ftw: Restart last write - {}", Text(status(done)));
            match done {
                // Nobody has asked for such a write: its record is damaged.
                Err(Status::VOLUME_CORRUPTED) => abort()?,
                done => done?,
            }
        }
    }
    // A header that was being written.
    if space::end(&space::read()).is_none() {
        space::make_anew()?;
    }
    Ok(())
}

/// The spare area has the new blocks. EFI_VOLUME_CORRUPTED: they, or the record of them, make no sense.
pub fn restart() -> Result<(), Status> {
    let Unfinished { header, record, .. } = unfinished().ok_or(Status::NOT_FOUND)?;
    if !reached(record.state, record::SPARE_COMPLETE) {
        return Err(Status::ABORTED);
    }
    let start = (record.lba.get() as usize).checked_mul(BLOCK).ok_or(Status::VOLUME_CORRUPTED)?;
    let size = record.offset.get().checked_add(record.length.get()).ok_or(Status::VOLUME_CORRUPTED)? as usize;
    let size = size.checked_next_multiple_of(BLOCK).filter(|size| *size <= SPARE.len());
    let size = size.ok_or(Status::VOLUME_CORRUPTED)?;
    if start.checked_add(size).is_none_or(|end| end > STORE_END) {
        return Err(Status::VOLUME_CORRUPTED);
    }
    let blocks = space::flash(SPARE.start..SPARE.start + size);
    let store = start == 0 && size > STORE_START;
    if store && Store::parse(&blocks[STORE_START..]).is_err() {
        return Err(Status::VOLUME_CORRUPTED);
    }
    write::put(start, &blocks)?;
    write::complete(header, record.state)
}

/// The old blocks stay.
pub fn abort() -> Result<(), Status> {
    let Unfinished { header, header_state, .. } = unfinished().ok_or(Status::NOT_FOUND)?;
    space::reach(header, header_state, pi::layout::ftw::write::COMPLETE).map(drop)
}
