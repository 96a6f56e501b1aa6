//! Commands in documents: each exists, with its options.
//!
//! It runs none of them; `tests/pipelines/guide.rs` follows whole pages.

mod habits;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::harness::root;
use crate::pipelines::documents::files;

#[test]
fn commands_in_documents_exist() {
    let mut asked = BTreeSet::new();
    for path in files().into_iter().filter(|path| path.ends_with(".md")) {
        let text = fs::read_to_string(root().join(&path)).expect("a document");
        for command in commands(&text) {
            check(&path, &command);
            asked.insert(command);
        }
    }
    assert!(asked.len() > 20, "only {asked:?}");
}

/// The commands `adieu …` in a document: in a line of a shell block, or quoted in a sentence.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = "";
    for line in text.lines().map(str::trim) {
        if let Some(kind) = line.strip_prefix("```") {
            block = if block.is_empty() {
                if kind.is_empty() { "text" } else { kind }
            } else {
                ""
            };
        } else if block == "sh" {
            found.extend(line.strip_prefix("adieu ").map(str::to_owned));
        } else if block.is_empty() {
            let quoted = line.split('`').skip(1).step_by(2);
            found.extend(
                quoted
                    .filter_map(|text| text.strip_prefix("adieu "))
                    .map(str::to_owned),
            );
        }
    }
    found
}

/// Checks that the verbs exist, and each option before `--`.
fn check(path: &str, command: &str) {
    let own = command.split(" -- ").next().unwrap_or_default();
    let own = own.split(" #").next().unwrap_or_default();
    let own = own.split(" | ").next().unwrap_or_default();
    let words: Vec<&str> = own.split_whitespace().collect();
    let is_word = |word: &&&str| {
        word.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let takes_verbs = |word: &str| matches!(word, "extension" | "feeds" | "help");
    let mut verbs: Vec<&str> = Vec::new();
    for word in words
        .iter()
        .take_while(is_word)
        .filter(|word| !word.starts_with('-'))
    {
        if verbs.is_empty() || takes_verbs(verbs[0]) && verbs.len() == 1 {
            verbs.push(word);
        }
    }
    if verbs.is_empty() {
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(&verbs)
        .arg("--help")
        .output()
        .expect("adieu starts");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        output.status.success(),
        "{path} names `adieu {command}`, which there is not"
    );
    for option in words.iter().filter(|word| word.starts_with("--")) {
        let option = option.split('=').next().unwrap_or_default();
        let there = help.split([' ', ',', '\n', '[']).any(|word| word == option);
        assert!(
            there,
            "{path} names `adieu {command}`, which has no {option}"
        );
    }
}
