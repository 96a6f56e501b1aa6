//! What an organization keeps outside repositories: service connections, variable groups, definitions, task groups,
//! service hooks and agents, read with the caller's identity.
//!
//! It only requests lists and documents, never a secret, and changes nothing. `adieu-scan` evaluates them.

use std::cell::Cell;
use std::path::PathBuf;
use std::pin::pin;

use adieu_devops::{Client, Error, Hosts, Listing, Organization, Project, Reason};
use adieu_scan::{LastUse, NotRead, NotReadReason, Options, Report, Resource, ResourceKind};
use clap::Args;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;

use crate::credential::SignInArguments;
use crate::failure::{Failure, ScanProblem, UnknownIdentity};
use crate::organization;
use crate::pats;
use crate::progress::Progress;
use crate::report::Report as Words;
use crate::session::{self, Session};
use crate::waiting::Wait;

/// Azure DevOps throttles clients with more concurrent requests.
const AT_ONCE: usize = 4;

/// The lists of each project.
const OF_PROJECTS: [Listing; 5] = [
    Listing::ServiceConnections,
    Listing::VariableGroups,
    Listing::BuildDefinitions,
    Listing::ReleaseDefinitions,
    Listing::TaskGroups,
];

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

/// The unit of reading.
struct Part<'a> {
    /// `None` for lists of the organization.
    project: Option<&'a Project>,
    listing: Listing,
}

/// Why a list was not read completely.
enum Stop {
    NotPermitted,
    /// Another run may get an answer.
    Transient(String),
    Other(String),
}

struct Scan<'a> {
    session: &'a Session,
    organization: &'a Organization,
    projects: &'a [Project],
    progress: Progress,
    now: u64,
    /// Whether the service has stopped answering; it gets no more requests.
    is_stopped: Cell<bool>,
}

/// Reads and evaluates everything.
pub(super) async fn scan(
    arguments: &OrganizationArguments,
    name: &str,
    options: &Options,
) -> Result<Report, Failure> {
    let organization = organization::named(&Hosts::public(), name)?;
    let of = format!("scan {}", organization.name);
    let progress = Progress::open(arguments.resume.as_deref(), &of)?;
    let SignInArguments { tenant, credential } = arguments.sign_in.clone();
    let (session, _) = session::of_command_line(Some(name), tenant, credential).await?;
    let all = projects(&session, &organization).await?;
    let chosen = chosen(&all, &arguments.project, &organization)?;
    let is_whole = arguments.project.is_empty();
    let _waiting = Wait::begin(&format!("Reading {} projects of {name}", chosen.len()));
    let scan = Scan {
        session: &session,
        organization: &organization,
        projects: &chosen,
        progress,
        now: options.now,
        is_stopped: Cell::new(false),
    };
    let mut report = scan.everything(is_whole).await;
    if !options.habits {
        report
            .findings
            .retain(|finding| finding.rule.kind == adieu_scan::Kind::Secret);
    }
    Ok(report)
}

async fn projects(session: &Session, organization: &Organization) -> Result<Vec<Project>, Failure> {
    let projects = session.client().await?.projects(organization).await;
    projects.map_err(|error| {
        session.learn_from(&error);
        Failure::UnknownIdentity(Box::new(UnknownIdentity {
            organization: organization.name.clone(),
            doing: format!("list the projects of {}", organization.name),
            identity: None,
            ids: session.ids(),
            error,
        }))
    })
}

/// The projects on the command line; all of them if none is given.
fn chosen(
    all: &[Project],
    names: &[String],
    organization: &Organization,
) -> Result<Vec<Project>, Failure> {
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
            }));
        };
        if !chosen.contains(project) {
            chosen.push(project.clone());
        }
    }
    Ok(chosen)
}

