//! The files beside this module: where they are, and their bytes, fetched once for all figures.

use js_sys::{Promise, Uint8Array};
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Response, Url};

#[wasm_bindgen]
extern "C" {
    /// Where this module was loaded from: the other files lie beside it.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static MODULE_URL: String;
}

thread_local! {
    static FETCHED: RefCell<BTreeMap<String, Promise>> = RefCell::default();
}

/// The absolute address of a file. It carries the module's own name, which has a hash in it: a cache
/// never gives a file of another build.
pub fn address(file: &str) -> String {
    MODULE_URL.with(|base| {
        let build = base.rsplit('/').next().unwrap_or_default();
        let build = build.split(['?', '#']).next().unwrap_or_default();
        Url::new_with_base(&[file, "?", build].concat(), base).map_or_else(|_| file.to_owned(), |u| u.href())
    })
}

/// A file's bytes, or what went wrong. After a failure it is fetched again.
pub async fn bytes(file: &str) -> Result<Vec<u8>, String> {
    let shared = FETCHED.with_borrow_mut(|fetched| {
        fetched.entry(file.to_owned()).or_insert_with(|| future_to_promise(fetch(file.to_owned()))).clone()
    });
    match JsFuture::from(shared).await {
        Ok(buffer) => Ok(Uint8Array::new(&buffer).to_vec()),
        Err(why) => {
            FETCHED.with_borrow_mut(|fetched| fetched.remove(file));
            Err(why.as_string().unwrap_or_else(|| file.to_owned()))
        }
    }
}

async fn fetch(file: String) -> Result<JsValue, JsValue> {
    let failed = |_| JsValue::from(&file);
    let window = web_sys::window().ok_or_else(|| JsValue::from(&file))?;
    let response: Response =
        JsFuture::from(window.fetch_with_str(&address(&file))).await.map_err(failed)?.unchecked_into();
    if !response.ok() {
        return Err(format!("{file}: HTTP {}", response.status()).into());
    }
    JsFuture::from(response.array_buffer().map_err(failed)?).await.map_err(failed)
}
