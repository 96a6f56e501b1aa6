//! The endpoint of managed identities: how the platform announces it, its requests, and its answers.
//!
//! It never sends the endpoint's secret anywhere else.

use reqwest::header::CONNECTION;
use reqwest::{Method, RequestBuilder, Url};
use serde_json::Value;

use adieu_secret::{AccessToken, EndpointSecret};
use adieu_transport::{Answer, Attempt, Body, Deadline, Transport, first_line};

use crate::answers::{LAST_MOMENT, number, seconds, seconds_now, take_text};
use crate::claims::Claims;
use crate::error::{Error, ManagedIdentityProblem as Fault};

/// The metadata service of virtual machines (learn.microsoft.com, "How to use managed identities on Azure VMs").
const METADATA_SERVICE: &str = "http://169.254.169.254";
const METADATA_PATH: &str = "/metadata/identity/oauth2/token";

/// The endpoint of a managed identity, or why it cannot be used.
#[derive(Debug)]
pub struct IdentityEndpoint(pub(crate) Result<Endpoint, Fault>);

/// An endpoint by its protocol.
#[derive(Debug)]
pub(crate) enum Endpoint {
    /// App Service, Functions, Container Apps: the address, and the key that authenticates the client.
    AppService(LocalEndpoint),
    /// The metadata service of a virtual machine, which accepts requests only from that machine.
    VirtualMachine(Url),
}

/// A credential endpoint with App Service's protocol: the platform's, or one that was started for a job.
#[derive(Debug)]
pub struct LocalEndpoint {
    url: Url,
    secret: EndpointSecret,
    /// The variable that holds its address.
    named_by: &'static str,
}

impl LocalEndpoint {
    /// The endpoint at an address that the variable `named_by` holds.
    ///
    /// # Errors
    /// What is wrong with the address, as the start of a sentence.
    pub fn new(
        address: &str,
        secret: EndpointSecret,
        named_by: &'static str,
    ) -> Result<Self, String> {
        let endpoint = Self::parse(address, secret, named_by)?;
        if adieu_transport::is_loopback(&endpoint.url) {
            Ok(endpoint)
        } else {
            Err(format!("{named_by} is not an address of this machine"))
        }
    }

    fn parse(
        address: &str,
        secret: EndpointSecret,
        named_by: &'static str,
    ) -> Result<Self, String> {
        let url = Url::parse(address)
            .map_err(|error| format!("{named_by} is not an address: {error}"))?;
        Ok(Self {
            url,
            secret,
            named_by,
        })
    }

    /// Converts it for a connection that uses it.
    pub fn into_endpoint(self) -> IdentityEndpoint {
        IdentityEndpoint(Ok(Endpoint::AppService(self)))
    }
}

/// A token as the endpoint issued it.
pub(crate) struct IssuedToken {
    pub(crate) access_token: AccessToken,
    /// Seconds since 1970.
    pub(crate) expires_on: i64,
}

impl IdentityEndpoint {
    /// The endpoint that the platform's variables announce (`IDENTITY_ENDPOINT` and related ones, which every Azure
    /// SDK reads); without them, a virtual machine's metadata service. `AZURE_POD_IDENTITY_AUTHORITY_HOST` replaces
    /// the address of that service.
    pub fn announced(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self(Endpoint::announced(|name| {
            variable(name).filter(|value| !value.is_empty())
        }))
    }
}

