//! Wine, with its own Windows below `target/`.
//!
//! It never touches another Wine's folder, and what it adds to Windows never ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Starter, name_of};
use crate::command::{output, print_line, run};
use crate::{debian, files, target};

/// Rust takes its random bytes from a library that Wine has from version 9 on; `SystemFunction036` is the
/// older name of the same thing (`RtlGenRandom`).
const RANDOM: &str = "\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
  return SystemFunction036(bytes, (ULONG)length);
}
";

/// Runs the rest of its command line with two pipes, as the agent's .NET and Node do, and says when they are
/// not closed some seconds after the program's end: then a program that it started holds them, and a step on a
/// Windows agent would not end. Wine gives each process the Unix stderr of the one that started it, whatever
/// handles Windows' rules would let it have (`set_stdio_fd` in its `dlls/ntdll/unix/process.c`), so that Unix pipes
/// show nothing; these are Windows pipes.
const WATCHER: &str = r#"
#include <windows.h>
#include <string.h>
static HANDLE readers[2];
static volatile LONG closed;
static DWORD WINAPI pass_on(LPVOID reader) {
  char bytes[4096];
  DWORD count, written;
  while (ReadFile(*(HANDLE *)reader, bytes, sizeof bytes, &count, NULL) && count)
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, count, &written, NULL);
  InterlockedIncrement(&closed);
  return 0;
}
int main(void) {
  SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
  STARTUPINFOA start = { sizeof start };
  PROCESS_INFORMATION program;
  HANDLE writers[2];
  DWORD code, written;
  int index;
  char *command = GetCommandLineA();
  command = strchr(command + 1, *command == '"' ? '"' : ' ') + 1;
  command += strspn(command, " ");
  /* As Node does at its start: no other program inherits its streams. */
  SetHandleInformation(GetStdHandle(STD_INPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
  SetHandleInformation(GetStdHandle(STD_OUTPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
  SetHandleInformation(GetStdHandle(STD_ERROR_HANDLE), HANDLE_FLAG_INHERIT, 0);
  for (index = 0; index < 2; index++) {
    CreatePipe(&readers[index], &writers[index], &inherited, 0);
    SetHandleInformation(readers[index], HANDLE_FLAG_INHERIT, 0);
  }
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = CreateFileA("NUL", GENERIC_READ, FILE_SHARE_READ, &inherited, OPEN_EXISTING, 0, NULL);
  start.hStdOutput = writers[0];
  start.hStdError = writers[1];
  if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &program)) return 98;
  for (index = 0; index < 2; index++) {
    CloseHandle(writers[index]);
    CreateThread(NULL, 0, pass_on, &readers[index], 0, NULL);
  }
  WaitForSingleObject(program.hProcess, INFINITE);
  GetExitCodeProcess(program.hProcess, &code);
  for (index = 0; index < 50 && closed < 2; index++) Sleep(100);
  if (closed < 2) {
    static const char held[] = "\nThe program has ended, and another process holds its pipes.\n";
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), held, sizeof held - 1, &written, NULL);
    code = 97;
  }
  ExitProcess(code);
}
"#;

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
        print_line("Making a Windows for Wine …");
        let _ = fs::remove_dir_all(&prefix);
        files::create(&prefix)?;
        wine("wine", &["wineboot", "--init"], &environment)?;
        // It saves its registry when it ends.
        wine("wineserver", &["--wait"], &environment)?;
        if !system.join("bcryptprimitives.dll").is_file() {
            random_library(&prefix, &system)?;
        }
        files::write(&mark, "")?;
    }
    let watcher = compiled(
        &prefix,
        "watcher",
        WATCHER,
        &prefix.join("watcher.exe"),
        &[],
    )?;
    // A server that the first program starts would have that program's pipes, as its Windows' services would.
    // It fails where one runs already.
    let _ = wine("wineserver", &["--persistent=60"], &environment);
    wine("wine", &["cmd", "/c", "exit"], &environment)?;
    let version = output(Command::new("wine").arg("--version")).unwrap_or_default();
    Ok(Starter {
        name: name_of("Wine", &version),
        program: loader(),
        watcher: Some(watcher),
        environment,
        starts_others: true,
        // Wine 8 refuses a chain engine with added roots (`CertCreateCertificateChainEngine`).
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
        // Debian's Wine finds its server by these; a step has others, and would start its own server.
        (text("HOME"), prefix.to_string_lossy().into_owned()),
        (
            text("TMPDIR"),
            std::env::temp_dir().to_string_lossy().into_owned(),
        ),
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
    let library = system.join("bcryptprimitives.dll");
    compiled(folder, "random", RANDOM, &library, &["-shared"])
}

/// A program or a library of Windows', made of a C source.
fn compiled(
    folder: &Path,
    name: &str,
    text: &str,
    result: &Path,
    flags: &[&str],
) -> Result<PathBuf, String> {
    debian::mingw()?;
    let source = folder.join(name).with_extension("c");
    files::write(&source, text)?;
    run(Command::new("x86_64-w64-mingw32-gcc")
        .args(flags)
        .arg("-o")
        .arg(result)
        .arg(&source)
        .arg("-ladvapi32"))?;
    Ok(result.to_owned())
}
