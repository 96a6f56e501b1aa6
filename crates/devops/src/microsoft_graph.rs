//! Applications in Microsoft Graph: which one an ID belongs to, and which ID tokens it trusts.
//!
//! It never uses a token for Azure DevOps, and never contacts a host other than Microsoft Graph's.

use std::time::Duration;

use adieu_secret::GraphToken;
use adieu_transport::{
    Attempt, Body, Call, Deadline, MICROSOFT_GRAPH, NoAnswer, Reply, ServiceFailure,
    ServiceMessage, Transport,
};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::error::Error;
use crate::refusal::Reason;
use crate::values::text;

const ADDRESS: &str = "https://graph.microsoft.com/v1.0/";

/// Time limit for all attempts of one request.
const BOUND: Duration = Duration::from_secs(20);

/// A client of Microsoft Graph.
#[derive(Debug)]
pub struct MicrosoftGraph<'a> {
    transport: &'a Transport,
    token: GraphToken,
}

/// Which of an application's three IDs was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenId {
    /// The client ID.
    ClientId,
    /// The object ID of the enterprise application, which Azure DevOps requires.
    EnterpriseApplication,
    /// The object ID of the app registration.
    AppRegistration,
}

/// An application in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The ID by which it was found.
    pub given: GivenId,
    /// Display name.
    pub name: String,
    /// The client ID.
    pub client_id: String,
    /// The enterprise application's object ID; empty if the tenant has only the app registration.
    pub object_id: String,
}

/// A federated credential: the ID tokens of an issuer that an application trusts ("federatedIdentityCredential
/// resource type" of Microsoft Graph's reference).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederatedCredential {
    /// Its name, which is unique in the application.
    pub name: String,
    /// The token's `iss`.
    pub issuer: String,
    /// The token's `sub`; empty if an expression matches it.
    pub subject: String,
    /// The token's `aud`: one text, in a list.
    pub audience: String,
}

impl<'a> MicrosoftGraph<'a> {
    /// Creates a client with this token.
    pub fn new(transport: &'a Transport, token: GraphToken) -> Self {
        Self { transport, token }
    }

    /// The application that an ID belongs to, whichever of the three it is; `None` if the token's tenant has no such
    /// application.
    ///
    /// # Errors
    /// No answer, or a refusal: reading other applications requires a permission.
    pub async fn application(&self, id: &str) -> Result<Option<Application>, Error> {
        let by_client_id = |id: &str| format!("servicePrincipals(appId='{id}')");
        if let Some(found) = self.look_up(&by_client_id(id)).await? {
            return Ok(Some(application(GivenId::ClientId, &found)));
        }
        if let Some(found) = self.look_up(&format!("servicePrincipals/{id}")).await? {
            return Ok(Some(application(GivenId::EnterpriseApplication, &found)));
        }
        let Some(registration) = self.look_up(&format!("applications/{id}")).await? else {
            return Ok(None);
        };
        let registration = application(GivenId::AppRegistration, &registration);
        let enterprise = self.look_up(&by_client_id(&registration.client_id)).await?;
        Ok(Some(Application {
            object_id: enterprise
                .map(|found| text(&found, "id"))
                .unwrap_or_default(),
            ..registration
        }))
    }

    /// The federated credentials of an application, at most twenty ("Important considerations and restrictions for
    /// federated identity credentials" of Microsoft Entra). `None` if the tenant has no app registration with this
    /// client ID, as for a managed identity.
    ///
    /// # Errors
    /// No answer, or a refusal: the required permission is `Application.Read.All`.
    pub async fn federated_credentials(
        &self,
        client_id: &str,
    ) -> Result<Option<Vec<FederatedCredential>>, Error> {
        let path = format!("applications(appId='{client_id}')/federatedIdentityCredentials");
        let answer = self.get(&path, "value").await?;
        let Some(Value::Array(list)) = answer.as_ref().and_then(|answer| answer.get("value"))
        else {
            return Ok(None);
        };
        let mut credentials = Vec::new();
        for one in list {
            let audience = one.pointer("/audiences/0").and_then(Value::as_str);
            credentials.push(FederatedCredential {
                name: text(one, "name"),
                issuer: text(one, "issuer"),
                subject: text(one, "subject"),
                audience: audience.unwrap_or_default().to_owned(),
            });
        }
        Ok(Some(credentials))
    }

    /// One application, or `None`.
    async fn look_up(&self, path: &str) -> Result<Option<Value>, Error> {
        self.get(&format!("{path}?$select=id,displayName,appId"), "id")
            .await
    }

    /// An answer that has a `field`, or `None`. The path contains an ID that was validated, or came from Microsoft
    /// Graph.
    async fn get(&self, path: &str, field: &'static str) -> Result<Option<Value>, Error> {
        let url = Url::parse(&format!("{ADDRESS}{path}")).map_err(|error| {
            let cause = NoAnswer::Connection(error.to_string());
            let host = "graph.microsoft.com".to_owned();
            Error::from(ServiceFailure::no_answer(&MICROSOFT_GRAPH, host, 0, cause))
        })?;
        let call = Call::new(&MICROSOFT_GRAPH, &url, Deadline::after(BOUND));
        let request = || {
            self.transport
                .request(Method::GET, &url)
                .bearer_auth(self.token.reveal_to_wire())
        };
        let read = |reply: &Reply| found(reply, field);
        self.transport.call(call, request, read).await
    }
}

fn found(reply: &Reply, field: &'static str) -> Result<Option<Value>, Attempt<Error>> {
    let body = reply.answer.read();
    let message = ServiceMessage::read(&reply.answer, &body);
    match (reply.status(), body) {
        (200, Body::Json(object)) if object.get(field).is_some() => Ok(Some(object)),
        (404, Body::Json(_)) => Ok(None),
        (status, Body::Json(_)) if status >= 300 && !reply.answer.is_busy() => {
            let reason = match status {
                403 => Reason::NotPermitted,
                _ => Reason::Other,
            };
            Err(Error::refused(reply, reason, message.as_ref()).into())
        }
        (_, body) => Err(reply.not_an_answer(body, field).into()),
    }
}

fn application(given: GivenId, found: &Value) -> Application {
    let object_id = match given {
        GivenId::AppRegistration => String::new(),
        _ => text(found, "id"),
    };
    Application {
        given,
        name: text(found, "displayName"),
        client_id: text(found, "appId"),
        object_id,
    }
}
