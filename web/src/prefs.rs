//! What the reader chose: language and theme. The address wins over what is remembered, which wins
//! over what the browser says. Storage may be forbidden; then nothing is remembered, and that is all.

use crate::i18n::Lang;
use web_sys::{UrlSearchParams, window};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub fn id(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        [Theme::Auto, Theme::Light, Theme::Dark].into_iter().find(|t| t.id() == id)
    }

    pub fn next(self) -> Self {
        match self {
            Theme::Auto => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Auto,
        }
    }
}

const LANG: &str = "lang";
const THEME: &str = "theme";

fn query(name: &str) -> Option<String> {
    let search = window()?.location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()?.get(name)
}

pub fn remembered(name: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(&format!("smm-lab.{name}")).ok()?
}

pub fn remember(name: &str, value: &str) {
    let storage = window().and_then(|w| w.local_storage().ok().flatten());
    if let Some(storage) = storage {
        // A full or forbidden storage costs the memory of a choice, nothing else.
        let _ = storage.set_item(&format!("smm-lab.{name}"), value);
    }
}

pub fn lang() -> Lang {
    let browser = || window().and_then(|w| w.navigator().language());
    [query(LANG), remembered(LANG)]
        .into_iter()
        .flatten()
        .find_map(|tag| Lang::from_tag(&tag))
        .or_else(|| Lang::from_tag(&browser()?))
        .unwrap_or_default()
}

pub fn theme() -> Theme {
    [query(THEME), remembered(THEME)].into_iter().flatten().find_map(|id| Theme::from_id(&id)).unwrap_or_default()
}

fn root() -> Option<web_sys::Element> {
    window()?.document()?.document_element()
}

/// Tells the document its language; what the reader chose is remembered.
pub fn apply_lang(lang: Lang, chosen: bool) {
    if let Some(root) = root() {
        let _ = root.set_attribute("lang", lang.tag());
    }
    if chosen {
        remember(LANG, lang.tag());
    }
}

pub fn apply_theme(theme: Theme, chosen: bool) {
    if let Some(root) = root() {
        let _ = match theme {
            Theme::Auto => root.remove_attribute("data-theme"),
            explicit => root.set_attribute("data-theme", explicit.id()),
        };
    }
    if chosen {
        remember(THEME, theme.id());
    }
}

/// The reader asked the system for less motion.
pub fn reduced_motion() -> bool {
    let query = window().and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    query.is_some_and(|q| q.matches())
}
