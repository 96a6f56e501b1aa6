//! The reason for a failed TLS handshake, as text: what each side does not support.
//!
//! The TLS library's own texts are not shown: they are for programmers, and can be a page long.

use rustls::{
    AlertDescription as Alert, CertificateError, Error, InvalidMessage, PeerIncompatible,
};

use crate::outcome::{CertificateProblem, NoAnswer};

/// The failure for an error of the TLS library.
pub(crate) fn known(error: &Error) -> NoAnswer {
    let handshake = |reason: &str| NoAnswer::Handshake(reason.to_owned());
    match error {
        Error::InvalidCertificate(reason) => certificate(reason),
        Error::AlertReceived(alert) => alert_received(*alert),
        Error::PeerIncompatible(lacking) => handshake(incompatible(lacking)),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            handshake("its answer is not TLS")
        }
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_) => handshake("its answer breaks the rules of TLS"),
        Error::NoCertificatesPresented => handshake("it shows no certificate"),
        Error::DecryptError => handshake("its answer cannot be decrypted"),
        Error::PeerSentOversizedRecord => handshake("its answer is larger than TLS allows"),
        Error::UnsupportedNameType => handshake("its name cannot be used with TLS"),
        // A system without randomness or with a wrong clock is not the host's fault.
        Error::FailedToGetCurrentTime => {
            NoAnswer::Connection("this machine has no clock".to_owned())
        }
        Error::FailedToGetRandomBytes => {
            NoAnswer::Connection("this machine has no randomness".to_owned())
        }
        _ => NoAnswer::Connection("the TLS connection failed".to_owned()),
    }
}

fn incompatible(lacking: &PeerIncompatible) -> &'static str {
    match lacking {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::Tls13RequiredForQuic => {
            "it supports neither TLS 1.2 nor TLS 1.3, and adieu no older version"
        }
        PeerIncompatible::NoCipherSuitesInCommon => {
            "it supports no cipher suite that adieu supports (AES-GCM with ECDHE)"
        }
        PeerIncompatible::NoKxGroupsInCommon | PeerIncompatible::NamedGroupsExtensionRequired => {
            "it supports no key exchange that adieu supports (P-256 and P-384)"
        }
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired => {
            "it supports no signature that adieu supports (RSA and ECDSA on P-256 or P-384, with SHA-256 to SHA-512)"
        }
        PeerIncompatible::ExtendedMasterSecretExtensionRequired => {
            "it does not support the extended master secret of RFC 7627"
        }
        PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "it accepts no signature that the client certificate's key can make"
        }
        _ => "it and adieu support no common parameters of TLS",
    }
}

fn alert_received(alert: Alert) -> NoAnswer {
    let handshake = |reason: &str| NoAnswer::Handshake(reason.to_owned());
    let ours = |reason: &str| NoAnswer::ClientCertificate(reason.to_owned());
    match alert {
        // An alert about a certificate concerns the client's: a server sends none about its own.
        Alert::CertificateRequired => ours("it requires one, and none was shown"),
        Alert::UnknownCA => ours("its issuer is unknown there"),
        Alert::CertificateExpired => ours("it has expired"),
        Alert::CertificateRevoked => ours("it was revoked"),
        Alert::NoCertificate
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::AccessDenied => ours("the host does not say why"),
        Alert::ProtocolVersion => {
            handshake("it supports neither TLS 1.2 nor TLS 1.3, and adieu no older version")
        }
        Alert::HandshakeFailure | Alert::InsufficientSecurity => handshake(
            "it supports none of the cipher suites, key exchanges and signatures that adieu supports (TLS 1.2 and 1.3 with AES-GCM, P-256 and P-384, RSA and ECDSA)",
        ),
        Alert::UnrecognisedName => handshake("it does not know this host name"),
        Alert::IllegalParameter | Alert::DecodeError | Alert::UnsupportedExtension => {
            handshake("it refuses the parameters that adieu offers")
        }
        Alert::InternalError | Alert::CloseNotify | Alert::UserCanceled => {
            NoAnswer::Connection("it ended the TLS handshake".to_owned())
        }
        _ => handshake("it refuses the TLS handshake"),
    }
}

