//! Service connections: what they hold, and how a test adds one with an application behind it.
//!
//! It never gives one to a task; the agent does.

use std::collections::BTreeMap;

use crate::certificates::{ApplicationCertificate, CertificateParts};
use crate::directory::{Application, FederatedCredential, ID_TOKEN_AUDIENCE, guid};
use crate::world::World;

/// A service connection: what the agent gives to a task that names it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) name: String,
    /// Its type, as inputs name it behind `connectedService:`.
    pub(crate) kind: String,
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

    /// The type "Azure DevOps" of sprint 275 (learn.microsoft.com, "Access Azure DevOps with Microsoft Entra workload
    /// identity"): federated, of no subscription, with an organization's address and no data.
    #[must_use]
    pub fn azure_devops(name: &str, organization: &str) -> Self {
        let mut connection = Self::workload_identity(name)
            .kind("workloadidentityuser")
            .url(&format!("https://dev.azure.com/{organization}/"))
            .authority("");
        connection.data.clear();
        connection
    }

    /// Of another type, as inputs name it behind `connectedService:`.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.kind);
        self
    }

    /// With another address.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// With any scheme, of the type "Azure Resource Manager".
    #[must_use]
    pub fn new(name: &str, scheme: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: "AzureRM".to_owned(),
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

impl Connection {
    /// Whether an input that asks for connections of a type, or of one of several, takes this one; the server's words
    /// if not. It says them before a run starts.
    pub(crate) fn fits(&self, kind: &str, step: &str, input: &str) -> Result<(), String> {
        // `connectedService:AzureRM:WorkloadIdentityFederation` names schemes too.
        let kinds = kind.split(':').next().unwrap_or_default();
        if kinds
            .split(',')
            .any(|kind| kind.trim().eq_ignore_ascii_case(&self.kind))
        {
            return Ok(());
        }
        Err(format!(
            "The pipeline is not valid. Step {step} input {input} expects a service connection of type {kinds} but the provided service connection {} is of type {}.",
            self.name, self.kind
        ))
    }
}

impl World {
    /// Adds a connection with an application of its own in the home tenant, which has whatever proof
    /// the connection's scheme is about. Returns the connection's id.
    pub fn add_connection(&self, mut connection: Connection) -> String {
        let id = guid();
        let mut directory = self.directory();
        let tenant = directory.tenants[0].clone();
        let (issuer, subject) = directory.issuer_and_subject(&id, &connection.name);
        let mut application = Application {
            registration_id: guid(),
            ..Application::new(&connection.name, &tenant)
        };
        let client_id = application.client_id.clone();
        let mut fill = |key: &str, value: &str| {
            connection
                .parameters
                .entry(key.to_owned())
                .or_insert_with(|| value.to_owned());
        };
        fill("tenantid", &tenant);
        match connection.scheme.as_str() {
            "ManagedServiceIdentity" => application.registration_id.clear(),
            _ => fill("serviceprincipalid", &client_id),
        }
        if connection.scheme == "WorkloadIdentityFederation" {
            let audience = ID_TOKEN_AUDIENCE.to_owned();
            application.federated.push(FederatedCredential {
                issuer,
                subject,
                audience,
            });
        }
        match connection
            .parameters
            .get("authenticationType")
            .map(String::as_str)
        {
            Some("spnCertificate") => {
                let certificate = ApplicationCertificate::generate();
                let parts = &certificate.parts;
                let pem = format!("{}{}", parts.certificate, parts.key);
                directory
                    .ledger
                    .record("certificate's key", private_part(&pem));
                connection
                    .parameters
                    .entry("servicePrincipalCertificate".to_owned())
                    .or_insert(pem);
                application.certificate = Some(certificate);
            }
            Some(_) => {
                let secret = format!("s3cr3t~{}+/=&%", guid());
                directory.ledger.record("client secret", &secret);
                connection
                    .parameters
                    .entry("servicePrincipalKey".to_owned())
                    .or_insert(secret.clone());
                application.secret = Some(secret);
            }
            None => {}
        }
        if !connection.authority_is_set {
            connection.data.insert(
                "activeDirectoryAuthority".to_owned(),
                self.entra().url().to_owned(),
            );
        }
        connection.parameters.retain(|_, value| !value.is_empty());
        connection.data.retain(|_, value| !value.is_empty());
        if let Some(client) = connection.data.get("msiclientId") {
            application.client_id = client.clone();
        } else if connection.scheme == "ManagedServiceIdentity" {
            directory.managed_identity.machine = Some(client_id);
        }
        let client_id = application.client_id.clone();
        directory.clients.insert(id.clone(), client_id);
        directory.applications.push(application);
        directory.connections.insert(id.clone(), connection);
        id
    }

    /// Id of a connection.
    #[must_use]
    pub fn connection_id(&self, name: &str) -> String {
        let directory = self.directory();
        let found = directory
            .connections
            .iter()
            .find(|(_, connection)| connection.name == name);
        found
            .map(|(id, _)| id.clone())
            .unwrap_or_else(|| panic!("there is no connection {name}"))
    }

    /// Client id of the application behind a connection.
    #[must_use]
    pub fn client_id(&self, connection: &str) -> String {
        let id = self.connection_id(connection);
        let directory = self.directory();
        let in_connection = directory.connections[&id]
            .parameters
            .get("serviceprincipalid");
        let known = in_connection.or_else(|| directory.clients.get(&id));
        known.cloned().unwrap_or_default()
    }

    /// What the certificate of a connection can be put together of.
    #[must_use]
    pub fn certificate_parts(&self, connection: &str) -> CertificateParts {
        let id = self.connection_id(connection);
        let directory = self.directory();
        let client_id = &directory.clients[&id];
        let applications = &mut directory.applications.iter();
        let application = applications.find(|known| known.client_id == *client_id);
        let certificate = application.and_then(|known| known.certificate.as_ref());
        certificate.expect("a certificate").parts.clone()
    }

    /// Lets the application of a connection trust certificates by subject name and issuer, as `x5c` shows them, and
    /// none by its thumbprint.
    pub fn trust_by_subject_name(&self, connection: &str) {
        let id = self.connection_id(connection);
        let mut directory = self.directory();
        let client_id = directory.clients[&id].clone();
        for application in &mut directory.applications {
            if application.client_id == client_id
                && let Some(certificate) = &mut application.certificate
            {
                certificate.by_subject_name = true;
            }
        }
    }

    /// Sets a parameter of a connection that is there already.
    pub fn set_parameter(&self, connection: &str, key: &str, value: &str) {
        let id = self.connection_id(connection);
        if let Some(connection) = self.directory().connections.get_mut(&id) {
            connection
                .parameters
                .insert(key.to_owned(), value.to_owned());
        }
    }
}

/// The key's part of a PEM text: the certificate is no secret.
fn private_part(pem: &str) -> &str {
    pem.find("-----BEGIN PRIVATE KEY-----")
        .map(|start| pem[start..].trim_start_matches("-----BEGIN PRIVATE KEY-----"))
        .and_then(|key| key.split("-----END").next())
        .unwrap_or_default()
}
