//! How strict the services for administrators are: users, personal access tokens, the audit log, and the lists of
//! service connections, variable groups, definitions and agents.
//!
//! It never uses the client of this repository.

mod client;

use std::time::Duration;

use adieu_emulator::{Connection, MY_CONNECTION, Pat, Resource, World};
use serde_json::{Value, json};

use client::{Answer, SUPPRESS, ask_plain};

const USERS: &str = "/contoso/_apis/graph/users";
const AUDIT: &str = "/contoso/_apis/audit/auditlog";
/// The last 90 days, and more.
const RANGE: &str = "startTime=2020-01-01T00:00:00Z&endTime=2099-01-01T00:00:00Z";
const NO_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// A world in which `administrator` administers contoso, and its token.
fn world() -> (World, String) {
    let world = World::start();
    world.add_connection(Connection::client_secret("administrator"));
    world
        .organizations()
        .add_administrator("contoso", "administrator");
    let token = world.entra().azure_devops_token("administrator");
    (world, token)
}

/// Sends a request to the host of a list.
fn get(world: &World, token: &str, target: &str) -> Answer {
    let host = match target {
        target if target.starts_with(AUDIT) => "auditservice.dev.azure.com",
        target if target.contains("/graph/") || target.contains("/tokenadmin/") => {
            "vssps.dev.azure.com"
        }
        target if target.contains("/release/") => "vsrm.dev.azure.com",
        _ => "dev.azure.com",
    };
    ask(world, token, host, "GET", target)
}

fn ask(world: &World, token: &str, host: &str, method: &str, target: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [SUPPRESS, ("Authorization", bearer.as_str())];
    let body = (method != "GET").then_some("[]");
    let port = world.plain_marketplace().port();
    ask_plain(port, host, method, target, &headers, body)
}

/// The descriptor of a person in the list of users.
fn descriptor(world: &World, token: &str, account: &str) -> String {
    let target = format!("{USERS}?subjectTypes=aad&api-version=7.1-preview.1");
    let users = get(world, token, &target).body;
    let mut users = users["value"].as_array().expect("users").iter();
    let user = users.find(|user| user["principalName"] == account);
    let descriptor = user.expect("the person")["descriptor"].as_str();
    descriptor.expect("a descriptor").to_owned()
}

fn pats_of(descriptor: &str) -> String {
    format!("/contoso/_apis/tokenadmin/personalaccesstokens/{descriptor}")
}

#[test]
fn every_route_needs_a_version_that_it_has() {
    let (world, token) = world();
    world
        .organizations()
        .add_user("contoso", "ada@contoso.example", "Ada");
    let project = world.organizations().add_project("contoso", "Web");
    let ada = descriptor(&world, &token, "ada@contoso.example");
    for (target, known, unknown) in [
        (USERS.to_owned(), "7.2-preview.1", "7.1-preview.2"),
        (pats_of(&ada), "7.2-preview.1", "6.0"),
        (format!("{AUDIT}?{RANGE}"), "7.1-preview.1", "7.1"),
        (
            format!("/contoso/{project}/_apis/serviceendpoint/endpoints"),
            "7.2-preview.4",
            "7.2-preview.1",
        ),
        (
            format!("/contoso/{project}/_apis/distributedtask/variablegroups"),
            "7.2-preview.2",
            "5.0",
        ),
        (
            format!("/contoso/{project}/_apis/build/definitions"),
            "7.2-preview.8",
            "7.2-preview.4",
        ),
        (
            format!("/contoso/{project}/_apis/release/definitions"),
            "7.2-preview.4",
            "7.2-preview.8",
        ),
        (
            "/contoso/_apis/distributedtask/pools".to_owned(),
            "7.2-preview.1",
            "7.2-preview.3",
        ),
    ] {
        let mark = if target.contains('?') { '&' } else { '?' };
        let with = |version: &str| format!("{target}{mark}api-version={version}");
        let status = |target: &str| get(&world, &token, target).status;
        assert_eq!(status(&target), 400, "{target}");
        assert_eq!(status(&with(unknown)), 400, "{target}");
        assert_eq!(status(&with(known)), 200, "{target}");
    }
    assert_eq!(world.violations(), [""; 0]);
}

