//! The Azure CLI: its command line for a token, and its answer.
//!
//! It never starts the tool.

use serde_json::Value;
use time::format_description::well_known::Iso8601;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::{Command, token_in};
use crate::token::Token;

/// The command of the Azure SDKs (`AzureCliCredential`).
pub(super) const COMMAND: Command = Command {
    name: "az",
    arguments: &["account", "get-access-token", "--output", "json"],
    tenant: "--tenant",
    read,
};

/// `{"accessToken":"…","expires_on":1795469974,"expiresOn":"2026-11-25 11:00:00.000000",…}`. Before 2.54 there is
/// only `expiresOn`, a local time without its zone, which is used only if the token itself cannot be decoded.
fn read(answer: &mut Value) -> Option<Token> {
    let expires_on = answer.get("expires_on").and_then(Value::as_i64);
    let expires_on =
        expires_on.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let local = answer.get("expiresOn").and_then(Value::as_str);
    let local = local.and_then(local_time);
    token_in(answer.get_mut("accessToken")?, expires_on, local)
}

fn local_time(text: &str) -> Option<OffsetDateTime> {
    let time = PrimitiveDateTime::parse(&text.replacen(' ', "T", 1), &Iso8601::DEFAULT).ok()?;
    let zone = UtcOffset::local_offset_at(time.assume_utc()).ok()?;
    Some(time.assume_offset(zone))
}
