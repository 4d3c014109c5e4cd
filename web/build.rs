//! Compiles the translations (`static/locales/<lang>/*.ftl`, Fluent) to code: one function a message,
//! one parameter an argument. A message that one language lacks or has too many, or an argument that
//! differs, fails the build and says where; a message that no code uses is a compiler warning.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

const LANGUAGES: [(&str, &str); 3] = [("en", "En"), ("vi", "Vi"), ("ja", "Ja")];

/// A message: pieces of text and names of arguments, in order.
enum Piece {
    Text(String),
    Argument(String),
}

impl Piece {
    fn argument(&self) -> Option<&str> {
        match self {
            Piece::Argument(name) => Some(name),
            Piece::Text(_) => None,
        }
    }
}

type Messages = BTreeMap<String, Vec<Piece>>;

fn main() {
    let locales = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    let all: Vec<Messages> = LANGUAGES.iter().map(|(dir, _)| read(&locales.join(dir))).collect();
    compare(&all);
    let code = generate(&all);
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&out).join("messages.rs"), code).expect("OUT_DIR is writable");
}

fn read(dir: &Path) -> Messages {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut files: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    let mut messages = Messages::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "ftl")) {
        println!("cargo::rerun-if-changed={}", file.display());
        let source = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let resource = fluent_syntax::parser::parse(source.as_str())
            .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", file.display()));
        for entry in resource.body {
            let (key, pieces) = match entry {
                Entry::Message(m) => (m.id.name, m.value.as_ref().map(|p| pieces(file, m.id.name, p))),
                Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
                _ => panic!("{}: only plain messages are supported", file.display()),
            };
            let pieces = pieces.unwrap_or_else(|| panic!("{}: {key} has no text", file.display()));
            assert!(messages.insert(key.to_owned(), pieces).is_none(), "{}: {key} is there twice", file.display());
        }
    }
    messages
}

fn pieces(file: &Path, key: &str, pattern: &Pattern<&str>) -> Vec<Piece> {
    let piece = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Piece::Text(value.to_string()),
        PatternElement::Placeable { expression: Expression::Inline(InlineExpression::VariableReference { id }) } => {
            Piece::Argument(id.name.to_owned())
        }
        PatternElement::Placeable { expression: Expression::Inline(InlineExpression::StringLiteral { value }) } => {
            Piece::Text(value.to_string())
        }
        _ => panic!("{}: {key} uses more of Fluent than text and {{ $arguments }}", file.display()),
    };
    pattern.elements.iter().map(piece).collect()
}

fn arguments(pieces: &[Piece]) -> BTreeSet<&str> {
    pieces.iter().filter_map(Piece::argument).collect()
}

fn compare(all: &[Messages]) {
    let mut faults = String::new();
    for (other, (name, _)) in all.iter().zip(LANGUAGES).skip(1) {
        for (key, pieces) in &all[0] {
            match other.get(key) {
                None => _ = writeln!(faults, "  {name} lacks {key}"),
                Some(theirs) if arguments(theirs) != arguments(pieces) => {
                    _ = writeln!(
                        faults,
                        "  {name}: {key} has arguments {:?}, en has {:?}",
                        arguments(theirs),
                        arguments(pieces)
                    );
                }
                Some(_) => {}
            }
        }
        for key in other.keys().filter(|k| !all[0].contains_key(*k)) {
            _ = writeln!(faults, "  {name} has {key}, en does not");
        }
    }
    assert!(faults.is_empty(), "translations differ:\n{faults}");
}

fn generate(all: &[Messages]) -> String {
    let mut code = String::new();
    for (key, english) in &all[0] {
        let arguments = arguments(english);
        let name = key.replace('-', "_");
        let parameters: String = arguments.iter().map(|a| format!(", {a}: &str")).collect();
        let result = if arguments.is_empty() { "&'static str" } else { "String" };
        _ = writeln!(code, "pub fn {name}(lang: Lang{parameters}) -> {result} {{\n    match lang {{");
        for (messages, (_, variant)) in all.iter().zip(LANGUAGES) {
            _ = writeln!(code, "        Lang::{variant} => {},", expression(&messages[key], arguments.is_empty()));
        }
        code.push_str("    }\n}\n");
    }
    code
}

fn expression(pieces: &[Piece], plain: bool) -> String {
    let parts = pieces.iter().map(|p| match p {
        Piece::Text(text) => text.clone(),
        Piece::Argument(name) => name.clone(),
    });
    if plain {
        return format!("{:?}", parts.collect::<String>());
    }
    let parts: Vec<_> =
        pieces.iter().zip(parts).map(|(p, s)| if p.argument().is_some() { s } else { format!("{s:?}") }).collect();
    // `concat` of slices is far smaller in wasm than formatting.
    format!("[{}].concat()", parts.join(", "))
}
