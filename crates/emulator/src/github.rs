//! GitHub Actions' issuer of ID tokens, which it issues to jobs with permission, in exchange for their request token.
//!
//! Addresses, headers and claims are those of docs.github.com ("OpenID Connect reference") and of actions/toolkit
//! (`packages/core/src/oidc-utils.ts`). It never trusts a request: method, version, address, token and audience must
//! all be right.

use std::collections::BTreeMap;

use serde_json::json;

use crate::clock::Clock;
use crate::directory::{Directory, ExpectedSecrets};
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::jwt;
use crate::shared_state::EmulatedService;

/// The secrets that it expects from its clients.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["request token"],
    body: &[],
};

/// One of the hosts that issue tokens to the jobs of github.com.
pub(crate) const HOST: &str = "run-actions-1-azure-eastus.actions.githubusercontent.com";

/// The host that publishes releases, and the host of their files.
pub(crate) const SERVER: &str = "github.com";
pub(crate) const RELEASES: &str = "release-assets.githubusercontent.com";

/// The issuer of every ID token of github.com.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Lifetime of an ID token, in seconds.
const LIFETIME: i64 = 300;

/// The handle of GitHub. Its address is that of the issuing host; [`network`](crate::World::network) reaches it by
/// its name.
pub type GitHub = EmulatedService<State>;

/// The state of jobs in GitHub.
#[derive(Debug, Default)]
pub struct State {
    jobs: Vec<JobRecord>,
    /// Files of releases, by their paths on github.com.
    releases: BTreeMap<String, Vec<u8>>,
}

#[derive(Debug)]
struct JobRecord {
    path: String,
    token: String,
    repository: String,
    subject: String,
}

/// A job of a workflow.
#[derive(Debug)]
pub struct WorkflowJob {
    /// `owner/name`.
    pub repository: &'static str,
    /// The end of the subject, after the repository: `ref:refs/heads/main`, `environment:production`, `pull_request`.
    pub context: &'static str,
    /// Whether the job has `permissions: id-token: write`.
    pub may_have_id_tokens: bool,
}

impl Default for WorkflowJob {
    /// A push to `main` of `contoso/web`, with the permission.
    fn default() -> Self {
        Self {
            repository: "contoso/web",
            context: "ref:refs/heads/main",
            may_have_id_tokens: true,
        }
    }
}

impl WorkflowJob {
    /// The subject of the job's ID tokens.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("repo:{}:{}", self.repository, self.context)
    }
}

impl GitHub {
    /// Starts a job. Returns the variables that the runner sets for its steps.
    #[must_use]
    pub fn start(&self, job: &WorkflowJob) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::from([
            ("CI".to_owned(), "true".to_owned()),
            ("GITHUB_ACTIONS".to_owned(), "true".to_owned()),
            (
                "GITHUB_SERVER_URL".to_owned(),
                "https://github.com".to_owned(),
            ),
            ("GITHUB_REPOSITORY".to_owned(), job.repository.to_owned()),
        ]);
        if !job.may_have_id_tokens {
            return variables;
        }
        let token = jwt::github_key().sign(&json!({
            "iss": "https://token.actions.githubusercontent.com", "jti": guid(), "scp": "Actions.Example",
        }));
        self.directory().ledger.record("request token", &token);
        let path = format!("/{}//idtoken/{}/{}", guid(), guid(), guid());
        variables.insert(
            "ACTIONS_ID_TOKEN_REQUEST_URL".to_owned(),
            format!("https://{HOST}{path}?api-version=2.0"),
        );
        variables.insert("ACTIONS_ID_TOKEN_REQUEST_TOKEN".to_owned(), token.clone());
        self.own().jobs.push(JobRecord {
            path,
            token,
            repository: job.repository.to_owned(),
            subject: job.subject(),
        });
        variables
    }

    /// Publishes a file of a release: `/owner/name/releases/download/tag/file`.
    pub fn release(&self, path: &str, bytes: Vec<u8>) {
        self.own().releases.insert(path.to_owned(), bytes);
    }

    /// Ends all jobs: their request tokens are no longer accepted.
    pub fn end_all_jobs(&self) {
        self.own().jobs.clear();
    }
}

/// Answers one request.
pub(crate) fn answer(
    request: &Request,
    own: &State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    match request.header("host") {
        Some(SERVER) => return release(request, own, RELEASES),
        Some(RELEASES) => return release(request, own, ""),
        _ => {}
    }
    if request.path == "/" && request.method == "HEAD" {
        return Answer::json(404, &json!({}));
    }
    if request.method != "GET" || !request.path.contains("/idtoken/") {
        directory.violation(format!(
            "GitHub Actions has no route {} {}",
            request.method, request.path
        ));
        return Answer::json(404, &json!({}));
    }
    let sent = request.header("authorization").unwrap_or_default();
    let is_of = |job: &&JobRecord| {
        job.path == request.path && sent.strip_prefix("Bearer ") == Some(job.token.as_str())
    };
    let Some(job) = own.jobs.iter().find(is_of) else {
        return error(
            401,
            "TF400813: The user is not authorized to access this resource.",
        );
    };
    if request.parameter("api-version").as_deref() != Some("2.0") {
        return error(400, "No api-version was supplied for the \"GET\" request.");
    }
    let owner = job.repository.split('/').next().unwrap_or_default();
    let audience = request
        .parameter("audience")
        .unwrap_or_else(|| format!("https://github.com/{owner}"));
    let now = clock.now();
    let token = jwt::github_key().sign(&json!({
        "jti": guid(),
        "sub": job.subject,
        "aud": audience,
        "iss": GITHUB_ISSUER,
        "repository": job.repository,
        "repository_owner": owner,
        "runner_environment": "github-hosted",
        "nbf": now - 600,
        "iat": now,
        "exp": now + LIFETIME,
    }));
    directory.ledger.record("ID token", &token);
    Answer::json(200, &json!({ "count": token.len(), "value": token }))
}

/// A file of a release: github.com redirects clients to another host.
fn release(request: &Request, own: &State, elsewhere: &str) -> Answer {
    match own.releases.get(&request.path) {
        None => Answer::json(404, &json!({})),
        Some(_) if !elsewhere.is_empty() => {
            let to = format!("https://{elsewhere}{}", request.path);
            Answer::json(302, &json!({})).with("Location", &to)
        }
        Some(bytes) => Answer {
            status: 200,
            headers: vec![("Content-Type".into(), "application/octet-stream".into())],
            body: bytes.clone(),
        },
    }
}

/// An error in the form of Azure DevOps services, on which the hosts of GitHub Actions are based.
fn error(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "$id": "1", "innerException": null, "message": message,
            "typeName": "GitHub.Services.WebApi.VssServiceException, GitHub.Services.WebApi",
            "typeKey": "VssServiceException", "errorCode": 0, "eventId": 3000,
        }),
    )
}
