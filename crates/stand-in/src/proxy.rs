//! The proxy: its loopback port, its key, its stand-ins and its certificate.
//!
//! It never listens on another address, and never outlives the future that serves.

use std::io;
use std::net::{self, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use adieu_broker::{ConnectionSlots, Tokens, new_key};
use adieu_identity::Scope;
use adieu_secret::EndpointSecret;
use adieu_transport::{TlsServer, Transport, pem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::sleep;

use crate::authority;
use crate::journal::Journal;
use crate::policy::{AllowList, DOMAINS};
use crate::watch::Watch;

/// The start of every stand-in, by which readers of a log recognize it.
const STAND_IN_PREFIX: &str = "adieu-stand-in-";

/// The user name that belongs to the key.
const USER: &str = "adieu";

/// A proxy that has its port, but does not serve yet.
pub struct StandInProxy {
    listener: TcpListener,
    settings: ProxySettings,
}

/// What clients need to use a proxy.
pub struct StandIns {
    /// `HTTPS_PROXY`: the proxy's address with the key in it.
    pub url: EndpointSecret,
    /// The password of the proxy.
    pub key: EndpointSecret,
    /// The certificate of its authority, which clients must trust, as PEM.
    pub certificate: String,
    /// Each variable with its stand-in.
    pub values: Vec<(String, EndpointSecret)>,
}

/// What all connections share.
pub(crate) struct ProxySettings {
    pub(crate) server: TlsServer,
    /// The value of `Proxy-Authorization` that contains the key.
    pub(crate) authorization: EndpointSecret,
    pub(crate) allowed: AllowList,
    /// Variables and their stand-ins.
    pub(crate) stand_ins: Vec<(String, EndpointSecret)>,
    pub(crate) journal: Rc<Journal>,
}

/// A proxy that serves: its settings, the tokens and the client for the services.
pub(crate) struct Serving {
    pub(crate) settings: ProxySettings,
    pub(crate) tokens: Rc<Tokens>,
    pub(crate) scope: Scope,
    pub(crate) transport: Transport,
    pub(crate) watch: Watch,
}

impl StandInProxy {
    /// Binds a free loopback port, and generates a stand-in for each variable.
    ///
    /// # Errors
    /// The system provides no port or no random numbers.
    pub fn bind(
        allowed: AllowList,
        variables: Vec<String>,
        journal: Rc<Journal>,
    ) -> io::Result<(Self, StandIns)> {
        let listener = net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let port = listener.local_addr()?.port();
        let key = new_key("adieu-")?;
        let identity = authority::issue(&DOMAINS, &allowed.certificate_names());
        let identity =
            identity.map_err(|_| io::Error::other("the system provides no random numbers"))?;
        let server = TlsServer::new(vec![identity.certificate], identity.key);
        let pair = STANDARD.encode(format!("{USER}:{}", key.reveal()));
        let mut stand_ins = Vec::new();
        let mut values = Vec::new();
        for name in variables {
            let value = new_key(STAND_IN_PREFIX)?;
            values.push((name.clone(), value.duplicate()));
            stand_ins.push((name, value));
        }
        let url = format!("http://{USER}:{}@127.0.0.1:{port}", key.reveal());
        let settings = ProxySettings {
            server: server.map_err(io::Error::other)?,
            authorization: EndpointSecret::new(format!("Basic {pair}")),
            allowed,
            stand_ins,
            journal,
        };
        let of_clients = StandIns {
            url: EndpointSecret::new(url),
            key,
            certificate: pem(&[identity.authority]),
            values,
        };
        Ok((Self { listener, settings }, of_clients))
    }

    /// Serves until it is dropped. `scope` is that of Azure DevOps.
    pub async fn serve(self, tokens: Rc<Tokens>, scope: Scope, transport: Transport) {
        let serving = Rc::new(Serving {
            settings: self.settings,
            tokens,
            scope,
            transport,
            watch: Watch::default(),
        });
        let listener = self.listener;
        LocalSet::new()
            .run_until(async move {
                let slots = Rc::<ConnectionSlots>::default();
                loop {
                    match listener.accept().await {
                        Ok((stream, _)) => {
                            let _ = stream.set_nodelay(true);
                            let slot = slots.acquire().await;
                            let serving = Rc::clone(&serving);
                            spawn_local(async move {
                                tokio::select! {
                                    () = serving.connection(Box::new(stream), &slot) => {}
                                    () = slot.evicted() => {}
                                }
                            });
                            // A client that opens connections without end must not starve the open ones.
                            yield_now().await;
                        }
                        // Out of file descriptors, or the client is gone: the next attempt can succeed.
                        Err(_) => sleep(Duration::from_millis(20)).await,
                    }
                }
            })
            .await;
    }
}
