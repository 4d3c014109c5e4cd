//! What is done to flash images, and with JSON, without a machine. In a browser that is nearly half of
//! the machine code, and a figure of the demo ROM needs none of it: there it is a module of its own,
//! which comes with the first image (web/image-tools).

use crate::{Case, absent, edited, parse};
use pi::dispatch::Absent;
use pi::edit::Edit;
use pi::image::Image;
use protocol::{Chronicle, Failure};
use story::dispatch::Listing;

pub trait ImageTools {
    /// A list of edits, as these tools like it.
    type Edits: ?Sized;

    /// From JSON; no text is no edits. What is wrong with it may be told as late as by `edited`.
    fn parse(&self, json: &str) -> Result<Box<Self::Edits>, Failure>;

    /// An exercise with a repair, both JSON.
    fn case(&self, exercise: &str, repair: &str) -> Result<Case<Box<Self::Edits>>, Failure>;

    /// The image with these edits done.
    fn edited(&self, image: &[u8], edits: &Self::Edits) -> Result<Vec<u8>, Failure>;

    fn listing(&self, image: &[u8]) -> Result<Listing, Failure>;

    /// Why drivers of the image that was booted aren't there; `healthy` is a boot in which all is well.
    fn absent(&self, image: &[u8], boot: &Chronicle, healthy: &Chronicle) -> Result<Vec<Absent>, Failure>;
}

/// The tools that are linked in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Linked;

impl ImageTools for Linked {
    type Edits = [Edit];

    fn parse(&self, json: &str) -> Result<Box<[Edit]>, Failure> {
        parse(json).map(Vec::into_boxed_slice)
    }

    fn case(&self, exercise: &str, repair: &str) -> Result<Case<Box<[Edit]>>, Failure> {
        let exercise: content::Exercise =
            serde_json::from_str(exercise).map_err(|error| Failure::Exercise(error.to_string()))?;
        Ok(Case::of(&exercise.task, &parse(repair)?))
    }

    fn edited(&self, image: &[u8], edits: &[Edit]) -> Result<Vec<u8>, Failure> {
        edited(image, edits)
    }

    fn listing(&self, image: &[u8]) -> Result<Listing, Failure> {
        Ok(Listing::of(&Image::parse(image)))
    }

    fn absent(&self, image: &[u8], boot: &Chronicle, healthy: &Chronicle) -> Result<Vec<Absent>, Failure> {
        Ok(absent(&Image::parse(image), boot, healthy))
    }
}
