//! Formats Markdown for a terminal: links become commands, tables become lists, lines fit the terminal's width.
//!
//! It supports only the Markdown in TROUBLESHOOTING.md, and prints nothing.

use crate::console;

/// Width of the terminal on standard output, at most 100; without one, lines are not wrapped.
pub(super) fn width() -> usize {
    console::columns().map_or(usize::MAX, |columns| columns.clamp(20, 100))
}

/// The line, truncated to the width.
pub(super) fn cut(line: &str, width: usize) -> String {
    match line.char_indices().nth(width) {
        Some(_) => {
            let kept: String = line.chars().take(width - 1).collect();
            format!("{}…", kept.trim_end())
        }
        None => line.to_owned(),
    }
}

/// Formats the whole text. Code blocks stay unchanged.
pub(super) fn text(markdown: &str, width: usize) -> String {
    let mut out = Vec::new();
    let mut is_code = false;
    let mut head: Vec<String> = Vec::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            out.push(format!("    {line}"));
        } else if line.starts_with('|') {
            row(line, &mut head, width, &mut out);
        } else {
            head.clear();
            let line = plain(line.trim_start_matches('#').trim_start());
            let bullet = line.starts_with("- ") || line.starts_with("* ");
            wrap(&line, "", if bullet { "  " } else { "" }, width, &mut out);
        }
    }
    out.join("\n")
}

/// Formats a table row: its first cell, and below it the others, each with its column's name.
fn row(line: &str, head: &mut Vec<String>, width: usize, out: &mut Vec<String>) {
    let line = line.trim().trim_start_matches('|');
    let line = line.strip_suffix('|').unwrap_or(line);
    let cells: Vec<String> = line.split(" | ").map(|cell| plain(cell.trim())).collect();
    if cells
        .iter()
        .all(|cell| cell.trim_matches(['-', ':', '|', ' ']).is_empty())
    {
        return;
    }
    if head.is_empty() {
        *head = cells;
        return;
    }
    let mut cells = cells.into_iter();
    wrap(&cells.next().unwrap_or_default(), "- ", "  ", width, out);
    for (name, cell) in head.iter().skip(1).zip(cells) {
        let cell = match name.as_str() {
            "" | "do" => cell,
            _ if cell.is_empty() => continue,
            name => format!("{name}: {cell}"),
        };
        wrap(&cell, "    ", "    ", width, out);
    }
}

/// Text without the marks for code and emphasis. A link to another section becomes the command that prints it.
pub(super) fn plain(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some((before, link)) = rest.split_once('[') {
        out.push_str(before);
        let parts = link.split_once("](");
        let parts = parts.and_then(|(text, rest)| Some((text, rest.split_once(')')?)));
        match parts {
            Some((text, (target, after))) if !text.contains(['[', ']']) => {
                out.push_str(&linked(text, target));
                rest = after;
            }
            _ => {
                out.push('[');
                rest = link;
            }
        }
    }
    out.push_str(rest);
    let parts = out.split('`').enumerate();
    let without_marks = parts.map(|(index, part)| match index % 2 {
        0 => part.replace('*', ""),
        _ => part.to_owned(),
    });
    without_marks.collect()
}

fn linked(text: &str, target: &str) -> String {
    match target.strip_prefix('#') {
        Some(anchor) if text.eq_ignore_ascii_case(anchor) => format!("adieu explain {anchor}"),
        Some(anchor) => format!("{text} (adieu explain {anchor})"),
        None if text == target => text.to_owned(),
        None => format!("{text} ({target})"),
    }
}

/// Appends a paragraph, wrapped to this width. The first line starts with `first`, the others with `next`.
fn wrap(text: &str, first: &str, next: &str, width: usize, out: &mut Vec<String>) {
    let mut line = first.to_owned();
    let mut count = first.chars().count();
    let mut is_open = false;
    for word in text.split(' ') {
        let length = word.chars().count();
        if is_open && count + 1 + length > width {
            out.push(std::mem::replace(&mut line, next.to_owned()));
            count = next.chars().count();
            is_open = false;
        }
        if is_open {
            line.push(' ');
            count += 1;
        }
        line.push_str(word);
        count += length;
        is_open = true;
    }
    out.push(line);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const MARKDOWN: &str = "## exec\n\nA *command* of `adieu *.js`, see [credential](#credential) and \
        [the page](https://example.com).\n\n| the error says | do | why |\n|---|---|---|\n\
        | needs `X` | Set **X**, in the environment of the step. | it is read |\n\n- A long item that goes on\n\n\
        ```sh\nls [a](b)   # as it is\n```\n";

    #[test]
    fn lays_a_section_out() {
        expect![[r#"
            exec

            A command of adieu *.js, see adieu
            explain credential and the page
            (https://example.com).

            - needs X
                Set X, in the environment of the
                step.
                why: it is read

            - A long item that goes on

                ls [a](b)   # as it is"#]]
        .assert_eq(&text(MARKDOWN, 40));
    }

    #[test]
    fn cuts_a_line_to_the_width() {
        assert_eq!(cut("abc def", 5), "abc…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("äöü", usize::MAX), "äöü");
    }
}
