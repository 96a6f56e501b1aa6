//! How a verb signs in: the flags that choose a credential, what surrounds it on this machine, and the message about it.
//!
//! `adieu-identity` reads the credentials and tries them.

mod sign_in;
mod tenant;

use std::path::PathBuf;
use std::time::Duration;

use adieu_agent::{Stream, WorkflowLog, process_value};
use adieu_identity::resource::Cloud;
use adieu_identity::{
    Authority, Connection, Credential, CredentialProblem, CredentialProblemKind, Credentials,
    Error, IdentityEndpoint, Surroundings,
};

use crate::failure::Failure;
use crate::machine;
use crate::program;
use crate::report;
use crate::reporter::{Reporter as _, Terminal};
use crate::waiting::Wait;

pub(crate) use crate::credential_kind::CredentialArguments;
pub(crate) use sign_in::{AdministratorArguments, SignIn, SignInArguments};
pub(crate) use tenant::tenant;

/// Variable with another limit for az and azd, in seconds: on a slow disk, az takes longer than usual to start.
const TOOL_LIMIT: &str = "ADIEU_TOOL_TIMEOUT";

/// This process and its machine.
struct ThisProcess;

impl Surroundings for ThisProcess {
    fn variable(&self, name: &str) -> Option<String> {
        process_value(name)
    }

    fn machine(&self) -> (IdentityEndpoint, bool) {
        (machine::endpoint(), machine::is_announced())
    }

    fn broker(&self) -> Option<IdentityEndpoint> {
        machine::broker()?.ok()
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        program::on_path(name)
    }

    fn tool_limit(&self) -> Option<Duration> {
        let text = process_value(TOOL_LIMIT)?;
        match text.trim().parse() {
            Ok(seconds @ 1..=600) => Some(Duration::from_secs(seconds)),
            _ => {
                Terminal.warn(&format!(
                    "{TOOL_LIMIT} is '{text}', which is not a number of seconds from 1 to 600, so it \
                     has no effect."
                ));
                None
            }
        }
    }

    fn runs(&self, tool: &'static str) -> Box<dyn Send> {
        Box::new(Wait::begin(&format!("Waiting for {tool}")))
    }

    fn settles(&self, error: &Error, time: Duration) {
        Terminal.say(&report::settling(error, time));
    }
}

impl CredentialArguments {
    /// The credentials that these flags choose, for the given tenant or else the identity's own.
    pub(crate) fn credentials<'a>(&'a self, tenant: Option<&'a str>) -> Credentials<'a> {
        Credentials {
            chosen: self.chosen(),
            identity: self.identity.as_ref(),
            tenant,
            around: &ThisProcess,
        }
    }
}

/// The application that the running GitHub Actions workflow signs in as, as a connection.
pub(crate) fn workflow(tenant: Option<&str>) -> Result<Connection, Box<Failure>> {
    let credentials = CredentialArguments::default();
    let connection = credentials.credentials(tenant).github_actions();
    Ok(connection.map_err(|fault| {
        Failure::NoCredential(vec![CredentialProblem {
            credential: Credential::GithubActions,
            fault,
        }])
    })?)
}

/// The log of the GitHub Actions job that runs this program, on standard error: standard output may be read by
/// another program.
pub(crate) fn workflow_log() -> Option<WorkflowLog> {
    let is_a_job = process_value("GITHUB_ACTIONS").as_deref() == Some("true");
    is_a_job.then(|| WorkflowLog::on(Stream::Error))
}

/// The cloud of `AZURE_AUTHORITY_HOST`, which decides the addresses of resources.
pub(crate) fn cloud() -> Cloud {
    CredentialArguments::default().credentials(None).cloud()
}

/// The authority for tokens: `AZURE_AUTHORITY_HOST`, which may lack `https://`.
pub(crate) fn authority() -> Result<Authority, CredentialProblemKind> {
    CredentialArguments::default().credentials(None).authority()
}
