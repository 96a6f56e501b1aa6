//! The emulator's certificate authority and its certificates.
//!
//! It keeps keys in memory, except those that the agent gives to a task as files.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::ids::guid;
use crate::jwt;

/// Hosts of the real services, which tests reach through the emulated proxy.
const NAMES: &[&str] = &[
    "localhost",
    "127.0.0.1",
    "::1",
    "dev.azure.com",
    "extmgmt.dev.azure.com",
    "vsaex.dev.azure.com",
    "vssps.dev.azure.com",
    "auditservice.dev.azure.com",
    "vsrm.dev.azure.com",
    "pkgs.dev.azure.com",
    "feeds.dev.azure.com",
    "github.com",
    "*.githubusercontent.com",
    "*.actions.githubusercontent.com",
    "*.pkgs.visualstudio.com",
    "adieu.blob.core.windows.net",
    "adieu.azurecr.io",
    "graph.microsoft.com",
    "adieu.vault.azure.net",
    "management.azure.com",
    "marketplace.visualstudio.com",
    "*.visualstudio.com",
    "app.vssps.visualstudio.com",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
];

/// Addresses for documentation (RFC 5737, RFC 3849), which count as other hosts.
const OTHER_HOSTS: [&str; 2] = ["192.0.2.1", "2001:db8::1"];

/// A certificate authority for one world.
pub(crate) struct Authority {
    issuer: Arc<CertifiedIssuer<'static, KeyPair>>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(
            rcgen::DnType::CommonName,
            format!("Adieu emulator {}", guid()),
        );
        let key = KeyPair::generate().expect("an ECDSA key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a self-signed certificate");
        Self {
            issuer: Arc::new(issuer),
        }
    }

    /// The authority's certificate, for `AGENT_CAINFO`.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// TLS for a server with all these names. `client_required` requests a certificate of this authority from
    /// clients.
    pub(crate) fn server(&self, client_required: bool) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("an ECDSA key");
        let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).expect("valid names");
        let certificate = params
            .signed_by(&key, &*self.issuer)
            .expect("a signed certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("ring has every version");
        let builder = if client_required {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).expect("our own root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .expect("a verifier with a root");
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = builder
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a key that fits its certificate");
        Arc::new(config)
    }

    /// TLS for a server with any name that a client asks for.
    pub(crate) fn server_of_any_name(&self) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("an ECDSA key");
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = rustls::crypto::ring::default_provider();
        let signing = provider.key_provider.load_private_key(der);
        let certifier = AnyName {
            issuer: Arc::clone(&self.issuer),
            key,
            signing: signing.expect("an ECDSA key"),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("ring has every version")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certifier));
        Arc::new(config)
    }

    /// A TLS client certificate and its key, as PEM.
    pub(crate) fn client(&self) -> (String, String) {
        let key = KeyPair::generate().expect("an ECDSA key");
        let params = CertificateParams::new(vec!["agent".to_owned()]).expect("a valid name");
        let certificate = params
            .signed_by(&key, &*self.issuer)
            .expect("a signed certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

/// Creates a certificate for each name.
struct AnyName {
    issuer: Arc<CertifiedIssuer<'static, KeyPair>>,
    key: KeyPair,
    signing: Arc<dyn SigningKey>,
}

impl std::fmt::Debug for AnyName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AnyName").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for AnyName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A client that connects to an IP address sends no host name.
        let names = match hello.server_name() {
            Some(name) => vec![name.to_owned()],
            None => OTHER_HOSTS.map(str::to_owned).to_vec(),
        };
        let params = CertificateParams::new(names).ok()?;
        let certificate = params.signed_by(&self.key, &*self.issuer).ok()?;
        let chain = vec![certificate.der().clone()];
        Some(Arc::new(CertifiedKey::new(
            chain,
            Arc::clone(&self.signing),
        )))
    }
}

/// The parts of a service connection's certificate, each as PEM.
#[derive(Debug, Clone)]
pub struct CertificateParts {
    /// The application's certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
    /// The certificate of its issuer.
    pub intermediate: String,
    /// The certificate of the issuer's issuer.
    pub root: String,
}

/// A service principal's certificate, as in Microsoft Entra and in a service connection.
#[derive(Debug, Clone)]
pub(crate) struct ApplicationCertificate {
    /// Whether Microsoft Entra knows its subject and its issuer instead of its thumbprint, and therefore needs the
    /// chain.
    pub(crate) by_subject_name: bool,
    /// Its parts as PEM.
    pub(crate) parts: CertificateParts,
    /// The certificates up to the root, as DER; the first one has issued the application's certificate.
    pub(crate) issuers: Vec<Vec<u8>>,
    /// Public key (PKCS#1 DER).
    pub(crate) public: Vec<u8>,
    /// `x5t#S256`.
    pub(crate) sha256: String,
    /// `x5t`.
    pub(crate) sha1: String,
}

impl ApplicationCertificate {
    /// Creates an RSA key, with a certificate from an intermediate authority.
    pub(crate) fn generate() -> Self {
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let name = format!("{name} {}", guid());
            params
                .distinguished_name
                .push(rcgen::DnType::CommonName, name);
            (params, KeyPair::generate().expect("an ECDSA key"))
        };
        let (params, key) = authority("root");
        let root = CertifiedIssuer::self_signed(params, key).expect("a self-signed certificate");
        let (params, key) = authority("intermediate");
        let intermediate =
            CertifiedIssuer::signed_by(params, key, &root).expect("a signed certificate");
        let rsa = jwt::generate();
        let der = rsa.to_pkcs8_der().expect("an RSA key has a PKCS#8 form");
        let der = PrivatePkcs8KeyDer::from(der.as_bytes().to_vec());
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256)
            .expect("rcgen reads PKCS#8");
        let params =
            CertificateParams::new(vec!["service-principal".to_owned()]).expect("a valid name");
        let certificate = params
            .signed_by(&key, &intermediate)
            .expect("a signed certificate");
        let key = rsa
            .to_pkcs8_pem(LineEnding::LF)
            .expect("an RSA key has a PEM form");
        Self {
            by_subject_name: false,
            parts: CertificateParts {
                certificate: certificate.pem(),
                key: key.as_str().to_owned(),
                intermediate: intermediate.pem(),
                root: root.pem(),
            },
            issuers: [intermediate.der(), root.der()]
                .map(|der| der.to_vec())
                .to_vec(),
            public: rsa
                .to_public_key()
                .to_pkcs1_der()
                .expect("a PKCS#1 form")
                .into_vec(),
            sha256: URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate.der())),
            sha1: URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der())),
        }
    }
}
