//! Where a verb reports while it works: a pipeline's log, or a person's terminal.
//!
//! It never says what a verb found; results go elsewhere.

use adieu_agent::{Log, Stream, deactivate_commands};

use crate::console::{self, Style};

/// Where lines about the work go.
pub(crate) trait Reporter {
    /// A line about what is going on.
    fn say(&self, text: &str);
    /// A line that needs attention.
    fn warn(&self, text: &str);
    /// How far it is, from 0 to 100.
    fn progress(&self, percent: u8, text: &str);
}

impl Reporter for Log {
    fn say(&self, text: &str) {
        Log::say(self, text);
    }

    fn warn(&self, text: &str) {
        Log::warn(self, text);
    }

    fn progress(&self, percent: u8, text: &str) {
        Log::progress(self, percent, text);
    }
}

/// Nowhere: another process has reported what there is to report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quiet;

impl Reporter for Quiet {
    fn say(&self, _text: &str) {}

    fn warn(&self, _text: &str) {}

    fn progress(&self, _percent: u8, _text: &str) {}
}

/// Standard error of a command line, which leaves standard output to the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal;

impl Terminal {
    /// What a person waits for, where there is one who looks.
    pub(crate) fn waiting(self, what: &str) {
        if Stream::Error.is_terminal() {
            self.say(&format!("Waiting for {what} …"));
        }
    }

    /// A line that `--verbose` asks for.
    pub(crate) fn detail(self, text: &str) {
        if console::is_verbose() {
            for line in deactivate_commands(text) {
                print(&look(Style::Faint, &line));
            }
        }
    }

    /// What ended a verb, in all its lines.
    pub(crate) fn error(self, text: &str) {
        for (index, line) in deactivate_commands(text).into_iter().enumerate() {
            let line = match line.strip_prefix("What to do: ") {
                _ if index == 0 => format!("{} {line}", look(Style::Error, "error:")),
                Some(remedy) => format!("{} {remedy}", look(Style::Strong, "What to do:")),
                None => line,
            };
            print(&line);
        }
    }
}

impl Reporter for Terminal {
    fn say(&self, text: &str) {
        if !console::is_quiet() {
            deactivate_commands(text)
                .iter()
                .for_each(|line| print(line));
        }
    }

    fn warn(&self, text: &str) {
        if !console::is_quiet() {
            let warning = look(Style::Warning, "warning:");
            for line in deactivate_commands(text) {
                print(&format!("{warning} {line}"));
            }
        }
    }

    fn progress(&self, percent: u8, text: &str) {
        // The line that says it is enough here.
        let _ = (percent, text);
    }
}

fn look(style: Style, word: &str) -> String {
    console::styled(Stream::Error, style, word)
}

/// A terminal that takes no line is not a reason to end.
fn print(line: &str) {
    let _ = Stream::Error.styled(line);
}

/// Waits for `work`, and says so once it takes longer than people wait without a word.
pub(crate) async fn while_waiting<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(adieu_transport::PATIENCE) => {}
    }
    Terminal.waiting(what);
    work.await
}
