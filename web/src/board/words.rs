//! What the dispatchers and the image tools say, in the reader's language.

use crate::bench::{Damage, Trouble};
use crate::format::hex;
use crate::i18n::{Lang, t};
use pi::dispatch::{Missing, Producer, Reason};
use protocol::{EditTrouble, Failure};
use story::dispatch::{
    DepexError, DepexReason, Dialect, Difference, Guid, Names, Registered, TextFault, TextReason, What,
};

/// `SwSmi 43h`, or the handler's GUID by name.
pub fn handler(handler: &Registered, names: &Names) -> String {
    let name = names.of(&handler.kind);
    match (name.as_str(), handler.value) {
        ("gEfiSmmSwDispatch2ProtocolGuid", value) => format!("SwSmi {}", hex(value, 2)),
        (_, 0) if handler.kind == Guid::ZERO => "root".to_owned(),
        (_, 0) => crate::bench::short(&name).to_owned(),
        (_, value) => format!("{} {}", crate::bench::short(&name), hex(value, 2)),
    }
}

/// Why a driver isn't there.
pub fn why(reason: &Reason, names: &Names, l: Lang) -> String {
    let name = |guid: &Guid| names.of(guid);
    let all = |guids: &[Guid]| guids.iter().map(name).collect::<Vec<_>>().join(", ");
    let by = |guid: &Option<Guid>| guid.as_ref().map_or_else(|| "BDS".to_owned(), name);
    match reason {
        Reason::WrongType { kind, depex, .. } => t::why_type(l, dialect(*depex), &kind.to_string()),
        Reason::NeverDiscovered => t::why_undiscovered(l).into(),
        Reason::NotRequested => t::why_not_requested(l).into(),
        Reason::Malformed { error } => t::why_malformed(l, &depex_fault(error, l)),
        Reason::NoNeighbour { file } => t::why_no_neighbour(l, &name(file)),
        Reason::NeighbourAbsent { file } => t::why_neighbour_absent(l, &name(file)),
        Reason::Cycle { files } => {
            let ring: Vec<String> = files.iter().chain(files.first()).map(name).collect();
            t::why_cycle(l, &ring.join(" → "))
        }
        Reason::DepexFalse { missing } if missing.is_empty() => t::why_false(l).into(),
        Reason::DepexFalse { missing: list } => missing(list, names, l),
        Reason::BehindLock { late, locked_by } if late.is_empty() => t::why_behind_lock(l, &by(locked_by)),
        Reason::BehindLock { late, locked_by } => t::why_late(l, &all(late), &by(locked_by)),
        Reason::AfterDispatch { late } => t::why_after(l, &all(late)),
        Reason::Stalled { by } => t::why_stalled(l, &name(by)),
        Reason::NeverReturned => t::why_never_returned(l).into(),
        Reason::Failed { status, apriori: true, .. } => t::why_failed_apriori(l, &crate::format::status(*status)),
        Reason::Failed { status, .. } => t::why_failed(l, &crate::format::status(*status)),
        Reason::AprioriAbsent => t::why_apriori_absent(l).into(),
        Reason::AprioriIneligible { kind } => t::why_apriori_type(l, &kind.to_string()),
    }
}

fn missing(list: &[Missing], names: &Names, l: Lang) -> String {
    let one = |missing: &Missing| {
        let what = names.of(&missing.guid);
        match missing.producer {
            Producer::File(file) => t::missing_from(l, &names.of(&file), &what),
            Producer::Dropped(file) => t::missing_dropped(l, &names.of(&file), &what),
            Producer::Core => t::missing_core(l, &what),
            Producer::Nobody => t::missing_nobody(l, &what),
        }
    };
    t::why_missing(l, &list.iter().map(one).collect::<Vec<_>>().join("; "))
}

fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Pei => "PEI",
        Dialect::Dxe => "DXE",
        Dialect::Smm => "SMM",
    }
}

