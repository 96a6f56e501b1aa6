//! `adieu scan`: personal access tokens in every place where people keep them, with the real binary.
//!
//! All tokens are synthetic, and assembled when a test runs. No output shows a part of one.

mod classic;
mod habits;
mod habits_elsewhere;
mod history;
mod machine;
mod negatives;
mod organization;
mod outputs;
mod placements;
mod trees;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

/// A token in the format since July 2024.
pub(crate) fn new_token() -> String {
    [
        "u8jzPde0IgxLd6GncfBAepfJBd0K",
        "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
        "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
    ]
    .concat()
}

/// A user's token in the older format, and an application's.
pub(crate) fn old_token() -> String {
    ["t3vbjq32bxpiwmwtwgjf4eyczjlv", "ah7azknoluomyfivaqsccjlq"].concat()
}

pub(crate) fn old_application_token() -> String {
    ["pnfjgwont4un7biuez7rwa3ustor", "yaomnlp4g5groknbd7rabdlq"].concat()
}

/// The output of a run.
pub(crate) struct ScanOutput {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl ScanOutput {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }

    /// `path:line:column rule certainty` of each finding.
    pub(crate) fn places(&self) -> Vec<String> {
        let json = self.json();
        let findings = json["findings"].as_array().expect("findings");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        findings
            .iter()
            .map(|finding| {
                format!(
                    "{}:{}:{} {} {}",
                    text(&finding["path"]),
                    finding["line"],
                    finding["column"],
                    text(&finding["rule"]),
                    text(&finding["certainty"])
                )
            })
            .collect()
    }
}

/// Runs `adieu scan` in a folder; its output shows no part of a token.
pub(crate) fn scan(folder: &Path, arguments: &[&str]) -> ScanOutput {
    scan_with_input(folder, arguments, b"")
}

pub(crate) fn scan_with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> ScanOutput {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adieu"));
    command.arg("scan").args(arguments).current_dir(folder);
    run(command, input)
}

/// Runs a command that starts `adieu scan`.
pub(crate) fn run(mut command: Command, input: &[u8]) -> ScanOutput {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // The process may not read it.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("an end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let scanned = ScanOutput {
        status: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    for output in [&scanned.stdout, &scanned.stderr] {
        shows_no_token(output);
    }
    scanned
}

/// Asserts that no five characters of a token, nor of its base64 at any offset, are in the output. The parts that all
/// tokens have in common are not secret.
pub(crate) fn shows_no_token(output: &str) {
    for token in [new_token(), old_token(), old_application_token()] {
        let secret = &token[..52];
        let mut forms = vec![secret.to_owned(), secret.to_uppercase()];
        for user in ["", "a", "ab"] {
            forms.push(STANDARD.encode(format!("{user}{secret}"))[4..].to_owned());
        }
        for form in forms {
            for start in 0..form.len() - 7 {
                let part = &form[start..start + 7];
                assert!(!output.contains(part), "{part} in {output}");
            }
        }
    }
}

/// A folder with these files.
pub(crate) fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, content).expect("a file");
    }
    folder
}

/// git, without the settings of the user who runs the tests.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@contoso.example"])
        .args([
            "-c",
            "commit.gpgsign=false",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-11-01T12:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-11-01T12:00:00Z")
        .output()
        .expect("git starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}
