//! The identity of a workload whose platform provides a federated token: in a file, as Azure Kubernetes Service does
//! through variables of its webhook, or in a variable.
//!
//! It never reads the file: that happens for each token, because the platform renews it.

use std::path::PathBuf;
use std::sync::Arc;

use adieu_agent::process_value as variable;
use adieu_identity::Scheme;
use adieu_secret::IdToken;

use super::required;
use crate::connection::Connection;
use crate::failure::CredentialProblemKind;
use crate::federated_credential::Federation;

/// Variable with the file's path, as in the Azure SDKs' `WorkloadIdentityCredential`.
const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// Variable with the token itself, which azd also reads (`azd auth login --federated-credential-provider oidc` of
/// Azure/azure-dev).
const TOKEN: &str = "AZURE_OIDC_TOKEN";

/// Reads the environment: the file, or else the variable.
pub(super) fn read(tenant: Option<&str>) -> Result<Connection, CredentialProblemKind> {
    if variable(FILE).is_none()
        && let Some(token) = variable(TOKEN)
    {
        let token = IdToken::parse(token).map_err(|_| CredentialProblemKind::NotAToken(TOKEN))?;
        let scheme = Scheme::FederatedToken(Arc::new(token));
        return Federation::Variable.connection(tenant, scheme);
    }
    let path = PathBuf::from(required(FILE)?);
    Federation::File.connection(tenant, Scheme::FederatedTokenFile(path))
}
