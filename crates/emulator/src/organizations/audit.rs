//! The audit log of an organization, as `auditservice.dev.azure.com` shows it.
//!
//! Routes, parameters and fields are those of `audit.json` 7.2 of MicrosoftDocs/vsts-rest-api-specs. The form of
//! `authenticationMechanism` for a personal access token is the one that public clients read (`ado_wrapper`,
//! `audit_logs.py`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Call, Context, entitlements};
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::vss::{access_check, error, version};

/// The state of the service.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// By organization.
    entries: BTreeMap<String, Vec<Entry>>,
    /// Organizations whose administrators cannot see the log.
    pub(crate) closed: BTreeSet<String>,
    /// Entries of a page, if it is less than requested.
    pub(crate) page: Option<usize>,
}

#[derive(Debug, Clone)]
struct Entry {
    id: String,
    at: i64,
    mechanism: String,
}

impl State {
    /// Logs an action; returns its time.
    pub(crate) fn add(&mut self, organization: &str, at: i64, mechanism: String) -> String {
        let entries = self.entries.entry(organization.to_owned()).or_default();
        entries.push(Entry {
            id: guid(),
            at,
            mechanism,
        });
        rfc_3339(at)
    }
}

/// `{organization}/_apis/audit/auditlog`.
pub(crate) fn answer(call: Call<'_>, context: &mut Context<'_>) -> Option<Answer> {
    let (request, organization, area, rest, caller) = call.parts();
    if !area.eq_ignore_ascii_case("audit") || request.method != "GET" || rest != ["auditlog"] {
        return None;
    }
    let known = [
        "startTime",
        "endTime",
        "batchSize",
        "continuationToken",
        "skipAggregation",
        "api-version",
    ];
    context.only_parameters(request, &known);
    if let Some(refusal) = version(request, &["7.1-preview.1", "7.2-preview.1"]) {
        return Some(refusal);
    }
    let is_administrator = entitlements::is_administrator(organization, &caller.identity, context);
    if !is_administrator || context.own.audit.closed.contains(organization) {
        let id = context.directory.azure_devops_id(&caller.identity);
        return Some(access_check(403, &id, "AuditLog", "View audit log"));
    }
    Some(query(request, organization, context))
}

fn query(request: &Request, organization: &str, context: &Context<'_>) -> Answer {
    let moment = |name: &str| {
        let text = request.parameter(name)?;
        let moment = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
        Some(moment.unix_timestamp())
    };
    let (Some(start), Some(end)) = (moment("startTime"), moment("endTime")) else {
        return error(400, "ArgumentException", "A moment is not valid.");
    };
    let size = request.parameter("batchSize");
    let Some(size) = size.map_or(Some(200), |size| size.parse::<usize>().ok()) else {
        return error(400, "ArgumentException", "The batch size is not valid.");
    };
    let size = context.own.audit.page.unwrap_or(size).min(size);
    let entries = context.own.audit.entries.get(organization);
    let mut found: Vec<&Entry> = entries
        .into_iter()
        .flatten()
        .filter(|entry| (start..=end).contains(&entry.at))
        .collect();
    // The newest first.
    found.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let first = match request.parameter("continuationToken") {
        None => 0,
        Some(token) => match found.iter().position(|entry| entry.id == token) {
            Some(position) => position,
            None => {
                return error(
                    400,
                    "ArgumentException",
                    "The continuation token is not valid.",
                );
            }
        },
    };
    let last = (first + size).min(found.len());
    let next = found.get(last).map(|entry| entry.id.clone());
    let page: Vec<Value> = found[first..last]
        .iter()
        .map(|entry| shown(entry))
        .collect();
    Answer::json(
        200,
        &json!({
            "decoratedAuditLogEntries": page, "hasMore": next.is_some(), "continuationToken": next,
        }),
    )
}

fn shown(entry: &Entry) -> Value {
    json!({
        "id": entry.id, "correlationId": guid(), "activityId": guid(), "actorCUID": guid(),
        "actorUserId": guid(), "actorClientId": null, "actorUPN": "ada@contoso.example",
        "authenticationMechanism": entry.mechanism, "timestamp": rfc_3339(entry.at),
        "scopeType": "organization", "scopeDisplayName": "contoso (Organization)", "scopeId": guid(),
        "projectId": null, "projectName": null, "ipAddress": "203.0.113.7", "userAgent": "git/2.47",
        "actionId": "Git.RefUpdatePoliciesBypassed", "data": {}, "details": "", "area": "Git",
        "category": "modify", "categoryDisplayName": "Modify", "actorDisplayName": "Ada",
        "actorImageUrl": null,
    })
}

fn rfc_3339(at: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(at).expect("a moment of this age");
    moment.format(&Rfc3339).expect("a date of this age")
}
