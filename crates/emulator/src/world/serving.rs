//! How the services run: each on its own port of this machine, with or without TLS.
//!
//! It never answers a request before the ledger has seen it.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::runtime::Runtime;

use crate::clock::Clock;
use crate::directory::ExpectedSecrets;
use crate::hosts::{self, Services};
use crate::http::{self, Answer, Handler, Request};
use crate::service::{Service, SharedService};
use crate::shared_state::{SharedState, lock};
use crate::{azure_devops, feeds, git, key_vault, marketplace, organizations, resource_manager};

/// The host of the services.
pub(crate) struct Host<'w> {
    pub(crate) runtime: &'w Runtime,
    pub(crate) shared: &'w Arc<SharedState>,
}

/// A service's address without its port, and the secrets that it expects from its clients.
pub(crate) struct ServiceAddress {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) expected_secrets: &'static ExpectedSecrets,
}

impl Host<'_> {
    /// Runs a service until the runtime ends, over HTTPS if there is a certificate.
    pub(crate) fn serve(
        &self,
        address: &ServiceAddress,
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Request, &SharedState) -> Answer + Send + Sync + 'static,
    ) -> SharedService {
        self.serve_with(
            address,
            tls,
            move |request, shared, service, expected_secrets| {
                // Before any fault: what a client sends is right or wrong, whatever the answer is.
                shared
                    .directory()
                    .inspect(service.url(), expected_secrets, request);
                service.handle(request, |request| dated(answer(request, shared), shared))
            },
        )
    }

    /// Runs a service that shares its address with git's repositories.
    pub(crate) fn serve_with_git(
        &self,
        address: &ServiceAddress,
        tls: Option<Arc<ServerConfig>>,
        states: &States,
        answer: impl Fn(&Request, &mut Services<'_>, &Clock) -> Answer + Send + Sync + 'static,
    ) -> SharedService {
        let states = states.clone();
        self.serve_with(
            address,
            tls,
            move |request, shared, service, expected_secrets| {
                if let Some(address) = git::Address::of(request) {
                    let mut directory = shared.directory();
                    directory.inspect(service.url(), &git::EXPECTED_SECRETS, request);
                    drop(directory);
                    return service
                        .handle(request, |request| states.git(&address, request, shared));
                }
                let expected_secrets = match request.header("host") {
                    Some(feeds::BLOB_HOST) => &feeds::BLOBS_ASK_FOR,
                    Some(feeds::management::HOST) => &feeds::EXPECTED_SECRETS,
                    Some(feeds::registry::HOST) => &feeds::registry::EXPECTED_SECRETS,
                    Some(host) if feeds::is_host(host) => &feeds::EXPECTED_SECRETS,
                    _ => expected_secrets,
                };
                shared
                    .directory()
                    .inspect(service.url(), expected_secrets, request);
                service.handle(request, |request| {
                    let answer =
                        states.with(shared, |services| answer(request, services, &shared.clock));
                    dated(answer, shared)
                })
            },
        )
    }

    fn serve_with(
        &self,
        address: &ServiceAddress,
        tls: Option<Arc<ServerConfig>>,
        handle: impl Fn(&Request, &SharedState, &Service, &ExpectedSecrets) -> http::Reply
        + Send
        + Sync
        + 'static,
    ) -> SharedService {
        let (listener, port) = self.runtime.block_on(http::listen());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let ServiceAddress {
            name,
            path,
            expected_secrets,
        } = *address;
        let service = Service::new(format!("{scheme}://{name}:{port}{path}"), port);
        let service = Arc::new(service);
        let connections = service.connection_count();
        let (shared, served) = (Arc::clone(self.shared), Arc::clone(&service));
        let handler: Handler =
            Arc::new(move |request| handle(request, &shared, &served, expected_secrets));
        self.runtime
            .spawn(http::serve(listener, tls, connections, handler));
        service
    }
}

fn dated(answer: Answer, shared: &SharedState) -> Answer {
    answer.with("Date", &shared.clock.date())
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
    fn with<R>(&self, shared: &SharedState, answer: impl FnOnce(&mut Services<'_>) -> R) -> R {
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
            directory: &mut shared.directory(),
        })
    }

    /// Answers git's own requests. No state is locked while git works.
    fn git(&self, address: &git::Address, request: &Request, shared: &SharedState) -> Answer {
        let step = self.with(shared, |services| {
            git::begin(address, request, &mut services.git(), &shared.clock)
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
