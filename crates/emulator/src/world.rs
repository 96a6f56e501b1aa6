//! An emulated world: the services, running, and the directory that they share.
//!
//! It never outlives its value: dropping it stops everything, and fails the test if a service was asked
//! something that the real one does not know.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::agent::Job;
use crate::certificates::{ApplicationCertificate, Authority};
use crate::clock::Clock;
use crate::directory::{
    Application, Connection, Directory, FederatedCredential, ID_TOKEN_AUDIENCE, Issuer, JobRecord,
    TokenFlaw, guid, random,
};
use crate::git;
use crate::http::{self, Handler};
use crate::marketplace::{self, Extension, Validation};
use crate::proxy::{self, Proxy, ProxyRules};
use crate::service::{Service, SharedService};
use crate::{azure_devops, entra, managed_identity, microsoft_graph, relay, resource_manager};

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
    shared: Arc<Shared>,
    azure_devops: SharedService,
    entra: SharedService,
    managed_identity: SharedService,
    marketplace: SharedService,
    plain_marketplace: SharedService,
    microsoft_graph: SharedService,
    managed_identity_secret: String,
    authority: Authority,
    folder: TempDir,
    violations_expected: bool,
}

/// What the services' threads hold.
struct Shared {
    directory: Mutex<Directory>,
    clock: Clock,
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
        let shared = Arc::new(Shared {
            directory: Mutex::new(directory(issuer)),
            clock: Clock::default(),
        });
        let tls = authority.server(client_required);
        let (listener, port) = runtime.block_on(http::listen());
        let azure_devops = Arc::new(Service::new(
            format!("https://localhost:{port}/contoso/"),
            port,
        ));
        let handles = handler(
            &shared,
            &azure_devops,
            &azure_devops::ASKS_FOR,
            azure_devops::answer,
        );
        let connections = azure_devops.connection_count();
        runtime.spawn(http::serve(
            listener,
            Some(tls.clone()),
            connections,
            handles,
        ));
        let (listener, port) = runtime.block_on(http::listen());
        let entra = Arc::new(Service::new(format!("https://localhost:{port}/"), port));
        let handles = handler(&shared, &entra, &entra::ASKS_FOR, entra::answer);
        let connections = entra.connection_count();
        runtime.spawn(http::serve(
            listener,
            Some(tls.clone()),
            connections,
            handles,
        ));
        let (listener, port) = runtime.block_on(http::listen());
        let microsoft_graph = Arc::new(Service::new(format!("https://localhost:{port}/"), port));
        let handles = handler(
            &shared,
            &microsoft_graph,
            &microsoft_graph::ASKS_FOR,
            microsoft_graph::answer,
        );
        let connections = microsoft_graph.connection_count();
        runtime.spawn(http::serve(
            listener,
            Some(tls.clone()),
            connections,
            handles,
        ));
        let marketplace = serve_marketplace(&runtime, &shared, Some(tls));
        let plain_marketplace = serve_marketplace(&runtime, &shared, None);
        let (listener, port) = runtime.block_on(http::listen());
        let managed_identity = Arc::new(Service::new(
            format!("http://127.0.0.1:{port}/msi/token"),
            port,
        ));
        let secret: String = random::<16>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let header = secret.clone();
        let handles = handler(
            &shared,
            &managed_identity,
            &managed_identity::ASKS_FOR,
            move |request, directory, clock| {
                managed_identity::answer(request, &header, directory, clock)
            },
        );
        let connections = managed_identity.connection_count();
        runtime.spawn(http::serve(listener, None, connections, handles));
        let world = Self {
            runtime: Some(runtime),
            shared,
            azure_devops,
            entra,
            managed_identity,
            marketplace,
            plain_marketplace,
            microsoft_graph,
            managed_identity_secret: secret,
            authority,
            folder,
            violations_expected: false,
        };
        world
            .directory()
            .ledger
            .record("managed identity header", &world.managed_identity_secret);
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

