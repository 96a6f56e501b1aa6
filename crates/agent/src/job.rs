//! The IDs that identify the job to Azure DevOps.
//!
//! It never builds an address; `identity` does.

use crate::environment::Environment;
use crate::platform::PlatformVariableError;

/// The running job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Address of the collection (`System.CollectionUri`), with a slash at the end.
    pub collection: String,
    /// Address of the job's own connection, for which the job token is valid. The agent writes it last, so that a
    /// variable of the pipeline cannot replace it.
    pub connection_url: Option<String>,
    /// ID of the project.
    pub project: String,
    /// Name of the project, for addresses that people open.
    pub project_name: String,
    /// `build`, `release` or `deployment`, which is also the hub's name.
    pub host_type: String,
    /// ID of the plan.
    pub plan: String,
    /// ID of the job.
    pub id: String,
    /// `System.OidcRequestUri`, where the server sends it.
    pub oidc_request_uri: Option<String>,
}

impl Environment {
    /// The running job.
    ///
    /// # Errors
    /// A variable that every agent sets is missing, or a variable of the pipeline shadows it.
    pub fn job(&self) -> Result<Job, PlatformVariableError> {
        let required = |name| self.required(name).map(str::to_owned);
        let collection = match self.platform_variable("System.CollectionUri")? {
            Some(collection) => collection.to_owned(),
            // In a release this is the release management's host, so it comes second.
            None => required("System.TeamFoundationCollectionUri")?,
        };
        let project = required("System.TeamProjectId")?;
        let project_name = self.platform_variable("System.TeamProject")?;
        let oidc_request_uri = self.platform_variable("System.OidcRequestUri")?;
        Ok(Job {
            collection,
            connection_url: self.system_connection_url().map(str::to_owned),
            project_name: project_name.unwrap_or(&project).to_owned(),
            project,
            host_type: required("System.HostType")?.to_lowercase(),
            plan: required("System.PlanId")?,
            id: required("System.JobId")?,
            oidc_request_uri: oidc_request_uri.map(str::to_owned),
        })
    }
}
