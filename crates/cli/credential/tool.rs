//! A tool with which the user has signed in, run once for a token: found, limited, and quoted if it fails.
//!
//! It never lets a tool prompt, and never runs one from the working directory.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use adieu_agent::process_variable;
use adieu_identity::azure_core::credentials::{TokenCredential, TokenRequestOptions};
use adieu_identity::azure_core::{self, error::ErrorKind};
use adieu_identity::{Claims, Scope, Token, TokenRequest};
use adieu_secret::AccessToken;
use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{ErrorValue, tool_output};
use crate::failure::{CredentialProblemKind, ToolProblem};
use crate::program;

/// The command line of a tool.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) arguments: fn(&Scope, Option<&str>) -> Vec<String>,
    /// Extracts the token from the answer.
    pub(super) read: fn(&mut Value) -> Option<Token>,
}

/// A tool that is installed here.
pub(super) struct Tool {
    command: &'static Command,
    path: PathBuf,
}

adieu_secret::debug_by_name!(Tool);

/// Looks for a tool on the PATH.
pub(super) fn find(command: &'static Command) -> Result<Tool, CredentialProblemKind> {
    program::on_path(command.name)
        .map(|path| Tool { command, path })
        .ok_or(CredentialProblemKind::NotInstalled(command.name))
}

#[async_trait]
impl TokenCredential for Tool {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<azure_core::credentials::AccessToken> {
        let request = TokenRequest::read(scopes, options.as_ref());
        let limit = request.deadline.left();
        match self
            .token(&request.scope, request.tenant.as_deref(), limit)
            .await
        {
            Ok(token) => Ok(token.into()),
            Err(fault) => Err(azure_core::Error::new(
                ErrorKind::Credential,
                ErrorValue(fault),
            )),
        }
    }
}

impl Tool {
    /// Runs the tool within `limit`.
    async fn token(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        limit: Duration,
    ) -> Result<Token, CredentialProblemKind> {
        let arguments = (self.command.arguments)(scope, tenant);
        // A value must not become an option of the tool.
        let values = [Some(scope.value.as_str()), tenant];
        let option = values
            .into_iter()
            .flatten()
            .find(|value| value.starts_with('-'));
        if let Some(option) = option {
            return Err(CredentialProblemKind::Tool {
                fault: ToolProblem::NotPlain(option.to_owned()),
                command: self.command.name.to_owned(),
                scope: scope.value.clone(),
                tenant: tenant.map(str::to_owned),
            });
        }
        self.answer(&arguments, limit)
            .await
            .map_err(|fault| CredentialProblemKind::Tool {
                fault,
                command: format!("{} {}", self.command.name, arguments.join(" ")),
                scope: scope.value.clone(),
                tenant: tenant.map(str::to_owned),
            })
    }

    async fn answer(&self, arguments: &[String], limit: Duration) -> Result<Token, ToolProblem> {
        // No shell is started here, but a tool can be a script that runs one.
        if let Some(strange) = arguments.iter().find(|argument| !is_plain(argument)) {
            return Err(ToolProblem::NotPlain(strange.clone()));
        }
        let running = tokio::process::Command::new(&self.path)
            .args(arguments)
            .current_dir(system_folder())
            .envs([
                ("NO_COLOR", "1"),
                ("AZURE_CORE_NO_COLOR", "true"),
                ("AZURE_CORE_ONLY_SHOW_ERRORS", "true"),
                ("AZD_SKIP_UPDATE_CHECK", "true"),
            ])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match tokio::time::timeout(limit, running).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(ToolProblem::NotStarted(error)),
            Err(_elapsed) => return Err(ToolProblem::Time(limit)),
        };
        let (stdout, stderr) = (Zeroizing::new(output.stdout), output.stderr);
        let stdout = tool_output::text(&stdout);
        if !output.status.success() {
            let words = tool_output::reason(&stdout, &tool_output::text(&stderr));
            return Err(match words {
                Some(words) => ToolProblem::Message(words),
                None => ToolProblem::Silent(output.status.to_string()),
            });
        }
        tool_output::find(&stdout, self.command.read).ok_or(ToolProblem::NoToken)
    }
}

/// Whether all characters are ones that the Azure SDKs pass to tools.
fn is_plain(argument: &str) -> bool {
    argument
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
}

/// The working directory of tools, as in the Azure SDKs: Windows would prefer programs in the current directory, and
/// a folder that others can write to may contain settings for a tool.
fn system_folder() -> String {
    if cfg!(windows) {
        process_variable("SystemRoot").unwrap_or_else(|| "C:\\Windows".to_owned())
    } else {
        "/".to_owned()
    }
}

/// A token with its expiry: from the tool, or else from the token's claims, or else from the tool's ambiguous local
/// time.
pub(super) fn token_in(
    value: &mut Value,
    expires_on: Option<OffsetDateTime>,
    unclear: Option<OffsetDateTime>,
) -> Option<Token> {
    // Moved, not copied, so that it is wiped with its type.
    let text = match value.take() {
        Value::String(text) => text,
        _ => return None,
    };
    let in_token = || {
        let seconds = Claims::read(&text)?.expires_on?;
        OffsetDateTime::from_unix_timestamp(seconds).ok()
    };
    let expires_on = expires_on.or_else(in_token).or(unclear)?;
    Some(Token {
        value: AccessToken::parse(text).ok()?,
        expires_on: SystemTime::from(expires_on),
    })
}
