//! The operations on the Marketplace as sub-commands: results on standard output.
//!
//! It does no operation itself, and knows no flag but those of every one (`flags.rs`).

use std::io::{self, Write};
use std::process::ExitCode;

use adieu_devops::Hosts;

use super::done::Done;
use super::flags::{MarketplaceCommand, ServiceArguments};
use super::operation::Operation;
use super::write_json;
use crate::credential::SignIn;
use crate::network;
use crate::report::Report;
use crate::runtime;
use crate::session::{Session, Source};
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Terminal;

/// Runs a sub-command.
pub(super) fn run(command: MarketplaceCommand, out: &mut dyn Write) -> io::Result<ExitCode> {
    let (operation, service) = command.into_operation();
    let print_json = service.json;
    match execute(&operation, &service) {
        Ok(done) => {
            if print_json {
                write_json(&done.json)?;
            } else {
                for line in done.lines {
                    writeln!(out, "{line}")?;
                }
            }
            // Not before the last line is out: whoever is cut off here gets these events again.
            out.flush()?;
            Ok(match done.state.map(|state| state.write()) {
                Some(Err(situation)) => refuse(&situation),
                Some(Ok(())) | None => ExitCode::SUCCESS,
            })
        }
        Err(situation) => Ok(refuse(&situation)),
    }
}

pub(super) fn refuse(situation: &Situation) -> ExitCode {
    Terminal.error(&Report::on_a_command_line(situation).text());
    ExitCode::from(situation.exit_code())
}

fn execute(operation: &Operation, service: &ServiceArguments) -> Result<Done, Situation> {
    let hosts = match service.service_url.as_deref() {
        None => Hosts::public(),
        Some(text) => Hosts::server(text).map_err(|reason| {
            Situation::Extension(ExtensionProblem::NotAHost {
                text: text.to_owned(),
                reason,
            })
        })?,
    };
    let transport = network::of_command_line()?;
    let sign_in = SignIn::new(service.credential.clone(), None);
    let session = Session::new(transport, hosts, Source::SignIn(sign_in));
    runtime::block_on(operation.run(Some(&session), &Terminal))?
}
