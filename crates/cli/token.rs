//! EntraToken@1: access tokens of a service connection, as variables of the pipeline.
//!
//! It never sends a request itself and never writes a file.

use std::sync::Arc;

use adieu_agent::{Audience, Environment, Log, TooLong, VariableName, undefined_variable};
use adieu_identity::{Scope, Token};
use adieu_secret::IdToken;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::connection::{self, Connection};
use crate::inputs::token::Inputs;
use crate::network;
use crate::resource::{self, NotAResource};
use crate::situation::{ConnectionProblem, Situation};

/// A line of `tokens` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineProblem {
    /// The line as it stands.
    pub(crate) line: String,
    /// What is wrong with it.
    pub(crate) reason: LineFault,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineFault {
    NoEqualsSign,
    NotAName(String),
    NameTwice(String),
    UndefinedVariable(String),
    NotAResource(NotAResource),
}

/// Runs the task.
pub(crate) async fn run(environment: &Environment, log: &Log) -> Result<(), Situation> {
    let inputs = Inputs::read(environment).map_err(Situation::Input)?;
    let lines = parse(inputs.tokens.as_deref().unwrap_or_default());
    let id_token_name = id_token_name(inputs.id_token.as_deref())?;
    let connection = connection::read(environment, &inputs.connected_service, inputs.tenant_id)?;
    let wanted = resolve(lines, id_token_name.as_ref(), &connection)?;
    if wanted.is_empty() && id_token_name.is_none() {
        return Err(Situation::NothingAsked);
    }
    if id_token_name.is_some() && !connection.service.has_id_token() {
        return Err(Situation::Connection {
            connection: connection.facts,
            problem: ConnectionProblem::NoIdToken,
        });
    }
    let transport = network::transport(environment, log)?;
    let scopes: Vec<Scope> = wanted.iter().map(|wanted| wanted.scope.clone()).collect();
    let tokens = match connection.service.tokens(&scopes, &transport).await {
        Ok(tokens) => tokens,
        Err(error) => {
            return Err(Situation::NoToken {
                connection: connection.facts,
                errors: vec![(String::new(), error)],
            });
        }
    };
    let mut got = Vec::new();
    let mut errors = Vec::new();
    for (wanted, result) in wanted.into_iter().zip(tokens.access) {
        match result {
            Ok(token) => got.push((wanted, token)),
            Err(error) => errors.push((wanted.name.to_string(), error)),
        }
    }
    if !errors.is_empty() {
        // Half of the variables would let a later step fail in a way that nobody connects with this one.
        return Err(Situation::NoToken {
            connection: connection.facts,
            errors,
        });
    }
    log.say(&format!(
        "Signed in at {}, tenant {}.",
        connection.facts.authority, connection.facts.tenant
    ));
    let publish = Publish {
        log,
        exposed: inputs.expose_to_scripts,
        output: inputs.is_output,
    };
    publish
        .all(&got, id_token_name.zip(tokens.id))
        .map_err(Situation::TooLong)
}

/// One line of `tokens`.
#[derive(Debug)]
struct Line {
    text: String,
    name: String,
    resource: Option<String>,
}

/// A token that is wanted: where it goes and what it is for.
struct Wanted {
    name: VariableName,
    resource: String,
    scope: Scope,
}

/// The lines that say something: `VARIABLE=resource`, with spaces allowed around both.
fn parse(tokens: &str) -> Vec<Line> {
    tokens
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, resource) = match line.split_once('=') {
                Some((name, resource)) => (name, Some(resource.trim().to_owned())),
                None => (line, None),
            };
            Line {
                text: line.to_owned(),
                name: name.trim().to_owned(),
                resource,
            }
        })
        .collect()
}

fn id_token_name(input: Option<&str>) -> Result<Option<VariableName>, Situation> {
    let Some(text) = input else {
        return Ok(None);
    };
    VariableName::parse(text)
        .map(Some)
        .map_err(|reason| Situation::VariableName {
            input: "idToken",
            text: text.to_owned(),
            reason: reason.to_string(),
        })
}

