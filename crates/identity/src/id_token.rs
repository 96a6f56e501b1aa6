//! The federated ID token: requested from Azure DevOps with the job token.
//!
//! It never sends the job token to a host other than the collection's, and never reads the ID token.

use reqwest::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, Url};

use adieu_secret::{IdToken, JobToken};
use adieu_transport::{
    AZURE_DEVOPS, Attempt, Body, Call, Deadline, NotTheService, Reply, ServiceMessage, Transport,
    host, may_carry_credentials,
};

use crate::answers::take_text;
use crate::error::Error;

/// The API version that Microsoft's own clients use (`EntraWifUserServiceConnectionUtils.ts` of
/// microsoft/azure-pipelines-tasks-common-packages).
const API_VERSION: &str = "7.1";

/// A request for the ID token of one service connection, in one job.
#[derive(Debug)]
pub struct IdTokenRequest {
    url: Url,
    job_token: JobToken,
}

/// The parts of a job in the address of its ID tokens.
#[derive(Debug, Clone, Copy)]
pub struct JobOfPlan<'a> {
    /// ID of the project.
    pub project: &'a str,
    /// The hub that runs the plan: `build` or `release`.
    pub hub: &'a str,
    /// ID of the orchestration plan.
    pub plan: &'a str,
    /// ID of the job.
    pub job: &'a str,
}

/// Why the job token may not be sent to an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTheCollection {
    /// One of the two is not an address that may receive credentials.
    #[error("{0} is not an HTTPS address")]
    NotAnAddress(String),
    /// The address has a host other than the collection's.
    #[error("{requested} is not the collection's host, {collection}")]
    AnotherHost {
        /// Host of the request, with the organization if organizations share the host.
        requested: String,
        /// Host of the collection, in the same form.
        collection: String,
    },
}

impl IdTokenRequest {
    /// A request to `uri` (`SYSTEM_OIDCREQUESTURI`), whose query is kept.
    ///
    /// # Errors
    /// `uri` is not on the collection's host.
    pub fn to(
        uri: &str,
        collection: &str,
        connection: &str,
        job_token: JobToken,
    ) -> Result<Self, NotTheCollection> {
        let url = address(uri)?;
        let collection = address(collection)?;
        if !is_same_collection(&url, &collection) {
            return Err(NotTheCollection::AnotherHost {
                requested: host_and_organization(&url),
                collection: host_and_organization(&collection),
            });
        }
        Ok(Self::with_query(url, connection, job_token))
    }

    /// A request for a job without `SYSTEM_OIDCREQUESTURI`, as on an older server. The address is the one that the
    /// agent itself would build (`GitSourceProvider.cs` of microsoft/azure-pipelines-agent), with the host type as
    /// the hub.
    ///
    /// # Errors
    /// `collection` is not an address.
    pub fn rebuilt(
        collection: &str,
        job: JobOfPlan<'_>,
        connection: &str,
        job_token: JobToken,
    ) -> Result<Self, NotTheCollection> {
        let url = Self::address(collection, job)?;
        Ok(Self::with_query(url, connection, job_token))
    }

    /// That address without a query, as in `SYSTEM_OIDCREQUESTURI`.
    ///
    /// # Errors
    /// `collection` is not an address.
    pub fn address(collection: &str, job: JobOfPlan<'_>) -> Result<Url, NotTheCollection> {
        let mut url = address(collection)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend([job.project, "_apis", "distributedtask", "hubs", job.hub])
                .extend(["plans", job.plan, "jobs", job.job, "oidctoken"]);
        }
        Ok(url)
    }

    fn with_query(mut url: Url, connection: &str, job_token: JobToken) -> Self {
        if !url.query_pairs().any(|(name, _)| name == "api-version") {
            url.query_pairs_mut()
                .append_pair("api-version", API_VERSION);
        }
        url.query_pairs_mut()
            .append_pair("serviceConnectionId", connection);
        Self { url, job_token }
    }

    /// Requests a token; each call gets a new one.
    pub(crate) async fn send(
        &self,
        transport: &Transport,
        deadline: Deadline,
    ) -> Result<IdToken, Error> {
        let call = Call::new(&AZURE_DEVOPS, &self.url, deadline);
        let request = || {
            transport
                .request(Method::POST, &self.url)
                .bearer_auth(self.job_token.reveal_to_wire())
                .header("X-TFS-FedAuthRedirect", "Suppress")
                // A connection that is kept open keeps the response, and the token in it, in its buffer.
                .header(CONNECTION, "close")
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/json")
                .header(CONTENT_LENGTH, 0)
        };
        transport.call(call, request, read).await
    }
}

