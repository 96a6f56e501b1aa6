//! `adieu offboard` and `adieu onboard --list`: an administrator removes what `onboard` added, and lists who is
//! there.
//!
//! The emulator shows the organization's state afterwards, not our own messages.

use std::time::Duration;

use adieu_emulator::{Connection, Fault, MY_CONNECTION, World};
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::onboard::{onboard, shown, world, writes};
use crate::shell::{CommandOutput, Shell, THREE_IDS, world_of_an_administrator};

/// Runs `offboard` on the administrator's machine, for an identity in `contoso`.
fn offboard(world: &World, identity: &str, arguments: &[&str]) -> CommandOutput {
    let fixed = [
        "offboard",
        "--credential",
        "managed-identity",
        "--identity",
        identity,
        "--organization",
        "contoso",
    ];
    Shell::machine(world).adieu(&[&fixed, arguments].concat())
}

fn list(world: &World, arguments: &[&str]) -> CommandOutput {
    let fixed = ["onboard", "--list", "--credential", "managed-identity"];
    Shell::machine(world).adieu(&[&fixed, arguments].concat())
}

fn assert_messages(world: &World, output: &CommandOutput, expected: &Expect) {
    expected.assert_eq(&shown(world, output));
}

/// A world in which `my-connection` has everything that `onboard` adds.
fn world_with_member() -> (World, String) {
    let world = world();
    world.organizations().add_project("contoso", "web");
    let client = world.client_id(MY_CONNECTION);
    let arguments = ["--project", "web=contributor", "--publisher", "pub"];
    let output = onboard(&world, &client, &arguments);
    assert_eq!(output.status, 0, "{}", output.stderr);
    (world, client)
}

fn is_member(world: &World) -> bool {
    let known = world.organizations().entitlement("contoso", MY_CONNECTION);
    known.is_some()
}

#[test]
fn removes_what_onboard_added() {
    let (world, client) = world_with_member();
    let arguments = ["--publisher", "pub", "--yes"];
    let output = offboard(&world, &client, &arguments);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        publisher pub: removed (was Contributor)
        contoso: my-connection removed (was Basic, Contributors of web)
        Not removed: the application, its federated credentials, and service connections. A Microsoft Entra group that is a member of the organization still gives its members access.
        exit 0
    "#]],
    );
    assert!(!is_member(&world));
    assert_eq!(world.marketplace().role("pub", MY_CONNECTION), None);
    // Running it again changes nothing.
    let before = writes(&world);
    let output = offboard(&world, &client, &arguments);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        publisher pub: is not a member; nothing to remove
        contoso: is not a member; nothing to remove
        exit 0
    "#]],
    );
    assert_eq!(writes(&world), before);
}

#[test]
fn each_of_the_three_ids_finds_the_member() {
    for id in THREE_IDS {
        let (world, _) = world_with_member();
        let output = offboard(&world, &id(&world), &["--yes", "--output", "json"]);
        assert_eq!(output.status, 0, "{}", output.stderr);
        let json: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(
            (
                &json["organization"]["outcome"],
                &json["identity"]["clientId"]
            ),
            (
                &Value::from("removed"),
                &Value::from(world.client_id(MY_CONNECTION))
            ),
        );
        assert!(!is_member(&world));
    }
}

