//! The operations on the Marketplace as sub-commands: flags in, results on standard output.
//!
//! It does no operation itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use adieu_devops::{Hosts, Role};
use adieu_vsix::Changes;
use clap::{Args, Subcommand, ValueEnum};

use super::operation;
use super::settings::{Done, Raise, Settings};
use super::{ChangeArguments, TaskArguments, write_json};
use crate::credential::{CredentialArguments, SignIn};
use crate::inputs::extension::Operation;
use crate::network;
use crate::report::Report;
use crate::session::{Session, Source};
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Terminal;

/// What to ask the Marketplace for.
#[derive(Debug, Subcommand)]
pub(crate) enum MarketplaceCommand {
    /// Publish to the Marketplace, and wait until it has validated
    #[command(after_help = "\
Examples:
  adieu extension publish --root hello --share-with contoso fabrikam
  adieu extension publish --vsix hello.vsix --no-wait-validation --credential managed-identity")]
    Publish(PublishArguments),
    /// Share a private extension with organizations
    #[command(after_help = "\
Example:
  adieu extension share --publisher pub --extension-id hello --organizations contoso fabrikam")]
    Share(OrganizationsArguments),
    /// Stop sharing an extension with organizations
    #[command(after_help = "\
Example:
  adieu extension unshare --vsix hello.vsix --organizations fabrikam")]
    Unshare(OrganizationsArguments),
    /// Install in organizations
    #[command(after_help = "\
Examples:
  adieu extension install --publisher pub --extension-id hello --organizations contoso
  adieu extension install --vsix hello.vsix --organizations https://dev.azure.com/contoso")]
    Install(InstallArguments),
    /// Uninstall from organizations
    #[command(after_help = "\
Example:
  adieu extension uninstall --publisher pub --extension-id hello --organizations contoso")]
    Uninstall(OrganizationsArguments),
    /// Remove from the Marketplace: all of it, or one version
    #[command(after_help = "\
Examples:
  adieu extension unpublish --publisher pub --extension-id hello --extension-version 1.4.0
  adieu extension unpublish --publisher pub --extension-id hello --all-versions")]
    Unpublish(UnpublishArguments),
    /// Show what the Marketplace knows
    #[command(after_help = "\
Example:
  adieu extension show --publisher pub --extension-id hello --json")]
    Show(SubjectArguments),
    /// Find the highest version of several sources, and the next one
    #[command(after_help = "\
Example:
  adieu extension query-version --version-source marketplace manifest --version-action patch")]
    QueryVersion(VersionArguments),
    /// Wait until the Marketplace has validated a version
    #[command(after_help = "\
Example:
  adieu extension wait-for-validation --vsix hello.vsix --timeout 60")]
    WaitForValidation(WaitArguments),
    /// Wait until organizations have a version and its tasks
    #[command(after_help = "\
Example:
  adieu extension wait-for-installation --vsix hello.vsix --organizations contoso")]
    WaitForInstallation(WaitForInstallationArguments),
    /// Tell the identity's Azure DevOps id
    #[command(after_help = "\
Example:
  adieu extension who-am-i --credential az --json")]
    #[command(name = "who-am-i", alias = "whoami")]
    WhoAmI(PublisherArguments),
    /// Make an identity a member of a publisher
    #[command(after_help = "\
Examples:
  adieu extension add-member --publisher pub --member-id ID --member-role contributor
  adieu extension add-member --publisher pub --credential az               the identity that asks")]
    AddMember(MemberArguments),
    /// Get installs, uninstalls, reviews and sales, a JSON document a line
    Events(EventsArguments),
}

