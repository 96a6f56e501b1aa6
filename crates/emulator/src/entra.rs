//! Microsoft Entra's token endpoint and what clients discover before they use it.
//!
//! It never gives a token without a proof that it has checked.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Clock;
use crate::directory::{Application, Directory, ID_TOKEN_AUDIENCE, TokenFlaw, guid};
use crate::http::{Answer, Request};
use crate::jwt::{self, Parsed};
use crate::marketplace::Minted;

/// Why Entra refuses: its number, and the words after it.
struct Refusal(u32, String);

/// The secrets that it asks its clients for.
pub(crate) const ASKS_FOR: [&str; 3] = ["ID token", "assertion", "client secret"];

/// Answers one request.
pub(crate) fn answer(request: &Request, directory: &mut Directory, clock: &Clock) -> Answer {
    // The host by which the client came: a relay or a proxy may stand in between.
    let host = request.header("host").unwrap_or_default();
    let base = &format!("https://{host}/");
    let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), path.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            token(request, tenant, base, directory, clock)
        }
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            Answer::json(200, &configuration(base, tenant))
        }
        ("GET", ["common", "discovery", "instance"]) => {
            Answer::json(200, &instances(base, request))
        }
        ("GET", [_, "discovery", "v2.0", "keys"]) => {
            Answer::json(200, &json!({ "keys": [jwt::entra_key().to_jwk()] }))
        }
        _ => {
            directory.violation(format!(
                "Entra has no route {} {}",
                request.method, request.path
            ));
            Answer::json(404, &json!({ "error": "not_found" }))
        }
    }
}

fn configuration(base: &str, tenant: &str) -> Value {
    json!({
        "token_endpoint": format!("{base}{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{base}{tenant}/oauth2/v2.0/authorize"),
        "issuer": format!("{base}{tenant}/v2.0"),
        "jwks_uri": format!("{base}{tenant}/discovery/v2.0/keys"),
    })
}

