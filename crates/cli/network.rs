//! Builds the HTTPS transport from the agent's proxy and certificates.
//!
//! It reads the files that the agent names, but sends no request.

use std::fs;
use std::path::Path;

use adieu_agent::{Environment, process_path, process_variable};
use adieu_configure::{are_our_roots, is_our_proxy, no_proxy};
use adieu_secret::PrivateKey;
use adieu_transport::{
    Certificates, ClientIdentity, Exchange, Network, Proxy, ProxyVariables, RootSource, Transport,
    UnusableNetwork, certificates,
};

use crate::configure;
use crate::console;
use crate::failure::{Failure, NetworkProblem};
use crate::report::without_error_numbers;
use crate::reporter::{Reporter, Terminal};
use crate::waiting::Wait;

/// The transport for a task, configured from the agent's settings.
pub(crate) fn transport(
    environment: &Environment,
    log: &dyn Reporter,
) -> Result<Transport, Box<Failure>> {
    let proxy = proxy(environment, log)?;
    let tls = environment.tls().map_err(Failure::PlatformVariable)?;
    let client_identity = match &tls.client_certificate {
        Some((certificates, key)) => Some(client_identity(certificates, key)?),
        None => None,
    };
    if tls.skip_validation {
        log.warn(
            "The agent was configured with --sslskipcertvalidation: anyone between this agent and \
             Azure DevOps or Microsoft Entra can read the job's token and every token that this \
             step gets. Configure the agent with --sslcacert instead.",
        );
    }
    let variables = match proxy {
        Some(_) => ProxyVariables::default(),
        None => proxy_variables(environment, log),
    };
    let network = Network {
        proxy,
        variables: Some(variables),
        extra_roots: [
            tls.roots
                .map_or_else(Vec::new, |path| roots("The agent's CA file", &path, log)),
            node_roots(environment, log),
        ]
        .concat(),
        roots: root_source(environment, log),
        client_identity,
        skip_certificate_validation: tls.skip_validation,
    };
    Ok(Transport::new(network).map_err(unusable)?)
}

/// The transport for a command line, configured from the environment: `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and
/// `NODE_EXTRA_CA_CERTS`.
pub(crate) fn of_command_line() -> Result<Transport, Box<Failure>> {
    // The system's store reads SSL_CERT_FILE as well, but fails at a byte order mark.
    let files = ["SSL_CERT_FILE", NODE_ROOTS];
    let extra_roots = files
        .into_iter()
        .filter_map(|name| Some((name, process_path(name)?)))
        .flat_map(|(name, path)| roots(name, Path::new(&path), &Terminal))
        .collect();
    let has_variable = OPENSSL_ROOTS
        .iter()
        .any(|name| process_path(name).is_some());
    let network = Network {
        variables: Some(ProxyVariables::read(process_variable)),
        extra_roots,
        roots: if has_variable {
            RootSource::Variables
        } else {
            RootSource::Distribution
        },
        ..Network::default()
    };
    let transport = Transport::new(network).map_err(unusable)?;
    let transport = transport.on_wait(|service, host| {
        let text = format!("Waiting for {} ({host})", service.name);
        Box::new(Wait::begun(&text))
    });
    Ok(if console::is_verbose() {
        transport.on_exchange(trace)
    } else {
        transport
    })
}

/// A line for a request: `GET https://dev.azure.com/contoso/_apis/connectionData: 200 in 132 ms (activityid: …)`.
fn trace(exchange: &Exchange) {
    let outcome = match &exchange.outcome {
        Ok(status) => status.to_string(),
        Err(reason) => format!("no answer ({reason})"),
    };
    let ids: Vec<String> = exchange
        .ids
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let ids = match ids.as_slice() {
        [] => String::new(),
        ids => format!(" ({})", ids.join(", ")),
    };
    Terminal.detail(&format!(
        "{} {}: {outcome} in {} ms{ids}",
        exchange.method,
        exchange.address,
        exchange.time.as_millis()
    ));
}

/// Variable with the CA file that Node, and therefore most tasks, trusts in addition to its built-in roots.
const NODE_ROOTS: &str = "NODE_EXTRA_CA_CERTS";

/// The file counts only if the agent's machine names it. Anyone who may queue a run can set a pipeline variable with
/// that name, so that has no effect on trust here.
fn node_roots(environment: &Environment, log: &dyn Reporter) -> Certificates {
    let path = environment.variable(NODE_ROOTS).unwrap_or_default();
    if path.is_empty() {
        return Vec::new();
    }
    if environment.is_of_the_pipeline(NODE_ROOTS) {
        if !are_our_roots(path) {
            log.warn(&of_the_pipeline(NODE_ROOTS));
        }
        return Vec::new();
    }
    roots(NODE_ROOTS, Path::new(path), log)
}

