//! The messages for problems with `configure`, the broker and a script.
//!
//! It makes no decisions.

use std::io;

use adieu_configure::{ConfigureProblem, ConfigureProblemKind, WORDS};
use adieu_identity::resource::NotAResource;

use super::Report;
use super::inputs::undefined;
use crate::failure::ScriptProblem;

pub(super) fn configure(problems: &[ConfigureProblem]) -> Report {
    Report::of_several(problems.iter().map(line))
}

fn line(problem: &ConfigureProblem) -> Report {
    let line = &problem.line;
    let configure = |sentence: String| Report::new("configure", sentence);
    let stand_in = |sentence: String| Report::new("stand-in", sentence);
    match &problem.reason {
        ConfigureProblemKind::Unknown => configure(format!(
            "configure: '{line}' is not a known client."
        ))
        .remedy(&format!(
            "Use {}, one per line. `resources = azureDevOps, arm` limits which tokens are served.",
            WORDS.join(", ")
        )),
        ConfigureProblemKind::UndefinedVariable(variable) => {
            undefined(&format!("The line '{line}' of configure"), variable)
        }
        ConfigureProblemKind::NotAResource { text, reason } => {
            let report = not_a_resource(text, reason);
            Report {
                anchor: "configure".to_owned(),
                sentence: format!("The line '{line}' of configure: {}", report.sentence),
                ..report
            }
        }
        ConfigureProblemKind::NotAnOrganization(text) => stand_in(format!(
            "The line '{line}' of configure: '{text}' is not an organization name."
        ))
        .remedy("Write organizations = contoso, fabrikam."),
        ConfigureProblemKind::ConflictsWithProxy => stand_in(format!(
            "configure: proxy keeps tokens from scripts, but '{line}' would give them one."
        ))
        .remedy("Remove one of the two, or use two steps."),
        ConfigureProblemKind::ProxyOnly => stand_in(format!(
            "configure: {line} are for `proxy`, which is not configured."
        ))
        .remedy("Add the line proxy, or remove the line."),
        ConfigureProblemKind::NoStandIn => {
            stand_in("configure: proxy has no variable for a stand-in.".to_owned())
                .remedy("Add a line such as AZURE_DEVOPS_TOKEN=azureDevOps to tokens.")
        }
        ConfigureProblemKind::NoOrganization => stand_in(
            "configure: proxy needs an organization of Azure DevOps Services, and none is named."
                .to_owned(),
        )
        .remedy("Add a line such as organizations = contoso to configure, or use --organization."),
        ConfigureProblemKind::SetByMachine(name) => stand_in(format!(
            "The agent's environment sets {name}, which configure: proxy would hide from the \
             job's later steps."
        ))
        .remedy("Configure the agent with --proxyurl and --sslcacert, or use RunWithToken@1."),
        ConfigureProblemKind::TaskOnly => configure(format!(
            "{line} needs a service connection, so it works in the tasks only."
        ))
        .remedy("Use identity, azd, git or proxy here, and EntraToken@1 in a pipeline."),
        ConfigureProblemKind::NoIdToken => configure(format!(
            "{line} needs a service connection with workload identity federation, but this \
             one signs in another way."
        ))
        .remedy(
            "Convert the connection (its page → Convert), or use `identity`, which works \
         with every connection.",
        ),
    }
}

pub(super) fn not_a_resource(text: &str, reason: &NotAResource) -> Report {
    let sentence = match reason {
        NotAResource::Unknown => format!("'{text}' is not a resource."),
        NotAResource::Space => format!("'{text}' contains a space."),
        NotAResource::NotInThisCloud => {
            format!("'{text}' has no known address in this cloud.")
        }
    };
    let report = Report::new("token-command", sentence);
    match reason {
        NotAResource::NotInThisCloud => report.remedy("Use the resource's URI in this cloud."),
        NotAResource::Unknown | NotAResource::Space => {
            report.remedy(&super::inputs::resource_instead_of(text))
        }
    }
}

pub(super) fn no_broker(cause: &io::Error) -> Report {
    Report::new(
        "serve",
        format!(
            "Cannot start the credential endpoint: {}.",
            cause.to_string().trim_end_matches('.')
        ),
    )
}

pub(super) fn script(problem: &ScriptProblem) -> Report {
    let failed = |sentence: String| Report::new("run", sentence);
    match problem {
        ScriptProblem::NoShell(shell) => failed(format!("{shell} is not on this agent's PATH."))
            .remedy("Install it on the agent, or choose another shell in the step's input shell."),
        ScriptProblem::NoFolder(folder) => {
            failed(format!("The working directory {folder} does not exist.")).remedy(
                "Correct workingDirectory; a relative path starts at \
                    $(System.DefaultWorkingDirectory).",
            )
        }
        ScriptProblem::NotWritten { path, reason } => {
            failed(format!("Cannot write the script in {path}: {reason}.")).remedy(
                "Give the agent's user write access to that folder (Agent.TempDirectory) and \
                 free disk space.",
            )
        }
        ScriptProblem::CannotStart { shell, cause } => {
            failed(format!("Cannot start {shell}: {cause}."))
        }
        // Built-in tasks use the same message, and people search for it.
        ScriptProblem::Ended { shell, code } => {
            failed(format!("{shell} exited with code '{code}'."))
        }
        ScriptProblem::StandardError => {
            failed("The script wrote to standard error, and failOnStandardError is on.".to_owned())
        }
    }
}
