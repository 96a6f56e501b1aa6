//! The tokens that are at hand: renewed before they end, one renewal at a time for each.
//!
//! It never hands out a token with less than five minutes to live, never throws a live one away because
//! its successor does not come, and never asks on and on for what a service has refused.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use adieu_identity::{Scope, Token};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_local;
use tokio::time::Instant;

use crate::source::{Refusal, Source, Stands};

/// SDKs take a token with less than this for ended, and ask again at each call (azure-core's
/// `BearerTokenPolicy`, MSAL).
const LEAST: Duration = Duration::from_secs(5 * 60);

/// From here on a successor is fetched while the token is still handed out.
const RENEW: Duration = Duration::from_secs(10 * 60);

/// Between two renewals while the token is still alive: a service that is away, or one whose tokens live for
/// ten minutes altogether, is not asked at every request.
const PAUSE: Duration = Duration::from_secs(30);

/// For so long a service's no stands, and the service is left alone: a client that asks in a loop asks nobody
/// else. Short, because somebody may be mending it: what Microsoft Entra is told takes longer to get around.
const REFUSED: Duration = Duration::from_secs(30);

/// So many different tokens are kept. A client that asks for ever new resources makes no more.
const MOST: usize = 64;

/// Every token that was asked for, by scope and tenant.
pub(crate) struct Tokens<S> {
    source: S,
    entries: RefCell<HashMap<Key, Rc<Entry>>>,
}

/// What a token is for, and in which tenant where the client names one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    scope: String,
    tenant: Option<String>,
}

#[derive(Default)]
struct Entry {
    current: RefCell<Option<Rc<Token>>>,
    /// When the last fetch ended, and why without a token.
    last: RefCell<Option<(Instant, Option<Refusal>)>>,
    /// Held while a token is being fetched.
    fetching: Arc<Mutex<()>>,
}

impl<S: Source + 'static> Tokens<S> {
    pub(crate) fn new(source: S) -> Rc<Self> {
        Rc::new(Self {
            source,
            entries: RefCell::default(),
        })
    }

    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// A token with at least five minutes to live.
    pub(crate) async fn get(
        self: &Rc<Self>,
        scope: &Scope,
        tenant: Option<&str>,
    ) -> Result<Rc<Token>, Refusal> {
        let entry = self.entry(scope, tenant)?;
        let asked = Instant::now();
        if let Some(token) = entry.alive() {
            if left(&token) < RENEW
                && entry.may_fetch(asked)
                && let Ok(turn) = Arc::clone(&entry.fetching).try_lock_owned()
            {
                // Nobody waits for it.
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
            Err(_) => Err(Refusal::of_the_question("the request was given up")),
        }
    }

    /// Fetches in a task of its own: a client that hangs up must not undo what others wait for.
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
            let outcome = tokens.source.token(&scope, tenant.as_deref()).await;
            let outcome = outcome.and_then(long_enough).map(Rc::new);
            if let Ok(token) = &outcome {
                *entry.current.borrow_mut() = Some(Rc::clone(token));
            }
            *entry.last.borrow_mut() = Some((Instant::now(), outcome.as_ref().err().cloned()));
            drop(turn);
            outcome
        })
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
            return Err(Refusal::of_the_question(format!(
                "tokens for {MOST} resources are in use, which is the most"
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

    /// The refusal that answers a question of this moment, too: whoever waited for a fetch that failed shares its
    /// outcome, so that a crowd asks once, and a service's no stands for a while.
    fn refused(&self, asked: Instant) -> Option<Refusal> {
        let last = self.last.borrow();
        let (when, refusal) = last.as_ref()?;
        let refusal = refusal.as_ref()?;
        let until = match refusal.stands {
            Stands::UntilMendedThere => *when + REFUSED,
            _ => *when,
        };
        (asked <= until).then(|| refusal.clone())
    }

    fn may_fetch(&self, now: Instant) -> bool {
        let last = self.last.borrow();
        last.as_ref().is_none_or(|(when, _)| now >= *when + PAUSE)
    }
}

fn left(token: &Token) -> Duration {
    let left = token.expires_on.duration_since(SystemTime::now());
    left.unwrap_or_default()
}

/// A token that would be taken for ended at once helps nobody: clients would ask without end.
fn long_enough(token: Token) -> Result<Token, Refusal> {
    if left(&token) >= LEAST {
        return Ok(token);
    }
    Err(Refusal {
        reason: "the token that came lives for less than five minutes by this machine's clock; set the clock right"
            .to_owned(),
        stands: Stands::Briefly,
    })
}
