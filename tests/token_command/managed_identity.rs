//! `--credential managed-identity`: the identity of an app, through App Service, or of a virtual machine.
//!
//! A virtual machine's endpoint has a fixed address, which `AZURE_POD_IDENTITY_AUTHORITY_HOST` replaces here.

use adieu_emulator::{Connection, ExpiresOn, IdentityRefusal, World};
use expect_test::expect;
use serde_json::Value;

use super::{assert_messages, is_a_token};
use crate::shell::{Shell, signed_in_user};

#[test]
fn signs_in_with_the_managed_identity() {
    let (world, _) = signed_in_user();
    let shell = Shell::with(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", world.client_id("identity"));
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
fn reports_an_unusable_managed_identity() {
    let world = World::start();
    let asked = ["token", "--credential", "managed-identity"];
    let shell = Shell::with(&world, &[])
        .managed_identity()
        .set("AZURE_CLIENT_ID", "22222222-2222-4222-8222-222222222222");
    assert_messages(
        &world,
        &shell.adieu(&asked),
        &expect![[r#"
            error: The managed identity returned no token: its endpoint answered 400: No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.
            What to do: Assign an identity to this machine or app; --identity or AZURE_CLIENT_ID names a user-assigned one.
            More: adieu explain managed-identity
            exit 1
        "#]],
    );
    let shell = Shell::with(&world, &[]).set("IDENTITY_ENDPOINT", world.managed_identity().url());
    assert_messages(
        &world,
        &shell.adieu(&asked),
        &expect![[r#"
            error: The managed identity returned no token: IDENTITY_ENDPOINT is set without IDENTITY_HEADER; Azure Arc's managed identity is not supported.
            What to do: Sign in with az, which supports it: az login --identity
            More: adieu explain managed-identity
            exit 1
        "#]],
    );
    // Its token cannot be decoded: Azure DevOps identifies it.
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    let shell = Shell::machine(&world);
    let output = shell.adieu(
        &[
            &asked[..],
            &["--tenant", "8d3c0f1e-1111-4bbb-8ccc-0123456789ab"],
        ]
        .concat(),
    );
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: managed-identity has a token of tenant [TENANT], not of tenant [GUID].
            What to do: A managed identity belongs to one tenant. Use an identity in that tenant, or leave out --tenant.
            More: adieu explain credential
            exit 1
        "#]],
    );
}

/// A virtual machine, without variables that announce its identity.
fn virtual_machine(world: &World) -> Shell<'_> {
    let endpoint = world.managed_identity().url().to_owned();
    let host = endpoint.trim_end_matches("/msi/token").to_owned();
    Shell::with(world, &[]).set("AZURE_POD_IDENTITY_AUTHORITY_HOST", host)
}

const ASKED: [&str; 3] = ["token", "--credential", "managed-identity"];

#[test]
fn reads_each_form_of_expires_on() {
    let (world, _) = signed_in_user();
    for form in [
        ExpiresOn::Seconds,
        ExpiresOn::Number,
        ExpiresOn::Iso8601,
        ExpiresOn::UsDate,
    ] {
        world.managed_identity().write_expires_on(form);
        for shell in [
            virtual_machine(&world),
            Shell::with(&world, &[]).managed_identity(),
        ] {
            let output = shell.adieu(&[&ASKED[..], &["--output", "az"]].concat());
            assert_eq!(output.status, 0, "{form:?}: {}", output.stderr);
            let answer: Value = serde_json::from_str(&output.stdout).expect("JSON");
            let token = answer["accessToken"].as_str().expect("a token");
            let expected = world.entra().token_expires_on(token);
            assert_eq!(answer["expires_on"], expected, "{form:?}");
        }
    }
}

#[test]
fn names_the_identity_by_each_kind_of_id() {
    let (world, _) = signed_in_user();
    let resource = "/subscriptions/0c0ffee0-0000-4000-8000-000000000000/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity";
    let object = format!("object-id:{}", world.entra().object_id("identity"));
    let client = world.client_id("identity");
    for id in [client.as_str(), &object, resource] {
        for shell in [
            virtual_machine(&world),
            Shell::with(&world, &[]).managed_identity(),
        ] {
            let output = shell.adieu(&["token", "--identity", id]);
            is_a_token(&world, &output);
        }
    }
    let output = virtual_machine(&world).adieu(&["token", "--identity", "build"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: invalid value 'build' for '--identity <ID>': 'build' is not a client id, object-id:GUID or an Azure resource id

        For more information, try '--help'.
        exit 2
    "#]],
    );
}

#[test]
fn waits_for_an_identity_that_is_still_being_set_up() {
    let (world, _) = signed_in_user();
    let mut all = String::new();
    for (refusal, times) in [
        (IdentityRefusal::BeingUpdated, 4),
        (IdentityRefusal::NotFound, 2),
        (IdentityRefusal::NotAssigned, 2),
        (IdentityRefusal::Nested, 2),
    ] {
        world.managed_identity().refuse(refusal, times);
        let output = virtual_machine(&world).adieu(&ASKED);
        is_a_token(&world, &output);
        all.push_str(&output.stderr);
    }
    expect![[r#"
        The managed identity returned no token: its endpoint answered 410: IMDS service is updating. Waiting up to 70 seconds.
        The managed identity returned no token: its endpoint answered 404: IMDS service is not ready. Waiting up to 10 seconds.
        The managed identity returned no token: its endpoint answered 400: Identity not found. Waiting up to 10 seconds.
        The managed identity returned no token: its endpoint answered 400: Identity not found. Waiting up to 10 seconds.
    "#]].assert_eq(&all);
}

#[test]
fn explains_how_to_choose_among_several_identities() {
    let (world, _) = signed_in_user();
    world.managed_identity().refuse(IdentityRefusal::Several, 1);
    let output = virtual_machine(&world).adieu(&ASKED);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: The managed identity returned no token: its endpoint answered 400: Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request.
        What to do: Name the identity: --identity ID or AZURE_CLIENT_ID, with its client ID.
        More: adieu explain managed-identity
        exit 1
    "#]],
    );
}
