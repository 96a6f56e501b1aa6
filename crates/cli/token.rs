//! EntraToken@1: access tokens of a service connection, as variables of the pipeline.
//!
//! It never writes a file, and leaves no process running except the broker for `configure`.

mod command;
mod connections;
mod output;
mod stand_ins;

use std::path::Path;
use std::sync::Arc;

use adieu_agent::{Audience, Environment, Log, TooLong, VariableName, process_variable};
use adieu_configure::{Configure, names_to_empty};
use adieu_identity::{Connection, Scope, Token};
use adieu_secret::{EndpointSecret, IdToken};
use time::OffsetDateTime;

use self::connections::FilledConnection;
use crate::configure::{self, helper};
use crate::connection;
use crate::failure::{ConnectionProblem, Failure};
use crate::inputs::token::Inputs;
use crate::moment::rfc_3339;
use crate::network;
use crate::reporter::Quiet;
use crate::serve::job::{self, Serving};
use crate::tokens::{self, Request, RequestedToken, expiry_name};

pub(crate) use command::{TokenArguments, run as run_command};

/// The names under which the post-job section finds the broker.
const BROKER: &str = "ADIEU_BROKER";
const BROKER_KEY: &str = "ADIEU_BROKER_KEY";
/// The name under which it finds the program that git runs.
const HELPER: &str = "ADIEU_HELPER";
/// The name under which it finds the variables that refer to it.
const SETTINGS: &str = "ADIEU_SETTINGS";

/// Runs the task.
pub(crate) async fn run(environment: &Environment, log: &Log) -> Result<(), Box<Failure>> {
    let mut inputs = Inputs::read(environment).map_err(Failure::Input)?;
    let id_token_name = id_token_name(inputs.id_token.as_deref())?;
    let inputs_tenant = inputs.tenant_id.take();
    let id = connection::named(
        inputs.azure_dev_ops_service_connection.take(),
        inputs.connected_service.take(),
    )?;
    let connection = connection::read(environment, &id, inputs_tenant.clone())?;
    let lines = inputs.tokens.as_deref().unwrap_or_default();
    let wanted = tokens::requested(lines, id_token_name.as_ref(), &connection.cloud)?;
    let lines = inputs.configure.as_deref().unwrap_or_default();
    let configure = configure::read(lines, &connection.cloud, Some(&connection), &wanted)?;
    let lines = inputs.connections.as_deref().unwrap_or_default();
    let filled = connections::read(lines, &id, &connection.cloud, environment)?;
    let nothing = wanted.is_empty() && filled.is_empty();
    if nothing && id_token_name.is_none() && configure.is_empty() {
        return Err(Failure::NothingAsked.into());
    }
    let organization = connection::organization_of(environment, &connection);
    let others = [
        id_token_name.as_ref().map(|_| "idToken"),
        filled.first().map(|_| "connections"),
    ];
    let proxy = configure.proxy(organization.as_deref(), &others);
    let stand_ins = match proxy.map_err(Failure::Configure)? {
        Some(allowed) => Some(stand_ins::Step::check(
            allowed,
            &wanted,
            inputs.is_output,
            environment,
            log,
        )?),
        None => None,
    };
    if id_token_name.is_some() && !connection.service.has_id_token() {
        return Err(Failure::Connection {
            connection: connection.facts,
            problem: ConnectionProblem::NoIdToken,
        }
        .into());
    }
    let transport = network::transport(environment, log)?;
    let variables = wanted.into_iter().map(Receiver::Variable);
    let receivers = variables.chain(filled.into_iter().map(Receiver::Connection));
    let got = tokens::get(&connection, receivers.collect(), &transport, log).await?;
    if got.access.is_empty() && configure.needs_broker() {
        // A connection that cannot sign in is reported here, not by a script an hour later.
        let probe = configure.probe(&connection.cloud);
        let probe = probe.map(|(resource, scope)| RequestedToken {
            name: VariableName::ours("configure"),
            resource,
            scope,
        });
        let probe = probe.into_iter().collect();
        tokens::get(&connection, probe, &transport, log).await?;
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
    if let Some(step) = stand_ins {
        let tenant = inputs_tenant.as_deref();
        return step
            .run(environment, &id, tenant, &publish, &transport)
            .await;
    }
    let mut serving = None;
    if configure.needs_broker() {
        let tenant = inputs_tenant.as_deref();
        serving = Some(job::start(environment, &id, tenant, &configure).await?);
    }
    let published = publish
        .all(&got.access, id_token_name.zip(got.id))
        .and_then(|()| configured(&configure, serving.as_ref(), environment, &connection, log));
    if let (Err(_), Some(serving)) = (&published, &serving) {
        helper::remove(&serving.endpoints.program);
        job::stop(&serving.stop_endpoint, &serving.stop_key, &transport).await;
    }
    Ok(published.map_err(Failure::TooLong)?)
}

/// Runs the post-job section: stops the step's broker.
pub(crate) async fn finish(environment: &Environment, log: &Log) -> Result<(), Box<Failure>> {
    let (Some(endpoint), Some(key)) = (
        environment.task_variable(BROKER),
        environment.task_variable(BROKER_KEY),
    ) else {
        log.debug("This step did not start a credential endpoint.");
        return Ok(());
    };
    if let Some(program) = environment.task_variable(HELPER) {
        helper::remove(Path::new(program));
    }
    // Variables that refer to the broker are emptied; an agent never removes a variable.
    let settings = environment.task_variable(SETTINGS).unwrap_or_default();
    for name in settings.split(',').flat_map(VariableName::parse) {
        log.set_variable(&name, "", Audience::Job)
            .map_err(Failure::TooLong)?;
    }
    let key = EndpointSecret::new(key.to_owned());
    let transport = network::transport(environment, &Quiet)?;
    if let Some(journal) = job::stop(endpoint, &key, &transport).await {
        if let Some(lines) = configure::journal_lines(&journal) {
            log.say(&lines);
        }
        log.say("The job's credential endpoint is closed.");
    } else {
        log.warn(
            "The job's credential endpoint does not answer. It may have ended before the job.",
        );
    }
    Ok(())
}

/// Passes the broker's address to later steps, and how to stop it to this step's post-job section.
fn configured(
    configure: &Configure,
    serving: Option<&Serving>,
    environment: &Environment,
    connection: &Connection,
    log: &Log,
) -> Result<(), TooLong> {
    configure::warn_of_rivals(configure, log);
    if let Some(serving) = serving {
        log.set_task_variable(BROKER, &serving.stop_endpoint);
        let helper = serving.endpoints.program.display().to_string();
        log.set_task_variable(HELPER, &helper);
        log.set_secret_task_variable(BROKER_KEY, &log.mask(&serving.stop_key));
        if process_variable("no_proxy")
            .is_some_and(|list| !list.contains("127.0.0.1") && list.trim() != "*")
        {
            log.warn(
                "The agent's environment sets lowercase no_proxy, which pipeline variables \
                 cannot override. Add 127.0.0.1 and localhost to it on the agent.",
            );
        }
    }
    let endpoints = serving.map(|serving| &serving.endpoints);
    let step = Some((environment, connection));
    let settings = configure::settings(configure, endpoints, step, log);
    if serving.is_some() {
        log.set_task_variable(SETTINGS, &names_to_empty(&settings));
    }
    configure::publish(&settings, log)?;
    if !configure.is_empty() {
        log.say(&format!(
            "Configured until the job ends: {}.",
            configure.words()
        ));
    }
    Ok(())
}

fn id_token_name(input: Option<&str>) -> Result<Option<VariableName>, Box<Failure>> {
    let name = |text: &str| {
        VariableName::parse(text).map_err(|reason| Failure::VariableName {
            input: "idToken",
            text: text.to_owned(),
            reason,
        })
    };
    Ok(input.map(name).transpose()?)
}

/// The receiver of a token.
enum Receiver {
    Variable(RequestedToken),
    Connection(FilledConnection),
}

impl Request for Receiver {
    fn scope(&self) -> &Scope {
        match self {
            Self::Variable(variable) => variable.scope(),
            Self::Connection(connection) => connection.scope(),
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Variable(variable) => variable.label(),
            Self::Connection(connection) => connection.label(),
        }
    }
}

/// How tokens become variables, and fields of connections.
struct Publish<'a> {
    log: &'a Log,
    exposed: bool,
    output: bool,
}

