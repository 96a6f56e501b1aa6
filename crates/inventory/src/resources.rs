//! What an organization keeps outside repositories: service connections, variable groups, definitions, task groups,
//! service hooks and agents, read with the caller's identity.
//!
//! It only requests lists and documents, never a secret. `adieu-scan` evaluates them.

use std::cell::Cell;
use std::pin::pin;

use adieu_devops::{Caller, Client, Listing, Organization, Project};
use adieu_scan::{LastUse, Report, Resource, ResourceKind};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;

use crate::progress::Progress;
use crate::{AT_ONCE, ReadError};

/// The lists of each project.
const OF_PROJECTS: [Listing; 5] = [
    Listing::ServiceConnections,
    Listing::VariableGroups,
    Listing::BuildDefinitions,
    Listing::ReleaseDefinitions,
    Listing::TaskGroups,
];

/// What to read.
pub struct Resources<'a, C: Caller> {
    /// Who reads.
    pub caller: &'a C,
    /// The organization.
    pub organization: &'a Organization,
    /// The projects to read.
    pub projects: &'a [Project],
    /// Whether to read the lists of the organization as well.
    pub is_whole: bool,
    /// What an earlier run has read.
    pub progress: &'a Progress,
    /// Seconds since 1970.
    pub now: u64,
    /// Whether the service has stopped answering; it gets no more requests. Starts as `false`.
    pub is_stopped: Cell<bool>,
}

/// A list that was not read completely.
#[derive(Debug)]
pub struct UnreadList<E> {
    /// Its name in outputs.
    pub path: String,
    /// What it lists.
    pub listing: Listing,
    /// The reason.
    pub error: ReadError<E>,
}

/// The unit of reading.
struct Part<'a> {
    /// `None` for lists of the organization.
    project: Option<&'a Project>,
    listing: Listing,
}

impl<C: Caller> Resources<'_, C> {
    /// Reads and evaluates everything; the lists that were not read are separate.
    pub async fn scan(&self) -> (Report, Vec<UnreadList<C::Error>>) {
        let mut parts = Vec::new();
        for project in self.projects {
            parts.extend(OF_PROJECTS.map(|listing| Part {
                project: Some(project),
                listing,
            }));
        }
        if self.is_whole {
            parts.extend(
                [Listing::ServiceHooks, Listing::AgentPools].map(|listing| Part {
                    project: None,
                    listing,
                }),
            );
        }
        let (mut report, mut unread) = (Report::default(), Vec::new());
        let reading = stream::iter(&parts).map(|part| self.part(part).boxed_local());
        let mut reading = pin!(reading.buffer_unordered(AT_ONCE));
        while let Some(part) = reading.next().await {
            match part {
                Ok(part) => report.add(part),
                Err(list) => unread.push(list),
            }
        }
        if !unread.iter().any(|list| list.error.is_transient()) {
            self.progress.finish();
        }
        (report, unread)
    }

    async fn part(&self, part: &Part<'_>) -> Result<Report, UnreadList<C::Error>> {
        let path = self.path(part);
        if let Some(known) = self.progress.of(&path).and_then(adieu_scan::from_json) {
            return Ok(known);
        }
        let read = match self.is_stopped.get() {
            true => Err(ReadError::Stopped),
            false => self.read(part).await,
        };
        match read {
            Ok(report) => {
                self.progress.keep(&path, &adieu_scan::to_json(&report));
                Ok(report)
            }
            Err(error) => {
                self.is_stopped
                    .set(self.is_stopped.get() || error.is_transient());
                Err(UnreadList {
                    path,
                    listing: part.listing,
                    error,
                })
            }
        }
    }

    async fn read(&self, part: &Part<'_>) -> Result<Report, ReadError<C::Error>> {
        let client = self.client().await?;
        let mut pages = client.resources(self.organization, part.project, part.listing);
        let mut report = Report::default();
        while let Some(documents) = pages.next().await.map_err(ReadError::Refused)? {
            for document in documents {
                match part.project {
                    Some(project) => {
                        report.add(self.of_project(part.listing, project, document).await?);
                    }
                    None if part.listing == Listing::AgentPools => {
                        report.add(self.agents(&document).await?);
                    }
                    None => report.add(self.service_hook(&document)),
                }
            }
        }
        Ok(report)
    }

    async fn of_project(
        &self,
        listing: Listing,
        project: &Project,
        mut document: Value,
    ) -> Result<Report, ReadError<C::Error>> {
        if !self.is_reported_by(&document, project) {
            return Ok(Report::default());
        }
        let kind = kind(listing);
        let mut last_use = None;
        if kind == ResourceKind::ServiceConnection
            && adieu_scan::connection_with_a_pat(&document).is_some()
        {
            last_use = self.last_use(project, &document).await?;
        }
        if kind == ResourceKind::ReleaseDefinition
            && let Some(id) = document["id"].as_u64()
        {
            let client = self.client().await?;
            let whole = client.release_definition(self.organization, project, id);
            document = whole.await.map_err(ReadError::Refused)?;
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
        let resource = Resource {
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
            &document, &path, &resource, self.now,
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
        project: &Project,
        connection: &Value,
    ) -> Result<Option<LastUse>, ReadError<C::Error>> {
        let client = self.client().await?;
        let id = id_of(connection);
        let asked = client.last_use(self.organization, project, &id).await;
        match asked.map_err(ReadError::Refused) {
            Ok(last) => Ok(last.map(|(at, by)| LastUse { at, by })),
            Err(error) if error.is_transient() => Err(error),
            // The connection itself is reported, whether it was used or not.
            Err(_) => Ok(None),
        }
    }

    async fn agents(&self, pool: &Value) -> Result<Report, ReadError<C::Error>> {
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
        let resource = Resource {
            kind: ResourceKind::Agent,
            url,
            last_use: None,
        };
        let client = self.client().await?;
        let mut pages = client.agents(self.organization, id);
        while let Some(agents) = pages.next().await.map_err(ReadError::Refused)? {
            for agent in agents {
                let name = agent["name"].as_str().unwrap_or_default();
                let path = format!("{}/agent/{pool_name}/{name}", self.organization.name);
                report.add(adieu_scan::scan_resource(
                    &agent, &path, &resource, self.now,
                ));
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
        let resource = Resource {
            kind: ResourceKind::ServiceHook,
            url: self.organization.portal(&path, &[]),
            last_use: None,
        };
        let path = format!("{}/service hook/{id}", self.organization.name);
        adieu_scan::scan_resource(document, &path, &resource, self.now)
    }

    async fn client(&self) -> Result<Client<'_>, ReadError<C::Error>> {
        self.caller.client().await.map_err(ReadError::SignIn)
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

/// The kind of what a list has.
#[must_use]
pub fn kind(listing: Listing) -> ResourceKind {
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
