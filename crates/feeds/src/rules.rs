//! Which files declare feeds, for which client, and how their lines are read.
//!
//! It opens no file. It finds addresses anywhere in a line, and the address itself shows whether it is a feed. So it
//! needs no parser for a client's format, and still works if a format changes.

use crate::declaration::{Reading, Tool};
use crate::source::{Source, addresses};
use crate::{maven, nuget, sections, yarn};

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `.npmrc`, and `.yarnrc` of yarn 1, which has a space before values.
    Npmrc,
    /// `package.json`: the registry to publish to.
    PackageJson,
    /// `.yarnrc.yml`
    Yarn,
    /// pip's files: addresses on lines, comments after `#`.
    Pip,
    /// `nuget.config`
    NuGet,
    /// TOML whose sections show the client of an index.
    Toml,
    /// Sections that all belong to one client.
    Sections(Tool),
    /// `pom.xml`
    Pom,
    /// Settings of Maven in a project.
    MavenSettings,
    /// Addresses on lines, comments after `//`.
    Gradle,
}

/// The format of a file with this name in a folder with that name; `None` if it declares no feeds.
pub(crate) fn kind(folder: &str, name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase();
    let is_list = |start: &str| name.starts_with(start) && name.ends_with(".txt");
    Some(match name.as_str() {
        ".npmrc" | ".yarnrc" => Kind::Npmrc,
        "bunfig.toml" => Kind::Sections(Tool::Npm),
        "package.json" => Kind::PackageJson,
        ".yarnrc.yml" => Kind::Yarn,
        "nuget.config" => Kind::NuGet,
        "pip.conf" | "pip.ini" | "pipfile" => Kind::Pip,
        _ if is_list("requirements") || is_list("constraints") => Kind::Pip,
        "pyproject.toml" => Kind::Toml,
        "uv.toml" => Kind::Sections(Tool::Uv),
        "poetry.toml" => Kind::Sections(Tool::Poetry),
        "pdm.toml" => Kind::Sections(Tool::Pdm),
        ".pypirc" | "hatch.toml" => Kind::Sections(Tool::Twine),
        "pom.xml" => Kind::Pom,
        _ if name.ends_with("settings.xml") => Kind::MavenSettings,
        "build.gradle" | "build.gradle.kts" | "settings.gradle" | "settings.gradle.kts" => {
            Kind::Gradle
        }
        "config.toml" | "config" if folder == ".cargo" => Kind::Sections(Tool::Cargo),
        _ => return None,
    })
}

/// Reads a file's text.
pub(crate) fn read(kind: Kind, source: &Source<'_>, reading: &mut Reading) {
    match kind {
        Kind::Npmrc => npmrc(source, reading),
        Kind::PackageJson => package_json(source, reading),
        Kind::Yarn => yarn::read(source, reading),
        Kind::Pip => pip(source, reading),
        Kind::NuGet => nuget::read(source, reading),
        Kind::Toml => sections::read(source, &of_project, reading),
        Kind::Sections(tool) => sections::read(source, &|_| Some(tool), reading),
        Kind::Pom => maven::read(source, reading),
        Kind::MavenSettings => maven::read_settings(source, reading),
        Kind::Gradle => gradle(source, reading),
    }
}

/// The client that a section of `pyproject.toml` belongs to.
fn of_project(section: &str) -> Option<Tool> {
    [
        ("tool.uv", Tool::Uv),
        ("tool.poetry", Tool::Poetry),
        ("tool.pdm", Tool::Pdm),
        ("tool.hatch.publish", Tool::Twine),
    ]
    .into_iter()
    .find_map(|(start, tool)| section.starts_with(start).then_some(tool))
}

fn pip(source: &Source<'_>, reading: &mut Reading) {
    for (number, line) in source.lines().filter(|(_, line)| !line.starts_with('#')) {
        source.take(number, Tool::Pip, line, reading);
    }
}

/// `registry=…`, `@scope:registry=…`, and credentials by their key (docs.npmjs.com, "npmrc").
fn npmrc(source: &Source<'_>, reading: &mut Reading) {
    let mut of_registry = Vec::new();
    let mut has_registry = false;
    for (number, line) in source.lines() {
        if line.starts_with(['#', ';']) {
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ' ']) else {
            continue;
        };
        let key = key.trim_matches('"');
        let (address, name) = key.rsplit_once(':').unwrap_or(("", key));
        let is_credential = ["_authToken", "_password", "_auth"].contains(&name);
        let has_value = !value.trim_matches([' ', '=', '"']).is_empty();
        match address.strip_prefix("//") {
            // A credential from a variable is as current as the variable, but it still takes precedence.
            Some(address) if is_credential && has_value && is_feed_key(address) => {
                source.stale(number, Tool::Npm, source.edit(line, ""), reading);
            }
            Some(_) => {}
            // npm before 9 sends it to the file's registry.
            None if is_credential && has_value => of_registry.push((number, line)),
            None => {
                let is_feed = source.take(number, Tool::Npm, value, reading);
                has_registry |= is_feed && key == "registry";
            }
        }
    }
    for (number, line) in of_registry.into_iter().filter(|_| has_registry) {
        source.stale(number, Tool::Npm, source.edit(line, ""), reading);
    }
}

/// Whether npm's key for credentials, without `//`, is for a host of feeds.
fn is_feed_key(key: &str) -> bool {
    let host = key.split('/').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    host == "pkgs.dev.azure.com" || host.ends_with(".pkgs.visualstudio.com")
}

/// `publishConfig` declares where a package is published.
fn package_json(source: &Source<'_>, reading: &mut Reading) {
    if !source.text.contains("publishConfig") {
        return;
    }
    for (number, line) in source
        .lines()
        .filter(|(_, line)| line.contains("registry\""))
    {
        source.take(number, Tool::Npm, line, reading);
    }
}

/// A password within a few lines of a feed's address counts as its credential; the block may have a name and an
/// action.
fn gradle(source: &Source<'_>, reading: &mut Reading) {
    const LINES: usize = 10;
    let mut last = 0;
    for (number, line) in source.lines().filter(|(_, line)| !line.starts_with("//")) {
        if addresses(line).next().is_some() {
            let is_feed = source.take(number, Tool::Gradle, line, reading);
            last = if is_feed { number + LINES } else { 0 };
        }
        let Some(at) = line.find("password").filter(|_| number <= last) else {
            continue;
        };
        let mut parts = line[at..].split(['"', '\'']);
        // An expression, a call and a variable are as current as what they refer to.
        if let (Some(before), Some(value)) = (parts.next(), parts.next())
            && !before.contains('(')
            && !value.is_empty()
            && !value.contains('$')
        {
            source.stale(number, Tool::Gradle, source.edit(value, ""), reading);
        }
    }
}
