//! A sign-in for the duration of a verb: `auto` until a credential has worked, then that one.
//!
//! It never keeps a token. Which credential it uses is shown with `--verbose`, and in errors.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use adieu_devops::{Client, Hosts};
use adieu_identity::resource::{self, Cloud};
use adieu_identity::{
    Claims, Credential, CredentialProblem, CredentialProblemKind, Scope, Token, is_guid,
};
use adieu_transport::Transport;
use clap::Args;

use super::CredentialArguments;
use crate::credential_kind::{credential_values, set_credential_of_auto};
use crate::failure::Failure;
use crate::identity_ids::IdentityIds;
use crate::report;
use crate::reporter::{Reporter as _, Terminal};

/// Time limit for asking Azure DevOps who a token belongs to.
const CONFIRMATION: Duration = Duration::from_secs(5);

/// The flags that choose how a verb signs in, and to which tenant.
#[derive(Debug, Clone, Args)]
pub(crate) struct SignInArguments {
    /// Tenant ID or domain [default: the organization's tenant, or else the identity's]
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
}

/// The flags for verbs whose `--identity` is the one that they add or remove.
#[derive(Debug, Args)]
pub(crate) struct AdministratorArguments {
    /// Tenant ID or domain [default: the organization's tenant, or else the identity's]
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// How to sign in
    #[arg(long, value_parser = credential_values(), default_value = "auto")]
    #[arg(env = "ADIEU_CREDENTIAL", hide_env = true)]
    pub(crate) credential: Credential,
}

/// The identity that signs in, and its tenant.
pub(crate) struct SignIn {
    asked: CredentialArguments,
    tenant: Option<String>,
    cloud: Cloud,
    used: OnceLock<Credential>,
    says_who: bool,
}

adieu_secret::debug_by_name!(SignIn);

impl SignIn {
    /// Signs in as `--credential` selects, to the given tenant or else to the identity's own.
    pub(crate) fn new(asked: CredentialArguments, tenant: Option<String>) -> Self {
        Self {
            asked,
            tenant,
            cloud: super::cloud(),
            used: OnceLock::new(),
            says_who: true,
        }
    }

    /// Prints no message about the credential: for a program that requests tokens often.
    pub(crate) fn silent(self) -> Self {
        Self {
            says_who: false,
            ..self
        }
    }

    /// The IDs that the credential is configured with, once it was used.
    pub(crate) fn ids(&self) -> IdentityIds {
        let tenant = self.tenant.as_deref();
        let Some(used) = self.used() else {
            return IdentityIds::default();
        };
        match self.asked.credentials(tenant).facts(used) {
            Some(facts) => IdentityIds::from(&facts),
            None => IdentityIds {
                tenant: tenant.filter(|text| is_guid(text)).map(str::to_owned),
                ..IdentityIds::default()
            },
        }
    }

    /// The claims that the credential of the first token presents to Microsoft Entra, which the application's
    /// federated credential must match. `None` if it presents no ID token, or cannot get one now.
    pub(crate) async fn presented(&self, transport: &Transport) -> Option<Claims> {
        let used = self.asked.by(self.used()?);
        let tenant = self.tenant.as_deref();
        let presented = used.credentials(tenant).presented(transport).await?.ok();
        presented.map(|presented| presented.claims)
    }

    /// A new token, for another `tenant` if one is given. With `auto`, the credential of the first token also returns
    /// the later ones.
    pub(crate) async fn token(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Result<Token, Box<Failure>> {
        let is_patient = self.says_who && self.asked.chosen() != Credential::Auto;
        self.token_by(scope, tenant, transport, is_patient).await
    }

    /// A token for a program that waits: a managed identity that is still being set up is reported immediately.
    pub(crate) async fn token_at_once(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
    ) -> Result<Token, Box<Failure>> {
        self.token_by(scope, tenant, transport, false).await
    }

    async fn token_by(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        transport: &Transport,
        is_patient: bool,
    ) -> Result<Token, Box<Failure>> {
        let chosen = self.asked.chosen();
        let asked = self.asked.by(self.used().unwrap_or(chosen));
        let tenant = tenant.or(self.tenant.as_deref());
        let credentials = asked.credentials(tenant);
        let first = credentials.first(scope, transport, is_patient).await;
        let first = first.map_err(Failure::NoCredential)?;
        let is_news = self.used.set(first.credential).is_ok();
        if is_news && self.says_who && chosen == Credential::Auto {
            let (line, warnings) = report::signed_in(first.credential, &first.passed_over);
            for warning in warnings {
                Terminal.warn(&warning);
            }
            Terminal.detail(&line);
            set_credential_of_auto(first.credential);
        }
        Ok(first.token)
    }

    /// A token for another program. A managed identity has only one tenant, whichever is requested; if its token
    /// cannot be decoded, Azure DevOps shows its tenant.
    pub(crate) async fn confirmed(
        &self,
        token: Token,
        scope: &Scope,
        transport: &Transport,
    ) -> Result<(Token, IdentityIds), Box<Failure>> {
        let expected = self.tenant.as_deref().filter(|tenant| is_guid(tenant));
        let is_of_machine = self.used() == Some(Credential::ManagedIdentity);
        let is_for_azure_devops = scope.value == resource::azure_devops().value;
        let Some(expected) =
            expected.filter(|_| is_of_machine && is_for_azure_devops && token.claims().is_none())
        else {
            return Ok((token, IdentityIds::default()));
        };
        let (value, hosts) = (Arc::new(token.value), Hosts::public());
        let client = Client::new(transport, Arc::clone(&value), &hosts);
        let asking = client.own_connection_data();
        // Without an answer, the token may still be valid.
        let ids = match tokio::time::timeout(CONFIRMATION, asking).await {
            Ok(Ok(known)) => IdentityIds::from(&known),
            Ok(Err(_)) | Err(_) => IdentityIds::default(),
        };
        drop(client);
        match &ids.tenant {
            Some(actual) if !actual.eq_ignore_ascii_case(expected) => {
                Err(Failure::NoCredential(vec![CredentialProblem {
                    credential: Credential::ManagedIdentity,
                    fault: CredentialProblemKind::AnotherTenant {
                        expected: expected.to_owned(),
                        actual: actual.clone(),
                    },
                }])
                .into())
            }
            _ => {
                let value = Arc::into_inner(value)
                    .ok_or(Failure::Internal("a token is still being sent"))?;
                let expires_on = token.expires_on;
                Ok((Token { value, expires_on }, ids))
            }
        }
    }

    /// The tenant to sign in to, if it is not the identity's own.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The cloud that decides the addresses of resources.
    pub(crate) fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The credential of the first token, once there is one.
    pub(crate) fn used(&self) -> Option<Credential> {
        self.used.get().copied()
    }
}