    /// The managed-identity endpoint; its address is what `IDENTITY_ENDPOINT` names.
    #[must_use]
    pub fn managed_identity(&self) -> &Service {
        &self.managed_identity
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

    /// The home tenant.
    #[must_use]
    pub fn tenant(&self) -> String {
        self.directory().tenants[0].clone()
    }

    /// Client id of the application behind a connection.
    #[must_use]
    pub fn client_id(&self, connection: &str) -> String {
        let id = self.connection_id(connection);
        let directory = self.directory();
        let in_connection = directory.connections[&id]
            .parameters
            .get("serviceprincipalid");
        let known = in_connection.or_else(|| directory.clients.get(&id));
        known.cloned().unwrap_or_default()
    }

    /// Id of a connection.
    #[must_use]
    pub fn connection_id(&self, name: &str) -> String {
        let directory = self.directory();
        let found = directory
            .connections
            .iter()
            .find(|(_, connection)| connection.name == name);
        found
            .map(|(id, _)| id.clone())
            .unwrap_or_else(|| panic!("there is no connection {name}"))
    }

    /// PEM file of the certificate authority that signed the services' certificates.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// PEM files of a TLS client certificate and its key.
    #[must_use]
    pub fn client_certificate(&self) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.authority.client();
        self.directory().ledger.record("private key", &key);
        let (certificate_file, key_file) = (
            self.folder.path().join("client.pem"),
            self.folder.path().join("client.key"),
        );
        std::fs::write(&certificate_file, certificate).expect("a file");
        std::fs::write(&key_file, key).expect("a file");
        (certificate_file, key_file)
    }

    /// A folder that goes with the world.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a connection with an application of its own in the home tenant, which has whatever proof
    /// the connection's scheme is about. Returns the connection's id.
    pub fn add_connection(&self, mut connection: Connection) -> String {
        let id = guid();
        let client_id = guid();
        let mut directory = self.directory();
        let tenant = directory.tenants[0].clone();
        let (issuer, subject) = directory.issuer_and_subject(&id, &connection.name);
        let mut application = Application {
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            object_id: guid(),
            registration_id: guid(),
            name: connection.name.clone(),
            federated: Vec::new(),
            secret: None,
            certificate: None,
        };
        let mut fill = |key: &str, value: &str| {
            connection
                .parameters
                .entry(key.to_owned())
                .or_insert_with(|| value.to_owned());
        };
        fill("tenantid", &tenant);
        match connection.scheme.as_str() {
            "ManagedServiceIdentity" => application.registration_id.clear(),
            _ => fill("serviceprincipalid", &client_id),
        }
        if connection.scheme == "WorkloadIdentityFederation" {
            let audience = ID_TOKEN_AUDIENCE.to_owned();
            application.federated.push(FederatedCredential {
                issuer,
                subject,
                audience,
            });
        }
        match connection
            .parameters
            .get("authenticationType")
            .map(String::as_str)
        {
            Some("spnCertificate") => {
                let certificate = ApplicationCertificate::generate();
                let pem = certificate.pem.clone();
                directory
                    .ledger
                    .record("certificate's key", private_part(&pem));
                connection
                    .parameters
                    .entry("servicePrincipalCertificate".to_owned())
                    .or_insert(pem);
                application.certificate = Some(certificate);
            }
            Some(_) => {
                let secret = format!("s3cr3t~{}+/=&%", guid());
                directory.ledger.record("client secret", &secret);
                connection
                    .parameters
                    .entry("servicePrincipalKey".to_owned())
                    .or_insert(secret.clone());
                application.secret = Some(secret);
            }
            None => {}
        }
        if !connection.authority_is_set {
            connection.data.insert(
                "activeDirectoryAuthority".to_owned(),
                self.entra.url().to_owned(),
            );
        }
        connection.parameters.retain(|_, value| !value.is_empty());
        connection.data.retain(|_, value| !value.is_empty());
        if let Some(client) = connection.data.get("msiclientId") {
            application.client_id = client.clone();
        } else if connection.scheme == "ManagedServiceIdentity" {
            directory.machine = Some(client_id);
        }
        let client_id = application.client_id.clone();
        directory.clients.insert(id.clone(), client_id);
        directory.applications.push(application);
        directory.connections.insert(id.clone(), connection);
        id
    }

