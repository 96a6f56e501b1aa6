//! HTTPS for requests with credentials: proxies, certificates, one limited answer, and retries.
//!
//! It does not know whose credential it carries: signing in and publishing use the same careful client.

// Declared here so that Cargo.toml can select its features; `url` uses it.
use idna_adapter as _;

mod address;
mod answer;
mod at_once;
mod call;
mod crypto;
mod early;
mod failure;
mod no_proxy;
mod outcome;
mod pem;
mod proxy;
mod reach;
mod retry;
mod service_message;
mod tls_failure;
mod trace;
mod transport;
mod trust;
mod tunnel;
mod unusable_network;

pub use address::{host, is_loopback, may_carry_credentials};
pub use reqwest::{Method, Url};

pub use answer::{Answer, Body, first_line, is_busy};
pub use at_once::at_once;
pub use call::{Call, PATIENCE, Reply};
pub use failure::{
    AZURE_DEVOPS, FailureCause, GITHUB_ACTIONS, MICROSOFT_ENTRA, MICROSOFT_GRAPH, Service,
    ServiceFailure,
};
pub use no_proxy::goes_past_a_proxy;
pub use outcome::{CertificateProblem, Correlation, NoAnswer, NotTheService};
pub use pem::{Certificates, certificates, pem};
pub use proxy::{Proxy, ProxyVariables};
pub use retry::{Attempt, Deadline, retry_until};
pub use service_message::ServiceMessage;
pub use trace::{Exchange, OnExchange};
pub use transport::{ClientIdentity, DownloadOutcome, Network, OnWait, Transport};
pub use trust::{RootSource, system_roots};
pub use tunnel::{Duplex, TlsServer};
pub use unusable_network::UnusableNetwork;
