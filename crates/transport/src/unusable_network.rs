//! Settings of a network that no client can be made of.

/// What is wrong with a network's settings.
#[derive(Debug, thiserror::Error)]
pub enum UnusableNetwork {
    /// The client certificate or its key cannot be read.
    #[error("the client certificate cannot be used: {0}")]
    ClientIdentity(String),
    /// A variable of the environment names a proxy, and is not an address of an HTTP proxy.
    #[error("{variable} is not an address of an HTTP proxy")]
    Proxy {
        /// `HTTPS_PROXY` and the like.
        variable: &'static str,
        /// What it says. There can be a password in it.
        text: String,
    },
    /// The roots or the client cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}
