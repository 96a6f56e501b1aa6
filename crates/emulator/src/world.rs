//! An emulated world: the running services, and what they share.
//!
//! It never outlives its value: dropping it stops everything, and fails the test if a service received a request that
//! the real one does not know.

mod connections;
mod network;
mod serving;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::serving::{Host, ServiceAddress, States, by_host};
use crate::agent::{Job, Platform};
use crate::azure_devops::{AzureDevOps, Connection};
use crate::certificates::Authority;
use crate::clock::Clock;
use crate::directory::{Directory, Issuer};
use crate::entra::Entra;
use crate::feeds::Feeds;
use crate::git::Git;
use crate::github::GitHub;
use crate::gitlab::GitLabJob;
use crate::ids::{guid, random};
use crate::managed_identity::ManagedIdentity;
use crate::marketplace::Marketplace;
use crate::microsoft_graph::MicrosoftGraph;
use crate::organizations::Organizations;
use crate::shared_state::{EmulatedService, SharedState, lock};
use crate::{azure_devops, entra, github, gitlab, hosts, managed_identity, microsoft_graph};

/// The name of the connection in every world.
pub const MY_CONNECTION: &str = "my-connection";

/// A running world.
pub struct World {
    runtime: Option<Runtime>,
    shared: Arc<SharedState>,
    azure_devops: AzureDevOps,
    entra: Entra,
    feeds: Feeds,
    git: Git,
    github: GitHub,
    managed_identity: ManagedIdentity,
    marketplace: Marketplace,
    plain_marketplace: Marketplace,
    microsoft_graph: MicrosoftGraph,
    organizations: Organizations,
    authority: Authority,
    folder: TempDir,
    violations_expected: bool,
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// A world with the organization `contoso`, its project `fabrikam`, and the service connection `my-connection`,
    /// whose application has the right federated credential.
    #[must_use]
    pub fn start() -> Self {
        Self::with_issuer(Issuer::default())
    }

    /// A world with another issuer of ID tokens.
    #[must_use]
    pub fn with_issuer(issuer: Issuer) -> Self {
        Self::build(issuer, false)
    }

    /// A world whose services request a TLS client certificate issued by their own authority.
    #[must_use]
    pub fn with_client_certificates() -> Self {
        Self::build(Issuer::default(), true)
    }

    fn build(issuer: Issuer, client_required: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("an event loop");
        let authority = Authority::new();
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).expect("a file");
        let shared = &Arc::new(SharedState::new(Directory::new(issuer)));
        let host = Host {
            runtime: &runtime,
            shared,
        };
        let address = |path, expected_secrets| ServiceAddress {
            name: "localhost",
            path,
            expected_secrets,
        };
        let tls = Some(authority.server(client_required));
        let states = States::default();
        lock(&states.git).folder = folder.path().join("git");
        let azure_devops = host.serve_with_git(
            &address("/contoso/", &azure_devops::EXPECTED_SECRETS),
            tls.clone(),
            &states,
            |request, services, clock| {
                azure_devops::answer(
                    request,
                    services.azure_devops,
                    services.organizations,
                    services.directory,
                    clock,
                )
            },
        );
        let hosts = address("/", &hosts::EXPECTED_SECRETS);
        let marketplace = host.serve_with_git(&hosts, tls.clone(), &states, by_host);
        let plain_marketplace = host.serve_with_git(&hosts, None, &states, by_host);
        let on_hosts = |service| EmulatedService::new(service, &states.marketplace, shared);
        let world = Self {
            azure_devops: EmulatedService::new(azure_devops, &states.azure_devops, shared),
            entra: entra(&host, &address("/", &entra::EXPECTED_SECRETS), tls.clone()),
            github: github(&host, &address("/", &github::EXPECTED_SECRETS), tls.clone()),
            feeds: EmulatedService::new(Arc::clone(&marketplace), &states.feeds, shared),
            git: EmulatedService::new(Arc::clone(&marketplace), &states.git, shared),
            managed_identity: managed_identity(&host, folder.path()),
            microsoft_graph: microsoft_graph(
                &host,
                &address("/", &microsoft_graph::EXPECTED_SECRETS),
                tls,
            ),
            organizations: EmulatedService::new(
                Arc::clone(&marketplace),
                &states.organizations,
                shared,
            ),
            marketplace: on_hosts(marketplace),
            plain_marketplace: on_hosts(plain_marketplace),
            shared: Arc::clone(shared),
            runtime: Some(runtime),
            authority,
            folder,
            violations_expected: false,
        };
        world.add_connection(Connection::workload_identity(MY_CONNECTION));
        world
    }

    /// Azure DevOps: pipelines and their service connections; its address is the collection's.
    #[must_use]
    pub fn azure_devops(&self) -> &AzureDevOps {
        &self.azure_devops
    }

    /// Microsoft Entra; its address is the authority.
    #[must_use]
    pub fn entra(&self) -> &Entra {
        &self.entra
    }

    /// The organizations: members, licenses, projects. They share the Marketplace address.
    #[must_use]
    pub fn organizations(&self) -> &Organizations {
        &self.organizations
    }

    /// The organizations' feeds of packages. They share the Marketplace address.
    #[must_use]
    pub fn feeds(&self) -> &Feeds {
        &self.feeds
    }

    /// The organizations' git repositories. They share the Marketplace address.
    #[must_use]
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// GitHub Actions' issuer of ID tokens; [`network`](Self::network) reaches it by its own name.
    #[must_use]
    pub fn github(&self) -> &GitHub {
        &self.github
    }

    /// The ID token of a GitLab job, as issued `age` seconds ago. GitLab sets it in a variable of the job.
    #[must_use]
    pub fn gitlab_id_token(&self, job: &GitLabJob<'_>, age: i64) -> String {
        gitlab::id_token(job, age, &mut self.shared.directory(), &self.shared.clock)
    }

    /// The Marketplace, the profile service and the organizations at one address, over HTTPS;
    /// [`network`](Self::network) reaches it by their own names.
    #[must_use]
    pub fn marketplace(&self) -> &Marketplace {
        &self.marketplace
    }

    /// The same services over plain HTTP, as an Azure DevOps Server on this machine.
    #[must_use]
    pub fn plain_marketplace(&self) -> &Marketplace {
        &self.plain_marketplace
    }

    /// Microsoft Graph; [`network`](Self::network) reaches it by its own name.
    #[must_use]
    pub fn microsoft_graph(&self) -> &MicrosoftGraph {
        &self.microsoft_graph
    }

    /// The managed-identity endpoints; the address is App Service's, which `IDENTITY_ENDPOINT` names.
    #[must_use]
    pub fn managed_identity(&self) -> &ManagedIdentity {
        &self.managed_identity
    }

    /// The clock of all services.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// A folder that is removed with the world.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Allows requests that no service knows.
    pub fn expect_violations(&mut self) {
        self.violations_expected = true;
    }

    /// Requests that the real services do not know.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.directory().violations.clone()
    }

    /// Kinds of secrets in a text, in any form.
    #[must_use]
    pub fn secrets_in(&self, text: &str) -> Vec<&'static str> {
        let found = self.shared.directory().ledger.found_in(text.as_bytes());
        found.into_iter().collect()
    }

    /// Adds a secret of a test to the ledger.
    pub fn record_secret(&self, kind: &'static str, value: &str) {
        self.shared.directory().ledger.record(kind, value);
    }

    /// A job of a build pipeline.
    #[must_use]
    pub fn job(&self) -> Job<'_> {
        Job::new(self.platform(), "build")
    }

    /// A job of a classic release.
    #[must_use]
    pub fn release_job(&self) -> Job<'_> {
        Job::new(self.platform(), "release")
    }

    /// A job of a classic release's deployment group.
    #[must_use]
    pub fn deployment_job(&self) -> Job<'_> {
        Job::new(self.platform(), "deployment")
    }

    fn platform(&self) -> Platform<'_> {
        Platform {
            azure_devops: &self.azure_devops,
            folder: self.folder.path(),
        }
    }

    fn runtime(&self) -> &Runtime {
        self.runtime
            .as_ref()
            .expect("the runtime is there until the world is dropped")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        let violations = self.violations();
        if !violations.is_empty() && !self.violations_expected && !std::thread::panicking() {
            panic!("a service was asked what the real one does not know: {violations:?}");
        }
    }
}

