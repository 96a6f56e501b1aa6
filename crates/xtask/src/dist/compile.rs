//! One platform's binary, by cargo, with the standard library, the linker and the C compiler that suit it.
//!
//! It never uses a profile or a feature of its own: what it changes is where the target's parts come from.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::inspect::OLDEST_MACOS;
use super::{frameworks, small_ring};
use crate::command::{output, run as run_command};
use crate::platforms::Platform;
use crate::{debian, root, target};

/// Where the target's standard library comes from.
enum Library {
    /// rustup has it.
    Installed,
    /// It is built from the source that Debian has, small and without what only a backtrace needs: our
    /// panic hook prints none.
    Built,
}

/// What links, and compiles the C of `ring`.
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
    let library = library(&platform.target);
    let linker = linker(&platform.target);
    let folder = target().join("dist-build");
    let mut command = Command::new(cargo(&library)?);
    command.current_dir(root());
    forget_outer_cargo(&mut command);
    let mut flags = remapped(&library)?;
    let mut search = Vec::new();
    if let Library::Built = library {
        search.push(PathBuf::from(debian::BIN));
        command
            .env("RUSTC", Path::new(debian::BIN).join("rustc"))
            .env("RUSTC_BOOTSTRAP", "1");
        // File and line of a panic that no user reads are a tenth of the text in the file.
        flags.push("-Zlocation-detail=none".to_owned());
        // Types print their names and not their contents, for the same reason; no message is made of them.
        flags.push("-Zfmt-debug=shallow".to_owned());
        // Debian's rustc knows its own C start files as little as zig and MinGW do rustup's. Apple's
        // targets have none, and refuse the flag.
        if platform.format != "Mach-O" {
            flags.push("-Clink-self-contained=no".to_owned());
        }
    }
    let mut twins = None;
    match linker {
        Linker::Native => {
            command.arg("build");
        }
        Linker::Mingw => {
            debian::mingw()?;
            command
                .arg("build")
                .env(
                    "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER",
                    "x86_64-w64-mingw32-gcc",
                )
                .env("CC_x86_64_pc_windows_gnu", "x86_64-w64-mingw32-gcc");
            twins = Some(Command::new("x86_64-w64-mingw32-gcc"));
        }
        Linker::Zig => {
            let zig = debian::zig()?;
            search.push(zig.join("bin"));
            let program = zig_program(&zig)?;
            let mut compiler = Command::new(&program);
            compiler
                .args(["cc", "-target", &zig_target(&platform.target)])
                .env("ZIG_GLOBAL_CACHE_DIR", folder.join("zig"))
                .env("ZIG_LOCAL_CACHE_DIR", folder.join("zig"));
            twins = Some(compiler);
            command
                .arg("zigbuild")
                .env("CARGO_ZIGBUILD_ZIG_PATH", program)
                .env("CARGO_ZIGBUILD_CACHE_DIR", folder.join("zigbuild"))
                .env("ZIG_GLOBAL_CACHE_DIR", folder.join("zig"))
                .env("ZIG_LOCAL_CACHE_DIR", folder.join("zig"));
            if platform.format == "Mach-O" {
                let sdk = frameworks::write(&folder.join("sdk"))?;
                flags.push(format!("-Clink-arg=-F{}", sdk.frameworks.display()));
                // rustc would strip by a program of rustup's, after the linker has signed; the linker
                // itself strips first and signs what is left. `-s` takes what only a debugger reads,
                // and `-x` the names of local functions, which are two fifths of the file.
                flags.push("-Clink-arg=-s".to_owned());
                flags.push("-Clink-arg=-Wl,-x".to_owned());
                // zig names a library for character sets that nothing here uses.
                flags.push("-Clink-arg=-Wl,-dead_strip_dylibs".to_owned());
                command
                    .env("CARGO_PROFILE_RELEASE_STRIP", "none")
                    .env("MACOSX_DEPLOYMENT_TARGET", OLDEST_MACOS)
                    .env("SDKROOT", &sdk.root);
            }
        }
    }
    // A machine's own compiler has flags of its own, and builds `ring` as everybody knows it.
    if let Some(compiler) = twins {
        let object = small_ring::twins(compiler, &folder.join("ring").join(&platform.target))?;
        flags.push(format!("-Clink-arg={}", object.display()));
        let variable = format!("CFLAGS_{}", platform.target.replace('-', "_"));
        command.env(variable, small_ring::FLAGS);
    }
    // Nobody unwinds, and the tables are a sixth of the file. Windows and macOS want them.
    if platform.format == "ELF" {
        flags.push("-Cforce-unwind-tables=no".to_owned());
    }
    command
        .args([
            "--quiet",
            "--locked",
            "--release",
            "--package",
            "adieu",
            "--bin",
            "adieu",
        ])
        .args(["--target", &platform.target]);
    if let Library::Built = library {
        command.args([
            "-Zbuild-std=std,panic_abort",
            "-Zbuild-std-features=optimize_for_size",
        ]);
    }
    command
        .env("CARGO_TARGET_DIR", &folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("PATH", path_with(&search)?);
    run_command(&mut command)?;
    Ok(folder
        .join(&platform.target)
        .join("release")
        .join(&platform.binary))
}

