//! The list of an organization's feeds (Microsoft's REST reference, "Feed Management - Get Feeds").
//!
//! It changes no feed.

use serde_json::{Value, json};

use super::{Caller, Context, Role, caller};
use crate::clock::Clock;
use crate::http::{Answer, Request, decoded};
use crate::organizations;
use crate::vss::{self, error};

/// The host that manages feeds.
pub(crate) const HOST: &str = "feeds.dev.azure.com";

/// `{organization}[/{project}]/_apis/packaging/feeds?feedRole=…`
pub(crate) fn answer(request: &Request, context: &mut Context<'_>, clock: &Clock) -> Answer {
    let path: Vec<String> = request
        .path
        .trim_matches('/')
        .split('/')
        .map(decoded)
        .collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let (organization, project) = match path.as_slice() {
        [organization, "_apis", "packaging", "feeds"] => (organization.to_ascii_lowercase(), None),
        [organization, project, "_apis", "packaging", "feeds"] => {
            (organization.to_ascii_lowercase(), Some(*project))
        }
        _ => return no_route(request, context),
    };
    let Some(caller) = caller(request, &organization, context, clock) else {
        return vss::signed_out(request, false);
    };
    if let Caller::Identity(caller) = &caller {
        let members = &mut organizations::Context {
            own: context.organizations,
            directory: context.directory,
        };
        if let Some(refusal) = organizations::not_a_member(&organization, caller, members) {
            return refusal;
        }
    }
    let is_versioned = request
        .header("accept")
        .is_some_and(|accept| accept.contains("api-version=7.1"));
    // Each role has the rights of the roles before it.
    let least = match request.parameter("feedRole").as_deref() {
        Some("reader") => Role::Reader,
        Some("collaborator") => Role::Collaborator,
        Some("contributor") => Role::Publisher,
        Some("administrator") => Role::Owner,
        _ => return no_route(request, context),
    };
    if request.method != "GET" || !is_versioned {
        return no_route(request, context);
    }
    if context.own.hides_roles {
        return error(
            403,
            "UnauthorizedRequestException",
            "TF400813: not authorized.",
        );
    }
    let mut list = Vec::new();
    for ((of, name), feed) in &context.own.feeds {
        let role = match &caller {
            Caller::Identity(caller) => feed.roles.get(&caller.identity).copied(),
            Caller::Job => Some(feed.role_of_jobs),
        };
        let is_asked = project.is_none() || feed.project.as_deref() == project;
        if *of == organization && is_asked && role.unwrap_or(Role::Reader) >= least {
            list.push(json!({
                "id": feed.id,
                "name": name,
                "project": feed.project.as_ref().map(|name| json!({ "name": name })),
                "upstreamEnabled": true,
                "upstreamSources": [{ "name": "npmjs", "protocol": "npm", "upstreamSourceType": "public" }],
            }));
        }
    }
    Answer::json(
        200,
        &json!({ "count": list.len(), "value": Value::from(list) }),
    )
}

fn no_route(request: &Request, context: &mut Context<'_>) -> Answer {
    context.directory.violation(format!(
        "the list of feeds has no route {} {}",
        request.method, request.path
    ));
    vss::no_controller(request)
}
