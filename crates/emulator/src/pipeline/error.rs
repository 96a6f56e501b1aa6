//! What is wrong with a pipeline, in the words of the service where it has some.
//!
//! It never suggests a fix.

use std::fmt;

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// A problem and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file; empty where there is one alone.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(place: Place, message: &str) -> Self {
        Self {
            file: String::new(),
            place,
            message: message.to_owned(),
        }
    }

    /// The same, in a file, unless it names one already.
    pub(crate) fn in_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            file.clone_into(&mut self.file);
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        if !self.file.is_empty() {
            write!(formatter, "{} ", self.file)?;
        }
        write!(formatter, "(Line: {line}, Col: {column}): {}", self.message)
    }
}
