//! The step of the action (`action.yml`): tokens of a GitHub Actions workflow, as outputs of the step and, if
//! requested, as variables of later steps.
//!
//! It only signs in as the workflow, never with another credential of the machine.

use std::path::PathBuf;
use std::process::ExitCode;

use adieu_agent::{Log, Masked, Stream, WorkflowFile, WorkflowLog};
use adieu_identity::resource;
use adieu_identity::{Connection, Token};
use time::OffsetDateTime;

use crate::connection;
use crate::credential;
use crate::failure::Failure;
use crate::moment::rfc_3339;
use crate::network;
use crate::tokens::{self, RequestedToken, expiry_name};

/// The inputs of the action, as its step passes them.
const TOKENS: &str = "ADIEU_TOKENS";
const ORGANIZATION: &str = "ADIEU_ORGANIZATION";
const ENVIRONMENT: &str = "ADIEU_ENVIRONMENT";

/// Runs the step.
pub(crate) async fn run() -> Result<ExitCode, Box<Failure>> {
    let outputs = file("GITHUB_OUTPUT")?;
    let environment = file("GITHUB_ENV")?;
    let cloud = credential::cloud();
    let wanted = tokens::of_workflow(&input(TOKENS).unwrap_or_default(), &cloud)?;
    let transport = network::of_command_line()?;
    let tenant = credential::tenant(None, input(ORGANIZATION).as_deref(), &transport).await?;
    let connection = credential::workflow(tenant.as_deref())?;
    let log = Log::new(false);
    // Without tokens, one is requested anyway: a sign-in that cannot work is reported here.
    let wanted = if wanted.is_empty() {
        let scope = resource::azure_devops();
        let tokens = connection::tokens(&connection, &[scope], &transport, &log).await;
        connection::one(&connection, tokens)?;
        Vec::new()
    } else {
        let got = tokens::get(&connection, wanted, &transport, &log).await?;
        got.access
    };
    log.say(&format!(
        "Signed in at {}, tenant {}.",
        connection.facts.authority, connection.facts.tenant
    ));
    let is_exported = input(ENVIRONMENT).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    hand_on(&connection, &wanted, &outputs, &environment, is_exported)
        .map_err(Failure::NotWritten)?;
    Ok(ExitCode::SUCCESS)
}

fn hand_on(
    connection: &Connection,
    tokens: &[(RequestedToken, Token)],
    outputs: &WorkflowFile,
    environment: &WorkflowFile,
    is_exported: bool,
) -> std::io::Result<()> {
    // Every mask is registered before the first value is written.
    let masks = WorkflowLog::on(Stream::Output);
    let masked: Vec<(&str, Masked<'_, _>)> = tokens
        .iter()
        .map(|(wanted, token)| (wanted.name.as_str(), masks.mask(&token.value)))
        .collect();
    // The variables with which `adieu` signs in in later steps; neither is a secret.
    environment.set("AZURE_CLIENT_ID", &connection.facts.client_id)?;
    environment.set("AZURE_TENANT_ID", &connection.facts.tenant)?;
    let log = Log::new(false);
    for ((wanted, token), (name, value)) in tokens.iter().zip(&masked) {
        let expires_on = OffsetDateTime::from(token.expires_on);
        let until = rfc_3339(expires_on);
        if is_exported {
            environment.set_secret(name, value)?;
            environment.set(expiry_name(&wanted.name).as_str(), &until)?;
        }
        let minutes = (expires_on - OffsetDateTime::now_utc()).whole_minutes();
        log.say(&format!(
            "{name}: {}, until {until} ({minutes} minutes).",
            wanted.resource
        ));
    }
    if let (Some((_, token)), Some((_, value))) = (tokens.first(), masked.first()) {
        outputs.set_secret("token", value)?;
        outputs.set("expires-on", &rfc_3339(token.expires_on.into()))?;
    }
    outputs.set_secrets("tokens", &masked)
}

/// An input, if it has a value.
fn input(name: &str) -> Option<String> {
    adieu_agent::process_value(name)
}

fn file(variable: &'static str) -> Result<WorkflowFile, Box<Failure>> {
    let path = adieu_agent::process_path(variable);
    let path = path.ok_or(Failure::NotAWorkflowStep(variable))?;
    Ok(WorkflowFile::new(PathBuf::from(path)))
}
