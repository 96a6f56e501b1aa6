//! Wine, with a Windows of its own below `target/`.
//!
//! It never touches another Wine's folder, and what it adds to Windows never ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Starter, name_of};
use crate::command::{output, run, tell};
use crate::{debian, target};

/// Rust takes its random bytes from a library that Wine has from version 9 on; `SystemFunction036` is the
/// older name of the same thing (`RtlGenRandom`).
const RANDOM: &str = "\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
  return SystemFunction036(bytes, (ULONG)length);
}
";

/// Makes Wine be there.
pub(crate) fn install() -> Result<(), String> {
    debian::program("wine", &["wine", "wine64"])
}

/// Makes its Windows be there, and its server run for the next minute.
pub(crate) fn starter() -> Result<Starter, String> {
    let prefix = target().join("prove").join("wine");
    let environment = environment(&prefix);
    let system = prefix.join("drive_c/windows/system32");
    let mark = prefix.join(".whole");
    if !mark.is_file() {
        tell("Making a Windows for Wine …");
        let _ = fs::remove_dir_all(&prefix);
        create(&prefix)?;
        wine("wine", &["wineboot", "--init"], &environment)?;
        // It saves its registry when it ends.
        wine("wineserver", &["--wait"], &environment)?;
        if !system.join("bcryptprimitives.dll").is_file() {
            random_library(&prefix, &system)?;
        }
        fs::write(&mark, "").map_err(|error| format!("{}: {error}.", mark.display()))?;
    }
    // A server that the first program starts would have that program's pipes, as its Windows' services would.
    // It says no where it runs already.
    let _ = wine("wineserver", &["--persistent=60"], &environment);
    wine("wine", &["cmd", "/c", "exit"], &environment)?;
    let version = output(Command::new("wine").arg("--version")).unwrap_or_default();
    Ok(Starter {
        name: name_of("Wine", &version),
        program: loader(),
        environment,
        starts_others: true,
        // Wine gives each process the Unix stderr of the one that started it, whatever handles Windows'
        // rules would let it have (`set_stdio_fd`): about that pipe it can tell nothing.
        keeps_errors: false,
        // Wine 8 refuses a chain engine with roots of its own (`CertCreateCertificateChainEngine`).
        takes_roots: false,
    })
}

/// Debian's `wine` is a script of a shell that drops variables whose names it cannot spell, as
/// `ENDPOINT_URL_<id>`; what it starts is the program itself.
fn loader() -> PathBuf {
    let program = PathBuf::from("/usr/lib/wine/wine64");
    if program.is_file() {
        program
    } else {
        "wine".into()
    }
}

fn environment(prefix: &Path) -> Vec<(String, String)> {
    let text = |value: &str| value.to_owned();
    vec![
        (text("WINEPREFIX"), prefix.to_string_lossy().into_owned()),
        // Its own notes would be lines in the agent's log.
        (text("WINEDEBUG"), text("-all")),
        // Or it asks whether to download .NET and a browser.
        (text("WINEDLLOVERRIDES"), text("mscoree=;mshtml=")),
    ]
}

fn wine(program: &str, arguments: &[&str], environment: &[(String, String)]) -> Result<(), String> {
    run(Command::new(program)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null()))
}

fn random_library(folder: &Path, system: &Path) -> Result<PathBuf, String> {
    debian::mingw()?;
    let source = folder.join("random.c");
    fs::write(&source, RANDOM).map_err(|error| format!("{}: {error}.", source.display()))?;
    let library = system.join("bcryptprimitives.dll");
    run(Command::new("x86_64-w64-mingw32-gcc")
        .arg("-shared")
        .arg("-o")
        .arg(&library)
        .arg(&source)
        .arg("-ladvapi32"))?;
    Ok(library)
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be made: {error}.", folder.display()))
}
