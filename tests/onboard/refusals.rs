//! Reasons why an identity cannot be added: the wrong one of three IDs, permissions, licenses, and names that do not
//! exist.
//!
//! Successful changes are in onboard.rs.

use adieu_emulator::{Connection, MY_CONNECTION, World};
use expect_test::expect;

use super::{assert_messages, onboard, world, writes};
use crate::shell::world_of_an_administrator;

#[test]
fn names_the_id_that_was_mistaken_for_another() {
    let world = world_of_an_administrator();
    let output = onboard(&world, &world.entra().registration_id(MY_CONNECTION), &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            warning: Microsoft Graph did not say which application this is (Insufficient privileges to complete the operation), so [APP REGISTRATION] is used as the object id of its enterprise application.
            error: contoso found no enterprise application with the object ID [APP REGISTRATION] in its tenant (VS860016): a client ID or an app registration's object ID was given, or another tenant's.
              Microsoft Graph: Insufficient privileges to complete the operation.
              it said: (5000) VS860016: Could not find originId '[APP REGISTRATION]' in the backing domain '[TENANT]'.
            What to do: Take the Object ID of Microsoft Entra → Enterprise applications → the application, or: az ad sp show --id CLIENT_ID --query id -o tsv
            More: adieu explain vs860016
            exit 1
        "#]],
    );
    // A client ID is not known either until its application is a member; then it works.
    let client = world.client_id(MY_CONNECTION);
    assert_eq!(onboard(&world, &client, &[]).status, 1);
    world.organizations().add_member("contoso", MY_CONNECTION);
    let output = onboard(&world, &client, &[]);
    assert!(
        output.stdout.contains("nothing to change"),
        "{}",
        output.stdout
    );
}

#[test]
fn refuses_an_unknown_id_before_any_change() {
    let world = world();
    let output = onboard(&world, "00000000-0000-4000-8000-000000000000", &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: Tenant [TENANT] has no application with the ID [GUID]: it is neither a client ID nor the object ID of an enterprise application or of an app registration there.
        What to do: Compare the ID with the application's page; the ID of a subscription, a secret or another tenant does not work.
        More: adieu explain vs860016
        exit 1
    "#]],
    );
    let output = onboard(&world, "my-connection", &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: 'my-connection' is not the ID of an application.
        What to do: Write a GUID: the client ID, or an object ID; `adieu whoami` as the identity itself prints both.
        More: adieu explain onboard
        exit 2
    "#]],
    );
    assert_eq!(writes(&world), 0);
}

#[test]
fn explains_how_to_create_the_enterprise_application() {
    let world = world();
    world.entra().remove_enterprise_application(MY_CONNECTION);
    let output = onboard(&world, &world.entra().registration_id(MY_CONNECTION), &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: my-connection is an app registration without an enterprise application in tenant [TENANT], and only an enterprise application can be a member.
          client id: [CLIENT ID]
        What to do: Create one, signed in to that tenant: az ad sp create --id [CLIENT ID]
        More: adieu explain vs860016
        exit 1
    "#]],
    );
    assert_eq!(writes(&world), 0);
}

#[test]
fn names_the_permission_to_add_users() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("admin", None));
    world.organizations().add_member("contoso", "admin");
    world.microsoft_graph().add_reader("admin");
    world.organizations().entitlements_are_private();
    let output = onboard(&world, &world.client_id(MY_CONNECTION), &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
            error: Could not add [ENTERPRISE APPLICATION] to contoso: this identity may not manage the organization's users (200 of vsaex.dev.azure.com).
              it said: (5032) Access Denied: [ADMIN] needs the following permission(s) on the resource Users to perform this action: Add Users
              object id: [ADMIN'S OBJECT]
              token's tenant: [TENANT]
            What to do: Sign in as a member of the organization's Project Collection Administrators.
            More: adieu explain onboard
            exit 1
        "#]],
    );
}

#[test]
fn reports_that_no_licenses_are_left() {
    let world = world();
    world.organizations().licenses_left("contoso", 0);
    let client = world.client_id(MY_CONNECTION);
    let output = onboard(&world, &client, &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
            error: Could not add [ENTERPRISE APPLICATION] to contoso: no license for that access level is left (5005) (200 of vsaex.dev.azure.com).
              it said: (5005) Failed to assign license Account-Express to identity with id [PROFILE].
            What to do: Buy one under Organization settings → Billing, or use --access-level stakeholder, which cannot read repositories.
            More: adieu explain onboard
            exit 1
        "#]],
    );
    let output = onboard(&world, &client, &["--access-level", "stakeholder"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
}

#[test]
fn names_a_missing_project_and_a_missing_publisher() {
    let world = world();
    let client = world.client_id(MY_CONNECTION);
    let output = onboard(&world, &client, &["--project", "nowhere"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
            error: Could not add [ENTERPRISE APPLICATION] to contoso: the project does not exist, or this identity may not see it (TF200016) (404 of dev.azure.com).
              it said: TF200016: The following project does not exist: nowhere. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
            What to do: Check the project's name.
            More: adieu explain onboard
            exit 1
        "#]],
    );
    let output = onboard(&world, &client, &["--publisher", "other"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
            contoso: added (Basic)
            error: Only an Owner of the publisher other can change its members.
              it said: Access Denied: [ADMIN'S PROFILE] needs the following permission(s) on the resource /other to perform this action: View user permissions on a resource
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
            What to do: Sign in as one of the Owners that https://marketplace.visualstudio.com/manage/publishers/other shows under Members.
            More: adieu explain publisher-member
            exit 1
        "#]],
    );
    let output = onboard(&world, &client, &["--project", "web=owner"]);
    assert_eq!(output.status, 2, "{}", output.stderr);
}
