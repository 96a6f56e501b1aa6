//! The background process for a job's feeds: a broker for the helpers, and files that are rewritten before their
//! tokens expire.
//!
//! It leaves nothing behind: it removes the private folder.

use std::path::Path;
use std::time::{Duration, SystemTime};

use adieu_agent::{EndpointId, Stream};
use adieu_broker::{Broker, Resources};
use adieu_feeds::{Mirror, OtherClients, netrc, npmrc, pypirc, settings, yarnrc};
use adieu_identity::resource;
use adieu_identity::{Scope, Token};
use adieu_order::Map;
use serde_json::{Value, json};
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::containers::SCOPE;
use super::endpoint::Endpoint;
use super::folder::Folder;
use super::helper::NPM_TOKEN;
use super::plan::Plan;
use super::source::FeedTokens;
use super::{MAVEN, NETRC, NPM, PYPIRC, YARN, outside, project_files};
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
    project_files::restore(&folder);
    outside::remove(&plan, &folder);
    folder.remove();
}

/// Removes a private folder, and its job's files outside it.
pub(crate) fn remove(folder: &Folder) {
    project_files::restore(folder);
    if let Some(plan) = Plan::read(folder.path()) {
        outside::remove(&plan, folder);
    }
    folder.remove();
}

async fn prepare(
    connection: &str,
    folder: &Folder,
) -> Result<(Broker, FeedTokens, Resources, Keeper), String> {
    let environment = job::environment_of_the_job()?;
    let words = |failure: Failure| Report::of(&failure).line();
    let plan = Plan::read(folder.path()).ok_or("the step's plan cannot be read")?;
    let transport = network::transport(&environment, &Quiet).map_err(|failure| words(*failure))?;
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
            true => {
                write(&self.plan, &self.folder, &self.tokens).map_err(|error| error.to_string())
            }
            false => Ok(()),
        }
    }
}

/// Writes the files of a plan.
pub(crate) fn write(plan: &Plan, folder: &Folder, tokens: &Tokens) -> std::io::Result<()> {
    let tokens = plan.organizations.iter().filter_map(|(name, tenant)| {
        let token = tokens.get(tenant)?;
        Some((name.as_str(), &token.value))
    });
    if let Some(user) = &plan.npm {
        let there = there(folder, NPM, user);
        let registries = plan.registries.iter();
        let registries: Vec<(&str, &str)> = registries
            .map(|one| (one.address.as_str(), one.organization.as_str()))
            .collect();
        let helper = folder.programs().join(NPM_TOKEN).display().to_string();
        // pnpm runs it with a shell.
        let is_word =
            !helper.contains(|part: char| part.is_whitespace() || "$&;'\"()".contains(part));
        let others = OtherClients {
            has_yarn_1: plan.has_yarn_1,
            token_helper: (plan.has_pnpm && is_word).then_some(helper.as_str()),
        };
        folder.write(NPM, &npmrc(&there, tokens.clone(), &registries, others))?;
    }
    if let Some(user) = &plan.netrc {
        let there = there(folder, NETRC, user);
        folder.write(NETRC, &netrc(&there, tokens.clone()))?;
    }
    if let Some((_, registries)) = &plan.yarn {
        let mut of_registries = Vec::new();
        for one in registries {
            let mut tokens = tokens.clone();
            if let Some((_, token)) = tokens.find(|(name, _)| *name == one.organization) {
                of_registries.push((one.address.as_str(), token));
            }
        }
        folder.write(YARN, &yarnrc(&of_registries))?;
    }
    if !plan.indexes.is_empty() {
        let mut indexes = Vec::new();
        for one in &plan.indexes {
            let mut tokens = tokens.clone();
            if let Some((_, token)) = tokens.find(|(name, _)| *name == one.organization) {
                indexes.push((one.id.as_str(), one.address.as_str(), token));
            }
        }
        folder.write(PYPIRC, &pypirc(&indexes))?;
    }
    if let Some((user, repositories)) = &plan.maven {
        let by_name: Map<_, _> = tokens.collect();
        let mirrors: Vec<Mirror<'_>> = repositories
            .iter()
            .filter_map(|one| {
                Some(Mirror {
                    id: &one.id,
                    address: &one.address,
                    token: by_name.get(one.organization.as_str())?,
                    is_deployed_to: plan.deployed_to.contains(&one.id),
                })
            })
            .collect();
        let own = std::fs::read_to_string(user).map(Zeroizing::new).ok();
        let text = settings(own.as_deref().map(String::as_str), &mirrors)
            .or_else(|| settings(None, &mirrors));
        folder.write(MAVEN, &text.unwrap_or_default())?;
    }
    Ok(())
}

/// The contents of a file, including what the job's steps added; at first, those of the user's own file.
fn there(folder: &Folder, name: &str, user: &Path) -> Zeroizing<String> {
    let there = std::fs::read_to_string(folder.file(name));
    Zeroizing::new(
        there
            .or_else(|_| std::fs::read_to_string(user))
            .unwrap_or_default(),
    )
}

/// Writes one line for the step.
fn say(document: &Value) {
    let line = Zeroizing::new(document.to_string());
    let _ = Stream::Output.credential(&line);
}
