//! The tokens of a step, line by line (`VARIABLE=resource`), and how it gets them.
//!
//! It does not decide what happens to them: they become variables, or the environment of one script.

use std::sync::Arc;

use adieu_agent::{NotAVariableName, VariableName, undefined_variable};
use adieu_identity::resource::{self, Cloud};
use adieu_identity::{Connection, Scope, Token};
use adieu_secret::IdToken;
use adieu_transport::Transport;

use crate::connection;
use crate::failure::{Failure, LineProblem, LineProblemKind, LineSource};
use crate::lines::meaningful_lines;
use crate::reporter::Reporter;

/// A requested token: the variable that receives it, and its resource.
#[derive(Debug)]
pub(crate) struct RequestedToken {
    pub(crate) name: VariableName,
    pub(crate) resource: String,
    pub(crate) scope: Scope,
}

/// Something that receives a token.
pub(crate) trait Request {
    /// The token's scope.
    fn scope(&self) -> &Scope;
    /// Its name in errors.
    fn label(&self) -> String;
}

impl Request for RequestedToken {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn label(&self) -> String {
        self.name.to_string()
    }
}

/// All tokens of a step.
#[derive(Debug)]
pub(crate) struct IssuedTokens<R> {
    pub(crate) access: Vec<(R, Token)>,
    /// The ID token, if the connection has one.
    pub(crate) id: Option<Arc<IdToken>>,
}

/// Parses all lines of `text`, or returns all that is wrong with them. Names in `taken` cannot be used.
pub(crate) fn requested(
    text: &str,
    taken: Option<&VariableName>,
    cloud: &Cloud,
) -> Result<Vec<RequestedToken>, Box<Failure>> {
    let lines = meaningful_lines(text).map(|line| (LineSource::Input, line));
    read(lines, taken, cloud, VariableName::parse)
}

/// The same for variables of a process, which the agent does not see, with each line's position.
pub(crate) fn of_process<'a>(
    lines: impl Iterator<Item = (LineSource, &'a str)>,
    cloud: &Cloud,
) -> Result<Vec<RequestedToken>, Box<Failure>> {
    read(lines, None, cloud, VariableName::of_process)
}

/// The same for the lines of an action's input, whose variables belong to a workflow.
pub(crate) fn of_workflow(text: &str, cloud: &Cloud) -> Result<Vec<RequestedToken>, Box<Failure>> {
    let lines = meaningful_lines(text).map(|line| (LineSource::Input, line));
    read(lines, None, cloud, VariableName::of_workflow)
}

/// Parses a name.
type Names = fn(&str) -> Result<VariableName, NotAVariableName>;

fn read<'a>(
    lines: impl Iterator<Item = (LineSource, &'a str)>,
    taken: Option<&VariableName>,
    cloud: &Cloud,
    names: Names,
) -> Result<Vec<RequestedToken>, Box<Failure>> {
    let mut wanted: Vec<RequestedToken> = Vec::new();
    let mut problems = Vec::new();
    let mut taken: Vec<VariableName> = taken.into_iter().cloned().collect();
    for (place, line) in lines {
        match one(line, &taken, cloud, names) {
            Ok(one) => {
                taken.push(one.name.clone());
                taken.push(expiry_name(&one.name));
                wanted.push(one);
            }
            Err(reason) => problems.push(LineProblem {
                line: line.to_owned(),
                place,
                reason,
            }),
        }
    }
    if problems.is_empty() {
        Ok(wanted)
    } else {
        Err(Failure::Tokens(problems).into())
    }
}

/// Requests all of them, and fails if one fails: with half of the variables, a later step could fail in a way that is
/// hard to trace to this one.
pub(crate) async fn get<R: Request>(
    connection: &Connection,
    wanted: Vec<R>,
    transport: &Transport,
    reporter: &impl Reporter,
) -> Result<IssuedTokens<R>, Box<Failure>> {
    let refused = |errors| Failure::NoToken {
        connection: connection.facts.clone(),
        errors,
    };
    let scopes: Vec<Scope> = wanted.iter().map(|one| one.scope().clone()).collect();
    let tokens = connection::tokens(connection, &scopes, transport, reporter).await;
    let tokens = tokens.map_err(|error| refused(vec![(String::new(), error)]))?;
    let mut access = Vec::new();
    let mut errors = Vec::new();
    for (wanted, result) in wanted.into_iter().zip(tokens.access) {
        match result {
            Ok(token) => access.push((wanted, token)),
            Err(error) => errors.push((wanted.label(), error)),
        }
    }
    if errors.is_empty() {
        Ok(IssuedTokens {
            access,
            id: tokens.id,
        })
    } else {
        Err(refused(errors).into())
    }
}

/// The scope of a resource on a command line; a custom cloud may have no address for a word.
pub(crate) fn scope(text: &str, cloud: &Cloud) -> Result<Scope, Box<Failure>> {
    let scope = resource::scope(text, cloud);
    Ok(scope.map_err(|reason| Failure::NotAResource {
        text: text.to_owned(),
        reason,
    })?)
}

/// The variable with a token's expiry.
pub(crate) fn expiry_name(name: &VariableName) -> VariableName {
    name.with_suffix("_EXPIRES_ON")
}

fn one(
    line: &str,
    taken: &[VariableName],
    cloud: &Cloud,
    names: Names,
) -> Result<RequestedToken, LineProblemKind> {
    if let Some(variable) = undefined_variable(line) {
        return Err(LineProblemKind::UndefinedVariable(variable.to_owned()));
    }
    let (name, resource) = line.split_once('=').ok_or(LineProblemKind::NoEqualsSign)?;
    let resource = resource.trim();
    let name = names(name.trim()).map_err(LineProblemKind::NotAName)?;
    for mine in [&name, &expiry_name(&name)] {
        if taken.iter().any(|other| mine.is_same_variable(other)) {
            return Err(LineProblemKind::NameTwice(mine.to_string()));
        }
    }
    Ok(RequestedToken {
        scope: resource::scope(resource, cloud).map_err(LineProblemKind::NotAResource)?,
        resource: resource.to_owned(),
        name,
    })
}