fn certificate(reason: &CertificateError) -> NoAnswer {
    use CertificateError as Reason;
    use CertificateProblem as Problem;
    NoAnswer::Certificate(match reason {
        Reason::UnknownIssuer => Problem::UnknownIssuer,
        Reason::Expired | Reason::ExpiredContext { .. } => Problem::Expired,
        Reason::NotValidYet | Reason::NotValidYetContext { .. } => Problem::NotYetValid,
        Reason::NotValidForName | Reason::NotValidForNameContext { .. } => Problem::AnotherHost,
        Reason::Revoked => Problem::Other("it was revoked"),
        Reason::UnknownRevocationStatus
        | Reason::ExpiredRevocationList
        | Reason::ExpiredRevocationListContext { .. } => {
            Problem::Other("whether it was revoked cannot be found out")
        }
        Reason::BadSignature => Problem::Other("its signature is not its issuer's"),
        Reason::BadEncoding => Problem::Other("it cannot be read"),
        Reason::UnhandledCriticalExtension => {
            Problem::Other("it has a critical extension that is not supported")
        }
        Reason::InvalidPurpose | Reason::InvalidPurposeContext { .. } => {
            Problem::Other("it is not for servers")
        }
        Reason::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id,
            ..
        } => return unsupported(signature_algorithm_id, &[]),
        Reason::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            public_key_algorithm_id,
        } => return unsupported(signature_algorithm_id, public_key_algorithm_id),
        other => {
            // The library passes on the reasons of the verifier unchanged.
            let text = format!("{other:?}");
            let known = OTHERS.iter().find(|(name, _)| text.contains(name));
            Problem::Other(known.map_or("it is not valid", |(_, words)| words))
        }
    })
}

const OTHERS: [(&str, &str); 6] = [
    (
        "CaUsedAsEndEntity",
        "it is the certificate of an authority, and not of a server",
    ),
    ("EndEntityUsedAsCa", "its issuer is not an authority"),
    (
        "PathLenConstraintViolated",
        "its issuer may not have issued it",
    ),
    (
        "NameConstraintViolation",
        "its issuer may not have issued it for this name",
    ),
    ("UnsupportedCertVersion", "it is of an old version of X.509"),
    (
        "UnsupportedSignatureAlgorithm",
        "it is signed in a way that is not supported",
    ),
];

/// Object identifiers in DER, and the names of what they identify.
const ALGORITHMS: [(&[u8], &str); 11] = [
    (&[0x2B, 0x81, 0x04, 0x00, 0x23], "the curve P-521"),
    (&[0x2B, 0x81, 0x04, 0x00, 0x0A], "the curve secp256k1"),
    (&[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08], "a Brainpool curve"),
    (&[0x2B, 0x65, 0x71], "Ed448"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04], "DSA"),
    (
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05],
        "SHA-1",
    ),
    (
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x04],
        "MD5",
    ),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01], "SHA-1"),
    (
        &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04],
        "ECDSA with SHA-512, or the curve P-521",
    ),
    (
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A],
        "RSA-PSS with these parameters",
    ),
    (
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01],
        "an RSA key of this size",
    ),
];

fn unsupported(signature: &[u8], key: &[u8]) -> NoAnswer {
    let has = |id: &[u8], known: &[u8]| id.windows(known.len()).any(|part| part == known);
    let known = ALGORITHMS
        .iter()
        .find(|(known, _)| has(key, known) || has(signature, known));
    let name = known.map_or("an unlisted algorithm", |(_, name)| name);
    NoAnswer::Handshake(format!(
        "a certificate in its chain is signed with {name}, and adieu supports {SIGNATURES}"
    ))
}

/// The signature algorithms that `ring` verifies.
const SIGNATURES: &str = "RSA from 2048 bits and ECDSA on P-256 and P-384, with SHA-256 to SHA-512";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_each_failure_without_text_of_the_library() {
        let p521 = CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id: vec![6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4],
            public_key_algorithm_id: vec![6, 5, 0x2B, 0x81, 0x04, 0x00, 0x23],
        };
        for (error, transient, words) in [
            (
                Error::InvalidCertificate(p521),
                false,
                "no TLS connection is possible: a certificate in its chain is signed with the curve P-521, and adieu supports RSA from 2048 bits and ECDSA on P-256 and P-384, with SHA-256 to SHA-512",
            ),
            (
                Error::AlertReceived(Alert::ProtocolVersion),
                false,
                "no TLS connection is possible: it supports neither TLS 1.2 nor TLS 1.3, and adieu no older version",
            ),
            (
                Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
                false,
                "no TLS connection is possible: it supports no cipher suite that adieu supports (AES-GCM with ECDHE)",
            ),
            (
                Error::InvalidMessage(InvalidMessage::InvalidContentType),
                false,
                "no TLS connection is possible: its answer is not TLS",
            ),
            (
                Error::InvalidCertificate(CertificateError::BadSignature),
                false,
                "its certificate is not trusted (its signature is not its issuer's)",
            ),
            (
                Error::AlertReceived(Alert::InternalError),
                true,
                "no connection (it ended the TLS handshake)",
            ),
        ] {
            let cause = known(&error);
            assert_eq!(cause.to_string(), words);
            assert_eq!(cause.is_transient(), transient, "{words}");
        }
    }
}
