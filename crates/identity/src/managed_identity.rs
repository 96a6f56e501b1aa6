//! Access tokens of the machine's own managed identity.
//!
//! Which endpoint answers (a virtual machine's, App Service's) is azure_identity's business.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::credentials::TokenCredential as _;
use azure_core::http::{ClientOptions, Transport as AzureTransport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use adieu_secret::AccessToken;
use adieu_transport::{Transport, first_line};

use crate::error::Error;
use crate::exchange::Token;
use crate::scope::Scope;

/// azure_identity would ask a virtual machine's endpoint for 72 seconds before it gives up.
const BOUND: Duration = Duration::from_secs(30);

/// A token for each scope, one after the other: the endpoint is on this machine or its host.
pub(crate) async fn access_tokens(
    client_id: Option<&str>,
    scopes: &[Scope],
    transport: &Transport,
) -> Vec<Result<Token, Error>> {
    let credential = match credential(client_id, transport) {
        Ok(credential) => credential,
        Err(reason) => {
            let refused = |_| Err(Error::ManagedIdentity(reason.clone()));
            return scopes.iter().map(refused).collect();
        }
    };
    let mut tokens = Vec::new();
    for scope in scopes {
        let wanted = [scope.value.as_str()];
        let asking = tokio::time::timeout(BOUND, credential.get_token(&wanted, None));
        tokens.push(match asking.await {
            Ok(Ok(token)) => Ok(Token {
                value: AccessToken::new(token.token.secret().to_owned()),
                expires_on: SystemTime::from(token.expires_on),
            }),
            Ok(Err(error)) => Err(Error::ManagedIdentity(reason(&error.to_string()))),
            Err(_elapsed) => Err(Error::ManagedIdentity(
                "its endpoint did not answer within 30 seconds".to_owned(),
            )),
        });
    }
    tokens
}

/// What azure_identity says, without the endpoint's whole body and without the address of its own help.
fn reason(text: &str) -> String {
    let text = text
        .split(" To troubleshoot, visit")
        .next()
        .unwrap_or_default();
    let Some((before, body)) = text.split_once('{') else {
        return first_line(text).trim_end_matches('.').to_owned();
    };
    let said = serde_json::from_str::<serde_json::Value>(&format!("{{{body}"))
        .ok()
        .and_then(|body| {
            let fields = ["message", "error_description", "error"];
            let field = |name: &str| body.get(name)?.as_str().map(first_line);
            fields.into_iter().find_map(field)
        });
    let said = said.unwrap_or_else(|| "its answer cannot be read".to_owned());
    format!(
        "{}: {}",
        first_line(before).trim_end_matches([':', ' ']),
        said.trim_end_matches('.')
    )
}

fn credential(
    client_id: Option<&str>,
    transport: &Transport,
) -> Result<Arc<ManagedIdentityCredential>, String> {
    let client = transport
        .without_proxy()
        .map_err(|error| error.to_string())?;
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client_id.map(|id| UserAssignedId::ClientId(id.to_owned())),
        client_options: ClientOptions {
            transport: Some(AzureTransport::new(Arc::new(client))),
            ..ClientOptions::default()
        },
    };
    ManagedIdentityCredential::new(Some(options)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_the_endpoint_said_and_not_its_body() {
        for (text, expected) in [
            (
                r#"ManagedIdentityCredential authentication failed. The request failed: {"statusCode":400,"message":"No identity."} To troubleshoot, visit x"#,
                "ManagedIdentityCredential authentication failed. The request failed: No identity",
            ),
            (
                "ManagedIdentityCredential authentication failed. The request failed: {oops",
                "ManagedIdentityCredential authentication failed. The request failed: its answer cannot be read",
            ),
            ("connection refused.", "connection refused"),
        ] {
            assert_eq!(reason(text), expected);
        }
    }
}
