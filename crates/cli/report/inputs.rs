//! The messages for invalid inputs of a step: lines of `tokens`, names of variables and others.
//!
//! It makes no decisions and prints nothing; `job.rs` has those for lines of `configure`.

use adieu_agent::{InputError, NotAVariableName, TooLong};
use adieu_identity::resource::{self, NotAResource};

use super::Report;
use crate::failure::{
    ConnectionLineProblem, ConnectionLineProblemKind, LineProblem, LineProblemKind, LineSource,
};

pub(super) fn input(error: &InputError) -> Report {
    match error {
        InputError::Missing { input } => Report::new(
            "inputs",
            format!("The required input {} is empty.", in_yaml(input)),
        ),
        InputError::UndefinedVariable { input, variable } => {
            undefined(&format!("The input {}", in_yaml(input)), variable)
        }
        InputError::NotAChoice {
            input,
            value,
            choices,
        } => Report::new(
            "inputs",
            format!(
                "The input {input} is '{value}'; valid values are {}.",
                choices.join(", ")
            ),
        ),
    }
}

pub(super) fn no_connection() -> Report {
    Report::new(
        "inputs",
        "The step names no service connection: azureDevOpsServiceConnection and \
         azureSubscription are both empty.",
    )
    .remedy(
        "Set azureDevOpsServiceConnection (a connection of the type Azure DevOps, without a \
         subscription) or azureSubscription (Azure Resource Manager).",
    )
}

pub(super) fn two_connections() -> Report {
    Report::new(
        "inputs",
        "The step names two service connections, in azureDevOpsServiceConnection and in \
         azureSubscription, and takes only one.",
    )
    .remedy("Remove one of the two inputs.")
}

pub(super) fn undefined(input: &str, variable: &str) -> Report {
    Report::new(
        "undefined-variable",
        format!("{input} contains $({variable}), but the pipeline has no variable {variable}."),
    )
    .remedy(
        "Define the variable, or correct its name; a variable of a group needs `- group:` \
     in this stage.",
    )
}

pub(super) fn tokens(problems: &[LineProblem]) -> Report {
    Report::of_several(problems.iter().map(line_problem))
}

pub(super) fn connections(problems: &[ConnectionLineProblem]) -> Report {
    Report::of_several(problems.iter().map(connection_line))
}

fn connection_line(problem: &ConnectionLineProblem) -> Report {
    let ConnectionLineProblem { line, reason } = problem;
    let subject = format!("The line '{line}' of connections");
    let report = |end: &str| Report::new("connections", format!("{subject} {end}."));
    match reason {
        ConnectionLineProblemKind::NoEqualsSign => report("has no '='").remedy(
            "Write <connection id> = azureDevOps, or <connection id>.<parameter> = azureDevOps.",
        ),
        ConnectionLineProblemKind::UndefinedVariable(variable) => undefined(&subject, variable),
        ConnectionLineProblemKind::NotAnId(text) => report(&format!(
            "starts with '{text}', which is not the ID of a service connection"
        ))
        .remedy(
            "Open the connection's page (Project settings → Service connections) and copy the \
             GUID after resourceId= in its address.",
        ),
        ConnectionLineProblemKind::OfTheSystem => report(
            "names the job's own connection (SystemVssConnection), which the agent does not let \
             steps change",
        )
        .remedy("Remove the line."),
        ConnectionLineProblemKind::Own => {
            report("names the connection with which the step signs in, which has no PAT")
                .remedy("Write the ID of the connection from which a later step reads its PAT.")
        }
        ConnectionLineProblemKind::NotAParameter(text) => report(&format!(
            "names the parameter '{text}', which may have letters, digits, '.', '_' and '-' only"
        ))
        .remedy("Use the parameter's name, such as apitoken or password, or leave it out."),
        ConnectionLineProblemKind::Twice(parameter) => report(&format!(
            "fills {parameter} of that connection a second time"
        ))
        .remedy("Keep one line for each parameter of a connection."),
        ConnectionLineProblemKind::NotAResource(reason) => not_a_resource(report, line, reason),
    }
}

pub(super) fn nothing_asked() -> Report {
    Report::new("token", "The step names no token and configures nothing.")
        .remedy("Add a line such as AZURE_DEVOPS_TOKEN=azureDevOps to tokens.")
}

pub(super) fn not_a_name(input: &str, text: &str, reason: NotAVariableName) -> Report {
    name_problem(&format!("The input {input} is '{text}', which"), reason)
}

