//! Refusals by an organization, a project, a publisher and the gallery, each recognized by its meaning: as recorded
//! from the real services, for an identity whose token cannot be decoded.

use adieu_emulator::{Connection, World};
use expect_test::expect;

use crate::shell::Shell;
use crate::whoami::shown;

/// A world in which the machine's identity is not a member of anything.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world
}

fn asked(world: &World, arguments: &[&str]) -> String {
    let quiet = ["--credential", "managed-identity"];
    let output = Shell::machine(world).adieu(&[arguments, &quiet].concat());
    shown(world, &output)
}

#[test]
fn reports_a_stopped_organization_after_one_request() {
    let world = world();
    world.organizations().add_member("fabrikam", "app");
    world.organizations().stop("fabrikam");
    expect![[r#"
        error: Could not find the tenant of fabrikam: the organization is inactive (TF24668) (503 of dev.azure.com).
          it said: TF24668: The organization fabrikam is inactive.
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Have an owner open the organization in a browser: it was deleted (it can be restored for 28 days) or suspended by Microsoft.
        More: adieu explain tf24668
        exit 1
    "#]].assert_eq(&asked(&world, &["whoami", "--organization", "fabrikam"]));
    let requests = world.marketplace().requests();
    assert_eq!(requests, ["HEAD /fabrikam"]);
}

#[test]
fn reports_an_organization_of_microsoft_accounts() {
    let world = world();
    world
        .organizations()
        .connect("personal", "00000000-0000-0000-0000-000000000000");
    expect![[r#"
        Azure DevOps id: [PROFILE]
        name: app's principal
        tenant: [TENANT]
        object id: [OBJECT]
        client id: unknown
        organization: personal (access refused)
        warning: personal is not connected to a Microsoft Entra tenant and accepts Microsoft accounts only; the token is for the identity's own tenant.
        error: personal is not connected to Microsoft Entra: its members are personal Microsoft accounts, and it does not accept Microsoft Entra tokens.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [PROFILE]
          its name: app's principal
          object id: [OBJECT]
          token's tenant: [TENANT]
        What to do: Have an owner connect it: Organization settings → Microsoft Entra → Connect directory. Until then, only a personal access token works there.
        More: adieu explain microsoft-accounts
        exit 1
    "#]].assert_eq(&asked(&world, &["whoami", "--organization", "personal"]));
}

/// As after the identity was disabled while its machine still has a token: with JSON, and with a page.
#[test]
fn suggests_a_new_sign_in_for_a_refused_token() {
    let mut all = String::new();
    for is_page in [false, true] {
        let world = world();
        world.organizations().add_member("fabrikam", "app");
        world.organizations().revoke_tokens("app");
        if is_page {
            world.organizations().bearers_get_pages();
        }
        let install = ["install", "--publisher", "pub", "--extension-id", "hello"];
        let install = [
            &["extension"],
            &install[..],
            &["--organizations", "fabrikam"],
        ]
        .concat();
        for arguments in [&["whoami"][..], &install] {
            all.push_str(&asked(&world, arguments));
        }
    }
    expect![[r#"
        error: Could not read its own profile: Azure DevOps (app.vssps.visualstudio.com) does not accept this token (401).
          it said: TF400813: The user is not authorized to access this resource.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Sign in again for a new token; if it is refused too, check that the identity is enabled in Microsoft Entra.
        More: adieu explain token-refused
        exit 1
        error: fabrikam does not accept this token (401 of extmgmt.dev.azure.com).
          it said: TF400813: The user is not authorized to access this resource.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Sign in again for a new token; if it is refused too, check that the identity is enabled in Microsoft Entra, and that the organization is connected to its tenant.
        More: adieu explain token-refused
        exit 1
        error: Could not read its own profile: Azure DevOps (app.vssps.visualstudio.com) does not accept this token (401).
          it said: TF400813: The user '[GUID]' is not authorized to access this resource.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Sign in again for a new token; if it is refused too, check that the identity is enabled in Microsoft Entra.
        More: adieu explain token-refused
        exit 1
        error: fabrikam does not accept this token (401 of extmgmt.dev.azure.com).
          it said: TF400813: The user '[GUID]' is not authorized to access this resource.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Sign in again for a new token; if it is refused too, check that the identity is enabled in Microsoft Entra, and that the organization is connected to its tenant.
        More: adieu explain token-refused
        exit 1
    "#]]
    .assert_eq(&all);
}

/// Azure/azure-cli#31259.
#[test]
fn suggests_adding_an_unknown_identity() {
    let world = world();
    world.organizations().add("fabrikam");
    world.organizations().not_materialized("app");
    expect![[r#"
        Azure DevOps id: [PROFILE]
        name: app's principal
        tenant: [TENANT]
        object id: [OBJECT]
        client id: unknown
        organization: fabrikam (access refused)
        error: fabrikam accepts the token, but this identity has not been added to it (401 of dev.azure.com).
          it said: Identity [PROFILE] has not been materialized, please use interactive login over the browser first.
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
    "#]]
    .assert_eq(&asked(&world, &["whoami", "--organization", "fabrikam"]));
}

#[test]
fn uses_the_first_valid_tenant() {
    let world = world();
    world.organizations().add_member("fabrikam", "app");
    world.organizations().name_several_tenants("fabrikam");
    let output = asked(
        &world,
        &["whoami", "--organization", "fabrikam", "--output", "json"],
    );
    let tenant = r#""tenant": "[TENANT]""#;
    assert_eq!(output.matches(tenant).count(), 2, "{output}");
}

#[test]
fn suggests_project_membership_for_a_hidden_project() {
    let world = world();
    world.organizations().add_administrator("fabrikam", "app");
    let project = world.organizations().add_project("fabrikam", "web");
    world
        .organizations()
        .hide_project("fabrikam", &project, "app");
    world.add_connection(Connection::client_secret("other"));
    let other = world.entra().object_id("other");
    let output = asked(
        &world,
        &[
            "onboard",
            "--identity",
            &other,
            "--organization",
            "fabrikam",
            "--project",
            &project,
        ],
    );
    expect![[r#"
        warning: Microsoft Graph did not say which application this is (Insufficient privileges to complete the operation), so [GUID] is used as the object id of its enterprise application.
        error: Could not add [GUID] to fabrikam: the project does not exist, or is not shown to this identity (VS800075) (404 of dev.azure.com).
          it said: VS800075: The project with id 'vstfs:///Classification/TeamProject/[GUID]' does not exist, or you do not have permission to access it.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Check the project's name, and add the identity to the project (Project settings → Permissions → Readers).
        More: adieu explain vs800075
        exit 1
    "#]].assert_eq(
        &output
            .replace(&other, "[OTHER]")
            .replace(&project, "[PROJECT]"),
    );
}

#[test]
fn recognizes_a_missing_gallery_permission_with_either_status() {
    let expected = expect![[r#"
        error: Could not unpublish pub.hello: this identity lacks the permission ([STATUS] of marketplace.visualstudio.com).
          it said: Access Denied: [PROFILE] needs the following permission(s) on the resource /pub to perform this action: Delete an extension
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [PROFILE]
          its name: app's principal
        What to do: Open https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and paste the identity's ID with the role Contributor (Creator for a new extension); adieu whoami prints the ID.
        More: adieu explain publisher-member
        exit 1
    "#]];
    for status in [401, 403] {
        let world = world();
        world.marketplace().set_role("pub", "app", Some("Reader"));
        world.marketplace().add_extension("pub.hello");
        world.marketplace().access_check_status(status);
        let output = asked(
            &world,
            &[
                "extension",
                "unpublish",
                "--all-versions",
                "--yes",
                "--publisher",
                "pub",
                "--extension-id",
                "hello",
            ],
        );
        expected.assert_eq(&output.replace(&format!("({status} of"), "([STATUS] of"));
    }
}
