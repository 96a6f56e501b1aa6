//! rustfmt must format every file: it silently leaves a statement with a very long string as it is.
//!
//! It changes no file: it re-indents a copy in memory.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{files, read};

#[test]
fn rustfmt_repairs_the_indentation_of_every_file() {
    let sources: Vec<String> = files("")
        .into_iter()
        .filter(|path| path.ends_with(".rs"))
        .collect();
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let broken: Vec<String> = thread::scope(|scope| {
        let parts: Vec<_> = sources
            .chunks(sources.len().div_ceil(workers))
            .map(|part| scope.spawn(|| part.iter().filter_map(|path| left_broken(path)).collect()))
            .collect();
        let found = parts.into_iter().flat_map(|part| {
            let found: Vec<String> = part.join().expect("a worker");
            found
        });
        found.collect()
    });
    assert!(
        broken.is_empty(),
        "rustfmt gives up here; split a long string with `\\` at a line's end:\n{}",
        broken.join("\n")
    );
}

/// The first line that rustfmt leaves without its indentation.
fn left_broken(path: &str) -> Option<String> {
    let text = read(path);
    let formatted = formatted(&without_indentation(&text, path));
    let (index, line) = text
        .lines()
        .zip(formatted.lines().chain(std::iter::repeat("")))
        .map(|(line, formatted)| (line, formatted == line))
        .enumerate()
        .find(|(_, (_, is_right))| !is_right)
        .map(|(index, (line, _))| (index, line))?;
    Some(format!("{path}:{}: {}", index + 1, line.trim()))
}

/// The text with one space before each line, except lines within a literal, a block comment or the brackets of a
/// macro, which rustfmt must not change.
fn without_indentation(text: &str, path: &str) -> String {
    let tokens: TokenStream = text
        .parse()
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut fixed = BTreeSet::new();
    let lines: Vec<&str> = text.lines().collect();
    keep(tokens, &lines, path.contains("tests/"), &mut fixed);
    let mut is_comment = false;
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            let was_comment = is_comment;
            is_comment = line.trim_start().starts_with("/*") || is_comment;
            is_comment &= !line.contains("*/");
            if was_comment || fixed.contains(&(index + 1)) || line.is_empty() {
                format!("{line}\n")
            } else {
                format!(" {}\n", line.trim_start())
            }
        })
        .collect()
}

/// Collects the lines on which a literal or the brackets of a macro continue, and all lines of a statement that
/// contains wide output: tests have the whole output inline, and rustfmt leaves such a statement as it is. Returns
/// whether these tokens contain wide output.
fn keep(tokens: TokenStream, lines: &[&str], is_test: bool, fixed: &mut BTreeSet<usize>) -> bool {
    let mut is_macro = false;
    let mut is_wide = false;
    let mut statement = None;
    let mut any_wide = false;
    for token in tokens {
        let span = token.span();
        let start = *statement.get_or_insert(span.start().line);
        let continued = span.start().line + 1..=span.end().line;
        let is_wide_text = |text: &TokenTree| {
            let is_output = is_test || text.to_string().starts_with('r');
            is_output
                && (text.span().start().line..=text.span().end().line)
                    .any(|line| lines[line - 1].chars().count() > 100)
        };
        let mut ends = false;
        match token {
            TokenTree::Literal(_) => {
                is_wide |= is_wide_text(&token);
                fixed.extend(continued);
            }
            TokenTree::Group(group) => {
                let inner_is_wide = keep(group.stream(), lines, is_test, fixed);
                // A block is independent of its surroundings: each of its statements counts separately.
                if group.delimiter() == Delimiter::Brace {
                    ends = true;
                } else {
                    is_wide |= inner_is_wide;
                }
                if is_macro {
                    fixed.extend(continued);
                }
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                '!' => {
                    is_macro = true;
                    continue;
                }
                ';' => ends = true,
                _ => {}
            },
            // `macro_rules! name { … }`
            TokenTree::Ident(_) if is_macro => continue,
            TokenTree::Ident(_) => {}
        }
        is_macro = false;
        if is_wide {
            fixed.extend(start + 1..=span.end().line);
        }
        if ends {
            any_wide |= is_wide;
            (is_wide, statement) = (false, None);
        }
    }
    any_wide || is_wide
}

fn formatted(text: &str) -> String {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt starts: run `rustup component add rustfmt`");
    let mut input = rustfmt.stdin.take().expect("a pipe");
    let text = text.to_owned();
    let writer = thread::spawn(move || input.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output().expect("rustfmt ends");
    writer.join().expect("a writer").expect("rustfmt reads");
    String::from_utf8(output.stdout).expect("UTF-8")
}
