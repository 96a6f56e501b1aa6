//! Starts other programs, without a shell and with their output visible, and prints the output of xtask.

use std::fmt::Display;
use std::process::Command;

/// Adds what failed to an error, in one sentence.
pub(crate) trait Context<T> {
    fn context(self, failed: impl Display) -> Result<T, String>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, failed: impl Display) -> Result<T, String> {
        self.map_err(|error| format!("{failed}: {}.", error.to_string().trim_end_matches('.')))
    }
}

/// A program with its first arguments, separated by spaces. Add paths with `arg`.
pub(crate) fn words(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// Variables for a program, the program, and its arguments, separated by spaces. `{NAME}` is a value, which can contain
/// spaces.
///
/// # Errors
/// There is no such value.
pub(crate) fn line(
    line: &str,
    value: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Command, String> {
    let mut words = line.split(' ').peekable();
    let mut variables = Vec::new();
    while let Some((name, text)) = words.peek().and_then(|word| word.split_once('=')) {
        variables.push((name, filled(text, value)?));
        words.next();
    }
    let mut command = Command::new(filled(words.next().unwrap_or_default(), value)?);
    for word in words {
        command.arg(filled(word, value)?);
    }
    command.envs(variables);
    Ok(command)
}

fn filled(word: &str, value: &dyn Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut parts = word.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) if name.starts_with(char::is_alphabetic) => {
                text += &(value(name)? + rest);
            }
            _ => text += &format!("{{{part}"),
        }
    }
    Ok(text)
}

/// Runs a program and waits for it.
///
/// # Errors
/// One sentence: the program cannot be started, or it failed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status();
    let status = status.context(format_args!("{name} cannot be started"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name} failed ({status}).")),
    }
}

/// Runs the cargo that runs this program, in the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Result<(), String> {
    run(this_cargo().current_dir(crate::root()).args(arguments))
}

/// The cargo that runs this program.
pub(crate) fn this_cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The output of a program that prints one short text.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.trim().to_owned())
}

/// The version that a program prints; `None` if it does not start.
pub(crate) fn version(program: &str) -> Option<String> {
    output(Command::new(program).arg("--version"))
}

/// Prints a line.
#[expect(
    clippy::print_stdout,
    reason = "the one place from which the chores print"
)]
pub(crate) fn print_line(text: &str) {
    println!("{text}");
}
