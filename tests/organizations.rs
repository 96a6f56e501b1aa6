//! Two organizations in two tenants, and one service connection: where its identity is refused.
//!
//! It adds no member; onboard.rs does.

use adieu_emulator::{Connection, MY_CONNECTION, World};
use expect_test::expect;
use serde_json::Value;

use crate::extension::{job, run, shown};
use crate::harness::stable;
use crate::shell::Shell;

/// A world in which `my-connection` is a member of `fabrikam` in the home tenant and, as another identity, of
/// `northwind` in a second tenant. Returns that tenant.
fn world() -> (World, String) {
    let world = World::start();
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Creator"));
    let tenant = world.entra().add_tenant(MY_CONNECTION);
    world.organizations().connect("northwind", &tenant);
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.organizations().add_member("northwind", MY_CONNECTION);
    (world, tenant)
}

fn whoami(world: &World, arguments: &[&str]) -> (Value, String, i32) {
    let arguments = [
        &["whoami", "--output", "json", "--credential", "pipelines"],
        arguments,
    ]
    .concat();
    let output = Shell::in_a_step(world, &[])
        .on_the_internet()
        .adieu(&arguments);
    let json = serde_json::from_str(&output.stdout).unwrap_or_default();
    (json, output.stderr, output.status)
}

#[test]
fn one_connection_is_a_member_of_two_organizations_in_two_tenants() {
    let (world, tenant) = world();
    let (home, _, status) = whoami(&world, &["--organization", "fabrikam"]);
    assert_eq!(status, 0);
    assert_eq!(home["tenant"], world.entra().tenant());
    assert_eq!(home["objectId"], world.entra().object_id(MY_CONNECTION));
    let (other, errors, status) = whoami(&world, &["--organization", "northwind"]);
    assert_eq!(status, 0, "{errors}");
    assert_eq!(other["tenant"], tenant);
    assert_eq!(other["organization"]["isMember"], true);
    // One application, with another identity in each tenant.
    assert_eq!(other["clientId"], home["clientId"]);
    assert_ne!(other["objectId"], home["objectId"]);
    assert_ne!(other["id"], home["id"]);
}

#[test]
fn a_tenant_without_the_application_is_named() {
    let (world, _) = world();
    let foreign = world.entra().add_foreign_tenant();
    world.organizations().connect("wingtip", &foreign);
    let (_, errors, status) = whoami(&world, &["--organization", "wingtip"]);
    assert_eq!(status, 1);
    expect![[r#"
        error: Microsoft Entra refused the service connection (AADSTS700016) because the application is not in this tenant.
          it said: Application with identifier '[GUID]' was not found in the directory '[FOREIGN]'.
          authority: [ENTRA]
          tenant: [FOREIGN]
          client id: [GUID]
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          credential: pipelines
        What to do: Compare client ID and tenant with the overview page of the app registration; with --tenant, the application must be known in that tenant.
        More: adieu explain aadsts700016
    "#]].assert_eq(&stable(&world, &errors.replace(&foreign, "[FOREIGN]")));
}

#[test]
fn names_both_tenants_of_a_token_for_another_tenant() {
    let (world, tenant) = world();
    let home = world.entra().tenant();
    let (_, errors, status) = whoami(&world, &["--organization", "northwind", "--tenant", &home]);
    assert_eq!(status, 1);
    expect![[r#"
        error: northwind accepts tokens of tenant [NORTHWIND], but this one is of tenant [TENANT].
          it said: TF400813: The user '[GUID]' is not authorized to access this resource.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [GUID]
          its name: my-connection's principal
          object id: [GUID]
          client id: [GUID]
          token's tenant: [TENANT]
        What to do: Request a token of that tenant (--tenant [NORTHWIND]; EntraToken@1: tenantId), for an application with an enterprise application there.
        More: adieu explain tenants
    "#]].assert_eq(&stable(&world, &errors.replace(&tenant, "[NORTHWIND]")));
}

#[test]
fn a_managed_identity_does_not_reach_another_tenant() {
    let (world, tenant) = world();
    world.add_connection(Connection::managed_identity("app", None));
    let asked = || {
        let output = Shell::machine(&world).adieu(&[
            "whoami",
            "--organization",
            "northwind",
            "--credential",
            "managed-identity",
        ]);
        assert_eq!(output.status, 1);
        stable(&world, &output.stderr.replace(&tenant, "[NORTHWIND]"))
    };
    expect![[r#"
        error: northwind accepts tokens of tenant [NORTHWIND], but this one is of tenant [TENANT].
          it said: TF400813: The user '[GUID]' is not authorized to access this resource.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [GUID]
          its name: app's principal
          object id: [GUID]
          token's tenant: [TENANT]
        What to do: Request a token of that tenant (--tenant [NORTHWIND]; EntraToken@1: tenantId), for an application with an enterprise application there.
        More: adieu explain tenants
    "#]].assert_eq(&asked());
    // A token that can be decoded, as in 2025, is not even sent.
    world.entra().readable_tokens();
    expect![[r#"
        error: managed-identity has a token of tenant [TENANT], not of tenant [NORTHWIND].
        What to do: A managed identity belongs to one tenant. Use an identity in that tenant, or leave out --tenant.
        More: adieu explain credential
    "#]].assert_eq(&asked());
}

#[test]
fn names_each_organization_that_refused_the_identity() {
    let (world, tenant) = world();
    let (mut job, _proxy) = job(&world);
    run(&mut job, "publish", &[]);
    run(
        &mut job,
        "share",
        &[("organizations", "fabrikam\nnorthwind\ncontoso")],
    );
    world.organizations().add("contoso");
    let mut outcome = run(
        &mut job,
        "install",
        &[("organizations", "fabrikam\nnorthwind\ncontoso")],
    );
    outcome.log = outcome.log.replace(&tenant, "[NORTHWIND]");
    expect![[r#"
        fabrikam: installed 3.2.1.
        ##[error]northwind accepts tokens of tenant [NORTHWIND], but this one is of tenant [TENANT].
          it said: TF400813: The user '[GUID]' is not authorized to access this resource.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          object id: [GUID]
          client id: ***
          token's tenant: [TENANT]
        What to do: Request a token of that tenant (--tenant [NORTHWIND]; EntraToken@1: tenantId), for an application with an enterprise application there.
        More: adieu explain tenants
        contoso accepts the token, but this identity has not been added to it (TF401444, 401 of extmgmt.dev.azure.com).
          it said: TF401444: Please sign-in at least once as [TENANT]\[TENANT]\[GUID] in a web browser to enable access to the service.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          object id: [GUID]
          client id: ***
          token's tenant: [TENANT]
        What to do: Have an administrator of the organization run: adieu onboard --organization contoso --identity [GUID]
        More: adieu explain tf401444"#]].assert_eq(&shown(&world, &job, &outcome));
}
