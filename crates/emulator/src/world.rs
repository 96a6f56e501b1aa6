//! An emulated world: the services, running, and the directory that they share.
//!
//! It never outlives its value: dropping it stops everything, and fails the test if a service was asked
//! something that the real one does not know.

mod serving;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, MutexGuard};

use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) use self::serving::Shared;
use self::serving::{Host, Place};
use crate::agent::Job;
use crate::certificates::Authority;
use crate::clock::Clock;
use crate::connection::Connection;
use crate::directory::{Directory, Issuer, JobRecord, guid, random};
use crate::http::{Answer, Request};
use crate::managed_identity::{ExpiresOn, IdentityRefusal, ManagedIdentity};
use crate::service::{Service, SharedService};
use crate::{
    azure_devops, entra, issued, managed_identity, marketplace, microsoft_graph, resource_manager,
};

/// The resources that every tenant has, as Entra names them.
const RESOURCES: [&str; 16] = [
    "499b84ac-1321-427f-aa17-267ca6975798",
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "https://vault.azure.net",
    "https://vault.usgovcloudapi.net",
    "https://vault.azure.cn",
    "https://storage.azure.com",
    "https://database.windows.net",
    "https://database.usgovcloudapi.net",
    "https://database.chinacloudapi.cn",
    "api://my-application",
];

/// The name of the connection that every world has.
pub const MY_CONNECTION: &str = "my-connection";

/// A running world.
pub struct World {
    runtime: Option<Runtime>,
    pub(crate) shared: Arc<Shared>,
    azure_devops: SharedService,
    entra: SharedService,
    managed_identity: SharedService,
    marketplace: SharedService,
    plain_marketplace: SharedService,
    microsoft_graph: SharedService,
    managed_identity_secret: String,
    pub(crate) authority: Authority,
    folder: TempDir,
    violations_expected: bool,
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// A world with the organization `contoso`, its project `fabrikam`, and the service connection
    /// `my-connection`, whose application has the right federated credential.
    #[must_use]
    pub fn start() -> Self {
        Self::with_issuer(Issuer::default())
    }

    /// The same with another issuer of ID tokens.
    #[must_use]
    pub fn with_issuer(issuer: Issuer) -> Self {
        Self::build(issuer, false)
    }

