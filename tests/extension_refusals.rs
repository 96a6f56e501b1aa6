//! MarketplaceExtension@1: every invalid input and every refusal by the Marketplace, as the user sees it.
//!
//! Faults are in extension_faults.rs.

use std::fs;

use adieu_emulator::{MY_CONNECTION, TaskResult, Validation, World};

use super::extension::{job, run, shown, sources, world};
use crate::shell::Shell;

/// Runs a step that must fail, and returns its log.
fn refused(world: &World, operation: &str, inputs: &[(&str, &str)]) -> String {
    let (mut job, _proxy) = job(world);
    let outcome = run(&mut job, operation, inputs);
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    shown(world, &job, &outcome)
}

#[test]
fn reports_an_invalid_input_before_signing_in() {
    let world = world();
    let mut text = String::new();
    for (operation, inputs) in [
        ("share", &[][..]),
        (
            "share",
            &[(
                "organizations",
                "https://dev.azure.com.evil.example/contoso",
            )],
        ),
        ("install", &[("organizations", "my organization")]),
        ("publish", &[("timeoutInMinutes", "soon")]),
        ("publish", &[("vsix", "out/*.vsix")]),
        ("publish", &[("publisherId", "$(Publisher)")]),
        ("publish", &[("organizations", "fabrikam\n$(Organization)")]),
        ("show", &[("serviceUrl", "http://tfs.contoso.example")]),
        ("show", &[("serviceUrl", "tfs")]),
        ("show", &[("manifests", "none.json")]),
        ("events", &[("afterDate", "yesterday")]),
        ("queryVersion", &[("versionSource", "vsix")]),
        ("queryVersion", &[("versionSource", "1.x")]),
        ("deploy", &[]),
    ] {
        text.push_str(&refused(&world, operation, inputs));
        text.push_str("\n\n");
    }
    expect_test::expect![[r#"
        ##[error]The input organizations is empty, and this operation needs it.
        What to do: Write, for example, organizations: contoso
        More: adieu explain inputs

        ##[error]'https://dev.azure.com.evil.example/contoso' is not an Azure DevOps address, so no token is sent there.
        What to do: Write the organization's name; collections of an Azure DevOps Server need its address in serviceUrl.
        More: adieu explain organizations

        ##[error]'my organization' is not an organization name.
        What to do: Write its name, https://dev.azure.com/<name> or https://<name>.visualstudio.com, one per line.
        More: adieu explain organizations

        ##[error]The input timeoutInMinutes is 'soon'; it must be a number from 1 to 1440.
        More: adieu explain inputs

        ##[error]No package matches '[SOURCES]/out/*.vsix'.
          folder: [SOURCES]
        What to do: Give the path of the package to use.
        More: adieu explain extension

        ##[error]The input publisherId contains $(Publisher), but the pipeline has no variable Publisher.
        What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
        More: adieu explain undefined-variable

        ##[error]The input organizations contains $(Organization), but the pipeline has no variable Organization.
        What to do: Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.
        More: adieu explain undefined-variable

        ##[error]The serviceUrl 'http://tfs.contoso.example' is not HTTPS, so the token would be sent unencrypted.
        What to do: Leave it out for the public Marketplace.
        More: adieu explain inputs

        ##[error]The serviceUrl 'tfs' is not a URL.
        What to do: Leave it out for the public Marketplace.
        More: adieu explain inputs

        ##[error]No publisher is given.
        What to do: Set publisherId and extensionId, or name a package (vsix) or a folder with vss-extension.json (rootFolder).
        More: adieu explain extension

        ##[error]The input afterDate is 'yesterday', which is not a date.
        What to do: Write 2026-11-01 or [TIME].
        More: adieu explain inputs

        ##[error]The input vsix is empty, and this operation needs it.
        What to do: Write, for example, vsix: out/*.vsix
        More: adieu explain inputs

        ##[error]The source 1.x has '1.x', which is not a version.
        What to do: A version has up to four numbers, such as 1.4.0; a source is marketplace, manifest, vsix or a version.
        More: adieu explain extension-version

        ##[error]The input operation is 'deploy'; valid values are addMember, events, install, package, publish, queryVersion, share, show, uninstall, unpublish, unshare, waitForInstallation, waitForValidation, whoAmI.
        More: adieu explain inputs

    "#]].assert_eq(&text);
    assert_eq!(world.entra().requests(), Vec::<String>::new());
}

#[test]
fn names_the_refused_identity_and_the_page_to_open() {
    let world = World::start();
    expect_test::expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
        ##[error]Could not publish pub.hello 3.2.1: this identity lacks the permission (403 of marketplace.visualstudio.com).
          it said: Access Denied: [PROFILE] needs the following permission(s) on the resource /pub to perform this action: Publish new extensions to an existing publisher
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [PROFILE]
          its name: my-connection's principal
        What to do: Open https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and paste the identity's ID with the role Contributor (Creator for a new extension); operation whoAmI prints the ID.
        More: adieu explain publisher-member"#]].assert_eq(&refused(&world, "publish", &[]));
}

#[test]
fn explains_each_gallery_refusal() {
    let world = world();
    let mut shown = String::new();
    let mut say = |what: &str, text: String| {
        shown.push_str(&format!("{what}\n{text}\n\n"));
    };
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Contributor"));
    say(
        "a new extension by a contributor",
        refused(&world, "publish", &[]),
    );
    world
        .marketplace()
        .set_role("pub", MY_CONNECTION, Some("Creator"));
    world
        .marketplace()
        .set_role("Microsoft-friends", MY_CONNECTION, Some("Owner"));
    say(
        "Microsoft in the name",
        refused(&world, "publish", &[("publisherId", "Microsoft-friends")]),
    );
    let (mut job, _proxy) = job(&world);
    assert_eq!(run(&mut job, "publish", &[]).result, TaskResult::Succeeded);
    say(
        "a lower version",
        refused(&world, "publish", &[("extensionVersion", "3.0.0")]),
    );
    say(
        "a task of another extension",
        refused(&world, "publish", &[("extensionId", "second")]),
    );
    world.marketplace().largest_package(100);
    say(
        "too large",
        refused(&world, "publish", &[("extensionVersion", "3.4.0")]),
    );
    say(
        "no such organization",
        refused(&world, "share", &[("organizations", "nowhere")]),
    );
    say(
        "not shared, and not a member",
        refused(&world, "install", &[("organizations", "fabrikam\ncontoso")]),
    );
    say(
        "no such organization, by a page",
        refused(&world, "install", &[("organizations", "nowhere")]),
    );
    say("an id that is none", {
        world
            .marketplace()
            .set_role("pub", MY_CONNECTION, Some("Owner"));
        refused(
            &world,
            "addMember",
            &[("memberId", "11111111-1111-4111-8111-111111111111")],
        )
    });
    say(
        "an extension that is not there",
        refused(&world, "show", &[("extensionId", "third")]),
    );
    expect_test::expect![[r#"
        a new extension by a contributor
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
        ##[error]Could not publish pub.hello 3.2.1: this identity lacks the permission (403 of marketplace.visualstudio.com).
          it said: Access Denied: [PROFILE] needs the following permission(s) on the resource /pub to perform this action: Publish new extensions to an existing publisher
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [PROFILE]
          its name: my-connection's principal
        What to do: Open https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and paste the identity's ID with the role Contributor (Creator for a new extension); operation whoAmI prints the ID.
        More: adieu explain publisher-member

        Microsoft in the name
        Packed Microsoft-friends.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading Microsoft-friends.hello 3.2.1, [SIZE] bytes; the extension is new.
        ##[error]Could not publish Microsoft-friends.hello 3.2.1: publisher names that contain Microsoft are reserved (400 of marketplace.visualstudio.com).
          it said: You need to be logged in with your Microsoft corporate credentials to publish under this publisher.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Publish under a publisher without Microsoft in its name, or have Microsoft allow this one.
        More: adieu explain publisher-name

        a lower version
        Packed pub.hello 3.0.0: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.0.0, [SIZE] bytes; the extension already exists.
        ##[error]Could not publish pub.hello 3.0.0: its version is not higher than the last one (500 of marketplace.visualstudio.com).
          it said: Version number must increase each time an extension is published. Extension: pub.hello  Current version: 3.2.1  Updated version: 3.0.0
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Raise the version: operation queryVersion with versionAction: patch finds the next one.
        More: adieu explain extension-version

        a task of another extension
        Packed pub.second 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.second 3.2.1, [SIZE] bytes; the extension is new.
        ##[error]Could not publish pub.second 3.2.1: a task has the same ID as another contribution (400 of marketplace.visualstudio.com).
          it said: Contribution task is re-using task ID of some other contribution from earlier version.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Give each task its own ID; updateTasksId derives one from publisher, extension and name.
        More: adieu explain extension-package

        too large
        Packed pub.hello 3.4.0: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.4.0, [SIZE] bytes; the extension already exists.
        ##[error]Could not publish pub.hello 3.4.0: the package is larger than the Marketplace allows (400 of marketplace.visualstudio.com).
          it said: The extension package size exceeds the maximum size.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Leave out of `files` what the extension does not need; `adieu extension inspect --vsix` shows what is in it.
        More: adieu explain extension-size

        no such organization
        ##[error]Could not share pub.hello in nowhere: it does not exist, or this identity may not see it (404 of marketplace.visualstudio.com).
          it said: The account nowhere does not exist.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Check publisher, extension and organization; a private extension is visible only to members of the publisher.
        More: adieu explain extension

        not shared, and not a member
        ##[error]Could not install pub.hello in fabrikam: this identity lacks the permission (403 of extmgmt.dev.azure.com).
          it said: Access Denied: the extension pub.hello is not shared with fabrikam.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Give the identity the permission in the organization (Organization settings → Extensions → Security, or → Users).
        More: adieu explain organizations
        Could not install pub.hello in contoso: it does not exist, or this identity may not see it (404 of extmgmt.dev.azure.com).
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Check publisher, extension and organization; a private extension is visible only to members of the publisher.
        More: adieu explain extension

        no such organization, by a page
        ##[error]Could not install pub.hello in nowhere: it does not exist, or this identity may not see it (404 of extmgmt.dev.azure.com).
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
        What to do: Check publisher, extension and organization; a private extension is visible only to members of the publisher.
        More: adieu explain extension

        an id that is none
        ##[error]Could not make [GUID] a member of pub: Azure DevOps knows no identity with that ID (TF14045) (400 of marketplace.visualstudio.com).
          it said: TF14045: The identity with type 'System.Guid' and identifier '[GUID]' could not be found.
          x-vss-e2eid: [GUID]
          activityid: [GUID]
          x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
          identity: [PROFILE]
          its name: my-connection's principal
        What to do: Use the ID that operation whoAmI prints, not the client ID or the object ID.
        More: adieu explain publisher-member

        an extension that is not there
        ##[error]The Marketplace has no extension pub.third, or does not show it to this identity.
        What to do: Compare publisher and extension ID with the publisher's page; a private extension is visible only to members of the publisher (operation whoAmI).
        More: adieu explain extension

    "#]].assert_eq(&shown);
}

#[test]
fn shows_the_validators_message_and_log() {
    let world = world();
    let log = r###"{"results":[{"source":"VirusScan","status":"error","message":"##vso[task.complete result=Succeeded]found it"}]}"###;
    world.marketplace().validation(Validation {
        takes: 1,
        refuses: Some(log.to_owned()),
    });
    expect_test::expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
        Uploaded pub.hello 3.2.1.
        pub.hello 3.2.1: validation is not done; waiting for at most 30 minutes.
        ##[error]Marketplace validation refused pub.hello 3.2.1.
          validator: VirusScan: error: **vso[task.complete result=Succeeded]found it
          its log: Verifying 3.2.1
          its log: {"results":[{"source":"VirusScan","status":"error","message":"**vso[task.complete result=Succeeded]found it"}]}
        What to do: Fix what the validator reports, and publish a higher version: a refused version stays refused.
        More: adieu explain validation"#]].assert_eq(&refused(&world, "publish", &[]));
}

#[test]
fn an_extension_that_cannot_be_packed_is_not_sent() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    fs::remove_file(sources(&job).join("Hello/index.js")).expect("a file");
    let outcome = run(&mut job, "publish", &[]);
    assert_eq!(outcome.result, TaskResult::Failed);
    expect_test::expect![[r#"
        ##[error]The extension in [SOURCES] cannot be packed: 1 error to correct.
          error: Hello/task.json:7: `execution.Node20_1` starts `index.js`, and the package has no `Hello/index.js`. Build the task before packaging, and check that `files` names the whole folder.
        More: adieu explain extension-package"#]].assert_eq(&shown(&world, &job, &outcome));
    assert!(world.marketplace().requests().is_empty());
}

#[test]
fn reports_a_timeout_and_how_to_continue() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let published = run(&mut job, "publish", &[("visibility", "public")]);
    assert_eq!(published.result, TaskResult::Succeeded, "{}", published.log);
    let limit = ("timeoutInMinutes", "1");
    let outcome = run(
        &mut job,
        "waitForInstallation",
        &[("organizations", "fabrikam"), limit],
    );
    assert_eq!(outcome.result, TaskResult::Failed);
    expect_test::expect![[r#"
        Waiting until pub.hello 3.2.1 is installed in fabrikam, for at most 1 minute.
        fabrikam: not installed.
        ##[error]pub.hello 3.2.1 was not installed in every organization within 1 minute.
          fabrikam: not installed
        What to do: Share the extension with the organization and install it there; an update of an installed one can take an hour to arrive.
        More: adieu explain installation"#]].assert_eq(&shown(&world, &job, &outcome));
    let outcome = run(
        &mut job,
        "waitForValidation",
        &[("extensionVersion", "9.9.9"), limit],
    );
    assert_eq!(outcome.result, TaskResult::Failed);
    expect_test::expect![[r#"
        pub.hello 9.9.9: the version is not in the Marketplace yet; waiting for at most 1 minute.
        ##[error]pub.hello 9.9.9 was not validated within 1 minute: the version is not in the Marketplace yet.
        What to do: The upload is not lost: run waitForValidation later, with a larger timeoutInMinutes.
        More: adieu explain validation"#]].assert_eq(&shown(&world, &job, &outcome));
}

/// A command line has flags instead of a step's inputs, and each operation has only the flags that it uses.
#[test]
fn remedies_on_the_command_line_name_flags() {
    let world = World::start();
    let shell = Shell::with(&world, &[]);
    let mut text = String::new();
    for arguments in [
        "show",
        "show --publisher pub --extension-id hello --service-url tfs",
        "share --publisher pub --extension-id hello --organizations a+b",
        "events --publisher pub --extension-id hello --since yesterday",
        "query-version --publisher pub --extension-id hello --version-source vsix",
        "share --publisher pub --extension-id hello --organizations a --visibility public",
        "show --publisher pub --extension-id hello --pricing paid",
    ] {
        let arguments = format!("extension {arguments}");
        let answer = shell.adieu(&arguments.split(' ').collect::<Vec<_>>());
        let lines = answer.stderr.lines().take_while(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        text.push_str(&format!("{} exit {}\n", lines.join("\n"), answer.status));
    }
    expect_test::expect![[r#"
        error: No publisher is given.
        What to do: Give --publisher and --extension-id, or a package (--vsix), or a folder with vss-extension.json (--root).
        More: adieu explain extension exit 2
        error: The --service-url 'tfs' is not a URL.
        What to do: Leave it out for the public Marketplace.
        More: adieu explain inputs exit 2
        error: 'a+b' is not an organization name.
        What to do: Write its name, https://dev.azure.com/<name> or https://<name>.visualstudio.com.
        More: adieu explain organizations exit 2
        error: --since is 'yesterday', which is not a date.
        What to do: Write 2026-11-01 or 2026-11-01T12:00:00Z.
        More: adieu explain inputs exit 2
        error: --vsix is missing, and this operation needs it.
        What to do: Write, for example, --vsix 'out/*.vsix'
        More: adieu explain inputs exit 2
        error: unexpected argument '--visibility' found exit 2
        error: unexpected argument '--pricing' found exit 2
    "#]].assert_eq(&text);
}
