//! The doctor in a pipeline: the ID token as presented, the run's page, and the step's identity.
//!
//! Local checks are in doctor.rs.

use std::fs;

use adieu_emulator::{GITHUB_ISSUER, MY_CONNECTION, TaskResult, WorkflowJob};
use expect_test::expect;
use serde_json::Value;

use super::{examined, finds, world};
use crate::harness::TaskFolder;
use crate::shell::{CommandOutput, Shell};

#[test]
fn a_pipelines_id_token_is_shown_as_presented_and_as_expected() {
    let world = world();
    world.organizations().add_member("contoso", MY_CONNECTION);
    let shell = Shell::in_a_step(&world, &[])
        .on_the_internet()
        .set("SYSTEM_TEAMPROJECT", "fabrikam");
    let output = shell.adieu(&[
        "doctor",
        "--credential",
        "pipelines",
        "--organization",
        "contoso",
    ]);
    finds(
        &world,
        &output,
        &expect![[r#"
            ok        configuration  pipelines
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: [ENTRA], app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com
            ok        clock          within a minute of the services
            ok        federation     the ID token is as expected
                                       issuer: https://vstoken.dev.azure.com/[GUID]
                                       subject identifier: sc://contoso/fabrikam/my-connection
                                       audience: api://AzureADTokenExchange
                                       subject expected: sc://contoso/fabrikam/…
                                       audience expected: api://AzureADTokenExchange
            ok        token          for Azure DevOps, by pipelines, of tenant [TENANT]
            ok        identity       my-connection's principal ([GUID])
            ok        organization   a member of contoso
            ok        license        Basic

            What to do next: No action needed; all checks passed.
            exit 0
        "#]],
    );
}

#[test]
fn reports_a_federated_credential_that_does_not_match() {
    let world = world();
    world
        .entra()
        .federate(MY_CONNECTION, |_, subject, _| subject.push('x'));
    let output = Shell::in_a_step(&world, &[]).on_the_internet().adieu(&[
        "doctor",
        "--credential",
        "pipelines",
    ]);
    finds(
        &world,
        &output,
        &expect![[r#"
            ok        configuration  pipelines
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: [ENTRA], app.vssps.visualstudio.com
            ok        clock          within a minute of the services
            ok        federation     the ID token is as expected
                                       issuer: https://vstoken.dev.azure.com/[GUID]
                                       subject identifier: sc://contoso/fabrikam/my-connection
                                       audience: api://AzureADTokenExchange
                                       subject expected: sc://contoso/…/…
                                       audience expected: api://AzureADTokenExchange
            failed    token          Microsoft Entra refused the service connection (AADSTS700213) because no federated credential has the subject of its ID token.
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
            skipped   identity       there is no token

            What to do next: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, try again.
            More: adieu explain aadsts700213
            exit 1
        "#]],
    );
}

#[test]
fn adds_the_findings_to_the_runs_summary() {
    let world = world();
    world.organizations().add("fabrikam");
    let temp = tempfile::tempdir().expect("a folder");
    // A link that another process left there must not redirect the page.
    let elsewhere = temp.path().join("elsewhere");
    let link = temp.path().join("Adieu doctor.md");
    std::os::unix::fs::symlink(&elsewhere, &link).expect("a link");
    let shell = Shell::machine(&world)
        .set("TF_BUILD", "True")
        .set("AGENT_TEMPDIRECTORY", temp.path())
        .set(
            "AGENT_PROXYURL",
            "http://user:word@proxy.contoso.example:8080",
        );
    let output = examined(
        &shell,
        &["doctor", "--organization", "fabrikam", "--output", "json"],
    );
    let file = temp.path().join("Adieu doctor 2.md");
    assert!(!elsewhere.exists());
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).expect("it").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let command = format!("##vso[task.uploadsummary]{}\n", file.display());
    assert_eq!(output.stderr, command);
    serde_json::from_str::<Value>(&output.stdout).expect("JSON and nothing else");
    let page = fs::read_to_string(&file).expect("a page");
    assert!(world.secrets_in(&page).is_empty());
    let seen = crate::pages::seen_everywhere("doctor", &page);
    // The Marketplace page uses this screenshot.
    crate::pages::photograph("overview-doctor", &page, "light", 596);
    let checks = seen["tables"][0].as_array().expect("rows");
    assert!(checks.len() > 8, "{seen}");
    assert!(
        checks
            .iter()
            .skip(1)
            .all(|check| check[0] != "" && check[2] != ""),
        "{seen}"
    );
    let page = CommandOutput {
        status: 0,
        stdout: page,
        stderr: String::new(),
        masks: Vec::new(),
    };
    finds(
        &world,
        &page,
        &expect![[r#"
            **What to do next:** Have an administrator of the organization run: adieu onboard --organization fabrikam --identity [OBJECT]

            More: `adieu explain tf401444`

            8 of 9 checks passed; 1 failed.

            | | check | found |
            |---|---|---|
            | ✅ ok | configuration | managed-identity |
            | ✅ ok | proxy | [PROXY] |
            | ✅ ok | names | the proxy resolves them |
            | ✅ ok | trust | each certificate is trusted |
            | ✅ ok | hosts | reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com |
            | ✅ ok | clock | within a minute of the services |
            | ➖ skipped | federation | this credential does not present an ID token |
            | ✅ ok | token | for Azure DevOps, by managed-identity, of tenant [TENANT] |
            | ✅ ok | identity | app's principal ([PROFILE]) |
            | ❌ failed | organization | fabrikam accepts the token, but this identity has not been added to it (TF401444, 401 of dev.azure.com). |
            | ➖ skipped | license | it is not a member |

            **organization**

            | | |
            |---|---|
            | it said | TF401444: Please sign-in at least once as [TENANT]\\[TENANT]\\[OBJECT] in a web browser to enable access to the service. |
            | x-vss-e2eid | [GUID] |
            | activityid | [GUID] |
            | x-msedge-ref | Ref A: 0 Ref B: EMULATOR Ref C: 0 |
            | identity | [PROFILE] |
            | its name | app's principal |
            | object id | [OBJECT] |
            | token's tenant | [TENANT] |
            exit 0
        "#]],
    );
    // A second step has its own page.
    let output = examined(&shell, &["doctor"]);
    let second = temp.path().join("Adieu doctor 3.md");
    assert!(
        output
            .stdout
            .ends_with(&format!("##vso[task.uploadsummary]{}\n", second.display())),
        "{}",
        output.stdout
    );
}

#[test]
fn checks_the_connections_identity_in_a_script_of_run_with_token() {
    let world = world();
    world.organizations().add_member("contoso", MY_CONNECTION);
    let mut job = world.job();
    job.variable("agent.proxyurl", &world.network().url());
    job.agent_environment("SSL_CERT_FILE", &world.ca_file().to_string_lossy());
    let folder = TaskFolder::unpacked("run");
    let step = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION);
    let script = "export HTTPS_PROXY=$AGENT_PROXYURL\nadieu doctor --organization contoso --credential pipelines";
    let outcome = step.input("script", script).run();
    let log = outcome
        .log
        .replace(&*job.temp_folder().to_string_lossy(), "[TEMP]");
    let output = CommandOutput {
        status: 0,
        stdout: log,
        stderr: String::new(),
        masks: Vec::new(),
    };
    finds(
        &world,
        &output,
        &expect![[r#"
            Configured for this script: identity.
            AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME], for this script only.
            ok        configuration  pipelines
                                       service connection: Azure Resource Manager
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by pipelines, of tenant [TENANT]
            ok        identity       my-connection's principal ([GUID])
            ok        organization   a member of contoso
            ok        license        Basic
            What to do next: No action needed; all checks passed.exit 0
        "#]],
    );
    assert_eq!(outcome.result, TaskResult::Succeeded);
    assert!(job.temp_folder().join("Adieu doctor.md").is_file());
}

#[test]
fn shows_the_claim_that_differs_if_another_credential_can_read_it() {
    let world = world();
    world.microsoft_graph().add_reader(MY_CONNECTION);
    world.entra().trust(
        MY_CONNECTION,
        GITHUB_ISSUER,
        "repo:contoso/web:environment:production",
    );
    let shell = Shell::in_a_workflow(&world, &WorkflowJob::default(), &[]).managed_identity();
    let output = shell.adieu(&["doctor"]);
    let expected = expect![[r#"
        ok        configuration  github-actions, managed-identity
        ok        proxy          [PROXY]
        ok        names          the proxy resolves them
        ok        trust          each certificate is trusted
        ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, run-actions-1-azure-eastus.actions.githubusercontent.com
        ok        clock          within a minute of the services
        warning   federation     No federated credential of my-connection trusts 'repo:contoso/web:ref:refs/heads/main'; credential-1 has a different subject identifier.
                                   issuer: https://token.actions.githubusercontent.com
                                   subject identifier: repo:contoso/web:ref:refs/heads/main
                                   audience: api://AzureADTokenExchange
                                   client id: [GUID]
                                   subject identifier of credential-1: repo:contoso/web:environment:production
        ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
        ok        identity       my-connection's principal ([GUID])

        What to do next: az ad app federated-credential create --id [GUID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-ref-refs-heads-main","subject":"repo:contoso/web:ref:refs/heads/main"}'
        More: adieu explain federated-credential
        warning: Microsoft Entra refused the workload identity (AADSTS700213) because no federated credential has the subject of its ID token.
        exit 0
    "#]];
    finds(&world, &output, &expected);
}
