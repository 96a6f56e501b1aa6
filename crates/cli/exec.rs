//! `adieu exec`: runs a command with tokens in its environment, and a broker that serves fresh ones while it runs.
//!
//! It requests nothing for a variable that is already set, and writes no token anywhere else.

use std::ffi::OsString;
use std::future::pending;
use std::io::ErrorKind;
#[cfg(unix)]
use std::path::PathBuf;
use std::process::ExitCode;

use adieu_agent::{process_path, process_variable};
use adieu_broker::{Broker, Tokens};
use adieu_configure::{OwnProxy, environment_of};
use adieu_identity::resource::{self, Cloud};
use adieu_order::Map;
use adieu_stand_in::{AllowList, OnRequest};
use adieu_transport::Transport;
use clap::Args;
use tokio::process::Command;

use crate::child::{CommandEnd, RunningCommand};
use crate::configure;
use crate::credential::{self, CredentialArguments, SignIn};
use crate::defaults;
use crate::failure::{Failure, LineSource};
use crate::feeds;
use crate::lines;
use crate::moment::rfc_3339;
use crate::network;
use crate::platform::{SignalTarget, Stops};
use crate::program;
use crate::reporter::{Reporter as _, Terminal};
use crate::serve::source::SessionTokens;
use crate::session::Source;
use crate::tokens::{self, RequestedToken, expiry_name};

/// File with lines as in the tasks' input `tokens`, for everyone who works on a project.
const FILE: &str = "adieu.tokens";

/// The default without flags and without that file, as in `EntraToken@1`.
const DEFAULT: &str = "AZURE_DEVOPS_TOKEN=azureDevOps";

#[derive(Debug, Args)]
#[command(override_usage = "adieu exec [OPTIONS] -- <COMMAND>...")]
#[command(after_help = "\
Examples:
  adieu exec -- npx jest  with AZURE_DEVOPS_TOKEN in its environment
  adieu exec --env INTEGRATION_TOKEN=azureDevOps -- npx jest
  adieu exec --env ARM_TOKEN=arm --credential az -- ./deploy.sh
  adieu exec --configure identity --configure azd -- azd provision
  adieu exec --feeds -- npm ci  with credentials for the feeds of this folder
  adieu exec --stand-in --organization contoso -- npx renovate

Variables that are already set are left alone (--env warns): the same command
runs in a pipeline that has the token, and on a machine where you are signed in.
The file adieu.tokens in the working directory can contain such lines.

