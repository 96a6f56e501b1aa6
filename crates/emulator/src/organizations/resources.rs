//! What projects have besides repositories: service connections, variable groups, definitions, task groups, service
//! hooks and agents.
//!
//! Routes, parameters, versions and fields are those of `serviceEndpoint.json`, `taskAgent.json`, `build.json`,
//! `release.json` and `serviceHooks.json` 7.2 of MicrosoftDocs/vsts-rest-api-specs. It returns no secret: the
//! services return null or stars.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Context;
use crate::directory::IssuedToken;
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::vss::{self, access_check, error, version};

/// The largest page, however many items are requested.
const LARGEST_PAGE: usize = 1000;

/// The host of classic releases.
pub(crate) const RELEASE_HOST: &str = "vsrm.dev.azure.com";

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// `serviceendpoint/endpoints`
    ServiceConnection,
    /// `distributedtask/variablegroups`
    VariableGroup,
    /// `build/definitions`
    BuildDefinition,
    /// `release/definitions`
    ReleaseDefinition,
    /// `distributedtask/taskgroups`
    TaskGroup,
    /// `hooks/subscriptions` of the organization
    ServiceHook,
    /// `distributedtask/pools` of the organization
    AgentPool,
}

/// Area and resource, version, parameters, and the permission for a list.
struct Route {
    resource: Resource,
    path: [&'static str; 2],
    version: &'static str,
    parameters: &'static [&'static str],
    permission: &'static str,
}

const ROUTES: [Route; 7] = [
    Route {
        resource: Resource::ServiceConnection,
        path: ["serviceendpoint", "endpoints"],
        version: "7.2-preview.4",
        parameters: &[
            "type",
            "authSchemes",
            "endpointIds",
            "owner",
            "includeFailed",
            "includeDetails",
            "actionFilter",
        ],
        permission: "View service endpoint",
    },
    Route {
        resource: Resource::VariableGroup,
        path: ["distributedtask", "variablegroups"],
        version: "7.2-preview.2",
        parameters: &[
            "groupName",
            "actionFilter",
            "$top",
            "continuationToken",
            "queryOrder",
        ],
        permission: "View library item",
    },
    Route {
        resource: Resource::BuildDefinition,
        path: ["build", "definitions"],
        version: "7.2-preview.8",
        parameters: &[
            "name",
            "repositoryId",
            "queryOrder",
            "$top",
            "continuationToken",
            "path",
            "includeAllProperties",
            "processType",
        ],
        permission: "View build pipeline",
    },
    Route {
        resource: Resource::ReleaseDefinition,
        path: ["release", "definitions"],
        version: "7.2-preview.4",
        parameters: &[
            "searchText",
            "$expand",
            "$top",
            "continuationToken",
            "queryOrder",
            "path",
        ],
        permission: "View release pipeline",
    },
    Route {
        resource: Resource::TaskGroup,
        path: ["distributedtask", "taskgroups"],
        version: "7.2-preview.1",
        parameters: &[
            "expanded",
            "deleted",
            "$top",
            "continuationToken",
            "queryOrder",
        ],
        permission: "View task group",
    },
    Route {
        resource: Resource::ServiceHook,
        path: ["hooks", "subscriptions"],
        version: "7.2-preview.1",
        parameters: &["publisherId", "eventType", "consumerId", "consumerActionId"],
        permission: "View subscriptions",
    },
    Route {
        resource: Resource::AgentPool,
        path: ["distributedtask", "pools"],
        version: "7.2-preview.1",
        parameters: &["poolName", "properties", "poolType", "actionFilter"],
        permission: "View agent pool",
    },
];

/// The state of the services.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// By organization, project's ID (`None` for the organization) and kind.
    known: BTreeMap<(String, Option<String>, Resource), Vec<Value>>,
    /// Executions by the connection's ID, the newest first.
    history: BTreeMap<String, Vec<Value>>,
    /// By organization and pool.
    agents: BTreeMap<(String, u64), Vec<Value>>,
    /// Lists that are refused: project's ID and kind.
    pub(crate) closed: BTreeSet<(Option<String>, Resource)>,
    /// Items of a page, if it is less than requested.
    pub(crate) page: Option<usize>,
}

impl State {
    /// Adds a document with an ID; returns the ID.
    pub(crate) fn add(
        &mut self,
        organization: &str,
        project: Option<&str>,
        resource: Resource,
        mut document: Value,
    ) -> String {
        let key = (
            organization.to_owned(),
            project.map(str::to_owned),
            resource,
        );
        let known = self.known.entry(key).or_default();
        let id = match resource {
            Resource::ServiceConnection | Resource::TaskGroup | Resource::ServiceHook => {
                json!(guid())
            }
            _ => json!(known.len() + 1),
        };
        if document.get("id").is_none() {
            document["id"] = id;
        }
        let id = match &document["id"] {
            Value::String(id) => id.clone(),
            id => id.to_string(),
        };
        known.push(document);
        id
    }