#[test]
fn a_parameter_that_a_route_does_not_have_is_a_violation() {
    let (mut world, token) = world();
    world.expect_violations();
    world
        .organizations()
        .add_user("contoso", "ada@contoso.example", "Ada");
    let ada = descriptor(&world, &token, "ada@contoso.example");
    for (number, target) in [
        format!("{USERS}?$top=10&api-version=7.1-preview.1"),
        format!("{}?top=10&api-version=7.2-preview.1", pats_of(&ada)),
        format!("{AUDIT}?{RANGE}&$top=10&api-version=7.1-preview.1"),
        "/contoso/_apis/distributedtask/pools?$top=10&api-version=7.2-preview.1".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        // The services ignore it, so it has no effect.
        assert_eq!(get(&world, &token, target).status, 200, "{target}");
        let violations = world.violations();
        assert_eq!(violations.len(), number + 1, "{violations:?}");
        assert!(
            violations[number].contains("has no parameter"),
            "{violations:?}"
        );
    }
}

#[test]
fn every_route_needs_a_bearer_and_is_on_its_own_host() {
    let (mut world, token) = world();
    world.expect_violations();
    let port = world.plain_marketplace().port();
    for (host, target) in [
        (
            "vssps.dev.azure.com",
            format!("{USERS}?api-version=7.1-preview.1"),
        ),
        (
            "vssps.dev.azure.com",
            format!("{}?api-version=7.2-preview.1", pats_of("aad.x")),
        ),
        (
            "auditservice.dev.azure.com",
            format!("{AUDIT}?{RANGE}&api-version=7.1-preview.1"),
        ),
    ] {
        let without = ask_plain(port, host, "GET", &target, &[SUPPRESS], None);
        assert_eq!(without.status, 401, "{target}");
        assert_eq!(without.body["typeKey"], "UnauthorizedRequestException");
        let bearer = format!("Bearer {token}x");
        let wrong = [SUPPRESS, ("Authorization", bearer.as_str())];
        let wrong = ask_plain(port, host, "GET", &target, &wrong, None);
        assert_eq!(wrong.status, 401, "{target}");
        // A client that does not suppress it gets the sign-in page.
        let wrong = [("Authorization", bearer.as_str())];
        assert_eq!(
            ask_plain(port, host, "GET", &target, &wrong, None).status,
            302
        );
        let before = world.violations().len();
        let elsewhere = ask(&world, &token, "dev.azure.com", "GET", &target);
        assert_eq!(elsewhere.status, 404, "{target}");
        assert_eq!(world.violations().len(), before + 1, "{target}");
    }
}

#[test]
fn has_no_route_that_revokes() {
    let (mut world, token) = world();
    world.expect_violations();
    for (number, line) in [
        "POST /contoso/_apis/tokenadmin/revocations?api-version=7.2-preview.1",
        "POST /contoso/_apis/tokenadmin/revocationrules?api-version=7.2-preview.1",
        "DELETE /contoso/_apis/tokenadmin/personalaccesstokens/aad.x?api-version=7.2-preview.1",
        "DELETE /contoso/_apis/tokens/pats?authorizationId=x&api-version=7.1-preview.1",
    ]
    .iter()
    .enumerate()
    {
        let (method, target) = line.split_once(' ').expect("a method and a target");
        let answer = ask(&world, &token, "vssps.dev.azure.com", method, target);
        assert_eq!(answer.status, 404, "{line}");
        assert_eq!(world.violations().len(), number + 1, "{line}");
    }
}

