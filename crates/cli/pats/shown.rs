//! Formats an inventory of personal access tokens.
//!
//! It makes no decisions and prints nothing. Names are other people's text: each becomes one line without a command.

mod csv;
mod html;
mod table;

use adieu_agent::deactivate_commands_whole;
use adieu_inventory::{AuditLog, Leak, OwnedPat, State, day};
use time::OffsetDateTime;

use super::Inventory;
use crate::moment::rfc_3339;
use crate::report::pats::{LIST_PATS, READ_AUDIT_LOG, unread};
use crate::report::scan::count;

pub(crate) use csv::csv;
pub(crate) use html::html;

/// The text for an unknown value.
const UNKNOWN: &str = "unknown";

/// The inventory for people: tokens by expiry with their owners, followed by their IDs.
pub(crate) fn lines(inventory: &Inventory, width: Option<usize>) -> Vec<String> {
    let name = &inventory.organization;
    if inventory.pats.is_empty() {
        let mut lines = vec![format!("{name}: no personal access tokens to list")];
        lines.extend(leaks_without_owner(inventory));
        return lines;
    }
    let numbered = || inventory.pats.iter().zip(1..);
    let rows = numbered().map(|(pat, number): (&OwnedPat, usize)| {
        vec![
            number.to_string(),
            stops(pat),
            yes_or_no(pat.pat.is_global()).to_owned(),
            access(pat).to_owned(),
            last_use(pat, |moment| day(moment).to_string()),
            match pat.leaks.len() {
                0 => "-".to_owned(),
                count => count.to_string(),
            },
            one_line(&pat.owner.principal_name),
            one_line(&pat.pat.name),
        ]
    });
    let head = [
        "#", "stops", "global", "access", "last use", "leaks", "owner", "name",
    ];
    let mut lines = table::lines(&head, rows, &[6, 7], width);
    let ids = numbered().map(|(pat, number): (&OwnedPat, usize)| {
        vec![
            number.to_string(),
            one_line(&pat.pat.authorization_id),
            date(pat.created),
            date(pat.expires),
            one_line(&pat.pat.scope),
        ]
    });
    let head = ["#", "authorization id", "created", "expires", "scope"];
    lines.extend(table::lines(&head, ids, &[4], width));
    for (pat, number) in numbered() {
        let places = pat.leaks.iter().map(place);
        lines.extend(places.map(|place| format!("#{number} is in {place}")));
    }
    lines.extend(leaks_without_owner(inventory));
    lines.extend(how_to_revoke(inventory));
    lines
}

fn leaks_without_owner(inventory: &Inventory) -> impl Iterator<Item = String> + '_ {
    inventory.leaks_without_owner.iter().map(|leak| {
        let fingerprint = one_line(&leak.fingerprint);
        format!("no owner was found for {} ({fingerprint})", place(leak))
    })
}

/// The request that an administrator would send; adieu does not.
fn how_to_revoke(inventory: &Inventory) -> [String; 2] {
    let text = |field: &str| {
        let value = inventory.revocation.get(field);
        value.map_or_else(String::new, |value| {
            value.as_str().map_or(value.to_string(), str::to_owned)
        })
    };
    [
        "Nothing was revoked. To revoke, an administrator sends:".to_owned(),
        format!("  {} {} {}", text("method"), text("url"), text("body")),
    ]
}

