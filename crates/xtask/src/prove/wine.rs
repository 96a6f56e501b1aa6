//! Installs Wine, with its own Windows folder in `target/`.
//!
//! It never changes another Wine's folder, and what it adds to Windows never ships.

use std::path::Path;
use std::process::Stdio;
use std::{env, fs};

use serde_json::json;

use super::{Starter, name_of};
use crate::command::{print_line, run, words};
use crate::{debian, files, target};

/// Installs Wine, and the compiler for its programs.
pub(crate) fn install() -> Result<(), String> {
    debian::mingw()?;
    debian::program("wine", &["wine", "wine64"])
}

/// Creates its Windows folder, and keeps its server running for the next minute.
pub(crate) fn starter() -> Result<Starter, String> {
    let prefix = target().join("prove").join("wine");
    // Wine's messages would be lines in the agent's log. Without the overrides, Wine offers to download .NET and a
    // browser. Debian's Wine finds its server by the last two: a step has other values, and would start another server.
    let environment = json!({
        "WINEPREFIX": prefix,
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree=;mshtml=",
        "HOME": prefix,
        "TMPDIR": env::temp_dir(),
    });
    let variables = environment.as_object().into_iter().flatten();
    let variables: Vec<_> = variables
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .collect();
    let wine = |line: &str| {
        let mut command = words(line);
        command.envs(variables.clone()).stdin(Stdio::null());
        run(command.stdout(Stdio::null()).stderr(Stdio::null()))
    };
    let mark = prefix.join(".whole");
    if !mark.is_file() {
        print_line("Making a Windows for Wine …");
        let _ = fs::remove_dir_all(&prefix);
        files::create(&prefix)?;
        wine("wine wineboot --init")?;
        // The server saves the registry when it ends.
        wine("wineserver --wait")?;
        let random = prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
        if !random.is_file() {
            compile(&prefix, include_str!("random.c"), &random, "-shared")?;
        }
        files::write(&mark, "")?;
    }
    let watcher = prefix.join("watcher.exe");
    compile(&prefix, include_str!("watcher.c"), &watcher, "-O1")?;
    // If the first program started the server, the server would hold that program's pipes, like the services of
    // Windows. This fails if a server is already running.
    let _ = wine("wineserver --persistent=60");
    wine("wine cmd /c exit")?;
    // Debian's `wine` is a shell script, and drops variables whose names are invalid in a shell, such as
    // `ENDPOINT_URL_<id>`. This is the program that it starts.
    let program = Path::new("/usr/lib/wine/wine64");
    Ok(json!({
        "name": name_of("Wine", "wine"),
        "program": if program.is_file() { program } else { Path::new("wine") },
        "watcher": [watcher],
        "environment": environment,
        "starts_others": true,
        // Wine 8 refuses a certificate chain engine with added roots (`CertCreateCertificateChainEngine`).
        "takes_roots": false,
    }))
}

/// Compiles a program or a library for Windows.
fn compile(folder: &Path, text: &str, result: &Path, flag: &str) -> Result<(), String> {
    let source = folder.join("source.c");
    files::write(&source, text)?;
    let mut compiler = words("x86_64-w64-mingw32-gcc -o");
    run(compiler.arg(result).arg(flag).arg(source).arg("-ladvapi32"))
}
