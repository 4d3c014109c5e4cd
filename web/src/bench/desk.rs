//! A bench in the reader's own hands: what an address brings, files that are brought, faults to choose, links to copy.
//! Board and page of flash stand on one.

use super::edit::Edit;
use super::host::{self, Act, Host};
use super::link::{Damage, Shared};
use super::model::Deed;
use crate::{rom, save};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::Callback;

pub enum Msg {
    Bench(host::Msg),
    File(File),
    /// A file's name and bytes, if it could be read: what it is, the view knows.
    Brought(String, Option<Vec<u8>>),
    ShowFaults,
    CopyLink,
    Copied(bool),
    Export,
    Dismiss,
}

impl From<Act> for Msg {
    fn from(act: Act) -> Self {
        Msg::Bench(host::Msg::Do(act))
    }
}

pub struct Desk {
    pub host: Host,
    /// What is wrong with the address.
    pub damage: Option<Damage>,
    /// Whether the last link could be copied.
    pub copied: Option<bool>,
    /// The catalogue of faults is open.
    pub picking: bool,
    place: Place,
    link: Callback<Msg>,
}

/// What a desk is opened with, whatever the address.
#[derive(Clone)]
pub struct Place {
    /// In addresses.
    pub page: &'static str,
    /// Edits under the reader's own.
    pub base: Vec<Edit>,
    /// Every change boots.
    pub at_once: bool,
}

impl Desk {
    pub fn open(link: Callback<Msg>, place: Place, query: &str) -> Self {
        let (shared, damage) = match Shared::parse(query) {
            Some(Ok(shared)) => (shared, None),
            Some(Err(damage)) => (Shared::default(), Some(damage)),
            None => (Shared::default(), None),
        };
        Desk { damage, ..Desk::with(link, place, shared) }
    }

    fn with(link: Callback<Msg>, place: Place, shared: Shared) -> Self {
        let Shared { build, edits, said } = shared;
        let mut host = Host::open(link.reform(Msg::Bench), build, place.base.clone(), edits, place.at_once);
        host.model.on_any_board();
        host.model.to_do = said.into_iter().map(Deed::Say).collect();
        Desk { host, damage: None, copied: None, picking: false, place, link }
    }

    /// The address has become another: the desk that it asks for. One that is damaged changes nothing.
    pub fn linked(&mut self, query: &str) -> Option<Desk> {
        match Shared::parse(query) {
            Some(Ok(shared)) => {
                let other = Desk::with(self.link.clone(), self.place.clone(), shared);
                return Some(Desk { picking: self.picking, ..other });
            }
            Some(Err(damage)) => self.damage = Some(damage),
            None => {}
        }
        None
    }

    pub fn edits(&self) -> &[Edit] {
        self.host.model.draft.edits()
    }

    pub fn update(&mut self, msg: Msg) {
        if !matches!(msg, Msg::Bench(host::Msg::News(_) | host::Msg::Image(..))) {
            self.copied = None;
        }
        match msg {
            Msg::Bench(msg) => self.host.update(msg),
            Msg::File(file) => self.read(file),
            Msg::Brought(..) => {}
            Msg::ShowFaults => self.picking = !self.picking,
            Msg::CopyLink => self.copy_link(),
            Msg::Copied(done) => self.copied = Some(done),
            Msg::Export => self.host.model.export(),
            Msg::Dismiss => (self.damage, self.host.model.trouble) = (None, None),
        }
        if let Some(bytes) = self.host.model.exported.take() {
            save::download(&bytes, &format!("{}.fd", self.host.model.image), "application/octet-stream");
        }
    }

    fn read(&self, file: File) {
        let link = self.link.clone();
        spawn_local(async move {
            let bytes = rom::read_file(&file).await;
            link.emit(Msg::Brought(file.name(), bytes));
        });
    }

    fn copy_link(&self) {
        let model = &self.host.model;
        let said = model.said.iter().map(|exchange| exchange.text.clone()).collect();
        let shared = Shared { build: model.build, edits: self.edits().to_vec(), said };
        let hash = format!("#/{}?{}", self.place.page, shared.query());
        let link = self.link.clone();
        spawn_local(async move { link.emit(Msg::Copied(save::copy_link(&hash).await)) });
    }
}
