//! Text stubs of the macOS frameworks that the certificate verifier uses, for a linker without Apple's SDK.
//!
//! They hold names alone, and only those that are linked: a new one is an "undefined symbol", and belongs here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files;

/// Where the stubs lie.
pub(crate) struct Sdk {
    pub(crate) root: PathBuf,
    pub(crate) frameworks: PathBuf,
}

const CORE_FOUNDATION: &[&str] = &[
    "CFArrayCreate",
    "CFDataCreate",
    "CFDateCreate",
    "CFErrorCopyDescription",
    "CFErrorGetCode",
    "CFRelease",
    "CFStringCreateWithBytes",
    "CFStringGetBytes",
    "CFStringGetCStringPtr",
    "CFStringGetLength",
    "kCFAbsoluteTimeIntervalSince1970",
    "kCFAllocatorDefault",
    "kCFTypeArrayCallBacks",
];

const SECURITY: &[&str] = &[
    "SecCertificateCopySubjectSummary",
    "SecCertificateCreateWithData",
    "SecCopyErrorMessageString",
    "SecPolicyCreateSSL",
    "SecTrustCreateWithCertificates",
    "SecTrustEvaluateWithError",
    "SecTrustSetAnchorCertificates",
    "SecTrustSetAnchorCertificatesOnly",
    "SecTrustSetOCSPResponse",
    "SecTrustSetVerifyDate",
];

/// Writes the stubs. A file that is right already keeps its time.
pub(crate) fn write(root: &Path) -> Result<Sdk, String> {
    let frameworks = root.join("System/Library/Frameworks");
    for (name, symbols) in [("CoreFoundation", CORE_FOUNDATION), ("Security", SECURITY)] {
        let folder = frameworks.join(format!("{name}.framework"));
        let file = folder.join(format!("{name}.tbd"));
        let text = stub(name, symbols);
        if fs::read_to_string(&file).is_ok_and(|there| there == text) {
            continue;
        }
        files::write(&file, text)?;
    }
    Ok(Sdk {
        root: root.to_path_buf(),
        frameworks,
    })
}

/// The format is Apple's TAPI, version 4.
fn stub(name: &str, symbols: &[&str]) -> String {
    let symbols: Vec<String> = symbols.iter().map(|symbol| format!("_{symbol}")).collect();
    format!(
        "--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/System/Library/Frameworks/{name}.framework/Versions/A/{name}'
exports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ {} ]
...
",
        symbols.join(", ")
    )
}
