//! The messages for failures of `FeedAuthenticate@1` and `adieu feeds`.
//!
//! It makes no decisions and prints nothing.

use adieu_devops::{Error, FeedRole, Reason};
use adieu_feeds::{FeedAddress, NotAFeed, NotAFeedLine, Tool};

use super::inputs::undefined;
use super::requested_by::RequestedBy;
use super::{Report, azure_devops, organization};
use crate::failure::{FeedLineProblemKind, FeedsProblem};
use crate::identity_ids::IdentityIds;

const SET_A_CONNECTION: &str = "Set azureDevOpsServiceConnection or azureSubscription to a service \
                                connection whose identity can read the feeds.";

/// A feed that cannot be read: what is missing, and who can grant it.
pub(crate) fn not_readable(address: &FeedAddress, error: &Error, ids: &IdentityIds) -> Report {
    let name = &address.organization;
    if let Some(report) = organization::refused(name, ids, error) {
        return organization::with_identity(report, None, ids);
    }
    let report = match error {
        Error::Refused(refusal) if error.is(Reason::NotPermitted) => Report::new(
            "feeds",
            format!(
                "This identity is not a reader of the feed {address} ({} of {}).",
                refusal.status, refusal.host
            ),
        )
        .remedy(
            "Have an owner of the feed add it as Feed Reader, or as Feed and Upstream Reader \
             (Collaborator) if it may save packages from upstream sources: Artifacts → the feed \
             → ⚙ → Permissions → Add users/groups.",
        ),
        Error::Refused(refusal) if error.is(Reason::NotFound) => Report::new(
            "feeds",
            format!(
                "{name} has no feed {address} that this identity may see ({} of {}).",
                refusal.status, refusal.host
            ),
        )
        .remedy(
            "Compare the address with Artifacts → Connect to feed: the address of a project's \
             feed contains the project.",
        ),
        _ => {
            let doing = format!("read the feed {address}");
            return azure_devops::by_command_line(&doing, error);
        }
    };
    let report = organization::with_service_message(report, error);
    organization::with_identity(report, None, ids)
}

/// A feed that can be read, but with a missing role.
pub(crate) fn lacks_role(address: &FeedAddress, needed: FeedRole, ids: &IdentityIds) -> Report {
    let (cannot, role) = match needed {
        FeedRole::Publisher => ("publish to it", "Feed Publisher (Contributor)"),
        _ => (
            "save packages from its upstream sources: a public package that is not in it yet is \
             not found",
            "Feed and Upstream Reader (Collaborator)",
        ),
    };
    let sentence = format!("This identity can read the feed {address}, and cannot {cannot}.");
    let report = Report::new("feeds", sentence).remedy(&format!(
        "An owner of the feed gives it the role {role}: Artifacts → the feed → ⚙ → Permissions → \
         Add users/groups."
    ));
    organization::with_identity(report, None, ids)
}

/// A feed that can be read, but whose role the service does not list.
pub(crate) fn unknown_role(address: &FeedAddress) -> Report {
    let sentence = format!(
        "This identity can read the feed {address}; Azure DevOps does not show whether it can \
         publish to it."
    );
    Report::new("feeds", sentence)
}

