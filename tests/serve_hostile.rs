//! The broker and other processes on the same machine: they get nothing, and cannot disturb it.
//!
//! It never inspects the broker itself: only requests to the emulated services, and what the system reports about the
//! broker's process.

mod attempts;

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use adieu_emulator::{Job, World};
use expect_test::expect;

use crate::emulated_time::Time;
use crate::harness::{AZURE_DEVOPS, JobWithBroker, root};
use crate::serve_bytes::{GOOD, GOOD_AZD, attempt, closing, fill, status_and_body};

/// The broker's connection slots, and its timeout for a request's head (`crates/broker`).
const SLOTS: usize = 256;
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn requests_without_the_key_get_nothing() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity\nazd");
    let broker = broker(&served.job);
    let good = closing(&fill(GOOD, &served.endpoint));
    assert!(attempt(&served.endpoint, good.as_bytes()).starts_with("200 "));
    let arrivals = || {
        (
            world.azure_devops().connections() + world.entra().connections(),
            world.azure_devops().requests().len() + world.entra().requests().len(),
        )
    };
    let before = arrivals();
    let attempts = attempts::all();
    let mut by_answer: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (what, request) in &attempts {
        let answer = attempt(&served.endpoint, fill(request, &served.endpoint).as_bytes());
        by_answer.entry(answer).or_default().push(what);
    }
    // A TLS ClientHello, which is not text.
    let tls = [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[0; 200]].concat();
    by_answer
        .entry(attempt(&served.endpoint, &tls))
        .or_default()
        .push("TLS");
    let answers: Vec<String> = by_answer
        .iter()
        .map(|(answer, whats)| format!("{answer}\n    {}\n", whats.join("\n    ")))
        .collect();
    expect![[r#"
        400 
            HTTP of another age
            no HTTP
            a mail
            a header without a name
            a header with a space in its name
            a header over two lines
            a header with a zero
            a body of less than nothing
            a body of two lengths
            TLS
        401 {"error":"invalid_request","error_description":"The secret is missing or wrong.","statusCode":401,"message":"The secret is missing or wrong."}
            no key
            an empty key
            a wrong key
            a short key
            a key and one digit more
            a key and one digit less
            the key in capitals
            the key in quotes
            the key twice in a header
            the key in two headers
            a wrong key after the right one
            a long key
            a key that is not text
            the key in azd's header
            the key in a password
            the key in an old header
            the key in a cookie
            the key in the query
            a wrong key above the machine's path
            no key above the machine's path
            the key in the path, without Metadata
            the key in the path, with another Metadata
            the key in the path's second part
            the key after two slashes
            the key in the path, as dots lead to it
            azd without a key
            azd with a wrong key
            azd with a password
            azd with the other header
            the end without a key
            the end with the key for tokens
            the end with a wrong key
            HTTP/1.0 without a key
            lines that end otherwise
            a body of 100 gigabytes
            a body in pieces without end
            a body in a piece of 16 exabytes
            a body that waits to be asked for
            a good request behind a bad one
            a good request in a bad one's body
            a good request between two ways to end a body
            a request for another one
        403 {"error":"invalid_request","error_description":"The request comes from a browser or through a proxy.","statusCode":403,"message":"The request comes from a browser or through a proxy."}
            a page
            a page of a file
            a browser
            a browser's address bar
            a proxy, X-Forwarded-For
            a proxy, X-Forwarded-Host
            a proxy, X-Forwarded-Proto
            a proxy, Forwarded
            a proxy, Via
        403 {"error":"invalid_request","error_description":"The request names another host than this endpoint.","statusCode":403,"message":"The request names another host than this endpoint."}
            no Host
            an empty Host
            two Hosts
            a foreign Host
            a name that leads to this machine
            another address of this machine
            a Host without the port
            a Host with another port
            a user in the Host
            a whole address
            a whole foreign address
            CONNECT
            HTTP/1.0 without a Host
        404 {"error":"invalid_request","error_description":"There is nothing at this path.","statusCode":404,"message":"There is nothing at this path."}
            the key below the path
            the key above another path
            OPTIONS of everything
            the root
            a path above
            a path below
            a path with a slash at its end
            a path in capitals
            a path with two slashes
            a path with dots
            an encoded path
            a path with an encoded slash
            a path with a zero
            a path with a parameter
            azd's own folder
            a file
        405 
            HEAD
        405 {"error":"invalid_request","error_description":"The method is not one of this protocol.","statusCode":405,"message":"The method is not one of this protocol."}
            OPTIONS
            POST
            PUT
            DELETE
            TRACE
            its own method
            a method in lowercase
            azd by GET
        431 
            a head of 20,000 bytes
            a target of 20,000 bytes
            a hundred headers
        no answer
            HTTP/2 without asking
    "#]].assert_eq(&answers.join(""));
    assert!(attempts.len() >= 100);

    let (files, memory) = (open_files(broker), memory(broker));
    for _ in 0..10 {
        for (_, request) in &attempts {
            attempt(&served.endpoint, fill(request, &served.endpoint).as_bytes());
        }
    }
    assert!(attempt(&served.endpoint, good.as_bytes()).starts_with("200 "));
    assert_eq!(arrivals(), before, "the broker called out");
    while open_files(broker) > files {
        std::thread::yield_now();
    }
    let grown = self::memory(broker).saturating_sub(memory);
    assert!(grown < 512, "{grown} KiB more after a thousand attempts");
    served.end();
}

#[test]
fn closes_connections_without_a_complete_request() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity\nazd");
    let half = GOOD.split_at(GOOD.len() / 2).0;
    let (azd, _) = GOOD_AZD.rsplit_once('{').expect("a body");
    let mut waiting: Vec<(&str, TcpStream)> = [
        ("nothing", ""),
        ("half a head", half),
        ("a line of HTTP/0.9", "GET /msi/token\r\n"),
        ("a head without its end", GOOD.trim_end()),
        ("nothing after an answer", GOOD),
        ("half a body, with the key", azd),
    ]
    .into_iter()
    .map(|(what, text)| {
        let mut stream =
            TcpStream::connect(("127.0.0.1", served.endpoint.port)).expect("a connection");
        stream
            .write_all(fill(text, &served.endpoint).as_bytes())
            .expect("text");
        (what, stream)
    })
    .collect();
    assert_eq!(served.endpoint.token(AZURE_DEVOPS).0, 200);
    time.advance(PATIENCE + Duration::from_secs(1));
    // The broker sleeps by the system's clock; any connection makes it read the time.
    assert_eq!(served.endpoint.token(AZURE_DEVOPS).0, 200);
    let mut ends = String::new();
    for (what, stream) in &mut waiting {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        ends.push_str(&format!("{what}: {}\n", status_and_body(&answer)));
    }
    expect![[r#"
        nothing: no answer
        half a head: no answer
        a line of HTTP/0.9: 400 
        a head without its end: no answer
        nothing after an answer: 200 {a token}
        half a body, with the key: 200 {"status":"error","code":"GetTokenError","message":"the body of the request is incomplete or too long"}
    "#]].assert_eq(&ends);
    served.end();
}

#[test]
fn serves_an_authenticated_client_when_all_slots_are_taken() {
    let world = World::start();
    let time = Time::of(&world);
    let served = JobWithBroker::in_job(time.job(), "identity");
    let files = open_files(broker(&served.job));
    // No connection times out.
    time.stand_still();
    let connect = || TcpStream::connect(("127.0.0.1", served.endpoint.port)).expect("a connection");
    let mut authenticated = connect();
    authenticated
        .write_all(fill(GOOD, &served.endpoint).as_bytes())
        .expect("a request");
    assert!(read_some(&mut authenticated).starts_with("200 "));
    let mut keyless: Vec<TcpStream> = (0..3 * SLOTS).map(|_| connect()).collect();
    assert_eq!(served.endpoint.token(AZURE_DEVOPS).0, 200);
    // A client that has shown the key keeps its connection.
    authenticated
        .write_all(fill(GOOD, &served.endpoint).as_bytes())
        .expect("a request");
    assert!(read_some(&mut authenticated).starts_with("200 "));
    assert!(open_files(broker(&served.job)) <= files + SLOTS + 1);
    let (oldest, youngest) = (keyless.remove(0), keyless.pop().expect("a connection"));
    assert!(
        is_closed(oldest),
        "the oldest connection without the key makes room"
    );
    assert!(
        !is_closed(youngest),
        "the youngest connection without the key has a slot"
    );
    drop(keyless);
    time.advance(Duration::ZERO);
    served.end();
}

#[test]
fn listens_on_this_machine_alone() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity");
    let port = format!("{:04X}", served.endpoint.port);
    let mut listening = Vec::new();
    for table in ["tcp", "tcp6"] {
        let table = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        // Number, local address, remote address, state (0A: listening).
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields[1].ends_with(&format!(":{port}")) && fields[3] == "0A" {
                listening.push(fields[1].to_owned());
            }
        }
    }
    // 127.0.0.1, in this processor's byte order.
    assert_eq!(listening, [format!("0100007F:{port}")]);
    served.end();
}

