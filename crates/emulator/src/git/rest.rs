//! The REST routes of repositories that Microsoft's Node client requests: the locations of services and their routes,
//! repositories, pull requests, policies (`GitApi.js`, `PolicyApi.js` and `VsoClient.js` of azure-devops-node-api;
//! learn.microsoft.com, "Git REST API").
//!
//! It never creates or changes a pull request.

use serde_json::{Value, json};

use super::backend::git;
use super::{Context, Name};
use crate::http::{Answer, Request};
use crate::vss::{error, version};

/// Services by ID; all of them are below the organization's own address.
const AREAS: [(&str, &str); 3] = [
    ("4e080c62-fa21-4fbc-8fef-2a10a2b38049", "git"),
    ("79134c72-4a58-4b42-976c-04e7115f32bf", "core"),
    ("fb13a388-40dd-4a04-b530-013a739c72ef", "policy"),
];

/// Area, ID, resource, its version, the oldest version of the API, the released one, and the route, for each answer
/// here.
const ROUTES: [(&str, &str, &str, u32, &str, &str, &str); 5] = [
    (
        "Location",
        "e81700f7-3be2-46de-8624-2eb35882fcaa",
        "ResourceAreas",
        1,
        "3.2",
        "0.0",
        "_apis/{resource}/{areaId}",
    ),
    (
        "core",
        "603fe2ac-9723-48b9-88ad-09305aa6c6e1",
        "projects",
        4,
        "1.0",
        "7.1",
        "_apis/{resource}/{*projectId}",
    ),
    (
        "git",
        "225f7195-f9c7-4d14-ab28-a83f7ff77e1f",
        "repositories",
        1,
        "1.0",
        "7.1",
        "{project}/_apis/{area}/{resource}/{repositoryId}",
    ),
    (
        "git",
        "9946fd70-0d40-406e-b686-b4744cbbcc37",
        "pullRequests",
        2,
        "1.0",
        "7.1",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pullRequestId}",
    ),
    (
        "policy",
        "dad91cbe-d183-45f8-9c6e-9c1164472121",
        "configurations",
        1,
        "2.0",
        "7.1",
        "{project}/_apis/{area}/{resource}/{configurationId}",
    ),
];

/// Whether a path below an organization has an answer here.
pub(crate) fn knows(method: &str, path: &[&str]) -> bool {
    match path {
        ["_apis", area] if area.eq_ignore_ascii_case("ResourceAreas") => true,
        ["_apis"] => method == "OPTIONS",
        ["_apis", area] if method == "OPTIONS" => ROUTES
            .iter()
            .any(|(known, ..)| known.eq_ignore_ascii_case(area)),
        ["_apis", "git", ..] | [_, "_apis", "git" | "policy", ..] => true,
        _ => false,
    }
}

/// Answers a member of an organization.
pub(crate) fn answer(
    request: &Request,
    organization: &str,
    path: &[&str],
    identity: &str,
    context: &Context<'_>,
) -> Option<Answer> {
    if let ("OPTIONS", ["_apis", area]) = (request.method.as_str(), path) {
        return Some(routes(Some(area)));
    }
    // Microsoft's Python client requests all of them at once (`client.py` of azure-devops).
    if let ("OPTIONS", ["_apis"]) = (request.method.as_str(), path) {
        return Some(routes(None));
    }
    if request.method != "GET" {
        return None;
    }
    if let Some(refusal) = version(request, &["7.2", "7.1", "7.0", "6.0", "5."]) {
        return Some(refusal);
    }
    let (project, path) = match path {
        ["_apis", rest @ ..] => (None, rest),
        [project, "_apis", rest @ ..] => (Some(*project), rest),
        _ => return None,
    };
    let mut repositories: Vec<Value> = Vec::new();
    if !context.organizations.is_stakeholder(organization, identity) {
        let known = context.own.repositories.keys();
        repositories.extend(
            known
                .filter(|name| name.organization == organization)
                .map(|name| repository(name, context))
                .filter(|repository| project.is_none_or(|project| is_of(repository, project))),
        );
    }
    match (project, path) {
        (None, [areas]) if areas.eq_ignore_ascii_case("ResourceAreas") => Some(list(
            AREAS
                .iter()
                .map(|(id, name)| {
                    let url = format!("https://dev.azure.com/{organization}/");
                    json!({ "id": id, "name": name, "locationUrl": url })
                })
                .collect(),
        )),
        (_, ["git", "repositories"]) => Some(list(repositories)),
        (_, ["git", "repositories", wanted, rest @ ..]) => {
            let found = repositories
                .into_iter()
                .find(|known| known["id"] == *wanted || known["name"] == *wanted);
            let Some(found) = found else {
                return Some(error(
                    404,
                    "GitRepositoryNotFoundException",
                    &format!(
                        "TF401019: The Git repository with name or identifier {wanted} does \
                         not exist or you do not have permissions for the operation you are \
                         attempting."
                    ),
                ));
            };
            match rest {
                [] => Some(Answer::json(200, &found)),
                [requests] if requests.eq_ignore_ascii_case("pullRequests") => {
                    Some(list(Vec::new()))
                }
                _ => None,
            }
        }
        (Some(_), ["policy", "configurations"]) => Some(list(Vec::new())),
        _ => None,
    }
}

/// The routes of an area, or all routes.
fn routes(area: Option<&str>) -> Answer {
    let known = ROUTES
        .iter()
        .filter(|(known, ..)| area.is_none_or(|area| known.eq_ignore_ascii_case(area)));
    list(
        known
            .map(|(area, id, resource, version, oldest, released, route)| {
                json!({
                    "id": id, "area": area, "resourceName": resource, "routeTemplate": route,
                    "resourceVersion": version, "minVersion": oldest, "maxVersion": "7.2",
                    "releasedVersion": released,
                })
            })
            .collect(),
    )
}

fn repository(name: &Name, context: &Context<'_>) -> Value {
    let Name {
        organization,
        project,
        repository,
    } = name;
    let known = &context.own.repositories[name];
    let branch = git()
        .arg("-C")
        .arg(&known.folder)
        .args(["symbolic-ref", "HEAD"])
        .output()
        .expect("git is on the PATH");
    let branch = String::from_utf8_lossy(&branch.stdout).trim().to_owned();
    let project_id = context
        .organizations
        .project_of(organization, project, context.directory);
    let base = format!("https://dev.azure.com/{organization}/{project}");
    json!({
        "id": known.id, "name": repository,
        "url": format!("{base}/_apis/git/repositories/{}", known.id),
        "project": {
            "id": project_id, "name": project, "state": "wellFormed", "visibility": "private",
            "url": format!("https://dev.azure.com/{organization}/_apis/projects/{project_id}"),
            "revision": 1, "lastUpdateTime": "2026-11-01T00:00:00Z",
        },
        "defaultBranch": branch, "size": 1024, "isDisabled": false, "isInMaintenance": false,
        "remoteUrl": format!("https://{organization}@dev.azure.com/{organization}/{project}/_git/{repository}"),
        "sshUrl": format!("git@ssh.dev.azure.com:v3/{organization}/{project}/{repository}"),
        "webUrl": format!("{base}/_git/{repository}"),
    })
}

fn is_of(repository: &Value, project: &str) -> bool {
    let of = &repository["project"];
    of["id"] == project || of["name"] == project
}

fn list(values: Vec<Value>) -> Answer {
    Answer::json(200, &json!({ "count": values.len(), "value": values }))
}
