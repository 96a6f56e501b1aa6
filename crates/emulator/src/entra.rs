//! Microsoft Entra's token endpoint, and the metadata that clients read first.
//!
//! It never issues a token without a proof that it has checked.

mod proof;
mod refusal;
mod setup;

use serde_json::{Value, json};

use self::refusal::{Refusal, refuse, words};
use crate::clock::Clock;
use crate::directory::{Application, Directory, ExpectedSecrets, TokenFlaw};
use crate::http::{Answer, Request};
use crate::issued::{issue, lifetime};
use crate::jwt;
use crate::shared_state::EmulatedService;
use crate::vss::NO_TENANT;

/// The secrets that it expects from its clients.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &[],
    body: &["ID token", "assertion", "client secret"],
};

/// The handle of Microsoft Entra. Its address is the authority.
pub type Entra = EmulatedService<State>;

/// The state of Microsoft Entra besides the directory.
#[derive(Debug, Default)]
pub struct State {
    /// The code with which all requests are refused, and how often; `None` means always.
    refusal: Option<(u32, Option<u32>)>,
    two_line_errors: bool,
}

/// Answers one request.
pub(crate) fn answer(
    request: &Request,
    own: &mut State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    // The host that the client asked for: a relay or a proxy may be in between.
    let host = request.header("host").unwrap_or_default();
    let base = &format!("https://{host}/");
    let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), path.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            token(request, tenant, base, own, directory, clock)
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
    own: &mut State,
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
    match &mut own.refusal {
        None | Some((_, Some(0))) => {}
        Some((code, left)) => {
            if let Some(left) = left {
                *left -= 1;
            }
            let refusal = Refusal(*code, words(*code));
            return refuse(&refusal, own, request, clock);
        }
    }
    match grant(request, tenant, base, directory, clock) {
        Ok(answer) => answer,
        Err(refusal) => refuse(&refusal, own, request, clock),
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
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a \
                 valid external domain."
            ),
        ));
    }
    if tenant == NO_TENANT {
        return Err(Refusal(
            900_021,
            format!("Requested tenant identifier '{tenant}' is not valid."),
        ));
    }
    if !directory.tenants.iter().any(|known| known == tenant) {
        return Err(Refusal(
            90_002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant \
                 ID and are signing into the correct cloud."
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
            Refusal(
                700_016,
                format!(
                    "Application with identifier '{client_id}' was not found \
             in the directory '{tenant}'."
                ),
            )
        })?;
    if application.object_id.is_empty() {
        return Err(Refusal(
            7_000_229,
            format!(
                "The client application {client_id} is missing service principal in the tenant \
                 {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
            ),
        ));
    }
    proof::check(
        request,
        &application,
        &format!("{base}{tenant}/oauth2/v2.0/token"),
        clock,
    )?;
    let scope = field("scope")?;
    // MSAL adds OpenID Connect's own scopes to every request; they have no meaning for an application.
    let is_of_openid = |word: &&str| ["openid", "profile", "offline_access"].contains(word);
    let named: Vec<&str> = scope
        .split(' ')
        .filter(|word| !is_of_openid(word))
        .collect();
    let named = named.join(" ");
    let resource = named
        .strip_suffix("/.default")
        .filter(|_| !named.contains(' '))
        .ok_or_else(|| {
            Refusal(
                70_011,
                format!(
                    "The provided request must include a 'scope' input parameter. \
         The provided value for the input parameter 'scope' is not valid. The scope {scope} is \
         not valid."
                ),
            )
        })?;
    if !directory
        .resources
        .iter()
        .any(|known| known == resource.trim_end_matches('/'))
    {
        return Err(Refusal(
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named \
                 {tenant}."
            ),
        ));
    }
    Ok(access_token(resource, &application, directory, clock))
}

fn access_token(
    resource: &str,
    application: &Application,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let flaw = directory.token_flaw;
    let token = issue(resource, application, directory, clock);
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
