//! GitLab's issuer of ID tokens: GitLab itself sets one in a variable of the job, so there are no requests.
//!
//! The claims are those of docs.gitlab.com ("OpenID Connect (OIDC) Authentication Using ID Tokens").

use serde_json::json;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::ids::guid;
use crate::jwt;

/// The issuer of the ID tokens of gitlab.com.
pub const GITLAB_ISSUER: &str = "https://gitlab.com";

/// Lifetime of a token if the job sets no time limit, in seconds.
const LIFETIME: i64 = 300;

/// The ID token of a job, as GitLab issued it `age` seconds ago.
pub(crate) fn id_token(
    job: &GitLabJob<'_>,
    age: i64,
    directory: &mut Directory,
    clock: &Clock,
) -> String {
    let GitLabJob {
        project,
        branch,
        audience,
    } = job;
    let issued = clock.now() - age;
    let token = jwt::gitlab_key().sign(&json!({
        "jti": guid(),
        "iss": GITLAB_ISSUER,
        "aud": audience,
        "sub": format!("project_path:{project}:ref_type:branch:ref:{branch}"),
        "project_path": project,
        "ref": branch,
        "ref_type": "branch",
        "pipeline_source": "push",
        "iat": issued,
        "nbf": issued - 5,
        "exp": issued + LIFETIME,
    }));
    directory.ledger.record("ID token", &token);
    token
}

/// A job of a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct GitLabJob<'a> {
    /// `group/name`.
    pub project: &'a str,
    /// Branch of the pipeline.
    pub branch: &'a str,
    /// The `aud` of the job's `id_tokens`.
    pub audience: &'a str,
}