/// Makes the tools for a platform be there.
pub(crate) fn tools(platform: &Platform) -> Result<(), String> {
    cargo(&library(&platform.target))?;
    match linker(&platform.target) {
        Linker::Native => Ok(()),
        Linker::Mingw => debian::mingw(),
        Linker::Zig => debian::zig().map(|_| ()),
    }
}

/// Whether the standard library is the small one.
pub(crate) fn is_small(platform: &Platform) -> bool {
    matches!(library(&platform.target), Library::Built)
}

fn library(target: &str) -> Library {
    let installed = output(Command::new("rustup").args(["target", "list", "--installed"]));
    match installed {
        Some(list) if list.lines().any(|line| line == target) => Library::Installed,
        _ => Library::Built,
    }
}

fn linker(target: &str) -> Linker {
    if target.contains("-windows-") && !cfg!(windows) {
        Linker::Mingw
    } else if target.contains("-musl") || (target.contains("-apple-") && !cfg!(target_os = "macos"))
    {
        Linker::Zig
    } else {
        Linker::Native
    }
}

fn cargo(library: &Library) -> Result<OsString, String> {
    match library {
        Library::Installed => Ok(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        Library::Built => {
            debian::rust()?;
            Ok(Path::new(debian::BIN).join("cargo").into())
        }
    }
}

/// Takes away what the cargo that runs this program has told it: another cargo would believe it.
fn forget_outer_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let outer = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_TARGET_", "RUSTUP_"]
            .iter()
            .any(|start| text.starts_with(start))
            || matches!(
                &*text,
                "CARGO" | "LD_LIBRARY_PATH" | "RUSTFLAGS" | "RUSTC" | "RUSTC_WRAPPER"
            );
        if outer {
            command.env_remove(name);
        }
    }
}

/// No path of this machine is in a binary: two machines build the same, and nobody reads who built it.
/// What a later one names counts before what an earlier one does.
fn remapped(library: &Library) -> Result<Vec<String>, String> {
    let mut paths = vec![(root(), ".".to_owned())];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
        .ok_or("There is neither CARGO_HOME nor HOME in the environment.")?;
    let sources = home.join("registry").join("src");
    paths.push((sources.clone(), "crates".to_owned()));
    for entry in fs::read_dir(&sources).into_iter().flatten().flatten() {
        paths.push((entry.path(), "crates".to_owned()));
    }
    if let Library::Built = library {
        let source = Path::new("/usr/lib/rustlib/src/rust");
        paths.push((source.to_path_buf(), "rust".to_owned()));
        if let Ok(real) = source.canonicalize() {
            paths.push((real, "rust".to_owned()));
        }
    }
    Ok(paths
        .into_iter()
        .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()))
        .collect())
}

/// zig's name of a target: processor, system and C library or version, without Rust's vendor.
fn zig_target(target: &str) -> String {
    let processor = target.split('-').next().unwrap_or_default();
    let system = if target.contains("-apple-") {
        format!("macos.{OLDEST_MACOS}")
    } else {
        "linux-musl".to_owned()
    };
    format!("{processor}-{system}")
}

/// The program inside the package `ziglang`, whose folder has Python's version in its name.
fn zig_program(environment: &Path) -> Result<PathBuf, String> {
    let library = environment.join("lib");
    let entries = fs::read_dir(&library)
        .map_err(|error| format!("{} cannot be read: {error}.", library.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path().join("site-packages/ziglang/zig"))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("There is no zig in {}.", library.display()))
}

fn path_with(first: &[PathBuf]) -> Result<OsString, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().cloned().chain(std::env::split_paths(&path));
    std::env::join_paths(all).map_err(|error| format!("The PATH cannot be set: {error}."))
}
