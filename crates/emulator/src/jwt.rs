//! JSON Web Tokens, actually signed and verified with RSA.
//!
//! It makes no decision about claims; the services do.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    self, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

/// A signing key, and the name under which its public half is published.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) id: &'static str,
    pair: RsaKeyPair,
    public: Vec<u8>,
    modulus: String,
    exponent: String,
}

/// The signing keys of Azure DevOps and Microsoft Entra. Generating one takes long, so a process generates each once.
pub(crate) fn issuer_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate("azure-devops"))
}

/// The key of Microsoft Entra; see [`issuer_key`].
pub(crate) fn entra_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate("entra"))
}

/// The key of GitHub Actions; see [`issuer_key`].
pub(crate) fn github_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate("github"))
}

/// The key of GitLab; see [`issuer_key`].
pub(crate) fn gitlab_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate("gitlab"))
}

/// The PKCS#8 DER of a new RSA key.
pub(crate) fn generate() -> RsaPrivateKey {
    RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key of 2048 bits")
}

impl SigningKey {
    fn generate(id: &'static str) -> Self {
        let key = generate();
        let der = key.to_pkcs8_der().expect("an RSA key has a PKCS#8 form");
        let public = key.to_public_key();
        Self {
            id,
            pair: RsaKeyPair::from_pkcs8(der.as_bytes()).expect("ring reads PKCS#8"),
            public: public
                .to_pkcs1_der()
                .expect("an RSA key has a PKCS#1 form")
                .into_vec(),
            modulus: URL_SAFE_NO_PAD.encode(public.n().to_bytes_be()),
            exponent: URL_SAFE_NO_PAD.encode(public.e().to_bytes_be()),
        }
    }

    /// A signed token (RS256).
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": self.id, "x5t": self.id });
        let mut token = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signed = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(
                &signature::RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signed,
            )
            .expect("a sound key signs");
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signed));
        token
    }

    /// The public half as a JSON Web Key.
    pub(crate) fn to_jwk(&self) -> Value {
        json!({ "kty": "RSA", "use": "sig", "kid": self.id, "n": self.modulus, "e": self.exponent })
    }

    /// Whether this key signed a token.
    pub(crate) fn has_signed(&self, token: &ParsedToken) -> bool {
        token.is_signed_by(&self.public)
    }
}

/// A parsed token.
#[derive(Debug)]
pub(crate) struct ParsedToken {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl ParsedToken {
    /// Parses a token; `None` if the text is not one.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            header: part(header)?,
            claims: part(claims)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// A claim, or a field of the header, as text.
    pub(crate) fn claim(&self, name: &str) -> &str {
        self.claims
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A claim that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }

    /// Verifies the signature with a public key (PKCS#1 DER), and the algorithm that the header names.
    pub(crate) fn is_signed_by(&self, public: &[u8]) -> bool {
        let algorithm: &dyn signature::VerificationAlgorithm =
            match self.header.get("alg").and_then(Value::as_str) {
                Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
                Some("PS256") => &RSA_PSS_2048_8192_SHA256,
                _ => return false,
            };
        UnparsedPublicKey::new(algorithm, public)
            .verify(self.signed.as_bytes(), &self.signature)
            .is_ok()
    }
}
