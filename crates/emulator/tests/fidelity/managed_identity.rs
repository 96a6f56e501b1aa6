//! Managed identities: App Service, virtual machines, Azure Arc.

use adieu_emulator::{ExpiresOn, IdentityRefusal, World};

use super::Row;
use super::client::{Answer, ask_plain};

/// Error bodies of managed identities.
const MANAGED_IDENTITY: &str =
    "AzureAD/microsoft-authentication-library-for-dotnet, tests; Azure/azure-sdk-for-python#9393";

pub(super) const ROWS: [Row; 8] = [
    Row {
        fact: "App Service without the right header",
        evidence: MANAGED_IDENTITY,
        answer: |world| app_service(world, "wrong"),
        shape: "401 application/json; charset=utf-8 'The X-IDENTITY-HEADER is wrong'",
    },
    Row {
        fact: "a virtual machine without such an identity",
        evidence: MANAGED_IDENTITY,
        answer: |world| {
            world
                .managed_identity()
                .refuse(IdentityRefusal::NotAssigned, 1);
            metadata(world, "2018-02-01", &[])
        },
        shape: "400 application/json; charset=utf-8 invalid_request 'Identity not found'",
    },
    Row {
        fact: "several identities, and none named",
        evidence: "dotnet/docker-tools#1286",
        answer: |world| {
            world.managed_identity().refuse(IdentityRefusal::Several, 1);
            metadata(world, "2018-02-01", &[])
        },
        shape: "400 application/json; charset=utf-8 invalid_request 'Multiple user assigned \
         identities exist'",
    },
    Row {
        fact: "an endpoint that is being updated",
        evidence: "learn.microsoft.com, How to use managed identities on Azure VMs, retry guidance",
        answer: |world| {
            world
                .managed_identity()
                .refuse(IdentityRefusal::BeingUpdated, 1);
            metadata(world, "2018-02-01", &[])
        },
        shape: "410 application/json; charset=utf-8 gone 'IMDS service is updating'",
    },
    Row {
        fact: "an endpoint that is not there yet",
        evidence: MANAGED_IDENTITY,
        answer: |world| {
            world
                .managed_identity()
                .refuse(IdentityRefusal::NotFound, 1);
            metadata(world, "2018-02-01", &[])
        },
        shape: "404 application/json; charset=utf-8 not_found 'IMDS service is not ready'",
    },
    Row {
        fact: "too many questions, in plain text",
        evidence: MANAGED_IDENTITY,
        answer: |world| {
            world
                .managed_identity()
                .refuse(IdentityRefusal::TooManyRequests, 1);
            metadata(world, "2018-02-01", &[])
        },
        shape: "429 text/plain text",
    },
    Row {
        fact: "a virtual machine's endpoint without its header",
        evidence: "learn.microsoft.com, How to use managed identities on Azure VMs",
        answer: |world| {
            let target = "/metadata/identity/oauth2/token?api-version=2018-02-01";
            let port = world.managed_identity().port();
            ask_plain(port, "169.254.169.254", "GET", target, &[], None)
        },
        shape: "400 application/json; charset=utf-8 invalid_request 'Required metadata header \
         not specified'",
    },
    Row {
        fact: "Azure Arc, before the file is read that its challenge names",
        evidence: "learn.microsoft.com, Authenticate against Azure resources with Azure \
         Arc-enabled servers",
        answer: |world| metadata(world, "2019-11-01", &[]),
        shape: "401 application/json; charset=utf-8 [Basic realm] unauthorized_client 'Missing \
         Basic Authorization header'",
    },
];

fn app_service(world: &World, header: &str) -> Answer {
    let target = "/msi/token?api-version=2019-08-01&resource=https://management.azure.com";
    let headers = [("X-IDENTITY-HEADER", header)];
    let port = world.managed_identity().port();
    ask_plain(port, "127.0.0.1", "GET", target, &headers, None)
}

fn metadata(world: &World, version: &str, more: &[(&str, &str)]) -> Answer {
    let target = format!(
        "/metadata/identity/oauth2/token?api-version={version}&resource=https://management.azure.com"
    );
    let headers = [&[("Metadata", "true")], more].concat();
    let port = world.managed_identity().port();
    ask_plain(port, "169.254.169.254", "GET", &target, &headers, None)
}

#[test]
fn managed_identities_write_expires_on_in_every_published_form() {
    for (form, kind) in [
        (ExpiresOn::Seconds, "\"0\""),
        (ExpiresOn::Number, "0"),
        (ExpiresOn::Iso8601, "\"0-0-0T0:0:0Z\""),
        (ExpiresOn::UsDate, "\"0/0/0 0:0:0 AM +0:0\""),
    ] {
        let world = World::start();
        world.managed_identity().write_expires_on(form);
        let answer = app_service(&world, &world.managed_identity().secret());
        let written = answer.body["expires_on"].to_string().replace("PM", "AM");
        let mut masked = String::new();
        for letter in written.chars() {
            if !letter.is_ascii_digit() {
                masked.push(letter);
            } else if !masked.ends_with('0') {
                masked.push('0');
            }
        }
        assert_eq!(masked, kind, "{written}");
    }
}

#[test]
fn azure_arc_requires_the_content_of_its_key_file() {
    let world = World::start();
    let refused = metadata(&world, "2019-11-01", &[]);
    let challenge = refused.header("www-authenticate").expect("a challenge");
    let file = challenge.strip_prefix("Basic realm=").expect("a file");
    let key = std::fs::read_to_string(file).expect("a key");
    let basic = format!("Basic {key}");
    let answer = metadata(&world, "2019-11-01", &[("Authorization", &basic)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
}
