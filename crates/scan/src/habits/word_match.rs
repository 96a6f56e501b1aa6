//! A word of a rule on a line, what it can be recognized as, and how the line is replaced.

use super::document::{Document, Kind, Source};
use super::replace;
use crate::finding::{Certainty, Fix, Safety};

/// A word of a rule on a line.
pub(super) struct WordMatch<'a> {
    pub(super) document: &'a Document<'a>,
    /// Index of the line.
    pub(super) line: usize,
    /// The word's first byte on the line, and the byte after it.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A recognized habit.
pub(super) struct Hit {
    /// The part of the line to show: its first byte, and the byte after it.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) certainty: Certainty,
    pub(super) fix: Option<Fix>,
}

impl WordMatch<'_> {
    pub(super) fn text(&self) -> &str {
        self.document.lines[self.line]
    }

    pub(super) fn kind(&self) -> Kind {
        self.document.kind
    }

    pub(super) fn is_script(&self) -> bool {
        matches!(self.kind(), Kind::Shell | Kind::PowerShell | Kind::Batch)
    }

    pub(super) fn hit(&self, fix: Option<Fix>) -> Option<Hit> {
        Some(Hit {
            start: self.start,
            end: self.end,
            certainty: Certainty::Certain,
            fix,
        })
    }

    pub(super) fn possible(&self, fix: Option<Fix>) -> Option<Hit> {
        self.hit(fix).map(|hit| Hit {
            certainty: Certainty::Possible,
            ..hit
        })
    }

    /// The source of the token on this line, unless it is the job token or a task already sets it.
    pub(super) fn source(&self) -> Option<Source> {
        match self.document.source(self.line) {
            Source::JobToken => None,
            Source::Variable(name) if self.document.is_supplied(&name) => None,
            _ if self.is_script() && self.document.mentions("adieu ") => None,
            source => Some(source),
        }
    }

    pub(super) fn replaced(&self, from: usize, to: usize, with: &str) -> Option<Fix> {
        let text = self.text();
        let new = format!("{}{with}{}", &text[..from], &text[to..]);
        replace::line(self.document, self.line, new)
    }

    pub(super) fn token_step(&self) -> Option<Fix> {
        replace::token_step(self.document, self.line)
    }

    /// Inserts a step with this input before the line's own, and replaces the line.
    pub(super) fn step_and_line(&self, input: &str, new: Vec<String>) -> Option<Fix> {
        replace::step_and_line(self.document, self.line, input, new)
    }

    /// Removes the line.
    pub(super) fn removed(&self) -> Option<Fix> {
        let (at, nothing) = (self.line, Vec::new());
        replace::lines(self.document, at, at, nothing, Safety::Review)
    }

    pub(super) fn new_line(&self, new: String) -> Option<Fix> {
        replace::line(self.document, self.line, new)
    }

    pub(super) fn indent(&self) -> &str {
        let text = self.text();
        &text[..text.len() - text.trim_start().len()]
    }
}