/// What every process of the same user can read of another one.
#[test]
fn has_no_secret_in_its_arguments_or_its_environment() {
    let world = World::start();
    let mut job = world.job();
    // As in a pipeline that gives its scripts the job token.
    let environment = job.step(&root().join("task/token")).environment();
    let token = environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"].clone();
    job.agent_environment("SYSTEM_ACCESSTOKEN", &token);
    let served = JobWithBroker::in_job(job, "identity\nazd");
    let process = broker(&served.job);
    for what in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{process}/{what}")).expect("a process");
        let text = String::from_utf8_lossy(&bytes).replace('\0', "\n");
        assert_eq!(world.secrets_in(&text), Vec::<&str>::new(), "{what}");
        assert!(!text.contains(&served.endpoint.key), "{what}");
        let of_the_task = ["INPUT_", "ENDPOINT_", "SECRET_", "VSTS_SECRET"];
        let name = text
            .lines()
            .find(|line| of_the_task.iter().any(|name| line.starts_with(name)));
        assert_eq!(name, None);
    }
    served.end();
}

/// Node clients send this header with every `fetch`; a browser also sends another one.
#[test]
fn does_not_take_node_fetch_for_a_browser() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity");
    let script = "fetch(process.env.IDENTITY_ENDPOINT + '?api-version=2019-08-01&resource=https://vault.azure.net', \
        { headers: { 'X-IDENTITY-HEADER': process.env.IDENTITY_HEADER } }).then((answer) => console.log(answer.status))";
    let output = std::process::Command::new("node")
        .args(["-e", script])
        .envs(served.job.environment_of_next_script())
        .output()
        .expect("node");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "200");
    assert_eq!(served.endpoint.token(AZURE_DEVOPS).0, 200);
    served.end();
}

/// The first bytes from a connection that stays open.
fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let count = stream.read(&mut bytes).unwrap_or_default();
    status_and_body(&bytes[..count])
}

/// Whether the other side has closed a connection on which it never sends anything.
fn is_closed(mut stream: TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a mode");
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// The broker's process.
fn broker(job: &Job<'_>) -> u32 {
    let processes = job.processes_left();
    assert_eq!(processes.len(), 1);
    processes[0]
}

fn open_files(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd"))
        .expect("a process")
        .count()
}

/// The memory of a process, in KiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number")
}
