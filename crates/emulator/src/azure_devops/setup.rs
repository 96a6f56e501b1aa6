//! What a test can set up in Azure DevOps: connections, jobs, ID tokens.
//!
//! It answers no request.

use serde_json::json;

use super::{AzureDevOps, JobRecord};
use crate::directory::ID_TOKEN_AUDIENCE;
use crate::ids::guid;
use crate::{issued, jwt};

impl AzureDevOps {
    /// ID of a connection.
    ///
    /// # Panics
    /// There is no such connection.
    #[must_use]
    pub fn connection_id(&self, name: &str) -> String {
        let own = self.own();
        let found = own.connection(name).map(|(id, _)| id.clone());
        found.unwrap_or_else(|| panic!("there is no connection {name}"))
    }

    /// Sets a parameter of an existing connection.
    pub fn set_parameter(&self, connection: &str, key: &str, value: &str) {
        let id = self.connection_id(connection);
        if let Some(connection) = self.own().connections.get_mut(&id) {
            let parameters = &mut connection.parameters;
            parameters.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Changes an existing connection to the type "Azure DevOps", with an organization's address and no data.
    pub fn make_azure_devops_connection(&self, connection: &str, organization: &str) {
        let id = self.connection_id(connection);
        if let Some(connection) = self.own().connections.get_mut(&id) {
            connection.become_azure_devops(organization);
        }
    }

    /// Sets the lifetime of ID tokens, in seconds. With a negative one, they have already expired when they are
    /// issued.
    pub fn id_token_lifetime(&self, seconds: i64) {
        self.own().id_token_lifetime = seconds;
    }

    /// Hides the project from the identity of its jobs, as if it were removed from the project's members.
    pub fn hide_project(&self) {
        self.own().project_is_hidden = true;
    }

    /// An ID token for a connection, as Azure DevOps would have issued it `age` seconds ago.
    #[must_use]
    pub fn late_bound_id_token(&self, connection: &str, age: i64) -> String {
        let id = self.connection_id(connection);
        let lifetime = self.own().id_token_lifetime;
        let mut directory = self.directory();
        let (issuer, subject) = directory.issuer_and_subject(&id, connection);
        let minted = self.clock().now() - age;
        let token = jwt::issuer_key().sign(&json!({
            "iss": issuer, "sub": subject, "aud": ID_TOKEN_AUDIENCE, "jti": guid(),
            "iat": minted, "nbf": minted, "exp": minted + lifetime,
        }));
        directory.ledger.record("ID token", &token);
        token
    }

    /// Registers a job.
    pub(crate) fn add_job(&self, hub: &str) -> JobRecord {
        let (mut own, mut directory) = (self.own(), self.directory());
        let claims = json!({
            "iss": "app.vstoken.visualstudio.com", "aud": "app.vstoken.visualstudio.com", "nameid": guid(), "jti": guid(),
        });
        let token = if directory.tokens_are_readable {
            jwt::issuer_key().sign(&claims)
        } else {
            issued::encrypted(&claims)
        };
        directory.ledger.record("job token", &token);
        let record = JobRecord {
            hub: hub.to_owned(),
            plan: guid(),
            id: guid(),
            token,
            references: Vec::new(),
        };
        own.jobs.push(record.clone());
        record
    }
}
