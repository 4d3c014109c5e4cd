//! The volume of variables as records down to bytes: a reading of flash, whatever state a power cut left it in.

use pi::layout::{ftw as ftw_layout, variable};
use pi::variable::ftw::{WorkSpace, reached};
use pi::variable::{Attributes, Format, NvError, State, Store, Variable, find, vendor_name};
use std::ops::Range;

/// Places count from the volume's first byte.
#[derive(Debug, PartialEq)]
pub struct Nv {
    /// A rule that the volume's header or the store's breaks: then nothing else can be read.
    pub broken: Option<String>,
    pub store: Range<usize>,
    pub work: Option<Range<usize>>,
    /// Behind the work space.
    pub spare: Range<usize>,
    pub records: Vec<Record>,
    /// Where the free space begins.
    pub free: usize,
    /// A rule that a record or the free space breaks.
    pub fault: Option<String>,
    pub ftw: Result<Vec<Queued>, String>,
}

/// A write of FTW's queue: its state, and the state of each of its records.
#[derive(Debug, PartialEq)]
pub struct Queued {
    pub at: usize,
    pub write: u8,
    pub records: Vec<Copy>,
}

#[derive(Debug, PartialEq)]
pub struct Copy {
    pub at: usize,
    pub state: u8,
    pub lba: u64,
    pub offset: u64,
    pub length: u64,
}

#[derive(Debug, PartialEq)]
pub struct Record {
    pub at: usize,
    /// Of its state byte: bits that are 0 have been reached.
    pub state: u8,
    pub in_force: bool,
    pub name: String,
    pub vendor: String,
    pub attributes: String,
    pub size: usize,
    /// Header, name and data: where each field lies.
    pub fields: Vec<(&'static str, Range<usize>)>,
}

/// Bits of a variable's state, in the order in which they are cleared.
pub const STATE_BITS: [(&str, u8); 4] =
    [("VAR_HEADER_VALID_ONLY", 0x80), ("VAR_ADDED", 0x40), ("VAR_IN_DELETED_TRANSITION", 0x01), ("VAR_DELETED", 0x02)];

/// Of FTW's write header and record.
pub const WRITE_BITS: [(&str, u8); 3] = [
    ("HeaderAllocated", ftw_layout::write::HEADER_ALLOCATED),
    ("WritesAllocated", ftw_layout::write::WRITES_ALLOCATED),
    ("Complete", ftw_layout::write::COMPLETE),
];
pub const COPY_BITS: [(&str, u8); 2] = [
    ("SpareComplete", ftw_layout::record::SPARE_COMPLETE),
    ("DestinationComplete", ftw_layout::record::DESTINATION_COMPLETE),
];

/// What a state comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    InForce,
    /// In force until its successor is added.
    InTransition,
    Deleted,
    /// Its name and data are being written.
    HeaderOnly,
    /// Its header is being written.
    Begun,
    /// In no order that firmware writes.
    Unknown,
}

pub fn came(state: u8) -> Came {
    match State(state) {
        State::ADDED => Came::InForce,
        State::IN_DELETED_TRANSITION => Came::InTransition,
        State(variable::state::ERASED) => Came::Begun,
        State(variable::state::HEADER_VALID_ONLY) => Came::HeaderOnly,
        State(other) if other & !variable::state::DELETED == 0 && other & 0xfc == 0x3c => Came::Deleted,
        _ => Came::Unknown,
    }
}

pub fn is_reached(state: u8, bit: u8) -> bool {
    reached(state, bit)
}

