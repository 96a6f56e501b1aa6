//! `cargo xtask bench scan [FOLDER]`: `adieu scan` beside ripgrep and other scanners, over the same files in the same
//! run, and which of eleven planted tokens each finds.
//!
//! No scanner sends what it finds: their checks by a service are off.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::measure::{Subject, milliseconds};
use crate::command::print_line;
use crate::{clients, files, package, target};

/// Runs of each command, after one that does not count.
const RUNS: usize = 5;

/// What takes longer is run once.
const SLOW: Duration = Duration::from_secs(5);

/// How much longer than ripgrep with two patterns it may take, and the most memory, in KiB.
const LONGEST: f64 = 2.0;
const MOST_MEMORY: u64 = 60 * 1024;

/// The two shapes of a token as expressions.
const PATTERNS: [&str; 4] = [
    "-e",
    r"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{19}AZDO[A-Za-z0-9]{4}",
    "-e",
    r"\b[a-z2-7]{52}\b",
];

struct Scanner {
    subject: Subject,
    /// For the planted files.
    planted: Command,
    /// Where it writes what it found there; standard output without one.
    report: Option<PathBuf>,
    found: usize,
}

/// Measures and prints. An error where `adieu scan` misses a token, or takes longer or more than it may.
pub(crate) fn run(folder: Option<&str>) -> Result<(), String> {
    let adieu = package::release_binary()?;
    let scanners = clients::scanners()?;
    let gitleaks = clients::python_program(&clients::gitleaks()?, "gitleaks");
    let folder = folder.map_or_else(|| target().join("clients"), PathBuf::from);
    let planted = target().join("bench/scan/planted");
    plant(&planted)?;
    let reports = target().join("bench/scan");
    let scanner = |name, program: &Path, arguments: &[&str], report: Option<(&str, &str)>| {
        let over = |folder: &Path| {
            let mut command = Command::new(program);
            for argument in arguments {
                match *argument {
                    "FOLDER" => command.arg(folder),
                    argument => command.arg(argument),
                };
            }
            command
        };
        let mut over_planted = over(&planted);
        let report = report.map(|(flag, file)| {
            let file = reports.join(file);
            over_planted.arg(flag).arg(&file);
            file
        });
        let mut subject = Subject::new(name, over(&folder));
        // Its exit code says whether it found something.
        subject.may_fail = true;
        Scanner {
            subject,
            planted: over_planted,
            report,
            found: 0,
        }
    };
    let of = |name: &str| clients::python_program(&scanners, name);
    let ripgrep = [
        &["--no-config", "--no-ignore", "--hidden", "--with-filename"],
        &PATTERNS[..],
        &["FOLDER"],
    ]
    .concat();
    let tokens = ["scan", "--habits", "no", "--allow-unreadable", "FOLDER"];
    let everything = ["scan", "--allow-unreadable", "FOLDER"];
    let kingfisher = [
        "scan",
        "FOLDER",
        "--no-validate",
        "--no-update-check",
        "--redact",
        "--format",
        "json",
    ];
    let leaks = [
        "dir",
        "FOLDER",
        "--no-banner",
        "--redact",
        "--report-format",
        "json",
    ];
    let mut scanners = [
        scanner("adieu scan --habits no", &adieu, &tokens, None),
        scanner("adieu scan", &adieu, &everything, None),
        scanner("ripgrep, two patterns", &of("rg"), &ripgrep, None),
        scanner(
            "kingfisher",
            &of("kingfisher"),
            &kingfisher,
            Some(("--output", "kingfisher.json")),
        ),
        scanner(
            "betterleaks",
            &of("betterleaks"),
            &["FOLDER", "--redact", "--no-banner"],
            Some(("-o", "betterleaks.json")),
        ),
        scanner(
            "gitleaks",
            &gitleaks,
            &leaks,
            Some(("--report-path", "gitleaks.json")),
        ),
    ];
    for scanner in &mut scanners {
        scanner.found = found(scanner, &planted)?;
    }
    for round in 0..=RUNS {
        for Scanner { subject, .. } in &mut scanners {
            // The first round shows what takes long, and that is measured once.
            let is_slow = |subject: &Subject| subject.times.first() > Some(&SLOW);
            if is_slow(subject) {
                continue;
            }
            subject.run()?;
            if round == 0 && !is_slow(subject) {
                (subject.times, subject.memory) = (Vec::new(), 0);
            }
        }
    }
    report(&mut scanners, &folder)
}

