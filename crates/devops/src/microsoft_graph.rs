//! Which application an id stands for: the three ids that people confuse, looked up in Microsoft Graph.
//!
//! It never takes a token for Azure DevOps, and never asks another host than Microsoft Graph's.

use std::time::Duration;

use adieu_secret::GraphToken;
use adieu_transport::{
    Attempt, Body, Call, Deadline, MICROSOFT_GRAPH, NoAnswer, Reply, ServiceFailure,
    ServiceMessage, Transport,
};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::error::Error;
use crate::refusal::{Reason, Refusal};

const ADDRESS: &str = "https://graph.microsoft.com/v1.0/";

/// All attempts of one question end within this.
const BOUND: Duration = Duration::from_secs(20);

/// Someone who asks Microsoft Graph.
#[derive(Debug)]
pub struct MicrosoftGraph<'a> {
    transport: &'a Transport,
    token: GraphToken,
}

/// Which of its three ids an application was named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenId {
    /// The client id.
    ClientId,
    /// The object id of the enterprise application: the one that Azure DevOps wants.
    EnterpriseApplication,
    /// The object id of the app registration.
    AppRegistration,
}

/// An application of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// By which id it was found.
    pub given: GivenId,
    /// Name that people see.
    pub name: String,
    /// The client id.
    pub client_id: String,
    /// The enterprise application's object id. Empty, where the tenant has none: the app registration
    /// alone is there.
    pub object_id: String,
}

impl<'a> MicrosoftGraph<'a> {
    /// Someone who asks with this token.
    #[must_use]
    pub fn new(transport: &'a Transport, token: GraphToken) -> Self {
        Self { transport, token }
    }

    /// The application that an id stands for, whichever of the three it is. Nothing, where the token's
    /// tenant has none.
    ///
    /// # Errors
    /// No answer, or a no: reading others' applications is a permission.
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
                .as_ref()
                .map(|found| text(found, "id"))
                .unwrap_or_default(),
            ..registration
        }))
    }

    /// One object, or nothing. The path holds an id that was checked to be one, or came from here.
    async fn look_up(&self, path: &str) -> Result<Option<Value>, Error> {
        let url = format!("{ADDRESS}{path}?$select=id,displayName,appId");
        let url = Url::parse(&url).map_err(|error| {
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
        self.transport.call(call, request, found).await
    }
}

fn found(reply: &Reply) -> Result<Option<Value>, Attempt<Error>> {
    let body = reply.answer.read();
    let message = ServiceMessage::read(&reply.answer, &body);
    match (reply.status(), body) {
        (200, Body::Json(object)) if object.get("id").is_some() => Ok(Some(object)),
        (404, Body::Json(_)) => Ok(None),
        (status, Body::Json(_)) if status >= 300 && !reply.answer.is_busy() => {
            Err(Attempt::Permanent(Error::Refused(Box::new(Refusal {
                reason: match status {
                    403 => Reason::NotPermitted,
                    _ => Reason::Other,
                },
                message: message.map_or_else(String::new, |message| message.text),
                ..Refusal::of(reply)
            }))))
        }
        (_, body) => Err(reply.not_an_answer(body, "id").into()),
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

fn text(value: &Value, field: &str) -> String {
    let value = value.get(field).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}