#[test]
fn only_administrators_see_tokens_and_the_audit_log() {
    let (world, administrator) = world();
    world.organizations().add_member("contoso", MY_CONNECTION);
    world
        .organizations()
        .add_user("contoso", "ada@contoso.example", "Ada");
    let member = world.entra().azure_devops_token(MY_CONNECTION);
    let ada = descriptor(&world, &member, "ada@contoso.example");
    let pats = format!("{}?api-version=7.2-preview.1", pats_of(&ada));
    let audit = format!("{AUDIT}?{RANGE}&api-version=7.1-preview.1");
    assert_eq!(get(&world, &administrator, &pats).status, 200);
    assert_eq!(get(&world, &administrator, &audit).status, 200);
    // The reference documents 401 for this one.
    let refused = get(&world, &member, &pats);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.body["typeKey"], "InvalidAccessException");
    let refused = get(&world, &member, &audit);
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body["typeKey"], "AccessCheckException");
    world.organizations().close_audit_log("contoso");
    assert_eq!(get(&world, &administrator, &audit).status, 403);
    let stranger = world.entra().azure_devops_token("administrator");
    world.organizations().add("fabrikam");
    let elsewhere = "/fabrikam/_apis/graph/users?api-version=7.1-preview.1";
    assert_eq!(get(&world, &stranger, elsewhere).status, 401);
}

#[test]
fn users_come_by_kind_and_in_pages() {
    let (world, token) = world();
    for name in ["a", "b", "c"] {
        let account = format!("{name}@contoso.example");
        world.organizations().add_user("contoso", &account, name);
    }
    let accounts = |answer: &Answer| -> Vec<String> {
        let users = answer.body["value"].as_array().expect("users");
        let name = |user: &Value| user["displayName"].as_str().map(str::to_owned);
        users.iter().filter_map(name).collect()
    };
    let list = |rest: &str| {
        let target = format!("{USERS}?{rest}api-version=7.1-preview.1");
        get(&world, &token, &target)
    };
    assert_eq!(accounts(&list("")).len(), 4);
    assert_eq!(accounts(&list("subjectTypes=aad,msa&")), ["a", "b", "c"]);
    assert_eq!(accounts(&list("subjectTypes=aadsp&")).len(), 1);
    assert_eq!(accounts(&list("subjectTypes=svc&")), [""; 0]);
    world.organizations().page_of_users(2);
    let first = list("subjectTypes=aad&");
    assert_eq!(accounts(&first), ["a", "b"]);
    let next = first.header("X-MS-ContinuationToken").expect("a token");
    let second = list(&format!("subjectTypes=aad&continuationToken={next}&"));
    assert_eq!(accounts(&second), ["c"]);
    assert_eq!(second.header("X-MS-ContinuationToken"), None);
    let wrong = list("continuationToken=second&");
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.body["typeKey"], "InvalidContinuationTokenException");
}

#[test]
fn tokens_come_in_pages_of_twenty_and_without_a_token() {
    let (world, token) = world();
    let account = "ada@contoso.example";
    world.organizations().add_user("contoso", account, "Ada");
    let ids: Vec<String> = (0..25)
        .map(|_| {
            let pat = Pat::default();
            world.organizations().add_pat("contoso", account, &pat)
        })
        .collect();
    let ada = descriptor(&world, &token, account);
    let list = |descriptor: &str, rest: &str| {
        let target = format!("{}?{rest}api-version=7.2-preview.1", pats_of(descriptor));
        get(&world, &token, &target)
    };
    let shown = |answer: &Answer| -> Vec<String> {
        let pats = answer.body["value"].as_array().expect("tokens");
        for pat in pats {
            assert_eq!(pat["token"], Value::Null);
            assert_eq!(pat["alternateToken"], Value::Null);
        }
        let id = |pat: &Value| pat["authorizationId"].as_str().map(str::to_owned);
        pats.iter().filter_map(id).collect()
    };
    let first = list(&ada, "");
    assert_eq!(shown(&first), ids[..20]);
    assert_eq!(first.body["continuationToken"], ids[20]);
    let rest = format!("continuationToken={}&", ids[20]);
    let second = list(&ada, &rest);
    assert_eq!(shown(&second), ids[20..]);
    // .NET writes this for a GUID that is not set.
    assert_eq!(second.body["continuationToken"], NO_GUID);
    assert_eq!(shown(&list(&ada, "pageSize=3&")), ids[..3]);
    for rest in ["pageSize=0&", "pageSize=21&", "pageSize=x&"] {
        assert_eq!(list(&ada, rest).status, 400, "{rest}");
    }
    let unknown = format!("continuationToken={NO_GUID}&");
    assert_eq!(list(&ada, &unknown).status, 400);
    let missing = list("aad.x", "");
    assert_eq!(missing.status, 404);
    assert_eq!(missing.body["typeKey"], "GraphSubjectNotFoundException");
}

