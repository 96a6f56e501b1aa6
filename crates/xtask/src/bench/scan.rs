//! `cargo xtask bench scan [FOLDER]`: `adieu scan` beside ripgrep and other scanners, over the same files in the same
//! run, and which of eleven planted tokens each finds.
//!
//! No scanner sends what it finds: their checks by a service are off.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::measure::{median, milliseconds, until_its_end};
use crate::command::print_line;
use crate::{clients, package, platforms, target};

/// Runs of each command, after one that does not count.
const RUNS: usize = 5;

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

struct Subject {
    name: &'static str,
    command: Command,
    /// For the planted files.
    planted: Command,
    /// Where it writes what it found there; standard output without one.
    report: Option<PathBuf>,
    found: usize,
    times: Vec<Duration>,
    memory: u64,
}

/// Measures and prints. An error where `adieu scan` misses a token, or takes longer or more than it may.
pub(crate) fn run(folder: Option<&str>) -> Result<(), String> {
    package::build(&[])?;
    let (_, platform) = platforms::host()?;
    let adieu = target().join("release").join(platform.binary);
    let scanners = clients::scanners()?;
    let gitleaks = clients::gitleaks()?.join("bin/gitleaks");
    let folder = folder.map_or_else(|| target().join("clients"), PathBuf::from);
    let planted = target().join("bench/scan/planted");
    plant(&planted).map_err(|error| format!("{}: {error}.", planted.display()))?;
    let reports = target().join("bench/scan");
    let subject = |name, program: &Path, arguments: &[&str], report: Option<(&str, &str)>| {
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
        Subject {
            name,
            command: over(&folder),
            planted: over_planted,
            report,
            found: 0,
            times: Vec::new(),
            memory: 0,
        }
    };
    let of = |name: &str| scanners.join("bin").join(name);
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
    let mut subjects = [
        subject("adieu scan --habits no", &adieu, &tokens, None),
        subject("adieu scan", &adieu, &everything, None),
        subject("ripgrep, two patterns", &of("rg"), &ripgrep, None),
        subject(
            "kingfisher",
            &of("kingfisher"),
            &kingfisher,
            Some(("--output", "kingfisher.json")),
        ),
        subject(
            "betterleaks",
            &of("betterleaks"),
            &["FOLDER", "--redact", "--no-banner"],
            Some(("-o", "betterleaks.json")),
        ),
        subject(
            "gitleaks",
            &gitleaks,
            &leaks,
            Some(("--report-path", "gitleaks.json")),
        ),
    ];
    for subject in &mut subjects {
        subject.found = found(subject, &planted)?;
    }
    for round in 0..=RUNS {
        for subject in &mut subjects {
            // The first round shows what takes long, and that is measured once.
            let is_slow = subject
                .times
                .first()
                .is_some_and(|time| *time > Duration::from_secs(5));
            if is_slow {
                continue;
            }
            let (time, memory) = until_its_end(subject.name, &mut subject.command)?;
            if round > 0 || time > Duration::from_secs(5) {
                subject.times.push(time);
                subject.memory = subject.memory.max(memory);
            }
        }
    }
    report(&mut subjects, &folder)
}

fn report(subjects: &mut [Subject], folder: &Path) -> Result<(), String> {
    let number = fs::read_dir(target().join("bench/scan/planted")).map_or(0, Iterator::count);
    print_line(&format!("{}, planted tokens: {number}", folder.display()));
    print_line("| command | median, ms | memory, MiB | planted tokens found |");
    print_line("|---|---|---|---|");
    let mut rows = Vec::new();
    for subject in subjects.iter_mut() {
        let time = milliseconds(median(&mut subject.times));
        let memory = subject.memory / 1024;
        print_line(&format!(
            "| {} | {time:.0} | {memory} | {} |",
            subject.name, subject.found
        ));
        rows.push(
            json!({ "command": subject.name, "ms": time, "MiB": memory, "found": subject.found }),
        );
    }
    print_line(&json!(rows).to_string());
    let time = |index: usize| rows[index]["ms"].as_f64().unwrap_or(f64::MAX);
    if subjects[0].found < number || subjects[1].found < number {
        Err("adieu scan misses a token.".to_owned())
    } else if time(0) > LONGEST * time(2) || subjects[1].memory > MOST_MEMORY {
        Err("adieu scan takes longer or more memory than it may.".to_owned())
    } else {
        Ok(())
    }
}

/// How many of the planted files a scanner names.
fn found(subject: &mut Subject, planted: &Path) -> Result<usize, String> {
    let output = subject
        .planted
        .output()
        .map_err(|error| format!("{} cannot be started: {error}.", subject.name))?;
    let text = match &subject.report {
        Some(report) => fs::read_to_string(report).unwrap_or_default(),
        None => String::from_utf8_lossy(&output.stdout).into_owned(),
    };
    let names = fs::read_dir(planted).map_err(|error| error.to_string())?;
    let names = names
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| text.contains(name)).count())
}

/// Synthetic tokens, one in each file.
fn plant(folder: &Path) -> std::io::Result<()> {
    let new = [
        "u8jzPde0IgxLd6GncfBAepfJBd0K",
        "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
        "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
    ]
    .concat();
    let old = ["t3vbjq32bxpiwmwtwgjf4eyczjlv", "ah7azknoluomyfivaqsccjlq"].concat();
    let files: BTreeMap<&str, String> = BTreeMap::from([
        ("01-new.env", format!("AZURE_DEVOPS_EXT_PAT={new}\n")),
        ("02-old.env", format!("AZURE_DEVOPS_EXT_PAT={old}\n")),
        (
            "03-url.txt",
            format!("https://me:{new}@dev.azure.com/c/_git/x\n"),
        ),
        (
            "04-basic.http",
            format!("Authorization: Basic {}\n", base64(&format!(":{new}"))),
        ),
        (
            "05-password.npmrc",
            format!("//pkgs.dev.azure.com/c/:_password={}\n", base64(&new)),
        ),
        (
            "06-header.config",
            format!(
                "[http]\n\textraheader = AUTHORIZATION: basic {}\n",
                base64(&format!("u:{old}"))
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
            format!("kind: Secret\ndata:\n  pat: {}\n", base64(&new)),
        ),
    ]);
    fs::create_dir_all(folder)?;
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    let utf16 = format!("\u{feff}$pat = \"{new}\"\r\n");
    let utf16: Vec<u8> = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.join("11-utf-16.ps1"), utf16)
}

/// With padding, as a header has it.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            encoded.push(if place > group.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    encoded
}
