//! How strict the services are, tested by a client that knows nothing but HTTP.
//!
//! It never uses the client of this repository.

mod client;

use std::collections::BTreeMap;
use std::path::Path;

use adieu_emulator::{Connection, MY_CONNECTION, World};
use serde_json::Value;

use client::{SUPPRESS, ask, form};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The environment of a step that names `my-connection`.
fn environment(world: &World) -> BTreeMap<String, String> {
    let task = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../task/token");
    let mut job = world.job();
    job.step(&task)
        .input("connectedService", MY_CONNECTION)
        .environment()
}

fn job_token(environment: &BTreeMap<String, String>) -> String {
    environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"].clone()
}

/// Path of a URL.
fn path(url: &str) -> String {
    url.splitn(4, '/')
        .nth(3)
        .map(|path| format!("/{path}"))
        .expect("a URL with a path")
}

fn id_token(world: &World) -> String {
    let environment = environment(world);
    let target = format!(
        "{}?api-version=7.1&serviceConnectionId={}",
        path(&environment["SYSTEM_OIDCREQUESTURI"]),
        world.connection_id(MY_CONNECTION)
    );
    let token = format!("Bearer {}", job_token(&environment));
    let headers = [("Authorization", token.as_str()), SUPPRESS];
    let answer = ask(
        world,
        world.azure_devops().port(),
        "POST",
        &target,
        &headers,
        Some(""),
    );
    answer.body["oidcToken"]
        .as_str()
        .expect("an ID token")
        .to_owned()
}

#[test]
fn azure_devops_checks_every_part_of_a_request() {
    let mut world = World::start();
    world.expect_violations();
    let other = world.add_connection(Connection::workload_identity("other"));
    let known = world.connection_id(MY_CONNECTION);
    let environment = environment(&world);
    let other_job = self::environment(&world);
    let uri = path(&environment["SYSTEM_OIDCREQUESTURI"]);
    let bearer = format!("Bearer {}", job_token(&environment));
    let foreign = format!("Bearer {}", job_token(&other_job));
    let sound = [("Authorization", bearer.as_str()), SUPPRESS];
    let port = world.azure_devops().port();
    let version = "api-version=7.1";

    let with = |id: &str| format!("{uri}?{version}&serviceConnectionId={id}");
    let rows = [
        (
            "all right",
            "POST",
            with(&known),
            sound.to_vec(),
            Some(""),
            200,
        ),
        (
            "an empty object, as node API clients send it",
            "POST",
            with(&known),
            [sound.as_slice(), &[("Content-Type", "application/json")]].concat(),
            Some("{}"),
            200,
        ),
        (
            "a body that is not JSON",
            "POST",
            with(&known),
            sound.to_vec(),
            Some("{}"),
            415,
        ),
        (
            "a version in the header",
            "POST",
            format!("{uri}?serviceConnectionId={known}"),
            [
                sound.as_slice(),
                &[("Accept", "application/json;api-version=7.1")],
            ]
            .concat(),
            Some(""),
            200,
        ),
        (
            "a version that does not exist yet",
            "POST",
            with(&known).replace("7.1", "7.2"),
            sound.to_vec(),
            Some(""),
            400,
        ),
        (
            "no version",
            "POST",
            format!("{uri}?serviceConnectionId={known}"),
            sound.to_vec(),
            Some(""),
            400,
        ),
        ("no length", "POST", with(&known), sound.to_vec(), None, 411),
        (
            "another method",
            "GET",
            with(&known),
            sound.to_vec(),
            None,
            405,
        ),
        (
            "no token",
            "POST",
            with(&known),
            vec![SUPPRESS],
            Some(""),
            401,
        ),
        (
            "another job's token",
            "POST",
            with(&known),
            vec![("Authorization", &foreign), SUPPRESS],
            Some(""),
            401,
        ),
        (
            "no token, and no header against redirects",
            "POST",
            with(&known),
            vec![],
            Some(""),
            302,
        ),
        (
            "another hub",
            "POST",
            with(&known).replace("hubs/build", "hubs/release"),
            sound.to_vec(),
            Some(""),
            404,
        ),
        (
            "another route",
            "POST",
            "/contoso/_apis/projects".to_owned(),
            sound.to_vec(),
            Some(""),
            404,
        ),
        (
            "no such connection",
            "POST",
            with("00000000-0000-0000-0000-000000000000"),
            sound.to_vec(),
            Some(""),
            404,
        ),
        (
            "a connection that the job does not name",
            "POST",
            with(&other),
            sound.to_vec(),
            Some(""),
            200,
        ),
    ];
    for (what, method, target, headers, body, status) in rows {
        let answer = ask(&world, port, method, &target, &headers, body);
        assert_eq!(
            answer.status, status,
            "{what}: {} {}",
            answer.head, answer.body
        );
        assert!(
            answer.head.contains("X-VSS-E2EID: "),
            "{what}: {}",
            answer.head
        );
    }
    let refused = ask(&world, port, "POST", &with(&other), &sound, Some(""));
    assert_eq!(
        refused.body["value"],
        format!(
            "There is no explicit reference to service connection {other} from current stage \
             Deploy.Job.__default."
        )
    );
    let signed_out = ask(&world, port, "POST", &with(&known), &[SUPPRESS], Some(""));
    assert!(
        signed_out.head.contains("WWW-Authenticate: Bearer\r\n"),
        "{}",
        signed_out.head
    );
}

