//! `adieu feeds login` and `logout`: shell variables with which package clients find credentials for feeds, and how
//! to undo them.
//!
//! It leaves no process running: helpers sign in when a client runs them. It prints no credential.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use adieu_agent::{Stream, process_variable, process_variables};
use clap::Args;
use serde_json::{Map, Value, json};

use super::folder::Folder;
use super::local::{self, FeedArguments};
use super::notices::{say_served, warn_of, warn_of_stale};
use super::settings::{self, PATH};
use super::{FOLDER, Variables, keeper, make_in};
use crate::credential::SignInArguments;
use crate::failure::{Failure, FeedsProblem};
use crate::moment::rfc_3339;
use crate::network;
use crate::reporter::{Reporter as _, Terminal};
use crate::result::Form;
use crate::shell::Shell;

/// File in the private folder with the variables' earlier values.
const UNDO: &str = "undo.json";

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
    output: Form,
    /// Shell that reads the variables [default: powershell on Windows, else sh]
    #[arg(long, value_enum, conflicts_with = "output")]
    shell: Option<Shell>,
}

/// A variable and its new value; `None` removes it.
type Change = (String, Option<String>);

/// An earlier login of this shell.
#[derive(Debug, Default)]
struct EarlierLogin {
    /// Its private folder.
    folder: Option<Folder>,
    /// Its variables: the value that it set, and the one before.
    set: Vec<(String, String, Option<String>)>,
}

impl EarlierLogin {
    fn of_this_shell() -> Self {
        let Some(folder) = process_variable(FOLDER) else {
            return Self::default();
        };
        let Some(folder) = Folder::existing(&PathBuf::from(folder)) else {
            return Self::default();
        };
        let text = std::fs::read_to_string(folder.file(UNDO)).unwrap_or_default();
        let undo: Value = serde_json::from_str(&text).unwrap_or_default();
        let mut set = Vec::new();
        for (name, change) in undo.as_object().into_iter().flatten() {
            let text = |field: &str| change[field].as_str().map(str::to_owned);
            set.push((
                name.clone(),
                text("set").unwrap_or_default(),
                text("before"),
            ));
        }
        if set.is_empty() {
            // The folder may be gone, because it is a temporary one: then references to it are invalid.
            let path = folder.path().display().to_string();
            for (name, value) in process_variables() {
                if let (Some(name), Some(value)) = (name.to_str(), value.to_str())
                    && name != PATH
                    && name != FOLDER
                    && value.contains(&path)
                {
                    set.push((name.to_owned(), value.to_owned(), None));
                }
            }
        }
        Self {
            folder: Some(folder),
            set,
        }
    }

    /// The value of a variable before the login; one that was changed since then stays.
    fn variable(&self, name: &str) -> Option<String> {
        let now = process_variable(name);
        if name == PATH {
            return now.map(|path| self.without_programs(&path));
        }
        let mut set = self.set.iter();
        match set.find(|(set, ..)| set == name) {
            Some((_, ours, before)) if now.as_ref() == Some(ours) => before.clone(),
            _ => now,
        }
    }

    fn without_programs(&self, path: &str) -> String {
        let programs = self.folder.as_ref().map(Folder::programs);
        let others = std::env::split_paths(path).filter(|one| Some(one) != programs.as_ref());
        let joined = std::env::join_paths(others).unwrap_or_default();
        joined.to_string_lossy().into_owned()
    }

    /// The changes that restore the variables.
    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, ours, before) in &self.set {
            if process_variable(name).as_ref() == Some(ours) {
                changes.push((name.clone(), before.clone()));
            }
        }
        let path = self.variable(PATH);
        if path != process_variable(PATH) {
            changes.push((PATH.to_owned(), path));
        }
        changes
    }

    fn remove(&self) {
        if let Some(folder) = &self.folder {
            folder.remove();
        }
    }
}

/// Runs `feeds login`.
pub(super) async fn login(arguments: LoginArguments) -> Result<ExitCode, Failure> {
    let earlier = EarlierLogin::of_this_shell();
    let variable: Variables<'_> = &|name| earlier.variable(name);
    let (request, reading) = local::find(&arguments.feeds, variable)?;
    warn_of(&request, &reading, &Terminal);
    for one in &reading.stale {
        warn_of_stale(one, &Terminal);
    }
    let SignInArguments { tenant, credential } = arguments.sign_in;
    let transport = network::of_command_line()?;
    let organizations = local::organizations(&request, tenant, &transport).await?;
    let mut plan = super::plan(organizations, &request, variable);
    let (tokens, used) = local::sign_in(&plan, &credential, &transport).await?;
    plan.credential = Some(local::of_helpers(used, &credential));
    let folder = make_in(&std::env::temp_dir(), &plan, &request)?;
    let set = settings::of_processes(&plan, &request, &folder, variable);
    let undo = undo(&set, variable);
    let written = keeper::write(&plan, &folder, &tokens).and_then(|()| folder.write(UNDO, &undo));
    if let Err(error) = written {
        folder.remove();
        return Err(Failure::Feeds(FeedsProblem::NotWritten(error)));
    }
    // Variables that the earlier login set and this one does not.
    let mut changes = earlier.changes();
    changes.retain(|(name, _)| set.iter().all(|(ours, _)| ours != name));
    changes.extend(set.into_iter().map(|(name, value)| (name, Some(value))));
    changes.push((FOLDER.to_owned(), Some(folder.path().display().to_string())));
    earlier.remove();
    let expires_on = keeper::first_to_expire(&tokens).unwrap_or(SystemTime::UNIX_EPOCH);
    let expires_on = rfc_3339(expires_on.into());
    let facts = json!({ "credential": used.name(), "expiresOn": expires_on });
    print(&arguments.form, "login", &changes, facts)?;
    if arguments.form.output == Form::Text {
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
pub(super) fn logout(arguments: &LogoutArguments) -> Result<ExitCode, Failure> {
    let earlier = EarlierLogin::of_this_shell();
    if earlier.folder.is_none() {
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

fn undo(set: &[(String, String)], variable: Variables<'_>) -> String {
    let mut undo = Map::new();
    for (name, value) in set.iter().filter(|(name, _)| name != PATH) {
        let change = json!({ "set": value, "before": variable(name) });
        undo.insert(name.clone(), change);
    }
    Value::Object(undo).to_string()
}

/// Prints the changes for a shell or a program.
fn print(
    form: &FormArguments,
    verb: &str,
    changes: &[Change],
    mut facts: Value,
) -> Result<(), Failure> {
    let written = match form.output {
        Form::Json => {
            let mut variables = Map::new();
            for (name, value) in changes {
                variables.insert(name.clone(), value.clone().into());
            }
            facts["variables"] = Value::Object(variables);
            Stream::Output.json(&facts)
        }
        Form::Text => {
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
    written.map_err(Failure::NotWritten)
}
