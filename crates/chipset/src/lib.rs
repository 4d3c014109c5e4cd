//! The devices of a Q35 + ICH9 platform. They know no processor: they raise lines.

pub mod pages;
