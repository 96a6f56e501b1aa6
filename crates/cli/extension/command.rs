//! The operations as sub-commands: results on standard output, everything else on standard error.
//!
//! It implements no operation, and knows only the flags that all of them share (`flags.rs`).

use std::io::{self, Write};
use std::process::ExitCode;

use adieu_extension::{Notice, Operation, Outcome, Problem};
use adieu_vsix::{PackError, Package};
use serde_json::json;

use super::flags::Service;
use super::perform::perform;
use super::results::Results;
use super::{absolute, digest, findings, notices, write_json};
use crate::console;
use crate::credential::SignIn;
use crate::failure::Failure;
use crate::network;
use crate::report::Report;
use crate::reporter::{Reporter as _, Terminal};
use crate::runtime;
use crate::session::{Session, Source};

/// Runs an operation from a command line.
pub(super) fn run(
    operation: Result<(Operation, Service), Box<Failure>>,
    out: &mut dyn Write,
) -> io::Result<ExitCode> {
    let done = operation.and_then(|(operation, service)| {
        let json = service.json;
        if service.asks && !is_confirmed(&operation)? {
            return Ok(None);
        }
        Ok(Some((execute(&operation, service)?, json)))
    });
    match done {
        Ok(None) => {
            Terminal.say("Nothing was removed.");
            Ok(ExitCode::FAILURE)
        }
        Ok(Some(((Outcome::Packed { package, parts }, _), json))) => {
            print_package(&package, parts, json, out)
        }
        Ok(Some(((outcome, session), json))) => {
            print(Results::of(outcome, session.as_ref(), &Terminal), json, out)
        }
        Err(failure) => Ok(refuse(&failure)),
    }
}

/// Asks before an extension, or a version of it, is removed from the Marketplace.
fn is_confirmed(operation: &Operation) -> Result<bool, Box<Failure>> {
    let Operation::Unpublish(extension) = operation else {
        return Ok(true);
    };
    let name = extension.name().map_err(Failure::Extension)?;
    if !console::can_ask() {
        return Err(Failure::NotConfirmed("extension").into());
    }
    let what = match &extension.changes.version {
        Some(version) => format!("version {version} of {name}"),
        None => format!("{name} with all its versions"),
    };
    Ok(console::is_confirmed(&format!(
        "Remove {what} from the Marketplace? [y/N] "
    )))
}

/// Prints a failure; the findings of the checks come first, in a format for editors.
pub(super) fn refuse(failure: &Failure) -> ExitCode {
    if let Failure::Extension(Problem::NotPacked {
        bypass_validation,
        error: PackError::Refused { findings },
        ..
    }) = failure
    {
        findings::print(findings, *bypass_validation);
    }
    Terminal.error(&Report::that_ends_a_verb(failure).text());
    ExitCode::from(failure.exit_code())
}

fn execute(
    operation: &Operation,
    service: Service,
) -> Result<(Outcome, Option<Session>), Box<Failure>> {
    let mut session = None;
    if operation.needs_identity() {
        let transport = network::of_command_line()?;
        let source = Source::SignIn(SignIn::new(service.credential, None));
        session = Some(Session::new(transport, service.hosts, source));
    }
    let tell = |notice: &Notice<'_>| match notice {
        Notice::Finding(report) => findings::warn(report),
        notice => notices::say(notice, &Terminal),
    };
    let work = perform(operation, session.as_ref(), &tell);
    let outcome = runtime::block_on(work)?;
    Terminal.wait(None);
    let outcome = outcome?;
    Ok((outcome, session))
}

fn print(results: Results, json: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    if json {
        write_json(&results.json)?;
    } else {
        for line in results.lines {
            writeln!(out, "{line}")?;
        }
    }
    // After the last line was printed: a run that is interrupted here reads these events again.
    out.flush()?;
    Ok(match results.state.map(|state| state.write()) {
        Some(Err(problem)) => refuse(&Failure::Extension(problem)),
        Some(Ok(())) | None => ExitCode::SUCCESS,
    })
}

/// Prints a package with its digest, which only command lines show.
fn print_package(
    package: &Package,
    parts: Option<usize>,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<ExitCode> {
    let digest = match digest(package) {
        Ok(digest) => digest,
        Err(failure) => return Ok(refuse(&failure)),
    };
    let path = absolute(&package.path);
    if json {
        let facts = &package.facts;
        write_json(&json!({
            "path": path,
            "extensionId": facts.extension_id,
            "version": facts.version,
            "publisher": facts.publisher,
            "size": package.size,
            "sha256": digest.to_string(),
            "parts": parts,
        }))?;
    } else {
        if let Some(parts) = parts {
            Terminal.say(&notices::packed(package, parts));
        }
        Terminal.say(&format!("SHA-256: {digest}"));
        writeln!(out, "{path}")?;
    }
    Ok(ExitCode::SUCCESS)
}