    /// Changes the federated credential of a connection's application: issuer, subject, audience.
    pub fn federate(
        &self,
        connection: &str,
        change: impl FnOnce(&mut String, &mut String, &mut String),
    ) {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let credential = directory
            .applications
            .iter_mut()
            .find(|application| application.client_id == client)
            .and_then(|application| application.federated.first_mut())
            .expect("a federated credential");
        change(
            &mut credential.issuer,
            &mut credential.subject,
            &mut credential.audience,
        );
    }

    /// Adds a tenant in which a connection's application, with its proof, is known too.
    pub fn add_tenant(&self, connection: &str) -> String {
        let client = self.client_id(connection);
        let tenant = guid();
        let mut directory = self.directory();
        let known = directory
            .applications
            .iter()
            .find(|application| application.client_id == client);
        // Each tenant has an enterprise application of its own for it.
        let application = Application {
            tenant: tenant.clone(),
            object_id: guid(),
            ..known.expect("an application").clone()
        };
        directory.applications.push(application);
        directory.tenants.push(tenant.clone());
        tenant
    }

    /// Adds a tenant that knows no application.
    pub fn add_foreign_tenant(&self) -> String {
        let tenant = guid();
        self.directory().tenants.push(tenant.clone());
        tenant
    }

    /// Removes the federated credentials of a connection's application.
    pub fn unfederate(&self, connection: &str) {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        for application in &mut directory.applications {
            if application.client_id == client {
                application.federated.clear();
            }
        }
    }

    /// Lets Entra refuse with this number, always or a number of times.
    pub fn refuse_with(&self, code: u32, times: Option<u32>) {
        let mut directory = self.directory();
        directory.refusal = Some(code);
        directory.refusals_left = times;
    }

    /// Lets Entra write its errors in one line, as it does since 2025.
    pub fn one_line_errors(&self) {
        self.directory().one_line_errors = true;
    }

    /// Lets Entra give access tokens with a flaw.
    pub fn flaw(&self, flaw: TokenFlaw) {
        self.directory().token_flaw = Some(flaw);
    }

    /// How long ID tokens live, in seconds. Negative ones are over when they are minted.
    pub fn id_token_lifetime(&self, seconds: i64) {
        self.directory().id_token_lifetime = seconds;
    }

    /// How long access tokens live, in seconds.
    pub fn access_token_lifetime(&self, seconds: i64) {
        self.directory().token_lifetime = seconds;
    }

    /// An ID token of a connection as Azure DevOps would have minted it `age` seconds ago.
    #[must_use]
    pub fn late_bound_id_token(&self, connection: &str, age: i64) -> String {
        let id = self.connection_id(connection);
        let mut directory = self.directory();
        let (issuer, subject) = directory.issuer_and_subject(&id, connection);
        let minted = self.shared.clock.now() - age;
        let token = crate::jwt::issuer_key().sign(&serde_json::json!({
            "iss": issuer, "sub": subject, "aud": ID_TOKEN_AUDIENCE, "jti": guid(),
            "iat": minted, "nbf": minted, "exp": minted + directory.id_token_lifetime,
        }));
        directory.ledger.record("ID token", &token);
        token
    }

    /// Sets a parameter of a connection that is there already.
    pub fn set_parameter(&self, connection: &str, key: &str, value: &str) {
        let id = self.connection_id(connection);
        if let Some(connection) = self.directory().connections.get_mut(&id) {
            connection
                .parameters
                .insert(key.to_owned(), value.to_owned());
        }
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

    /// Kinds of secrets that stand in a text in any form.
    #[must_use]
    pub fn secrets_in(&self, text: &str) -> Vec<&'static str> {
        self.directory().ledger.found_in(text)
    }

