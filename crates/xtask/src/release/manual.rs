//! Manual pages (`man adieu`, `man adieu-token`), from the help texts of the binary itself, so that they cost it nothing
//! and cannot differ from it.
//!
//! It knows the layout of a help text, and no verb.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::{Entry, SUMMARY};
use crate::command::output;

/// One page for the program and one for each verb, by the paths that `man` looks for.
pub(super) fn pages(program: &Path, version: &str) -> Result<Vec<Entry>, String> {
    let mut pages = Vec::new();
    let mut verbs = vec![String::new()];
    while let Some(verb) = verbs.pop() {
        let mut command = Command::new(program);
        let words = verb.split_whitespace().chain(["--help"]);
        let help = output(command.args(words));
        let help = help.ok_or_else(|| format!("{} prints no help.", program.display()))?;
        let help = Help::read(&help);
        let below = help.commands.iter().filter(|(name, _)| name != "help");
        verbs.extend(below.map(|(name, _)| format!("{verb} {name}").trim().to_owned()));
        let name = format!("adieu {verb}").trim().replace(' ', "-");
        let path = format!("share/man/man1/{name}.1");
        pages.push(Entry::text(path, page(&name, version, &help)));
    }
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(pages)
}

/// A flag or an argument, and what it means, line by line.
type HelpEntry = (String, Vec<String>);

/// A help text in its parts.
#[derive(Default)]
struct Help {
    about: String,
    usage: Vec<String>,
    commands: Vec<(String, String)>,
    /// A heading, and its entries.
    options: Vec<(String, Vec<HelpEntry>)>,
    /// What follows: paragraphs of lines.
    rest: Vec<Vec<String>>,
}

impl Help {
    fn read(text: &str) -> Self {
        let mut help = Self::default();
        let mut heading = "";
        for line in text.lines().map(str::trim_end) {
            let is_indented = line.starts_with(' ');
            if let Some(usage) = line.strip_prefix("Usage: ") {
                heading = "Usage";
                help.usage.push(usage.to_owned());
            } else if !is_indented && line.ends_with(':') && !line.starts_with("Example") {
                heading = line.trim_end_matches(':');
                if heading != "Commands" {
                    help.options.push((heading.to_owned(), Vec::new()));
                }
            } else if !is_indented && !line.is_empty() && !heading.is_empty() {
                heading = "Rest";
                match help
                    .rest
                    .last_mut()
                    .filter(|paragraph| !paragraph.is_empty())
                {
                    Some(paragraph) => paragraph.push(line.to_owned()),
                    None => help.rest.push(vec![line.to_owned()]),
                }
            } else {
                help.line(heading, line);
            }
        }
        help.rest.retain(|paragraph| !paragraph.is_empty());
        help
    }

    fn line(&mut self, heading: &str, line: &str) {
        match heading {
            "" if !line.is_empty() => {
                self.about.push_str(line);
                self.about.push(' ');
            }
            "" => {}
            "Usage" => self
                .usage
                .extend((!line.is_empty()).then(|| line.trim().to_owned())),
            "Commands" => {
                let entry = line.trim().split_once("  ");
                self.commands
                    .extend(entry.map(|(name, about)| (name.to_owned(), about.trim().to_owned())));
            }
            "Rest" => match self.rest.last_mut() {
                Some(paragraph) if !line.is_empty() => paragraph.push(line.to_owned()),
                _ => self.rest.push(Vec::new()),
            },
            _ => {
                let Some((_, entries)) = self.options.last_mut() else {
                    return;
                };
                let text = line.trim();
                let indentation = line.len() - line.trim_start().len();
                if indentation <= 6 && text.starts_with(['-', '<', '[']) {
                    let (name, meaning) = text.split_once("  ").unwrap_or((text, ""));
                    let meaning = meaning.trim();
                    let meaning = (!meaning.is_empty()).then(|| meaning.to_owned());
                    entries.push((name.to_owned(), meaning.into_iter().collect()));
                } else if let Some((_, meaning)) = entries.last_mut()
                    && !text.is_empty()
                {
                    meaning.push(text.to_owned());
                }
            }
        }
    }
}

fn page(name: &str, version: &str, help: &Help) -> String {
    let mut page = String::new();
    let about = match help.about.trim() {
        "" => SUMMARY,
        about => about,
    };
    let title = name.to_uppercase();
    let mut line = |text: String| {
        let _ = writeln!(page, "{text}");
    };
    line(format!(
        ".TH {} 1 \"\" \"adieu {version}\" \"Adieu\"",
        roff(&title)
    ));
    // Flags and addresses are not hyphenated, nor stretched.
    line(".nh\n.ad l".to_owned());
    line(format!(".SH NAME\n{} \\- {}", roff(name), roff(about)));
    line(".SH SYNOPSIS".to_owned());
    for usage in &help.usage {
        line(format!(".br\n\\fB{}\\fR", roff(usage)));
    }
    for (heading, entries) in &help.options {
        line(format!(".SH {}", roff(&heading.to_uppercase())));
        for (name, meaning) in entries {
            line(format!(".TP\n\\fB{}\\fR", roff(name)));
            for (index, text) in meaning.iter().enumerate() {
                let gap = if index == 0 { "" } else { ".br\n" };
                line(format!("{gap}{}", roff(text)));
            }
        }
    }
    let mut see = Vec::new();
    if !help.commands.is_empty() {
        line(".SH COMMANDS".to_owned());
        for (verb, about) in help.commands.iter().filter(|(verb, _)| verb != "help") {
            line(format!(".TP\n\\fB{}\\fR\n{}", roff(verb), roff(about)));
            see.push(format!("{name}-{verb}"));
        }
    }
    for paragraph in &help.rest {
        let first = paragraph.first().map(String::as_str).unwrap_or_default();
        if first.starts_with("Example") {
            line(".SH EXAMPLES\n.nf".to_owned());
            for text in &paragraph[1..] {
                line(roff(text));
            }
            line(".fi".to_owned());
        } else if let Some(codes) = first.strip_prefix("Exit codes: ") {
            line(format!(".SH EXIT STATUS\n{}", roff(codes)));
            for text in &paragraph[1..] {
                line(roff(text));
            }
        } else {
            line(".SH NOTES".to_owned());
            for text in paragraph {
                line(roff(text));
            }
        }
    }
    if let Some((parent, _)) = name.rsplit_once('-').filter(|_| name != "adieu") {
        // `adieu-git-credential` is a verb of the program, `adieu-extension-show` one of `extension`.
        let parent = if parent == "adieu-extension" {
            parent
        } else {
            "adieu"
        };
        see.insert(0, parent.to_owned());
    }
    line(".SH SEE ALSO".to_owned());
    let see: Vec<String> = see
        .iter()
        .map(|name| format!("\\fB{}\\fR(1)", roff(name)))
        .collect();
    line(see.join(",\n"));
    page
}

/// A text of which troff takes nothing for a request or an escape.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}
