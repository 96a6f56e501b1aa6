//! Draws recorded text in the window of a terminal, as SVG.
//!
//! It knows no specific picture: its callers choose the text and the window's width.

use std::fmt::Write as _;

/// Units of one character and one line; the letters are 13 units high.
const CHARACTER: f32 = 7.83;
const LINE: f32 = 19.0;
const MARGIN: f32 = 16.0;
const BAR: f32 = 30.0;

/// A line in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The text.
    pub(crate) text: String,
    /// Its color.
    pub(crate) style: LineStyle,
}

/// The style of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineStyle {
    /// Normal.
    Plain,
    /// A command, or a heading.
    Strong,
    /// An error's sentence.
    Wrong,
    /// A value to copy.
    Value,
}

impl LineStyle {
    /// The style of a line, by its beginning.
    fn of(line: &str) -> Self {
        let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
        if begins(&["##[error]"]) {
            Self::Wrong
        } else if begins(&["  issuer:", "  subject identifier:", "  audience:"]) {
            Self::Value
        } else if begins(&["$ ", "What to ", "More:"]) {
            Self::Strong
        } else {
            Self::Plain
        }
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Plain => "fill=\"#cccccc\"",
            Self::Strong => "fill=\"#ffffff\" font-weight=\"700\"",
            Self::Wrong => "fill=\"#ff9999\" font-weight=\"700\"",
            Self::Value => "fill=\"#99ccff\"",
        }
    }
}

/// Breaks the text into lines of the window's width. Continued lines are indented.
pub(crate) fn lines(text: &str, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let style = LineStyle::of(line);
        let indent: String = line.chars().take_while(|letter| *letter == ' ').collect();
        let mut rest: Vec<char> = line.chars().collect();
        let mut next = String::new();
        loop {
            let room = columns - next.chars().count();
            if rest.len() <= room {
                let text = rest.iter().collect::<String>();
                lines.push(Line {
                    text: next + &text,
                    style,
                });
                break;
            }
            let space = rest[..=room].iter().rposition(|letter| *letter == ' ');
            let end = space.filter(|end| *end > indent.len()).unwrap_or(room);
            let text: String = rest[..end].iter().collect();
            lines.push(Line {
                text: next + &text,
                style,
            });
            rest.drain(..end);
            if rest.first() == Some(&' ') {
                rest.remove(0);
            }
            next = format!("{indent}  ");
        }
    }
    lines
}

/// Width and height of the window in units.
pub(crate) fn size(columns: usize, rows: usize) -> (u32, u32) {
    let width = (columns as f32).mul_add(CHARACTER, 2.0 * MARGIN);
    let height = (rows as f32).mul_add(LINE, BAR + 2.0 * MARGIN);
    (width.ceil() as u32, height.ceil() as u32)
}

/// Position of the line's first pixel, in units, and of the next line's.
pub(crate) fn band(row: usize) -> (f32, f32) {
    let top = (row as f32).mul_add(LINE, BAR + MARGIN);
    (top, top + LINE)
}

/// The window. Rows without a line stay empty.
pub(crate) fn svg(title: &str, lines: &[Line], columns: usize, rows: usize) -> String {
    let (width, height) = size(columns, rows);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"DejaVu Sans Mono\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#000000\"/>\n\
         <rect width=\"{width}\" height=\"{BAR}\" fill=\"#333333\"/>\n\
         <text x=\"{MARGIN}\" y=\"20\" fill=\"#cccccc\">{}</text>\n",
        escaped(title)
    );
    for (row, line) in lines.iter().enumerate() {
        let (top, _) = band(row);
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{}\" {} xml:space=\"preserve\">{}</text>",
            top + 14.0,
            line.style.attributes(),
            escaped(&line.text)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_continue_with_their_indentation() {
        let cut = lines("$ ab\n  issuer: one two three\nabcdefghijklmnop", 14);
        let shown: Vec<(&str, LineStyle)> = cut
            .iter()
            .map(|line| (line.text.as_str(), line.style))
            .collect();
        assert_eq!(
            shown,
            [
                ("$ ab", LineStyle::Strong),
                ("  issuer: one", LineStyle::Value),
                ("    two three", LineStyle::Value),
                ("abcdefghijklmn", LineStyle::Plain),
                ("  op", LineStyle::Plain),
            ]
        );
        assert!(cut.iter().all(|line| line.text.chars().count() <= 14));
    }
}
