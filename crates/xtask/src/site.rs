//! `cargo xtask site`: builds the documents as a site with mdBook, from the files that readers of the repository see.
//!
//! It never changes a document: the site has the repository's paths, so links need no rewriting. It checks every link
//! and anchor of the pages; external addresses are not checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{print_line, run as run_command};
use crate::{clients, files, root, target};

/// Builds the site in `target/site/book/`.
pub(crate) fn run() -> Result<(), String> {
    let folder = target().join("site");
    let (source, book) = (folder.join("src"), folder.join("book"));
    let _ = fs::remove_dir_all(&folder);
    let summary = files::read_text(&root().join("docs/SUMMARY.md"))?;
    let summary = summary.replace("](", "](docs/").replace("](docs/../", "](");
    files::write(&source.join("SUMMARY.md"), with_index(&summary))?;
    let mut shown = BTreeSet::new();
    for page in links(&summary) {
        let text = files::read_text(&root().join(page))?;
        files::write(&source.join(with_index(page)), with_index(&text))?;
        let local = links(&text).filter(|link| !link.contains("://") && !link.starts_with('#'));
        shown.extend(local.map(|link| resolve(page, link.split('#').next().unwrap_or(link))));
    }
    // Pages that are not in docs/SUMMARY.md are not copied, so links to them are reported below.
    for file in shown.iter().filter(|file| !file.ends_with(".md")) {
        files::copy(&root().join(file), &source.join(file))?;
    }
    for setting in ["book.toml", "site.css"] {
        files::copy(&root().join("docs").join(setting), &folder.join(setting))?;
    }
    let mdbook = clients::install("mdbook")?.join("bin/mdbook");
    run_command(Command::new(mdbook).arg("build").arg(&folder))?;
    let pages = check(&book)?;
    let index = book.join("index.html");
    print_line(&format!(
        "{}: {pages} pages, and every link leads somewhere",
        index.display()
    ));
    Ok(())
}

/// Renames README.md in links to index.html: mdBook renames the page, but not the links.
fn with_index(text: &str) -> String {
    match text.ends_with("README.md") {
        true => text.replace("README.md", "index.md"),
        false => text
            .replace("README.md)", "index.md)")
            .replace("README.md#", "index.md#"),
    }
}

/// Targets of links and pictures in Markdown.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1);
    links.filter_map(|rest| rest.split(')').next())
}

/// A path relative to a file, without `..`.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Checks every link of every page. Returns the number of pages.
fn check(book: &Path) -> Result<usize, String> {
    let mut pages = BTreeMap::new();
    for path in files::below(book)? {
        let name = path.strip_prefix(book).unwrap_or(&path);
        let name = name.to_string_lossy().replace('\\', "/");
        // 404.html has a `<base>`: its links are not relative to its own address.
        if name.ends_with(".html") && !["404.html", "print.html", "toc.html"].contains(&&*name) {
            pages.insert(name, files::read_text(&path)?);
        }
    }
    let mut broken = Vec::new();
    for (path, text) in &pages {
        let links = text
            .split(" href=\"")
            .skip(1)
            .chain(text.split(" src=\"").skip(1));
        let links = links.filter_map(|rest| rest.split('"').next());
        for link in links.filter(|link| !link.contains(':') && !link.is_empty()) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let to = match file {
                "" => path.clone(),
                file => resolve(path, file),
            };
            let is_there = match pages.get(&to) {
                Some(page) => place.is_empty() || page.contains(&format!(" id=\"{place}\"")),
                None => book.join(&to).is_file(),
            };
            broken.extend((!is_there).then(|| format!("{path}: {link}")));
        }
    }
    match broken.as_slice() {
        [] if pages.len() > 30 => Ok(pages.len()),
        [] => Err(format!("The site has only {} pages.", pages.len())),
        _ => Err(format!("Links lead nowhere:\n  {}", broken.join("\n  "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative_to_their_page() {
        for (from, link, expected) in [
            ("docs/migrate/git.md", "../cli.md", "docs/cli.md"),
            ("docs/cli.md", "../README.md", "README.md"),
            ("index.html", "./a//b.html", "a/b.html"),
        ] {
            assert_eq!(resolve(from, link), expected);
        }
        assert_eq!(
            with_index("[A](a.md) and [B](../README.md#b), README.md\n"),
            "[A](a.md) and [B](../index.md#b), README.md\n"
        );
    }
}
