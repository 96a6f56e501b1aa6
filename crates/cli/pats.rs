//! `adieu pats`: the personal access tokens of an organization's users, for its administrator.
//!
//! It revokes nothing, and no answer that it reads contains a token. `adieu-inventory` reads, and
//! `pats/shown.rs` formats the results.

mod json;
mod shown;

use std::path::PathBuf;
use std::process::ExitCode;

use adieu_agent::Stream;
use adieu_devops::Hosts;
use adieu_inventory::{PatsError, Progress, read_leaks, read_pats};
use clap::{Args, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::console;
use crate::credential::SignInArguments;
use crate::defaults;
use crate::failure::{Failure, PatsProblem};
use crate::organization;
use crate::reporter::{Reporter as _, Terminal};
use crate::result;
use crate::session;
use crate::whoami;

/// What was read for this session.
type Inventory = adieu_inventory::Inventory<Box<Failure>>;

/// Flags of `pats`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu pats --organization contoso           all PATs, the first to stop on top
  adieu pats --organization contoso --global  those that stop on 2026-12-01
  adieu scan --output json > scan.json
  adieu pats --organization contoso --leaks scan.json
  adieu pats --organization contoso --output html > pats.html

Run this as a member of Project Collection Administrators. Nothing is revoked.

Exit codes: 0 all users were read, 1 some or all were not, 2 usage error")]
pub(crate) struct PatsArguments {
    /// Azure DevOps organization, by name or address
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organization: Option<String>,
    /// List only global PATs, which stop on 2026-12-01
    #[arg(long)]
    global: bool,
    /// List only PATs that expire before this date or time
    #[arg(long, value_name = "DATE", value_parser = moment)]
    expires_before: Option<OffsetDateTime>,
    /// Join with the tokens in this report of `adieu scan --output json`
    #[arg(long, value_name = "FILE")]
    leaks: Option<PathBuf>,
    /// Keep progress in this file and continue from it; removed once everything was read
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    sign_in: SignInArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
}

/// What `--output` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// Comma-separated values, for a spreadsheet
    Csv,
    /// One page for a browser
    Html,
}

/// Runs the verb.
pub(crate) async fn run(arguments: PatsArguments) -> Result<ExitCode, Box<Failure>> {
    let name = defaults::organization_or_default(arguments.organization)
        .ok_or(Failure::NoOrganization("adieu pats"))?;
    let organization = organization::named(&Hosts::public(), &name)?;
    let leaks = match &arguments.leaks {
        Some(path) => read_leaks(path).map_err(|problem| {
            Failure::Pats(PatsProblem::NotALeaksFile {
                path: path.display().to_string(),
                problem,
            })
        })?,
        None => Vec::new(),
    };
    let of = format!("pats {}", organization.name);
    let progress = Progress::open(arguments.resume.as_deref(), &of).map_err(Failure::Progress)?;
    let SignInArguments { tenant, credential } = arguments.sign_in;
    let (session, _) = session::of_command_line(Some(&name), tenant, credential).await?;
    let now = OffsetDateTime::now_utc();
    let mut inventory = match read_pats(&session, &organization, now, &progress).await {
        Ok(inventory) => inventory,
        Err(PatsError::SignIn(failure)) => return Err(failure),
        Err(PatsError::Users(error)) => {
            let name = &organization.name;
            let doing = format!("list the users of {name}");
            return Err(session.refused(name, doing, None, error).into());
        }
        Err(PatsError::NotAdministrator(error)) => {
            whoami::learn_ids(&session).await;
            return Err(Failure::Pats(PatsProblem::NotAdministrator {
                organization: organization.name,
                ids: Box::new(session.ids()),
                error,
            })
            .into());
        }
    };
    inventory.join(leaks);
    inventory.keep(|pat| {
        let before = arguments.expires_before;
        let is_early = before.is_none_or(|date| pat.expires.is_some_and(|expires| expires < date));
        is_early && (!arguments.global || pat.pat.is_global())
    });
    print(arguments.output, &inventory)?;
    for note in shown::notes(&inventory) {
        Terminal.warn(&note);
    }
    if inventory.is_interrupted {
        Terminal.say(crate::report::scan::ABOUT_RESUMING);
    }
    if arguments.output == Format::Text {
        Terminal.say(&shown::summary(&inventory));
    }
    Ok(match inventory.not_read[..] {
        [] => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn print(form: Format, inventory: &Inventory) -> Result<(), Box<Failure>> {
    let printed = match form {
        Format::Text => {
            let lines = shown::lines(inventory, console::columns());
            return result::print(result::OutputFormat::Text, &lines, &serde_json::Value::Null);
        }
        Format::Json => Stream::Output.json(&json::document(inventory)),
        Format::Csv => Stream::Output.records(&shown::csv(inventory)),
        Format::Html => Stream::Output.text(&shown::html(inventory)),
    };
    Ok(printed.map_err(Failure::NotWritten)?)
}

/// Parses a date, or a time (RFC 3339).
fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let text = text.trim();
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    OffsetDateTime::parse(&whole, &Rfc3339)
        .map_err(|_| "a date is written 2026-12-31, or 2026-12-31T10:00:00Z".to_owned())
}

#[test]
fn a_date_is_its_first_moment() {
    for (text, read) in [
        ("2026-12-31", Some(1_798_675_200)),
        ("2026-12-31T00:00:00+01:00", Some(1_798_671_600)),
        ("31.12.2026", None),
        ("2026-13-01", None),
        ("soon", None),
    ] {
        let moment = moment(text).ok();
        assert_eq!(moment.map(OffsetDateTime::unix_timestamp), read, "{text}");
    }
}
