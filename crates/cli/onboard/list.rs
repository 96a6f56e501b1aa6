//! `adieu onboard --list`: the service principals and managed identities of an organization.
//!
//! It changes nothing.

use std::process::ExitCode;

use adieu_devops::{Entitlement, Hosts};
use serde_json::{Value, json};

use super::OnboardArguments;
use crate::credential::AdministratorArguments;
use crate::defaults;
use crate::failure::Failure;
use crate::membership::with_ids;
use crate::organization;
use crate::result;
use crate::session;

/// Lists them by name.
pub(super) async fn run(arguments: OnboardArguments) -> Result<ExitCode, Box<Failure>> {
    let name = defaults::organization_or_default(arguments.organization)
        .ok_or(Failure::NoOrganization("adieu onboard --list"))?;
    let organization = organization::named(&Hosts::public(), &name)?;
    let AdministratorArguments { tenant, credential } = arguments.sign_in;
    let (session, _) = session::of_command_line(Some(&name), tenant, credential.into()).await?;
    let client = session.client().await?;
    let mut members = match client.application_entitlements(&organization).await {
        Ok(members) => members,
        Err(error) => {
            let name = &organization.name;
            let doing = format!("list the service principals of {name}");
            let failure = session.refused(name, doing, None, error);
            return Err(with_ids(&session, failure.into()).await);
        }
    };
    adieu_order::sort_by(&mut members, |one, other| {
        (&one.name, &one.id).cmp(&(&other.name, &other.id))
    });
    let mut lines = Vec::new();
    for member in &members {
        lines.push(format!("{} ({})", member.name, member.access_level));
        for (name, value) in [
            ("client id", &member.client_id),
            ("object id", &member.object_id),
            ("id there", &member.id),
        ] {
            lines.push(format!("  {name}: {value}"));
        }
        for (project, group) in &member.groups {
            lines.push(format!("  group: {group} of {project}"));
        }
        let last = member.last_access.as_deref().unwrap_or("never");
        lines.push(format!("  last access: {last}"));
    }
    if lines.is_empty() {
        lines.push(format!(
            "{} has no service principals or managed identities.",
            organization.name
        ));
    }
    let members: Vec<Value> = members.iter().map(document).collect();
    let document = json!({ "organization": organization.name, "members": members });
    result::print(arguments.output, &lines, &document)?;
    Ok(ExitCode::SUCCESS)
}

fn document(member: &Entitlement) -> Value {
    let groups: Vec<Value> = member
        .groups
        .iter()
        .map(|(project, group)| json!({ "project": project, "group": group }))
        .collect();
    json!({
        "id": member.id,
        "name": member.name,
        "clientId": member.client_id,
        "objectId": member.object_id,
        "accessLevel": member.access_level,
        "groups": groups,
        "lastAccess": member.last_access,
    })
}
