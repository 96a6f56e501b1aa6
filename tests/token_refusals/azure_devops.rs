//! Refusals by Azure DevOps before any request to Microsoft Entra: for an ID token, or of the job token.
//!
//! Refusals of a Microsoft Entra token are in extension_refusals.rs.

use adieu_emulator::{Fault, MY_CONNECTION, World};
use expect_test::expect;

use super::{Case, refused};

#[test]
fn shows_the_message_of_azure_devops() {
    let cases: &[Case] = &[
        (
            |world| {
                let answer = r#"{"count":151,"value":"There is no explicit reference to service connection x from current stage."}"#;
                world
                    .azure_devops()
                    .fault(Fault::Status(200, vec![], answer.to_owned()));
            },
            expect![[r#"
                ##[error]Azure DevOps did not issue an ID token for the service connection (HTTP 200).
                  it said: There is no explicit reference to service connection x from current stage.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Write the connection's name, not a variable, into azureDevOpsServiceConnection or azureSubscription, and permit the pipeline (the connection's page → Security).
                More: adieu explain id-token"#]],
        ),
        (
            |world| {
                let answer = r#"{"$id":"1","message":"TF400813: The user 'x' is not authorized to access this resource.","typeKey":"UnauthorizedRequestException"}"#;
                world
                    .azure_devops()
                    .fault(Fault::Status(403, vec![], answer.to_owned()));
            },
            expect![[r#"
                ##[error]Azure DevOps did not issue an ID token for the service connection (HTTP 403).
                  it said: TF400813: The user 'x' is not authorized to access this resource.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Write the connection's name, not a variable, into azureDevOpsServiceConnection or azureSubscription, and permit the pipeline (the connection's page → Security).
                More: adieu explain id-token"#]],
        ),
        (
            |world| world.organizations().stop("contoso"),
            expect![[r#"
                ##[error]Azure DevOps issued no ID token: the organization is inactive (TF24668, 503).
                  it said: TF24668: The organization contoso is inactive.
                  x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Have an owner open the organization in a browser and follow the page; retrying does not help.
                More: adieu explain tf24668"#]],
        ),
        (
            |world| world.azure_devops().hide_project(),
            expect![[r#"
                ##[error]Azure DevOps issued no ID token: the project does not exist, or is not shown to the job (VS800075, 404).
                  it said: VS800075: The project with id 'vstfs:///Classification/TeamProject/[GUID]' does not exist, or you do not have permission to access it.
                  x-vss-e2eid: [GUID]
                  activityid: [GUID]
                  x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Add the job's build identity to the project (Project settings → Permissions → Readers), or limit the job's scope to it.
                More: adieu explain vs800075"#]],
        ),
        (
            |world| world.azure_devops().fault(Fault::SignInPage(203)),
            expect![[r#"
                ##[error]Azure DevOps ([AZURE DEVOPS]) did not accept the job's own token and asks for a sign-in (203).
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Run the job again: its token expires with the job's time limit, and only its own collection accepts it.
                More: adieu explain job-token"#]],
        ),
        (
            |world| world.azure_devops().fault(Fault::SignInPage(200)),
            expect![[r#"
                ##[error]Azure DevOps ([AZURE DEVOPS]) did not accept the job's own token and asks for a sign-in (200).
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Run the job again: its token expires with the job's time limit, and only its own collection accepts it.
                More: adieu explain job-token"#]],
        ),
        (
            |world| world.azure_devops().fault(Fault::SignInRedirect),
            expect![[r#"
                ##[error]Azure DevOps ([AZURE DEVOPS]) did not accept the job's own token and asks for a sign-in (302).
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Run the job again: its token expires with the job's time limit, and only its own collection accepts it.
                More: adieu explain job-token"#]],
        ),
        (
            |world| {
                world
                    .azure_devops()
                    .fault(Fault::Redirect("https://portal.example/login".to_owned()))
            },
            expect![[r#"
                ##[error][AZURE DEVOPS] answered 302 with a redirect to portal.example, which is not followed with a credential, so something other than Azure DevOps answered.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Look for a proxy, firewall or captive portal between the agent and this host.
                More: adieu explain not-the-service"#]],
        ),
        (
            |world| world.azure_devops().fault(Fault::status(401)),
            expect![[r#"
                ##[error]Azure DevOps ([AZURE DEVOPS]) did not accept the job's own token and asks for a sign-in (401).
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Run the job again: its token expires with the job's time limit, and only its own collection accepts it.
                More: adieu explain job-token"#]],
        ),
        (
            |world| world.azure_devops().fault(Fault::status(404)),
            expect![[r#"
                ##[error][AZURE DEVOPS] answered 404 with JSON without oidcToken, so something other than Azure DevOps answered.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Look for a proxy, firewall or captive portal between the agent and this host.
                More: adieu explain not-the-service"#]],
        ),
        (
            |world| {
                world
                    .azure_devops()
                    .fault(Fault::Status(200, vec![], String::new()))
            },
            expect![[r#"
                ##[error][AZURE DEVOPS] answered 200 with nothing, so something other than Azure DevOps answered.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Look for a proxy, firewall or captive portal between the agent and this host.
                More: adieu explain not-the-service"#]],
        ),
        (
            |world| {
                world.azure_devops().fault(Fault::Status(
                    200,
                    vec![],
                    r#"{"oidcToken":""}"#.to_owned(),
                ))
            },
            expect![[r#"
                ##[error][AZURE DEVOPS] answered 200 with JSON without oidcToken, so something other than Azure DevOps answered.
                  connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
                What to do: Look for a proxy, firewall or captive portal between the agent and this host.
                More: adieu explain not-the-service"#]],
        ),
    ];
    for (fault, log) in cases {
        let world = World::start();
        fault(&world);
        log.assert_eq(&refused(&world, MY_CONNECTION));
        assert!(world.entra().requests().is_empty());
    }
}
