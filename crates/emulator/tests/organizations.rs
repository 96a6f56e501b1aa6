//! How strict organizations, their entitlements and their tenants are, tested by a client that knows nothing but
//! HTTP.
//!
//! It never uses the client of this repository.

mod client;

use adieu_emulator::{Connection, MY_CONNECTION, World};
use serde_json::{Value, json};

use client::{Answer, SUPPRESS, ask_plain};

const ENTITLEMENTS: &str = "/contoso/_apis/serviceprincipalentitlements";

/// Sends a request to a host of Azure DevOps over plain HTTP, with a token of a connection's application.
fn ask(world: &World, token: &str, host: &str, line: &str, body: Option<(&str, Value)>) -> Answer {
    let (method, target) = line.split_once(' ').expect("a method and a target");
    let bearer = format!("Bearer {token}");
    let mut headers = vec![SUPPRESS, ("Authorization", bearer.as_str())];
    headers.extend(body.as_ref().map(|(kind, _)| ("Content-Type", *kind)));
    let body = body.as_ref().map(|(_, body)| body.to_string());
    let port = world.plain_marketplace().port();
    ask_plain(port, host, method, target, &headers, body.as_deref())
}

fn wanted(origin_id: &str, level: &str) -> Value {
    json!({
        "accessLevel": { "accountLicenseType": level, "licensingSource": "account" },
        "servicePrincipal": { "origin": "aad", "originId": origin_id, "subjectKind": "servicePrincipal" },
        "projectEntitlements": [],
    })
}

fn add(world: &World, token: &str, body: Value) -> Answer {
    let line = format!("POST {ENTITLEMENTS}?api-version=7.1-preview.1");
    ask(
        world,
        token,
        "vsaex.dev.azure.com",
        &line,
        Some(("application/json", body)),
    )
}

/// A world in which `administrator` administers contoso, and `my-connection` has not been added yet.
fn world() -> (World, String) {
    let world = World::start();
    world.add_connection(Connection::client_secret("administrator"));
    world
        .organizations()
        .add_administrator("contoso", "administrator");
    let token = world.entra().azure_devops_token("administrator");
    (world, token)
}

#[test]
fn adds_an_enterprise_application_by_its_own_object_id_only() {
    let (world, token) = world();
    for wrong in [
        world.client_id(MY_CONNECTION),
        world.entra().registration_id(MY_CONNECTION),
    ] {
        let answer = add(&world, &token, wanted(&wrong, "express"));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["isSuccess"], false);
        let error = &answer.body["operationResult"]["errors"][0];
        assert_eq!(error["key"], 5000);
        assert_eq!(
            error["value"],
            format!(
                "VS860016: Could not find originId '{wrong}' in the backing domain '{}'.",
                world.entra().tenant()
            )
        );
    }
    let right = world.entra().object_id(MY_CONNECTION);
    let answer = add(&world, &token, wanted(&right, "express"));
    assert_eq!(answer.body["isSuccess"], true);
    let made = &answer.body["servicePrincipalEntitlement"];
    assert_eq!(
        made["servicePrincipal"]["applicationId"],
        world.client_id(MY_CONNECTION)
    );
    assert_eq!(made["accessLevel"]["licenseDisplayName"], "Basic");
    assert_eq!(made["id"], world.organizations().profile_id(MY_CONNECTION));
}

#[test]
fn a_failure_has_status_200_and_a_number() {
    let (world, token) = world();
    let object = world.entra().object_id(MY_CONNECTION);
    let error = |answer: &Answer| {
        assert_eq!(answer.status, 200);
        answer.body["operationResult"]["errors"][0]["key"].as_u64()
    };
    let theirs = world.entra().azure_devops_token(MY_CONNECTION);
    world.organizations().add_member("contoso", MY_CONNECTION);
    assert_eq!(
        error(&add(&world, &theirs, wanted(&object, "express"))),
        Some(5032)
    );
    world.organizations().licenses_left("contoso", 0);
    assert_eq!(
        error(&add(&world, &token, wanted(&object, "advanced"))),
        Some(5005)
    );
    world.organizations().not_yet_known(MY_CONNECTION, 1);
    assert_eq!(
        error(&add(&world, &token, wanted(&object, "stakeholder"))),
        Some(5000)
    );
    assert_eq!(
        error(&add(&world, &token, wanted(&object, "stakeholder"))),
        None
    );
}

