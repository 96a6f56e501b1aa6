//! Microsoft's own validator of SARIF and what `adieu scan` writes: it has no error and no warning.
//!
//! Its notes are advice that does not fit: they ask for snippets, which would show tokens.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::harness::client;

#[test]
fn microsofts_validator_has_no_remark() {
    let token = [
        "u8jzPde0IgxLd6GncfBAepfJBd0K",
        "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
        "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
    ]
    .concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let allowed = format!("A={token}\n# adieu:allow azure-devops-pat a fixture\n{token}\n");
    let pipeline = "steps:\n- script: x\n  env:\n    A: $(MY_PAT)\n";
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n";
    for (name, text) in [
        ("a.env", allowed.as_str()),
        ("a.yml", pipeline),
        ("##vso[x] <b>|é.txt", &token),
        ("big.bin", pointer),
    ] {
        fs::write(path.join(name), text).expect("a file");
    }
    let scanned = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["scan", "--output-path", "report"])
        .current_dir(path)
        .output()
        .expect("the binary starts");
    assert_eq!(scanned.status.code(), Some(1), "{scanned:?}");
    let validated = Command::new("node")
        .arg(client("sarif").join("node_modules/.bin/sarif-multitool"))
        .args(["validate", "report/scan.sarif", "--output", "remarks.sarif"])
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .current_dir(path)
        .output()
        .expect("node starts");
    let remarks = fs::read_to_string(path.join("remarks.sarif"));
    let remarks = remarks.unwrap_or_else(|error| panic!("{error}: {validated:?}"));
    let remarks: Value =
        serde_json::from_str(remarks.trim_start_matches('\u{feff}')).expect("JSON");
    let remarks = &remarks["runs"][0]["results"];
    assert_eq!(remarks.as_array().map_or(0, Vec::len), 0, "{remarks:#}");
    assert!(validated.status.success(), "{validated:?}");
}