fn read(reply: &Reply) -> Result<IdToken, Attempt<Error>> {
    let answer = &reply.answer;
    let status = reply.status();
    let mut body = answer.read();
    let message = ServiceMessage::read(answer, &body);
    let is_stopped = message
        .as_ref()
        .is_some_and(ServiceMessage::is_of_a_stopped_organization);
    if answer.is_busy() && !is_stopped {
        return Err(reply.busy(message.as_ref()).into());
    }
    let asks_for_a_sign_in = match &body {
        Body::Json(_) => matches!(status, 203 | 401),
        Body::Cut => false,
        Body::Other(instead) => answer.asks_for_a_sign_in(instead),
    };
    if asks_for_a_sign_in {
        return Err(Attempt::Permanent(Error::JobTokenRefused {
            host: reply.host.clone(),
            status,
            message: message.map(|message| message.text),
            correlation: reply.correlation(),
        }));
    }
    if status == 200
        && let Body::Json(json) = &mut body
        && let Some(token) = take_text(json, "oidcToken")
    {
        return IdToken::parse(token)
            .map_err(|_| reply.not_the_service(NotTheService::NotAToken).into());
    }
    match message {
        Some(message) => Err(Attempt::Permanent(Error::IdTokenRefused {
            status,
            message: message.text,
            correlation: reply.correlation(),
        })),
        None => Err(reply.not_an_answer(body, "oidcToken").into()),
    }
}

fn address(text: &str) -> Result<Url, NotTheCollection> {
    let not_an_address = || NotTheCollection::NotAnAddress(text.to_owned());
    let url = Url::parse(text).map_err(|_| not_an_address())?;
    if may_carry_credentials(&url) {
        Ok(url)
    } else {
        Err(not_an_address())
    }
}

/// A host, with the organization if that distinguishes two addresses.
fn host_and_organization(url: &Url) -> String {
    match organization(url) {
        Some(organization) if url.host_str() == Some("dev.azure.com") => {
            format!("dev.azure.com/{organization}")
        }
        _ => host(url),
    }
}

/// Whether two addresses belong to the same organization or server.
///
/// # Errors
/// One of them is not an address that may receive credentials.
pub fn are_of_one_collection(one: &str, other: &str) -> Result<bool, NotTheCollection> {
    Ok(is_same_collection(&address(one)?, &address(other)?))
}

/// Whether two addresses belong to the same collection. An organization has two: `dev.azure.com/{organization}` and
/// `{organization}.visualstudio.com`.
fn is_same_collection(one: &Url, other: &Url) -> bool {
    match (organization(one), organization(other)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(&other),
        (None, None) => one.origin() == other.origin(),
        _ => false,
    }
}

