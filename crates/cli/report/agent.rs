//! The messages for a task that the agent cannot run as it is.
//!
//! It makes no decisions and prints nothing.

use adieu_agent::PlatformVariableError;

use super::Report;

pub(super) fn no_runtime(cause: &std::io::Error) -> Report {
    Report::new(
        "agent",
        format!("adieu could not start its async runtime: {cause}."),
    )
}

pub(super) fn internal(what: &str) -> Report {
    Report::new(
        "agent",
        format!("adieu stopped because of an internal error: {what}."),
    )
    .remedy("Report it, with this line and the version of adieu.")
}

pub(super) fn no_such_task(name: &str, phase: &str) -> Report {
    Report::new(
        "agent",
        format!("This binary has no task '{name}' with the phase '{phase}'."),
    )
    .remedy(
        "Delete the task's folder on the agent so that launcher and binary are \
            downloaded together.",
    )
}

pub(super) fn launcher_gone() -> Report {
    Report::new(
        "agent",
        "The launcher was killed, so the task stopped before it was done.",
    )
    .remedy("Find out what killed it; agents often run out of memory.")
}

pub(super) fn platform_variable(error: &PlatformVariableError) -> Report {
    match error {
        PlatformVariableError::Missing(variable) => Report::new(
            "agent",
            format!("The variable {variable} is not set, so this is not a pipeline job."),
        )
        .remedy("Run the task in Azure Pipelines; `cargo xtask demo` shows it without one."),
        PlatformVariableError::Shadowed { variable, by } => Report::new(
            "shadowed-variable",
            format!("The pipeline's variable '{by}' replaces {variable}, which the agent sets."),
        )
        .remedy("Remove or rename that pipeline variable: tasks cannot tell the two apart."),
    }
}
