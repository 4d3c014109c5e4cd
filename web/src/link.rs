//! The line to the worker that hosts the machines: one for all figures of the page.
//!
//! A worker drops what arrives before it listens, so messages wait until it has said that it is ready.

use crate::files::address;
use protocol::{FigureId, FromWorker, ToWorker};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Blob, BlobPropertyBag, Event, MessageChannel, MessageEvent, Url, Worker};
use yew::Callback;

#[derive(Clone, Debug)]
pub enum News {
    Message(FromWorker),
    /// The worker died; all machines in it are gone.
    Crashed,
}

struct Line {
    worker: Worker,
    /// Wakes `deliver` in a task of its own: what is rendered of a message isn't in the task that decodes it.
    bell: MessageChannel,
    arrived: VecDeque<FromWorker>,
    /// Messages that wait for `Ready`; `None` once it has come.
    waiting: Option<Vec<JsValue>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
    _on_bell: Closure<dyn FnMut(MessageEvent)>,
}

#[derive(Default)]
struct Link {
    line: Option<Line>,
    figures: BTreeMap<FigureId, Callback<News>>,
    next: FigureId,
    /// Images that the worker has.
    held: BTreeSet<String>,
}

thread_local! {
    static LINK: Rc<RefCell<Link>> = Rc::default();
}

/// A figure's end of the line. Dropping it closes the figure's machine.
pub struct Handle {
    id: FigureId,
}

impl Handle {
    pub fn open(news: Callback<News>) -> Self {
        let id = LINK.with(|link| {
            let mut link = link.borrow_mut();
            link.next += 1;
            let id = link.next;
            link.figures.insert(id, news);
            id
        });
        Handle { id }
    }

    pub fn id(&self) -> FigureId {
        self.id
    }

    /// Gives the worker an image for all figures, unless it has it.
    pub fn hold(&self, image: &str, bytes: Vec<u8>) {
        let new = LINK.with(|link| link.borrow_mut().held.insert(image.to_owned()));
        if new {
            self.send(&ToWorker::Hold { image: image.to_owned(), bytes });
        }
    }

    pub fn send(&self, message: &ToWorker) {
        let bytes: JsValue = js_sys::Uint8Array::from(&protocol::encode(message)[..]).into();
        LINK.with(|link| {
            let mut link = link.borrow_mut();
            if link.line.is_none() {
                link.line = spawn().ok();
            }
            match &mut link.line {
                Some(Line { waiting: Some(queue), .. }) => queue.push(bytes),
                Some(Line { worker, waiting: None, .. }) => post(worker, &bytes),
                None => {
                    drop(link);
                    crashed();
                }
            }
        });
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let running = LINK.with(|link| {
            let mut link = link.borrow_mut();
            link.figures.remove(&self.id);
            link.line.is_some()
        });
        if running {
            self.send(&ToWorker::Close { figure: self.id });
        }
    }
}

fn post(worker: &Worker, message: &JsValue) {
    // Bytes can always be cloned, so this can't fail.
    let _ = worker.post_message(message);
}

/// The script is a blob, so that the page may also live on another origin than its files.
fn spawn() -> Result<Line, JsValue> {
    let files = ["worker.js", "worker_bg.wasm", "image-tools.js", "image-tools_bg.wasm"].map(address);
    let source = format!("const FILES={files:?};{}", include_str!("../js/start-worker.js"));
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&source.into()), &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let worker = Worker::new(&url)?;
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        let bytes = js_sys::Uint8Array::new(&event.data()).to_vec();
        protocol::decode(&bytes).map_or_else(crashed, received);
    });
    let bell = MessageChannel::new()?;
    let on_bell = Closure::<dyn FnMut(MessageEvent)>::new(|_| deliver());
    bell.port1().set_onmessage(Some(on_bell.as_ref().unchecked_ref()));
    let on_error = Closure::<dyn FnMut(Event)>::new(|event: Event| {
        event.prevent_default();
        crashed();
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    Ok(Line {
        worker,
        bell,
        arrived: VecDeque::new(),
        waiting: Some(Vec::new()),
        _on_message: on_message,
        _on_error: on_error,
        _on_bell: on_bell,
    })
}

fn received(message: FromWorker) {
    if message.figure().is_none() {
        return ready();
    }
    LINK.with(|link| {
        if let Some(line) = &mut link.borrow_mut().line {
            line.arrived.push_back(message);
            // Nothing is sent with it, so this can't fail.
            let _ = line.bell.port2().post_message(&JsValue::NULL);
        }
    });
}

/// Hands the oldest message to its figure.
fn deliver() {
    let arrived = LINK.with(|link| {
        let mut link = link.borrow_mut();
        let message = link.line.as_mut()?.arrived.pop_front()?;
        let callback = link.figures.get(&message.figure()?)?.clone();
        Some((callback, message))
    });
    if let Some((callback, message)) = arrived {
        callback.emit(News::Message(message));
    }
}

fn ready() {
    LINK.with(|link| {
        if let Some(line) = &mut link.borrow_mut().line {
            line.waiting.take().into_iter().flatten().for_each(|message| post(&line.worker, &message));
        }
    });
}

fn crashed() {
    close();
    let figures: Vec<_> = LINK.with(|link| link.borrow().figures.values().cloned().collect());
    figures.iter().for_each(|f| f.emit(News::Crashed));
}

/// Ends the worker; the next message starts another.
pub fn close() {
    LINK.with(|link| {
        let mut link = link.borrow_mut();
        if let Some(line) = link.line.take() {
            line.worker.set_onmessage(None);
            line.worker.terminate();
            // Its closures may be running right now; they go with the page.
            std::mem::forget(line);
        }
        link.held.clear();
    });
}
