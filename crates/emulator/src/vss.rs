//! What all services of Azure DevOps have in common: headers, errors, sign-in, versions.
//!
//! It knows no route. The formats are those of the recorded answers in the tests of Azure/azure-devops-cli-extension
//! (`azure-devops/azext_devops/tests/latest/recordings`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::fault::{SIGN_IN, redirect};
use crate::http::{Answer, Request};
use crate::ids::guid;

/// UTF-8's byte order mark, which .NET writes before an error that does not come from a controller.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The user that Azure DevOps names if it has not identified anyone.
const NO_ONE: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

/// The credential in a request, before it is checked.
pub(crate) enum Credential {
    /// `Authorization: Bearer …`
    Bearer(String),
    /// The password of `Authorization: Basic …`, with any user name.
    Password(String),
    /// None, or a scheme that the services do not support.
    None,
}

impl Credential {
    /// The credential of a request.
    pub(crate) fn of(request: &Request) -> Self {
        let header = request.header("authorization").unwrap_or_default();
        let Some((scheme, value)) = header.split_once(' ') else {
            return Self::None;
        };
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Self::Bearer(value.to_owned()),
            "basic" => STANDARD
                .decode(value)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .and_then(|text| Some(text.split_once(':')?.1.to_owned()))
                .map_or(Self::None, Self::Password),
            _ => Self::None,
        }
    }

    /// The token, in either scheme.
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Self::Bearer(token) | Self::Password(token) => Some(token),
            Self::None => None,
        }
    }
}

/// An error of a controller: the answer's content type includes the character set.
pub(crate) fn error(status: u16, key: &str, message: &str) -> Answer {
    Answer::json(status, &envelope(key, message))
}

/// A permission that an identity, by its Azure DevOps ID, lacks on a resource. The permission's text is the service's
/// own.
pub(crate) fn access_check(status: u16, id: &str, resource: &str, permission: &str) -> Answer {
    let message = format!(
        "Access Denied: {id} needs the following permission(s) on the resource {resource} to \
         perform this action: {permission}"
    );
    let mut body = envelope("AccessCheckException", &message);
    body["customProperties"] = json!({
        "Descriptor": null, "IdentityDisplayName": id, "Token": resource, "RequestedPermissions": 1,
        "NamespaceId": guid(),
    });
    Answer::json(status, &body)
}

/// An error before a controller was found: a byte order mark, no character set, and the message again in a header.
pub(crate) fn early_error(status: u16, key: &str, message: &str) -> Answer {
    let body = envelope(key, message).to_string();
    Answer {
        status,
        headers: vec![("Content-Type".into(), "application/json".into())],
        body: [BYTE_ORDER_MARK, body.as_bytes()].concat(),
    }
    .with("X-TFS-ServiceError", &percent_encoded(message))
}

/// 404 for an address without a controller: plain text.
pub(crate) fn no_controller(request: &Request) -> Answer {
    let message = format!(
        "The controller for path '{}' was not found or does not implement IController.",
        request.path
    );
    Answer {
        status: 404,
        headers: vec![("Content-Type".into(), "text/plain; charset=utf-8".into())],
        body: message.clone().into_bytes(),
    }
    .with("X-TFS-ServiceError", &percent_encoded(&message))
}

/// 404 for an organization that does not exist: a page.
pub(crate) fn no_organization() -> Answer {
    page(404, "The resource cannot be found.")
}

/// 503 for an organization that is stopped, for any request.
pub(crate) fn stopped(organization: &str) -> Answer {
    early_error(
        503,
        "HostShutdownException",
        &format!("TF24668: The organization {organization} is inactive."),
    )
}

