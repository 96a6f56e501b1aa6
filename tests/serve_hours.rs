//! A job of many hours: ID tokens of ten minutes, access tokens of one hour, outages of services.
//!
//! It never actually waits: the job uses the emulator's time.

use std::net::TcpStream;
use std::time::Duration;

use adieu_emulator::{Fault, Service, TaskResult, World};
use expect_test::expect;

use crate::emulated_time::Time;
use crate::harness::{AZURE_DEVOPS, Endpoint, JobWithBroker, answer, seconds_left, stable};

const MINUTE: Duration = Duration::from_secs(60);

/// The minimum remaining lifetime of an issued token, in seconds.
const LEAST: i64 = 300;

#[test]
fn a_job_of_six_hours_never_lacks_a_token() {
    let world = World::start();
    world.azure_devops().id_token_lifetime(600);
    world.entra().access_token_lifetime(3599);
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    let mut exchanges = Vec::new();
    for _ in 0..6 {
        let before = world.entra().requests().len();
        for half_minute in 0..120 {
            let mut token = token(&world, &served.endpoint);
            if half_minute == 0 {
                // A client that comes once an hour.
                token = self::token(&world, &served.endpoint);
            }
            // A renewal takes less than the half minute that passes here at once.
            while seconds_left(&world, &token) < 600 {
                token = self::token(&world, &served.endpoint);
            }
            time.advance(MINUTE / 2);
        }
        exchanges.push(world.entra().requests().len() - before);
    }
    assert!(exchanges.iter().all(|count| *count <= 2), "{exchanges:?}");
    // One every fifty minutes.
    let all: usize = exchanges.iter().sum();
    assert!((7..=8).contains(&all), "{exchanges:?}");
    assert_eq!(
        world.azure_devops().requests().len(),
        world.entra().requests().len(),
        "every exchange has its own ID token"
    );
    served.end();
}

#[test]
fn a_client_that_comes_once_an_hour_never_lacks_a_token() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    let before = world.entra().requests().len();
    for _ in 0..6 {
        token(&world, &served.endpoint);
        time.advance(60 * MINUTE);
    }
    assert_eq!(world.entra().requests().len() - before, 6);
    served.end();
}

/// Two minutes of outage that no client notices, for each kind of outage.
#[test]
fn clients_with_a_live_token_do_not_notice_two_minutes_without_a_service() {
    type ServiceOf = fn(&World) -> &Service;
    let (entra, azure_devops): (ServiceOf, ServiceOf) =
        (|world| world.entra(), |world| world.azure_devops());
    for (service, fault) in [
        (entra, Fault::status(503)),
        (entra, Fault::Reset),
        (entra, Fault::Close),
        (azure_devops, Fault::status(500)),
        (azure_devops, Fault::Reset),
        // A server that listens but never answers.
        (azure_devops, Fault::Delay(10 * MINUTE)),
    ] {
        let world = World::start();
        let time = Time::of(&world);
        let served = JobWithBroker::in_job(time.job(), "identity");
        let first = token(&world, &served.endpoint);
        time.advance(50 * MINUTE);
        let arrived = service(&world).requests().len();
        service(&world).always(fault.clone());
        for _ in 0..12 {
            assert_eq!(token(&world, &served.endpoint), first, "{fault:?}");
            service(&world).wait_for_requests(arrived + 1);
            time.advance(Duration::from_secs(10));
        }
        service(&world).recover();
        // A pending attempt still ends after half a minute, and the next one comes half a minute later.
        let mut is_renewed = false;
        for _ in 0..5 {
            time.advance(MINUTE / 2);
            // An exchange takes real time, during which the emulated clock does not move.
            is_renewed |= (0..200).any(|_| token(&world, &served.endpoint) != first);
        }
        assert!(is_renewed, "{fault:?}");
        served.end();
    }
}

#[test]
fn reports_a_long_outage_and_recovers() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    token(&world, &served.endpoint);
    time.advance(56 * MINUTE);
    let away = vec![("Retry-After".to_owned(), "60".to_owned())];
    world
        .entra()
        .always(Fault::Status(503, away, String::new()));
    let output = answer(
        served.endpoint.port,
        &served.endpoint.question(AZURE_DEVOPS),
    );
    let (head, body) = output.split_once("\r\n\r\n").expect("a head");
    let head: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with("date:"))
        .collect();
    expect![[r#"
        HTTP/1.1 503 Service Unavailable
        content-type: application/json
        cache-control: no-store
        retry-after: 10
        connection: close
        content-length: 590

        {"error":"temporarily_unavailable","error_description":"Microsoft Entra ([ENTRA]) answered 503 at the first attempt. Run the job again later; the service cannot answer now. (connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION])","statusCode":503,"message":"Microsoft Entra ([ENTRA]) answered 503 at the first attempt. Run the job again later; the service cannot answer now. (connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION])"}"#]].assert_eq(&stable(&world, &format!("{}\n\n{body}", head.join("\n"))));
    world.entra().recover();
    token(&world, &served.endpoint);
    served.end();
}

/// Microsoft Entra's message for a transient fault.
#[test]
fn explains_that_an_entra_error_is_transient() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    let away = vec![("Retry-After".to_owned(), "60".to_owned())];
    let passing = r#"{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error has occurred. Please try again.","error_codes":[90033]}"#;
    for status in [400, 503] {
        let fault = Fault::Status(status, away.clone(), passing.to_owned());
        world.entra().always(fault);
        assert_eq!(served.endpoint.token(AZURE_DEVOPS).0, 503, "{status}");
    }
    world.entra().recover();
    token(&world, &served.endpoint);
    served.end();
}