/// The organization in an address of Azure DevOps Services; a release has its own host.
fn organization(url: &Url) -> Option<String> {
    if url.scheme() != "https" || url.port().is_some() {
        return None;
    }
    let host = url.host_str()?;
    if matches!(host, "dev.azure.com" | "vsrm.dev.azure.com") {
        return url.path_segments()?.next().map(str::to_owned);
    }
    let organization = host.strip_suffix(".visualstudio.com")?;
    let organization = organization.strip_suffix(".vsrm").unwrap_or(organization);
    (!organization.contains('.')).then(|| organization.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTION: &str = "11111111-2222-3333-4444-555555555555";

    fn token() -> JobToken {
        JobToken::parse("job".to_owned()).expect("a token")
    }

    fn url(request: Result<IdTokenRequest, NotTheCollection>) -> Result<String, NotTheCollection> {
        request.map(|request| request.url.to_string())
    }

    #[test]
    fn appends_to_an_existing_query() {
        let collection = "https://dev.azure.com/contoso/";
        let request = |uri| url(IdTokenRequest::to(uri, collection, CONNECTION, token()));
        assert_eq!(
            request("https://dev.azure.com/contoso/p/oidctoken").as_deref(),
            Ok(
                "https://dev.azure.com/contoso/p/oidctoken?api-version=7.1&serviceConnectionId=11111111-2222-3333-4444-555555555555"
            )
        );
        assert_eq!(
            request("https://dev.azure.com/contoso/p/oidctoken?a=b&api-version=7.2-preview.1")
                .as_deref(),
            Ok(
                "https://dev.azure.com/contoso/p/oidctoken?a=b&api-version=7.2-preview.1&serviceConnectionId=11111111-2222-3333-4444-555555555555"
            )
        );
    }

    #[test]
    fn rebuilds_the_address_of_each_hub() {
        let request = IdTokenRequest::rebuilt(
            "https://tfs.contoso.com/tfs/DefaultCollection",
            JobOfPlan {
                project: "project",
                hub: "release",
                plan: "plan",
                job: "job",
            },
            CONNECTION,
            token(),
        );
        assert_eq!(
            url(request).as_deref(),
            Ok(
                "https://tfs.contoso.com/tfs/DefaultCollection/project/_apis/distributedtask/hubs/release/plans/plan/jobs/job/oidctoken?api-version=7.1&serviceConnectionId=11111111-2222-3333-4444-555555555555"
            )
        );
    }

    #[test]
    fn keeps_the_job_token_at_the_collection() {
        for (uri, collection, allowed) in [
            (
                "https://dev.azure.com/contoso/x",
                "https://dev.azure.com/contoso/",
                true,
            ),
            (
                "https://dev.azure.com/contoso/x",
                "https://contoso.visualstudio.com/",
                true,
            ),
            (
                "https://contoso.visualstudio.com/x",
                "https://dev.azure.com/Contoso/",
                true,
            ),
            (
                "https://dev.azure.com/fabrikam/x",
                "https://contoso.visualstudio.com/",
                false,
            ),
            (
                "https://evil.example/x",
                "https://dev.azure.com/contoso/",
                false,
            ),
            (
                "https://dev.azure.com.evil.example/contoso/x",
                "https://dev.azure.com/contoso/",
                false,
            ),
            (
                "https://dev.azure.com:8443/contoso/x",
                "https://dev.azure.com/contoso/",
                false,
            ),
            (
                "https://a.contoso.visualstudio.com/x",
                "https://dev.azure.com/a.contoso/",
                false,
            ),
            (
                "http://dev.azure.com/contoso/x",
                "http://dev.azure.com/contoso/",
                false,
            ),
            (
                "https://dev.azure.com/fabrikam/x",
                "https://dev.azure.com/contoso/",
                false,
            ),
            (
                "https://vsrm.dev.azure.com/contoso/x",
                "https://contoso.visualstudio.com/",
                true,
            ),
            (
                "https://contoso.vsrm.visualstudio.com/x",
                "https://dev.azure.com/contoso",
                true,
            ),
            (
                "https://dev.azure.com",
                "https://dev.azure.com/contoso",
                false,
            ),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:1/", true),
            ("http://127.0.0.1:2/x", "http://127.0.0.1:1/", false),
        ] {
            let request = IdTokenRequest::to(uri, collection, CONNECTION, token());
            assert_eq!(request.is_ok(), allowed, "{uri} for {collection}");
        }
    }
}
