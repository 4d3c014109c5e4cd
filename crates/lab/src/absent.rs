//! Drivers that never came.

use pi::dispatch::{Absent, why_not};
use pi::image::Image;
use pi::record::Record;
use protocol::Chronicle;

/// Why drivers of the image that was booted aren't there; `healthy` is a boot in which all is well.
pub fn absent(image: &Image, boot: &Chronicle, healthy: &Chronicle) -> Vec<Absent> {
    why_not(image, &records(boot), &records(healthy))
}

/// What can be read of the records: a machine that got stuck may have stopped inside one.
pub fn records(chronicle: &Chronicle) -> Vec<Record> {
    pi::record::read(&chronicle.records).filter_map(Result::ok).map(|located| located.record).collect()
}
