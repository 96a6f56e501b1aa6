//! `cargo xtask bench serve [seconds]`: the broker of a job, asked a thousand times a second from its cache;
//! and how long each SDK takes from its start to its first token.
//!
//! It never waits for an answer before the next request is due: a broker that stalls is late for all that
//! come meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use adieu_emulator::{Job, MY_CONNECTION, TaskResult, World};
use serde_json::json;

use super::measure::{median, memory_of, milliseconds};
use crate::command::print_line;
use crate::{clients, package, root, target};

const SECONDS: u32 = 60;
const A_SECOND: u32 = 1000;

/// As many clients as can be late at once.
const CLIENTS: u32 = 64;

/// First tokens of each SDK, after one that does not count.
const RUNS: usize = 11;

const RESOURCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// How a client holds its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
    /// One for all its requests, as a program that goes on.
    Kept,
    /// One for each, as a program that ends.
    New,
}

/// What a load came to.
struct Row {
    connection: Connection,
    half: Duration,
    most: Duration,
    worst: Duration,
    /// What the broker has in memory before, in the middle and after, in KiB.
    memory: [u64; 3],
}

/// Measures and prints.
pub(crate) fn run(seconds: Option<&str>) -> Result<(), String> {
    let seconds = seconds.map_or(Ok(SECONDS), str::parse);
    let seconds = seconds.map_err(|_| "bench serve takes a number of seconds.".to_owned())?;
    let vsix = package::run()?;
    let task = target().join("bench").join("serve");
    let _ = fs::remove_dir_all(&task);
    package::unpack(&vsix, "token/", &task)?;
    let world = World::start();
    let mut job = world.job();
    let outcome = job
        .step(&task)
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    if outcome.result != TaskResult::Succeeded {
        return Err(outcome.log);
    }
    let broker = job.processes_left().first().copied();
    let broker = broker.ok_or("There is no broker.")?;
    let request = request(&job)?;
    let mut rows = Vec::new();
    for connection in [Connection::Kept, Connection::New] {
        rows.push(load(&request, connection, seconds, broker)?);
    }
    let firsts = first_tokens(&job)?;
    let exchanges = world.entra().requests().len();
    let last = job.step(&task).section("postjobexecution").run();
    report(seconds, &rows, &firsts);
    // One by the task for its own variable, and one by the broker.
    print_line(&format!("Exchanges at Entra altogether: {exchanges}"));
    if last.result == TaskResult::Succeeded {
        Ok(())
    } else {
        Err(last.log)
    }
}

/// A port, and what an SDK sends to it.
struct Request {
    port: u16,
    text: String,
}

fn request(job: &Job<'_>) -> Result<Request, String> {
    let value = |name: &str| job.value(name).ok_or_else(|| format!("{name} is not set."));
    let endpoint = value("IDENTITY_ENDPOINT")?;
    let host = endpoint.trim_start_matches("http://");
    let (host, path) = host.split_once('/').ok_or("The endpoint has no path.")?;
    let port = host.rsplit(':').next().and_then(|port| port.parse().ok());
    let key = value("IDENTITY_HEADER")?;
    Ok(Request {
        port: port.ok_or("The endpoint has no port.")?,
        text: format!(
            "GET /{path}?api-version=2019-08-01&resource={RESOURCE} HTTP/1.1\r\nHost: {host}\r\nX-IDENTITY-HEADER: {key}\r\n\r\n"
        ),
    })
}

/// Lets requests go off by the clock, each with the next client that is free. A time is from the moment at
/// which the request was due.
fn load(
    request: &Request,
    connection: Connection,
    seconds: u32,
    broker: u32,
) -> Result<Row, String> {
    let next = AtomicU32::new(0);
    let all = seconds * A_SECOND;
    // The first token is fetched before.
    ask(request, &mut None)?;
    let before = memory_of(broker, "VmRSS:");
    let begun = Instant::now();
    let (times, middle) = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut times = Vec::new();
                    let mut stream = None;
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= all {
                            return Ok(times);
                        }
                        let due = begun + Duration::from_secs(1) * number / A_SECOND;
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        if connection == Connection::New {
                            stream = None;
                        }
                        ask(request, &mut stream)?;
                        times.push(due.elapsed());
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_secs(1) * seconds / 2);
        let middle = memory_of(broker, "VmRSS:");
        let times = clients
            .into_iter()
            .map(|client| {
                client
                    .join()
                    .unwrap_or_else(|_| Err("A client died.".to_owned()))
            })
            .collect::<Result<Vec<Vec<Duration>>, String>>();
        (times, middle)
    });
    let mut times = times?.concat();
    times.sort_unstable();
    let part = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    Ok(Row {
        connection,
        half: part(50),
        most: part(99),
        worst: part(100),
        memory: [before, middle, memory_of(broker, "VmRSS:")],
    })
}

