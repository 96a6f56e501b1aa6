//! Microsoft Entra: the codes and messages of its refusals, and its tokens.

use adieu_emulator::{MY_CONNECTION, World};

use super::Row;
use super::azure_devops::{COMMON_ERRORS, id_token};
use super::client::{Answer, ask, form};

/// Microsoft Entra error bodies of 2025 and 2026.
const ENTRA: &str = "Azure/azure-sdk-for-net#46762, dotnet/docker-tools#2012";

pub(super) const ROWS: [Row; 8] = [
    Row {
        fact: "no enterprise application in the tenant",
        evidence: "learn.microsoft.com, AADSTS7000229; teams-ai logs of 2025",
        answer: |world| {
            world.entra().remove_enterprise_application(MY_CONNECTION);
            exchange(world)
        },
        shape: "401 application/json; charset=utf-8 invalid_client 'AADSTS7000229'",
    },
    Row {
        fact: "an application that other tenants may have too",
        evidence: COMMON_ERRORS,
        answer: |world| {
            world.entra().multi_tenant(MY_CONNECTION);
            exchange(world)
        },
        shape: "400 application/json; charset=utf-8 invalid_request 'AADSTS70052'",
    },
    Row {
        fact: "a subject that no federated credential has",
        evidence: "dotnet/docker-tools#2012",
        answer: |world| {
            world
                .entra()
                .federate(MY_CONNECTION, |_, subject, _| subject.push('x'));
            exchange(world)
        },
        shape: "401 application/json; charset=utf-8 invalid_client 'AADSTS700213'",
    },
    Row {
        fact: "a federated credential that no assertion matches",
        evidence: "Azure/azure-workload-identity, AADSTS70021",
        answer: |world| {
            world.entra().refuse_with(70_021, None);
            exchange(world)
        },
        shape: "401 application/json; charset=utf-8 unauthorized_client 'AADSTS70021'",
    },
    Row {
        fact: "an assertion that has expired",
        evidence: ENTRA,
        answer: |world| {
            world.azure_devops().id_token_lifetime(-3600);
            exchange(world)
        },
        shape: "401 application/json; charset=utf-8 invalid_client 'AADSTS700024'",
    },
    Row {
        fact: "a policy of conditional access",
        evidence: ENTRA,
        answer: |world| {
            world.entra().refuse_with(53_003, None);
            exchange(world)
        },
        shape: "400 application/json; charset=utf-8 invalid_grant 'AADSTS53003'",
    },
    Row {
        fact: "the tenant of zeros",
        evidence: "learn.microsoft.com, AADSTS900021",
        answer: |world| exchange_at(world, "00000000-0000-0000-0000-000000000000"),
        shape: "400 application/json; charset=utf-8 invalid_request 'AADSTS900021'",
    },
    Row {
        fact: "a success",
        evidence: "learn.microsoft.com, OAuth 2.0 client credentials flow",
        answer: |world| exchange(world),
        shape: "200 application/json; charset=utf-8",
    },
];

fn exchange(world: &World) -> Answer {
    exchange_at(world, &world.entra().tenant())
}

fn exchange_at(world: &World, tenant: &str) -> Answer {
    let token = id_token(world, MY_CONNECTION, None);
    let token = token.body["oidcToken"].as_str().expect("an ID token");
    let client = world.client_id(MY_CONNECTION);
    let fields = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &client),
        ("scope", "499b84ac-1321-427f-aa17-267ca6975798/.default"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", token),
    ]);
    let target = format!("/{tenant}/oauth2/v2.0/token");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let port = world.entra().port();
    ask(world, port, "POST", &target, &headers, Some(&fields))
}

#[test]
fn entra_errors_are_one_line_and_name_the_policy() {
    let world = World::start();
    world.entra().refuse_with(53_003, None);
    let answer = exchange(&world);
    let description = answer.body["error_description"].as_str().expect("words");
    assert!(!description.contains('\n'), "{description}");
    assert_eq!(answer.body["suberror"], "message_only");
    assert!(answer.body["claims"].is_string());
}

#[test]
fn tokens_cannot_be_read() {
    let world = World::start();
    let token = world.entra().azure_devops_token(MY_CONNECTION);
    assert_eq!(token.split('.').count(), 5, "{token}");
    let readable = World::start();
    readable.entra().readable_tokens();
    let token = readable.entra().azure_devops_token(MY_CONNECTION);
    assert_eq!(token.split('.').count(), 3, "{token}");
}
