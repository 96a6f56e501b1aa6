//! The users of an organization, as the Graph API of `vssps.dev.azure.com` lists them.
//!
//! Routes, parameters and fields are those of "Users - List" in Microsoft's REST reference (`graph.json` 7.2 of
//! MicrosoftDocs/vsts-rest-api-specs).

use serde_json::{Value, json};

use super::{Call, Context, subject_descriptor};
use crate::http::{Answer, Request};
use crate::vss::{error, version};

/// The settings of the list of users.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Users of a page, if there is a limit.
    pub(crate) page: Option<usize>,
    /// Whether every page is the first one again.
    pub(crate) repeats: bool,
}

/// `{organization}/_apis/graph/users`.
pub(crate) fn answer(call: Call<'_>, context: &mut Context<'_>) -> Option<Answer> {
    let Call {
        request,
        organization,
        area,
        rest,
        ..
    } = call;
    if !area.eq_ignore_ascii_case("graph") || request.method != "GET" {
        return None;
    }
    let [resource] = rest else { return None };
    if !resource.eq_ignore_ascii_case("users") {
        return None;
    }
    let known = [
        "subjectTypes",
        "continuationToken",
        "scopeDescriptor",
        "api-version",
    ];
    context.only_parameters(request, &known);
    // The Graph API only has previews.
    if let Some(refusal) = version(request, &["7.1-preview.1", "7.2-preview.1"]) {
        return Some(refusal);
    }
    Some(list(request, organization, context))
}

fn list(request: &Request, organization: &str, context: &mut Context<'_>) -> Answer {
    let kinds = request.parameter("subjectTypes");
    let is_asked_for = |descriptor: &str| {
        let kind = descriptor.split('.').next().unwrap_or_default();
        kinds
            .as_deref()
            .is_none_or(|kinds| kinds.split(',').any(|asked| asked == kind))
    };
    let users: Vec<Value> = users(organization, context)
        .into_iter()
        .filter(|user| is_asked_for(user["descriptor"].as_str().unwrap_or_default()))
        .collect();
    let page = context.own.users.page.unwrap_or(users.len().max(1));
    let start = match request.parameter("continuationToken").as_deref() {
        None => 0,
        Some(_) if context.own.users.repeats => 0,
        Some(token) => match token.strip_prefix("user-").map(str::parse::<usize>) {
            Some(Ok(start)) => start,
            _ => {
                return error(
                    400,
                    "InvalidContinuationTokenException",
                    "The continuation token is not valid.",
                );
            }
        },
    };
    let end = (start + page).min(users.len());
    let value = &users[start.min(end)..end];
    let answer = Answer::json(200, &json!({ "count": value.len(), "value": value }));
    if end < users.len() {
        answer.with("X-MS-ContinuationToken", &format!("user-{end}"))
    } else {
        answer
    }
}

/// All members of an organization, in the order in which they were added.
fn users(organization: &str, context: &mut Context<'_>) -> Vec<Value> {
    let members = context.own.members.get(organization).cloned();
    let mut users = Vec::new();
    for identity in members.unwrap_or_default() {
        let id = context.directory.azure_devops_id(&identity);
        let Some(known) = context.directory.application(&identity) else {
            continue;
        };
        let descriptor = subject_descriptor(known, &id);
        let is_person = known.sign_in_name.is_some();
        let url =
            format!("https://vssps.dev.azure.com/{organization}/_apis/Graph/Users/{descriptor}");
        users.push(json!({
            "subjectKind": if is_person { "user" } else { "servicePrincipal" },
            "metaType": if is_person { "member" } else { "application" },
            "domain": known.tenant, "principalName": known.account(),
            "mailAddress": known.sign_in_name.clone().unwrap_or_default(),
            "origin": "aad", "originId": known.object_id, "displayName": known.name,
            "_links": { "self": { "href": url } }, "url": url, "descriptor": descriptor,
        }));
    }
    users
}

/// The member of an organization with this descriptor.
pub(super) fn member(
    organization: &str,
    descriptor: &str,
    context: &mut Context<'_>,
) -> Option<String> {
    let members = context.own.members.get(organization).cloned()?;
    members.into_iter().find(|identity| {
        let id = context.directory.azure_devops_id(identity);
        let known = context.directory.application(identity);
        known.is_some_and(|known| subject_descriptor(known, &id) == descriptor)
    })
}
