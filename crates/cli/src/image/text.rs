//! Lists for people.

use anyhow::{Context, Result};
use pi::Guid;
use pi::layout::fv;
use pi::list::{Entry, Item};
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::process::exit;

/// Prints a line. A reader that has gone, as `head`, ends the program quietly.
pub fn line(text: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        written => written.context("can't write to standard output"),
    }
}

pub fn print_json(value: &Value) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

pub fn print_list(entries: &[Entry], sections: bool) -> Result<()> {
    line(&format!("{:<24} {:>9}  what", "offset", "size"))?;
    for entry in entries {
        let hidden = matches!(&entry.item, Item::Section { depex, definition, .. } if !sections && depex.is_none() && definition.is_none());
        if !hidden {
            let indent = "  ".repeat(entry.depth);
            line(&format!("{:<24} {:>#9x}  {indent}{}", entry.at.to_string(), entry.size, describe(&entry.item)))?;
        }
    }
    Ok(())
}

fn describe(item: &Item) -> String {
    match item {
        Item::Volume { file_system, guid, free } => {
            let name = guid.map_or(String::new(), |guid| format!(" {guid}"));
            format!("volume {}{name}, {free:#x} free", file_system_name(file_system))
        }
        Item::File { guid, name, kind, apriori } => {
            let name = name.as_ref().map_or(String::new(), |name| format!(" {name}"));
            let list: Vec<_> = apriori.iter().flatten().map(Guid::to_string).collect();
            let list = if list.is_empty() { String::new() } else { format!(": {}", list.join(", ")) };
            format!("{kind:<15} {guid}{name}{list}")
        }
        Item::Section { kind, definition, depex, pcd } => {
            let definition = definition.as_ref().map_or(String::new(), |definition| format!(" {definition}"));
            let depex = depex.as_ref().map_or(String::new(), |depex| format!(": {depex}"));
            let words: Vec<_> = pcd.iter().map(|word| format!(" {}={:#x}", word.name, word.value)).collect();
            format!("{kind} section{definition}{depex}{}", words.concat())
        }
        Item::Bytes { erased: true } => "erased".into(),
        Item::Bytes { erased: false } => "other bytes".into(),
    }
}

fn file_system_name(guid: &Guid) -> String {
    match *guid {
        fv::FFS2 => "FFS2".into(),
        fv::FFS3 => "FFS3".into(),
        fv::NV_DATA => "NV data".into(),
        other => other.to_string(),
    }
}
