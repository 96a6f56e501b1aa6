//! The messages of `adieu pats` if it lacks a permission, cannot read everything, or is used incorrectly.

use std::fs;
use std::time::Duration;

use adieu_emulator::{Connection, Fault, Pat, World};
use expect_test::expect;
use serde_json::Value;

use super::{json, pats, shown, small_world, world};
use crate::shell::Shell;

#[test]
fn names_the_missing_permission() {
    for status in [401, 403] {
        let world = World::start();
        world.add_connection(Connection::managed_identity("app", None));
        world.organizations().add_member("contoso", "app");
        for account in ["a@contoso.example", "b@contoso.example"] {
            world.organizations().add_user("contoso", account, "A User");
        }
        world
            .organizations()
            .token_administration_refuses_with(status);
        let output = pats(&world, &[]);
        expect![[r#"
            error: Only members of Project Collection Administrators may list the personal access tokens of other users, and this identity is not one in contoso.
              it said: The requested operation is not allowed.
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
              object id: [OBJECT]
              token's tenant: [TENANT]
              credential: managed-identity
            What to do: Sign in as an administrator of the organization, or have one add this identity: Organization settings → Permissions → Project Collection Administrators → Members.
            More: adieu explain pats
            exit 1
        "#]].assert_eq(&shown(&world, &output));
    }
}

#[test]
fn reports_an_organization_without_users() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_member("contoso", "app");
    let output = pats(&world, &[]);
    assert!(
        output
            .stderr
            .contains("Azure DevOps lists no user of contoso, although you are one"),
        "{}",
        output.stderr
    );
}

#[test]
fn reports_an_organization_that_has_not_added_the_identity_to_pats() {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add("contoso");
    let output = pats(&world, &[]);
    assert_eq!(output.status, 1);
    assert!(
        output.stderr.contains("adieu explain tf401444"),
        "{}",
        output.stderr
    );
}

#[test]
fn last_uses_are_unknown_without_the_audit_log() {
    let (world, _) = small_world();
    world.organizations().close_audit_log("contoso");
    let output = pats(&world, &["--global", "--quiet", "--output", "json"]);
    let document = json(&output);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    assert_eq!(document["pats"][0]["lastUse"], Value::Null);
    expect![[r#"{"isRead":false,"reason":"needs the permission View audit log","since":null}"#]]
        .assert_eq(&document["auditLog"].to_string());
    let output = pats(&world, &["--global"]);
    expect!["warning: Last uses are unknown: the audit log of contoso needs the permission View audit log (Organization settings → Permissions)."].assert_eq(output.stderr.lines().next().unwrap_or_default());

    let empty = super::world();
    empty
        .organizations()
        .add_user("contoso", "a@contoso.example", "A");
    let pat = Pat::default();
    empty
        .organizations()
        .add_pat("contoso", "a@contoso.example", &pat);
    let output = pats(&empty, &[]);
    expect!["warning: Last uses are unknown: the audit log of contoso is empty. Organization settings → Policies → Log audit events turns it on."].assert_eq(output.stderr.lines().next().unwrap_or_default());
}

#[test]
fn a_user_who_cannot_be_read_is_listed_and_the_others_are_printed() {
    let (world, _) = small_world();
    // The tenant, the users, and the first user's tokens.
    for _ in 0..2 {
        world.marketplace().fault(Fault::Delay(Duration::ZERO));
    }
    world.marketplace().fault(Fault::status(404));
    let output = pats(&world, &["--output", "json"]);
    let document = json(&output);
    assert_eq!(output.status, 1);
    let missed = document["notRead"].as_array().expect("a list");
    assert_eq!(missed.len(), 1, "{missed:?}");
    // Four requests are sent concurrently, and any of them may be the first.
    let user = missed[0]["principalName"].as_str().expect("a user");
    expect![[r#"
        [USER] was not read: Could not list its personal access tokens: it does not exist, or this identity may not see it (404 of vssps.dev.azure.com).
    "#]].assert_eq(&output.stderr.split_once(' ').expect("a note").1.replacen(user, "[USER]", 1));
}

#[test]
fn finds_usage_errors_before_any_request() {
    let world = world();
    let file = world.folder().join("report.json");
    fs::write(&file, "{}").expect("a file");
    let file = file.to_str().expect("a path");
    for (arguments, expected) in [
        (&["pats"][..], "adieu pats needs an organization."),
        (
            &[
                "pats",
                "--organization",
                "contoso",
                "--expires-before",
                "soon",
            ],
            "a date is written 2026-12-31",
        ),
        (
            &[
                "pats",
                "--organization",
                "contoso",
                "--leaks",
                "nowhere.json",
            ],
            "'nowhere.json' is not a report of adieu scan: No such file",
        ),
        (
            &["pats", "--organization", "contoso", "--leaks", file],
            "is not a report of adieu scan: its schema is not adieu.scan/1.",
        ),
    ] {
        let output = Shell::machine(&world).adieu(arguments);
        assert_eq!(output.status, 2, "{}", output.stderr);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
    }
    assert!(world.marketplace().requests().is_empty());
}
