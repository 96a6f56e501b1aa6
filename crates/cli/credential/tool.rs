//! A tool that a person has signed in with, run for one token: found, bounded, and heard out when it fails.
//!
//! It never lets a tool ask anything, and never runs one from the working directory.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use adieu_identity::{Claims, Scope, Token};
use adieu_secret::AccessToken;
use serde_json::Value;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::program;
use crate::situation::{CredentialFault, ToolFault};

/// How one tool is asked.
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) arguments: fn(&Scope, Option<&str>) -> Vec<String>,
    /// Takes the token out of the answer.
    pub(super) read: fn(&mut Value) -> Option<Token>,
}

/// A tool that is installed here.
pub(super) struct Tool {
    command: &'static Command,
    path: PathBuf,
}

/// Looks for a tool on the PATH.
pub(super) fn find(command: &'static Command) -> Result<Tool, CredentialFault> {
    program::on_path(command.name)
        .map(|path| Tool { command, path })
        .ok_or(CredentialFault::NotInstalled(command.name))
}

impl Tool {
    /// Runs the tool within `limit`.
    pub(super) async fn token(
        self,
        scope: &Scope,
        tenant: Option<&str>,
        limit: Duration,
    ) -> Result<Token, CredentialFault> {
        let arguments = (self.command.arguments)(scope, tenant);
        self.answer(&arguments, limit)
            .await
            .map_err(|fault| CredentialFault::Tool {
                fault,
                command: format!("{} {}", self.command.name, arguments.join(" ")),
                scope: scope.value.clone(),
                tenant: tenant.map(str::to_owned),
            })
    }

    async fn answer(&self, arguments: &[String], limit: Duration) -> Result<Token, ToolFault> {
        // No shell is started here, but a tool can be a script that is less careful.
        if let Some(strange) = arguments.iter().find(|argument| !is_plain(argument)) {
            return Err(ToolFault::NotPlain(strange.clone()));
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
            Ok(Err(error)) => return Err(ToolFault::NotStarted(error.to_string())),
            Err(_elapsed) => return Err(ToolFault::Time(limit)),
        };
        if !output.status.success() {
            return Err(complaint(&output));
        }
        let said = Zeroizing::new(output.stdout);
        json(&said)
            .and_then(|mut answer| (self.command.read)(&mut answer))
            .ok_or(ToolFault::NoToken)
    }
}

/// The characters that the Azure SDKs give to tools.
fn is_plain(argument: &str) -> bool {
    argument
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
}

/// Where a tool runs, as in the Azure SDKs: Windows would take programs of the working directory first,
/// and a folder that somebody else writes to can hold a tool's settings.
fn system_folder() -> String {
    if cfg!(windows) {
        std::env::var("SystemRoot").unwrap_or_else(|_| "C:\\Windows".to_owned())
    } else {
        "/".to_owned()
    }
}

/// The whole output as JSON, or its last line that is: notices can stand before it.
fn json(output: &[u8]) -> Option<Value> {
    serde_json::from_slice(output).ok().or_else(|| {
        let lines = output.rsplit(|byte| *byte == b'\n');
        lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .next()
    })
}

/// A token and its end: as the tool says, else as the token does.
pub(super) fn token_in(value: &mut Value, expires_on: Option<OffsetDateTime>) -> Option<Token> {
    // Taken and not copied, so that it is wiped with its type.
    let text = match value.take() {
        Value::String(text) if !text.is_empty() => text,
        _ => return None,
    };
    let in_token = || {
        let seconds = Claims::read(&text)?.expires_on?;
        OffsetDateTime::from_unix_timestamp(seconds).ok()
    };
    let expires_on = expires_on.or_else(in_token)?;
    Some(Token {
        value: AccessToken::parse(text).ok()?,
        expires_on: SystemTime::from(expires_on),
    })
}

fn complaint(output: &Output) -> ToolFault {
    let both = [&output.stdout, &output.stderr];
    match both.into_iter().find_map(|bytes| said(bytes)) {
        Some(words) => ToolFault::Said(words),
        None => ToolFault::Silent(output.status.to_string()),
    }
}

/// The first thing that a tool says in words: azd's JSON in its new and old form, or a line of text,
/// one that opens with `ERROR:` before all others.
fn said(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<String> = text.lines().filter_map(in_line).collect();
    let is_error = |line: &&String| line.starts_with("ERROR:");
    let first = words.iter().find(is_error).or_else(|| words.first())?;
    let first = first.trim_start_matches("ERROR:").trim();
    // Ids stand behind the sentence, for Microsoft's support.
    let end = first.find(" Trace ID:").unwrap_or(first.len());
    let first = &first[..end];
    (!first.is_empty()).then(|| first.to_owned())
}

fn in_line(line: &str) -> Option<String> {
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
    let mut lines = words.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with("WARNING"))?;
    Some(line.to_owned())
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
            (
                "WARNING: A new version is there.\nsomething\nERROR: AADSTS50076: No.\nTrace ID: x",
                Some("AADSTS50076: No."),
            ),
            ("WARNING: x\n", None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(said(text.as_bytes()).as_deref(), words);
        }
    }

    #[test]
    fn finds_the_answer_behind_notices() {
        let found = |text: &str| json(text.as_bytes()).is_some();
        assert!(found("{\n  \"accessToken\": \"x\"\n}\n"));
        assert!(found("A new version is there.\n{\"token\":\"x\"}\n"));
        assert!(!found("eyJ.eyJ.c2ln"));
    }
}
