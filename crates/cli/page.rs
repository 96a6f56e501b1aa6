//! What the tasks' pages of a run are made of: Markdown in which no value is more than text.
//!
//! It writes no file; the task does.

use adieu_agent::deactivate_commands;

/// Facts as a table: a name and a cell of Markdown, such as [`code`] makes. The first fact is its head, which no
/// table of Markdown can be without.
pub(crate) fn table(facts: &[(&str, String)]) -> String {
    let mut rows = facts
        .iter()
        .map(|(name, cell)| format!("| {name} | {cell} |\n"));
    let head = rows.next().unwrap_or_default();
    format!("{head}|---|---|\n{}", rows.collect::<String>())
}

/// A link to an address that somebody's value is part of. A parenthesis, which an address may have, would end it.
pub(crate) fn link(text: &str, address: &str) -> String {
    let address = address.replace('(', "%28").replace(')', "%29");
    format!("[{text}]({address})")
}

/// A value of anybody's, as it stands: in a span of code, no mark of Markdown or HTML means anything, and what
/// would end the span or a table's cell is taken out.
pub(crate) fn code(value: &str) -> String {
    let text = deactivate_commands(value)
        .join(" ")
        .replace(['`', '|'], "'");
    match text.trim() {
        "" => "not told".to_owned(),
        text => format!("`{text}`"),
    }
}

#[test]
fn a_value_stays_a_value() {
    for (value, shown) in [
        ("pub.hello", "`pub.hello`"),
        ("", "not told"),
        (" \n", "not told"),
        ("a`<b>|c", "`a'<b>'c`"),
        ("a\n\n# b\u{202e}", "`a # b`"),
        ("``x\\", "`''x\\`"),
    ] {
        assert_eq!(code(value), shown);
    }
}
