//! The shells that run scripts, each as Azure Pipelines' own task for it does: Bash@3, PowerShell@2, CmdLine@2
//! (microsoft/azure-pipelines-tasks).
//!
//! It never starts one.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::inputs::run::Shell as Choice;
use crate::program;

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    Bash,
    Sh,
    Pwsh,
    Powershell,
    Cmd,
}

impl Shell {
    /// The shell of a step. `auto` is the system's default, as for `script:`.
    pub(crate) fn of(choice: Choice) -> Self {
        match choice {
            Choice::Bash => Self::Bash,
            Choice::Sh => Self::Sh,
            Choice::Pwsh => Self::Pwsh,
            Choice::Powershell => Self::Powershell,
            Choice::Cmd => Self::Cmd,
            Choice::Auto if cfg!(windows) => Self::Cmd,
            Choice::Auto if program::on_path("bash").is_some() => Self::Bash,
            Choice::Auto => Self::Sh,
        }
    }

    /// Its name, which is also its program's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Sh => "sh",
            Self::Pwsh => "pwsh",
            Self::Powershell => "powershell",
            Self::Cmd => "cmd",
        }
    }

    /// Path of its program; `None` if this machine does not have it.
    pub(crate) fn program(self) -> Option<PathBuf> {
        program::on_path(self.name())
    }

    /// The extension of a script's file.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Bash | Self::Sh => "sh",
            Self::Pwsh | Self::Powershell => "ps1",
            Self::Cmd => "cmd",
        }
    }

    /// The file's content: the script, and what this shell's built-in task adds to it.
    pub(crate) fn content(self, script: &str) -> String {
        let script = script.replace("\r\n", "\n");
        match self {
            Self::Bash | Self::Sh => script,
            // With a byte order mark: Windows PowerShell reads a file without one as ANSI.
            Self::Pwsh | Self::Powershell => format!(
                "\u{feff}$ErrorActionPreference = 'Stop'\n{script}\n\
                 if (Test-Path -LiteralPath variable:\\LASTEXITCODE) {{ exit $LASTEXITCODE }}\n"
            ),
            // A switch would keep scripts from turning it on again.
            Self::Cmd => format!("@echo off\n{script}\n").replace('\n', "\r\n"),
        }
    }

    /// The command that runs a file.
    pub(crate) fn command(self, program: &Path, file: &Path) -> Command {
        let mut command = Command::new(program);
        match self {
            Self::Bash | Self::Sh => {
                // Git's bash on Windows accepts slashes.
                command.arg(file.display().to_string().replace('\\', "/"));
            }
            Self::Pwsh | Self::Powershell => {
                let quoted = file.display().to_string().replace('\'', "''");
                command.args(["-NoLogo", "-NoProfile", "-NonInteractive"]);
                if cfg!(windows) {
                    command.args(["-ExecutionPolicy", "Unrestricted"]);
                }
                command.args(["-Command", &format!(". '{quoted}'")]);
            }
            Self::Cmd => call(&mut command, file),
        }
        command
    }
}

/// Uses `CALL`, because the exit code of a script that ends in `goto :eof` would be lost; the quotes are as cmd reads
/// them with `/S`.
#[cfg(windows)]
fn call(command: &mut Command, file: &Path) {
    command
        .args(["/D", "/E:ON", "/V:OFF", "/S", "/C"])
        .raw_arg(format!("\"CALL \"{}\"\"", file.display()));
}

#[cfg(not(windows))]
fn call(command: &mut Command, file: &Path) {
    command.arg("/C").arg(file);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_around_a_script_what_its_own_task_does() {
        for (shell, expected) in [
            (Shell::Bash, "a\nb\n"),
            (
                Shell::Pwsh,
                "\u{feff}$ErrorActionPreference = 'Stop'\na\nb\n\nif (Test-Path -LiteralPath \
                 variable:\\LASTEXITCODE) { exit $LASTEXITCODE }\n",
            ),
            (Shell::Cmd, "@echo off\r\na\r\nb\r\n\r\n"),
        ] {
            assert_eq!(shell.content("a\r\nb\n"), expected, "{shell:?}");
        }
    }
}
