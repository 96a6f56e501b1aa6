//! EntraToken@1: transient faults, and permanent ones.
//!
//! The length of pauses is in the table of crates/transport/src/retry.rs; here only whether there is one.

use std::thread;
use std::time::{Duration, Instant};

use adieu_emulator::{Fault, MY_CONNECTION, Outcome, TaskResult, World};
use expect_test::expect;

use crate::harness::{run, stable};

fn sign_in(world: &World) -> Outcome {
    run(&mut world.job(), &[("azureSubscription", MY_CONNECTION)])
}

fn asked(world: &World) -> (usize, usize) {
    (
        world.azure_devops().requests().len(),
        world.entra().requests().len(),
    )
}

#[test]
fn retries_transient_failures_of_azure_devops() {
    for fault in transient_faults() {
        let world = World::start();
        world.azure_devops().fault(fault.clone());
        let outcome = sign_in(&world);
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{fault:?}: {}",
            outcome.log
        );
        assert_eq!(asked(&world), (2, 1), "{fault:?}");
    }
}

#[test]
fn retries_transient_failures_of_entra() {
    for fault in transient_faults() {
        let world = World::start();
        world.entra().fault(fault.clone());
        let outcome = sign_in(&world);
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{fault:?}: {}",
            outcome.log
        );
        assert_eq!(asked(&world), (1, 2), "{fault:?}");
    }
}

