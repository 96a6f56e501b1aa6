//! Packages of Debian and PyPI that chores need: compilers for other systems, and a browser.
//!
//! It installs nothing on a machine that is not Debian's or not run by root: there it says what is missing.

use std::process::Command;

use crate::command::{output, print_line, run};

/// A Rust with the source of its standard library, which is then built for each target.
const RUST: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];

/// Where `rustc-web` and `cargo-web` put their programs.
pub(crate) const BIN: &str = "/usr/bin";

/// Where `rust-web-src` puts the standard library's source.
pub(crate) const STANDARD_LIBRARY: &str = "/usr/lib/rustlib/src/rust";

/// Makes Debian's Rust with its source be there.
pub(crate) fn rust() -> Result<(), String> {
    install(RUST).map_err(|reason| {
        format!("Run `rustup target add` for the platform's target. Without rustup: {reason}")
    })
}

/// Makes the MinGW compiler be there.
pub(crate) fn mingw() -> Result<(), String> {
    program("x86_64-w64-mingw32-gcc", &["gcc-mingw-w64-x86-64"])
}

/// What nuget.exe needs of mono's library, beside what these need themselves.
const MONO: &[&str] = &[
    "ca-certificates-mono",
    "libmono-microsoft-build-framework4.0-cil",
    "libmono-microsoft-build-utilities-v4.0-4.0-cil",
    "libmono-microsoft-build4.0-cil",
    "libmono-microsoft-csharp4.0-cil",
    "libmono-system-componentmodel-composition4.0-cil",
    "libmono-system-componentmodel-dataannotations4.0-cil",
    "libmono-system-data-services-client4.0-cil",
    "libmono-system-data4.0-cil",
    "libmono-system-io-compression-filesystem4.0-cil",
    "libmono-system-io-compression4.0-cil",
    "libmono-system-net-http4.0-cil",
    "libmono-system-runtime-serialization4.0-cil",
    "libmono-system-security4.0-cil",
    "libmono-system-servicemodel4.0a-cil",
    "libmono-system-xml-linq4.0-cil",
    "libmono-windowsbase4.0-cil",
    "mono-runtime",
];

/// Makes mono be there.
pub(crate) fn mono() -> Result<(), String> {
    install(MONO)
}

/// Makes Chromium be there, with fonts for it.
pub(crate) fn chromium() -> Result<(), String> {
    install(&[
        "chromium",
        "fonts-dejavu-core",
        "fonts-liberation",
        "fonts-noto-color-emoji",
    ])
    .map_err(|reason| format!("Chromium is missing, and so is Chrome. {reason}"))
}

/// Installs the packages where the program is missing: another system has it from elsewhere.
pub(crate) fn program(name: &str, packages: &[&str]) -> Result<(), String> {
    if output(Command::new(name).arg("--version")).is_some() {
        return Ok(());
    }
    install(packages).map_err(|reason| format!("{name} is missing. {reason}"))
}

/// Installs the packages that are missing, or names them in one sentence.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !installs() {
        return Err(format!(
            "Install the packages {list} (Debian 12: `apt-get install {list}`); only as root on Debian does this command do it itself."
        ));
    }
    print_line(&format!("Installing {list} …"));
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-qq", "-o=Dpkg::Use-Pty=0"])
            // A fresh machine may be at its own updates.
            .arg("-o=DPkg::Lock::Timeout=300")
            .args(arguments))
    };
    apt(&["update"])?;
    apt(&[
        &["install", "--yes", "--no-install-recommends"],
        missing.as_slice(),
    ]
    .concat())
    .map_err(|reason| format!("{reason} It was to install {list}."))
}

/// Whether this machine and this user are such that packages can be installed.
pub(crate) fn installs() -> bool {
    let is_root = output(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    is_root && output(Command::new("apt-get").arg("--version")).is_some()
}

fn is_installed(package: &str) -> bool {
    let status = ["--show", "--showformat=${db:Status-Status}", package];
    output(Command::new("dpkg-query").args(status)).is_some_and(|status| status == "installed")
}