/// Who asks, and whom.
#[derive(Debug, Args)]
pub(crate) struct ServiceArguments {
    #[command(flatten)]
    credential: CredentialArguments,
    /// Address of an Azure DevOps Server, in place of the public Marketplace
    #[arg(long, value_name = "URL")]
    service_url: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Which publisher: by its ID, or as manifests or a package say.
#[derive(Debug, Args)]
pub(crate) struct PublisherArguments {
    /// The extension's folder
    #[arg(long, short, default_value = ".")]
    root: PathBuf,
    /// Manifests or patterns, relative to the root
    #[arg(long, num_args = 1.., default_value = "vss-extension.json")]
    manifests: Vec<String>,
    /// A finished package, or a pattern with one match
    #[arg(long, value_name = "FILE")]
    vsix: Option<String>,
    /// Publisher's ID
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    publisher: Option<String>,
    #[command(flatten)]
    service: ServiceArguments,
}

/// Which extension.
#[derive(Debug, Args)]
pub(crate) struct SubjectArguments {
    #[command(flatten)]
    publisher: PublisherArguments,
    /// Extension's ID
    #[arg(long, value_name = "ID")]
    extension_id: Option<String>,
}

/// Flags of `publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    #[command(flatten)]
    changes: ChangeArguments,
    /// File with manifest keys that take the place of the manifests'
    #[arg(long, value_name = "FILE")]
    overrides_file: Option<PathBuf>,
    /// Folder with LANGUAGE/resources.resjson files
    #[arg(long, value_name = "FOLDER")]
    loc_root: Option<PathBuf>,
    /// Publish in spite of errors, as long as a package can be made
    #[arg(long)]
    bypass_validation: bool,
    /// File or folder for the package
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
    /// Organizations to share with
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "ORGANIZATION")]
    share_with: Vec<String>,
    /// End when the package is uploaded
    #[arg(long)]
    no_wait_validation: bool,
    /// Minutes to wait for validation
    #[arg(long, default_value_t = 30, value_name = "MINUTES")]
    timeout: u64,
}

/// Flags of what is done in organizations.
#[derive(Debug, Args)]
pub(crate) struct OrganizationsArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    /// Organizations: names or addresses
    #[arg(long, num_args = 1.., required = true, value_delimiter = ',', value_name = "ORGANIZATION")]
    organizations: Vec<String>,
}

/// Flags of `install`.
#[derive(Debug, Args)]
pub(crate) struct InstallArguments {
    #[command(flatten)]
    organizations: OrganizationsArguments,
    /// Version to install; without it, the newest
    #[arg(long, value_name = "VERSION", value_parser = version)]
    extension_version: Option<String>,
}

/// Flags of `unpublish`.
#[derive(Debug, Args)]
pub(crate) struct UnpublishArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    /// Remove this version alone
    #[arg(long, value_name = "VERSION", value_parser = version, required_unless_present = "all_versions")]
    extension_version: Option<String>,
    /// Remove the extension with all its versions
    #[arg(long, visible_alias = "yes", conflicts_with = "extension_version")]
    all_versions: bool,
}

/// A version of an extension: up to four numbers.
fn version(text: &str) -> Result<String, String> {
    match super::version::Version::parse(text) {
        Some(_) => Ok(text.trim().to_owned()),
        None => Err("a version has up to four numbers, such as 1.4.0".to_owned()),
    }
}

/// Flags of `wait-for-validation`.
#[derive(Debug, Args)]
pub(crate) struct WaitArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    /// Version to wait for; without it, the newest
    #[arg(long, value_name = "VERSION", value_parser = version)]
    extension_version: Option<String>,
    /// Minutes to wait
    #[arg(long, default_value_t = 30, value_name = "MINUTES")]
    timeout: u64,
}

/// Flags of `wait-for-installation`.
#[derive(Debug, Args)]
pub(crate) struct WaitForInstallationArguments {
    #[command(flatten)]
    organizations: OrganizationsArguments,
    /// Version to wait for; without it, the newest
    #[arg(long, value_name = "VERSION", value_parser = version)]
    extension_version: Option<String>,
    #[command(flatten)]
    tasks: TaskArguments,
    /// Minutes to wait
    #[arg(long, default_value_t = 30, value_name = "MINUTES")]
    timeout: u64,
}

