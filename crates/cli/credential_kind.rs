//! The flags that choose a credential, and which one `auto` chose.
//!
//! It never checks whether one is available.

use std::sync::OnceLock;

use adieu_identity::{Credential, UserAssignedId};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// The credential that `auto` chose for this process.
static OF_AUTO: OnceLock<Credential> = OnceLock::new();

// The flags that choose how a verb signs in.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CredentialArguments {
    /// How to sign in
    #[arg(long, value_parser = credential_values(), default_value = "auto")]
    #[arg(env = "ADIEU_CREDENTIAL", hide_env = true)]
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

/// The credential that `auto` chose, for a later error.
pub(crate) fn credential_of_auto() -> Option<Credential> {
    OF_AUTO.get().copied()
}

/// Stores it.
pub(crate) fn set_credential_of_auto(credential: Credential) {
    let _ = OF_AUTO.set(credential);
}

/// What `--credential` takes.
pub(crate) fn credential_values() -> impl TypedValueParser<Value = Credential> {
    let all = [Credential::Auto].into_iter().chain(Credential::ALL);
    let values = all.map(|one| PossibleValue::new(one.name()).help(help(one)));
    PossibleValuesParser::new(values).map(|name| named(&name).unwrap_or_default())
}

/// The credential with this name.
pub(crate) fn named(name: &str) -> Option<Credential> {
    Credential::ALL.into_iter().find(|one| one.name() == name)
}

fn help(credential: Credential) -> &'static str {
    match credential {
        Credential::Auto => "Try each of the following in order and use the first that works",
        Credential::Pipelines => "The service connection of the pipeline",
        Credential::GithubActions => "The identity of a GitHub Actions workflow",
        Credential::Gitlab => "The identity of a GitLab CI/CD job",
        Credential::WorkloadIdentity => {
            "A federated token in a file, as on Kubernetes, or in a variable"
        }
        Credential::ManagedIdentity => "The managed identity of the machine or app",
        Credential::Azd => "The sign-in of the Azure Developer CLI",
        Credential::Az => "The sign-in of the Azure CLI",
    }
}
