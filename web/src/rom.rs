//! ROM images: the demo's, which lies beside the page, and those that a reader brings.

use crate::files;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

const UNIT: usize = 64 << 10;
const LARGEST: usize = 16 << 20;

/// Real flash sizes, as the board takes them.
pub fn size_fits(bytes: usize) -> bool {
    bytes > 0 && bytes.is_multiple_of(UNIT) && bytes <= LARGEST
}

/// The demo ROM as a file of its own: what runs is what was fetched.
pub async fn fetch_demo() -> Result<Vec<u8>, String> {
    files::bytes("demo.rom").await
}

/// The file that is chosen in an input; the same one can be chosen again.
pub fn picked(take: Callback<File>) -> Callback<Event> {
    Callback::from(move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let chosen = input.as_ref().and_then(|input| input.files()).and_then(|files| files.get(0));
        if let (Some(input), Some(chosen)) = (input, chosen) {
            input.set_value("");
            take.emit(chosen);
        }
    })
}

pub async fn read_file(file: &File) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(js_sys::Uint8Array::new(&buffer).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_multiples_of_64_kib_up_to_16_mib_are_flash_sizes() {
        assert!(size_fits(64 << 10) && size_fits(16 << 20));
        assert!(!size_fits(0) && !size_fits(1000) && !size_fits((16 << 20) + UNIT));
    }
}
