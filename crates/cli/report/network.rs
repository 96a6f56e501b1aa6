//! The messages for network settings that cannot be used: proxies and certificates.
//!
//! It makes no decisions and prints nothing.

use super::Report;
use crate::failure::NetworkProblem;

pub(super) fn problem(problem: &NetworkProblem) -> Report {
    match problem {
        NetworkProblem::Proxy(url) => Report::new(
            "proxy",
            format!("The agent's proxy, '{url}', is not a valid HTTP proxy URL."),
        )
        .remedy("Configure the agent with --proxyurl http://host:port."),
        NetworkProblem::ProxyVariable { variable, text } => Report::new(
            "proxy",
            format!("{variable} is '{text}', which is not a valid HTTP proxy URL."),
        )
        .remedy("Write http://host:port, or unset the variable; SOCKS proxies are not supported."),
        NetworkProblem::ClientCertificate(reason) => Report::new(
            "certificates",
            format!("The agent's client certificate cannot be used: {reason}."),
        )
        .remedy(
            "Give the agent a PEM certificate and a PEM key without a password \
                 (openssl pkcs8 -topk8 -nocrypt).",
        ),
        NetworkProblem::Tls(reason) => {
            Report::new("certificates", format!("TLS cannot be set up: {reason}."))
        }
    }
}
