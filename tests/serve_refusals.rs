//! The broker and a client with the key that sends invalid requests: it gets an explanation immediately.
//!
//! Refusals by Microsoft Entra are in `tests/token_refusals.rs`.

use adieu_emulator::{MY_CONNECTION, World};
use expect_test::expect;

use crate::harness::{AZURE_DEVOPS, JobWithBroker, stable};
use crate::serve_bytes::{GOOD, GOOD_AZD, attempt, closing, fill};

#[test]
fn explains_invalid_requests_to_clients_with_the_key() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity\nazd");
    let own = world.client_id(MY_CONNECTION);
    let query = |query: &str| {
        let (before, after) = GOOD.split_once("?").expect("a query");
        let (_, after) = after.split_once(' ').expect("a version");
        format!("{before}?api-version=2019-08-01&{query} {after}")
    };
    let body = |body: &str| {
        let (head, _) = GOOD_AZD.split_once("\r\n\r\n").expect("a head");
        let head = head.replace("60", &body.len().to_string());
        format!("{head}\r\n\r\n{body}")
    };
    let good = format!("resource={AZURE_DEVOPS}");
    let long = "a".repeat(600);
    let mut answers = String::new();
    for (what, request) in [
        (
            "its own identity",
            query(&format!("{good}&client_id={}", own.to_uppercase())),
        ),
        (
            "another identity",
            query(&format!(
                "{good}&client_id=00000000-0000-0000-0000-000000000001"
            )),
        ),
        ("an object id", query(&format!("{good}&object_id={own}"))),
        (
            "a resource id",
            query(&format!("{good}&mi_res_id=/subscriptions/x")),
        ),
        (
            "the machine's endpoint, the key in its path",
            query(&good)
                .replacen("/msi/token", "/KEY/metadata/identity/oauth2/token", 1)
                .replace("X-IDENTITY-HEADER: KEY", "Metadata: true"),
        ),
        (
            "the same as Java and JavaScript write it",
            query(&good)
                .replacen("/msi/token", "/KEY/metadata/identity/oauth2/token/", 1)
                .replace("X-IDENTITY-HEADER: KEY", "Metadata: true"),
        ),
        ("no resource", query("")),
        ("an empty resource", query("resource=")),
        ("two resources", query(&format!("{good}&{good}"))),
        (
            "a resource that Entra does not know",
            query("resource=https://unknown.example"),
        ),
        (
            "a resource with a line break",
            query("resource=https://x%0d%0aX-A:%201"),
        ),
        ("a resource with a space", query("resource=a%20b")),
        (
            "a resource with a query",
            query("resource=https://graph.microsoft.com?x=1"),
        ),
        (
            "a resource that is too long",
            query(&format!("resource={long}")),
        ),
        (
            "a scope for a resource",
            query(&format!(
                "resource={AZURE_DEVOPS}/.default%20offline_access"
            )),
        ),
        ("azd: no JSON", body("scopes=x")),
        ("azd: nothing", body("")),
        ("azd: no scopes", body("{}")),
        (
            "azd: scopes that are not a list",
            body(r#"{"scopes":"x/.default"}"#),
        ),
        ("azd: an empty list", body(r#"{"scopes":[]}"#)),
        (
            "azd: two scopes",
            body(r#"{"scopes":["a/.default","b/.default"]}"#),
        ),
        ("azd: a number", body(r#"{"scopes":[1]}"#)),
        (
            "azd: a scope of people",
            body(r#"{"scopes":["https://graph.microsoft.com/User.Read"]}"#),
        ),
        (
            "azd: another tenant",
            body(
                r#"{"scopes":["https://graph.microsoft.com/.default"],"tenantId":"00000000-0000-0000-0000-000000000001"}"#,
            ),
        ),
        (
            "azd: a body that is too long",
            body(&format!(r#"{{"scopes":["{}"]}}"#, "a".repeat(9000))),
        ),
    ] {
        let answer = attempt(
            &served.endpoint,
            closing(&fill(&request, &served.endpoint)).as_bytes(),
        );
        answers.push_str(&format!("{what}\n    {answer}\n"));
    }
    let answers = answers
        .replace(&own, "[OWN]")
        .replace(&own.to_uppercase(), "[OWN]");
    expect![[r#"
        its own identity
            200 {a token}
        another identity
            403 {"error":"access_denied","error_description":"the client asks for the identity [GUID] (AZURE_CLIENT_ID, or in code), but this endpoint has [OWN]; use that one, or name none","statusCode":403,"message":"the client asks for the identity [GUID] (AZURE_CLIENT_ID, or in code), but this endpoint has [OWN]; use that one, or name none"}
        an object id
            403 {"error":"access_denied","error_description":"the client names its identity by object_id, which this endpoint does not know; use the client ID, or name none","statusCode":403,"message":"the client names its identity by object_id, which this endpoint does not know; use the client ID, or name none"}
        a resource id
            403 {"error":"access_denied","error_description":"the client names its identity by mi_res_id, which this endpoint does not know; use the client ID, or name none","statusCode":403,"message":"the client names its identity by mi_res_id, which this endpoint does not know; use the client ID, or name none"}
        the machine's endpoint, the key in its path
            200 {a token}
        the same as Java and JavaScript write it
            200 {a token}
        no resource
            403 {"error":"access_denied","error_description":"the resource is missing, or is not a GUID or a URI","statusCode":403,"message":"the resource is missing, or is not a GUID or a URI"}
        an empty resource
            403 {"error":"access_denied","error_description":"the resource is missing, or is not a GUID or a URI","statusCode":403,"message":"the resource is missing, or is not a GUID or a URI"}
        two resources
            403 {"error":"access_denied","error_description":"the query names two resources","statusCode":403,"message":"the query names two resources"}
        a resource that Entra does not know
            403 {"error":"access_denied","error_description":"Microsoft Entra refused the service connection (AADSTS500011) because the tenant does not have the resource that the token is for. Check the resource in tokens; for Azure DevOps, use the tenant that the organization is connected to (Organization settings → Microsoft Entra). (it said: The resource principal named https://unknown.example was not found in the tenant named [TENANT].; authority: [ENTRA]; tenant: [TENANT]; client id: [OWN]; scope: https://unknown.example/.default; correlation id: [GUID]; trace id: [GUID]; timestamp: [TIME]; connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION])","statusCode":403,"message":"Microsoft Entra refused the service connection (AADSTS500011) because the tenant does not have the resource that the token is for. Check the resource in tokens; for Azure DevOps, use the tenant that the organization is connected to (Organization settings → Microsoft Entra). (it said: The resource principal named https://unknown.example was not found in the tenant named [TENANT].; authority: [ENTRA]; tenant: [TENANT]; client id: [OWN]; scope: https://unknown.example/.default; correlation id: [GUID]; trace id: [GUID]; timestamp: [TIME]; connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION])"}
        a resource with a line break
            403 {"error":"access_denied","error_description":"the resource is missing, or is not a GUID or a URI","statusCode":403,"message":"the resource is missing, or is not a GUID or a URI"}
        a resource with a space
            403 {"error":"access_denied","error_description":"the resource is missing, or is not a GUID or a URI","statusCode":403,"message":"the resource is missing, or is not a GUID or a URI"}
        a resource with a query
            403 {"error":"access_denied","error_description":"the resource is missing, or is not a GUID or a URI","statusCode":403,"message":"the resource is missing, or is not a GUID or a URI"}
        a resource that is too long
            403 {"error":"access_denied","error_description":"the resource is missing, or is not a GUID or a URI","statusCode":403,"message":"the resource is missing, or is not a GUID or a URI"}
        a scope for a resource
            403 {"error":"access_denied","error_description":"the resource is missing, or is not a GUID or a URI","statusCode":403,"message":"the resource is missing, or is not a GUID or a URI"}
        azd: no JSON
            200 {"status":"error","code":"GetTokenError","message":"the request is not an azd request"}
        azd: nothing
            200 {"status":"error","code":"GetTokenError","message":"the request is not an azd request"}
        azd: no scopes
            200 {"status":"error","code":"GetTokenError","message":"the request is not an azd request"}
        azd: scopes that are not a list
            200 {"status":"error","code":"GetTokenError","message":"the request is not an azd request"}
        azd: an empty list
            200 {"status":"error","code":"GetTokenError","message":"the request must name exactly one scope"}
        azd: two scopes
            200 {"status":"error","code":"GetTokenError","message":"the request must name exactly one scope"}
        azd: a number
            200 {"status":"error","code":"GetTokenError","message":"the request must name exactly one scope"}
        azd: a scope of people
            200 {"status":"error","code":"GetTokenError","message":"the scope must end in `/.default`"}
        azd: another tenant
            200 {"status":"error","code":"GetTokenError","message":"the client asks for a token of tenant [GUID], but the service connection signs in to [TENANT]"}
        azd: a body that is too long
            200 {"status":"error","code":"GetTokenError","message":"the body of the request is incomplete or too long"}
    "#]].assert_eq(&stable(&world, &answers));
    served.end();
}

#[test]
fn does_not_return_a_token_that_clients_treat_as_expired() {
    let world = World::start();
    world.entra().access_token_lifetime(298);
    let served = JobWithBroker::start(&world, "identity");
    let (status, body) = served.endpoint.token(AZURE_DEVOPS);
    assert_eq!(status, 503);
    expect!["by this machine's clock, the new token expires in less than five minutes; correct the clock"].assert_eq(body["message"].as_str().expect("a text"));
    served.end();
}

/// A slash at the end makes it another resource.
#[test]
fn limits_the_number_of_cached_tokens() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity");
    let resource = |number: usize| format!("https://vault.azure.net{}", "/".repeat(number));
    for number in 0..64 {
        assert_eq!(served.endpoint.token(&resource(number)).0, 200, "{number}");
    }
    let (status, body) = served.endpoint.token(&resource(64));
    assert_eq!(status, 403);
    expect!["tokens for 64 resources are in use, which is the limit"]
        .assert_eq(body["message"].as_str().expect("a text"));
    // Existing tokens are still returned.
    assert_eq!(served.endpoint.token(&resource(0)).0, 200);
    served.end();
}
