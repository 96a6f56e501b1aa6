//! The broker of a job: a separate process that outlives the step that starts it, and ends with the job.
//!
//! It never has a secret in its arguments or its environment: they come through a pipe.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use adieu_agent::{
    EndpointId, Environment, Stream, is_for_the_task_alone, process_variable, process_variables,
};
use adieu_broker::{Broker, Resources};
use adieu_secret::EndpointSecret;
use adieu_transport::{Method, Transport, Url};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::source::SessionTokens;
use crate::configure::{Configure, Endpoints, helper};
use crate::connection;
use crate::failure::Failure;
use crate::machine;
use crate::network;
use crate::platform;
use crate::report::Report;
use crate::reporter::Quiet;
use crate::session::Source;

/// A broker without a request for this long belongs to a job that has ended. Longer than a job may be idle between
/// two deployments, shorter than a machine's uptime.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// Timeout for the first line of the process.
const START: Duration = Duration::from_secs(20);

/// The same if it signs in first.
const START_WITH_SIGN_IN: Duration = Duration::from_secs(90);

/// Timeout for stopping a broker.
const STOP: Duration = Duration::from_secs(5);

/// A broker in its own process.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) endpoints: Endpoints,
    pub(crate) stop_endpoint: String,
    pub(crate) stop_key: EndpointSecret,
}

/// Starts a broker for the job of `environment`, and returns when it is ready.
pub(crate) async fn start(
    environment: &Environment,
    connection: &EndpointId,
    tenant: Option<&str>,
    configure: &Configure,
) -> Result<Serving, Failure> {
    let helper = match configure.has_git() {
        true => helper::of_the_job().map_err(Failure::NoBroker)?,
        false => PathBuf::new(),
    };
    let mut arguments = vec!["--job", connection.as_str()];
    if let Some(tenant) = tenant {
        arguments.extend(["--tenant", tenant]);
    }
    for resource in configure.listed() {
        arguments.extend(["--resource", resource]);
    }
    let line = spawn(environment, arguments, START).await;
    let line = line.map_err(Failure::NoBroker)?;
    serving(&line, helper).map_err(failed)
}

/// A process that serves feeds.
#[derive(Debug)]
pub(crate) struct ServingFeeds {
    pub(crate) stop_endpoint: String,
    pub(crate) stop_key: EndpointSecret,
    /// The earliest expiry of its tokens.
    pub(crate) expires_on: OffsetDateTime,
}

/// Starts a process that serves the feeds of a folder, and returns when their files are written. Without a connection
/// it uses the job token.
pub(crate) async fn start_for_feeds(
    environment: &Environment,
    connection: Option<&EndpointId>,
    folder: &Path,
) -> Result<ServingFeeds, Failure> {
    let connection = connection.map_or("", EndpointId::as_str);
    let folder = folder.display().to_string();
    let arguments = vec!["--job", connection, "--feeds", &folder];
    let line = spawn(environment, arguments, START_WITH_SIGN_IN).await;
    let line = line.map_err(Failure::NoBroker)?;
    let answer = Answer::parse(&line).map_err(failed)?;
    let expires_on = answer.json["expiresOn"].as_i64().unwrap_or_default();
    Ok(ServingFeeds {
        stop_endpoint: answer.text("stop").map_err(failed)?,
        stop_key: EndpointSecret::new(answer.text("stopKey").map_err(failed)?),
        expires_on: OffsetDateTime::from_unix_timestamp(expires_on)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
    })
}

/// Starts this program as `serve`, passes it the environment, and returns the line that it answers.
async fn spawn(
    environment: &Environment,
    arguments: Vec<&str>,
    time: Duration,
) -> io::Result<Zeroizing<String>> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.arg("serve").args(arguments);
    if let Some(worker) = platform::worker() {
        command.args(["--worker", &worker.to_string()]);
    }
    for (name, _) in process_variables() {
        // What it needs of these comes through the pipe.
        let is_of_the_task = |name: &str| {
            let name = name.to_ascii_uppercase();
            is_for_the_task_alone(&name)
                || name.starts_with("ENDPOINT_")
                || name.starts_with("SECUREFILE_")
                || name == "SYSTEM_ACCESSTOKEN"
        };
        if name.to_str().is_some_and(is_of_the_task) {
            command.env_remove(name);
        }
    }
    // The agent waits for any process that holds its pipes, so the process gets none of them.
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Windows cannot remove a folder in which a process runs, and the current one belongs to the sources.
        .current_dir(std::env::temp_dir());
    platform::detach(&mut command);
    let mut process = command.spawn()?;
    let block = environment.to_block();
    let talk = async {
        if let Some(mut input) = process.stdin.take() {
            input.write_all(&block).await?;
            input.shutdown().await?;
        }
        let mut line = Zeroizing::new(String::new());
        let read: &mut String = &mut line;
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(read).await?;
        }
        Ok::<_, std::io::Error>(line)
    };
    match timeout(time, talk).await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => {
            // Nothing else will use it.
            let _ = process.start_kill();
            let seconds = time.as_secs();
            Err(io::Error::other(format!(
                "it said nothing within {seconds} seconds"
            )))
        }
    }
}

