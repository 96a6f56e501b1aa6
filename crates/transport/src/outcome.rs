//! What can come of a request that is not the answer of the service that was asked.
//!
//! It never says what to do about it, and holds no credential.

use std::fmt;

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// The name is not known here.
    Name,
    /// No listener, or a firewall in between.
    Connection(String),
    /// The certificate is not trusted or not for this host.
    Certificate(CertificateProblem),
    /// The two sides have no TLS in common, or what answers does not speak it.
    Handshake(String),
    /// The service does not accept the client certificate, or misses one.
    ClientCertificate(String),
    /// The proxy itself cannot be reached.
    ProxyUnreachable(String),
    /// The proxy wants another authentication than it was given.
    ProxyAuthentication,
    /// The proxy does not connect to the host.
    Proxy(String),
    /// Nothing came in time.
    Time,
    /// The answer was cut off.
    Cut,
    /// What came is not HTTP.
    NotHttp,
}

/// Why a host's certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateProblem {
    /// No root here leads to it.
    UnknownIssuer,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It names other hosts.
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
    /// Whether asking again can help. Trust, and a proxy that asks for authentication, need a change first.
    #[must_use]
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

/// What came instead of a service's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTheService {
    /// A page for people.
    Html,
    /// A redirect, which is never followed with a credential.
    Redirect {
        /// Host that it points to.
        to: String,
    },
    /// Text that is not JSON.
    NotJson,
    /// JSON without the field that the answer is about.
    WithoutField(&'static str),
    /// A value in the place of a token that has not the form of one (RFC 6750, RFC 7519).
    NotAToken,
    /// More bytes than such an answer can have.
    TooLong,
    /// A compressed body, which was not asked for.
    Encoded(String),
    /// Nothing at all.
    Empty,
}

/// Ids that a service's support asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correlation {
    /// Name and value, in the order in which the service gives them.
    pub ids: Vec<(&'static str, String)>,
}
