//! The broker of a job: a separate process that outlives the step that starts it, and ends with the job.
//!
//! It never has a secret in its arguments or its environment: they come through a pipe.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use adieu_agent::{EndpointId, Environment, Stream, is_for_the_task_alone, process_variables};
use adieu_broker::{Broker, Resources, Tokens};
use adieu_configure::{Configure, Endpoints};
use adieu_identity::resource;
use adieu_secret::EndpointSecret;
use adieu_stand_in::{AllowList, Journal, StandInProxy, StandIns};
use adieu_transport::{Method, Transport, Url};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::source::SessionTokens;
use crate::configure::helper;
use crate::connection;
use crate::failure::Failure;
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
) -> Result<Serving, Box<Failure>> {
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
    let answer = started(environment, arguments, START).await?;
    Ok(Serving {
        endpoints: Endpoints {
            identity: answer.text("identity")?,
            azd: answer.text("azd")?,
            key: answer.secret("key")?,
            program: helper,
        },
        stop_endpoint: answer.text("stop")?,
        stop_key: answer.secret("stopKey")?,
    })
}

/// A proxy for stand-ins that serves, in its own process.
pub(crate) struct ServingStandIns {
    pub(crate) stand_ins: StandIns,
    pub(crate) stop_endpoint: String,
    pub(crate) stop_key: EndpointSecret,
}

/// Starts a proxy for the job of `environment`, with a stand-in for each variable, and returns when it serves.
pub(crate) async fn start_stand_ins(
    environment: &Environment,
    connection: &EndpointId,
    tenant: Option<&str>,
    allowed: &AllowList,
    variables: &[String],
) -> Result<ServingStandIns, Box<Failure>> {
    let request = [&allowed.organizations[..], &allowed.publishers, variables];
    let request = request.map(|names| names.join(",")).join(";");
    let mut arguments = vec!["--job", connection.as_str(), "--stand-ins", &request];
    if let Some(tenant) = tenant {
        arguments.extend(["--tenant", tenant]);
    }
    let answer = started(environment, arguments, START).await?;
    let values = answer.text("standIns")?;
    let values = list(&values).map(EndpointSecret::new);
    Ok(ServingStandIns {
        stand_ins: StandIns {
            url: answer.secret("proxy")?,
            key: answer.secret("proxyKey")?,
            certificate: answer.text("certificate")?,
            values: variables.iter().cloned().zip(values).collect(),
        },
        stop_endpoint: answer.text("stop")?,
        stop_key: answer.secret("stopKey")?,
    })
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
) -> Result<ServingFeeds, Box<Failure>> {
    let connection = connection.map_or("", EndpointId::as_str);
    let folder = folder.display().to_string();
    let arguments = vec!["--job", connection, "--feeds", &folder];
    let answer = started(environment, arguments, START_WITH_SIGN_IN).await?;
    let expires_on = answer.json["expiresOn"].as_i64().unwrap_or_default();
    Ok(ServingFeeds {
        stop_endpoint: answer.text("stop")?,
        stop_key: answer.secret("stopKey")?,
        expires_on: OffsetDateTime::from_unix_timestamp(expires_on)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
    })
}

/// The answer of this program as `serve`, once it is ready.
async fn started(
    environment: &Environment,
    arguments: Vec<&str>,
    time: Duration,
) -> Result<Answer, Box<Failure>> {
    let line = spawn(environment, arguments, time).await;
    let line = line.map_err(Failure::NoBroker)?;
    match serde_json::from_str(&line) {
        Ok(json) => Ok(Answer { json }),
        Err(_) => Err(failed("it ended before it could serve").into()),
    }
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
                "it did not answer within {seconds} seconds"
            )))
        }
    }
}

/// Stops a broker and checks that it has exited. Returns the text of its answer; `None` if there is no broker.
pub(crate) async fn stop(
    endpoint: &str,
    key: &EndpointSecret,
    transport: &Transport,
) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let request = transport
        .request(Method::POST, &url)
        .header("X-IDENTITY-HEADER", key.reveal_to_wire())
        .build();
    let answer = transport.send(request.ok()?, STOP).await.ok()?;
    let is_stopping = matches!(answer.status, 200 | 204);
    let summary = serde_json::from_slice(&answer.body).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let address = format!("{host}:{}", url.port().unwrap_or_default());
    let gone = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    (is_stopping && timeout(STOP, gone).await.is_ok()).then_some(summary)
}

