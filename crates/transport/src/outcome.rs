//! The possible results of a request other than the service's own answer.
//!
//! It contains neither remedies nor credentials.

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The host name cannot be resolved.
    #[error("its name cannot be resolved")]
    Name,
    /// Nothing listens, or a firewall blocks the connection.
    #[error("no connection ({0})")]
    Connection(String),
    /// The certificate is not trusted or not valid for this host.
    #[error("its certificate is not trusted ({0})")]
    Certificate(CertificateProblem),
    /// The two sides have no TLS parameters in common, or the other side does not use TLS.
    #[error("no TLS connection is possible: {0}")]
    Handshake(String),
    /// The service does not accept the client certificate, or requires one.
    #[error("it does not accept this agent's client certificate ({0})")]
    ClientCertificate(String),
    /// The proxy itself cannot be reached.
    #[error("no connection to the proxy ({0})")]
    ProxyUnreachable(String),
    /// The proxy requires another authentication.
    #[error("the proxy asks for authentication")]
    ProxyAuthentication,
    /// The proxy does not connect to the host.
    #[error("the proxy does not connect ({0})")]
    Proxy(String),
    /// There was no answer in time.
    #[error("nothing came in time")]
    Time,
    /// The answer was cut off.
    #[error("the answer was cut off")]
    Cut,
    /// The answer is not HTTP.
    #[error("the answer is not HTTP")]
    NotHttp,
}

/// Why a host's certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// It was not issued under any known root.
    #[error("its issuer is unknown here")]
    UnknownIssuer,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It is for other hosts.
    #[error("it is for another host")]
    AnotherHost,
    /// Anything else.
    #[error("{0}")]
    Other(&'static str),
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