Exit codes: that of the command; 126 if it cannot be started, 127 if it does not
exist; 1 without a token, 2 usage error")]
pub(crate) struct ExecArguments {
    /// Set this variable to a token for this resource; may be repeated
    #[arg(long, alias = "token", value_name = "VARIABLE=RESOURCE")]
    env: Vec<String>,
    /// Give fresh tokens to these clients: identity, azd, git, proxy; may be repeated, empty for none [default: identity]
    #[arg(long, value_name = "WORD")]
    configure: Option<Vec<String>>,
    /// Give package clients fresh credentials for the Azure Artifacts feeds that this folder declares; without --env, no
    /// variable has a token
    #[arg(long)]
    feeds: bool,
    /// Set variables to stand-ins, which a local proxy replaces with fresh tokens in requests to the organization; the same
    /// as --configure proxy
    #[arg(long, conflicts_with = "feeds")]
    stand_in: bool,
    /// Tenant ID or domain [default: the identity's]
    #[arg(long)]
    tenant: Option<String>,
    /// Get the tokens from the tenant of this Azure DevOps organization
    #[arg(long, conflicts_with = "tenant")]
    organization: Option<String>,
    #[command(flatten)]
    credential: CredentialArguments,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the verb; its exit code is the command's.
pub(crate) async fn run(arguments: ExecArguments) -> Result<ExitCode, Box<Failure>> {
    if !arguments.feeds {
        return run_with(arguments, Map::new()).await;
    }
    let transport = network::of_command_line()?;
    let tenant = arguments.tenant.clone();
    let beside = feeds::exec::prepare(&arguments.credential, tenant, &transport);
    let mut beside = Box::pin(beside).await?;
    let variables = std::mem::take(&mut beside.variables);
    let mut ended = Box::pin(run_with(arguments, variables.into_iter().collect()));
    beside.serve_until(ended.as_mut()).await
}

/// Runs the command with these variables and the requested tokens.
async fn run_with(
    arguments: ExecArguments,
    mut own: Map<String, String>,
) -> Result<ExitCode, Box<Failure>> {
    let cloud = credential::cloud();
    let default = if arguments.feeds { "" } else { DEFAULT };
    let all = requests(&arguments.env, default, &cloud)?;
    let is_asked = arguments.configure.is_some();
    let mut words = arguments.configure.unwrap_or_else(|| {
        let usual = !arguments.feeds && !arguments.stand_in;
        let usual = usual.then(|| "identity".to_owned());
        usual.into_iter().collect()
    });
    if arguments.stand_in {
        words.push("proxy".to_owned());
    }
    let configure = configure::read(&words.join("\n"), &cloud, None, &all)?;
    let (set, missing): (Vec<_>, Vec<_>) = all.into_iter().partition(is_set);
    let is_asked_here = !arguments.env.is_empty() && !adieu_agent::is_in_a_pipeline();
    for one in set.iter().filter(|_| is_asked_here) {
        let name = &one.name;
        Terminal.warn(&format!(
            "{name} is already set, so it is left alone; unset it to use a new token."
        ));
    }
    // If all variables are already set, no identity is needed.
    let needs_broker = configure.needs_broker() && (is_asked || !missing.is_empty());
    if missing.is_empty() && !needs_broker {
        return run_command(&arguments.command, &own).await;
    }
    let transport = network::of_command_line()?;
    let organization = match arguments.tenant {
        Some(_) => None,
        None => defaults::organization(arguments.organization),
    };
    let tenant = credential::tenant(arguments.tenant, organization.as_deref(), &transport).await?;
    // Checked before any request for a token that no command would get.
    #[cfg(unix)]
    if let Some(name) = arguments.command.first().and_then(|name| name.to_str())
        && is_nowhere(name)
    {
        return Err(Failure::NoCommand {
            program: name.to_owned(),
            cause: ErrorKind::NotFound.into(),
        }
        .into());
    }
    let allowed = configure.proxy(organization.as_deref(), &[]);
    let allowed = allowed.map_err(Failure::Configure)?;
    let source = Source::SignIn(SignIn::new(arguments.credential, tenant));
    // Registered before the command writes to the same log: a mask in the middle of one of its lines would be text.
    let log = credential::workflow_log();
    if let Some(allowed) = allowed {
        let variables = missing.into_iter().map(|wanted| wanted.name);
        return with_stand_ins(
            allowed,
            configure::environment_names(variables),
            source,
            transport,
            own,
            &arguments.command,
        )
        .await;
    }
    for wanted in &missing {
        let scope = &wanted.scope;
        let token = source.token_patiently(scope, &transport).await?;
        let token = source.confirmed(token, scope, &transport).await?;
        if let Some(log) = &log {
            log.mask(&token.value);
        }
        let name = wanted.name.as_str().to_owned();
        own.insert(name, token.value.reveal().to_owned());
        own.insert(
            expiry_name(&wanted.name).as_str().to_owned(),
            rfc_3339(token.expires_on.into()),
        );
    }
    if !missing.is_empty() && adieu_agent::is_in_a_pipeline() {
        Terminal.warn(
            "Azure Pipelines does not mask these tokens, so the command must not \
         print them; RunWithToken@1 masks its own.",
        );
    } else if !missing.is_empty() && process_variable("GITLAB_CI").is_some() {
        Terminal.warn("GitLab does not mask these tokens, so the command must not print them.");
    }
    if !needs_broker {
        return run_command(&arguments.command, &own).await;
    }
    let broker = Broker::bind().await.map_err(Failure::NoBroker)?;
    let address = broker.address();
    if let Some(log) = log {
        log.mask(address.key());
    }
    let endpoints = configure::endpoints_of(&address)?;
    let settings = configure::settings(&configure, Some(&endpoints), None, &Terminal);
    own.extend(environment_of(&settings));
    let serving = async {
        broker
            .serve(
                SessionTokens::new(source, transport),
                configure.resources(),
                None,
            )
            .await;
        // A broker that can no longer issue tokens is not a reason to end the command.
        pending().await
    };
    tokio::select! {
        ended = run_command(&arguments.command, &own) => ended,
        never = serving => never,
    }
}

/// Runs the command with a stand-in in each variable, and the proxy that replaces it.
async fn with_stand_ins(
    allowed: AllowList,
    variables: Vec<String>,
    source: Source,
    transport: Transport,
    mut own: Map<String, String>,
    command: &[OsString],
) -> Result<ExitCode, Box<Failure>> {
    let scope = resource::azure_devops();
    // A sign-in that cannot work is reported here, and not to a client an hour later.
    let token = source.token_patiently(&scope, &transport).await?;
    drop(source.confirmed(token, &scope, &transport).await?);
    let live: OnRequest = |line| Terminal.detail(line);
    let folder = std::env::temp_dir();
    let proxy = OwnProxy::open(allowed, variables, &folder, Some(live), process_path);
    let mut proxy = proxy.map_err(Failure::NoBroker)?;
    if let Some(log) = credential::workflow_log() {
        log.mask(&proxy.stand_ins.key);
        for (_, value) in &proxy.stand_ins.values {
            log.mask(value);
        }
    }
    own.extend(std::mem::take(&mut proxy.variables));
    let tokens = Tokens::of(SessionTokens::new(source, transport.clone()));
    tokio::select! {
        ended = run_command(command, &own) => ended,
        () = proxy.proxy.serve(tokens, scope, transport) => pending().await,
    }
}

/// Whether no folder of the PATH has a program with this name.
#[cfg(unix)]
fn is_nowhere(name: &str) -> bool {
    let is_in = |folder: PathBuf| folder.join(name).is_file();
    let path = process_path("PATH");
    !name.contains('/') && path.is_some_and(|path| !std::env::split_paths(&path).any(is_in))
}

/// The tokens from the flags, or else from the project's file, or else the default.
fn requests(
    flags: &[String],
    usual: &str,
    cloud: &Cloud,
) -> Result<Vec<RequestedToken>, Box<Failure>> {
    if !flags.is_empty() {
        let lines = flags.iter().flat_map(|flag| lines::meaningful_lines(flag));
        return tokens::of_process(lines.map(|line| (LineSource::Flag, line)), cloud);
    }
    match std::fs::read_to_string(FILE) {
        Ok(text) => {
            let place = |number| LineSource::File {
                path: FILE.to_owned(),
                number,
            };
            let lines = lines::numbered_lines(&text);
            tokens::of_process(lines.map(|(number, line)| (place(number), line)), cloud)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let lines = lines::meaningful_lines(usual);
            tokens::of_process(lines.map(|line| (LineSource::Flag, line)), cloud)
        }
        Err(error) => Err(Failure::NoFile {
            path: FILE.to_owned(),
            cause: error,
        }
        .into()),
    }
}

/// Whether a variable has a value. A value `$(name)` comes from an undefined pipeline variable and counts as unset.
fn is_set(wanted: &RequestedToken) -> bool {
    adieu_agent::process_value(wanted.name.as_str()).is_some()
}

async fn run_command(
    command: &[OsString],
    own: &Map<String, String>,
) -> Result<ExitCode, Box<Failure>> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::Internal("exec was started without a command").into());
    };
    let failure = |error: std::io::Error| Failure::NoCommand {
        program: program.to_string_lossy().into_owned(),
        cause: error,
    };
    // Windows starts `npx` only by its full name, `npx.cmd`.
    let found = program
        .to_str()
        .filter(|_| cfg!(windows))
        .and_then(program::on_path);
    let program = found.map_or_else(|| program.clone(), OsString::from);
    let mut command = Command::new(program);
    let command = command.args(arguments).envs(own);
    let running = RunningCommand::start(command, Stops::listen()).map_err(failure)?;
    let ended = running.wait(SignalTarget::SameGroup, None).await;
    Ok(match ended.map_err(failure)? {
        CommandEnd::Code(code) | CommandEnd::Stopped(code) => exit_code(code),
        CommandEnd::Abandoned => ExitCode::FAILURE,
    })
}

/// Windows has 32-bit exit codes, of which a process can pass on eight bits; a nonzero code stays nonzero.
fn exit_code(code: i32) -> ExitCode {
    match u8::try_from(code) {
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    }
}
