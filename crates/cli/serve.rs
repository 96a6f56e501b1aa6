//! `adieu serve`: the broker for a person's terminal; and, started by a task, for the rest of a job.
//!
//! It does not know what a token is for; its clients do.

pub(crate) mod job;
pub(crate) mod source;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use adieu_agent::Stream;
use adieu_broker::{Broker, Resources, StopReason};
use adieu_identity::Scope;
use adieu_identity::resource::Cloud;
use clap::Args;

use crate::credential::{self, CredentialArguments, SignIn};
use crate::failure::Failure;
use crate::flag_values::whole_number;
use crate::network;
use crate::platform::Stops;
use crate::reporter::{Reporter as _, Terminal};
use crate::result::OutputFormat;
use crate::session::Source;
use crate::shell::Shell;
use crate::tokens;

// The broker's settings.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  adieu serve                                print variables, and serve
  adieu serve --resource azureDevOps         serve Azure DevOps tokens only
  adieu serve --shell fish                   print variables for another shell
  adieu serve --credential az --output json  print variables for programs")]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    credential: CredentialArguments,
    /// Serve tokens for this resource only; may be repeated [default: any resource]
    #[arg(long)]
    resource: Vec<String>,
    /// Stop after this many minutes without a request; 0 means never
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = whole_number::<u32>)]
    idle: u32,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
    /// Shell that reads the variables [default: powershell on Windows, else sh]
    #[arg(long, value_enum, conflicts_with = "output")]
    shell: Option<Shell>,
    /// A service connection of the job whose environment comes on standard input; for tasks
    #[arg(long, hide = true, value_name = "CONNECTION")]
    job: Option<String>,
    /// The connection's tenant replaces this one
    #[arg(long, hide = true, requires = "job")]
    tenant: Option<String>,
    /// The folder of that job's feeds, which are served in place of clients; the connection may be empty
    #[arg(long, hide = true, requires = "job", value_name = "FOLDER")]
    feeds: Option<PathBuf>,
    /// The organizations and publishers of that job's stand-ins, and the variables that hold them; a proxy replaces them
    #[arg(long, hide = true, requires = "job", value_name = "LISTS")]
    stand_ins: Option<String>,
    /// Process to end with
    #[arg(long, hide = true, requires = "job")]
    worker: Option<u32>,
}

impl ServeArguments {
    /// The connection and the folder of a job whose feeds are served, and the process with which it ends.
    pub(crate) fn of_feeds(&self) -> Option<(&str, &Path, Option<u32>)> {
        Some((self.job.as_deref()?, self.feeds.as_deref()?, self.worker))
    }
}

/// Serves until it is stopped.
pub(crate) async fn run(arguments: ServeArguments) -> Result<ExitCode, Box<Failure>> {
    if let Some(connection) = &arguments.job {
        job::serve(
            connection,
            arguments.tenant.clone(),
            &arguments.resource,
            arguments.stand_ins.as_deref(),
            arguments.worker,
        )
        .await;
        return Ok(ExitCode::SUCCESS);
    }
    let sign_in = SignIn::new(arguments.credential, None);
    let resources = resources(&arguments.resource, sign_in.cloud())?;
    let transport = network::of_command_line()?;
    // A sign-in that cannot work is reported here, not to a client an hour later.
    let scope = probe(&resources, sign_in.cloud())?;
    sign_in.token(&scope, None, &transport).await?;
    let broker = Broker::bind().await.map_err(Failure::NoBroker)?;
    // After a program has read the first line, a stop ends this process in an orderly way.
    let mut stops = Stops::listen();
    let address = broker.address();
    let endpoints = [
        ("IDENTITY_ENDPOINT", address.identity_endpoint()),
        ("IDENTITY_HEADER", address.key().reveal().to_owned()),
        ("AZD_AUTH_ENDPOINT", address.azd_endpoint()),
        ("AZD_AUTH_KEY", address.key().reveal().to_owned()),
        ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
    ];
    if adieu_agent::is_in_a_pipeline() {
        Terminal.warn(
            "Azure Pipelines does not mask this key, so do not print it; EntraToken@1 and \
             RunWithToken@1 mask theirs (configure).",
        );
    }
    if let Some(log) = credential::workflow_log() {
        log.mask(address.key());
    }
    // Without a reader, a broker is useless.
    let shell = arguments.shell.unwrap_or_default();
    let _ = print(arguments.output, shell, &endpoints);
    Terminal.say(&format!(
        "Serving tokens on 127.0.0.1:{}. Press Ctrl+C to stop.",
        address.port()
    ));
    let source = source::SessionTokens::new(Source::SignIn(sign_in), transport).report_refusals();
    let minutes = u64::from(arguments.idle);
    let idle = (minutes > 0).then(|| Duration::from_secs(minutes * 60));
    tokio::select! {
        ended = broker.serve(source, resources, idle) => match ended {
            StopReason::Requested | StopReason::Idle => Ok(ExitCode::SUCCESS),
            StopReason::SourceExhausted => Ok(ExitCode::FAILURE),
        },
        _ = stops.next() => Ok(ExitCode::SUCCESS),
    }
}

/// A token that a client might request: the first listed one, or one that every tenant has.
fn probe(resources: &Resources, cloud: &Cloud) -> Result<Scope, Box<Failure>> {
    match resources {
        Resources::Listed(scopes) if !scopes.is_empty() => Ok(scopes[0].clone()),
        _ => tokens::scope("arm", cloud),
    }
}

fn resources(texts: &[String], cloud: &Cloud) -> Result<Resources, Box<Failure>> {
    if texts.is_empty() {
        return Ok(Resources::Any);
    }
    let scopes = texts.iter().map(|text| tokens::scope(text, cloud));
    Ok(Resources::Listed(scopes.collect::<Result<_, _>>()?))
}

fn print(form: OutputFormat, shell: Shell, endpoints: &[(&str, String)]) -> io::Result<()> {
    match form {
        OutputFormat::Text => {
            let lines = endpoints
                .iter()
                .map(|(name, value)| shell.line(name, value));
            Stream::Output.credential(&lines.collect::<Vec<_>>().join("\n"))
        }
        OutputFormat::Json => {
            let mut document = serde_json::Map::new();
            for (name, value) in endpoints {
                document.insert((*name).to_owned(), value.clone().into());
            }
            // One line, after which a program continues.
            let document = serde_json::Value::from(document).to_string();
            Stream::Output.credential(&document)
        }
    }
}
