//! `adieu feeds`: lists the feeds that a folder declares, checks access to them, and provides credentials for a
//! shell's clients.
//!
//! It changes no file of the folder or the user.

use std::process::ExitCode;

use adieu_agent::process_variable;
use adieu_devops::FeedRole;
use adieu_feeds::{Declaration, Reading, Request, Tool};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::local::{self, FeedArguments, FolderArguments};
use super::login::{LoginArguments, LogoutArguments, login, logout};
use super::notices::mechanism;
use super::{check, request};
use crate::checklist;
use crate::credential::SignInArguments;
use crate::failure::Failure;
use crate::network;
use crate::reporter::{Reporter as _, Terminal};
use crate::result::{self, OutputFormat};

/// The verbs below `feeds`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  adieu feeds list                what the files here declare, for which client
  adieu feeds check               ask each feed once, with your sign-in
  adieu exec --feeds -- npm ci    run one command with fresh credentials
  eval \"$(adieu feeds login)\"     give them to every command of this shell
  eval \"$(adieu feeds logout)\"    remove them")]
pub(crate) enum FeedsCommand {
    /// List the feeds that the files of a folder declare, and for which client.
    List(ListArguments),
    /// Check whether you may read each feed, and what is missing if not.
    Check(CheckArguments),
    /// Print shell variables that give package clients credentials for the feeds.
    Login(LoginArguments),
    /// Print what undoes `login` in this shell, and remove its files.
    Logout(LogoutArguments),
}

/// Flags of `feeds list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    folder: FolderArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// Flags of `feeds check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu feeds check                          all feeds that this folder declares
  adieu feeds check --feed contoso/packages  one feed, from any folder
  adieu feeds check --publish                may you publish to them, too?

Exit codes: 0 all feeds can be read, 1 a feed cannot be read, 2 usage error")]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    feeds: FeedArguments,
    /// Also fail where you may not publish
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    sign_in: SignInArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// Runs the verb.
pub(crate) async fn run(command: FeedsCommand) -> Result<ExitCode, Box<Failure>> {
    match command {
        FeedsCommand::List(arguments) => list(&arguments),
        FeedsCommand::Check(arguments) => Box::pin(checked(arguments)).await,
        FeedsCommand::Login(arguments) => Box::pin(login(arguments)).await,
        FeedsCommand::Logout(arguments) => logout(&arguments),
    }
}

fn list(arguments: &ListArguments) -> Result<ExitCode, Box<Failure>> {
    let folder = arguments.folder.folder();
    let reading = local::read(folder, &process_variable)?;
    let request = request::choose(&reading, (local::FLAG, ""), "auto", &Tool::ALL)?;
    if reading.is_incomplete {
        Terminal.warn(
            "The folder has too many files or levels, so not all of it was read. Name a folder \
             further down.",
        );
    }
    if reading.declarations.is_empty()
        && reading.nearly.is_empty()
        && arguments.output == OutputFormat::Text
    {
        Terminal.say(&format!(
            "No Azure Artifacts feed is declared in {}.",
            local::whole(folder).display()
        ));
    }
    result::print(
        arguments.output,
        &lines(&request, &reading),
        &document(&request, &reading),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// How a client gets its credential, for each feed of a request.
fn all(request: &Request) -> Vec<(&Declaration, &'static str)> {
    let served = request.served.iter();
    let served = served.map(|one| (one, mechanism(one, None)));
    let unserved = request
        .unserved
        .iter()
        .map(|one| (one, "not supported here"));
    let mut all: Vec<_> = served.chain(unserved).collect();
    adieu_order::sort_by(&mut all, |(one, _), (other, _)| {
        (&one.place, one.line, one.tool).cmp(&(&other.place, other.line, other.tool))
    });
    all
}

fn lines(request: &Request, reading: &Reading) -> Vec<String> {
    let all = all(request);
    let places: Vec<String> = all.iter().map(|(one, _)| one.position()).collect();
    let widest = places.iter().map(String::len).max().unwrap_or_default();
    let mut lines = Vec::new();
    for ((one, mechanism), place) in all.iter().zip(places) {
        lines.push(format!(
            "{place:<widest$}  {:<7}  {}  ({mechanism})",
            one.tool.word(),
            one.address
        ));
    }
    for one in &reading.stale {
        lines.push(format!(
            "{} has a credential, which {} uses before any other",
            one.position(),
            one.tool
        ));
    }
    for one in &reading.nearly {
        lines.push(format!(
            "{} names {} by http, with a port, or with a dot behind the host; write {}",
            one.position(),
            one.address,
            one.address.address()
        ));
    }
    lines
}

fn document(request: &Request, reading: &Reading) -> Value {
    let mut feeds = Vec::new();
    for (one, mechanism) in all(request) {
        feeds.push(json!({
            "file": one.place, "line": one.line, "client": one.tool.word(), "feed": one.address.to_string(),
            "organization": one.address.organization, "address": one.address.address(),
            "credentialBy": mechanism,
        }));
    }
    let mut stale = Vec::new();
    for one in &reading.stale {
        stale.push(json!({ "file": one.place, "line": one.line, "client": one.tool.word() }));
    }
    let mut nearly = Vec::new();
    for one in &reading.nearly {
        nearly.push(json!({
            "file": one.place, "line": one.line, "client": one.tool.word(), "address": one.address.address(),
        }));
    }
    json!({ "feeds": feeds, "credentials": stale, "otherAddresses": nearly, "complete": !reading.is_incomplete })
}

async fn checked(arguments: CheckArguments) -> Result<ExitCode, Box<Failure>> {
    let (request, _) = local::find(&arguments.feeds, &process_variable)?;
    let transport = network::of_command_line()?;
    let mut declared: Vec<&Declaration> = request.served.iter().chain(&request.unserved).collect();
    adieu_order::sort(&mut declared);
    let needed = match arguments.publish {
        true => FeedRole::Publisher,
        false => FeedRole::Reader,
    };
    let checks = check::all(&declared, needed, &arguments.sign_in, &transport).await?;
    checklist::print(&checks, arguments.output)
}
