//! Languages, and the messages that `build.rs` compiled from the Fluent files.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Vi,
    Ja,
}

impl Lang {
    pub const ALL: [Lang; 3] = [Lang::En, Lang::Vi, Lang::Ja];

    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Vi => "vi",
            Lang::Ja => "ja",
        }
    }

    /// As speakers of it call it, short enough for a button.
    pub fn label(self) -> &'static str {
        match self {
            Lang::En => "EN",
            Lang::Vi => "VI",
            Lang::Ja => "日本語",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Vi => "Tiếng Việt",
            Lang::Ja => "日本語",
        }
    }

    /// From a language tag such as `ja-JP`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Lang::ALL.into_iter().find(|l| l.tag().eq_ignore_ascii_case(primary))
    }
}

pub mod t {
    use super::Lang;
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
