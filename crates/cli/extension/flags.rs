//! Converts the flags of Marketplace operations to an operation.
//!
//! It implements no operation.

use std::path::PathBuf;
use std::time::Duration;

use adieu_agent::deactivate_commands_json;
use adieu_devops::Hosts;
use adieu_extension::{
    AddMember, Events, ExtensionReference, InOrganizations, Operation, Packing, Problem, Publish,
    QueryVersion, Version, VersionSource,
};
use adieu_vsix::Changes;
use clap::{ArgGroup, Args, Subcommand};

use super::perform::{any_organizations, organizations};
use super::{ChangeArguments, TaskArguments, timestamp};
use crate::credential::CredentialArguments;
use crate::failure::Failure;
use crate::flag_values::{guid, identifier, version, whole_number};
use crate::inputs::extension::{MemberRole, VersionAction};
use crate::result::OutputArguments;

// What to ask the Marketplace for.
#[derive(Debug, Subcommand)]
pub(crate) enum MarketplaceCommand {
    /// Publish to the Marketplace, and wait for validation
    #[command(after_help = "\
Examples:
  adieu extension publish --root hello --share-with contoso fabrikam
  adieu extension publish --vsix hello.vsix --no-wait-validation")]
    Publish(PublishArguments),
    /// Share a private extension with organizations
    #[command(after_help = "\
Example:
  adieu extension share --vsix hello.vsix --organizations contoso fabrikam")]
    Share(OrganizationsArguments),
    /// Stop sharing an extension with organizations
    #[command(after_help = "\
Example:
  adieu extension unshare --vsix hello.vsix --organizations fabrikam")]
    Unshare(OrganizationsArguments),
    /// Install in organizations
    #[command(after_help = "\
Examples:
  adieu extension install --publisher pub --extension-id hello \\
      --organizations contoso")]
    Install(InstallArguments),
    /// Uninstall from organizations
    #[command(after_help = "\
Example:
  adieu extension uninstall --vsix hello.vsix --organizations contoso")]
    Uninstall(OrganizationsArguments),
    /// Remove from the Marketplace: all of it, or one version
    #[command(after_help = "\
Examples:
  adieu extension unpublish --vsix hello.vsix --extension-version 1.4.0
  adieu extension unpublish --publisher pub --extension-id hello --all-versions")]
    #[command(
        override_usage = "adieu extension unpublish [OPTIONS]\n       <--extension-version <VERSION>|--all-versions>"
    )]
    Unpublish(UnpublishArguments),
    /// Show the extension's Marketplace entry
    #[command(after_help = "\
Example:
  adieu extension show --publisher pub --extension-id hello --output json")]
    Show(ExtensionArguments),
    /// Find the highest version of several sources, and the next one
    #[command(after_help = "\
Example:
  adieu extension query-version --version-source marketplace manifest")]
    QueryVersion(VersionArguments),
    /// Wait until the Marketplace has validated a version
    #[command(after_help = "\
Example:
  adieu extension wait-for-validation --vsix hello.vsix --timeout 60")]
    WaitForValidation(WaitArguments),
    /// Wait until organizations have a version and its tasks
    #[command(after_help = "\
Example:
  adieu extension wait-for-installation --vsix a.vsix --organizations contoso")]
    #[command(
        override_usage = "adieu extension wait-for-installation [OPTIONS]\n       --organizations <ORGANIZATION>..."
    )]
    WaitForInstallation(WaitForInstallationArguments),
    /// Show the Azure DevOps ID of the identity
    #[command(after_help = "\
Example:
  adieu extension who-am-i --credential az --output json")]
    #[command(name = "who-am-i", alias = "whoami")]
    WhoAmI(PublisherArguments),
    /// Make an identity a member of a publisher
    #[command(after_help = "\
Examples:
  adieu extension add-member --publisher pub --member-role contributor \\
      --member-id 8d3c0f1e-1111-4bbb-8ccc-0123456789ab")]
    AddMember(MemberArguments),
    /// Get installs, uninstalls, reviews and sales, one JSON document per line
    Events(EventsArguments),
}

