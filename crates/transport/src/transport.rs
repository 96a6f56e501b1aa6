//! HTTPS for requests with credentials: one client, one request at a time, a limited answer.
//!
//! It never follows a redirect, never repeats a request on its own, and uses plain HTTP only for loopback addresses.

use std::collections::{HashMap, HashSet};
use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Method, Request, Url, redirect};
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::{self as pem_reader, PemObject as _};

use tokio::time::Instant;

use adieu_secret::PrivateKey;

use crate::address::may_carry_credentials;
use crate::answer::Answer;
use crate::early::{self, EarlyConnections};
use crate::failure::Service;
use crate::outcome::NoAnswer;
use crate::pem::{self, Certificates};
use crate::proxy::{self, Proxy, ProxyRoute, ProxyVariables};
use crate::trace::{Exchange, OnExchange};
use crate::trust::{RootSource, Verifier};
use crate::unusable_network::UnusableNetwork;
use crate::{crypto, tls_failure};

/// Timeout for opening a connection.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// The same for this machine's own endpoints: a virtual machine's answers immediately, and elsewhere nothing reports
/// that there is none.
const CONNECT_DIRECT: Duration = Duration::from_secs(2);

/// Time limit for one attempt.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(15);

/// Longest expected answer: a Microsoft Entra token has a few kilobytes.
pub(crate) const LONGEST_ANSWER: usize = 256 * 1024;

/// The network settings.
#[derive(Debug, Default)]
pub struct Network {
    /// The agent's proxy. Without one, [`variables`](Self::variables) are used.
    pub proxy: Option<Proxy>,
    /// The proxy variables to use; `None` means those of this process.
    pub variables: Option<ProxyVariables>,
    /// Root certificates in addition to the system's.
    pub extra_roots: Certificates,
    /// The location of the system's root certificates.
    pub roots: RootSource,
    /// Certificate for servers that request one.
    pub client_identity: Option<ClientIdentity>,
    /// Whether to accept every certificate, as the agent's administrator configured.
    pub skip_certificate_validation: bool,
}

/// A TLS client certificate with its key.
#[derive(Debug)]
pub struct ClientIdentity {
    /// The certificate and its chain, as PEM.
    pub certificates: Vec<u8>,
    /// The private key, as PEM.
    pub key: PrivateKey,
}

/// The result of a download.
#[derive(Debug)]
pub enum DownloadOutcome {
    /// The whole body was written to the sink; its length.
    All(u64),
    /// An answer with a status other than 200.
    Answer(Answer),
    /// The body is longer than allowed.
    TooLong,
    /// The sink cannot be written.
    NotWritten(io::Error),
}

/// A client for the services. Clones share its connections.
#[derive(Clone)]
pub struct Transport {
    client: Client,
    pub(crate) tls: ClientConfig,
    /// The proxy, where there is one.
    pub(crate) proxy_route: Option<ProxyRoute>,
    /// Whether plain HTTP is allowed for addresses other than loopback.
    plain: bool,
    /// Origins that were contacted before. The client may still have a connection to them, on which a request that
    /// only opens one would actually be sent.
    known: Arc<Mutex<HashSet<String>>>,
    /// The time until which an origin asked for a pause, although it answered.
    delays: Arc<Mutex<HashMap<String, Instant>>>,
    /// Called when a service has not answered for [`PATIENCE`](crate::PATIENCE).
    pub(crate) on_wait: Option<OnWait>,
    /// Called with each request.
    on_exchange: Option<OnExchange>,
}

adieu_secret::debug_by_name!(Transport);

