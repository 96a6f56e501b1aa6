//! The kinds of credential, by the names that `--credential` takes and reports print.
//!
//! It never looks for one on the machine.

use adieu_identity::UserAssignedId;
use clap::{Args, ValueEnum};

/// The flags by which a verb is told which identity asks.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CredentialArguments {
    /// Which identity asks
    #[arg(long, value_enum, default_value_t)]
    pub(crate) credential: Credential,
    /// User-assigned managed identity, by its client id, object-id:ID or resource id; implies --credential
    /// managed-identity [default: AZURE_CLIENT_ID]
    // `onboard` has an argument of this name.
    #[arg(id = "managed-identity-id", long = "identity", value_name = "ID")]
    pub(crate) identity: Option<UserAssignedId>,
}

impl CredentialArguments {
    /// The credential that is asked for, by its own flag or by that of the managed identity.
    pub(crate) fn chosen(&self) -> Credential {
        match self.credential {
            Credential::Auto if self.identity.is_some() => Credential::ManagedIdentity,
            chosen => chosen,
        }
    }

    /// The same identity by one credential alone.
    pub(crate) fn by(&self, credential: Credential) -> Self {
        Self {
            credential,
            identity: self.identity.clone(),
        }
    }
}

/// What `--credential` takes. The order is the one in which `auto` tries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Credential {
    /// The first of the others that is configured and gives a token
    #[default]
    Auto,
    /// The pipeline's service connection
    Pipelines,
    /// A federated token in a file, as on Kubernetes
    WorkloadIdentity,
    /// The machine's or the app's own identity
    ManagedIdentity,
    /// The Azure Developer CLI's sign-in
    Azd,
    /// The Azure CLI's sign-in
    Az,
}

impl Credential {
    /// Its name, as the command line has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Pipelines => "pipelines",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::Azd => "azd",
            Self::Az => "az",
        }
    }
}
