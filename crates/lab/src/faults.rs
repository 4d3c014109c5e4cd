//! Faults of the catalogue, by name.

use content::KnownFault;
use pi::edit::Edit;
use std::fmt;

/// A name that the catalogue doesn't have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchFault {
    pub id: String,
    pub known: Vec<String>,
}

impl fmt::Display for NoSuchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no fault {:?}; there are: {}", self.id, self.known.join(", "))
    }
}

impl std::error::Error for NoSuchFault {}

/// What these faults together change, in the order in which they are named; twice is once.
pub fn edits_of(catalogue: &[KnownFault], ids: &[impl AsRef<str>]) -> Result<Vec<Edit>, NoSuchFault> {
    let mut edits = Vec::new();
    for (nth, id) in ids.iter().map(AsRef::as_ref).enumerate() {
        let Some(fault) = catalogue.iter().find(|fault| fault.id == id) else {
            let known = catalogue.iter().map(|fault| fault.id.clone()).collect();
            return Err(NoSuchFault { id: id.to_owned(), known });
        };
        if !ids[..nth].iter().any(|before| before.as_ref() == id) {
            edits.extend(fault.edit.iter().cloned());
        }
    }
    Ok(edits)
}
