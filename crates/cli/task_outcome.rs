//! How a task ended.
//!
//! It reports nothing.

use crate::failure::{Failure, ScriptProblem};

/// How a task ended.
pub(crate) enum Outcome {
    Done(Result<(), Box<Failure>>),
    /// The agent asked the step to stop.
    Stopped,
}

impl Outcome {
    /// Whether another program may have left an unfinished line in the log: the agent would take the line for our
    /// command, and drop the text before it.
    pub(crate) fn is_after_a_script(&self) -> bool {
        let Self::Done(Err(failure)) = self else {
            return true;
        };
        matches!(
            **failure,
            Failure::Script(ScriptProblem::Ended { .. } | ScriptProblem::StandardError)
        )
    }
}
