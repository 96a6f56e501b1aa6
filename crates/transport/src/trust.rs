//! Which certificates are trusted: the operating system's, the agent's on top, and those of Microsoft's services where
//! an image has none at all.
//!
//! It never decides to trust without a check, except where the agent's administrator configured it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

pub(crate) use imp::verifier;

#[cfg(any(windows, target_vendor = "apple"))]
mod imp {
    use super::*;

    /// The operating system's own verifier, with `extra` roots.
    pub(crate) fn verifier(
        extra: Vec<CertificateDer<'static>>,
        // The system's store has nothing to do with the environment.
        _ignores_environment: bool,
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

    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls_pki_types::pem::PemObject;

    /// Where distributions keep their roots: Debian, Fedora, openSUSE, Alpine, and what OpenSSL itself looks at.
    const FILES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];

    /// The distribution's roots with `extra` ones. `SSL_CERT_FILE` and `SSL_CERT_DIR` count unless they are ignored.
    ///
    /// A slim container often has no roots. Node tasks work there because Node brings Mozilla's 120. Tokens go to
    /// Microsoft's services alone, so theirs are enough: 8 KB of the binary in place of 57.
    pub(crate) fn verifier(
        extra: Vec<CertificateDer<'static>>,
        ignores_environment: bool,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        let mut roots = RootCertStore::empty();
        let found = if ignores_environment {
            let file = FILES.iter().map(Path::new).find(|file| file.is_file());
            rustls_native_certs::load_certs_from_paths(file, None)
        } else {
            rustls_native_certs::load_native_certs()
        };
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            roots.add_parsable_certificates(microsoft());
        }
        roots.add_parsable_certificates(extra);
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        Ok(verifier)
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

/// Accepts every certificate. Only for an agent that was configured with `--sslskipcertvalidation`;
/// the handshake's signatures are still checked, so that the peer holds the key that it shows.
#[derive(Debug)]
pub(crate) struct Unchecked(pub(crate) Arc<CryptoProvider>);

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
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
