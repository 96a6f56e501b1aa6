//! An application that trusts the ID tokens of an issuer other than Azure DevOps, as a connection.
//!
//! It makes no requests.

use super::{CredentialProblemKind, Credentials};
use crate::connection::{Connection, ConnectionFacts};
use crate::service_connection::{Scheme, ServiceConnection};

/// The issuer of an ID token, as the scheme in a connection's facts. Service connections have other schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Federation {
    /// GitHub Actions, for the running workflow.
    GithubActions,
    /// GitLab, for the running job.
    Gitlab,
    /// A platform that writes the token to a file and renews it.
    File,
    /// A platform that set the token in a variable once.
    Variable,
}

impl Federation {
    /// The scheme in a connection's facts.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::GithubActions => "GitHub Actions",
            Self::Gitlab => "GitLab",
            Self::File => "federated token file",
            Self::Variable => "federated token",
        }
    }

    /// The issuer that a scheme means.
    #[must_use]
    pub fn of(scheme: &str) -> Option<Self> {
        let all = [
            Self::GithubActions,
            Self::Gitlab,
            Self::File,
            Self::Variable,
        ];
        all.into_iter().find(|one| one.scheme() == scheme)
    }
}

impl Credentials<'_> {
    /// The application `AZURE_CLIENT_ID` in the requested tenant, or else in `AZURE_TENANT_ID`.
    pub(super) fn federated(
        &self,
        federation: Federation,
        scheme: Scheme,
    ) -> Result<Connection, CredentialProblemKind> {
        let client_id = self.required("AZURE_CLIENT_ID")?;
        let tenant = match self.tenant {
            Some(tenant) => tenant.to_owned(),
            None => self.required("AZURE_TENANT_ID")?,
        };
        let service = ServiceConnection {
            authority: self.authority()?,
            tenant,
            client_id,
            scheme,
        };
        let facts = ConnectionFacts {
            scheme: federation.scheme().to_owned(),
            ..ConnectionFacts::default()
        };
        Ok(self.connection_of(service, facts))
    }
}
