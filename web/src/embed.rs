//! What `<smm-lab>` (web/js/smm-lab.js) shows: a scene by its name, in a place of the caller's choice.

use crate::figure::Figure;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use wasm_bindgen::prelude::*;
use yew::prelude::*;

/// The scenes that a page may name. What each takes in height stands in web/js/smm-lab.js.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    SmiFlow,
}

impl Scene {
    pub const ALL: [Scene; 1] = [Scene::SmiFlow];

    pub fn id(self) -> &'static str {
        match self {
            Scene::SmiFlow => "smi-flow",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Scene::ALL.into_iter().find(|scene| scene.id() == id)
    }

    fn show(self, lang: Lang) -> Html {
        match self {
            Scene::SmiFlow => html! { <Figure {lang} /> },
        }
    }
}

#[derive(PartialEq, Properties)]
pub struct Props {
    /// As the page's author wrote it.
    pub scene: AttrValue,
    pub lang: Lang,
}

/// A scene, or the names that there are.
#[component]
pub fn Embedded(props: &Props) -> Html {
    let l = props.lang;
    match Scene::from_id(&props.scene) {
        Some(scene) => scene.show(l),
        None => {
            let known: Vec<_> = Scene::ALL.iter().map(|scene| scene.id()).collect();
            let text = t::embed_unknown_scene(l, &known.join(", "), &props.scene);
            html! { <figure class="fig unknown"><p role="alert">{ icon(Icon::Warn) }{ text }</p></figure> }
        }
    }
}

/// A scene that runs. Closing it closes its machine.
#[wasm_bindgen]
pub struct Mounted(yew::AppHandle<Embedded>);

#[wasm_bindgen]
impl Mounted {
    pub fn update(&mut self, scene: String, lang: String) {
        self.0.update(props(scene, &lang));
    }

    pub fn close(self) {
        self.0.destroy();
    }
}

#[wasm_bindgen]
pub fn mount(root: web_sys::Element, scene: String, lang: String) -> Mounted {
    Mounted(yew::Renderer::<Embedded>::with_root_and_props(root, props(scene, &lang)).render())
}

fn props(scene: String, lang: &str) -> Props {
    Props { scene: scene.into(), lang: Lang::from_tag(lang).unwrap_or_default() }
}