    /// Takes a secret of a test's own into the ledger.
    pub fn record_secret(&self, kind: &'static str, value: &str) {
        self.directory().ledger.record(kind, value);
    }

    /// A proxy by which `dev.azure.com` and Entra's hosts lead to the emulated ones. One of them,
    /// `login.windows.net`, is no name in their certificate.
    #[must_use]
    pub fn proxy(&self, credentials: Option<(&str, &str)>, challenge: &str) -> Proxy {
        let mut routes = BTreeMap::from([
            ("dev.azure.com:443".to_owned(), self.azure_devops.port()),
            (self.azure_devops.host(), self.azure_devops.port()),
            (self.entra.host(), self.entra.port()),
        ]);
        for host in [
            "login.microsoftonline.com",
            "login.microsoftonline.us",
            "login.chinacloudapi.cn",
            "login.windows.net",
        ] {
            routes.insert(format!("{host}:443"), self.entra.port());
        }
        if let Some((_, password)) = credentials {
            self.record_secret("proxy password", password);
        }
        let rules = Arc::new(ProxyRules {
            credentials: credentials.map(|(user, password)| (user.to_owned(), password.to_owned())),
            challenge: challenge.to_owned(),
            routes,
        });
        let (listener, port) = self.runtime().block_on(http::listen());
        let asked = Arc::default();
        self.runtime()
            .spawn(proxy::serve(listener, rules, Arc::clone(&asked)));
        Proxy { port, asked }
    }

    /// A proxy by which the names of the Marketplace, of the profile service and of the organizations
    /// lead to the emulated ones, and Entra's names too.
    #[must_use]
    pub fn internet(&self) -> Proxy {
        let marketplace = self.marketplace.port();
        let mut routes = BTreeMap::from([
            (self.azure_devops.host(), self.azure_devops.port()),
            (self.entra.host(), self.entra.port()),
            (
                "login.microsoftonline.com:443".to_owned(),
                self.entra.port(),
            ),
            (
                "graph.microsoft.com:443".to_owned(),
                self.microsoft_graph.port(),
            ),
        ]);
        for host in [
            "marketplace.visualstudio.com",
            "app.vssps.visualstudio.com",
            "extmgmt.dev.azure.com",
            "vsaex.dev.azure.com",
            marketplace::feeds::HOST,
            "dev.azure.com",
            resource_manager::HOST,
        ] {
            routes.insert(format!("{host}:443"), marketplace);
        }
        for organization in self.directory().marketplace.organizations.keys() {
            routes.insert(format!("{organization}.visualstudio.com:443"), marketplace);
        }
        let rules = Arc::new(ProxyRules {
            credentials: None,
            challenge: String::new(),
            routes,
        });
        let (listener, port) = self.runtime().block_on(http::listen());
        let asked = Arc::default();
        self.runtime()
            .spawn(proxy::serve(listener, rules, Arc::clone(&asked)));
        Proxy { port, asked }
    }

    /// How the validation of what is published from now on goes.
    pub fn validation(&self, validation: Validation) {
        self.directory().marketplace.validation = validation;
    }

    /// After how many questions an installed extension appears in its organization.
    pub fn installation_takes(&self, questions: u32) {
        self.directory().marketplace.installation_takes = questions;
    }

    /// The largest package, in bytes, that the Marketplace takes.
    pub fn largest_package(&self, bytes: usize) {
        self.directory().marketplace.largest_package = Some(bytes);
    }

    /// Adds an event to an extension's history.
    pub fn add_event(&self, extension: &str, kind: &str, id: u64, date: &str) {
        let mut directory = self.directory();
        let known = directory.marketplace.extensions.get_mut(extension);
        let events = &mut known.expect("an extension").events;
        events.push((kind.to_owned(), id, date.to_owned()));
    }

    /// How many events of a kind a page has.
    pub fn page_of_events(&self, count: usize) {
        self.directory().marketplace.page_of_events = Some(count);
    }

