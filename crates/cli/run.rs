//! RunWithToken@1: runs a script with tokens in its own environment, and a broker while it runs.
//!
//! It never sets a pipeline variable, and never changes the script's output.

mod shell;

use std::cell::Cell;
use std::env;
use std::ffi::OsString;
use std::future::pending;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use adieu_agent::{
    Environment, Log, Stream, is_for_the_task_alone, process_path, process_variables,
};
use adieu_broker::{Broker, Tokens};
use adieu_configure::{Configure, Endpoints, OwnProxy, environment_of};
use adieu_identity::{Connection, Token, resource};
use adieu_order::Map;
use tokio::io::AsyncReadExt as _;
use tokio::process::{ChildStderr, Command};

use crate::child::{CommandEnd, RunningCommand};
use crate::configure;
use crate::connection;
use crate::failure::{Failure, ScriptProblem};
use crate::inputs::run::Inputs;
use crate::moment::rfc_3339;
use crate::network;
use crate::platform::{self, Parent, SignalTarget, Stops};
use crate::serve::source::SessionTokens;
use crate::session::Source;
use crate::task_outcome::Outcome;
use crate::tokens::{self, RequestedToken, expiry_name};
use shell::Shell;

/// A script's background process can hold its standard error for hours; what the script itself wrote is available
/// when it ends.
const LEFTOVERS: Duration = Duration::from_secs(2);

/// Runs the task. If the step is stopped, it stops the script itself, so that the script can clean up.
pub(crate) async fn run(environment: &Environment, log: &Log) -> Outcome {
    match script(environment, log).await {
        Ok(CommandEnd::Stopped(_)) => Outcome::Stopped,
        Ok(CommandEnd::Abandoned) => Outcome::Done(Err(Failure::LauncherGone.into())),
        Ok(CommandEnd::Code(_)) => Outcome::Done(Ok(())),
        Err(failure) => Outcome::Done(Err(failure)),
    }
}

async fn script(environment: &Environment, log: &Log) -> Result<CommandEnd, Box<Failure>> {
    let launcher = Parent::now();
    let mut stops = Stops::listen();
    let inputs = Inputs::read(environment).map_err(Failure::Input)?;
    let shell = Shell::of(inputs.shell);
    let program = shell
        .program()
        .ok_or(Failure::Script(ScriptProblem::NoShell(shell.name())))?;
    let folder = working_folder(environment, inputs.working_directory.as_deref())?;
    let id = connection::named(
        inputs.azure_dev_ops_service_connection,
        inputs.connected_service,
    )?;
    let connection = connection::read(environment, &id, None)?;
    let lines = inputs.tokens.as_deref().unwrap_or_default();
    let wanted = tokens::requested(lines, None, &connection.cloud)?;
    let lines = inputs.configure.as_deref().unwrap_or_default();
    let configure = configure::read(lines, &connection.cloud, Some(&connection), &wanted)?;
    if wanted.is_empty() && configure.is_empty() {
        return Err(Failure::NothingAsked.into());
    }
    let transport = network::transport(environment, log)?;
    let got = tokio::select! {
        got = tokens::get(&connection, wanted, &transport, log) => got?,
        // No script is running yet that would need the signal.
        _ = stops.next() => return Ok(CommandEnd::Stopped(0)),
        () = launcher.gone() => return Ok(CommandEnd::Abandoned),
    };
    let organization = connection::organization_of(environment, &connection);
    let proxy = configure.proxy(organization.as_deref(), &[]);
    let mut stand_ins = match proxy.map_err(Failure::Configure)? {
        Some(allowed) => {
            let names = got.access.iter().map(|(wanted, _)| wanted.name.clone());
            let names = configure::environment_names(names);
            let folder = environment.temporary_folder();
            let folder = folder.map_err(Failure::PlatformVariable)?;
            let proxy = OwnProxy::open(allowed.clone(), names, &folder, None, process_path);
            let proxy = proxy.map_err(Failure::NoBroker)?;
            configure::announce(&proxy.stand_ins, &allowed, log);
            Some(proxy)
        }
        None => None,
    };
    let broker = Broker::bind().await.map_err(Failure::NoBroker)?;
    let endpoints = configure::endpoints_of(&broker.address())?;
    log.mask(&endpoints.key);
    let own = match &mut stand_ins {
        Some(proxy) => std::mem::take(&mut proxy.variables),
        None => {
            let mut own = configured(&configure, &endpoints, environment, &connection, log);
            own.extend(own_tokens(&got.access, log));
            own
        }
    };
    let file = write(environment, shell, &inputs.script)?;
    let mut command = shell.command(&program, &file);
    let command = prepared(&mut command, &folder, &own, inputs.fail_on_standard_error);
    let cannot = |error: std::io::Error| {
        Failure::Script(ScriptProblem::CannotStart {
            shell: shell.name(),
            cause: error,
        })
    };
    Log::leave_the_log_to_another_program();
    let running = RunningCommand::start(command, stops).map_err(cannot)?;
    let source = Source::Connection(Box::new(connection));
    let source = SessionTokens::new(source, transport.clone());
    let journal = stand_ins.as_ref().map(|proxy| Rc::clone(&proxy.journal));
    let serving = async {
        if let Some(proxy) = stand_ins {
            let scope = resource::azure_devops();
            proxy
                .proxy
                .serve(Tokens::of(source), scope, transport)
                .await;
        } else if configure.needs_broker() {
            broker.serve(source, configure.resources(), None).await;
        }
        // A broker that can no longer issue tokens is not a reason to end the script.
        pending().await
    };
    let (ended, wrote) = tokio::select! {
        ended = finished(running, launcher) => ended,
        ended = serving => ended,
    };
    if let Some(lines) = journal.and_then(|journal| configure::journal_lines(&journal.text())) {
        log.say(&lines);
    }
    match ended.map_err(cannot)? {
        CommandEnd::Code(0) if wrote => Err(Failure::Script(ScriptProblem::StandardError).into()),
        CommandEnd::Code(code) if code != 0 => Err(Failure::Script(ScriptProblem::Ended {
            shell: shell.name(),
            code,
        })
        .into()),
        ended => Ok(ended),
    }
}

