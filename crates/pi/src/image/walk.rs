//! The tree as a list: everything in the order of the image, with its place and depth.

use super::{Data, File, FileId, Image, Location, Part, Section, SectionBody, Sections, Volume};
use alloc::vec::Vec;

#[derive(Debug, Clone, Copy)]
pub enum Node<'a> {
    Volume(&'a Volume),
    File(&'a File),
    Section(&'a Section),
    /// Bytes between volumes, or between files where they should be erased.
    Bytes(&'a [u8]),
}

#[derive(Debug, Clone)]
pub struct Visit<'a> {
    pub at: Location,
    pub size: usize,
    pub depth: usize,
    /// The volume that holds it, nearest.
    pub volume: Option<&'a Volume>,
    /// The file that holds it, nearest, or is it.
    pub file: Option<&'a File>,
    pub node: Node<'a>,
}

impl Visit<'_> {
    #[must_use]
    pub fn file_id(&self) -> Option<FileId> {
        self.file.map(File::id)
    }
}

impl Image {
    /// Everything, compressed sections included; a holder comes before what it holds.
    #[must_use]
    pub fn walk(&self) -> Vec<Visit<'_>> {
        let mut walker = Walker { visits: Vec::new(), depth: 0, volume: None, file: None };
        walker.image(self, &Location(alloc::vec![0]));
        walker.visits
    }
}

struct Walker<'a> {
    visits: Vec<Visit<'a>>,
    depth: usize,
    volume: Option<&'a Volume>,
    file: Option<&'a File>,
}

impl<'a> Walker<'a> {
    fn visit(&mut self, at: &Location, size: usize, node: Node<'a>) {
        self.visits.push(Visit { at: at.clone(), size, depth: self.depth, volume: self.volume, file: self.file, node });
    }

    fn image(&mut self, image: &'a Image, at: &Location) {
        let mut at = at.clone();
        for part in &image.parts {
            match part {
                Part::Bytes(bytes) => self.visit(&at, bytes.len(), Node::Bytes(bytes)),
                Part::Volume(volume) => self.volume(volume, &at),
            }
            at = at.plus(part.size());
        }
    }

    fn volume(&mut self, volume: &'a Volume, at: &Location) {
        self.visit(at, volume.length, Node::Volume(volume));
        let outer = self.volume.replace(volume);
        self.depth += 1;
        if let Data::Files { files, strays } = &volume.data {
            for placed in files {
                self.file(&placed.file, &at.plus(placed.offset));
            }
            for (offset, stray) in strays {
                self.visit(&at.plus(*offset), stray.len(), Node::Bytes(stray));
            }
        }
        self.depth -= 1;
        self.volume = outer;
    }

    fn file(&mut self, file: &'a File, at: &Location) {
        let outer = self.file.replace(file);
        self.visit(at, file.size(), Node::File(file));
        if let Some(sections) = file.body.sections() {
            self.depth += 1;
            self.sections(sections, &at.plus(file.header_size()));
            self.depth -= 1;
        }
        self.file = outer;
    }

    fn sections(&mut self, sections: &'a Sections, at: &Location) {
        let mut at = at.clone();
        for section in &sections.list {
            at = at.plus(section.gap.len());
            self.visit(&at, section.size(), Node::Section(section));
            self.depth += 1;
            let data = at.plus(section.headers.len());
            match &section.body {
                SectionBody::Bytes(_) => {}
                SectionBody::Sections(inner) => self.sections(inner, &data),
                SectionBody::Image(image) => self.image(image, &data),
                SectionBody::Encoded { inner, .. } => {
                    if let Some(inner) = inner {
                        self.sections(inner, &at.inside());
                    }
                }
            }
            self.depth -= 1;
            at = at.plus(section.size());
        }
    }
}
