//! The broker itself: a port on this machine, two keys, and the reasons to stop.
//!
//! It never listens on any other address, and never outlives its future.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use adieu_secret::EndpointSecret;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::{Instant, sleep, sleep_until};

use crate::auth::{APP_SERVICE, AZD, Keys, STOP};
use crate::connections::{BrokerState, StopReason, Summary};
use crate::resources::Resources;
use crate::slots::ConnectionSlots;
use crate::source::TokenSource;
use crate::tokens::{self, Tokens};

/// A broker that has a port but is not serving yet.
pub struct Broker {
    listener: TcpListener,
    address: Address,
    renew: Duration,
    summary: Option<Summary>,
}

/// What a client needs to use a broker, and its owner to stop it.
#[derive(Debug, Clone)]
pub struct Address {
    port: u16,
    keys: Rc<Keys>,
}

impl Broker {
    /// Binds a free port of the loopback address.
    ///
    /// # Errors
    /// The system has no free port or no random numbers.
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = Address {
            port: listener.local_addr()?.port(),
            keys: Rc::new(Keys::random()?),
        };
        Ok(Self {
            listener,
            address,
            renew: tokens::RENEW,
            summary: None,
        })
    }

    /// The broker's address.
    pub fn address(&self) -> Address {
        self.address.clone()
    }

    /// Renews a token once it has less than this time left, instead of ten minutes: for clients that work with one
    /// token for a while.
    #[must_use]
    pub fn renewing_at(self, renew: Duration) -> Self {
        Self { renew, ..self }
    }

    /// Answers the request that stops it with this text.
    #[must_use]
    pub fn summarizing(self, summary: impl Fn() -> String + 'static) -> Self {
        let summary: Option<Summary> = Some(Box::new(summary));
        Self { summary, ..self }
    }

    /// Serves until its owner stops it, no request came for `idle` (if there is a limit), or the source has no more
    /// tokens.
    pub async fn serve(
        self,
        source: impl TokenSource + 'static,
        resources: Resources,
        idle: Option<Duration>,
    ) -> StopReason {
        let tokens = Tokens::new(Box::new(source), self.renew);
        self.serve_tokens(tokens, resources, idle).await
    }

    /// The same for tokens that another endpoint also serves. A separate function, so that the binary has it once.
    pub async fn serve_tokens(
        self,
        tokens: Rc<Tokens>,
        resources: Resources,
        idle: Option<Duration>,
    ) -> StopReason {
        let shared = Rc::new(BrokerState {
            port: self.address.port,
            keys: self.address.keys,
            resources,
            summary: self.summary,
            tokens,
            last_request: Cell::new(Instant::now()),
            stop_reason: Cell::new(None),
            stopped: Notify::new(),
        });
        let listener = self.listener;
        LocalSet::new()
            .run_until(async {
                tokio::select! {
                    () = accept(&listener, &shared) => StopReason::Requested,
                    () = shared.stopped.notified() => {
                        shared.stop_reason.get().unwrap_or(StopReason::Requested)
                    }
                    () = idle_for(&shared.last_request, idle) => StopReason::Idle,
                }
            })
            .await
    }
}

impl Address {
    /// The port on the loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `IDENTITY_ENDPOINT`: App Service's protocol.
    pub fn identity_endpoint(&self) -> String {
        self.url(APP_SERVICE)
    }

    /// `AZD_AUTH_ENDPOINT`: azd's protocol.
    pub fn azd_endpoint(&self) -> String {
        self.url(AZD)
    }

    /// Where its owner stops it, with a POST and [`stop_key`](Self::stop_key) in `X-IDENTITY-HEADER`.
    pub fn stop_endpoint(&self) -> String {
        self.url(STOP)
    }

    /// `IDENTITY_HEADER` and `AZD_AUTH_KEY`: a process with this key gets tokens.
    pub fn key(&self) -> &EndpointSecret {
        &self.keys.ask
    }

    /// A copy of the key, for code that outlives this value.
    pub fn copy_of_key(&self) -> EndpointSecret {
        self.keys.ask.duplicate()
    }

    /// The key that stops it.
    pub fn stop_key(&self) -> &EndpointSecret {
        &self.keys.stop
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

async fn accept(listener: &TcpListener, shared: &Rc<BrokerState>) {
    let slots = Rc::<ConnectionSlots>::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let slot = slots.acquire().await;
                spawn_local(Rc::clone(shared).serve(stream, slot));
                // A client that opens connections without end must not starve the open ones.
                yield_now().await;
            }
            // Out of file descriptors, or the client has already gone: the next one may work.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn idle_for(asked: &Cell<Instant>, idle: Option<Duration>) {
    let Some(idle) = idle else {
        return std::future::pending().await;
    };
    loop {
        let end = asked.get() + idle;
        if end <= Instant::now() {
            return;
        }
        sleep_until(end).await;
    }
}
