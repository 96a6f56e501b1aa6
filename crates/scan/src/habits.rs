//! Habits: uses of a personal access token that do not contain one, each with a page and a replacement.
//!
//! `table` lists them, `find` recognizes them, `replace` and `tasks` create the new lines.

mod classic;
mod document;
mod find;
mod replace;
mod shown;
mod steps;
mod table;
mod tasks;
pub(crate) mod variables;
mod word_match;
mod words;

use std::sync::OnceLock;

use adieu_order::Set;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(crate) use self::classic::{escaped, is_secret_pat};
use self::document::{Document, Kind as FileKind, LONGEST_LINE, Source};
use self::table::HABITS;
pub(crate) use self::table::{CAPABILITY, CONNECTION, GROUP, SERVICE_HOOK, VARIABLE};
use self::word_match::{Hit, WordMatch};
use self::words::Words;
use crate::finding::{Certainty, Finding};
use crate::rules::Rule;

/// A habit in a file, without its path, and the offset of its line, for `adieu:allow`.
pub(crate) type FoundHabit = (usize, Finding);

/// All rules for habits.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    HABITS.iter().map(|habit| &habit.rule).chain([
        &VARIABLE,
        &GROUP,
        &CONNECTION,
        &SERVICE_HOOK,
        &CAPABILITY,
    ])
}

/// The words of all habits, and the habit of each.
fn words() -> &'static (Words, Vec<usize>) {
    static WORDS: OnceLock<(Words, Vec<usize>)> = OnceLock::new();
    WORDS.get_or_init(|| {
        let pairs = HABITS
            .iter()
            .enumerate()
            .flat_map(|(index, habit)| habit.words.iter().map(move |word| (*word, index)));
        let (words, habits): (Vec<&str>, Vec<usize>) = pairs.unzip();
        (Words::new(words), habits)
    })
}

/// The habits in a file, by position.
pub(crate) fn find(path: &str, bytes: &[u8]) -> Vec<FoundHabit> {
    let Some(kind) = document::kind(path) else {
        return Vec::new();
    };
    if kind == FileKind::Code
        && classic::MARKS
            .iter()
            .any(|mark| memchr::memmem::find(bytes, mark).is_some())
        && let Some(found) = in_definition_file(bytes)
    {
        return found;
    }
    in_text(kind, bytes)
}

/// The habits in a classic definition, each with its pointer; line and column are relative to the value. `None` if a
/// document is not one.
pub(crate) fn in_definition(document: &Value) -> Option<Vec<FoundHabit>> {
    let definition = classic::read(document)?;
    let mut found = in_text(FileKind::Yaml, definition.text.as_bytes());
    for (_, found) in &mut found {
        let line = &definition.lines[found.line as usize - 1];
        found.line = line.line;
        let column = |column: u64| column.saturating_sub(line.indent).max(1);
        found.column = column(found.column);
        found.end_column = column(found.end_column).max(found.column + 1);
        found.pointer = Some(line.pointer.clone());
        found.fix = None;
    }
    for pointer in definition.variables {
        found.push((0, named(&VARIABLE, Certainty::Probable, pointer)));
    }
    Some(found)
}

/// A habit that is a whole value with this pointer.
pub(crate) fn named(rule: &'static Rule, certainty: Certainty, pointer: String) -> Finding {
    Finding {
        pointer: Some(pointer.clone()),
        ..Finding::new(rule, certainty, fingerprint(rule.id, &pointer))
    }
}

/// The habits in a file with classic definitions, with the file's lines and columns.
fn in_definition_file(bytes: &[u8]) -> Option<Vec<FoundHabit>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    let mut found = in_definition(&serde_json::from_str(text).ok()?)?;
    if found.is_empty() {
        return Some(found);
    }
    let places = classic::places(text);
    let lines = line_starts(&Document::new(FileKind::Code, text));
    for (byte, found) in &mut found {
        let pointer = found.pointer.as_deref().unwrap_or_default();
        let at = places.get(pointer).copied().unwrap_or_default();
        let line = lines.partition_point(|start| *start <= at) - 1;
        let column = text[lines[line]..at].chars().count() as u64 + 1;
        let length = found.end_column - found.column;
        // A value of several lines is on one line of the file.
        found.column = if found.line > 1 {
            column
        } else {
            column + found.column - 1
        };
        found.end_column = found.column + length;
        found.line = line as u64 + 1;
        *byte = at;
    }
    sort(&mut found);
    Some(found)
}

