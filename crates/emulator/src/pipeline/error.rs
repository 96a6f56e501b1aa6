//! Problems in a pipeline, with the service's messages where they are known.
//!
//! It never suggests a fix.

use std::fmt;

/// A position in a file, starting at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// A problem and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file; empty if there is only one.
    pub file: String,
    /// Position in the file.
    pub position: Position,
    /// The message.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(position: Position, message: &str) -> Self {
        Self {
            file: String::new(),
            position,
            message: message.to_owned(),
        }
    }

    /// Sets the file, unless the problem has one.
    pub(crate) fn in_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            file.clone_into(&mut self.file);
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        if !self.file.is_empty() {
            write!(formatter, "{} ", self.file)?;
        }
        write!(formatter, "(Line: {line}, Col: {column}): {}", self.message)
    }
}
