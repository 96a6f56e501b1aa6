//! The proxy itself: a port of this machine, the key of its clients, the stand-ins and the certificate.
//!
//! It never listens on any other address, and never outlives the future that serves.

use std::io;
use std::net::{self, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use adieu_broker::{Tokens, new_key};
use adieu_identity::Scope;
use adieu_secret::EndpointSecret;
use adieu_transport::{TlsServer, Transport};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use crate::authority;
use crate::journal::Journal;
use crate::policy::{Allowed, DOMAINS};
use crate::watch::Watch;

/// The most concurrent connections.
const MOST: usize = 256;

/// Every stand-in begins so, for readers of a log.
const MARK: &str = "adieu-stand-in-";

/// The name that clients show with the key.
const USER: &str = "adieu";

/// A proxy that has its port and does not serve yet.
pub struct StandInProxy {
    listener: TcpListener,
    port: u16,
    key: EndpointSecret,
    certificate: CertificateDer<'static>,
    shared: Shared,
}

/// What all connections share, before there are tokens.
pub(crate) struct Shared {
    pub(crate) server: TlsServer,
    /// The value of `Proxy-Authorization` that opens the proxy.
    pub(crate) authorization: EndpointSecret,
    pub(crate) allowed: Allowed,
    /// Variables and what they hold.
    pub(crate) stand_ins: Vec<(String, EndpointSecret)>,
    pub(crate) journal: Rc<Journal>,
}

/// The same with tokens, and the way to the services.
pub(crate) struct Serving {
    pub(crate) shared: Shared,
    pub(crate) tokens: Rc<Tokens>,
    pub(crate) scope: Scope,
    pub(crate) transport: Transport,
    pub(crate) watch: Watch,
}

impl StandInProxy {
    /// Takes a free port of the loopback address, and makes a stand-in for each variable.
    ///
    /// # Errors
    /// The system has no port or no random numbers to give.
    pub fn bind(
        allowed: Allowed,
        variables: Vec<String>,
        journal: Rc<Journal>,
    ) -> io::Result<Self> {
        let listener = net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let port = listener.local_addr()?.port();
        let key = new_key("adieu-")?;
        let issued = authority::issue(&DOMAINS, &allowed.certificate_names());
        let issued = issued.map_err(|_| io::Error::other("there are no random numbers"))?;
        let server = TlsServer::new(vec![issued.certificate], issued.key);
        let pair = STANDARD.encode(format!("{USER}:{}", key.reveal()));
        let mut stand_ins = Vec::new();
        for name in variables {
            stand_ins.push((name, new_key(MARK)?));
        }
        Ok(Self {
            listener,
            port,
            key,
            certificate: issued.authority,
            shared: Shared {
                server: server.map_err(io::Error::other)?,
                authorization: EndpointSecret::new(format!("Basic {pair}")),
                allowed,
                stand_ins,
                journal,
            },
        })
    }

    /// `HTTPS_PROXY`: the proxy's address with the key in it.
    #[must_use]
    pub fn url(&self) -> EndpointSecret {
        let key = self.key.reveal();
        EndpointSecret::new(format!("http://{USER}:{key}@127.0.0.1:{}", self.port))
    }

    /// What opens the proxy.
    #[must_use]
    pub fn key(&self) -> &EndpointSecret {
        &self.key
    }

    /// The certificate of the authority, which clients have to trust.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Each variable with what it holds.
    #[must_use]
    pub fn stand_ins(&self) -> &[(String, EndpointSecret)] {
        &self.shared.stand_ins
    }

    /// Serves without end. `scope` is that of Azure DevOps.
    pub async fn serve(self, tokens: Rc<Tokens>, scope: Scope, transport: Transport) {
        let serving = Rc::new(Serving {
            shared: self.shared,
            tokens,
            scope,
            transport,
            watch: Watch::default(),
        });
        let listener = self.listener;
        LocalSet::new()
            .run_until(async move {
                let slots = Arc::new(Semaphore::new(MOST));
                loop {
                    let slot = Arc::clone(&slots).acquire_owned().await;
                    match listener.accept().await {
                        Ok((stream, _)) => {
                            let _ = stream.set_nodelay(true);
                            let serving = Rc::clone(&serving);
                            spawn_local(async move {
                                serving.connection(Box::new(stream)).await;
                                drop(slot);
                            });
                        }
                        // Out of file descriptors, or a client that is gone already: the next one may work.
                        Err(_) => sleep(Duration::from_millis(20)).await,
                    }
                }
            })
            .await;
    }
}
