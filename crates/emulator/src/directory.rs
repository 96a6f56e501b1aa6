//! What the services share: tenants, applications, access tokens, and the ledger of secrets.
//!
//! It answers no request and knows no service; they all use it.

use std::collections::BTreeMap;

use crate::certificates::ApplicationCertificate;
use crate::clock::Clock;
use crate::http::Request;
use crate::ids::{azure_devops_id, guid};
use crate::ledger::Ledger;

/// The resources that exist in every tenant, by their names in Microsoft Entra.
const RESOURCES: [&str; 16] = [
    "499b84ac-1321-427f-aa17-267ca6975798",
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "https://vault.azure.net",
    "https://vault.usgovcloudapi.net",
    "https://vault.azure.cn",
    "https://storage.azure.com",
    "https://database.windows.net",
    "https://database.usgovcloudapi.net",
    "https://database.chinacloudapi.cn",
    "api://my-application",
];

/// What the services share: tenants and what is in them, tokens, and the ledger.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) organization: String,
    pub(crate) organization_id: String,
    pub(crate) project: String,
    pub(crate) project_id: String,
    pub(crate) issuer: Issuer,
    pub(crate) tenants: Vec<String>,
    pub(crate) applications: Vec<Application>,
    pub(crate) resources: Vec<String>,
    pub(crate) token_lifetime: i64,
    pub(crate) token_flaw: Option<TokenFlaw>,
    /// Whether access tokens and job tokens can be decoded by everyone.
    pub(crate) tokens_are_readable: bool,
    pub(crate) ledger: Ledger,
    pub(crate) violations: Vec<String>,
    pub(crate) access_tokens: Vec<IssuedToken>,
    /// Identity to its ID in Azure DevOps.
    azure_devops_ids: BTreeMap<String, String>,
}

/// The issuer of ID tokens, and the form of their subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Issuer {
    /// `https://vstoken.dev.azure.com/<organization>` and `sc://<organization>/<project>/<connection>`.
    #[default]
    AzureDevOps,
    /// `https://login.microsoftonline.com/<tenant>/v2.0` and `/eid1/c/pub/t/…/sc/<organization>/<connection>`.
    Entra,
}

/// A flaw in the access tokens that Microsoft Entra issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFlaw {
    /// Issued by another tenant.
    Tenant,
    /// For another resource.
    Audience,
    /// Already expired.
    Expired,
    /// `expires_in` as text, as some servers write it.
    TextLifetime,
    /// Longer than a variable may be.
    Long,
}

impl TokenFlaw {
    /// Whether a client has to decode the token to find it.
    pub(crate) fn is_in_claims(self) -> bool {
        matches!(self, Self::Tenant | Self::Audience | Self::Long)
    }
}

/// An access token that was issued.
#[derive(Debug, Clone)]
pub(crate) struct IssuedToken {
    pub(crate) value: String,
    /// Its owner: `Directory::identity`.
    pub(crate) identity: String,
    pub(crate) tenant: String,
    pub(crate) audience: String,
    pub(crate) expires_on: i64,
}

/// An application in a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    /// Object ID of the enterprise application.
    pub(crate) object_id: String,
    /// Object ID of the app registration; a managed identity has none.
    pub(crate) registration_id: String,
    pub(crate) name: String,
    pub(crate) federated: Vec<FederatedCredential>,
    pub(crate) secret: Option<String>,
    pub(crate) certificate: Option<ApplicationCertificate>,
    /// Whether other tenants can use it (`signInAudience: AzureADMultipleOrgs`).
    pub(crate) is_multi_tenant: bool,
    /// A person's sign-in name; an application has none.
    pub(crate) sign_in_name: Option<String>,
}

impl Application {
    /// An identity with only a name and IDs.
    pub(crate) fn new(name: &str, tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            client_id: guid(),
            object_id: guid(),
            registration_id: String::new(),
            name: name.to_owned(),
            federated: Vec::new(),
            secret: None,
            certificate: None,
            is_multi_tenant: false,
            sign_in_name: None,
        }
    }

    /// A person. It has the IDs of an application, because nothing else distinguishes their tokens.
    pub(crate) fn person(sign_in_name: &str, tenant: &str) -> Self {
        Self {
            sign_in_name: Some(sign_in_name.to_owned()),
            ..Self::new(sign_in_name, tenant)
        }
    }

    /// The identity's account in Azure DevOps.
    pub(crate) fn account(&self) -> &str {
        self.sign_in_name.as_ref().unwrap_or(&self.object_id)
    }
}

/// A federated credential of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FederatedCredential {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
}

