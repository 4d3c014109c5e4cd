//! Line icons on a 16 px grid. They stand beside words or labelled buttons, never alone.

use yew::prelude::*;

#[derive(Clone, Copy, PartialEq)]
pub enum Icon {
    Play,
    Pause,
    Back,
    Forward,
    Again,
    Raise,
    Rom,
    Help,
    Close,
    Theme,
    Sun,
    Moon,
    Warn,
    Check,
    Undo,
    Redo,
    Grip,
    Lock,
    Link,
    Save,
    Bin,
    Up,
    Down,
    Arrow,
    Hint,
    Mail,
    Seek,
}

pub fn icon(icon: Icon) -> Html {
    let shape = match icon {
        Icon::Play => html! { <path d="M5 3.2v9.6L13 8z" fill="currentColor"/> },
        Icon::Pause => html! { <path d="M5 3v10M11 3v10" stroke-width="2.4"/> },
        Icon::Back => html! { <><path d="M11.5 3.5 5.5 8l6 4.5z" fill="currentColor"/><path d="M3.5 3.5v9"/></> },
        Icon::Forward => html! { <><path d="M4.5 3.5 10.5 8l-6 4.5z" fill="currentColor"/><path d="M12.5 3.5v9"/></> },
        Icon::Again => html! { <path d="M3 8a5 5 0 1 0 1.6-3.7M3 2.6v2.6h2.6"/> },
        Icon::Raise => html! { <path d="M2 4.5h3.5v7H10v-7h4M7.8 6.2v3"/> },
        Icon::Rom => html! { <><rect x="4" y="4" width="8" height="8" rx="1"/>
        <path d="M6.5 4V2M9.5 4V2M6.5 14v-2M9.5 14v-2M4 6.5H2M4 9.5H2M14 6.5h-2M14 9.5h-2"/></> },
        Icon::Help => html! { <><rect x="1.5" y="4" width="13" height="8.5" rx="1.5"/>
        <path d="M4.2 6.8h.1M6.7 6.8h.1M9.2 6.8h.1M11.7 6.8h.1M5 9.8h6"/></> },
        Icon::Close => html! { <path d="m4 4 8 8M12 4l-8 8"/> },
        Icon::Theme => html! { <><circle cx="8" cy="8" r="5.2"/>
        <path d="M8 2.8v10.4a5.2 5.2 0 0 0 0-10.4z" fill="currentColor"/></> },
        Icon::Sun => html! { <><circle cx="8" cy="8" r="2.8"/>
        <path d="M8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M12.5 3.5l-1.1 1.1M4.6 11.4l-1.1 1.1"/></> },
        Icon::Moon => html! { <path d="M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6z"/> },
        Icon::Check => html! { <path d="m3 8.5 3.3 3.3L13 4.6"/> },
        Icon::Undo => html! { <path d="M6 3 2.8 6.2 6 9.4M3 6.2h6.2a3.6 3.6 0 0 1 0 7.2H6"/> },
        Icon::Redo => html! { <path d="m10 3 3.2 3.2L10 9.4M13 6.2H6.8a3.6 3.6 0 0 0 0 7.2H10"/> },
        Icon::Grip => html! { <path d="M6 3.5h.1M10 3.5h.1M6 8h.1M10 8h.1M6 12.5h.1M10 12.5h.1" stroke-width="2.2"/> },
        Icon::Lock => {
            html! { <><rect x="3.5" y="7" width="9" height="6.5" rx="1.4"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/></> }
        }
        Icon::Link => html! { <><path d="M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2-2a2.6 2.6 0 0 0-3.7-3.7l-.8.8"/>
        <path d="M9.2 6.8a2.6 2.6 0 0 0-3.7 0l-2 2a2.6 2.6 0 0 0 3.7 3.7l.8-.8"/></> },
        Icon::Save => html! { <path d="M8 2.5v7M5 6.8l3 2.9 3-2.9M2.8 11v2.2h10.4V11"/> },
        Icon::Bin => html! { <path d="M2.8 4.2h10.4M6.2 4V2.6h3.6V4M4.2 4.4l.6 8.9h6.4l.6-8.9M6.7 6.8v4M9.3 6.8v4"/> },
        Icon::Up => html! { <path d="M8 13V3.4M4 7.2l4-4 4 4"/> },
        Icon::Down => html! { <path d="M8 3v9.6M4 8.8l4 4 4-4"/> },
        Icon::Arrow => html! { <path d="M3 8h9.6M8.8 4l4 4-4 4"/> },
        Icon::Hint => html! { <path d="M8 1.8a4.4 4.4 0 0 0-2.6 8v1.7h5.2V9.8A4.4 4.4 0 0 0 8 1.8zM6 13.8h4"/> },
        Icon::Mail => {
            html! { <><rect x="2" y="3.5" width="12" height="9" rx="1.4"/><path d="m2.4 4.5 5.6 4.3 5.6-4.3"/></> }
        }
        Icon::Seek => html! { <><circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.6 3.6"/></> },
        Icon::Warn => html! { <><path d="M8 2.5 14.3 13H1.7z"/><path d="M8 6.5v3M8 11.2v.1"/></> },
    };
    html! { <svg class="i" viewBox="0 0 16 16" aria-hidden="true">{ shape }</svg> }
}

/// The mark: two worlds, one shaft, and the lamp in the room.
pub fn logo() -> Html {
    html! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <rect x="1" y="1" width="22" height="22" rx="5.5" fill="var(--room)"/>
            <rect x="1" y="1" width="22" height="9.5" rx="5.5" fill="var(--os)"/>
            <rect x="1" y="6" width="22" height="5" fill="var(--os)"/>
            <path d="M6.5 6v8.5a2.5 2.5 0 0 0 2.5 2.5h6a2.5 2.5 0 0 0 2.5-2.5V6" fill="none" stroke="#fff" stroke-width="2"/>
            <circle cx="12" cy="17" r="3" fill="var(--room-lit)"/>
        </svg>
    }
}
