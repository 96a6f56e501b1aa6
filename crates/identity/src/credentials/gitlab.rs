//! The identity of a GitLab CI/CD job: an application that trusts its ID token, which GitLab sets in a variable.
//!
//! It makes no requests: GitLab issues the token once, when the job starts.

use std::sync::Arc;

use adieu_secret::IdToken;

use super::{CredentialProblemKind, Credentials, Federation};
use crate::connection::Connection;
use crate::service_connection::Scheme;

/// The variable that a job's `id_tokens:` declares.
const ID_TOKEN: &str = "ADIEU_ID_TOKEN";

impl Credentials<'_> {
    /// Whether a GitLab runner runs this program, or passed it a job's ID token.
    pub(super) fn is_in_gitlab(&self) -> bool {
        self.variable("GITLAB_CI").is_some() || self.variable(ID_TOKEN).is_some()
    }

    /// Reads the variables of the job's `id_tokens:` and of the project.
    pub(super) fn gitlab(&self) -> Result<Connection, CredentialProblemKind> {
        let token = IdToken::parse(self.required(ID_TOKEN)?)
            .map_err(|_| CredentialProblemKind::NotAToken(ID_TOKEN))?;
        self.federated(Federation::Gitlab, Scheme::FederatedToken(Arc::new(token)))
    }
}
