//! Every personal access token with its owner, its uses and its leaks, in the order in which they stop working.
//!
//! It contacts no service.

use adieu_devops::{PersonalAccessToken, User};
use adieu_order::Set;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::macros::date;
use time::{Date, OffsetDateTime, UtcOffset};

use crate::ReadError;
use crate::leaks::Leak;

/// The day on which global tokens stop working (Azure DevOps Blog, "Retirement of Global Personal Access Tokens in
/// Azure DevOps").
const GLOBAL_PATS_STOP: Date = date!(2026 - 12 - 01);

/// Everything that was found.
#[derive(Debug)]
pub struct Inventory<E> {
    /// The organization's name.
    pub organization: String,
    /// The time of the requests.
    pub taken: OffsetDateTime,
    /// The number of users whose tokens were requested.
    pub users: usize,
    /// Their tokens.
    pub pats: Vec<OwnedPat>,
    /// The number of tokens that the command line's filters exclude.
    pub left_out: usize,
    /// Whether the last uses are known.
    pub audit: AuditLog<E>,
    /// The users whose tokens could not be listed.
    pub not_read: Vec<NotRead<E>>,
    /// Whether the service stopped answering: another run can read the rest.
    pub is_interrupted: bool,
    /// Tokens in files that are not among the listed ones.
    pub leaks_without_owner: Vec<Leak>,
    /// The request with which an administrator would revoke tokens.
    pub revocation: Value,
}

/// A token with its owner and uses.
#[derive(Debug)]
pub struct OwnedPat {
    /// Its owner.
    pub owner: User,
    /// The token's facts.
    pub pat: PersonalAccessToken,
    /// `None` if the service's text cannot be parsed.
    pub created: Option<OffsetDateTime>,
    /// `None` if the service's text cannot be parsed.
    pub expires: Option<OffsetDateTime>,
    /// Whether it is accepted.
    pub state: State,
    /// The last use in the audit log.
    pub last_use: Option<OffsetDateTime>,
    /// Where it is in files.
    pub leaks: Vec<Leak>,
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
pub enum State {
    /// It is accepted.
    Active,
    /// It has expired.
    Expired,
    /// Revoked, by its owner or by a policy.
    Invalid,
}

/// The result of reading the audit log.
#[derive(Debug)]
pub enum AuditLog<E> {
    /// No token could be in it.
    NotAsked,
    /// It was read.
    Read {
        /// The time of the oldest entry.
        since: OffsetDateTime,
        /// Whether older entries were left out.
        is_cut: bool,
        /// Whether it has no entry at all.
        is_empty: bool,
    },
    /// The caller lacks "View audit log".
    NotPermitted,
    /// It could not be read.
    Unread(ReadError<E>),
}

/// A user whose tokens could not be listed.
#[derive(Debug)]
pub struct NotRead<E> {
    /// The user.
    pub user: User,
    /// The reason.
    pub error: ReadError<E>,
}

impl<E> Inventory<E> {
    /// Sorts by when tokens stop working: accepted ones first, of these the global ones, then by expiry.
    pub(crate) fn sort(&mut self) {
        sort(&mut self.pats);
        adieu_order::sort_by(&mut self.not_read, |one, other| {
            one.user.principal_name.cmp(&other.user.principal_name)
        });
    }

    /// Adds each token in files to the listed token with the same fingerprint.
    pub fn join(&mut self, leaks: Vec<Leak>) {
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
    pub fn keep(&mut self, is_asked_for: impl Fn(&OwnedPat) -> bool) {
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
    #[must_use]
    pub fn stops(&self) -> Option<Date> {
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
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Invalid => "revoked",
        }
    }
}

fn sort(pats: &mut [OwnedPat]) {
    adieu_order::sort_by(pats, |one, other| one.order().cmp(&other.order()));
}

/// The day of a time (UTC).
#[must_use]
pub fn day(moment: OffsetDateTime) -> Date {
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
        let mut pats = [
            pat("expired", 0, "2026-11-27T12:00:00Z", true),
            pat("revoked", 1, "2035-01-01T00:00:00Z", false),
            pat("unreadable", 1, "never", true),
            pat("late", 1, "2036-01-01T00:00:00Z", true),
            pat("soon", 1, "2026-11-28T00:00:00Z", true),
            pat("global", 0, "2035-01-01T00:00:00Z", true),
            pat("global and soon", 2, "2026-11-29T00:00:00Z", true),
        ];
        sort(&mut pats);
        let shown: Vec<String> = pats
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