pub(super) fn problem(problem: &FeedsProblem, requested_by: RequestedBy) -> Report {
    match problem {
        FeedsProblem::Lines(lines) => {
            let lines = lines.iter();
            Report::of_several(lines.map(|(text, fault)| line(text, fault, requested_by)))
        }
        FeedsProblem::NotATool(word) => Report::new(
            "feeds",
            format!(
                "{}: '{word}' is not a supported client.",
                requested_by.words("tools", "--tools")
            ),
        )
        .remedy(&served()),
        FeedsProblem::NotARegistry(line) => Report::new(
            "feeds",
            format!("containerRegistries: '{line}' is not an Azure container registry."),
        )
        .remedy("Write its login server, one per line: contoso.azurecr.io"),
        FeedsProblem::NoConnection => Report::new(
            "feeds",
            "containerRegistries needs a service connection: the job's own token is not valid for \
             Azure.",
        )
        .remedy(
            "Set azureSubscription or azureDevOpsServiceConnection to a connection whose identity \
             has the role AcrPull of the registry, or AcrPush.",
        ),
        FeedsProblem::NoFolder(folder) => Report::new(
            "feeds",
            format!(
                "The folder {folder}{} does not exist.",
                requested_by.words(" (workingDirectory)", "")
            ),
        ),
        FeedsProblem::NoneFound {
            folder,
            is_incomplete,
        } => {
            let report = Report::new("feeds", "No Azure Artifacts feed was found.")
                .fact("folder", folder)
                .remedy(requested_by.words(
                    "List the feeds in the input feeds, one address per line, or set \
                     workingDirectory to the folder that has .npmrc, nuget.config, pyproject.toml, \
                     pom.xml or .cargo/config.toml. Run the step after checkout.",
                    "Run it in the folder that has .npmrc, nuget.config, pyproject.toml, pom.xml \
                     or .cargo/config.toml, or name a feed: adieu feeds login --feed \
                     contoso/packages",
                ));
            match is_incomplete {
                true => report.fact("not read", "the folder has too many files or levels"),
                false => report,
            }
        }
        FeedsProblem::OtherOrganization { own, places } => {
            let mut report = Report::new(
                "feeds",
                format!(
                    "These feeds belong to other organizations than {own}, and the job's own \
                     token is valid for {own} only."
                ),
            );
            for place in places {
                report = report.fact("feed", place);
            }
            report.remedy(SET_A_CONNECTION)
        }
        FeedsProblem::NoService(collection) => Report::new(
            "feeds",
            format!("'{collection}' is not an organization of Azure DevOps Services."),
        )
        .remedy(SET_A_CONNECTION),
        FeedsProblem::NoJobToken => {
            Report::new("feeds", "The job has no job token (System.AccessToken).").remedy(
                "Set azureDevOpsServiceConnection or azureSubscription. Builds of forks get a job \
             token only where the pipeline's settings allow it.",
            )
        }
        FeedsProblem::MicrosoftAccounts(organization) => Report::new(
            "feeds",
            format!(
                "{organization} is not connected to a Microsoft Entra tenant, so its feeds do \
                 not accept Microsoft Entra tokens."
            ),
        )
        .remedy(
            "Connect the organization to a tenant (Organization settings → Microsoft Entra), or \
             exclude its feeds with a line that starts with - in the input feeds.",
        ),
        FeedsProblem::NoToken {
            organizations,
            tenant,
            failure,
        } => Report::worded(failure, requested_by).with_facts(&[
            ("for the feeds of", organizations),
            ("their tenant", tenant),
        ]),
        FeedsProblem::NoPrograms(folder) => Report::new(
            "feeds",
            format!(
                "No program can run in the folder {folder} (noexec), and NuGet, Cargo, Gradle and \
                 pip ask programs in it for credentials."
            ),
        )
        .remedy(requested_by.words(
            "Mount the file system of the agent's work folder without noexec, or use only npm \
             and Maven: tools: npm, maven.",
            "Set TMPDIR to a folder on a file system that is mounted without noexec.",
        )),
        FeedsProblem::NotWritten(reason) => Report::new(
            "feeds",
            format!("The credential files cannot be written: {reason}."),
        ),
    }
}

fn line(text: &str, fault: &FeedLineProblemKind, requested_by: RequestedBy) -> Report {
    let line = match requested_by {
        RequestedBy::Step => format!("The line '{text}' of feeds"),
        RequestedBy::CommandLine => format!("--feed '{text}'"),
    };
    match fault {
        FeedLineProblemKind::UndefinedVariable(variable) => undefined(&line, variable),
        FeedLineProblemKind::NotAFeedLine(NotAFeedLine::NotATool(word)) => Report::new(
            "feeds",
            format!("{line}: '{word}' is not a supported client."),
        )
        .remedy(&served()),
        FeedLineProblemKind::NotAFeedLine(NotAFeedLine::NotAFeed(reason)) => {
            let reason = match reason {
                NotAFeed::Scheme => "its scheme is not https",
                NotAFeed::Host => {
                    "its host is neither pkgs.dev.azure.com nor \
                     <organization>.pkgs.visualstudio.com"
                }
                NotAFeed::Userinfo => "it contains a user name or password",
                NotAFeed::Path => "its path is not <organization>[/<project>]/_packaging/<feed>",
            };
            Report::new("feeds", format!("{line} is not a feed: {reason}.")).remedy(
                "Write https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/, or \
                 contoso/packages, or contoso/project/packages.",
            )
        }
    }
}

fn served() -> String {
    let words: Vec<&str> = Tool::ALL.iter().map(|tool| tool.word()).collect();
    format!("Use {}.", words.join(", "))
}
