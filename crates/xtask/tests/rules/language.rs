//! Phrases that are hard to understand must not come back.
//!
//! It reads every text that people read: the product's messages, documents, comments, and names of tests.

use std::collections::BTreeMap;

use super::{files, read};

/// A phrase, and a better one. A space matches any blank or underscore; only whole words match.
const PHRASES: &[(&str, &str)] = &[
    ("is no", "is not a (valid)"),
    ("are no", "are not"),
    ("was no", "was not a"),
    ("be no", "not be a"),
    ("Entra's", "Microsoft Entra (as an adjective)"),
    ("of Microsoft Entra's", "Microsoft Entra (as an adjective)"),
    ("of the Marketplace's", "the Marketplace (as an adjective)"),
    ("of Azure DevOps'", "Azure DevOps (as an adjective)"),
    ("of ours", "our"),
    ("whoever", "the user, the caller, another process"),
    ("whom", "the user, the caller; or the passive voice"),
    ("nobody", "the passive voice"),
    ("somebody", "another process, another person"),
    ("stands", "is"),
    ("stand in", "replace"),
    ("tells", "shows, prints, reports"),
    ("told", "configured, asked"),
    ("said no", "refused"),
    ("says no", "refuses"),
    ("by itself", "automatically"),
    ("of its own", "own"),
    ("of their own", "own"),
    ("in its place", "instead"),
    ("in their place", "instead"),
    ("anew", "again"),
    ("mended", "fixed"),
    ("mends", "fixes"),
    ("heal", "recover, be transient"),
    ("heals", "is transient, recovers"),
    ("healed", "recovered"),
    ("at a desk", "on your machine, locally"),
    ("small letters", "lowercase"),
    ("takes away", "removes"),
    ("taken away", "removed"),
    ("comes of", "comes from"),
    ("gives out", "issues"),
    ("is over already", "has already expired"),
    ("takes the place of", "replaces"),
    ("take the place of", "replace"),
    ("hands out", "issues, serves"),
    ("is good for", "is valid for"),
    ("so many", "this many"),
    ("crowd", "many at the same time"),
    ("taken for", "treated as, mistaken for"),
    ("taken to be", "assumed to be"),
    ("else than", "other than"),
    ("by chance", "unpredictably, accidentally"),
    ("anybody", "any caller"),
    ("the way back", "how to undo it, to go back"),
    // American spelling, as the platform has it.
    ("licence", "license"),
    ("licences", "licenses"),
    ("misspelt", "misspelled"),
    ("catalogue", "catalog"),
    ("behaviour", "behavior"),
    ("honour", "honor"),
    ("recognise", "recognize"),
    ("organisation", "organization"),
    ("authorise", "authorize"),
];

/// Words before or after a phrase that make it good English.
const BEFORE: &[(&str, &[&str])] = &[
    ("is no", &["there"]),
    ("are no", &["there"]),
    ("was no", &["there"]),
    ("Entra's", &["microsoft"]),
];
const AFTER: &[(&str, &[&str])] = &[
    ("is no", &["longer", "more"]),
    ("are no", &["longer", "more"]),
    ("was no", &["longer", "more"]),
    // A service's own words: `it said: No matching federated identity record found`.
    ("said no", &["matching"]),
    // git: `told us to quit`.
    ("told", &["us", "apart"]),
    ("stands", &["for"]),
];

/// Lines that may contain a phrase, by a part of the line, each with its reason.
const ALLOWED: &[(&str, &str, &str)] = &[(
    "crates/xtask/src/package/shipped.rs",
    "\"LICENCE\"",
    "the name of a file in some crates",
)];

#[test]
fn texts_are_in_plain_english() {
    let mut found = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in files("").into_iter().filter(|path| is_text(path)) {
        for (index, line) in read(&path).lines().enumerate() {
            let is_allowed =
                |(file, part, _): &(&str, &str, &str)| path == *file && line.contains(part);
            if ALLOWED.iter().any(is_allowed) {
                continue;
            }
            for (phrase, better) in phrases_in(line) {
                *counts.entry(path.clone()).or_default() += 1;
                found.push(format!(
                    "{path}:{}: `{phrase}`, better: {better}",
                    index + 1
                ));
            }
        }
    }
    let files: Vec<String> = counts
        .iter()
        .map(|(path, count)| format!("{count:>4} {path}"))
        .collect();
    assert!(
        found.is_empty(),
        "{} phrases:\n{}\n{}",
        found.len(),
        found.join("\n"),
        files.join("\n")
    );
}

#[test]
fn a_phrase_counts_as_whole_words_alone() {
    let phrases = |line: &str| {
        phrases_in(line)
            .map(|(phrase, _)| phrase)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        phrases("'x' is no id; whoever_reads, tells"),
        ["is no", "whoever", "tells"]
    );
    assert_eq!(
        phrases("There is no id. It is no longer. This is not one. A foretells"),
        [""; 0]
    );
}

fn phrases_in(line: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    // The noun, as code spells it.
    let line = line
        .replace("stand_in", "stand-in")
        .replace("STAND_IN", "STAND-IN");
    let words: Vec<String> = line
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let mut found = Vec::new();
    for (phrase, better) in PHRASES {
        let wanted: Vec<String> = phrase.split(' ').map(str::to_lowercase).collect();
        let neighbours = |table: &[(&str, &'static [&'static str])]| {
            table
                .iter()
                .find(|(name, _)| name == phrase)
                .map_or(&[][..], |(_, words)| *words)
        };
        for (index, part) in words.windows(wanted.len()).enumerate() {
            let before = index.checked_sub(1).map_or("", |index| &words[index]);
            let after = words.get(index + wanted.len()).map_or("", String::as_str);
            if part == wanted
                && !neighbours(BEFORE).contains(&before)
                && !neighbours(AFTER).contains(&after)
            {
                found.push((*phrase, *better));
            }
        }
    }
    found.into_iter()
}

/// Files that people read. This file must contain the phrases.
fn is_text(path: &str) -> bool {
    let kinds = ["rs", "md", "json", "yml", "js", "toml", "svg"];
    let is_of_a_kind = path
        .rsplit('.')
        .next()
        .is_some_and(|kind| kinds.contains(&kind));
    is_of_a_kind && !path.ends_with("rules/language.rs") && !path.ends_with("-lock.json")
}
