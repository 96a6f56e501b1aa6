//! The action in a workflow, with an implementation of GitHub's runner.

use std::fs;
use std::path::Path;
use std::process::Command;

use adieu_emulator::pipeline::Node;
use adieu_emulator::{MY_CONNECTION, WorkflowJob, World};
use expect_test::expect;
use serde_json::Value;

use super::runner::{Runner, StepOutcome};
use super::world;
use crate::harness::{root, stable};

fn sign_in(world: &World, runner: &mut Runner<'_>, more: &[(&str, &str)]) -> StepOutcome {
    let (client, tenant) = (world.client_id(MY_CONNECTION), world.entra().tenant());
    let mut inputs = vec![
        ("client-id", client.as_str()),
        ("tenant-id", tenant.as_str()),
        ("binary", env!("CARGO_BIN_EXE_adieu")),
    ];
    inputs.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    inputs.extend(more);
    runner.uses(&root(), &inputs)
}

#[test]
fn passes_a_masked_token_to_steps_that_use_it() {
    let world = world();
    let mut runner = Runner::start(&world, &WorkflowJob::default());
    let ended = sign_in(&world, &mut runner, &[]);
    assert_eq!(ended.status, 0, "{}", ended.log);
    expect![[r#"
        Signed in at login.microsoftonline.com, tenant [TENANT].
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] ([N] minutes).
    "#]]
    .assert_eq(&without_minutes(&stable(&world, &ended.log)));
    assert_eq!(world.secrets_in(&ended.outputs["token"]), ["access token"]);
    assert!(ended.outputs["expires-on"].ends_with('Z'));
    // No other step sees it; one that prints it shows asterisks.
    let later = runner.run(
        "echo \"environment: ${AZURE_DEVOPS_TOKEN:-none}\"; echo \"own: $PAT\"; printf ':%s' \"$PAT\" | base64 -w 0",
        &[("PAT", &ended.outputs["token"])],
    );
    let shown: Vec<&str> = later.log.lines().take(2).collect();
    assert_eq!(shown, ["environment: none", "own: ***"]);
}

#[test]
fn later_steps_sign_in_with_the_binary_that_it_installed() {
    let world = world();
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Contributor"));
    let mut runner = Runner::start(&world, &WorkflowJob::default());
    let ended = sign_in(&world, &mut runner, &[("tokens", "")]);
    assert_eq!((ended.status, ended.outputs["token"].as_str()), (0, ""));
    assert_eq!(ended.outputs["tokens"], "{}");
    let later = runner.run("adieu whoami --publisher pub | tail -1", &[]);
    expect![[r#"
        publisher: pub (Contributor)
    "#]]
    .assert_eq(&stable(&world, &later.log));
}

#[test]
fn several_tokens_are_in_one_output_and_on_request_in_the_environment() {
    let world = world();
    let mut runner = Runner::start(&world, &WorkflowJob::default());
    let tokens = "# two\nVSCE_PAT=azureDevOps\nARM_TOKEN = arm";
    let ended = sign_in(
        &world,
        &mut runner,
        &[("tokens", tokens), ("environment", "true")],
    );
    let all: Value = serde_json::from_str(&ended.outputs["tokens"]).expect("JSON");
    let names: Vec<&String> = all.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["ARM_TOKEN", "VSCE_PAT"]);
    assert_eq!(all["VSCE_PAT"], ended.outputs["token"].as_str());
    let later = runner.run(
        "test \"$VSCE_PAT\" = \"$FIRST\" && echo \"$VSCE_PAT $ARM_TOKEN\" && test -n \"$ARM_TOKEN_EXPIRES_ON\"",
        &[("FIRST", &ended.outputs["token"])],
    );
    assert_eq!((later.status, later.log.as_str()), (0, "*** ***\n"));
    // One ID token serves both.
    assert_eq!(world.github().requests().len(), 1);
}

#[test]
fn reports_errors_in_the_steps_log() {
    let world = world();
    let mut shown = String::new();
    for more in [
        &[("tokens", "GITHUB_TOKEN=azureDevOps")][..],
        &[("tokens", "A=azuredevop")],
        &[("organization", "not/one")],
        &[("client-id", "")],
        &[("binary", "/nowhere/adieu")],
        &[("binary", "")],
    ] {
        let mut runner = Runner::start(&world, &WorkflowJob::default());
        let ended = sign_in(&world, &mut runner, more);
        assert_ne!(ended.status, 0, "{more:?}");
        shown.push_str(&format!("{more:?}\n{}", stable(&world, &ended.log)));
    }
    expect![[r#"
        [("tokens", "GITHUB_TOKEN=azureDevOps")]
        error: The line 'GITHUB_TOKEN=azureDevOps' of tokens: 'GITHUB_TOKEN' is a name that GitHub Actions reserves (GITHUB_…, RUNNER_…, CI, PATH, NODE_OPTIONS).
        What to do: Choose another name; under env:, a step can give the variable any name.
        More: adieu explain token
        [("tokens", "A=azuredevop")]
        error: The line 'A=azuredevop' of tokens names 'azuredevop', which is not a resource.
        What to do: Write azureDevOps.
        More: adieu explain token
        [("organization", "not/one")]
        error: 'not/one' is not an organization name.
        What to do: Write its name, https://dev.azure.com/<name> or https://<name>.visualstudio.com.
        More: adieu explain organizations
        [("client-id", "")]
        error: github-actions needs AZURE_CLIENT_ID, which is not set.
        What to do: Set AZURE_CLIENT_ID and AZURE_TENANT_ID in the workflow's env; neither is secret.
        More: adieu explain credential
        [("binary", "/nowhere/adieu")]
        Error: The input binary names no file.
        [("binary", "")]
        Error: This version of the action pins no release. Set the input binary to an adieu binary that you built.
    "#]].assert_eq(&shown);
}

#[test]
fn a_value_cannot_write_another_name() {
    let world = world();
    let mut runner = Runner::start(&world, &WorkflowJob::default());
    let client = format!(
        "{}\nLD_PRELOAD=/tmp/evil.so",
        world.client_id(MY_CONNECTION)
    );
    let ended = sign_in(&world, &mut runner, &[("client-id", &client)]);
    assert_ne!(ended.status, 0);
    let later = runner.run("echo \"${LD_PRELOAD:-none}\"", &[]);
    assert_eq!(later.log, "none\n");
}

#[test]
fn runs_the_pinned_release_and_nothing_else() {
    let world = world();
    let action = tempfile::tempdir().expect("a folder");
    let tarball = pinned_action(action.path());
    let (client, tenant) = (world.client_id(MY_CONNECTION), world.entra().tenant());
    let inputs = [
        ("client-id", client.as_str()),
        ("tenant-id", tenant.as_str()),
    ];
    let path = "/contoso/adieu/releases/download/v0.1.0/adieu-0.1.0-linux-x64.tar.gz";
    world.github().release(path, tarball.clone());
    let mut runner = Runner::start(&world, &WorkflowJob::default());
    let ended = runner.uses(action.path(), &inputs);
    assert_eq!(ended.status, 0, "{}", ended.log);
    let version = runner.run("adieu --version", &[]);
    assert!(version.log.starts_with("adieu 0.1.0 "), "{}", version.log);
    let mut other = tarball;
    other.push(0);
    world.github().release(path, other);
    let mut runner = Runner::start(&world, &WorkflowJob::default());
    let ended = runner.uses(action.path(), &inputs);
    expect![[r#"
        Error: The release v0.1.0 is not the one that this version of the action pins (SHA-256).
    "#]]
    .assert_eq(&ended.log);
    assert_ne!(ended.status, 0);
    assert_ne!(runner.run("adieu --version", &[]).status, 0);
}

#[test]
fn workflows_in_documents_use_existing_inputs_and_outputs() {
    let text = fs::read_to_string(root().join("action.yml")).expect("an action");
    let action = Node::parse(&text).expect("YAML");
    let page = fs::read_to_string(root().join("docs/github-actions.md")).expect("a page");
    let names = |section: &str| -> Vec<String> {
        let section = action.get(section).expect("a section");
        let pairs = section.pairs().iter();
        pairs.map(|(name, _)| name.text.clone()).collect()
    };
    let (inputs, outputs) = (names("inputs"), names("outputs"));
    let mut checked = 0;
    for block in page.split("```yaml workflow\n").skip(1) {
        let block = block.split("```").next().expect("a block");
        let mut lines = block
            .lines()
            .skip_while(|line| line.trim() != "with:")
            .skip(1);
        let inside = lines
            .by_ref()
            .take_while(|line| line.starts_with("        "));
        for line in inside {
            let (name, _) = line.trim().split_once(':').expect("an input");
            assert!(inputs.iter().any(|input| input == name), "no input {name}");
            checked += 1;
        }
        for output in block.split("steps.adieu.outputs.").skip(1) {
            let name = output.split([' ', '.', ')', '}']).next().expect("a name");
            assert!(
                outputs.iter().any(|output| output == name),
                "no output {name}"
            );
            checked += 1;
        }
    }
    assert!(checked >= 7, "only {checked} names were found");
}

/// The action in a folder, with the checksums of a release that contains this binary. Returns the release's tarball.
fn pinned_action(folder: &Path) -> Vec<u8> {
    let below = folder.join("pipelines/action");
    fs::create_dir_all(&below).expect("a folder");
    for name in ["action.yml", "pipelines/action/install.sh"] {
        fs::copy(root().join(name), folder.join(name)).expect("a copy");
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_adieu"));
    let tarball = folder.join("release.tar.gz");
    let made = Command::new("tar")
        .arg("-czf")
        .arg(&tarball)
        .args(["LICENSE", "-C"])
        .arg(binary.parent().expect("a folder"))
        .arg("./adieu")
        .current_dir(root())
        .status()
        .expect("tar");
    assert!(made.success());
    let bytes = fs::read(&tarball).expect("a tarball");
    let output = Command::new("sha256sum")
        .arg(&tarball)
        .output()
        .expect("sha256sum");
    let sum = String::from_utf8(output.stdout).expect("text");
    let sum = sum.split(' ').next().expect("a sum");
    let sums = format!("{sum}  adieu-0.1.0-linux-x64.tar.gz\n{sum}  made-by.json\n");
    fs::write(below.join("SHA256SUMS"), sums).expect("a file");
    bytes
}

fn without_minutes(log: &str) -> String {
    log.replace("(59 minutes)", "([N] minutes)")
        .replace("(58 minutes)", "([N] minutes)")
}
