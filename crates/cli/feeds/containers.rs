//! Container registries (Azure Container Registry) in a step: whether they get a credential, and the one that our
//! helper for Docker asks for.

use adieu_agent::Log;
use adieu_feeds::{Folder, Plan};
use adieu_secret::AccessToken;
use adieu_transport::{Body, Method, Transport, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use super::endpoint::{Endpoint, PATIENCE};

/// The token that a registry exchanges: one for Azure Resource Manager.
pub(crate) const SCOPE: &str = "https://management.azure.com/.default";

/// Reports the registries, or why the sign-in for them fails.
pub(super) async fn report(plan: &Plan, folder: &Folder, log: &Log) {
    if plan.containers.is_empty() {
        return;
    }
    let token = match Endpoint::in_folder(folder.path()) {
        Ok(endpoint) => endpoint.token_for(SCOPE, None).await,
        Err(reason) => Err(reason),
    };
    match token {
        Ok(_) => {
            for registry in &plan.containers {
                log.say(&format!(
                    "{registry}: for docker, podman and skopeo (docker-credential-adieu)."
                ));
            }
        }
        Err(reason) => log.warn(&format!(
            "The container registries get no credential: {reason}"
        )),
    }
}

/// Exchanges a Microsoft Entra token for the registry's own (github.com/Azure/acr, "AAD-OAuth").
pub(super) async fn refresh_token(
    token: &AccessToken,
    registry: &str,
    transport: &Transport,
) -> Result<Zeroizing<String>, String> {
    let url = Url::parse(&format!("https://{registry}/oauth2/exchange"));
    let url = url.map_err(|_| format!("{registry} is not a host"))?;
    // The other characters of a token need no encoding in a form.
    let token = Zeroizing::new(
        token
            .reveal_to_wire()
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D"),
    );
    let form = Zeroizing::new(format!(
        "grant_type=access_token&service={registry}&access_token={}",
        *token
    ));
    let request = transport
        .request(Method::POST, &url)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form.to_string())
        .build()
        .map_err(|_| "the request cannot be built".to_owned())?;
    let answer = transport.send_within(request, PATIENCE, 256 * 1024).await;
    let answer = answer.map_err(|error| format!("{registry} does not answer: {error}"))?;
    let status = answer.status;
    match answer.read() {
        Body::Json(mut body) if status == 200 => match body["refresh_token"].take() {
            Value::String(token) => Ok(Zeroizing::new(token)),
            _ => Err(format!("{registry} gave no token")),
        },
        _ => Err(format!(
            "{registry} refused the service connection ({status}). It needs the role AcrPull of the \
             registry, or AcrPush to push, and the registry must accept Azure Resource Manager's tokens."
        )),
    }
}
