//! Reading a variable store. What is in force is found as EDK II finds it.

use super::contents::Header;
use super::{Contents, Format, InForce, NvError, NvRule};
use crate::Guid;
use crate::layout::variable::{FORMATTED, HEALTHY, START_ID, STORE_HEADER_SIZE, StoreHeader, state};
use core::fmt;
use zerocopy::FromBytes;

/// A store whose header makes sense, so that its variables can be walked.
#[derive(Debug, Clone, Copy)]
pub struct Store<'a> {
    bytes: &'a [u8],
    format: Format,
}

impl<'a> Store<'a> {
    /// The store at the start of `bytes`, which may go on behind it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NvError> {
        let have = bytes.len();
        let (header, _) =
            StoreHeader::ref_from_prefix(bytes).map_err(|_| NvError::new(0, NvRule::StoreTooShort { have }))?;
        let found = header.signature;
        let format = Format::of(found).ok_or(NvError::new(0, NvRule::StoreSignature { found }))?;
        let found = header.size.get();
        let store = bytes.get(..found as usize).filter(|store| store.len() >= STORE_HEADER_SIZE);
        let bytes = store.ok_or(NvError::new(0x10, NvRule::StoreSize { found, have }))?;
        if header.format != FORMATTED {
            return Err(NvError::new(0x14, NvRule::StoreFormat { found: header.format }));
        }
        if header.state != HEALTHY {
            return Err(NvError::new(0x15, NvRule::StoreState { found: header.state }));
        }
        Ok(Store { bytes, format })
    }

    /// The whole store.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// All variables, deleted ones too.
    #[must_use]
    pub fn variables(&self) -> Variables<'a> {
        Variables { store: *self, next: STORE_HEADER_SIZE }
    }

    /// Where the free space starts. Err: a variable can't be read, or the rest isn't erased.
    pub fn end(&self) -> Result<usize, NvError> {
        let mut variables = self.variables();
        variables.try_for_each(|variable| variable.map(drop))?;
        let end = variables.offset();
        let dirty = self.bytes.get(end..).and_then(|rest| rest.iter().position(|byte| *byte != 0xff));
        dirty.map_or(Ok(end), |at| Err(NvError::new(end + at, NvRule::FreeSpaceNotErased)))
    }

    /// The variable in force of this name (with its NUL) and vendor.
    #[must_use]
    pub fn find(&self, vendor: &Guid, name: &[u8]) -> Option<Lookup<'a>> {
        let mut in_transition = None;
        for variable in self.variables().flatten() {
            if variable.contents.vendor != *vendor || variable.contents.name != name {
                continue;
            }
            if variable.state == State::ADDED {
                return Some(Lookup { current: variable, in_transition });
            }
            if variable.state == State::IN_DELETED_TRANSITION {
                in_transition = Some(variable);
            }
        }
        in_transition.map(|current| Lookup { current, in_transition: None })
    }

    #[must_use]
    pub fn in_force(&self) -> InForce<'a> {
        InForce::of(self)
    }

    /// The variables in force, in the order of the store.
    pub fn live(&self) -> impl Iterator<Item = Variable<'a>> + use<'a> {
        let in_force = self.in_force();
        self.variables().flatten().filter(move |variable| in_force.has(variable))
    }

    /// The first broken rule: variables that can't be read, free space, then names and doubles.
    pub fn check(&self) -> Result<(), NvError> {
        self.end()?;
        let in_force = self.in_force();
        for variable in self.variables().flatten().filter(|variable| variable.state.counts()) {
            let at = |rule| NvError::new(variable.offset, rule);
            variable.contents.check_name().map_err(at)?;
            if variable.state == State::ADDED && !in_force.has(&variable) {
                let other = in_force.offset(&variable).unwrap_or_default();
                return Err(at(NvRule::Twice { other }));
            }
        }
        Ok(())
    }
}

/// What a lookup by name finds.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a> {
    pub current: Variable<'a>,
    /// Its predecessor, if the power was cut before that was deleted.
    pub in_transition: Option<Variable<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Of its header, from the start of the store.
    pub offset: usize,
    pub state: State,
    /// As long as the header is being written, it has neither name nor data.
    pub contents: Contents<'a>,
}

/// `VAR_…`: how far a variable has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State(pub u8);

impl State {
    pub const ADDED: State = State(state::ADDED);
    pub const IN_DELETED_TRANSITION: State = State(state::ADDED & state::IN_DELETED_TRANSITION);

    /// A variable in this state may be in force.
    #[must_use]
    pub fn counts(self) -> bool {
        self == State::ADDED || self == State::IN_DELETED_TRANSITION
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            State::ADDED => "added",
            State::IN_DELETED_TRANSITION => "in deleted transition",
            State(state::ERASED) => "erased",
            State(state::HEADER_VALID_ONLY) => "header valid only",
            State(other) if other & !state::DELETED == 0 => "deleted",
            State(other) => return write!(f, "unknown ({other:02X}h)"),
        })
    }
}

/// The variables of a store. After an error there are no more: where the next one starts is unknown.
#[derive(Debug, Clone)]
pub struct Variables<'a> {
    store: Store<'a>,
    next: usize,
}

impl Variables<'_> {
    /// Where the walk stands: after the last variable, the start of the free space.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.next.min(self.store.bytes.len())
    }
}

impl<'a> Iterator for Variables<'a> {
    type Item = Result<Variable<'a>, NvError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (bytes, format, offset) = (self.store.bytes, self.store.format, self.next);
        let rest = bytes.get(offset..)?;
        if !rest.starts_with(&START_ID.to_le_bytes()) {
            return None;
        }
        let variable = read(rest, format, offset);
        let step = variable.as_ref().map_or(usize::MAX, |variable| format.step(&variable.contents));
        self.next = offset.saturating_add(step).min(bytes.len());
        Some(variable)
    }
}

fn read(rest: &[u8], format: Format, offset: usize) -> Result<Variable<'_>, NvError> {
    let header =
        Header::read(rest, format).ok_or(NvError::new(offset, NvRule::HeaderBeyondEnd { room: rest.len() }))?;
    let Header { name_size, data_size, .. } = header;
    // EDK II reads such a header as one whose name and data nobody has begun to write.
    let unfinished = header.state == state::ERASED || [name_size, data_size, header.attributes].contains(&u32::MAX);
    let (name, data) = if unfinished { (0, 0) } else { (name_size, data_size) };
    let room = rest.len() - format.header_size();
    let beyond = NvError::new(offset, NvRule::VariableBeyondEnd { name, data, room });
    let body = &rest[format.header_size()..];
    let (name, body) = body.split_at_checked(name as usize).ok_or(beyond)?;
    let data = body.get(..data as usize).ok_or(beyond)?;
    let contents = Contents { attributes: header.attributes, auth: header.auth, vendor: header.vendor, name, data };
    Ok(Variable { offset, state: State(header.state), contents })
}
