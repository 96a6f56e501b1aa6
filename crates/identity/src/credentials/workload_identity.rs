//! The identity of a workload whose platform provides a federated token: in a file, as Azure Kubernetes Service does
//! through variables of its webhook, or in a variable.
//!
//! It never reads the file: that happens for each token, because the platform renews it.

use std::path::PathBuf;
use std::sync::Arc;

use adieu_secret::IdToken;

use super::{CredentialProblemKind, Credentials, Federation};
use crate::connection::Connection;
use crate::service_connection::Scheme;

/// Variable with the file's path, as in the Azure SDKs' `WorkloadIdentityCredential`.
const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// Variable with the token itself, which azd also reads (`azd auth login --federated-credential-provider oidc` of
/// Azure/azure-dev).
const TOKEN: &str = "AZURE_OIDC_TOKEN";

impl Credentials<'_> {
    /// Reads the variables: the file's, or else that of the token.
    pub(super) fn workload_identity(&self) -> Result<Connection, CredentialProblemKind> {
        if self.variable(FILE).is_none()
            && let Some(token) = self.variable(TOKEN)
        {
            let token =
                IdToken::parse(token).map_err(|_| CredentialProblemKind::NotAToken(TOKEN))?;
            let scheme = Scheme::FederatedToken(Arc::new(token));
            return self.federated(Federation::Variable, scheme);
        }
        let path = PathBuf::from(self.required(FILE)?);
        self.federated(Federation::File, Scheme::FederatedTokenFile(path))
    }
}
