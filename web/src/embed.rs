//! What `<smm-lab>` (web/js/smm-lab.js) shows: a scene by its name, in a place of the caller's choice.

use crate::figure::Figure;
use crate::i18n::Lang;
use crate::scene::SceneView;
use yew::prelude::*;

/// Needs no content file, so it is the quickest to come.
const SMI_FLOW: &str = "smi-flow";

#[derive(PartialEq, Properties)]
pub struct Props {
    pub scene: AttrValue,
    pub lang: Lang,
}

impl Props {
    /// `lang`: a tag; English if we don't speak it.
    pub fn new(scene: String, lang: &str) -> Props {
        Props { scene: scene.into(), lang: Lang::from_tag(lang).unwrap_or_default() }
    }
}

#[component]
pub fn AnyScene(props: &Props) -> Html {
    let Props { scene, lang } = props;
    if scene == SMI_FLOW {
        html! { <Figure lang={*lang} /> }
    } else {
        html! { <SceneView id={scene.clone()} lang={*lang} /> }
    }
}

/// smi-flow and no other.
#[component]
pub fn SmiFlow(props: &Props) -> Html {
    html! { <Figure lang={props.lang} /> }
}

/// `mount`, for JavaScript to call. A macro, since each program that has figures exports it for its own.
#[macro_export]
macro_rules! mount {
    ($figure:ty) => {
        /// A scene that runs. Closing it closes its machine.
        #[wasm_bindgen::prelude::wasm_bindgen]
        pub struct Mounted(yew::AppHandle<$figure>);

        #[wasm_bindgen::prelude::wasm_bindgen]
        impl Mounted {
            pub fn update(&mut self, scene: String, lang: String) {
                self.0.update($crate::embed::Props::new(scene, &lang));
            }

            pub fn close(self) {
                self.0.destroy();
            }
        }

        #[wasm_bindgen::prelude::wasm_bindgen]
        pub fn mount(root: web_sys::Element, scene: String, lang: String) -> Mounted {
            let props = $crate::embed::Props::new(scene, &lang);
            Mounted(yew::Renderer::<$figure>::with_root_and_props(root, props).render())
        }
    };
}