    /// Records that a definition used a connection.
    pub(crate) fn use_connection(&mut self, id: &str, at: &str, definition: &str) {
        let record = json!({
            "endpointId": id,
            "data": {
                "id": 7, "planType": "Build", "definition": { "id": 1, "name": definition },
                "owner": { "id": 2, "name": "2" }, "startTime": at, "finishTime": at,
                "result": "succeeded",
            },
        });
        let history = self.history.entry(id.to_owned()).or_default();
        history.insert(0, record);
    }

    /// Adds an agent to a pool.
    pub(crate) fn add_agent(&mut self, organization: &str, pool: u64, mut agent: Value) {
        let agents = self.agents.entry((organization.to_owned(), pool));
        let agents = agents.or_default();
        agent["id"] = json!(agents.len() + 1);
        agents.push(agent);
    }
}

/// `{organization}[/{project}]/_apis/{area}/{resource}…` for a member of the organization.
pub(crate) fn answer(
    request: &Request,
    organization: &str,
    project: Option<&str>,
    rest: &[&str],
    caller: &IssuedToken,
    context: &mut Context<'_>,
) -> Option<Answer> {
    if request.method != "GET" {
        return None;
    }
    let is_of_releases = request.header("host") == Some(RELEASE_HOST);
    if rest.first().is_some_and(|area| *area == "release") != is_of_releases {
        return None;
    }
    if let Some(project) = project {
        let found = context.own.find_project(organization, project);
        let is_shown =
            |id: &String| !context.own.hides(organization, id, &caller.identity) && id == project;
        if !found.is_some_and(|(id, _)| is_shown(&id)) {
            return Some(vss::no_project(project));
        }
    }
    let is_route = |route: &&Route| {
        let is_of_project = !matches!(route.resource, Resource::ServiceHook | Resource::AgentPool);
        rest.starts_with(&route.path) && is_of_project == project.is_some()
    };
    match rest {
        ["serviceendpoint", id, "executionhistory"] if project.is_some() => {
            context.only_parameters(request, &["top", "continuationToken", "api-version"]);
            version(request, &["7.2-preview.1"])
                .or_else(|| Some(history(request, id, context.own.resources())))
        }
        ["distributedtask", "pools", pool, "agents"] if project.is_none() => {
            let parameters = [
                "agentName",
                "includeCapabilities",
                "includeAssignedRequest",
                "includeLastCompletedRequest",
                "propertyFilters",
                "demands",
                "api-version",
            ];
            context.only_parameters(request, &parameters);
            version(request, &["7.2-preview.1"])
                .or_else(|| refusal(&ROUTES[6], project, caller, context))
                .or_else(|| Some(agents(request, organization, pool, context.own.resources())))
        }
        [_, _] | [_, _, _] => {
            let route = ROUTES.iter().find(is_route)?;
            let id = rest.get(2).copied();
            if id.is_some() && route.resource != Resource::ReleaseDefinition {
                return None;
            }
            let known = [route.parameters, &["api-version"]].concat();
            context.only_parameters(
                request,
                if id.is_some() {
                    &["api-version"]
                } else {
                    &known
                },
            );
            version(request, &[route.version])
                .or_else(|| refusal(route, project, caller, context))
                .or_else(|| {
                    let key = (
                        organization.to_owned(),
                        project.map(str::to_owned),
                        route.resource,
                    );
                    let own = context.own.resources();
                    Some(match id {
                        Some(id) => one(own.known.get(&key), id),
                        None => list(request, route.resource, own.known.get(&key), own.page),
                    })
                })
        }
        _ => None,
    }
}

fn refusal(
    route: &Route,
    project: Option<&str>,
    caller: &IssuedToken,
    context: &mut Context<'_>,
) -> Option<Answer> {
    let key = (project.map(str::to_owned), route.resource);
    let is_closed = context.own.resources().closed.contains(&key);
    is_closed.then(|| {
        let id = context.directory.azure_devops_id(&caller.identity);
        access_check(403, &id, route.path[1], route.permission)
    })
}

