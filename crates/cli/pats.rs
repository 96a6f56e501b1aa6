//! `adieu pats`: the personal access tokens of an organization's users, for its administrator.
//!
//! It revokes nothing, and no answer that it reads contains a token. `pats/shown.rs` formats the results.

mod inventory;
mod json;
mod leaks;
mod shown;

use std::cell::Cell;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;

use adieu_agent::Stream;
use adieu_devops::{
    Error, Hosts, Organization, PersonalAccessToken, Reason, User, revocation_request,
};
use clap::{Args, ValueEnum};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::credential::SignInArguments;
use crate::defaults;
use crate::failure::{Failure, PatsProblem, UnknownIdentity};
use crate::moment::rfc_3339;
use crate::organization;
use crate::pats::inventory::{AuditLog, Inventory, NotRead, OwnedPat};
use crate::progress::Progress;
use crate::report::Report;
use crate::reporter::{Reporter as _, Terminal};
use crate::result;
use crate::session::{self, Session};
use crate::whoami;

/// Azure DevOps throttles clients with more concurrent requests.
const AT_ONCE: usize = 4;

/// Retention of the audit log (learn.microsoft.com, "Access, export, and filter audit logs").
const AUDITED: Duration = Duration::days(90);

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
    output: Form,
}

/// What `--output` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
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
pub(crate) async fn run(arguments: PatsArguments) -> Result<ExitCode, Failure> {
    let name = defaults::organization_or_default(arguments.organization)
        .ok_or(Failure::NoOrganization("adieu pats"))?;
    let organization = organization::named(&Hosts::public(), &name)?;
    let leaks = arguments.leaks.as_deref().map(leaks::read).transpose()?;
    let of = format!("pats {}", organization.name);
    let progress = Progress::open(arguments.resume.as_deref(), &of)?;
    let SignInArguments { tenant, credential } = arguments.sign_in;
    let (session, _) = session::of_command_line(Some(&name), tenant, credential).await?;
    let now = OffsetDateTime::now_utc();
    let mut inventory = take(&session, &organization, now, progress).await?;
    inventory.join(leaks.unwrap_or_default());
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
    if arguments.output == Form::Text {
        Terminal.say(&shown::summary(&inventory));
    }
    Ok(match inventory.not_read[..] {
        [] => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn print(form: Form, inventory: &Inventory) -> Result<(), Failure> {
    match form {
        Form::Text => {
            let lines = shown::lines(inventory, shown::columns_of_terminal());
            Ok(result::print(
                result::Form::Text,
                &lines,
                &serde_json::Value::Null,
            )?)
        }
        Form::Json => Stream::Output
            .json(&json::document(inventory))
            .map_err(Failure::NotWritten),
        Form::Csv => Stream::Output
            .records(&shown::csv(inventory))
            .map_err(Failure::NotWritten),
        Form::Html => Stream::Output
            .text(&shown::html(inventory))
            .map_err(Failure::NotWritten),
    }
}

/// Requests everything.
async fn take(
    session: &Session,
    organization: &Organization,
    now: OffsetDateTime,
    progress: Progress,
) -> Result<Inventory, Failure> {
    let users = session.client().await?.users(organization).await;
    let users = users.map_err(|error| refused(session, organization, error))?;
    let mut inventory = Inventory {
        organization: organization.name.clone(),
        taken: now,
        users: users.len(),
        revocation: revocation_request(organization, &["<authorization id>"]),
        ..Inventory::default()
    };
    let asking = PatRequests {
        session,
        organization,
        progress: &progress,
        is_stopped: Cell::new(false),
    };
    let answers = stream::iter(users).map(|user| asking.user(user).boxed_local());
    let mut answers = pin!(answers.buffer_unordered(AT_ONCE));
    while let Some((user, answered)) = answers.next().await {
        match answered {
            Ok(pats) => {
                let pats = pats.into_iter();
                let owned = pats.map(|pat| OwnedPat::new(user.clone(), pat, now));
                inventory.pats.extend(owned);
            }
            // The others would be refused in the same way.
            Err(NotListed::ToNonAdministrators(error)) => {
                whoami::learn_ids(session).await;
                return Err(not_administrator(session, organization, error));
            }
            Err(NotListed::Because(reason)) => inventory.not_read.push(NotRead { user, reason }),
        }
    }
    inventory.is_interrupted = asking.is_stopped.get();
    if !inventory.is_interrupted {
        progress.finish();
    }
    inventory.audit = audit(session, organization, &mut inventory.pats, now).await;
    inventory.sort();
    Ok(inventory)
}

/// Why the tokens of a user are not known.
enum NotListed {
    ToNonAdministrators(Error),
    Because(String),
}

/// Requests the tokens of each user.
struct PatRequests<'a> {
    session: &'a Session,
    organization: &'a Organization,
    progress: &'a Progress,
    /// Whether the service has stopped answering; it gets no more requests.
    is_stopped: Cell<bool>,
}

impl PatRequests<'_> {
    async fn user(&self, user: User) -> (User, Result<Vec<PersonalAccessToken>, NotListed>) {
        if let Some(known) = self.progress.of(&user.descriptor).and_then(Value::as_array) {
            return (
                user,
                Ok(known.iter().map(PersonalAccessToken::from_json).collect()),
            );
        }
        if self.is_stopped.get() {
            let reason = "Azure DevOps had stopped answering before.".to_owned();
            return (user, Err(NotListed::Because(reason)));
        }
        let client = match self.session.client().await {
            Ok(client) => client,
            Err(failure) => {
                let reason = Report::sentence_of(&failure);
                return (user, Err(NotListed::Because(reason)));
            }
        };
        let asked = client.personal_access_tokens(self.organization, &user.descriptor);
        let answered = asked.await.map_err(|error| {
            if error.is_transient() {
                self.is_stopped.set(true);
            }
            // The reference documents 401 for callers who may not administer tokens; the same token has just listed
            // the users.
            if error.is(Reason::NotPermitted) || matches!(error, Error::SignedOut { .. }) {
                NotListed::ToNonAdministrators(error)
            } else {
                NotListed::Because(sentence("list its personal access tokens", error))
            }
        });
        if let Ok(pats) = &answered {
            let pats = pats.iter().map(PersonalAccessToken::to_json).collect();
            self.progress.keep(&user.descriptor, &Value::Array(pats));
        }
        (user, answered)
    }
}

/// Adds the last uses from the audit log.
async fn audit(
    session: &Session,
    organization: &Organization,
    pats: &mut [OwnedPat],
    now: OffsetDateTime,
) -> AuditLog {
    if pats.is_empty() {
        return AuditLog::NotAsked;
    }
    let since = now - AUDITED;
    let client = match session.client().await {
        Ok(client) => client,
        Err(failure) => return AuditLog::Unread(Report::sentence_of(&failure)),
    };
    let ids: Vec<&str> = pats
        .iter()
        .map(|pat| pat.pat.authorization_id.as_str())
        .collect();
    let range = (rfc_3339(since), rfc_3339(now));
    let asked = client.pat_uses(organization, (&range.0, &range.1), &ids);
    match asked.await {
        Ok(uses) => {
            for pat in pats.iter_mut() {
                pat.last_use = uses.last(&pat.pat.authorization_id);
            }
            AuditLog::Read {
                since: uses.read_back_to.unwrap_or(since),
                is_cut: uses.read_back_to.is_some(),
                is_empty: uses.entries == 0,
            }
        }
        Err(error) if error.is(Reason::NotPermitted) => AuditLog::NotPermitted,
        Err(error) => AuditLog::Unread(sentence("read the audit log", error)),
    }
}

/// A message about a request that failed.
pub(crate) fn sentence(doing: &str, error: Error) -> String {
    Report::sentence_of(&Failure::Marketplace {
        doing: doing.to_owned(),
        error,
        identity: None,
        page: None,
    })
}

/// Why the users cannot be listed.
fn refused(session: &Session, organization: &Organization, error: Error) -> Failure {
    session.learn_from(&error);
    Failure::UnknownIdentity(Box::new(UnknownIdentity {
        organization: organization.name.clone(),
        doing: format!("list the users of {}", organization.name),
        identity: None,
        ids: session.ids(),
        error,
    }))
}

fn not_administrator(session: &Session, organization: &Organization, error: Error) -> Failure {
    Failure::Pats(PatsProblem::NotAdministrator {
        organization: organization.name.clone(),
        ids: Box::new(session.ids()),
        error,
    })
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
