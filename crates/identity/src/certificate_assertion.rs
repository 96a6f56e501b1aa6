//! The assertion that a service principal with a certificate signs for itself.
//!
//! It never shows the private key to anyone, and knows RSA keys only, as Entra does.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

use adieu_secret::{ClientCertificate, IdToken};

use crate::answers::seconds_now;

/// An assertion is used at once; a minute either way is for clocks that differ.
const LIFETIME: i64 = 300;
const SKEW: i64 = 60;

/// Signs an assertion of `client_id` for the token endpoint `audience`.
///
/// The algorithm is PS256 and the certificate is named by `x5t#S256`, as Microsoft's page "Microsoft
/// identity platform application authentication certificate credentials" asks.
///
/// # Errors
/// A sentence that says what the PEM lacks.
pub(crate) fn sign(
    certificate: &ClientCertificate,
    client_id: &str,
    audience: &str,
) -> Result<IdToken, String> {
    let pem = certificate.reveal().as_bytes();
    let leaf = CertificateDer::from_pem_slice(pem)
        .map_err(|_| "it holds no PEM certificate".to_owned())?;
    let key = key_pair(&PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        "it holds no private key that can be read (an encrypted key cannot; PKCS#1 and PKCS#8 can)".to_owned()
    })?)?;
    let random = SystemRandom::new();
    let mut id = [0; 16];
    random
        .fill(&mut id)
        .map_err(|_| "the system gives no randomness".to_owned())?;
    let now = seconds_now();
    let header = json!({
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &leaf)),
    });
    let claims = json!({
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": URL_SAFE_NO_PAD.encode(id),
        "nbf": now - SKEW,
        "exp": now + LIFETIME,
    });
    let mut token = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PSS_SHA256, &random, token.as_bytes(), &mut signature)
        .map_err(|_| "its key does not sign".to_owned())?;
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    IdToken::parse(token).map_err(|error| error.to_string())
}

fn key_pair(key: &PrivateKeyDer<'_>) -> Result<RsaKeyPair, String> {
    match key {
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        _ => return Err("its key is not RSA, and Microsoft Entra takes RSA keys only".to_owned()),
    }
    .map_err(|reason| {
        format!(
            "its key cannot be used ({reason}); Microsoft Entra takes RSA keys of 2048 bits or more"
        )
    })
}
