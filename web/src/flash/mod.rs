//! The page of flash and variables: the map with who protects what, the variable store down to bytes, what
//! the flash did and refused, and the plug to pull.

mod bar;
mod exchange;
mod locks;
mod map;
mod power;
mod records;
mod store;
mod view;

pub use view::FlashPage;