/// Called with a service and its host. The result is dropped once the service has answered.
pub type OnWait = fn(&'static Service, &str) -> Box<dyn Send>;

impl Transport {
    /// Creates a client. Sends nothing.
    ///
    /// # Errors
    /// The client certificate, the root certificates or the environment's proxy cannot be used.
    pub fn new(network: Network) -> Result<Self, UnusableNetwork> {
        let tls = tls(&network)?;
        let mut builder = Client::builder()
            .connector_layer(EarlyConnections)
            .connect_timeout(CONNECT);
        let proxy_route = match network.proxy {
            Some(proxy) => Some(proxy.into_route()),
            None => {
                let variables = network.variables;
                proxy::by_variables(variables.unwrap_or_else(ProxyVariables::of_process))?
            }
        };
        builder = match &proxy_route {
            Some(proxy_route) => builder.proxy(proxy_route.in_reqwest()),
            None => builder.no_proxy(),
        };
        Ok(Self {
            client: finish(builder, tls.clone())?,
            tls,
            proxy_route,
            plain: false,
            known: Arc::default(),
            delays: Arc::default(),
            on_wait: None,
            on_exchange: None,
        })
    }

    /// Reports each request when it has ended.
    #[must_use]
    pub fn on_exchange(self, tell: OnExchange) -> Self {
        Self {
            on_exchange: Some(tell),
            ..self
        }
    }

    /// Reports a service that has not answered for a while.
    #[must_use]
    pub fn on_wait(self, tell: OnWait) -> Self {
        Self {
            on_wait: Some(tell),
            ..self
        }
    }

    /// A client for the endpoints of this machine and its host, for managed identities: no proxy can reach them, and
    /// they only support plain HTTP to an address that the platform chose.
    ///
    /// # Errors
    /// The client cannot be created.
    pub fn direct(&self) -> Result<Self, UnusableNetwork> {
        let builder = Client::builder().no_proxy().connect_timeout(CONNECT_DIRECT);
        Ok(Self {
            client: finish(builder, self.tls.clone())?,
            proxy_route: None,
            plain: true,
            known: Arc::default(),
            delays: Arc::default(),
            on_wait: None,
            ..self.clone()
        })
    }

    /// Opens `count` connections to the host of `url` in the background, for later requests. Does nothing for a host
    /// that was contacted before.
    pub async fn preconnect(&self, url: &Url, count: usize) {
        if !self.is_new(origin(url)) {
            return;
        }
        for _ in 0..count {
            let request = Request::new(Method::GET, url.clone());
            // The layer fails the request once its connection is being opened.
            let _ = early::open_only(origin(url), self.client.execute(request)).await;
        }
    }

    /// A request to build. Its contents go to this address only.
    pub fn request(&self, method: Method, url: &Url) -> reqwest::RequestBuilder {
        self.client.request(method, url.clone())
    }

    /// Sends a request once and reads the whole answer, which is small.
    ///
    /// # Errors
    /// There was no answer within `time` or 15 seconds, whichever is less; or the address is not HTTPS.
    pub async fn send(&self, request: Request, time: Duration) -> Result<Answer, NoAnswer> {
        self.send_within(request, time.min(ATTEMPT), LONGEST_ANSWER)
            .await
    }

    /// Sends a request once and reads an answer of at most `longest` bytes.
    ///
    /// # Errors
    /// There was no answer within `time`; or the address is not HTTPS.
    pub async fn send_within(
        &self,
        request: Request,
        time: Duration,
        longest: usize,
    ) -> Result<Answer, NoAnswer> {
        let origin = self.contact(request.url())?;
        let asked = self
            .on_exchange
            .map(|tell| (tell, request.method().clone(), request.url().clone()));
        let begun = Instant::now();
        let sending = early::take_opened(origin, self.exchange(request, longest));
        let answer = tokio::time::timeout(time, sending).await;
        let answer = answer.unwrap_or(Err(NoAnswer::Time));
        if let Some((tell, method, url)) = asked {
            tell(&Exchange::new(
                method,
                &url,
                answer.as_ref(),
                begun.elapsed(),
            ));
        }
        answer
    }

    /// Stores the `Retry-After` of a successful answer, with which Azure DevOps throttles a caller
    /// (learn.microsoft.com, "Rate and usage limits").
    pub(crate) fn delay_next(&self, url: &Url, answer: &Answer) {
        if answer.status < 300
            && let Some(seconds) = answer.retry_after()
            && let Some(until) = Instant::now().checked_add(Duration::from_secs(seconds))
        {
            let mut delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
            delays.insert(origin(url), until);
        }
    }

    /// How long the next request to an address must wait.
    pub(crate) fn delay(&self, url: &Url) -> Duration {
        let mut delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        let until = delays.remove(&origin(url));
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    /// Whether nothing was sent to this origin yet; marks it as contacted.
    fn is_new(&self, origin: String) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(origin)
    }

    /// The origin of an address to which a request may be sent; it now counts as contacted.
    fn contact(&self, url: &Url) -> Result<String, NoAnswer> {
        if !self.plain && !may_carry_credentials(url) {
            return Err(NoAnswer::Connection("not HTTPS".to_owned()));
        }
        let origin = origin(url);
        self.is_new(origin.clone());
        Ok(origin)
    }

    /// Sends a request once and writes the body of a 200 to `sink` as it arrives. Any other answer is read as in
    /// [`send`](Self::send).
    ///
    /// # Errors
    /// There was no answer within `time`, or it was cut off; or the address is not HTTPS.
    pub async fn download(
        &self,
        request: Request,
        time: Duration,
        longest: u64,
        sink: &mut dyn io::Write,
    ) -> Result<DownloadOutcome, NoAnswer> {
        let origin = self.contact(request.url())?;
        let downloading = async {
            let response = self.client.execute(request).await;
            let mut response = response.map_err(|error| cause(&error))?;
            if response.status() != 200 {
                let answer = Self::whole(response, LONGEST_ANSWER).await;
                return answer.map(DownloadOutcome::Answer);
            }
            let mut length = 0;
            while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
                length += chunk.len() as u64;
                if length > longest {
                    return Ok(DownloadOutcome::TooLong);
                }
                if let Err(error) = sink.write_all(&chunk) {
                    return Ok(DownloadOutcome::NotWritten(error));
                }
            }
            Ok(DownloadOutcome::All(length))
        };
        let downloading = early::take_opened(origin, downloading);
        let downloaded = tokio::time::timeout(time, downloading).await;
        downloaded.unwrap_or(Err(NoAnswer::Time))
    }

    async fn exchange(&self, request: Request, longest: usize) -> Result<Answer, NoAnswer> {
        let response = self.client.execute(request).await;
        Self::whole(response.map_err(|error| cause(&error))?, longest).await
    }

    async fn whole(mut response: reqwest::Response, longest: usize) -> Result<Answer, NoAnswer> {
        let mut body = zeroize::Zeroizing::new(Vec::new());
        let mut too_long = false;
        while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
            if body.len() + chunk.len() > longest {
                too_long = true;
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
            too_long,
        })
    }
}

