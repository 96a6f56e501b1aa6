//! The function, started and called as the Functions host does, against the emulator.
//!
//! It imitates the host: the port, the payload in chunks, and the blob that it stores between two calls.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use adieu_emulator::{Connection, Fault, World};
use serde_json::{Value, json};

/// The Functions host with one app.
struct Host<'a> {
    world: &'a World,
    handler: Child,
    port: u16,
    /// The blob's text, if there is one.
    blob: Option<String>,
}

impl<'a> Host<'a> {
    /// Starts the handler as host.json defines, with the app's settings and its identity's endpoint.
    fn start(world: &'a World) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = free.local_addr().expect("its address").port();
        drop(free);
        let mut handler = Command::new(env!("CARGO_BIN_EXE_marketplace-events-function"))
            .env_clear()
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
            .env("MARKETPLACE_PUBLISHER", "pub")
            .env("MARKETPLACE_EXTENSION", "hello")
            .env("MARKETPLACE_KEEP_DAYS", "36500")
            .env("IDENTITY_ENDPOINT", world.managed_identity().url())
            .env("IDENTITY_HEADER", world.managed_identity().secret())
            .env("HTTPS_PROXY", world.network().url())
            .env("SSL_CERT_FILE", world.ca_file())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the handler starts");
        let mut lines = BufReader::new(handler.stdout.as_mut().expect("its output")).lines();
        let line = lines.next().expect("a line").expect("text");
        assert_eq!(
            line,
            format!("Waiting for the Functions host on port {port}.")
        );
        Self {
            world,
            handler,
            port,
            blob: None,
        }
    }

    /// Calls the function as the timer does, and stores the returned blob. Returns status and answer.
    fn tick(&mut self) -> (u16, Value) {
        // Values that are not objects are sent as JSON in a string.
        let before = serde_json::to_string(&self.blob).expect("JSON");
        let call = json!({
            "Data": {
                "timer": { "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null, "IsPastDue": false },
                "before": before,
            },
            "Metadata": { "sys": { "MethodName": "MarketplaceEvents", "UtcNow": "2026-11-25T09:00:00Z", "RandGuid": "x" } },
        });
        let (status, answer) = self.post("/MarketplaceEvents", &call.to_string());
        if status == 200 {
            let after = answer["Outputs"]["after"].as_str().expect("an output");
            self.blob = Some(after.to_owned());
        }
        assert!(self.world.secrets_in(&answer.to_string()).is_empty());
        (status, answer)
    }

    /// Sends the payload in chunks, as .NET does for a stream.
    fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a listening port");
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
            self.port
        );
        for chunk in body.as_bytes().chunks(64) {
            let text = String::from_utf8_lossy(chunk);
            request.push_str(&format!("{:x}\r\n{text}\r\n", chunk.len()));
        }
        request.push_str("0\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .expect("a request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (
            status.expect("a status"),
            serde_json::from_str(body).unwrap_or_default(),
        )
    }

    /// The numbers of the events in the blob.
    fn numbers(&self) -> Vec<u64> {
        let blob: Value =
            serde_json::from_str(self.blob.as_deref().expect("a blob")).expect("JSON");
        let events = blob["events"].as_array().expect("events");
        events
            .iter()
            .filter_map(|event| event["id"].as_u64())
            .collect()
    }
}

impl Drop for Host<'_> {
    fn drop(&mut self) {
        let _ = self.handler.kill();
        let _ = self.handler.wait();
    }
}

/// An emulator in which the app's identity may read the events of `pub.hello`.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.marketplace().set_role("pub", "app", Some("Reader"));
    world.marketplace().add_extension("pub.hello");
    world
        .marketplace()
        .add_event("pub.hello", "install", 1, "2026-11-01T00:00:00Z");
    world
        .marketplace()
        .add_event("pub.hello", "install", 2, "2026-11-02T00:00:00Z");
    world
}

#[test]
fn each_run_puts_what_is_new_behind_what_the_blob_had() {
    let world = world();
    let mut host = Host::start(&world);
    let (status, answer) = host.tick();
    assert_eq!(
        (status, &answer["Logs"]),
        (200, &json!(["pub.hello: 2 new events."]))
    );
    assert_eq!(host.numbers(), [1, 2]);
    assert_eq!(host.tick().1["Logs"], json!(["pub.hello: 0 new events."]));
    world
        .marketplace()
        .add_event("pub.hello", "uninstall", 3, "2026-11-02T00:00:00Z");
    host.tick();
    assert_eq!(host.numbers(), [1, 2, 3]);
}

#[test]
fn a_run_that_fails_leaves_the_blob_and_the_next_one_catches_up() {
    let world = world();
    let mut host = Host::start(&world);
    host.tick();
    world
        .marketplace()
        .add_event("pub.hello", "install", 3, "2026-11-03T00:00:00Z");
    let no = "{\"message\":\"not today\"}".to_owned();
    world
        .marketplace()
        .fault(Fault::Status(403, Vec::new(), no));
    let (status, answer) = host.tick();
    assert_eq!(status, 500);
    assert_eq!(answer["Outputs"], json!({}));
    assert_eq!(
        answer["Logs"],
        json!(["The Marketplace did not return the events of pub.hello: not today"])
    );
    assert_eq!(host.numbers(), [1, 2]);
    host.tick();
    assert_eq!(host.numbers(), [1, 2, 3]);
}

#[test]
fn a_blob_that_is_not_ours_is_not_written_over() {
    let world = world();
    let mut host = Host::start(&world);
    for text in ["somebody's notes", "{\"position\":{}}"] {
        host.blob = Some(text.to_owned());
        let (status, _) = host.tick();
        assert_eq!(status, 500, "{text}");
    }
    assert!(world.marketplace().requests().is_empty());
}

#[test]
fn only_its_own_function_is_answered() {
    let world = world();
    let host = Host::start(&world);
    assert_eq!(host.post("/Other", "{}").0, 404);
    assert_eq!(host.post("/MarketplaceEvents", "{}").0, 400);
}

#[test]
fn host_json_and_function_json_name_what_the_handler_serves() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(format!("{folder}/{name}")).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    };
    let program = &read("host.json")["customHandler"]["description"]["defaultExecutablePath"];
    assert_eq!(program, "marketplace-events-function");
    let function = read("MarketplaceEvents/function.json");
    let bindings: Vec<String> = function["bindings"]
        .as_array()
        .expect("bindings")
        .iter()
        .map(|one| format!("{} {} {}", one["name"], one["type"], one["direction"]).replace('"', ""))
        .collect();
    assert_eq!(
        bindings,
        ["timer timerTrigger in", "before blob in", "after blob out"]
    );
    assert_eq!(
        function["bindings"][1]["path"],
        function["bindings"][2]["path"]
    );
}
