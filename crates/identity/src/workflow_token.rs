//! The ID token of a workflow: requested from GitHub Actions with the job's own request token.
//!
//! It never sends that token to a host outside the GitHub instance that runs the job.

use reqwest::header::{ACCEPT, CONNECTION};
use reqwest::{Method, Url};

use adieu_secret::{IdToken, WorkflowToken};
use adieu_transport::{
    Attempt, Body, Call, Deadline, GITHUB_ACTIONS, NotTheService, Reply, ServiceMessage, Transport,
    host,
};

use crate::answers::take_text;
use crate::error::Error;

/// The audience of a federated credential in Microsoft Entra (docs.github.com, "Configuring OpenID Connect in
/// Azure").
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The domain of the hosts that issue ID tokens to jobs of github.com; they vary by run (docs.github.com,
/// "Self-hosted runners reference", communication).
const GITHUB_COM: &str = "actions.githubusercontent.com";

/// A request for the ID token of one job.
#[derive(Debug)]
pub struct WorkflowTokenRequest {
    url: Url,
    token: WorkflowToken,
}

/// Why the request token may not be sent to an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTheIssuer {
    /// The text is not an HTTPS address.
    #[error("{0} is not an HTTPS address")]
    NotAnAddress(String),
    /// The host does not belong to the GitHub instance that runs the job.
    #[error("{requested} is not a host of {server}")]
    AnotherHost {
        /// Host of the request.
        requested: String,
        /// Host of GitHub.
        server: String,
    },
}

impl WorkflowTokenRequest {
    /// A request to `url` (`ACTIONS_ID_TOKEN_REQUEST_URL`) in a job of `server` (`GITHUB_SERVER_URL`, or else
    /// github.com). A GitHub Enterprise Server issues tokens itself, and each tenant of ghe.com has hosts below its
    /// own name.
    ///
    /// # Errors
    /// `url` is not an HTTPS address of that GitHub instance.
    pub fn to(url: &str, server: Option<&str>, token: WorkflowToken) -> Result<Self, NotTheIssuer> {
        let mut url = address(url)?;
        let server = address(server.unwrap_or("https://github.com"))?;
        let is_allowed = match server.host_str() {
            Some("github.com") => url.port().is_none() && is_below(&url, GITHUB_COM),
            Some(own) if own.ends_with(".ghe.com") => url.port().is_none() && is_below(&url, own),
            _ => url.origin() == server.origin(),
        };
        if !is_allowed {
            return Err(NotTheIssuer::AnotherHost {
                requested: host(&url),
                server: host(&server),
            });
        }
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        Ok(Self { url, token })
    }

    /// The origin of the request's address.
    pub fn origin(&self) -> String {
        format!("{}/", self.url.origin().ascii_serialization())
    }

    /// Requests a token; each call gets a new one.
    pub(crate) async fn send(
        &self,
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<IdToken, Error> {
        let call = Call::new(&GITHUB_ACTIONS, &self.url, deadline);
        let request = || {
            transport
                .request(Method::GET, &self.url)
                .bearer_auth(self.token.reveal_to_wire())
                // A connection that is kept open keeps the response, and the token in it, in its buffer.
                .header(CONNECTION, "close")
                .header(ACCEPT, "application/json")
        };
        transport.call(call, request, read).await
    }
}

/// `{"count": 1234, "value": "eyJ…"}`.
fn read(reply: &Reply) -> Result<IdToken, Attempt<Error>> {
    let status = reply.status();
    let mut body = reply.answer.read();
    if status == 200
        && let Body::Json(json) = &mut body
        && let Some(token) = take_text(json, "value")
    {
        return IdToken::parse(token)
            .map_err(|_| reply.not_the_service(NotTheService::NotAToken).into());
    }
    let message = ServiceMessage::read(&reply.answer, &body);
    if reply.answer.is_busy() {
        return Err(reply.busy(message.as_ref()).into());
    }
    let is_refusal = matches!(status, 400..=499) && !matches!(body, Body::Cut);
    if message.is_some() || (is_refusal && matches!(status, 401 | 403)) {
        return Err(Attempt::Permanent(Error::WorkflowTokenRefused {
            host: reply.host.clone(),
            status,
            message: message.map(|message| message.text),
            correlation: reply.correlation(),
        }));
    }
    Err(reply.not_an_answer(body, "value").into())
}

fn address(text: &str) -> Result<Url, NotTheIssuer> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https");
    url.filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| NotTheIssuer::NotAnAddress(text.to_owned()))
}

fn is_below(url: &Url, domain: &str) -> bool {
    let name = url.host_str().and_then(|host| host.strip_suffix(domain));
    name.is_some_and(|name| name.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, server: Option<&str>) -> Result<String, NotTheIssuer> {
        let token = WorkflowToken::parse("request".to_owned()).expect("a token");
        WorkflowTokenRequest::to(url, server, token).map(|request| request.url.to_string())
    }

    #[test]
    fn appends_the_audience_to_the_query() {
        assert_eq!(
            request(
                "https://run-actions-1-azure-eastus.actions.githubusercontent.com/1//idtoken/2/3?api-version=2.0",
                None
            )
            .as_deref(),
            Ok(
                "https://run-actions-1-azure-eastus.actions.githubusercontent.com/1//idtoken/2/3?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"
            )
        );
    }

    #[test]
    fn keeps_the_request_token_at_the_github_that_runs_the_job() {
        for (url, server, allowed) in [
            ("https://a.actions.githubusercontent.com/x", None, true),
            (
                "https://a.actions.githubusercontent.com/x",
                Some("https://github.com"),
                true,
            ),
            ("https://actions.githubusercontent.com/x", None, false),
            ("https://evil-actions.githubusercontent.com/x", None, false),
            (
                "https://a.actions.githubusercontent.com.evil.example/x",
                None,
                false,
            ),
            (
                "https://a.actions.githubusercontent.com:8443/x",
                None,
                false,
            ),
            ("http://a.actions.githubusercontent.com/x", None, false),
            (
                "https://user@a.actions.githubusercontent.com/x",
                None,
                false,
            ),
            ("https://github.com/x", None, false),
            (
                "https://github.contoso.com/_services/pipelines/x",
                Some("https://github.contoso.com"),
                true,
            ),
            (
                "https://a.actions.githubusercontent.com/x",
                Some("https://github.contoso.com"),
                false,
            ),
            (
                "https://run.actions.contoso.ghe.com/x",
                Some("https://contoso.ghe.com"),
                true,
            ),
            (
                "https://run.actions.fabrikam.ghe.com/x",
                Some("https://contoso.ghe.com"),
                false,
            ),
            ("http://127.0.0.1:1/x", None, false),
            ("not an address", None, false),
        ] {
            let request = request(url, server);
            assert_eq!(request.is_ok(), allowed, "{url} of {server:?}: {request:?}");
        }
    }
}
