//! To whom a verb speaks while it works: a pipeline's log, or a person's terminal.
//!
//! It never says what a verb found; results go elsewhere.

use std::io::{self, Write as _};

use adieu_agent::{Log, defused};

/// Someone who listens.
pub(crate) trait Voice {
    /// A line about what is going on.
    fn say(&self, text: &str);
    /// A line that somebody should look at.
    fn warn(&self, text: &str);
    /// How far it is, from 0 to 100.
    fn progress(&self, percent: u8, text: &str);
}

impl Voice for Log {
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

/// Nobody: what there is to say was said by another process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silence;

impl Voice for Silence {
    fn say(&self, _text: &str) {}

    fn warn(&self, _text: &str) {}

    fn progress(&self, _percent: u8, _text: &str) {}
}

/// Standard error of a command line, which leaves standard output to the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal;

impl Terminal {
    /// What ended a verb, in all its lines.
    pub(crate) fn error(self, text: &str) {
        for (index, line) in defused(text).into_iter().enumerate() {
            let start = if index == 0 { "error: " } else { "" };
            let _ = writeln!(io::stderr(), "{start}{line}");
        }
    }
}

impl Voice for Terminal {
    fn say(&self, text: &str) {
        for line in defused(text) {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    fn warn(&self, text: &str) {
        for line in defused(text) {
            let _ = writeln!(io::stderr(), "warning: {line}");
        }
    }

    fn progress(&self, percent: u8, text: &str) {
        // The line that says it is enough here.
        let _ = (percent, text);
    }
}