/// The variables through which the script's clients find the broker.
fn configured(
    configure: &Configure,
    endpoints: &Endpoints,
    environment: &Environment,
    connection: &Connection,
    log: &Log,
) -> Map<String, String> {
    configure::warn_of_rivals(configure, log);
    if !configure.is_empty() {
        log.say(&format!(
            "Configured for this script: {}.",
            configure.words()
        ));
    }
    let step = Some((environment, connection));
    environment_of(&configure::settings(configure, Some(endpoints), step, log))
}

/// The variables with the step's tokens, which are masked first.
fn own_tokens(tokens: &[(RequestedToken, Token)], log: &Log) -> Map<String, String> {
    let mut own = Map::new();
    for (wanted, token) in tokens {
        log.mask(&token.value);
        let until = rfc_3339(token.expires_on.into());
        log.say(&format!(
            "{}: {}, until {until}, for this script only.",
            wanted.name, wanted.resource
        ));
        let name = wanted.name.in_environment();
        own.insert(name, token.value.reveal().to_owned());
        own.insert(expiry_name(&wanted.name).in_environment(), until);
    }
    own
}

/// Waits for the script. Returns whether it wrote to standard error, if that was requested.
async fn finished(
    mut running: RunningCommand,
    launcher: Parent,
) -> (std::io::Result<CommandEnd>, bool) {
    let errors = running.process.stderr.take();
    let wrote = Cell::new(false);
    let passing = pass_through(errors, &wrote);
    tokio::pin!(passing);
    let waiting = running.wait(SignalTarget::Group, Some(launcher));
    tokio::pin!(waiting);
    let ended = tokio::select! {
        ended = &mut waiting => {
            let _ = tokio::time::timeout(LEFTOVERS, passing).await;
            ended
        }
        // It has closed its standard error, or has none, and continues to run.
        () = &mut passing => waiting.await,
    };
    (ended, wrote.get())
}

/// Passes the output on byte by byte, as it arrives.
async fn pass_through(errors: Option<ChildStderr>, wrote: &Cell<bool>) {
    let Some(mut errors) = errors else {
        return;
    };
    let mut bytes = [0; 8192];
    while let Ok(count @ 1..) = errors.read(&mut bytes).await {
        wrote.set(true);
        let _ = Stream::Error.pass_on(&bytes[..count]);
    }
}

/// The step's environment without variables that are only for the task, with the tokens, and with `adieu` on its
/// PATH.
fn prepared<'a>(
    command: &'a mut Command,
    folder: &Path,
    own: &Map<String, String>,
    watch_errors: bool,
) -> &'a mut Command {
    for (name, _) in process_variables() {
        if name.to_str().is_some_and(is_for_the_task_alone) {
            command.env_remove(name);
        }
    }
    command
        .envs(own)
        .env("PATH", path_with_adieu())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .stderr(if watch_errors {
            Stdio::piped()
        } else {
            Stdio::inherit()
        });
    platform::new_process_group(command);
    command
}

fn path_with_adieu() -> OsString {
    let path = process_path("PATH").unwrap_or_default();
    let own = env::current_exe();
    let own = own
        .ok()
        .and_then(|file| file.parent().map(Path::to_path_buf));
    let all = own.into_iter().chain(env::split_paths(&path));
    env::join_paths(all).unwrap_or(path)
}

fn working_folder(environment: &Environment, input: Option<&str>) -> Result<PathBuf, Box<Failure>> {
    let default = environment
        .platform_variable("System.DefaultWorkingDirectory")
        .map_err(Failure::PlatformVariable)?;
    let default = default
        .map(PathBuf::from)
        .or_else(|| env::current_dir().ok())
        .unwrap_or_default();
    let folder = match input {
        Some(text) => default.join(text),
        None => default,
    };
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Failure::Script(ScriptProblem::NoFolder(folder.display().to_string())).into())
}

/// Writes the script to a new file that only this user can read and that is removed when dropped: the agent has
/// inserted the pipeline's variables, which can be secret. It contains none of our tokens.
fn write(
    environment: &Environment,
    shell: Shell,
    script: &str,
) -> Result<tempfile::TempPath, Box<Failure>> {
    let folder = environment.temporary_folder();
    let folder = folder.map_err(Failure::PlatformVariable)?;
    let suffix = format!(".{}", shell.extension());
    let file = tempfile::Builder::new()
        .prefix("adieu-")
        .suffix(&suffix)
        .tempfile_in(&folder);
    let written = file.and_then(|mut file| {
        file.write_all(shell.content(script).as_bytes())?;
        // Windows shells cannot open a file that is open here.
        Ok(file.into_temp_path())
    });
    Ok(written.map_err(|error| {
        Failure::Script(ScriptProblem::NotWritten {
            path: folder.display().to_string(),
            // Without the path, which ends in a random name.
            reason: match error.to_string().rsplit_once(" at path ") {
                Some((reason, _)) => reason.to_owned(),
                None => error.to_string(),
            },
        })
    })?)
}
