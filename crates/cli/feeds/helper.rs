//! This program as a helper of a package client: its tokens, and its lines for the client.
//!
//! `adieu_feeds` knows the clients' protocols.

use std::ffi::OsString;
use std::process::ExitCode;

use adieu_agent::{Stream, process_path};
use adieu_feeds::{FeedToken, HelperCaller, HelperName, ServedFolder};
use zeroize::Zeroizing;

use super::containers::{SCOPE, refresh_token};
use super::endpoint::Endpoint;
use super::local;
use crate::failure::Failure;
use crate::network;
use crate::report::Report;
use crate::reporter::Terminal;
use crate::runtime;

/// Runs the helper as which this process was started.
pub(crate) fn run(name: HelperName, arguments: &[OsString]) -> ExitCode {
    name.run(arguments, &mut std::io::stdin().lock(), &Caller)
}

/// Its tokens come from the job's broker, or from the sign-in of `feeds login`.
struct Caller;

impl HelperCaller for Caller {
    fn token(&self, served: &ServedFolder, tenant: Option<&str>) -> Result<FeedToken, String> {
        let token = match &served.plan.credential {
            Some(credential) => {
                runtime::block_on(Box::pin(local::token_of_helper(credential, tenant)))
            }
            None => {
                let endpoint = Endpoint::in_folder(&served.path)?;
                runtime::block_on(Box::pin(endpoint.token(tenant)))
            }
        };
        let token = token.map_err(|_| NO_RUNTIME)??;
        Ok(FeedToken {
            value: token.value,
            expires_on: token.expires_on,
        })
    }

    fn registry_token(
        &self,
        served: &ServedFolder,
        registry: &str,
    ) -> Result<Zeroizing<String>, String> {
        let words = |failure: Box<Failure>| Report::on_a_command_line(&failure).line();
        let endpoint = Endpoint::in_folder(&served.path)?;
        let secret = runtime::block_on(Box::pin(async {
            let token = endpoint.token_for(SCOPE, None).await?;
            let transport = network::of_command_line().map_err(words)?;
            refresh_token(&token.value, registry, &transport).await
        }));
        secret.map_err(|_| NO_RUNTIME)?
    }

    fn write(&self, line: &str) -> bool {
        Stream::Output.credential(line).is_ok()
    }

    fn report(&self, reason: &str) {
        Terminal.error(&format!("No token for the feed: {reason}"));
    }

    fn search_path(&self) -> OsString {
        process_path("PATH").unwrap_or_default()
    }
}

/// Why an answer cannot be waited for.
const NO_RUNTIME: &str = "there is no event loop";
