//! `--credential workload-identity`: a federated token in a file, as on Kubernetes.
//!
//! The program that writes that file is not imitated.

use adieu_emulator::{MY_CONNECTION, World};
use expect_test::expect;

use super::{assert_messages, is_a_token};
use crate::shell::Shell;

#[test]
fn signs_in_with_a_federated_token_in_a_file() {
    let world = World::start();
    // The file may end with a line break.
    let token = world.azure_devops().late_bound_id_token(MY_CONNECTION, 0);
    let shell = Shell::in_a_pod(&world, &format!("{token}\n"), &[]);
    let output = shell.adieu(&["token"]);
    is_a_token(&world, &output);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            exit 0
        "#]],
    );
}

#[test]
fn reports_an_unusable_workload_identity() {
    let world = World::start();
    let old = world
        .azure_devops()
        .late_bound_id_token(MY_CONNECTION, 7200);
    let asked = ["token", "--credential", "workload-identity"];
    let output = Shell::in_a_pod(&world, &old, &[]).adieu(&asked);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: Microsoft Entra refused the workload identity (AADSTS700024) because the token in its file has expired, or is not valid yet.
              it said: Client assertion is not within its valid time range. Current time: [TIME], assertion valid from [TIME], expiry time of assertion [TIME]. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .
              this machine's clock: [TIME]
              correlation id: [GUID]
              trace id: [GUID]
              timestamp: [TIME]
              credential: workload-identity
            What to do: Have the platform renew AZURE_FEDERATED_TOKEN_FILE (on Kubernetes, a token is valid for an hour), and set this machine's clock (NTP).
            More: adieu explain clock
            exit 1
        "#]],
    );
    let output = Shell::in_a_pod(&world, "\n", &[])
        .set("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token")
        .adieu(&asked);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: The federated token in /nowhere/token cannot be read: No such file or directory.
            What to do: The platform writes that file: on Kubernetes, label the pod azure.workload.identity/use: "true" and name its service account.
            More: adieu explain credential
            exit 1
        "#]],
    );
    let output = Shell::in_a_pod(&world, "x", &[])
        .set("AZURE_AUTHORITY_HOST", "http://login.contoso.example/")
        .adieu(&asked);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: AZURE_AUTHORITY_HOST is 'http://login.contoso.example/', which is not HTTPS.
            What to do: Leave it out for the public cloud.
            More: adieu explain credential
            exit 1
        "#]],
    );
}
