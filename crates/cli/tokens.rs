//! The tokens that a step names, line by line (`VARIABLE=resource`), and how it gets them.
//!
//! It never decides what becomes of them: variables, or one script's environment.

use std::sync::Arc;

use adieu_agent::{NotAVariableName, VariableName, undefined_variable};
use adieu_identity::{Scope, Token};
use adieu_secret::IdToken;
use adieu_transport::Transport;

use crate::connection::Connection;
use crate::failure::{Failure, LinePlace, LineProblem, LineProblemKind};
use crate::lines::meaningful_lines;
use crate::reporter::Reporter;
use crate::resource::{self, Cloud};

/// A token that a line asks for: the variable that receives it, and its resource.
#[derive(Debug)]
pub(crate) struct RequestedToken {
    pub(crate) name: VariableName,
    pub(crate) resource: String,
    pub(crate) scope: Scope,
}

/// Something that is to have a token.
pub(crate) trait Request {
    /// The token's scope.
    fn scope(&self) -> &Scope;
    /// What errors call it.
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
    /// The ID token, where the connection has one.
    pub(crate) id: Option<Arc<IdToken>>,
}

/// All lines of `text`, or everything that is wrong with any of them. A name in `taken` is not free.
pub(crate) fn requested(
    text: &str,
    taken: Option<&VariableName>,
    cloud: &Cloud,
) -> Result<Vec<RequestedToken>, Failure> {
    let lines = meaningful_lines(text).map(|line| (LinePlace::Input, line));
    read(lines, taken, cloud, VariableName::parse)
}

/// The same for variables of a process, of which the agent knows nothing, each line with its place.
pub(crate) fn of_process<'a>(
    lines: impl Iterator<Item = (LinePlace, &'a str)>,
    cloud: &Cloud,
) -> Result<Vec<RequestedToken>, Failure> {
    read(lines, None, cloud, VariableName::of_process)
}

/// The same for the lines of an action's input, whose variables are a workflow's.
pub(crate) fn of_workflow(text: &str, cloud: &Cloud) -> Result<Vec<RequestedToken>, Failure> {
    let lines = meaningful_lines(text).map(|line| (LinePlace::Input, line));
    read(lines, None, cloud, VariableName::of_workflow)
}

/// Reads a name.
type Names = fn(&str) -> Result<VariableName, NotAVariableName>;

fn read<'a>(
    lines: impl Iterator<Item = (LinePlace, &'a str)>,
    taken: Option<&VariableName>,
    cloud: &Cloud,
    names: Names,
) -> Result<Vec<RequestedToken>, Failure> {
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
        Err(Failure::Tokens(problems))
    }
}

/// Gets all of them, or says what kept any of them back: half of the variables would let a later step fail
/// in a way that is hard to connect with this one.
pub(crate) async fn get<R: Request>(
    connection: &Connection,
    wanted: Vec<R>,
    transport: &Transport,
    reporter: &impl Reporter,
) -> Result<IssuedTokens<R>, Failure> {
    let refused = |errors| Failure::NoToken {
        connection: connection.facts.clone(),
        errors,
    };
    let scopes: Vec<Scope> = wanted.iter().map(|one| one.scope().clone()).collect();
    let tokens = connection.tokens(&scopes, transport, reporter).await;
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
        Err(refused(errors))
    }
}

/// The variable that says when a token ends.
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