// Who asks, and which service.
#[derive(Debug, Args)]
pub(crate) struct ServiceArguments {
    #[command(flatten)]
    credential: CredentialArguments,
    /// Address of an Azure DevOps Server, instead of the public Marketplace
    #[arg(long, value_name = "URL")]
    service_url: Option<String>,
    #[command(flatten)]
    output: OutputArguments,
}

/// The identity and the services.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) credential: CredentialArguments,
    pub(super) hosts: Hosts,
    pub(super) json: bool,
    /// Whether to ask the user first.
    pub(super) asks: bool,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            credential: CredentialArguments::default(),
            hosts: Hosts::public(),
            json: false,
            asks: false,
        }
    }
}

impl ServiceArguments {
    fn read(self) -> Result<Service, Box<Failure>> {
        Ok(Service {
            credential: self.credential,
            hosts: hosts(self.service_url.as_deref())?,
            json: self.output.is_json(),
            asks: false,
        })
    }
}

/// The services: the public ones, or an Azure DevOps Server.
pub(super) fn hosts(service_url: Option<&str>) -> Result<Hosts, Box<Failure>> {
    let Some(text) = service_url else {
        return Ok(Hosts::public());
    };
    let hosts = Hosts::server(text).map_err(|reason| Failure::NotAHost {
        text: text.to_owned(),
        reason,
    })?;
    Ok(hosts)
}

// Which publisher: by its ID, or as manifests or a package say.
#[derive(Debug, Args)]
pub(crate) struct PublisherArguments {
    /// The extension's folder
    #[arg(long, short, default_value = ".")]
    root: PathBuf,
    /// Manifests or patterns, relative to the root
    #[arg(long, num_args = 1.., default_value = "vss-extension.json")]
    manifests: Vec<String>,
    /// An existing package, or a pattern with one match
    #[arg(long, value_name = "FILE")]
    vsix: Option<String>,
    /// Publisher's ID
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    publisher: Option<String>,
    #[command(flatten)]
    service: ServiceArguments,
}

