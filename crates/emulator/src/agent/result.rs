//! How a step ended, and which of two ends counts (`TaskResultUtil.cs`).
//!
//! It never looks at a log.

/// How a step ended, in the agent's order of badness (`TaskResultUtil.cs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskResult {
    /// All done.
    Succeeded,
    /// Done, with a warning.
    SucceededWithIssues,
    /// Not done.
    Failed,
    /// Stopped.
    Canceled,
    /// Not run.
    Skipped,
    /// Lost.
    Abandoned,
}

impl TaskResult {
    /// A result as a command may spell it: letter case counts, and a number means its name, as .NET's
    /// `Enum.TryParse` has it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "Succeeded" | "0" => Self::Succeeded,
            "SucceededWithIssues" | "1" => Self::SucceededWithIssues,
            "Failed" | "2" => Self::Failed,
            "Canceled" | "3" => Self::Canceled,
            "Skipped" | "4" => Self::Skipped,
            "Abandoned" | "5" => Self::Abandoned,
            _ => return None,
        })
    }

    /// The worse of two, but for what is beyond `Failed` already.
    pub(crate) fn merge(current: Option<Self>, next: Self) -> Self {
        match current {
            Some(current) if current > Self::Failed => current,
            Some(current) => current.max(next),
            None => next,
        }
    }
}
