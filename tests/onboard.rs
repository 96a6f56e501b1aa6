//! `adieu onboard`: an administrator makes an identity a member of an organization and of a publisher.
//!
//! The emulator shows the organization's state afterwards, not our own messages.

// Reasons why an identity cannot be added.
mod refusals;
// The ID tokens that the identity trusts.
mod trust;

use std::collections::BTreeMap;

use adieu_emulator::{Connection, Fault, MY_CONNECTION, World};
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::harness::stable;
use crate::shell::{CommandOutput, Shell, THREE_IDS, world_of_an_administrator};

/// A world in which `admin`, a machine's identity, administers `contoso` and owns `pub`.
pub(crate) fn world() -> World {
    let world = world_of_an_administrator();
    world.marketplace().set_role("pub", "admin", Some("Owner"));
    world.microsoft_graph().add_reader("admin");
    world
}

/// Runs `onboard` on the administrator's machine, for `my-connection` in `contoso`.
pub(crate) fn onboard(world: &World, identity: &str, arguments: &[&str]) -> CommandOutput {
    onboard_on(&Shell::machine(world), identity, arguments)
}

fn onboard_on(shell: &Shell<'_>, identity: &str, arguments: &[&str]) -> CommandOutput {
    let fixed = [
        "onboard",
        "--credential",
        "managed-identity",
        "--identity",
        identity,
        "--organization",
        "contoso",
    ];
    shell.adieu(&[&fixed, arguments].concat())
}

pub(crate) fn shown(world: &World, output: &CommandOutput) -> String {
    let mut text = format!("{}{}exit {}\n", output.stdout, output.stderr, output.status);
    for (value, name) in [
        (world.client_id(MY_CONNECTION), "[CLIENT ID]"),
        (
            world.entra().object_id(MY_CONNECTION),
            "[ENTERPRISE APPLICATION]",
        ),
        (
            world.entra().registration_id(MY_CONNECTION),
            "[APP REGISTRATION]",
        ),
        (world.organizations().profile_id(MY_CONNECTION), "[PROFILE]"),
        (world.client_id("admin"), "[ADMIN]"),
        (world.entra().object_id("admin"), "[ADMIN'S OBJECT]"),
        (
            world.organizations().profile_id("admin"),
            "[ADMIN'S PROFILE]",
        ),
    ] {
        if !value.is_empty() {
            text = text.replace(&value, name);
        }
    }
    stable(world, &text)
}

fn assert_messages(world: &World, output: &CommandOutput, expected: &Expect) {
    expected.assert_eq(&shown(world, output));
}

fn level(world: &World) -> Option<String> {
    world
        .organizations()
        .entitlement("contoso", MY_CONNECTION)
        .map(|(level, _)| level)
}

/// Requests that change something.
pub(crate) fn writes(world: &World) -> usize {
    let requests = world.marketplace().requests();
    let is_write = |request: &&String| !request.starts_with("GET") && !request.starts_with("HEAD");
    requests.iter().filter(is_write).count()
}

