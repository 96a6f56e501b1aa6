//! Which job this is: the ids that lead Azure DevOps to its plan.
//!
//! It never builds an address; that is the identity's side.

use crate::environment::Environment;

/// The running job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Address of the collection (`System.CollectionUri`), with a slash at the end.
    pub collection: String,
    /// Id of the project.
    pub project: String,
    /// Name of the project, for addresses that people open.
    pub project_name: String,
    /// `build`, `release` or `deployment`, which is also the hub's name.
    pub host_type: String,
    /// Id of the plan.
    pub plan: String,
    /// Id of the job.
    pub id: String,
    /// `System.OidcRequestUri`, where the server sends it.
    pub oidc_request_uri: Option<String>,
}

impl Environment {
    /// The running job.
    ///
    /// # Errors
    /// The name of the variable that every agent sets and this environment lacks.
    pub fn job(&self) -> Result<Job, &'static str> {
        let required = |name: &'static str| self.variable(name).map(str::to_owned).ok_or(name);
        let collection = match self.variable("System.CollectionUri") {
            Some(collection) => collection.to_owned(),
            // In a release this is the release management's host, so it comes second.
            None => required("System.TeamFoundationCollectionUri")?,
        };
        let project = required("System.TeamProjectId")?;
        Ok(Job {
            collection,
            project_name: self
                .variable("System.TeamProject")
                .unwrap_or(&project)
                .to_owned(),
            project,
            host_type: required("System.HostType")?.to_lowercase(),
            plan: required("System.PlanId")?,
            id: required("System.JobId")?,
            oidc_request_uri: self.variable("System.OidcRequestUri").map(str::to_owned),
        })
    }
}
