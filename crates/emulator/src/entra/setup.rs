//! What a test can set up in Microsoft Entra: tenants, federated credentials, lifetimes, refusals, flaws.
//!
//! It answers no request.

use super::Entra;
use crate::certificates::CertificateParts;
use crate::directory::{Application, FederatedCredential, ID_TOKEN_AUDIENCE, TokenFlaw};
use crate::ids::guid;
use crate::issued::{AZURE_DEVOPS, MICROSOFT_GRAPH, issue};

impl Entra {
    /// The home tenant.
    #[must_use]
    pub fn tenant(&self) -> String {
        self.directory().tenants[0].clone()
    }

    /// Adds a tenant that also has a connection's application, with its proof.
    pub fn add_tenant(&self, connection: &str) -> String {
        let tenant = guid();
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        let known = directory
            .applications
            .iter()
            .find(|application| application.client_id == client);
        // Each tenant has its own enterprise application for it.
        let application = Application {
            tenant: tenant.clone(),
            object_id: guid(),
            ..known.expect("an application").clone()
        };
        directory.applications.push(application);
        directory.tenants.push(tenant.clone());
        tenant
    }

    /// Adds a tenant without applications.
    pub fn add_foreign_tenant(&self) -> String {
        let tenant = guid();
        self.directory().tenants.push(tenant.clone());
        tenant
    }

    /// Adds a federated credential for another issuer to a connection's application.
    pub fn trust(&self, connection: &str, issuer: &str, subject: &str) {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        let known = directory.applications.iter_mut();
        for application in known.filter(|application| application.client_id == client) {
            application.federated.push(FederatedCredential {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
                audience: ID_TOKEN_AUDIENCE.to_owned(),
            });
        }
    }

    /// Changes the federated credential of a connection's application: issuer, subject, audience.
    pub fn federate(
        &self,
        connection: &str,
        change: impl FnOnce(&mut String, &mut String, &mut String),
    ) {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        let credential = directory
            .applications
            .iter_mut()
            .find(|application| application.client_id == client)
            .and_then(|application| application.federated.first_mut())
            .expect("a federated credential");
        change(
            &mut credential.issuer,
            &mut credential.subject,
            &mut credential.audience,
        );
    }

    /// Removes the federated credentials of a connection's application.
    pub fn unfederate(&self, connection: &str) {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        for application in &mut directory.applications {
            if application.client_id == client {
                application.federated.clear();
            }
        }
    }

    /// Makes Microsoft Entra refuse with this code, always or a number of times.
    pub fn refuse_with(&self, code: u32, times: Option<u32>) {
        self.own().refusal = Some((code, times));
    }

    /// Makes Microsoft Entra write its errors in several lines, as before 2025.
    pub fn two_line_errors(&self) {
        self.own().two_line_errors = true;
    }

    /// Makes Microsoft Entra and Azure DevOps issue tokens that everyone can decode, as before 2026.
    pub fn readable_tokens(&self) {
        self.directory().tokens_are_readable = true;
    }

    /// The expiry of an access token that was issued here, in seconds since 1970.
    ///
    /// # Panics
    /// No such token was issued.
    #[must_use]
    pub fn token_expires_on(&self, token: &str) -> i64 {
        self.directory().issued(token).expires_on
    }

    /// The client ID of the application that an access token belongs to, in the home tenant.
    ///
    /// # Panics
    /// No such token was issued.
    #[must_use]
    pub fn token_client(&self, token: &str) -> String {
        self.directory().issued(token).identity.clone()
    }

    /// Lets other tenants use a connection's application; federation for Azure DevOps refuses that.
    pub fn multi_tenant(&self, connection: &str) {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        for known in &mut directory.applications {
            known.is_multi_tenant |= known.client_id == client;
        }
    }

    /// Makes Microsoft Entra issue access tokens with a flaw.
    pub fn flaw(&self, flaw: TokenFlaw) {
        self.directory().token_flaw = Some(flaw);
    }

    /// Sets the lifetime of access tokens, in seconds.
    pub fn access_token_lifetime(&self, seconds: i64) {
        self.directory().token_lifetime = seconds;
    }

    /// An access token of a connection's application for Azure DevOps, for other clients.
    #[must_use]
    pub fn azure_devops_token(&self, connection: &str) -> String {
        self.token(AZURE_DEVOPS, connection)
    }

    /// An access token of a connection's application for Microsoft Graph, for other clients.
    #[must_use]
    pub fn graph_token(&self, connection: &str) -> String {
        self.token(MICROSOFT_GRAPH, connection)
    }

    fn token(&self, resource: &str, connection: &str) -> String {
        let mut directory = self.directory();
        let application = directory.application_of(connection).clone();
        issue(resource, &application, &mut directory, self.clock())
    }

    /// Object ID of the enterprise application behind a connection, in the home tenant.
    #[must_use]
    pub fn object_id(&self, connection: &str) -> String {
        self.directory()
            .application_of(connection)
            .object_id
            .clone()
    }

    /// The parts of a connection's certificate.
    ///
    /// # Panics
    /// The connection has no certificate.
    #[must_use]
    pub fn certificate_parts(&self, connection: &str) -> CertificateParts {
        let directory = self.directory();
        let known = &directory.application_of(connection).certificate;
        known.as_ref().expect("a certificate").parts.clone()
    }

    /// Lets the application of a connection trust certificates by subject name and issuer, as shown in `x5c`, and
    /// none by its thumbprint.
    pub fn trust_by_subject_name(&self, connection: &str) {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        for known in &mut directory.applications {
            if known.client_id == client
                && let Some(certificate) = &mut known.certificate
            {
                certificate.by_subject_name = true;
            }
        }
    }

    /// Object ID of the app registration behind a connection.
    #[must_use]
    pub fn registration_id(&self, connection: &str) -> String {
        let directory = self.directory();
        directory.application_of(connection).registration_id.clone()
    }

    /// Removes the enterprise application of a connection's application; its registration stays.
    pub fn remove_enterprise_application(&self, connection: &str) {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        for known in &mut directory.applications {
            if known.client_id == client {
                known.object_id.clear();
            }
        }
    }
}
