//! The identity of a GitLab CI/CD job: an application that trusts its ID token, which GitLab sets in a variable.
//!
//! It makes no requests: GitLab issues the token once, when the job starts.

use std::sync::Arc;

use adieu_agent::process_value as variable;
use adieu_identity::Scheme;
use adieu_secret::IdToken;

use super::required;
use crate::connection::Connection;
use crate::failure::CredentialProblemKind;
use crate::federated_credential::Federation;

/// The variable that a job's `id_tokens:` declares.
const ID_TOKEN: &str = "ADIEU_ID_TOKEN";

/// Whether a GitLab runner runs this program, or passed it a job's ID token.
pub(super) fn is_here() -> bool {
    variable("GITLAB_CI").is_some() || variable(ID_TOKEN).is_some()
}

/// Reads the variables of the job's `id_tokens:` and of the project.
pub(super) fn read(tenant: Option<&str>) -> Result<Connection, CredentialProblemKind> {
    let token = IdToken::parse(required(ID_TOKEN)?)
        .map_err(|_| CredentialProblemKind::NotAToken(ID_TOKEN))?;
    Federation::Gitlab.connection(tenant, Scheme::FederatedToken(Arc::new(token)))
}
