//! `--credential auto`: the first configured credential that returns a token, and why the others did not.
//!
//! The messages of each credential are tested in the files next to it.

use std::time::{Duration, Instant};

use adieu_emulator::{Fault, MY_CONNECTION, Service, World};
use expect_test::expect;

use super::{assert_messages, is_a_token};
use crate::harness::{stable, without_number};
use crate::shell::{Shell, signed_in_user};

#[test]
fn uses_the_first_configured_credential_and_names_it() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["azd", "az"]).signed_in(&token);
    let output = shell.adieu(&["token", "--verbose"]);
    is_a_token(&world, &output);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            Signed in with azd. Skipped: pipelines (SYSTEM_OIDCREQUESTURI is not set), workload-identity (AZURE_FEDERATED_TOKEN_FILE is not set), managed-identity (IDENTITY_ENDPOINT is not set).
            exit 0
        "#]],
    );

    let shell = shell.set("FAKE_AZD", "signed-out").managed_identity();
    let output = shell.adieu(&["token", "--output", "json"]);
    assert!(
        output
            .stdout
            .contains(r#""credential": "managed-identity""#),
        "{}",
        output.stderr
    );
}

#[test]
fn a_configured_credential_that_fails_is_warned_of() {
    let (world, token) = signed_in_user();
    let shell = Shell::in_a_pod(&world, "not.a.token-at-all", &["az"]).signed_in(&token);
    let output = shell.adieu(&["token"]);
    is_a_token(&world, &output);
    let json = shell.adieu(&["token", "--output", "json"]).stdout;
    assert!(json.contains(r#""credential": "az""#));
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            warning: Microsoft Entra refused the workload identity (AADSTS50027) because it cannot read the ID token.
            exit 0
        "#]],
    );
}

#[test]
fn lists_each_credential_with_its_reason_and_its_remedy() {
    let world = World::start();
    let shell = Shell::with(&world, &["azd", "az"])
        .set("FAKE_AZD", "signed-out")
        .set("FAKE_AZ", "signed-out");
    let output = shell.adieu(&["token"]);
    assert_eq!(output.stdout, "");
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: You are not signed in.
              azd: azd failed: not logged in, run `azd auth login` to login.
              az: az failed: Please run 'az login' to setup account.
              not available here: pipelines, workload-identity, managed-identity (--verbose shows why)
            What to do: Sign in: az login
            More: adieu explain credential
            exit 1
        "#]],
    );
    let output = Shell::with(&world, &[]).adieu(&["token"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: You are not signed in.
              not available here: pipelines, workload-identity, managed-identity, azd, az (--verbose shows why)
            What to do: Install az (https://aka.ms/azure-cli), then: az login
            More: adieu explain credential
            exit 1
        "#]],
    );
}

#[test]
fn the_limit_of_a_tool_can_be_set() {
    let world = World::start();
    for (limit, expected) in [
        ("2", "error: az did not answer within 2 seconds.\n"),
        (
            "soon",
            "warning: ADIEU_TOOL_TIMEOUT is 'soon', which is not a number of seconds from 1 to 600, so it has no effect.\n",
        ),
        (
            "0",
            "warning: ADIEU_TOOL_TIMEOUT is '0', which is not a number of seconds from 1 to 600, so it has no effect.\n",
        ),
    ] {
        let is_valid = limit == "2";
        let shell = Shell::with(&world, &["az"])
            .set("FAKE_AZ", if is_valid { "hang" } else { "signed-out" })
            .set("ADIEU_TOOL_TIMEOUT", limit);
        let started = Instant::now();
        let output = shell.adieu(&["token", "--credential", "az"]);
        assert!(
            output.stderr.starts_with(expected),
            "{limit}: {}",
            output.stderr
        );
        assert_eq!(output.status, 1);
        assert!(!is_valid || started.elapsed() < Duration::from_secs(10));
        shell.wait_until_nothing_is_left();
    }
}

#[test]
fn stops_waiting_for_a_hanging_credential_within_twenty_seconds() {
    let world = World::start();
    let id_token = world.azure_devops().late_bound_id_token(MY_CONNECTION, 0);
    let never = Fault::Delay(Duration::from_secs(600));
    let services: [&Service; 3] = [
        world.azure_devops(),
        world.entra(),
        world.managed_identity(),
    ];
    for service in services {
        service.always(never.clone());
    }
    let all = ["azd", "az"];
    fn hangs(shell: Shell<'_>) -> Shell<'_> {
        shell.set("FAKE_AZD", "hang").set("FAKE_AZ", "hang")
    }
    let shells = [
        ("pipelines", hangs(Shell::in_a_step(&world, &all))),
        (
            "workload-identity",
            hangs(Shell::in_a_pod(&world, &id_token, &all)),
        ),
        (
            "managed-identity",
            hangs(Shell::with(&world, &all).managed_identity()),
        ),
        ("azd", hangs(Shell::with(&world, &all))),
        ("az", hangs(Shell::with(&world, &all))),
        (
            "auto",
            hangs(Shell::in_a_step(&world, &all).managed_identity()),
        ),
    ];
    let begun = Instant::now();
    let running: Vec<_> = shells
        .iter()
        .map(|(name, shell)| (name, shell, shell.start(&["token", "--credential", name])))
        .collect();
    let mut shown = String::new();
    for (name, shell, child) in running {
        let one = shell.end(child);
        let time = begun.elapsed();
        assert!(time < Duration::from_secs(20), "{name}: {time:?}");
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        // No tool is left running, either.
        shell.wait_until_nothing_is_left();
        let text = stable(&world, &one.stderr);
        let text = match *name {
            "auto" => without_number(&text, "did not answer within "),
            _ => text,
        };
        shown.push_str(&format!("{name}\n{text}\n"));
    }
    expect![[r#"
        pipelines
        Waiting for Azure DevOps ([AZURE DEVOPS]) …
        error: Azure DevOps ([AZURE DEVOPS]) did not answer at the first attempt: nothing came in time.
          credential: pipelines
        What to do: Check the network; behind a proxy, set HTTPS_PROXY.
        More: adieu explain network

        workload-identity
        Waiting for Microsoft Entra ([ENTRA]) …
        error: Microsoft Entra ([ENTRA]) did not answer at the first attempt: nothing came in time.
          credential: workload-identity
        What to do: Check the network; behind a proxy, set HTTPS_PROXY.
        More: adieu explain network

        managed-identity
        error: The managed identity returned no token: the endpoint that IDENTITY_ENDPOINT names does not answer: nothing came in time.
        What to do: Managed identities exist on Azure machines and apps only. Elsewhere, sign in with azd or az.
        More: adieu explain managed-identity

        azd
        Waiting for azd …
        error: azd did not answer within 15 seconds.
        What to do: To see its whole output, run: azd auth token --output json --no-prompt --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential

        az
        Waiting for az …
        error: az did not answer within 15 seconds.
        What to do: To see its whole output, run: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential

        auto
        Waiting for Azure DevOps ([AZURE DEVOPS]) …
        error: You are not signed in.
          pipelines: Azure DevOps ([AZURE DEVOPS]) did not answer at the first attempt: nothing came in time. Check the network; behind a proxy, set HTTPS_PROXY.
          workload-identity: AZURE_FEDERATED_TOKEN_FILE is not set. Azure Kubernetes Service sets it in a pod with the label azure.workload.identity/use: "true".
          managed-identity: The managed identity returned no token: the endpoint that IDENTITY_ENDPOINT names does not answer: nothing came in time. Managed identities exist on Azure machines and apps only. Elsewhere, sign in with azd or az.
          azd: azd did not answer within [N] seconds. To see its whole output, run: azd auth token --output json --no-prompt --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
          az: az did not answer within [N] seconds. To see its whole output, run: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: adieu explain credential

    "#]].assert_eq(&shown);
}
