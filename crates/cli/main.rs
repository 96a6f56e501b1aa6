//! The binary `adieu`: its command line, and the only place where a verb's outcome becomes an exit code.
//!
//! It does no verb's work; each is in the file with its name.

mod aadsts;
mod checklist;
mod child;
mod completions;
mod configure;
mod connection;
mod console;
mod credential;
mod credential_kind;
mod defaults;
mod doctor;
mod exec;
mod explain;
mod extension;
mod failure;
mod federated_credential;
mod feeds;
mod flag_values;
mod git_credential;
mod github_actions;
mod identity_ids;
mod inputs;
mod lines;
mod machine;
mod membership;
mod moment;
mod network;
mod offboard;
mod onboard;
mod organization;
mod page;
mod pats;
mod platform;
mod program;
mod report;
mod reporter;
mod result;
mod run;
mod runtime;
mod scan;
mod serve;
mod session;
mod shell;
mod step_connection;
mod task;
mod task_outcome;
mod token;
mod tokens;
mod version;
mod waiting;
mod whoami;

use std::ffi::OsString;
use std::process::ExitCode;

use adieu_agent::Stream;
use adieu_feeds::HelperName;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::console::Color;
use crate::failure::Failure;
use crate::report::Report;
use crate::reporter::Terminal;

/// Wipes every block of memory when it is freed: libraries keep copies of tokens that they do not wipe.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The exit codes of most verbs.
const EXIT_CODES: &str = "Exit codes: 0 success, 1 failure, 2 usage error";

/// Azure DevOps without personal access tokens: Entra tokens for pipelines, publishers and people.
#[derive(Debug, Parser)]
#[command(
    name = "adieu",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  adieu doctor --organization contoso  check everything that a token needs
  adieu exec -- npx jest               run a command with a token for it
  adieu exec --feeds -- npm ci         run it with credentials for feeds
  adieu token --output header          print a token as curl reads it
  adieu extension publish              publish the extension in this folder
  adieu scan                           find personal access tokens here
  adieu explain AADSTS700213           show what an error means

Environment: ADIEU_ORGANIZATION, ADIEU_PUBLISHER and ADIEU_CREDENTIAL are
defaults of the flags of these names; HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE,
NO_COLOR.

More examples: adieu <verb> --help

Exit codes: 0 success, 1 failure, 2 usage error"
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    console: console::ConsoleArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print a Microsoft Entra access token for Azure DevOps or another resource.
    Token(token::TokenArguments),
    /// Show who you are signed in as, and your access to an organization or publisher.
    Whoami(whoami::WhoamiArguments),
    /// Check everything that a working token needs, and name the next thing to fix.
    Doctor(doctor::DoctorArguments),
    /// Add a service principal or managed identity to an organization or publisher (run once, by an administrator).
    Onboard(onboard::OnboardArguments),
    /// Remove a service principal or managed identity from an organization or publisher.
    Offboard(offboard::OffboardArguments),
    /// Run a command with access tokens in its environment, and a local endpoint for fresh ones.
    Exec(exec::ExecArguments),
    /// Package, publish, share and install Azure DevOps extensions.
    #[command(subcommand)]
    Extension(Box<extension::ExtensionCommand>),
    /// Print an extension's installs, uninstalls, reviews and sales; the same as `extension events`.
    Events(Box<extension::EventsArguments>),
    /// Find personal access tokens in files or in an organization, and what replaces them.
    Scan(scan::ScanArguments),
    /// List the personal access tokens of all users of an organization (for administrators).
    Pats(pats::PatsArguments),
    /// Give npm, NuGet, pip, Cargo, Maven and others credentials for the Azure Artifacts feeds of a folder.
    #[command(subcommand)]
    Feeds(Box<feeds::command::FeedsCommand>),
    /// Serve fresh tokens to Azure clients on this machine, until Ctrl+C.
    Serve(serve::ServeArguments),
    /// Give git the credential for an Azure DevOps repository; git calls it.
    GitCredential(git_credential::GitCredentialArguments),
    /// Show what an error means and how to fix it, without a network.
    Explain(explain::ExplainArguments),
    /// Print the version, the commit and the target of this build.
    Version(version::VersionArguments),
    /// Print the completion script for a shell.
    Completions(completions::CompletionsArguments),
    /// Answer a shell that completes a command line; the shell calls it.
    #[command(hide = true)]
    Complete(completions::CompleteArguments),
    /// Give tokens to the later steps of a GitHub Actions job; action.yml calls it.
    #[command(hide = true)]
    GithubActions,
}

