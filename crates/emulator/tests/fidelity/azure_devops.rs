//! Azure DevOps: sign-in, refusals, organizations, projects, ID tokens.

use std::path::Path;

use adieu_emulator::{Connection, Fault, MY_CONNECTION, World};

use super::Row;
use super::client::{Answer, SUPPRESS, ask, ask_plain};

/// 30 cassettes of the tests of the Azure DevOps extension of the Azure CLI, January 2025 to April 2026.
const RECORDINGS: &str = "Azure/azure-devops-cli-extension, \
    azure-devops/azext_devops/tests/latest/integrationtests/recordings";

/// A live measurement of the answer to a refused bearer.
const WARDYN: &str = "cjohnstoniv/wardyn, adofake";

/// Two live runs with a service principal outside the organization, 2026-08-13 and 2026-09-09.
const OUTSIDER: &str = "klemensms/mcp-consultant-tools, packages/code-review";

/// Errors that users of a service connection for Azure DevOps report.
pub(super) const COMMON_ERRORS: &str =
    "MicrosoftDocs/azure-devops-docs, Access Azure DevOps with Microsoft Entra workload identity";

pub(super) const ROWS: [Row; 25] = [
    Row {
        fact: "a success has the version in its content type, the ids, and the caller",
        evidence: RECORDINGS,
        answer: |world| {
            world.organizations().add_member("contoso", MY_CONNECTION);
            connection_data(world)
        },
        shape: "200 application/json; charset=utf-8; api-version=7.1-preview.1 ActivityId \
         X-VSS-E2EID X-MSEdge-Ref X-VSS-UserData",
    },
    Row {
        fact: "an error of a controller has a character set, no mark, and the caller",
        evidence: RECORDINGS,
        answer: |world| {
            member(
                world,
                "dev.azure.com",
                "/contoso/_apis/projects/nowhere?api-version=7.1",
            )
        },
        shape: "404 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData ProjectDoesNotExistWithNameException 'TF200016'",
    },
    Row {
        fact: "no such repository, or none that is shown",
        evidence: RECORDINGS,
        answer: |world| {
            member(
                world,
                "dev.azure.com",
                "/contoso/web/_apis/git/repositories/site?api-version=7.1",
            )
        },
        shape: "404 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData GitRepositoryNotFoundException 'TF401019'",
    },
    Row {
        fact: "a stopped organization",
        evidence: RECORDINGS,
        answer: |world| {
            world.organizations().stop("contoso");
            connection_data(world)
        },
        shape: "503 application/json mark X-TFS-ServiceError X-MSEdge-Ref \
         HostShutdownException 'TF24668'",
    },
    Row {
        fact: "a stopped organization, asked for an ID token",
        evidence: RECORDINGS,
        answer: |world| {
            world.organizations().stop("contoso");
            id_token(world, MY_CONNECTION, None)
        },
        shape: "503 application/json mark X-TFS-ServiceError X-MSEdge-Ref \
         HostShutdownException 'TF24668'",
    },
    Row {
        fact: "a stopped organization, asked which tenant it is of",
        evidence: RECORDINGS,
        answer: |world| {
            world.organizations().stop("contoso");
            let port = world.plain_marketplace().port();
            ask_plain(port, "dev.azure.com", "HEAD", "/contoso", &[], None)
        },
        shape: "503 application/json X-TFS-ServiceError X-MSEdge-Ref empty",
    },
    Row {
        fact: "a password that is wrong, over, withdrawn or too narrow",
        evidence: RECORDINGS,
        answer: |world| {
            world.organizations().add("contoso");
            let port = world.plain_marketplace().port();
            let headers = [SUPPRESS, ("Authorization", "Basic OndyaW5n")];
            ask_plain(
                port,
                "dev.azure.com",
                "GET",
                CONNECTION_DATA,
                &headers,
                None,
            )
        },
        shape: "401 no type [Basic realm] ActivityId X-VSS-E2EID X-MSEdge-Ref empty",
    },
    Row {
        fact: "no credential, and no header against redirects",
        evidence: RECORDINGS,
        answer: |world| {
            world.organizations().add("contoso");
            let port = world.plain_marketplace().port();
            ask_plain(port, "dev.azure.com", "GET", CONNECTION_DATA, &[], None)
        },
        shape: "302 text/html ActivityId X-VSS-E2EID X-MSEdge-Ref Location page",
    },
    Row {
        fact: "a bearer that is refused",
        evidence: WARDYN,
        answer: |world| {
            world.organizations().add("contoso");
            get(world, "dev.azure.com", CONNECTION_DATA, Some("nonsense"))
        },
        shape: "401 application/json mark [Bearer] X-TFS-ServiceError ActivityId X-VSS-E2EID \
         X-MSEdge-Ref InvalidIdentityException 'TF400813'",
    },
    Row {
        fact: "a bearer that is refused, by a page",
        evidence: "dotnet/sourcelink#487",
        answer: |world| {
            world.organizations().bearers_get_pages();
            get(world, "dev.azure.com", CONNECTION_DATA, Some("nonsense"))
        },
        shape: "401 text/html; charset=utf-8 [Bearer] X-TFS-ServiceError ActivityId \
         X-VSS-E2EID X-MSEdge-Ref page",
    },
    Row {
        fact: "a valid token whose identity is not in the organization",
        evidence: OUTSIDER,
        answer: |world| {
            world.organizations().add("contoso");
            connection_data(world)
        },
        shape: "401 application/json mark [Bearer] X-TFS-ServiceError ActivityId X-VSS-E2EID \
         X-MSEdge-Ref UnauthorizedRequestException 'TF401444'",
    },
    Row {
        fact: "a valid token whose identity Azure DevOps has never seen",
        evidence: "Azure/azure-cli#31259 (words alone)",
        answer: |world| {
            world.organizations().add("contoso");
            world.organizations().not_materialized(MY_CONNECTION);
            connection_data(world)
        },
        shape: "401 application/json mark [Bearer] X-TFS-ServiceError ActivityId X-VSS-E2EID \
         X-MSEdge-Ref UnauthorizedRequestException 'Identity [id] has not been materialized'",
    },
    Row {
        fact: "git, without a token",
        evidence: "curl/curl#13899, microsoft/azure-pipelines-agent#1164",
        answer: |world| {
            world.organizations().add("contoso");
            get(
                world,
                "dev.azure.com",
                "/contoso/web/_git/site/info/refs?service=git-upload-pack",
                None,
            )
        },
        shape: "401 text/html; charset=utf-8 [Bearer authorization_uri] [Basic realm] \
         [TFS-Federated] X-TFS-ServiceError X-TFS-FedAuthRealm X-TFS-FedAuthIssuer X-TFS-SoapException \
         X-VSS-AuthorizationEndpoint ActivityId X-VSS-E2EID X-MSEdge-Ref X-VSS-ResourceTenant page",
    },
    Row {
        fact: "a project that is not shown to the job, asked for an ID token",
        evidence: COMMON_ERRORS,
        answer: |world| {
            world.azure_devops().hide_project();
            id_token(world, MY_CONNECTION, None)
        },
        shape: "404 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData ProjectDoesNotExistException 'VS800075'",
    },
    Row {
        fact: "a token of another tenant than the organization's",
        evidence: "Azure/azure-cli#29250; GitCredentialManager, AzureDevOpsApiTests.cs",
        answer: |world| {
            let tenant = world.entra().add_foreign_tenant();
            world.organizations().connect("contoso", &tenant);
            connection_data(world)
        },
        shape: "401 application/json mark [Bearer authorization_uri] X-TFS-ServiceError \
         ActivityId X-VSS-E2EID X-MSEdge-Ref X-VSS-ResourceTenant UnauthorizedRequestException 'TF400813'",
    },
    Row {
        fact: "an organization of Microsoft accounts",
        evidence: "measured 2026-09-03",
        answer: |world| {
            world
                .organizations()
                .connect("contoso", "00000000-0000-0000-0000-000000000000");
            connection_data(world)
        },
        shape: "302 text/html [Bearer] ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-ResourceTenant Location page",
    },
    Row {
        fact: "an organization that does not exist",
        evidence: "Azure/azure-cli-extensions#1286",
        answer: |world| connection_data(world),
        shape: "404 text/html; charset=utf-8 X-TFS-ServiceError ActivityId X-VSS-E2EID \
         X-MSEdge-Ref page",
    },
    Row {
        fact: "a route without a controller",
        evidence: RECORDINGS,
        answer: |world| {
            world.expect_violations();
            member(world, "dev.azure.com", "/contoso/_apis/nothing/here")
        },
        shape: "404 text/plain; charset=utf-8 X-TFS-ServiceError ActivityId X-VSS-E2EID \
         X-MSEdge-Ref X-VSS-UserData text",
    },
    Row {
        fact: "a project that the identity is not shown",
        evidence: COMMON_ERRORS,
        answer: |world| {
            let id = world.organizations().add_project("contoso", "web");
            world
                .organizations()
                .hide_project("contoso", &id, MY_CONNECTION);
            member(
                world,
                "dev.azure.com",
                "/contoso/_apis/projects/web?api-version=7.1",
            )
        },
        shape: "404 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData ProjectDoesNotExistException 'VS800075'",
    },
    Row {
        fact: "a preview route, asked for a released version",
        evidence: "Azure/azure-devops-cli-extension, location table: ConnectionData is \
         released as 0.0",
        answer: |world| {
            member(
                world,
                "dev.azure.com",
                "/contoso/_apis/connectionData?api-version=7.1",
            )
        },
        shape: "400 application/json; charset=utf-8 ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-UserData VssVersionNotSpecifiedException 'No api-version that is known here was supplied'",
    },
    Row {
        fact: "a service that is too busy",
        evidence: "learn.microsoft.com, Rate and usage limits",
        answer: |world| {
            world.plain_marketplace().fault(Fault::too_many_requests(7));
            connection_data(world)
        },
        shape: "429 application/json; charset=utf-8 Retry-After 'TF400733'",
    },
    Row {
        fact: "a service that is slowing a client down answers all the same",
        evidence: "learn.microsoft.com, Rate and usage limits",
        answer: |world| {
            world.organizations().add_member("contoso", MY_CONNECTION);
            world.plain_marketplace().fault(Fault::SlowedDown(7));
            connection_data(world)
        },
        shape: "200 application/json; charset=utf-8; api-version=7.1-preview.1 ActivityId \
         X-VSS-E2EID X-MSEdge-Ref X-VSS-UserData Retry-After",
    },
    Row {
        fact: "a job's token that is refused",
        evidence: WARDYN,
        answer: |world| id_token(world, MY_CONNECTION, Some("nonsense")),
        shape: "401 application/json mark [Bearer] X-TFS-ServiceError ActivityId X-VSS-E2EID \
         X-MSEdge-Ref InvalidIdentityException 'TF400813'",
    },
    Row {
        fact: "a connection that the step does not name: a success whose value is a sentence",
        evidence: "dotnet/docker-tools#2012",
        answer: |world| {
            world.add_connection(Connection::workload_identity("other"));
            id_token(world, "other", None)
        },
        shape: "200 application/json; charset=utf-8; api-version=7.1 ActivityId X-VSS-E2EID \
         X-MSEdge-Ref X-VSS-UserData",
    },
    Row {
        fact: "a feed, without a credential",
        evidence: "microsoft/artifacts-credprovider, traces of a 401 of pkgs.dev.azure.com; the tenant by which it signs in",
        answer: |world| {
            world.feeds().add("contoso", "main");
            get(
                world,
                "pkgs.dev.azure.com",
                "/contoso/_packaging/main/npm/registry/hello-feed",
                None,
            )
        },
        shape: "401 application/json mark [Bearer authorization_uri] [Basic realm] \
         [TFS-Federated] X-TFS-ServiceError ActivityId X-VSS-E2EID X-MSEdge-Ref \
         X-VSS-ResourceTenant UnauthorizedRequestException 'TF400813'",
    },
];