/// One request and its answer, over the connection that is there or a new one.
fn ask(request: &Request, stream: &mut Option<TcpStream>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("The broker cannot be asked: {error}.");
    let connected = match stream.take() {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect(("127.0.0.1", request.port)).map_err(failed)?;
            stream.set_nodelay(true).map_err(failed)?;
            stream
        }
    };
    let connected = stream.insert(connected);
    connected
        .write_all(request.text.as_bytes())
        .map_err(failed)?;
    let mut answer = Vec::new();
    let mut bytes = [0; 8192];
    loop {
        let count = connected.read(&mut bytes).map_err(failed)?;
        answer.extend_from_slice(&bytes[..count]);
        let text = String::from_utf8_lossy(&answer);
        if count == 0 || (text.contains("\"token_type\"") && text.ends_with('}')) {
            return match text.starts_with("HTTP/1.1 200 ") {
                true => Ok(()),
                false => Err(format!("The broker says: {text}")),
            };
        }
    }
}

/// Each SDK, with the time from the start of its program to its first token.
fn first_tokens(job: &Job<'_>) -> Result<Vec<(&'static str, Duration)>, String> {
    let (node, python) = (clients::node()?, clients::python()?);
    let rust = clients::rust()?.join("debug/azure-identity-client");
    let programs = root().join("tests/clients");
    let credential = "ManagedIdentityCredential";
    let python = clients::python_program(&python, "python");
    let subjects: [(&'static str, PathBuf, Vec<PathBuf>); 3] = [
        (
            "@azure/identity for Node",
            "node".into(),
            vec![programs.join("identity.js"), credential.into()],
        ),
        (
            "azure-identity for Python",
            python,
            vec![programs.join("identity.py"), credential.into()],
        ),
        ("azure_identity for Rust", rust, Vec::new()),
    ];
    let mut environment = job.environment_of_next_script();
    let modules = node.join("node_modules");
    environment.insert("NODE_PATH".into(), modules.to_string_lossy().into_owned());
    let mut firsts = Vec::new();
    for (name, program, arguments) in subjects {
        let mut times = Vec::new();
        for round in 0..=RUNS {
            let mut command = Command::new(&program);
            command.args(&arguments);
            let time = first_token(name, command, &environment)?;
            if round > 0 {
                times.push(time);
            }
        }
        firsts.push((name, median(&mut times)));
    }
    Ok(firsts)
}

fn first_token(
    name: &str,
    mut command: Command,
    environment: &BTreeMap<String, String>,
) -> Result<Duration, String> {
    let failed = |error: std::io::Error| format!("{name} cannot be asked: {error}.");
    command
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let begun = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    // The end of its input is the end of the program.
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{RESOURCE}/.default").map_err(failed)?;
    }
    let mut token = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output)
            .read_line(&mut token)
            .map_err(failed)?;
    }
    let time = begun.elapsed();
    child.wait().map_err(failed)?;
    if token.matches('.').count() == 2 {
        Ok(time)
    } else {
        Err(format!("{name} says: {token}"))
    }
}

fn report(seconds: u32, rows: &[Row], firsts: &[(&str, Duration)]) {
    let name = |connection| match connection {
        Connection::Kept => "connections that are kept",
        Connection::New => "a connection for each",
    };
    let megabytes = |kib: u64| kib as f64 / 1024.0;
    print_line(&format!(
        "\n{A_SECOND} requests a second for {seconds} s.\n\n| requests over | median | 99 % | worst | memory before, amid, after |\n|---|---:|---:|---:|---:|"
    ));
    for row in rows {
        let [before, middle, after] = row.memory.map(megabytes);
        print_line(&format!(
            "| {} | {:.2} ms | {:.2} ms | {:.2} ms | {before:.1}, {middle:.1}, {after:.1} MB |",
            name(row.connection),
            milliseconds(row.half),
            milliseconds(row.most),
            milliseconds(row.worst),
        ));
    }
    print_line(&format!(
        "\nMedians of {RUNS} runs.\n\n| program | start to first token |\n|---|---:|"
    ));
    for (name, time) in firsts {
        print_line(&format!("| {name} | {:.0} ms |", milliseconds(*time)));
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "over": name(row.connection),
                "median_ms": milliseconds(row.half),
                "p99_ms": milliseconds(row.most),
                "worst_ms": milliseconds(row.worst),
                "memory_kib": row.memory,
            })
        })
        .collect();
    let firsts: Vec<_> = firsts
        .iter()
        .map(|(name, time)| json!({ "program": name, "first_token_ms": milliseconds(*time) }))
        .collect();
    let all =
        json!({ "a_second": A_SECOND, "seconds": seconds, "rows": rows, "first_tokens": firsts });
    print_line(&format!("\n{all}"));
}
