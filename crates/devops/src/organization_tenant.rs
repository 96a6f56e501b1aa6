//! The Microsoft Entra tenant that an organization is connected to, which it shows to everyone.
//!
//! It never sends a credential.

use std::time::Duration;

use adieu_transport::{
    AZURE_DEVOPS, Attempt, Call, Deadline, NotTheService, Reply, ServiceMessage, Transport,
};
use reqwest::Method;

use crate::error::Error;
use crate::hosts::Organization;
use crate::refusal::Reason;
use crate::tenant::{Tenant, in_headers};

/// Time limit for all attempts together.
const BOUND: Duration = Duration::from_secs(8);

impl Organization {
    /// The tenant that the organization is connected to, from the answer to a request without a token: in
    /// `X-VSS-ResourceTenant`, or in the address of `WWW-Authenticate`. Git Credential Manager uses the same two
    /// (`AzureDevOpsRestApi.cs` of git-ecosystem/git-credential-manager).
    ///
    /// # Errors
    /// There is no such organization, no answer, or an answer that names no tenant.
    pub async fn tenant(&self, transport: &Transport) -> Result<Tenant, Error> {
        let url = self.collection(&[]);
        let call = Call::new(&AZURE_DEVOPS, &url, Deadline::after(BOUND));
        let request = || {
            transport
                .request(Method::HEAD, &url)
                .header("X-TFS-FedAuthRedirect", "Suppress")
        };
        transport.call(call, request, read).await
    }
}

fn read(reply: &Reply) -> Result<Tenant, Attempt<Error>> {
    let answer = &reply.answer;
    let body = answer.read();
    let message = ServiceMessage::read(answer, &body);
    let reason = message
        .as_ref()
        .and_then(|message| Reason::of_message(reply.status(), message));
    if answer.is_busy() && reason.is_none() {
        return Err(reply.busy(message.as_ref()).into());
    }
    if let Some(tenant) = in_headers(answer) {
        return Ok(tenant);
    }
    let reason = match (reason, reply.status()) {
        (Some(Reason::Stopped), _) => Reason::Stopped,
        (_, 404) => Reason::NotFound,
        _ => {
            let instead = NotTheService::WithoutField("X-VSS-ResourceTenant");
            return Err(reply.not_the_service(instead).into());
        }
    };
    Err(Error::refused(reply, reason, message.as_ref()).into())
}
