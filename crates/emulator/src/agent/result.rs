//! The result of a step, and which of two results counts (`TaskResultUtil.cs`).
//!
//! It never reads a log.

/// The result of a step, from best to worst as in the agent (`TaskResultUtil.cs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskResult {
    /// Success.
    Succeeded,
    /// Success with warnings.
    SucceededWithIssues,
    /// Failure.
    Failed,
    /// Stopped.
    Canceled,
    /// Not run.
    Skipped,
    /// The agent was lost.
    Abandoned,
}

impl TaskResult {
    /// Parses a result in a command: letter case counts, and numbers are allowed, as in .NET's `Enum.TryParse`.
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

    /// The worse of two results, unless the current one is already beyond `Failed`.
    pub(crate) fn merge(current: Option<Self>, next: Self) -> Self {
        match current {
            Some(current) if current > Self::Failed => current,
            Some(current) => current.max(next),
            None => next,
        }
    }
}
