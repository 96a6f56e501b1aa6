//! `--credential pipelines`: the service connection of a step that maps the job token.
//!
//! EntraToken@1 itself is in token.rs.

use adieu_emulator::{MY_CONNECTION, World};
use expect_test::expect;

use super::{assert_messages, is_a_token};
use crate::shell::Shell;

#[test]
fn signs_in_with_the_service_connection_of_the_step() {
    let world = World::start();
    let shell = Shell::in_a_step(&world, &[]);
    let output = shell.adieu(&["token"]);
    is_a_token(&world, &output);
    assert_eq!(output.stderr, "");
    let output = shell.adieu(&["token", "--resource", "arm", "--credential", "pipelines"]);
    is_a_token(&world, &output);
    assert_eq!(output.stderr, "");
}

#[test]
fn names_the_missing_variable_of_a_step() {
    let world = World::start();
    let shell = Shell::in_a_step(&world, &[])
        // The value in a step that maps an undefined variable.
        .set("SYSTEM_ACCESSTOKEN", "$(System.AccessToken)");
    let output = shell.adieu(&["token", "--credential", "pipelines"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: pipelines needs SYSTEM_ACCESSTOKEN, which is not set.
            What to do: Map it in the step: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)
            More: adieu explain credential
            exit 1
        "#]],
    );
    let shell = Shell::in_a_step(&world, &[]).set("AZURESUBSCRIPTION_CLIENT_ID", "");
    let output = shell.adieu(&["token", "--credential", "pipelines"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: pipelines needs AZURESUBSCRIPTION_CLIENT_ID, which is not set.
            What to do: AzureCLI@2 and AzurePowerShell@5 set it, and EntraToken@1 with configure: azurePipelinesCredential.
            More: adieu explain credential
            exit 1
        "#]],
    );
}

#[test]
fn keeps_the_job_token_at_the_collection() {
    let world = World::start();
    let shell =
        Shell::in_a_step(&world, &[]).set("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/");
    let output = shell.adieu(&["token", "--credential", "pipelines"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: The job token was not sent: SYSTEM_OIDCREQUESTURI points outside the collection ([AZURE DEVOPS] is not the collection's host, dev.azure.com/contoso).
            What to do: Leave SYSTEM_OIDCREQUESTURI as Azure DevOps sets it.
            More: adieu explain job-token
            exit 1
        "#]],
    );
    assert!(world.azure_devops().requests().is_empty());
}

#[test]
fn a_refusal_has_facts_and_a_remedy() {
    let world = World::start();
    world
        .entra()
        .federate(MY_CONNECTION, |_, subject, _| subject.push('x'));
    let output = Shell::in_a_step(&world, &[]).adieu(&["token", "--credential", "pipelines"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: Microsoft Entra refused the service connection (AADSTS700213) because no federated credential has the subject of its ID token.
              it said: No matching federated identity record found for presented assertion subject 'sc://contoso/fabrikam/my-connection'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
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
            What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, try again.
            More: adieu explain aadsts700213
            exit 1
        "#]],
    );
}
