//! One run: gets a token for the app's managed identity, reads the events since the last run, and adds them to the
//! document.
//!
//! Between two runs, it keeps only what is in the document.

use std::sync::Arc;

use adieu_devops::{Client, Event, ExtensionName, Hosts, Position};
use adieu_identity::azure_core::credentials::TokenCredential;
use adieu_identity::{
    ConnectionCredential, IdentityEndpoint, ManagedIdentity, Scope, TokenRequest, UserAssignedId,
};
use adieu_secret::AccessToken;
use adieu_transport::Transport;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The application ID of Azure DevOps.
const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// The app's settings.
#[derive(Debug)]
pub(crate) struct Function {
    name: ExtensionName,
    /// A user-assigned identity; empty for the app's own.
    client_id: String,
    /// Older events are removed from the document.
    keep: Duration,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct RunResult {
    pub(crate) document: Value,
    pub(crate) line: String,
}

impl Function {
    /// Reads the app's settings.
    pub(crate) fn of_environment() -> Result<Self, String> {
        let required = |name: &str| {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("the app setting {name} is missing"))
        };
        let days = std::env::var("MARKETPLACE_KEEP_DAYS").unwrap_or_else(|_| "90".to_owned());
        let days: i64 = days
            .parse()
            .map_err(|_| format!("MARKETPLACE_KEEP_DAYS is {days}"))?;
        Ok(Self {
            name: ExtensionName {
                publisher: required("MARKETPLACE_PUBLISHER")?,
                extension: required("MARKETPLACE_EXTENSION")?,
            },
            client_id: std::env::var("AZURE_CLIENT_ID").unwrap_or_default(),
            keep: Duration::days(days),
        })
    }

    /// Reads the new events and appends them to the document.
    pub(crate) async fn run(
        &self,
        before: Option<&str>,
        transport: &Transport,
    ) -> Result<RunResult, String> {
        let (position, mut events) = self.last(before)?;
        let token = self.token(transport).await?;
        let hosts = Hosts::public();
        let client = Client::new(transport, token, &hosts);
        let answered = client.events(&self.name, position.after()).await;
        let answered = answered.map_err(|error| {
            format!(
                "The Marketplace did not return the events of {}: {error}",
                self.name
            )
        })?;
        let (news, position) = position.take(answered);
        let count = news.len();
        events.extend(news.iter().map(|event| self.json(event)));
        let horizon = OffsetDateTime::now_utc() - self.keep;
        events.retain(|event| {
            let date = event
                .get("date")
                .and_then(Value::as_str)
                .unwrap_or_default();
            OffsetDateTime::parse(date, &Rfc3339).is_ok_and(|date| date >= horizon)
        });
        Ok(RunResult {
            document: json!({ "position": position.to_json(), "events": events }),
            line: format!("{}: {count} new events.", self.name),
        })
    }

    /// The position at which the last run ended, and the events in the document. A document that cannot be read is an
    /// error: starting again would overwrite its events.
    fn last(&self, before: Option<&str>) -> Result<(Position, Vec<Value>), String> {
        let Some(text) = before else {
            return Ok((Position::start(&self.name, None), Vec::new()));
        };
        let unusable = |reason: String| {
            format!(
                "The blob with the events of {} cannot be used: {reason}",
                self.name
            )
        };
        let document: Value =
            serde_json::from_str(text).map_err(|_| unusable("it is not JSON".to_owned()))?;
        let position = document.get("position").unwrap_or(&Value::Null);
        let position =
            Position::read(&self.name, position).map_err(|error| unusable(error.to_string()))?;
        let events = document.get("events").and_then(Value::as_array).cloned();
        Ok((position, events.unwrap_or_default()))
    }

    async fn token(&self, transport: &Transport) -> Result<Arc<AccessToken>, String> {
        let client_id = Some(self.client_id.clone()).filter(|id| !id.is_empty());
        let identity = ManagedIdentity {
            endpoint: IdentityEndpoint::announced(|name| std::env::var(name).ok()),
            user_assigned: client_id.map(UserAssignedId::Client),
        };
        // A credential of the Azure SDK: its clients for storage or secrets would take the same one.
        let credential: Arc<dyn TokenCredential> =
            ConnectionCredential::of_managed_identity(identity, transport.clone());
        let scope = Scope {
            value: format!("{AZURE_DEVOPS}/.default"),
            audiences: Vec::new(),
        };
        let token = TokenRequest::new(scope).send(&*credential).await;
        token
            .map(|token| Arc::new(token.value))
            .map_err(|error| error.to_string())
    }

    fn json(&self, event: &Event) -> Value {
        json!({
            "publisher": self.name.publisher, "extension": self.name.extension, "event": event.kind,
            "id": event.id, "date": event.date, "version": event.version, "properties": event.properties,
        })
    }
}
