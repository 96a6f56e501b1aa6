//! An Azure container registry: one image, and tokens for clients that exchange a Microsoft Entra token
//! (github.com/Azure/acr/blob/main/docs/AAD-OAuth.md; github.com/opencontainers/distribution-spec).
//!
//! It has no roles: any token for Azure Resource Manager allows pulling and pushing.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::clock::Clock;
use crate::directory::{Directory, ExpectedSecrets};
use crate::http::{Answer, Request};
use crate::ids::guid;

/// The registry's host.
pub(crate) const HOST: &str = "adieu.azurecr.io";

/// It expects a Microsoft Entra token in the body of an exchange, and its own tokens in headers.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["registry refresh token", "registry access token"],
    body: &["access token", "registry refresh token"],
};

/// The user name for a refresh token.
const USER: &str = "00000000-0000-0000-0000-000000000000";

/// The audiences of tokens for Azure Resource Manager.
const AUDIENCES: [&str; 2] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
];

/// The state of the registry.
#[derive(Debug, Default)]
pub(crate) struct State {
    refresh_tokens: Vec<String>,
    access_tokens: Vec<String>,
}

/// Answers one request.
pub(crate) fn answer(
    request: &Request,
    own: &mut State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/oauth2/exchange") => exchange(request, own, directory, clock),
        ("GET" | "POST", "/oauth2/token") => token(request, own, directory),
        ("GET" | "HEAD", path) if path.starts_with("/v2/") => content(request, own),
        (method, path) => {
            directory.violation(format!("the registry has no route {method} {path}"));
            refused(404, "NOT_FOUND")
        }
    }
}

fn refused(status: u16, code: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "errors": [{ "code": code, "message": "authentication required" }] }),
    )
}

/// Exchanges a Microsoft Entra token for a refresh token of the registry.
fn exchange(
    request: &Request,
    own: &mut State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let form: BTreeMap<String, String> =
        form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let token = field("access_token");
    let is_good = directory.access_tokens.iter().any(|issued| {
        issued.value == token
            && issued.expires_on > clock.now()
            && AUDIENCES.contains(&issued.audience.trim_end_matches('/'))
    });
    if field("grant_type") != "access_token" || field("service") != HOST || !is_good {
        return refused(401, "UNAUTHORIZED");
    }
    let refresh_token = format!("refresh.{}", guid());
    directory
        .ledger
        .record("registry refresh token", &refresh_token);
    own.refresh_tokens.push(refresh_token.clone());
    Answer::json(200, &json!({ "refresh_token": refresh_token }))
}

/// Exchanges a refresh token, sent as a password or in a form, for a token of the registry.
fn token(request: &Request, own: &mut State, directory: &mut Directory) -> Answer {
    let form: BTreeMap<String, String> =
        form_urlencoded::parse(&request.body).into_owned().collect();
    let basic = request.header("authorization").and_then(|header| {
        let text = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (user, password) = text.split_once(':')?;
        (user == USER).then(|| password.to_owned())
    });
    let refresh_token = basic.or_else(|| form.get("refresh_token").cloned());
    if !refresh_token.is_some_and(|token| own.refresh_tokens.contains(&token)) {
        return refused(401, "UNAUTHORIZED");
    }
    let access_token = format!("access.{}", guid());
    directory
        .ledger
        .record("registry access token", &access_token);
    own.access_tokens.push(access_token.clone());
    Answer::json(200, &json!({ "access_token": access_token }))
}

/// The image `hello`, without layers.
fn content(request: &Request, own: &State) -> Answer {
    let token = request.header("authorization").unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    if !own.access_tokens.iter().any(|known| known == token) {
        let challenge = format!(
            "Bearer realm=\"https://{HOST}/oauth2/token\",service=\"{HOST}\",\
             scope=\"repository:hello:pull\""
        );
        return refused(401, "UNAUTHORIZED").with("Www-Authenticate", &challenge);
    }
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": { "type": "layers", "diff_ids": [] },
    });
    let config = config.to_string();
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let config_kind = "application/vnd.oci.image.config.v1+json";
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": kind,
        "config": { "mediaType": config_kind, "digest": sum(&config), "size": config.len() },
        "layers": [],
    });
    let manifest = manifest.to_string();
    let (kind, body) = match request.path.strip_prefix("/v2/") {
        Some("") => ("application/json", "{}".to_owned()),
        Some("hello/tags/list") => (
            "application/json",
            "{\"name\":\"hello\",\"tags\":[\"1\"]}".to_owned(),
        ),
        Some(path) if path.starts_with("hello/manifests/") => (kind, manifest),
        Some(path) if path == format!("hello/blobs/{}", sum(&config)) => {
            ("application/octet-stream", config)
        }
        _ => return refused(404, "NOT_FOUND"),
    };
    Answer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), kind.to_owned())],
        body: body.clone().into_bytes(),
    }
    .with("Docker-Content-Digest", &sum(&body))
    .with("Docker-Distribution-Api-Version", "registry/2.0")
}

fn sum(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    let digits: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{digits}")
}
