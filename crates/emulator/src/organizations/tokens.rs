//! Personal access tokens, as the Token Administration API of `vssps.dev.azure.com` shows them to administrators.
//!
//! It has no token values. Routes, parameters and fields are those of `tokenAdmin.json` 7.2 of
//! MicrosoftDocs/vsts-rest-api-specs; pages are those of `TokenAdminSample.cs` of
//! microsoft/azure-devops-dotnet-samples.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Call, Context, entitlements, users};
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::vss::{error, version};

/// The service refuses larger pages; its limit is not documented, and the sample requests this many.
const LARGEST_PAGE: usize = 20;

/// A personal access token that a test adds.
#[derive(Debug, Clone)]
pub struct Pat<'a> {
    /// The name that its owner gave it.
    pub name: &'a str,
    /// Scopes; `app_token` is full access.
    pub scope: &'a str,
    /// Number of organizations; 0 means all of its owner's.
    pub organizations: usize,
    /// RFC 3339.
    pub created: &'a str,
    /// RFC 3339.
    pub expires: &'a str,
    /// Cross-Company Correlating ID.
    pub fingerprint: &'a str,
    /// Whether it has not been revoked.
    pub is_valid: bool,
}

impl Default for Pat<'_> {
    fn default() -> Self {
        Self {
            name: "a token",
            scope: "vso.code",
            organizations: 1,
            created: "2026-01-02T03:04:05.1234567Z",
            expires: "2035-01-02T00:00:00Z",
            fingerprint: "AAAAAAAAAAAAAAAAAAAA",
            is_valid: true,
        }
    }
}

/// The state of the service.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// By organization and owner, in the format of the service.
    known: BTreeMap<(String, String), Vec<Value>>,
    /// The status of a refusal, if it is not the documented 401.
    pub(crate) refusal: Option<u16>,
}

impl State {
    /// Adds a token; returns its authorization ID.
    pub(crate) fn add(&mut self, organization: &str, owner: &str, pat: &Pat<'_>) -> String {
        let id = guid();
        let accounts: Vec<String> = std::iter::repeat_with(guid)
            .take(pat.organizations)
            .collect();
        let accounts = match accounts.is_empty() {
            true => Value::Null,
            false => json!(accounts),
        };
        let none = "00000000-0000-0000-0000-000000000000";
        let known = self
            .known
            .entry((organization.to_owned(), owner.to_owned()));
        known.or_default().push(json!({
            "clientId": none, "accessId": guid(), "authorizationId": id, "hostAuthorizationId": none,
            "userId": guid(), "validFrom": pat.created, "validTo": pat.expires, "displayName": pat.name,
            "scope": pat.scope, "targetAccounts": accounts, "token": null, "alternateToken": null,
            "isValid": pat.is_valid, "isPublic": false, "publicData": null, "source": null, "claims": null,
            "crossCompanyCorrelatingId": pat.fingerprint,
        }));
        id
    }
}

/// `{organization}/_apis/tokenadmin/personalaccesstokens/{descriptor}`. Nothing else of the API is emulated: a
/// request for a revocation fails the test.
pub(crate) fn answer(call: Call<'_>, context: &mut Context<'_>) -> Option<Answer> {
    let (request, organization, area, rest, caller) = call.parts();
    if !area.eq_ignore_ascii_case("tokenadmin") || request.method != "GET" {
        return None;
    }
    let [resource, descriptor] = rest else {
        return None;
    };
    if !resource.eq_ignore_ascii_case("personalaccesstokens") {
        return None;
    }
    let known = ["pageSize", "continuationToken", "isPublic", "api-version"];
    context.only_parameters(request, &known);
    if let Some(refusal) = version(request, &["7.1-preview.1", "7.2-preview.1"]) {
        return Some(refusal);
    }
    if !entitlements::is_administrator(organization, &caller.identity, context) {
        // The message is that of a related API (MicrosoftDocs/vsts-rest-api-specs#571), the status that of the
        // reference.
        return Some(error(
            context.own.tokens.refusal.unwrap_or(401),
            "InvalidAccessException",
            "The requested operation is not allowed.",
        ));
    }
    Some(list(request, organization, descriptor, context))
}

fn list(
    request: &Request,
    organization: &str,
    descriptor: &str,
    context: &mut Context<'_>,
) -> Answer {
    let Some(owner) = users::member(organization, descriptor, context) else {
        return error(
            404,
            "GraphSubjectNotFoundException",
            "VS860016: Could not find the subject with this descriptor.",
        );
    };
    let size = match request.parameter("pageSize").map(|size| size.parse()) {
        None => LARGEST_PAGE,
        Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => size,
        Some(_) => return bad("The page size is not valid."),
    };
    let none = Vec::new();
    let key = (organization.to_owned(), owner);
    let known = context.own.tokens.known.get(&key).unwrap_or(&none);
    let start = match request.parameter("continuationToken") {
        None => 0,
        Some(token) => match known
            .iter()
            .position(|pat| pat["authorizationId"] == *token)
        {
            Some(start) => start,
            None => return bad("The continuation token is not valid."),
        },
    };
    let end = (start + size).min(known.len());
    let value = &known[start..end];
    // .NET writes this for a GUID that is not set.
    let next = known
        .get(end)
        .map_or(json!("00000000-0000-0000-0000-000000000000"), |next| {
            next["authorizationId"].clone()
        });
    Answer::json(
        200,
        &json!({ "count": value.len(), "value": value, "continuationToken": next }),
    )
}

fn bad(message: &str) -> Answer {
    error(400, "ArgumentException", message)
}
