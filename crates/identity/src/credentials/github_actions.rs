//! The identity of a GitHub Actions workflow: an application that trusts its ID tokens.
//!
//! It never sends the job's request token to a host outside GitHub.

use adieu_secret::WorkflowToken;

use super::{CredentialProblemKind, Credentials, Federation};
use crate::connection::Connection;
use crate::service_connection::Scheme;
use crate::workflow_token::WorkflowTokenRequest;

/// Variables that the runner sets for a job with `permissions: id-token: write`.
const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

impl Credentials<'_> {
    /// Whether a GitHub Actions runner runs this program.
    pub(super) fn is_in_github_actions(&self) -> bool {
        let is_a_job = self.variable("GITHUB_ACTIONS").as_deref() == Some("true");
        is_a_job || self.variable(URL).is_some()
    }

    /// Reads the variables of the runner and of `azure/login`.
    ///
    /// # Errors
    /// Something is not set, or wrong.
    pub fn github_actions(&self) -> Result<Connection, CredentialProblemKind> {
        let request = self.workflow_request()?;
        self.federated(Federation::GithubActions, Scheme::Workflow(request))
    }

    pub(super) fn workflow_request(&self) -> Result<WorkflowTokenRequest, CredentialProblemKind> {
        let not_there = match self.is_in_github_actions() {
            true => CredentialProblemKind::NoIdTokenPermission,
            false => CredentialProblemKind::NotSet(URL),
        };
        let url = self.variable(URL).ok_or(not_there)?;
        let token = WorkflowToken::parse(self.required(TOKEN)?)
            .map_err(|_| CredentialProblemKind::NotAToken(TOKEN))?;
        let server = self.variable("GITHUB_SERVER_URL");
        WorkflowTokenRequest::to(&url, server.as_deref(), token)
            .map_err(CredentialProblemKind::NotTheIssuer)
    }
}
