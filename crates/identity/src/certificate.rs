//! The assertion that a service principal signs with its certificate.
//!
//! It never shows the private key, and supports only RSA keys, as Microsoft Entra does. azure_identity's own
//! credential for certificates needs OpenSSL and PKCS#12, and names the certificate by its SHA-1 thumbprint.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

use adieu_secret::{ClientCertificate, IdToken};

use crate::answers::seconds_now;
use crate::error::ClientCertificateProblem as Fault;

/// An assertion is used immediately; it is also valid one minute earlier, in case clocks differ.
const LIFETIME: i64 = 300;
const SKEW: i64 = 60;

/// Signs an assertion of `client_id` for the token endpoint `audience`.
///
/// The algorithm is PS256, and `x5t#S256` names the certificate, as Microsoft's page "Microsoft identity platform
/// application authentication certificate credentials" requires. Further certificates in the PEM are sent as `x5c`,
/// so that an application that trusts a subject name and issuer can build the chain.
///
/// # Errors
/// What the PEM lacks.
pub(crate) fn sign(
    certificate: &ClientCertificate,
    client_id: &str,
    audience: &str,
) -> Result<IdToken, Fault> {
    let pem = certificate.reveal();
    if !pem.contains("-----BEGIN ") {
        return Err(Fault::NotPem);
    }
    let key = key_pair(pem)?;
    let chain = chain(certificates(pem)?, key.public().as_ref())?;
    let random = SystemRandom::new();
    let mut id = [0; 16];
    random.fill(&mut id).map_err(|_| Fault::Signing)?;
    let now = seconds_now();
    let mut header = json!({
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &chain[0])),
    });
    if chain.len() > 1 {
        let encoded: Vec<String> = chain.iter().map(|der| STANDARD.encode(der)).collect();
        header["x5c"] = json!(encoded);
    }
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
        .map_err(|_| Fault::Signing)?;
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    IdToken::parse(token).map_err(|_| Fault::Signing)
}

fn key_pair(pem: &str) -> Result<RsaKeyPair, Fault> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| {
        // An encrypted key has this word in plain text: in the block's name (RFC 7468) or, in the older form, in a
        // header.
        if pem.contains("ENCRYPTED") {
            return Fault::EncryptedKey;
        }
        match error {
            pem::Error::NoItemsFound => Fault::NoKey,
            _ => Fault::DamagedPem,
        }
    })?;
    match &key {
        PrivateKeyDer::Pkcs1(_) if pem.contains("Proc-Type: 4,ENCRYPTED") => {
            return Err(Fault::EncryptedKey);
        }
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        _ => return Err(Fault::NotRsa),
    }
    .map_err(|reason| match reason.to_string().as_str() {
        "WrongAlgorithm" => Fault::NotRsa,
        reason => Fault::Key(reason.to_owned()),
    })
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match all {
        Ok(all) if all.is_empty() => Err(Fault::NoCertificate),
        Ok(all) => Ok(all),
        Err(_) => Err(Fault::DamagedPem),
    }
}

/// The certificate of the key, followed by each one's issuer as far as they are present, whatever the order in the
/// file.
fn chain(
    mut others: Vec<CertificateDer<'static>>,
    public_key: &[u8],
) -> Result<Vec<CertificateDer<'static>>, Fault> {
    // A certificate contains its own public key as the same bytes (RFC 8017, A.1.1), and no other certificate does.
    let is_of_the_key = |der: &CertificateDer<'_>| {
        let mut parts = der.windows(public_key.len());
        parts.any(|part| part == public_key)
    };
    let leaf = others.iter().position(is_of_the_key);
    let leaf = leaf.ok_or(Fault::AnotherKey {
        certificates: others.len(),
    })?;
    let mut chain = vec![others.remove(leaf)];
    while let Some(next) = issuer_of(&chain[chain.len() - 1], &others) {
        chain.push(others.remove(next));
    }
    Ok(chain)
}

/// The index of the certificate that issued this one.
fn issuer_of(certificate: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Option<usize> {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
    if parsed.issuer() == parsed.subject() {
        return None;
    }
    others.iter().position(|other| {
        webpki::EndEntityCert::try_from(other).is_ok_and(|other| other.subject() == parsed.issuer())
    })
}
