//! Cargo's credential provider (doc.rust-lang.org/cargo, "Credential Provider Protocol", version 1).
//!
//! It has tokens only for registries that are feeds; Cargo asks the next provider for others.

use std::io::BufRead;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{NoToken, Served, Tokens};

/// Longest request, in bytes.
const LONGEST: usize = 1 << 20;

/// Answers requests until Cargo closes the connection.
pub(super) fn run(input: &mut dyn BufRead, served: &Served<'_>) -> ExitCode {
    if !served.write_json(&json!({ "v": [1] })) {
        return ExitCode::FAILURE;
    }
    for line in input.lines() {
        let answer = match line {
            Ok(line) if line.len() <= LONGEST => answer(&line, &|address| served.token(address)),
            _ => return ExitCode::FAILURE,
        };
        if !served.write_json(&answer) {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn answer(line: &str, token: Tokens<'_>) -> Value {
    let request: Value = serde_json::from_str(line).unwrap_or_default();
    let error = |kind: &str| json!({ "Err": { "kind": kind } });
    if request["v"] != 1 {
        return error("unknown");
    }
    let index = request["registry"]["index-url"]
        .as_str()
        .unwrap_or_default();
    let index = index.strip_prefix("sparse+").unwrap_or(index);
    match (token(index), request["kind"].as_str()) {
        (Err(NoToken::NotOurs), _) => error("url-not-supported"),
        (_, kind) if kind != Some("get") => error("operation-not-supported"),
        (Err(NoToken::Refused(reason)), _) => json!({ "Err": {
            "kind": "other",
            "message": format!("no token for the feed: {reason}"),
            "caused-by": [],
        } }),
        (Ok(token), _) => {
            let since_1970 = token.expires_on.duration_since(UNIX_EPOCH);
            let value = Zeroizing::new(format!("Bearer {}", token.value.reveal()));
            json!({ "Ok": {
                "kind": "get",
                "token": *value,
                "cache": "expires",
                "expiration": since_1970.unwrap_or_default().as_secs(),
                "operation_independent": true,
            } })
        }
    }
}

#[test]
fn leaves_other_registries_to_other_providers() {
    for (request, expected) in [
        (
            r#"{"v":1,"registry":{"index-url":"sparse+https://index.crates.io/"},"kind":"get","operation":"read"}"#,
            r#"{"Err":{"kind":"url-not-supported"}}"#,
        ),
        (
            r#"{"v":2,"registry":{"index-url":"sparse+https://index.crates.io/"},"kind":"get"}"#,
            r#"{"Err":{"kind":"unknown"}}"#,
        ),
        ("no JSON", r#"{"Err":{"kind":"unknown"}}"#),
    ] {
        assert_eq!(
            answer(request, &|_| Err(NoToken::NotOurs)).to_string(),
            expected,
            "{request}"
        );
    }
}
