//! The words of `configure` whose clients sign in as the step's connection, with ID tokens that they request
//! themselves.
//!
//! It requests none.

use adieu_identity::Connection;
use adieu_identity::resource::Cloud;
use adieu_secret::JobToken;

use crate::settings::{Setting, Value, plain};

/// What settings contain of a step and its job.
pub struct Step<'a> {
    /// The connection that signs in.
    pub connection: &'a Connection,
    /// The Azure subscription of that connection.
    pub subscription: Option<String>,
    /// The address of the job's own repository.
    pub repository: Option<&'a str>,
    /// The address from which clients request ID tokens. In a release, an older server does not set the variable, so
    /// that they would have none.
    pub id_token_address: Option<String>,
    /// The job token, with which they request them.
    pub job_token: Option<JobToken>,
    /// The `NO_PROXY` of the agent's machine, before `configure` added to it.
    pub machine_no_proxy: Option<&'a str>,
}

impl Step<'_> {
    /// The settings of Terraform's providers for Azure Pipelines (`provider.go` of
    /// microsoft/terraform-provider-azuredevops; registry.terraform.io, "Authenticating using OpenID Connect"). One of
    /// them is the job token.
    pub(crate) fn terraform(&mut self) -> Vec<Setting> {
        let facts = &self.connection.facts;
        let mut settings = vec![
            plain("ARM_USE_OIDC", "true"),
            plain("ARM_USE_CLI", "false"),
            plain("ARM_CLIENT_ID", &facts.client_id),
            plain("ARM_TENANT_ID", &facts.tenant),
            plain("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", &facts.id),
        ];
        let address = self.id_token_address.as_ref();
        settings.extend(address.map(|address| plain("ARM_OIDC_REQUEST_URL", address)));
        let token = self.job_token.take().map(Value::JobToken);
        settings.extend(token.map(|token| Setting::new("ARM_OIDC_REQUEST_TOKEN", token)));
        let subscription = self.subscription.as_ref();
        settings.extend(subscription.map(|id| plain("ARM_SUBSCRIPTION_ID", id)));
        let cloud = match self.connection.cloud {
            Cloud::UsGovernment => Some("usgovernment"),
            Cloud::China => Some("china"),
            Cloud::Public | Cloud::Custom(_) => None,
        };
        settings.extend(cloud.map(|name| plain("ARM_ENVIRONMENT", name)));
        settings
    }

    /// The settings of `AzurePipelinesCredential`.
    pub(crate) fn azure_pipelines_credential(&self) -> [Setting; 3] {
        let facts = &self.connection.facts;
        [
            plain("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", &facts.id),
            plain("AZURESUBSCRIPTION_CLIENT_ID", &facts.client_id),
            plain("AZURESUBSCRIPTION_TENANT_ID", &facts.tenant),
        ]
    }
}
