//! `cargo xtask bench serve [SECONDS]`: a job's broker, which gets a thousand requests per second for a cached token.
//!
//! The next request does not wait for an answer: a broker that stalls is late for all requests in that time.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use adieu_emulator::{Job, MY_CONNECTION, World};

use super::measure::{Subject, memory_of};
use super::report::Report;

/// Azure DevOps.
const RESOURCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";

const SECONDS: u32 = 60;
const A_SECOND: u32 = 1000;

/// The number of clients that can wait at once.
const CLIENTS: u32 = 64;

pub(super) fn run(report: &mut Report, seconds: Option<&str>) -> Result<(), String> {
    let seconds = seconds.map_or(Ok(SECONDS), str::parse);
    let seconds = seconds.map_err(|_| "bench serve takes a number of seconds.")?;
    let task = super::staged("serve", &["token"])?.join("token");
    let world = World::start();
    let mut job = world.job();
    let step = job.step(&task).input("azureSubscription", MY_CONNECTION);
    super::succeeded(step.input("configure", "identity").run())?;
    let broker = job.processes_left().first().copied();
    let broker = broker.ok_or("There is no broker.")?;
    let load = load(&job, seconds, broker)?;
    let exchanges = world.entra().requests().len();
    super::succeeded(job.step(&task).section("postjobexecution").run())?;
    let (most, memory) = (load.at(99), load.megabytes());
    let title = format!("{A_SECOND} requests a second for {seconds} s");
    report.table(&title, &[load]);
    report.at_most("99 % of the answers, ms", most, 5.0);
    report.at_most("memory of the broker, MB", memory, 15.0);
    // One exchange is by the task, for its own variable, and one by the broker.
    report.at_most("exchanges at Entra", exchanges as f64, 2.0);
    Ok(())
}

/// Sends requests at fixed times, each with the next free client. A request's time begins when it was due.
fn load(job: &Job<'_>, seconds: u32, broker: u32) -> Result<Subject<'static>, String> {
    let value = |name: &str| job.value(name).ok_or_else(|| format!("{name} is not set."));
    let (endpoint, key) = (value("IDENTITY_ENDPOINT")?, value("IDENTITY_HEADER")?);
    let ask = || match send(endpoint, key) {
        Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => Ok(()),
        Ok(answer) => Err(format!("The broker answers: {answer}")),
        Err(error) => Err(format!("The broker cannot be asked: {error}.")),
    };
    // The first token is requested before the measurement.
    ask()?;
    let megabytes = || memory_of(broker, "VmRSS:");
    let (before, begun, next) = (megabytes(), Instant::now(), AtomicU32::new(0));
    let client = || {
        let mut times = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= seconds * A_SECOND {
                return Ok(times);
            }
            let due = begun + Duration::from_secs(1) * number / A_SECOND;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            ask()?;
            times.push(due.elapsed());
        }
    };
    let (times, amid) = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        thread::sleep(Duration::from_secs(1) * seconds / 2);
        let amid = megabytes();
        let died = |_| Err("A client died.".to_owned());
        let ended = clients
            .into_iter()
            .map(|one| one.join().unwrap_or_else(died));
        (ended.collect::<Result<Vec<_>, String>>(), amid)
    });
    let mut load = Subject::new("a connection for each request", |_| Err(String::new()));
    load.times = times?.concat();
    load.memory = amid.max(megabytes());
    load.facts = vec![
        ("99_%_ms", load.at(99)),
        ("memory_before_MB", before as f64 / 1024.0),
    ];
    Ok(load)
}

/// The request of an Azure SDK to the endpoint of App Service.
fn send(endpoint: &str, key: &str) -> io::Result<String> {
    let rest = endpoint.trim_start_matches("http://");
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /{path}?api-version=2019-08-01&resource={RESOURCE} HTTP/1.1\r\n\
         Host: {address}\r\nX-IDENTITY-HEADER: {key}\r\nConnection: close\r\n\r\n"
    )?;
    io::read_to_string(stream)
}
