//! `[attempts]` of a scene: what each `[[attempt]]` has that doesn't say otherwise. It is put into them before
//! anything else looks at them; lines in faults stay those of the file.

use super::files::Source;
use super::{Fault, Rule};
use crate::Setup;
use serde::Deserialize;
use std::ops::Range;
use toml::de::{DeTable, DeValue, Deserializer, Error};

/// What attempts may have in common; the rest makes them different.
const COMMON: [&str; 5] = ["before", "write", "after", "read", "holds"];
const TABLE: &str = "attempts";

pub fn setup(source: &Source, faults: &mut Vec<Fault>) -> Option<Setup> {
    let failed = |error: Error| source.fault_at(error.span(), Rule::Toml, error.message());
    let mut file = DeTable::parse(&source.text).map_err(|error| faults.push(failed(error))).ok()?;
    spread(file.get_mut(), source, faults);
    Setup::deserialize(Deserializer::from(file)).map_err(|error| faults.push(failed(error))).ok()
}

fn spread(file: &mut DeTable<'_>, source: &Source, faults: &mut Vec<Fault>) {
    let Some(common) = file.remove(TABLE) else { return };
    let mut fault = |span: Range<usize>, rule, why: &str| faults.push(source.fault_at(Some(span), rule, why));
    let span = common.span();
    let DeValue::Table(common) = common.into_inner() else {
        return fault(span, Rule::Toml, "[attempts] is one table for all; each attempt is an [[attempt]]");
    };
    let mut attempts: Vec<&mut DeTable<'_>> = Vec::new();
    if let Some(DeValue::Array(list)) = file.get_mut("attempt").map(toml::Spanned::get_mut) {
        attempts.extend(list.iter_mut().filter_map(|one| match one.get_mut() {
            DeValue::Table(attempt) => Some(attempt),
            _ => None,
        }));
    }
    for (key, value) in common {
        let (name, span) = (key.get_ref().clone(), key.span());
        if !COMMON.contains(&&*name) {
            let why = format!("{name:?} isn't of [attempts], which has {}", COMMON.join(", "));
            fault(span, Rule::Value, &why);
        } else if attempts.iter().all(|attempt| attempt.contains_key(&*name)) {
            fault(span, Rule::Value, &format!("no attempt is without its own {name:?}"));
        } else {
            attempts.iter_mut().for_each(|attempt| _ = attempt.entry(key.clone()).or_insert_with(|| value.clone()));
        }
    }
}
