//! Endpoints of managed identities: App Service's, a virtual machine's metadata service, and Azure Arc's.
//!
//! Each answers only clients that prove, in its own way, that they run on the machine. Addresses, headers and bodies
//! are those of learn.microsoft.com ("How to use managed identities for App Service", "… on Azure VMs", "Authenticate
//! against Azure resources with Azure Arc-enabled servers") and of the tests of
//! AzureAD/microsoft-authentication-library-for-dotnet.

use std::path::PathBuf;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Clock;
use crate::directory::{Application, Directory, ExpectedSecrets};
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::issued::{issue, lifetime};
use crate::shared_state::EmulatedService;

/// The secrets that they expect from their clients.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["managed identity header"],
    body: &[],
};

/// The path of App Service's endpoint.
pub(crate) const APP_SERVICE: &str = "/msi/token";

/// The path of a virtual machine's endpoint, and of Azure Arc's.
const METADATA_SERVICE: &str = "/metadata/identity/oauth2/token";

/// The format of a token's expiry in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpiresOn {
    /// Seconds since 1970, as text.
    #[default]
    Seconds,
    /// Seconds since 1970, as a number.
    Number,
    /// ISO 8601 (Azure/azure-sdk-for-python#9393).
    Iso8601,
    /// `11/26/2026 9:00:00 AM +00:00`, as in App Service's API of 2017.
    UsDate,
}

/// Why an endpoint issues no token now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityRefusal {
    /// 400: the machine does not have the identity, or does not have it yet.
    NotAssigned,
    /// 400: the machine has several identities, and the request names none.
    Several,
    /// 400 with a code and a message in a nested object.
    Nested,
    /// 404: the endpoint is being set up.
    NotFound,
    /// 410: the endpoint is being updated, for at most 70 seconds.
    BeingUpdated,
    /// 429 in plain text.
    TooManyRequests,
}

/// The handle of the endpoints. Its address is App Service's, which `IDENTITY_ENDPOINT` names.
pub type ManagedIdentity = EmulatedService<State>;

/// The state of the endpoints.
#[derive(Debug, Default)]
pub struct State {
    /// The value of `IDENTITY_HEADER`.
    secret: String,
    /// Client ID of the machine's system-assigned identity, if it has one.
    pub(crate) machine: Option<String>,
    expires_on: ExpiresOn,
    /// The next refusal, and how often.
    refusal: Option<(IdentityRefusal, u32)>,
    /// The file that only administrators of an Arc-enabled server can read, and its contents.
    arc_key: (PathBuf, String),
}

impl State {
    /// The state of a machine's endpoints before it has an identity.
    pub(crate) fn new(secret: String, arc_key: (PathBuf, String)) -> Self {
        Self {
            secret,
            arc_key,
            ..Self::default()
        }
    }
}

impl ManagedIdentity {
    /// The value of `IDENTITY_HEADER`.
    #[must_use]
    pub fn secret(&self) -> String {
        self.own().secret.clone()
    }

    /// The address of a virtual machine's metadata service, and of Azure Arc's.
    #[must_use]
    pub fn metadata_service(&self) -> String {
        format!("http://127.0.0.1:{}{METADATA_SERVICE}", self.port())
    }

    /// Sets the format of a token's expiry.
    pub fn write_expires_on(&self, form: ExpiresOn) {
        self.own().expires_on = form;
    }

    /// Makes the endpoints refuse this many times.
    pub fn refuse(&self, refusal: IdentityRefusal, times: u32) {
        self.own().refusal = Some((refusal, times));
    }
}

