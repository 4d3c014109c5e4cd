//! One item: its data, and its texts in every language.

use super::files::{ChapterFile, Data, ExerciseFile, Source, WrongFile, file_name};
use super::markup;
use super::prose::{self, Piece, Prose, Words};
use super::{Catalogue, Fault, Rule};
use super::{check, defaults};
use crate::{Block, Chapter, Choice, Entry, Exercise, Kind, LANGUAGES, Question, Scene, Task};
use pi::edit::Edit;
use std::path::{Path, PathBuf};

/// Sections whose heading stands on a button, and those whose text is a caption.
const PRESSED: [&str; 4] = ["try-", "attempt-", "message-", "item-"];
const SHOWN: [&str; 5] = ["mark-", "try-", "attempt-", "message-", "item-"];

#[derive(Debug)]
pub struct Item {
    id: String,
    pub(super) data: Data,
    pub(super) source: Source,
    /// In the order of `LANGUAGES`.
    pub(super) texts: Vec<(Source, Prose)>,
}

/// A plausible repair that is none, and the response that it must draw.
#[derive(Clone, Copy, Debug)]
pub struct Wrong<'a> {
    pub response: &'a str,
    pub edits: &'a [Edit],
}

impl Item {
    /// None: its folder is too damaged; the faults say how.
    pub(super) fn read(kind: Kind, folder: &Path, faults: &mut Vec<Fault>) -> Option<Item> {
        let id = file_name(folder);
        if !is_id(&id) {
            faults.push(Fault::of_file(folder, Rule::Id, "an id has small letters, digits and hyphens only"));
        }
        strays(kind, folder, faults);
        let source = Source::read(folder.join(format!("{}.toml", kind.name())), faults)?;
        let data = match kind {
            Kind::Scene => defaults::setup(&source, faults).map(Data::Scene),
            Kind::Chapter => source.toml(faults).map(Data::Chapter),
            Kind::Exercise => source.toml(faults).map(Data::Exercise),
        };
        let mut texts = Vec::new();
        for lang in LANGUAGES {
            let text = Source::read(folder.join(format!("{lang}.md")), faults);
            texts.extend(text.map(|source| {
                let prose = prose::read(&source, faults);
                (source, prose)
            }));
        }
        let item = Item { id, data: data?, source, texts };
        if item.texts.len() < LANGUAGES.len() {
            return None;
        }
        check::item(&item, faults);
        Some(item)
    }

    /// Attempts of scenes get the edits of the faults that they name, and so does the bug of an exercise.
    pub(super) fn with_faults(&mut self, catalogue: &Catalogue, faults: &mut Vec<Fault>) {
        let source = &self.source;
        let mut edits = |ids: &[String]| {
            let mut edits = Vec::new();
            for id in ids {
                match catalogue.edits(id) {
                    Ok(own) => edits.extend_from_slice(own),
                    Err(why) => faults.push(Fault::at(&source.path, source.line_of(id), Rule::Link, why)),
                }
            }
            edits
        };
        match &mut self.data {
            Data::Scene(setup) => {
                setup.attempts.iter_mut().for_each(|attempt| attempt.edits.extend(edits(&attempt.faults)));
                setup.messages.iter_mut().for_each(|message| message.edits.extend(edits(&message.faults)));
            }
            Data::Exercise(file) => _ = file.bug.splice(..0, edits(&file.faults)),
            Data::Chapter(_) => {}
        }
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.data {
            Data::Scene(_) => Kind::Scene,
            Data::Chapter(_) => Kind::Chapter,
            Data::Exercise(_) => Kind::Exercise,
        }
    }

    /// Its TOML file.
    #[must_use]
    pub fn path(&self) -> &PathBuf {
        &self.source.path
    }

    /// A fault in its TOML file, at the line that first has this word in quotes.
    #[must_use]
    pub fn fault(&self, word: &str, rule: Rule, message: impl std::fmt::Display) -> Fault {
        Fault::at(&self.source.path, self.source.line_of(word), rule, message)
    }

    fn prose(&self, lang: &str) -> Option<&Prose> {
        let nth = LANGUAGES.iter().position(|other| *other == lang)?;
        self.texts.get(nth).map(|(_, prose)| prose)
    }

    #[must_use]
    pub fn entry(&self, lang: &str) -> Option<Entry> {
        let prose = self.prose(lang)?;
        let (minutes, level) = match &self.data {
            Data::Scene(_) => (None, None),
            Data::Chapter(file) => (Some(file.minutes), None),
            Data::Exercise(file) => (Some(file.minutes), Some(file.level)),
        };
        let (title, summary) = (prose.title.clone(), prose.summary.clone());
        Some(Entry { kind: self.kind(), id: self.id.clone(), title, summary, minutes, level })
    }

    /// Its place among those of its kind.
    pub(super) fn rank(&self) -> u16 {
        match &self.data {
            Data::Scene(_) => 0,
            Data::Chapter(file) => file.number,
            Data::Exercise(file) => file.level.into(),
        }
    }