#[test]
fn entra_checks_every_part_of_a_request() {
    let mut world = World::start();
    world.expect_violations();
    let token = id_token(&world);
    let (tenant, client) = (world.entra().tenant(), world.client_id(MY_CONNECTION));
    let scope = "499b84ac-1321-427f-aa17-267ca6975798/.default";
    let sound = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
        ("scope", scope),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", token.as_str()),
    ];
    let port = world.entra().port();
    let code = |tenant: &str, fields: &[(&str, &str)]| {
        let target = format!("/{tenant}/oauth2/v2.0/token");
        let answer = ask(&world, port, "POST", &target, &[FORM], Some(&form(fields)));
        answer.body["error_codes"][0]
            .as_u64()
            .unwrap_or(u64::from(answer.status))
    };
    let without = |name: &str| {
        sound
            .into_iter()
            .filter(|(key, _)| *key != name)
            .collect::<Vec<_>>()
    };
    let with =
        |name: &'static str, value: &'static str| [without(name), vec![(name, value)]].concat();
    // The last letters of a signature contain unused bits; the first one is fully used.
    let (signed, signature) = token.rsplit_once('.').expect("a JWT");
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{flipped}{}", &signature[1..]);
    let forged = [
        without("client_assertion"),
        vec![("client_assertion", forged.as_str())],
    ]
    .concat();

    for (what, fields, expected) in [
        ("all right", sound.to_vec(), 200),
        ("no grant", without("grant_type"), 900_144),
        ("another grant", with("grant_type", "password"), 70_003),
        ("no client", without("client_id"), 900_144),
        (
            "another client",
            with("client_id", "00000000-0000-4000-8000-000000000000"),
            700_016,
        ),
        ("no scope", without("scope"), 900_144),
        (
            "a scope of a user's",
            with("scope", "https://graph.microsoft.com/User.Read"),
            70_011,
        ),
        ("two scopes", with("scope", "a/.default b/.default"), 70_011),
        (
            "no such resource",
            with("scope", "api://nothing/.default"),
            500_011,
        ),
        ("no proof", without("client_assertion_type"), 7_000_218),
        ("no token", with("client_assertion", "not.a.token"), 50_027),
        ("a forged token", forged, 700_027),
    ] {
        assert_eq!(code(&tenant, &fields), expected, "{what}");
    }
    assert_eq!(code("nonsense", &sound), 900_023);
    assert_eq!(code("00000000-0000-4000-8000-000000000000", &sound), 90_002);

    world.entra().federate(MY_CONNECTION, |_, subject, _| {
        subject.make_ascii_uppercase()
    });
    assert_eq!(code(&tenant, &sound), 7_002_138);
    world
        .entra()
        .federate(MY_CONNECTION, |_, subject, _| subject.push_str("else"));
    assert_eq!(code(&tenant, &sound), 700_213);
    world
        .entra()
        .federate(MY_CONNECTION, |issuer, _, _| issuer.push('/'));
    assert_eq!(code(&tenant, &sound), 700_211);
    world.entra().unfederate(MY_CONNECTION);
    assert_eq!(code(&tenant, &sound), 70_025);
}

