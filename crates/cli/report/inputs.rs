//! The words for what the author of a step writes wrongly: inputs, lines of `tokens`, names of variables.
//!
//! It decides nothing and prints nothing; lines of `configure` are `job.rs`'s.

use adieu_agent::{InputError, TooLong};

use super::Report;
use crate::resource::{self, NotAResource};
use crate::situation::{LineFault, LineProblem};

pub(super) fn input(error: &InputError) -> Report {
    match error {
        InputError::Missing { input } => Report::new(
            "inputs",
            format!(
                "The input {} is empty, and the task needs it.",
                in_yaml(input)
            ),
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
                "The input {input} is '{value}', and it takes {}.",
                choices.join(", ")
            ),
        ),
    }
}

pub(super) fn undefined(place: &str, variable: &str) -> Report {
    Report::new(
        "undefined-variable",
        format!("{place} says $({variable}), and the pipeline has no variable {variable}."),
    )
    .remedy("Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.")
}

pub(super) fn tokens(problems: &[LineProblem]) -> Report {
    let mut reports = problems.iter().map(line_problem);
    let mut report = reports
        .next()
        .unwrap_or_else(|| Report::new("token", String::new()));
    report.also = reports.collect();
    report
}

pub(super) fn nothing_asked() -> Report {
    Report::new(
        "token",
        "The step asks for nothing: it names no token and configures nothing.".to_owned(),
    )
    .remedy("Add a line such as AZURE_DEVOPS_TOKEN=azureDevOps to tokens.")
}

pub(super) fn not_a_name(input: &str, text: &str, reason: &str) -> Report {
    Report::new(
        "token",
        format!("The input {input} is '{text}', which is no name for a variable: it {reason}."),
    )
    .remedy("Use letters, digits and underscores.")
}

pub(super) fn too_long(error: &TooLong) -> Report {
    Report::new(
        "token",
        format!(
            "The value of {} has {} characters; {} is the most that every system takes in a variable.",
            error.name, error.length, error.limit
        ),
    )
    .remedy("Give the identity fewer groups or roles: they make its tokens long.")
}

fn line_problem(problem: &LineProblem) -> Report {
    let line = &problem.line;
    let form = "Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.";
    let words = resource::WORDS.join(", ");
    match &problem.reason {
        LineFault::NoEqualsSign => Report::new("token", format!("The line '{line}' of tokens has no '='.")).remedy(form),
        LineFault::NotAName(reason) => {
            Report::new("token", format!("The line '{line}' of tokens has no name for a variable before its '=': it {reason}."))
                .remedy("Use letters, digits and underscores.")
        }
        LineFault::NameTwice(name) => {
            Report::new("token", format!("The line '{line}' of tokens sets {name}, which the step sets already."))
                .remedy("Give each token a name of its own; NAME_EXPIRES_ON belongs to NAME.")
        }
        LineFault::UndefinedVariable(variable) => undefined(&format!("The line '{line}' of tokens"), variable),
        LineFault::NotAResource(NotAResource::Unknown) => {
            Report::new("token", format!("The line '{line}' of tokens names no resource after its '='.")).remedy(&format!(
                "Use {words}, an application ID or URI, or a scope that ends in /.default."
            ))
        }
        LineFault::NotAResource(NotAResource::Space) => {
            Report::new("token", format!("The line '{line}' of tokens has a space in its resource."))
                .remedy("One resource a line.")
        }
        LineFault::NotAResource(NotAResource::NotInThisCloud) => {
            Report::new("token", format!("The line '{line}' of tokens names a resource that has no known address in the connection's cloud."))
                .remedy("Write the resource as the URI that it has in this cloud.")
        }
    }
}

/// Inputs as YAML has them: most people write the alias.
fn in_yaml(input: &str) -> &str {
    match input {
        "connectedService" => "azureSubscription",
        other => other,
    }
}
