//! What `<smm-lab>` (web/js/smm-lab.js) shows: a scene by its name, in a place of the caller's choice.

use crate::figure::Figure;
use crate::i18n::Lang;
use crate::scene::SceneView;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

/// Needs no content file, so it is the quickest to come.
const SMI_FLOW: &str = "smi-flow";

#[derive(PartialEq, Properties)]
pub struct Props {
    pub scene: AttrValue,
    pub lang: Lang,
}

#[component]
pub fn Embedded(props: &Props) -> Html {
    let Props { scene, lang } = props;
    if scene == SMI_FLOW {
        html! { <Figure lang={*lang} /> }
    } else {
        html! { <SceneView id={scene.clone()} lang={*lang} /> }
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
