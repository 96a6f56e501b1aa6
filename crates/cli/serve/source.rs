//! A sign-in as the broker's source of tokens: a failure becomes one line for the client.
//!
//! It never stores a token; the broker does.

use std::sync::{Mutex, PoisonError};

use adieu_agent::deactivate_commands_whole;
use adieu_broker::{Refusal, RefusalScope, TokenSource};
use adieu_identity::azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use adieu_identity::azure_core::{self, error::ErrorKind};
use adieu_identity::{CredentialProblemKind, Error, Token, TokenRequest};
use adieu_transport::Transport;
use async_trait::async_trait;

use crate::failure::Failure;
use crate::report::Report;
use crate::reporter::{Reporter as _, Terminal};
use crate::session::Source;

/// A source of tokens, with its transport.
pub(crate) struct SessionTokens {
    source: Source,
    transport: Transport,
    /// The last refusal that was reported to a person.
    reported: Option<Mutex<String>>,
}

adieu_secret::debug_by_name!(SessionTokens);

impl SessionTokens {
    pub(crate) fn new(source: Source, transport: Transport) -> Self {
        Self {
            source,
            transport,
            reported: None,
        }
    }

    /// Writes a line on standard error for each refused request. Repeated refusals are written once.
    pub(crate) fn report_refusals(self) -> Self {
        Self {
            reported: Some(Mutex::default()),
            ..self
        }
    }

    async fn token(&self, request: &TokenRequest) -> Result<Token, Refusal> {
        let tenant = request.tenant.as_deref();
        if let Source::Connection(connection) = &self.source
            && let Some(tenant) = tenant
            && !tenant.eq_ignore_ascii_case(&connection.service.tenant)
        {
            return Err(Refusal::of_the_request(format!(
                "the client asks for a token of tenant {tenant}, but the service connection signs in to {}",
                connection.service.tenant
            )));
        }
        let token = self
            .source
            .token(&request.scope, tenant, &self.transport)
            .await;
        token.map_err(|failure| refusal(&failure))
    }
}

#[async_trait]
impl TokenCredential for SessionTokens {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let request = TokenRequest::read(scopes, options.as_ref());
        match self.token(&request).await {
            Ok(token) => Ok(token.into()),
            Err(refusal) => Err(azure_core::Error::new(ErrorKind::Credential, refusal)),
        }
    }
}

impl TokenSource for SessionTokens {
    fn client_id(&self) -> Option<&str> {
        match &self.source {
            Source::Connection(connection) => Some(connection.service.client_id.as_str()),
            Source::SignIn(_) => None,
        }
        .filter(|id| !id.is_empty())
    }

    fn refused(&self, reason: &str) {
        let Some(reported) = &self.reported else {
            return;
        };
        let mut last = reported.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != reason {
            Terminal.say(&format!("Refused a request: {reason}"));
            reason.clone_into(&mut last);
        }
    }
}

fn refusal(failure: &Failure) -> Refusal {
    let errors: Vec<&Error> = match failure {
        Failure::NoToken { errors, .. } => errors.iter().map(|(_, error)| error).collect(),
        Failure::NoCredential(problems) => problems
            .iter()
            .filter_map(|problem| match &problem.fault {
                CredentialProblemKind::Identity { error, .. } => Some(error),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    Refusal {
        // A client prints it, and the agent reads the client's output.
        reason: deactivate_commands_whole(&Report::of(failure).line()),
        scope: RefusalScope::of(errors.iter().copied()),
    }
}
