//! A job with a broker, from EntraToken@1's `configure` to the post-job section; and a client of it.
//!
//! It makes no assertion about answers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use adieu_emulator::{Job, MY_CONNECTION, TaskResult, World};
use serde_json::Value;

use super::TaskFolder;

/// The application whose tokens Azure DevOps accepts.
pub(crate) const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// A job in which a broker runs.
pub(crate) struct JobWithBroker<'w> {
    pub(crate) job: Job<'w>,
    /// The task that started it, and stops it.
    pub(crate) folder: TaskFolder,
    pub(crate) endpoint: Endpoint,
}

impl<'w> JobWithBroker<'w> {
    /// A new job, with these lines of `configure`.
    pub(crate) fn start(world: &'w World, configure: &str) -> Self {
        Self::in_job(world.job(), configure)
    }

    /// The same in a job that was set up before.
    pub(crate) fn in_job(mut job: Job<'w>, configure: &str) -> Self {
        let folder = TaskFolder::unpacked("token");
        let outcome = job
            .step(folder.path())
            .name("tokens")
            .input("azureSubscription", MY_CONNECTION)
            .input("configure", configure)
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let endpoint = match job.value("IDENTITY_ENDPOINT") {
            Some(_) => Endpoint::of(&job),
            None => Endpoint::of_git(&job),
        };
        Self {
            job,
            folder,
            endpoint,
        }
    }

    /// Runs the post-job section, which stops the broker. Returns the job.
    pub(crate) fn end(mut self) -> Job<'w> {
        let last = self.job.step(self.folder.path());
        let outcome = last.section("postjobexecution").run();
        assert_eq!(
            (outcome.result, outcome.log.as_str()),
            (
                TaskResult::Succeeded,
                "The job's credential endpoint is closed."
            )
        );
        self.job.wait_until_nothing_is_left();
        self.job
    }
}

/// A credential endpoint that clients find in their environment.
pub(crate) struct Endpoint {
    pub(crate) port: u16,
    pub(crate) key: String,
}

impl Endpoint {
    /// From the values of `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    pub(crate) fn new(endpoint: &str, key: &str) -> Self {
        let port = endpoint
            .strip_prefix("http://127.0.0.1:")
            .and_then(|rest| rest.strip_suffix("/msi/token"))
            .and_then(|port| port.parse().ok());
        Self {
            port: port.unwrap_or_else(|| panic!("{endpoint} is not an endpoint")),
            key: key.to_owned(),
        }
    }

    /// The endpoint for a job's next step.
    pub(crate) fn of(job: &Job<'_>) -> Self {
        let value = |name| job.value(name).unwrap_or_default();
        Self::new(value("IDENTITY_ENDPOINT"), value("IDENTITY_HEADER"))
    }

    /// The endpoint for git's helper in a job's next step.
    pub(crate) fn of_git(job: &Job<'_>) -> Self {
        let value = |name| job.value(name).unwrap_or_default();
        Self::new(value("ADIEU_ENDPOINT"), value("ADIEU_ENDPOINT_KEY"))
    }

    /// Requests a token as an SDK does.
    pub(crate) fn token(&self, resource: &str) -> (u16, Value) {
        let (status, body) = ask(self.port, &self.question(resource));
        let body = serde_json::from_str(&body).unwrap_or_else(|_| panic!("no JSON: {body}"));
        (status, body)
    }

    /// The request of an SDK.
    pub(crate) fn question(&self, resource: &str) -> String {
        format!(
            "GET /msi/token?api-version=2019-08-01&resource={resource} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-IDENTITY-HEADER: {}\r\nConnection: close\r\n\r\n",
            self.port, self.key
        )
    }
}

/// Sends a raw request to a server on this machine. Returns the answer's status and body.
pub(crate) fn ask(port: u16, request: &str) -> (u16, String) {
    let answer = answer(port, request);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.unwrap_or(0), body.to_owned())
}

/// Sends a raw request. Returns the raw answer.
pub(crate) fn answer(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Remaining lifetime of a token by the emulated clock, in seconds.
pub(crate) fn seconds_left(world: &World, token: &str) -> i64 {
    world.entra().token_expires_on(token) - world.clock().now()
}