impl Publish<'_> {
    fn all(
        &self,
        tokens: &[(Receiver, Token)],
        id: Option<(VariableName, Arc<IdToken>)>,
    ) -> Result<(), TooLong> {
        // Every mask is written before the first value.
        let masked: Vec<_> = tokens
            .iter()
            .map(|(_, token)| self.log.mask(&token.value))
            .collect();
        if let Some((name, token)) = &id {
            let masked = self.log.mask(token.as_ref());
            self.secret(name, &masked)?;
            self.log.say(&format!(
                "{name}: the ID token, valid for about ten minutes."
            ));
        }
        for ((receiver, token), masked) in tokens.iter().zip(&masked) {
            let expires_on = OffsetDateTime::from(token.expires_on);
            let minutes = (expires_on - OffsetDateTime::now_utc()).whole_minutes();
            let until = rfc_3339(expires_on);
            let (name, resource) = match receiver {
                Receiver::Variable(variable) => {
                    self.secret(&variable.name, masked)?;
                    self.plain(&expiry_name(&variable.name), &until)?;
                    (variable.name.to_string(), &variable.resource)
                }
                Receiver::Connection(connection) => {
                    for parameter in &connection.parameters {
                        self.log
                            .set_connection_parameter(&connection.id, parameter, masked)?;
                    }
                    let parameters = connection.parameters.join(" and ");
                    let name = format!("{} of {}", parameters, connection.label());
                    (name, &connection.resource)
                }
            };
            self.log.say(&format!(
                "{name}: {resource}, until {until} ({minutes} minutes)."
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
            // An output is always secret: another job's agent does not have this one's masks.
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

    /// An output variable is not visible under its own name in its own job, so it is set in addition.
    fn audiences(&self) -> impl Iterator<Item = Audience> {
        let output = self.output.then_some(Audience::Output);
        [Audience::Job].into_iter().chain(output)
    }
}
