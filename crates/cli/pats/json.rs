//! The inventory as one document for programs.
//!
//! The format is stable: `docs/pats.schema.json` describes it.

use adieu_inventory::{AuditLog, Leak, NotRead, OwnedPat};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Inventory;
use crate::failure::Failure;
use crate::moment::rfc_3339;
use crate::report::pats::{LIST_PATS, READ_AUDIT_LOG, unread};

/// The name of the format.
const SCHEMA: &str = "adieu.pats/1";

/// The document.
pub(crate) fn document(inventory: &Inventory) -> Value {
    let list = |leaks: &[Leak]| leaks.iter().map(leak).collect::<Vec<_>>();
    json!({
        "schema": SCHEMA,
        "organization": inventory.organization,
        "taken": rfc_3339(inventory.taken),
        "users": inventory.users,
        "leftOut": inventory.left_out,
        "pats": inventory.pats.iter().map(pat).collect::<Vec<_>>(),
        "auditLog": audit(&inventory.audit),
        "leaksWithoutOwner": list(&inventory.leaks_without_owner),
        "notRead": inventory.not_read.iter().map(not_read).collect::<Vec<_>>(),
        "revocation": inventory.revocation,
    })
}

fn pat(owned: &OwnedPat) -> Value {
    let time = |moment: Option<OffsetDateTime>| moment.map(rfc_3339);
    json!({
        "owner": {
            "displayName": owned.owner.display_name,
            "principalName": owned.owner.principal_name,
            "descriptor": owned.owner.descriptor,
        },
        "name": owned.pat.name,
        "scope": owned.pat.scope,
        "isFullAccess": owned.pat.has_full_access(),
        "isGlobal": owned.pat.is_global(),
        "state": owned.state.word(),
        "created": time(owned.created),
        "expires": time(owned.expires),
        "stops": owned.stops().map(|day| day.to_string()),
        "lastUse": time(owned.last_use),
        "authorizationId": owned.pat.authorization_id,
        "fingerprint": owned.pat.fingerprint,
        "leaks": owned.leaks.iter().map(leak).collect::<Vec<_>>(),
    })
}

fn leak(leak: &Leak) -> Value {
    json!({
        "path": leak.path, "line": leak.line, "column": leak.column, "commit": leak.commit,
        "fingerprint": leak.fingerprint,
    })
}

fn audit(audit: &AuditLog<Box<Failure>>) -> Value {
    let unread_reason;
    let (is_read, since, reason) = match audit {
        AuditLog::NotAsked => (false, None, None),
        AuditLog::Read {
            since, is_empty, ..
        } => {
            let reason = is_empty.then_some("the audit log is empty");
            (true, Some(rfc_3339(*since)), reason)
        }
        AuditLog::NotPermitted => (false, None, Some("needs the permission View audit log")),
        AuditLog::Unread(error) => {
            unread_reason = unread(READ_AUDIT_LOG, error);
            (false, None, Some(unread_reason.as_str()))
        }
    };
    json!({ "isRead": is_read, "since": since, "reason": reason })
}

fn not_read(missed: &NotRead<Box<Failure>>) -> Value {
    json!({
        "principalName": missed.user.principal_name, "descriptor": missed.user.descriptor,
        "reason": unread(LIST_PATS, &missed.error),
    })
}