fn main() -> ExitCode {
    platform::keep_memory_private();
    report_a_panic();
    let mut started_as = std::env::args_os();
    if let Some(helper) = HelperName::of_process(started_as.next().as_ref()) {
        return feeds::helper::run(helper, &started_as.collect::<Vec<_>>());
    }
    let words = match extension::translate(std::env::args_os().collect()) {
        Ok(words) => words,
        Err(answer) => {
            Terminal.error(&answer);
            return ExitCode::from(2);
        }
    };
    let color = console::color_of(&words);
    // Defining all verbs takes time, and a step needs none of them.
    if words.get(1).is_some_and(|word| word == "task") {
        return match task::Arguments::try_parse_from(&words[1..]) {
            Ok(arguments) => task::run(&arguments),
            Err(error) => print_usage(&error, color),
        };
    }
    let arguments = match read(words) {
        Ok(arguments) => arguments,
        Err(error) => return print_usage(&error, color),
    };
    console::set(arguments.console);
    match arguments.verb {
        Verb::Token(arguments) => in_a_runtime(token::run_command(arguments)),
        Verb::Whoami(arguments) => in_a_runtime(whoami::run(arguments)),
        Verb::Doctor(arguments) => in_a_runtime(doctor::run(arguments)),
        Verb::Onboard(arguments) => in_a_runtime(onboard::run(arguments)),
        Verb::Offboard(arguments) => in_a_runtime(offboard::run(arguments)),
        Verb::Exec(arguments) => in_a_runtime(exec::run(arguments)),
        Verb::Extension(command) => extension(*command),
        Verb::Events(arguments) => extension(extension::events(*arguments)),
        Verb::Scan(arguments) if arguments.is_of_an_organization() => {
            in_a_runtime(scan::run_online(arguments))
        }
        Verb::Scan(arguments) => outcome(scan::run(&arguments)),
        Verb::Pats(arguments) => in_a_runtime(pats::run(arguments)),
        Verb::Feeds(command) => in_a_runtime(feeds::command::run(*command)),
        Verb::Serve(arguments) => match arguments.of_feeds() {
            Some((connection, folder, worker)) => in_a_runtime(async move {
                feeds::keeper::serve(connection, folder, worker).await;
                Ok(ExitCode::SUCCESS)
            }),
            None => in_a_runtime(serve::run(arguments)),
        },
        Verb::GitCredential(arguments) => in_a_runtime(git_credential::run(arguments)),
        Verb::Explain(arguments) => outcome(explain::run(&arguments)),
        Verb::Version(arguments) => outcome(version::run(&arguments)),
        Verb::Completions(arguments) => outcome(completions::run(&arguments)),
        Verb::Complete(arguments) => completions::complete(&arguments, &Arguments::command()),
        Verb::GithubActions => in_a_runtime(github_actions::run()),
    }
}

/// Parses the command line. Its help is as wide as the terminal; without one, lines are not wrapped.
fn read(mut words: Vec<OsString>) -> Result<Arguments, clap::Error> {
    // `help onbord` suggests no verb, but `onbord --help` does.
    let has_commands = |word: &OsString| word == "extension" || word == "feeds";
    let verb = 1 + usize::from(words.get(1).is_some_and(has_commands));
    if words.len() > verb + 1 && words[verb] == "help" {
        words.remove(verb);
        words.push("--help".into());
    }
    let mut command = Arguments::command().max_term_width(100);
    // Only a help text needs them.
    let asks = |word: &OsString| word == "-h" || word == "--help" || word == "help";
    if words.iter().any(asks) {
        command = command.mut_subcommands(with_exit_codes);
    }
    if !Stream::Output.is_terminal() {
        command = command.term_width(0);
    }
    let matches = command.try_get_matches_from(words)?;
    Arguments::from_arg_matches(&matches)
}

/// Adds the exit codes to the help of a verb that does not name them.
fn with_exit_codes(command: clap::Command) -> clap::Command {
    let after = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let command = command.mut_subcommands(with_exit_codes);
    if after.contains("Exit codes") {
        return command;
    }
    let gap = if after.is_empty() { "" } else { "\n\n" };
    command.after_help(format!("{after}{gap}{EXIT_CODES}"))
}

fn extension(command: extension::ExtensionCommand) -> ExitCode {
    let (mut results, mut notes) = (Stream::Output.lines(), Stream::Error.lines());
    extension::run(command, &mut results, &mut notes).unwrap_or(ExitCode::FAILURE)
}

/// Prints help, the version, or an error of the command line, which clap would print without the writer.
fn print_usage(error: &clap::Error, color: Color) -> ExitCode {
    let stream = if error.use_stderr() {
        Stream::Error
    } else {
        Stream::Output
    };
    let text = match error.kind() {
        ErrorKind::DisplayVersion => version::line(),
        _ if console::has_colors(stream, color) => error.render().ansi().to_string(),
        _ => error.render().to_string(),
    };
    let text = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) => match elsewhere(word) {
            Some(answer) => format!("{answer}\n\n{text}"),
            None => text,
        },
        _ => text,
    };
    match stream.styled(text.trim_end_matches('\n')) {
        Ok(()) => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1)),
        Err(_) => ExitCode::FAILURE,
    }
}

/// What to use instead of a verb of another program.
fn elsewhere(word: &str) -> Option<&'static str> {
    match word {
        "login" | "logout" | "auth" | "signin" => Some(
            "adieu does not sign in itself: run `az login` or `azd auth login`, then `adieu \
             whoami`.",
        ),
        "publish" | "package" => Some("The verb for extensions is adieu extension."),
        _ => None,
    }
}

/// A panic message can quote any text.
fn report_a_panic() {
    std::panic::set_hook(Box::new(|panic| {
        Terminal.error(&format!(
            "adieu stopped because of an internal error; please report it: {panic}"
        ));
    }));
}

/// Runs an async verb to its exit code.
fn in_a_runtime(verb: impl Future<Output = Result<ExitCode, Box<Failure>>>) -> ExitCode {
    outcome(runtime::block_on(verb).and_then(|outcome| outcome))
}

/// The exit code of a verb, after printing a failure to standard error.
fn outcome(outcome: Result<ExitCode, Box<Failure>>) -> ExitCode {
    outcome.unwrap_or_else(|failure| {
        Terminal.error(&Report::that_ends_a_verb(&failure).text());
        ExitCode::from(failure.exit_code())
    })
}
