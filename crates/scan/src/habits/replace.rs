//! Creates the lines that replace a habit, from the existing ones; names are kept.
//!
//! A line that could show a value has no replacement.

use super::document::{Document, Source};
use super::shown::is_harmless;
use crate::finding::{CONNECTION, Fix, Safety};

/// Most lines of a replacement; no one would review more.
const MOST_LINES: usize = 200;

/// Replaces some lines with others.
pub(super) fn lines(
    document: &Document<'_>,
    first: usize,
    last: usize,
    new: Vec<String>,
    safety: Safety,
) -> Option<Fix> {
    if last - first > MOST_LINES {
        return None;
    }
    let old: Vec<String> = document.lines[first..=last]
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    (old.iter().all(|line| is_harmless(line)) && old != new).then_some(Fix {
        line: first as u64 + 1,
        old,
        new,
        safety,
        variables: Vec::new(),
    })
}

/// Replaces one line.
pub(super) fn line(document: &Document<'_>, at: usize, new: String) -> Option<Fix> {
    lines(document, at, at, vec![new], Safety::Review)
}

/// Inserts a step before the one that uses a token: it sets the same variable to a token that needs no manual
/// renewal. `None` if the variable contains the PAT in base64, because a token does not work there.
pub(super) fn token_step(document: &Document<'_>, at: usize) -> Option<Fix> {
    let Source::Variable(variable) = document.source(at) else {
        return None;
    };
    let step = document.step(at)?;
    let names = document.names(&variable);
    if names.iter().any(|name| document.is_base64(name)) {
        return None;
    }
    Some(Fix {
        line: step.first as u64 + 1,
        old: Vec::new(),
        variables: names,
        new: entra_token(step.indent, &format!("tokens: {variable} = azureDevOps")),
        safety: Safety::WithConnection,
    })
}

/// A step with one input besides the connection.
pub(super) fn entra_token(indent: usize, input: &str) -> Vec<String> {
    let blanks = " ".repeat(indent);
    // Terraform's providers for Azure sign in to a subscription.
    let connection = if input == "configure: terraform" {
        "azureSubscription"
    } else {
        "azureDevOpsServiceConnection"
    };
    vec![
        format!("{blanks}- task: EntraToken@1"),
        format!("{blanks}  inputs:"),
        format!("{blanks}    {connection}: {CONNECTION}"),
        format!("{blanks}    {input}"),
    ]
}

/// Inserts a step before the one that contains a line, and replaces that line.
pub(super) fn step_and_line(
    document: &Document<'_>,
    at: usize,
    input: &str,
    new: Vec<String>,
) -> Option<Fix> {
    let step = document.step(at)?;
    if at - step.first > MOST_LINES {
        return None;
    }
    let mut all = entra_token(step.indent, input);
    all.extend(
        document.lines[step.first..at]
            .iter()
            .map(|line| (*line).to_owned()),
    );
    all.extend(new);
    lines(document, step.first, at, all, Safety::WithConnection)
}

/// Replaces a build argument with a build secret: the line is removed, and each `RUN` that uses it mounts the secret.
pub(super) fn build_secret(document: &Document<'_>, at: usize, name: &str) -> Option<Fix> {
    let names = [format!("${name}"), format!("${{{name}}}")];
    let uses = |line: &str| names.iter().any(|name| line.contains(name.as_str()));
    let last = (at + 1..document.lines.len())
        .rev()
        .find(|line| uses(document.lines[*line]));
    let last = last.unwrap_or(at);
    let mut new = Vec::new();
    for line in &document.lines[at + 1..=last] {
        let is_use = uses(line);
        match line.strip_prefix("RUN ") {
            Some(command) if is_use => {
                new.push(format!(
                    "RUN --mount=type=secret,id={name},env={name} {command}"
                ));
            }
            _ if is_use => return None,
            _ => new.push((*line).to_owned()),
        }
    }
    lines(document, at, last, new, Safety::Review)
}
