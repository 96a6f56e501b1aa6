//! `adieu scan --organization`: its flags, and the projects that they choose.
//!
//! `adieu-inventory` reads, and `adieu-scan` evaluates.

use std::cell::Cell;
use std::path::PathBuf;

use adieu_devops::{Hosts, Organization, Project};
use adieu_inventory::{Progress, Resources};
use adieu_scan::{Options, Report};
use clap::Args;

use crate::credential::SignInArguments;
use crate::failure::{Failure, ScanProblem};
use crate::organization;
use crate::report;
use crate::session;
use crate::waiting::Wait;

/// Flags of a scan of an organization.
#[derive(Debug, Args)]
pub(crate) struct OrganizationArguments {
    /// Scan an Azure DevOps organization, by name or address: connections, variable groups, definitions, task
    /// groups, service hooks, agents. Only this source uses the network
    #[arg(long, group = "source", conflicts_with = "path", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) organization: Option<String>,
    /// Scan only this project of the organization; may be repeated
    #[arg(long, value_name = "NAME", requires = "organization")]
    project: Vec<String>,
    /// Keep progress in this file and continue from it; removed once everything was read
    #[arg(long, value_name = "FILE", requires = "organization")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    sign_in: SignInArguments,
}

/// Reads and evaluates everything.
pub(super) async fn scan(
    arguments: &OrganizationArguments,
    name: &str,
    options: &Options,
) -> Result<Report, Box<Failure>> {
    let organization = organization::named(&Hosts::public(), name)?;
    let of = format!("scan {}", organization.name);
    let progress = Progress::open(arguments.resume.as_deref(), &of).map_err(Failure::Progress)?;
    let SignInArguments { tenant, credential } = arguments.sign_in.clone();
    let (session, _) = session::of_command_line(Some(name), tenant, credential).await?;
    let all = session.client().await?.projects(&organization).await;
    let all = all.map_err(|error| {
        let name = &organization.name;
        session.refused(name, format!("list the projects of {name}"), None, error)
    })?;
    let chosen = chosen(&all, &arguments.project, &organization)?;
    let _waiting = Wait::begin(&format!("Reading {} projects of {name}", chosen.len()));
    let resources = Resources {
        caller: &session,
        organization: &organization,
        projects: &chosen,
        is_whole: arguments.project.is_empty(),
        progress: &progress,
        now: options.now,
        is_stopped: Cell::new(false),
    };
    let (mut report, unread) = resources.scan().await;
    report.add(Report {
        not_read: unread.iter().map(report::scan::unread_list).collect(),
        ..Report::default()
    });
    if !options.habits {
        report
            .findings
            .retain(|finding| finding.rule.kind == adieu_scan::Kind::Secret);
    }
    Ok(report)
}

/// The projects on the command line; all of them if none is given.
fn chosen(
    all: &[Project],
    names: &[String],
    organization: &Organization,
) -> Result<Vec<Project>, Box<Failure>> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    let mut chosen = Vec::new();
    for name in names {
        let is_it =
            |project: &&Project| project.name.eq_ignore_ascii_case(name) || project.id == *name;
        let Some(project) = all.iter().find(is_it) else {
            return Err(Failure::Scan(ScanProblem::NoProject {
                organization: organization.name.clone(),
                name: name.clone(),
            })
            .into());
        };
        if !chosen.contains(project) {
            chosen.push(project.clone());
        }
    }
    Ok(chosen)
}