#[test]
fn microsoft_graph_takes_its_own_tokens_and_shows_others_to_readers_only() {
    let mut world = World::start();
    world.add_connection(Connection::client_secret("reader"));
    world.microsoft_graph().add_reader("reader");
    let get = |token: &str, target: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        let port = world.microsoft_graph().port();
        ask(&world, port, "GET", target, &headers, None)
    };
    let by_client_id = format!(
        "/v1.0/servicePrincipals(appId='{}')?$select=id,displayName,appId",
        world.client_id(MY_CONNECTION)
    );
    let own = world.entra().graph_token(MY_CONNECTION);
    let found = get(&own, &by_client_id);
    assert_eq!(found.body["id"], world.entra().object_id(MY_CONNECTION));
    let of_reader = format!(
        "/v1.0/servicePrincipals/{}",
        world.entra().object_id("reader")
    );
    let denied = get(&own, &of_reader);
    assert_eq!(denied.status, 403);
    assert_eq!(denied.body["error"]["code"], "Authorization_RequestDenied");
    let reader = world.entra().graph_token("reader");
    let registration = format!(
        "/v1.0/applications/{}",
        world.entra().registration_id(MY_CONNECTION)
    );
    assert_eq!(
        get(&reader, &registration).body["appId"],
        world.client_id(MY_CONNECTION)
    );
    let unknown = get(
        &reader,
        "/v1.0/applications/00000000-0000-4000-8000-000000000000",
    );
    assert_eq!(unknown.body["error"]["code"], "Request_ResourceNotFound");
    assert_eq!(
        get(&world.entra().azure_devops_token("reader"), &registration).status,
        401
    );
    assert_eq!(world.violations().len(), 1, "{:?}", world.violations());
    world.expect_violations();
}

#[test]
fn tokens_expire_by_the_worlds_clock() {
    let world = World::start();
    let token = id_token(&world);
    let (tenant, client) = (world.entra().tenant(), world.client_id(MY_CONNECTION));
    let fields = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &client),
        ("scope", "https://management.azure.com/.default"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &token),
    ]);
    let target = format!("/{tenant}/oauth2/v2.0/token");
    let exchange = || {
        ask(
            &world,
            world.entra().port(),
            "POST",
            &target,
            &[FORM],
            Some(&fields),
        )
    };
    assert_eq!(exchange().status, 200);
    world
        .clock()
        .advance(std::time::Duration::from_secs(20 * 60));
    let late = exchange();
    assert_eq!(
        (late.status, &late.body["error"]),
        (401, &Value::from("invalid_client"))
    );
    assert_eq!(late.body["error_codes"][0], 700_024);
    assert_eq!(world.entra().connections(), 2);
}

#[test]
fn a_secret_in_the_wrong_place_is_a_violation() {
    let mut world = World::start();
    world.expect_violations();
    let token = id_token(&world);
    let job = job_token(&environment(&world));
    assert_eq!(world.violations(), Vec::<String>::new());

    let tenant = world.entra().tenant();
    let target = format!("/{tenant}/oauth2/v2.0/token");
    let body = form(&[("client_assertion", &job)]);
    ask(
        &world,
        world.entra().port(),
        "POST",
        &target,
        &[FORM],
        Some(&body),
    );
    let target = format!("/{tenant}/v2.0/.well-known/openid-configuration?hint={token}");
    ask(&world, world.entra().port(), "GET", &target, &[], None);
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str())];
    ask(
        &world,
        world.azure_devops().port(),
        "POST",
        "/contoso/",
        &headers,
        Some(""),
    );

    let (entra, azure_devops) = (world.entra().url(), world.azure_devops().url());
    let violations = world.violations();
    for expected in [
        format!("{entra} was sent a secret that it did not ask for in the body: job token"),
        format!("{entra} was sent a secret in an address: ID token"),
        format!(
            "{azure_devops} was sent a secret that it did not ask for in the header \
             Authorization: ID token"
        ),
        "Azure DevOps has no route POST /contoso/".to_owned(),
    ] {
        assert!(
            violations.contains(&expected),
            "{expected}\n{violations:#?}"
        );
    }
}
