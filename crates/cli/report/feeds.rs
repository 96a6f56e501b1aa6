//! The words for what keeps `FeedAuthenticate@1` from its work.
//!
//! It decides nothing and prints nothing.

use adieu_feeds::NotAFeed;

use super::Report;
use super::inputs::undefined;
use crate::failure::{FeedLineProblemKind, FeedsProblem};
use crate::feeds::request::SERVED;

const SET_A_CONNECTION: &str = "Set azureDevOpsServiceConnection or azureSubscription to a service \
                                connection whose identity can read the feeds.";

pub(super) fn problem(problem: &FeedsProblem) -> Report {
    match problem {
        FeedsProblem::Lines(lines) => {
            let mut reports = lines.iter().map(|(text, fault)| line(text, fault));
            let first = reports.next();
            let mut report = first.unwrap_or_else(|| Report::new("feeds", String::new()));
            report.also = reports.collect();
            report
        }
        FeedsProblem::NotATool(word) => Report::new(
            "feeds",
            format!("tools: '{word}' is not a supported client."),
        )
        .remedy(&served()),
        FeedsProblem::NoFolder(folder) => Report::new(
            "feeds",
            format!("The folder {folder} (workingDirectory) does not exist."),
        ),
        FeedsProblem::NoneFound {
            folder,
            is_incomplete,
        } => {
            let report = Report::new("feeds", "No Azure Artifacts feed was found.".to_owned())
                .fact("folder", folder)
                .remedy(
                    "List the feeds in the input feeds, one address per line, or set \
                     workingDirectory to the folder that has .npmrc, nuget.config, pyproject.toml, \
                     pom.xml or .cargo/config.toml. Run the step after checkout.",
                );
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
            format!("{collection} is not an organization of Azure DevOps Services."),
        )
        .remedy(SET_A_CONNECTION),
        FeedsProblem::NoJobToken => Report::new(
            "feeds",
            "The job has no job token (System.AccessToken).".to_owned(),
        )
        .remedy(
            "Set azureDevOpsServiceConnection or azureSubscription. Builds of forks get a job \
             token only where the pipeline's settings allow it.",
        ),
        FeedsProblem::MicrosoftAccounts(organization) => Report::new(
            "feeds",
            format!(
                "{organization} is not connected to a Microsoft Entra tenant, so its feeds accept \
                 no Entra token."
            ),
        )
        .remedy(
            "Connect the organization to a tenant (Organization settings → Microsoft Entra), or \
             exclude its feeds with a line that starts with - in the input feeds.",
        ),
        FeedsProblem::NotWritten(reason) => Report::new(
            "feeds",
            format!("The credential files cannot be written: {reason}."),
        ),
    }
}

fn line(text: &str, fault: &FeedLineProblemKind) -> Report {
    match fault {
        FeedLineProblemKind::UndefinedVariable(variable) => {
            undefined(&format!("The line '{text}' of feeds"), variable)
        }
        FeedLineProblemKind::NotATool(word) => Report::new(
            "feeds",
            format!("The line '{text}' of feeds: '{word}' is not a supported client."),
        )
        .remedy(&served()),
        FeedLineProblemKind::NotAFeed(reason) => {
            let reason = match reason {
                NotAFeed::Scheme => "its scheme is not https",
                NotAFeed::Host => {
                    "its host is neither pkgs.dev.azure.com nor \
                     <organization>.pkgs.visualstudio.com"
                }
                NotAFeed::Userinfo => "it has a user name or password in it",
                NotAFeed::Path => "its path is not <organization>[/<project>]/_packaging/<feed>",
            };
            Report::new(
                "feeds",
                format!("The line '{text}' of feeds is not a feed: {reason}."),
            )
            .remedy(
                "Write https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/, or \
                 contoso/packages, or contoso/project/packages.",
            )
        }
    }
}

fn served() -> String {
    let words: Vec<&str> = SERVED.iter().map(|tool| tool.word()).collect();
    format!("Use {}.", words.join(", "))
}