type Field = (&'static str, usize);

const PLAIN: [Field; 7] = [
    ("StartId", 2),
    ("State", 1),
    ("Reserved", 1),
    ("Attributes", 4),
    ("NameSize", 4),
    ("DataSize", 4),
    ("VendorGuid", 16),
];
const AUTHENTICATED: [Field; 10] = [
    ("StartId", 2),
    ("State", 1),
    ("Reserved", 1),
    ("Attributes", 4),
    ("MonotonicCount", 8),
    ("TimeStamp", 16),
    ("PubKeyIndex", 4),
    ("NameSize", 4),
    ("DataSize", 4),
    ("VendorGuid", 16),
];

/// `bytes`: the volume.
pub fn read(bytes: &[u8]) -> Nv {
    let broken = |why: String| Nv {
        broken: Some(why),
        store: 0..0,
        work: None,
        spare: 0..0,
        records: Vec::new(),
        free: 0,
        fault: None,
        ftw: Ok(Vec::new()),
    };
    let nvram = match find(bytes, 0) {
        Some(Ok(nvram)) => nvram,
        Some(Err(error)) => return broken(error.to_string()),
        None => return broken(String::new()),
    };
    let store = match nvram.store(bytes) {
        Ok(store) => store,
        Err(error) => return broken(error.to_string()),
    };
    let base = nvram.store.start;
    let mut variables = store.variables();
    let mut records = Vec::new();
    let mut fault: Option<NvError> = None;
    let in_force = store.in_force();
    for variable in variables.by_ref() {
        match variable {
            Ok(variable) => records.push(record(&store, base, variable, in_force.has(&variable))),
            Err(error) => fault = Some(error),
        }
    }
    let free = base + variables.offset();
    let fault = fault.or(store.end().err()).map(|error| error.to_string());
    let work = nvram.work_space.clone();
    let space = work.as_ref().and_then(|work| bytes.get(work.clone())).map(WorkSpace::parse);
    let ftw = match &space {
        Some(Ok(space)) => queue(space, work.as_ref().map_or(0, |work| work.start)),
        Some(Err(error)) => Err(error.to_string()),
        None => Err(String::new()),
    };
    let end = match (&work, space) {
        (Some(work), Some(Ok(space))) => work.start + space.bytes().len(),
        (Some(work), _) => work.end,
        _ => nvram.store.end,
    };
    let work = work.map(|work| work.start..end);
    Nv { broken: None, store: nvram.store, spare: end..bytes.len(), work, records, free, fault, ftw }
}

fn record(store: &Store<'_>, base: usize, variable: Variable<'_>, in_force: bool) -> Record {
    let contents = &variable.contents;
    let header: &[Field] = if store.format() == Format::Plain { &PLAIN } else { &AUTHENTICATED };
    let at = base + variable.offset;
    let mut end = at;
    let body = [("Name", contents.name.len()), ("Data", contents.data.len())];
    let fields = header.iter().copied().chain(body).filter(|(_, size)| *size > 0);
    let fields = fields.map(|(name, size)| {
        let start = end;
        end += size;
        (name, start..end)
    });
    let fields: Vec<_> = fields.collect();
    Record {
        at,
        state: variable.state.0,
        in_force,
        name: contents.text().unwrap_or_default(),
        vendor: vendor_name(&contents.vendor).map_or_else(|| contents.vendor.to_string(), str::to_owned),
        attributes: Attributes(contents.attributes).to_string().to_uppercase().replace(',', " "),
        size: contents.data.len(),
        fields,
    }
}

fn queue(space: &WorkSpace<'_>, base: usize) -> Result<Vec<Queued>, String> {
    let queued = |write: pi::variable::ftw::Write<'_>| {
        let copy = |record: pi::variable::ftw::Record<'_>| Copy {
            at: base + record.offset,
            state: record.header.state,
            lba: record.header.lba.get(),
            offset: record.header.offset.get(),
            length: record.header.length.get(),
        };
        Queued { at: base + write.offset, write: write.header.state, records: write.records().map(copy).collect() }
    };
    space.writes().map(|write| write.map(queued).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_what_its_cleared_bits_say() {
        let all = [0xff, 0x7f, 0x3f, 0x3e, 0x3d, 0x3c, 0x00, 0xbf].map(came);
        use Came::{Begun, Deleted, HeaderOnly, InForce, InTransition, Unknown};
        assert_eq!(all, [Begun, HeaderOnly, InForce, InTransition, Deleted, Deleted, Unknown, Unknown]);
    }

    /// Two writes of a variable in a store of either format: the first record is deleted, the second in force,
    /// and the fields of each cover it without a gap.
    #[test]
    fn a_volume_is_read_record_by_record_and_field_by_field() {
        use pi::variable::{Areas, Auth, Contents, blank, set, stored_name, vendor_guid};
        let areas = Areas { volume: 0x1_0000, block: 0x1000, store_end: 0x7000, work_space: 0x7000..0x8000 };
        for format in [Format::Plain, Format::Authenticated] {
            let mut bytes = blank(&areas, format).unwrap();
            let vendor = vendor_guid("gEfiGlobalVariableGuid").unwrap();
            let name = stored_name("Timeout");
            for data in [&[5, 0][..], &[9, 0]] {
                let nvram = find(&bytes, 0).unwrap().unwrap();
                let contents = Contents { attributes: 7, auth: Auth::default(), vendor, name: &name, data };
                set(&mut bytes, &nvram, &contents).unwrap();
            }
            let nv = read(&bytes);
            assert_eq!((nv.broken, nv.fault, nv.ftw), (None, None, Ok(Vec::new())));
            assert_eq!((nv.work, nv.spare), (Some(0x7000..0x8000), 0x8000..0x1_0000));
            let [old, new] = &nv.records[..] else { panic!("{:?}", nv.records) };
            assert_eq!((came(old.state), old.in_force), (Came::Deleted, false));
            assert_eq!((came(new.state), new.in_force), (Came::InForce, true));
            let told = (new.name.as_str(), new.vendor.as_str(), new.attributes.as_str(), new.size);
            assert_eq!(told, ("Timeout", "gEfiGlobalVariableGuid", "NV BS RT", 2));
            let mut next = new.at;
            for (_, range) in &new.fields {
                assert_eq!(range.start, next);
                next = range.end;
            }
            assert_eq!(bytes[new.fields.last().unwrap().1.clone()], [9, 0]);
            assert!(next <= nv.free && bytes[nv.free..nv.store.end].iter().all(|byte| *byte == 0xff));
        }
    }

    #[test]
    fn what_is_no_volume_of_variables_is_told_and_nothing_is_read() {
        for bytes in [vec![], vec![0xff; 0x1_0000], vec![0; 64]] {
            let nv = read(&bytes);
            assert!(nv.broken.is_some() && nv.records.is_empty());
        }
    }
}
