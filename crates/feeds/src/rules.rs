//! Which files name feeds, for which client, and how their lines are read.
//!
//! It opens no file. Addresses are found wherever a line has one: what an address means is its grammar's business, so
//! a line needs no parser of its client's format, and a format that changes is still read.

use crate::address::{Userinfo, with_userinfo};
use crate::declaration::{Declaration, StaleCredential, Tool};
use crate::maven;
use crate::reading::Reading;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `.npmrc`
    Npmrc,
    /// `package.json`: where it is published to.
    PackageJson,
    /// Addresses on lines, comments behind `#`.
    Lines(Tool),
    /// `nuget.config`
    NuGet,
    /// Sections of TOML, which say whose an index is.
    Toml,
    /// `pom.xml`
    Pom,
    /// Addresses on lines, comments behind `//`.
    Gradle,
}

/// How a file of this name is read, in a folder of that name; nothing where it names no feed.
pub(crate) fn kind(folder: &str, name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase();
    let is_list = |start: &str| name.starts_with(start) && name.ends_with(".txt");
    Some(match name.as_str() {
        ".npmrc" => Kind::Npmrc,
        ".yarnrc" | "bunfig.toml" => Kind::Lines(Tool::Npm),
        "package.json" => Kind::PackageJson,
        ".yarnrc.yml" => Kind::Lines(Tool::Yarn),
        "nuget.config" => Kind::NuGet,
        "pip.conf" | "pip.ini" | "pipfile" => Kind::Lines(Tool::Pip),
        _ if is_list("requirements") || is_list("constraints") => Kind::Lines(Tool::Pip),
        "pyproject.toml" | "uv.toml" => Kind::Toml,
        "pom.xml" => Kind::Pom,
        "build.gradle" | "build.gradle.kts" | "settings.gradle" | "settings.gradle.kts" => {
            Kind::Gradle
        }
        "config.toml" | "config" if folder == ".cargo" => Kind::Lines(Tool::Cargo),
        _ => return None,
    })
}

/// Reads a file's text.
pub(crate) fn read(kind: Kind, place: &str, text: &str, reading: &mut Reading) {
    match kind {
        Kind::Npmrc => npmrc(place, text, reading),
        Kind::PackageJson => package_json(place, text, reading),
        Kind::Lines(tool) => lines(place, text, tool, "#", reading),
        Kind::NuGet => nuget(place, text, reading),
        Kind::Toml => toml(place, text, reading),
        Kind::Pom => maven::read(place, text, reading),
        Kind::Gradle => lines(place, text, Tool::Gradle, "//", reading),
    }
}

/// Takes every feed that a line names.
pub(crate) fn take(place: &str, line: usize, tool: Tool, text: &str, reading: &mut Reading) {
    for address in addresses(text) {
        let Ok((address, userinfo)) = with_userinfo(address) else {
            continue;
        };
        reading.declarations.push(Declaration {
            place: place.to_owned(),
            line,
            tool,
            address,
            name: None,
        });
        if userinfo == Userinfo::Password {
            stale(place, line, tool, reading);
        }
    }
}

fn stale(place: &str, line: usize, tool: Tool, reading: &mut Reading) {
    reading.stale.push(StaleCredential {
        place: place.to_owned(),
        line,
        tool,
    });
}

/// The addresses in a line: from `https://` to what no address has.
pub(crate) fn addresses(line: &str) -> impl Iterator<Item = &str> {
    let lowercase = line.to_ascii_lowercase();
    let starts: Vec<usize> = lowercase
        .match_indices("https://")
        .map(|(at, _)| at)
        .collect();
    starts.into_iter().map(move |start| {
        let rest = &line[start..];
        let is_end = |character: char| {
            character.is_whitespace()
                || matches!(character, '"' | '\'' | '<' | '>' | ',' | ';' | '`' | ']')
        };
        rest.split(is_end).next().unwrap_or_default()
    })
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..).zip(text.lines().map(str::trim))
}

