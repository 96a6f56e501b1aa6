//! The doctor's page on a run's summary, in Markdown that is readable on a light and on a dark page.
//!
//! It writes no colors and no HTML, and text from a service becomes neither.

use super::{Check, State, first, next};

/// The names for a job's pages of this verb, in order.
pub(super) fn names() -> impl Iterator<Item = String> {
    let numbered = (2..=u32::MAX).map(|number| format!("Adieu doctor {number}.md"));
    std::iter::once("Adieu doctor.md".to_owned()).chain(numbered)
}

/// The page.
pub(super) fn page(checks: &[Check]) -> String {
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let mut text = format!("**What to do next:** {}\n", cell(&next(checks)));
    if let Some(report) = first(checks) {
        text.push_str(&format!("\nMore: {}\n", report.more_in_markdown()));
    }
    text.push_str(&format!(
        "\n{} of {} checks passed; {} failed.\n\n| | check | found |\n|---|---|---|\n",
        count(State::Ok),
        checks.len() - count(State::Skipped),
        count(State::Failed),
    ));
    for check in checks {
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            sign(check.state),
            check.name,
            cell(&check.found)
        ));
    }
    for check in checks {
        let Some(report) = check
            .report
            .as_ref()
            .filter(|report| !report.facts().is_empty())
        else {
            continue;
        };
        text.push_str(&format!("\n**{}**\n\n| | |\n|---|---|\n", check.name));
        for (name, value) in report.facts() {
            text.push_str(&format!("| {} | {} |\n", cell(name), cell(value)));
        }
    }
    text
}

/// Symbols with their own colors, and words for readers who do not see colors.
fn sign(state: State) -> &'static str {
    match state {
        State::Ok => "✅ ok",
        State::Warning => "⚠️ warning",
        State::Failed => "❌ failed",
        State::Skipped => "➖ skipped",
    }
}

/// Text for one Markdown cell: it cannot become a link, an image, HTML or another cell.
fn cell(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => shown.push(' '),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '|' | '`' | '[' | ']' | '!' | '*' | '_' | '\\' | '#' => {
                shown.push('\\');
                shown.push(letter);
            }
            letter => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_messages_stay_text() {
        for (text, shown) in [
            ("plain", "plain"),
            ("a|b\nc", "a\\|b c"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("[click](https://x)", "\\[click\\](https://x)"),
            ("![x](y) `z` &lt;", "\\!\\[x\\](y) \\`z\\` &amp;lt;"),
        ] {
            assert_eq!(cell(text), shown);
        }
    }
}
