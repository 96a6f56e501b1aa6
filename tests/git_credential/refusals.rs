//! The messages if git gets no credential: from Azure DevOps, from the helper, and from git itself.
//!
//! It never waits at a prompt: there is no one to answer it in a job.

use std::path::Path;

use adieu_emulator::{MY_CONNECTION, World};
use expect_test::expect;

use super::{HELLO, RestOfJob, WITH_CHALLENGES, endpoint, gits, world};
use crate::harness::stable;

#[test]
fn git_shows_the_message_of_azure_devops() {
    let (git, _) = gits().pop().expect("a git");
    let world = World::start();
    world
        .git()
        .add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    let rest = RestOfJob::of(&world, world.job(), &git);
    let stranger = rest.git_fails(&["ls-remote", HELLO]);
    world.organizations().add_member("contoso", MY_CONNECTION);
    world
        .organizations()
        .make_stakeholder("contoso", MY_CONNECTION);
    let stakeholder = rest.git_fails(&["ls-remote", HELLO]);
    expect![[r#"
        error: Azure DevOps has no organization contoso.
        What to do: Compare the name with the address in the browser: https://dev.azure.com/<name>.
        More: adieu explain organizations
        fatal: Authentication failed for 'https://dev.azure.com/contoso/fabrikam/_git/hello/'
        ----
        remote: TF401019: The Git repository with name or identifier hello does not exist or you do not have permissions for the operation you are attempting.
        fatal: repository 'https://dev.azure.com/contoso/fabrikam/_git/hello/' not found
    "#]].assert_eq(&stable(&world, &format!("{stranger}----\n{stakeholder}")));
    rest.end();
}

#[test]
fn names_the_refused_identity_of_an_opaque_token() {
    let (git, _) = gits().pop().expect("a git");
    let world = World::start();
    world
        .git()
        .add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    world.organizations().add("contoso");
    let rest = RestOfJob::of(&world, world.job(), &git);
    let refused = rest.git_fails(&["ls-remote", HELLO]);
    expect![[r#"
        error: contoso accepts the token, but this identity has not been added to it (TF401444, 401 of dev.azure.com).
          it said: TF401444: Please sign-in at least once as [TENANT]\[TENANT]\[GUID] in a web browser to enable access to the service.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          object id: [GUID]
          token's tenant: [TENANT]
        What to do: Have an administrator of the organization run: adieu onboard --organization contoso --identity [GUID]
        More: adieu explain tf401444
        fatal: Authentication failed for 'https://dev.azure.com/contoso/fabrikam/_git/hello/'
    "#]].assert_eq(&stable(&world, &refused));
    rest.end();
}

#[test]
fn git_stops_with_one_sentence_when_there_is_no_token() {
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let mut rest = RestOfJob::without_broker(&world, &git);
    let mut log = String::new();
    let mut refuse = |rest: &RestOfJob<'_>| {
        let output = rest.git_fails(&["ls-remote", HELLO]);
        let program = env!("CARGO_BIN_EXE_adieu");
        let folder = rest.task.path().display().to_string();
        let output = output
            .replace(program, "[ADIEU]")
            .replace(&folder, "[TASK]");
        log.push_str(&stable(&world, &output));
        log.push_str("----\n");
    };
    rest.environment
        .insert("ADIEU_ENDPOINT_KEY".to_owned(), "wrong".to_owned());
    refuse(&rest);
    rest.environment.remove("ADIEU_ENDPOINT_KEY");
    refuse(&rest);
    for address in [
        "https://contoso.example/token",
        "http://contoso.example/",
        "nowhere",
    ] {
        rest.environment.extend(endpoint(&world));
        rest.environment
            .insert("ADIEU_ENDPOINT".to_owned(), address.to_owned());
        refuse(&rest);
    }
    expect![[r#"
        error: git did not get a token from the job's credential endpoint: it answered 401: The X-IDENTITY-HEADER is wrong.
        More: adieu explain git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        error: git did not get a token: ADIEU_ENDPOINT is set without ADIEU_ENDPOINT_KEY.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git). Do not set them yourself.
        More: adieu explain git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        error: git did not get a token: ADIEU_ENDPOINT is not an address of this machine.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git). Do not set them yourself.
        More: adieu explain git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        error: git did not get a token: ADIEU_ENDPOINT is not an address of this machine.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git). Do not set them yourself.
        More: adieu explain git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        error: git did not get a token: ADIEU_ENDPOINT is not an address: relative URL without a base.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git). Do not set them yourself.
        More: adieu explain git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
    "#]].assert_eq(&log);
    rest.end();
}

/// The messages of git and its helper for an organization in another tenant.
fn signs_in_to_another_tenant(world: &World, git: &Path) -> String {
    world
        .organizations()
        .connect("another", "11111111-2222-4333-8444-555555555555");
    world
        .git()
        .add_repository("another", "fabrikam", "hello", &[]);
    let rest = RestOfJob::of(world, world.job(), git);
    let output = rest.git_fails(&["ls-remote", &HELLO.replace("contoso", "another")]);
    let output = output.replace(&rest.task.path().display().to_string(), "[TASK]");
    rest.end();
    stable(world, &output)
}

#[test]
fn another_tenants_organization_is_named_before_it_refuses() {
    // Older versions do not pass the server's answer to helpers.
    for (git, _) in gits()
        .iter()
        .filter(|(_, version)| *version >= WITH_CHALLENGES)
    {
        let world = world();
        world.entra().readable_tokens();
        expect![[r#"
            error: another is connected to another tenant, not the one that signed in, so it would refuse the token.
              organization's tenant: [GUID]
              token's tenant: [TENANT]
              client id: [GUID]
            What to do: Use a service connection, or sign in, in the organization's tenant; in EntraToken@1, tenantId names it.
            More: adieu explain git-credential
            fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        "#]].assert_eq(&signs_in_to_another_tenant(&world, git));
    }
}

#[test]
fn a_token_that_shows_no_tenant_is_explained_after_the_refusal() {
    for (git, _) in gits() {
        let world = world();
        expect![[r#"
            error: another accepts tokens of tenant [GUID], but does not accept this one.
              it said: TF400813: The user '[GUID]' is not authorized to access this resource.
              x-vss-e2eid: [GUID]
              activityid: [GUID]
              x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
            What to do: Request a token of that tenant (--tenant [GUID]; EntraToken@1: tenantId), for an application with an enterprise application there.
            More: adieu explain tenants
            fatal: Authentication failed for 'https://dev.azure.com/another/fabrikam/_git/hello/'
        "#]].assert_eq(&signs_in_to_another_tenant(&world, &git));
    }
}
