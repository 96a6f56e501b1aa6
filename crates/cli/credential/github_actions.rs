//! The identity of a GitHub Actions workflow: an application that trusts its ID tokens.
//!
//! It never sends the job's request token to a host outside GitHub.

use adieu_agent::process_value as variable;
use adieu_identity::{Scheme, WorkflowTokenRequest};
use adieu_secret::WorkflowToken;

use super::required;
use crate::connection::Connection;
use crate::failure::CredentialProblemKind;
use crate::federated_credential::Federation;

/// Variables that the runner sets for a job with `permissions: id-token: write`.
const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

/// Whether a GitHub Actions runner runs this program.
pub(super) fn is_here() -> bool {
    is_a_job() || variable(URL).is_some()
}

/// Whether the output of this program goes to a job's log.
pub(super) fn is_a_job() -> bool {
    variable("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Reads the variables of the runner and of `azure/login` from the environment.
pub(super) fn read(tenant: Option<&str>) -> Result<Connection, CredentialProblemKind> {
    let request = request()?;
    Federation::GithubActions.connection(tenant, Scheme::Workflow(request))
}

fn request() -> Result<WorkflowTokenRequest, CredentialProblemKind> {
    let not_there = match is_here() {
        true => CredentialProblemKind::NoIdTokenPermission,
        false => CredentialProblemKind::NotSet(URL),
    };
    let url = variable(URL).ok_or(not_there)?;
    let token = WorkflowToken::parse(required(TOKEN)?)
        .map_err(|_| CredentialProblemKind::NotAToken(TOKEN))?;
    let server = variable("GITHUB_SERVER_URL");
    WorkflowTokenRequest::to(&url, server.as_deref(), token)
        .map_err(CredentialProblemKind::NotTheIssuer)
}
