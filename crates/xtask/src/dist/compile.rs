//! Builds one platform's binary with `cargo build --release`, and with a linker and a C compiler for its system.
//!
//! LLVM's linker, which rustup's toolchain brings, links all of them, except that macOS links its own. A toolchain without
//! it links with zig or MinGW, which make larger binaries. This file adds no profile and no feature: it decides only where
//! a target's tools come from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::inspect::OLDEST_MACOS;
use super::{lld, order};
use crate::command::{Context as _, output, run as run_command, this_cargo, words};
use crate::platforms::Platform;
use crate::{clients, debian, remap, root, target};

/// Variables that the cargo that runs this program has set.
const OUTER: [&str; 5] = [
    "CARGO",
    "LD_LIBRARY_PATH",
    "RUSTFLAGS",
    "RUSTC",
    "RUSTC_WRAPPER",
];

/// MinGW's compiler.
const MINGW: &str = "x86_64-w64-mingw32-gcc";

/// Text stubs of the macOS frameworks that the certificate verifier uses (Apple's TAPI format, version 4), for a linker
/// without Apple's SDK. They contain only the names that are linked. A new one is reported as an "undefined symbol".
const SDK: &str = "crates/xtask/src/dist/sdk";

/// The tool that links, and that compiles the C code of `ring`.
enum Linker {
    /// This machine's own.
    Native,
    /// zig, by way of cargo-zigbuild.
    Zig,
    /// MinGW.
    Mingw,
}

/// Builds for a platform. Returns the binary in cargo's folder, which is up to date.
pub(crate) fn run(platform: &Platform) -> Result<PathBuf, String> {
    let folder = target().join("dist-build");
    let source = source(platform);
    let mut command = Command::new(cargo(source)?);
    let mut search = Vec::new();
    let mut flags = Vec::new();
    forget_outer_cargo(&mut command);
    match linker(platform) {
        Linker::Native => {
            command.arg("build");
        }
        Linker::Mingw => {
            debian::mingw()?;
            command.arg("build").env(linker_of(platform), MINGW);
            if let Some(by_lld) = lld::find() {
                let this = std::env::current_exe().map_err(|error| format!("{error}."))?;
                command
                    .env(linker_of(platform), this)
                    .env(order::VARIABLE, by_lld)
                    .env("RUSTC_BOOTSTRAP", "1");
                flags.push(lld::FLAVOR.to_owned());
                flags.extend(lld::mingw(MINGW));
                // For this target alone, stable rustc puts all functions in one section (rust-lang/rust#13846), of which no
                // linker can fold or drop any.
                flags.push("-Zfunction-sections=yes".to_owned());
            }
        }
        Linker::Zig => {
            let zig = clients::zig()?;
            let cache = folder.join("zig");
            search.push(zig.join("bin"));
            command
                .arg("zigbuild")
                .env("CARGO_ZIGBUILD_CACHE_DIR", folder.join("zigbuild"))
                .env("ZIG_GLOBAL_CACHE_DIR", &cache)
                .env("ZIG_LOCAL_CACHE_DIR", &cache);
            let by_lld = lld::find();
            if platform.format == "Mach-O" {
                let sdk = root().join(SDK);
                let frameworks = sdk.join("System/Library/Frameworks");
                flags.push(format!("-Clink-arg=-F{}", frameworks.display()));
                // rustc would strip with a program of rustup after the linker has signed the binary. Instead, the
                // linker strips (`-S` debug information, `-x` names of local functions) and signs the result. rustc names
                // a library for character sets that is not used here.
                let before = if by_lld.is_some() { "" } else { "-Wl," };
                for flag in ["-S", "-x", "-dead_strip_dylibs"] {
                    flags.push(format!("-Clink-arg={before}{flag}"));
                }
                command
                    .env("CARGO_PROFILE_RELEASE_STRIP", "none")
                    .env("SDKROOT", sdk);
                if let Some(by_lld) = by_lld {
                    flags.extend(lld::macos(&zig, &folder.join("libraries"))?);
                    command.env(linker_of(platform), by_lld);
                }
            } else if let Some(by_lld) = by_lld {
                if source.is_some() {
                    flags.extend(lld::musl(&zig, &cache, platform)?);
                }
                flags.push(lld::FLAVOR.to_owned());
                command.env(linker_of(platform), by_lld);
            }
        }
    }
    command
        .args(["--quiet", "--locked", "--release"])
        .args(["--package", "adieu", "--bin", "adieu"])
        .args(["--target", &platform.target]);
    if source.is_some() {
        search.push(PathBuf::from(debian::BIN));
        command
            .env("RUSTC", Path::new(debian::BIN).join("rustc"))
            .env("RUSTC_BOOTSTRAP", "1")
            .arg("-Zbuild-std=std,panic_abort");
        // Debian's rustc has no C start files: zig and MinGW have their own. Apple's targets refuse the flag.
        if platform.format != "Mach-O" {
            flags.push("-Clink-self-contained=no".to_owned());
        }
    }
    // The release profile aborts on panic, so nothing reads these tables. Windows and macOS require them.
    if platform.format == "ELF" {
        flags.push("-Cforce-unwind-tables=no".to_owned());
    }
    flags.extend(remap::flags(source));
    command
        .current_dir(root())
        .env("MACOSX_DEPLOYMENT_TARGET", OLDEST_MACOS)
        .env("CARGO_TARGET_DIR", &folder)
        .env("ADIEU_COMMIT", commit()?)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("PATH", path_with(&search)?);
    run_command(&mut command)?;
    Ok(folder
        .join(&platform.target)
        .join("release")
        .join(&platform.binary))
}

