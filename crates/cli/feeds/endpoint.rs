//! The job's broker for helpers and for the renewal of files: its address is in a file of the private folder, and its
//! protocol is azd's, which names a tenant.
//!
//! It only uses an address of this machine.

use std::path::Path;
use std::time::Duration;

use adieu_broker::Address;
use adieu_feeds::Folder;
use adieu_identity::resource;
use adieu_identity::{Scope, Token};
use adieu_secret::{AccessToken, EndpointSecret};
use adieu_transport::{Body, Method, Network, Transport, Url};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// The file with the broker's address and its key.
const FILE: &str = "broker.json";

/// Timeout: a sign-in may take as long as all attempts of a credential together.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The address of a broker, and its key.
#[derive(Debug)]
pub(crate) struct Endpoint {
    url: Url,
    key: EndpointSecret,
    transport: Transport,
    scope: Scope,
}

impl Endpoint {
    /// The broker of this process.
    pub(crate) fn of(address: &Address) -> Result<Self, String> {
        Self::new(&address.azd_endpoint(), address.copy_of_key())
    }

    /// The broker for a folder.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(folder.join(FILE)).map(Zeroizing::new);
        let text = text.map_err(|error| format!("{FILE} cannot be read: {error}"))?;
        let json: Value = serde_json::from_str(&text).map_err(|_| format!("{FILE} is not JSON"))?;
        let part = |name: &str| json[name].as_str().map(str::to_owned).unwrap_or_default();
        Self::new(&part("endpoint"), EndpointSecret::new(part("key")))
    }

    fn new(address: &str, key: EndpointSecret) -> Result<Self, String> {
        let url = Url::parse(&format!("{address}/token?api-version=2023-07-12-preview"))
            .map_err(|error| format!("the endpoint has no address: {error}"))?;
        let is_local = url.scheme() == "http" && url.host_str() == Some("127.0.0.1");
        if !is_local {
            return Err("the endpoint is not on this machine".to_owned());
        }
        let transport = Transport::new(Network::default()).and_then(|transport| transport.direct());
        Ok(Self {
            url,
            key,
            transport: transport.map_err(|error| error.to_string())?,
            scope: resource::azure_devops(),
        })
    }

    /// Writes it to the folder, for helpers.
    pub(crate) fn write(&self, folder: &Folder) -> std::io::Result<()> {
        let mut address = self.url.clone();
        address.set_query(None);
        let address = address.as_str().trim_end_matches("/token");
        let text = json!({ "endpoint": address, "key": self.key.reveal() });
        folder.write(FILE, &Zeroizing::new(text.to_string()))
    }

    /// A token for feeds, in a tenant; `None` means the credential's own. The error is a line for a client's log.
    pub(crate) async fn token(&self, tenant: Option<&str>) -> Result<Token, String> {
        self.token_for(&self.scope.value, tenant).await
    }

    /// A token for another resource.
    pub(crate) async fn token_for(
        &self,
        scope: &str,
        tenant: Option<&str>,
    ) -> Result<Token, String> {
        let question = json!({ "scopes": [scope], "tenantId": tenant.unwrap_or_default() });
        let key = Zeroizing::new(format!("Bearer {}", self.key.reveal_to_wire()));
        let request = self
            .transport
            .request(Method::POST, &self.url)
            .header("Authorization", key.as_str())
            .header("Content-Type", "application/json")
            .body(question.to_string())
            .build()
            .map_err(|_| "the request cannot be built".to_owned())?;
        let answer = self
            .transport
            .send_within(request, PATIENCE, 256 * 1024)
            .await;
        let answer = answer.map_err(|_| {
            "the job's credential endpoint for feeds does not answer; run FeedAuthenticate@1 in \
             this job, before the step that restores"
                .to_owned()
        })?;
        let Body::Json(mut body) = answer.read() else {
            return Err("the job's credential endpoint for feeds did not answer".to_owned());
        };
        if body["status"] != "success" {
            let message = body["message"].as_str().unwrap_or("no token");
            return Err(message.to_owned());
        }
        let expires_on = body["expiresOn"].as_str();
        let expires_on = expires_on.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let Value::String(token) = body["token"].take() else {
            return Err("the answer has no token".to_owned());
        };
        Ok(Token {
            value: AccessToken::parse(token).map_err(|error| error.to_string())?,
            expires_on: expires_on.unwrap_or(OffsetDateTime::UNIX_EPOCH).into(),
        })
    }
}
