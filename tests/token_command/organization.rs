//! `--organization`: the tenant that an Azure DevOps organization is connected to.
//!
//! Refusals of identities are in organizations.rs.

use adieu_emulator::{MY_CONNECTION, World};
use expect_test::expect;

use super::{assert_messages, is_a_token};
use crate::harness::without_number;
use crate::shell::{CommandOutput, Shell, signed_in_user};

#[test]
fn finds_the_tenant_of_an_organization() {
    let (world, token) = signed_in_user();
    let guest = "8d3c0f1e-1111-4bbb-8ccc-0123456789ab";
    world.organizations().connect("fabrikam", guest);
    let proxy = world.network();
    let shell = Shell::with(&world, &["az"])
        .signed_in(&token)
        .set("HTTPS_PROXY", proxy.url())
        .set("FAKE_AZ", "guest")
        .set("FAKE_TENANT", guest);
    let output = shell.adieu(&["token", "--organization", "fabrikam", "--credential", "az"]);
    // The fake tool fails for any other tenant.
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: az failed: AADSTS50020: User account from identity provider does not exist in tenant.
            What to do: Use the resource's tenant: --organization <name> finds that of Azure DevOps, --tenant takes any.
            More: adieu explain credential
            exit 1
        "#]],
    );
    assert_eq!(proxy.contacted_hosts(), ["dev.azure.com:443"]);
    let home = world.entra().tenant();
    world.organizations().connect("contoso", &home);
    let shell = shell.set("FAKE_AZ", "").set("FAKE_TENANT", home);
    let output = shell.adieu(&["token", "--organization", "https://dev.azure.com/contoso"]);
    is_a_token(&world, &output);
}

#[test]
fn an_organization_of_microsoft_accounts_has_no_tenant() {
    let (world, token) = signed_in_user();
    world
        .organizations()
        .connect("fabrikam", "00000000-0000-0000-0000-000000000000");
    let shell = Shell::with(&world, &["az"])
        .signed_in(&token)
        .set("HTTPS_PROXY", world.network().url());
    let output = shell.adieu(&["token", "--organization", "fabrikam", "--credential", "az"]);
    is_a_token(&world, &output);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            warning: fabrikam is not connected to a Microsoft Entra tenant and accepts Microsoft accounts only; the token is for the identity's own tenant.
            exit 0
        "#]],
    );
}

#[test]
fn reports_a_missing_organization() {
    let world = World::start();
    let proxy = world.network();
    let shell = Shell::with(&world, &["az"]).set("HTTPS_PROXY", proxy.url());
    let output = shell.adieu(&["token", "--organization", "unknown"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: Azure DevOps has no organization unknown.
            What to do: Compare the name with the address in the browser: https://dev.azure.com/<name>.
            More: adieu explain organizations
            exit 1
        "#]],
    );
    let output = shell.adieu(&["token", "--organization", "https://evil.example/contoso"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: 'https://evil.example/contoso' is not an Azure DevOps address, so no token is sent there.
            What to do: Write the organization's name.
            More: adieu explain organizations
            exit 2
        "#]],
    );
}

#[test]
fn uses_the_proxy_and_the_certificates_of_the_environment() {
    let (world, token) = signed_in_user();
    world
        .organizations()
        .connect("fabrikam", &world.entra().tenant());
    let asked = ["token", "--organization", "fabrikam", "--credential", "az"];
    let proxy = world.network();
    let shell = |certificates: &str| {
        Shell::with(&world, &["az"])
            .signed_in(&token)
            .set("FAKE_TENANT", world.entra().tenant())
            .set("SSL_CERT_FILE", certificates)
    };
    let ca = world.ca_file().display().to_string();
    is_a_token(
        &world,
        &shell(&ca).set("https_proxy", proxy.url()).adieu(&asked),
    );
    assert_eq!(proxy.contacted_hosts().len(), 1);
    // Root certificates without the emulator's authority.
    let other = World::start();
    let output = shell(&other.ca_file().display().to_string())
        .set("HTTPS_PROXY", proxy.url())
        .adieu(&asked);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: Azure DevOps (dev.azure.com) did not answer at the first attempt: its certificate is not trusted (its issuer is unknown here).
            What to do: If a proxy inspects TLS here, put its root certificate into a PEM file, and set SSL_CERT_FILE to that file.
            More: adieu explain certificates
            exit 1
        "#]],
    );
    // A proxy that does not listen; without it, the address would be reachable on this machine.
    let pod = Shell::in_a_pod(
        &world,
        &world.azure_devops().late_bound_id_token(MY_CONNECTION, 0),
        &[],
    )
    .set("HTTPS_PROXY", "http://127.0.0.1:9");
    is_a_token(&world, &pod.adieu(&["token"]));
    let output = shell(&ca)
        .set("HTTPS_PROXY", "http://127.0.0.1:9")
        .adieu(&asked);
    let output = CommandOutput {
        stderr: without_number(&output.stderr, "did not answer in "),
        ..output
    };
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: Azure DevOps (dev.azure.com) did not answer in [N] attempts: no connection to the proxy (refused).
            What to do: Correct HTTPS_PROXY, or name the host in NO_PROXY.
            More: adieu explain proxy
            exit 1
        "#]],
    );
}
