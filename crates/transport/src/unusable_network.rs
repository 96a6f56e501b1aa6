//! Network settings that cannot be used.

/// What is wrong with the network settings.
#[derive(Debug, thiserror::Error)]
pub enum UnusableNetwork {
    /// The client certificate or its key cannot be read.
    #[error("the client certificate cannot be used: {0}")]
    ClientIdentity(String),
    /// An environment variable for a proxy is not the address of an HTTP proxy.
    #[error("{variable} is not an address of an HTTP proxy")]
    Proxy {
        /// The variable, such as `HTTPS_PROXY`.
        variable: &'static str,
        /// Its value, which may contain a password.
        text: String,
    },
    /// The root certificates or the client cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}
