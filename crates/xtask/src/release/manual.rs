//! Manual pages (`man adieu`, `man adieu-token`), generated from the binary's own help texts: they add nothing to the
//! binary and cannot differ from it.
//!
//! It knows the layout of a help text, but no verbs.

use std::path::Path;
use std::process::Command;

use super::{Entry, SUMMARY, VERSION};
use crate::command::output;

/// One page for the program and one for each verb, with their paths for `man`.
pub(super) fn pages(program: &Path) -> Result<Vec<Entry>, String> {
    let mut pages = Vec::new();
    let mut commands = vec!["adieu".to_owned()];
    while let Some(command) = commands.pop() {
        let words = command.split(' ').skip(1).chain(["--help"]);
        let help = output(Command::new(program).args(words));
        let help = help.ok_or_else(|| format!("{} prints no help.", program.display()))?;
        let verbs = verbs(&help).map(|verb| format!("{command} {verb}"));
        let verbs: Vec<String> = verbs.collect();
        let path = format!("share/man/man1/{}.1", command.replace(' ', "-"));
        pages.push(Entry::text(path, page(&command, &help, &verbs)));
        commands.extend(verbs);
    }
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(pages)
}

/// The verbs below a command.
fn verbs(help: &str) -> impl Iterator<Item = &str> {
    let commands = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    let verbs = lines.filter_map(|line| line.split_whitespace().next());
    verbs.filter(|verb| *verb != "help")
}

fn page(command: &str, help: &str, verbs: &[String]) -> String {
    let (about, rest) = help.split_once("Usage: ").unwrap_or(("", help));
    let about = if about.trim().is_empty() {
        SUMMARY
    } else {
        about.trim()
    };
    let name = roff(&command.replace(' ', "-"));
    // Flags and addresses are neither hyphenated nor justified.
    let mut page = format!(
        ".TH {} 1 \"\" \"adieu {VERSION}\" \"Adieu\"\n.nh\n.ad l\n.SH NAME\n{name} \\- {}\n.SH SYNOPSIS\n",
        name.to_uppercase(),
        roff(&about.replace('\n', " ")),
    );
    let mut section = "Usage";
    let mut gap = ".br\n";
    let rest = format!("  {rest}");
    for line in rest.lines().filter(|line| !line.trim().is_empty()) {
        let text = line.trim();
        let indentation = line.len() - line.trim_start().len();
        let is_item = section == "Commands" || text.starts_with(['-', '<', '[']);
        if indentation == 0 {
            let (heading, text) = heading(text);
            if section != heading {
                let format = if heading == "Examples" { ".nf\n" } else { "" };
                page += &format!(".fi\n.SH {}\n{format}", roff(&heading.to_uppercase()));
            }
            section = heading;
            page += &roff(text);
        } else if section == "Examples" {
            page += &roff(line);
        } else if section == "Usage" {
            page += &format!(".br\n\\fB{}\\fR", roff(text));
        } else if indentation <= 6 && is_item {
            let (name, meaning) = text.split_once("  ").unwrap_or((text, ""));
            if name == "help" {
                continue;
            }
            gap = if meaning.is_empty() { "" } else { ".br\n" };
            page += &format!(".TP\n\\fB{}\\fR\n{}", roff(name), roff(meaning.trim()));
        } else {
            page += &format!("{gap}{}", roff(text));
            gap = ".br\n";
        }
        page += if page.ends_with('\n') { "" } else { "\n" };
    }
    let parent = command.rsplit_once(' ').map(|(parent, _)| parent);
    let see = parent.into_iter().chain(verbs.iter().map(String::as_str));
    let see = see.map(|name| format!("\\fB{}\\fR(1)", roff(&name.replace(' ', "-"))));
    page + ".SH SEE ALSO\n" + &see.collect::<Vec<_>>().join(",\n") + "\n"
}

/// The heading in a line that is not indented, and the rest of the line.
fn heading(line: &str) -> (&str, &str) {
    match (line.strip_suffix(':'), line.strip_prefix("Exit codes: ")) {
        (Some(heading), _) if heading.starts_with("Example") => ("Examples", ""),
        (Some(heading), _) => (heading, ""),
        (None, Some(codes)) => ("Exit status", codes),
        (None, None) => ("Notes", line),
    }
}

/// Escapes a text so that troff finds no requests or escapes in it.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}
