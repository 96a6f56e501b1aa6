//! `adieu token`: each credential, each output format, and a clear message for every failure.
//!
//! It uses only the emulator and the fake azd and az.

// `--credential auto`, the default.
mod auto;
// One file for each credential.
mod managed_identity;
mod pipelines;
mod tools;
mod workload_identity;
// `--organization`: the tenant that a guest needs.
mod organization;

use adieu_emulator::World;
use expect_test::expect;
use serde_json::Value;

use crate::harness::stable;
use crate::shell::{CommandOutput, Shell, assert_messages, signed_in_user};

/// Asserts that the output is a token of the emulator and nothing else.
fn is_a_token(world: &World, output: &CommandOutput) {
    assert_eq!(output.status, 0, "{}", output.stderr);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{}", output.stdout);
    assert_eq!(world.secrets_in(&output.stdout), ["access token"]);
    assert!(output.stdout.starts_with("ey"));
}

#[test]
fn prints_a_token_in_the_form_that_the_next_program_reads() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["azd"]).signed_in(&token);
    let mut printed = String::new();
    for form in ["token", "header", "headervalue", "env", "azd", "az", "json"] {
        let output = shell.adieu(&["token", "--credential", "azd", "--output", form]);
        assert_eq!((output.status, output.stderr.as_str()), (0, ""));
        printed.push_str(&format!("{form}:\n{}", output.stdout));
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
          "tenant": null,
          "tokenType": "Bearer"
        }
        json:
        {
          "clientId": null,
          "credential": "azd",
          "expiresOn": "[TIME]",
          "expiresOnEpoch": 1893553445,
          "scope": "499b84ac-1321-427f-aa17-267ca6975798/.default",
          "tenant": null,
          "token": "[TOKEN]",
          "tokenType": "Bearer"
        }
    "#]]
    .assert_eq(&stable(&world, &printed));
}

