//! The feeds for the command of `adieu exec --feeds`: a private folder, a broker for helpers, and files whose tokens
//! are renewed while the command runs.
//!
//! It leaves nothing behind.

use std::future::pending;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;

use adieu_agent::process_variable;
use adieu_broker::{Broker, Resources};
use adieu_feeds::{Folder, plan, variables_of_processes};
use adieu_identity::resource;
use adieu_transport::Transport;

use super::endpoint::Endpoint;
use super::keeper::{Keeper, RENEW, write_files};
use super::notices::{warn_of, warn_of_stale};
use super::{local, make_in};
use crate::credential::{CredentialArguments, SignIn};
use crate::failure::{Failure, FeedsProblem};
use crate::reporter::Terminal;
use crate::serve::source::SessionTokens;
use crate::session::Source;

/// What runs alongside a command.
pub(crate) struct CommandFeeds {
    folder: TemporaryFolder,
    keeper: Keeper,
    broker: Broker,
    source: SessionTokens,
    resources: Resources,
    /// The variables of the command.
    pub(crate) variables: Vec<(String, String)>,
}

/// A private folder that is removed at the end.
struct TemporaryFolder(Folder);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// Prepares it for the feeds that the working folder declares.
pub(crate) async fn prepare(
    credential: &CredentialArguments,
    tenant: Option<String>,
    transport: &Transport,
) -> Result<CommandFeeds, Box<Failure>> {
    let (request, reading) = local::find_in(Path::new("."), &process_variable)?;
    warn_of(&request, &reading, &Terminal);
    for one in &reading.stale {
        warn_of_stale(one, &Terminal);
    }
    let organizations = local::organizations(&request, tenant, transport).await?;
    let plan = plan(organizations, &request, &process_variable);
    let (tokens, _) = local::sign_in(&plan, credential, transport).await?;
    let folder = TemporaryFolder(make_in(&std::env::temp_dir(), &plan, &request)?);
    let no_broker = |reason: String| Failure::NoBroker(io::Error::other(reason));
    let broker = Broker::bind().await.map_err(Failure::NoBroker)?;
    let endpoint = Endpoint::of(&broker.address()).map_err(no_broker)?;
    let written = write_files(&plan, &folder.0, &tokens).and_then(|()| endpoint.write(&folder.0));
    written.map_err(FeedsProblem::NotWritten)?;
    let sign_in = SignIn::new(credential.clone(), None).silent();
    let scope = resource::azure_devops();
    Ok(CommandFeeds {
        variables: variables_of_processes(&plan, &request, &folder.0, &process_variable),
        keeper: Keeper::new(plan, endpoint, folder.0.clone(), tokens),
        folder,
        broker,
        source: SessionTokens::new(Source::SignIn(sign_in), transport.clone()),
        resources: Resources::Listed(vec![scope]),
    })
}

impl CommandFeeds {
    /// Runs the broker until the command has ended.
    pub(crate) async fn serve_until(
        self,
        ended: Pin<&mut dyn Future<Output = Result<ExitCode, Box<Failure>>>>,
    ) -> Result<ExitCode, Box<Failure>> {
        let Self {
            folder: _folder,
            mut keeper,
            broker,
            source,
            resources,
            ..
        } = self;
        let broker = broker.renewing_at(RENEW);
        let serving = async {
            tokio::join!(broker.serve(source, resources, None), keeper.keep_fresh());
            // Neither ends the command.
            pending().await
        };
        tokio::select! {
            ended = ended => ended,
            never = serving => never,
        }
    }
}
