//! `cargo xtask site`: builds the documents as a site with mdBook, from the files that readers of the repository see.
//!
//! It never changes a document: the site has the repository's paths, so links need no rewriting. hyperlink checks every
//! link and anchor of the pages; external addresses are not checked.

use std::fs;
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
    // Pages that are not in docs/SUMMARY.md are not copied, so links to them are reported below.
    let links = summary.split("](").skip(1);
    for page in links.filter_map(|rest| rest.split(')').next()) {
        let text = files::read_text(&root().join(page))?;
        let to = source.join(page.replace("README.md", "index.md"));
        files::write(&to, with_index(&text))?;
    }
    for pattern in ["docs/**/*", "pipelines/**/*"] {
        for file in files::find(&root(), pattern)? {
            if file.extension().is_none_or(|end| end != "md") {
                let name = file.strip_prefix(root()).unwrap_or(&file);
                files::copy(&file, &source.join(name))?;
            }
        }
    }
    for setting in ["book.toml", "site.css"] {
        files::copy(&root().join("docs").join(setting), &folder.join(setting))?;
    }
    let mdbook = clients::install("mdbook")?.join("bin/mdbook");
    run_command(Command::new(mdbook).arg("build").arg(&folder))?;
    let hyperlink = clients::install("hyperlink")?.join("bin/hyperlink");
    run_command(Command::new(hyperlink).arg("--check-anchors").arg(&book))?;
    print_line(&book.join("index.html").display().to_string());
    Ok(())
}

/// Renames README.md in links to index.html: mdBook renames the page, but not the links.
fn with_index(text: &str) -> String {
    text.replace("README.md)", "index.md)")
        .replace("README.md#", "index.md#")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_the_first_page_have_its_new_name() {
        assert_eq!(
            with_index("[A](a.md) and [B](../README.md#b), README.md\n"),
            "[A](a.md) and [B](../index.md#b), README.md\n"
        );
    }
}
