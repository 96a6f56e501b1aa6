//! Docker's credential helper for Azure Container Registry (docs.docker.com, "Credential helpers").
//!
//! It answers only for the step's registries, and stores nothing.

use std::ffi::OsString;
use std::io::Read as _;
use std::process::ExitCode;

use adieu_transport::{Body, Method, Transport, Url};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{ServedFolder, password, write, write_json};
use crate::failure::Failure;
use crate::feeds::endpoint::{Endpoint, PATIENCE};
use crate::network;
use crate::report::Report;

/// The user name for a registry's refresh token.
const USER: &str = "00000000-0000-0000-0000-000000000000";

/// The message for a registry without a credential.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// Runs the helper. Errors are also written to standard output.
pub(super) fn run(arguments: &[OsString]) -> ExitCode {
    let answered = match arguments.first().and_then(|word| word.to_str()) {
        Some("get") => get(),
        Some("list") => Ok(json!({})),
        // Signing in by hand does not replace the step's sign-in.
        Some("store" | "erase") => return ExitCode::SUCCESS,
        _ => return ExitCode::FAILURE,
    };
    let is_written = match answered {
        Ok(answer) => write_json(&answer),
        Err(reason) => {
            write(&reason);
            false
        }
    };
    match is_written {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn get() -> Result<Value, String> {
    let mut asked = String::new();
    let read = std::io::stdin().take(4096).read_to_string(&mut asked);
    let asked = asked.trim();
    let registry = asked
        .strip_prefix("https://")
        .unwrap_or(asked)
        .trim_end_matches('/');
    let served = ServedFolder::find().filter(|served| {
        let mut registries = served.plan.containers.iter();
        read.is_ok() && registries.any(|one| one == registry)
    });
    let served = served.ok_or(NOT_FOUND)?;
    let secret = crate::runtime::block_on(Box::pin(refresh_token(&served, registry)));
    let secret = secret.map_err(|_| "there is no event loop")??;
    Ok(json!({ "ServerURL": asked, "Username": USER, "Secret": *secret }))
}

/// Exchanges a Microsoft Entra token for the registry's own (github.com/Azure/acr, "AAD-OAuth").
async fn refresh_token(served: &ServedFolder, registry: &str) -> Result<Zeroizing<String>, String> {
    let endpoint = Endpoint::in_folder(&served.folder)?;
    let token = endpoint
        .token_for(crate::feeds::containers::SCOPE, None)
        .await?;
    let words = |failure: Box<Failure>| Report::on_a_command_line(&failure).line();
    let transport: Transport = network::of_command_line().map_err(words)?;
    let url = Url::parse(&format!("https://{registry}/oauth2/exchange"));
    let url = url.map_err(|_| NOT_FOUND.to_owned())?;
    // The other characters of a token need no encoding in a form.
    let token = Zeroizing::new(
        password(&token.value)
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
