//! The identity that a command line has at hand: a managed identity, or a person's sign-in by azd or az.
//!
//! It never prompts and never keeps a token.

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use adieu_identity::{Authority, Scheme, Scope, ServiceConnection, Token};
use adieu_secret::AccessToken;
use adieu_transport::Transport;
use clap::ValueEnum;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::process::Command;

use crate::situation::{CredentialProblem, Situation};

/// What `--credential` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Credential {
    /// The first of the others that is configured
    #[default]
    Auto,
    /// The machine's or the app's own identity
    ManagedIdentity,
    /// The Azure Developer CLI's sign-in
    Azd,
    /// The Azure CLI's sign-in
    Az,
}

/// A tool that waits for a person waits for nobody here.
const TOOL: Duration = Duration::from_secs(15);

impl Credential {
    /// A token, or why each way to one is closed.
    pub(crate) async fn token(
        &self,
        scope: &Scope,
        transport: &Transport,
    ) -> Result<Token, Situation> {
        let mut problems = Vec::new();
        for credential in self.candidates() {
            let result = match credential {
                Self::Azd => azd(scope).await,
                Self::Az => az(scope).await,
                Self::Auto | Self::ManagedIdentity => managed_identity(scope, transport).await,
            };
            match result {
                Ok(token) => return Ok(token),
                Err(problem) => problems.push(problem),
            }
        }
        Err(Situation::NoCredential(problems))
    }

    /// `auto` asks for a managed identity only where the environment names one: the address that a
    /// virtual machine has would answer nobody elsewhere, after a long wait.
    fn candidates(self) -> Vec<Self> {
        if self != Self::Auto {
            return vec![self];
        }
        let has_endpoint = std::env::var_os("IDENTITY_ENDPOINT").is_some();
        let managed = has_endpoint.then_some(Self::ManagedIdentity);
        managed.into_iter().chain([Self::Azd, Self::Az]).collect()
    }
}

async fn managed_identity(
    scope: &Scope,
    transport: &Transport,
) -> Result<Token, CredentialProblem> {
    let problem = |reason: String| CredentialProblem {
        credential: "managed-identity",
        reason,
        remedy: "Assign an identity to this machine or app.",
    };
    let service = ServiceConnection {
        authority: Authority::parse("https://login.microsoftonline.com/")
            .map_err(|error| problem(error.to_string()))?,
        tenant: String::new(),
        client_id: std::env::var("AZURE_CLIENT_ID").unwrap_or_default(),
        scheme: Scheme::ManagedServiceIdentity,
    };
    let mut tokens = service
        .tokens(std::slice::from_ref(scope), transport)
        .await
        .map_err(|error| problem(error.to_string()))?;
    match tokens.access.pop() {
        Some(Ok(token)) => Ok(token),
        Some(Err(error)) => Err(problem(error.to_string())),
        None => Err(problem("it gave nothing".to_owned())),
    }
}

async fn azd(scope: &Scope) -> Result<Token, CredentialProblem> {
    let arguments = [
        "auth",
        "token",
        "--output",
        "json",
        "--no-prompt",
        "--scope",
    ];
    let problem = |reason| CredentialProblem {
        credential: "azd",
        reason,
        remedy: "Sign in with: azd auth login",
    };
    let answer = tool("azd", &arguments, &scope.value)
        .await
        .map_err(problem)?;
    let expires_on = answer
        .get("expiresOn")
        .and_then(Value::as_str)
        .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    token(&answer, "token", expires_on)
        .ok_or_else(|| problem("azd printed no token that can be read".to_owned()))
}

async fn az(scope: &Scope) -> Result<Token, CredentialProblem> {
    let arguments = ["account", "get-access-token", "--output", "json", "--scope"];
    let problem = |reason| CredentialProblem {
        credential: "az",
        reason,
        remedy: "Sign in with: az login",
    };
    let answer = tool("az", &arguments, &scope.value)
        .await
        .map_err(problem)?;
    let expires_on = answer
        .get("expires_on")
        .and_then(Value::as_i64)
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    token(&answer, "accessToken", expires_on)
        .ok_or_else(|| problem("az printed no token that can be read".to_owned()))
}

fn token(answer: &Value, field: &str, expires_on: Option<OffsetDateTime>) -> Option<Token> {
    let value = answer.get(field)?.as_str()?;
    Some(Token {
        value: AccessToken::new(value.to_owned()),
        expires_on: SystemTime::from(expires_on?),
    })
}

/// Runs a tool in the system's own folder: Windows would take a program of that name from the working
/// directory first. Returns its JSON, or what it says is wrong.
async fn tool(name: &str, arguments: &[&str], scope: &str) -> Result<Value, String> {
    let (mut command, folder) = if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", name]);
        let root = std::env::var("SystemRoot").unwrap_or_else(|_| "C:\\Windows".to_owned());
        (command, root)
    } else {
        (Command::new(name), "/".to_owned())
    };
    let running = command
        .args(arguments)
        .arg(scope)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("AZURE_CORE_NO_COLOR", "true")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(TOOL, running).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(format!("{name} is not installed"));
        }
        Ok(Err(error)) => return Err(format!("{name} cannot be started: {error}")),
        Err(_elapsed) => return Err(format!("{name} did not answer within 15 seconds")),
    };
    if output.status.success() {
        return serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("{name} printed no JSON"));
    }
    let said = said(&output.stdout).or_else(|| said(&output.stderr));
    Err(match said {
        Some(said) => format!("{name} says: {}", said.trim_end_matches('.')),
        None => format!("{name} ended without a word ({})", output.status),
    })
}

/// The first thing that a tool says in words: JSON with a message in azd's new and old form, or text.
fn said(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| {
        let words = match serde_json::from_str::<Value>(line) {
            Ok(json) => {
                let field = json
                    .get("message")
                    .or_else(|| json.get("data")?.get("message"))
                    .or_else(|| json.get("error"))?;
                field.as_str()?.to_owned()
            }
            Err(_) => line.to_owned(),
        };
        let words = words.trim().trim_start_matches("ERROR:").trim().to_owned();
        let first = words.lines().next().unwrap_or_default().trim().to_owned();
        (!first.is_empty()).then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_tools_say_in_each_of_their_forms() {
        for (text, words) in [
            (
                r#"{"error":"not logged in","message":"not logged in, run `azd auth login` to login","suggestion":"x"}"#,
                Some("not logged in, run `azd auth login` to login"),
            ),
            (
                r#"{"type":"consoleMessage","timestamp":"x","data":{"message":"\nERROR: not logged in, run `azd auth login` to login\n"}}"#,
                Some("not logged in, run `azd auth login` to login"),
            ),
            (
                "{\"type\":\"consoleMessage\",\"data\":{\"message\":\"\"}}\n{\"message\":\"expired\"}",
                Some("expired"),
            ),
            (
                "ERROR: Please run 'az login' to setup account.\n",
                Some("Please run 'az login' to setup account."),
            ),
            ("", None),
        ] {
            assert_eq!(said(text.as_bytes()).as_deref(), words);
        }
    }
}
