//! The output of a verb while it works: a pipeline's log, or a person's terminal.
//!
//! It never prints results.

use std::sync::{Mutex, MutexGuard, PoisonError};

use adieu_agent::{Log, Stream, deactivate_commands};

use crate::console::{self, Style};
use crate::waiting::Wait;

/// Receives messages about the work.
pub(crate) trait Reporter {
    /// A message about the current work.
    fn say(&self, text: &str);
    /// A line that needs attention.
    fn warn(&self, text: &str);
    /// Progress of an upload, from 0 to 100.
    fn sent(&self, _percent: u8, _is_step_of_ten: bool) {}
    /// What the verb waits for from now on; `None` ends that.
    fn wait(&self, _what: Option<&str>) {}
}

impl Reporter for Log {
    fn say(&self, text: &str) {
        Log::say(self, text);
    }

    fn warn(&self, text: &str) {
        Log::warn(self, text);
    }

    fn sent(&self, percent: u8, is_step_of_ten: bool) {
        // More than ten lines would flood a log.
        if is_step_of_ten {
            self.progress(percent, "uploaded");
            Log::say(self, &format!("{percent} % sent."));
        }
    }
}

/// No output: another process has already reported everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quiet;

impl Reporter for Quiet {
    fn say(&self, _text: &str) {}

    fn warn(&self, _text: &str) {}
}

/// Standard error of a command line; standard output is for the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal;

impl Terminal {
    /// A message that only `--verbose` shows.
    pub(crate) fn detail(self, text: &str) {
        if console::is_verbose() {
            for line in deactivate_commands(text) {
                print(&look(Style::Faint, &line));
            }
        }
    }

    /// The failure that ended a verb, with all its lines.
    pub(crate) fn error(self, text: &str) {
        self.wait(None);
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

    fn sent(&self, percent: u8, _is_step_of_ten: bool) {
        if let Some(wait) = &*current_wait() {
            wait.update(&format!("Uploading, {percent} %"));
        }
    }

    fn wait(&self, what: Option<&str>) {
        *current_wait() = what.map(Wait::for_a_line);
    }
}

/// The last thing that a verb waits for.
static CURRENT: Mutex<Option<Wait>> = Mutex::new(None);

fn current_wait() -> MutexGuard<'static, Option<Wait>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look(style: Style, word: &str) -> String {
    console::styled(Stream::Error, style, word)
}

/// A terminal that cannot be written to is not a reason to end.
fn print(line: &str) {
    let _ = Stream::Error.styled(line);
}
