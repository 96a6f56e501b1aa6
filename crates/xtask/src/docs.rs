//! `cargo xtask docs`: generates the lower halves of `docs/tasks/*.md`, from `task.json`, and of TROUBLESHOOTING.md,
//! the index of `docs/troubleshooting/`.
//!
//! It never changes the text above the mark in a page, which is written by hand.

use std::fmt::Write as _;

use serde_json::Value;

use crate::command::{Context as _, print_line};
use crate::{files, package, root};

/// The reference of a task, from its `task.json`.
const REFERENCE: &str = include_str!("docs/reference.jinja");

/// Writes the generated half of every page.
pub(crate) fn run() -> Result<(), String> {
    for (page, generated) in pages()? {
        let text = read(&page)?;
        let (written, _) = halves(&text).ok_or_else(|| format!("{page} has no mark."))?;
        files::write(&root().join(&page), format!("{written}{generated}"))?;
        print_line(&page);
    }
    Ok(())
}

/// The pages, and the generated half of each.
fn pages() -> Result<Vec<(String, String)>, String> {
    let mut pages = vec![("TROUBLESHOOTING.md".to_owned(), index()?)];
    for task in package::tasks()? {
        pages.push((format!("docs/tasks/{task}.md"), reference(&task)?));
    }
    Ok(pages)
}

/// The text of a page up to the line with the mark, and the text after it.
fn halves(page: &str) -> Option<(&str, &str)> {
    let mark = page.find("\n<!-- Generated from ")?;
    let end = page[mark..].find("-->\n")?;
    Some(page.split_at(mark + end + "-->\n".len()))
}

fn read(path: &str) -> Result<String, String> {
    Ok(files::read_text(&root().join(path))?.replace("\r\n", "\n"))
}

/// The reference of a task.
fn reference(name: &str) -> Result<String, String> {
    let text = read(&format!("task/{name}/task.json"))?;
    let task: Value = serde_json::from_str(&text).context(name)?;
    let mut jinja = files::jinja();
    jinja.set_undefined_behavior(minijinja::UndefinedBehavior::Chainable);
    jinja.add_test("visible", |operation: &str, rule: &str| {
        is_visible(rule, operation)
    });
    jinja.render_str(REFERENCE, task).context(name)
}

/// Whether a `visibleRule` of Azure Pipelines (`operation = a || operation = b`) is true for an operation; it is if
/// there is no rule.
fn is_visible(rule: &str, operation: &str) -> bool {
    let mut terms = rule.split("||").map(str::trim);
    terms.any(|term| match term.split_once(" != ") {
        Some((_, value)) => value != operation,
        None => term.is_empty() || term.ends_with(&format!(" = {operation}")),
    })
}

/// One line for each section of `docs/troubleshooting/`, below the title of its page.
fn index() -> Result<String, String> {
    let mut text = String::new();
    for page in troubleshooting()? {
        let (title, sections) = sections(&page)?;
        let _ = writeln!(text, "\n## [{title}]({page})\n");
        for (anchor, heading) in sections {
            let link = format!("[{heading}]({page}#{anchor})");
            let _ = writeln!(text, "- <a id=\"{anchor}\"></a>{link}");
        }
    }
    Ok(text)
}

/// The pages in the order of docs/SUMMARY.md, as paths from the root.
fn troubleshooting() -> Result<Vec<String>, String> {
    let summary = read("docs/SUMMARY.md")?;
    let targets = summary.split("](troubleshooting/").skip(1);
    let names = targets.map(|rest| rest.split(')').next().unwrap_or_default());
    Ok(names
        .map(|name| format!("docs/troubleshooting/{name}"))
        .collect())
}

/// The title of a page, and the anchor and heading of each section. A section is an `<a id="…"></a>`, an empty line,
/// and a heading.
fn sections(page: &str) -> Result<(String, Vec<(String, String)>), String> {
    let text = read(page)?;
    let first_line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let mut sections = Vec::new();
    for part in text.split("\n<a id=\"").skip(1) {
        let section = part.split_once("\"></a>\n\n## ");
        let (anchor, rest) =
            section.ok_or_else(|| format!("{page}: an anchor without a heading: {part:.40}"))?;
        sections.push((anchor.to_owned(), first_line(rest)));
    }
    Ok((first_line(text.trim_start_matches("# ")), sections))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn generated_halves_are_up_to_date() {
        for (page, generated) in pages().expect("what is generated") {
            let text = read(&page).expect("a page");
            let there = halves(&text).map(|(_, below)| below);
            assert_eq!(
                there,
                Some(&*generated),
                "{page} is out of date: run `cargo xtask docs`"
            );
        }
    }

    #[test]
    fn every_page_is_in_the_summary_and_every_anchor_is_unique() {
        let listed: BTreeSet<String> = troubleshooting().expect("pages").into_iter().collect();
        let entries = files::find(&root(), "docs/troubleshooting/*").expect("the folder");
        let names = entries.iter().filter_map(|path| path.file_name()?.to_str());
        let present = names.map(|name| format!("docs/troubleshooting/{name}"));
        assert_eq!(listed, present.collect());
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
            for (anchor, heading) in sections {
                // The heading of an error code begins with the code, in capitals.
                let has_digit = anchor.contains(|letter: char| letter.is_ascii_digit());
                let is_first = heading.starts_with(&format!("{}:", anchor.to_uppercase()));
                assert_eq!(has_digit, is_first, "{page}: {anchor}");
                assert!(anchors.insert(anchor.clone()), "{anchor} is twice");
            }
        }
    }
}