fn list(
    request: &Request,
    resource: Resource,
    known: Option<&Vec<Value>>,
    page: Option<usize>,
) -> Answer {
    let none = Vec::new();
    let known = known.unwrap_or(&none);
    let is_paged = matches!(
        resource,
        Resource::VariableGroup | Resource::BuildDefinition | Resource::ReleaseDefinition
    );
    let top = request.parameter("$top").map(|top| top.parse::<usize>());
    let Ok(top) = top.unwrap_or(Ok(LARGEST_PAGE)) else {
        return bad("The value of $top is not valid.");
    };
    let size = match is_paged {
        true => page.unwrap_or(top).min(top),
        false => known.len().max(1),
    };
    let start = match request.parameter("continuationToken") {
        None => 0,
        Some(token) => match token.strip_prefix("after-").map(str::parse::<usize>) {
            Some(Ok(start)) if is_paged => start,
            _ => return bad("The continuation token is not valid."),
        },
    };
    let end = (start + size).min(known.len());
    let is_whole = request.parameter("includeAllProperties").as_deref() == Some("true");
    let shown: Vec<Value> = known[start.min(end)..end]
        .iter()
        .map(|document| shown(resource, document.clone(), is_whole))
        .collect();
    let answer = Answer::json(200, &json!({ "count": shown.len(), "value": shown }));
    if end < known.len() {
        answer.with("x-ms-continuationtoken", &format!("after-{end}"))
    } else {
        answer
    }
}

/// A document in the format of the services.
fn shown(resource: Resource, mut document: Value, is_whole: bool) -> Value {
    without_secrets(&mut document);
    let keep = |document: &mut Value, names: &[&str]| {
        if let Some(fields) = document.as_object_mut() {
            fields.retain(|name, _| names.contains(&name.as_str()));
        }
    };
    match resource {
        Resource::BuildDefinition if !is_whole => {
            keep(&mut document, &["id", "name", "path", "type", "revision"]);
        }
        Resource::ReleaseDefinition => {
            keep(&mut document, &["id", "name", "path", "revision", "source"]);
        }
        Resource::ServiceConnection => {
            let parameters = document["authorization"]["parameters"].as_object_mut();
            for (name, value) in parameters.into_iter().flatten() {
                if name != "username" {
                    *value = Value::Null;
                }
            }
        }
        Resource::ServiceHook => {
            let inputs = document["consumerInputs"].as_object_mut();
            for (name, value) in inputs.into_iter().flatten() {
                if name.to_ascii_lowercase().contains("password") {
                    *value = json!("********");
                }
            }
        }
        _ => {}
    }
    document
}

/// Sets the values of secret variables to null.
fn without_secrets(value: &mut Value) {
    if value["isSecret"] == Value::Bool(true) {
        value["value"] = Value::Null;
    }
    match value {
        Value::Array(list) => list.iter_mut().for_each(without_secrets),
        Value::Object(fields) => fields.values_mut().for_each(without_secrets),
        _ => {}
    }
}

fn one(known: Option<&Vec<Value>>, id: &str) -> Answer {
    let mut known = known.into_iter().flatten();
    let number: Option<u64> = id.parse().ok();
    match known.find(|document| number.is_some() && document["id"].as_u64() == number) {
        Some(document) => {
            let mut document = document.clone();
            without_secrets(&mut document);
            Answer::json(200, &document)
        }
        None => error(
            404,
            "ReleaseDefinitionNotFoundException",
            &format!("VS402881: Release definition with ID {id} does not exist."),
        ),
    }
}

fn history(request: &Request, id: &str, own: &State) -> Answer {
    let top = request.parameter("top").map(|top| top.parse::<usize>());
    let Ok(top) = top.unwrap_or(Ok(50)) else {
        return bad("The value of top is not valid.");
    };
    let records = own.history.get(id);
    let shown: Vec<&Value> = records.into_iter().flatten().take(top).collect();
    Answer::json(200, &json!({ "count": shown.len(), "value": shown }))
}

fn agents(request: &Request, organization: &str, pool: &str, own: &State) -> Answer {
    let pool = pool.parse().unwrap_or_default();
    let known = own.agents.get(&(organization.to_owned(), pool));
    let has_capabilities = request.parameter("includeCapabilities").as_deref() == Some("true");
    let shown: Vec<Value> = known
        .into_iter()
        .flatten()
        .map(|agent| {
            let mut agent = agent.clone();
            if let Some(fields) = agent.as_object_mut().filter(|_| !has_capabilities) {
                fields.retain(|name, _| !name.ends_with("Capabilities"));
            }
            agent
        })
        .collect();
    Answer::json(200, &json!({ "count": shown.len(), "value": shown }))
}

fn bad(message: &str) -> Answer {
    error(400, "ArgumentException", message)
}
