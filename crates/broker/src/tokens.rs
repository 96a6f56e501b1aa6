//! The cached tokens, renewed before they expire, with one renewal at a time for each.
//!
//! It never returns a token with less than five minutes left, never discards a valid one because its renewal failed,
//! and never repeats a request that a service has refused.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use adieu_identity::{Scope, Token};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_local;
use tokio::time::Instant;

use crate::source::{self, Refusal, RefusalScope, TokenSource};

/// SDKs treat a token with less time left as expired, and request one at each call (azure-core's `BearerTokenPolicy`,
/// MSAL).
const LEAST: Duration = Duration::from_secs(5 * 60);

/// When a token has less time left, a new one is requested while it is still returned.
pub(crate) const RENEW: Duration = Duration::from_secs(10 * 60);

/// Interval of renewals while the token is still valid: a service that is unavailable, or whose tokens only live for
/// ten minutes, does not get a request each time.
const PAUSE: Duration = Duration::from_secs(30);

/// A service that refused gets no request for this time, so that a client in a loop does not reach it. Short, because
/// someone may be fixing the cause.
const REFUSED: Duration = Duration::from_secs(30);

/// A permanent refusal is believed after this many in a row…
const BELIEVED: u32 = 3;

/// …over at least this time. Azure DevOps has been seen to answer 401, or a sign-in page, to valid job tokens for
/// some seconds (microsoft/azure-pipelines-agent#2202 and #5520).
const BELIEVED_AFTER: Duration = Duration::from_secs(60);

/// The pause before a credential that was refused several times is tried again.
const DOUBTED: Duration = Duration::from_secs(5);

/// Most cached tokens. A client that keeps requesting new resources does not add more.
const MOST: usize = 64;

/// All requested tokens, by scope and tenant.
pub struct Tokens {
    source: Box<dyn TokenSource>,
    /// See [`RENEW`].
    renew: Duration,
    entries: RefCell<HashMap<Key, Rc<Entry>>>,
    /// The permanent refusals since the last other answer: the time of the first, and their number.
    permanent: Cell<Option<(Instant, u32)>>,
}

/// The scope of a token, and its tenant if the client names one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    scope: String,
    tenant: Option<String>,
}

#[derive(Default)]
struct Entry {
    current: RefCell<Option<Rc<Token>>>,
    last: RefCell<Option<LastRequest>>,
    /// Held while a token is being requested.
    fetching: Arc<Mutex<()>>,
}

/// The result of the last request for a token.
struct LastRequest {
    when: Instant,
    /// Why there is no token, and until when other requests get the same answer.
    refusal: Option<(Refusal, Instant)>,
}

impl Tokens {
    /// Those of a source, without a broker.
    pub fn of(source: impl TokenSource + 'static) -> Rc<Self> {
        Self::new(Box::new(source), RENEW)
    }

    pub(crate) fn new(source: Box<dyn TokenSource>, renew: Duration) -> Rc<Self> {
        Rc::new(Self {
            source,
            renew,
            entries: RefCell::default(),
            permanent: Cell::new(None),
        })
    }

    pub(crate) fn source(&self) -> &dyn TokenSource {
        self.source.as_ref()
    }