/// The answer to a request without a valid token. With a password it is a bare 401; with a bearer token it has a
/// message; without a credential it is a redirect to the sign-in page, unless the client suppresses that page.
pub(crate) fn signed_out(request: &Request, bearers_get_pages: bool) -> Answer {
    let suppresses = request.header("x-tfs-fedauthredirect") == Some("Suppress");
    match Credential::of(request) {
        Credential::Password(_) => Answer {
            status: 401,
            headers: Vec::new(),
            body: Vec::new(),
        }
        .with("WWW-Authenticate", BASIC),
        Credential::Bearer(_) if suppresses && bearers_get_pages => {
            // dotnet/sourcelink#487 has the page's title.
            let title =
                format!("TF400813: The user '{NO_ONE}' is not authorized to access this resource.");
            page(401, &title).with("WWW-Authenticate", "Bearer")
        }
        Credential::Bearer(_) if suppresses => early_error(
            401,
            "InvalidIdentityException",
            "TF400813: The user is not authorized to access this resource.",
        )
        .with("WWW-Authenticate", "Bearer"),
        Credential::None if suppresses => early_error(
            401,
            "UnauthorizedRequestException",
            &format!("TF400813: The user '{NO_ONE}' is not authorized to access this resource."),
        )
        .with("WWW-Authenticate", "Bearer")
        .with("WWW-Authenticate", BASIC)
        .with("WWW-Authenticate", "TFS-Federated"),
        _ => redirect(SIGN_IN),
    }
}

/// 401 for a token of a tenant other than the organization's, which both headers name.
pub(crate) fn other_tenant(tenant: &str) -> Answer {
    early_error(
        401,
        "UnauthorizedRequestException",
        &format!("TF400813: The user '{NO_ONE}' is not authorized to access this resource."),
    )
    .with("X-VSS-ResourceTenant", tenant)
    .with("WWW-Authenticate", &bearer(tenant))
}

/// 302 for a valid token of a work account, by an organization of Microsoft accounts.
pub(crate) fn microsoft_accounts() -> Answer {
    redirect(SIGN_IN)
        .with("X-VSS-ResourceTenant", NO_TENANT)
        .with("WWW-Authenticate", "Bearer")
}

/// 401 for a valid token whose identity the organization has not added. Public reports quote the message but not the
/// headers, so there is only the challenge that RFC 9110 requires for every 401.
pub(crate) fn not_added(tenant: &str, object: &str) -> Answer {
    early_error(
        401,
        "UnauthorizedRequestException",
        &format!(
            "TF401444: Please sign-in at least once as {tenant}\\{tenant}\\{object} in a web \
             browser to enable access to the service."
        ),
    )
    .with("WWW-Authenticate", "Bearer")
}

/// 401 for a valid token of an identity that Azure DevOps has never seen. Azure/azure-cli#31259 quotes the message,
/// but neither status nor type.
pub(crate) fn not_materialized(id: &str) -> Answer {
    early_error(
        401,
        "UnauthorizedRequestException",
        &format!(
            "Identity {id} has not been materialized, please use interactive login over the \
             browser first."
        ),
    )
    .with("WWW-Authenticate", "Bearer")
}

/// A project that an identity cannot see, or that does not exist: the same answer for both.
pub(crate) fn no_project(id: &str) -> Answer {
    error(
        404,
        "ProjectDoesNotExistException",
        &format!(
            "VS800075: The project with id 'vstfs:///Classification/TeamProject/{id}' does not \
             exist, or you do not have permission to access it."
        ),
    )
}

/// The tenant of an organization that is not connected to one.
pub(crate) const NO_TENANT: &str = "00000000-0000-0000-0000-000000000000";

const BASIC: &str = "Basic realm=\"https://tfsprodeus2.app.visualstudio.com/\"";

/// 401 of git's routes for a client without a valid token, with every header of the traces in curl/curl#13899 and
/// microsoft/azure-pipelines-agent#1164.
pub(crate) fn git_refusal(organization: &str, tenant: &str) -> Answer {
    let message =
        format!("TF400813: The user '{NO_ONE}' is not authorized to access this resource.");
    let fault = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
         xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\"><soap:Body><soap:Fault><soap:Code>\
         <soap:Value>soap:Receiver</soap:Value><soap:Subcode><soap:Value>UnauthorizedRequestException\
         </soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang=\"en\">{message}\
         </soap:Text></soap:Reason></soap:Fault></soap:Body></soap:Envelope>"
    );
    page(401, &message)
        .with("WWW-Authenticate", &bearer(tenant))
        .with(
            "WWW-Authenticate",
            "Basic realm=\"https://tfsprodneu1.visualstudio.com/\"",
        )
        .with("WWW-Authenticate", "TFS-Federated")
        .with(
            "X-TFS-FedAuthRealm",
            "https://tfsprodneu1.visualstudio.com/",
        )
        .with(
            "X-TFS-FedAuthIssuer",
            &format!("https://dev.azure.com/{organization}/"),
        )
        .with(
            "X-VSS-AuthorizationEndpoint",
            &format!("https://vssps.dev.azure.com/{organization}/"),
        )
        .with("X-VSS-ResourceTenant", tenant)
        .with("X-TFS-SoapException", &percent_encoded(&fault))
}

