//! Every personal access token with its owner, its uses and its leaks, in the order in which they stop working.
//!
//! It contacts no service and writes no messages.

use adieu_devops::{PersonalAccessToken, User};
use adieu_order::Set;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::macros::date;
use time::{Date, OffsetDateTime, UtcOffset};

use super::leaks::Leak;

/// The day on which global tokens stop working (Azure DevOps Blog, "Retirement of Global Personal Access Tokens in
/// Azure DevOps").
pub(crate) const GLOBAL_PATS_STOP: Date = date!(2026 - 12 - 01);

/// Everything that was found.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) organization: String,
    /// The time of the requests.
    pub(crate) taken: OffsetDateTime,
    /// The number of users whose tokens were requested.
    pub(crate) users: usize,
    pub(crate) pats: Vec<OwnedPat>,
    /// The number of tokens that the command line's filters exclude.
    pub(crate) left_out: usize,
    pub(crate) audit: AuditLog,
    pub(crate) not_read: Vec<NotRead>,
    /// Whether the service stopped answering: another run can read the rest.
    pub(crate) is_interrupted: bool,
    /// Tokens in files that are not among the listed ones.
    pub(crate) leaks_without_owner: Vec<Leak>,
    /// The request with which an administrator would revoke tokens.
    pub(crate) revocation: Value,
}

/// A token with its owner and uses.
#[derive(Debug)]
pub(crate) struct OwnedPat {
    pub(crate) owner: User,
    pub(crate) pat: PersonalAccessToken,
    /// `None` if the service's text cannot be parsed.
    pub(crate) created: Option<OffsetDateTime>,
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) state: State,
    /// The last use in the audit log.
    pub(crate) last_use: Option<OffsetDateTime>,
    pub(crate) leaks: Vec<Leak>,
}

impl OwnedPat {
    fn order(&self) -> impl Ord + '_ {
        let expires = self.expires.map(OffsetDateTime::unix_timestamp);
        (
            self.state,
            !self.pat.is_global(),
            expires.unwrap_or(i64::MAX),
            &self.owner.principal_name,
            &self.pat.name,
            &self.pat.authorization_id,
        )
    }
}

/// Whether a token is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Active,
    Expired,
    /// Revoked, by its owner or by a policy.
    Invalid,
}

/// The result of reading the audit log.
#[derive(Debug, Default)]
pub(crate) enum AuditLog {
    /// No token could be in it.
    #[default]
    NotAsked,
    Read {
        since: OffsetDateTime,
        /// Whether older entries were left out.
        is_cut: bool,
        is_empty: bool,
    },
    /// The caller lacks "View audit log".
    NotPermitted,
    /// It could not be read; the reason.
    Unread(String),
}

/// A user whose tokens could not be listed.
#[derive(Debug)]
pub(crate) struct NotRead {
    pub(crate) user: User,
    /// The reason.
    pub(crate) reason: String,
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            organization: String::new(),
            taken: OffsetDateTime::UNIX_EPOCH,
            users: 0,
            pats: Vec::new(),
            left_out: 0,
            audit: AuditLog::default(),
            not_read: Vec::new(),
            is_interrupted: false,
            leaks_without_owner: Vec::new(),
            revocation: Value::Null,
        }
    }
}

impl Inventory {
    /// Sorts by when tokens stop working: accepted ones first, of these the global ones, then by expiry.
    pub(crate) fn sort(&mut self) {
        adieu_order::sort_by(&mut self.pats, |one, other| one.order().cmp(&other.order()));
        adieu_order::sort_by(&mut self.not_read, |one, other| {
            one.user.principal_name.cmp(&other.user.principal_name)
        });
    }