#[test]
fn the_audit_log_returns_a_time_range_newest_first() {
    let (world, token) = world();
    let day = Duration::from_secs(24 * 60 * 60);
    let organizations = world.organizations();
    let moments: Vec<String> = (1..=5)
        .map(|days| organizations.log_action("contoso", "AAD_Cookie", day * days))
        .collect();
    let list = |rest: &str| {
        let target = format!("{AUDIT}?{rest}&api-version=7.1-preview.1");
        get(&world, &token, &target)
    };
    let shown = |answer: &Answer| -> Vec<String> {
        let entries = answer.body["decoratedAuditLogEntries"].as_array();
        let at = |entry: &Value| entry["timestamp"].as_str().map(str::to_owned);
        entries.expect("entries").iter().filter_map(at).collect()
    };
    let all = list(RANGE);
    assert_eq!(shown(&all), moments);
    assert_eq!(all.body["hasMore"], false);
    let some = format!("startTime={}&endTime={}", moments[3], moments[1]);
    assert_eq!(shown(&list(&some)), moments[1..=3]);
    let first = list(&format!("{RANGE}&batchSize=2"));
    assert_eq!(shown(&first), moments[..2]);
    assert_eq!(first.body["hasMore"], true);
    let next = first.body["continuationToken"].as_str().expect("a token");
    let second = list(&format!("{RANGE}&batchSize=3&continuationToken={next}"));
    assert_eq!(shown(&second), moments[2..]);
    for wrong in [
        "",
        "startTime=yesterday&endTime=2099-01-01T00:00:00Z",
        &format!("{RANGE}&batchSize=many"),
        &format!("{RANGE}&continuationToken=next"),
    ] {
        assert_eq!(list(wrong).status, 400, "{wrong}");
    }
}

#[test]
fn lists_of_a_project_keep_secrets_and_have_pages() {
    let (world, token) = world();
    let organizations = world.organizations();
    let project = organizations.add_project("contoso", "Web");
    for number in 0..3 {
        let document = json!({
            "name": format!("group {number}"), "variables": {
                "A": { "isSecret": true, "value": "kept" }, "B": { "value": "shown" },
            },
        });
        let group = Resource::VariableGroup;
        organizations.add_resource("contoso", Some(&project), group, document);
    }
    organizations.add_resource(
        "contoso",
        Some(&project),
        Resource::ServiceConnection,
        json!({ "name": "c", "authorization": { "scheme": "Token", "parameters": {
            "apitoken": "kept", "username": "u" } } }),
    );
    let groups = |rest: &str| {
        let target = format!(
            "/contoso/{project}/_apis/distributedtask/variablegroups?{rest}api-version=7.2-preview.2"
        );
        get(&world, &token, &target)
    };
    let first = groups("$top=2&");
    assert_eq!(first.body["count"], 2);
    assert!(!first.text.contains("kept") && first.text.contains("shown"));
    let next = first.header("x-ms-continuationtoken").expect("a token");
    let second = groups(&format!("$top=2&continuationToken={next}&"));
    assert_eq!(second.body["count"], 1);
    assert_eq!(second.header("x-ms-continuationtoken"), None);
    assert_eq!(groups("$top=some&").status, 400);
    assert_eq!(groups("continuationToken=2&").status, 400);
    let target = format!(
        "/contoso/{project}/_apis/serviceendpoint/endpoints?includeFailed=true&api-version=7.2-preview.4"
    );
    let connections = get(&world, &token, &target);
    let parameters = &connections.body["value"][0]["authorization"]["parameters"];
    assert_eq!(*parameters, json!({ "apitoken": null, "username": "u" }));
    // The route needs the project's ID; an unknown project is refused like one that the caller cannot see.
    let target = "/contoso/Nowhere/_apis/build/definitions?api-version=7.2-preview.8";
    assert_eq!(get(&world, &token, target).status, 404);
    organizations.close_resources(Some(&project), Resource::VariableGroup);
    assert_eq!(groups("").status, 403);
}