/// Notes about the list.
pub(crate) fn notes(inventory: &Inventory) -> Vec<String> {
    let name = &inventory.organization;
    let mut notes: Vec<String> = inventory
        .not_read
        .iter()
        .map(|missed| {
            let user = one_line(&missed.user.principal_name);
            format!("{user} was not read: {}", unread(LIST_PATS, &missed.error))
        })
        .collect();
    if inventory.users == 0 && inventory.not_read.is_empty() {
        notes.push(format!(
            "Azure DevOps lists no user of {name}, although you are one: only members of Project \
             Collection Administrators see the users."
        ));
    }
    notes.extend(match &inventory.audit {
        AuditLog::NotPermitted => Some(format!(
            "Last uses are unknown: the audit log of {name} needs the permission View audit log \
             (Organization settings → Permissions)."
        )),
        AuditLog::Unread(error) => {
            let reason = unread(READ_AUDIT_LOG, error);
            Some(format!("Last uses are unknown: {reason}"))
        }
        AuditLog::Read { is_empty: true, .. } => Some(format!(
            "Last uses are unknown: the audit log of {name} is empty. Organization settings → \
             Policies → Log audit events turns it on."
        )),
        AuditLog::Read {
            since,
            is_cut: true,
            ..
        } => Some(format!(
            "The audit log was read back to {}; older uses are unknown.",
            rfc_3339(*since)
        )),
        AuditLog::Read { .. } | AuditLog::NotAsked => None,
    });
    notes
}

/// The number of tokens.
pub(crate) fn summary(inventory: &Inventory) -> String {
    let pats = &inventory.pats;
    let are = |is: &dyn Fn(&&OwnedPat) -> bool| pats.iter().filter(is).count();
    let global = are(&|pat| pat.state == State::Active && pat.pat.is_global());
    let full = are(&|pat| pat.state == State::Active && pat.pat.has_full_access());
    let leaked = are(&|pat| !pat.leaks.is_empty());
    let mut text = format!(
        "{} of {}",
        count(pats.len(), "personal access token"),
        count(inventory.users, "user")
    );
    for (number, what) in [
        (global, "active and global (stop on 2026-12-01)"),
        (full, "active with full access"),
        (leaked, "in files"),
        (inventory.left_out, "not listed"),
        (inventory.not_read.len(), "users not read"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    text + "."
}

fn stops(pat: &OwnedPat) -> String {
    match pat.state {
        State::Active => pat.stops().map(|day| day.to_string()),
        State::Expired | State::Invalid => Some(pat.state.word().to_owned()),
    }
    .unwrap_or_else(|| UNKNOWN.to_owned())
}

fn date(moment: Option<OffsetDateTime>) -> String {
    moment.map_or_else(|| UNKNOWN.to_owned(), |moment| day(moment).to_string())
}

fn last_use(pat: &OwnedPat, shown: impl Fn(OffsetDateTime) -> String) -> String {
    pat.last_use.map_or_else(|| UNKNOWN.to_owned(), shown)
}

fn access(pat: &OwnedPat) -> &'static str {
    match pat.pat.has_full_access() {
        true => "full",
        false => "scoped",
    }
}

fn yes_or_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn place(leak: &Leak) -> String {
    let place = format!("{}:{}:{}", one_line(&leak.path), leak.line, leak.column);
    match &leak.commit {
        Some(commit) => format!("{place} of commit {}", one_line(commit)),
        None => place,
    }
}

fn one_line(text: &str) -> String {
    deactivate_commands_whole(text)
}

/// The columns for a spreadsheet and a page.
const COLUMNS: [&str; 14] = [
    "stops",
    "expires",
    "created",
    "state",
    "global",
    "access",
    "scope",
    "owner",
    "principal name",
    "name",
    "last use",
    "leaks",
    "authorization id",
    "fingerprint",
];

fn cells(pat: &OwnedPat) -> [String; COLUMNS.len()] {
    let places: Vec<String> = pat.leaks.iter().map(place).collect();
    [
        stops(pat),
        date(pat.expires),
        date(pat.created),
        pat.state.word().to_owned(),
        yes_or_no(pat.pat.is_global()).to_owned(),
        access(pat).to_owned(),
        one_line(&pat.pat.scope),
        one_line(&pat.owner.display_name),
        one_line(&pat.owner.principal_name),
        one_line(&pat.pat.name),
        last_use(pat, rfc_3339),
        places.join("; "),
        one_line(&pat.pat.authorization_id),
        one_line(pat.pat.fingerprint.as_deref().unwrap_or_default()),
    ]
}
