//! The kinds of credential, by the names that `--credential` takes and reports print.
//!
//! It never looks for one on the machine.

use clap::ValueEnum;

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