#[test]
fn a_files_variables_have_the_resources_names() {
    let (world, _) = signed_in_user();
    let shell = Shell::with(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", world.client_id("identity"));
    let mut names = String::new();
    for resource in [
        "azureDevOps",
        "arm",
        "graph",
        "keyVault",
        "storage",
        "sql",
        "https://vault.azure.net",
    ] {
        let asked = ["--credential", "managed-identity", "--output", "env"];
        let output = shell.adieu(&[&["token", "--resource", resource], &asked[..]].concat());
        let variables = output
            .stdout
            .lines()
            .filter_map(|line| line.split_once('='));
        let own: Vec<&str> = variables.map(|(name, _)| name).collect();
        names.push_str(&format!("{resource}: {}\n", own.join(", ")));
    }
    expect![[r#"
        azureDevOps: AZURE_DEVOPS_TOKEN, AZURE_DEVOPS_TOKEN_EXPIRES_ON
        arm: ARM_TOKEN, ARM_TOKEN_EXPIRES_ON
        graph: GRAPH_TOKEN, GRAPH_TOKEN_EXPIRES_ON
        keyVault: KEY_VAULT_TOKEN, KEY_VAULT_TOKEN_EXPIRES_ON
        storage: STORAGE_TOKEN, STORAGE_TOKEN_EXPIRES_ON
        sql: SQL_TOKEN, SQL_TOKEN_EXPIRES_ON
        https://vault.azure.net: TOKEN, TOKEN_EXPIRES_ON
    "#]]
    .assert_eq(&names);
}

#[test]
fn az_and_azd_read_back_what_is_printed_in_their_forms() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["azd"]).signed_in(&token);
    let output = shell.adieu(&["token", "--output", "azd"]);
    let azd: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(azd["expiresOn"], "2030-01-02T03:04:05Z");
    let output = shell.adieu(&["token", "--output", "az"]);
    let az: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(az["expires_on"], 1_893_553_445);
    assert_eq!(az["accessToken"], azd["token"]);
}

#[test]
fn reports_usage_errors() {
    let world = World::start();
    let shell = Shell::with(&world, &[]);
    for (arguments, expected) in [
        (
            &["token", "--resource", "azuredevop"][..],
            expect![[r#"
                error: 'azuredevop' is not a resource.
                What to do: Write azureDevOps.
                More: adieu explain token-command
                exit 2
            "#]],
        ),
        (
            &["token", "--resource", "arm graph"],
            expect![[r#"
                error: 'arm graph' contains a space.
                What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
                More: adieu explain token-command
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
                error: '-x' is not a tenant.
                What to do: Write the tenant's GUID, or one of its domains, such as contoso.onmicrosoft.com.
                More: adieu explain token-command
                exit 2
            "#]],
        ),
        (
            &["token", "--credential", "pat"],
            expect![[r#"
                error: invalid value 'pat' for '--credential <CREDENTIAL>'
                  [possible values: auto, pipelines, github-actions, gitlab, workload-identity, managed-identity, azd, az]

                  tip: a similar value exists: 'auto'

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
        assert_messages(&world, &shell.adieu(arguments), &expected);
    }
}

#[test]
fn warns_where_the_log_would_show_the_token() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["az"])
        .signed_in(&token)
        .set("TF_BUILD", "True");
    let output = shell.adieu(&["token", "--credential", "az"]);
    is_a_token(&world, &output);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        warning: Azure Pipelines does not mask this token, so do not print it; EntraToken@1 and RunWithToken@1 mask theirs.
        exit 0
    "#]],
    );
}

#[test]
fn help_has_examples() {
    let world = World::start();
    let output = Shell::with(&world, &[]).adieu(&["token", "--help"]);
    // An empty line of the help contains spaces, which an editor would remove here.
    let help: Vec<&str> = output.stdout.lines().map(str::trim_end).collect();
    expect![[r#"
        Print a Microsoft Entra access token for Azure DevOps or another resource

        Usage: adieu token [OPTIONS]

        Options:
              --resource <RESOURCE>
                  azureDevOps, arm, graph, keyVault, storage, sql, an application's ID or URI, or a scope

                  [default: azureDevOps]

              --tenant <TENANT>
                  Tenant ID or domain [default: the identity's]

              --organization <ORGANIZATION>
                  Get the token from the tenant of this Azure DevOps organization

              --credential <CREDENTIAL>
                  How to sign in

                  Possible values:
                  - auto:              Try each of the following in order and use the first that works
                  - pipelines:         The service connection of the pipeline
                  - github-actions:    The identity of a GitHub Actions workflow
                  - gitlab:            The identity of a GitLab CI/CD job
                  - workload-identity: A federated token in a file, as on Kubernetes, or in a variable
                  - managed-identity:  The managed identity of the machine or app
                  - azd:               The sign-in of the Azure Developer CLI
                  - az:                The sign-in of the Azure CLI

                  [default: auto]

              --identity <ID>
                  User-assigned managed identity, by its client ID, object-id:ID or resource ID; implies --credential managed-identity [default: AZURE_CLIENT_ID]

          -o, --output <OUTPUT>
                  Output format

                  Possible values:
                  - token:       The token alone
                  - json:        With expiry, scope, tenant and credential
                  - header:      Authorization: Bearer …
                  - headervalue: Bearer …
                  - env:         AZURE_DEVOPS_TOKEN=… and its expiry, for env files
                  - azd:         As `azd auth token --output json`
                  - az:          As `az account get-access-token`

                  [default: token]

          -h, --help
                  Print help (see a summary with '-h')

        Output options:
          -q, --quiet
                  Print only results and errors

          -v, --verbose
                  Show which credential is used, and a line for each request

              --color <WHEN>
                  Color messages: auto, always or never

                  [default: auto]

        Examples:
          adieu token --output header |
              curl -H @- https://dev.azure.com/contoso/_apis/projects
          adieu token --organization fabrikam        as a guest of an organization
          adieu token --resource arm --output json   with expiry, tenant and credential
          adieu token --credential managed-identity  on a virtual machine

        To pass a token to a command without showing it, use `adieu exec`.

        Exit codes: 0 success, 1 failure, 2 usage error"#]]
    .assert_eq(&help.join("\n"));
}