fn finish(builder: reqwest::ClientBuilder, tls: ClientConfig) -> Result<Client, UnusableNetwork> {
    builder
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("adieu/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| UnusableNetwork::Tls(error.to_string()))
}

fn tls(network: &Network) -> Result<ClientConfig, UnusableNetwork> {
    let provider = Arc::new(crypto::provider());
    let verifier = if network.skip_certificate_validation {
        Verifier::unchecked(provider.clone())
    } else {
        let extra = network.extra_roots.clone();
        Verifier::new(extra, network.roots, provider.clone()).map_err(unusable_tls)?
    };
    let config = with_safe_versions(provider)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let Some(identity) = &network.client_identity else {
        return Ok(config.with_no_client_auth());
    };
    let unusable = |reason: String| UnusableNetwork::ClientIdentity(reason);
    let chain = pem::certificates(&identity.certificates);
    if chain.is_empty() {
        return Err(unusable("there is no certificate in its file".to_owned()));
    }
    // Both PKCS#8 and the older form contain this word in plain text.
    if identity.key.reveal().contains("ENCRYPTED") {
        return Err(unusable("its key is encrypted".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(identity.key.reveal().as_bytes()).map_err(|error| {
        unusable(match error {
            pem_reader::Error::NoItemsFound => "there is no private key in its file".to_owned(),
            _ => "its key cannot be read".to_owned(),
        })
    })?;
    config
        .with_client_auth_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                unusable("its key is another certificate's".to_owned())
            }
            _ => unusable("its key is neither RSA nor ECDSA on P-256 or P-384".to_owned()),
        })
}

fn with_safe_versions(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, UnusableNetwork> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable_tls)
}

fn unusable_tls(error: rustls::Error) -> UnusableNetwork {
    UnusableNetwork::Tls(error.to_string())
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Finds the failure in reqwest's chain of errors. The innermost error, from the system or TLS, is more specific than
/// hyper's.
fn cause(error: &reqwest::Error) -> NoAnswer {
    if let Some(failure) = error.source().and_then(known) {
        failure
    } else if error.is_timeout() {
        NoAnswer::Time
    } else if error.is_connect() {
        NoAnswer::Connection("refused or unreachable".to_owned())
    } else {
        NoAnswer::Cut
    }
}

fn known(link: &(dyn std::error::Error + 'static)) -> Option<NoAnswer> {
    let deeper = || link.source().and_then(known);
    if let Some(error) = link.downcast_ref::<hyper::Error>() {
        return deeper().or_else(|| known_hyper(error));
    }
    if let Some(error) = link.downcast_ref::<io::Error>() {
        return known_io(error).or_else(deeper);
    }
    // hyper-util's connector identifies these steps only by text.
    let text = link.to_string();
    if text == "dns error" {
        return Some(NoAnswer::Name);
    }
    let Some(reason) = text.strip_prefix("tunnel error: ") else {
        return deeper();
    };
    Some(match reason {
        "proxy authorization required" => NoAnswer::ProxyAuthentication,
        "failed to create underlying connection" => NoAnswer::ProxyUnreachable(match deeper() {
            Some(NoAnswer::Connection(reason)) => reason,
            Some(other) => other.to_string(),
            None => "unreachable".to_owned(),
        }),
        reason => NoAnswer::Proxy(reason.to_owned()),
    })
}

fn known_hyper(error: &hyper::Error) -> Option<NoAnswer> {
    if error.is_parse() {
        Some(NoAnswer::NotHttp)
    } else if error.is_incomplete_message() || error.is_canceled() {
        Some(NoAnswer::Cut)
    } else {
        None
    }
}

pub(crate) fn known_io(error: &io::Error) -> Option<NoAnswer> {
    let inner = error.get_ref();
    // The connector nests one error in another, and `source` skips the inner one.
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<io::Error>()) {
        return known_io(error);
    }
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Some(tls_failure::known(error));
    }
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => NoAnswer::Connection("refused".to_owned()),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            NoAnswer::Connection("no route".to_owned())
        }
        io::ErrorKind::TimedOut => NoAnswer::Time,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => NoAnswer::Cut,
        _ => return None,
    })
}
