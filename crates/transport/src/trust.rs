//! Trusted certificates: the operating system's, the agent's, and those of Microsoft's services if an image has none
//! at all.
//!
//! It never trusts without a check, unless the agent's administrator configured that.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::pem::Certificates;

pub(crate) use imp::verifier;

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

#[cfg(any(windows, target_vendor = "apple"))]
mod imp {
    use super::*;

    /// The operating system's own verifier, with `extra` root certificates.
    pub(crate) fn verifier(
        extra: Certificates,
        // The system's store does not depend on the environment.
        _source: RootSource,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider)?;
        Ok(Arc::new(verifier))
    }
}

#[cfg(not(any(windows, target_vendor = "apple")))]
mod imp {
    use super::*;
    use std::path::Path;
    use std::sync::OnceLock;

    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls_pki_types::pem::PemObject;

    /// Locations of distributions' root certificates: Debian, Fedora, openSUSE, Alpine, and OpenSSL's default.
    const FILES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];

    /// The machine's root certificates, with `extra` ones.
    pub(crate) fn verifier(
        extra: Certificates,
        source: RootSource,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        Ok(Arc::new(Roots {
            extra,
            source,
            provider,
            verifiers: Default::default(),
        }))
    }

    /// Root certificates, read only as far as a server requires: first the extra ones, then with the distribution's
    /// file, then with all of the machine's. A certificate that some roots prove is also proved by more.
    ///
    /// Debian also has each root certificate in a separate file; reading all 150 takes longer than everything else
    /// before the first request.
    struct Roots {
        extra: Certificates,
        source: RootSource,
        provider: Arc<CryptoProvider>,
        verifiers: [OnceLock<Option<Arc<WebPkiServerVerifier>>>; 3],
    }

    /// Without its fields: rustls requires the trait, but never the text.
    impl fmt::Debug for Roots {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("Roots")
        }
    }

    impl Roots {
        /// The verifier of a stage; `None` if it has no root certificates.
        fn verifier(&self, stage: usize) -> Option<Arc<WebPkiServerVerifier>> {
            let mut roots = RootCertStore::empty();
            match (stage, self.source) {
                (0, _) => {}
                (1, RootSource::Variables) => return None,
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
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
                .build()
                .ok()
        }
    }

    /// The certificates in the distribution's file.
    fn distribution_file() -> Certificates {
        let file = FILES.iter().map(Path::new).find(|file| file.is_file());
        rustls_native_certs::load_certs_from_paths(file, None).certs
    }

    impl ServerCertVerifier for Roots {
        fn verify_server_cert(
            &self,
            end_entity: &CertificateDer<'_>,
            intermediates: &[CertificateDer<'_>],
            server_name: &ServerName<'_>,
            ocsp_response: &[u8],
            now: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            let mut outcome = Err(rustls::Error::General("there are no roots".to_owned()));
            for (stage, verifier) in self.verifiers.iter().enumerate() {
                if let Some(verifier) = verifier.get_or_init(|| self.verifier(stage)) {
                    outcome = verifier.verify_server_cert(
                        end_entity,
                        intermediates,
                        server_name,
                        ocsp_response,
                        now,
                    );
                }
                if outcome.is_ok() {
                    break;
                }
            }
            // The failure of the last stage, which has all root certificates.
            outcome
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            tls12_signature(&self.provider, message, certificate, signature)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            tls13_signature(&self.provider, message, certificate, signature)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            schemes(&self.provider)
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

/// Accepts every certificate. Only for an agent that was configured with `--sslskipcertvalidation`; the handshake's
/// signatures are still checked, so the peer holds the key of its certificate.
pub(crate) struct Unchecked(pub(crate) Arc<CryptoProvider>);

impl fmt::Debug for Unchecked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Unchecked")
    }
}

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        tls12_signature(&self.0, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        tls13_signature(&self.0, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        schemes(&self.0)
    }
}

fn tls12_signature(
    provider: &CryptoProvider,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let algorithms = &provider.signature_verification_algorithms;
    rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
}

fn tls13_signature(
    provider: &CryptoProvider,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let algorithms = &provider.signature_verification_algorithms;
    rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
}

fn schemes(provider: &CryptoProvider) -> Vec<SignatureScheme> {
    provider
        .signature_verification_algorithms
        .supported_schemes()
}
