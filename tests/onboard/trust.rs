//! `adieu onboard --trust`: whether the application trusts a workflow, a job or a workload, and the remedy if not.
//!
//! Each subject is one that emulated jobs of GitHub and GitLab present.

use std::os::unix::fs::symlink;

use adieu_emulator::{
    Connection, GITHUB_ISSUER, GITLAB_ISSUER, GitLabJob, MY_CONNECTION, WorkflowJob, World,
};
use expect_test::expect;
use serde_json::Value;

use super::{assert_messages, shown, world, writes};
use crate::harness::set_mode;
use crate::shell::{CommandOutput, Shell};

/// Checks a subject, and does nothing else.
fn trust(world: &World, subject: &str, arguments: &[&str]) -> CommandOutput {
    let identity = world.client_id(MY_CONNECTION);
    let fixed = [
        "onboard",
        "--credential",
        "managed-identity",
        "--identity",
        &identity,
        "--trust",
        subject,
    ];
    Shell::machine(world).adieu(&[&fixed, arguments].concat())
}

/// Whether a workflow can sign in.
fn signs_in(world: &World, context: &'static str) -> bool {
    let job = WorkflowJob {
        context,
        ..WorkflowJob::default()
    };
    let shell = Shell::in_a_workflow(world, &job, &[]);
    let output = shell.adieu(&["token", "--credential", "github-actions"]);
    output.status == 0
}

