//! The files of an image, volume by volume, in their order.

use super::Expression;
use pi::depex::Dialect;
use pi::image::{File as Ffs, Image, Node};
use pi::layout::ffs::{VOLUME_TOP_FILE, kind};
use pi::layout::section;
use pi::{Guid, known, pcd};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    pub volumes: Vec<Volume>,
    pub names: Names,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// As edits name it: `0xe0000`.
    pub at: String,
    pub size: usize,
    /// Bytes behind the last file.
    pub free: usize,
    /// What its a-priori file lists.
    pub apriori: Vec<Guid>,
    /// Without pad files and the a-priori file.
    pub files: Vec<File>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub guid: Guid,
    pub name: Option<String>,
    /// A constant of `pi::layout::ffs::kind`.
    pub kind: u8,
    pub size: usize,
    pub depex: Option<Expression>,
    /// The words of its `$PCD` block.
    pub words: Vec<Word>,
}

/// A PCD word: a named switch of a module (`pi::pcd`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    pub name: String,
    pub value: u32,
}

impl File {
    /// It holds the reset vector and has no name of its own.
    #[must_use]
    pub fn is_volume_top(&self) -> bool {
        self.guid == VOLUME_TOP_FILE
    }

    /// The dispatcher that its type is for. None: it isn't dispatched.
    #[must_use]
    pub fn dispatcher(&self) -> Option<Dialect> {
        match self.kind {
            kind::PEIM | kind::COMBINED_PEIM_DRIVER => Some(Dialect::Pei),
            kind::DRIVER => Some(Dialect::Dxe),
            kind::SMM | kind::COMBINED_SMM_DXE => Some(Dialect::Smm),
            _ => None,
        }
    }
}

/// Names of GUIDs: of files by this image, of all others by EDK II.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub files: Vec<(Guid, String)>,
    pub known: Vec<(Guid, String)>,
}

impl Names {
    #[must_use]
    pub fn of(&self, guid: &Guid) -> String {
        let mut all = self.known.iter().chain(&self.files);
        all.find(|(other, _)| other == guid).map_or_else(|| guid.to_string(), |(_, name)| name.clone())
    }

    #[must_use]
    pub fn guid(&self, name: &str) -> Option<Guid> {
        self.files.iter().chain(&self.known).find(|(_, other)| other == name).map(|(guid, _)| *guid)
    }
}

impl Listing {
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let visits = image.walk();
        let files = visits.iter().filter_map(|visit| match visit.node {
            Node::File(file) => Some((file.header.name, file.ui_name()?)),
            _ => None,
        });
        let known = known::all().map(|(name, guid)| (guid, name.to_owned())).collect();
        let names = Names { files: files.collect(), known };
        let volumes = visits.iter().filter_map(|visit| match visit.node {
            Node::Volume(volume) if !volume.files().is_empty() => Some(Volume {
                at: visit.at.to_string(),
                size: volume.length,
                free: volume.free(),
                apriori: volume.files().iter().find_map(|placed| placed.file.apriori()).unwrap_or_default(),
                files: volume.files().iter().filter_map(|placed| entry(&placed.file, &names)).collect(),
            }),
            _ => None,
        });
        Listing { volumes: volumes.collect(), names }
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.volumes.iter().flat_map(|volume| &volume.files)
    }

    #[must_use]
    pub fn file(&self, guid: &Guid) -> Option<&File> {
        self.files().find(|file| file.guid == *guid)
    }
}

fn entry(file: &Ffs, names: &Names) -> Option<File> {
    if file.header.kind == kind::PAD || file.apriori().is_some() {
        return None;
    }
    let depex = [Dialect::Pei, Dialect::Dxe, Dialect::Smm].into_iter().find_map(|dialect| {
        let code = file.find(dialect.section())?.bytes()?.to_vec();
        Some(Expression::new(dialect, code, names))
    });
    let image = [section::kind::PE32, section::kind::TE].into_iter().find_map(|kind| file.find(kind)?.bytes());
    let words =
        pcd::words(image.unwrap_or_default()).map(|word| Word { name: word.name.to_owned(), value: word.value });
    let (guid, kind) = (file.header.name, file.header.kind);
    Some(File { guid, name: file.ui_name(), kind, size: file.size(), depex, words: words.collect() })
}