/// The commit of the build, for `adieu --version`; with `-dirty` if files differ from it.
fn commit() -> Result<String, String> {
    let mut git = words("git describe --always --dirty --abbrev=12 --exclude *");
    output(git.current_dir(root()))
        .ok_or_else(|| "git does not name the commit of this tree.".to_owned())
}

/// Installs the tools for a platform.
///
/// # Errors
/// One sentence: what to install.
pub(crate) fn tools(platform: &Platform) -> Result<(), String> {
    cargo(source(platform))?;
    match linker(platform) {
        Linker::Native => Ok(()),
        Linker::Mingw => debian::mingw(),
        Linker::Zig => clients::zig().map(|_| ()),
    }
}

/// Debian's source of the standard library, from which Debian's `rustc-web` builds it; `None` if rustup has installed it
/// for the target.
fn source(platform: &Platform) -> Option<&'static Path> {
    let installed = output(&mut words("rustup target list --installed")).unwrap_or_default();
    let is_installed = installed.lines().any(|line| line == platform.target);
    (!is_installed).then_some(Path::new(debian::STANDARD_LIBRARY))
}

fn linker(platform: &Platform) -> Linker {
    match platform.format.as_str() {
        "PE" if !cfg!(windows) => Linker::Mingw,
        "Mach-O" if !cfg!(target_os = "macos") => Linker::Zig,
        // Static, with musl: a file for each processor runs on every distribution.
        "ELF" => Linker::Zig,
        _ => Linker::Native,
    }
}

/// The variable in which cargo reads a target's linker.
fn linker_of(platform: &Platform) -> String {
    let target = platform.target.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{target}_LINKER")
}

fn cargo(source: Option<&Path>) -> Result<OsString, String> {
    if source.is_none() {
        return Ok(this_cargo().get_program().to_owned());
    }
    debian::rust()?;
    Ok(Path::new(debian::BIN).join("cargo").into())
}

/// Removes the variables that the cargo that runs this program has set: another cargo would use them.
fn forget_outer_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let starts = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_TARGET_", "RUSTUP_"];
        let outer = starts.iter().any(|start| text.starts_with(start)) || OUTER.contains(&&*text);
        if outer {
            command.env_remove(name);
        }
    }
}

fn path_with(first: &[PathBuf]) -> Result<OsString, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().cloned().chain(std::env::split_paths(&path));
    std::env::join_paths(all).context("The PATH cannot be set")
}
