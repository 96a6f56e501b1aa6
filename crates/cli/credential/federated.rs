//! An application that trusts the ID tokens of another issuer than Azure DevOps: a workflow, a job, a workload.
//!
//! It asks nothing.

use adieu_identity::{Scheme, ServiceConnection};

use super::{authority, cloud, required};
use crate::connection::Connection;
use crate::failure::{ConnectionFacts, CredentialProblemKind};

/// Who issued the ID token, as the facts of a connection name its scheme. No service connection has one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Federation {
    /// GitHub Actions, for the running workflow.
    GithubActions,
    /// GitLab, for the running job.
    Gitlab,
    /// A platform that writes the token into a file and renews it.
    File,
    /// A platform that set the token in a variable once.
    Variable,
}

impl Federation {
    fn scheme(self) -> &'static str {
        match self {
            Self::GithubActions => "GitHub Actions",
            Self::Gitlab => "GitLab",
            Self::File => "federated token file",
            Self::Variable => "federated token",
        }
    }

    /// The one that the facts of a connection name.
    pub(crate) fn of(connection: &ConnectionFacts) -> Option<Self> {
        let all = [
            Self::GithubActions,
            Self::Gitlab,
            Self::File,
            Self::Variable,
        ];
        all.into_iter()
            .find(|one| one.scheme() == connection.scheme)
    }

    /// The application of `AZURE_CLIENT_ID` in the tenant that is asked, or else in `AZURE_TENANT_ID`.
    pub(super) fn connection(
        self,
        tenant: Option<&str>,
        scheme: Scheme,
    ) -> Result<Connection, CredentialProblemKind> {
        let client_id = required("AZURE_CLIENT_ID")?;
        let tenant = match tenant {
            Some(tenant) => tenant.to_owned(),
            None => required("AZURE_TENANT_ID")?,
        };
        let authority = authority()?;
        let facts = ConnectionFacts {
            scheme: self.scheme().to_owned(),
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            authority: authority.host(),
            ..ConnectionFacts::default()
        };
        Ok(Connection {
            service: ServiceConnection {
                authority,
                tenant,
                client_id,
                scheme,
            },
            cloud: cloud(),
            facts,
        })
    }
}