/// The challenge that names a tenant; the GUID with only zeros is never named.
pub(crate) fn bearer(tenant: &str) -> String {
    if tenant == NO_TENANT {
        "Bearer".to_owned()
    } else {
        format!("Bearer authorization_uri=https://login.microsoftonline.com/{tenant}")
    }
}

/// Adds what every answer has: IDs for the support, the version of the API that answered, and the ID and account of
/// the caller.
pub(crate) fn finished(
    mut answer: Answer,
    request: &Request,
    identity: Option<(&str, &str)>,
) -> Answer {
    let is_page = answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"));
    if let Some((id, account)) = identity
        && !matches!(answer.status, 302 | 401 | 503)
        && !is_page
    {
        answer = answer.with("X-VSS-UserData", &format!("{id}:{account}"));
    }
    if answer.status < 300
        && let Some(asked) = asked_version(request)
    {
        for (name, value) in &mut answer.headers {
            if name == "Content-Type" && value.starts_with("application/json") {
                value.push_str(&format!("; api-version={asked}"));
            }
        }
    }
    if answer.status != 503 {
        answer = answer
            .with("ActivityId", &guid())
            .with("X-VSS-E2EID", &guid());
    }
    if request.method == "HEAD" {
        answer.body.clear();
    }
    answer.with("X-MSEdge-Ref", "Ref A: 0 Ref B: EMULATOR Ref C: 0")
}

/// Refuses a request that does not name a known version.
pub(crate) fn version(request: &Request, known: &[&str]) -> Option<Answer> {
    let asked = asked_version(request);
    let is_known = asked
        .as_deref()
        .is_some_and(|asked| known.iter().any(|known| asked.starts_with(known)));
    (!is_known).then(|| {
        error(
            400,
            "VssVersionNotSpecifiedException",
            &format!("No api-version that is known here was supplied: {asked:?}."),
        )
    })
}

/// The version that a request names, in its address or in `Accept`.
pub(crate) fn asked_version(request: &Request) -> Option<String> {
    let accept = request.header("accept").unwrap_or_default();
    let mut in_accept = accept
        .split(';')
        .filter_map(|part| part.trim().strip_prefix("api-version="));
    request
        .parameter("api-version")
        .or_else(|| in_accept.next().map(str::to_owned))
}

/// The body as JSON, if it has the right content type.
pub(crate) fn json_body(request: &Request) -> Option<Value> {
    let kind = request.header("content-type").unwrap_or_default();
    kind.starts_with("application/json")
        .then(|| serde_json::from_slice(&request.body).ok())?
}

/// The body of every error.
fn envelope(key: &str, message: &str) -> Value {
    // The namespace is that of the exception's own assembly.
    let assembly = match key {
        "ProjectDoesNotExistException" | "ProjectDoesNotExistWithNameException" => {
            "Microsoft.TeamFoundation.Core.WebApi"
        }
        "GitRepositoryNotFoundException" => "Microsoft.TeamFoundation.Git.Server",
        "FeedNeedsPermissionsException"
        | "FeedIdNotFoundException"
        | "FeedViewNotFoundException" => "Microsoft.VisualStudio.Services.Feed.WebApi",
        "UnauthorizedRequestException" | "HostShutdownException" | "InvalidAccessException" => {
            "Microsoft.TeamFoundation.Framework.Server"
        }
        _ => "Microsoft.VisualStudio.Services.Common",
    };
    json!({
        "$id": "1", "innerException": null, "message": message,
        "typeName": format!("{assembly}.{key}, {assembly}"),
        "typeKey": key, "errorCode": 0, "eventId": 3000,
    })
}

fn page(status: u16, title: &str) -> Answer {
    Answer {
        status,
        headers: vec![("Content-Type".into(), "text/html; charset=utf-8".into())],
        body: format!(
            "<!DOCTYPE html>\r\n<html><head><title>{title}</title></head><body></body></html>"
        )
        .into_bytes(),
    }
    .with("X-TFS-ServiceError", &percent_encoded(title))
}

/// Percent-encodes everything except letters, digits and `-._~`.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