impl Directory {
    /// The access token in a request, if it is valid.
    pub(crate) fn token_of(&self, request: &Request, clock: &Clock) -> Option<&IssuedToken> {
        let token = request.header("authorization")?.strip_prefix("Bearer ")?;
        let mut issued = self.access_tokens.iter();
        issued.find(|issued| issued.value == token && issued.expires_on > clock.now())
    }

    /// The initial state of every world: one tenant, and the organization `contoso` with its project `fabrikam`.
    pub(crate) fn new(issuer: Issuer) -> Self {
        Self {
            organization: "contoso".to_owned(),
            organization_id: guid(),
            project: "fabrikam".to_owned(),
            project_id: guid(),
            issuer,
            tenants: vec![guid()],
            resources: RESOURCES.map(str::to_owned).to_vec(),
            token_lifetime: 3599,
            ..Self::default()
        }
    }

    /// An identity in Azure DevOps: in the home tenant its client ID, in other tenants another one.
    pub(crate) fn identity(&self, client: &str, tenant: &str) -> String {
        if self.tenants.first().is_some_and(|home| home == tenant) {
            client.to_owned()
        } else {
            format!("{client}@{tenant}")
        }
    }

    /// The application of an identity, in its tenant.
    pub(crate) fn application(&self, identity: &str) -> Option<&Application> {
        self.applications
            .iter()
            .find(|known| self.identity(&known.client_id, &known.tenant) == identity)
    }

    /// An access token that was issued here.
    pub(crate) fn issued(&self, token: &str) -> &IssuedToken {
        let mut issued = self.access_tokens.iter();
        let found = issued.find(|issued| issued.value == token);
        found.expect("a token that was issued here")
    }

    /// The client ID of the application behind a connection; the application has the connection's name.
    pub(crate) fn client_of(&self, connection: &str) -> String {
        self.application_of(connection).client_id.clone()
    }

    /// The application behind a connection, in its home tenant.
    pub(crate) fn application_of(&self, connection: &str) -> &Application {
        let mut known = self.applications.iter();
        known
            .find(|known| known.name == connection)
            .unwrap_or_else(|| panic!("there is no connection {connection}"))
    }

    /// The ID of an identity in Azure DevOps, which is created on first use.
    pub(crate) fn azure_devops_id(&mut self, identity: &str) -> String {
        let known = self.azure_devops_ids.entry(identity.to_owned());
        known.or_insert_with(azure_devops_id).clone()
    }

    /// The identity with an ID in Azure DevOps.
    pub(crate) fn identity_of(&self, azure_devops_id: &str) -> Option<String> {
        let mut known = self.azure_devops_ids.iter();
        let found = known.find(|(_, id)| *id == azure_devops_id);
        found.map(|(identity, _)| identity.clone())
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

    /// Records every secret that a service does not expect, every one in the wrong place, and every one in an
    /// address.
    pub(crate) fn inspect(
        &mut self,
        service: &str,
        expected_secrets: &ExpectedSecrets,
        request: &Request,
    ) {
        let mut found = Vec::new();
        let address = format!("{}?{}", request.path, request.query);
        for kind in self.ledger.found_in(address.as_bytes()) {
            found.push(format!("{service} was sent a secret in an address: {kind}"));
        }
        let mut unasked = |part: &str, text: &[u8], asked: &[&str]| {
            for kind in self.ledger.found_in(text) {
                if !asked.contains(&kind) {
                    found.push(format!(
                        "{service} was sent a secret that it did not ask for in {part}: {kind}"
                    ));
                }
            }
        };
        for (name, value) in &request.headers {
            let is_its_place =
                ["authorization", "x-identity-header"].contains(&name.to_lowercase().as_str());
            let asked = if is_its_place {
                expected_secrets.headers
            } else {
                &[]
            };
            unasked(&format!("the header {name}"), value.as_bytes(), asked);
        }
        let body = &request.body[..request.body.len().min(LONGEST_TEXT)];
        unasked("the body", body, expected_secrets.body);
        self.violations.append(&mut found);
    }

    pub(crate) fn violation(&mut self, text: String) {
        self.violations.push(text);
    }
}

/// Kinds of secrets that a service expects from its clients, and where.
#[derive(Debug)]
pub(crate) struct ExpectedSecrets {
    pub(crate) headers: &'static [&'static str],
    pub(crate) body: &'static [&'static str],
}

/// How much of a body is searched for secrets, in bytes: a longer one is a package or a file.
const LONGEST_TEXT: usize = 1 << 20;

/// The audience of every ID token (learn.microsoft.com, "Workload identity federation").
pub(crate) const ID_TOKEN_AUDIENCE: &str = "api://AzureADTokenExchange";