/// All lines, or everything that is wrong with any of them.
fn resolve(
    lines: Vec<Line>,
    id_token_name: Option<&VariableName>,
    connection: &Connection,
) -> Result<Vec<Wanted>, Situation> {
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut problems = Vec::new();
    let mut taken: Vec<VariableName> = id_token_name.into_iter().cloned().collect();
    for line in lines {
        match one(&line, &taken, connection) {
            Ok(one) => {
                taken.push(one.name.clone());
                taken.push(expiry_name(&one.name));
                wanted.push(one);
            }
            Err(reason) => problems.push(LineProblem {
                line: line.text,
                reason,
            }),
        }
    }
    if problems.is_empty() {
        Ok(wanted)
    } else {
        Err(Situation::Tokens(problems))
    }
}

fn one(line: &Line, taken: &[VariableName], connection: &Connection) -> Result<Wanted, LineFault> {
    if let Some(variable) = undefined_variable(&line.text) {
        return Err(LineFault::UndefinedVariable(variable.to_owned()));
    }
    let resource = line.resource.as_deref().ok_or(LineFault::NoEqualsSign)?;
    let name = VariableName::parse(&line.name)
        .map_err(|reason| LineFault::NotAName(reason.to_string()))?;
    for mine in [&name, &expiry_name(&name)] {
        if taken.iter().any(|other| mine.is_same_variable(other)) {
            return Err(LineFault::NameTwice(mine.to_string()));
        }
    }
    Ok(Wanted {
        scope: resource::scope(resource, &connection.cloud).map_err(LineFault::NotAResource)?,
        resource: resource.to_owned(),
        name,
    })
}

fn expiry_name(name: &VariableName) -> VariableName {
    name.with_suffix("_EXPIRES_ON")
}

/// How tokens become variables.
struct Publish<'a> {
    log: &'a Log,
    exposed: bool,
    output: bool,
}

impl Publish<'_> {
    fn all(
        &self,
        tokens: &[(Wanted, Token)],
        id: Option<(VariableName, Arc<IdToken>)>,
    ) -> Result<(), TooLong> {
        // Every mask stands before the first value is written.
        let masked: Vec<_> = tokens
            .iter()
            .map(|(_, token)| self.log.mask(&token.value))
            .collect();
        if let Some((name, token)) = &id {
            let masked = self.log.mask(token.as_ref());
            self.secret(name, &masked)?;
            self.log
                .say(&format!("{name}: the ID token, for about ten minutes."));
        }
        for ((wanted, token), masked) in tokens.iter().zip(&masked) {
            self.secret(&wanted.name, masked)?;
            let expires_on = OffsetDateTime::from(token.expires_on);
            let minutes = (expires_on - OffsetDateTime::now_utc()).whole_minutes();
            let until = rfc_3339(expires_on);
            self.plain(&expiry_name(&wanted.name), &until)?;
            self.log.say(&format!(
                "{}: {}, until {until} ({minutes} minutes).",
                wanted.name, wanted.resource
            ));
        }
        Ok(())
    }

    fn secret<K: adieu_secret::Kind>(
        &self,
        name: &VariableName,
        value: &adieu_agent::Masked<'_, K>,
    ) -> Result<(), TooLong> {
        for audience in self.audiences() {
            // An output is always secret: another job's agent knows nothing of this one's masks.
            if self.exposed && audience == Audience::Job {
                self.log.set_exposed(name, value)?;
            } else {
                self.log.set_secret(name, value, audience)?;
            }
        }
        Ok(())
    }

    fn plain(&self, name: &VariableName, value: &str) -> Result<(), TooLong> {
        for audience in self.audiences() {
            self.log.set_variable(name, value, audience)?;
        }
        Ok(())
    }

    /// An output variable is not visible under its own name in its own job, so it comes on top.
    fn audiences(&self) -> impl Iterator<Item = Audience> {
        let output = self.output.then_some(Audience::Output);
        [Audience::Job].into_iter().chain(output)
    }
}

/// In whole seconds, as every script can read it.
fn rfc_3339(moment: OffsetDateTime) -> String {
    moment
        .replace_nanosecond(0)
        .unwrap_or(moment)
        .format(&Rfc3339)
        .unwrap_or_default()
}
