//! The worker's scope: messages in, messages out.

mod tools;

use js_sys::{Array, Uint8Array};
use protocol::{FromWorker, decode, encode};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let out = scope.clone();
    let mut post = move |message: FromWorker| {
        let bytes = Uint8Array::from(&encode(&message)[..]);
        // The buffer was made here and is handed over whole.
        let _ = out.post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
    };
    post(FromWorker::Ready);
    let mut desk = session::DeskWith::<tools::Fetched>::default();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(message) = decode(&Uint8Array::new(&event.data()).to_vec()) {
            desk.answer(message, &mut post);
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}
