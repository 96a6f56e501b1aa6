//! Other programs, started with their output shown, and the chores' own output.
//!
//! It never goes through a shell.

use std::process::Command;

/// Runs a program and waits for it.
///
/// # Errors
/// One sentence: it cannot be started, or it failed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("{name} cannot be started: {error}."))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} failed ({status})."))
    }
}

/// Runs the cargo that runs this program, in the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Result<(), String> {
    run(this_cargo().current_dir(crate::root()).args(arguments))
}

/// That cargo itself.
pub(crate) fn this_cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The output of a program that prints something short.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Prints a line.
#[expect(
    clippy::print_stdout,
    reason = "the one place from which the chores print"
)]
pub(crate) fn print_line(text: &str) {
    println!("{text}");
}
