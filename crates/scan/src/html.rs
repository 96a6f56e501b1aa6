//! A report as one HTML file that works offline: sortable, readable in light and dark mode, and printable.
//!
//! It loads nothing, and shows every file name as text.

use crate::finding::{Finding, Fix, Report, Suppression};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The report as one page. `describe` describes a finding without its position; `summary` is one sentence, and so is
/// each of the `notes` about what was not scanned.
pub fn to_html(
    report: &Report,
    summary: &str,
    notes: &[String],
    describe: &dyn Fn(&Finding) -> String,
) -> String {
    let rows: String = report
        .findings
        .iter()
        .enumerate()
        .map(|(order, finding)| row(order, finding, &describe(finding)))
        .collect();
    let not_read: String = notes
        .iter()
        .map(|note| format!("<li>{}</li>\n", escape_html(note)))
        .collect();
    let not_read = if not_read.is_empty() {
        not_read
    } else {
        format!("<h2>Not scanned</h2>\n<ul>\n{not_read}</ul>\n")
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>Personal access tokens</title>\n<style>\n{STYLE}</style>\n\
         <h1>Personal access tokens</h1>\n<p>{}</p>\n\
         <input type=\"search\" aria-label=\"Filter\" placeholder=\"Filter by path, rule or text\">\n\
         <table>\n<thead><tr>\
         <th><button>Path</button></th><th><button>Place</button></th>\
         <th><button>Certainty</button></th><th><button>Finding</button></th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n{not_read}<script>\n{SCRIPT}</script>\n</html>\n",
        escape_html(summary)
    )
}

fn row(order: usize, finding: &Finding, description: &str) -> String {
    let word = finding.certainty.word();
    let certainty = match &finding.suppression {
        None => word,
        Some(Suppression::Baseline) => "baseline",
        Some(Suppression::Inline(_)) => "allowed",
    };
    let commit = finding.commit.as_ref().map_or_else(String::new, |commit| {
        let id = commit.id.as_deref().unwrap_or("no commit");
        let head = if commit.is_in_head {
            ", still in HEAD"
        } else {
            ""
        };
        format!(
            "<br><small>{} {}{head}</small>",
            escape_html(id),
            escape_html(&commit.date)
        )
    });
    let place = match &finding.resource {
        Some(resource) => format!(
            "<a href=\"{}\">{}</a>",
            escape_html(&resource.url),
            resource.kind.word()
        ),
        None => format!("{}:{}", finding.line, finding.column),
    };
    let pointer = finding
        .pointer
        .as_ref()
        .map_or_else(String::new, |pointer| {
            format!("<br><small>{}</small>", escape_html(pointer))
        });
    format!(
        "<tr data-order=\"{order}\"><td><code>{}</code>{pointer}{commit}</td><td>{place}</td>\
         <td class=\"{} {certainty}\">{certainty}</td>\
         <td>{}<br><code>{}</code> {} <code>{}</code>{}</td></tr>\n",
        escape_html(&finding.path),
        finding.rule.kind.word(),
        escape_html(description),
        finding.rule.id,
        escape_html(finding.advice().0),
        finding.advice().1,
        finding.fix.as_ref().map_or_else(String::new, diff)
    )
}

fn diff(fix: &Fix) -> String {
    let lines = |mark: &str, tag: &str, lines: &[String]| -> String {
        lines
            .iter()
            .map(|line| format!("<{tag}>{mark}{}</{tag}>", escape_html(line)))
            .collect()
    };
    format!(
        "<details><summary>Replacement</summary><pre>{}{}</pre></details>",
        lines("- ", "del", &fix.old),
        lines("+ ", "ins", &fix.new)
    )
}

/// Escapes text for HTML. Control characters, which are invisible, become spaces.
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[test]
fn a_name_is_text() {
    assert_eq!(
        escape_html("<a href='x'>\"&\u{1b}"),
        "&lt;a href=&#39;x&#39;&gt;&quot;&amp; "
    );
}