/// The habits in a text of this kind, by position.
fn in_text(kind: FileKind, bytes: &[u8]) -> Vec<FoundHabit> {
    let (words, habits) = words();
    let mut places = Vec::new();
    words.find(bytes, |at, word| places.push((at, word)));
    let has_variables = match kind {
        FileKind::Yaml => {
            memchr::memmem::find(bytes, b"$(").is_some()
                || memchr::memmem::find(bytes, b"group:").is_some()
        }
        FileKind::Docker => true,
        _ => false,
    };
    if places.is_empty() && !has_variables {
        return Vec::new();
    }
    // The tools that habits are about do not read other encodings.
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Vec::new();
    };
    let document = Document::new(kind, text);
    let starts = line_starts(&document);
    let mut seen = Set::new();
    let mut found = Vec::new();
    for (at, word) in places {
        let line = starts.partition_point(|start| *start <= at) - 1;
        let habit = &HABITS[habits[word]];
        let start = at - starts[line];
        let end = start + words.length(word);
        if end > document.lines[line].len()
            || document.lines[line].len() > LONGEST_LINE
            || document.is_comment(line)
            || !seen.insert((line, habit.rule.id))
        {
            continue;
        }
        let spot = WordMatch {
            document: &document,
            line,
            start,
            end,
        };
        match (habit.find)(&spot) {
            Some(hit) => found.push(result(&document, &starts, line, &habit.rule, hit)),
            // Another word on the line may be one.
            None => {
                seen.remove(&(line, habit.rule.id));
            }
        }
    }
    of_variables(&document, &starts, &mut found);
    sort(&mut found);
    found
}

fn sort(found: &mut [FoundHabit]) {
    let place = |(_, found): &FoundHabit| (found.line, found.column, found.rule.id);
    adieu_order::sort_by(found, |one, other| place(one).cmp(&place(other)));
}

/// Habits by name: pipeline variables, groups, arguments of a Dockerfile.
fn of_variables(document: &Document<'_>, starts: &[usize], found: &mut Vec<FoundHabit>) {
    let mut steps_with_habits = Set::new();
    for (_, one) in found.iter() {
        let step = document.step(one.line as usize - 1);
        steps_with_habits.extend(step.map(|step| step.first));
    }
    let mut steps_named = Set::new();
    for (line, text) in document.lines.iter().enumerate() {
        if document.is_comment(line) || text.len() > LONGEST_LINE {
            continue;
        }
        let whole = |start: usize, end: usize, certainty, fix| Hit {
            start,
            end,
            certainty,
            fix,
        };
        match document.kind {
            FileKind::Yaml => {
                let about = variables::all(text).into_iter().find(|variable| {
                    variable.is_macro
                        && variables::is_pat(variable.name)
                        && !document.is_supplied(variable.name)
                });
                if let (Some(variable), Some(step)) = (about, document.step(line)) {
                    let is_new =
                        !steps_with_habits.contains(&step.first) && steps_named.insert(step.first);
                    if is_new && document.source(line) == Source::Variable(variable.name.to_owned())
                    {
                        let fix = replace::token_step(document, line);
                        let hit = whole(variable.start, variable.end, Certainty::Certain, fix);
                        found.push(result(document, starts, line, &VARIABLE, hit));
                    }
                }
                if let Some(name) = text.trim_start().strip_prefix("- group:")
                    && variables::is_pat(name.trim())
                {
                    let hit = whole(
                        text.len() - name.trim_start().len(),
                        text.len(),
                        Certainty::Possible,
                        None,
                    );
                    found.push(result(document, starts, line, &GROUP, hit));
                }
            }
            FileKind::Docker => {
                let trimmed = text.trim_start();
                let argument = ["ARG ", "ENV "]
                    .iter()
                    .find_map(|word| trimmed.strip_prefix(word));
                let name = argument.and_then(|rest| rest.split(['=', ' ']).next());
                if let Some(name) = name.filter(|name| variables::is_pat(name)) {
                    let start = text.len() - argument.map_or(0, str::len);
                    let fix = replace::build_secret(document, line, name);
                    let hit = whole(start, start + name.len(), Certainty::Certain, fix);
                    let habit = HABITS
                        .iter()
                        .find(|habit| habit.rule.id == "docker-argument");
                    found.extend(
                        habit.map(|habit| result(document, starts, line, &habit.rule, hit)),
                    );
                }
            }
            _ => {}
        }
    }
}

fn result(
    document: &Document<'_>,
    starts: &[usize],
    line: usize,
    rule: &'static Rule,
    hit: Hit,
) -> FoundHabit {
    let text = document.lines[line];
    let column = |byte: usize| text[..byte].chars().count() as u64 + 1;
    let finding = Finding {
        line: line as u64 + 1,
        column: column(hit.start),
        end_column: column(hit.end),
        fix: hit.fix,
        ..Finding::new(rule, hit.certainty, fingerprint(rule.id, text))
    };
    (starts[line] + hit.start, finding)
}

fn line_starts(document: &Document<'_>) -> Vec<usize> {
    let base = document
        .lines
        .first()
        .map_or(0, |line| line.as_ptr() as usize);
    document
        .lines
        .iter()
        .map(|line| line.as_ptr() as usize - base)
        .collect()
}

/// A hash of the line without spaces, so that a baseline survives changes around it. Lines that could contain a value
/// are not hashed, because a short value can be guessed from its hash.
fn fingerprint(rule: &str, line: &str) -> String {
    let mut text = format!("{rule}:");
    if shown::is_harmless(line) {
        text.extend(line.chars().filter(|letter| !letter.is_whitespace()));
    }
    STANDARD.encode(&Sha256::digest(text)[..15])
}