    /// A token with at least five minutes left. Must be called within a `LocalSet`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn get(
        self: &Rc<Self>,
        scope: &Scope,
        tenant: Option<&str>,
    ) -> Result<Rc<Token>, Refusal> {
        let entry = self.entry(scope, tenant)?;
        let asked = Instant::now();
        if let Some(token) = entry.alive() {
            if left(&token) < self.renew
                && entry.may_fetch(asked)
                && let Ok(turn) = Arc::clone(&entry.fetching).try_lock_owned()
            {
                // The request does not wait for it.
                drop(self.fetch(turn, &entry, scope, tenant));
            }
            return Ok(token);
        }
        let turn = Arc::clone(&entry.fetching).lock_owned().await;
        if let Some(token) = entry.alive() {
            return Ok(token);
        }
        if let Some(refusal) = entry.refused(asked) {
            return Err(refusal);
        }
        match self.fetch(turn, &entry, scope, tenant).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Refusal::of_the_request("the request was canceled")),
        }
    }

    /// Requests a token in a separate task: a client that disconnects must not affect others that wait.
    fn fetch(
        self: &Rc<Self>,
        turn: OwnedMutexGuard<()>,
        entry: &Rc<Entry>,
        scope: &Scope,
        tenant: Option<&str>,
    ) -> tokio::task::JoinHandle<Result<Rc<Token>, Refusal>> {
        let (tokens, entry) = (Rc::clone(self), Rc::clone(entry));
        let (scope, tenant) = (scope.clone(), tenant.map(str::to_owned));
        spawn_local(async move {
            let outcome = source::ask(tokens.source(), scope, tenant).await;
            let when = Instant::now();
            let (outcome, refusal) = match outcome.and_then(long_enough) {
                Ok(token) => {
                    tokens.permanent.set(None);
                    let token = Rc::new(token);
                    *entry.current.borrow_mut() = Some(Rc::clone(&token));
                    (Ok(token), None)
                }
                Err(refusal) => {
                    let (refusal, pause) = tokens.judged(refusal, when);
                    (Err(refusal.clone()), Some((refusal, when + pause)))
                }
            };
            *entry.last.borrow_mut() = Some(LastRequest { when, refusal });
            drop(turn);
            outcome
        })
    }

    /// The refusal as far as it is believed, and how long its service gets no requests.
    fn judged(&self, refusal: Refusal, now: Instant) -> (Refusal, Duration) {
        match refusal.scope {
            RefusalScope::Transient | RefusalScope::Local => return (refusal, Duration::ZERO),
            RefusalScope::Remote => {
                // The services reported something other than the credential.
                self.permanent.set(None);
                return (refusal, REFUSED);
            }
            RefusalScope::Permanent => {}
        }
        let (first, before) = self.permanent.get().unwrap_or((now, 0));
        self.permanent.set(Some((first, before + 1)));
        let is_repeated = before + 1 >= BELIEVED && now >= first + BELIEVED_AFTER;
        let entries = self.entries.borrow();
        if is_repeated && entries.values().all(|entry| entry.alive().is_none()) {
            return (refusal, REFUSED);
        }
        let pause = if before == 0 { Duration::ZERO } else { DOUBTED };
        let scope = RefusalScope::Transient;
        (Refusal { scope, ..refusal }, pause)
    }

    fn entry(&self, scope: &Scope, tenant: Option<&str>) -> Result<Rc<Entry>, Refusal> {
        let key = Key {
            scope: scope.value.clone(),
            tenant: tenant.map(str::to_owned),
        };
        let mut entries = self.entries.borrow_mut();
        if let Some(entry) = entries.get(&key) {
            return Ok(Rc::clone(entry));
        }
        if entries.len() >= MOST {
            entries.retain(|_, entry| Rc::strong_count(entry) > 1 || entry.alive().is_some());
        }
        if entries.len() >= MOST {
            return Err(Refusal::of_the_request(format!(
                "tokens for {MOST} resources are in use, which is the limit"
            )));
        }
        let entry = Rc::new(Entry::default());
        entries.insert(key, Rc::clone(&entry));
        Ok(entry)
    }
}

impl Entry {
    fn alive(&self) -> Option<Rc<Token>> {
        let current = self.current.borrow();
        current
            .as_ref()
            .filter(|token| left(token) >= LEAST)
            .map(Rc::clone)
    }

    /// The refusal for a request at this time: a request that waited for a failed one shares its result, so that many
    /// clients cause one request, and a refusal lasts for a while.
    fn refused(&self, asked: Instant) -> Option<Refusal> {
        let last = self.last.borrow();
        let (refusal, until) = last.as_ref()?.refusal.as_ref()?;
        (asked <= *until).then(|| refusal.clone())
    }

    fn may_fetch(&self, now: Instant) -> bool {
        let last = self.last.borrow();
        last.as_ref().is_none_or(|last| now >= last.when + PAUSE)
    }
}

fn left(token: &Token) -> Duration {
    let left = token.expires_on.duration_since(SystemTime::now());
    left.unwrap_or_default()
}

/// Refuses a token that clients treat as expired: they would request it again without end.
fn long_enough(token: Token) -> Result<Token, Refusal> {
    if left(&token) >= LEAST {
        return Ok(token);
    }
    Err(Refusal {
        reason: "by this machine's clock, the new token expires in less than five minutes; \
         correct the clock"
            .to_owned(),
        scope: RefusalScope::Transient,
    })
}
