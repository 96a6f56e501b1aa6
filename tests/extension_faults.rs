//! MarketplaceExtension@1: lost connections, busy services and web pages; nothing is published twice, and nothing is
//! reported incorrectly.
//!
//! The length of a pause is tested in crates/devops; here only whether there is one.

use std::time::Duration;

use adieu_emulator::{Fault, TaskResult, World};

use super::extension::{job, run, shown, world};

/// Lets the first `passing` requests through, and applies this fault to the next one.
fn fault_after(world: &World, passing: usize, fault: Fault) {
    for _ in 0..passing {
        world.marketplace().fault(Fault::Delay(Duration::ZERO));
    }
    world.marketplace().fault(fault);
}

/// Publishes with one fault, and returns how often the package was sent.
fn publishes_once(passing: usize, fault: Fault) -> usize {
    let name = format!("{fault:?} after {passing}");
    let world = world();
    fault_after(&world, passing, fault);
    let (mut job, _proxy) = job(&world);
    let outcome = run(&mut job, "publish", &[]);
    assert_eq!(
        outcome.result,
        TaskResult::Succeeded,
        "{name}: {}",
        outcome.log
    );
    let extension = world
        .marketplace()
        .extension("pub.hello")
        .expect("an extension");
    assert_eq!(extension.versions.len(), 1, "{name}");
    let requests = world.marketplace().requests();
    let is_upload = |request: &&String| request.starts_with("POST") || request.starts_with("PUT");
    requests.iter().filter(is_upload).count()
}

fn busy(status: u16) -> Fault {
    let headers = vec![("Retry-After".to_owned(), "1".to_owned())];
    Fault::Status(status, headers, String::new())
}

#[test]
fn asks_the_gallery_after_a_cut_answer_and_does_not_upload_again() {
    assert_eq!(publishes_once(1, Fault::Truncate), 1);
}

#[test]
fn uploads_again_if_a_lost_connection_stored_nothing() {
    assert_eq!(publishes_once(1, Fault::Reset), 2);
}

#[test]
fn asks_the_gallery_after_a_failed_upload() {
    assert_eq!(publishes_once(1, busy(503)), 2);
}

#[test]
fn waits_as_long_as_a_throttling_gallery_asks() {
    assert_eq!(publishes_once(1, busy(429)), 2);
}

#[test]
fn requests_before_and_after_the_upload_are_retried_too() {
    for passing in [0, 2] {
        for fault in [
            Fault::Truncate,
            Fault::Reset,
            Fault::Close,
            busy(500),
            busy(429),
        ] {
            assert_eq!(publishes_once(passing, fault), 1);
        }
    }
}

#[test]
fn reports_success_if_only_the_answer_was_lost() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let published = run(&mut job, "publish", &[]);
    assert_eq!(published.result, TaskResult::Succeeded, "{}", published.log);
    for (operation, passing, output) in [
        ("share", 1, "fabrikam: shared."),
        ("install", 0, "fabrikam: installed 3.2.1."),
        ("uninstall", 0, "fabrikam: uninstalled."),
        ("unshare", 0, "fabrikam: no longer shared."),
        ("unpublish", 0, "pub.hello is no longer in the Marketplace."),
    ] {
        fault_after(&world, passing, Fault::TruncateHead);
        let outcome = run(&mut job, operation, &[("organizations", "fabrikam")]);
        assert_eq!(outcome.log, output);
    }
}

#[test]
fn reports_a_sign_in_page_in_place_of_an_answer() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    let mut text = String::new();
    for (passing, fault) in [
        (0, Fault::SignInPage(203)),
        (1, Fault::SignInPage(200)),
        (0, Fault::SignInRedirect),
        (
            0,
            Fault::Redirect("https://portal.contoso.example/".to_owned()),
        ),
        (1, Fault::Status(400, Vec::new(), "{}".to_owned())),
    ] {
        fault_after(&world, passing, fault);
        let outcome = run(&mut job, "publish", &[]);
        assert_eq!(outcome.result, TaskResult::Failed);
        text.push_str(&shown(&world, &job, &outcome));
        text.push_str("\n\n");
    }
    expect_test::expect![[r#"
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        ##[error]Could not publish pub.hello 3.2.1: Azure DevOps (marketplace.visualstudio.com) does not accept the token and asks for a sign-in (203).
        What to do: First add the connection's identity to an organization in its own tenant (Organization settings → Users), so that Azure DevOps knows it.
        More: adieu explain marketplace-sign-in

        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
        ##[error]Could not publish pub.hello 3.2.1: Azure DevOps (marketplace.visualstudio.com) does not accept the token and asks for a sign-in (200).
        What to do: First add the connection's identity to an organization in its own tenant (Organization settings → Users), so that Azure DevOps knows it.
        More: adieu explain marketplace-sign-in

        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        ##[error]Could not publish pub.hello 3.2.1: Azure DevOps (marketplace.visualstudio.com) does not accept the token and asks for a sign-in (302).
        What to do: First add the connection's identity to an organization in its own tenant (Organization settings → Users), so that Azure DevOps knows it.
        More: adieu explain marketplace-sign-in

        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        ##[error]marketplace.visualstudio.com answered 302 with a redirect to portal.contoso.example, which is not followed with a credential, so something other than Azure DevOps answered.
        What to do: Look for a proxy, firewall or captive portal between the agent and this host.
        More: adieu explain not-the-service

        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        Uploading pub.hello 3.2.1, [SIZE] bytes; the extension is new.
        ##[error]Could not publish pub.hello 3.2.1: the service refused the request (400 of marketplace.visualstudio.com).
        What to do: Follow the message above; the service's support can find the request by the IDs.
        More: adieu explain marketplace-refused

    "#]].assert_eq(&text);
    assert!(world.marketplace().extension("pub.hello").is_none());
}

#[test]
fn a_failed_look_up_is_not_a_first_publish() {
    let world = world();
    let (mut job, _proxy) = job(&world);
    for operation in ["queryVersion", "show", "publish"] {
        world.marketplace().fault(Fault::SignInPage(401));
        let outcome = run(&mut job, operation, &[]);
        assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
        assert!(
            outcome.log.contains("asks for a sign-in"),
            "{}",
            outcome.log
        );
    }
    assert_eq!(world.marketplace().requests().len(), 3);
}