#[test]
fn asks_microsoft_graph_again_after_half_an_answer() {
    let world = world();
    let half = Fault::Status(200, Vec::new(), r#"{"id":"#.to_owned());
    world.microsoft_graph().fault(half);
    let output = onboard(&world, &world.client_id(MY_CONNECTION), &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        contoso: added (Basic)
        exit 0
    "#]],
    );
}

#[test]
fn stops_at_a_repeated_page_of_members() {
    let world = world();
    for name in ["one", "two"] {
        world.add_connection(Connection::client_secret(name));
        world.organizations().add_member("contoso", name);
    }
    world.organizations().page_of_members(1);
    world.organizations().repeat_pages_of_members();
    let output = onboard(&world, &world.client_id(MY_CONNECTION), &[]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    let requests = world.marketplace().requests();
    let lists = requests
        .iter()
        .filter(|line| line.ends_with("/memberentitlements"));
    assert_eq!(lists.count(), 2, "{requests:?}");
}

#[test]
fn accepts_any_time_limit() {
    let world = world();
    let wait = u64::MAX.to_string();
    let output = onboard(&world, &world.client_id(MY_CONNECTION), &["--wait", &wait]);
    assert_eq!(output.status, 0, "{}", output.stderr);
}

#[test]
fn adds_an_identity_to_an_organization_a_project_and_a_publisher() {
    let world = world();
    let project = world.organizations().add_project("contoso", "web shop");
    let output = onboard(
        &world,
        &world.client_id(MY_CONNECTION),
        &[
            "--project",
            "web shop=contributor",
            "--publisher",
            "pub",
            "--role",
            "creator",
        ],
    );
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        contoso: added (Basic, Contributor of web shop)
        publisher pub: is Creator now
        exit 0
    "#]],
    );
    let (level, projects) = world
        .organizations()
        .entitlement("contoso", MY_CONNECTION)
        .expect("a member");
    assert_eq!(level, "express");
    assert_eq!(
        projects,
        BTreeMap::from([(project, "projectContributor".to_owned())])
    );
    assert_eq!(
        world.marketplace().role("pub", MY_CONNECTION).as_deref(),
        Some("Creator")
    );
}

#[test]
fn run_again_it_changes_what_differs_and_nothing_else() {
    let world = world();
    let client = world.client_id(MY_CONNECTION);
    world.organizations().add_project("contoso", "web");
    let arguments = ["--access-level", "stakeholder", "--publisher", "pub"];
    assert_eq!(onboard(&world, &client, &arguments).status, 0);
    assert_eq!(writes(&world), 2);
    assert_messages(
        &world,
        &onboard(&world, &client, &arguments),
        &expect![[r#"
            identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
            contoso: is already a member (Stakeholder); nothing to change
            publisher pub: is already Contributor; nothing to change
            exit 0
        "#]],
    );
    assert_eq!(writes(&world), 2);
    let output = onboard(
        &world,
        &client,
        &["--project", "web", "--publisher", "pub", "--role", "reader"],
    );
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
            contoso: changed (Basic instead of Stakeholder, Reader of web)
            publisher pub: is Reader now
            exit 0
        "#]],
    );
    assert_eq!(writes(&world), 4);
    assert_eq!(level(&world).as_deref(), Some("express"));
    assert_eq!(
        world.marketplace().role("pub", MY_CONNECTION).as_deref(),
        Some("Reader")
    );
}

#[test]
fn each_of_the_three_ids_leads_to_the_one_that_is_needed() {
    for id in THREE_IDS {
        let world = world();
        let output = onboard(&world, &id(&world), &["--output", "json"]);
        assert_eq!(output.status, 0, "{}", output.stderr);
        let json: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(
            json["identity"]["objectId"],
            world.entra().object_id(MY_CONNECTION)
        );
        assert_eq!(json["organization"]["outcome"], "added");
        assert_eq!(level(&world).as_deref(), Some("express"));
    }
}

#[test]
fn a_dry_run_shows_what_would_be_sent_and_changes_nothing() {
    let world = world();
    world.organizations().add_project("contoso", "web");
    let client = world.client_id(MY_CONNECTION);
    let arguments = ["--project", "web", "--publisher", "pub", "--dry-run"];
    let output = onboard(&world, &client, &arguments);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
        contoso: would be added (Basic, Reader of web)
        publisher pub: would be Contributor
        These requests would be sent:
        POST https://vsaex.dev.azure.com/contoso/_apis/serviceprincipalentitlements?api-version=7.1-preview.1
        {
          "accessLevel": {
            "accountLicenseType": "express",
            "licensingSource": "account"
          },
          "projectEntitlements": [
            {
              "group": {
                "groupType": "projectReader"
              },
              "projectRef": {
                "id": "[GUID]"
              }
            }
          ],
          "servicePrincipal": {
            "origin": "aad",
            "originId": "[ENTERPRISE APPLICATION]",
            "subjectKind": "servicePrincipal"
          }
        }
        PUT https://marketplace.visualstudio.com/_apis/securityroles/scopes/gallery.publisher/roleassignments/resources/pub?api-version=3.2-preview.1
        [
          {
            "roleName": "Contributor",
            "userId": "<the id that the organization gives it>"
          }
        ]
        exit 0
    "#]],
    );
    assert_eq!(writes(&world), 0);
    assert!(world.secrets_in(&output.stdout).is_empty());
    // The requests that were shown are the ones that are sent.
    let output = onboard(
        &world,
        &client,
        &[&arguments[..], &["--output", "json"]].concat(),
    );
    let json: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let shown: Vec<String> = json["requests"]
        .as_array()
        .expect("requests")
        .iter()
        .map(|one| {
            let url = one["url"].as_str().expect("an address");
            let path = url
                .split_once(".com")
                .map(|(_, path)| path)
                .expect("a path");
            let path = path.split('?').next().unwrap_or_default();
            format!("{} {path}", one["method"].as_str().expect("a method"))
        })
        .collect();
    onboard(&world, &client, &["--project", "web", "--publisher", "pub"]);
    let requests = world.marketplace().requests();
    let sent: Vec<&String> = requests
        .iter()
        .filter(|request| request.starts_with("POST") || request.starts_with("PUT"))
        .collect();
    assert_eq!(sent, shown.iter().collect::<Vec<_>>());
}

#[test]
fn uses_the_id_as_the_object_id_without_microsoft_graph() {
    let world = world_of_an_administrator();
    let output = onboard(&world, &world.entra().object_id(MY_CONNECTION), &[]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
        contoso: added (Basic)
        warning: Microsoft Graph did not say which application this is (Insufficient privileges to complete the operation), so [ENTERPRISE APPLICATION] is used as the object id of its enterprise application.
        exit 0
    "#]],
    );
    assert_eq!(level(&world).as_deref(), Some("express"));
}

#[test]
fn waits_for_a_new_application() {
    let world = world();
    world.organizations().not_yet_known(MY_CONNECTION, 1);
    let client = world.client_id(MY_CONNECTION);
    let output = onboard(&world, &client, &["--wait", "0"]);
    assert_messages(
        &world,
        &output,
        &expect![[r#"
            identity: my-connection (client id given; client id [CLIENT ID], enterprise application's object id [ENTERPRISE APPLICATION])
            error: Could not add [ENTERPRISE APPLICATION] to contoso: Azure DevOps cannot add it now (VS403283) (200 of vsaex.dev.azure.com).
              it said: (5000) VS403283: Could not add user '[ENTERPRISE APPLICATION]' at this time.
            What to do: If the application is new, try again in a few minutes; agent identities cannot be added.
            More: adieu explain onboard
            exit 1
        "#]],
    );
    world.organizations().not_yet_known(MY_CONNECTION, 1);
    let output = onboard(&world, &client, &["--wait", "30"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(level(&world).as_deref(), Some("express"));
}

#[test]
fn explains_that_a_publisher_needs_the_id_of_whoami() {
    let world = world();
    let shell = Shell::machine(&world);
    let client = world.client_id(MY_CONNECTION);
    let arguments = [
        "onboard",
        "--credential",
        "managed-identity",
        "--identity",
        &client,
        "--publisher",
        "pub",
    ];
    assert_messages(
        &world,
        &shell.adieu(&arguments),
        &expect![[r#"
        error: --publisher needs the identity's Azure DevOps ID.
        What to do: Add --organization, or --member-id with the ID that `adieu whoami` prints for that identity.
        More: adieu explain onboard
        exit 2
    "#]],
    );
    let id = world.organizations().profile_id(MY_CONNECTION);
    let output = shell.adieu(&[&arguments[..], &["--member-id", &id]].concat());
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(
        world.marketplace().role("pub", MY_CONNECTION).as_deref(),
        Some("Contributor")
    );
}

#[test]
fn a_member_list_of_several_pages_is_read_to_its_end() {
    let world = world();
    for number in 0..5 {
        let name = format!("other-{number}");
        world.add_connection(Connection::client_secret(&name));
        world.organizations().add_member("contoso", &name);
    }
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.organizations().page_of_members(2);
    let output = onboard(&world, &world.client_id(MY_CONNECTION), &[]);
    assert!(
        output.stdout.contains("nothing to change"),
        "{}{}",
        output.stdout,
        output.stderr
    );
}