impl Scan<'_> {
    async fn everything(self, is_whole: bool) -> Report {
        let mut parts = Vec::new();
        for project in self.projects {
            parts.extend(OF_PROJECTS.map(|listing| Part {
                project: Some(project),
                listing,
            }));
        }
        if is_whole {
            parts.extend(
                [Listing::ServiceHooks, Listing::AgentPools].map(|listing| Part {
                    project: None,
                    listing,
                }),
            );
        }
        let mut report = Report::default();
        let mut is_complete = true;
        {
            let reading = stream::iter(&parts).map(|part| self.part(part).boxed_local());
            let mut reading = pin!(reading.buffer_unordered(AT_ONCE));
            while let Some((part, is_read)) = reading.next().await {
                is_complete &= is_read;
                report.add(part);
            }
        }
        if is_complete {
            self.progress.finish();
        }
        report
    }

    /// Reads one list. Returns whether another run has nothing more to read of it.
    async fn part(&self, part: &Part<'_>) -> (Report, bool) {
        let key = self.path(part);
        if let Some(known) = self.progress.of(&key).and_then(adieu_scan::from_json) {
            return (known, true);
        }
        let read = match self.is_stopped.get() {
            true => Err(Stop::Transient(
                "it was not asked for after Azure DevOps had stopped answering.".to_owned(),
            )),
            false => self.read(part).await,
        };
        let (reason, is_final) = match read {
            Ok(report) => {
                self.progress.keep(&key, &adieu_scan::to_json(&report));
                return (report, true);
            }
            Err(Stop::NotPermitted) => (NotReadReason::NotPermitted(right(part.listing)), true),
            Err(Stop::Other(reason)) => (NotReadReason::Unanswered(reason), true),
            Err(Stop::Transient(reason)) => {
                self.is_stopped.set(true);
                (NotReadReason::Unanswered(reason), false)
            }
        };
        let mut report = Report::default();
        report.not_read.push(NotRead { path: key, reason });
        (report, is_final)
    }

    async fn read(&self, part: &Part<'_>) -> Result<Report, Stop> {
        let client = self.client().await?;
        let mut pages = client.resources(self.organization, part.project, part.listing);
        let mut report = Report::default();
        while let Some(documents) = pages.next().await.map_err(|error| stop(part, error))? {
            for document in documents {
                match part.project {
                    Some(project) => {
                        report.add(self.of_project(part, project, document).await?);
                    }
                    None if part.listing == Listing::AgentPools => {
                        report.add(self.agents(part, &document).await?);
                    }
                    None => report.add(self.service_hook(&document)),
                }
            }
        }
        Ok(report)
    }

    async fn of_project(
        &self,
        part: &Part<'_>,
        project: &Project,
        mut document: Value,
    ) -> Result<Report, Stop> {
        if !self.is_reported_by(&document, project) {
            return Ok(Report::default());
        }
        let kind = kind(part.listing);
        let mut last_use = None;
        if kind == ResourceKind::ServiceConnection
            && adieu_scan::connection_with_a_pat(&document).is_some()
        {
            last_use = self.last_use(part, project, &document).await?;
        }
        if kind == ResourceKind::ReleaseDefinition
            && let Some(id) = document["id"].as_u64()
        {
            let client = self.client().await?;
            let whole = client.release_definition(self.organization, project, id);
            document = whole.await.map_err(|error| stop(part, error))?;
        }
        let id = id_of(&document);
        let (path, query): (Vec<&str>, Vec<(&str, &str)>) = match kind {
            ResourceKind::ServiceConnection => (
                vec!["_settings", "adminservices"],
                vec![("resourceId", &id)],
            ),
            ResourceKind::VariableGroup => (
                vec!["_library"],
                vec![
                    ("itemType", "VariableGroups"),
                    ("view", "VariableGroupView"),
                    ("variableGroupId", &id),
                ],
            ),
            ResourceKind::ReleaseDefinition => (vec!["_release"], vec![("definitionId", &id)]),
            ResourceKind::TaskGroup => (vec!["_taskgroup", &id], Vec::new()),
            _ => (vec!["_build"], vec![("definitionId", &id)]),
        };
        let path = [&[project.name.as_str()], &path[..]].concat();
        let place = Resource {
            kind,
            url: self.organization.portal(&path, &query),
            last_use,
        };
        let folder = document["path"].as_str().unwrap_or_default();
        let folder = folder.replace('\\', "/");
        let name = document["name"].as_str().unwrap_or_default();
        let name = format!("{}/{name}", folder.trim_end_matches('/'));
        let path = format!(
            "{}/{}/{}/{}",
            self.organization.name,
            project.name,
            kind.word(),
            name.trim_start_matches('/')
        );
        Ok(adieu_scan::scan_resource(
            &document, &path, &place, self.now,
        ))
    }

    /// Whether this project reports a connection or group that several projects share: the first of them does.
    fn is_reported_by(&self, document: &Value, project: &Project) -> bool {
        let references = [
            "serviceEndpointProjectReferences",
            "variableGroupProjectReferences",
        ]
        .into_iter()
        .find_map(|name| document[name].as_array());
        let ids = references.into_iter().flatten();
        let mut ids = ids.filter_map(|reference| reference["projectReference"]["id"].as_str());
        let first = ids.find(|id| self.projects.iter().any(|known| known.id == **id));
        first.is_none_or(|first| first == project.id)
    }

    async fn last_use(
        &self,
        part: &Part<'_>,
        project: &Project,
        connection: &Value,
    ) -> Result<Option<LastUse>, Stop> {
        let client = self.client().await?;
        let id = id_of(connection);
        let asked = client.last_use(self.organization, project, &id).await;
        match asked.map_err(|error| stop(part, error)) {
            Ok(last) => Ok(last.map(|(at, by)| LastUse { at, by })),
            // The connection itself is reported, whether it was used or not.
            Err(Stop::NotPermitted | Stop::Other(_)) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    async fn agents(&self, part: &Part<'_>, pool: &Value) -> Result<Report, Stop> {
        let mut report = Report::default();
        let (Some(id), false) = (pool["id"].as_u64(), pool["isHosted"] == Value::Bool(true)) else {
            // Microsoft-hosted agents.
            return Ok(report);
        };
        let pool_name = pool["name"].as_str().unwrap_or_default();
        let query = id.to_string();
        let url = self.organization.portal(
            &["_settings", "agentpools"],
            &[("poolId", &query), ("view", "agents")],
        );
        let place = Resource {
            kind: ResourceKind::Agent,
            url,
            last_use: None,
        };
        let client = self.client().await?;
        let mut pages = client.agents(self.organization, id);
        while let Some(agents) = pages.next().await.map_err(|error| stop(part, error))? {
            for agent in agents {
                let name = agent["name"].as_str().unwrap_or_default();
                let path = format!("{}/agent/{pool_name}/{name}", self.organization.name);
                report.add(adieu_scan::scan_resource(&agent, &path, &place, self.now));
            }
        }
        Ok(report)
    }

    fn service_hook(&self, document: &Value) -> Report {
        let id = id_of(document);
        let project = document["publisherInputs"]["projectId"].as_str();
        let path: Vec<&str> = project
            .into_iter()
            .filter(|id| !id.is_empty())
            .chain(["_settings", "serviceHooks"])
            .collect();
        let place = Resource {
            kind: ResourceKind::ServiceHook,
            url: self.organization.portal(&path, &[]),
            last_use: None,
        };
        let path = format!("{}/service hook/{id}", self.organization.name);
        adieu_scan::scan_resource(document, &path, &place, self.now)
    }

    async fn client(&self) -> Result<Client<'_>, Stop> {
        let client = self.session.client().await;
        client.map_err(|failure| Stop::Transient(Words::sentence_of(&failure)))
    }

    /// The name of a list in outputs.
    fn path(&self, part: &Part<'_>) -> String {
        let name = &self.organization.name;
        let kind = kind(part.listing).word();
        match part.project {
            Some(project) => format!("{name}/{}/{kind}s", project.name),
            None => format!("{name}/{kind}s"),
        }
    }
}

