//! What the emulated world knows: tenants, applications, connections, jobs.
//!
//! It answers nobody; Azure DevOps and Entra look things up in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::certificates::ApplicationCertificate;
use crate::git::Git;
use crate::http::Request;
use crate::ledger::Ledger;
use crate::marketplace::{Marketplace, Minted};

/// The state that the services share.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) organization: String,
    pub(crate) organization_id: String,
    pub(crate) project: String,
    pub(crate) project_id: String,
    pub(crate) issuer: Issuer,
    pub(crate) tenants: Vec<String>,
    pub(crate) applications: Vec<Application>,
    pub(crate) connections: BTreeMap<String, Connection>,
    pub(crate) jobs: Vec<JobRecord>,
    pub(crate) resources: Vec<String>,
    pub(crate) token_lifetime: i64,
    pub(crate) id_token_lifetime: i64,
    pub(crate) token_flaw: Option<TokenFlaw>,
    pub(crate) refusal: Option<u32>,
    pub(crate) refusals_left: Option<u32>,
    pub(crate) one_line_errors: bool,
    pub(crate) ledger: Ledger,
    pub(crate) violations: Vec<String>,
    pub(crate) access_tokens: Vec<Minted>,
    pub(crate) marketplace: Marketplace,
    /// Identities that may read others' applications by Microsoft Graph.
    pub(crate) graph_readers: BTreeSet<String>,
    /// Client id behind each connection, by its id.
    pub(crate) clients: BTreeMap<String, String>,
    /// Client id of the machine's system-assigned identity, where it has one.
    pub(crate) machine: Option<String>,
    pub(crate) git: Git,
}

/// Who signs ID tokens, and how their subject is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Issuer {
    /// `https://vstoken.dev.azure.com/<organization>` and `sc://<organization>/<project>/<connection>`.
    #[default]
    AzureDevOps,
    /// `https://login.microsoftonline.com/<tenant>/v2.0` and `/eid1/c/pub/t/…/sc/<organization>/<connection>`.
    Entra,
}

/// What is wrong with the access tokens that Entra gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFlaw {
    /// Another tenant's.
    Tenant,
    /// For another resource.
    Audience,
    /// Over already.
    Expired,
    /// Not a JSON web token; not a flaw for a client that treats it as opaque.
    Opaque,
    /// `expires_in` as text, as some servers write it.
    TextLifetime,
    /// Longer than a variable may be.
    Long,
}

/// An application of a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    /// Of the enterprise application.
    pub(crate) object_id: String,
    /// Of the app registration; a managed identity has none.
    pub(crate) registration_id: String,
    pub(crate) name: String,
    pub(crate) federated: Vec<FederatedCredential>,
    pub(crate) secret: Option<String>,
    pub(crate) certificate: Option<ApplicationCertificate>,
}

/// A federated credential of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FederatedCredential {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
}

/// A service connection: what the agent gives to a task that names it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) name: String,
    pub(crate) scheme: String,
    pub(crate) url: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) data: BTreeMap<String, String>,
    pub(crate) authority_is_set: bool,
}

impl Connection {
    /// With workload identity federation.
    #[must_use]
    pub fn workload_identity(name: &str) -> Self {
        Self::new(name, "WorkloadIdentityFederation")
    }

    /// With a secret.
    #[must_use]
    pub fn client_secret(name: &str) -> Self {
        Self::new(name, "ServicePrincipal").parameter("authenticationType", "spnKey")
    }

    /// With a certificate.
    #[must_use]
    pub fn certificate(name: &str) -> Self {
        Self::new(name, "ServicePrincipal").parameter("authenticationType", "spnCertificate")
    }

    /// With the machine's managed identity, user-assigned where a client id is given.
    #[must_use]
    pub fn managed_identity(name: &str, client_id: Option<&str>) -> Self {
        let connection = Self::new(name, "ManagedServiceIdentity");
        match client_id {
            Some(id) => connection.data("msiclientId", id),
            None => connection,
        }
    }

    /// With any scheme.
    #[must_use]
    pub fn new(name: &str, scheme: &str) -> Self {
        Self {
            name: name.to_owned(),
            scheme: scheme.to_owned(),
            url: "https://management.azure.com/".to_owned(),
            parameters: BTreeMap::new(),
            data: BTreeMap::from([("environment".to_owned(), "AzureCloud".to_owned())]),
            authority_is_set: false,
        }
    }

