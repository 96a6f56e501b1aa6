//! `--credential managed-identity`: the identity of an app, as App Service announces it.
//!
//! A virtual machine's endpoint has an address of its own, which no test can take.

use adieu_emulator::World;
use expect_test::expect;

use super::{is_a_token, says};
use crate::desk::{Desk, somebody};

#[test]
fn signs_in_with_the_managed_identity() {
    let (world, _) = somebody();
    let desk = Desk::with(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", world.client_id("identity"));
    let said = desk.adieu(&["token"]);
    is_a_token(&world, &said);
    says(
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
    world.readable_tokens();
    let asked = ["token", "--credential", "managed-identity"];
    let desk = Desk::with(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", "22222222-2222-4222-8222-222222222222");
    says(
        &world,
        &desk.adieu(&asked),
        &expect![[r#"
            error: The managed identity gave no token: its endpoint answered 400: No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.
            What to do: Assign an identity to this machine or app; --identity or AZURE_CLIENT_ID names a user-assigned one.
            More: TROUBLESHOOTING.md#managed-identity
            exit 1
        "#]],
    );
    let desk = Desk::with(&world, &[]).set("IDENTITY_ENDPOINT", world.managed_identity().url());
    says(
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
    says(
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