fn entra(
    host: &Host<'_>,
    address: &ServiceAddress,
    tls: Option<Arc<rustls::ServerConfig>>,
) -> Entra {
    let own = Arc::<Mutex<entra::State>>::default();
    let known = Arc::clone(&own);
    let service = host.serve(address, tls, move |request, shared| {
        let (mut own, mut directory) = (lock(&known), shared.directory());
        entra::answer(request, &mut own, &mut directory, &shared.clock)
    });
    EmulatedService::new(service, &own, host.shared)
}

fn github(
    host: &Host<'_>,
    address: &ServiceAddress,
    tls: Option<Arc<rustls::ServerConfig>>,
) -> GitHub {
    let own = Arc::<Mutex<github::State>>::default();
    let known = Arc::clone(&own);
    let service = host.serve(address, tls, move |request, shared| {
        let (own, mut directory) = (lock(&known), shared.directory());
        github::answer(request, &own, &mut directory, &shared.clock)
    });
    EmulatedService::new(service, &own, host.shared)
}

fn microsoft_graph(
    host: &Host<'_>,
    address: &ServiceAddress,
    tls: Option<Arc<rustls::ServerConfig>>,
) -> MicrosoftGraph {
    let own = Arc::<Mutex<microsoft_graph::State>>::default();
    let known = Arc::clone(&own);
    let service = host.serve(address, tls, move |request, shared| {
        let (own, mut directory) = (lock(&known), shared.directory());
        microsoft_graph::answer(request, &own, &mut directory, &shared.clock)
    });
    EmulatedService::new(service, &own, host.shared)
}

fn managed_identity(host: &Host<'_>, folder: &Path) -> ManagedIdentity {
    let secret: String = random::<16>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let arc_key = (folder.join("arc.key"), format!("{}{}", guid(), guid()));
    std::fs::write(&arc_key.0, &arc_key.1).expect("a file");
    for secret in [&secret, &arc_key.1] {
        let mut directory = host.shared.directory();
        directory.ledger.record("managed identity header", secret);
    }
    let own = Arc::new(Mutex::new(managed_identity::State::new(secret, arc_key)));
    let address = ServiceAddress {
        name: "127.0.0.1",
        path: managed_identity::APP_SERVICE,
        expected_secrets: &managed_identity::EXPECTED_SECRETS,
    };
    let known = Arc::clone(&own);
    let service = host.serve(&address, None, move |request, shared| {
        let (mut own, mut directory) = (lock(&known), shared.directory());
        managed_identity::answer(request, &mut own, &mut directory, &shared.clock)
    });
    EmulatedService::new(service, &own, host.shared)
}
