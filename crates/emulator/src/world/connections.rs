//! A connection and the application behind it, which belong to two services.
//!
//! It never passes one to a task; the agent does.

use super::World;
use crate::azure_devops::Connection;
use crate::certificates::ApplicationCertificate;
use crate::directory::{Application, FederatedCredential, ID_TOKEN_AUDIENCE};
use crate::ids::guid;

impl World {
    /// Adds a connection with its own application in the home tenant, which has the proof of the connection's scheme.
    /// Returns the connection's ID.
    pub fn add_connection(&self, mut connection: Connection) -> String {
        let id = guid();
        let mut own = self.azure_devops.own();
        if matches!(
            connection.scheme.as_str(),
            "Token" | "UsernamePassword" | "None"
        ) {
            own.connections.insert(id.clone(), connection);
            return id;
        }
        let mut directory = self.shared.directory();
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
                self.entra.url().to_owned(),
            );
        }
        connection.parameters.retain(|_, value| !value.is_empty());
        connection.data.retain(|_, value| !value.is_empty());
        let mut machine = None;
        if let Some(client) = connection.data.get("msiclientId") {
            application.client_id = client.clone();
        } else if connection.scheme == "ManagedServiceIdentity" {
            machine = Some(client_id);
        }
        directory.applications.push(application);
        own.connections.insert(id.clone(), connection);
        drop((own, directory));
        if machine.is_some() {
            self.managed_identity.own().machine = machine;
        }
        id
    }

    /// Client ID of the application behind a connection.
    #[must_use]
    pub fn client_id(&self, connection: &str) -> String {
        let own = self.azure_devops.own();
        let known = own.connection(connection);
        let in_connection = known.and_then(|(_, known)| known.parameters.get("serviceprincipalid"));
        match in_connection {
            Some(client) => client.clone(),
            None => self.shared.directory().client_of(connection),
        }
    }

    /// ID of a connection.
    #[must_use]
    pub fn connection_id(&self, connection: &str) -> String {
        self.azure_devops.connection_id(connection)
    }
}

/// The private key in a PEM text: the certificate is not a secret.
fn private_part(pem: &str) -> &str {
    pem.find("-----BEGIN PRIVATE KEY-----")
        .map(|start| pem[start..].trim_start_matches("-----BEGIN PRIVATE KEY-----"))
        .and_then(|key| key.split("-----END").next())
        .unwrap_or_default()
}