impl Endpoint {
    fn announced(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let Some(address) = variable("IDENTITY_ENDPOINT") else {
            if variable("MSI_ENDPOINT").is_some() {
                return Err(Fault::NotSupported(
                    "The managed identity of Cloud Shell and Azure Machine Learning",
                ));
            }
            let host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
            return Self::of_metadata_service(host.as_deref());
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

    fn of_metadata_service(host: Option<&str>) -> Result<Self, Fault> {
        let host = host.unwrap_or(METADATA_SERVICE).trim_end_matches('/');
        Url::parse(&format!("{host}{METADATA_PATH}"))
            .map(Self::VirtualMachine)
            .map_err(|error| {
                let name = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
                Fault::Unusable(format!("{name} is not an address: {error}"))
            })
    }

    pub(crate) fn duplicate(&self) -> Self {
        match self {
            Self::AppService(endpoint) => Self::AppService(LocalEndpoint {
                url: endpoint.url.clone(),
                secret: endpoint.secret.duplicate(),
                named_by: endpoint.named_by,
            }),
            Self::VirtualMachine(url) => Self::VirtualMachine(url.clone()),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::AppService(endpoint) => {
                format!("the endpoint that {} names", endpoint.named_by)
            }
            Self::VirtualMachine(url) => format!(
                "the endpoint of virtual machines, {},",
                adieu_transport::host(url)
            ),
        }
    }

    /// The only parameter whose name differs between the two endpoints.
    pub(crate) fn resource_id_parameter(&self) -> &'static str {
        match self {
            Self::AppService(_) => "mi_res_id",
            Self::VirtualMachine(_) => "msi_res_id",
        }
    }

    fn request(&self, parameters: &[(String, String)], direct: &Transport) -> RequestBuilder {
        // A connection that is kept open keeps the response, and the token in it, in its buffer.
        let get = |url: &Url, version| {
            let mut url = url.clone();
            url.query_pairs_mut()
                .append_pair("api-version", version)
                .extend_pairs(parameters);
            direct
                .request(Method::GET, &url)
                .header(CONNECTION, "close")
        };
        match self {
            Self::AppService(endpoint) => get(&endpoint.url, "2019-08-01")
                .header("X-IDENTITY-HEADER", endpoint.secret.reveal_to_wire()),
            Self::VirtualMachine(url) => get(url, "2018-02-01").header("Metadata", "true"),
        }
    }

    pub(crate) async fn ask(
        &self,
        parameters: &[(String, String)],
        direct: &Transport,
        deadline: Deadline,
        is_patient: bool,
    ) -> Result<IssuedToken, Attempt<Error>> {
        let request = self.request(parameters, direct).build().map_err(|_| {
            let fault = Fault::Unusable("the request cannot be built".to_owned());
            Attempt::Permanent(Error::ManagedIdentity(fault))
        })?;
        match direct.send(request, deadline.left()).await {
            Ok(answer) => self.read(&answer, is_patient),
            Err(cause) => Err(attempt(Fault::Unanswered {
                endpoint: self.name(),
                cause,
            })),
        }
    }

    fn read(&self, answer: &Answer, is_patient: bool) -> Result<IssuedToken, Attempt<Error>> {
        let mut body = match answer.read() {
            Body::Json(body) => body,
            Body::Cut => return Err(attempt(Fault::Cut)),
            Body::Other(_) => Value::Null,
        };
        if answer.status == 200 {
            let no_token = || Attempt::Permanent(Error::ManagedIdentity(Fault::NoToken));
            return issued(&mut body).ok_or_else(no_token);
        }
        let message = message(&body);
        let fault = Fault::Refused {
            status: answer.status,
            settling: self.is_settling(answer.status, message.as_deref()),
            message,
        };
        let is_transient = fault.is_transient() && (is_patient || !fault.is_settling());
        let error = Error::ManagedIdentity(fault);
        Err(if is_transient {
            Attempt::turned_away(answer, error)
        } else {
            Attempt::Permanent(error)
        })
    }

    /// Whether a metadata service refuses only because its machine, or the identity on it, is still being set up
    /// (learn.microsoft.com, "How to use managed identities on Azure VMs", "Retry guidance").
    fn is_settling(&self, status: u16, message: Option<&str>) -> bool {
        let is_new = |message: &str| message.to_ascii_lowercase().contains("identity not found");
        match (self, status) {
            (_, 410) => true,
            (Self::VirtualMachine(_), 404) => true,
            (Self::VirtualMachine(_), 400) => message.is_some_and(is_new),
            _ => false,
        }
    }
}

fn attempt(fault: Fault) -> Attempt<Error> {
    let is_transient = fault.is_transient();
    let error = Error::ManagedIdentity(fault);
    if !is_transient {
        return Attempt::Permanent(error);
    }
    Attempt::Transient {
        error,
        retry_after: None,
        throttled: false,
    }
}

/// The endpoint's message: at the top level, or in an `error` object, as Azure's services write errors.
fn message(body: &Value) -> Option<String> {
    let fields = ["message", "error_description", "error", "code"];
    let in_object = |object: &Value| {
        fields.into_iter().find_map(|field| {
            let line = first_line(object.get(field)?.as_str()?);
            let line = line.trim_end_matches('.');
            (!line.is_empty()).then(|| line.to_owned())
        })
    };
    let nested = body.get("error").filter(|error| error.is_object());
    in_object(body).or_else(|| in_object(nested?))
}

/// Reads a token and its expiry, from one of the endpoint's fields or from the token itself. If neither has it, the
/// token counts as valid only long enough to be used.
fn issued(body: &mut Value) -> Option<IssuedToken> {
    let now = seconds_now();
    let by_lifetime = |body: &Value| Some(now.saturating_add(number(body, "expires_in")?));
    let stated = seconds(body, "expires_on").or_else(|| by_lifetime(body));
    let access_token = AccessToken::parse(take_text(body, "access_token")?).ok()?;
    let claimed = || Claims::read(access_token.reveal())?.expires_on;
    let expires_on = stated.or_else(claimed).unwrap_or(now.saturating_add(60));
    Some(IssuedToken {
        access_token,
        expires_on: expires_on.clamp(0, LAST_MOMENT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_the_endpoints_message() {
        for (body, words) in [
            (
                json!({"statusCode": 400, "message": "No identity."}),
                Some("No identity"),
            ),
            (
                json!({"error": "invalid_request", "error_description": "Identity not found"}),
                Some("Identity not found"),
            ),
            (
                json!({"error": {"code": "BadRequest", "message": "Multiple user assigned identities \
                 exist\r\nx"}}),
                Some("Multiple user assigned identities exist"),
            ),
            (json!({"error": {"code": "BadRequest"}}), Some("BadRequest")),
            (
                json!({"message": "", "error": "invalid_request"}),
                Some("invalid_request"),
            ),
            (json!({}), None),
            (Value::Null, None),
        ] {
            assert_eq!(message(&body).as_deref(), words, "{body}");
        }
    }

    #[test]
    fn chooses_the_endpoint_as_the_azure_sdks_do() {
        let chosen = |variables: &[(&str, &str)]| {
            let endpoint = Endpoint::announced(|name| {
                let variable = variables.iter().find(|(known, _)| *known == name)?;
                Some(variable.1.to_owned())
            });
            match endpoint {
                Ok(endpoint) => endpoint.name(),
                Err(fault) => fault.to_string(),
            }
        };
        let address = ("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token");
        let header = ("IDENTITY_HEADER", "x");
        for (variables, expected) in [
            (
                &[][..],
                "the endpoint of virtual machines, 169.254.169.254,",
            ),
            (
                &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1/")],
                "the endpoint of virtual machines, 127.0.0.1:1,",
            ),
            (
                &[address, header],
                "the endpoint that IDENTITY_ENDPOINT names",
            ),
            (
                &[address],
                "IDENTITY_ENDPOINT is set without IDENTITY_HEADER; Azure Arc's managed \
                 identity is not supported",
            ),
            (
                &[address, header, ("IDENTITY_SERVER_THUMBPRINT", "x")],
                "Service Fabric's managed identity is not supported",
            ),
            (
                &[("MSI_ENDPOINT", "http://localhost:50342/oauth2/token")],
                "The managed identity of Cloud Shell and Azure Machine Learning is not supported",
            ),
        ] {
            assert_eq!(chosen(variables), expected);
        }
    }
}
