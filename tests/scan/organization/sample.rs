//! A project with one of everything that a scan of an organization reports, and some things that it ignores.

use adieu_emulator::{Resource, World};
use serde_json::json;

use crate::scan::{new_token, old_token};

/// Scripts of classic steps.
const CLONE: &str = "echo a\r\ngit clone https://x:$(MY_PAT)@dev.azure.com/contoso/p/_git/r";
const AZ: &str = "t=$(az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798)";

/// A project with one of everything. Returns its ID.
pub(super) fn one_of_everything(world: &World) -> String {
    let organizations = world.organizations();
    let project = organizations.add_project("contoso", "Web");
    let add = |resource, document| {
        organizations.add_resource("contoso", Some(&project), resource, document)
    };
    let feed = add(
        Resource::ServiceConnection,
        json!({
            "name": "feed", "type": "externalnpmregistry", "isShared": false,
            "url": "https://pkgs.dev.azure.com/contoso/_packaging/f/npm/registry/",
            "authorization": { "scheme": "Token", "parameters": { "apitoken": new_token() } },
        }),
    );
    organizations.use_service_connection(&feed, "2026-11-20T08:00:00Z", "CI");
    add(
        Resource::ServiceConnection,
        json!({
            "name": "marketplace", "type": "VsMarketplace", "url": "https://marketplace.visualstudio.com",
            "authorization": { "scheme": "Token", "parameters": { "apitoken": new_token() } },
        }),
    );
    add(
        Resource::ServiceConnection,
        json!({
            "name": "azure", "type": "azurerm", "url": "https://management.azure.com",
            "authorization": { "scheme": "WorkloadIdentityFederation", "parameters": {} },
        }),
    );
    add(
        Resource::VariableGroup,
        json!({
            "name": "secrets", "type": "Vsts",
            "variables": {
                "FEED_PAT": { "value": new_token(), "isSecret": true },
                "plain": { "value": new_token() },
                "PATH_TO": { "value": "x", "isSecret": true },
            },
        }),
    );
    add(
        Resource::BuildDefinition,
        json!({
            "name": "CI", "path": "\\ops", "process": { "type": 1, "phases": [{ "steps": [
                {
                    "displayName": "Publish", "enabled": true,
                    "task": {
                        "id": "631511b4-50ab-47c8-b766-7ae2aa672733", "versionSpec": "5.*",
                        "definitionType": "task",
                    },
                    "inputs": { "connectTo": "VsTeam", "connectedServiceName": "8f2f" },
                },
                {
                    "task": {
                        "id": "d9bafed4-0b18-4f58-968d-86655b4d2ce9", "versionSpec": "2.*",
                        "definitionType": "task",
                    },
                    "inputs": { "script": CLONE },
                    "environment": { "AZURE_DEVOPS_EXT_PAT": "$(MY_PAT)" },
                },
            ]}] },
            "variables": { "MY_PAT": { "value": "x", "isSecret": true, "allowOverride": true } },
        }),
    );
    for (name, file) in [("YAML", "azure-pipelines.yml"), ("More", "ci/more.yml")] {
        add(
            Resource::BuildDefinition,
            json!({
                "name": name, "path": "\\", "process": { "type": 2, "yamlFilename": file },
                "repository": { "id": "1", "name": "web", "type": "TfsGit" },
            }),
        );
    }
    add(
        Resource::ReleaseDefinition,
        json!({
            "name": "CD", "path": "\\",
            "variables": { "TOKEN": { "value": old_token() } },
            "environments": [{
                "name": "Production", "variables": { "RELEASE_PAT": { "isSecret": true } },
                "deployPhases": [{ "workflowTasks": [{
                    "taskId": "ad884ca2-732e-4b85-b2d3-ed71bcbd2788", "version": "0.*",
                    "name": "npm", "definitionType": "task",
                    "inputs": { "workingFile": ".npmrc", "customEndpoint": "8f2f" },
                }]}],
            }],
        }),
    );
    add(
        Resource::TaskGroup,
        json!({
            "name": "deploy", "tasks": [{
                "task": {
                    "id": "46e4be58-730b-4389-8a2f-ea10b3e5e815", "versionSpec": "2.*",
                    "definitionType": "task",
                },
                "inputs": {
                    "connectedServiceNameARM": "8f2f",
                    "inlineScript": AZ,
                },
            }],
        }),
    );
    organizations.add_resource(
        "contoso",
        None,
        Resource::ServiceHook,
        json!({
            "id": "6f0f6b5e-0000-4000-8000-000000000001", "consumerId": "webHooks",
            "publisherInputs": { "projectId": project },
            "consumerInputs": {
                "url": "https://dev.azure.com/contoso/_apis/x", "basicAuthUsername": "me",
                "basicAuthPassword": new_token(),
            },
        }),
    );
    organizations.add_resource(
        "contoso",
        None,
        Resource::AgentPool,
        json!({ "name": "Azure Pipelines", "isHosted": true }),
    );
    let pool = organizations.add_resource(
        "contoso",
        None,
        Resource::AgentPool,
        json!({ "name": "own", "isHosted": false }),
    );
    organizations.add_agent(
        "contoso",
        pool.parse().expect("a number"),
        json!({
            "name": "vm-1", "systemCapabilities": { "AZP_TOKEN": new_token(), "PATH": "/bin" },
            "userCapabilities": {},
        }),
    );
    project
}