#[test]
fn removes_a_member_whose_application_was_deleted() {
    let (world, client) = world_with_member();
    world.entra().remove_enterprise_application(MY_CONNECTION);
    let output = offboard(&world, &client, &["--yes"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(!is_member(&world));
}

#[test]
fn a_dry_run_shows_what_would_be_sent_and_removes_nothing() {
    let (world, client) = world_with_member();
    let before = writes(&world);
    let output = offboard(&world, &client, &["--publisher", "pub", "--dry-run"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        publisher pub: would be removed (Contributor)
        contoso: my-connection would be removed (Basic, Contributors of web)
        These requests would be sent:
        DELETE https://marketplace.visualstudio.com/_apis/securityroles/scopes/gallery.publisher/roleassignments/resources/pub/[PROFILE]?api-version=3.2-preview.1
        DELETE https://vsaex.dev.azure.com/contoso/_apis/serviceprincipalentitlements/[PROFILE]?api-version=7.1-preview.1
        Not removed: the application, its federated credentials, and service connections. A Microsoft Entra group that is a member of the organization still gives its members access.
        exit 0
    "#]],
    );
    assert_eq!(writes(&world), before);
    assert!(is_member(&world));
}

#[test]
fn asks_on_a_terminal_and_accepts_only_a_yes() {
    let (world, client) = world_with_member();
    let shell = Shell::machine(&world);
    let line = format!(
        "offboard --credential managed-identity --identity {client} --organization contoso --publisher pub"
    );
    for (answer, remains) in [("n\n", true), ("\n", true), ("yes\n", false)] {
        let shown = shell.on_a_terminal(&line, answer);
        let question = "Remove my-connection from contoso and publisher pub? [y/N] ";
        assert!(shown.contains(question), "{shown}");
        assert_eq!(shown.contains("Nothing was removed."), remains, "{shown}");
        assert_eq!(is_member(&world), remains, "{answer:?}");
    }
}

#[test]
fn requires_yes_without_a_terminal_before_any_request() {
    let (world, client) = world_with_member();
    let before = world.marketplace().requests().len();
    let output = offboard(&world, &client, &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            error: Nothing was removed: there is no terminal to ask on.
            What to do: Add --yes to remove without asking.
            More: adieu explain offboard
            exit 2
        "#]],
    );
    assert_eq!(world.marketplace().requests().len(), before);
}

#[test]
fn names_an_identity_that_is_not_a_member() {
    let world = world();
    let unknown = "00000000-0000-4000-8000-000000000000";
    assert_messages(
        &world,
        &offboard(&world, unknown, &["--yes"]),
        &expect![[r#"
            error: contoso has no service principal or managed identity with the ID [GUID].
            What to do: Compare it with: adieu onboard --list --organization contoso
            More: adieu explain offboard
            exit 1
        "#]],
    );
    assert_messages(
        &world,
        &offboard(&world, "my-connection", &["--yes"]),
        &expect![[r#"
            error: 'my-connection' is not the ID of an application.
            What to do: Write a GUID: the client ID, or an object ID; `adieu whoami` as the identity itself prints both.
            More: adieu explain onboard
            exit 2
        "#]],
    );
    // Without Microsoft Graph, an ID that is not found can be of the wrong kind.
    let world = world_of_an_administrator();
    let registration = world.entra().registration_id(MY_CONNECTION);
    assert_messages(
        &world,
        &offboard(&world, &registration, &["--yes"]),
        &expect![[r#"
            error: contoso has no service principal or managed identity with the ID [APP REGISTRATION].
              Microsoft Graph: Insufficient privileges to complete the operation.
            What to do: Compare it with: adieu onboard --list --organization contoso
            More: adieu explain offboard
            exit 1
        "#]],
    );
}

#[test]
fn names_the_permission_to_remove_users() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("admin", None));
    world.organizations().add_member("contoso", "admin");
    world.organizations().add_member("contoso", MY_CONNECTION);
    let client = world.client_id(MY_CONNECTION);
    assert_messages(
        &world,
        &offboard(&world, &client, &["--yes"]),
        &expect![[r#"
            error: Could not remove my-connection from contoso: this identity may not manage the organization's users (403 of vsaex.dev.azure.com).
              it said: Access Denied: [ADMIN'S PROFILE] needs the following permission(s) on the resource Users to perform this action: Delete Users
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
              object id: [ADMIN'S OBJECT]
              token's tenant: [TENANT]
            What to do: Sign in as a member of the organization's Project Collection Administrators.
            More: adieu explain onboard
            exit 1
        "#]],
    );
    assert!(is_member(&world));
}

#[test]
fn a_publisher_keeps_its_only_owner() {
    let world = world();
    let client = world.client_id(MY_CONNECTION);
    let arguments = ["--publisher", "pub", "--role", "owner"];
    assert_eq!(onboard(&world, &client, &arguments).status, 0);
    // Another Owner remains.
    let output = offboard(&world, &client, &["--publisher", "pub", "--yes"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    let admin = world.client_id("admin");
    let output = offboard(&world, &admin, &["--publisher", "pub", "--yes"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: The identity is the only Owner of the publisher pub.
        What to do: Make another member an Owner first (https://marketplace.visualstudio.com/manage/publishers/pub → Members); nothing was removed.
        More: adieu explain offboard
        exit 1
    "#]],
    );
    let role = world.marketplace().role("pub", "admin");
    assert_eq!(role.as_deref(), Some("Owner"));
}

#[test]
fn a_publisher_that_the_caller_does_not_own_stops_it_before_the_organization() {
    let (world, client) = world_with_member();
    world
        .marketplace()
        .set_role("pub", "admin", Some("Creator"));
    let output = offboard(&world, &client, &["--publisher", "pub", "--yes"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        error: Only an Owner of the publisher pub can change its members.
          it said: Access Denied: [ADMIN'S PROFILE] needs the following permission(s) on the resource /pub to perform this action: Manage user permissions on a resource
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Sign in as one of the Owners that https://marketplace.visualstudio.com/manage/publishers/pub shows under Members.
        More: adieu explain publisher-member
        exit 1
    "#]],
    );
    assert!(is_member(&world));
    assert!(world.marketplace().role("pub", MY_CONNECTION).is_some());
}

#[test]
fn succeeds_if_only_the_answer_was_lost() {
    for passing in 0..4 {
        let (world, client) = world_with_member();
        for _ in 0..passing {
            world.marketplace().fault(Fault::Delay(Duration::ZERO));
        }
        world.marketplace().fault(Fault::TruncateHead);
        let output = offboard(&world, &client, &["--yes"]);
        assert_eq!(output.status, 0, "{passing}: {}", output.stderr);
        assert!(!is_member(&world));
    }
}

#[test]
fn lists_the_service_principals_of_an_organization() {
    let (world, client) = world_with_member();
    world
        .organizations()
        .add_person("contoso", "ada@contoso.com");
    assert_messages(
        &world,
        &list(&world, &["--organization", "contoso"]),
        &expect![[r#"
            admin (Basic)
              client id: [ADMIN]
              object id: [ADMIN'S OBJECT]
              id there: [ADMIN'S PROFILE]
              last access: [TIME]
            my-connection (Basic)
              client id: [CLIENT ID]
              object id: [ENTERPRISE APPLICATION]
              id there: [PROFILE]
              group: Contributors of web
              last access: never
            exit 0
        "#]],
    );
    let output = list(&world, &["--organization", "contoso", "--output", "json"]);
    let json: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(json["members"][1]["clientId"], client);
    assert_eq!(json["members"][1]["groups"][0]["group"], "Contributors");
    assert_eq!(json["members"][1]["lastAccess"], Value::Null);
}

#[test]
fn lists_all_pages_and_reports_an_empty_organization() {
    let world = world();
    for number in 0..5 {
        let name = format!("other-{number}");
        world.add_connection(Connection::client_secret(&name));
        world.organizations().add_member("contoso", &name);
    }
    world.organizations().page_of_members(2);
    let output = list(&world, &["--organization", "contoso"]);
    let names = output.stdout.lines().filter(|line| !line.starts_with(' '));
    let names: Vec<&str> = names.collect();
    assert_eq!(names.len(), 6, "{}", output.stdout);
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn names_the_permission_for_the_list() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("admin", None));
    world.organizations().add_member("contoso", "admin");
    world.organizations().entitlements_are_private();
    assert_messages(
        &world,
        &list(&world, &["--organization", "contoso"]),
        &expect![[r#"
            error: Could not list the service principals of contoso: this identity may not manage the organization's users (403 of vsaex.dev.azure.com).
              it said: Access Denied: [ADMIN'S PROFILE] needs the following permission(s) on the resource Users to perform this action: View Users
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
              object id: [ADMIN'S OBJECT]
              token's tenant: [TENANT]
            What to do: Sign in as a member of the organization's Project Collection Administrators.
            More: adieu explain onboard
            exit 1
        "#]],
    );
    assert_messages(
        &world,
        &list(&world, &[]),
        &expect![[r#"
        error: adieu onboard --list needs an organization.
        What to do: Write --organization, or set ADIEU_ORGANIZATION.
        More: adieu explain organizations
        exit 2
    "#]],
    );
    assert_messages(
        &world,
        &list(&world, &["--organization", "contoso", "--publisher", "pub"]),
        &expect![[r#"
            error: the argument '--list' cannot be used with '--publisher <PUBLISHER>'

            Usage: adieu onboard --list --credential <CREDENTIAL> --organization <ORGANIZATION>

            For more information, try '--help'.
            exit 2
        "#]],
    );
}
