//! The kinds of credentials, by their names.
//!
//! It never checks whether one is available.

/// The kind of a credential. The order is the one in which `auto` tries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// Each of the following in order, until one works.
    #[default]
    Auto,
    /// The service connection of the pipeline.
    Pipelines,
    /// The identity of a GitHub Actions workflow.
    GithubActions,
    /// The identity of a GitLab CI/CD job.
    Gitlab,
    /// A federated token in a file, as on Kubernetes, or in a variable.
    WorkloadIdentity,
    /// The managed identity of the machine or app.
    ManagedIdentity,
    /// The sign-in of the Azure Developer CLI.
    Azd,
    /// The sign-in of the Azure CLI.
    Az,
}

impl Credential {
    /// Every kind that is not `auto`, in order.
    pub const ALL: [Self; 7] = [
        Self::Pipelines,
        Self::GithubActions,
        Self::Gitlab,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::Azd,
        Self::Az,
    ];

    /// Its name; that of a tool is its program's.
    #[must_use]
    pub fn name(self) -> &'static str {
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

    pub(super) fn is_tool(self) -> bool {
        matches!(self, Self::Azd | Self::Az)
    }
}