// Which extension.
#[derive(Debug, Args)]
pub(crate) struct ExtensionArguments {
    #[command(flatten)]
    publisher: PublisherArguments,
    /// Extension's ID
    #[arg(long, value_name = "ID", value_parser = identifier)]
    extension_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    #[command(flatten)]
    extension: ExtensionArguments,
    #[command(flatten)]
    changes: ChangeArguments,
    /// File with values that override those in the manifests
    #[arg(long, value_name = "FILE")]
    overrides_file: Option<PathBuf>,
    /// Folder with LANGUAGE/resources.resjson files
    #[arg(long, value_name = "FOLDER")]
    loc_root: Option<PathBuf>,
    /// Publish despite errors, if a package can still be built
    #[arg(long)]
    bypass_validation: bool,
    /// File or folder for the package
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
    /// Organizations to share with
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "ORGANIZATION")]
    share_with: Vec<String>,
    /// Do not wait for validation
    #[arg(long)]
    no_wait_validation: bool,
    /// Minutes to wait for validation
    #[arg(long, default_value_t = 30, value_name = "MINUTES", value_parser = whole_number::<u64>)]
    timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct OrganizationsArguments {
    #[command(flatten)]
    extension: ExtensionArguments,
    /// Organizations: names or addresses
    #[arg(long, num_args = 1.., required = true, value_delimiter = ',', value_name = "ORGANIZATION")]
    organizations: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InstallArguments {
    #[command(flatten)]
    organizations: OrganizationsArguments,
    /// Version to install [default: the newest]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    extension_version: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("versions").required(true).args(["extension_version", "all_versions"]))]
pub(crate) struct UnpublishArguments {
    #[command(flatten)]
    extension: ExtensionArguments,
    /// Remove only this version
    #[arg(long, value_name = "VERSION", value_parser = version)]
    extension_version: Option<String>,
    /// Remove the extension with all its versions
    #[arg(long)]
    all_versions: bool,
    /// Remove without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArguments {
    #[command(flatten)]
    extension: ExtensionArguments,
    /// Version to wait for [default: the newest]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    extension_version: Option<String>,
    /// Minutes to wait
    #[arg(long, default_value_t = 30, value_name = "MINUTES", value_parser = whole_number::<u64>)]
    timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct WaitForInstallationArguments {
    #[command(flatten)]
    organizations: OrganizationsArguments,
    /// Version to wait for [default: the newest]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    extension_version: Option<String>,
    #[command(flatten)]
    tasks: TaskArguments,
    /// Minutes to wait
    #[arg(long, default_value_t = 30, value_name = "MINUTES", value_parser = whole_number::<u64>)]
    timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct VersionArguments {
    #[command(flatten)]
    extension: ExtensionArguments,
    /// marketplace, manifest, vsix, or a version
    #[arg(long, num_args = 1.., default_value = "marketplace", value_name = "SOURCE")]
    version_source: Vec<String>,
    /// Which number to raise
    #[arg(long, value_enum, default_value_t)]
    version_action: VersionAction,
}

#[derive(Debug, Args)]
pub(crate) struct MemberArguments {
    #[command(flatten)]
    publisher: PublisherArguments,
    /// Azure DevOps ID, as whoami shows it [default: your own]
    #[arg(long, value_name = "ID", value_parser = guid)]
    member_id: Option<String>,
    /// What the member may do
    #[arg(long, value_enum, default_value_t)]
    member_role: MemberRole,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu events --publisher pub --extension-id hello --since 2026-11-01
  adieu events --publisher pub --extension-id hello --state events.state

With --state, each run prints only new events.")]
pub(crate) struct EventsArguments {
    #[command(flatten)]
    extension: ExtensionArguments,
    /// Only events after this date or time (ignored once --state exists)
    #[arg(long, alias = "after-date", value_name = "DATE")]
    since: Option<String>,
    /// File that keeps the position of this run; the next one continues there
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// File or folder for JSON Lines, CSV and statistics
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
}

impl MarketplaceCommand {
    /// The operation, and the services that it uses.
    pub(super) fn into_operation(self) -> Result<(Operation, Service), Box<Failure>> {
        Ok(match self {
            Self::Publish(arguments) => return arguments.into_operation(),
            Self::Share(arguments) => on(arguments.split()?, Operation::Share),
            Self::Unshare(arguments) => on(arguments.split()?, Operation::Unshare),
            Self::Uninstall(arguments) => on(arguments.split()?, Operation::Uninstall),
            Self::Install(arguments) => {
                let (mut install, service) = arguments.organizations.split()?;
                install.extension.changes.version = arguments.extension_version;
                (Operation::Install(install), service)
            }
            Self::WaitForInstallation(arguments) => {
                let (mut install, service) = arguments.organizations.split()?;
                install.extension.changes.version = arguments.extension_version;
                install.extension.changes.tasks = arguments.tasks.updates();
                let limit = minutes(arguments.timeout);
                (Operation::WaitForInstallation(install, limit), service)
            }
            Self::Unpublish(arguments) => {
                let (mut extension, mut service) = arguments.extension.split()?;
                extension.changes.version = arguments.extension_version;
                service.asks = !arguments.yes;
                (Operation::Unpublish(extension), service)
            }
            Self::Show(arguments) => on(arguments.split()?, Operation::Show),
            Self::WhoAmI(arguments) => on(arguments.split()?, Operation::WhoAmI),
            Self::QueryVersion(arguments) => {
                let (extension, service) = arguments.extension.split()?;
                let sources = arguments.version_source;
                let query = QueryVersion {
                    sources: version_sources(&sources, &extension)?,
                    extension,
                    raise: arguments.version_action.value(),
                };
                (Operation::QueryVersion(query), service)
            }
            Self::WaitForValidation(arguments) => {
                let (mut extension, service) = arguments.extension.split()?;
                extension.changes.version = arguments.extension_version;
                let limit = minutes(arguments.timeout);
                (Operation::WaitForValidation(extension, limit), service)
            }
            Self::AddMember(arguments) => {
                let (extension, service) = arguments.publisher.split()?;
                let add = AddMember {
                    extension,
                    member: arguments.member_id,
                    role: arguments.member_role.value(),
                };
                (Operation::AddMember(add), service)
            }
            Self::Events(arguments) => {
                let (extension, service) = arguments.extension.split()?;
                let events = Events {
                    extension,
                    after: arguments.since,
                    state: arguments.state,
                    output: arguments.output_path,
                    line: deactivate_commands_json,
                };
                (Operation::Events(events), service)
            }
        })
    }
}

impl PublishArguments {
    fn into_operation(self) -> Result<(Operation, Service), Box<Failure>> {
        let (mut extension, service) = self.extension.split()?;
        extension.changes = Changes {
            publisher: extension.changes.publisher,
            extension_id: extension.changes.extension_id,
            ..self.changes.into_changes()
        };
        extension.sources.overrides_file = self.overrides_file;
        extension.sources.loc_root = self.loc_root;
        let publish = Publish {
            packing: Packing {
                extension,
                bypass_validation: self.bypass_validation,
                output: self.output_path,
                timestamp: timestamp()?,
            },
            share_with: any_organizations(&service.hosts, &self.share_with)?,
            wait: (!self.no_wait_validation).then(|| minutes(self.timeout)),
        };
        Ok((Operation::Publish(publish), service))
    }
}

impl PublisherArguments {
    fn split(self) -> Result<(ExtensionReference, Service), Box<Failure>> {
        let mut extension = ExtensionReference::in_folder(self.root, self.manifests);
        extension.changes.publisher = self.publisher;
        // A package is relative to the current folder, not to the extension's.
        extension.vsix = self.vsix.map(|vsix| {
            let here = std::env::current_dir().unwrap_or_default();
            here.join(vsix).display().to_string()
        });
        Ok((extension, self.service.read()?))
    }
}

impl ExtensionArguments {
    fn split(self) -> Result<(ExtensionReference, Service), Box<Failure>> {
        let (mut extension, service) = self.publisher.split()?;
        extension.changes.extension_id = self.extension_id;
        Ok((extension, service))
    }
}

impl OrganizationsArguments {
    fn split(self) -> Result<(InOrganizations, Service), Box<Failure>> {
        let (extension, service) = self.extension.split()?;
        let organizations = organizations(&service.hosts, &self.organizations)?;
        let asked = InOrganizations {
            extension,
            organizations,
        };
        Ok((asked, service))
    }
}

/// An operation on what the flags name.
fn on<T>((target, service): (T, Service), operation: fn(T) -> Operation) -> (Operation, Service) {
    (operation(target), service)
}

/// The sources of versions; a package is a source only if it is named.
pub(super) fn version_sources(
    texts: &[String],
    extension: &ExtensionReference,
) -> Result<Vec<VersionSource>, Box<Failure>> {
    if texts.is_empty() {
        return Ok(vec![VersionSource::Marketplace]);
    }
    let sources: Vec<_> = texts.iter().map(|text| VersionSource::read(text)).collect();
    if sources.contains(&VersionSource::Vsix) && extension.vsix.is_none() {
        return Err(Failure::MissingInput {
            input: "vsix",
            example: "out/*.vsix",
        }
        .into());
    }
    let is_not_a_version = |source: &VersionSource| match source {
        VersionSource::Text(text) if Version::parse(text).is_none() => Some(text.clone()),
        _ => None,
    };
    match sources.iter().find_map(is_not_a_version) {
        Some(text) => Err(Failure::Extension(Problem::NotAVersion {
            source: text.clone(),
            text,
        })
        .into()),
        None => Ok(sources),
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}