    /// The same with services that ask for a TLS client certificate of their own authority.
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
        let managed_identity_secret: String = random::<16>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let shared = Arc::new(Shared::new(directory(
            issuer,
            &managed_identity_secret,
            folder.path(),
        )));
        let host = Host {
            runtime: &runtime,
            shared: &shared,
        };
        let place = |path, asks_for| Place {
            name: "localhost",
            path,
            asks_for,
        };
        let tls = Some(authority.server(client_required));
        let azure_devops = host.serve(
            &place("/contoso/", &azure_devops::ASKS_FOR),
            tls.clone(),
            azure_devops::answer,
        );
        let entra = host.serve(&place("/", &entra::ASKS_FOR), tls.clone(), entra::answer);
        let microsoft_graph = host.serve(
            &place("/", &microsoft_graph::ASKS_FOR),
            tls.clone(),
            microsoft_graph::answer,
        );
        let organizations = place("/", &marketplace::ASKS_FOR);
        let marketplace = host.serve(&organizations, tls, by_host);
        let plain_marketplace = host.serve(&organizations, None, by_host);
        let managed_identity = Place {
            name: "127.0.0.1",
            path: managed_identity::APP_SERVICE,
            asks_for: &managed_identity::ASKS_FOR,
        };
        let managed_identity = host.serve(&managed_identity, None, managed_identity::answer);
        let world = Self {
            runtime: Some(runtime),
            shared,
            azure_devops,
            entra,
            managed_identity,
            marketplace,
            plain_marketplace,
            microsoft_graph,
            managed_identity_secret,
            authority,
            folder,
            violations_expected: false,
        };
        world.add_connection(Connection::workload_identity(MY_CONNECTION));
        world
    }

    /// Azure DevOps; its address is the collection's.
    #[must_use]
    pub fn azure_devops(&self) -> &Service {
        &self.azure_devops
    }

    /// Microsoft Entra; its address is the authority.
    #[must_use]
    pub fn entra(&self) -> &Service {
        &self.entra
    }

    /// The Marketplace, the profile service and the organizations behind one address, over HTTPS;
    /// [`internet`](Self::internet) leads to it by their own names.
    #[must_use]
    pub fn marketplace(&self) -> &Service {
        &self.marketplace
    }

    /// The same services over plain HTTP, as an Azure DevOps Server of this machine.
    #[must_use]
    pub fn plain_marketplace(&self) -> &Service {
        &self.plain_marketplace
    }

    /// Microsoft Graph; [`internet`](Self::internet) leads to it by its own name.
    #[must_use]
    pub fn microsoft_graph(&self) -> &Service {
        &self.microsoft_graph
    }

    /// The managed-identity endpoints; the address is App Service's, which `IDENTITY_ENDPOINT` names.
    #[must_use]
    pub fn managed_identity(&self) -> &Service {
        &self.managed_identity
    }

    /// The address of a virtual machine's metadata service, and of Azure Arc's.
    #[must_use]
    pub fn metadata_service(&self) -> String {
        let port = self.managed_identity.port();
        format!(
            "http://127.0.0.1:{port}{}",
            managed_identity::METADATA_SERVICE
        )
    }

    /// How the managed-identity endpoints write when a token expires.
    pub fn managed_identity_expires_on(&self, form: ExpiresOn) {
        self.directory().managed_identity.expires_on = form;
    }

    /// Lets the managed-identity endpoints refuse this many times.
    pub fn managed_identity_refuses(&self, refusal: IdentityRefusal, times: u32) {
        self.directory().managed_identity.refusal = Some((refusal, times));
    }

    /// What `IDENTITY_HEADER` holds.
    #[must_use]
    pub fn managed_identity_secret(&self) -> &str {
        &self.managed_identity_secret
    }

    /// The clock of all services.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// A folder that goes with the world.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets a test ask what no service knows.
    pub fn expect_violations(&mut self) {
        self.violations_expected = true;
    }

    /// What services were asked that the real ones do not know.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.directory().violations.clone()
    }

    /// A job of a build pipeline.
    #[must_use]
    pub fn job(&self) -> Job<'_> {
        Job::new(self, "build")
    }

    /// A job of a classic release.
    #[must_use]
    pub fn release_job(&self) -> Job<'_> {
        Job::new(self, "release")
    }

    /// A job of a classic release's deployment group.
    #[must_use]
    pub fn deployment_job(&self) -> Job<'_> {
        Job::new(self, "deployment")
    }

    /// Registers a job.
    pub(crate) fn add_job(&self, hub: &str) -> JobRecord {
        let mut directory = self.directory();
        let claims = serde_json::json!({
            "iss": "app.vstoken.visualstudio.com", "aud": "app.vstoken.visualstudio.com", "nameid": guid(), "jti": guid(),
        });
        let token = if directory.tokens_are_readable {
            crate::jwt::issuer_key().sign(&claims)
        } else {
            issued::encrypted(&claims)
        };
        directory.ledger.record("job token", &token);
        let record = JobRecord {
            hub: hub.to_owned(),
            plan: guid(),
            id: guid(),
            token,
            references: Vec::new(),
        };
        directory.jobs.push(record.clone());
        record
    }

    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.shared.directory()
    }

    pub(crate) fn runtime(&self) -> &Runtime {
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

/// What is behind the Marketplace's address: the Marketplace, the organizations, and Azure Resource Manager.
fn by_host(request: &Request, directory: &mut Directory, clock: &Clock) -> Answer {
    match request.header("host") {
        Some(resource_manager::HOST) => resource_manager::answer(request, directory, clock),
        _ => marketplace::answer(request, directory, clock),
    }
}

/// What every world knows from its start.
fn directory(issuer: Issuer, managed_identity_secret: &str, folder: &Path) -> Directory {
    let arc_key = format!("{}{}", guid(), guid());
    let mut directory = Directory {
        organization: "contoso".to_owned(),
        organization_id: guid(),
        project: "fabrikam".to_owned(),
        project_id: guid(),
        issuer,
        tenants: vec![guid()],
        resources: RESOURCES.map(str::to_owned).to_vec(),
        token_lifetime: 3599,
        id_token_lifetime: 600,
        managed_identity: ManagedIdentity {
            secret: managed_identity_secret.to_owned(),
            arc_key: (folder.join("arc.key"), arc_key.clone()),
            ..ManagedIdentity::default()
        },
        ..Directory::default()
    };
    std::fs::write(folder.join("arc.key"), &arc_key).expect("a file");
    for secret in [managed_identity_secret, &arc_key] {
        directory.ledger.record("managed identity header", secret);
    }
    directory
}
