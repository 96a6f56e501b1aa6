//! `cargo run -p adieu-emulator`: a world for trying things out by hand, with the environment of a task; `cargo run
//! -p adieu-emulator -- shell`: a shell in which the command line's verbs work.
//!
//! It runs until it is stopped.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use adieu_emulator::{MY_CONNECTION, Playground, World};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => task(),
        Some("shell") => shell(),
        Some(other) => {
            print_line(&format!(
                "'{other}' is not a command. Write shell, or nothing."
            ));
            ExitCode::from(2)
        }
    }
}

/// Starts the user's shell with the emulated services. Returns its exit code.
fn shell() -> ExitCode {
    let playground = Playground::start();
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut command = Command::new(shell);
    command.envs(playground.variables.iter().cloned());
    // Cargo puts the command line next to this program.
    let own = std::env::current_exe().unwrap_or_default();
    let folder = own.parent().map(PathBuf::from).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.clone()).chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(folders) {
        command.env("PATH", path);
    }
    print_line(&playground.introduction());
    if !folder
        .join(format!("adieu{}", std::env::consts::EXE_SUFFIX))
        .is_file()
    {
        print_line("There is no adieu yet: leave, and run `cargo build` first.");
    }
    match command.status() {
        Ok(status) => status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            print_line(&format!("The shell cannot be started: {error}."));
            ExitCode::FAILURE
        }
    }
}

/// Prints the environment of a task's step, and serves until it is stopped.
fn task() -> ExitCode {
    let world = World::start();
    let mut job = world.job();
    let task = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../task/token");
    let environment = job
        .step(&task)
        .input("connectedService", MY_CONNECTION)
        .environment();
    print_line(&format!("# Azure DevOps {}", world.azure_devops().url()));
    print_line(&format!("# Entra        {}", world.entra().url()));
    print_line(
        "# In another terminal, in bash: the lines below, then `adieu task EntraToken execution`.",
    );
    let inherited = ["PATH", "HOME"];
    let assignments: Vec<String> = environment
        .iter()
        .filter(|(name, _)| !inherited.contains(&name.as_str()))
        .map(|(name, value)| format!("'{name}={}'", value.replace('\'', r"'\''")))
        .collect();
    print_line(&format!(
        "env {} \\\n  adieu task EntraToken execution",
        assignments.join(" \\\n  ")
    ));
    loop {
        std::thread::park();
    }
}

#[expect(clippy::print_stdout, reason = "what it prints is what it is for")]
fn print_line(text: &str) {
    println!("{text}");
}
