//! `--credential github-actions`: the identity of a workflow, from GitHub's issuer through Microsoft Entra to Azure
//! DevOps.
//!
//! The action itself is in github_actions/action.rs.

mod action;
mod runner;

use adieu_emulator::{Fault, GITHUB_ISSUER, MY_CONNECTION, WorkflowJob, World};
use expect_test::expect;
use serde_json::Value;

use crate::harness::stable;
use crate::shell::{Shell, assert_messages};

/// A world whose application trusts pushes to `main` of `contoso/web`.
pub(crate) fn world() -> World {
    let world = World::start();
    let subject = WorkflowJob::default().subject();
    world.entra().trust(MY_CONNECTION, GITHUB_ISSUER, &subject);
    world
}

#[test]
fn signs_in_with_two_requests_and_masks_the_token_before_it_is_printed() {
    let world = world();
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]);
    let output = shell.adieu(&["token"]);
    assert_eq!(world.secrets_in(&output.stdout), ["access token"]);
    assert!(output.masks.contains(&output.stdout.trim().to_owned()));
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            exit 0
        "#]],
    );
    assert_eq!(world.github().requests().len(), 1);
    assert_eq!(world.entra().requests().len(), 1);
}

#[test]
fn masks_the_tokens_of_exec_and_serve() {
    let world = world();
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]);
    std::os::unix::fs::symlink("/bin/sh", shell.bin().join("sh")).expect("a link");
    let output = shell.adieu(&[
        "exec",
        "--",
        "sh",
        "-c",
        "echo $AZURE_DEVOPS_TOKEN $IDENTITY_HEADER",
    ]);
    let words: Vec<&str> = output.stdout.split_whitespace().collect();
    assert_eq!(words.len(), 2, "{}", output.stderr);
    for word in words {
        assert!(output.masks.iter().any(|mask| mask == word), "no mask");
    }
}