    #[must_use]
    pub fn scene(&self, lang: &str) -> Option<Scene> {
        let (Data::Scene(setup), Some(prose)) = (&self.data, self.prose(lang)) else { return None };
        let captions = prose.sections.iter().filter_map(|section| {
            let id = section.id.as_ref()?;
            let id = SHOWN.into_iter().find_map(|prefix| id.strip_prefix(prefix))?;
            Some((id.to_owned(), section.html()))
        });
        let labels = prose.sections.iter().filter_map(|section| {
            let id = section.id.as_ref()?;
            let id = PRESSED.into_iter().find_map(|prefix| id.strip_prefix(prefix))?;
            Some((id.to_owned(), section.heading.clone()))
        });
        Some(Scene {
            id: self.id.clone(),
            lang: lang.to_owned(),
            title: prose.title.clone(),
            summary: prose.summary.clone(),
            setup: setup.clone(),
            captions: captions.collect(),
            labels: labels.collect(),
        })
    }

    #[must_use]
    pub fn exercise(&self, lang: &str) -> Option<Exercise> {
        let (Data::Exercise(file), Some(prose)) = (&self.data, self.prose(lang)) else { return None };
        let all = |id: &str| {
            let named = prose.sections.iter().filter(|section| section.id.as_deref() == Some(id));
            named.map(prose::Section::html).collect::<Vec<_>>()
        };
        let responses = file.responses.iter().map(|response| {
            let text = all(&format!("response-{}", response.id)).concat();
            (response.id.clone(), text)
        });
        let checks = prose.sections.iter().filter_map(|section| {
            let id = section.id.as_ref()?.strip_prefix("check-")?;
            Some((id.to_owned(), section.heading.clone()))
        });
        Some(Exercise {
            id: self.id.clone(),
            lang: lang.to_owned(),
            title: prose.title.clone(),
            summary: prose.summary.clone(),
            task: task(file),
            report: all("report").concat(),
            hints: all("hint"),
            solved: all("solved").concat(),
            responses: responses.collect(),
            checks: checks.collect(),
        })
    }

    /// The reference repair of an exercise.
    #[must_use]
    pub fn fix(&self) -> Option<&[Edit]> {
        match &self.data {
            Data::Exercise(file) => Some(&file.fix),
            _ => None,
        }
    }

    /// Repairs of an exercise that must fail.
    pub fn wrongs(&self) -> impl Iterator<Item = Wrong<'_>> {
        let wrongs: &[WrongFile] = if let Data::Exercise(file) = &self.data { &file.wrongs } else { &[] };
        wrongs.iter().map(|wrong| Wrong { response: &wrong.response, edits: &wrong.edits })
    }

    #[must_use]
    pub fn chapter(&self, lang: &str) -> Option<Chapter> {
        let (Data::Chapter(file), Some(prose)) = (&self.data, self.prose(lang)) else { return None };
        let mut blocks = Vec::new();
        blocks.extend(prose.intro.iter().filter_map(|piece| block(file, piece)));
        for section in &prose.sections {
            blocks.push(Block::Html(format!("<h2>{}</h2>\n", section.heading)));
            blocks.extend(section.pieces.iter().filter_map(|piece| block(file, piece)));
        }
        Some(Chapter {
            id: self.id.clone(),
            lang: lang.to_owned(),
            title: prose.title.clone(),
            summary: prose.summary.clone(),
            minutes: file.minutes,
            exercises: file.exercises.clone(),
            blocks: joined(blocks),
        })
    }
}

/// Small letters, digits, hyphens.
pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn task(file: &ExerciseFile) -> Task {
    let ExerciseFile { level, minutes, bug, checks, responses, .. } = file.clone();
    Task { level, minutes, bug, checks, responses }
}

fn block(file: &ChapterFile, piece: &Piece) -> Option<Block> {
    Some(match piece {
        Piece::Html(html) => Block::Html(html.clone()),
        Piece::Scene { id, .. } => Block::Scene(id.clone()),
        Piece::Predict { words, .. } => Block::Predict(question(file, words)?),
    })
}

fn question(file: &ChapterFile, words: &Words) -> Option<Question> {
    let predict = file.predicts.iter().find(|predict| predict.id == words.id)?.clone();
    // Its Markdown has been checked.
    let inline = |text: &str| markup::inline(text, Path::new(""), 0, &mut Vec::new());
    let choice = |answer: &String| Some(Choice { answer: answer.clone(), text: inline(words.choices.get(answer)?) });
    let choices = predict.choices.iter().filter_map(choice).collect();
    Some(Question { choices, question: inline(&words.question), because: inline(&words.because), predict })
}

/// Neighbouring pieces of HTML as one.
fn joined(blocks: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    for block in blocks {
        match (out.last_mut(), block) {
            (Some(Block::Html(before)), Block::Html(html)) => before.push_str(&html),
            (_, block) => out.push(block),
        }
    }
    out
}

fn strays(kind: Kind, folder: &Path, faults: &mut Vec<Fault>) {
    let known = |name: &str| {
        name == format!("{}.toml", kind.name()) || LANGUAGES.iter().any(|lang| name == format!("{lang}.md"))
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if !known(&entry.file_name().to_string_lossy()) {
            faults.push(Fault::of_file(&entry.path(), Rule::Stray, "no file of this name belongs to an item"));
        }
    }
}
