//! Markdown to pieces: HTML that is safe to be shown, scenes and questions. Raw HTML, pictures and
//! aligned tables are faults.

use super::files::{Source, parse_toml};
use super::markup::{OPTIONS, plain, shape, unsafe_markup};
use super::{Fault, Rule};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Parser, Tag, TagEnd, html};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(Debug, Default)]
pub struct Prose {
    pub title: String,
    /// The first paragraph as plain text.
    pub summary: String,
    /// What stands between the title and the first section.
    pub intro: Vec<Piece>,
    pub sections: Vec<Section>,
    /// How the text is built, piece by piece, with lines: translations have the same.
    pub shape: Vec<(String, usize)>,
    /// Words in code style, which are never translated, by the number of the section.
    pub code: Vec<BTreeSet<String>>,
    /// Targets of links, with lines.
    pub links: Vec<(String, usize)>,
}

#[derive(Debug, Default)]
pub struct Section {
    /// `## Heading {#id}`
    pub id: Option<String>,
    /// HTML.
    pub heading: String,
    pub line: usize,
    pub pieces: Vec<Piece>,
}

#[derive(Debug)]
pub enum Piece {
    Html(String),
    Scene { id: String, line: usize },
    Predict { words: Words, line: usize },
}

/// The body of a ` ```predict ` block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub id: String,
    pub question: String,
    /// By the answer that each stands for.
    pub choices: BTreeMap<String, String>,
    pub because: String,
}

/// The body of a ` ```scene ` block.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SceneRef {
    id: String,
}

impl Section {
    /// Its HTML; scenes and questions belong to chapters.
    pub fn html(&self) -> String {
        self.pieces.iter().map(|piece| if let Piece::Html(html) = piece { html.as_str() } else { "" }).collect()
    }
}

pub fn read(source: &Source, faults: &mut Vec<Fault>) -> Prose {
    let mut reader = Reader {
        path: &source.path,
        text: &source.text,
        faults,
        prose: Prose { code: vec![BTreeSet::new()], ..Prose::default() },
        events: Vec::new(),
        depth: 0,
        in_intro: false,
    };
    let mut events = Parser::new_ext(&source.text, OPTIONS).into_offset_iter();
    while let Some((event, range)) = events.next() {
        let line = reader.line(range.start);
        match event {
            Event::Start(Tag::Heading { level: level @ (HeadingLevel::H1 | HeadingLevel::H2), id, .. }) => {
                let inner = events.by_ref().map(|(event, _)| event);
                let words: Vec<_> =
                    inner.take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_)))).collect();
                reader.heading(level, id, words, line);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(ref info))) if matches!(&**info, "scene" | "predict") => {
                let inner = events.by_ref().map(|(event, _)| event);
                let body = inner.take_while(|event| !matches!(event, Event::End(TagEnd::CodeBlock)));
                let body: String = body
                    .filter_map(|event| if let Event::Text(text) = event { Some(text.into_string()) } else { None })
                    .collect();
                reader.block(info, &body, line);
            }
            event => reader.event(event, line),
        }
    }
    reader.flush();
    if reader.prose.title.is_empty() {
        reader.faults.push(Fault::at(&source.path, 1, Rule::Section, "a text begins with its title: # Title"));
    }
    reader.prose
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    faults: &'a mut Vec<Fault>,
    prose: Prose,
    /// Of the piece of HTML that is being read.
    events: Vec<Event<'a>>,
    /// Nesting of paragraphs, lists and so on.
    depth: usize,
    /// The summary is being read.
    in_intro: bool,
}

impl<'a> Reader<'a> {
    fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn fault(&mut self, line: usize, rule: Rule, message: impl std::fmt::Display) {
        self.faults.push(Fault::at(self.path, line, rule, message));
    }

    fn pieces(&mut self) -> &mut Vec<Piece> {
        match self.prose.sections.last_mut() {
            Some(section) => &mut section.pieces,
            None => &mut self.prose.intro,
        }
    }

    fn flush(&mut self) {
        let events = std::mem::take(&mut self.events);
        if !events.is_empty() {
            let mut out = String::new();
            html::push_html(&mut out, events.into_iter());
            self.pieces().push(Piece::Html(out));
        }
    }

    fn heading(&mut self, level: HeadingLevel, id: Option<CowStr<'a>>, words: Vec<Event<'a>>, line: usize) {
        self.flush();
        words.iter().for_each(|event| self.look(event, line));
        let mut heading = String::new();
        html::push_html(&mut heading, words.iter().cloned());
        let named = id.as_ref().map(|id| format!(" {{#{id}}}")).unwrap_or_default();
        self.prose.shape.push((format!("heading {level}{named}"), line));
        match level {
            HeadingLevel::H1 if self.prose.title.is_empty() && self.prose.sections.is_empty() => {
                self.prose.title = plain(&words);
            }
            HeadingLevel::H1 => self.fault(line, Rule::Section, "a text has one title; sections begin with ##"),
            _ => {
                self.prose.code.push(BTreeSet::new());
                let id = id.map(|id| id.into_string());
                self.prose.sections.push(Section { id, heading, line, pieces: Vec::new() });
            }
        }
    }

    fn block(&mut self, info: &str, body: &str, line: usize) {
        self.flush();
        // The body begins on the line behind the fence.
        if info == "scene" {
            match parse_toml::<SceneRef>(body) {
                Ok(SceneRef { id }) => {
                    self.prose.shape.push((format!("scene {id}"), line));
                    self.pieces().push(Piece::Scene { id, line });
                }
                Err((nth, why)) => self.fault(line + nth, Rule::Toml, why),
            }
            return;
        }
        match parse_toml::<Words>(body) {
            Ok(words) => {
                let answers: Vec<_> = words.choices.keys().map(String::as_str).collect();
                self.prose.shape.push((format!("predict {} ({})", words.id, answers.join(", ")), line));
                self.pieces().push(Piece::Predict { words, line });
            }
            Err((nth, why)) => self.fault(line + nth, Rule::Toml, why),
        }
    }

    fn event(&mut self, event: Event<'a>, line: usize) {
        if let Some(why) = unsafe_markup(&event) {
            self.fault(line, Rule::Markup, why);
            return;
        }
        self.look(&event, line);
        match &event {
            Event::Start(tag) => {
                if let Some(shape) = shape(tag) {
                    self.prose.shape.push((shape, line));
                }
                let first = self.prose.summary.is_empty() && self.prose.sections.is_empty() && self.depth == 0;
                self.in_intro |= first && matches!(tag, Tag::Paragraph);
                self.depth += 1;
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.in_intro &= self.depth > 0;
            }
            Event::Text(text) | Event::Code(text) if self.in_intro => self.prose.summary.push_str(text),
            Event::SoftBreak if self.in_intro => self.prose.summary.push(' '),
            _ => {}
        }
        self.events.push(event);
    }

    /// Notes code words and links.
    fn look(&mut self, event: &Event<'_>, line: usize) {
        match event {
            Event::Code(text) => {
                if let Some(code) = self.prose.code.last_mut() {
                    code.insert(text.to_string());
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => self.prose.links.push((dest_url.to_string(), line)),
            _ => {}
        }
    }
}