#[test]
fn names_the_permission_that_a_job_lacks() {
    let world = world();
    let job = WorkflowJob {
        may_have_id_tokens: false,
        ..WorkflowJob::default()
    };
    let shell = Shell::in_a_workflow(&world, &job, &[]);
    let output = shell.adieu(&["token", "--credential", "github-actions"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: GitHub does not let this job request an ID token: ACTIONS_ID_TOKEN_REQUEST_URL is not set.
            What to do: Add id-token: write to the job's permissions. Workflows for a pull request from a fork cannot have it.
            More: adieu explain github-actions
            exit 1
        "#]],
    );
    let output = shell.adieu(&["token"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: You are not signed in.
              pipelines: SYSTEM_OIDCREQUESTURI is not set. Azure Pipelines sets it in every job.
              github-actions: GitHub does not let this job request an ID token: ACTIONS_ID_TOKEN_REQUEST_URL is not set. Add id-token: write to the job's permissions. Workflows for a pull request from a fork cannot have it.
              workload-identity: AZURE_FEDERATED_TOKEN_FILE is not set. Azure Kubernetes Service sets it in a pod with the label azure.workload.identity/use: "true".
              managed-identity: IDENTITY_ENDPOINT is not set. App Service and Functions set it; on a virtual machine, use --credential managed-identity.
              azd: azd is not on the PATH. Install azd (https://aka.ms/azd-install), then: azd auth login
              az: az is not on the PATH. Install az (https://aka.ms/azure-cli), then: az login
            More: adieu explain credential
            exit 1
        "#]],
    );
}

#[test]
fn shows_the_federated_credential_that_a_workflow_needs() {
    let world = world();
    let job = WorkflowJob {
        context: "environment:production",
        ..WorkflowJob::default()
    };
    let shell = Shell::in_a_workflow(&world, &job, &[]);
    let output = shell.adieu(&["token", "--credential", "github-actions"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: Microsoft Entra refused the workload identity (AADSTS700213) because no federated credential has the subject of its ID token.
              it said: No matching federated identity record found for presented assertion subject 'repo:contoso/web:environment:production'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
              issuer: https://token.actions.githubusercontent.com
              subject identifier: repo:contoso/web:environment:production
              audience: api://AzureADTokenExchange
              to create it: az ad app federated-credential create --id [GUID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-environment-production","subject":"repo:contoso/web:environment:production"}'
              authority: login.microsoftonline.com
              tenant: [TENANT]
              client id: [GUID]
              scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
              correlation id: [GUID]
              trace id: [GUID]
              timestamp: [TIME]
              credential: github-actions
            What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, try again.
            More: adieu explain aadsts700213
            exit 1
        "#]],
    );
    let bare = World::start();
    let shell = Shell::in_a_workflow(&bare, &WorkflowJob::default(), &[]);
    let output = shell.adieu(&["token", "--credential", "github-actions"]);
    assert_messages(
        &bare,
        &output,
        &expect![[r#"
            error: Microsoft Entra refused the workload identity (AADSTS700211) because no federated credential has the issuer of its ID token.
              it said: No matching federated identity record found for presented assertion issuer 'https://token.actions.githubusercontent.com'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
              issuer: https://token.actions.githubusercontent.com
              subject identifier: repo:contoso/web:ref:refs/heads/main
              audience: api://AzureADTokenExchange
              to create it: az ad app federated-credential create --id [GUID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-ref-refs-heads-main","subject":"repo:contoso/web:ref:refs/heads/main"}'
              authority: login.microsoftonline.com
              tenant: [TENANT]
              client id: [GUID]
              scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
              correlation id: [GUID]
              trace id: [GUID]
              timestamp: [TIME]
              credential: github-actions
            What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, try again.
            More: adieu explain aadsts700211
            exit 1
        "#]],
    );
}

#[test]
fn keeps_the_request_token_at_github() {
    let world = world();
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]).set(
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "https://evil.example/idtoken",
    );
    let output = shell.adieu(&["token", "--credential", "github-actions"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: The request token was not sent: ACTIONS_ID_TOKEN_REQUEST_URL points outside GitHub (evil.example is not a host of github.com).
            What to do: Leave ACTIONS_ID_TOKEN_REQUEST_URL and GITHUB_SERVER_URL as the runner sets them.
            More: adieu explain github-actions
            exit 1
        "#]],
    );
    assert_eq!(world.github().requests(), [""; 0]);
}

#[test]
fn reports_refusals_by_github_and_retries_transient_ones() {
    let world = world();
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]);
    world
        .github()
        .fault(Fault::Status(503, Vec::new(), String::new()));
    let output = shell.adieu(&["token", "--credential", "github-actions"]);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    assert_eq!(world.github().requests().len(), 2);
    world.github().end_all_jobs();
    let output = shell.adieu(&["token", "--credential", "github-actions"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: GitHub Actions (run-actions-1-azure-eastus.actions.githubusercontent.com) did not issue an ID token (HTTP 401).
              it said: TF400813: The user is not authorized to access this resource.
              credential: github-actions
            What to do: Run the job again: its request token expires with the job, and only a running job has one.
            More: adieu explain github-actions
            exit 1
        "#]],
    );
    assert_eq!(world.github().requests().len(), 3);
}

#[test]
fn messages_of_services_do_not_become_workflow_commands() {
    let world = world();
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]);
    // A carriage return ends a line for a runner, which looks for commands at the start of one.
    let profile =
        r#"{"id":"1","displayName":"x\r::add-mask::a\r  ::error file=b::c ##[warning]d"}"#;
    let answer = Fault::Status(200, Vec::new(), profile.to_owned());
    world.marketplace().fault(answer);
    let output = shell.adieu(&["whoami"]);
    let name: Vec<&str> = output.stdout.lines().skip(1).take(3).collect();
    expect![[r#"
        name: x
        **add-mask::a
          **error file=b::c **[warning]d"#]]
    .assert_eq(&name.join("\n"));
}

#[test]
fn whoami_shows_the_federated_credentials_values() {
    let world = world();
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]);
    let output = shell.adieu(&["whoami", "--output", "json"]);
    let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
    expect![[r#"
        {
          "audience": "api://AzureADTokenExchange",
          "issuer": "https://token.actions.githubusercontent.com",
          "subjectIdentifier": "repo:contoso/web:ref:refs/heads/main"
        }
    "#]]
    .assert_eq(&format!("{:#}\n", document["federation"]));
    let output = shell.adieu(&["whoami"]);
    let object = world.entra().object_id(MY_CONNECTION);
    let client = world.client_id(MY_CONNECTION);
    let shown = output
        .stdout
        .replace(&object, "[OBJECT]")
        .replace(&client, "[CLIENT]");
    expect![[r#"
        Azure DevOps id: [GUID]
        name: my-connection's principal
        tenant: [TENANT]
        object id: [OBJECT]
        client id: [CLIENT]
        issuer: https://token.actions.githubusercontent.com
        subject identifier: repo:contoso/web:ref:refs/heads/main
        audience: api://AzureADTokenExchange
    "#]]
    .assert_eq(&stable(&world, &shown));
}

#[test]
fn doctor_checks_everything_from_github_to_the_marketplace() {
    let world = world();
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Contributor"));
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]);
    let output = shell.adieu(&["doctor", "--publisher", "pub"]);
    let is_proxy = |line: &&str| line.contains("http://127.0.0.1:");
    let (proxy, rest): (Vec<&str>, Vec<&str>) =
        output.stdout.split_inclusive('\n').partition(is_proxy);
    assert_eq!(proxy.len(), 1);
    let shown = stable(&world, &rest.concat());
    expect![[r#"
        ok        configuration  github-actions
        ok        names          the proxy resolves them
        ok        trust          each certificate is trusted
        ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, marketplace.visualstudio.com, run-actions-1-azure-eastus.actions.githubusercontent.com
        ok        clock          within a minute of the services
        ok        federation     the ID token is as expected
                                   issuer: https://token.actions.githubusercontent.com
                                   subject identifier: repo:contoso/web:ref:refs/heads/main
                                   audience: api://AzureADTokenExchange
                                   audience expected: api://AzureADTokenExchange
        ok        token          for Azure DevOps, by github-actions, of tenant [TENANT]
        ok        identity       my-connection's principal ([GUID])
        ok        publisher      Contributor of pub

        What to do next: No action needed; all checks passed.
        exit 0
    "#]].assert_eq(&format!("{shown}exit {}\n", output.status));
    let job = WorkflowJob {
        may_have_id_tokens: false,
        ..WorkflowJob::default()
    };
    let output = Shell::in_a_workflow(&world, &job, &[]).adieu(&["doctor"]);
    let last = output.stdout.lines().rev().take(2).collect::<Vec<_>>();
    expect![[r#"
        More: adieu explain credential
        What to do next: Give the job permissions: id-token: write, and set AZURE_CLIENT_ID and AZURE_TENANT_ID in the workflow's env."#]].assert_eq(&last.join("\n"));
}