/// Which rule an expression breaks, and where.
pub fn depex_fault(error: &DepexError, l: Lang) -> String {
    let why = match error.reason {
        DepexReason::Empty => t::depex_empty(l).to_owned(),
        DepexReason::NoEnd => t::depex_no_end(l).into(),
        DepexReason::UnknownOpcode => t::depex_unknown(l).into(),
        DepexReason::OperandCut => t::depex_cut(l).into(),
        DepexReason::BeforeAfterNotAlone => t::depex_not_alone(l).into(),
        DepexReason::SorNotFirst | DepexReason::SorAlone => t::depex_sor(l).into(),
        DepexReason::NotInDialect(which) => t::depex_dialect(l, dialect(which)),
        DepexReason::ReplaceTrue => t::depex_unknown(l).into(),
        DepexReason::StackEmpty => t::depex_underflow(l).into(),
        DepexReason::StackFull => t::depex_overflow(l).into(),
        DepexReason::LeftOnStack(count) => t::depex_left(l, &count.to_string()),
        DepexReason::BehindEnd(count) => t::depex_behind_end(l, &count.to_string()),
        _ => error.reason.to_string(),
    };
    let offset = hex(error.offset as u64, 2);
    match error.opcode {
        Some(opcode) => t::depex_at_opcode(l, &offset, &hex(opcode.into(), 2), &why),
        None => t::depex_at(l, &offset, &why),
    }
}

/// Which word of a text isn't understood.
pub fn text_fault(fault: &TextFault, l: Lang) -> String {
    let why = match &fault.reason {
        TextReason::NoOpcode(word) => t::text_no_opcode(l, word),
        TextReason::NoOperand(opcode) => t::text_no_operand(l, opcode),
        TextReason::UnknownName { name, near: Some(near) } => t::text_unknown_near(l, name, near),
        TextReason::UnknownName { name, near: None } => t::text_unknown(l, name),
        TextReason::Hex => t::text_hex(l).into(),
    };
    t::text_at(l, &fault.column.to_string(), &fault.line.to_string(), &why)
}

/// Where a boot leaves the healthy one.
pub fn difference(difference: &Difference, names: &Names, l: Lang) -> String {
    let deed = |what: Option<What>| match what {
        None => t::deed_none(l).to_owned(),
        Some(What::Started { file }) => t::deed_started(l, &names.of(&file)),
        Some(What::Installed { file, protocol }) => t::deed_installed(l, &names.of(&file), &names.of(&protocol)),
        Some(What::Registered { file, kind, value }) => {
            let what = handler(&Registered { time: 0, kind, value }, names);
            t::deed_registered(l, &names.of(&file), &what)
        }
        Some(What::Returned { file, status }) => t::deed_returned(l, &names.of(&file), &crate::format::status(status)),
        Some(What::Locked { .. }) => t::deed_locked(l).into(),
    };
    let [healthy, broken] = [difference.healthy, difference.broken].map(|d| deed(d.map(|d| d.what)));
    t::difference(l, &broken, &healthy)
}

/// Why an edit can't be done.
pub fn edit_trouble(trouble: &EditTrouble, l: Lang) -> String {
    let file = trouble.file.clone().unwrap_or_default();
    let why = match trouble.key.as_str() {
        "no-file" => t::edit_no_file(l).to_owned(),
        "other-volume" => t::edit_other_volume(l).into(),
        "no-depex" | "which-depex" | "no-sections" => t::edit_no_depex(l).into(),
        _ => trouble.reason.clone(),
    };
    match &trouble.edit {
        Some((nth, op)) => t::edit_refused(l, &file, &nth.to_string(), op, &why),
        None => t::image_refused(l, &why),
    }
}

pub fn trouble(trouble: &Trouble, l: Lang) -> String {
    match trouble {
        Trouble::Fetch(what) => t::image_failed(l, what),
        Trouble::File(name) => t::file_unknown(l, name),
        Trouble::Edit(edit) => edit_trouble(edit, l),
        Trouble::Other(Failure::Rom(why)) => t::image_refused(l, why),
        Trouble::Other(Failure::Edits(why)) => t::edits_unreadable(l, why),
        Trouble::Other(Failure::NoImage(name)) => t::image_failed(l, name),
        Trouble::Other(Failure::Tools(why)) => t::image_failed(l, why),
        Trouble::Worker | Trouble::Other(_) => t::load_failed_worker(l).into(),
    }
}

/// What is wrong with a link.
pub fn damaged(damage: &Damage, l: Lang) -> String {
    match damage {
        Damage::Version(version) => t::link_version(l, version),
        Damage::Image(image) => t::link_image(l, image),
        Damage::Build(build) => t::link_build(l, build),
        Damage::Unreadable(part) => t::link_damaged(l, part),
    }
}
