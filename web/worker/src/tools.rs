//! The image tools, fetched when they are first needed: see `lab::ImageTools` and web/image-tools.

use lab::{Case, ImageTools};
use pi::dispatch::Absent;
use protocol::{Chronicle, Failure, decode, encode};
use story::dispatch::Listing;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type Module;

    /// web/js/start-worker.js
    #[wasm_bindgen(catch, js_name = imageTools)]
    fn image_tools() -> Result<Module, JsValue>;

    #[wasm_bindgen(method)]
    fn case_of(this: &Module, exercise: &str, repair: &str) -> Vec<u8>;
    #[wasm_bindgen(method)]
    fn edited(this: &Module, image: &[u8], edits: &str) -> Vec<u8>;
    #[wasm_bindgen(method)]
    fn listing(this: &Module, image: &[u8]) -> Vec<u8>;
    #[wasm_bindgen(method)]
    fn absent(this: &Module, image: &[u8], boot: &[u8], healthy: &[u8]) -> Vec<u8>;
}

#[derive(Default)]
pub struct Fetched;

impl ImageTools for Fetched {
    /// JSON: who understands it is the module.
    type Edits = str;

    fn parse(&self, json: &str) -> Result<Box<str>, Failure> {
        Ok(json.into())
    }

    fn case(&self, exercise: &str, repair: &str) -> Result<Case<Box<str>>, Failure> {
        answer(&tools()?.case_of(exercise, repair))
    }

    fn edited(&self, image: &[u8], edits: &str) -> Result<Vec<u8>, Failure> {
        answer(&tools()?.edited(image, edits))
    }

    fn listing(&self, image: &[u8]) -> Result<Listing, Failure> {
        answer(&tools()?.listing(image))
    }

    fn absent(&self, image: &[u8], boot: &Chronicle, healthy: &Chronicle) -> Result<Vec<Absent>, Failure> {
        answer(&tools()?.absent(image, &encode(boot), &encode(healthy)))
    }
}

fn tools() -> Result<Module, Failure> {
    image_tools().map_err(|why| Failure::Tools(js_sys::Error::from(why).message().into()))
}

fn answer<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    decode::<Result<T, Failure>>(bytes).unwrap_or_else(|| Err(Failure::Tools("another version".to_owned())))
}
