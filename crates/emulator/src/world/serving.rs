//! How the services run: each on its own port of this machine, with or without TLS.
//!
//! It never answers a request before the ledger has seen it.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::runtime::Runtime;

use crate::clock::Clock;
use crate::directory::AsksFor;
use crate::ground::{Ground, lock};
use crate::hosts::{self, Services};
use crate::http::{self, Answer, Handler, Request};
use crate::service::{Service, SharedService};
use crate::{azure_devops, feeds, git, key_vault, marketplace, organizations, resource_manager};

/// The host of the services.
pub(crate) struct Host<'w> {
    pub(crate) runtime: &'w Runtime,
    pub(crate) ground: &'w Arc<Ground>,
}

/// A service's address without its port, and the secrets that it expects from its clients.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) asks_for: &'static AsksFor,
}

impl Host<'_> {
    /// Runs a service until the runtime ends, over HTTPS if there is a certificate.
    pub(crate) fn serve(
        &self,
        place: &Place,
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Request, &Ground) -> Answer + Send + Sync + 'static,
    ) -> SharedService {
        self.serve_with(place, tls, move |request, ground, service, asks_for| {
            // Before any fault: what a client sends is right or wrong, whatever the answer is.
            ground.directory().inspect(service.url(), asks_for, request);
            service.handle(request, |request| dated(answer(request, ground), ground))
        })
    }

    /// Runs a service that shares its address with git's repositories.
    pub(crate) fn serve_with_git(
        &self,
        place: &Place,
        tls: Option<Arc<ServerConfig>>,
        states: &States,
        answer: impl Fn(&Request, &mut Services<'_>, &Clock) -> Answer + Send + Sync + 'static,
    ) -> SharedService {
        let states = states.clone();
        self.serve_with(place, tls, move |request, ground, service, asks_for| {
            if let Some(address) = git::Address::of(request) {
                let mut directory = ground.directory();
                directory.inspect(service.url(), &git::ASKS_FOR, request);
                drop(directory);
                return service.handle(request, |request| states.git(&address, request, ground));
            }
            let asks_for = match request.header("host") {
                Some(feeds::BLOB_HOST) => &feeds::BLOBS_ASK_FOR,
                Some(feeds::management::HOST) => &feeds::ASKS_FOR,
                Some(feeds::registry::HOST) => &feeds::registry::ASKS_FOR,
                Some(host) if feeds::is_host(host) => &feeds::ASKS_FOR,
                _ => asks_for,
            };
            ground.directory().inspect(service.url(), asks_for, request);
            service.handle(request, |request| {
                let answer =
                    states.with(ground, |services| answer(request, services, &ground.clock));
                dated(answer, ground)
            })
        })
    }

    fn serve_with(
        &self,
        place: &Place,
        tls: Option<Arc<ServerConfig>>,
        handle: impl Fn(&Request, &Ground, &Service, &AsksFor) -> http::Reply + Send + Sync + 'static,
    ) -> SharedService {
        let (listener, port) = self.runtime.block_on(http::listen());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let Place {
            name,
            path,
            asks_for,
        } = *place;
        let service = Service::new(format!("{scheme}://{name}:{port}{path}"), port);
        let service = Arc::new(service);
        let connections = service.connection_count();
        let (ground, served) = (Arc::clone(self.ground), Arc::clone(&service));
        let handler: Handler = Arc::new(move |request| handle(request, &ground, &served, asks_for));
        self.runtime
            .spawn(http::serve(listener, tls, connections, handler));
        service
    }
}

fn dated(answer: Answer, ground: &Ground) -> Answer {
    answer.with("Date", &ground.clock.date())
}

/// The states of the Azure DevOps services.
#[derive(Clone, Default)]
pub(crate) struct States {
    pub(crate) azure_devops: Arc<Mutex<azure_devops::State>>,
    pub(crate) organizations: Arc<Mutex<organizations::State>>,
    pub(crate) marketplace: Arc<Mutex<marketplace::State>>,
    pub(crate) git: Arc<Mutex<git::State>>,
    pub(crate) feeds: Arc<Mutex<feeds::State>>,
}

impl States {
    /// All states, locked in a fixed order.
    fn with<R>(&self, ground: &Ground, answer: impl FnOnce(&mut Services<'_>) -> R) -> R {
        let azure_devops = lock(&self.azure_devops);
        let mut organizations = lock(&self.organizations);
        let mut marketplace = lock(&self.marketplace);
        let mut git = lock(&self.git);
        let mut feeds = lock(&self.feeds);
        answer(&mut Services {
            azure_devops: &azure_devops,
            organizations: &mut organizations,
            marketplace: &mut marketplace,
            git: &mut git,
            feeds: &mut feeds,
            directory: &mut ground.directory(),
        })
    }

    /// Answers git's own requests. No state is locked while git works.
    fn git(&self, address: &git::Address, request: &Request, ground: &Ground) -> Answer {
        let step = self.with(ground, |services| {
            git::begin(address, request, &mut services.git(), &ground.clock)
        });
        let answer = match step {
            git::Step::Answered(answer) => answer,
            git::Step::Admitted(admitted) => admitted.answer(address, request),
        };
        git::note(address, request, answer.status, &mut lock(&self.git));
        answer
    }
}

/// Selects the service at the Marketplace address: the Marketplace, the organizations, Azure Resource Manager or a
/// key vault.
pub(crate) fn by_host(request: &Request, services: &mut Services<'_>, clock: &Clock) -> Answer {
    match request.header("host") {
        Some(resource_manager::HOST) => {
            resource_manager::answer(request, services.directory, clock)
        }
        Some(key_vault::HOST) => key_vault::answer(request, services.directory, clock),
        _ => hosts::answer(request, services, clock),
    }
}