/// Flags of `query-version`.
#[derive(Debug, Args)]
pub(crate) struct VersionArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    /// marketplace, manifest, vsix, or a version
    #[arg(long, num_args = 1.., default_value = "marketplace", value_name = "SOURCE")]
    version_source: Vec<String>,
    /// What to raise
    #[arg(long, value_enum, default_value_t)]
    version_action: RaiseValue,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum RaiseValue {
    #[default]
    None,
    Major,
    Minor,
    Patch,
    Revision,
}

/// Flags of `add-member`.
#[derive(Debug, Args)]
pub(crate) struct MemberArguments {
    #[command(flatten)]
    publisher: PublisherArguments,
    /// Azure DevOps id, as whoami tells it; without it, the identity that asks
    #[arg(long, value_name = "ID")]
    member_id: Option<String>,
    /// What the member may do
    #[arg(long, value_enum, default_value_t)]
    member_role: RoleValue,
}

/// What a member of a publisher may do.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum RoleValue {
    Reader,
    #[default]
    Contributor,
    Creator,
    Owner,
}

/// Flags of `events`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu events --publisher pub --extension-id hello --since 2026-11-01
  adieu events --publisher pub --extension-id hello --state events.state >> events.jsonl
  adieu events --publisher pub --extension-id hello --state events.state --output-path events

Each run with a state gives what the last one did not.")]
pub(crate) struct EventsArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    /// Events after this date or moment; with a state that is there already, the state counts
    #[arg(long, alias = "after-date", value_name = "DATE")]
    since: Option<String>,
    /// File that remembers where this run ends; the next one goes on from there, without loss and without repeats
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// File or folder for JSON Lines, CSV and statistics
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
}

