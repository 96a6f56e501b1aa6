//! `adieu token`: one token on standard output, in the format for the next program.
//!
//! It never writes a token anywhere else, and stores none.

use std::process::ExitCode;

use adieu_agent::Stream;
use clap::Args;
use time::UtcOffset;

use super::output;
use crate::credential::{self, CredentialArguments, SignIn};
use crate::defaults;
use crate::failure::Failure;
use crate::identity_ids::IdentityIds;
use crate::network;
use crate::reporter::{Reporter as _, Terminal};
use crate::tokens;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu token --output header |
      curl -H @- https://dev.azure.com/contoso/_apis/projects
  adieu token --organization fabrikam        as a guest of an organization
  adieu token --resource arm --output json   with expiry, tenant and credential
  adieu token --credential managed-identity  on a virtual machine

To pass a token to a command without showing it, use `adieu exec`.")]
pub(crate) struct TokenArguments {
    /// azureDevOps, arm, graph, keyVault, storage, sql, an application's ID or URI, or a scope
    #[arg(long, default_value = "azureDevOps")]
    resource: String,
    /// Tenant ID or domain [default: the identity's]
    #[arg(long)]
    tenant: Option<String>,
    /// Get the token from the tenant of this Azure DevOps organization
    #[arg(long, conflicts_with = "tenant")]
    organization: Option<String>,
    #[command(flatten)]
    credential: CredentialArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: output::TokenFormat,
}

/// Runs the verb.
pub(crate) async fn run(arguments: TokenArguments) -> Result<ExitCode, Box<Failure>> {
    // Requested first: it only works in a single-threaded program, and resolving a name starts a thread.
    let zone = UtcOffset::current_local_offset().ok();
    let scope = tokens::scope(&arguments.resource, &credential::cloud())?;
    let transport = network::of_command_line()?;
    let organization = match arguments.tenant {
        Some(_) => None,
        None => defaults::organization(arguments.organization),
    };
    let tenant = credential::tenant(arguments.tenant, organization.as_deref(), &transport).await?;
    let chosen = arguments.credential.chosen();
    let sign_in = SignIn::new(arguments.credential, tenant.clone());
    let token = sign_in.token(&scope, None, &transport).await?;
    if let Some(log) = credential::workflow_log() {
        log.mask(&token.value);
    }
    let (token, confirmed) = sign_in.confirmed(token, &scope, &transport).await?;
    let to_a_person = Stream::Output.is_terminal();
    let asked = IdentityIds {
        tenant,
        ..IdentityIds::default()
    };
    let printed = output::TokenOutput {
        token: &token,
        scope: &scope,
        resource: &arguments.resource,
        ids: IdentityIds::of_token(&token)
            .or(confirmed)
            .or(asked)
            .or(sign_in.ids()),
        credential: sign_in.used().unwrap_or(chosen),
        zone,
    };
    output::write(&printed, arguments.output).map_err(Failure::NotWritten)?;
    if to_a_person {
        Terminal.say(
            "The token is now visible on your screen. `adieu exec` passes one to a command without \
             showing it.",
        );
    } else if adieu_agent::is_in_a_pipeline() {
        Terminal.warn(
            "Azure Pipelines does not mask this token, so do not print it; EntraToken@1 and \
             RunWithToken@1 mask theirs.",
        );
    } else if adieu_agent::process_variable("GITLAB_CI").is_some() {
        Terminal.warn("GitLab does not mask this token, so do not print it.");
    }
    Ok(ExitCode::SUCCESS)
}
