//! The messages for a service that gives no valid answer, the same for all services.
//!
//! It makes no decisions and prints nothing.

use adieu_transport::{CertificateProblem, FailureCause, NoAnswer, NotTheService, ServiceFailure};

use super::Report;
use super::requested_by::RequestedBy;

pub(super) fn failure(failure: &ServiceFailure, requested_by: RequestedBy) -> Report {
    let name = failure.service.name;
    let host = &failure.host;
    match &failure.cause {
        FailureCause::NoAnswer(cause) => {
            no_answer(name, host, cause, failure.attempts, requested_by)
        }
        FailureCause::Busy {
            status, message, ..
        } => Report::new(
            "busy",
            format!(
                "{name} ({host}) answered {status} {}.",
                times(failure.attempts)
            ),
        )
        .fact("it said", message.as_deref().unwrap_or_default())
        .correlation(&failure.correlation)
        .remedy(requested_by.words(
            "Run the job again later; the service cannot answer now.",
            "Try again later; the service cannot answer now.",
        )),
        FailureCause::NotTheService { status, instead } => {
            not_the_service(name, host, *status, instead, requested_by)
                .correlation(&failure.correlation)
        }
    }
}

pub(super) fn no_answer(
    service: &str,
    host: &str,
    cause: &NoAnswer,
    attempts: u32,
    requested_by: RequestedBy,
) -> Report {
    Report::new(
        section(cause),
        format!(
            "{service} ({host}) did not answer {}: {cause}.",
            times(attempts)
        ),
    )
    .remedy(match requested_by {
        RequestedBy::Step => from_an_agent(cause),
        RequestedBy::CommandLine => from_a_command_line(cause),
    })
}

/// The section about a missing answer.
pub(crate) fn section(cause: &NoAnswer) -> &'static str {
    match cause {
        NoAnswer::Certificate(_) | NoAnswer::ClientCertificate(_) | NoAnswer::Handshake(_) => {
            "certificates"
        }
        NoAnswer::ProxyUnreachable(_) | NoAnswer::ProxyAuthentication | NoAnswer::Proxy(_) => {
            "proxy"
        }
        _ => "network",
    }
}

/// How an agent can reach a service.
fn from_an_agent(cause: &NoAnswer) -> &'static str {
    match cause {
        NoAnswer::Certificate(CertificateProblem::UnknownIssuer) => {
            "If a proxy inspects TLS, configure the agent with --sslcacert and that proxy's root \
             certificate."
        }
        NoAnswer::Certificate(problem) => of_certificate(problem),
        NoAnswer::Handshake(_) => HANDSHAKE,
        NoAnswer::ClientCertificate(_) => {
            "Configure the agent with --sslclientcert and --sslclientcertkey, and a \
             certificate that this host accepts."
        }
        NoAnswer::ProxyUnreachable(_) => {
            "Let the agent reach its proxy, or correct the proxy's address."
        }
        NoAnswer::ProxyAuthentication => {
            "Configure the agent with --proxyusername and --proxypassword for Basic \
             authentication; NTLM, Negotiate and Kerberos are not supported."
        }
        NoAnswer::Proxy(_) => "Let the agent's proxy connect to this host on port 443.",
        NoAnswer::Name => {
            "Check the agent's DNS and proxy: this name must be resolvable from the agent."
        }
        NoAnswer::Connection(_) | NoAnswer::Time | NoAnswer::Cut | NoAnswer::NotHttp => {
            "Let the agent reach this host on port 443, directly or through its proxy."
        }
    }
}

/// How a command line can reach a service.
fn from_a_command_line(cause: &NoAnswer) -> &'static str {
    match cause {
        NoAnswer::Certificate(CertificateProblem::UnknownIssuer) => {
            "If a proxy inspects TLS here, put its root certificate into a PEM file, and set \
             SSL_CERT_FILE to that file."
        }
        NoAnswer::Certificate(problem) => of_certificate(problem),
        NoAnswer::Handshake(_) => HANDSHAKE,
        NoAnswer::ClientCertificate(_) => {
            "Use a network path that does not require a client certificate; adieu cannot present \
             one here."
        }
        NoAnswer::ProxyAuthentication => {
            "Write user and password into HTTPS_PROXY: http://user:password@host:port."
        }
        NoAnswer::ProxyUnreachable(_) | NoAnswer::Proxy(_) => {
            "Correct HTTPS_PROXY, or name the host in NO_PROXY."
        }
        NoAnswer::Name
        | NoAnswer::Connection(_)
        | NoAnswer::Time
        | NoAnswer::Cut
        | NoAnswer::NotHttp => "Check the network; behind a proxy, set HTTPS_PROXY.",
    }
}

/// Only the other side can change its TLS parameters.
const HANDSHAKE: &str = "Have the owner of the proxy that inspects TLS, or else of the service, \
                         use supported TLS settings and certificates.";

fn of_certificate(problem: &CertificateProblem) -> &'static str {
    match problem {
        CertificateProblem::Expired | CertificateProblem::NotYetValid => {
            "Check this machine's clock (NTP); if it is right, the server's certificate must be \
             renewed."
        }
        CertificateProblem::AnotherHost => "Check DNS and proxies: another host answers instead.",
        CertificateProblem::UnknownIssuer | CertificateProblem::Other(_) => {
            "Have the owner of the proxy that inspects TLS, or else of the service, replace the \
             certificate."
        }
    }
}

fn not_the_service(
    service: &str,
    host: &str,
    status: u16,
    instead: &NotTheService,
    requested_by: RequestedBy,
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
        NotTheService::TooLong => "too many bytes".to_owned(),
        NotTheService::Encoded(encoding) => {
            format!("a body in the encoding '{encoding}', which was not requested")
        }
        NotTheService::Empty => "nothing".to_owned(),
    };
    Report::new(
        "not-the-service",
        format!(
            "{host} answered {status} with {what}, so something other than {service} answered."
        ),
    )
    .remedy(requested_by.words(
        "Look for a proxy, firewall or captive portal between the agent and this host.",
        "Look for a proxy, firewall or captive portal between this machine and that host.",
    ))
}

fn times(attempts: u32) -> String {
    match attempts {
        1 => "at the first attempt".to_owned(),
        attempts => format!("in {attempts} attempts"),
    }
}
