//! `adieu explain`: a section of TROUBLESHOOTING.md, from the copy in this binary.
//!
//! It uses no network and opens no file.

mod layout;
mod sections;

use std::io::Read as _;
use std::process::ExitCode;

use adieu_agent::Stream;
use clap::Args;
use flate2::read::DeflateDecoder;
use serde_json::json;

use crate::failure::Failure;
use crate::result::{self, OutputFormat};
use sections::{Match, Section};

/// The page, compressed by `build.rs`.
const PAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/troubleshooting.deflate"));

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu explain aadsts700213        the section that an error names
  adieu explain 700213              the number alone
  adieu explain TF401444: Please sign in at least once
  adieu explain                     list all sections

It needs no network: the sections are in the binary.")]
pub(crate) struct ExplainArguments {
    /// Section or error code, or the text of an error
    #[arg(value_name = "SECTION")]
    words: Vec<String>,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// Runs the verb.
pub(crate) fn run(arguments: &ExplainArguments) -> Result<ExitCode, Box<Failure>> {
    let page = page()?;
    let sections = sections::of(&page);
    let words = arguments.words.join(" ");
    if words.trim().is_empty() {
        return list(&sections, arguments.output);
    }
    match sections::find(&sections, &words) {
        Match::One(section) => print(&sections, section, None, arguments.output),
        Match::InPlaceOf(code, section) => {
            let note = format!("{code} does not have its own section.");
            print(&sections, section, Some(&note), arguments.output)
        }
        Match::Near(near) => Err(Failure::NoSection { text: words, near }.into()),
    }
}

fn page() -> Result<String, Box<Failure>> {
    let mut page = String::new();
    DeflateDecoder::new(PAGE)
        .read_to_string(&mut page)
        .map_err(|_| Failure::Internal("the copy of TROUBLESHOOTING.md cannot be read"))?;
    Ok(page)
}

fn list(sections: &[Section<'_>], form: OutputFormat) -> Result<ExitCode, Box<Failure>> {
    let widest = sections.iter().map(|section| section.anchor.len()).max();
    let widest = widest.unwrap_or_default();
    let rows = sections.iter().map(|section| {
        let summary = layout::plain(section.summary());
        let row = format!("{:widest$}  {summary}", section.anchor);
        layout::cut(&row, layout::width())
    });
    let lines: Vec<String> = rows.collect();
    let json: Vec<_> = sections
        .iter()
        .map(|section| json!({ "section": section.anchor, "summary": section.summary() }))
        .collect();
    result::print(form, &lines, &json!({ "sections": json }))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a section, or the one that it refers to if it contains nothing else.
fn print(
    sections: &[Section<'_>],
    section: &Section<'_>,
    note: Option<&str>,
    form: OutputFormat,
) -> Result<ExitCode, Box<Failure>> {
    let other = section.refers_to();
    let other = other.and_then(|anchor| sections.iter().find(|other| other.anchor == anchor));
    let mut markdown = note.map(|note| format!("{note}\n\n")).unwrap_or_default();
    markdown.push_str(section.markdown);
    if let Some(other) = other {
        markdown.push_str(&format!("\n\n{}", other.markdown));
    }
    match form {
        OutputFormat::Text => {
            let text = layout::text(&markdown, layout::width());
            let written = Stream::Output.text(&text);
            written.map_err(Failure::NotWritten)?;
        }
        OutputFormat::Json => {
            let json = json!({
                "section": section.anchor,
                "summary": section.summary(),
                "markdown": markdown,
            });
            result::print(form, &[], &json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
