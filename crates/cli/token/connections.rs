//! `connections` of EntraToken@1: fields of other service connections that receive a token, line by line
//! (`<connection id>[.<parameter>] = resource`).
//!
//! It never requests a token, and never sets a field.

use adieu_agent::{EndpointId, Environment, undefined_variable};
use adieu_identity::Scope;
use adieu_identity::resource::{self, Cloud};

use crate::failure::{ConnectionLineProblem, ConnectionLineProblemKind, Failure};
use crate::lines::meaningful_lines;
use crate::tokens::Request;

/// A connection that receives a token.
#[derive(Debug)]
pub(super) struct FilledConnection {
    pub(super) id: EndpointId,
    /// Names of the parameters of its authorization.
    pub(super) parameters: Vec<String>,
    pub(super) resource: String,
    scope: Scope,
}

impl Request for FilledConnection {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn label(&self) -> String {
        format!("connection {}", self.id.as_str())
    }
}

/// Parses all lines of `text`, or returns all that is wrong with them. `own` is the connection that signs in.
pub(super) fn read(
    text: &str,
    own: &EndpointId,
    cloud: &Cloud,
    environment: &Environment,
) -> Result<Vec<FilledConnection>, Box<Failure>> {
    let mut filled: Vec<FilledConnection> = Vec::new();
    let mut problems = Vec::new();
    for line in meaningful_lines(text) {
        match one(line, own, cloud, environment, &filled) {
            Ok(one) => filled.push(one),
            Err(reason) => problems.push(ConnectionLineProblem {
                line: line.to_owned(),
                reason,
            }),
        }
    }
    if problems.is_empty() {
        Ok(filled)
    } else {
        Err(Failure::Connections(problems).into())
    }
}

fn one(
    line: &str,
    own: &EndpointId,
    cloud: &Cloud,
    environment: &Environment,
    before: &[FilledConnection],
) -> Result<FilledConnection, ConnectionLineProblemKind> {
    if let Some(variable) = undefined_variable(line) {
        return Err(ConnectionLineProblemKind::UndefinedVariable(
            variable.to_owned(),
        ));
    }
    let (target, resource) = line
        .split_once('=')
        .ok_or(ConnectionLineProblemKind::NoEqualsSign)?;
    let (target, resource) = (target.trim(), resource.trim());
    let (id, parameter) = match target.split_once('.') {
        Some((id, parameter)) => (id.trim(), Some(parameter.trim())),
        None => (target, None),
    };
    if id.eq_ignore_ascii_case("SystemVssConnection") {
        return Err(ConnectionLineProblemKind::OfTheSystem);
    }
    // A name may contain a dot as well.
    let id = EndpointId::parse(id)
        .ok_or_else(|| ConnectionLineProblemKind::NotAnId(target.to_owned()))?;
    if id.is_of_the_system() {
        return Err(ConnectionLineProblemKind::OfTheSystem);
    }
    if id == *own {
        return Err(ConnectionLineProblemKind::Own);
    }
    let parameters = match parameter {
        Some(name) if is_parameter(name) => vec![name.to_owned()],
        Some(name) => return Err(ConnectionLineProblemKind::NotAParameter(name.to_owned())),
        None => default_parameters(environment, &id),
    };
    let others = before.iter().filter(|other| other.id == id);
    for other in others.flat_map(|other| &other.parameters) {
        // The agent ignores letter case (`EndpointAuthorization.Parameters`).
        if parameters
            .iter()
            .any(|name| name.eq_ignore_ascii_case(other))
        {
            return Err(ConnectionLineProblemKind::Twice(other.clone()));
        }
    }
    Ok(FilledConnection {
        scope: resource::scope(resource, cloud).map_err(ConnectionLineProblemKind::NotAResource)?,
        resource: resource.to_owned(),
        id,
        parameters,
    })
}

/// Whether no character ends a property of a logging command, or is invalid in a connection's form.
fn is_parameter(name: &str) -> bool {
    let is_inner = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    !name.is_empty() && name.chars().all(is_inner)
}

/// The parameters from which tasks read a PAT: `apitoken` of a token, `password` of a user; both if the job does not
/// show which of the two schemes the connection has. The agent shows a step the connections in its inputs
/// (`TaskRunner.cs`).
fn default_parameters(environment: &Environment, id: &EndpointId) -> Vec<String> {
    let endpoint = environment.endpoint(id);
    let scheme = endpoint.as_ref().and_then(adieu_agent::Endpoint::scheme);
    let names: &[&str] = match scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("Token") => &["apitoken"],
        Some(scheme) if scheme.eq_ignore_ascii_case("UsernamePassword") => &["password"],
        _ => &["apitoken", "password"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}
