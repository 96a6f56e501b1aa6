//! A certificate authority that signs one certificate, after which its key is gone.
//!
//! It never returns the authority's key, and never signs for a host outside Azure DevOps.

use ring::digest::{SHA256, digest};
use ring::error::Unspecified;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use crate::der::{
    BIT_STRING, BOOLEAN, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UTC_TIME,
    UTF8_STRING, constructed, context, value,
};

/// Longer than any job; the key does not outlive its process.
const VALIDITY: Duration = Duration::days(30);

/// How far the certificates are backdated, because the clock of a container can be behind.
const BACKDATED: Duration = Duration::days(1);

/// The `AlgorithmIdentifier` of `ecdsa-with-SHA256` (RFC 5758, 3.2).
const ECDSA_SHA256: &[u8] = &[
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
];

/// The `AlgorithmIdentifier` of `id-ecPublicKey` on `secp256r1` (RFC 5480, 2.1.1).
const P256: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07,
];

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

// The last byte of each extension's object identifier (RFC 5280, 4.2.1).
const SUBJECT_KEY: u8 = 14;
const KEY_USAGE: u8 = 15;
const ALTERNATIVE_NAMES: u8 = 17;
const BASIC_CONSTRAINTS: u8 = 19;
const NAME_CONSTRAINTS: u8 = 30;
const AUTHORITY_KEY: u8 = 35;
const EXTENDED_KEY_USAGE: u8 = 37;

/// The object identifier `id-kp-serverAuth`.
const SERVER_AUTH: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

/// A server's certificate and key, and the authority that its clients must trust.
pub(crate) struct ServerIdentity {
    pub(crate) authority: CertificateDer<'static>,
    pub(crate) certificate: CertificateDer<'static>,
    /// The server's key, in PKCS #8.
    pub(crate) key: Vec<u8>,
}

/// Creates an authority limited to the domains `within`, and has it sign a certificate for the hosts `names`.
///
/// # Errors
/// The system provides no random numbers.
pub(crate) fn issue(within: &[&str], names: &[String]) -> Result<ServerIdentity, Unspecified> {
    let random = SystemRandom::new();
    let (authority, _) = key(&random)?;
    let (server, pkcs8) = key(&random)?;
    let name = name("Adieu stand-in proxy of this job");
    let id = key_id(&authority);
    let within: Vec<u8> = within
        .iter()
        .flat_map(|domain| value(SEQUENCE, &[&dns(domain)]))
        .collect();
    let extensions = [
        extension(
            BASIC_CONSTRAINTS,
            true,
            &value(SEQUENCE, &[&[BOOLEAN, 1, 0xff], &[INTEGER, 1, 0]]),
        ),
        // `keyCertSign` alone.
        extension(KEY_USAGE, true, &[BIT_STRING, 2, 2, 0x04]),
        extension(
            NAME_CONSTRAINTS,
            true,
            &value(SEQUENCE, &[&value(constructed(0), &[&within])]),
        ),
        extension(SUBJECT_KEY, false, &value(OCTET_STRING, &[&id])),
    ]
    .concat();
    let authority_certificate = sign(&random, &authority, &name, &name, &authority, &extensions)?;
    let all: Vec<u8> = names.iter().flat_map(|name| dns(name)).collect();
    let extensions = [
        extension(KEY_USAGE, true, &[BIT_STRING, 2, 7, 0x80]),
        extension(EXTENDED_KEY_USAGE, false, &value(SEQUENCE, &[SERVER_AUTH])),
        // Python requires it since 3.13 (`VERIFY_X509_STRICT`).
        extension(
            AUTHORITY_KEY,
            false,
            &value(SEQUENCE, &[&value(context(0), &[&id])]),
        ),
        extension(ALTERNATIVE_NAMES, false, &value(SEQUENCE, &[&all])),
    ]
    .concat();
    let subject = self::name("Azure DevOps by way of Adieu");
    let certificate = sign(&random, &authority, &name, &subject, &server, &extensions)?;
    Ok(ServerIdentity {
        authority: authority_certificate.into(),
        certificate: certificate.into(),
        key: pkcs8,
    })
}

fn key(random: &SystemRandom) -> Result<(EcdsaKeyPair, Vec<u8>), Unspecified> {
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, random)?;
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), random);
    Ok((key.map_err(|_| Unspecified)?, pkcs8.as_ref().to_vec()))
}

/// A certificate that binds `key` to `subject`, signed by the key of `issuer`.
fn sign(
    random: &SystemRandom,
    authority: &EcdsaKeyPair,
    issuer: &[u8],
    subject: &[u8],
    key: &EcdsaKeyPair,
    extensions: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let mut serial = [0; 16];
    random.fill(&mut serial)?;
    // Positive, and always 16 bytes long.
    serial[0] = serial[0] & 0x3f | 0x40;
    let now = OffsetDateTime::now_utc();
    let content = value(
        SEQUENCE,
        &[
            // Version 3.
            &value(constructed(0), &[&[INTEGER, 1, 2]]),
            &value(INTEGER, &[&serial]),
            ECDSA_SHA256,
            issuer,
            &value(
                SEQUENCE,
                &[&utc_time(now - BACKDATED), &utc_time(now + VALIDITY)],
            ),
            subject,
            &value(SEQUENCE, &[P256, &bits(key.public_key().as_ref())]),
            &value(constructed(3), &[&value(SEQUENCE, &[extensions])]),
        ],
    );
    let signature = authority.sign(random, &content)?;
    Ok(value(
        SEQUENCE,
        &[&content, ECDSA_SHA256, &bits(signature.as_ref())],
    ))
}

fn extension(id: u8, is_critical: bool, content: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical {
        &[BOOLEAN, 1, 0xff]
    } else {
        &[]
    };
    value(
        SEQUENCE,
        &[
            &[OBJECT_IDENTIFIER, 3, 0x55, 0x1d, id],
            critical,
            &value(OCTET_STRING, &[content]),
        ],
    )
}

fn name(text: &str) -> Vec<u8> {
    let pair = value(
        SEQUENCE,
        &[
            &value(OBJECT_IDENTIFIER, &[COMMON_NAME]),
            &value(UTF8_STRING, &[text.as_bytes()]),
        ],
    );
    value(SEQUENCE, &[&value(SET, &[&pair])])
}

fn dns(name: &str) -> Vec<u8> {
    value(context(2), &[name.as_bytes()])
}

/// A bit string without unused bits.
fn bits(bytes: &[u8]) -> Vec<u8> {
    value(BIT_STRING, &[&[0], bytes])
}

/// A time before 2050, from when on certificates use another form (RFC 5280, 4.1.2.5).
fn utc_time(at: OffsetDateTime) -> Vec<u8> {
    let text = format!(
        "{:02}{:02}{:02}{:02}{:02}{:02}Z",
        at.year() % 100,
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    value(UTC_TIME, &[text.as_bytes()])
}

/// A key identifier: the first 160 bits of a digest of the public key (RFC 7093, 2).
fn key_id(key: &EcdsaKeyPair) -> [u8; 20] {
    let mut id = [0; 20];
    id.copy_from_slice(&digest(&SHA256, key.public_key().as_ref()).as_ref()[..20]);
    id
}
