//! The Azure Developer CLI: its command line for a token, and its answer.
//!
//! It never starts the tool.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Command, token_in};
use crate::token::Token;

/// The command of the Azure SDKs (`AzureDeveloperCliCredential`).
pub(super) const COMMAND: Command = Command {
    name: "azd",
    arguments: &["auth", "token", "--output", "json", "--no-prompt"],
    tenant: "--tenant-id",
    read,
};

/// `{"token":"…","expiresOn":"2026-11-25T10:00:00Z"}`.
fn read(answer: &mut Value) -> Option<Token> {
    let expires_on = answer.get("expiresOn").and_then(Value::as_str);
    let expires_on = expires_on.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    token_in(answer.get_mut("token")?, expires_on, None)
}
