//! Services that echo credentials that they were sent: none is shown, in any form.
//!
//! The emulated agent fails a test whose log has a secret, and so does tests/shell.rs; here, services send the
//! secrets.

use std::sync::Arc;

use adieu_emulator::{Connection, Fault, MY_CONNECTION, Request, TaskResult, World};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::extension;
use crate::harness::{AZURE_DEVOPS, JobWithBroker, run};

/// A form in which a text can show a credential.
type Shape = fn(&str) -> String;

const SHAPES: [(&str, Shape); 9] = [
    ("as it is", str::to_owned),
    ("behind Bearer", |secret| format!("'Bearer {secret}'")),
    ("percent-encoded", |secret| {
        secret.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }),
    ("percent-encoded twice, in lowercase", |secret| {
        secret
            .bytes()
            .map(|byte| format!("%25{byte:02x}"))
            .collect()
    }),
    ("base64 without a user", |secret| {
        STANDARD.encode(format!(":{secret}"))
    }),
    ("base64 with a user", |secret| {
        URL_SAFE_NO_PAD.encode(format!("OAuth:{secret}"))
    }),
    ("with an invisible character", |secret| {
        let (start, end) = secret.split_at(secret.len() / 2);
        format!("{start}\u{200b}{end}")
    }),
    ("in two words", |secret| {
        let (start, end) = secret.split_at(secret.len() / 2);
        format!("{start} {end}")
    }),
    ("cut off", |secret| secret[..secret.len() - 4].to_owned()),
];

/// The credential in a request.
fn credential(request: &Request) -> String {
    let field = |name| request.field(name);
    let header = request.header("Authorization").unwrap_or_default();
    field("client_assertion")
        .or_else(|| field("client_secret"))
        .unwrap_or_else(|| header.trim_start_matches("Bearer ").to_owned())
}

/// An answer with this status whose body and headers quote the request's credential.
fn echo(status: u16, shape: Shape, body: fn(&str) -> serde_json::Value) -> Fault {
    Fault::Bytes(Arc::new(move |request| {
        let secret = shape(&credential(request));
        let body = body(&secret).to_string();
        let header: String = secret.chars().filter(char::is_ascii).collect();
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nx-ms-request-id: {header}\r\nActivityId: {header}\r\nX-TFS-ServiceError: {header}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }))
}

fn message(secret: &str) -> serde_json::Value {
    serde_json::json!({ "message": format!("TF400813: {secret} is not authorized."), "typeKey": secret })
}

fn refusal(secret: &str) -> serde_json::Value {
    serde_json::json!({
        "error": "invalid_client",
        "error_description": format!("AADSTS700027: {secret} is not right. Trace ID: x"),
        "error_codes": [700_027],
        "trace_id": secret,
        "correlation_id": secret,
    })
}

#[test]
fn hides_the_job_token_that_azure_devops_echoes() {
    for (name, shape) in SHAPES {
        for status in [400, 401, 403] {
            let world = World::start();
            world.azure_devops().always(echo(status, shape, message));
            let mut job = world.job();
            let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
            assert_eq!(outcome.result, TaskResult::Failed, "{name}");
            assert!(outcome.log.contains("***"), "{name}: {}", outcome.log);
        }
    }
}

#[test]
fn hides_the_id_token_and_the_secret_that_entra_echoes() {
    for (name, shape) in SHAPES {
        let world = World::start();
        world.add_connection(Connection::client_secret("with-secret"));
        world.entra().always(echo(400, shape, refusal));
        for connection in [MY_CONNECTION, "with-secret"] {
            let mut job = world.job();
            let outcome = run(&mut job, &[("azureSubscription", connection)]);
            assert_eq!(outcome.result, TaskResult::Failed, "{name}");
            assert!(outcome.log.contains("***"), "{name}: {}", outcome.log);
        }
    }
}

#[test]
fn hides_the_access_token_that_the_marketplace_echoes() {
    for (name, shape) in SHAPES {
        let world = extension::world();
        world.marketplace().always(echo(403, shape, message));
        let (mut job, _proxy) = extension::job(&world);
        let outcome = extension::run(
            &mut job,
            "show",
            &[("publisherId", "pub"), ("extensionId", "hello")],
        );
        assert_eq!(outcome.result, TaskResult::Failed, "{name}");
        assert!(outcome.log.contains("***"), "{name}: {}", outcome.log);
    }
}

#[test]
fn the_broker_redacts_echoed_credentials() {
    for (name, shape) in SHAPES {
        let world = World::start();
        let served = JobWithBroker::start(&world, "identity");
        world.entra().always(echo(400, shape, refusal));
        let (status, body) = served.endpoint.token("https://graph.microsoft.com");
        let body = body.to_string();
        assert_eq!(status, 403, "{name}: {body}");
        assert!(body.contains("***"), "{name}: {body}");
        assert_eq!(world.secrets_in(&body), [""; 0], "{name}: {body}");
        let (status, _) = served.endpoint.token(AZURE_DEVOPS);
        assert!(status == 200 || status == 403, "{name}");
        world.entra().recover();
        served.end();
    }
}

#[cfg(unix)]
#[test]
fn a_command_line_hides_what_entra_echoes() {
    use crate::shell::Shell;
    for (name, shape) in SHAPES {
        let world = World::start();
        world.entra().always(echo(400, shape, refusal));
        let shell = Shell::in_a_step(&world, &[]);
        let output = shell.adieu(&["token", "--credential", "pipelines"]);
        assert_eq!(output.status, 1, "{name}: {}", output.stderr);
        assert!(output.stderr.contains("***"), "{name}: {}", output.stderr);
        assert_eq!(world.secrets_in(&output.stderr), [""; 0], "{name}");
    }
}

/// The agent derives no base64, and knows only the raw form of the job token.
#[test]
fn each_credential_is_masked_before_it_is_sent() {
    let world = World::start();
    world.add_connection(Connection::client_secret("with-secret"));
    for connection in [MY_CONNECTION, "with-secret"] {
        let mut job = world.job();
        let sent = Arc::new(std::sync::Mutex::new(Vec::new()));
        let noted = Arc::clone(&sent);
        let note = move |request: &Request| {
            noted.lock().unwrap().push(credential(request));
            Vec::new()
        };
        // Each service gets one request, and closes the connection.
        world.entra().fault(Fault::Bytes(Arc::new(note.clone())));
        world.azure_devops().fault(Fault::Bytes(Arc::new(note)));
        let outcome = run(&mut job, &[("azureSubscription", connection)]);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        world.azure_devops().recover();
        let sent = sent.lock().unwrap();
        assert!(!sent.is_empty());
        for secret in sent.iter() {
            let masked = |form: &str| {
                let mask = format!("##vso[task.setsecret]{form}");
                outcome.raw.contains(&mask)
            };
            let escaped = secret.replace('%', "%AZP25");
            assert!(
                masked(&escaped),
                "{connection}: a credential without a mask"
            );
            let basic = STANDARD.encode(format!(":{secret}"));
            let shown = job.masked(&basic);
            assert!(shown.contains("***"), "{connection}: {shown}");
        }
    }
}
