//! Certificates in files of various forms: with a byte order mark, in UTF-16, between comments and other blocks, or
//! as the plain DER of a `.cer`.
//!
//! It never verifies a certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Certificates in the order of their file.
pub type Certificates = Vec<CertificateDer<'static>>;

/// The certificates in a file; other blocks and invalid ones are skipped.
pub fn certificates(file: &[u8]) -> Certificates {
    if file.first() == Some(&0x30) {
        return vec![CertificateDer::from(file.to_vec())];
    }
    let text = text(file);
    CertificateDer::pem_slice_iter(text.as_bytes())
        .flatten()
        .collect()
}

/// The same certificates as the text of a file.
pub fn pem(certificates: &[CertificateDer<'_>]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let digits = STANDARD.encode(certificate);
        // RFC 7468: lines of 64 digits.
        for line in digits.as_bytes().chunks(64) {
            text.push_str(std::str::from_utf8(line).unwrap_or_default());
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

/// The file's text, with its marks as the PEM parser expects them: at the start of a line, and named `CERTIFICATE` as
/// OpenSSL has done for twenty years.
pub(crate) fn text(file: &[u8]) -> String {
    let text = match file {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(file).into_owned(),
    };
    let mut lines = String::with_capacity(text.len());
    for line in text.lines() {
        lines.push_str(line.trim());
        lines.push('\n');
    }
    lines.replace(" X509 CERTIFICATE-----", " CERTIFICATE-----")
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    #[test]
    fn reads_what_it_writes() {
        let all: Certificates = [vec![0x30, 0], vec![0x30; 100]]
            .map(CertificateDer::from)
            .into();
        assert_eq!(certificates(pem(&all).as_bytes()), all);
        assert_eq!(pem(&all[..1]), PEM);
    }

    #[test]
    fn finds_certificates_in_files_as_people_have_them() {
        let utf16 = |text: &str| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [vec![0xFF, 0xFE], units.collect()].concat()
        };
        for (name, file, count) in [
            ("plain", PEM.as_bytes().to_vec(), 1),
            ("two", PEM.repeat(2).into_bytes(), 2),
            ("mark", format!("\u{feff}{PEM}").into_bytes(), 1),
            ("utf16", utf16(PEM), 1),
            ("crlf", PEM.replace('\n', "\r\n").into_bytes(), 1),
            (
                "comments",
                format!("# our root\nSubject: x\n{PEM}\n# end").into_bytes(),
                1,
            ),
            (
                "blocks",
                format!("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n{PEM}")
                    .into_bytes(),
                1,
            ),
            (
                "indented",
                PEM.replace("-----BEGIN", "  -----BEGIN").into_bytes(),
                1,
            ),
            (
                "old name",
                PEM.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes(),
                1,
            ),
            ("der", vec![0x30, 0], 1),
            ("none", b"hello".to_vec(), 0),
            ("empty", Vec::new(), 0),
        ] {
            assert_eq!(certificates(&file).len(), count, "{name}");
        }
    }
}