fn id_of(document: &Value) -> String {
    match &document["id"] {
        Value::String(id) => id.clone(),
        id => id.to_string(),
    }
}

fn kind(listing: Listing) -> ResourceKind {
    match listing {
        Listing::ServiceConnections => ResourceKind::ServiceConnection,
        Listing::VariableGroups => ResourceKind::VariableGroup,
        Listing::BuildDefinitions => ResourceKind::BuildDefinition,
        Listing::ReleaseDefinitions => ResourceKind::ReleaseDefinition,
        Listing::TaskGroups => ResourceKind::TaskGroup,
        Listing::ServiceHooks => ResourceKind::ServiceHook,
        Listing::AgentPools => ResourceKind::Agent,
    }
}

/// The permission for a list (learn.microsoft.com, "Permissions and groups reference").
fn right(listing: Listing) -> &'static str {
    match listing {
        Listing::ServiceConnections => {
            "the role Reader on the service connections (Project settings → Service connections → ⋮ → Security)"
        }
        Listing::VariableGroups => {
            "the role Reader on the library (Pipelines → Library → Security)"
        }
        Listing::BuildDefinitions => "View build pipeline (Pipelines → ⋮ → Manage security)",
        Listing::ReleaseDefinitions => {
            "View release pipeline (Releases → All pipelines → ⋮ → Security)"
        }
        Listing::TaskGroups => "access to the project (Project settings → Permissions → Readers)",
        Listing::ServiceHooks => {
            "View subscriptions of service hooks, which Project Collection Administrators have"
        }
        Listing::AgentPools => {
            "the role Reader on the agent pools (Organization settings → Agent pools → Security)"
        }
    }
}

fn stop(part: &Part<'_>, error: Error) -> Stop {
    let is_permission = [
        Reason::NotPermitted,
        Reason::NotFound,
        Reason::ProjectNotShown,
        Reason::NoProject,
    ]
    .into_iter()
    .any(|reason| error.is(reason));
    // A list with its own permission is also refused with 401; the same token has just listed the projects.
    if is_permission || matches!(error, Error::SignedOut { .. }) {
        return Stop::NotPermitted;
    }
    let is_transient = error.is_transient();
    let sentence = pats::sentence(&format!("list the {}s", kind(part.listing).word()), error);
    match is_transient {
        true => Stop::Transient(sentence),
        false => Stop::Other(sentence),
    }
}