/// Runs a sub-command.
pub(super) fn run(command: MarketplaceCommand, out: &mut dyn Write) -> io::Result<ExitCode> {
    let (operation, settings, service) = settings(command);
    let print_json = service.json;
    match execute(operation, &settings, &service) {
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

fn execute(
    operation: Operation,
    settings: &Settings,
    service: &ServiceArguments,
) -> Result<Done, Situation> {
    let hosts = match service.service_url.as_deref() {
        None => Hosts::public(),
        Some(text) => Hosts::server(text).map_err(|reason| {
            Situation::Extension(ExtensionProblem::NotAHost {
                text: text.to_owned(),
                reason,
            })
        })?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Situation::NoRuntime(error.to_string()))?;
    let transport = network::of_command_line()?;
    let sign_in = SignIn::new(service.credential.clone(), None);
    let session = Session::new(transport, hosts, Source::SignIn(sign_in));
    let done = runtime.block_on(operation::run(
        operation,
        settings,
        Some(&session),
        &Terminal,
    ));
    runtime.shutdown_background();
    done
}

fn settings(command: MarketplaceCommand) -> (Operation, Settings, ServiceArguments) {
    let of_organizations = |operation, arguments: OrganizationsArguments| {
        let (settings, service) = arguments.into_settings();
        (operation, settings, service)
    };
    let of_subject = |operation, arguments: SubjectArguments| {
        let (settings, service) = arguments.into_settings();
        (operation, settings, service)
    };
    match command {
        MarketplaceCommand::Publish(arguments) => {
            let (settings, service) = arguments.subject.into_settings();
            let settings = Settings {
                changes: Changes {
                    publisher: settings.changes.publisher.clone(),
                    extension_id: settings.changes.extension_id.clone(),
                    ..arguments.changes.into_changes()
                },
                overrides_file: arguments.overrides_file,
                loc_root: arguments.loc_root,
                bypass_validation: arguments.bypass_validation,
                output: arguments.output_path,
                organizations: arguments.share_with,
                no_wait: arguments.no_wait_validation,
                time_limit: minutes(arguments.timeout),
                ..settings
            };
            (Operation::Publish, settings, service)
        }
        MarketplaceCommand::Share(arguments) => of_organizations(Operation::Share, arguments),
        MarketplaceCommand::Unshare(arguments) => of_organizations(Operation::Unshare, arguments),
        MarketplaceCommand::Install(arguments) => {
            let (settings, service) = arguments.organizations.into_settings();
            let mut settings = settings;
            settings.changes.version = arguments.extension_version;
            (Operation::Install, settings, service)
        }
        MarketplaceCommand::Uninstall(arguments) => {
            of_organizations(Operation::Uninstall, arguments)
        }
        MarketplaceCommand::WaitForInstallation(arguments) => {
            let (settings, service) = arguments.organizations.into_settings();
            let mut settings = settings;
            settings.changes.version = arguments.extension_version;
            settings.changes.tasks = arguments.tasks.updates();
            settings.time_limit = minutes(arguments.timeout);
            (Operation::WaitForInstallation, settings, service)
        }
        MarketplaceCommand::Unpublish(arguments) => {
            let (settings, service) = arguments.subject.into_settings();
            let mut settings = settings;
            settings.changes.version = arguments.extension_version;
            (Operation::Unpublish, settings, service)
        }
        MarketplaceCommand::Show(arguments) => of_subject(Operation::Show, arguments),
        MarketplaceCommand::WhoAmI(arguments) => {
            let (settings, service) = arguments.into_settings();
            (Operation::WhoAmI, settings, service)
        }
        MarketplaceCommand::QueryVersion(arguments) => {
            let (settings, service) = arguments.subject.into_settings();
            let settings = Settings {
                version_sources: arguments.version_source,
                raise: match arguments.version_action {
                    RaiseValue::None => Raise::Nothing,
                    RaiseValue::Major => Raise::Major,
                    RaiseValue::Minor => Raise::Minor,
                    RaiseValue::Patch => Raise::Patch,
                    RaiseValue::Revision => Raise::Revision,
                },
                ..settings
            };
            (Operation::QueryVersion, settings, service)
        }
        MarketplaceCommand::WaitForValidation(arguments) => {
            let (settings, service) = arguments.subject.into_settings();
            let mut settings = settings;
            settings.changes.version = arguments.extension_version;
            settings.time_limit = minutes(arguments.timeout);
            (Operation::WaitForValidation, settings, service)
        }
        MarketplaceCommand::AddMember(arguments) => {
            let (settings, service) = arguments.publisher.into_settings();
            let settings = Settings {
                member: arguments.member_id,
                role: Some(arguments.member_role.into()),
                ..settings
            };
            (Operation::AddMember, settings, service)
        }
        MarketplaceCommand::Events(arguments) => {
            let (settings, service) = arguments.subject.into_settings();
            let settings = Settings {
                after: arguments.since,
                state: arguments.state,
                output: arguments.output_path,
                ..settings
            };
            (Operation::Events, settings, service)
        }
    }
}

impl PublisherArguments {
    fn into_settings(self) -> (Settings, ServiceArguments) {
        let settings = Settings {
            changes: Changes {
                publisher: self.publisher,
                ..Changes::default()
            },
            root: self.root,
            manifests: self.manifests,
            // A package is named from where the person stands, not from the extension's folder.
            vsix: self.vsix.map(|vsix| {
                let here = std::env::current_dir().unwrap_or_default();
                here.join(vsix).display().to_string()
            }),
            ..Settings::default()
        };
        (settings, self.service)
    }
}

impl SubjectArguments {
    fn into_settings(self) -> (Settings, ServiceArguments) {
        let (mut settings, service) = self.publisher.into_settings();
        settings.changes.extension_id = self.extension_id;
        (settings, service)
    }
}

impl OrganizationsArguments {
    fn into_settings(self) -> (Settings, ServiceArguments) {
        let (settings, service) = self.subject.into_settings();
        let settings = Settings {
            organizations: self.organizations,
            ..settings
        };
        (settings, service)
    }
}

impl From<RoleValue> for Role {
    fn from(role: RoleValue) -> Self {
        match role {
            RoleValue::Reader => Self::Reader,
            RoleValue::Contributor => Self::Contributor,
            RoleValue::Creator => Self::Creator,
            RoleValue::Owner => Self::Owner,
        }
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}
