//! Azure DevOps' part in federation: issues an ID token for a connection to a job that names it.
//!
//! It never trusts a request: method, version, plan, job, token and connection must all be right.

mod connection;
mod setup;

use std::collections::BTreeMap;

use serde_json::json;

use crate::clock::Clock;
use crate::directory::{Directory, ExpectedSecrets, ID_TOKEN_AUDIENCE};
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::shared_state::EmulatedService;
use crate::{jwt, organizations};

use crate::vss::{self, error};
pub use connection::Connection;

/// The secrets that it expects from its clients.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["job token"],
    body: &[],
};

/// The handle of Azure DevOps. Its address is the collection's.
pub type AzureDevOps = EmulatedService<State>;

/// The state of pipelines in Azure DevOps.
#[derive(Debug)]
pub struct State {
    /// By ID.
    pub(crate) connections: BTreeMap<String, Connection>,
    pub(crate) jobs: Vec<JobRecord>,
    pub(crate) id_token_lifetime: i64,
    /// Whether jobs cannot see their project.
    pub(crate) project_is_hidden: bool,
}

/// A job in Azure DevOps.
#[derive(Debug, Clone)]
pub(crate) struct JobRecord {
    pub(crate) hub: String,
    pub(crate) plan: String,
    pub(crate) id: String,
    pub(crate) token: String,
    /// Connections that steps of the job name.
    pub(crate) references: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            connections: BTreeMap::new(),
            jobs: Vec::new(),
            id_token_lifetime: 600,
            project_is_hidden: false,
        }
    }
}

impl State {
    /// Whether a token belongs to a job.
    pub(crate) fn has_job_token(&self, token: &str) -> bool {
        self.jobs.iter().any(|job| job.token == token)
    }

    /// The ID and the connection with a name.
    pub(crate) fn connection(&self, name: &str) -> Option<(&String, &Connection)> {
        let mut known = self.connections.iter();
        known.find(|(_, connection)| connection.name == name)
    }
}

/// Answers one request.
pub(crate) fn answer(
    request: &Request,
    own: &State,
    organizations: &organizations::State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let organization = path.first().copied().unwrap_or_default();
    if organizations.stopped.contains(organization) {
        return vss::finished(vss::stopped(organization), request, None);
    }
    let answer = id_token(request, &path, own, organizations, directory, clock);
    // The job's identity, which every error after the sign-in names.
    let organization = directory.organization_id.clone();
    vss::finished(answer, request, Some((&organization, "Build")))
}

/// `POST {collection}/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken`, as
/// microsoft/azure-pipelines-tasks-common-packages calls it (`EntraWifUserServiceConnectionUtils.ts`).
fn id_token(
    request: &Request,
    path: &[&str],
    own: &State,
    organizations: &organizations::State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let [
        organization,
        project,
        "_apis",
        "distributedtask",
        "hubs",
        hub,
        "plans",
        plan,
        "jobs",
        job,
        "oidctoken",
    ] = path
    else {
        directory.violation(format!(
            "Azure DevOps has no route {} {}",
            request.method, request.path
        ));
        return vss::no_controller(request);
    };
    if *organization != directory.organization {
        return vss::no_organization();
    }
    let Some(record) = own
        .jobs
        .iter()
        .find(|record| record.plan == *plan && record.id == *job)
    else {
        return vss::signed_out(request, organizations.bearers_get_pages);
    };
    if request.header("authorization") != Some(&format!("Bearer {}", record.token)) {
        return vss::signed_out(request, organizations.bearers_get_pages);
    }
    if request.method != "POST" {
        return error(
            405,
            "VssServiceException",
            &format!(
                "The requested resource does not support http method '{}'.",
                request.method
            ),
        );
    }
    if !request.body.is_empty() && request.body != b"{}" {
        directory.violation("Azure DevOps was sent a body that it did not ask for".to_owned());
    }
    let kind = request.header("content-type").unwrap_or_default();
    if !request.body.is_empty() && !kind.starts_with("application/json") {
        return error(
            415,
            "VssRequestContentTypeNotSupportedException",
            &format!(
                "The request indicated a Content-Type of \"{kind}\" for method type \"POST\" \
                 which is not supported. Valid content types for this method are: application/json, application/json-patch+json."
            ),
        );
    }
    if request.header("content-length").is_none() {
        return error(
            411,
            "VssServiceException",
            "The request must be chunked or have a content length.",
        );
    }
    if !names_a_version(request) {
        return error(
            400,
            "VssVersionNotSpecifiedException",
            "No api-version was supplied for the \"POST\" request. The version must be \
             supplied either as part of the Accept header (e.g. \"application/json; api-version=1.0\") or as a query parameter (e.g. \"?api-version=1.0\").",
        );
    }
    if *project != directory.project_id || own.project_is_hidden {
        return vss::no_project(project);
    }
    if *hub != record.hub {
        return error(
            404,
            "TaskOrchestrationPlanNotFoundException",
            &format!("No plan found for identifier {plan}."),
        );
    }
    let Some(id) = request.parameter("serviceConnectionId") else {
        // The pipeline's own identity, which no connection's application trusts.
        let issuer = format!(
            "https://vstoken.dev.azure.com/{}",
            directory.organization_id
        );
        let subject = format!("p://{organization}/{}/my-pipeline", directory.project);
        return id_token_of(&issuer, &subject, own, directory, clock);
    };
    let Some(connection) = own.connections.get(&id) else {
        return error(
            404,
            "ServiceEndpointNotFoundException",
            &format!("No service connection found with identifier \"{id}\"."),
        );
    };
    if !record.references.contains(&id) {
        // Status 200: dotnet/docker-tools#2012.
        let message = format!(
            "There is no explicit reference to service connection {id} from current stage \
             Deploy.Job.__default."
        );
        return Answer::json(200, &json!({ "count": message.len(), "value": message }));
    }
    let (issuer, subject) = directory.issuer_and_subject(&id, &connection.name);
    id_token_of(&issuer, &subject, own, directory, clock)
}

/// Signs an ID token and records it.
fn id_token_of(
    issuer: &str,
    subject: &str,
    own: &State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let now = clock.now();
    let token = jwt::issuer_key().sign(&json!({
        "jti": guid(),
        "iss": issuer,
        "sub": subject,
        "aud": ID_TOKEN_AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + own.id_token_lifetime,
    }));
    directory.ledger.record("ID token", &token);
    Answer::json(200, &json!({ "oidcToken": token }))
}

/// Whether a request names its API version, in the address or in `Accept`.
fn names_a_version(request: &Request) -> bool {
    let asked = vss::asked_version(request).unwrap_or_default();
    let (number, preview) = match asked.split_once('-') {
        Some((number, preview)) => (number, Some(preview)),
        None => (asked.as_str(), None),
    };
    // 7.2 is in preview; the preview of a released version is that version.
    let is_known = number == "7.1" || (number == "7.2" && preview.is_some());
    is_known && preview.is_none_or(|preview| matches!(preview, "preview" | "preview.1"))
}
