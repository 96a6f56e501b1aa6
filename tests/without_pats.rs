//! `examples/without-pats`: code of users who replace their PATs, run unchanged with the real SDK, tfx-cli, curl and
//! Node.
//!
//! It only changes names: the organization's host, for a client that supports no proxy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use adieu_emulator::World;

use crate::extension_package::hello;
use crate::harness::{client, root, set_mode};
use crate::shell::{CommandOutput, Shell, signed_in_user};

/// A world in which an identity may read the project `web` of `contoso`, and publish as `pub`.
fn world() -> (World, String) {
    let (world, token) = signed_in_user();
    world.organizations().add_member("contoso", "identity");
    world.organizations().add_project("contoso", "web");
    world
        .marketplace()
        .set_role("pub", "identity", Some("Owner"));
    (world, token)
}

/// A command line with Node, tfx, curl and `adieu`.
fn shell<'a>(world: &'a World, tools: &[&str]) -> Shell<'a> {
    let shell = Shell::with(world, tools)
        .set("NODE_PATH", client("node").join("node_modules"))
        .set("NODE_NO_WARNINGS", "1")
        .set("CURL_CA_BUNDLE", world.ca_file())
        .set("FAKE_PIPE", "open");
    for program in ["sh", "env", "node", "curl"] {
        link(&on_path(program), &shell, program);
    }
    link(Path::new(env!("CARGO_BIN_EXE_adieu")), &shell, "adieu");
    let tfx = "node_modules/tfx-cli/_build/tfx-cli.js";
    link(&client("tfx").join(tfx), &shell, "tfx");
    shell
}

fn on_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{program} is not installed"))
}

fn link(from: &Path, shell: &Shell<'_>, name: &str) {
    std::os::unix::fs::symlink(from, shell.bin().join(name)).expect("a link");
}

/// A copy of a sample, with the emulator's address instead of the one of Azure DevOps.
fn sample(world: &World, shell: &Shell<'_>, name: &str) -> PathBuf {
    let text = fs::read_to_string(root().join("examples/without-pats").join(name));
    let own = world.plain_marketplace().url().trim_end_matches('/');
    let text = text
        .expect("a sample")
        .replace("https://dev.azure.com", own)
        .replace("--json", &format!("--json --service-url {own}"));
    let path = shell.bin().join(name);
    fs::write(&path, text).expect("a file");
    set_mode(&path, 0o755);
    path
}

fn run(shell: &Shell<'_>, command: &mut Command) -> CommandOutput {
    shell.end(command.spawn().expect("it starts"))
}

#[test]
fn runs_locally_with_azd() {
    let (world, token) = world();
    let shell = shell(&world, &["azd"]).signed_in(&token);
    let output = run(
        &shell,
        shell
            .command("node")
            .arg(sample(&world, &shell, "local.js")),
    );
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str()),
        ("web\n", "")
    );
}

#[test]
fn reports_a_missing_local_sign_in() {
    let (world, _) = world();
    for answer in ["signed-out", "signed-out-1.23", "signed-out-old"] {
        let shell = shell(&world, &["azd"]).set("FAKE_AZD", answer);
        let output = run(
            &shell,
            shell
                .command("node")
                .arg(sample(&world, &shell, "local.js")),
        );
        assert!(
            output.stderr.contains("azd auth login"),
            "{}",
            output.stderr
        );
        let output = shell.adieu(&["token", "--credential", "azd"]);
        assert!(
            output
                .stderr
                .contains("What to do: Sign in: azd auth login")
        );
    }
}

#[test]
fn runs_in_a_function_with_its_managed_identity() {
    let (world, _) = world();
    let shell = shell(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", world.client_id("identity"));
    let file = sample(&world, &shell, "function.js");
    // Called like the Functions host does.
    let host = format!("require('{}')({{ log: console.log }})", file.display());
    let output = run(&shell, shell.command("node").args(["-e", &host]));
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str()),
        ("web\n", "")
    );
}

#[test]
fn runs_the_function_locally_with_the_broker() {
    let (world, token) = world();
    let shell = shell(&world, &["az"]).signed_in(&token);
    let file = sample(&world, &shell, "function.js");
    let host = format!("require('{}')({{ log: console.log }})", file.display());
    let output = shell.adieu(&["exec", "--credential", "az", "--", "node", "-e", &host]);
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str()),
        ("web\n", "")
    );
}

#[test]
fn runs_the_same_test_in_a_pipeline_and_locally() {
    let (world, token) = world();
    let command = [
        "exec",
        "--token",
        "INTEGRATION_TOKEN=azureDevOps",
        "--",
        "node",
        "--test",
    ];
    let locally = shell(&world, &["azd"]).signed_in(&token);
    // The pipeline maps its secret variable, and has no credential.
    let in_a_pipeline = shell(&world, &[])
        .set("TF_BUILD", "True")
        .set("INTEGRATION_TOKEN", &token);
    for shell in [locally, in_a_pipeline] {
        let file = sample(&world, &shell, "integration.test.js");
        let file = file.display().to_string();
        let output = shell.adieu(&[&command[..], &[file.as_str()]].concat());
        assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
        assert!(output.stdout.contains("# pass 1"), "{}", output.stdout);
    }
}

#[test]
fn publishes_with_tfx() {
    let (world, token) = world();
    let folder = hello(&[]);
    let packed = folder.adieu(&["package", "--output-path", "hello.vsix"]);
    assert_eq!(packed.status, 0, "{}", packed.stderr);
    let shell = shell(&world, &["azd"]).signed_in(&token);
    let script = sample(&world, &shell, "publish.sh");
    let arguments = ["exec", "--credential", "azd", "--"];
    let vsix = folder.path("hello.vsix").display().to_string();
    let child = shell.start(&[&arguments[..], &[&script.display().to_string(), &vsix]].concat());
    let output = shell.end(child);
    assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
    let extension = world
        .marketplace()
        .extension("pub.hello")
        .expect("an extension");
    assert_eq!(extension.versions.len(), 1);
}

#[test]
fn calls_rest_with_curl() {
    let (world, token) = world();
    let shell = shell(&world, &["az"])
        .signed_in(&token)
        .set("HTTPS_PROXY", world.network().url());
    // With the real name: curl uses the proxy.
    let script = root().join("examples/without-pats/rest.sh");
    let output = run(&shell, &mut shell.command(script));
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(
        output.stdout.contains("\"name\":\"web\""),
        "{}",
        output.stdout
    );
}