/// The variables of OpenSSL, which replace the system's roots.
const OPENSSL_ROOTS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Like Node's variable, anyone who may queue a run can set OpenSSL's.
fn root_source(environment: &Environment, log: &dyn Reporter) -> RootSource {
    let mut source = RootSource::Distribution;
    for name in OPENSSL_ROOTS {
        let path = environment.variable(name).unwrap_or_default();
        if path.is_empty() {
            continue;
        }
        if environment.is_of_the_pipeline(name) {
            if !are_our_roots(path) {
                log.warn(&of_the_pipeline(name));
            }
            source = RootSource::DistributionFile;
        } else if let RootSource::Distribution = source {
            source = RootSource::Variables;
        }
    }
    source
}

/// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, if the agent's machine sets them: anyone who may queue a run can set
/// pipeline variables with these names.
fn proxy_variables(environment: &Environment, log: &dyn Reporter) -> ProxyVariables {
    let machine_variable =
        |name: &str| configure::machine_variable(environment, name).map(str::to_owned);
    let variables = ProxyVariables::read(machine_variable);
    let is_replaced = |name: &&str| match *name {
        "NO_PROXY" => {
            // The machine's list with the additions of `configure` is not another one.
            let is_ours = environment.variable(name) == Some(&no_proxy(machine_variable));
            variables.name_a_proxy() && environment.is_of_the_pipeline(name) && !is_ours
        }
        // That of `configure: proxy`, which is for scripts.
        "HTTPS_PROXY"
            if environment
                .variable("HTTPS_PROXY")
                .is_some_and(is_our_proxy) =>
        {
            false
        }
        name => {
            environment.is_of_the_pipeline(name) || environment.is_a_secret_of_the_pipeline(name)
        }
    };
    let ignored: Vec<&str> = ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]
        .into_iter()
        .filter(is_replaced)
        .collect();
    match ignored.as_slice() {
        [] => {}
        [name] => log.warn(&format!(
            "{name} is a pipeline variable, so it has no effect here; configure the agent with \
             --proxyurl."
        )),
        names => log.warn(&format!(
            "{} are pipeline variables, so they have no effect here; configure the agent with \
             --proxyurl.",
            names.join(" and ")
        )),
    }
    variables
}

fn of_the_pipeline(name: &str) -> String {
    format!(
        "{name} is a pipeline variable, so it has no effect here; set it on the agent's machine, \
         or configure the agent with --sslcacert."
    )
}

fn unusable(error: UnusableNetwork) -> Failure {
    Failure::Network(match error {
        UnusableNetwork::ClientIdentity(reason) => NetworkProblem::ClientCertificate(reason),
        UnusableNetwork::Proxy { variable, text } => NetworkProblem::ProxyVariable {
            variable,
            text: without_credentials(&text),
        },
        UnusableNetwork::Tls(reason) => NetworkProblem::Tls(reason),
    })
}

fn proxy(environment: &Environment, log: &dyn Reporter) -> Result<Option<Proxy>, Box<Failure>> {
    let settings = environment.proxy().map_err(Failure::PlatformVariable)?;
    let Some(settings) = settings else {
        return Ok(None);
    };
    let bypass = settings.bypass.unwrap_or_else(|text| {
        log.warn(&format!(
            "The agent's proxy bypass list is not a JSON array of strings, so it has no effect \
             here: {text}"
        ));
        Vec::new()
    });
    let proxy = Proxy::new(&settings.url, settings.user, settings.password, &bypass)
        .map_err(|_| Failure::Network(NetworkProblem::Proxy(without_credentials(&settings.url))))?;
    for pattern in proxy.unreadable_patterns() {
        log.warn(&format!(
            "The agent's proxy bypass list has a pattern that this task cannot read, so it has no \
             effect here: {pattern}"
        ));
    }
    Ok(Some(proxy))
}

/// An invalid address without what may be a user and a password: everything before its last `@`.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some((before, after)) = url.rsplit_once('@') else {
        return url.to_owned();
    };
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://***@{after}"),
        None => format!("***@{after}"),
    }
}

/// Reads a CA file. In a container job, the path may only exist on the host; the system's own roots may be enough, so
/// a missing file is a warning.
fn roots(named_by: &str, path: &Path, log: &dyn Reporter) -> Certificates {
    let flaw = match fs::read(path).map(|file| certificates(&file)) {
        Ok(roots) if !roots.is_empty() => return roots,
        Ok(_) => "has no certificate in PEM form".to_owned(),
        Err(error) => format!("cannot be read here ({error})"),
    };
    log.warn(&without_error_numbers(&format!(
        "{named_by} {} {flaw}; only the system's certificates are used.",
        path.display()
    )));
    Vec::new()
}

fn client_identity(certificates: &Path, key: &Path) -> Result<ClientIdentity, Box<Failure>> {
    let unreadable = |path: &Path, error: std::io::Error| {
        let reason = format!("{} cannot be read: {error}", path.display());
        Failure::Network(NetworkProblem::ClientCertificate(reason))
    };
    Ok(ClientIdentity {
        certificates: fs::read(certificates).map_err(|error| unreadable(certificates, error))?,
        key: PrivateKey::new(fs::read_to_string(key).map_err(|error| unreadable(key, error))?),
    })
}
