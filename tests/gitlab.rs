//! `--credential gitlab`, and `workload-identity` with a variable: an ID token that a platform sets once for a job.
//!
//! The platforms receive no requests.

use adieu_emulator::{GITLAB_ISSUER, GitLabJob, MY_CONNECTION, World};
use expect_test::expect;

use crate::harness::stable;
use crate::shell::{Shell, assert_messages};

const AUDIENCE: &str = "api://AzureADTokenExchange";

const JOB: GitLabJob<'_> = GitLabJob {
    project: "contoso/web",
    branch: "main",
    audience: AUDIENCE,
};

fn world() -> World {
    let world = World::start();
    let subject = "project_path:contoso/web:ref_type:branch:ref:main";
    world.entra().trust(MY_CONNECTION, GITLAB_ISSUER, subject);
    world
}

fn job<'a>(world: &'a World, variable: &str, token: &str) -> Shell<'a> {
    Shell::with(world, &[])
        .set("GITLAB_CI", "true")
        .set("AZURE_CLIENT_ID", world.client_id(MY_CONNECTION))
        .set("AZURE_TENANT_ID", world.entra().tenant())
        .set(variable, token)
        .on_the_internet()
}

#[test]
fn signs_in_with_the_jobs_id_token() {
    let world = world();
    let token = world.gitlab_id_token(&JOB, 0);
    let output = job(&world, "ADIEU_ID_TOKEN", &token).adieu(&["token"]);
    assert_eq!(world.secrets_in(&output.stdout), ["access token"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            warning: GitLab does not mask this token, so do not print it.
            exit 0
        "#]],
    );
    let output = job(&world, "AZURE_OIDC_TOKEN", &token).adieu(&["token"]);
    assert_eq!(world.secrets_in(&output.stdout), ["access token"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            warning: GitLab does not mask this token, so do not print it.
            exit 0
        "#]],
    );
}

#[test]
fn each_refusal_has_the_change_for_the_job() {
    let world = world();
    let mut shown = String::new();
    for (project, audience, age, variable) in [
        ("contoso/other", AUDIENCE, 0, "ADIEU_ID_TOKEN"),
        ("contoso/web", "https://gitlab.com", 0, "ADIEU_ID_TOKEN"),
        ("contoso/web", AUDIENCE, 3600, "ADIEU_ID_TOKEN"),
        ("contoso/web", AUDIENCE, 3600, "AZURE_OIDC_TOKEN"),
        ("contoso/web", AUDIENCE, 0, "UNUSED"),
    ] {
        let token = world.gitlab_id_token(
            &GitLabJob {
                project,
                audience,
                ..JOB
            },
            age,
        );
        let credential = match variable {
            "AZURE_OIDC_TOKEN" => "workload-identity",
            _ => "gitlab",
        };
        let output = job(&world, variable, &token).adieu(&["token", "--credential", credential]);
        assert_eq!(output.status, 1);
        shown.push_str(&stable(&world, &output.stderr));
    }
    let output =
        job(&world, "ADIEU_ID_TOKEN", "not a token").adieu(&["token", "--credential", "gitlab"]);
    shown.push_str(&output.stderr);
    expect![[r#"
        error: Microsoft Entra refused the workload identity (AADSTS700213) because no federated credential has the subject of its ID token.
          it said: No matching federated identity record found for presented assertion subject 'project_path:contoso/other:ref_type:branch:ref:main'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
          issuer: https://gitlab.com
          subject identifier: project_path:contoso/other:ref_type:branch:ref:main
          audience: api://AzureADTokenExchange
          to create it: az ad app federated-credential create --id [GUID] --parameters '{"audiences":["api://AzureADTokenExchange"],"issuer":"https://gitlab.com","name":"project-path-contoso-other-ref-type-branch-ref-main","subject":"project_path:contoso/other:ref_type:branch:ref:main"}'
          authority: login.microsoftonline.com
          tenant: [TENANT]
          client id: [GUID]
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          credential: gitlab
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, try again.
        More: adieu explain aadsts700213
        error: Microsoft Entra refused the workload identity (AADSTS700212) because no federated credential has the audience of its ID token.
          it said: No matching federated identity record found for presented assertion audience 'https://gitlab.com'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
          issuer: https://gitlab.com
          subject identifier: project_path:contoso/web:ref_type:branch:ref:main
          audience: https://gitlab.com
          authority: login.microsoftonline.com
          tenant: [TENANT]
          client id: [GUID]
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          credential: gitlab
        What to do: Open the app registration (or managed identity) → Certificates & secrets → Federated credentials and make its issuer, subject identifier and audience exactly equal to those above. If the credential is only minutes old, try again.
        More: adieu explain aadsts700212
        error: Microsoft Entra refused the workload identity (AADSTS700024) because the job's ID token has expired, or is not valid yet.
          it said: Client assertion is not within its valid time range. Current time: [TIME], assertion valid from [TIME], expiry time of assertion [TIME]. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .
          this machine's clock: [TIME]
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          credential: gitlab
        What to do: Sign in at the start of the job, or set the job's timeout: GitLab issues the token once, for five minutes or for as long as that timeout.
        More: adieu explain clock
        error: Microsoft Entra refused the workload identity (AADSTS700024) because the token in AZURE_OIDC_TOKEN has expired, or is not valid yet.
          it said: Client assertion is not within its valid time range. Current time: [TIME], assertion valid from [TIME], expiry time of assertion [TIME]. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .
          this machine's clock: [TIME]
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          credential: workload-identity
        What to do: Sign in while the token is valid, or have the platform write it to a file that it renews, and set AZURE_FEDERATED_TOKEN_FILE to that file.
        More: adieu explain clock
        error: gitlab needs ADIEU_ID_TOKEN, which is not set.
        What to do: Declare it in the job: id_tokens: ADIEU_ID_TOKEN: aud: api://AzureADTokenExchange
        More: adieu explain credential
        error: ADIEU_ID_TOKEN contains something that is not a token.
        What to do: Declare it in the job: id_tokens: ADIEU_ID_TOKEN: aud: api://AzureADTokenExchange
        More: adieu explain credential
    "#]].assert_eq(&shown);
}

#[test]
fn whoami_shows_the_federated_credentials_values() {
    let world = world();
    let token = world.gitlab_id_token(&JOB, 0);
    let output = job(&world, "ADIEU_ID_TOKEN", &token).adieu(&["whoami", "--credential", "gitlab"]);
    let federation: Vec<&str> = output.stdout.lines().skip(5).collect();
    expect![[r#"
        issuer: https://gitlab.com
        subject identifier: project_path:contoso/web:ref_type:branch:ref:main
        audience: api://AzureADTokenExchange"#]]
    .assert_eq(&federation.join("\n"));
}
