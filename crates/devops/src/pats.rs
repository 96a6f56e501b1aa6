//! The personal access tokens of other people, as an administrator sees them: everything except the tokens.
//!
//! It never revokes one, and never reads a field that could hold one.

use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;
use crate::values::{items, request, text};

/// "Personal Access Tokens - List" and "Revocations - Revoke Authorizations" of the Token Administration API in
/// Microsoft's REST reference. 7.2 has `crossCompanyCorrelatingId`.
const API_VERSION: &str = "7.2-preview.1";

/// The page size of Microsoft's sample (microsoft/azure-devops-dotnet-samples, `TokenAdminSample.cs`): the service
/// refuses pages above its limit, which is not documented.
const PAGE: &str = "20";

/// The scope of a token with full access.
const FULL_ACCESS: &str = "app_token";

/// A personal access token, without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalAccessToken {
    /// ID for revoking it, which the audit log also shows.
    pub authorization_id: String,
    /// Name that its owner gave it.
    pub name: String,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// IDs of the organizations that it is valid for; empty if it is valid for all of its owner's.
    pub organizations: Vec<String>,
    /// When it was created, as the service writes it (RFC 3339).
    pub created: String,
    /// When it expires, as the service writes it (RFC 3339).
    pub expires: String,
    /// Whether the service accepts it.
    pub is_valid: bool,
    /// Cross-Company Correlating ID: a hash that identifies the token without revealing it.
    pub fingerprint: Option<String>,
}

impl PersonalAccessToken {
    /// Whether it has full access: everything that its owner may do.
    pub fn has_full_access(&self) -> bool {
        self.scope.split(' ').any(|scope| scope == FULL_ACCESS)
    }

    /// Whether it is valid for more than one organization. Such tokens stop working on 2026-12-01 (Azure DevOps Blog,
    /// "Retirement of Global Personal Access Tokens in Azure DevOps").
    pub fn is_global(&self) -> bool {
        self.organizations.len() != 1
    }

    /// The fields that are known here, as the service writes them.
    pub fn to_json(&self) -> Value {
        json!({
            "authorizationId": self.authorization_id, "displayName": self.name, "scope": self.scope,
            "targetAccounts": self.organizations, "validFrom": self.created, "validTo": self.expires,
            "isValid": self.is_valid, "crossCompanyCorrelatingId": self.fingerprint,
        })
    }

    /// Reads a document of [`to_json`](Self::to_json), or of the service.
    pub fn from_json(pat: &Value) -> Self {
        let organizations = items(pat, "targetAccounts").iter();
        Self {
            authorization_id: text(pat, "authorizationId"),
            name: text(pat, "displayName"),
            scope: text(pat, "scope"),
            organizations: organizations
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect(),
            created: text(pat, "validFrom"),
            expires: text(pat, "validTo"),
            is_valid: pat["isValid"] != false,
            fingerprint: Some(text(pat, "crossCompanyCorrelatingId"))
                .filter(|text| !text.is_empty()),
        }
    }
}

impl Client<'_> {
    /// The personal access tokens of a person, by the descriptor in [`User`](crate::User). An Azure DevOps Server
    /// lists none.
    ///
    /// # Errors
    /// No answer, or a refusal: only Project Collection Administrators may ask.
    pub async fn personal_access_tokens(
        &self,
        organization: &Organization,
        descriptor: &str,
    ) -> Result<Vec<PersonalAccessToken>, Error> {
        let path = ["_apis", "tokenadmin", "personalaccesstokens", descriptor];
        let Some(mut url) = organization.identity(&path) else {
            return Ok(Vec::new());
        };
        url.query_pairs_mut().append_pair("pageSize", PAGE);
        let pats = self
            .list(&url, API_VERSION, "value", "authorizationId")
            .await?;
        Ok(pats.iter().map(PersonalAccessToken::from_json).collect())
    }
}

/// The request with which an administrator revokes tokens: method, address and body. It is only shown, never sent.
pub fn revocation_request(organization: &Organization, authorization_ids: &[&str]) -> Value {
    let url = organization.identity(&["_apis", "tokenadmin", "revocations"]);
    let body: Vec<Value> = authorization_ids
        .iter()
        .map(|id| json!({ "authorizationId": id }))
        .collect();
    request("POST", url, API_VERSION, Some(body.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_for_all_or_several_organizations_is_global() {
        for (accounts, is_global) in [
            (Value::Null, true),
            (json!([]), true),
            (json!(["a"]), false),
            (json!(["a", "b"]), true),
        ] {
            let pat = PersonalAccessToken::from_json(&json!({ "targetAccounts": accounts }));
            assert_eq!(pat.is_global(), is_global, "{accounts}");
        }
    }

    #[test]
    fn full_access_is_a_scope() {
        for (scope, is_full) in [
            ("app_token", true),
            ("vso.code vso.build", false),
            ("vso.code app_token", true),
            ("", false),
        ] {
            let pat = PersonalAccessToken::from_json(&json!({ "scope": scope }));
            assert_eq!(pat.has_full_access(), is_full, "{scope}");
        }
    }
}
