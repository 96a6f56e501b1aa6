//! How the reader made the request: with the inputs of a step, or the flags of a command line, which have other
//! names.
//!
//! It writes no sentence.

/// Where the reader wrote what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    InAStep,
    ByFlags,
}

impl Asked {
    /// The text for this reader.
    pub(super) fn words(self, in_a_step: &'static str, by_flags: &'static str) -> &'static str {
        match self {
            Self::InAStep => in_a_step,
            Self::ByFlags => by_flags,
        }
    }
}
