//! The cryptography of TLS: ring's, with the cipher suites that Microsoft's services offer.
//!
//! It implements no algorithm itself.

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::SignatureScheme;
use rustls::crypto::ring::cipher_suite::{
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384,
};
use rustls::crypto::ring::kx_group::{SECP256R1, SECP384R1};
use rustls::crypto::ring::sign;
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
};
use rustls::sign::SigningKey;
use rustls_pki_types::PrivateKeyDer;
use webpki::ring as signatures;

/// The provider for each connection: `rustls::crypto::ring::default_provider` without ChaCha20-Poly1305 and Curve25519.
///
/// These services run on Windows, which offers AES-GCM but not ChaCha20 by default; every TLS 1.3 server has AES-GCM
/// and P-256 (RFC 8446, 9.1). No public certificate has an Ed25519 key (CA/Browser Forum, Baseline Requirements, 6.1.5).
/// Both are 88 KB of ring, which hardly compress.
pub(crate) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            TLS13_AES_256_GCM_SHA384,
            TLS13_AES_128_GCM_SHA256,
            TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        kx_groups: vec![SECP256R1, SECP384R1],
        signature_verification_algorithms: SIGNATURES,
        secure_random: &Ring,
        key_provider: &Ring,
    }
}

/// All of ring's but Ed25519, as rustls maps them: in TLS 1.2 a scheme does not name its curve.
static SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        signatures::ECDSA_P256_SHA256,
        signatures::ECDSA_P256_SHA384,
        signatures::ECDSA_P384_SHA256,
        signatures::ECDSA_P384_SHA384,
        signatures::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        signatures::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        signatures::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        signatures::RSA_PKCS1_2048_8192_SHA256,
        signatures::RSA_PKCS1_2048_8192_SHA384,
        signatures::RSA_PKCS1_2048_8192_SHA512,
        signatures::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        signatures::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        signatures::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ],
    mapping: &[
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[signatures::ECDSA_P384_SHA384, signatures::ECDSA_P256_SHA384],
        ),
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[signatures::ECDSA_P256_SHA256, signatures::ECDSA_P384_SHA256],
        ),
        (
            SignatureScheme::RSA_PSS_SHA512,
            &[signatures::RSA_PSS_2048_8192_SHA512_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA384,
            &[signatures::RSA_PSS_2048_8192_SHA384_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA256,
            &[signatures::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA512,
            &[signatures::RSA_PKCS1_2048_8192_SHA512],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA384,
            &[signatures::RSA_PKCS1_2048_8192_SHA384],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA256,
            &[signatures::RSA_PKCS1_2048_8192_SHA256],
        ),
    ],
};

#[derive(Debug)]
struct Ring;

impl SecureRandom for Ring {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        SystemRandom::new().fill(bytes).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for Ring {
    fn load_private_key(
        &self,
        key: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        match sign::RsaSigningKey::new(&key) {
            Ok(key) => Ok(Arc::new(key)),
            Err(_) => sign::any_ecdsa_type(&key),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls::NamedGroup;
    use rustls::crypto::SupportedKxGroup;

    use super::*;

    /// A scheme, a suite or a key exchange that an update of rustls adds must be added here.
    #[test]
    fn differs_from_the_default_by_chacha20_and_curve25519_alone() {
        let (own, default) = (provider(), rustls::crypto::ring::default_provider());
        let (signatures, defaults) = (
            own.signature_verification_algorithms,
            default.signature_verification_algorithms,
        );
        let mut schemes = defaults.supported_schemes();
        schemes.retain(|scheme| *scheme != SignatureScheme::ED25519);
        assert_eq!(signatures.supported_schemes(), schemes);
        assert_eq!(signatures.all.len(), defaults.all.len() - 1);
        let mut suites = default.cipher_suites;
        suites.retain(|suite| !format!("{:?}", suite.suite()).contains("CHACHA20"));
        assert_eq!(own.cipher_suites, suites);
        let named = |group: &&dyn SupportedKxGroup| group.name();
        let mut groups: Vec<_> = default.kx_groups.iter().map(named).collect();
        groups.retain(|group| *group != NamedGroup::X25519);
        assert_eq!(own.kx_groups.iter().map(named).collect::<Vec<_>>(), groups);
    }
}