/// Sends a request to an organization's host, with a bearer token if there is one.
fn get(world: &World, host: &str, target: &str, token: Option<&str>) -> Answer {
    let bearer = format!("Bearer {}", token.unwrap_or_default());
    let mut headers = vec![SUPPRESS];
    headers.extend(token.map(|_| ("Authorization", bearer.as_str())));
    let port = world.plain_marketplace().port();
    ask_plain(port, host, "GET", target, &headers, None)
}

const CONNECTION_DATA: &str = "/contoso/_apis/connectionData?api-version=7.1-preview.1";

/// The connection data of the application of `my-connection`.
fn connection_data(world: &World) -> Answer {
    let token = world.entra().azure_devops_token(MY_CONNECTION);
    get(world, "dev.azure.com", CONNECTION_DATA, Some(&token))
}

/// A request of a member of `contoso`.
fn member(world: &World, host: &str, target: &str) -> Answer {
    world.organizations().add_member("contoso", MY_CONNECTION);
    let token = world.entra().azure_devops_token(MY_CONNECTION);
    get(world, host, target, Some(&token))
}

/// Requests a connection's ID token, with the token of a job that names `my-connection`, or with another one.
pub(super) fn id_token(world: &World, connection: &str, token: Option<&str>) -> Answer {
    let task = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../task/token");
    let mut job = world.job();
    let step = job.step(&task).input("connectedService", MY_CONNECTION);
    let environment = step.environment();
    let own = &environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"];
    let bearer = format!("Bearer {}", token.unwrap_or(own));
    let url = &environment["SYSTEM_OIDCREQUESTURI"];
    let path = url.splitn(4, '/').nth(3).expect("a URL with a path");
    let id = world.connection_id(connection);
    let target = format!("/{path}?api-version=7.1&serviceConnectionId={id}");
    let port = world.azure_devops().port();
    let headers = [SUPPRESS, ("Authorization", bearer.as_str())];
    ask(world, port, "POST", &target, &headers, Some(""))
}

