//! `--credential auto`: the first configured credential that returns a token, and why the others did not.
//!
//! The messages of each credential are tested in the files next to it.

use std::time::{Duration, Instant};

use adieu_emulator::{Fault, MY_CONNECTION, Service, World};
use expect_test::expect;

use super::{is_a_token, says};
use crate::desk::{Desk, signed_in_user};
use crate::harness::{stable, without_number};

#[test]
fn uses_the_first_configured_credential_and_names_it() {
    let (world, token) = signed_in_user();
    let desk = Desk::with(&world, &["azd", "az"]).signed_in(&token);
    let said = desk.adieu(&["token", "--verbose"]);
    is_a_token(&world, &said);
    says(
        &world,
        &said,
        &expect![[r#"
            Signed in with azd. Skipped: pipelines (SYSTEM_OIDCREQUESTURI is not set), workload-identity (AZURE_FEDERATED_TOKEN_FILE is not set), managed-identity (IDENTITY_ENDPOINT is not set).
            exit 0
        "#]],
    );

    let desk = desk.set("STANDIN_AZD", "signed-out").managed_identity();
    let said = desk.adieu(&["token", "--output", "json"]);
    assert!(
        said.stdout.contains(r#""credential": "managed-identity""#),
        "{}",
        said.stderr
    );
}

#[test]
fn a_configured_credential_that_fails_is_warned_of() {
    let (world, token) = signed_in_user();
    let desk = Desk::in_a_pod(&world, "not.a.token-at-all", &["az"]).signed_in(&token);
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    let json = desk.adieu(&["token", "--output", "json"]).stdout;
    assert!(json.contains(r#""credential": "az""#));
    says(
        &world,
        &said,
        &expect![[r#"
            warning: Microsoft Entra refused the workload identity (AADSTS50027) because it cannot read the ID token.
            exit 0
        "#]],
    );
}

#[test]
fn lists_each_credential_with_its_reason_and_its_remedy() {
    let world = World::start();
    let desk = Desk::with(&world, &["azd", "az"])
        .set("STANDIN_AZD", "signed-out")
        .set("STANDIN_AZ", "signed-out");
    let said = desk.adieu(&["token"]);
    assert_eq!(said.stdout, "");
    says(
        &world,
        &said,
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
    let said = Desk::with(&world, &[]).adieu(&["token"]);
    says(
        &world,
        &said,
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
        let desk = Desk::with(&world, &["az"])
            .set("STANDIN_AZ", if is_valid { "hang" } else { "signed-out" })
            .set("ADIEU_TOOL_TIMEOUT", limit);
        let started = Instant::now();
        let said = desk.adieu(&["token", "--credential", "az"]);
        assert!(
            said.stderr.starts_with(expected),
            "{limit}: {}",
            said.stderr
        );
        assert_eq!(said.status, 1);
        assert!(!is_valid || started.elapsed() < Duration::from_secs(10));
        desk.wait_until_nothing_is_left();
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
    fn hangs(desk: Desk<'_>) -> Desk<'_> {
        desk.set("STANDIN_AZD", "hang").set("STANDIN_AZ", "hang")
    }
    let desks = [
        ("pipelines", hangs(Desk::in_a_step(&world, &all))),
        (
            "workload-identity",
            hangs(Desk::in_a_pod(&world, &id_token, &all)),
        ),
        (
            "managed-identity",
            hangs(Desk::with(&world, &all).managed_identity()),
        ),
        ("azd", hangs(Desk::with(&world, &all))),
        ("az", hangs(Desk::with(&world, &all))),
        (
            "auto",
            hangs(Desk::in_a_step(&world, &all).managed_identity()),
        ),
    ];
    let begun = Instant::now();
    let running: Vec<_> = desks
        .iter()
        .map(|(name, desk)| (name, desk, desk.start(&["token", "--credential", name])))
        .collect();
    let mut said = String::new();
    for (name, desk, child) in running {
        let one = desk.end(child);
        let time = begun.elapsed();
        assert!(time < Duration::from_secs(20), "{name}: {time:?}");
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        // No tool is left running, either.
        desk.wait_until_nothing_is_left();
        let text = stable(&world, &one.stderr);
        let text = match *name {
            "auto" => without_number(&text, "did not answer within "),
            _ => text,
        };
        said.push_str(&format!("{name}\n{text}\n"));
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

    "#]].assert_eq(&said);
}