/// `subject` is the start of a sentence; the reason is its end.
fn name_problem(subject: &str, reason: NotAVariableName) -> Report {
    let (reason, remedy) = match reason {
        NotAVariableName::Empty => (
            "has no name".to_owned(),
            "Write a name of letters, digits and underscores.",
        ),
        NotAVariableName::Character => (
            "is not a valid variable name: it may have letters, digits, '.' and '_' only, and \
             starts with a letter or '_'"
                .to_owned(),
            "Use letters, digits and underscores.",
        ),
        NotAVariableName::Reserved(beginning) => (
            format!(
                "is a name that no pipeline variable can have: Azure Pipelines reserves \
             names that start with '{beginning}'"
            ),
            "Choose another name; under env:, a script can give the variable any name.",
        ),
        NotAVariableName::OfTheRunner => (
            "is a name that GitHub Actions reserves (GITHUB_…, RUNNER_…, CI, PATH, NODE_OPTIONS)"
                .to_owned(),
            "Choose another name; under env:, a step can give the variable any name.",
        ),
        NotAVariableName::ReadOnly(name) => (
            format!(
                "is a name that no step can set: to tasks it is the agent's own variable \
             {name}, which is read-only"
            ),
            "Choose another name; under env:, a script can give the variable any name.",
        ),
    };
    Report::new("token", format!("{subject} {reason}.")).remedy(remedy)
}

pub(super) fn too_long(error: &TooLong) -> Report {
    Report::new(
        "token",
        format!(
            "The value of {} has {} characters; a variable can have at most {} on every system.",
            error.name, error.length, error.limit
        ),
    )
    .remedy("Give the identity fewer groups or roles: they make its tokens long.")
}

fn line_problem(problem: &LineProblem) -> Report {
    let LineProblem {
        line,
        reason,
        place,
    } = problem;
    let form = "Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.";
    let subject = match place {
        LineSource::Input => format!("The line '{line}' of tokens"),
        LineSource::Flag => format!("--env '{line}'"),
        LineSource::File { path, number } => format!("{path}:{number}: '{line}'"),
    };
    let report = |end: &str| Report::new("token", format!("{subject} {end}."));
    match reason {
        LineProblemKind::NoEqualsSign => report("has no '='").remedy(form),
        LineProblemKind::NotAName(NotAVariableName::Empty) => {
            report("has no name before its '='").remedy(form)
        }
        LineProblemKind::NotAName(reason) => {
            let name = line.split('=').next().unwrap_or_default().trim();
            name_problem(&format!("{subject}: '{name}'"), *reason)
        }
        LineProblemKind::NameTwice(name) => report(&format!("sets '{name}' a second time"))
            .remedy("Give each token its own name; NAME_EXPIRES_ON belongs to NAME."),
        LineProblemKind::UndefinedVariable(variable) => undefined(&subject, variable),
        LineProblemKind::NotAResource(reason) => not_a_resource(report, line, reason),
    }
}

/// `report` completes the sentence.
fn not_a_resource(report: impl Fn(&str) -> Report, line: &str, reason: &NotAResource) -> Report {
    let text = line.split_once('=').map_or("", |(_, text)| text.trim());
    match reason {
        NotAResource::Unknown if text.is_empty() => {
            report("names no resource after its '='").remedy(&resource_instead_of(text))
        }
        NotAResource::Unknown => report(&format!("names '{text}', which is not a resource"))
            .remedy(&resource_instead_of(text)),
        NotAResource::Space => {
            report("has a space in its resource").remedy("Write one resource on each line.")
        }
        NotAResource::NotInThisCloud => {
            report("names a resource that has no known address in the connection's cloud")
                .remedy("Write the resource as the URI that it has in this cloud.")
        }
    }
}

/// What to write: the word that was probably meant, or else all possible ones.
pub(super) fn resource_instead_of(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let is_near =
        |word: &&&str| strsim::osa_distance(&text, &word.to_ascii_lowercase()) <= word.len() / 3;
    match resource::WORDS.iter().find(is_near) {
        Some(word) => format!("Write {word}."),
        None => format!(
            "Use {}, an application ID or URI, or a scope that ends in /.default.",
            resource::WORDS.join(", ")
        ),
    }
}

/// The input's name in YAML: most people use the alias.
fn in_yaml(input: &str) -> &str {
    match input {
        "connectedService" => "azureSubscription",
        other => other,
    }
}