fn transient_faults() -> Vec<Fault> {
    let retry_after = |value: &str| vec![("Retry-After".to_owned(), value.to_owned())];
    vec![
        Fault::status(408),
        Fault::Status(429, retry_after("0"), String::new()),
        Fault::status(500),
        Fault::status(502),
        Fault::Status(503, retry_after("1"), "<html>busy</html>".to_owned()),
        Fault::Status(
            503,
            retry_after("Mon, 01 Jan 2024 00:00:00 GMT"),
            String::new(),
        ),
        Fault::status(504),
        Fault::Truncate,
        Fault::Reset,
        Fault::Close,
        // Complete for HTTP, but not as JSON.
        Fault::Status(200, Vec::new(), r#"{"access_token":"eyJ"#.to_owned()),
    ]
}

#[test]
fn retries_transient_entra_errors() {
    for code in PASSING {
        let world = World::start();
        world.entra().refuse_with(code, Some(2));
        let outcome = sign_in(&world);
        assert_eq!(
            outcome.result,
            TaskResult::Succeeded,
            "{code}: {}",
            outcome.log
        );
        assert_eq!(asked(&world), (1, 3), "{code}");
    }
}

/// The token's own expiry is two hours ahead of this clock; it still expires in one hour.
#[test]
fn a_slow_clock_does_not_extend_a_token() {
    let world = World::start();
    world.clock().advance(Duration::from_secs(2 * 60 * 60));
    let outcome = sign_in(&world);
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        AZURE_DEVOPS_TOKEN: azureDevOps, until [TIME] (59 minutes)."#]]
    .assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn accepts_a_lifetime_beyond_the_last_date() {
    let world = World::start();
    world.entra().access_token_lifetime(10_i64.pow(13));
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", MY_CONNECTION)]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(
        job.value("AZURE_DEVOPS_TOKEN_EXPIRES_ON"),
        Some("9999-12-31T23:59:59Z")
    );
}

/// Codes of faults that Microsoft documents as transient.
const PASSING: [u32; 8] = [
    50_166, 90_006, 90_012, 90_024, 90_033, 90_055, 90_061, 90_090,
];

/// Each is retried for half a minute, so they run concurrently.
#[test]
fn reports_a_transient_failure_that_persists() {
    let output: Vec<String> = thread::scope(|scope| {
        let steps = PASSING.map(|code| {
            scope.spawn(move || {
                let world = World::start();
                world.entra().refuse_with(code, None);
                let log = sign_in(&world).log;
                assert!(asked(&world).1 > 3, "{log}");
                let lines: Vec<&str> = log.lines().collect();
                let [first, .., remedy, _more] = lines.as_slice() else {
                    panic!("{log}");
                };
                format!("{first}\n{remedy}\n")
            })
        });
        steps.into_iter().map(|step| step.join().unwrap()).collect()
    });
    expect![[r#"
        ##[error]Microsoft Entra refused the service connection (AADSTS50166) because it could not reach the issuer of the ID token.
        What to do: Run the job again: Microsoft Entra failed to fetch the issuer's keys.
        ##[error]Microsoft Entra refused the service connection (AADSTS90006) because of a temporary Microsoft Entra error.
        What to do: Run the job again; the task has already retried.
        ##[error]Microsoft Entra refused the service connection (AADSTS90012) because of a temporary Microsoft Entra error.
        What to do: Run the job again; the task has already retried.
        ##[error]Microsoft Entra refused the service connection (AADSTS90024) because of a temporary Microsoft Entra error.
        What to do: Run the job again; the task has already retried.
        ##[error]Microsoft Entra refused the service connection (AADSTS90033) because of a temporary Microsoft Entra error.
        What to do: Run the job again; the task has already retried.
        ##[error]Microsoft Entra refused the service connection (AADSTS90055) because of a temporary Microsoft Entra error.
        What to do: Run the job again; the task has already retried.
        ##[error]Microsoft Entra refused the service connection (AADSTS90061) because it could not reach the issuer of the ID token.
        What to do: Run the job again: Microsoft Entra failed to fetch the issuer's keys.
        ##[error]Microsoft Entra refused the service connection (AADSTS90090) because of a temporary Microsoft Entra error.
        What to do: Run the job again; the task has already retried.
    "#]].assert_eq(&output.concat());
}

#[test]
fn renews_an_expired_id_token_once() {
    let world = World::start();
    world.entra().refuse_with(700_024, Some(1));
    let outcome = sign_in(&world);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(asked(&world), (2, 2));
}

#[test]
fn requests_at_most_two_id_tokens() {
    let world = World::start();
    world.azure_devops().id_token_lifetime(-1000);
    let outcome = sign_in(&world);
    assert_eq!(asked(&world), (2, 2));
    expect![[r#"
        ##[error]Microsoft Entra refused the service connection (AADSTS700024) because its ID token had expired, and a new one was refused, too.
          it said: Client assertion is not within its valid time range. Current time: [TIME], assertion valid from [TIME], expiry time of assertion [TIME]. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .
          issuer: https://vstoken.dev.azure.com/[GUID]
          subject identifier: sc://contoso/fabrikam/my-connection
          audience: api://AzureADTokenExchange
          authority: [ENTRA]
          tenant: [TENANT]
          client id: ***
          scope: 499b84ac-1321-427f-aa17-267ca6975798/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Correct the issuer's clock: both tokens were minutes old at most. Microsoft's status page lists incidents.
        More: adieu explain aadsts700024"#]].assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn stops_within_its_limit_and_reports_the_attempts() {
    let begun = Instant::now();
    let world = World::start();
    world.entra().always(Fault::status(503));
    let outcome = sign_in(&world);
    assert_eq!(outcome.result, TaskResult::Failed);
    let attempts = world.entra().requests().len();
    assert!((4..20).contains(&attempts), "{attempts} attempts");
    assert!(
        begun.elapsed() < Duration::from_secs(45),
        "it did not give up"
    );
    expect![[r#"
        ##[error]Microsoft Entra ([ENTRA]) answered 503 in [N] attempts.
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Run the job again later; the service cannot answer now.
        More: adieu explain busy"#]]
    .assert_eq(
        &stable(&world, &outcome.log)
            .replace(&format!("in {attempts} attempts"), "in [N] attempts"),
    );
}

#[test]
fn does_not_wait_longer_than_its_limit() {
    let world = World::start();
    let retry_after = vec![("Retry-After".to_owned(), "3600".to_owned())];
    world
        .entra()
        .always(Fault::Status(429, retry_after, String::new()));
    let outcome = sign_in(&world);
    assert_eq!(asked(&world), (1, 1));
    expect![[r#"
        ##[error]Microsoft Entra ([ENTRA]) answered 429 at the first attempt.
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Run the job again later; the service cannot answer now.
        More: adieu explain busy"#]]
    .assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn reports_a_non_http_answer_after_one_attempt() {
    let world = World::start();
    world.entra().always(Fault::Bytes(std::sync::Arc::new(|_| {
        b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()
    })));
    let outcome = sign_in(&world);
    assert_eq!(asked(&world), (1, 1));
    expect![[r#"
        ##[error]Microsoft Entra ([ENTRA]) did not answer at the first attempt: the answer is not HTTP.
          tokens: AZURE_DEVOPS_TOKEN
          connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION]
        What to do: Let the agent reach this host on port 443, directly or through its proxy.
        More: adieu explain network"#]].assert_eq(&stable(&world, &outcome.log));
}

#[test]
fn waits_for_a_slow_answer() {
    let world = World::start();
    world.entra().fault(Fault::Delay(Duration::from_secs(3)));
    let outcome = sign_in(&world);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert_eq!(asked(&world), (1, 1));
}
