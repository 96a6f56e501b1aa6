//! `keyring`, as pip, pipenv, uv and pdm call it: `get <address or host> [user]`, for a password or for both.
//!
//! It only supports `get` for feeds; a real keyring on the PATH gets everything else.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::json;
use zeroize::Zeroizing;

use super::{Name, NoToken, Served, USER, exit_code};
use crate::folder::FOLDER_PREFIX;

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Password,
    /// User and password, each on a line.
    Lines,
    /// User and password as a document (keyring 24; pip 26.3).
    Json,
}

/// A call of `keyring get`.
#[derive(Debug, PartialEq, Eq)]
struct Question<'a> {
    service: &'a str,
    form: Form,
}

/// Runs the helper. An exit code other than 0 means that there is no password.
pub(super) fn run(arguments: &[OsString], served: &Served<'_>) -> ExitCode {
    let words: Option<Vec<&str>> = arguments.iter().map(|word| word.to_str()).collect();
    let Some(question) = words.as_deref().and_then(read) else {
        return pass_on(arguments, served);
    };
    let token = match question.service.contains("://") {
        true => served.token(question.service),
        false => served.token_of_host(question.service),
    };
    match token {
        Ok(token) => {
            let password = token.value.reveal();
            let is_written = match question.form {
                Form::Password => served.caller.write(password),
                Form::Lines => {
                    let lines = Zeroizing::new(format!("{USER}\n{password}"));
                    served.caller.write(&lines)
                }
                Form::Json => served.write_json(&json!({ "username": USER, "password": password })),
            };
            exit_code(is_written, 1)
        }
        Err(NoToken::NotOurs) => pass_on(arguments, served),
        Err(NoToken::Refused(reason)) => {
            served.caller.report(&reason);
            ExitCode::FAILURE
        }
    }
}

/// Options may be anywhere, with their value after `=` or as the next word.
fn read<'a>(words: &[&'a str]) -> Option<Question<'a>> {
    let (mut mode, mut output) = ("password", "plain");
    let mut others = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("--mode", value)) => mode = value,
            Some(("--output", value)) => output = value,
            None if *word == "--mode" => mode = words.next()?,
            None if *word == "--output" => output = words.next()?,
            _ if word.starts_with('-') => return None,
            _ => others.push(*word),
        }
    }
    let ["get", service, ..] = others.as_slice() else {
        return None;
    };
    let form = match (mode, output) {
        ("password", "plain") => Form::Password,
        ("creds", "plain") => Form::Lines,
        ("creds", "json") => Form::Json,
        _ => return None,
    };
    Some(Question { service, form })
}

/// Runs the next keyring on the PATH, as if this one did not exist.
fn pass_on(arguments: &[OsString], served: &Served<'_>) -> ExitCode {
    let own = env::current_exe().ok();
    let own = own.as_deref().and_then(Path::parent);
    let Some(next) = next(&served.caller.search_path(), own) else {
        return ExitCode::FAILURE;
    };
    let status = Command::new(next).args(arguments).status();
    let code = status.ok().and_then(|status| status.code());
    let code = code.and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The next keyring that is not in one of our folders: another step may have put one on the PATH, too.
fn next(path: &OsStr, own: Option<&Path>) -> Option<PathBuf> {
    let is_ours = |folder: &Path| {
        Some(folder) == own || folder.join(Name::Cargo.file_name()).exists() || {
            let parent = folder.parent().and_then(Path::file_name);
            parent.is_some_and(|name| name.to_string_lossy().starts_with(FOLDER_PREFIX))
        }
    };
    env::split_paths(path)
        .filter(|folder| folder.is_absolute() && !is_ours(folder))
        .map(|folder| folder.join(Name::Keyring.file_name()))
        .find(|program| program.is_file())
}

#[test]
fn reads_each_clients_question() {
    const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/";
    for (words, form) in [
        // pip before 26.3, and uv with a user.
        (&["get", FEED, "adieu"][..], Some(Form::Password)),
        // pip 26.3.
        (
            &["--mode=creds", "--output=json", "get", FEED],
            Some(Form::Json),
        ),
        // uv with `authenticate = "always"`.
        (&["get", FEED, "--mode", "creds"], Some(Form::Lines)),
        // pdm.
        (&["--mode=creds", "get", FEED, ""], Some(Form::Lines)),
        (&["set", FEED, "adieu"], None),
        (&["get"], None),
        (&["--list-backends"], None),
        (&["get", FEED, "--mode"], None),
        (&["--output=yaml", "get", FEED], None),
    ] {
        let question = read(words);
        assert_eq!(question.as_ref().map(|one| one.form), form, "{words:?}");
        assert!(question.is_none_or(|one| one.service == FEED));
    }
}
