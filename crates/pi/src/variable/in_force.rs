//! Which variables of a store are in force. With an allocator in one walk: a store may be large, and
//! made to be slow.

use super::{Store, Variable};
#[cfg(feature = "alloc")]
use {super::State, crate::Guid, alloc::collections::BTreeMap};

#[cfg(feature = "alloc")]
#[derive(Debug, Clone)]
pub struct InForce<'a>(BTreeMap<(Guid, &'a [u8]), Variable<'a>>);

#[cfg(feature = "alloc")]
impl<'a> InForce<'a> {
    pub(super) fn of(store: &Store<'a>) -> Self {
        let mut map = BTreeMap::new();
        for variable in store.variables().flatten().filter(|variable| variable.state.counts()) {
            let held = map.entry((variable.contents.vendor, variable.contents.name)).or_insert(variable);
            // As `Store::find`: the first that is added, else the last in transition.
            if held.state != State::ADDED {
                *held = variable;
            }
        }
        InForce(map)
    }

    /// Where the one of the same name and vendor is.
    pub(super) fn offset(&self, variable: &Variable<'_>) -> Option<usize> {
        self.0.get(&(variable.contents.vendor, variable.contents.name)).map(|held| held.offset)
    }
}

#[cfg(not(feature = "alloc"))]
#[derive(Debug, Clone)]
pub struct InForce<'a>(Store<'a>);

#[cfg(not(feature = "alloc"))]
impl<'a> InForce<'a> {
    pub(super) fn of(store: &Store<'a>) -> Self {
        InForce(*store)
    }

    /// Where the one of the same name and vendor is.
    pub(super) fn offset(&self, variable: &Variable<'_>) -> Option<usize> {
        self.0.find(&variable.contents.vendor, variable.contents.name).map(|found| found.current.offset)
    }
}

impl InForce<'_> {
    /// It is what a lookup of its name finds.
    #[must_use]
    pub fn has(&self, variable: &Variable<'_>) -> bool {
        variable.state.counts() && self.offset(variable) == Some(variable.offset)
    }
}