fn instances(base: &str, request: &Request) -> Value {
    let host = base.trim_start_matches("https://").trim_end_matches('/');
    let endpoint = request
        .parameter("authorization_endpoint")
        .unwrap_or_default();
    json!({
        "tenant_discovery_endpoint": endpoint.replace("/oauth2/v2.0/authorize", "/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    })
}

fn token(
    request: &Request,
    tenant: &str,
    base: &str,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    if request.header("authorization").is_some() {
        directory
            .violation("Entra was sent an Authorization header that it did not ask for".to_owned());
    }
    let sent = request.field("client_assertion").unwrap_or_default();
    if !sent.is_empty() {
        directory.ledger.record("assertion", &sent);
    }
    if let Some(code) = directory.refusal {
        match &mut directory.refusals_left {
            Some(0) => {}
            Some(left) => {
                *left -= 1;
                return refuse(&Refusal(code, words(code)), directory, request);
            }
            None => return refuse(&Refusal(code, words(code)), directory, request),
        }
    }
    match grant(request, tenant, base, directory, clock) {
        Ok(answer) => answer,
        Err(refusal) => refuse(&refusal, directory, request),
    }
}

fn grant(
    request: &Request,
    tenant: &str,
    base: &str,
    directory: &mut Directory,
    clock: &Clock,
) -> Result<Answer, Refusal> {
    if !request
        .header("content-type")
        .unwrap_or_default()
        .starts_with("application/x-www-form-urlencoded")
    {
        return Err(Refusal(
            900_144,
            "The request body must contain the following parameter: 'grant_type'.".to_owned(),
        ));
    }
    let field = |name: &str| {
        request
            .field(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| {
                Refusal(
                    900_144,
                    format!("The request body must contain the following parameter: '{name}'."),
                )
            })
    };
    if field("grant_type")? != "client_credentials" {
        return Err(Refusal(
            70_003,
            "The app requested an unsupported grant type.".to_owned(),
        ));
    }
    if !tenant.contains(['-', '.']) {
        return Err(Refusal(
            900_023,
            format!(
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
            ),
        ));
    }
    if !directory.tenants.iter().any(|known| known == tenant) {
        return Err(Refusal(
            90_002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
            ),
        ));
    }
    let client_id = field("client_id")?;
    let application = directory
        .applications
        .iter()
        .find(|application| application.client_id == client_id && application.tenant == tenant)
        .cloned()
        .ok_or_else(|| {
            Refusal(700_016, format!("Application with identifier '{client_id}' was not found in the directory '{tenant}'."))
        })?;
    prove(
        request,
        &application,
        &format!("{base}{tenant}/oauth2/v2.0/token"),
        clock,
    )?;
    let scope = field("scope")?;
    let resource = scope.strip_suffix("/.default").filter(|_| !scope.contains(' ')).ok_or_else(|| {
        Refusal(70_011, format!("The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."))
    })?;
    if !directory
        .resources
        .iter()
        .any(|known| known == resource.trim_end_matches('/'))
    {
        return Err(Refusal(
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named {tenant}."
            ),
        ));
    }
    Ok(access_token(resource, &application, directory, clock))
}

/// Checks the secret, the federated ID token or the certificate's assertion.
fn prove(
    request: &Request,
    application: &Application,
    endpoint: &str,
    clock: &Clock,
) -> Result<(), Refusal> {
    if let Some(secret) = request.field("client_secret") {
        if application.secret.as_deref() == Some(&secret) {
            return Ok(());
        }
        return Err(Refusal(7_000_215, words(7_000_215)));
    }
    let kind = request.field("client_assertion_type").unwrap_or_default();
    if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
        return Err(Refusal(7_000_218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".to_owned()));
    }
    let token = Parsed::read(&request.field("client_assertion").unwrap_or_default())
        .ok_or_else(|| Refusal(50_027, "JWT token is invalid or malformed.".to_owned()))?;
    if token.claim("iss") == application.client_id {
        return prove_certificate(&token, application, endpoint, clock);
    }
    let (issuer, subject, audience) = (token.claim("iss"), token.claim("sub"), token.claim("aud"));
    if application.federated.is_empty() {
        return Err(Refusal(70_025, words(70_025)));
    }
    let federated = &application.federated;
    let same_issuer: Vec<_> = federated
        .iter()
        .filter(|credential| credential.issuer == issuer)
        .collect();
    let compare = "Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
    if same_issuer.is_empty() {
        return Err(Refusal(
            700_211,
            format!(
                "No matching federated identity record found for presented assertion issuer '{issuer}'. {compare}"
            ),
        ));
    }
    let Some(credential) = same_issuer
        .iter()
        .find(|credential| credential.subject == subject)
    else {
        let folded = same_issuer
            .iter()
            .any(|credential| credential.subject.eq_ignore_ascii_case(subject));
        let code = if folded { 7_002_138 } else { 700_213 };
        return Err(Refusal(
            code,
            format!(
                "No matching federated identity record found for presented assertion subject '{subject}'. {compare}"
            ),
        ));
    };
    if credential.audience != audience || audience != ID_TOKEN_AUDIENCE {
        return Err(Refusal(
            700_212,
            format!(
                "No matching federated identity record found for presented assertion audience '{audience}'. {compare}"
            ),
        ));
    }
    if !jwt::issuer_key().has_signed(&token) {
        return Err(Refusal(
            700_027,
            "Client assertion failed signature validation.".to_owned(),
        ));
    }
    is_alive(&token, clock)
}

/// How long an assertion that a client signed itself may live.
const LONGEST_ASSERTION: i64 = 24 * 60 * 60;

/// An assertion that the application signed with its own certificate (learn.microsoft.com, "Microsoft
/// identity platform application authentication certificate credentials").
fn prove_certificate(
    token: &Parsed,
    application: &Application,
    endpoint: &str,
    clock: &Clock,
) -> Result<(), Refusal> {
    let invalid = |reason: &str| {
        Refusal(
            700_027,
            format!("Client assertion failed signature validation. {reason}"),
        )
    };
    let certificate = application
        .certificate
        .as_ref()
        .ok_or_else(|| invalid("The key was not found."))?;
    let named = |field: &str| token.header.get(field).and_then(Value::as_str);
    if named("x5t#S256") != Some(&certificate.sha256) && named("x5t") != Some(&certificate.sha1) {
        return Err(invalid("The key was not found by its thumbprint."));
    }
    if !token.is_signed_by(&certificate.public) {
        return Err(invalid("The signature is wrong."));
    }
    if token.claim("sub") != application.client_id || token.claim("jti").is_empty() {
        return Err(Refusal(
            700_023,
            "Client assertion audience or subject claim does not match.".to_owned(),
        ));
    }
    if token.claim("aud") != endpoint {
        return Err(Refusal(
            700_023,
            "Client assertion audience claim does not match Realm issuer.".to_owned(),
        ));
    }
    if token
        .number("exp")
        .is_none_or(|end| end > clock.now() + LONGEST_ASSERTION)
    {
        return Err(out_of_range(token, clock));
    }
    is_alive(token, clock)
}

fn is_alive(token: &Parsed, clock: &Clock) -> Result<(), Refusal> {
    let now = clock.now();
    // Entra allows five minutes for clocks that differ.
    let begun = token.number("nbf").is_some_and(|begin| begin <= now + 300);
    let running = token.number("exp").is_some_and(|end| end > now - 300);
    if begun && running {
        return Ok(());
    }
    Err(out_of_range(token, clock))
}

fn out_of_range(token: &Parsed, clock: &Clock) -> Refusal {
    let time = |seconds: i64| {
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default()
    };
    Refusal(
        700_024,
        format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            time(clock.now()),
            time(token.number("nbf").unwrap_or_default()),
            time(token.number("exp").unwrap_or_default()),
        ),
    )
}

fn access_token(
    resource: &str,
    application: &Application,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let flaw = directory.token_flaw;
    let token = mint(resource, application, directory, clock);
    let lifetime = lifetime(directory);
    let lifetime = match flaw {
        Some(TokenFlaw::TextLifetime) => json!(lifetime.to_string()),
        _ => json!(lifetime),
    };
    let body = json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": token,
    });
    Answer::json(200, &body).with("Cache-Control", "no-store, no-cache")
}

