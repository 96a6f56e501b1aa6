//! Access tokens of the machine's own managed identity, from the endpoint that the platform put beside it.
//!
//! It never sends the endpoint's secret anywhere else, and never asks through a proxy.

use reqwest::{Method, RequestBuilder, Url};
use serde_json::Value;

use adieu_secret::{AccessToken, EndpointSecret};
use adieu_transport::{Answer, Attempt, Body, Deadline, Transport, first_line};

use crate::answers::{moment, number, seconds_now, take_text};
use crate::error::{Error, ManagedIdentityFault as Fault};
use crate::exchange::Token;
use crate::scope::Scope;

/// A virtual machine's endpoint (learn.microsoft.com, "How to use managed identities on Azure VMs").
const VIRTUAL_MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Where a managed identity is asked, or why it cannot be.
#[derive(Debug)]
pub struct IdentityEndpoint(Result<Endpoint, Fault>);

/// Where the machine's tokens come from.
#[derive(Debug)]
enum Endpoint {
    /// App Service, Functions, Container Apps: their address and the header that proves who asks.
    AppService(LocalEndpoint),
    /// The metadata service of a virtual machine, which proves nothing but where one asks from.
    VirtualMachine(Url),
}

/// A credential endpoint that speaks App Service's protocol: the platform's, or one that a job was given.
#[derive(Debug)]
pub struct LocalEndpoint {
    url: Url,
    secret: EndpointSecret,
    /// The variable that names its address.
    named_by: &'static str,
}

impl LocalEndpoint {
    /// The endpoint of this machine at an address that the variable `named_by` holds.
    ///
    /// # Errors
    /// A sentence without its end: what is wrong with the address.
    pub fn new(
        address: &str,
        secret: EndpointSecret,
        named_by: &'static str,
    ) -> Result<Self, String> {
        let endpoint = Self::parse(address, secret, named_by)?;
        if adieu_transport::is_loopback(&endpoint.url) {
            Ok(endpoint)
        } else {
            Err(format!("{named_by} is no address of this machine"))
        }
    }

    fn parse(
        address: &str,
        secret: EndpointSecret,
        named_by: &'static str,
    ) -> Result<Self, String> {
        let url =
            Url::parse(address).map_err(|error| format!("{named_by} is no address: {error}"))?;
        Ok(Self {
            url,
            secret,
            named_by,
        })
    }

    /// The same for a connection that is to ask it.
    #[must_use]
    pub fn into_endpoint(self) -> IdentityEndpoint {
        IdentityEndpoint(Ok(Endpoint::AppService(self)))
    }

    /// A token for a scope.
    ///
    /// # Errors
    /// [`Error::ManagedIdentity`], with what the endpoint said.
    pub async fn token(
        self,
        scope: &Scope,
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<Token, Error> {
        let direct = transport
            .direct()
            .map_err(|error| Error::ManagedIdentity(Fault::Unusable(error.to_string())))?;
        Endpoint::AppService(self)
            .token(None, scope, &direct, deadline)
            .await
    }
}

/// A token for each scope, one after the other: the endpoint is on this machine or its host.
pub(crate) async fn access_tokens(
    endpoint: &IdentityEndpoint,
    client_id: Option<&str>,
    scopes: &[Scope],
    transport: &Transport,
    deadline: Deadline,
) -> Vec<Result<Token, Error>> {
    let ready = endpoint.0.as_ref().map_err(Clone::clone);
    let ready = ready.and_then(|endpoint| {
        let direct = transport.direct();
        let direct = direct.map_err(|error| Fault::Unusable(error.to_string()))?;
        Ok((endpoint, direct))
    });
    let (endpoint, direct) = match ready {
        Ok(ready) => ready,
        Err(fault) => {
            let refused = |_| Err(Error::ManagedIdentity(fault.clone()));
            return scopes.iter().map(refused).collect();
        }
    };
    let mut tokens = Vec::new();
    for scope in scopes {
        tokens.push(endpoint.token(client_id, scope, &direct, deadline).await);
    }
    tokens
}

impl IdentityEndpoint {
    /// The endpoint that the variables of a platform announce, which are the ones that every Azure SDK goes by
    /// (`IDENTITY_ENDPOINT` and its kin); a virtual machine's, where they announce none.
    #[must_use]
    pub fn announced(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self(Endpoint::announced(variable))
    }
}

impl Endpoint {
    fn announced(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let Some(address) = variable("IDENTITY_ENDPOINT") else {
            let url = Url::parse(VIRTUAL_MACHINE);
            let url = url.map_err(|error| Fault::Unusable(error.to_string()))?;
            return Ok(Self::VirtualMachine(url));
        };
        match variable("IDENTITY_HEADER") {
            Some(_) if variable("IDENTITY_SERVER_THUMBPRINT").is_some() => {
                Err(Fault::NotSupported("Service Fabric's managed identity"))
            }
            Some(secret) => {
                let secret = EndpointSecret::new(secret);
                LocalEndpoint::parse(&address, secret, "IDENTITY_ENDPOINT")
                    .map(Self::AppService)
                    .map_err(Fault::Unusable)
            }
            None => Err(Fault::NotSupported(
                "IDENTITY_ENDPOINT is set without IDENTITY_HEADER; Azure Arc's managed identity",
            )),
        }
    }

