//! The lines of an input or a file with one item per line.
//!
//! It does not know the meaning of a line.

/// The trimmed lines, without blank ones and comments.
pub(crate) fn meaningful_lines(text: &str) -> impl Iterator<Item = &str> {
    numbered_lines(text).map(|(_, line)| line)
}

/// The same lines with their numbers, starting at 1.
pub(crate) fn numbered_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // Windows editors may start a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim).zip(1..);
    lines
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, number)| (number, line))
}

#[test]
fn numbers_are_those_of_the_file() {
    let text = "\u{feff}# a\r\n\r\n  b = c  \n#d\ne";
    let lines: Vec<_> = numbered_lines(text).collect();
    assert_eq!(lines, [(3, "b = c"), (5, "e")]);
}