#[test]
fn connection_data_identifies_the_caller() {
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    let answer = connection_data(&world);
    let user = &answer.body["authenticatedUser"];
    let (tenant, object) = (
        world.entra().tenant(),
        world.entra().object_id(MY_CONNECTION),
    );
    // GitCredentialManager#1515 and four more issues quote such a descriptor.
    assert_eq!(
        user["descriptor"],
        format!("Microsoft.VisualStudio.Services.Claims.AadServicePrincipal;{tenant}\\{object}")
    );
    assert_eq!(user["metaTypeId"], 4);
    assert_eq!(
        answer.header("x-vss-userdata"),
        Some(
            format!(
                "{}:{object}",
                world.organizations().profile_id(MY_CONNECTION)
            )
            .as_str()
        )
    );
    let id = world.organizations().profile_id(MY_CONNECTION);
    let target =
        format!("/contoso/_apis/serviceprincipalentitlements/{id}?api-version=7.1-preview.1");
    let entitlement = member(&world, "vsaex.dev.azure.com", &target);
    assert_eq!(
        entitlement.body["servicePrincipal"]["applicationId"],
        world.client_id(MY_CONNECTION)
    );
}

#[test]
fn a_license_is_pending_until_its_member_signs_in() {
    let world = World::start();
    world.add_connection(Connection::client_secret("admin"));
    world.organizations().add_administrator("contoso", "admin");
    let id = world.organizations().profile_id(MY_CONNECTION);
    world.organizations().add_member("contoso", MY_CONNECTION);
    let target =
        format!("/contoso/_apis/serviceprincipalentitlements/{id}?api-version=7.1-preview.1");
    let admin = world.entra().azure_devops_token("admin");
    let status = || {
        let answer = get(&world, "vsaex.dev.azure.com", &target, Some(&admin));
        answer.body["accessLevel"]["status"].clone()
    };
    assert_eq!(status(), "pending");
    assert_eq!(connection_data(&world).status, 200);
    assert_eq!(status(), "active");
}

