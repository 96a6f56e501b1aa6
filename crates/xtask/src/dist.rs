//! `cargo xtask dist`: the binary of every platform in `target/dist/<platform>/`, built and checked here.
//!
//! What ships is what `cargo build --release` makes with the stable toolchain: `pipelines/release.yml` runs this command
//! on hosted Linux and macOS machines, after `rustup target add`. One Linux machine can build all five as well
//! (cargo-zigbuild, MinGW). Where rustup has no standard library for a target, Debian's `rustc-web` builds it from source.
//! That is larger work for the same thing, and the only way on a machine that reaches package registries and nothing else.

mod compile;
mod inspect;
mod lld;
mod order;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::print_line;
use crate::platforms::{self, Platform};
use crate::sizes::{self, Sizes};
use crate::{files, target};

pub(crate) use compile::tools;
pub(crate) use inspect::sha256;
pub(crate) use order::{FIRST_WORD, link};

/// A platform's name, and where its binary is.
pub(crate) type Binary = (String, PathBuf);

/// Builds and checks the named platforms, or all. Returns their binaries.
pub(crate) fn run(names: &[&str]) -> Result<Vec<Binary>, String> {
    let binaries = build(names)?;
    check(&binaries)?;
    Ok(binaries)
}

/// Checks the binaries of all platforms that other machines have built, and perhaps signed. Returns them.
pub(crate) fn built() -> Result<Vec<Binary>, String> {
    let binaries: Vec<Binary> = platforms::all()?
        .into_iter()
        .map(|(name, platform)| {
            let binary = path_of(&name, &platform);
            (name, binary)
        })
        .collect();
    check(&binaries)?;
    Ok(binaries)
}

/// Builds the named platforms, or all, one after the other.
pub(crate) fn build(names: &[&str]) -> Result<Vec<Binary>, String> {
    let mut binaries = Vec::new();
    for (name, platform) in platforms::named(names)? {
        let start = Instant::now();
        let built = compile::run(&platform).map_err(|reason| format!("{name}: {reason}"))?;
        let binary = path_of(&name, &platform);
        copy(&built, &binary)?;
        print_line(&format!(
            "{name}: {} s",
            start.elapsed().as_secs_f64().ceil()
        ));
        binaries.push((name, binary));
    }
    Ok(binaries)
}

/// Inspects each binary, and compares its size with its budget.
///
/// # Errors
/// One sentence: what is wrong with a binary, or which ones are too large.
pub(crate) fn check(binaries: &[Binary]) -> Result<(), String> {
    let platforms = platforms::all()?;
    let mut sizes = Sizes::default();
    for (name, binary) in binaries {
        let bytes = files::read(binary)?;
        let platform = &platforms[name];
        inspect::run(platform, &bytes)
            .map_err(|reason| format!("{}: {reason}", binary.display()))?;
        let tables = match platform.format.as_str() {
            "PE" => sizes::UNWIND_TABLES,
            _ => 0,
        };
        sizes.add(name, bytes.len() as u64, sizes::BINARY + tables);
        sizes.add(
            format!("{name}, deflated"),
            inspect::deflated(&bytes)?,
            sizes::DEFLATED,
        );
    }
    sizes.check()
}

fn path_of(name: &str, platform: &Platform) -> PathBuf {
    target().join("dist").join(name).join(&platform.binary)
}

/// Copies a binary if it has changed: an unchanged file keeps its time.
fn copy(built: &Path, binary: &Path) -> Result<(), String> {
    let bytes = files::read(built)?;
    if files::read(binary).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    files::copy(built, binary)
}