    /// An extension, `publisher.extension`, as the Marketplace has it.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<Extension> {
        self.directory().marketplace.extensions.get(name).cloned()
    }

    /// An access token of a connection's application for Azure DevOps, for clients of others.
    #[must_use]
    pub fn azure_devops_token(&self, connection: &str) -> String {
        self.token("499b84ac-1321-427f-aa17-267ca6975798", connection)
    }

    /// An access token of a connection's application for Microsoft Graph, for clients of others.
    #[must_use]
    pub fn graph_token(&self, connection: &str) -> String {
        self.token("https://graph.microsoft.com", connection)
    }

    fn token(&self, resource: &str, connection: &str) -> String {
        let client = self.client_id(connection);
        let mut directory = self.directory();
        let known = directory.application(&client);
        let application = known.expect("an application").clone();
        entra::mint(resource, &application, &mut directory, &self.shared.clock)
    }

    /// The address of a plain server on this machine that answers every request with bytes of a test's own.
    #[must_use]
    pub fn server_of_bytes(
        &self,
        bytes: impl Fn(&http::Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> String {
        let (listener, port) = self.runtime().block_on(http::listen());
        let handles: Handler = Arc::new(move |request| http::Reply::Bytes(bytes(request)));
        self.runtime()
            .spawn(http::serve(listener, None, Arc::default(), handles));
        format!("http://127.0.0.1:{port}/")
    }

    /// A port that leads to `port` over a network with this round trip.
    #[must_use]
    pub fn relay(&self, port: u16, round_trip: Duration) -> u16 {
        let (listener, relayed) = self.runtime().block_on(http::listen());
        self.runtime()
            .spawn(relay::serve(listener, port, round_trip));
        relayed
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
        let token = crate::jwt::issuer_key().sign(&serde_json::json!({
            "iss": "app.vstoken.visualstudio.com", "aud": "app.vstoken.visualstudio.com", "nameid": guid(), "jti": guid(),
        }));
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

    fn runtime(&self) -> &Runtime {
        self.runtime
            .as_ref()
            .expect("the runtime is there until the world is dropped")
    }
}

impl Shared {
    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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

/// The Marketplace over TLS or, as a server of this machine, without it.
fn serve_marketplace(
    runtime: &Runtime,
    shared: &Arc<Shared>,
    tls: Option<Arc<rustls::ServerConfig>>,
) -> SharedService {
    let (listener, port) = runtime.block_on(http::listen());
    let scheme = if tls.is_some() { "https" } else { "http" };
    let service = Arc::new(Service::new(format!("{scheme}://localhost:{port}/"), port));
    let handles = handler(
        shared,
        &service,
        &marketplace::ASKS_FOR,
        |request, directory, clock| match request.header("host") {
            Some(resource_manager::HOST) => resource_manager::answer(request, directory, clock),
            _ => marketplace::answer(request, directory, clock),
        },
    );
    let connections = service.connection_count();
    runtime.spawn(http::serve(listener, tls, connections, handles));
    service
}

fn handler(
    shared: &Arc<Shared>,
    service: &SharedService,
    asks_for: &'static [&'static str],
    answer: impl Fn(&http::Request, &mut Directory, &Clock) -> http::Answer + Send + Sync + 'static,
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

fn directory(issuer: Issuer) -> Directory {
    Directory {
        organization: "contoso".to_owned(),
        organization_id: guid(),
        project: "fabrikam".to_owned(),
        project_id: guid(),
        issuer,
        tenants: vec![guid()],
        resources: RESOURCES
            .iter()
            .map(|resource| (*resource).to_owned())
            .collect(),
        token_lifetime: 3599,
        id_token_lifetime: 600,
        ..Directory::default()
    }
}

/// The key's part of a PEM text: the certificate is no secret.
fn private_part(pem: &str) -> &str {
    pem.find("-----BEGIN PRIVATE KEY-----")
        .map(|start| pem[start..].trim_start_matches("-----BEGIN PRIVATE KEY-----"))
        .and_then(|key| key.split("-----END").next())
        .unwrap_or_default()
}
