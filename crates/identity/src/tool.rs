//! A tool with which the user has signed in, run once for a token: limited, and quoted if it fails.
//!
//! It never lets a tool prompt, and never runs one from the working directory.

mod az;
mod azd;
mod output;

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use adieu_secret::AccessToken;
use async_trait::async_trait;
use azure_core::credentials::{TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use serde_json::Value;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::claims::Claims;
use crate::scope::Scope;
use crate::token::{Token, TokenRequest};

/// The command line of a tool.
struct Command {
    name: &'static str,
    arguments: &'static [&'static str],
    /// The flag before a tenant.
    tenant: &'static str,
    /// Extracts the token from the answer.
    read: fn(&mut Value) -> Option<Token>,
}

impl Command {
    fn arguments(&self, scope: &Scope, tenant: Option<&str>) -> Vec<String> {
        let scope = ["--scope", &scope.value];
        let tenant = tenant.map(|tenant| [self.tenant, tenant]);
        let arguments = [self.arguments, &scope, tenant.as_ref().map_or(&[], |it| it)].concat();
        arguments.into_iter().map(str::to_owned).collect()
    }
}

/// A tool that is installed here.
pub struct Tool {
    command: &'static Command,
    path: PathBuf,
    folder: PathBuf,
}

adieu_secret::debug_by_name!(Tool);

/// Why a tool returned no token.
#[derive(thiserror::Error)]
#[error("{command} returned no token")]
pub struct ToolError {
    /// What went wrong.
    pub problem: ToolProblem,
    /// The command: `az account get-access-token …`
    pub command: String,
    /// The requested scope.
    pub scope: String,
    /// The requested tenant.
    pub tenant: Option<String>,
}

adieu_secret::debug_by_name!(ToolError);

/// What can go wrong with a tool.
#[derive(Debug)]
pub enum ToolProblem {
    /// A value contains characters that no tool should get.
    NotPlain(String),
    /// The system cannot start it.
    NotStarted(io::Error),
    /// It did not end in time.
    Time(Duration),
    /// It failed with this message.
    Message(String),
    /// It failed without a message: `exit status: 1`.
    Silent(String),
    /// It succeeded, but its output contains no token.
    NoToken,
}

#[async_trait]
impl TokenCredential for Tool {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<azure_core::credentials::AccessToken> {
        let request = TokenRequest::read(scopes, options.as_ref());
        let (scope, tenant) = (&request.scope, request.tenant.as_deref());
        // A value must not become an option of the tool.
        let values = [Some(scope.value.as_str()), tenant];
        let is_option = |value: &&str| value.starts_with('-');
        let (command, answer) = match values.into_iter().flatten().find(is_option) {
            Some(option) => {
                let problem = ToolProblem::NotPlain(option.to_owned());
                (self.command.name.to_owned(), Err(problem))
            }
            None => {
                let arguments = self.command.arguments(scope, tenant);
                let command = format!("{} {}", self.command.name, arguments.join(" "));
                let limit = request.deadline.left();
                (command, self.answer(&arguments, limit).await)
            }
        };
        match answer {
            Ok(token) => Ok(token.into()),
            Err(problem) => Err(azure_core::Error::new(
                ErrorKind::Credential,
                ToolError {
                    problem,
                    command,
                    scope: request.scope.value,
                    tenant: request.tenant,
                },
            )),
        }
    }
}

impl Tool {
    /// The Azure CLI at `path`, run in `folder`: a system folder, because Windows would prefer programs in the current
    /// one, and a folder that others can write to may contain settings for a tool.
    pub fn az(path: PathBuf, folder: PathBuf) -> Self {
        Self {
            command: &az::COMMAND,
            path,
            folder,
        }
    }

    /// The Azure Developer CLI at `path`, run in `folder` like the Azure CLI.
    pub fn azd(path: PathBuf, folder: PathBuf) -> Self {
        Self {
            command: &azd::COMMAND,
            path,
            folder,
        }
    }

    async fn answer(&self, arguments: &[String], limit: Duration) -> Result<Token, ToolProblem> {
        // No shell is started here, but a tool can be a script that runs one.
        if let Some(strange) = arguments.iter().find(|argument| !is_plain(argument)) {
            return Err(ToolProblem::NotPlain(strange.clone()));
        }
        let running = tokio::process::Command::new(&self.path)
            .args(arguments)
            .current_dir(&self.folder)
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
        let stdout = output::text(&stdout);
        if !output.status.success() {
            let words = output::reason(&stdout, &output::text(&stderr));
            return Err(match words {
                Some(words) => ToolProblem::Message(words),
                None => ToolProblem::Silent(output.status.to_string()),
            });
        }
        output::find(&stdout, self.command.read).ok_or(ToolProblem::NoToken)
    }
}

/// Whether all characters are ones that the Azure SDKs pass to tools.
fn is_plain(argument: &str) -> bool {
    argument
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
}

/// A token with its expiry: from the tool, or else from the token's claims, or else from the tool's ambiguous local
/// time.
fn token_in(
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
