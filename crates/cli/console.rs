//! How much the command line prints, and in which colors: `--quiet`, `--verbose` and `--color`.
//!
//! It is set once, before a verb runs; a task never sets it. It prints nothing.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;

use adieu_agent::Stream;
use clap::{Args, ValueEnum};

// The flags that every verb has.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct ConsoleArguments {
    /// Print only results and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Show which credential is used, and a line for each request
    #[arg(long, short, global = true)]
    verbose: bool,
    /// Color messages: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true
    )]
    color: Color,
}

/// What `--color` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal that shows colors, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The style of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Error,
    Warning,
    Success,
    Strong,
    Faint,
}

impl Style {
    fn sequence(self) -> &'static str {
        match self {
            Self::Error => "\u{1b}[1;31m",
            Self::Warning => "\u{1b}[1;33m",
            Self::Success => "\u{1b}[32m",
            Self::Strong => "\u{1b}[1m",
            Self::Faint => "\u{1b}[2m",
        }
    }
}

static CONSOLE: OnceLock<ConsoleArguments> = OnceLock::new();

fn console() -> ConsoleArguments {
    CONSOLE.get().copied().unwrap_or_default()
}

/// Stores the command line's flags.
pub(crate) fn set(arguments: ConsoleArguments) {
    let _ = CONSOLE.set(arguments);
}

/// Whether only results and errors are printed.
pub(crate) fn is_quiet() -> bool {
    console().quiet
}

/// Whether credentials and requests are shown.
pub(crate) fn is_verbose() -> bool {
    console().verbose
}

/// The word in this style, if the stream shows colors.
pub(crate) fn styled(stream: Stream, style: Style, word: &str) -> String {
    if has_colors(stream, console().color) {
        format!("{}{word}\u{1b}[0m", style.sequence())
    } else {
        word.to_owned()
    }
}

/// Whether the stream shows colors.
pub(crate) fn has_colors(stream: Stream, color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            stream.is_terminal()
                && !anstyle_query::no_color()
                && anstyle_query::term_supports_color()
                && reads_sequences()
        }
    }
}

/// The width of the terminal on standard output; `None` without one, so lines are not wrapped.
pub(crate) fn columns() -> Option<usize> {
    let is_terminal = Stream::Output.is_terminal();
    let size = is_terminal.then(terminal_size::terminal_size).flatten();
    size.map(|(width, _)| usize::from(width.0))
}

/// Whether standard error is a terminal on which a line can be redrawn.
pub(crate) fn redraws() -> bool {
    Stream::Error.is_terminal() && anstyle_query::term_supports_color() && reads_sequences()
}

/// Whether the console interprets escape sequences: an old Windows console prints them until it is configured to.
fn reads_sequences() -> bool {
    #[cfg(windows)]
    return anstyle_query::windows::enable_ansi_colors().unwrap_or(false);
    #[cfg(not(windows))]
    true
}

/// Whether there is a terminal on which a question can be asked and answered.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && Stream::Error.is_terminal()
}

/// Asks on the terminal. Only "y" and "yes" confirm.
pub(crate) fn is_confirmed(question: &str) -> bool {
    let mut answer = String::new();
    let asked = Stream::Error.prompt(question);
    let read = asked.and_then(|()| io::stdin().read_line(&mut answer));
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES")
}

/// The value of `--color` on a command line that is invalid for another reason.
pub(crate) fn color_of(words: &[OsString]) -> Color {
    let mut words = words.iter().map_while(|word| word.to_str());
    let mut color = Color::default();
    while let Some(word) = words.next() {
        let value = match word {
            "--" => break,
            "--color" => words.next(),
            word => word.strip_prefix("--color="),
        };
        if let Some(value) = value.and_then(|value| Color::from_str(value, false).ok()) {
            color = value;
        }
    }
    color
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_color_of_a_wrong_command_line() {
        for (line, expected) in [
            ("adieu tokne", Color::Auto),
            ("adieu --color never tokne", Color::Never),
            ("adieu tokne --color=always", Color::Always),
            ("adieu --color", Color::Auto),
            ("adieu exec -- ls --color=always", Color::Auto),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(color_of(&words), expected, "{line}");
        }
    }
}
