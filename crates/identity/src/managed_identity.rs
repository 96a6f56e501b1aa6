//! Access tokens of the machine's own managed identity, from the endpoint that the platform put beside it.
//!
//! It never sends the endpoint's secret anywhere else, and never asks through a proxy.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Method, RequestBuilder, Url};
use serde_json::Value;

use adieu_secret::{AccessToken, EndpointSecret};
use adieu_transport::{Answer, Attempt, Body, Deadline, Transport, first_line};

use crate::error::Error;
use crate::exchange::{Token, seconds_now};
use crate::scope::Scope;

/// A virtual machine's endpoint (learn.microsoft.com, "How to use managed identities on Azure VMs").
const VIRTUAL_MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Where the machine's tokens come from.
#[derive(Debug)]
enum Endpoint {
    /// App Service, Functions, Container Apps: their address and the header that proves who asks.
    AppService { url: Url, secret: EndpointSecret },
    /// The metadata service of a virtual machine, which proves nothing but where one asks from.
    VirtualMachine(Url),
}

/// A token for each scope, one after the other: the endpoint is on this machine or its host.
pub(crate) async fn access_tokens(
    client_id: Option<&str>,
    scopes: &[Scope],
    transport: &Transport,
    deadline: Deadline,
) -> Vec<Result<Token, Error>> {
    let ready = Endpoint::of_this_machine().and_then(|endpoint| {
        let direct = transport.direct().map_err(|error| error.to_string())?;
        Ok((endpoint, direct))
    });
    let (endpoint, direct) = match ready {
        Ok(ready) => ready,
        Err(reason) => {
            let refused = |_| Err(Error::ManagedIdentity(reason.clone()));
            return scopes.iter().map(refused).collect();
        }
    };
    let mut tokens = Vec::new();
    for scope in scopes {
        let token = adieu_transport::until(deadline, async |_| {
            let request = endpoint
                .request(&direct, client_id, scope)
                .build()
                .map_err(|_| Attempt::Permanent("the request cannot be built".to_owned()))?;
            match direct.send(request, deadline.left()).await {
                Ok(answer) => read(&answer),
                Err(cause) => Err(heals(format!(
                    "{} does not answer: {cause}",
                    endpoint.name()
                ))),
            }
        });
        tokens.push(token.await.map_err(Error::ManagedIdentity));
    }
    tokens
}

impl Endpoint {
    /// The variables are the ones that every Azure SDK goes by.
    fn of_this_machine() -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let Some(address) = variable("IDENTITY_ENDPOINT") else {
            let url = Url::parse(VIRTUAL_MACHINE).map_err(|error| error.to_string())?;
            return Ok(Self::VirtualMachine(url));
        };
        let url = Url::parse(&address)
            .map_err(|error| format!("IDENTITY_ENDPOINT is no address: {error}"))?;
        match variable("IDENTITY_HEADER") {
            Some(_) if variable("IDENTITY_SERVER_THUMBPRINT").is_some() => {
                Err("Service Fabric's managed identity is not supported".to_owned())
            }
            Some(secret) => Ok(Self::AppService {
                url,
                secret: EndpointSecret::new(secret),
            }),
            None => Err(
                "IDENTITY_ENDPOINT is set without IDENTITY_HEADER; Azure Arc's managed identity is not supported"
                    .to_owned(),
            ),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::AppService { .. } => "the endpoint that IDENTITY_ENDPOINT names",
            Self::VirtualMachine(_) => "the endpoint of virtual machines, 169.254.169.254,",
        }
    }

    fn request(
        &self,
        direct: &Transport,
        client_id: Option<&str>,
        scope: &Scope,
    ) -> RequestBuilder {
        let mut parameters = vec![("resource", resource(&scope.value))];
        parameters.extend(client_id.map(|id| ("client_id", id)));
        let with = |url: &Url, version| {
            let mut url = url.clone();
            url.query_pairs_mut()
                .append_pair("api-version", version)
                .extend_pairs(&parameters);
            url
        };
        match self {
            Self::AppService { url, secret } => direct
                .request(Method::GET, &with(url, "2019-08-01"))
                .header("X-IDENTITY-HEADER", secret.reveal()),
            Self::VirtualMachine(url) => direct
                .request(Method::GET, &with(url, "2018-02-01"))
                .header("Metadata", "true"),
        }
    }
}

/// Managed identities are asked for a resource, which is a scope without its last word.
fn resource(scope: &str) -> &str {
    scope.strip_suffix("/.default").unwrap_or(scope)
}

fn read(answer: &Answer) -> Result<Token, Attempt<String>> {
    let body = match answer.read() {
        Body::Json(body) => body,
        Body::Cut => return Err(heals("its answer was cut off".to_owned())),
        Body::Other(_) => Value::Null,
    };
    if answer.status == 200 {
        let permanent = |reason: &str| Attempt::Permanent(reason.to_owned());
        return token(&body).ok_or_else(|| permanent("its answer has no token that can be read"));
    }
    let said = ["message", "error_description", "error"]
        .into_iter()
        .find_map(|field| body.get(field)?.as_str().map(first_line));
    let reason = match said {
        Some(said) => format!(
            "its endpoint answered {}: {}",
            answer.status,
            said.trim_end_matches('.')
        ),
        None => format!("its endpoint answered {}", answer.status),
    };
    // 410 is a virtual machine's endpoint while it is updated (the page above, "Retry guidance").
    Err(if answer.is_busy() || answer.status == 410 {
        Attempt::CanHeal {
            error: reason,
            retry_after: answer.retry_after(),
            crowded: answer.status == 429,
        }
    } else {
        Attempt::Permanent(reason)
    })
}

/// Both endpoints give seconds since 1970, as text; App Service's successors give numbers too.
fn token(body: &Value) -> Option<Token> {
    let number = |field: &str| {
        let value = body.get(field)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let expires_on =
        number("expires_on").or_else(|| number("expires_in").map(|left| seconds_now() + left))?;
    let since_1970 = Duration::from_secs(u64::try_from(expires_on).ok()?);
    Some(Token {
        value: AccessToken::new(body.get("access_token")?.as_str()?.to_owned()),
        expires_on: UNIX_EPOCH
            .checked_add(since_1970)
            .unwrap_or(SystemTime::now()),
    })
}

fn heals(error: String) -> Attempt<String> {
    Attempt::CanHeal {
        error,
        retry_after: None,
        crowded: false,
    }
}