fn lines(place: &str, text: &str, tool: Tool, comment: &str, reading: &mut Reading) {
    for (number, line) in numbered(text).filter(|(_, line)| !line.starts_with(comment)) {
        take(place, number, tool, line, reading);
    }
}

/// `registry=…`, `@scope:registry=…`, and credentials by their key (docs.npmjs.com, "npmrc").
fn npmrc(place: &str, text: &str, reading: &mut Reading) {
    for (number, line) in numbered(text) {
        if line.starts_with(['#', ';']) {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let key = key.trim();
        let of_a_feed = key
            .strip_prefix("//")
            .and_then(|key| key.rsplit_once(':'))
            .filter(|(address, _)| is_feed_key(address));
        match of_a_feed {
            Some((_, "_authToken" | "_password" | "_auth")) => {
                // One that a variable fills is as fresh as that variable, but it still comes first.
                if !value.trim().is_empty() {
                    stale(place, number, Tool::Npm, reading);
                }
            }
            Some(_) => {}
            None => take(place, number, Tool::Npm, value, reading),
        }
    }
}

/// Whether npm's key for credentials, without `//`, is about a host of feeds.
fn is_feed_key(key: &str) -> bool {
    let host = key.split('/').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    host == "pkgs.dev.azure.com" || host.ends_with(".pkgs.visualstudio.com")
}

/// `publishConfig` names where a package is published.
fn package_json(place: &str, text: &str, reading: &mut Reading) {
    if !text.contains("publishConfig") {
        return;
    }
    for (number, line) in numbered(text).filter(|(_, line)| line.contains("registry\"")) {
        take(place, number, Tool::Npm, line, reading);
    }
}

/// `packageSources`, and credentials next to them (learn.microsoft.com, "nuget.config reference").
fn nuget(place: &str, text: &str, reading: &mut Reading) {
    let before = reading.declarations.len();
    let mut is_comment = false;
    let mut credentials = Vec::new();
    for (number, line) in numbered(text) {
        is_comment |= line.contains("<!--");
        if !is_comment {
            take(place, number, Tool::NuGet, line, reading);
            let lowercase = line.to_ascii_lowercase();
            let is_password = ["\"cleartextpassword\"", "\"password\""]
                .iter()
                .any(|key| lowercase.contains(key));
            if is_password && !lowercase.contains("value=\"%") {
                credentials.push(number);
            }
        }
        is_comment &= !line.contains("-->");
    }
    if reading.declarations.len() > before {
        for number in credentials {
            stale(place, number, Tool::NuGet, reading);
        }
    }
}

/// `[[tool.uv.index]]`, `[[tool.poetry.source]]`, `[[tool.pdm.source]]`, and uv's own file.
fn toml(place: &str, text: &str, reading: &mut Reading) {
    let is_of_uv = place.to_ascii_lowercase().ends_with("uv.toml");
    let mut tool = is_of_uv.then_some(Tool::Uv);
    let mut name: Option<String> = None;
    let mut first = reading.declarations.len();
    for (number, line) in numbered(text) {
        if line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            name_all(&mut reading.declarations[first..], &name);
            (name, first) = (None, reading.declarations.len());
            let section = line.trim_matches(['[', ']', ' ']);
            tool = match section {
                _ if is_of_uv || section.starts_with("tool.uv") => Some(Tool::Uv),
                _ if section.starts_with("tool.poetry") => Some(Tool::Poetry),
                _ if section.starts_with("tool.pdm") => Some(Tool::Pdm),
                _ => None,
            };
            continue;
        }
        let Some(tool) = tool else {
            continue;
        };
        match line.split_once('=') {
            Some((key, value)) if key.trim() == "name" => {
                name = Some(value.trim().trim_matches(['"', '\'']).to_owned());
            }
            _ => take(place, number, tool, line, reading),
        }
    }
    name_all(&mut reading.declarations[first..], &name);
}

fn name_all(declarations: &mut [Declaration], name: &Option<String>) {
    for declaration in declarations {
        declaration.name.clone_from(name);
    }
}
