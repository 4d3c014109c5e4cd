//! Does an image keep the rules? First what couldn't be read, then checksums and states, then what
//! a dispatcher would stumble over.

use super::{Data, File, Image, ImageError, Location, Node, Section, Trouble, Visit, Volume};
use crate::depex::{self, Dialect, Placement};
use crate::layout::ffs::kind;
use crate::layout::section::kind as section_kind;
use crate::{Guid, Rule, view};
use alloc::vec::Vec;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Severity {
    /// The image is well-formed, but a driver in it can't be dispatched as its author thought.
    Warning,
    /// The image isn't well-formed.
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub error: ImageError,
}

impl Image {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn check(&self) -> Vec<Finding> {
        let flaws = self.flaws.iter().cloned();
        let mut findings: Vec<_> = flaws.map(|error| Finding { severity: Severity::Error, error }).collect();
        for visit in self.walk() {
            let mut check = Check { visit: &visit, findings: &mut findings };
            match visit.node {
                Node::Volume(volume) => check.volume(volume),
                Node::File(file) => check.file(file),
                Node::Section(section) => check.section(section),
                Node::Bytes(_) => {}
            }
        }
        findings
    }
}

struct Check<'a> {
    visit: &'a Visit<'a>,
    findings: &'a mut Vec<Finding>,
}

impl Check<'_> {
    fn add(&mut self, severity: Severity, at: Location, trouble: Trouble) {
        let error = ImageError { at, file: self.visit.file_id(), trouble };
        self.findings.push(Finding { severity, error });
    }

    fn error(&mut self, offset: usize, rule: Rule) {
        self.add(Severity::Error, self.visit.at.plus(offset), rule.into());
    }

    fn warning(&mut self, trouble: impl Into<Trouble>) {
        self.add(Severity::Warning, self.visit.at.clone(), trouble.into());
    }

    fn volume(&mut self, volume: &Volume) {
        let mut bytes = Vec::with_capacity(volume.length);
        volume.write(&mut bytes);
        if let Err(error) = view::Volume::parse(&bytes).and_then(|view| view.check()) {
            self.error(error.offset, error.rule);
        }
        let Data::Files { files, .. } = &volume.data else { return };
        for placed in files {
            let bytes = placed.file.write();
            let checked = view::File::parse(&bytes, placed.offset, volume.erased).and_then(|view| view.check());
            if let Err(error) = checked {
                let at = self.visit.at.plus(error.offset);
                let error = ImageError { at, file: Some(placed.file.id()), trouble: error.rule.into() };
                self.findings.push(Finding { severity: Severity::Error, error });
            }
        }
        let most = live(volume).map(File::alignment).max().unwrap_or(1);
        if let Some(has) = volume.alignment().filter(|has| *has < most) {
            self.error(crate::layout::fv::ATTRIBUTES_OFFSET, Rule::VolumeAlignment { volume: has, file: most });
        }
        let mut names: Vec<Guid> = live(volume).map(|file| file.header.name).collect();
        names.sort();
        for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            self.error(0, Rule::FileTwice { name: pair[0] });
        }
    }

    fn file(&mut self, file: &File) {
        if matches!(file.header.kind, kind::SMM | kind::COMBINED_SMM_DXE)
            && file.find(section_kind::SMM_DEPEX).is_none()
        {
            self.warning(Trouble::NoSmmDepex);
        }
        for kind in [section_kind::PEI_DEPEX, section_kind::DXE_DEPEX, section_kind::SMM_DEPEX] {
            if file.find_all(kind).len() > 1 {
                self.warning(Trouble::DepexTwice);
            }
        }
        let Some(volume) = self.visit.volume else { return };
        for guid in file.apriori().unwrap_or_default() {
            if !live(volume).any(|other| other.header.name == guid) {
                self.warning(Trouble::AprioriUnknown(guid));
            }
        }
    }

    fn section(&mut self, section: &Section) {
        if let Some((_, want, found)) = section.crc().filter(|(_, want, found)| want != found) {
            self.error(0, Rule::SectionCrc { want, found });
        }
        let (Some(dialect), Some(code)) = (Dialect::of_section(section.kind), section.bytes()) else { return };
        if let Err(error) = depex::validate(code, dialect) {
            self.warning(error);
        }
        let Some(Placement::Before(target) | Placement::After(target)) = depex::placement(code) else { return };
        if !self.visit.volume.is_some_and(|volume| live(volume).any(|file| file.header.name == target)) {
            self.warning(Trouble::PlacementUnknown(target));
        }
    }
}

/// Files that aren't padding.
fn live(volume: &Volume) -> impl Iterator<Item = &File> {
    volume.files().iter().map(|placed| &placed.file).filter(|file| file.header.kind != kind::PAD)
}
