//! `cargo xtask site`: the documents as a site, by mdBook, from the same files that a reader of the repository sees.
//!
//! It never changes a document: the site has the repository's paths, so links need no rewriting. Every link and anchor
//! of the pages that it wrote is looked up; addresses elsewhere are not asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, print_line, run as run_command, this_cargo};
use crate::{files, root, target};

const MDBOOK: &str = "mdbook@0.5.4";

/// mdBook's settings, and the site's look: where they are, and where mdBook reads them.
const SETTINGS: [(&str, &str); 2] = [
    ("docs/book.toml", "book.toml"),
    ("docs/site.css", "site.css"),
];

/// What a page of the site points at, and the names of its places.
struct Page {
    links: BTreeSet<String>,
    places: BTreeSet<String>,
}

/// Builds the site in `target/site/book/`.
pub(crate) fn run() -> Result<(), String> {
    let folder = target().join("site");
    let (source, book) = (folder.join("src"), folder.join("book"));
    for old in [&source, &book] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(|error| format!("{}: {error}.", old.display()))?;
        }
    }
    let summary = files::read_text(&root().join("docs/SUMMARY.md"))?;
    let contents = with_links(&summary, &|link| index(&resolve("docs/SUMMARY.md", link)));
    files::write(&source.join("SUMMARY.md"), &contents)?;
    for path in shown_files(&summary)? {
        let from = root().join(&path);
        if path.ends_with(".md") {
            let page = with_links(&files::read_text(&from)?, &index);
            files::write(&source.join(index(&path)), &page)?;
        } else {
            files::copy(&from, &source.join(&path))?;
        }
    }
    for (from, to) in SETTINGS {
        files::copy(&root().join(from), &folder.join(to))?;
    }
    let mut mdbook = Command::new(program()?);
    run_command(mdbook.arg("build").arg(&folder))?;
    let pages = check(&book)?;
    print_line(&format!(
        "{}: {pages} pages, and every link leads somewhere",
        book.join("index.html").display()
    ));
    Ok(())
}

/// The pages of the table of contents, and the files that they show or link to, as paths from the root.
fn shown_files(summary: &str) -> Result<BTreeSet<String>, String> {
    let listed: BTreeSet<String> = links(summary)
        .map(|link| resolve("docs/SUMMARY.md", link))
        .collect();
    let mut files = listed.clone();
    for page in &listed {
        let text = files::read_text(&root().join(page))?;
        for link in links(&text).filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let file = resolve(page, link.split('#').next().unwrap_or_default());
            if file.ends_with(".md") && !listed.contains(&file) {
                return Err(format!(
                    "{page} links to {file}, which is not in docs/SUMMARY.md."
                ));
            }
            files.insert(file);
        }
    }
    Ok(files)
}

/// The text with other targets of its links.
fn with_links(text: &str, change: &dyn Fn(&str) -> String) -> String {
    let mut parts = text.split("](");
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (link, rest) = part.split_once(')').unwrap_or((part, ""));
        changed.push_str(&format!("]({}){rest}", change(link)));
    }
    changed
}

/// mdBook writes README.md as index.html, and leaves links to it alone.
fn index(link: &str) -> String {
    if link.contains("://") {
        return link.to_owned();
    }
    link.replace("README.md", "index.md")
}

/// Targets of Markdown's links and pictures.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1);
    links.filter_map(|rest| rest.split(')').next())
}

/// A path beside another one, without `..`.
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

/// mdBook, installed below `target/` where the machine has another version or none.
fn program() -> Result<PathBuf, String> {
    let (name, version) = MDBOOK.split_once('@').unwrap_or((MDBOOK, ""));
    let folder = target().join("tools").join(MDBOOK);
    let installed = folder.join("bin").join(name);
    for program in [PathBuf::from(name), installed.clone()] {
        let said = output(Command::new(&program).arg("--version"));
        if said.is_some_and(|said| said.ends_with(version)) {
            return Ok(program);
        }
    }
    let mut install = this_cargo();
    install
        .current_dir(root())
        .args(["install", "--quiet", "--locked", "--debug", MDBOOK])
        .args(["--no-default-features", "--features", "search", "--root"])
        .arg(&folder)
        .arg("--target-dir")
        .arg(folder.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    print_line(&format!("installing {MDBOOK}, once"));
    run_command(&mut install)?;
    // What it was built from is thirty times as large as the program.
    let _ = fs::remove_dir_all(folder.join("target"));
    Ok(installed)
}

/// Follows every link of every page; the number of pages.
fn check(book: &Path) -> Result<usize, String> {
    let mut pages = BTreeMap::new();
    collect(book, "", &mut pages)?;
    let mut broken = Vec::new();
    for (path, page) in &pages {
        for link in &page.links {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let to = match file {
                "" => path.clone(),
                file => resolve(path, file),
            };
            let is_there = match pages.get(&to) {
                Some(page) => place.is_empty() || page.places.contains(place),
                None => book.join(&to).is_file(),
            };
            if !is_there {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    match broken.as_slice() {
        [] if pages.len() > 30 => Ok(pages.len()),
        [] => Err(format!("The site has only {} pages.", pages.len())),
        _ => Err(format!("Links lead nowhere:\n  {}", broken.join("\n  "))),
    }
}

/// Reads the pages of a folder and of those below it.
fn collect(book: &Path, below: &str, pages: &mut BTreeMap<String, Page>) -> Result<(), String> {
    let folder = book.join(below);
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}.", folder.display()));
    for entry in entries?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match below {
            "" => name.clone(),
            below => format!("{below}/{name}"),
        };
        if entry.path().is_dir() {
            collect(book, &path, pages)?;
        } else if name.ends_with(".html") && !matches!(name.as_str(), "print.html" | "toc.html") {
            let text = files::read_text(&entry.path())?;
            let page = Page {
                links: values(&text, " href=\"")
                    .chain(values(&text, " src=\""))
                    .collect(),
                places: values(&text, " id=\"").collect(),
            };
            // The page for lost readers has the address that they asked for.
            if name != "404.html" {
                pages.insert(path, page);
            }
        }
    }
    Ok(())
}

/// Values of an attribute of HTML, without addresses elsewhere.
fn values<'text>(text: &'text str, attribute: &'text str) -> impl Iterator<Item = String> + 'text {
    let values = text.split(attribute).skip(1);
    let values = values.filter_map(|rest| rest.split('"').next());
    values
        .filter(|value| !value.contains(':') && !value.is_empty())
        .map(|value| value.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_from_where_they_are() {
        for (from, link, expected) in [
            ("docs/SUMMARY.md", "../README.md", "README.md"),
            ("docs/SUMMARY.md", "migrate/git.md", "docs/migrate/git.md"),
            ("docs/migrate/git.md", "../cli.md", "docs/cli.md"),
            ("index.html", "./a//b.html", "a/b.html"),
        ] {
            assert_eq!(resolve(from, link), expected);
        }
        assert_eq!(
            with_links("[A](a.md) and [B](../README.md#b)\n", &index),
            "[A](a.md) and [B](../index.md#b)\n"
        );
    }
}