/// How long an access token lives, in seconds.
fn lifetime(directory: &Directory) -> i64 {
    if directory.token_flaw == Some(TokenFlaw::Expired) {
        -60
    } else {
        directory.token_lifetime
    }
}

/// An access token of an application, taken down in the ledger.
pub(crate) fn mint(
    resource: &str,
    application: &Application,
    directory: &mut Directory,
    clock: &Clock,
) -> String {
    let now = clock.now();
    let flaw = directory.token_flaw;
    let lifetime = lifetime(directory);
    let other = "00000000-0000-4000-8000-000000000bad";
    let tenant = if flaw == Some(TokenFlaw::Tenant) {
        other.to_owned()
    } else {
        application.tenant.clone()
    };
    let audience = if flaw == Some(TokenFlaw::Audience) {
        other
    } else {
        resource
    };
    let mut claims = json!({
        "aud": audience,
        "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "appid": application.client_id,
        "oid": application.object_id,
        "tid": tenant,
        "uti": guid(),
        "ver": "1.0",
    });
    if flaw == Some(TokenFlaw::Long) {
        claims["groups"] = (0..1500).map(|_| guid()).collect();
    }
    let token = if flaw == Some(TokenFlaw::Opaque) {
        format!("opaque.{}{}", guid(), guid())
    } else {
        jwt::entra_key().sign(&claims)
    };
    directory.ledger.record("access token", &token);
    let minted = Minted {
        value: token.clone(),
        identity: directory.identity(&application.client_id, &application.tenant),
        tenant: tenant.clone(),
        audience: audience.to_owned(),
        expires_on: now + lifetime,
    };
    directory.access_tokens.push(minted);
    token
}

/// Entra's error, in the older form with line breaks or in the newer one without.
fn refuse(refusal: &Refusal, directory: &Directory, request: &Request) -> Answer {
    let Refusal(code, words) = refusal;
    let (trace, correlation) = (
        guid(),
        request
            .header("client-request-id")
            .map_or_else(guid, str::to_owned),
    );
    let timestamp = OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .unwrap_or_default();
    let separator = if directory.one_line_errors {
        " "
    } else {
        "\r\n"
    };
    let description = [
        format!("AADSTS{code}: {words}"),
        format!("Trace ID: {trace}"),
        format!("Correlation ID: {correlation}"),
        format!("Timestamp: {timestamp}"),
    ]
    .join(separator);
    let (status, error) = match code {
        90_033 | 90_055 => (503, "temporarily_unavailable"),
        // invalid_client for what is wrong with a credential: microsoft/Agents#202, Azure/azure-workload-identity#1200.
        7_000_215 | 7_000_218 | 7_000_222 | 700_023 | 700_024 | 700_027 | 70_025 | 700_211
        | 700_212 | 700_213 | 7_002_137 | 7_002_138 => (401, "invalid_client"),
        700_016 => (400, "unauthorized_client"),
        70_011 => (400, "invalid_scope"),
        500_011 => (400, "invalid_resource"),
        53_003 => (400, "access_denied"),
        70_003 => (400, "unsupported_grant_type"),
        _ => (400, "invalid_request"),
    };
    let body = json!({
        "error": error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    Answer::json(status, &body)
}

/// Microsoft's own words for refusals that need no facts.
fn words(code: u32) -> String {
    match code {
        53_003 => "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        70_021 => "No matching federated identity record found for presented assertion.",
        70_025 => "The client has no configured federated identity credentials.",
        90_033 => "A transient error has occurred. Please try again.",
        90_061 => "Request to External OIDC endpoint failed.",
        700_024 => "Client assertion is not within its valid time range.",
        7_000_215 => "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.",
        7_000_222 => "The provided client secret keys for app are expired.",
        _ => "The request was refused.",
    }
    .to_owned()
}
