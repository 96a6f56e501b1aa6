//! `adieu git-credential --configure`: the settings with which git runs this helper for Azure DevOps.
//!
//! It only changes settings for Azure DevOps addresses.

use std::process::{Command, ExitCode, Output};

use adieu_configure::{REPOSITORIES, shell_word};
use adieu_identity::Credential;

use crate::credential::CredentialArguments;
use crate::failure::Failure;
use crate::program;
use crate::reporter::{Reporter as _, Terminal};

/// git's exit code if there is nothing to remove.
const NOTHING_TO_UNSET: i32 = 5;

/// Replaces the helpers of these addresses by this one.
pub(super) fn run(
    organizations: &[String],
    credential: &CredentialArguments,
    is_global: bool,
) -> Result<ExitCode, Box<Failure>> {
    let git = Git::find(if is_global { "--global" } else { "--local" })?;
    let helper = helper(&this_program(), organizations, credential);
    for address in REPOSITORIES {
        let name = |key: &str| format!("credential.{address}.{key}");
        git.unset(&name("helper"))?;
        // An empty value first: otherwise a store with an old PAT answers before this helper.
        git.set(&["--add", &name("helper"), ""])?;
        git.set(&["--add", &name("helper"), &helper])?;
        git.set(&[&name("useHttpPath"), "true"])?;
    }
    Terminal.say(&format!(
        "git asks Adieu for {} {}. To undo it: git config {scope} --remove-section \
         credential.{} and the same for {}.",
        REPOSITORIES.join(" and "),
        if is_global {
            "from now on"
        } else {
            "in this repository"
        },
        REPOSITORIES[0],
        REPOSITORIES[1],
        scope = git.scope,
    ));
    Ok(ExitCode::SUCCESS)
}

/// The name if it is on the PATH, so that an update does not change the setting.
fn this_program() -> String {
    match (program::on_path("adieu"), std::env::current_exe()) {
        (None, Ok(path)) => shell_word(&path.display().to_string()),
        _ => "adieu".to_owned(),
    }
}

/// A shell command for git, with the flags that were given.
fn helper(program: &str, organizations: &[String], credential: &CredentialArguments) -> String {
    let mut helper = format!("!{program} git-credential");
    for organization in organizations {
        helper.push_str(&format!(" --organization {}", shell_word(organization)));
    }
    if credential.credential != Credential::Auto {
        helper.push_str(&format!(" --credential {}", credential.credential.name()));
    }
    helper
}

struct Git {
    program: std::path::PathBuf,
    scope: &'static str,
}

impl Git {
    fn find(scope: &'static str) -> Result<Self, Box<Failure>> {
        let program = program::on_path("git");
        let program = program.ok_or_else(|| problem("git is not on the PATH".to_owned()))?;
        Ok(Self { program, scope })
    }

    fn set(&self, arguments: &[&str]) -> Result<(), Box<Failure>> {
        let output = self.run(arguments)?;
        if output.status.success() {
            Ok(())
        } else {
            Err(failed(&output).into())
        }
    }

    fn unset(&self, name: &str) -> Result<(), Box<Failure>> {
        let output = self.run(&["--unset-all", name])?;
        match output.status.code() {
            Some(0 | NOTHING_TO_UNSET) => Ok(()),
            _ => Err(failed(&output).into()),
        }
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, Box<Failure>> {
        let output = Command::new(&self.program)
            .arg("config")
            .arg(self.scope)
            .args(arguments)
            .output();
        Ok(output.map_err(|error| problem(format!("git cannot be started ({error})")))?)
    }
}

fn failed(output: &Output) -> Failure {
    let words = String::from_utf8_lossy(&output.stderr);
    problem(words.lines().next().unwrap_or("git failed").to_owned())
}

fn problem(reason: String) -> Failure {
    Failure::NotConfigured(reason)
}

#[test]
fn a_helper_keeps_its_flags() {
    let credential = CredentialArguments::from(Credential::Az);
    assert_eq!(
        helper("adieu", &["it's".to_owned()], &credential),
        "!adieu git-credential --organization 'it'\\''s' --credential az"
    );
    let auto = CredentialArguments::default();
    let quoted = shell_word("/a b/adieu");
    assert_eq!(helper(&quoted, &[], &auto), "!'/a b/adieu' git-credential");
}
