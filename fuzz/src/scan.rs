//! Fuzzes the scanner, with a text under the name of each kind of file that it knows.

use adieu_scan::{Kind, Options, Report, scan_stream, to_html, to_json, to_sarif};

/// A file of each kind in which habits are found, and one of another kind.
const NAMES: [&str; 13] = [
    "azure-pipelines.yml",
    "release.sh",
    "release.ps1",
    "release.cmd",
    ".npmrc",
    "nuget.config",
    "pip.conf",
    "Dockerfile",
    "main.tf",
    "release.py",
    "definition.json",
    ".gitconfig",
    "notes.txt",
];

/// Synthetic tokens of both forms. They replace `{new}` and `{old}` in an input, so that no seed contains a whole
/// token.
const NEW: [&str; 3] = [
    "u8jzPde0IgxLd6GncfBAepfJBd0K",
    "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
    "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
];
const OLD: [&str; 2] = ["t3vbjq32bxpiwmwtwgjf4eyczjlv", "ah7azknoluomyfivaqsccjlq"];

/// Scans a text. Replacements must refer to lines of the text, and no report may contain a token.
///
/// # Panics
/// One of these rules is violated.
pub fn scan(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let text = text
        .replace("{new}", &NEW.concat())
        .replace("{old}", &OLD.concat());
    as_a_file(text.as_bytes());
    if text.as_bytes() != data {
        as_a_file(data);
    }
}

/// Scans it as a file of one kind, chosen by the text's length: a scan has a large buffer, and thirteen kinds would
/// take long.
fn as_a_file(data: &[u8]) {
    let name = NAMES[data.len() % NAMES.len()];
    let report = scanned(data, name);
    if !report.findings.is_empty() {
        if let Ok(text) = std::str::from_utf8(data) {
            replacements_fit(text, &report);
        }
        let describe = |finding: &adieu_scan::Finding| finding.rule.title.to_owned();
        for written in [
            to_json(&report).to_string(),
            to_sarif(&report, "0.0.0", describe).to_string(),
            to_html(&report, "", &[], &describe),
        ] {
            let again = scanned(written.as_bytes(), "report");
            let has_token = again
                .findings
                .iter()
                .any(|finding| finding.rule.kind == Kind::Secret);
            assert!(!has_token, "a token is in a report about {name}: {written}");
        }
    }
}

fn scanned(data: &[u8], name: &str) -> Report {
    let options = Options {
        workers: 1,
        max_size: u64::MAX,
        now: 1_800_000_000,
        habits: true,
        connection: Some("my-connection".to_owned()),
        git: None,
    };
    scan_stream(&mut &*data, name, &options).expect("memory can be read")
}

fn replacements_fit(text: &str, report: &Report) {
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .collect();
    for finding in &report.findings {
        let Some(fix) = &finding.fix else { continue };
        let first = usize::try_from(fix.line).expect("a line") - 1;
        let there = lines.get(first..first + fix.old.len());
        let there = there.expect("the lines that are replaced exist");
        for (line, old) in there.iter().zip(&fix.old) {
            assert_eq!(line, &old.trim_end_matches('\r'), "{}", finding.rule.id);
        }
    }
}
