//! Which page the address means: the part behind `#`.

use yew::prelude::*;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Route {
    #[default]
    Home,
    /// With what a link carries.
    Board(String),
    /// SMI sources.
    Sources,
    /// Flash and variables, with what a link carries.
    Flash(String),
    Scene(String),
    Chapter(String),
    Exercise(String),
}

impl Route {
    /// An unknown address is the way in.
    pub fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (page, id) = path.split_once('/').unwrap_or((path, ""));
        match page {
            "board" => Route::Board(query.to_owned()),
            "smi" => Route::Sources,
            "flash" => Route::Flash(query.to_owned()),
            "scene" if is_id(id) => Route::Scene(id.to_owned()),
            "chapter" if is_id(id) => Route::Chapter(id.to_owned()),
            "exercise" if is_id(id) => Route::Exercise(id.to_owned()),
            _ => Route::Home,
        }
    }
}

/// Ids of content are kebab-case: nothing else becomes part of an address.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn now() -> Route {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok());
    Route::parse(&hash.unwrap_or_default())
}

/// The page's route; it follows the address.
#[hook]
pub fn use_route() -> Route {
    let route = use_state_eq(now);
    let set = route.setter();
    use_effect_with((), move |()| {
        let window = web_sys::window();
        let listener =
            window.map(|window| gloo::events::EventListener::new(&window, "hashchange", move |_| set.set(now())));
        move || drop(listener)
    });
    (*route).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_page() {
        assert_eq!(Route::parse(""), Route::Home);
        assert_eq!(Route::parse("#/board?v=1&build=debug"), Route::Board("v=1&build=debug".into()));
        assert_eq!(Route::parse("#/chapter/smram-and-ready-to-lock"), Route::Chapter("smram-and-ready-to-lock".into()));
        assert_eq!(Route::parse("#/smi"), Route::Sources);
        assert_eq!(Route::parse("#/flash?v=1"), Route::Flash("v=1".into()));
        assert_eq!(Route::parse("#/scene/hardware-smi"), Route::Scene("hardware-smi".into()));
        assert_eq!(Route::parse("#/exercise/late-by-order"), Route::Exercise("late-by-order".into()));
    }

    #[test]
    fn an_address_of_nothing_is_the_way_in() {
        for hash in ["#/nothing", "#/exercise/../x", "#/chapter/", "#board/"] {
            assert!(matches!(Route::parse(hash), Route::Home | Route::Board(_)), "{hash}");
        }
        assert_eq!(Route::parse("#/exercise/..%2f"), Route::Home);
    }
}
