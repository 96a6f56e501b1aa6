//! Every pipeline in the repository: files under `pipelines/`, samples in their opening comments, and YAML blocks in
//! documents.
//!
//! It checks none of them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::root;

/// A pipeline, a template or a part of one.
pub(crate) struct Document {
    /// The file, relative to the root.
    pub(crate) path: String,
    /// The 0-based line of the file in which the text starts.
    pub(crate) offset: usize,
    /// The text, as a complete pipeline.
    pub(crate) text: String,
}

/// All of them.
pub(crate) fn all() -> Vec<Document> {
    let mut found = Vec::new();
    for path in files() {
        let read = || fs::read_to_string(root().join(&path)).expect("a text file");
        if path.ends_with(".md") {
            found.extend(blocks(&path, &read()));
        } else if path.starts_with("pipelines/") && path.ends_with(".yml") {
            let (offset, text) = (0, read());
            found.extend(sample(&path, &text));
            found.push(Document { path, offset, text });
        }
    }
    found
}

/// The `yaml` blocks of a document.
pub(crate) fn blocks(path: &str, document: &str) -> Vec<Document> {
    let mut found = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((number, opening)) = lines.next() {
        let indent = opening.len() - opening.trim_start().len();
        if !matches!(opening.trim(), "```yaml" | "```yml") {
            continue;
        }
        let block: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```")
            .map(|line| line.get(indent..).unwrap_or_default())
            .collect();
        found.push(whole(path, number + 1, &block.join("\n")));
    }
    found
}

/// The pipeline in a template's opening comment.
fn sample(path: &str, template: &str) -> Option<Document> {
    let start = template
        .lines()
        .position(|line| line.starts_with("# In a pipeline"))?;
    let lines = template.lines().skip(start + 1);
    let lines = lines.map_while(|line| line.strip_prefix("#   "));
    Some(whole(
        path,
        start + 1,
        &lines.collect::<Vec<_>>().join("\n"),
    ))
}

/// Turns a list of steps into a pipeline. The line of `steps:` is that of the block's fence.
fn whole(path: &str, offset: usize, text: &str) -> Document {
    let is_list = text
        .lines()
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .is_some_and(|line| line.starts_with("- "));
    let (offset, text) = if is_list {
        (offset - 1, format!("steps:\n{text}\n"))
    } else {
        (offset, format!("{text}\n"))
    };
    Document {
        path: path.to_owned(),
        offset,
        text,
    }
}

/// Files of the repository, relative to its root.
pub(crate) fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let path = folder.join(&name);
            if root().join(&path).is_dir() {
                let is_ours = !matches!(name.to_str(), Some("target" | ".git" | "node_modules"));
                folders.extend(is_ours.then_some(path));
            } else {
                found.push(slashes(&path));
            }
        }
    }
    found.sort();
    found
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[test]
fn blocks_are_found_with_their_lines() {
    let document = "# Title\n\n1. Do\n\n   ```yaml\n   - script: a\n     env: {}\n   ```\n\n```json\n{}\n```\n\n```yml\npool: x\n```\n";
    let found = blocks("a.md", document);
    let shown: Vec<_> = found
        .iter()
        .map(|found| (found.offset, found.text.as_str()))
        .collect();
    assert_eq!(
        shown,
        [(4, "steps:\n- script: a\n  env: {}\n"), (14, "pool: x\n")]
    );
}
