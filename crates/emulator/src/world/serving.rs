//! How a world serves a service: a port of this machine, with TLS or without, and what answers there.
//!
//! It never answers a request before the ledger has seen it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use tokio::runtime::Runtime;

use crate::clock::Clock;
use crate::directory::{AsksFor, Directory};
use crate::git;
use crate::http::{self, Answer, Handler, Reply, Request};
use crate::service::{Service, SharedService};
use crate::world::World;

/// What the services' threads hold.
pub(crate) struct Shared {
    directory: Mutex<Directory>,
    pub(crate) clock: Clock,
}

impl Shared {
    pub(crate) fn new(directory: Directory) -> Self {
        Self {
            directory: Mutex::new(directory),
            clock: Clock::default(),
        }
    }

    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where services run.
pub(crate) struct Host<'w> {
    pub(crate) runtime: &'w Runtime,
    pub(crate) shared: &'w Arc<Shared>,
}

/// A service's address but for its port, and the secrets that it asks its clients for.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) asks_for: &'static AsksFor,
}

impl Host<'_> {
    /// Serves one until the runtime ends, over HTTPS where there is a certificate.
    pub(crate) fn serve(
        &self,
        place: &Place,
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Request, &mut Directory, &Clock) -> Answer + Send + Sync + 'static,
    ) -> SharedService {
        let (listener, port) = self.runtime.block_on(http::listen());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let Place {
            name,
            path,
            asks_for,
        } = place;
        let service = Service::new(format!("{scheme}://{name}:{port}{path}"), port);
        let service = Arc::new(service);
        let handles = handler(self.shared, &service, asks_for, answer);
        let connections = service.connection_count();
        self.runtime
            .spawn(http::serve(listener, tls, connections, handles));
        service
    }
}

fn handler(
    shared: &Arc<Shared>,
    service: &SharedService,
    asks_for: &'static AsksFor,
    answer: impl Fn(&Request, &mut Directory, &Clock) -> Answer + Send + Sync + 'static,
) -> Handler {
    let (shared, service) = (shared.clone(), service.clone());
    Arc::new(move |request| {
        if let Some(address) = git::Address::of(request) {
            let mut directory = shared.directory();
            directory.inspect(service.url(), &git::ASKS_FOR, request);
            drop(directory);
            return service.handle(request, |request| {
                git::answer(&address, request, || shared.directory(), &shared.clock)
            });
        }
        // Before any fault: what a client sends is wrong or right whatever it gets for it.
        shared.directory().inspect(service.url(), asks_for, request);
        service.handle(request, |request| {
            let answer = answer(request, &mut shared.directory(), &shared.clock);
            answer.with("Date", &shared.clock.date())
        })
    })
}

impl World {
    /// The address of a plain server on this machine that answers every request with bytes of a test's own.
    #[must_use]
    pub fn server_of_bytes(
        &self,
        bytes: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> String {
        let (listener, port) = self.runtime().block_on(http::listen());
        let handles: Handler = Arc::new(move |request| Reply::Bytes(bytes(request)));
        self.runtime()
            .spawn(http::serve(listener, None, Arc::default(), handles));
        format!("http://127.0.0.1:{port}/")
    }
}
