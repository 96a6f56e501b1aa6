//! `adieu serve`: the broker for a person's terminal, or for a program.
//!
//! Its answers to clients are tested in serve.rs and the files next to it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use adieu_emulator::{Connection, Fault, World};
use expect_test::expect;
use serde_json::Value;

use crate::harness::{AZURE_DEVOPS, Endpoint};
use crate::shell::Shell;

/// `adieu serve` on a machine with an identity, and its first lines.
fn serving(world: &World, arguments: &[&str], lines: usize) -> (Child, Vec<String>) {
    world.add_connection(Connection::managed_identity("identity", None));
    let mut serving = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["serve", "--credential", "managed-identity"])
        .args(arguments)
        .env("IDENTITY_ENDPOINT", world.managed_identity().url())
        .env("IDENTITY_HEADER", world.managed_identity().secret())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(serving.stdout.take().unwrap());
    let lines = output.lines().take(lines).map(Result::unwrap).collect();
    (serving, lines)
}

/// Stops it like a person or a program. Returns its standard error.
fn stop(serving: Child, signal: &str) -> String {
    let process = serving.id().to_string();
    let sent = Command::new("kill").args([signal, &process]).status();
    assert!(sent.unwrap().success());
    let output = serving.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The endpoint in the lines to export.
fn exported(lines: &[String]) -> Endpoint {
    let value = |name: &str| {
        let start = format!("export {name}=");
        let line = lines.iter().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    Endpoint::new(&value("IDENTITY_ENDPOINT"), &value("IDENTITY_HEADER"))
}

#[test]
fn serves_until_ctrl_c() {
    let world = World::start();
    let (serving, lines) = serving(&world, &["--resource", "azureDevOps"], 5);
    let endpoint = exported(&lines);
    assert_eq!(endpoint.token(AZURE_DEVOPS).0, 200);
    let (status, body) = endpoint.token("https://graph.microsoft.com");
    assert_eq!(status, 403);
    expect![
        "this endpoint does not serve tokens for the resource; add it to `resources` in the step's `configure`, or to `--resource`"
    ]
    .assert_eq(body["message"].as_str().unwrap());
    // Again, but without the key.
    assert_eq!(endpoint.token("https://graph.microsoft.com").0, 403);
    let stranger = Endpoint {
        key: "wrong".to_owned(),
        port: endpoint.port,
    };
    assert_eq!(stranger.token(AZURE_DEVOPS).0, 401);
    let text = stop(serving, "-INT").replace(&endpoint.port.to_string(), "[PORT]");
    expect![[r#"
        Serving tokens on 127.0.0.1:[PORT]. Press Ctrl+C to stop.
        Refused a request: this endpoint does not serve tokens for the resource; add it to `resources` in the step's `configure`, or to `--resource`
        Refused a request: The secret is missing or wrong.
    "#]].assert_eq(&text);
}

/// Without a working sign-in, it fails before anyone uses its address.
#[test]
fn fails_immediately_without_a_working_sign_in() {
    let world = World::start();
    let arm = "https://management.azure.com/.default";
    let shell = Shell::with(&world, &["az"])
        .set("FAKE_SCOPE", arm)
        .set("FAKE_AZ", "signed-out");
    let output = shell.adieu(&["serve"]);
    assert_eq!((output.status, output.stdout.as_str()), (1, ""));
    expect![[r#"
        error: You are not signed in.
          az: az failed: Please run 'az login' to setup account.
          not available here: pipelines, workload-identity, managed-identity, azd (--verbose shows why)
        What to do: Sign in: az login
        More: adieu explain credential
    "#]].assert_eq(&output.stderr);
}

#[test]
fn runs_without_an_idle_limit() {
    let world = World::start();
    let (serving, lines) = serving(&world, &["--idle", "0"], 5);
    assert_eq!(exported(&lines).token(AZURE_DEVOPS).0, 200);
    stop(serving, "-INT");
}

#[test]
fn in_a_pipeline_it_warns_that_nothing_masks_its_key() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("identity", None));
    let mut serving = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["serve", "--credential", "managed-identity"])
        .env("IDENTITY_ENDPOINT", world.managed_identity().url())
        .env("IDENTITY_HEADER", world.managed_identity().secret())
        .env("TF_BUILD", "True")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let errors = BufReader::new(serving.stderr.take().unwrap());
    let warning = errors.lines().map(Result::unwrap);
    let warning = warning
        .into_iter()
        .find(|line| line.starts_with("warning: "));
    expect![
        "warning: Azure Pipelines does not mask this key, so do not print it; EntraToken@1 \
             and RunWithToken@1 mask theirs (configure)."
    ]
    .assert_eq(&warning.unwrap_or_default());
    stop(serving, "-TERM");
}

#[test]
fn prints_the_endpoint_as_json() {
    let world = World::start();
    let (serving, lines) = serving(&world, &["--output", "json"], 1);
    let document: Value = serde_json::from_str(&lines[0]).unwrap();
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    let endpoint = Endpoint::new(&text("IDENTITY_ENDPOINT"), &text("IDENTITY_HEADER"));
    let shown = lines[0]
        .replace(&endpoint.key, "[KEY]")
        .replace(&endpoint.port.to_string(), "[PORT]");
    expect![[r#"{"AZD_AUTH_ENDPOINT":"http://127.0.0.1:[PORT]/azd","AZD_AUTH_KEY":"[KEY]","IDENTITY_ENDPOINT":"http://127.0.0.1:[PORT]/msi/token","IDENTITY_HEADER":"[KEY]","NO_PROXY":"127.0.0.1,localhost"}"#]].assert_eq(&shown);
    assert_eq!(endpoint.token("https://graph.microsoft.com").0, 200);
    stop(serving, "-TERM");
}

#[test]
fn explains_that_a_machine_endpoint_error_is_transient() {
    let world = World::start();
    let (serving, lines) = serving(&world, &["--output", "json"], 1);
    let document: Value = serde_json::from_str(&lines[0]).unwrap();
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    let endpoint = Endpoint::new(&text("IDENTITY_ENDPOINT"), &text("IDENTITY_HEADER"));
    // 410 means that a virtual machine's endpoint is being updated.
    for status in [410, 429, 500] {
        let later = vec![("Retry-After".to_owned(), "60".to_owned())];
        let busy = Fault::Status(status, later, String::new());
        world.managed_identity().fault(busy);
        let (code, body) = endpoint.token(AZURE_DEVOPS);
        assert_eq!(code, 503, "{status}: {body}");
        let reason = body["message"].as_str().unwrap();
        let expected = format!(
            "its endpoint answered {status}. Try again later; its endpoint cannot answer now."
        );
        assert!(reason.contains(&expected), "{reason}");
    }
    assert_eq!(endpoint.token(AZURE_DEVOPS).0, 200);
    stop(serving, "-TERM");
}

#[test]
fn refuses_invalid_resources() {
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["serve", "--resource", "azureDevops", "--resource", "grpah"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    expect![[r#"
        error: 'grpah' is not a resource.
        What to do: Write graph.
        More: adieu explain token-command
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}

#[test]
fn each_shell_gets_its_own_lines() {
    let world = World::start();
    let mut shown = String::new();
    for shell in ["powershell", "fish", "cmd"] {
        let (serving, lines) = serving(&world, &["--shell", shell], 1);
        stop(serving, "-INT");
        let end = lines[0].find("http").expect("an address");
        shown.push_str(&format!("{}\n", &lines[0][..end]));
    }
    expect![[r#"
        $env:IDENTITY_ENDPOINT = '
        set -gx IDENTITY_ENDPOINT 
        set "IDENTITY_ENDPOINT=
    "#]]
    .assert_eq(&shown);
}
