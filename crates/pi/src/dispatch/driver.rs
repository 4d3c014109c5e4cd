//! The drivers of an image, as dispatchers see them.

use super::{Absent, Reason};
use crate::Guid;
use crate::depex::{Dialect, Evaluation, Op, Placement, Verdict, decode, placement};
use crate::image::{File, Image, Node};
use crate::layout::depex as opcode;
use crate::layout::ffs::{APRIORI_PEI, kind};
use crate::names::FileType;
use alloc::string::String;
use alloc::vec::Vec;

/// A file that a dispatcher is to start, or was meant to.
pub struct Driver {
    pub guid: Guid,
    pub name: Option<String>,
    pub kind: u8,
    /// The dispatcher of its type; None: none takes it.
    pub dispatcher: Option<Dialect>,
    /// The DEPEX for that dispatcher.
    pub depex: Option<Vec<u8>>,
    /// A dispatcher whose DEPEX it has, while it has none for its own.
    pub misplaced: Option<Dialect>,
}

const DIALECTS: [Dialect; 3] = [Dialect::Smm, Dialect::Dxe, Dialect::Pei];

pub fn dispatcher_of(kind: u8) -> Option<Dialect> {
    match kind {
        kind::PEIM => Some(Dialect::Pei),
        kind::DRIVER => Some(Dialect::Dxe),
        kind::SMM | kind::COMBINED_SMM_DXE => Some(Dialect::Smm),
        _ => None,
    }
}

/// All files with a driver's type or a DEPEX. A DXE driver without DEPEX waits for the `architectural`
/// protocols.
pub fn drivers(image: &Image, architectural: &[Guid]) -> Vec<Driver> {
    let files = image.walk().into_iter().filter_map(|visit| match visit.node {
        Node::File(file) => driver(file),
        _ => None,
    });
    let mut drivers: Vec<Driver> = files.collect();
    for driver in &mut drivers {
        if driver.dispatcher == Some(Dialect::Dxe) && driver.depex.is_none() && driver.misplaced.is_none() {
            driver.depex = Some(all_of(architectural));
        }
    }
    drivers
}

fn all_of(protocols: &[Guid]) -> Vec<u8> {
    let mut code = Vec::from([opcode::TRUE]);
    for protocol in protocols {
        code.push(opcode::PUSH);
        code.extend(protocol.0);
        code.push(opcode::AND);
    }
    code.push(opcode::END);
    code
}

fn driver(file: &File) -> Option<Driver> {
    let kind = file.header.kind;
    let code = |dialect: Dialect| file.find(dialect.section()).map(|section| section.data());
    let dispatcher = dispatcher_of(kind);
    let depex = dispatcher.and_then(code);
    let other = || DIALECTS.into_iter().find(|dialect| Some(*dialect) != dispatcher && code(*dialect).is_some());
    // Cores and stock images' combined PEIMs may have a DEPEX that nobody here evaluates.
    let foreign = matches!(
        kind,
        kind::SECURITY_CORE | kind::PEI_CORE | kind::DXE_CORE | kind::SMM_CORE | kind::COMBINED_PEIM_DRIVER | kind::PAD
    );
    let misplaced = if depex.is_some() || foreign { None } else { other() };
    (dispatcher.is_some() || misplaced.is_some()).then(|| Driver {
        guid: file.header.name,
        name: file.ui_name(),
        kind,
        dispatcher,
        depex,
        misplaced,
    })
}

impl Driver {
    pub fn absent(&self, why: Reason) -> Absent {
        Absent { file: self.guid, name: self.name.clone(), why }
    }

    fn code(&self) -> &[u8] {
        self.depex.as_deref().unwrap_or_default()
    }

    /// The file that BEFORE or AFTER names.
    pub fn neighbour(&self) -> Option<Guid> {
        match (self.dispatcher, placement(self.code())?) {
            (Some(Dialect::Dxe | Dialect::Smm), Placement::Before(file) | Placement::After(file)) => Some(file),
            _ => None,
        }
    }

    /// It begins with SOR, which only the DXE core knows.
    pub fn is_on_request(&self) -> bool {
        self.dispatcher == Some(Dialect::Dxe) && placement(self.code()) == Some(Placement::OnRequest)
    }

    /// What the dispatcher makes of its DEPEX; a PEIM without one waits for nothing.
    pub fn verdict(&self, present: impl FnMut(&Guid) -> bool) -> Verdict {
        match (self.dispatcher, &self.depex) {
            (Some(Dialect::Pei), None) => Verdict::Done(true),
            (dialect, _) => Evaluation::new(self.code(), dialect.unwrap_or(Dialect::Dxe), present).verdict(),
        }
    }

    /// The protocols that it pushes, each once.
    pub fn pushed(&self) -> Vec<Guid> {
        let mut guids = Vec::new();
        for instruction in decode(self.code()).map_while(Result::ok) {
            if let Op::Push(guid) = instruction.op
                && !guids.contains(&guid)
            {
                guids.push(guid);
            }
        }
        guids
    }
}

/// Entries of a-priori lists that do nothing.
pub fn idle_apriori(image: &Image) -> Vec<Absent> {
    let mut absent = Vec::new();
    for visit in image.walk() {
        let (Node::File(list), Some(volume)) = (visit.node, visit.volume) else { continue };
        let pei = list.header.name == APRIORI_PEI;
        for guid in list.apriori().unwrap_or_default() {
            let file = volume.files().iter().map(|placed| &placed.file).find(|file| file.header.name == guid);
            let kind = file.map(|file| file.header.kind);
            let why = match kind {
                None => Reason::AprioriAbsent,
                Some(kind) if dispatcher_of(kind).is_none_or(|dialect| (dialect == Dialect::Pei) != pei) => {
                    Reason::AprioriIneligible { kind: FileType(kind) }
                }
                Some(_) => continue,
            };
            absent.push(Absent { file: guid, name: file.and_then(File::ui_name), why });
        }
    }
    absent
}
