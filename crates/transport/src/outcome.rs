//! The possible results of a request other than the service's own answer.
//!
//! It contains neither remedies nor credentials.

use std::fmt;

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// The host name cannot be resolved.
    Name,
    /// Nothing listens, or a firewall blocks the connection.
    Connection(String),
    /// The certificate is not trusted or not valid for this host.
    Certificate(CertificateProblem),
    /// The two sides have no TLS parameters in common, or the other side does not use TLS.
    Handshake(String),
    /// The service does not accept the client certificate, or requires one.
    ClientCertificate(String),
    /// The proxy itself cannot be reached.
    ProxyUnreachable(String),
    /// The proxy requires another authentication.
    ProxyAuthentication,
    /// The proxy does not connect to the host.
    Proxy(String),
    /// There was no answer in time.
    Time,
    /// The answer was cut off.
    Cut,
    /// The answer is not HTTP.
    NotHttp,
}

/// Why a host's certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateProblem {
    /// It was not issued under any known root.
    UnknownIssuer,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for other hosts.
    AnotherHost,
    /// Anything else.
    Other(&'static str),
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnknownIssuer => "its issuer is unknown here",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet",
            Self::AnotherHost => "it is for another host",
            Self::Other(reason) => reason,
        })
    }
}

impl NoAnswer {
    /// Whether a retry can help. Certificates, and proxies that require authentication, need a change first.
    pub fn is_transient(&self) -> bool {
        !matches!(
            self,
            Self::Certificate(_)
                | Self::Handshake(_)
                | Self::ClientCertificate(_)
                | Self::ProxyAuthentication
                | Self::NotHttp
        )
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => formatter.write_str("its name cannot be resolved"),
            Self::Connection(reason) => write!(formatter, "no connection ({reason})"),
            Self::Certificate(reason) => {
                write!(formatter, "its certificate is not trusted ({reason})")
            }
            Self::Handshake(reason) => {
                write!(formatter, "no TLS connection is possible: {reason}")
            }
            Self::ClientCertificate(reason) => {
                write!(
                    formatter,
                    "it does not accept this agent's client certificate ({reason})"
                )
            }
            Self::ProxyUnreachable(reason) => {
                write!(formatter, "no connection to the proxy ({reason})")
            }
            Self::ProxyAuthentication => formatter.write_str("the proxy asks for authentication"),
            Self::Proxy(reason) => write!(formatter, "the proxy does not connect ({reason})"),
            Self::Time => formatter.write_str("nothing came in time"),
            Self::Cut => formatter.write_str("the answer was cut off"),
            Self::NotHttp => formatter.write_str("the answer is not HTTP"),
        }
    }
}

/// The kind of an answer that is not the service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTheService {
    /// A web page.
    Html,
    /// A redirect, which is never followed with a credential.
    Redirect {
        /// Host that it points to.
        to: String,
    },
    /// Text that is not JSON.
    NotJson,
    /// JSON without the expected field.
    WithoutField(&'static str),
    /// A value instead of a token that does not have a token's form (RFC 6750, RFC 7519).
    NotAToken,
    /// The answer is longer than possible.
    TooLong,
    /// A compressed body, which was not requested.
    Encoded(String),
    /// An empty answer.
    Empty,
}

/// IDs that a service's support asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correlation {
    /// Names and values, in the service's order.
    pub ids: Vec<(&'static str, String)>,
}
