//! What leaves the page: files to keep, links to copy. And files of edits that come in.

use crate::bench::edit::Edit;
use crate::bench::{around, edits_in};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url, window};

/// Offers bytes as a file to keep.
pub fn download(bytes: &[u8], name: &str, kind: &str) {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options);
    let url = blob.and_then(|blob| Url::create_object_url_with_blob(&blob));
    let anchor = window().and_then(|w| w.document()).and_then(|d| d.create_element("a").ok());
    if let (Ok(url), Some(anchor)) = (url, anchor.and_then(|a| a.dyn_into::<HtmlAnchorElement>().ok())) {
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
        // The download has its own hold on the bytes.
        let _ = Url::revoke_object_url(&url);
    }
}

/// Puts this page's address, with another part behind `#`, on the clipboard. False: it may not.
pub async fn copy_link(hash: &str) -> bool {
    let Some(window) = window() else { return false };
    let Ok(href) = window.location().href() else { return false };
    let base = href.split('#').next().unwrap_or_default();
    JsFuture::from(window.navigator().clipboard().write_text(&format!("{base}{hash}"))).await.is_ok()
}

/// The edits of a file as docs/edits.md has them, in JSON.
pub fn edits_of(bytes: &[u8]) -> Option<Vec<Edit>> {
    let text = std::str::from_utf8(bytes).ok()?;
    edits_in(&js_sys::JSON::parse(text).ok()?).filter(|edits| around(edits).is_some())
}