    /// Adds each token in files to the listed token with the same fingerprint.
    pub(crate) fn join(&mut self, leaks: Vec<Leak>) {
        for pat in &mut self.pats {
            let Some(fingerprint) = &pat.pat.fingerprint else {
                continue;
            };
            let found = leaks.iter().filter(|leak| leak.fingerprint == *fingerprint);
            pat.leaks = found.cloned().collect();
        }
        let known = self.pats.iter();
        let known: Set<&str> = known
            .filter_map(|pat| pat.pat.fingerprint.as_deref())
            .collect();
        let is_unknown = |leak: &Leak| !known.contains(leak.fingerprint.as_str());
        self.leaks_without_owner = leaks.into_iter().filter(is_unknown).collect();
    }

    /// Removes tokens that the command line does not ask for.
    pub(crate) fn keep(&mut self, is_asked_for: impl Fn(&OwnedPat) -> bool) {
        let all = self.pats.len();
        self.pats.retain(is_asked_for);
        self.left_out = all - self.pats.len();
    }
}

impl OwnedPat {
    /// A token of a user, with its state at a given time.
    pub(crate) fn new(owner: User, pat: PersonalAccessToken, now: OffsetDateTime) -> Self {
        let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        let expires = moment(&pat.expires);
        let state = match (pat.is_valid, expires) {
            (_, Some(expires)) if expires <= now => State::Expired,
            (false, _) => State::Invalid,
            (true, _) => State::Active,
        };
        Self {
            created: moment(&pat.created),
            expires,
            state,
            owner,
            pat,
            last_use: None,
            leaks: Vec::new(),
        }
    }

    /// The day on which it stops working: its expiry, or the end of global tokens. `None` if it has already stopped.
    pub(crate) fn stops(&self) -> Option<Date> {
        if self.state != State::Active {
            return None;
        }
        let expires = self.expires.map(day);
        match self.pat.is_global() {
            true => Some(expires.map_or(GLOBAL_PATS_STOP, |day| day.min(GLOBAL_PATS_STOP))),
            false => expires,
        }
    }
}

impl State {
    /// The word for outputs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Invalid => "revoked",
        }
    }
}

/// The day of a time (UTC).
pub(crate) fn day(moment: OffsetDateTime) -> Date {
    moment.to_offset(UtcOffset::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pat(name: &str, organizations: usize, expires: &str, is_valid: bool) -> OwnedPat {
        let owner = User {
            descriptor: String::new(),
            principal_name: "ada@contoso.example".to_owned(),
            display_name: String::new(),
        };
        let pat = PersonalAccessToken {
            authorization_id: name.to_owned(),
            name: name.to_owned(),
            scope: String::new(),
            organizations: vec![String::new(); organizations],
            created: String::new(),
            expires: expires.to_owned(),
            is_valid,
            fingerprint: Some(name.to_owned()),
        };
        let now = OffsetDateTime::parse("2026-11-27T12:00:00Z", &Rfc3339).expect("a moment");
        OwnedPat::new(owner, pat, now)
    }

    #[test]
    fn lists_the_earliest_expiry_first() {
        let mut inventory = Inventory {
            pats: vec![
                pat("expired", 0, "2026-11-27T12:00:00Z", true),
                pat("revoked", 1, "2035-01-01T00:00:00Z", false),
                pat("unreadable", 1, "never", true),
                pat("late", 1, "2036-01-01T00:00:00Z", true),
                pat("soon", 1, "2026-11-28T00:00:00Z", true),
                pat("global", 0, "2035-01-01T00:00:00Z", true),
                pat("global and soon", 2, "2026-11-29T00:00:00Z", true),
            ],
            ..Inventory::default()
        };
        inventory.sort();
        let shown: Vec<String> = inventory
            .pats
            .iter()
            .map(|pat| {
                let stops = pat.stops().map(|day| day.to_string());
                let (name, state) = (&pat.pat.name, pat.state.word());
                format!("{name}: {state}, {}", stops.unwrap_or_default())
            })
            .collect();
        assert_eq!(
            shown,
            [
                "global and soon: active, 2026-11-29",
                "global: active, 2026-12-01",
                "soon: active, 2026-11-28",
                "late: active, 2036-01-01",
                "unreadable: active, ",
                "expired: expired, ",
                "revoked: revoked, ",
            ]
        );
    }
}
