//! What a test arranges in Entra: tenants, federated credentials, lifetimes, refusals, flaws.
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

    /// Adds a tenant in which a connection's application, with its proof, is known too.
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

    /// Adds a tenant that knows no application.
    pub fn add_foreign_tenant(&self) -> String {
        let tenant = guid();
        self.directory().tenants.push(tenant.clone());
        tenant
    }

    /// Adds a federated credential of another issuer to a connection's application.
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

    /// Lets Entra refuse with this number, always or a number of times.
    pub fn refuse_with(&self, code: u32, times: Option<u32>) {
        self.own().refusal = Some((code, times));
    }

    /// Lets Entra write its errors in several lines, as it did before 2025.
    pub fn two_line_errors(&self) {
        self.own().two_line_errors = true;
    }

    /// Lets Entra and Azure DevOps issue tokens that everyone can read, as they did before 2026.
    pub fn readable_tokens(&self) {
        self.directory().tokens_are_readable = true;
    }

    /// When an access token that was issued here expires, in seconds since 1970.
    ///
    /// # Panics
    /// No such token was issued.
    #[must_use]
    pub fn token_expires_on(&self, token: &str) -> i64 {
        self.directory().issued(token).expires_on
    }

    /// The client id of the application of the home tenant that an access token is of.
    ///
    /// # Panics
    /// No such token was issued.
    #[must_use]
    pub fn token_client(&self, token: &str) -> String {
        self.directory().issued(token).identity.clone()
    }

    /// Lets other tenants have a connection's application too, which federation for Azure DevOps refuses.
    pub fn multi_tenant(&self, connection: &str) {
        let mut directory = self.directory();
        let client = directory.client_of(connection);
        for known in &mut directory.applications {
            known.is_multi_tenant |= known.client_id == client;
        }
    }

    /// Lets Entra give access tokens with a flaw.
    pub fn flaw(&self, flaw: TokenFlaw) {
        self.directory().token_flaw = Some(flaw);
    }

    /// How long access tokens live, in seconds.
    pub fn access_token_lifetime(&self, seconds: i64) {
        self.directory().token_lifetime = seconds;
    }

    /// An access token of a connection's application for Azure DevOps, for clients of others.
    #[must_use]
    pub fn azure_devops_token(&self, connection: &str) -> String {
        self.token(AZURE_DEVOPS, connection)
    }

    /// An access token of a connection's application for Microsoft Graph, for clients of others.
    #[must_use]
    pub fn graph_token(&self, connection: &str) -> String {
        self.token(MICROSOFT_GRAPH, connection)
    }

    fn token(&self, resource: &str, connection: &str) -> String {
        let mut directory = self.directory();
        let application = directory.application_of(connection).clone();
        issue(resource, &application, &mut directory, self.clock())
    }

    /// Object id of the enterprise application behind a connection, in the home tenant.
    #[must_use]
    pub fn object_id(&self, connection: &str) -> String {
        self.directory()
            .application_of(connection)
            .object_id
            .clone()
    }

    /// What the certificate of a connection can be put together of.
    ///
    /// # Panics
    /// The connection has no certificate.
    #[must_use]
    pub fn certificate_parts(&self, connection: &str) -> CertificateParts {
        let directory = self.directory();
        let known = &directory.application_of(connection).certificate;
        known.as_ref().expect("a certificate").parts.clone()
    }

    /// Lets the application of a connection trust certificates by subject name and issuer, as `x5c` shows them, and
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

    /// Object id of the app registration behind a connection.
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
