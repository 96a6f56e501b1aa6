//! The networks of the services: proxies, a distant network, certificates, and servers with a test's own bytes.
//!
//! It never connects to a host that is not on this machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::World;
use super::serving::{Host, ServiceAddress};
use crate::http::{self, Handler, Reply, Request};
use crate::other_hosts::{self, OtherHosts};
use crate::proxy::{self, FallbackPorts, Proxy, ProxyRules};
use crate::shared_state::lock;
use crate::{feeds, github, key_vault, relay, resource_manager};

impl World {
    /// A proxy that maps `dev.azure.com` and the Microsoft Entra hosts to the emulated ones. One of them,
    /// `login.windows.net`, is not in their certificate.
    #[must_use]
    pub fn proxy(&self, credentials: Option<(&str, &str)>, challenge: &str) -> Proxy {
        let mut routes = BTreeMap::from([
            ("dev.azure.com:443".to_owned(), self.azure_devops().port()),
            (self.azure_devops().host(), self.azure_devops().port()),
            (self.entra().host(), self.entra().port()),
        ]);
        for host in [
            "login.microsoftonline.com",
            "login.microsoftonline.us",
            "login.chinacloudapi.cn",
            "login.windows.net",
        ] {
            routes.insert(format!("{host}:443"), self.entra().port());
        }
        if let Some((_, password)) = credentials {
            self.record_secret("proxy password", password);
        }
        self.start_proxy(ProxyRules {
            credentials: credentials.map(|(user, password)| (user.to_owned(), password.to_owned())),
            challenge: challenge.to_owned(),
            routes,
            others: None,
        })
    }

    /// A proxy that maps the names of the Marketplace, the profile service, the organizations and Microsoft Entra to
    /// the emulated ones.
    #[must_use]
    pub fn network(&self) -> Proxy {
        self.start_proxy(self.network_rules())
    }

    /// The same network, on which every other host answers like a feed and must not receive a credential.
    #[must_use]
    pub fn network_with_other_hosts(&self) -> OtherHosts {
        let host = Host {
            runtime: self.runtime(),
            shared: &self.shared,
        };
        let address = ServiceAddress {
            name: "other_hosts",
            path: "/",
            expected_secrets: &other_hosts::EXPECTED_SECRETS,
        };
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let serve = |tls| {
            let (asked, files) = (Arc::clone(&asked), self.feeds.shared());
            let service = host.serve(&address, tls, move |request, shared| {
                let files = lock(&files);
                other_hosts::answer(request, &asked, &files, &mut shared.directory())
            });
            service.port()
        };
        let others = FallbackPorts {
            tls: serve(Some(self.authority.server_of_any_name())),
            plain: serve(None),
        };
        let mut rules = self.network_rules();
        rules.others = Some(others);
        OtherHosts {
            proxy: self.start_proxy(rules),
            asked,
        }
    }

    fn network_rules(&self) -> ProxyRules {
        let marketplace = self.marketplace().port();
        let mut routes = BTreeMap::from([
            (self.azure_devops().host(), self.azure_devops().port()),
            (self.entra().host(), self.entra().port()),
            (
                "login.microsoftonline.com:443".to_owned(),
                self.entra().port(),
            ),
            (
                "graph.microsoft.com:443".to_owned(),
                self.microsoft_graph().port(),
            ),
            (format!("{}:443", github::HOST), self.github().port()),
            (format!("{}:443", github::SERVER), self.github().port()),
            (format!("{}:443", github::RELEASES), self.github().port()),
        ]);
        for host in [
            "marketplace.visualstudio.com",
            "app.vssps.visualstudio.com",
            "extmgmt.dev.azure.com",
            "vsaex.dev.azure.com",
            "vssps.dev.azure.com",
            "auditservice.dev.azure.com",
            "vsrm.dev.azure.com",
            feeds::HOST,
            feeds::management::HOST,
            feeds::registry::HOST,
            feeds::BLOB_HOST,
            "dev.azure.com",
            resource_manager::HOST,
            key_vault::HOST,
        ] {
            routes.insert(format!("{host}:443"), marketplace);
        }
        for organization in self.organizations.own().members.keys() {
            routes.insert(format!("{organization}.visualstudio.com:443"), marketplace);
            routes.insert(
                format!("{organization}{}:443", feeds::OWN_HOST),
                marketplace,
            );
        }
        ProxyRules {
            routes,
            ..ProxyRules::default()
        }
    }

    fn start_proxy(&self, rules: ProxyRules) -> Proxy {
        proxy::start(self.runtime(), rules, &self.shared)
    }

    /// A port that forwards to `port` over a network with this round trip.
    #[must_use]
    pub fn relay(&self, port: u16, round_trip: Duration) -> u16 {
        relay::start(self.runtime(), port, round_trip)
    }

    /// The address of a plain server on this machine that answers every request with a test's own bytes.
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

    /// PEM file of the certificate authority that signed the services' certificates.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    /// PEM files of a TLS client certificate and its key.
    #[must_use]
    pub fn client_certificate(&self) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.authority.client();
        self.shared.directory().ledger.record("private key", &key);
        let (certificate_file, key_file) = (
            self.folder().join("client.pem"),
            self.folder().join("client.key"),
        );
        std::fs::write(&certificate_file, certificate).expect("a file");
        std::fs::write(&key_file, key).expect("a file");
        (certificate_file, key_file)
    }
}
