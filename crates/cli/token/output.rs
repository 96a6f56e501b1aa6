//! Formats a token for programs, on standard output.
//!
//! It does not decide where that output goes.

use std::io;

use adieu_agent::Stream;
use adieu_identity::{Credential, Scope, Token};
use clap::ValueEnum;
use serde_json::json;
use time::{OffsetDateTime, UtcOffset};
use zeroize::Zeroizing;

use crate::identity_ids::IdentityIds;
use crate::moment::rfc_3339;

/// The forms in which programs read a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenFormat {
    /// The token alone
    #[default]
    Token,
    /// With expiry, scope, tenant and credential
    Json,
    /// Authorization: Bearer …
    Header,
    /// Bearer …
    Headervalue,
    /// AZURE_DEVOPS_TOKEN=… and its expiry, for env files
    Env,
    /// As `azd auth token --output json`
    Azd,
    /// As `az account get-access-token`
    Az,
}

/// A token and what is printed with it.
pub(crate) struct TokenOutput<'a> {
    pub(crate) token: &'a Token,
    pub(crate) scope: &'a Scope,
    /// The requested resource.
    pub(crate) resource: &'a str,
    /// The identity that signed in, as far as it is known.
    pub(crate) ids: IdentityIds,
    pub(crate) credential: Credential,
    /// This machine's time zone, if it is known.
    pub(crate) zone: Option<UtcOffset>,
}

/// Writes a token and a line break.
///
/// # Errors
/// The stream cannot be written.
pub(crate) fn write(printed: &TokenOutput<'_>, form: TokenFormat) -> io::Result<()> {
    let out = Stream::Output;
    let token = printed.token.value.reveal();
    let ends = OffsetDateTime::from(printed.token.expires_on);
    let expires_on = rfc_3339(ends);
    let IdentityIds {
        tenant, client_id, ..
    } = &printed.ids;
    match form {
        TokenFormat::Token => out.credential(token),
        TokenFormat::Header => {
            out.credential(&Zeroizing::new(format!("Authorization: Bearer {token}")))
        }
        TokenFormat::Headervalue => out.credential(&Zeroizing::new(format!("Bearer {token}"))),
        TokenFormat::Env => {
            let name = variable(printed.resource);
            let lines = format!("{name}={token}\n{name}_EXPIRES_ON={expires_on}");
            out.credential(&Zeroizing::new(lines))
        }
        TokenFormat::Azd => {
            out.credential_json(&json!({ "token": token, "expiresOn": expires_on }))
        }
        TokenFormat::Az => out.credential_json(&json!({
            "accessToken": token,
            "expiresOn": local(ends, printed.zone),
            "expires_on": ends.unix_timestamp(),
            "tenant": tenant,
            "tokenType": "Bearer",
        })),
        TokenFormat::Json => out.credential_json(&json!({
            "token": token,
            "tokenType": "Bearer",
            "expiresOn": expires_on,
            "expiresOnEpoch": ends.unix_timestamp(),
            "scope": printed.scope.value,
            "tenant": tenant,
            "clientId": client_id,
            "credential": printed.credential.name(),
        })),
    }
}

/// The name of the variable for a resource, as in the examples for `EntraToken@1`; `TOKEN` for a resource without a
/// word.
fn variable(resource: &str) -> &'static str {
    match resource.to_ascii_lowercase().as_str() {
        "azuredevops" => "AZURE_DEVOPS_TOKEN",
        "arm" => "ARM_TOKEN",
        "graph" => "GRAPH_TOKEN",
        "keyvault" => "KEY_VAULT_TOKEN",
        "storage" => "STORAGE_TOKEN",
        "sql" => "SQL_TOKEN",
        _ => "TOKEN",
    }
}

/// az's format: this machine's local time, without its zone. `None` if the zone is not known.
fn local(moment: OffsetDateTime, zone: Option<UtcOffset>) -> Option<String> {
    let moment = moment.to_offset(zone?);
    let (date, (hour, minute, second)) = (moment.date(), moment.to_hms());
    Some(format!("{date} {hour:02}:{minute:02}:{second:02}.000000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_local_time_as_az_does() {
        let moment = OffsetDateTime::from_unix_timestamp(1_795_469_974).expect("a moment");
        let zone = UtcOffset::from_hms(1, 0, 0).ok();
        assert_eq!(
            local(moment, zone).as_deref(),
            Some("2026-11-23 22:39:34.000000")
        );
        assert_eq!(local(moment, None), None);
    }
}
