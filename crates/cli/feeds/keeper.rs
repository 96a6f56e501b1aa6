//! The background process for a job's feeds: a broker for the helpers, and files that are rewritten before their
//! tokens expire.
//!
//! It leaves nothing behind: it removes the private folder.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use adieu_agent::{EndpointId, Stream};
use adieu_broker::{Broker, Resources};
use adieu_feeds::{Folder, Plan, remove, write};
use adieu_identity::resource;
use adieu_identity::{Scope, Token};
use adieu_order::Map;
use serde_json::{Value, json};
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::containers::SCOPE;
use super::endpoint::Endpoint;
use super::source::FeedTokens;
use crate::failure::Failure;
use crate::network;
use crate::platform;
use crate::report::Report;
use crate::reporter::Quiet;
use crate::serve::job;

/// A client reads its file once, and may use it for as long again: half of the shortest lifetime of a Microsoft Entra
/// token.
pub(crate) const RENEW: Duration = Duration::from_secs(30 * 60);

/// Interval for checking the clock. After a machine has slept, an expired token is not served for longer than this.
const LOOK: Duration = Duration::from_secs(30);

/// If no worker can be watched, the process ends after this time.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Runs for the feeds of the job whose environment comes on standard input. Prints its address, or why it failed, on
/// standard output.
pub(crate) async fn serve(connection: &str, folder: &Path, worker: Option<u32>) {
    let Some(folder) = Folder::existing(folder) else {
        return;
    };
    let plan = Plan::read(folder.path()).unwrap_or_default();
    match prepare(connection, &folder).await {
        Ok((broker, source, resources, keeper)) => {
            let address = broker.address();
            tokio::select! {
                _ = broker.renewing_at(RENEW).serve(source, resources, Some(LONGEST)) => {}
                () = keep(keeper, &address) => {}
                _ = platform::stop_requested() => {}
                () = platform::gone(worker) => {}
            }
        }
        Err(reason) => say(&json!({ "error": reason })),
    }
    remove(&folder, &plan);
}

async fn prepare(
    connection: &str,
    folder: &Folder,
) -> Result<(Broker, FeedTokens, Resources, Keeper), String> {
    let environment = job::environment_of_the_job()?;
    let words = |failure: Box<Failure>| Report::of(&failure).line();
    let plan = Plan::read(folder.path()).ok_or("the step's plan cannot be read")?;
    let transport = network::transport(&environment, &Quiet).map_err(words)?;
    let id = (!connection.is_empty()).then(|| EndpointId::new(connection));
    let source = FeedTokens::of(&environment, id.as_ref(), &plan, &transport).map_err(words)?;
    let broker = Broker::bind().await.map_err(|error| error.to_string())?;
    let endpoint = Endpoint::of(&broker.address())?;
    endpoint.write(folder).map_err(|error| error.to_string())?;
    let mut scopes = vec![resource::azure_devops()];
    if !plan.containers.is_empty() {
        scopes.push(Scope {
            value: SCOPE.to_owned(),
            audiences: Vec::new(),
        });
    }
    let keeper = Keeper::new(plan, endpoint, folder.clone(), Tokens::new());
    Ok((broker, source, Resources::Listed(scopes), keeper))
}

/// Writes the files and reports that; then renews them as long as they exist.
async fn keep(mut keeper: Keeper, address: &adieu_broker::Address) {
    if let Err(reason) = keeper.renew().await {
        return say(&json!({ "error": reason }));
    }
    say(&json!({
        "stop": address.stop_endpoint(),
        "stopKey": address.stop_key().reveal(),
        "expiresOn": first_to_expire(&keeper.tokens).unwrap_or(SystemTime::UNIX_EPOCH)
            .duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs(),
    }));
    keeper.keep_fresh().await;
}

/// A token for each tenant.
pub(crate) type Tokens = Map<Option<String>, Token>;

/// The earliest expiry of the tokens.
pub(crate) fn first_to_expire(tokens: &Tokens) -> Option<SystemTime> {
    tokens.values().map(|token| token.expires_on).min()
}

/// The files of a folder, and the tokens in them.
pub(crate) struct Keeper {
    plan: Plan,
    endpoint: Endpoint,
    folder: Folder,
    tokens: Tokens,
}

impl Keeper {
    /// Creates one with existing tokens.
    pub(crate) fn new(plan: Plan, endpoint: Endpoint, folder: Folder, tokens: Tokens) -> Self {
        Self {
            plan,
            endpoint,
            folder,
            tokens,
        }
    }

    /// Rewrites the files whenever a token is old, as long as the folder exists.
    pub(crate) async fn keep_fresh(&mut self) {
        loop {
            sleep(LOOK).await;
            if !self.folder.path().is_dir() {
                return;
            }
            // A failure is retried later; meanwhile the old token is valid for half of its lifetime.
            let _ = self.renew().await;
        }
    }

    /// Requests new tokens for all old ones, and rewrites the files if there is one.
    pub(crate) async fn renew(&mut self) -> Result<(), String> {
        let now = SystemTime::now();
        let mut is_new = false;
        for tenant in self.plan.tenants() {
            let key = tenant.map(str::to_owned);
            let there = self.tokens.get(&key);
            if there.is_some_and(|token| token.expires_on > now + RENEW) {
                continue;
            }
            let token = self.endpoint.token(tenant).await?;
            is_new |= there.is_none_or(|there| there.value.reveal() != token.value.reveal());
            self.tokens.insert(key, token);
        }
        match is_new {
            true => write_files(&self.plan, &self.folder, &self.tokens)
                .map_err(|error| error.to_string()),
            false => Ok(()),
        }
    }
}

/// Writes the files of a plan that have tokens.
pub(crate) fn write_files(plan: &Plan, folder: &Folder, tokens: &Tokens) -> io::Result<()> {
    let token = |tenant: &Option<String>| Some(&tokens.get(tenant)?.value);
    write(plan, folder, &token)
}

/// Writes one line for the step.
fn say(document: &Value) {
    let line = Zeroizing::new(document.to_string());
    let _ = Stream::Output.credential(&line);
}