/// Stops a broker and checks that it has exited. Returns `false` if there is none.
pub(crate) async fn stop(endpoint: &str, key: &EndpointSecret, transport: &Transport) -> bool {
    let Ok(url) = Url::parse(endpoint) else {
        return false;
    };
    let request = transport
        .request(Method::POST, &url)
        .header("X-IDENTITY-HEADER", key.reveal_to_wire())
        .build();
    let Ok(request) = request else {
        return false;
    };
    let is_stopping =
        matches!(transport.send(request, STOP).await, Ok(answer) if answer.status == 204);
    let host = url.host_str().unwrap_or_default();
    let address = format!("{host}:{}", url.port().unwrap_or_default());
    let gone = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    is_stopping && timeout(STOP, gone).await.is_ok()
}

/// Serves the job whose environment comes on standard input. Prints its address, or why it failed, on standard
/// output.
pub(crate) async fn serve(
    connection: &str,
    tenant: Option<String>,
    resources: &[String],
    worker: Option<u32>,
) {
    let ready = prepare(connection, tenant, resources).await;
    let (broker, identity, resources) = match ready {
        Ok(ready) => ready,
        Err(reason) => return say(&json!({ "error": reason })),
    };
    let address = broker.address();
    say(&json!({
        "identity": address.identity_endpoint(),
        "azd": address.azd_endpoint(),
        "key": address.key().reveal(),
        "stop": address.stop_endpoint(),
        "stopKey": address.stop_key().reveal(),
    }));
    tokio::select! {
        _ = broker.serve(identity, resources, Some(IDLE)) => {}
        _ = platform::stop_requested() => {}
        () = platform::gone(worker) => {}
    }
}

/// Reads the job's environment from standard input.
pub(crate) fn environment_of_the_job() -> Result<Environment, String> {
    let mut block = Zeroizing::new(Vec::new());
    let mut input = std::io::stdin().lock();
    let read = input.read_to_end(&mut block);
    read.map_err(|error| error.to_string())?;
    Ok(Environment::from_block(&block))
}

async fn prepare(
    connection: &str,
    tenant: Option<String>,
    resources: &[String],
) -> Result<(Broker, SessionTokens, Resources), String> {
    let environment = environment_of_the_job()?;
    let words = |failure: Failure| Report::of(&failure).line();
    let id = EndpointId::new(connection);
    let connection = connection::read(&environment, &id, tenant).map_err(words)?;
    // The task has already reported its warnings.
    let resources = super::resources(resources, &connection.cloud).map_err(words)?;
    let transport = network::transport(&environment, &Quiet).map_err(words)?;
    let broker = Broker::bind().await.map_err(|error| error.to_string())?;
    let source = Source::Connection(Box::new(connection));
    Ok((broker, SessionTokens::new(source, transport), resources))
}

/// The reason why the process does not serve, in its own words.
fn failed(reason: String) -> Failure {
    Failure::NoBroker(io::Error::other(reason))
}

/// The one-line answer of our process.
struct Answer {
    json: Value,
}

impl Answer {
    fn parse(line: &str) -> Result<Self, String> {
        let json = serde_json::from_str(line);
        let json = json.map_err(|_| "it ended before it could serve".to_owned())?;
        Ok(Self { json })
    }

    fn text(&self, name: &str) -> Result<String, String> {
        let value = self.json.get(name).and_then(Value::as_str);
        value.map(str::to_owned).ok_or_else(|| {
            let error = self.json.get("error").and_then(Value::as_str);
            error.unwrap_or("its answer is incomplete").to_owned()
        })
    }
}

fn serving(line: &str, program: PathBuf) -> Result<Serving, String> {
    let answer = Answer::parse(line)?;
    let text = |name: &str| answer.text(name);
    Ok(Serving {
        endpoints: Endpoints {
            identity: text("identity")?,
            azd: text("azd")?,
            key: EndpointSecret::new(text("key")?),
            hidden: machine::hidden_by_a_broker(process_variable),
            program,
        },
        stop_endpoint: text("stop")?,
        stop_key: EndpointSecret::new(text("stopKey")?),
    })
}

/// Writes one line for the task.
fn say(document: &Value) {
    let line = Zeroizing::new(document.to_string());
    let _ = Stream::Output.credential(&line);
}
