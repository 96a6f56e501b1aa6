//! `adieu token`: each credential, each form, and every failure in one clear message.
//!
//! It asks nobody but the emulator and the stand-ins of azd and az.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use adieu_emulator::{Connection, Fault, MY_CONNECTION, World};
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::harness::{root, stable};

/// A world in which a person, or an app, has an identity; and that identity's token.
fn world() -> (World, String) {
    let world = World::start();
    world.add_connection(Connection::client_secret("identity"));
    let token = world.azure_devops_token("identity");
    (world, token)
}

/// Variables of a pipeline's step that maps the job's token and names `my-connection`.
fn pipeline<'a>(world: &'a World, tools: &[&str]) -> Desk<'a> {
    let mut job = world.job();
    let step = job.step(&root().join("task/token"));
    let environment: BTreeMap<String, String> =
        step.input("connectedService", MY_CONNECTION).environment();
    let token = &environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"];
    let mut desk = Desk::with(world, tools)
        .set("SYSTEM_ACCESSTOKEN", token)
        .set("AZURE_AUTHORITY_HOST", world.entra().url())
        .set(
            "AZURESUBSCRIPTION_CLIENT_ID",
            world.client_id(MY_CONNECTION),
        )
        .set("AZURESUBSCRIPTION_TENANT_ID", world.tenant())
        .set(
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
            world.connection_id(MY_CONNECTION),
        );
    for name in ["SYSTEM_OIDCREQUESTURI", "SYSTEM_COLLECTIONURI"] {
        desk = desk.set(name, &environment[name]);
    }
    desk
}

/// Variables of a pod whose federated token is in a file.
fn pod<'a>(world: &'a World, token: &str, tools: &[&str]) -> Desk<'a> {
    let file = world.folder().join("federated-token");
    fs::write(&file, token).expect("a file");
    Desk::with(world, tools)
        .set("AZURE_FEDERATED_TOKEN_FILE", file)
        .set("AZURE_CLIENT_ID", world.client_id(MY_CONNECTION))
        .set("AZURE_TENANT_ID", world.tenant())
        .set("AZURE_AUTHORITY_HOST", world.entra().url())
}

fn expect(world: &World, said: &Said, expected: &Expect) {
    expected.assert_eq(&format!(
        "{}exit {}\n",
        stable(world, &said.stderr),
        said.status
    ));
}

/// The text with a name in place of the number behind some words: it depends on how busy the machine is.
fn without_number(text: &str, words: &str) -> String {
    let mut parts = text.split(words);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(words);
        plain.push_str("[N]");
        plain.push_str(part.trim_start_matches(|character: char| character.is_ascii_digit()));
    }
    plain
}

/// That the output is one token of the emulator's and nothing else.
fn is_a_token(world: &World, said: &Said) {
    assert_eq!(said.status, 0, "{}", said.stderr);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{}", said.stdout);
    assert_eq!(world.secrets_in(&said.stdout), ["access token"]);
    assert!(said.stdout.starts_with("ey"));
}