/// Serves the job whose environment comes on standard input. Prints its address, or why it failed, on standard
/// output.
pub(crate) async fn serve(
    connection: &str,
    tenant: Option<String>,
    resources: &[String],
    stand_ins: Option<&str>,
    worker: Option<u32>,
) {
    let ready = prepare(connection, tenant, resources).await;
    let (broker, identity, resources, transport) = match ready {
        Ok(ready) => ready,
        Err(reason) => return say(&json!({ "error": reason })),
    };
    if let Some(request) = stand_ins {
        return serve_stand_ins(broker, identity, transport, request, worker).await;
    }
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

/// The same for stand-ins: the broker gives no client a token, and is there to be ended.
async fn serve_stand_ins(
    broker: Broker,
    identity: SessionTokens,
    transport: Transport,
    request: &str,
    worker: Option<u32>,
) {
    let mut lists = request.split(';').map(|names| list(names).collect());
    let mut next = || lists.next().unwrap_or_default();
    let allowed = AllowList {
        organizations: next(),
        publishers: next(),
    };
    let journal = Rc::<Journal>::default();
    let (proxy, of_clients) = match StandInProxy::bind(allowed, next(), Rc::clone(&journal)) {
        Ok(bound) => bound,
        Err(error) => return say(&json!({ "error": error.to_string() })),
    };
    let address = broker.address();
    let values = of_clients.values.iter();
    let values: Vec<&str> = values.map(|(_, value)| value.reveal()).collect();
    let values = values.join(",");
    say(&json!({
        "proxy": of_clients.url.reveal(),
        "proxyKey": of_clients.key.reveal(),
        "certificate": of_clients.certificate,
        "standIns": values,
        "stop": address.stop_endpoint(),
        "stopKey": address.stop_key().reveal(),
    }));
    let tokens = Tokens::of(identity);
    let broker = broker.summarizing(move || journal.text());
    let nothing = Resources::Listed(Vec::new());
    // Its clients ask the proxy and not the broker, which would otherwise stop because it is idle.
    let idle = worker.is_none().then_some(IDLE);
    tokio::select! {
        _ = broker.serve_tokens(Rc::clone(&tokens), nothing, idle) => {}
        () = proxy.serve(tokens, resource::azure_devops(), transport) => {}
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
) -> Result<(Broker, SessionTokens, Resources, Transport), String> {
    let environment = environment_of_the_job()?;
    let words = |failure: Box<Failure>| Report::of(&failure).line();
    let id = EndpointId::new(connection);
    let connection = connection::read(&environment, &id, tenant).map_err(words)?;
    // The task has already reported its warnings.
    let resources = super::resources(resources, &connection.cloud).map_err(words)?;
    let transport = network::transport(&environment, &Quiet).map_err(words)?;
    let broker = Broker::bind().await.map_err(|error| error.to_string())?;
    let source = Source::Connection(Box::new(connection));
    let tokens = SessionTokens::new(source, transport.clone());
    Ok((broker, tokens, resources, transport))
}

/// The reason why the process does not serve, in its own words.
fn failed(reason: &str) -> Failure {
    Failure::NoBroker(io::Error::other(reason))
}

/// The one-line answer of our process.
struct Answer {
    json: Value,
}

impl Answer {
    fn text(&self, name: &str) -> Result<String, Box<Failure>> {
        let text = |name: &str| self.json.get(name).and_then(Value::as_str);
        match text(name) {
            Some(value) => Ok(value.to_owned()),
            None => Err(failed(text("error").unwrap_or("its answer is incomplete")).into()),
        }
    }

    fn secret(&self, name: &str) -> Result<EndpointSecret, Box<Failure>> {
        Ok(EndpointSecret::new(self.text(name)?))
    }
}

/// Names with commas between.
fn list(names: &str) -> impl Iterator<Item = String> {
    let names = names.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned)
}

/// Writes one line for the task.
fn say(document: &Value) {
    let line = Zeroizing::new(document.to_string());
    let _ = Stream::Output.credential(&line);
}
