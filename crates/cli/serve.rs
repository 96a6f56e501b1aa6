//! `adieu serve`: the broker for a person's terminal; and, started by a task, for the rest of a job.
//!
//! It never says what a token is for; its clients do.

pub(crate) mod job;
pub(crate) mod source;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use adieu_agent::Stream;
use adieu_broker::{Broker, Ended, Resources};
use clap::{Args, ValueEnum};

use crate::credential::{CredentialArguments, SignIn};
use crate::network;
use crate::platform;
use crate::resource::{self, Cloud};
use crate::session::Source;
use crate::situation::Situation;
use crate::voice::{Terminal, Voice as _};

/// The broker's settings.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  adieu serve                                   prints what to export, and serves until Ctrl+C
  adieu serve --resource azureDevOps            hands out tokens for Azure DevOps alone
  adieu serve --credential az --output json     for programs")]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    credential: CredentialArguments,
    /// A resource that tokens are handed out for, and no other; may be repeated [default: any]
    #[arg(long)]
    resource: Vec<String>,
    /// Minutes without a question after which it ends
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    idle: u32,
    /// Form of what it prints
    #[arg(long, value_enum, default_value_t = Form::Text)]
    output: Form,
    /// A service connection of the job whose environment comes on standard input; a task starts it so
    #[arg(long, hide = true, value_name = "CONNECTION")]
    job: Option<String>,
    /// The connection's tenant stands in for this one
    #[arg(long, hide = true, requires = "job")]
    tenant: Option<String>,
    /// Process with whose end it ends too
    #[arg(long, hide = true, requires = "job")]
    worker: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Variables to export
    Text,
    /// One document
    Json,
}

/// Serves until somebody ends it.
pub(crate) async fn run(arguments: ServeArguments) -> Result<ExitCode, Situation> {
    if let Some(connection) = &arguments.job {
        job::serve(
            connection,
            arguments.tenant.clone(),
            &arguments.resource,
            arguments.worker,
        )
        .await;
        return Ok(ExitCode::SUCCESS);
    }
    let sign_in = SignIn::new(arguments.credential, None);
    let resources = resources(&arguments.resource, sign_in.cloud())?;
    let broker = Broker::bind()
        .await
        .map_err(|error| Situation::NoBroker(error.to_string()))?;
    let address = broker.address();
    let transport = network::of_command_line()?;
    let endpoints = [
        ("IDENTITY_ENDPOINT", address.identity_endpoint()),
        ("IDENTITY_HEADER", address.key().reveal().to_owned()),
        ("AZD_AUTH_ENDPOINT", address.azd_endpoint()),
        ("AZD_AUTH_KEY", address.key().reveal().to_owned()),
        ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
    ];
    // Whoever does not read it has no use for a broker, and finds out.
    let _ = print(arguments.output, &endpoints);
    if std::env::var_os("TF_BUILD").is_some() {
        Terminal.warn("Azure Pipelines does not mask this key, so nothing may print it; EntraToken@1 and RunWithToken@1 mask theirs (configure).");
    }
    let source = source::Identity::new(Source::SignIn(sign_in), transport);
    let idle = Duration::from_secs(u64::from(arguments.idle) * 60);
    tokio::select! {
        ended = broker.serve(source, resources, idle) => match ended {
            Ended::Asked | Ended::Idle => Ok(ExitCode::SUCCESS),
            Ended::NothingLeft => Ok(ExitCode::FAILURE),
        },
        _ = platform::stop_requested() => Ok(ExitCode::SUCCESS),
    }
}

fn resources(texts: &[String], cloud: &Cloud) -> Result<Resources, Situation> {
    if texts.is_empty() {
        return Ok(Resources::Any);
    }
    let scopes = texts.iter().map(|text| {
        resource::scope(text, cloud).map_err(|reason| Situation::NotAResource {
            text: text.clone(),
            reason,
        })
    });
    Ok(Resources::Listed(scopes.collect::<Result<_, _>>()?))
}

fn print(form: Form, endpoints: &[(&str, String)]) -> io::Result<()> {
    match form {
        Form::Text => {
            let lines = endpoints
                .iter()
                .map(|(name, value)| format!("export {name}={value}"));
            Stream::Output.credential(&lines.collect::<Vec<_>>().join("\n"))
        }
        Form::Json => {
            let document: serde_json::Map<_, _> = endpoints
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
                .collect();
            // One line, after which a program goes on.
            let document = serde_json::Value::from(document).to_string();
            Stream::Output.credential(&document)
        }
    }
}
