//! `adieu whoami`: an identity's details in Azure DevOps, in an organization and in a publisher.
//!
//! Two tenants are in organizations.rs.

use adieu_emulator::{Fault, World};
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::harness::stable;
use crate::shell::{CommandOutput, Shell, world_of_a_member};

/// The whole output, without text that differs between runs.
pub(crate) fn shown(world: &World, output: &CommandOutput) -> String {
    let descriptor = |text: &str| {
        let words = text.split_inclusive([' ', '\n', '"', ',']);
        let replaced = words.map(|word| match word.strip_prefix("aadsp.") {
            Some(rest) => {
                let end = rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
                format!("aadsp.[DESCRIPTOR]{end}")
            }
            None => word.to_owned(),
        });
        replaced.collect::<String>()
    };
    let mut text = format!("{}{}exit {}\n", output.stdout, output.stderr, output.status);
    for (value, name) in [
        (world.organizations().profile_id("app"), "[PROFILE]"),
        (world.entra().object_id("app"), "[OBJECT]"),
        (world.client_id("app"), "[CLIENT]"),
    ] {
        text = text.replace(&value, name);
    }
    stable(world, &descriptor(&text))
}

fn shows(world: &World, arguments: &[&str], expected: &Expect) {
    let output = Shell::machine(world).adieu(&[&["whoami"], arguments].concat());
    expected.assert_eq(&shown(world, &output));
}

const QUIET: [&str; 2] = ["--credential", "managed-identity"];

#[test]
fn prints_the_id_that_a_publisher_page_asks_for() {
    shows(
        &world_of_a_member(),
        &[],
        &expect![[r#"
            Azure DevOps id: [PROFILE]
            name: app's principal
            tenant: [TENANT]
            object id: [OBJECT]
            client id: unknown
            exit 0
        "#]],
    );
}

#[test]
fn deactivates_commands_in_names() {
    let world = world_of_a_member();
    let profile = r###"{"id":"1","displayName":"##vso[task.complete result=Failed]"}"###;
    for (form, shown) in [
        ("text", "name: **vso[task.complete result=Failed]"),
        (
            "json",
            r#""displayName": "\u0023#vso[task.complete result=Failed]""#,
        ),
    ] {
        let named = Fault::Status(200, Vec::new(), profile.to_owned());
        world.marketplace().fault(named);
        let arguments = ["whoami", "--output", form];
        let output = Shell::machine(&world).adieu(&arguments);
        assert!(output.stdout.contains(shown), "{}", output.stdout);
    }
}

#[test]
fn prints_membership_access_level_and_role() {
    shows(
        &world_of_a_member(),
        &[
            &QUIET[..],
            &["--organization", "contoso", "--publisher", "pub"],
        ]
        .concat(),
        &expect![[r#"
            Azure DevOps id: [PROFILE]
            name: app's principal
            tenant: [TENANT]
            object id: [OBJECT]
            client id: [CLIENT]
            organization: contoso
              id there: [PROFILE]
              descriptor: aadsp.[DESCRIPTOR]
              access level: Basic
            publisher: pub (Contributor)
            exit 0
        "#]],
    );
}

#[test]
fn prints_the_same_as_json() {
    let world = world_of_a_member();
    let arguments = [
        "--organization",
        "https://dev.azure.com/contoso",
        "--publisher",
        "pub",
    ];
    let output =
        Shell::machine(&world).adieu(&[&["whoami", "--output", "json"], &arguments[..]].concat());
    expect![[r#"
        {
          "clientId": "[CLIENT]",
          "displayName": "app's principal",
          "id": "[PROFILE]",
          "objectId": "[OBJECT]",
          "organization": {
            "accessLevel": "Basic",
            "descriptor": "aadsp.[DESCRIPTOR]",
            "displayName": "app",
            "id": "[PROFILE]",
            "isMember": true,
            "name": "contoso",
            "tenant": "[TENANT]"
          },
          "publisher": {
            "name": "pub",
            "role": "Contributor"
          },
          "tenant": "[TENANT]"
        }
        exit 0
    "#]]
    .assert_eq(&shown(&world, &output));
}

#[test]
fn names_an_organization_that_has_not_added_the_identity_and_the_remedy() {
    let world = world_of_a_member();
    world.organizations().add("fabrikam");
    shows(
        &world,
        &[
            &QUIET[..],
            &["--organization", "fabrikam", "--publisher", "other"],
        ]
        .concat(),
        &expect![[r#"
            Azure DevOps id: [PROFILE]
            name: app's principal
            tenant: [TENANT]
            object id: [OBJECT]
            client id: unknown
            organization: fabrikam (access refused)
            publisher: other (not a member)
            Next: open https://marketplace.visualstudio.com/manage/publishers/other → Members → Add, and paste [PROFILE] with the role Contributor (Creator for a new extension).
            error: fabrikam accepts the token, but this identity has not been added to it (TF401444, 401 of dev.azure.com).
              it said: TF401444: Please sign-in at least once as [TENANT]\[TENANT]\[OBJECT] in a web browser to enable access to the service.
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
              identity: [PROFILE]
              its name: app's principal
              object id: [OBJECT]
              token's tenant: [TENANT]
            What to do: Have an administrator of the organization run: adieu onboard --organization fabrikam --identity [OBJECT]
            More: adieu explain tf401444
            exit 1
        "#]],
    );
}

#[test]
fn distinguishes_stakeholder_from_a_hidden_access_level() {
    let world = world_of_a_member();
    world.organizations().make_stakeholder("contoso", "app");
    let arguments = [&["whoami", "--organization", "contoso"], &QUIET[..]].concat();
    let output = Shell::machine(&world).adieu(&arguments);
    assert!(
        output.stdout.contains("access level: Stakeholder\n"),
        "{}",
        output.stdout
    );
    world.organizations().entitlements_are_private();
    let output = Shell::machine(&world).adieu(&arguments);
    let line = output.stdout.lines().last().unwrap_or_default();
    expect!["  access level: not shown to this identity (Access Denied: [GUID] needs the following permission(s) on the resource Users to perform this action: View Users)"].assert_eq(&stable(&world, line));
    assert_eq!(output.status, 0);
}

#[test]
fn reports_a_missing_organization_before_signing_in() {
    let world = world_of_a_member();
    shows(
        &world,
        &["--organization", "nowhere"],
        &expect![[r#"
        error: Azure DevOps has no organization nowhere.
        What to do: Compare the name with the address in the browser: https://dev.azure.com/<name>.
        More: adieu explain organizations
        exit 1
    "#]],
    );
    assert!(world.managed_identity().requests().is_empty());
    shows(
        &world,
        &["--organization", "my organization"],
        &expect![[r#"
            error: 'my organization' is not an organization name.
            What to do: Write its name, https://dev.azure.com/<name> or https://<name>.visualstudio.com.
            More: adieu explain organizations
            exit 2
        "#]],
    );
}

#[test]
fn the_task_and_the_command_line_print_the_same_id() {
    let world = world_of_a_member();
    let output = Shell::machine(&world).adieu(&["extension", "who-am-i", "--json"]);
    let json: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(json["id"], world.organizations().profile_id("app"));
}
