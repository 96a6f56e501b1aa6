//! Which tenant of Microsoft Entra an organization takes its members from: what anybody may ask.
//!
//! It never sends a credential.

use std::time::Duration;

use adieu_transport::{Answer, Attempt, Deadline, NoAnswer, NotTheService, Transport, host};
use reqwest::{Method, Url};

use crate::client::CORRELATION;
use crate::error::Error;
use crate::hosts::Organization;
use crate::refusal::{Reason, Refusal};

/// All attempts together end within this.
const BOUND: Duration = Duration::from_secs(8);

/// Where an organization's members come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenant {
    /// A tenant of Microsoft Entra, as a GUID in lower case.
    Entra(String),
    /// Microsoft accounts: the organization is connected to no tenant.
    MicrosoftAccounts,
}

impl Organization {
    /// The tenant that the organization is connected to, as a request without a token learns it: in
    /// `X-VSS-ResourceTenant`, or in the address of `WWW-Authenticate`. Git Credential Manager goes by the
    /// same two (`AzureDevOpsRestApi.cs` of git-ecosystem/git-credential-manager).
    ///
    /// # Errors
    /// There is no such organization, no answer, or an answer that says nothing of a tenant.
    pub async fn tenant(&self, transport: &Transport) -> Result<Tenant, Error> {
        let url = self.collection(&[]);
        let deadline = Deadline::after(BOUND);
        adieu_transport::until(deadline, async |attempt| {
            let no_answer = |cause| Error::NoAnswer {
                host: host(&url),
                cause,
                attempts: attempt,
            };
            let request = transport
                .request(Method::HEAD, &url)
                .header("X-TFS-FedAuthRedirect", "Suppress")
                .build()
                .map_err(|error| {
                    Attempt::Permanent(no_answer(NoAnswer::Connection(error.to_string())))
                })?;
            match transport.send(request, deadline.left()).await {
                Ok(answer) => self.read(&answer, &url, attempt),
                Err(cause) => Err(Attempt::unanswered(cause, no_answer)),
            }
        })
        .await
    }

    fn read(&self, answer: &Answer, url: &Url, attempts: u32) -> Result<Tenant, Attempt<Error>> {
        let correlation = answer.correlation(&CORRELATION);
        if answer.is_busy() {
            let error = Error::Busy {
                host: host(url),
                status: answer.status,
                attempts,
                message: None,
                correlation,
            };
            return Err(Attempt::turned_away(answer, error));
        }
        if let Some(tenant) = in_headers(answer) {
            return Ok(tenant);
        }
        Err(Attempt::Permanent(if answer.status == 404 {
            Error::Refused(Box::new(Refusal {
                host: host(url),
                status: 404,
                attempts,
                reason: Reason::NotFound,
                message: String::new(),
                tenant: None,
                correlation,
            }))
        } else {
            Error::NotTheService {
                host: host(url),
                status: answer.status,
                instead: NotTheService::WithoutField("X-VSS-ResourceTenant"),
                correlation,
            }
        }))
    }
}

fn in_headers(answer: &Answer) -> Option<Tenant> {
    let own = answer.header("X-VSS-ResourceTenant").and_then(tenant);
    own.or_else(|| {
        answer
            .headers
            .get_all("WWW-Authenticate")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find_map(in_challenge)
    })
}

/// `Bearer authorization_uri=https://login.microsoftonline.com/<tenant>`.
fn in_challenge(challenge: &str) -> Option<Tenant> {
    let (_, address) = challenge.split_once("authorization_uri=")?;
    let address = address.split([',', ' ']).next()?.trim_matches('"');
    tenant(address.trim_end_matches('/').rsplit('/').next()?)
}

/// A GUID; the one of zeros stands for no tenant.
fn tenant(text: &str) -> Option<Tenant> {
    let text = text.trim();
    let is_guid = text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0'));
    is_guid.then(|| {
        if is_zero {
            Tenant::MicrosoftAccounts
        } else {
            Tenant::Entra(text.to_ascii_lowercase())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_tenant_in_either_header() {
        let entra = Some(Tenant::Entra(
            "8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab".to_owned(),
        ));
        for (challenge, expected) in [
            (
                "Bearer authorization_uri=https://login.microsoftonline.com/8D3C0F1E-aaaa-4bbb-8ccc-0123456789ab",
                entra.clone(),
            ),
            (
                "Bearer authorization_uri=\"https://login.microsoftonline.com/8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab/\", x=y",
                entra,
            ),
            (
                "Bearer authorization_uri=https://login.microsoftonline.com/common",
                None,
            ),
            (
                "Basic realm=\"https://tfsprodeus2.app.visualstudio.com/\"",
                None,
            ),
            ("TFS-Federated", None),
        ] {
            assert_eq!(in_challenge(challenge), expected, "{challenge}");
        }
        assert_eq!(
            tenant("00000000-0000-0000-0000-000000000000"),
            Some(Tenant::MicrosoftAccounts)
        );
        assert_eq!(tenant(""), None);
        assert_eq!(tenant("contoso.onmicrosoft.com"), None);
    }
}