#[test]
fn finds_the_credential_of_each_kind_of_workflow_and_job() {
    let world = world();
    let subjects = [
        (GITHUB_ISSUER, "repo:contoso/web:ref:refs/heads/main"),
        (GITHUB_ISSUER, "repo:contoso/web:environment:production"),
        (GITHUB_ISSUER, "repo:contoso/web:pull_request"),
        (GITHUB_ISSUER, "repo:contoso@17/web@23:ref:refs/tags/v1"),
        (
            GITLAB_ISSUER,
            "project_path:contoso/web:ref_type:branch:ref:main",
        ),
    ];
    for (issuer, subject) in subjects {
        world.entra().trust(MY_CONNECTION, issuer, subject);
    }
    let mut found = String::new();
    for (_, subject) in subjects {
        let output = trust(&world, subject, &[]);
        assert_eq!((output.status, output.stderr.as_str()), (0, ""));
        found.extend(output.stdout.lines().last());
        found.push('\n');
    }
    expect![[r#"
        federated credential: credential-1 trusts repo:contoso/web:ref:refs/heads/main; nothing to change
        federated credential: credential-2 trusts repo:contoso/web:environment:production; nothing to change
        federated credential: credential-3 trusts repo:contoso/web:pull_request; nothing to change
        federated credential: credential-4 trusts repo:contoso@17/web@23:ref:refs/tags/v1; nothing to change
        federated credential: credential-5 trusts project_path:contoso/web:ref_type:branch:ref:main; nothing to change
    "#]]
    .assert_eq(&found);
    assert_eq!(writes(&world), 0);
}

#[test]
fn adds_the_identity_and_then_names_the_credential_that_is_missing() {
    let world = world();
    let output = trust(
        &world,
        "repo:contoso/web:environment:production",
        &["--organization", "contoso"],
    );
    let expected = expect![[r#"
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        contoso: added (Basic)
        error: No federated credential of my-connection trusts 'repo:contoso/web:environment:production'.
          issuer: https://token.actions.githubusercontent.com
          subject identifier: repo:contoso/web:environment:production
          audience: api://AzureADTokenExchange
          client id: [CLIENT ID]
        What to do: az ad app federated-credential create --id [CLIENT ID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-environment-production","subject":"repo:contoso/web:environment:production"}'
        More: adieu explain federated-credential
        exit 1
    "#]];
    assert_messages(&world, &output, &expected);
}

#[test]
fn names_the_claim_in_which_the_nearest_credential_differs() {
    let mut found = String::new();
    for (issuer, subject, asked) in [
        (
            GITHUB_ISSUER,
            "repo:contoso/web:ref:refs/heads/master",
            "repo:contoso/web:ref:refs/heads/main",
        ),
        (
            GITHUB_ISSUER,
            "repo:Contoso/web:pull_request",
            "repo:contoso/web:pull_request",
        ),
        (
            GITHUB_ISSUER,
            "repo:contoso/web:environment:production",
            "repo:contoso@17/web@23:environment:production",
        ),
        (
            "https://token.actions.githubusercontent.com/",
            "repo:contoso/web:pull_request",
            "repo:contoso/web:pull_request",
        ),
        (
            GITLAB_ISSUER,
            "project_path:contoso/web:ref_type:branch:ref:main",
            "project_path:contoso/web:ref_type:tag:ref:v1",
        ),
    ] {
        let world = world();
        world.entra().trust(MY_CONNECTION, issuer, subject);
        let output = trust(&world, asked, &[]);
        assert_eq!(output.status, 1);
        found.push_str(&shown(&world, &output));
    }
    expect![[r#"
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        error: No federated credential of my-connection trusts 'repo:contoso/web:ref:refs/heads/main'; credential-1 has a different subject identifier.
          issuer: https://token.actions.githubusercontent.com
          subject identifier: repo:contoso/web:ref:refs/heads/main
          audience: api://AzureADTokenExchange
          client id: [CLIENT ID]
          subject identifier of credential-1: repo:contoso/web:ref:refs/heads/master
        What to do: az ad app federated-credential create --id [CLIENT ID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-ref-refs-heads-main","subject":"repo:contoso/web:ref:refs/heads/main"}'
        More: adieu explain federated-credential
        exit 1
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        error: No federated credential of my-connection trusts 'repo:contoso/web:pull_request'; credential-1 has a different subject identifier.
          issuer: https://token.actions.githubusercontent.com
          subject identifier: repo:contoso/web:pull_request
          audience: api://AzureADTokenExchange
          client id: [CLIENT ID]
          subject identifier of credential-1: repo:Contoso/web:pull_request (another letter case)
        What to do: az ad app federated-credential create --id [CLIENT ID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-pull-request","subject":"repo:contoso/web:pull_request"}'
        More: adieu explain federated-credential
        exit 1
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        error: No federated credential of my-connection trusts 'repo:contoso@17/web@23:environment:production'; credential-1 has a different subject identifier.
          issuer: https://token.actions.githubusercontent.com
          subject identifier: repo:contoso@17/web@23:environment:production
          audience: api://AzureADTokenExchange
          client id: [CLIENT ID]
          subject identifier of credential-1: repo:contoso/web:environment:production (GitHub writes the IDs of owner and repository, or neither)
        What to do: az ad app federated-credential create --id [CLIENT ID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-17-web-23-environment-production","subject":"repo:contoso@17/web@23:environment:production"}'
        More: adieu explain federated-credential
        exit 1
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        error: No federated credential of my-connection trusts 'repo:contoso/web:pull_request'; credential-1 has a different issuer.
          issuer: https://token.actions.githubusercontent.com
          subject identifier: repo:contoso/web:pull_request
          audience: api://AzureADTokenExchange
          client id: [CLIENT ID]
          issuer of credential-1: https://token.actions.githubusercontent.com/ (one of them has a trailing slash)
        What to do: az ad app federated-credential create --id [CLIENT ID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-pull-request","subject":"repo:contoso/web:pull_request"}'
        More: adieu explain federated-credential
        exit 1
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        error: No federated credential of my-connection trusts 'project_path:contoso/web:ref_type:tag:ref:v1'; credential-1 has a different subject identifier.
          issuer: https://gitlab.com
          subject identifier: project_path:contoso/web:ref_type:tag:ref:v1
          audience: api://AzureADTokenExchange
          client id: [CLIENT ID]
          subject identifier of credential-1: project_path:contoso/web:ref_type:branch:ref:main
        What to do: az ad app federated-credential create --id [CLIENT ID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://gitlab.com","name":"project-path-contoso-web-ref-type-tag-ref-v1","subject":"project_path:contoso/web:ref_type:tag:ref:v1"}'
        More: adieu explain federated-credential
        exit 1
    "#]].assert_eq(&found);
}

#[test]
fn the_printed_command_lets_the_workflow_sign_in() {
    let world = world();
    let context = "ref:refs/heads/it's $HOME";
    let output = trust(&world, &format!("repo:contoso/web:{context}"), &[]);
    let remedy = output
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("What to do: "));
    let command = remedy.expect("a remedy");
    assert!(!signs_in(&world, context));
    // A program with that name that prints its arguments, one per line.
    let shell = Shell::with(&world, &[]);
    let az = shell.bin().join("az");
    std::fs::write(&az, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").expect("a file");
    set_mode(&az, 0o755);
    symlink("/bin/sh", shell.bin().join("sh")).expect("a link");
    let run = shell.command("/bin/sh").args(["-c", command]).output();
    let printed = String::from_utf8(run.expect("a shell").stdout).expect("text");
    let arguments: Vec<&str> = printed.lines().collect();
    let id = world.client_id(MY_CONNECTION);
    let fixed = ["ad", "app", "federated-credential", "create", "--id", &id];
    assert_eq!(arguments[..6], fixed);
    assert_eq!((arguments[6], arguments.len()), ("--parameters", 8));
    let parameters: Value = serde_json::from_str(arguments[7]).expect("JSON");
    let text = |field: &str| parameters[field].as_str().expect("text");
    assert_eq!(
        parameters["audiences"],
        serde_json::json!(["api://AzureADTokenExchange"])
    );
    world
        .entra()
        .trust(MY_CONNECTION, text("issuer"), text("subject"));
    assert!(signs_in(&world, context));
}

#[test]
fn a_credential_with_another_audience_is_changed_and_not_added_again() {
    let world = world();
    world
        .entra()
        .federate(MY_CONNECTION, |issuer, subject, audience| {
            *issuer = GITHUB_ISSUER.to_owned();
            *subject = "repo:contoso/web:pull_request".to_owned();
            *audience = "https://github.com/contoso".to_owned();
        });
    let output = trust(&world, "repo:contoso/web:pull_request", &[]);
    let expected = expect![[r#"
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        error: No federated credential of my-connection trusts 'repo:contoso/web:pull_request'; azure-pipelines has a different audience.
          issuer: https://token.actions.githubusercontent.com
          subject identifier: repo:contoso/web:pull_request
          audience: api://AzureADTokenExchange
          client id: [CLIENT ID]
          audience of azure-pipelines: https://github.com/contoso
        What to do: az ad app federated-credential update --id [CLIENT ID] --federated-credential-id 'azure-pipelines' --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"azure-pipelines","subject":"repo:contoso/web:pull_request"}'
        More: adieu explain federated-credential
        exit 1
    "#]];
    assert_messages(&world, &output, &expected);
}

#[test]
fn a_managed_identity_has_its_federated_credentials_elsewhere() {
    let world = world();
    let identity = world.client_id("admin");
    let arguments = [
        "onboard",
        "--credential",
        "managed-identity",
        "--identity",
        &identity,
        "--trust",
        "system:serviceaccount:default:web",
        "--issuer",
        "https://oidc.contoso.com/",
    ];
    let output = Shell::machine(&world).adieu(&arguments);
    let expected = expect![[r#"
        identity: admin (client id given; client id [ADMIN], enterprise application's object id [ADMIN'S OBJECT])
        error: No federated credential of admin trusts 'system:serviceaccount:default:web'.
          issuer: https://oidc.contoso.com/
          subject identifier: system:serviceaccount:default:web
          audience: api://AzureADTokenExchange
          client id: [ADMIN]
        What to do: az identity federated-credential create --resource-group GROUP --identity-name 'admin' --name system-serviceaccount-default-web --issuer 'https://oidc.contoso.com/' --subject 'system:serviceaccount:default:web' --audiences 'api://AzureADTokenExchange'
        More: adieu explain federated-credential
        exit 1
    "#]];
    assert_messages(&world, &output, &expected);
}

#[test]
fn prints_the_required_credential_without_microsoft_graph() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("admin", None));
    let output = trust(
        &world,
        "repo:contoso/web:pull-request",
        &["--output", "text"],
    );
    let expected = expect![[r#"
        federated credential: not known; it must contain
          issuer: https://token.actions.githubusercontent.com
          subject identifier: repo:contoso/web:pull-request
          audience: api://AzureADTokenExchange
          az ad app federated-credential create --id [CLIENT ID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://token.actions.githubusercontent.com","name":"repo-contoso-web-pull-request","subject":"repo:contoso/web:pull-request"}'
        warning: Microsoft Graph did not say which application this is (Insufficient privileges to complete the operation), so [CLIENT ID] is used as the object id of its enterprise application.
        warning: The subject 'repo:contoso/web:pull-request' may be wrong: GitHub writes ref:refs/heads/BRANCH, ref:refs/tags/TAG, environment:NAME or pull_request after the repository.
        warning: Microsoft Graph did not show the federated credentials (Insufficient privileges to complete the operation), so it is not known whether one trusts 'repo:contoso/web:pull-request'.
        exit 0
    "#]];
    assert_messages(&world, &output, &expected);
    let output = trust(
        &world,
        "repo:contoso/web:pull_request",
        &["--output", "json"],
    );
    let json: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(json["federatedCredential"]["outcome"], "unknown");
}

#[test]
fn requires_an_issuer_for_a_subject() {
    let world = world();
    let mut found = String::new();
    for arguments in [&[][..], &["--issuer", "http://oidc.contoso.com"]] {
        let output = trust(&world, "system:serviceaccount:default:web", arguments);
        found.push_str(&shown(&world, &output));
    }
    expect![[r#"
        error: The subject does not show its issuer.
        What to do: Add --issuer with the issuer's https address; `adieu doctor` in the job shows it.
        More: adieu explain onboard
        exit 2
        error: 'http://oidc.contoso.com' is not the https address of an issuer.
        What to do: Write it exactly as in the ID token, with or without a trailing slash.
        More: adieu explain onboard
        exit 2
    "#]].assert_eq(&found);
}

#[test]
fn checks_the_subject_that_a_gitlab_job_presents() {
    let world = world();
    let subject = "project_path:contoso/web:ref_type:branch:ref:main";
    world.entra().trust(MY_CONNECTION, GITLAB_ISSUER, subject);
    let job = GitLabJob {
        project: "contoso/web",
        branch: "main",
        audience: "api://AzureADTokenExchange",
    };
    let shell = Shell::with(&world, &[])
        .set("GITLAB_CI", "true")
        .set("AZURE_CLIENT_ID", world.client_id(MY_CONNECTION))
        .set("AZURE_TENANT_ID", world.entra().tenant())
        .set("ADIEU_ID_TOKEN", world.gitlab_id_token(&job, 0))
        .on_the_internet();
    let output = shell.adieu(&["whoami", "--output", "json"]);
    let json: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let presented = json["federation"]["subjectIdentifier"].as_str();
    let output = trust(&world, presented.expect("a subject"), &[]);
    assert_eq!(output.status, 0, "{}", output.stderr);
}
