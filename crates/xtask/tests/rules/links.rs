//! Links and paths in documents must lead to existing files and headings.
//!
//! It contacts no host: links to other sites are not checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::{files, read, root};

#[test]
fn links_in_documents_have_targets() {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut found = 0;
    for path in documents() {
        let text = without_code(&read(&path));
        let links = text.split("](").skip(1);
        for link in links.filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            found += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() {
                path.clone()
            } else {
                beside(&path, file)
            };
            assert!(root().join(&to).exists(), "{path} links to {link}");
            if !anchor.is_empty() {
                let headings = known.entry(to.clone()).or_insert_with(|| headings(&to));
                assert!(
                    headings.contains(anchor),
                    "{path} links to {link}, and {to} has no such heading"
                );
            }
        }
    }
    assert!(found > 50, "only {found} links were found");
}

/// The test above checks that the listed documents exist.
#[test]
fn every_document_for_users_is_in_the_table_of_contents() {
    let contents = read("docs/SUMMARY.md");
    let is_missing = |path: &String| {
        let page = path.strip_prefix("docs/").unwrap_or(path);
        page.ends_with(".md") && page != "SUMMARY.md" && !contents.contains(&format!("]({page})"))
    };
    let missing: Vec<String> = files("docs/").into_iter().filter(is_missing).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn paths_that_documents_name_exist() {
    for path in documents() {
        for quoted in read(&path).split('`').skip(1).step_by(2) {
            let first = quoted.split('/').next().unwrap_or_default();
            let ours = matches!(
                first,
                "crates" | "task" | "tests" | "pipelines" | "docs" | ".ci" | "examples"
            );
            let is_pattern = quoted.contains(['<', '*', '{', ' ', '…']);
            if ours && quoted.contains('/') && !is_pattern {
                let file = quoted.split('#').next().unwrap_or_default();
                assert!(root().join(file).exists(), "{path} names {quoted}");
            }
        }
    }
}

/// The names are files, names in the code, or words of a file. A name with spaces is a command or an example.
#[test]
fn names_in_architecture_exist() {
    let mut paths = files("");
    paths.retain(|path| !path.ends_with("ARCHITECTURE.md") && !path.ends_with("CHANGELOG.md"));
    let texts: Vec<String> = paths
        .iter()
        .filter_map(|path| std::fs::read_to_string(root().join(path)).ok())
        .collect();
    let is_there = |name: &str| {
        paths.iter().any(|path| path.ends_with(name))
            || texts.iter().any(|text| text.contains(name))
    };
    let text = read("ARCHITECTURE.md");
    let mut names: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    names.retain(|name| !name.is_empty() && !name.contains(char::is_whitespace));
    assert!(names.len() > 50, "{names:?}");
    names.retain(|name| {
        let mut parts = name.trim_end_matches('/').split(['#', ':']);
        !root().join(name).exists() && !parts.all(|part| part.is_empty() || is_there(part))
    });
    assert_eq!(names, Vec::<&str>::new());
}

#[test]
fn anchors_are_those_of_github() {
    for (heading, name) in [
        ("Is the PAT unused?", "is-the-pat-unused"),
        ("1. The connection", "1-the-connection"),
        (
            "`AzureCLI@2` with `az account get-access-token`",
            "azurecli2-with-az-account-get-access-token",
        ),
        ("a_b-c, d: e", "a_b-c-d-e"),
    ] {
        assert_eq!(slug(heading), name);
    }
}

fn documents() -> impl Iterator<Item = String> {
    files("").into_iter().filter(|path| path.ends_with(".md"))
}

/// A path relative to a document, without `..`.
fn beside(document: &str, file: &str) -> String {
    let mut path = PathBuf::from(document);
    path.pop();
    for part in Path::new(file).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_string_lossy().replace('\\', "/")
}

/// A document without its code blocks, in which `#` begins a comment.
fn without_code(text: &str) -> String {
    let mut is_code = false;
    text.lines()
        .filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            !is_fence && !is_code
        })
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The headings, as links name them, and the names that a page defines with `<a id="…">`.
pub(super) fn headings(document: &str) -> BTreeSet<String> {
    let text = without_code(&read(document));
    let places = text.split("<a id=\"").skip(1);
    let names = places.filter_map(|rest| rest.split('"').next());
    let mut names: BTreeSet<String> = names.map(str::to_owned).collect();
    for heading in text.lines().filter(|line| line.starts_with('#')) {
        let name = slug(heading.trim_start_matches('#').trim());
        let mut counted = name.clone();
        let mut count = 0;
        while !names.insert(counted) {
            count += 1;
            counted = format!("{name}-{count}");
        }
    }
    names
}

/// GitHub's anchor of a heading: lowercase, hyphens for spaces, and no punctuation.
fn slug(heading: &str) -> String {
    heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect::<String>()
        .to_lowercase()
}