fn report(scanners: &mut [Scanner], folder: &Path) -> Result<(), String> {
    let number = fs::read_dir(target().join("bench/scan/planted")).map_or(0, Iterator::count);
    print_line(&format!("{}, planted tokens: {number}", folder.display()));
    print_line("| command | median, ms | memory, MiB | planted tokens found |");
    print_line("|---|---|---|---|");
    let mut rows = Vec::new();
    for Scanner { subject, found, .. } in scanners.iter_mut() {
        let time = milliseconds(subject.median());
        let (name, memory) = (subject.name, subject.memory / 1024);
        print_line(&format!("| {name} | {time:.0} | {memory} | {found} |"));
        rows.push(json!({ "command": name, "ms": time, "MiB": memory, "found": found }));
    }
    print_line(&json!(rows).to_string());
    let time = |index: usize| rows[index]["ms"].as_f64().unwrap_or(f64::MAX);
    if scanners[0].found < number || scanners[1].found < number {
        Err("adieu scan misses a token.".to_owned())
    } else if time(0) > LONGEST * time(2) || scanners[1].subject.memory > MOST_MEMORY {
        Err("adieu scan takes longer or more memory than it may.".to_owned())
    } else {
        Ok(())
    }
}

/// How many of the planted files a scanner names.
fn found(scanner: &mut Scanner, planted: &Path) -> Result<usize, String> {
    let output = scanner
        .planted
        .output()
        .map_err(|error| format!("{} cannot be started: {error}.", scanner.subject.name))?;
    let text = match &scanner.report {
        Some(report) => fs::read_to_string(report).unwrap_or_default(),
        None => String::from_utf8_lossy(&output.stdout).into_owned(),
    };
    let files = files::list(planted)?;
    let names = files.iter().filter_map(|file| file.file_name()?.to_str());
    Ok(names.filter(|name| text.contains(name)).count())
}

/// Synthetic tokens, one in each file.
fn plant(folder: &Path) -> Result<(), String> {
    let new = [
        "u8jzPde0IgxLd6GncfBAepfJBd0K",
        "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
        "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
    ]
    .concat();
    let old = ["t3vbjq32bxpiwmwtwgjf4eyczjlv", "ah7azknoluomyfivaqsccjlq"].concat();
    let texts: BTreeMap<&str, String> = BTreeMap::from([
        ("01-new.env", format!("AZURE_DEVOPS_EXT_PAT={new}\n")),
        ("02-old.env", format!("AZURE_DEVOPS_EXT_PAT={old}\n")),
        (
            "03-url.txt",
            format!("https://me:{new}@dev.azure.com/c/_git/x\n"),
        ),
        (
            "04-basic.http",
            format!(
                "Authorization: Basic {}\n",
                STANDARD.encode(format!(":{new}"))
            ),
        ),
        (
            "05-password.npmrc",
            format!(
                "//pkgs.dev.azure.com/c/:_password={}\n",
                STANDARD.encode(&new)
            ),
        ),
        (
            "06-header.config",
            format!(
                "[http]\n\textraheader = AUTHORIZATION: basic {}\n",
                STANDARD.encode(format!("u:{old}"))
            ),
        ),
        (
            "07-nuget.xml",
            format!("<add key=\"ClearTextPassword\" value=\"{old}\" />\n"),
        ),
        ("08-pat.json", format!("{{\"pat\": \"{new}\"}}\n")),
        (
            "09-script.yml",
            format!("steps:\n- script: |\n    curl -u :{old} https://dev.azure.com/c\n"),
        ),
        (
            "10-secret.yaml",
            format!("kind: Secret\ndata:\n  pat: {}\n", STANDARD.encode(&new)),
        ),
    ]);
    for (name, text) in texts {
        files::write(&folder.join(name), text)?;
    }
    let utf16 = format!("\u{feff}$pat = \"{new}\"\r\n");
    let utf16: Vec<u8> = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
    files::write(&folder.join("11-utf-16.ps1"), utf16)
}
