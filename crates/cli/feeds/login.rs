//! `adieu feeds login` and `logout`: shell variables with which package clients find credentials for feeds, and how
//! to undo them.
//!
//! It leaves no process running: helpers sign in when a client runs them. It prints no credential.

use std::process::ExitCode;
use std::time::SystemTime;

use adieu_agent::{Stream, process_variable, process_variables};
use adieu_feeds::{Change, EarlierLogin, variables_of_processes};
use clap::Args;
use serde_json::{Map, Value, json};

use super::local::{self, FeedArguments};
use super::notices::{say_served, warn_of, warn_of_stale};
use super::{FOLDER, keeper, make_in};
use crate::credential::SignInArguments;
use crate::failure::{Failure, FeedsProblem};
use crate::moment::rfc_3339;
use crate::network;
use crate::reporter::{Reporter as _, Terminal};
use crate::result::OutputFormat;
use crate::shell::Shell;

/// Flags of `feeds login`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  eval \"$(adieu feeds login)\"                         bash, zsh
  adieu feeds login --shell fish | source             fish
  adieu feeds login | Out-String | Invoke-Expression  PowerShell
  eval \"$(adieu feeds login --feed contoso/packages --tools pip)\"

Helpers of NuGet, Cargo and pip sign in whenever a client asks. Files, for npm,
Maven and poetry, have a token that is valid for about an hour: run it again
after that, or use adieu exec --feeds. No process keeps running.")]
pub(crate) struct LoginArguments {
    #[command(flatten)]
    feeds: FeedArguments,
    #[command(flatten)]
    sign_in: SignInArguments,
    #[command(flatten)]
    form: FormArguments,
}

/// Flags of `feeds logout`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  eval \"$(adieu feeds logout)\"                         bash, zsh
  adieu feeds logout --shell fish | source             fish
  adieu feeds logout | Out-String | Invoke-Expression  PowerShell")]
pub(crate) struct LogoutArguments {
    #[command(flatten)]
    form: FormArguments,
}

/// What reads the variables.
#[derive(Debug, Args)]
struct FormArguments {
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
    /// Shell that reads the variables [default: powershell on Windows, else sh]
    #[arg(long, value_enum, conflicts_with = "output")]
    shell: Option<Shell>,
}

/// Runs `feeds login`.
pub(super) async fn login(arguments: LoginArguments) -> Result<ExitCode, Box<Failure>> {
    let earlier = earlier_login();
    let variable = |name: &str| earlier.variable(name);
    let (request, reading) = local::find(&arguments.feeds, &variable)?;
    warn_of(&request, &reading, &Terminal);
    for one in &reading.stale {
        warn_of_stale(one, &Terminal);
    }
    let SignInArguments { tenant, credential } = arguments.sign_in;
    let transport = network::of_command_line()?;
    let organizations = local::organizations(&request, tenant, &transport).await?;
    let mut plan = super::plan(organizations, &request, &variable);
    let (tokens, used) = local::sign_in(&plan, &credential, &transport).await?;
    plan.credential = Some(local::of_helpers(used, &credential));
    let folder = make_in(&std::env::temp_dir(), &plan, &request)?;
    let set = variables_of_processes(&plan, &request, &folder, &variable);
    let written = keeper::write_files(&plan, &folder, &tokens)
        .and_then(|()| earlier.write_undo(&folder, &set));
    if let Err(error) = written {
        folder.remove();
        return Err(FeedsProblem::NotWritten(error).into());
    }
    let mut changes = earlier.changes_to(set);
    changes.push((FOLDER.to_owned(), Some(folder.path().display().to_string())));
    earlier.remove();
    let expires_on = keeper::first_to_expire(&tokens).unwrap_or(SystemTime::UNIX_EPOCH);
    let expires_on = rfc_3339(expires_on.into());
    let facts = json!({ "credential": used.name(), "expiresOn": expires_on });
    print(&arguments.form, "login", &changes, facts)?;
    if arguments.form.output == OutputFormat::Text {
        say_served(&request, &plan, &Terminal);
        Terminal.say(&format!(
            "Files have a token that is valid until {expires_on}; helpers sign in with {} whenever \
             a client asks.",
            used.name()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `feeds logout`.
pub(super) fn logout(arguments: &LogoutArguments) -> Result<ExitCode, Box<Failure>> {
    let earlier = earlier_login();
    if !earlier.is_there() {
        Terminal.say(&format!(
            "This shell has no login for feeds: {FOLDER} is not set."
        ));
    }
    let mut changes = earlier.changes();
    if process_variable(FOLDER).is_some() {
        changes.push((FOLDER.to_owned(), None));
    }
    earlier.remove();
    print(&arguments.form, "logout", &changes, json!({}))?;
    Ok(ExitCode::SUCCESS)
}

/// The earlier login of this shell.
fn earlier_login() -> EarlierLogin<'static> {
    let mut others = process_variables().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        (name != FOLDER).then_some((name, value))
    });
    let folder = process_variable(FOLDER);
    EarlierLogin::find(folder.as_deref(), &process_variable, &mut others)
}

/// Prints the changes for a shell or a program.
fn print(
    form: &FormArguments,
    verb: &str,
    changes: &[Change],
    mut facts: Value,
) -> Result<(), Box<Failure>> {
    let written = match form.output {
        OutputFormat::Json => {
            let mut variables = Map::new();
            for (name, value) in changes {
                variables.insert(name.clone(), value.clone().into());
            }
            facts["variables"] = Value::Object(variables);
            Stream::Output.json(&facts)
        }
        OutputFormat::Text => {
            if Stream::Output.is_terminal() {
                Terminal.warn(&format!(
                    "These lines are for your shell and have no effect here. Run: eval \"$(adieu \
                     feeds {verb})\""
                ));
            }
            let shell = form.shell.unwrap_or_default();
            changes.iter().try_for_each(|(name, value)| {
                Stream::Output.text(&match value {
                    Some(value) => shell.line(name, value),
                    None => shell.unset(name),
                })
            })
        }
    };
    Ok(written.map_err(Failure::NotWritten)?)
}
