//! An image as a flat list, for people and for JSON.

use crate::depex::{Dialect, to_text};
use crate::image::{Image, Location, Node, Section, SectionBody, Visit};
use crate::layout::section;
use crate::names::{FileType, SectionType};
use crate::{Guid, pcd};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A line of the list; a holder comes before what it holds, which is one deeper.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Entry {
    pub at: Location,
    pub size: usize,
    pub depth: usize,
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub item: Item,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "item", rename_all = "kebab-case"))]
pub enum Item {
    Volume {
        file_system: Guid,
        /// From the extended header.
        guid: Option<Guid>,
        /// Bytes behind the last file.
        free: usize,
    },
    File {
        guid: Guid,
        name: Option<String>,
        #[cfg_attr(feature = "serde", serde(rename = "type"))]
        kind: FileType,
        /// An a-priori file's list.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        apriori: Option<Vec<Guid>>,
    },
    Section {
        #[cfg_attr(feature = "serde", serde(rename = "type"))]
        kind: SectionType,
        /// Of a GUID-defined section; what it is, if that is known.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        definition: Option<String>,
        /// Of a DEPEX section; the error if it is malformed.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        depex: Option<String>,
        /// PCD words of a module of ours.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
        pcd: Vec<Word>,
    },
    /// Bytes that belong to no volume or no file.
    Bytes { erased: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Word {
    pub name: String,
    pub value: u32,
}

impl Image {
    #[must_use]
    pub fn list(&self) -> Vec<Entry> {
        let visits = self.walk();
        let names = file_names(&visits);
        visits
            .iter()
            .map(|visit| Entry {
                at: visit.at.clone(),
                size: visit.size,
                depth: visit.depth,
                item: item(visit, &names),
            })
            .collect()
    }
}

/// GUIDs and names of the files.
fn file_names(visits: &[Visit<'_>]) -> Vec<(Guid, String)> {
    let name = |visit: &Visit<'_>| match visit.node {
        Node::File(file) => Some((file.header.name, file.ui_name()?)),
        _ => None,
    };
    visits.iter().filter_map(name).collect()
}

fn item(visit: &Visit<'_>, names: &[(Guid, String)]) -> Item {
    match visit.node {
        Node::Volume(volume) => {
            Item::Volume { file_system: volume.file_system(), guid: volume.name(), free: volume.free() }
        }
        Node::File(file) => {
            let (guid, kind) = (file.header.name, FileType(file.header.kind));
            Item::File { guid, name: file.ui_name(), kind, apriori: file.apriori() }
        }
        Node::Section(section) => {
            let name = |guid: &Guid| names.iter().find(|(other, _)| other == guid).map(|(_, name)| name.clone());
            let text = |code| to_text(code, name).unwrap_or_else(|error| error.to_string());
            let depex = Dialect::of_section(section.kind).and(section.bytes()).map(text);
            let definition = match &section.body {
                SectionBody::Encoded { definition, .. } => Some(definition_name(definition)),
                _ => None,
            };
            Item::Section { kind: SectionType(section.kind), definition, depex, pcd: words(section) }
        }
        Node::Bytes(bytes) => Item::Bytes { erased: bytes.iter().all(|byte| *byte == 0xff) },
    }
}

fn words(section: &Section) -> Vec<Word> {
    let module = section.bytes().filter(|_| matches!(section.kind, section::kind::PE32 | section::kind::TE));
    pcd::words(module.unwrap_or_default()).map(|word| Word { name: word.name.to_string(), value: word.value }).collect()
}

fn definition_name(guid: &Guid) -> String {
    match *guid {
        section::LZMA => "LZMA".to_string(),
        section::TIANO => "Tiano".to_string(),
        section::BROTLI => "Brotli".to_string(),
        section::CRC32 => "CRC-32".to_string(),
        other => other.to_string(),
    }
}
