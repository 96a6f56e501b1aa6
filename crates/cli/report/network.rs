//! The words for what stands between here and a service: proxies, certificates, hosts that do not answer, and
//! others that answer in their place.
//!
//! It decides nothing and prints nothing.

use adieu_transport::{NoAnswer, NotTheService};

use super::Report;
use crate::situation::NetworkProblem;

pub(super) fn problem(problem: &NetworkProblem) -> Report {
    match problem {
        NetworkProblem::Proxy(url) => Report::new("proxy", format!("The agent's proxy, '{url}', is no address of an HTTP proxy."))
            .remedy("Configure the agent with --proxyurl http://host:port."),
        NetworkProblem::ProxyVariable { variable, text } => Report::new("proxy", format!("{variable} is '{text}', which is no address of an HTTP proxy."))
            .remedy("Write http://host:port, or take the variable away; SOCKS proxies are not spoken."),
        NetworkProblem::ClientCertificate(reason) => {
            Report::new("certificates", format!("The agent's client certificate cannot be used: {reason}."))
                .remedy("Give the agent a PEM certificate and a PEM key without a password (openssl pkcs8 -topk8 -nocrypt).")
        }
        NetworkProblem::Tls(reason) => Report::new("certificates", format!("TLS cannot be set up: {reason}.")),
    }
}

pub(super) fn no_answer(service: &str, host: &str, cause: &NoAnswer, attempts: u32) -> Report {
    let (anchor, remedy) = match cause {
        NoAnswer::Certificate(_) => (
            "certificates",
            "If a proxy of yours inspects TLS, configure the agent with --sslcacert and that proxy's root.",
        ),
        NoAnswer::ClientCertificate(_) => (
            "certificates",
            "Configure the agent with --sslclientcert and --sslclientcertkey, and a certificate that this host accepts.",
        ),
        NoAnswer::ProxyUnreachable(_) => (
            "proxy",
            "Let the agent reach its proxy, or correct the proxy's address.",
        ),
        NoAnswer::ProxyAuthentication => (
            "proxy",
            "Configure the agent with --proxyusername and --proxypassword for Basic authentication; NTLM, Negotiate and Kerberos are not supported.",
        ),
        NoAnswer::Proxy(_) => (
            "proxy",
            "Let the agent's proxy connect to this host on port 443.",
        ),
        NoAnswer::Name => (
            "network",
            "Check the agent's DNS and proxy: this name must be resolvable from the agent.",
        ),
        NoAnswer::Connection(_) | NoAnswer::Time | NoAnswer::Cut | NoAnswer::NotHttp => (
            "network",
            "Let the agent reach this host on port 443, directly or by the agent's proxy.",
        ),
    };
    Report::new(
        anchor,
        format!(
            "{service} ({host}) gave no answer {}: {cause}.",
            times(attempts)
        ),
    )
    .remedy(remedy)
}

pub(super) fn not_the_service(
    service: &str,
    host: &str,
    status: u16,
    instead: &NotTheService,
) -> Report {
    let what = match instead {
        NotTheService::Html => "a web page".to_owned(),
        NotTheService::Redirect { to } if to.is_empty() => "a redirect".to_owned(),
        NotTheService::Redirect { to } => {
            format!("a redirect to {to}, which is not followed with a credential")
        }
        NotTheService::NotJson => "text that is not JSON".to_owned(),
        NotTheService::WithoutField(field) => format!("JSON without {field}"),
        NotTheService::NotAToken => "something that is not a token".to_owned(),
        NotTheService::TooLong => "more bytes than such an answer has".to_owned(),
        NotTheService::Encoded(encoding) => {
            format!("a body in the encoding '{encoding}', which was not asked for")
        }
        NotTheService::Empty => "nothing".to_owned(),
    };
    Report::new(
        "not-the-service",
        format!("{host} answered {status} with {what}, so something else than {service} answered."),
    )
    .remedy("Look for a proxy, firewall or captive portal between the agent and this host.")
}

pub(super) fn times(attempts: u32) -> String {
    match attempts {
        1 => "at the first attempt".to_owned(),
        attempts => format!("in {attempts} attempts"),
    }
}
