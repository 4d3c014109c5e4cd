//! What Markdown may be, how it is built, and what remains of it as plain text.

use super::{Fault, Rule};
use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd, html};
use std::path::Path;

pub const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_HEADING_ATTRIBUTES);

/// Markdown of one paragraph, in a TOML string, as HTML without the paragraph.
pub fn inline(text: &str, path: &Path, line: usize, faults: &mut Vec<Fault>) -> String {
    let mut out = String::new();
    let mut events = Vec::new();
    for event in Parser::new_ext(text, OPTIONS) {
        if let Some(why) = unsafe_markup(&event) {
            faults.push(Fault::at(path, line, Rule::Markup, why));
        }
        if !matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)) {
            events.push(event);
        }
    }
    html::push_html(&mut out, events.into_iter());
    out
}

/// Why this must not be in a page.
pub fn unsafe_markup(event: &Event<'_>) -> Option<&'static str> {
    match event {
        Event::Html(_) | Event::InlineHtml(_) => Some("raw HTML isn't allowed: write Markdown, and `<` as \\<"),
        Event::Start(Tag::Image { .. }) => Some("pictures aren't allowed: show a live scene"),
        Event::Start(Tag::Table(columns)) if columns.iter().any(|column| *column != Alignment::None) => {
            Some("a table's columns can't be aligned: a strict Content-Security-Policy forbids the style")
        }
        _ => None,
    }
}

/// The name of a building block; none for what may differ between translations.
pub fn shape(tag: &Tag<'_>) -> Option<String> {
    Some(match tag {
        Tag::Paragraph => "paragraph".to_owned(),
        Tag::Heading { level, .. } => format!("heading {level}"),
        Tag::BlockQuote(_) => "quotation".to_owned(),
        Tag::CodeBlock(CodeBlockKind::Fenced(info)) => format!("code {info}"),
        Tag::CodeBlock(CodeBlockKind::Indented) => "code".to_owned(),
        Tag::List(first) => if first.is_some() { "numbered list" } else { "list" }.to_owned(),
        Tag::Item => "item".to_owned(),
        Tag::Table(columns) => format!("table of {} columns", columns.len()),
        Tag::TableRow => "row".to_owned(),
        _ => return None,
    })
}

pub fn plain(events: &[Event<'_>]) -> String {
    let text = events.iter().map(|event| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak => " ".to_owned(),
        _ => String::new(),
    });
    text.collect()
}
