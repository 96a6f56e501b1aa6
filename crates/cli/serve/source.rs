//! An identity as the broker's source of tokens: its situations become one line for whoever asked.
//!
//! It never keeps a token; the broker does.

use adieu_agent::deactivate_commands_whole;
use adieu_broker::{Refusal, RefusalScope, Source as BrokerSource};
use adieu_identity::{Error, Scope, Token};
use adieu_transport::Transport;

use crate::report::Report;
use crate::session::Source;
use crate::situation::{CredentialFault, Situation};

/// A source with the way to the services.
pub(crate) struct Identity {
    source: Source,
    transport: Transport,
}

impl Identity {
    pub(crate) fn new(source: Source, transport: Transport) -> Self {
        Self { source, transport }
    }
}

impl BrokerSource for Identity {
    async fn token(&self, scope: &Scope, tenant: Option<&str>) -> Result<Token, Refusal> {
        if let Source::Connection(connection) = &self.source
            && let Some(tenant) = tenant
            && !tenant.eq_ignore_ascii_case(&connection.service.tenant)
        {
            return Err(Refusal::of_the_question(format!(
                "the client asks for a token of the tenant {tenant}, and the service connection signs in to {}",
                connection.service.tenant
            )));
        }
        let token = self.source.token(scope, tenant, &self.transport).await;
        token.map_err(|situation| refusal(&situation))
    }

    fn client_id(&self) -> Option<&str> {
        match &self.source {
            Source::Connection(connection) => Some(connection.service.client_id.as_str()),
            Source::SignIn(_) => None,
        }
        .filter(|id| !id.is_empty())
    }
}

fn refusal(situation: &Situation) -> Refusal {
    let errors: Vec<&Error> = match situation {
        Situation::NoToken { errors, .. } => errors.iter().map(|(_, error)| error).collect(),
        Situation::NoCredential(problems) => problems
            .iter()
            .filter_map(|problem| match &problem.fault {
                CredentialFault::Identity { error, .. } => Some(error),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let any = |is: fn(&Error) -> bool| errors.iter().any(|error| is(error));
    Refusal {
        // A client prints it, and the agent reads what a client prints.
        reason: deactivate_commands_whole(&Report::of(situation).line()),
        scope: if any(refuses_the_job_token) {
            RefusalScope::Permanent
        } else if any(|error| {
            error.is_transient() || matches!(error, Error::JobTokenRefused { .. })
        }) {
            RefusalScope::Transient
        } else if any(Error::is_denied) {
            RefusalScope::Remote
        } else {
            // A sign-in with az meanwhile is seen at once.
            RefusalScope::Local
        },
    }
}

/// Whether Azure DevOps itself said that it does not accept the job's token. A page for people, or an answer
/// without a word, comes from whatever stands in front of it as well.
fn refuses_the_job_token(error: &Error) -> bool {
    matches!(
        error,
        Error::JobTokenRefused {
            status: 401,
            message: Some(_),
            ..
        }
    )
}
