//! Trusted certificates: the operating system's, the agent's, and those of Microsoft's services if an image has none
//! at all.
//!
//! It never trusts without a check, unless the agent's administrator configured that.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::pem::Certificates;

/// Locations of distributions' root certificates: Debian, Fedora, openSUSE, Alpine, and OpenSSL's default.
const FILES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates in the distribution's file.
fn distribution_file() -> Certificates {
    let file = FILES.iter().map(Path::new).find(|file| file.is_file());
    rustls_native_certs::load_certs_from_paths(file, None).certs
}

/// The machine's own root certificates, for a program that takes a file in place of them: those of the distribution's
/// file, or else of the system's store. Empty if an image has none.
pub fn system_roots() -> Certificates {
    let roots = distribution_file();
    // Every macOS has `/etc/ssl/cert.pem`, which its own curl and git read; the code for its store is 10 KB deflated.
    if !roots.is_empty() || cfg!(target_vendor = "apple") {
        return roots;
    }
    rustls_native_certs::load_native_certs().certs
}

/// Location of the machine's root certificates, on Linux. Windows and macOS have a store.
#[derive(Clone, Copy, Debug, Default)]
pub enum RootSource {
    /// The files in `SSL_CERT_FILE` and `SSL_CERT_DIR`, if they are set, or else the distribution's.
    #[default]
    Variables,
    /// The distribution's: neither variable is set.
    Distribution,
    /// The distribution's file: one of the variables is set, but does not count.
    DistributionFile,
}

/// Checks certificates, and the handshake's signatures, so the peer holds the key of its certificate.
pub(crate) struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Without them, every certificate is accepted. Only for an agent that was configured with `--sslskipcertvalidation`.
    roots: Option<imp::Roots>,
}

impl Verifier {
    /// A verifier that trusts the machine's root certificates and `extra` ones.
    pub(crate) fn new(
        extra: Certificates,
        source: RootSource,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, rustls::Error> {
        let roots = imp::Roots::new(extra, source, provider.clone())?;
        Ok(Self {
            provider,
            roots: Some(roots),
        })
    }

    /// A verifier that accepts every certificate.
    pub(crate) fn unchecked(provider: Arc<CryptoProvider>) -> Self {
        Self {
            provider,
            roots: None,
        }
    }
}

adieu_secret::debug_by_name!(Verifier);

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.roots {
            Some(roots) => roots.verify(end_entity, intermediates, server_name, ocsp_response, now),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

#[cfg(any(windows, target_vendor = "apple"))]
mod imp {
    use super::*;

    /// The operating system's own verifier, with `extra` root certificates.
    pub(super) struct Roots(rustls_platform_verifier::Verifier);

    impl Roots {
        pub(super) fn new(
            extra: Certificates,
            // The system's store does not depend on the environment.
            _source: RootSource,
            provider: Arc<CryptoProvider>,
        ) -> Result<Self, rustls::Error> {
            rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider).map(Self)
        }

        pub(super) fn verify(
            &self,
            end_entity: &CertificateDer<'_>,
            intermediates: &[CertificateDer<'_>],
            server_name: &ServerName<'_>,
            ocsp_response: &[u8],
            now: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            let Self(verifier) = self;
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        }
    }
}

#[cfg(not(any(windows, target_vendor = "apple")))]
mod imp {
    use super::*;
    use std::sync::OnceLock;

    use rustls::RootCertStore;
    use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
    use rustls::crypto::WebPkiSupportedAlgorithms;
    use rustls::server::ParsedCertificate;
    use rustls_pki_types::pem::PemObject;

    /// The machine's root certificates with `extra` ones, read only as far as a server requires: first the extra ones,
    /// then with the distribution's file, then with all of the machine's. A certificate that some roots prove is also
    /// proved by more.
    ///
    /// Debian also has each root certificate in a separate file; reading all 150 takes longer than everything else
    /// before the first request.
    pub(super) struct Roots {
        extra: Certificates,
        source: RootSource,
        algorithms: WebPkiSupportedAlgorithms,
        stages: [OnceLock<RootCertStore>; 3],
    }

    impl Roots {
        pub(super) fn new(
            extra: Certificates,
            source: RootSource,
            provider: Arc<CryptoProvider>,
        ) -> Result<Self, rustls::Error> {
            Ok(Self {
                extra,
                source,
                algorithms: provider.signature_verification_algorithms,
                stages: Default::default(),
            })
        }

        /// Verifies as rustls' own verifier does, which can also read lists of revoked certificates.
        pub(super) fn verify(
            &self,
            end_entity: &CertificateDer<'_>,
            intermediates: &[CertificateDer<'_>],
            server_name: &ServerName<'_>,
            _ocsp_response: &[u8],
            now: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.algorithms.all;
            let mut outcome = Err(rustls::Error::General("there are no roots".to_owned()));
            for (stage, roots) in self.stages.iter().enumerate() {
                let roots = roots.get_or_init(|| self.read(stage));
                if !roots.is_empty() {
                    outcome = verify_server_cert_signed_by_trust_anchor(
                        &certificate,
                        roots,
                        intermediates,
                        now,
                        algorithms,
                    );
                }
                if outcome.is_ok() {
                    break;
                }
            }
            // The failure of the last stage, which has all root certificates.
            outcome?;
            verify_server_name(&certificate, server_name)?;
            Ok(ServerCertVerified::assertion())
        }

        /// The root certificates of a stage, which can be none.
        fn read(&self, stage: usize) -> RootCertStore {
            let mut roots = RootCertStore::empty();
            match (stage, self.source) {
                (0, _) => {}
                (1, RootSource::Variables) => return roots,
                (1, _) | (_, RootSource::DistributionFile) => {
                    roots.add_parsable_certificates(distribution_file());
                }
                _ => {
                    let found = rustls_native_certs::load_native_certs();
                    roots.add_parsable_certificates(found.certs);
                }
            }
            // A slim container often has no root certificates. Node tasks work there because Node contains Mozilla's
            // 120. Tokens only go to Microsoft's services, so theirs are enough: 8 KB of the binary instead of 57.
            if stage == 2 && roots.is_empty() {
                roots.add_parsable_certificates(microsoft());
            }
            roots.add_parsable_certificates(self.extra.iter().cloned());
            roots
        }
    }

    fn microsoft() -> impl Iterator<Item = CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(include_bytes!("trust/microsoft.pem")).filter_map(Result::ok)
    }

    #[cfg(test)]
    #[test]
    fn each_root_of_microsofts_services_is_one_of_mozillas() {
        let roots: Vec<_> = microsoft().collect();
        assert_eq!(roots.len(), 6);
        for root in &roots {
            assert!(webpki_root_certs::TLS_SERVER_ROOT_CERTS.contains(root));
        }
        let mut store = RootCertStore::empty();
        assert_eq!(store.add_parsable_certificates(roots), (6, 0));
    }
}