#[test]
fn an_organization_can_name_several_tenants() {
    let world = World::start();
    world.organizations().add("contoso");
    world.organizations().name_several_tenants("contoso");
    let port = world.plain_marketplace().port();
    let answer = ask_plain(port, "dev.azure.com", "HEAD", "/contoso", &[], None);
    let named = answer.header("x-vss-resourcetenant").expect("tenants");
    let tenants: Vec<&str> = named.split(", ").collect();
    assert_eq!(tenants.len(), 3, "{named}");
    assert_eq!(tenants[1], world.entra().tenant());
}

#[test]
fn repeats_the_message_in_a_header() {
    let world = World::start();
    world.organizations().stop("contoso");
    let answer = connection_data(&world);
    assert_eq!(
        answer.header("x-tfs-serviceerror"),
        Some("TF24668%3A%20The%20organization%20contoso%20is%20inactive.")
    );
}

#[test]
fn names_an_identity_that_was_not_added_by_tenant_and_object_id() {
    let world = World::start();
    world.organizations().add("contoso");
    let (tenant, object) = (
        world.entra().tenant(),
        world.entra().object_id(MY_CONNECTION),
    );
    assert_eq!(
        connection_data(&world).body["message"],
        format!(
            "TF401444: Please sign-in at least once as {tenant}\\{tenant}\\{object} in a web \
             browser to enable access to the service."
        )
    );
}

#[test]
fn a_person_has_a_sign_in_name_and_an_entitlement_of_a_user() {
    let world = World::start();
    let token = world
        .organizations()
        .add_person("contoso", "ada@contoso.example");
    let ask = |host: &str, target: &str| get(&world, host, target, Some(&token));
    let answer = ask("dev.azure.com", CONNECTION_DATA);
    let user = &answer.body["authenticatedUser"];
    // The recordings have the descriptor's class, the kind of the subject descriptor, and metaTypeId.
    assert_eq!(
        user["descriptor"],
        format!(
            "Microsoft.IdentityModel.Claims.ClaimsIdentity;{}\\ada@contoso.example",
            world.entra().tenant()
        )
    );
    assert_eq!(user["metaTypeId"], 0);
    let id = user["id"].as_str().expect("an id");
    let target = format!("/contoso/_apis/userentitlements/{id}?api-version=7.1-preview.3");
    let entitlement = ask("vsaex.dev.azure.com", &target);
    assert_eq!(
        entitlement.body["user"]["principalName"],
        "ada@contoso.example"
    );
    assert_eq!(
        entitlement.body["accessLevel"]["accountLicenseType"],
        "express"
    );
}
