//! The agent's proxy and certificates, made into the way to the services.
//!
//! It reads the files that the agent names; it asks nobody.

use std::fs;
use std::path::Path;

use adieu_agent::Environment;
use adieu_secret::PrivateKey;
use adieu_transport::{ClientIdentity, Network, Proxy, Transport, UnusableNetwork};

use crate::situation::{NetworkProblem, Situation};
use crate::voice::Voice;

/// The way to the services, as the agent is configured.
pub(crate) fn transport(
    environment: &Environment,
    log: &dyn Voice,
) -> Result<Transport, Situation> {
    let proxy = proxy(environment, log)?;
    let tls = environment.tls();
    let client_identity = match &tls.client_certificate {
        Some((certificates, key)) => Some(client_identity(certificates, key)?),
        None => None,
    };
    if tls.skip_validation {
        log.warn(
            "The agent was configured with --sslskipcertvalidation: whoever stands between this agent and \
             Azure DevOps or Microsoft Entra can read the job's token and every token that this step gets. \
             Configure the agent with --sslcacert instead.",
        );
    }
    let network = Network {
        proxy,
        extra_roots: tls.roots.map(|path| roots(&path, log)).unwrap_or_default(),
        client_identity,
        skip_certificate_validation: tls.skip_validation,
    };
    Transport::new(network).map_err(unusable)
}

/// The way to the services as a command line's environment has it: `HTTPS_PROXY`, `NO_PROXY`,
/// `SSL_CERT_FILE`.
pub(crate) fn of_command_line() -> Result<Transport, Situation> {
    Transport::new(Network::default()).map_err(unusable)
}

fn unusable(error: UnusableNetwork) -> Situation {
    Situation::Network(match error {
        UnusableNetwork::ClientIdentity(reason) => NetworkProblem::ClientCertificate(reason),
        UnusableNetwork::Proxy { variable, text } => NetworkProblem::ProxyVariable {
            variable,
            text: without_credentials(&text),
        },
        UnusableNetwork::Tls(reason) => NetworkProblem::Tls(reason),
    })
}

fn proxy(environment: &Environment, log: &dyn Voice) -> Result<Option<Proxy>, Situation> {
    let Some(settings) = environment.proxy() else {
        return Ok(None);
    };
    let bypass = settings.bypass.unwrap_or_else(|text| {
        log.warn(&format!(
            "The agent's proxy bypass list is no JSON array of texts, so it has no effect here: {text}"
        ));
        Vec::new()
    });
    let proxy =
        Proxy::new(&settings.url, settings.user, settings.password, &bypass).map_err(|_| {
            Situation::Network(NetworkProblem::Proxy(without_credentials(&settings.url)))
        })?;
    for pattern in proxy.unreadable_patterns() {
        log.warn(&format!(
            "The agent's proxy bypass list has a pattern that this task cannot read, so it has no effect \
             here: {pattern}"
        ));
    }
    Ok(Some(proxy))
}

/// An address as it may be shown, though it is no address: what stands before its last `@` can be a user
/// and a password.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some((before, after)) = url.rsplit_once('@') else {
        return url.to_owned();
    };
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://***@{after}"),
        None => format!("***@{after}"),
    }
}

/// The agent's CA file. In a container job the path can be the host's, where there is no such file; the
/// system's own roots may do, so that is a warning.
fn roots(path: &Path, log: &dyn Voice) -> Vec<Vec<u8>> {
    let flaw = match fs::read(path) {
        Ok(pem) if String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") => {
            return vec![pem];
        }
        Ok(_) => "has no certificate in PEM form".to_owned(),
        Err(error) => format!("cannot be read here ({error})"),
    };
    log.warn(&format!(
        "The agent's CA file {} {flaw}; the system's certificates are used alone.",
        path.display()
    ));
    Vec::new()
}

fn client_identity(certificates: &Path, key: &Path) -> Result<ClientIdentity, Situation> {
    let unreadable = |path: &Path, error: std::io::Error| {
        let reason = format!("{} cannot be read: {error}", path.display());
        Situation::Network(NetworkProblem::ClientCertificate(reason))
    };
    Ok(ClientIdentity {
        certificates: fs::read(certificates).map_err(|error| unreadable(certificates, error))?,
        key: PrivateKey::new(fs::read_to_string(key).map_err(|error| unreadable(key, error))?),
    })
}
