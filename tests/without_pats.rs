//! `examples/without-pats`: code of users who replace their PATs, run unchanged with the real SDK, tfx-cli, curl and
//! Node.
//!
//! It only changes names: the organization's host, for a client that supports no proxy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use adieu_emulator::World;

use crate::desk::{Desk, Said, signed_in_user};
use crate::extension_package::hello;
use crate::harness::{client, root, set_mode};

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
fn desk<'a>(world: &'a World, tools: &[&str]) -> Desk<'a> {
    let desk = Desk::with(world, tools)
        .set("NODE_PATH", client("node").join("node_modules"))
        .set("NODE_NO_WARNINGS", "1")
        .set("CURL_CA_BUNDLE", world.ca_file())
        .set("STANDIN_PIPE", "open");
    for program in ["sh", "env", "node", "curl"] {
        link(&on_path(program), &desk, program);
    }
    link(Path::new(env!("CARGO_BIN_EXE_adieu")), &desk, "adieu");
    let tfx = "node_modules/tfx-cli/_build/tfx-cli.js";
    link(&client("tfx").join(tfx), &desk, "tfx");
    desk
}

fn on_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{program} is not installed"))
}

fn link(from: &Path, desk: &Desk<'_>, name: &str) {
    std::os::unix::fs::symlink(from, desk.bin().join(name)).expect("a link");
}

/// A copy of a sample, with the emulator's address instead of the one of Azure DevOps.
fn sample(world: &World, desk: &Desk<'_>, name: &str) -> PathBuf {
    let text = fs::read_to_string(root().join("examples/without-pats").join(name));
    let own = world.plain_marketplace().url().trim_end_matches('/');
    let text = text
        .expect("a sample")
        .replace("https://dev.azure.com", own)
        .replace("--json", &format!("--json --service-url {own}"));
    let path = desk.bin().join(name);
    fs::write(&path, text).expect("a file");
    set_mode(&path, 0o755);
    path
}

fn run(desk: &Desk<'_>, command: &mut Command) -> Said {
    desk.end(command.spawn().expect("it starts"))
}

#[test]
fn runs_locally_with_azd() {
    let (world, token) = world();
    let desk = desk(&world, &["azd"]).signed_in(&token);
    let said = run(
        &desk,
        desk.command("node").arg(sample(&world, &desk, "local.js")),
    );
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("web\n", ""));
}

#[test]
fn reports_a_missing_local_sign_in() {
    let (world, _) = world();
    for answer in ["signed-out", "signed-out-1.23", "signed-out-old"] {
        let desk = desk(&world, &["azd"]).set("STANDIN_AZD", answer);
        let said = run(
            &desk,
            desk.command("node").arg(sample(&world, &desk, "local.js")),
        );
        assert!(said.stderr.contains("azd auth login"), "{}", said.stderr);
        let said = desk.adieu(&["token", "--credential", "azd"]);
        assert!(said.stderr.contains("What to do: Sign in: azd auth login"));
    }
}

#[test]
fn runs_in_a_function_with_its_managed_identity() {
    let (world, _) = world();
    let desk = desk(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", world.client_id("identity"));
    let file = sample(&world, &desk, "function.js");
    // Called like the Functions host does.
    let host = format!("require('{}')({{ log: console.log }})", file.display());
    let said = run(&desk, desk.command("node").args(["-e", &host]));
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("web\n", ""));
}

#[test]
fn runs_the_function_locally_with_the_broker() {
    let (world, token) = world();
    let desk = desk(&world, &["az"]).signed_in(&token);
    let file = sample(&world, &desk, "function.js");
    let host = format!("require('{}')({{ log: console.log }})", file.display());
    let said = desk.adieu(&["exec", "--credential", "az", "--", "node", "-e", &host]);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("web\n", ""));
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
    let locally = desk(&world, &["azd"]).signed_in(&token);
    // The pipeline maps its secret variable, and has no credential.
    let in_a_pipeline = desk(&world, &[])
        .set("TF_BUILD", "True")
        .set("INTEGRATION_TOKEN", &token);
    for desk in [locally, in_a_pipeline] {
        let file = sample(&world, &desk, "integration.test.js");
        let file = file.display().to_string();
        let said = desk.adieu(&[&command[..], &[file.as_str()]].concat());
        assert_eq!(said.status, 0, "{}{}", said.stdout, said.stderr);
        assert!(said.stdout.contains("# pass 1"), "{}", said.stdout);
    }
}

#[test]
fn publishes_with_tfx() {
    let (world, token) = world();
    let folder = hello(&[]);
    let packed = folder.adieu(&["package", "--output-path", "hello.vsix"]);
    assert_eq!(packed.status, 0, "{}", packed.stderr);
    let desk = desk(&world, &["azd"]).signed_in(&token);
    let script = sample(&world, &desk, "publish.sh");
    let arguments = ["exec", "--credential", "azd", "--"];
    let vsix = folder.path("hello.vsix").display().to_string();
    let child = desk.start(&[&arguments[..], &[&script.display().to_string(), &vsix]].concat());
    let said = desk.end(child);
    assert_eq!(said.status, 0, "{}{}", said.stdout, said.stderr);
    let extension = world
        .marketplace()
        .extension("pub.hello")
        .expect("an extension");
    assert_eq!(extension.versions.len(), 1);
}

#[test]
fn calls_rest_with_curl() {
    let (world, token) = world();
    let desk = desk(&world, &["az"])
        .signed_in(&token)
        .set("HTTPS_PROXY", world.network().url());
    // With the real name: curl uses the proxy.
    let script = root().join("examples/without-pats/rest.sh");
    let said = run(&desk, &mut desk.command(script));
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert!(said.stdout.contains("\"name\":\"web\""), "{}", said.stdout);
}
