//! An identity as the broker's source of tokens: its situations become one line for whoever asked.
//!
//! It never keeps a token; the broker does.

use adieu_broker::{Refusal, Source as BrokerSource};
use adieu_identity::{Error, Scope, Token};
use adieu_transport::Transport;

use crate::report::Report;
use crate::session::Source;
use crate::situation::Situation;

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
            return Err(Refusal::permanent(format!(
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
            Source::Credential(_) => None,
        }
        .filter(|id| !id.is_empty())
    }
}

fn refusal(situation: &Situation) -> Refusal {
    let errors = match situation {
        Situation::NoToken { errors, .. } => errors.as_slice(),
        _ => &[],
    };
    let any = |is: fn(&Error) -> bool| errors.iter().any(|(_, error)| is(error));
    Refusal {
        reason: Report::of(situation).line(),
        can_heal: any(|error| matches!(error, Error::NoAnswer { .. } | Error::Busy { .. })),
        is_final: any(|error| matches!(error, Error::JobTokenRefused { .. })),
    }
}
