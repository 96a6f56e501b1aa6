//! NuGet's credential plugins: version 2 for dotnet (learn.microsoft.com, "NuGet cross platform plugins"), and
//! version 1, which nuget.exe starts once for each source ("nuget.exe credential providers").
//!
//! It has credentials only for feeds; NuGet asks the next provider for others.

use std::ffi::OsString;
use std::io::BufRead;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{NoToken, Served, Tokens, USER, exit_code};

/// The protocol version.
const VERSION: &str = "2.0.0";

/// The ID of the only request that this side sends.
const HANDSHAKE: &str = "adieu-handshake";

/// Version 2: JSON in both directions, one message per line, until NuGet closes the connection.
pub(super) fn run_plugin(input: &mut dyn BufRead, served: &Served<'_>) -> ExitCode {
    let handshake = json!({
        "RequestId": HANDSHAKE, "Type": "Request", "Method": "Handshake",
        "Payload": { "ProtocolVersion": VERSION, "MinimumProtocolVersion": "1.0.0" },
    });
    if !served.write_json(&handshake) {
        return ExitCode::FAILURE;
    }
    for line in input.lines() {
        let Ok(line) = line else {
            break;
        };
        let line = line.trim_start_matches('\u{feff}');
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if message["Method"] == "Close" {
            break;
        }
        if let Some(answer) = answer(&message, &|uri| served.token(uri))
            && !served.write_json(&answer)
        {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The answer to a request; responses and cancellations get none.
fn answer(message: &Value, token: Tokens<'_>) -> Option<Value> {
    if message["Type"] != "Request" {
        return None;
    }
    let method = message["Method"].as_str()?;
    let payload = match method {
        "Handshake" => json!({ "ResponseCode": "Success", "ProtocolVersion": VERSION }),
        "GetOperationClaims" => {
            // Without a source, NuGet asks for the plugin's general capabilities.
            let claims: &[&str] = match message["Payload"]["PackageSourceRepository"].is_null() {
                true => &["Authentication"],
                false => &[],
            };
            json!({ "Claims": claims })
        }
        "GetAuthenticationCredentials" => {
            let uri = message["Payload"]["Uri"].as_str().unwrap_or_default();
            credentials(uri, token)
        }
        "Initialize" | "SetLogLevel" | "MonitorNuGetProcessExit" | "SetCredentials" => {
            json!({ "ResponseCode": "Success" })
        }
        _ => json!({ "ResponseCode": "NotFound" }),
    };
    Some(json!({
        "RequestId": message["RequestId"], "Type": "Response", "Method": method, "Payload": payload,
    }))
}

fn credentials(uri: &str, token: Tokens<'_>) -> Value {
    match token(uri) {
        Ok(token) => json!({
            "ResponseCode": "Success",
            "Username": USER,
            "Password": token.value.reveal(),
            "Message": null,
            "AuthenticationTypes": ["Basic"],
        }),
        Err(NoToken::NotOurs) => json!({ "ResponseCode": "NotFound" }),
        Err(NoToken::Refused(reason)) => json!({ "ResponseCode": "Error", "Message": reason }),
    }
}

/// Version 1: exit code 0 is a credential, 1 another provider's source, 2 a failure.
pub(super) fn run_provider(arguments: &[OsString], served: &Served<'_>) -> ExitCode {
    let mut arguments = arguments.iter().filter_map(|word| word.to_str());
    let uri = arguments
        .find(|word| {
            word.trim_start_matches(['-', '/'])
                .eq_ignore_ascii_case("uri")
        })
        .and_then(|_| arguments.next())
        .unwrap_or_default();
    match served.token(uri) {
        Ok(token) => {
            let answer = json!({
                "Username": USER, "Password": token.value.reveal(), "Message": "", "AuthTypes": ["basic"],
            });
            exit_code(served.write_json(&answer), 2)
        }
        Err(NoToken::NotOurs) => ExitCode::from(1),
        Err(NoToken::Refused(reason)) => {
            served.caller.report(&reason);
            ExitCode::from(2)
        }
    }
}

#[test]
fn speaks_as_nuget_does() {
    // As nuget.exe 5.8.0 sends it.
    for (request, expected) in [
        (
            r#"{"RequestId":"1","Type":"Request","Method":"Handshake","Payload":{"ProtocolVersion":"2.0.0","MinimumProtocolVersion":"1.0.0"}}"#,
            r#"{"Method":"Handshake","Payload":{"ProtocolVersion":"2.0.0","ResponseCode":"Success"},"RequestId":"1","Type":"Response"}"#,
        ),
        (
            r#"{"RequestId":"2","Type":"Request","Method":"GetOperationClaims","Payload":{}}"#,
            r#"{"Method":"GetOperationClaims","Payload":{"Claims":["Authentication"]},"RequestId":"2","Type":"Response"}"#,
        ),
        (
            r#"{"RequestId":"3","Type":"Request","Method":"GetOperationClaims","Payload":{"PackageSourceRepository":"https://x/","ServiceIndex":{}}}"#,
            r#"{"Method":"GetOperationClaims","Payload":{"Claims":[]},"RequestId":"3","Type":"Response"}"#,
        ),
        (
            r#"{"RequestId":"4","Type":"Request","Method":"GetAuthenticationCredentials","Payload":{"Uri":"https://api.nuget.org/v3/index.json","IsRetry":false}}"#,
            r#"{"Method":"GetAuthenticationCredentials","Payload":{"ResponseCode":"NotFound"},"RequestId":"4","Type":"Response"}"#,
        ),
        (
            r#"{"RequestId":"adieu-handshake","Type":"Response","Method":"Handshake","Payload":{"ResponseCode":"Success"}}"#,
            "",
        ),
    ] {
        let message = serde_json::from_str(request).expect("JSON");
        let answer = answer(&message, &|_| Err(NoToken::NotOurs)).map(|answer| answer.to_string());
        assert_eq!(answer.unwrap_or_default(), expected, "{request}");
    }
}
