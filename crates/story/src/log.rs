//! Levels of the firmware's log. Its lines have none in them, but they are EDK II's, whose levels are known.

/// As EDK II's `DebugLib.h` orders them by weight: `DEBUG_DISPATCH` and below are the finest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `DEBUG_DISPATCH`: the dispatchers' evaluations.
    Dispatch,
    /// `DEBUG_INFO`, `DEBUG_LOAD`.
    Info,
    /// `DEBUG_WARN`, and drivers that were never loaded.
    Warn,
    /// `DEBUG_ERROR`, and assertions.
    Error,
}

impl Level {
    pub const ALL: [Level; 4] = [Level::Dispatch, Level::Info, Level::Warn, Level::Error];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Dispatch => "DISPATCH",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        }
    }
}

const STARTS: [(&str, Level); 5] = [
    ("Evaluate ", Level::Dispatch),
    ("  ", Level::Dispatch),
    ("SMM IPL!", Level::Warn),
    ("Error:", Level::Error),
    ("ASSERT", Level::Error),
];
const INSIDE: [(&str, Level); 6] = [
    ("was discovered but not loaded", Level::Warn),
    ("No handler for", Level::Warn),
    ("not found", Level::Error),
    ("Failed to", Level::Error),
    ("could not", Level::Error),
    ("Exception", Level::Error),
];

#[must_use]
pub fn level(line: &str) -> Level {
    let start = STARTS.iter().find(|(start, _)| line.starts_with(start));
    let found = start.or_else(|| INSIDE.iter().find(|(part, _)| line.contains(part)));
    found.map_or(Level::Info, |(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_level_that_edk_ii_gives_it() {
        let lines = [
            ("Evaluate SMM DEPEX for FFS(0000000C-5A5A-4C41-8B53-4D4D4C414200)", Level::Dispatch),
            ("  PUSH GUID(18A3C6DC-5EEA-48C8-A1C1-B53389F98999) = TRUE", Level::Dispatch),
            ("Loading SMM driver at 0x00007FB4000 EntryPoint=0x00007FB4B50 DriverC.efi", Level::Info),
            ("SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!", Level::Warn),
            ("SMM Core: SMRAM not found", Level::Error),
        ];
        for (line, expected) in lines {
            assert_eq!(level(line), expected, "{line}");
        }
        assert!(Level::Error > Level::Warn && Level::Info > Level::Dispatch);
    }
}