#[test]
fn prints_a_token_in_the_form_that_the_next_program_reads() {
    let (world, token) = world();
    let desk = Desk::with(&world, &["azd"]).signed_in(&token);
    let mut printed = String::new();
    for form in ["token", "header", "headervalue", "env", "azd", "az", "json"] {
        let said = desk.adieu(&["token", "--credential", "azd", "--output", form]);
        assert_eq!((said.status, said.stderr.as_str()), (0, ""));
        printed.push_str(&format!("{form}:\n{}", said.stdout));
    }
    let client = world.client_id("identity");
    let printed = printed
        .replace(&token, "[TOKEN]")
        .replace(&client, "[CLIENT]");
    expect![[r#"
        token:
        [TOKEN]
        header:
        Authorization: Bearer [TOKEN]
        headervalue:
        Bearer [TOKEN]
        env:
        AZURE_DEVOPS_TOKEN=[TOKEN]
        AZURE_DEVOPS_TOKEN_EXPIRES_ON=[TIME]
        azd:
        {
          "expiresOn": "[TIME]",
          "token": "[TOKEN]"
        }
        az:
        {
          "accessToken": "[TOKEN]",
          "expiresOn": "2030-01-02 03:04:05.000000",
          "expires_on": 1893553445,
          "tenant": "[TENANT]",
          "tokenType": "Bearer"
        }
        json:
        {
          "clientId": "[CLIENT]",
          "credential": "azd",
          "expiresOn": "[TIME]",
          "expiresOnEpoch": 1893553445,
          "scope": "499b84ac-1321-427f-aa17-267ca6975798/.default",
          "tenant": "[TENANT]",
          "token": "[TOKEN]",
          "tokenType": "Bearer"
        }
    "#]]
    .assert_eq(&stable(&world, &printed));
}

#[test]
fn az_and_azd_read_back_what_is_printed_in_their_forms() {
    let (world, token) = world();
    let desk = Desk::with(&world, &["azd"]).signed_in(&token);
    let said = desk.adieu(&["token", "--output", "azd"]);
    let azd: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(azd["expiresOn"], "2030-01-02T03:04:05Z");
    let said = desk.adieu(&["token", "--output", "az"]);
    let az: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(az["expires_on"], 1_893_553_445);
    assert_eq!(az["accessToken"], azd["token"]);
}

#[test]
fn takes_the_first_credential_that_is_configured_and_says_so() {
    let (world, token) = world();
    let desk = Desk::with(&world, &["azd", "az"]).signed_in(&token);
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    expect(
        &world,
        &said,
        &expect![[r#"
        Signed in with azd. Passed over: pipelines (SYSTEM_OIDCREQUESTURI is not set), workload-identity (AZURE_FEDERATED_TOKEN_FILE is not set), managed-identity (IDENTITY_ENDPOINT is not set).
        exit 0
    "#]],
    );

    let desk = desk.set("STAND_IN_AZD", "signed-out").managed_identity();
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    expect(
        &world,
        &said,
        &expect![[r#"
        Signed in with managed-identity. Passed over: pipelines (SYSTEM_OIDCREQUESTURI is not set), workload-identity (AZURE_FEDERATED_TOKEN_FILE is not set).
        exit 0
    "#]],
    );
}

#[test]
fn a_configured_credential_that_fails_is_warned_of() {
    let (world, token) = world();
    let desk = pod(&world, "not-a-token-at-all", &["az"]).signed_in(&token);
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    expect(
        &world,
        &said,
        &expect![[r#"
        warning: Microsoft Entra refused the workload identity (AADSTS50027) because the ID token is no token that it can read.
        Signed in with az. Passed over: pipelines (SYSTEM_OIDCREQUESTURI is not set), managed-identity (IDENTITY_ENDPOINT is not set), azd (not installed).
        exit 0
    "#]],
    );
}

#[test]
fn lists_each_credential_with_its_reason_and_its_remedy() {
    let world = World::start();
    let desk = Desk::with(&world, &["azd", "az"])
        .set("STAND_IN_AZD", "signed-out")
        .set("STAND_IN_AZ", "signed-out");
    let said = desk.adieu(&["token"]);
    assert_eq!(said.stdout, "");
    expect(
        &world,
        &said,
        &expect![[r#"
            error: No credential here gave a token.
              pipelines: SYSTEM_OIDCREQUESTURI is not set. Azure Pipelines sets it in every job.
              workload-identity: AZURE_FEDERATED_TOKEN_FILE is not set. Azure Kubernetes Service sets it in a pod with the label azure.workload.identity/use: "true".
              managed-identity: IDENTITY_ENDPOINT is not set. App Service and Functions set it; on a virtual machine write --credential managed-identity.
              azd: azd says: not logged in, run `azd auth login` to login. Sign in: azd auth login
              az: az says: Please run 'az login' to setup account. Sign in: az login
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
    let said = Desk::with(&world, &[]).adieu(&["token"]);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: No credential here gave a token.
              pipelines: SYSTEM_OIDCREQUESTURI is not set. Azure Pipelines sets it in every job.
              workload-identity: AZURE_FEDERATED_TOKEN_FILE is not set. Azure Kubernetes Service sets it in a pod with the label azure.workload.identity/use: "true".
              managed-identity: IDENTITY_ENDPOINT is not set. App Service and Functions set it; on a virtual machine write --credential managed-identity.
              azd: azd is not on the PATH. Install it (https://aka.ms/azd-install), then: azd auth login
              az: az is not on the PATH. Install it (https://aka.ms/azure-cli), then: az login
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
}

#[test]
fn signs_in_with_the_service_connection_of_the_step() {
    let world = World::start();
    let desk = pipeline(&world, &[]);
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    assert_eq!(said.stderr, "Signed in with pipelines.\n");
    let said = desk.adieu(&["token", "--resource", "arm", "--credential", "pipelines"]);
    is_a_token(&world, &said);
    assert_eq!(said.stderr, "");
}

#[test]
fn says_which_variable_of_a_step_is_missing() {
    let world = World::start();
    let desk = pipeline(&world, &[])
        // What a step passes that maps a variable which the pipeline does not have.
        .set("SYSTEM_ACCESSTOKEN", "$(System.AccessToken)");
    let said = desk.adieu(&["token", "--credential", "pipelines"]);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: pipelines needs SYSTEM_ACCESSTOKEN, which is not set.
            What to do: Map it in the step: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
    let desk = pipeline(&world, &[]).set("AZURESUBSCRIPTION_CLIENT_ID", "");
    let said = desk.adieu(&["token", "--credential", "pipelines"]);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: pipelines needs AZURESUBSCRIPTION_CLIENT_ID, which is not set.
            What to do: AzureCLI@2 and AzurePowerShell@5 set it, and EntraToken@1 with configure: azurePipelinesCredential.
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
}

#[test]
fn keeps_the_job_token_at_the_collection() {
    let world = World::start();
    let desk = pipeline(&world, &[]).set("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/");
    let said = desk.adieu(&["token", "--credential", "pipelines"]);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: The job's token stays here: the address for ID tokens is not the collection's ([AZURE DEVOPS] is not the collection's host, dev.azure.com).
            What to do: Leave SYSTEM_OIDCREQUESTURI as Azure DevOps sets it.
            More: TROUBLESHOOTING.md#job-token
            exit 1
        "#]],
    );
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
fn a_refusal_has_its_facts_and_its_remedy() {
    let world = World::start();
    world.federate(MY_CONNECTION, |_, subject, _| subject.push('x'));
    let said = pipeline(&world, &[]).adieu(&["token", "--credential", "pipelines"]);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: Microsoft Entra refused the service connection (AADSTS700213) because no federated credential has its ID token's subject.
              it said: No matching federated identity record found for presented assertion subject 'sc://contoso/fabrikam/my-connection'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
              issuer: https://vstoken.dev.azure.com/[GUID]
              subject identifier: sc://contoso/fabrikam/my-connection
              audience: api://AzureADTokenExchange
              authority: [ENTRA]
              tenant: [TENANT]
              client id: [GUID]
              scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
              correlation id: [GUID]
              trace id: [GUID]
              timestamp: [TIME]
              credential: pipelines
            What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience equal to those above, letter by letter. If the credential was made in the last minutes, run the job again.
            More: TROUBLESHOOTING.md#aadsts700213
            exit 1
        "#]],
    );
}

#[test]
fn signs_in_with_a_federated_token_in_a_file() {
    let world = World::start();
    // Whoever writes the file may end it with a line break.
    let token = world.late_bound_id_token(MY_CONNECTION, 0);
    let desk = pod(&world, &format!("{token}\n"), &[]);
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    expect(
        &world,
        &said,
        &expect![[r#"
            Signed in with workload-identity. Passed over: pipelines (SYSTEM_OIDCREQUESTURI is not set).
            exit 0
        "#]],
    );
}

#[test]
fn says_what_is_wrong_with_a_workload_identity() {
    let world = World::start();
    let old = world.late_bound_id_token(MY_CONNECTION, 7200);
    let asked = ["token", "--credential", "workload-identity"];
    let said = pod(&world, &old, &[]).adieu(&asked);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: Microsoft Entra refused the workload identity (AADSTS700024) because the token in its file is over, or not good yet.
              it said: Client assertion is not within its valid time range. Current time: [TIME], assertion valid from [TIME], expiry time of assertion [TIME]. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .
              this machine's clock: [TIME]
              correlation id: [GUID]
              trace id: [GUID]
              timestamp: [TIME]
              credential: workload-identity
            What to do: Let whoever writes AZURE_FEDERATED_TOKEN_FILE renew it (it lives for an hour on Kubernetes), and set this machine's clock (NTP).
            More: TROUBLESHOOTING.md#clock
            exit 1
        "#]],
    );
    let said = pod(&world, "\n", &[])
        .set("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token")
        .adieu(&asked);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: The federated token in /nowhere/token cannot be read: No such file or directory (os error 2).
            What to do: The platform writes that file: on Kubernetes, label the pod azure.workload.identity/use: "true" and name its service account.
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
    let said = pod(&world, "x", &[])
        .set("AZURE_AUTHORITY_HOST", "http://login.contoso.example/")
        .adieu(&asked);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: AZURE_AUTHORITY_HOST is 'http://login.contoso.example/', which is not HTTPS.
            What to do: Leave it out for the public cloud.
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
}

#[test]
fn signs_in_with_the_managed_identity() {
    let (world, _) = world();
    let desk = Desk::with(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", world.client_id("identity"));
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    expect(
        &world,
        &said,
        &expect![[r#"
            Signed in with managed-identity. Passed over: pipelines (SYSTEM_OIDCREQUESTURI is not set), workload-identity (AZURE_FEDERATED_TOKEN_FILE is not set).
            exit 0
        "#]],
    );
}

#[test]
fn says_what_is_wrong_with_a_managed_identity() {
    let world = World::start();
    let asked = ["token", "--credential", "managed-identity"];
    let desk = Desk::with(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", "22222222-2222-4222-8222-222222222222");
    expect(
        &world,
        &desk.adieu(&asked),
        &expect![[r#"
            error: The managed identity gave no token: its endpoint answered 400: No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.
            What to do: Assign an identity to this machine or app; AZURE_CLIENT_ID names a user-assigned one.
            More: TROUBLESHOOTING.md#managed-identity
            exit 1
        "#]],
    );
    let desk = Desk::with(&world, &[]).set("IDENTITY_ENDPOINT", world.managed_identity().url());
    expect(
        &world,
        &desk.adieu(&asked),
        &expect![[r#"
            error: The managed identity gave no token: IDENTITY_ENDPOINT is set without IDENTITY_HEADER; Azure Arc's managed identity is not supported.
            What to do: Sign in by az, which knows it: az login --identity
            More: TROUBLESHOOTING.md#managed-identity
            exit 1
        "#]],
    );
    let desk = Desk::with(&world, &[]).managed_identity();
    let said = desk.adieu(
        &[
            &asked[..],
            &["--tenant", "8d3c0f1e-1111-4bbb-8ccc-0123456789ab"],
        ]
        .concat(),
    );
    expect(
        &world,
        &said,
        &expect![[r#"
            error: managed-identity gave a token of tenant [TENANT], and one of tenant [GUID] was asked for.
            What to do: A managed identity is of its own tenant only; use an identity of that tenant, or leave --tenant out.
            More: TROUBLESHOOTING.md#credential
            exit 1
        "#]],
    );
}

#[test]
fn reads_what_each_version_of_azd_and_az_answers() {
    let (world, token) = world();
    for (tool, answer) in [("azd", ""), ("azd", "notice"), ("az", ""), ("az", "old")] {
        let variable = format!("STAND_IN_{}", tool.to_uppercase());
        let desk = Desk::with(&world, &[tool])
            .signed_in(&token)
            .set(&variable, answer);
        is_a_token(&world, &desk.adieu(&["token", "--credential", tool]));
    }
}

#[test]
fn says_what_azd_says_and_how_to_sign_in() {
    let world = World::start();
    let mut said = String::new();
    for answer in [
        "signed-out",
        "signed-out-1.23",
        "signed-out-old",
        "policy",
        "raw",
    ] {
        let desk = Desk::with(&world, &["azd"])
            .signed_in("eyJ.eyJ.c2ln")
            .set("STAND_IN_AZD", answer);
        let one = desk.adieu(&["token", "--credential", "azd"]);
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        said.push_str(&format!("{answer}\n{}\n", one.stderr));
    }
    expect![[r#"
        signed-out
        error: azd says: not logged in, run `azd auth login` to login.
        What to do: Sign in: azd auth login
        More: TROUBLESHOOTING.md#credential

        signed-out-1.23
        error: azd says: not logged in, run `azd auth login` to login.
        What to do: Sign in: azd auth login
        More: TROUBLESHOOTING.md#credential

        signed-out-old
        error: azd says: not logged in, run `azd auth login` to login.
        What to do: Sign in: azd auth login
        More: TROUBLESHOOTING.md#credential

        policy
        error: azd says: reauthentication required, run `azd auth login --scope x` to login.
        What to do: Sign in: azd auth login --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: TROUBLESHOOTING.md#credential

        raw
        error: azd printed no token that can be read.
        What to do: See what it says by itself: azd auth token --output json --no-prompt --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: TROUBLESHOOTING.md#credential

    "#]].assert_eq(&said);
}

#[test]
fn says_what_az_says_and_how_to_sign_in() {
    let world = World::start();
    let mut said = String::new();
    for answer in [
        "signed-out",
        "expired",
        "policy",
        "guest",
        "broken",
        "silent",
        "nothing",
    ] {
        let desk = Desk::with(&world, &["az"])
            .set("STAND_IN_AZ", answer)
            .set("STAND_IN_TENANT", "contoso.onmicrosoft.com");
        let one = desk.adieu(&[
            "token",
            "--credential",
            "az",
            "--tenant",
            "contoso.onmicrosoft.com",
        ]);
        assert_eq!((one.status, one.stdout.as_str()), (1, ""));
        said.push_str(&format!("{answer}\n{}\n", one.stderr));
    }
    expect![[r#"
        signed-out
        error: az says: Please run 'az login' to setup account.
        What to do: Sign in: az login --tenant contoso.onmicrosoft.com
        More: TROUBLESHOOTING.md#credential

        expired
        error: az says: AADSTS700082: The refresh token has expired due to inactivity.
        What to do: Sign in: az login --tenant contoso.onmicrosoft.com --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: TROUBLESHOOTING.md#credential

        policy
        error: az says: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.
        What to do: Sign in: az login --tenant contoso.onmicrosoft.com --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: TROUBLESHOOTING.md#credential

        guest
        error: az says: AADSTS50020: User account from identity provider does not exist in tenant.
        What to do: Name the tenant that the resource is in: --organization <name> finds Azure DevOps', --tenant takes any.
        More: TROUBLESHOOTING.md#credential

        broken
        error: az says: The command failed with an unexpected error. Here is the traceback.
        What to do: See what it says by itself: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default --tenant contoso.onmicrosoft.com
        More: TROUBLESHOOTING.md#credential

        silent
        error: az ended without a word (exit status: 3).
        What to do: See what it says by itself: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default --tenant contoso.onmicrosoft.com
        More: TROUBLESHOOTING.md#credential

        nothing
        error: az printed no token that can be read.
        What to do: See what it says by itself: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default --tenant contoso.onmicrosoft.com
        More: TROUBLESHOOTING.md#credential

    "#]].assert_eq(&said);
}

#[test]
fn whoever_hangs_is_given_up_within_twenty_seconds() {
    let world = World::start();
    let id_token = world.late_bound_id_token(MY_CONNECTION, 0);
    let never = Fault::Delay(Duration::from_secs(600));
    for service in [
        world.azure_devops(),
        world.entra(),
        world.managed_identity(),
    ] {
        service.always(never.clone());
    }
    let all = ["azd", "az"];
    fn hangs(desk: Desk<'_>) -> Desk<'_> {
        desk.set("STAND_IN_AZD", "hang").set("STAND_IN_AZ", "hang")
    }
    let desks = [
        ("pipelines", hangs(pipeline(&world, &all))),
        ("workload-identity", hangs(pod(&world, &id_token, &all))),
        (
            "managed-identity",
            hangs(Desk::with(&world, &all).managed_identity()),
        ),
        ("azd", hangs(Desk::with(&world, &all))),
        ("az", hangs(Desk::with(&world, &all))),
        ("auto", hangs(pipeline(&world, &all).managed_identity())),
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
        let text = stable(&world, &one.stderr);
        let text = match *name {
            "auto" => without_number(&text, "did not answer within "),
            _ => text,
        };
        said.push_str(&format!("{name}\n{text}\n"));
    }
    expect![[r#"
        pipelines
        error: Azure DevOps ([AZURE DEVOPS]) gave no answer at the first attempt: nothing came in time.
          credential: pipelines
        What to do: Check the network; behind a proxy, set HTTPS_PROXY.
        More: TROUBLESHOOTING.md#network

        workload-identity
        error: Microsoft Entra ([ENTRA]) gave no answer at the first attempt: nothing came in time.
          credential: workload-identity
        What to do: Check the network; behind a proxy, set HTTPS_PROXY.
        More: TROUBLESHOOTING.md#network

        managed-identity
        error: The managed identity gave no token: the endpoint that IDENTITY_ENDPOINT names does not answer: nothing came in time.
        What to do: Managed identities are on Azure's own machines and apps only; elsewhere sign in with azd or az.
        More: TROUBLESHOOTING.md#managed-identity

        azd
        error: azd did not answer within 15 seconds.
        What to do: See what it says by itself: azd auth token --output json --no-prompt --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: TROUBLESHOOTING.md#credential

        az
        error: az did not answer within 15 seconds.
        What to do: See what it says by itself: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: TROUBLESHOOTING.md#credential

        auto
        error: No credential here gave a token.
          pipelines: Azure DevOps ([AZURE DEVOPS]) gave no answer at the first attempt: nothing came in time. Check the network; behind a proxy, set HTTPS_PROXY.
          workload-identity: AZURE_FEDERATED_TOKEN_FILE is not set. Azure Kubernetes Service sets it in a pod with the label azure.workload.identity/use: "true".
          managed-identity: The managed identity gave no token: the endpoint that IDENTITY_ENDPOINT names does not answer: nothing came in time. Managed identities are on Azure's own machines and apps only; elsewhere sign in with azd or az.
          azd: azd did not answer within [N] seconds. See what it says by itself: azd auth token --output json --no-prompt --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
          az: az did not answer within [N] seconds. See what it says by itself: az account get-access-token --output json --scope 499b84ac-1321-427f-aa17-267ca6975798/.default
        More: TROUBLESHOOTING.md#credential

    "#]].assert_eq(&said);
}

#[test]
fn finds_the_tenant_of_an_organization() {
    let (world, token) = world();
    let guest = "8d3c0f1e-1111-4bbb-8ccc-0123456789ab";
    world.organization_tenant("fabrikam", guest);
    let proxy = world.internet();
    let desk = Desk::with(&world, &["az"])
        .signed_in(&token)
        .set("HTTPS_PROXY", proxy.url())
        .set("STAND_IN_AZ", "guest")
        .set("STAND_IN_TENANT", guest);
    let said = desk.adieu(&["token", "--organization", "fabrikam", "--credential", "az"]);
    // The stand-in was asked for that tenant, or it would say so.
    assert!(said.stderr.contains("AADSTS50020"), "{}", said.stderr);
    assert_eq!(proxy.asked(), ["dev.azure.com:443"]);
    let home = world.tenant();
    world.organization_tenant("contoso", &home);
    let desk = desk.set("STAND_IN_AZ", "").set("STAND_IN_TENANT", home);
    let said = desk.adieu(&["token", "--organization", "https://dev.azure.com/contoso"]);
    is_a_token(&world, &said);
}

#[test]
fn an_organization_of_microsoft_accounts_has_no_tenant() {
    let (world, token) = world();
    world.organization_tenant("fabrikam", "00000000-0000-0000-0000-000000000000");
    let desk = Desk::with(&world, &["az"])
        .signed_in(&token)
        .set("HTTPS_PROXY", world.internet().url());
    let said = desk.adieu(&["token", "--organization", "fabrikam", "--credential", "az"]);
    is_a_token(&world, &said);
    expect(
        &world,
        &said,
        &expect![[r#"
        warning: fabrikam is connected to no tenant of Microsoft Entra, so it knows Microsoft accounts only; the token is of the identity's own tenant.
        exit 0
    "#]],
    );
}

#[test]
fn says_that_there_is_no_such_organization() {
    let world = World::start();
    let proxy = world.internet();
    let desk = Desk::with(&world, &["az"]).set("HTTPS_PROXY", proxy.url());
    let said = desk.adieu(&["token", "--organization", "nobody"]);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: Azure DevOps has no organization nobody.
            What to do: Compare the name with the address in the browser: https://dev.azure.com/<name>.
            More: TROUBLESHOOTING.md#organizations
            exit 1
        "#]],
    );
    let said = desk.adieu(&["token", "--organization", "https://evil.example/contoso"]);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: 'https://evil.example/contoso' is no address of Azure DevOps, so it gets no token.
            What to do: Write the organization's name; collections of an Azure DevOps Server need its address in serviceUrl.
            More: TROUBLESHOOTING.md#organizations
            exit 2
        "#]],
    );
}

#[test]
fn goes_by_the_proxy_and_the_certificates_of_the_environment() {
    let (world, token) = world();
    world.organization_tenant("fabrikam", &world.tenant());
    let asked = ["token", "--organization", "fabrikam", "--credential", "az"];
    let proxy = world.internet();
    let desk = |certificates: &str| {
        Desk::with(&world, &["az"])
            .signed_in(&token)
            .set("STAND_IN_TENANT", world.tenant())
            .set("SSL_CERT_FILE", certificates)
    };
    let ca = world.ca_file().display().to_string();
    is_a_token(
        &world,
        &desk(&ca).set("https_proxy", proxy.url()).adieu(&asked),
    );
    assert_eq!(proxy.asked().len(), 1);
    // Roots that know nothing of the emulator's authority.
    let other = World::start();
    let said = desk(&other.ca_file().display().to_string())
        .set("HTTPS_PROXY", proxy.url())
        .adieu(&asked);
    expect(
        &world,
        &said,
        &expect![[r#"
            error: Azure DevOps (dev.azure.com) gave no answer at the first attempt: its certificate is not trusted (its issuer is unknown here).
            What to do: If a proxy inspects TLS here, put its root into a PEM file and name that in SSL_CERT_FILE.
            More: TROUBLESHOOTING.md#certificates
            exit 1
        "#]],
    );
    // A proxy that nobody listens at; past it there would be a way, and the address is this machine's.
    let pod = pod(&world, &world.late_bound_id_token(MY_CONNECTION, 0), &[])
        .set("HTTPS_PROXY", "http://127.0.0.1:9");
    is_a_token(&world, &pod.adieu(&["token"]));
    let said = desk(&ca)
        .set("HTTPS_PROXY", "http://127.0.0.1:9")
        .adieu(&asked);
    let said = Said {
        stderr: without_number(&said.stderr, "gave no answer in "),
        ..said
    };
    expect(
        &world,
        &said,
        &expect![[r#"
            error: Azure DevOps (dev.azure.com) gave no answer in [N] attempts: no connection to the proxy (refused).
            What to do: Correct HTTPS_PROXY, or name the host in NO_PROXY.
            More: TROUBLESHOOTING.md#proxy
            exit 1
        "#]],
    );
}

#[test]
fn says_what_is_asked_wrongly() {
    let world = World::start();
    let desk = Desk::with(&world, &[]);
    for (arguments, expected) in [
        (
            &["token", "--resource", "azuredevop"][..],
            expect![[r#"
                error: 'azuredevop' is no resource.
                What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
                More: TROUBLESHOOTING.md#token-command
                exit 2
            "#]],
        ),
        (
            &["token", "--resource", "arm graph"],
            expect![[r#"
                error: 'arm graph' has a space in it.
                What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
                More: TROUBLESHOOTING.md#token-command
                exit 2
            "#]],
        ),
        (
            &["token", "--tenant", "--x"],
            expect![[r#"
            error: unexpected argument '--x' found

            Usage: adieu token [OPTIONS]

            For more information, try '--help'.
            exit 2
        "#]],
        ),
        (
            &["token", "--tenant=-x"],
            expect![[r#"
                error: '-x' is no tenant.
                What to do: Write the tenant's GUID, or one of its domains, such as contoso.onmicrosoft.com.
                More: TROUBLESHOOTING.md#token-command
                exit 2
            "#]],
        ),
        (
            &["token", "--credential", "pat"],
            expect![[r#"
            error: invalid value 'pat' for '--credential <CREDENTIAL>'
              [possible values: auto, pipelines, workload-identity, managed-identity, azd, az]

            For more information, try '--help'.
            exit 2
        "#]],
        ),
        (
            &["token", "--tenant", "x", "--organization", "y"],
            expect![[r#"
                error: the argument '--tenant <TENANT>' cannot be used with '--organization <ORGANIZATION>'

                Usage: adieu token --tenant <TENANT>

                For more information, try '--help'.
                exit 2
            "#]],
        ),
    ] {
        expect(&world, &desk.adieu(arguments), &expected);
    }
}

#[test]
fn warns_where_the_log_would_show_the_token() {
    let (world, token) = world();
    let desk = Desk::with(&world, &["az"])
        .signed_in(&token)
        .set("TF_BUILD", "True");
    let said = desk.adieu(&["token", "--credential", "az"]);
    is_a_token(&world, &said);
    expect(
        &world,
        &said,
        &expect![[r#"
        warning: Azure Pipelines does not mask this token, so nothing may print it; EntraToken@1 and RunWithToken@1 mask theirs.
        exit 0
    "#]],
    );
}

#[test]
fn teaches_by_example() {
    let world = World::start();
    let said = Desk::with(&world, &[]).adieu(&["token", "--help"]);
    // An empty line of the help has spaces in it, which an editor would take away here.
    let help: Vec<&str> = said.stdout.lines().map(str::trim_end).collect();
    expect![[r#"
        Prints a token of Microsoft Entra's, for Azure DevOps or another resource

        Usage: adieu token [OPTIONS]

        Options:
              --resource <RESOURCE>
                  azureDevOps, arm, graph, keyVault, storage, sql, an application's ID or URI, or a scope

                  [default: azureDevOps]

              --tenant <TENANT>
                  Tenant, as GUID or domain; without it, the identity's own

              --organization <ORGANIZATION>
                  Organization of Azure DevOps whose tenant the token is to be of

              --credential <CREDENTIAL>
                  Which identity asks

                  Possible values:
                  - auto:              The first of the others that is configured and gives a token
                  - pipelines:         The pipeline's service connection
                  - workload-identity: A federated token in a file, as on Kubernetes
                  - managed-identity:  The machine's or the app's own identity
                  - azd:               The Azure Developer CLI's sign-in
                  - az:                The Azure CLI's sign-in

                  [default: auto]

          -o, --output <OUTPUT>
                  In which form to print it

                  Possible values:
                  - token:       The token alone
                  - json:        With end, scope, tenant and credential
                  - header:      Authorization: Bearer …
                  - headervalue: Bearer …
                  - env:         AZURE_DEVOPS_TOKEN=… and its end, for files of variables
                  - azd:         As `azd auth token --output json`
                  - az:          As `az account get-access-token`

                  [default: token]

          -h, --help
                  Print help (see a summary with '-h')

        Examples:
          adieu token --output header | curl -H @- https://dev.azure.com/contoso/_apis/projects
          tfx extension publish --token "$(adieu token)"
          adieu token --organization fabrikam          the token that a guest needs there
          adieu token --resource arm --output json     with its end, tenant and credential
          adieu token --credential managed-identity    on a virtual machine

        `adieu exec` hands tokens to a command without showing them."#]]
    .assert_eq(&help.join("\n"));
}