#[test]
fn refuses_requests_outside_the_reference() {
    let (mut world, token) = world();
    let object = world.entra().object_id(MY_CONNECTION);
    let mut body = wanted(&object, "express");
    body["servicePrincipal"]["subjectKind"] = json!("user");
    assert_eq!(add(&world, &token, body).status, 400);
    assert_eq!(add(&world, &token, wanted(&object, "basic")).status, 400);
    let host = "vsaex.dev.azure.com";
    let line = format!("POST {ENTITLEMENTS}");
    let without_version = ask(
        &world,
        &token,
        host,
        &line,
        Some(("application/json", wanted(&object, "express"))),
    );
    assert_eq!(without_version.status, 400);
    let line = format!(
        "PATCH {ENTITLEMENTS}/{}?api-version=7.1-preview.1",
        world.organizations().profile_id("administrator")
    );
    let patch = json!([{ "op": "replace", "path": "/accessLevel", "value": {
        "accountLicenseType": "stakeholder", "licensingSource": "account" } }]);
    assert_eq!(
        ask(
            &world,
            &token,
            host,
            &line,
            Some(("application/json", patch.clone()))
        )
        .status,
        415
    );
    let kind = "application/json-patch+json";
    let answer = ask(&world, &token, host, &line, Some((kind, patch)));
    assert_eq!(answer.body["isSuccess"], true, "{}", answer.body);
    // The organization's own host has no entitlements.
    world.expect_violations();
    let line = format!("GET {ENTITLEMENTS}/x?api-version=7.1-preview.1");
    assert_eq!(
        ask(&world, &token, "dev.azure.com", &line, None).status,
        404
    );
    assert_eq!(world.violations().len(), 1);
}

#[test]
fn lists_applications_a_page_at_a_time() {
    let (world, token) = world();
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.organizations().page_of_members(1);
    let host = "vsaex.dev.azure.com";
    let line = "GET /contoso/_apis/memberentitlements?$filter=userType%20eq%20%27application%27&api-version=7.1-preview.2";
    let first = ask(&world, &token, host, line, None);
    assert_eq!(
        first.body["items"][0]["member"]["applicationId"],
        world.client_id("administrator")
    );
    let next = first.body["continuationToken"].as_str().expect("a token");
    let second = ask(
        &world,
        &token,
        host,
        &format!("{line}&continuationToken={next}"),
        None,
    );
    assert_eq!(
        second.body["items"][0]["member"]["originId"],
        world.entra().object_id(MY_CONNECTION)
    );
    assert_eq!(second.body["continuationToken"], "");
}

#[test]
fn refuses_a_token_of_another_tenant() {
    let (world, token) = world();
    let tenant = world.entra().add_tenant("administrator");
    world.organizations().connect("fabrikam", &tenant);
    world
        .organizations()
        .add_member("fabrikam", "administrator");
    let line = |organization: &str| {
        format!("GET /{organization}/_apis/connectionData?api-version=7.2-preview.1")
    };
    let own = ask(&world, &token, "dev.azure.com", &line("contoso"), None);
    assert_eq!(own.status, 200);
    let user = &own.body["authenticatedUser"];
    assert_eq!(
        user["id"],
        world.organizations().profile_id("administrator")
    );
    assert!(
        user["subjectDescriptor"]
            .as_str()
            .is_some_and(|text| text.starts_with("aadsp."))
    );
    let other = ask(&world, &token, "dev.azure.com", &line("fabrikam"), None);
    assert_eq!(other.status, 401);
    assert!(
        other
            .head
            .contains(&format!("X-VSS-ResourceTenant: {tenant}")),
        "{}",
        other.head
    );
    assert!(
        other.body["message"]
            .as_str()
            .is_some_and(|text| text.contains("'aaaaaaaa-"))
    );
}
