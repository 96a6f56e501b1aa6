//! The index in TROUBLESHOOTING.md of the sections in `docs/troubleshooting/`, with the anchors that errors name.
//!
//! It never touches the text above the mark, which people write. `build.rs` reads the same pages for `adieu explain`.

use std::fmt::Write as _;

use crate::command::print_line;
use crate::{files, root};

/// The line below which `cargo xtask docs` writes TROUBLESHOOTING.md.
const MARK: &str = "<!-- Generated from docs/troubleshooting/ by `cargo xtask docs` from here on: edit those files instead. -->";

/// A section of a page: its anchor, and its heading.
pub(crate) struct Section {
    /// As `adieu explain` and errors name it: lowercase.
    pub(crate) anchor: String,
    /// What people search for.
    pub(crate) heading: String,
}

/// Writes the index.
pub(crate) fn run() -> Result<(), String> {
    let path = root().join("TROUBLESHOOTING.md");
    let page = read("TROUBLESHOOTING.md")?;
    let (written, _) = page
        .split_once(MARK)
        .ok_or_else(|| format!("{} has no line that says: {MARK}", path.display()))?;
    let made = format!("{written}{MARK}\n{}", index()?);
    files::write(&path, made)?;
    print_line(&path.display().to_string());
    Ok(())
}

/// The pages in the order of docs/SUMMARY.md, as paths from the root.
pub(crate) fn pages() -> Result<Vec<String>, String> {
    let summary = read("docs/SUMMARY.md")?;
    let targets = summary
        .split("](troubleshooting/")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    Ok(targets
        .map(|name| format!("docs/troubleshooting/{name}"))
        .collect())
}

/// Title and sections of a page. A section is an `<a id="…"></a>`, an empty line, and a heading.
pub(crate) fn sections(page: &str) -> Result<(String, Vec<Section>), String> {
    let text = read(page)?;
    let title = text.lines().next().unwrap_or_default();
    let title = title.trim_start_matches("# ").to_owned();
    let mut sections = Vec::new();
    for part in text.split("\n<a id=\"").skip(1) {
        let (anchor, rest) = part
            .split_once("\"></a>\n\n## ")
            .ok_or_else(|| format!("{page}: an anchor without a heading: {part:.40}"))?;
        sections.push(Section {
            anchor: anchor.to_owned(),
            heading: rest.lines().next().unwrap_or_default().to_owned(),
        });
    }
    Ok((title, sections))
}

/// One line for each section, below the title of its page.
fn index() -> Result<String, String> {
    let mut text = String::new();
    for page in pages()? {
        let (title, sections) = sections(&page)?;
        let _ = writeln!(text, "\n## [{title}]({page})\n");
        for Section { anchor, heading } in sections {
            let _ = writeln!(
                text,
                "- <a id=\"{anchor}\"></a>[{heading}]({page}#{anchor})"
            );
        }
    }
    Ok(text)
}

fn read(path: &str) -> Result<String, String> {
    Ok(files::read_text(&root().join(path))?.replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_index_is_what_the_pages_say() {
        let page = read("TROUBLESHOOTING.md").expect("the index");
        let below = page.split_once(&format!("{MARK}\n"));
        assert_eq!(
            below.map(|(_, below)| below),
            Some(index().expect("the pages").as_str()),
            "TROUBLESHOOTING.md is out of date: run `cargo xtask docs`"
        );
    }

    #[test]
    fn every_page_is_in_the_summary_and_every_anchor_is_named_once() {
        let listed: BTreeSet<String> = pages().expect("the summary").into_iter().collect();
        let entries = std::fs::read_dir(root().join("docs/troubleshooting")).expect("the folder");
        let names = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        let present: BTreeSet<String> = names
            .map(|name| format!("docs/troubleshooting/{name}"))
            .collect();
        assert_eq!(listed, present);
        let mut anchors = BTreeSet::new();
        for page in listed {
            let text = read(&page).expect("a page");
            let (_, sections) = sections(&page).expect("its sections");
            let prose = text.split("\n```").step_by(2);
            let headings: usize = prose.map(|prose| prose.matches("\n## ").count()).sum();
            assert_eq!(
                headings,
                sections.len(),
                "{page}: a heading without an anchor"
            );
            for section in sections {
                let anchor = section.anchor;
                // An error's code has a heading that opens with it, in capitals.
                let has_digit = anchor.contains(|letter: char| letter.is_ascii_digit());
                let is_first = section
                    .heading
                    .starts_with(&format!("{}:", anchor.to_uppercase()));
                assert_eq!(has_digit, is_first, "{page}: {anchor}");
                assert!(anchors.insert(anchor.clone()), "{anchor} is twice");
            }
        }
    }
}