#[test]
fn retries_a_permanent_refusal_at_most_every_half_minute() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    let asked = || world.entra().requests().len();
    let before = asked();
    // It is fixed immediately, but the broker cannot know that.
    world.entra().refuse_with(7_000_112, Some(1));
    let (_, first) = served.endpoint.token(AZURE_DEVOPS);
    for _ in 0..20 {
        assert_eq!(served.endpoint.token(AZURE_DEVOPS), (403, first.clone()));
    }
    assert_eq!(asked() - before, 1);
    // The refusal is only for this scope.
    assert_eq!(served.endpoint.token("https://graph.microsoft.com").0, 200);
    time.advance(MINUTE / 2);
    token(&world, &served.endpoint);
    served.end();
}

/// microsoft/azure-pipelines-agent#2202 and #5520: valid job tokens are refused for some seconds.
#[test]
fn survives_a_bad_answer_of_the_id_token_route() {
    let refused = || {
        let body = "{\"message\":\"TF400813\"}".to_owned();
        Fault::Status(401, Vec::new(), body)
    };
    let empty = Fault::Status(401, Vec::new(), String::new());
    for fault in [
        refused(),
        empty,
        Fault::SignInPage(203),
        Fault::SignInPage(200),
        Fault::SignInRedirect,
    ] {
        let world = World::start();
        let time = Time::of(&world);
        let served = JobWithBroker::in_job(time.job(), "identity");
        let first = token(&world, &served.endpoint);
        let another = "https://graph.microsoft.com";
        world.azure_devops().fault(fault.clone());
        assert_eq!(served.endpoint.token(another).0, 503, "{fault:?}");
        assert_eq!(token(&world, &served.endpoint), first);
        // The next request tries again.
        assert_eq!(served.endpoint.token(another).0, 200, "{fault:?}");
        // So it does after several in a row, within seconds.
        let third = "https://vault.azure.net";
        for _ in 0..4 {
            world.azure_devops().fault(fault.clone());
            assert_eq!(served.endpoint.token(third).0, 503, "{fault:?}");
            time.advance(Duration::from_secs(6));
        }
        assert_eq!(served.endpoint.token(third).0, 200, "{fault:?}");
        served.end();
    }
}

#[test]
fn exits_if_the_job_token_is_repeatedly_refused() {
    let world = World::start();
    let time = Time::of(&world);
    let mut served = JobWithBroker::in_job(time.job(), "identity");
    let first = token(&world, &served.endpoint);
    let body = "{\"message\":\"TF400813\"}".to_owned();
    world
        .azure_devops()
        .always(Fault::Status(401, Vec::new(), body));
    // As long as there is a valid token, it is served, and the broker keeps running.
    for _ in 0..5 {
        assert_eq!(served.endpoint.token("https://graph.microsoft.com").0, 503);
        assert_eq!(token(&world, &served.endpoint), first);
        time.advance(MINUTE);
    }
    time.advance(50 * MINUTE);
    let (status, body) = served.endpoint.token(AZURE_DEVOPS);
    assert_eq!(status, 403);
    expect!["Azure DevOps ([AZURE DEVOPS]) did not accept the job's own token and asks for a sign-in (401). Run the job again: its token expires with the job's time limit, and only its own collection accepts it. (it said: TF400813; connection: [COLLECTION]/fabrikam/_settings/adminservices?resourceId=[CONNECTION])"].assert_eq(&stable(&world, body["message"].as_str().expect("a text")));
    served.job.wait_until_nothing_is_left();
    let outcome = served
        .job
        .step(served.folder.path())
        .section("postjobexecution")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded);
    expect!["##[warning]The job's credential endpoint does not answer. It may have ended before the job."].assert_eq(&outcome.log);
}

/// A refusal that may come from something other than Azure DevOps never stops a broker.
#[test]
fn keeps_running_after_ambiguous_refusals() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    world.azure_devops().always(Fault::SignInPage(203));
    for _ in 0..6 {
        assert_eq!(served.endpoint.token(AZURE_DEVOPS).0, 503);
        time.advance(MINUTE);
    }
    world.azure_devops().recover();
    token(&world, &served.endpoint);
    served.end();
}

#[test]
fn exits_after_a_day_without_requests() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    for _ in 0..2 {
        time.advance(23 * 60 * MINUTE);
        token(&world, &served.endpoint);
    }
    time.advance(24 * 60 * MINUTE);
    // It sleeps by the system's clock; any connection wakes it, without being a request.
    let _ = TcpStream::connect(("127.0.0.1", served.endpoint.port));
    served.job.wait_until_nothing_is_left();
}

/// A token for an SDK, with the lifetime that an SDK requires.
fn token(world: &World, endpoint: &Endpoint) -> String {
    let (status, body) = endpoint.token(AZURE_DEVOPS);
    assert_eq!(status, 200, "{body}");
    let token = body["access_token"].as_str().expect("a token");
    let left = seconds_left(world, token);
    assert!(left >= LEAST, "a token with {left} seconds left");
    token.to_owned()
}
