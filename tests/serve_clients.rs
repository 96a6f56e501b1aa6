//! Microsoft's own SDKs with a job's broker: each runs for hours, and always has a valid token.
//!
//! None is imitated: `cargo xtask test` installs them, and builds the one for Rust. Each runs with a proxy that must
//! receive no request for the endpoint.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adieu_emulator::World;
use expect_test::expect;

use crate::emulated_time::Time;
use crate::harness::{AZURE_DEVOPS, JobWithBroker, ask, client, root, seconds_left, stable};

const MINUTE: Duration = Duration::from_secs(60);

/// The results of a program that requests tokens repeatedly: from the SDK's own cache, or from a new exchange.
const SUPPLIED: &str = "\
at once: a new token, exchanges: 1
again: the same token, exchanges: 0
with 20 minutes left: the same token, exchanges: 0
with 4 minutes left: a new token, exchanges: 1
an hour after that: a new token, exchanges: 1
five hours after that: a new token, exchanges: 1
";

#[test]
fn the_azure_sdk_for_javascript_is_supplied_for_hours() {
    for credential in ["ManagedIdentityCredential", "DefaultAzureCredential"] {
        let mut command = Command::new("node");
        command
            .arg(root().join("tests/clients/identity.js"))
            .arg(credential)
            // `require` looks here for modules that are not next to the program.
            .env("NODE_PATH", client("node").join("node_modules"));
        assert_eq!(supplied(command), SUPPLIED, "{credential}");
    }
}

#[test]
fn the_azure_sdk_for_python_is_supplied_for_hours() {
    for credential in ["ManagedIdentityCredential", "DefaultAzureCredential"] {
        let mut command = Command::new(client("python").join("bin/python"));
        command
            .arg(root().join("tests/clients/identity.py"))
            .arg(credential);
        assert_eq!(supplied(command), SUPPLIED, "{credential}");
    }
}

#[test]
fn the_azure_sdk_for_rust_is_supplied_for_hours() {
    let program = client("rust").join("debug/azure-identity-client");
    assert_eq!(supplied(Command::new(program)), SUPPLIED);
}

/// azd is not in any registry that tests can use, so its request is taken from its source
/// (`cli/azd/pkg/auth/remote_credential.go`), and its answer is read in the same way.
#[test]
fn azd_is_supplied_for_hours_by_its_external_authentication() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity\nazd");
    let environment = served.job.environment_of_next_script();
    let (endpoint, key) = (
        &environment["AZD_AUTH_ENDPOINT"],
        &environment["AZD_AUTH_KEY"],
    );
    let address = endpoint.strip_prefix("http://").expect("plain HTTP");
    let (host, path) = address.split_once('/').expect("a path");
    let (_, port) = host.split_once(':').expect("a port");
    // azd requests its resource manager with two slashes.
    let body = r#"{"scopes":["https://management.azure.com//.default"]}"#;
    let request = format!(
        "POST /{path}/token?api-version=2023-07-12-preview HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: {}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut last = String::new();
    for later in [Duration::ZERO, 61 * MINUTE, 61 * MINUTE] {
        time.advance(later);
        let (status, answer) = ask(port.parse().expect("a port"), &request);
        assert_eq!(status, 200, "{answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        let token = answer["token"].as_str().expect("a token");
        assert_eq!(world.secrets_in(token), ["access token"]);
        assert!(seconds_left(&world, token) >= 300);
        assert_ne!(token, last);
        last = token.to_owned();
        let shape = answer.to_string().replace(token, "[TOKEN]");
        expect![[r#"{"expiresOn":"[TIME]","status":"success","token":"[TOKEN]"}"#]]
            .assert_eq(&stable(&world, &shape));
    }
    served.end();
}

/// Requests tokens at times at which its own cache, the broker's, or neither can have one.
fn supplied(mut command: Command) -> String {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    let proxy = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&proxy);
    let address = world.server_of_bytes(move |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_vec()
    });
    command
        .envs(served.job.environment_of_next_script())
        .envs(time.environment())
        .envs([("HTTP_PROXY", &address), ("http_proxy", &address)]);
    let mut client = Client::start(command);
    let mut last = String::new();
    let mut seen = String::new();
    let mut exchanges = world.entra().arrivals().len();
    for (moment, later) in [
        ("at once", Duration::ZERO),
        ("again", Duration::ZERO),
        ("with 20 minutes left", 40 * MINUTE),
        ("with 4 minutes left", 16 * MINUTE),
        ("an hour after that", 60 * MINUTE),
        ("five hours after that", 300 * MINUTE),
    ] {
        time.advance(later);
        let token = client.ask(&format!("{AZURE_DEVOPS}/.default"));
        assert_eq!(
            world.secrets_in(&token),
            ["access token"],
            "{moment}: {token}"
        );
        let left = seconds_left(&world, &token);
        assert!(left >= 300, "{moment}: a token with {left} seconds left");
        let token_is = if token == last { "the same" } else { "a new" };
        let now = world.entra().arrivals().len();
        seen.push_str(&format!(
            "{moment}: {token_is} token, exchanges: {}\n",
            now - exchanges
        ));
        (last, exchanges) = (token, now);
    }
    assert_eq!(proxy.load(Ordering::SeqCst), 0, "the proxy was asked");
    drop(client);
    served.end();
    seen
}

/// A client that waits for lines.
struct Client {
    process: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the client starts");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self {
            process,
            questions,
            answers,
        }
    }

    /// A token for a scope, or the client's error.
    fn ask(&mut self, scope: &str) -> String {
        writeln!(self.questions, "{scope}").expect("the client reads");
        let answer = self.answers.next().expect("the client answers");
        answer.expect("text")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
