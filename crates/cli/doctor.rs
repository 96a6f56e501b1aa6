//! `adieu doctor`: checks everything that a working token needs, and shows what is wrong and what to do next.
//!
//! It changes nothing.

mod checks;

use std::process::ExitCode;

use adieu_devops::{Hosts, Organization};
use adieu_feeds::FeedAddress;
use clap::Args;

use crate::checklist;
use crate::credential::{self, CredentialArguments, SignInArguments};
use crate::defaults;
use crate::failure::Failure;
use crate::network;
use crate::organization;
use crate::result::OutputFormat;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu doctor                         credential, network, clock, token
  adieu doctor --organization contoso  membership and access level, too
  adieu doctor --organization contoso --repository web/site --publisher pub
  adieu doctor --feed contoso/packages

In a step of a pipeline it also adds its findings to the summary of the run.")]
pub(crate) struct DoctorArguments {
    /// Azure DevOps organization, by name or address
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organization: Option<String>,
    /// Also check read access to this repository: PROJECT/REPOSITORY
    #[arg(long, value_parser = repository)]
    repository: Option<(String, String)>,
    /// Also check the role in this publisher
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    publisher: Option<String>,
    /// Also check read access to this Azure Artifacts feed: its address, or ORGANIZATION/FEED or
    /// ORGANIZATION/PROJECT/FEED; may be repeated
    #[arg(long = "feed", value_name = "FEED", value_parser = feed)]
    feeds: Vec<FeedAddress>,
    #[command(flatten)]
    sign_in: SignInArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// What to check.
struct Plan {
    hosts: Hosts,
    organization: Option<Organization>,
    repository: Option<(String, String)>,
    publisher: Option<String>,
    feeds: Vec<FeedAddress>,
    tenant: Option<String>,
    credential: CredentialArguments,
}

fn feed(text: &str) -> Result<FeedAddress, String> {
    FeedAddress::parse_name(text)
        .map_err(|_| "a feed's address or ORGANIZATION/FEED is needed".to_owned())
}

/// Parses `web/site`.
fn repository(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((project, repository)) if !project.is_empty() && !repository.is_empty() => {
            Ok((project.to_owned(), repository.to_owned()))
        }
        _ => Err("write PROJECT/REPOSITORY, such as web/site".to_owned()),
    }
}

/// Runs the verb.
pub(crate) async fn run(arguments: DoctorArguments) -> Result<ExitCode, Box<Failure>> {
    let hosts = Hosts::public();
    let organization = defaults::organization_or_default(arguments.organization);
    let organization = organization
        .map(|text| organization::named(&hosts, &text))
        .transpose()?;
    if organization.is_none() && arguments.repository.is_some() {
        return Err(Failure::NoOrganization("--repository").into());
    }
    let transport = network::of_command_line()?;
    // A text that is not a tenant is a usage error; whether such a tenant exists is a finding.
    let tenant = credential::tenant(arguments.sign_in.tenant, None, &transport).await?;
    let plan = Plan {
        hosts,
        organization,
        repository: arguments.repository,
        publisher: defaults::publisher(arguments.publisher),
        feeds: arguments.feeds,
        tenant,
        credential: arguments.sign_in.credential,
    };
    let checks = checks::all(plan, transport).await;
    checklist::print(&checks, arguments.output)
}