    /// Sets a parameter of its authorization; an empty one removes it.
    #[must_use]
    pub fn parameter(mut self, key: &str, value: &str) -> Self {
        self.parameters.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Sets a value of its data; an empty one removes it.
    #[must_use]
    pub fn data(mut self, key: &str, value: &str) -> Self {
        self.data.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Signs in elsewhere than at the emulated authority; an empty address removes it from the data.
    #[must_use]
    pub fn authority(mut self, url: &str) -> Self {
        self.authority_is_set = true;
        self.data("activeDirectoryAuthority", url)
    }
}

/// A job that Azure DevOps knows.
#[derive(Debug, Clone)]
pub(crate) struct JobRecord {
    pub(crate) hub: String,
    pub(crate) plan: String,
    pub(crate) id: String,
    pub(crate) token: String,
    /// Connections that steps of the job name.
    pub(crate) references: Vec<String>,
}

impl Directory {
    /// Who somebody is to Azure DevOps: in the home tenant its client id, elsewhere another identity.
    pub(crate) fn identity(&self, client: &str, tenant: &str) -> String {
        if self.tenants.first().is_some_and(|home| home == tenant) {
            client.to_owned()
        } else {
            format!("{client}@{tenant}")
        }
    }

    /// The application in the tenant that an identity is of.
    pub(crate) fn application(&self, identity: &str) -> Option<&Application> {
        self.applications
            .iter()
            .find(|known| self.identity(&known.client_id, &known.tenant) == identity)
    }

    /// The id of a project, by its name.
    pub(crate) fn project_of(&self, organization: &str, name: &str) -> String {
        let known = self.marketplace.projects.get(organization);
        let mut known = known.into_iter().flatten();
        known
            .find(|(_, known)| known == name)
            .map_or_else(|| self.project_id.clone(), |(id, _)| id.clone())
    }

    /// Issuer and subject of a connection's ID tokens.
    pub(crate) fn issuer_and_subject(&self, connection: &str, name: &str) -> (String, String) {
        match self.issuer {
            Issuer::AzureDevOps => (
                format!("https://vstoken.dev.azure.com/{}", self.organization_id),
                format!("sc://{}/{}/{name}", self.organization, self.project),
            ),
            Issuer::Entra => (
                format!("https://login.microsoftonline.com/{}/v2.0", self.tenants[0]),
                format!(
                    "/eid1/c/pub/t/Yx2vAg/a/qrt/sc/{}/{connection}",
                    self.organization_id
                ),
            ),
        }
    }

    /// Notes every secret that a service did not ask for, and every secret in an address.
    pub(crate) fn inspect(&mut self, service: &str, asks_for: &[&str], request: &Request) {
        let mut found = Vec::new();
        let parameters = form_urlencoded::parse(request.query.as_bytes());
        let in_address = parameters.map(|(_, value)| value.into_owned());
        for part in in_address.chain(request.path.split('/').map(str::to_owned)) {
            if let Some(kind) = self.ledger.kind_of(&part) {
                found.push(format!("{service} was sent a secret in an address: {kind}"));
            }
        }
        let headers = request.headers.iter();
        let in_headers =
            headers.map(|(_, value)| value.rsplit(' ').next().unwrap_or_default().to_owned());
        let fields = form_urlencoded::parse(&request.body);
        for part in in_headers.chain(fields.map(|(_, value)| value.into_owned())) {
            if let Some(kind) = self
                .ledger
                .kind_of(&part)
                .filter(|kind| !asks_for.contains(kind))
            {
                found.push(format!(
                    "{service} was sent a secret that it did not ask for: {kind}"
                ));
            }
        }
        self.violations.append(&mut found);
    }

    pub(crate) fn violation(&mut self, text: String) {
        self.violations.push(text);
    }
}

/// The audience of every ID token (learn.microsoft.com, "Workload identity federation").
pub(crate) const ID_TOKEN_AUDIENCE: &str = "api://AzureADTokenExchange";

/// A new random GUID.
pub(crate) fn guid() -> String {
    let bytes = random::<16>();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .expect("randomness");
    bytes
}
