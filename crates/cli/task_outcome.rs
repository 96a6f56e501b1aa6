//! How a task ended, before it is reported.
//!
//! It reports nothing.

use crate::failure::{Failure, ScriptProblem};

/// How a task ended, before it is reported.
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
pub(crate) enum Outcome {
    Done(Result<(), Failure>),
    /// The agent asked the step to stop.
    Stopped,
}

impl Outcome {
    /// Whether another program's text may be in the last line of the log, without an end: the agent takes
    /// a line with a command in it for that command, and the text before it is gone.
    pub(crate) fn is_after_a_script(&self) -> bool {
        let ended = |failure: &Failure| {
            let Failure::Script(problem) = failure else {
                return false;
            };
            matches!(
                problem,
                ScriptProblem::Ended { .. } | ScriptProblem::StandardError
            )
        };
        match self {
            Self::Done(Ok(())) | Self::Stopped => true,
            Self::Done(Err(failure)) => ended(failure),
        }
    }
}