    async fn token(
        &self,
        client_id: Option<&str>,
        scope: &Scope,
        direct: &Transport,
        deadline: Deadline,
    ) -> Result<Token, Error> {
        let token = adieu_transport::retry_until(deadline, async |_| {
            let request = self.request(direct, client_id, scope).build();
            let request = request.map_err(|_| {
                Attempt::Permanent(Fault::Unusable("the request cannot be built".to_owned()))
            })?;
            match direct.send(request, deadline.left()).await {
                Ok(answer) => read(&answer),
                Err(cause) => Err(attempt(Fault::Silent {
                    endpoint: self.name(),
                    cause,
                })),
            }
        });
        token.await.map_err(Error::ManagedIdentity)
    }

    fn name(&self) -> String {
        match self {
            Self::AppService(endpoint) => format!("the endpoint that {} names", endpoint.named_by),
            Self::VirtualMachine(_) => {
                "the endpoint of virtual machines, 169.254.169.254,".to_owned()
            }
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
            Self::AppService(endpoint) => direct
                .request(Method::GET, &with(&endpoint.url, "2019-08-01"))
                .header("X-IDENTITY-HEADER", endpoint.secret.reveal_to_wire()),
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

fn attempt(fault: Fault) -> Attempt<Fault> {
    if !fault.is_transient() {
        return Attempt::Permanent(fault);
    }
    Attempt::Transient {
        error: fault,
        retry_after: None,
        throttled: false,
    }
}

fn read(answer: &Answer) -> Result<Token, Attempt<Fault>> {
    let mut body = match answer.read() {
        Body::Json(body) => body,
        Body::Cut => return Err(attempt(Fault::Cut)),
        Body::Other(_) => Value::Null,
    };
    if answer.status == 200 {
        return token(&mut body).ok_or(Attempt::Permanent(Fault::NoToken));
    }
    let said = ["message", "error_description", "error"]
        .into_iter()
        .find_map(|field| body.get(field)?.as_str().map(first_line));
    let fault = Fault::Refused {
        status: answer.status,
        message: said.map(|said| said.trim_end_matches('.').to_owned()),
    };
    Err(if fault.is_transient() {
        Attempt::turned_away(answer, fault)
    } else {
        Attempt::Permanent(fault)
    })
}

/// Both endpoints give seconds since 1970, as text; App Service's successors give numbers too.
fn token(body: &mut Value) -> Option<Token> {
    let in_seconds = |left: i64| seconds_now().saturating_add(left);
    let expires_on =
        number(body, "expires_on").or_else(|| number(body, "expires_in").map(in_seconds))?;
    Some(Token {
        value: AccessToken::parse(take_text(body, "access_token")?).ok()?,
        expires_on: moment(expires_on),
    })
}
