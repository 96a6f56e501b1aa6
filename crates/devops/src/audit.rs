//! When a personal access token was last used, according to the audit log.
//!
//! The log records changes, not reads, of the last 90 days (learn.microsoft.com, "Access, export, and filter audit
//! logs").

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Organization;
use crate::list::{Paging, with_token};
use crate::page::Page;
use crate::values::moment;

/// "Audit Log - Query" of Microsoft's REST reference.
const API_VERSION: &str = "7.1-preview.1";

/// Entries per page.
const BATCH: &str = "1000";

/// Pages to read; the newest entries come first.
const MOST_PAGES: u32 = 100;

/// How an entry names the token: `PAT_Unscoped authorizationId: 01234567-…`, as public clients of the log read it
/// (`ado_wrapper` on PyPI, `audit_logs.py`).
const MARK: &str = "authorizationid:";

/// The audit log's entries about personal access tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatUses {
    last: HashMap<String, OffsetDateTime>,
    /// The number of entries of any kind that were read.
    pub entries: usize,
    /// The oldest entry that was read, if older ones were left out.
    pub read_back_to: Option<OffsetDateTime>,
}

impl PatUses {
    /// The last use of the token with this authorization ID.
    pub fn last(&self, authorization_id: &str) -> Option<OffsetDateTime> {
        self.last.get(&key(authorization_id)).copied()
    }

    fn add(&mut self, entry: &Value) {
        self.entries += 1;
        let text = |field: &str| entry.get(field).and_then(Value::as_str);
        let id = text("authenticationMechanism").and_then(authorization_id);
        if let (Some(id), Some(moment)) = (id, time_of(entry)) {
            let last = self.last.entry(id).or_insert(moment);
            *last = moment.max(*last);
        }
    }
}

impl Client<'_> {
    /// Reads the audit log between two times, newest entries first, until each of these tokens was found.
    ///
    /// # Errors
    /// No answer, or a refusal: reading requires the permission "View audit log".
    pub async fn pat_uses(
        &self,
        organization: &Organization,
        (since, until): (OffsetDateTime, OffsetDateTime),
        authorization_ids: &[&str],
    ) -> Result<PatUses, Error> {
        let mut uses = PatUses::default();
        let Some(mut list) = organization.audit(&["_apis", "audit", "auditlog"]) else {
            return Ok(uses);
        };
        list.query_pairs_mut()
            .append_pair("startTime", &rfc_3339(since))
            .append_pair("endTime", &rfc_3339(until))
            .append_pair("batchSize", BATCH);
        let mut wanted: HashSet<String> = authorization_ids.iter().map(|id| key(id)).collect();
        let mut paging = Paging::default();
        let mut url = list.clone();
        for _ in 0..MOST_PAGES {
            let page: Page = self
                .page(&url, API_VERSION, "decoratedAuditLogEntries")
                .await?;
            let (entries, next) = paging.take(page, "id");
            entries.iter().for_each(|entry| uses.add(entry));
            wanted.retain(|id| !uses.last.contains_key(id));
            let Some(next) = next.filter(|_| !wanted.is_empty()) else {
                uses.read_back_to = None;
                return Ok(uses);
            };
            uses.read_back_to = entries
                .iter()
                .filter_map(time_of)
                .min()
                .or(uses.read_back_to);
            url = with_token(&list, &next);
        }
        Ok(uses)
    }
}

/// In whole seconds.
fn rfc_3339(moment: OffsetDateTime) -> String {
    let moment = moment.replace_nanosecond(0).unwrap_or(moment);
    moment.format(&Rfc3339).unwrap_or_default()
}

fn time_of(entry: &Value) -> Option<OffsetDateTime> {
    moment(entry["timestamp"].as_str()?)
}

/// The authorization ID in an authentication mechanism.
fn authorization_id(mechanism: &str) -> Option<String> {
    let mechanism = mechanism.to_ascii_lowercase();
    let (_, id) = mechanism.split_once(MARK)?;
    let id = id.split_whitespace().next()?;
    Some(key(id))
}

/// A key that is the same for all forms of an ID.
fn key(id: &str) -> String {
    id.replace('-', "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_authorization_id_of_each_form() {
        const ID: &str = "0123456789abcdef0123456789abcdef";
        for (mechanism, id) in [
            (
                "PAT_Unscoped authorizationId: 01234567-89ab-cdef-0123-456789abcdef",
                Some(ID),
            ),
            (
                "PAT_Unscoped authorizationId:0123456789ABCDEF0123456789ABCDEF",
                Some(ID),
            ),
            (
                "PAT authorizationId: 01234567-89AB-CDEF-0123-456789ABCDEF ",
                Some(ID),
            ),
            ("AAD_Cookie", None),
            ("PAT_Unscoped authorizationId:", None),
            ("", None),
        ] {
            assert_eq!(authorization_id(mechanism).as_deref(), id, "{mechanism}");
        }
    }
}
