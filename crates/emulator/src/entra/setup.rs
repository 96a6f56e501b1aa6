//! What a test says of Entra before it starts: tenants, federated credentials, lifetimes, refusals, flaws.
//!
//! It answers nobody.

use crate::directory::{Application, ID_TOKEN_AUDIENCE, TokenFlaw, guid};
use crate::issued::issue;
use crate::marketplace::AZURE_DEVOPS;
use crate::microsoft_graph;
use crate::world::World;

impl World {
    /// The home tenant.
    #[must_use]
    pub fn tenant(&self) -> String {
        self.directory().tenants[0].clone()
    }

    /// Adds a tenant in which a connection's application, with its proof, is known too.
    pub fn add_tenant(&self, connection: &str) -> String {
        let client = self.client_id(connection);
        let tenant = guid();
        let mut directory = self.directory();
        let known = directory
            .applications
            .iter()
            .find(|application| application.client_id == client);
        // Each tenant has an enterprise application of its own for it.
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

    /// Changes the federated credential of a connection's application: issuer, subject, audience.
    pub fn federate(
        &self,
        connection: &str,
        change: impl FnOnce(&mut String, &mut String, &mut String),
    ) {
        let client = self.client_id(connection);
        let mut directory = self.directory();
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
        let client = self.client_id(connection);
        let mut directory = self.directory();
        for application in &mut directory.applications {
            if application.client_id == client {
                application.federated.clear();
            }
        }
    }

    /// Lets Entra refuse with this number, always or a number of times.
    pub fn refuse_with(&self, code: u32, times: Option<u32>) {
        let mut directory = self.directory();
        directory.refusal = Some(code);
        directory.refusals_left = times;
    }

    /// Lets Entra write its errors in several lines, as it did before 2025.
    pub fn two_line_errors(&self) {
        self.directory().two_line_errors = true;
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
        let client = self.client_id(connection);
        for known in &mut self.directory().applications {
            known.is_multi_tenant |= known.client_id == client;
        }
    }

    /// Lets Entra give access tokens with a flaw.
    pub fn flaw(&self, flaw: TokenFlaw) {
        self.directory().token_flaw = Some(flaw);
    }

    /// How long ID tokens live, in seconds. Negative ones are over when they are minted.
    pub fn id_token_lifetime(&self, seconds: i64) {
        self.directory().id_token_lifetime = seconds;
    }

    /// How long access tokens live, in seconds.
    pub fn access_token_lifetime(&self, seconds: i64) {
        self.directory().token_lifetime = seconds;
    }

    /// An ID token of a connection as Azure DevOps would have minted it `age` seconds ago.
    #[must_use]
    pub fn late_bound_id_token(&self, connection: &str, age: i64) -> String {
        let id = self.connection_id(connection);
        let mut directory = self.directory();
        let (issuer, subject) = directory.issuer_and_subject(&id, connection);
        let minted = self.shared.clock.now() - age;
        let token = crate::jwt::issuer_key().sign(&serde_json::json!({
            "iss": issuer, "sub": subject, "aud": ID_TOKEN_AUDIENCE, "jti": guid(),
            "iat": minted, "nbf": minted, "exp": minted + directory.id_token_lifetime,
        }));
        directory.ledger.record("ID token", &token);
        token
    }

    /// An access token of a connection's application for Azure DevOps, for clients of others.
    #[must_use]
    pub fn azure_devops_token(&self, connection: &str) -> String {
        self.token(AZURE_DEVOPS, connection)
    }

    /// An access token of a connection's application for Microsoft Graph, for clients of others.
    #[must_use]
    pub fn graph_token(&self, connection: &str) -> String {
        self.token(microsoft_graph::AUDIENCE, connection)
    }

    fn token(&self, resource: &str, connection: &str) -> String {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let known = directory.application(&client);
        let application = known.expect("an application").clone();
        issue(resource, &application, &mut directory, &self.shared.clock)
    }
}
