//! The kinds of credentials, by the names that `--credential` accepts and reports print.
//!
//! It never checks whether one is available.

use std::sync::OnceLock;

use adieu_identity::UserAssignedId;
use clap::{Args, ValueEnum};

/// The credential that `auto` chose for this process.
static OF_AUTO: OnceLock<Credential> = OnceLock::new();

// The flags that choose how a verb signs in.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CredentialArguments {
    /// How to sign in
    #[arg(
        long,
        value_enum,
        default_value_t,
        env = "ADIEU_CREDENTIAL",
        hide_env = true
    )]
    pub(crate) credential: Credential,
    /// User-assigned managed identity, by its client ID, object-id:ID or resource ID; implies --credential
    /// managed-identity [default: AZURE_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    pub(crate) identity: Option<UserAssignedId>,
}

impl CredentialArguments {
    /// The requested credential, from its own flag or from that of the managed identity.
    pub(crate) fn chosen(&self) -> Credential {
        match self.credential {
            Credential::Auto if self.identity.is_some() => Credential::ManagedIdentity,
            chosen => chosen,
        }
    }

    /// The same identity with only one credential.
    pub(crate) fn by(&self, credential: Credential) -> Self {
        Self {
            credential,
            identity: self.identity.clone(),
        }
    }
}

impl From<Credential> for CredentialArguments {
    fn from(credential: Credential) -> Self {
        Self {
            credential,
            identity: None,
        }
    }
}

/// What `--credential` takes. The order is the one in which `auto` tries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Credential {
    /// Try each of the following in order and use the first that works
    #[default]
    Auto,
    /// The service connection of the pipeline
    Pipelines,
    /// The identity of a GitHub Actions workflow
    GithubActions,
    /// The identity of a GitLab CI/CD job
    Gitlab,
    /// A federated token in a file, as on Kubernetes, or in a variable
    WorkloadIdentity,
    /// The managed identity of the machine or app
    ManagedIdentity,
    /// The sign-in of the Azure Developer CLI
    Azd,
    /// The sign-in of the Azure CLI
    Az,
}

/// The credential that `auto` chose, for a later error.
pub(crate) fn credential_of_auto() -> Option<Credential> {
    OF_AUTO.get().copied()
}

/// Stores it.
pub(crate) fn set_credential_of_auto(credential: Credential) {
    let _ = OF_AUTO.set(credential);
}

impl Credential {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Pipelines => "pipelines",
            Self::GithubActions => "github-actions",
            Self::Gitlab => "gitlab",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::Azd => "azd",
            Self::Az => "az",
        }
    }
}
