//! The source of a job's tokens for feeds: its service connection in each tenant, or the job token.
//!
//! It never uses the job token for another organization's feeds; the caller knows the organization.

use std::time::{Duration, SystemTime};

use adieu_agent::{EndpointId, Environment};
use adieu_broker::{Refusal, TokenSource};
use adieu_feeds::Plan;
use adieu_identity::azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use adieu_identity::azure_core::{self, error::ErrorKind};
use adieu_identity::{Token, TokenRequest};
use adieu_secret::JobToken;
use adieu_transport::Transport;
use async_trait::async_trait;

use crate::connection;
use crate::failure::{Failure, FeedsProblem};
use crate::serve::source::SessionTokens;
use crate::session::Source;

/// The job token is valid as long as its job, but does not show how long.
const JOB_TOKEN: Duration = Duration::from_secs(24 * 60 * 60);

/// A source for the tenants of a plan.
pub(crate) enum FeedTokens {
    /// The connection, once for each tenant.
    Connection(Vec<(Option<String>, SessionTokens)>),
    /// The job token.
    Job(JobToken),
}

adieu_secret::debug_by_name!(FeedTokens);

impl FeedTokens {
    /// The source for a connection of the job, or for the job itself if none is given.
    pub(crate) fn of(
        environment: &Environment,
        connection: Option<&EndpointId>,
        plan: &Plan,
        transport: &Transport,
    ) -> Result<Self, Box<Failure>> {
        let Some(id) = connection else {
            let token = environment.job_token();
            let token = token.ok_or(FeedsProblem::NoJobToken)?;
            return Ok(Self::Job(token));
        };
        let mut tenants = plan.tenants();
        if !plan.containers.is_empty() {
            tenants.insert(None);
        }
        let tenants = tenants.into_iter().map(|tenant| {
            let tenant = tenant.map(str::to_owned);
            let connection = connection::read(environment, id, tenant.clone())?;
            let source = Source::Connection(Box::new(connection));
            Ok((tenant, SessionTokens::new(source, transport.clone())))
        });
        Ok(Self::Connection(
            tenants.collect::<Result<_, Box<Failure>>>()?,
        ))
    }
}

#[async_trait]
impl TokenCredential for FeedTokens {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let refused = |refusal| azure_core::Error::new(ErrorKind::Credential, refusal);
        match self {
            Self::Job(token) => Ok(Token {
                value: token.for_own_feeds(),
                expires_on: SystemTime::now() + JOB_TOKEN,
            }
            .into()),
            Self::Connection(tenants) => {
                let tenant = TokenRequest::read(scopes, options.as_ref()).tenant;
                let mut known = tenants.iter();
                match known.find(|(known, _)| *known == tenant) {
                    Some((_, source)) => source.get_token(scopes, options).await,
                    None => Err(refused(Refusal::of_the_request(
                        "no feed of this step is in that tenant",
                    ))),
                }
            }
        }
    }
}

impl TokenSource for FeedTokens {
    fn client_id(&self) -> Option<&str> {
        None
    }
}
