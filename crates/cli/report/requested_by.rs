//! Whether a request came from a step's inputs or from a command line's flags, which have different names.
//!
//! It writes no sentence.

/// Where the reader can correct the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestedBy {
    Step,
    CommandLine,
}

impl RequestedBy {
    /// The text for this reader.
    pub(super) fn words(self, in_step: &'static str, by_flags: &'static str) -> &'static str {
        match self {
            Self::Step => in_step,
            Self::CommandLine => by_flags,
        }
    }
}