/// Answers one request.
pub(crate) fn answer(
    request: &Request,
    own: &mut State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let is_app_service = request.path == APP_SERVICE;
    if request.method != "GET" || !(is_app_service || request.path == METADATA_SERVICE) {
        directory.violation(format!(
            "no managed-identity endpoint has a route {} {}",
            request.method, request.path
        ));
        return app_service_error(404, "not found");
    }
    let refused = if is_app_service {
        refused_by_app_service(request, own)
    } else {
        refused_by_metadata_service(request, own)
    };
    if let Some(refusal) = refused {
        return refusal;
    }
    match &mut own.refusal {
        Some((refusal, left)) if *left > 0 => {
            *left -= 1;
            return refusal.answer();
        }
        _ => {}
    }
    let resource = request.parameter("resource").unwrap_or_default();
    if !directory
        .resources
        .iter()
        .any(|known| known == resource.trim_end_matches('/'))
    {
        let message = format!(
            "AADSTS500011: The resource principal named {resource} was not found in the tenant."
        );
        return if is_app_service {
            app_service_error(400, &message)
        } else {
            metadata_error(400, "invalid_resource", &message)
        };
    }
    let Some(application) = identity(request, own, directory) else {
        return if is_app_service {
            app_service_error(
                400,
                "No User Assigned or Delegated Managed Identity found for specified \
                 ClientId/ResourceId/PrincipalId.",
            )
        } else {
            IdentityRefusal::NotAssigned.answer()
        };
    };
    let expires_on = clock.now() + lifetime(directory);
    let token = issue(&resource, &application, directory, clock);
    let body = json!({
        "access_token": token,
        "client_id": application.client_id,
        "expires_in": directory.token_lifetime.to_string(),
        "expires_on": own.expires_on.write(expires_on),
        "not_before": clock.now().to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Answer::json(200, &body)
}

fn refused_by_app_service(request: &Request, own: &State) -> Option<Answer> {
    if request.header("x-identity-header") != Some(&own.secret) {
        return Some(app_service_error(401, "The X-IDENTITY-HEADER is wrong."));
    }
    let version = request.parameter("api-version");
    (version.as_deref() != Some("2019-08-01"))
        .then(|| app_service_error(400, "The api-version is wrong."))
}

/// Azure Arc uses a virtual machine's protocol in another version, and first checks that the client can read a file:
/// 401 names it, and the next request has its contents.
fn refused_by_metadata_service(request: &Request, own: &State) -> Option<Answer> {
    if request.header("metadata") != Some("true") {
        return Some(metadata_error(
            400,
            "invalid_request",
            "Required metadata header not specified",
        ));
    }
    match request.parameter("api-version").as_deref() {
        Some("2018-02-01") => None,
        Some("2019-11-01" | "2020-06-01") => {
            let (file, key) = &own.arc_key;
            if request.header("authorization") == Some(&format!("Basic {key}")) {
                return None;
            }
            let refusal = metadata_error(
                401,
                "unauthorized_client",
                "Missing Basic Authorization header",
            );
            Some(refusal.with(
                "WWW-Authenticate",
                &format!("Basic realm={}", file.display()),
            ))
        }
        _ => Some(metadata_error(
            400,
            "bad_request_102",
            "Required api-version not specified",
        )),
    }
}

/// The identity that a request names by its client ID, object ID or resource ID, or the machine's own.
fn identity(request: &Request, own: &State, directory: &Directory) -> Option<Application> {
    let named = |names: &[&str]| names.iter().find_map(|name| request.parameter(name));
    let mut known = directory.applications.iter();
    let found = if let Some(id) = named(&["client_id"]) {
        known.find(|known| known.client_id == id)
    } else if let Some(id) = named(&["object_id", "principal_id"]) {
        known.find(|known| known.object_id == id)
    } else if let Some(id) = named(&["msi_res_id", "mi_res_id"]) {
        known.find(|known| id.ends_with(&format!("/userAssignedIdentities/{}", known.name)))
    } else {
        let Some(machine) = &own.machine else {
            // The identity of a machine that belongs to no connection.
            return Some(Application::new("machine", &directory.tenants[0]));
        };
        known.find(|known| known.client_id == *machine)
    };
    found.cloned()
}

impl IdentityRefusal {
    fn answer(self) -> Answer {
        match self {
            Self::NotAssigned => metadata_error(400, "invalid_request", "Identity not found"),
            Self::Several => metadata_error(
                400,
                "invalid_request",
                "Multiple user assigned identities exist, please specify the clientId / \
                 resourceId of the identity in the token request",
            ),
            Self::Nested => Answer::json(
                400,
                &json!({ "error": { "code": "invalid_request", "message": "Identity not found" } }),
            ),
            Self::NotFound => metadata_error(404, "not_found", "IMDS service is not ready"),
            Self::BeingUpdated => metadata_error(410, "gone", "IMDS service is updating"),
            Self::TooManyRequests => Answer {
                status: 429,
                headers: vec![("Content-Type".into(), "text/plain".into())],
                body: b"Temporarily throttled, too many requests".to_vec(),
            },
        }
    }
}

impl ExpiresOn {
    fn write(self, seconds: i64) -> Value {
        let time = OffsetDateTime::from_unix_timestamp(seconds).expect("a moment of this age");
        match self {
            Self::Seconds => json!(seconds.to_string()),
            Self::Number => json!(seconds),
            Self::Iso8601 => json!(time.format(&Rfc3339).expect("a date of this age")),
            Self::UsDate => {
                let half = if time.hour() < 12 { "AM" } else { "PM" };
                let hour = match time.hour() % 12 {
                    0 => 12,
                    hour => hour,
                };
                json!(format!(
                    "{}/{}/{} {hour}:{:02}:{:02} {half} +00:00",
                    u8::from(time.month()),
                    time.day(),
                    time.year(),
                    time.minute(),
                    time.second()
                ))
            }
        }
    }
}

fn app_service_error(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "statusCode": status, "message": message, "correlationId": guid() }),
    )
}

fn metadata_error(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "error": error, "error_description": description }),
    )
}
