//! The contents of service connections.
//!
//! It never gives one to a task; the agent does.

use std::collections::BTreeMap;

/// A service connection, as the agent passes it to a task that names it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) name: String,
    /// Its type, which inputs name after `connectedService:`.
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

    /// With the machine's managed identity, which is user-assigned if a client ID is given.
    #[must_use]
    pub fn managed_identity(name: &str, client_id: Option<&str>) -> Self {
        let connection = Self::new(name, "ManagedServiceIdentity");
        match client_id {
            Some(id) => connection.data("msiclientId", id),
            None => connection,
        }
    }

    /// The type "Azure DevOps" of sprint 275 (learn.microsoft.com, "Access Azure DevOps with Microsoft Entra workload
    /// identity"): federated, without a subscription, with an organization's address and no data.
    #[must_use]
    pub fn azure_devops(name: &str, organization: &str) -> Self {
        let mut connection = Self::workload_identity(name);
        connection.become_azure_devops(organization);
        connection
    }

    pub(crate) fn become_azure_devops(&mut self, organization: &str) {
        "workloadidentityuser".clone_into(&mut self.kind);
        self.url = format!("https://dev.azure.com/{organization}/");
        self.data.clear();
        self.authority_is_set = true;
    }

    /// A type that contains a personal access token: `Token` has it in `apitoken`, and `UsernamePassword` in
    /// `password`.
    #[must_use]
    pub fn personal_access_token(name: &str, kind: &str, scheme: &str, pat: &str) -> Self {
        let mut connection = Self::new(name, scheme)
            .kind(kind)
            .url("https://pkgs.dev.azure.com/contoso/")
            .authority("");
        connection.data.clear();
        match scheme {
            "Token" => connection.parameter("apitoken", pat),
            _ => connection
                .parameter("username", "anyone")
                .parameter("password", pat),
        }
    }

    /// With another type, as inputs name it after `connectedService:`.
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

    /// With another authority than the emulated one; an empty address removes it from the data.
    #[must_use]
    pub fn authority(mut self, url: &str) -> Self {
        self.authority_is_set = true;
        self.data("activeDirectoryAuthority", url)
    }
}

impl Connection {
    /// Whether an input for connections of one or several types accepts this one. If not, the error has the server's
    /// message, which appears before a run starts.
    pub(crate) fn fits(&self, kind: &str, step: &str, input: &str) -> Result<(), String> {
        // `connectedService:AzureRM:WorkloadIdentityFederation` also names schemes.
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
