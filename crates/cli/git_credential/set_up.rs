//! `adieu git-credential --configure`: the settings with which git runs this helper for Azure DevOps.
//!
//! It only changes settings for Azure DevOps addresses.

use std::process::{Command, ExitCode};

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
        let missing = || Failure::NotConfigured("git is not on the PATH".to_owned());
        let program = program.ok_or_else(missing)?;
        Ok(Self { program, scope })
    }

    fn set(&self, arguments: &[&str]) -> Result<(), Box<Failure>> {
        self.run(arguments, 0)
    }

    fn unset(&self, name: &str) -> Result<(), Box<Failure>> {
        self.run(&["--unset-all", name], NOTHING_TO_UNSET)
    }

    /// Runs it; `harmless` is an exit code that is not a failure either.
    fn run(&self, arguments: &[&str], harmless: i32) -> Result<(), Box<Failure>> {
        let output = Command::new(&self.program)
            .arg("config")
            .arg(self.scope)
            .args(arguments)
            .output();
        let not_started =
            |error| Failure::NotConfigured(format!("git cannot be started ({error})"));
        let output = output.map_err(not_started)?;
        if output
            .status
            .code()
            .is_some_and(|code| code == 0 || code == harmless)
        {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let reason = words.lines().next().unwrap_or("git failed");
        Err(Failure::NotConfigured(reason.to_owned()).into())
    }
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
