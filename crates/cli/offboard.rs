//! `adieu offboard`: removes from an organization and from a publisher what `adieu onboard` added.
//!
//! It never deletes an application, a federated credential or a service connection.

use std::process::ExitCode;

use adieu_devops::{Entitlement, Organization, Role, application_removal};
use adieu_identity::is_guid;
use clap::Args;
use serde_json::{Value, json};

use crate::console;
use crate::credential::AdministratorArguments;
use crate::failure::{Failure, OnboardProblem};
use crate::flag_values::guid;
use crate::membership::{Outcome, refused_by_publisher, with_ids};
use crate::reporter::{Reporter as _, Terminal};
use crate::result::OutputFormat;
use crate::session::{self, Session};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu offboard --identity CLIENT_ID --organization contoso --dry-run
  adieu offboard --identity CLIENT_ID --organization contoso --publisher pub
  adieu onboard --list --organization contoso  find the client ID

The identity loses its license, its projects and its role in the publisher. Its
application, federated credentials and service connections stay. Run this as a
member of Project Collection Administrators, and an Owner of the publisher.")]
pub(crate) struct OffboardArguments {
    /// The identity to remove: client ID, or object ID of its enterprise application or app registration
    #[arg(long, value_name = "ID")]
    identity: String,
    /// Azure DevOps organization, by name or address
    #[arg(long, required_unless_present = "publisher")]
    organization: Option<String>,
    /// Publisher on the Marketplace
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    publisher: Option<String>,
    /// The identity's Azure DevOps ID, for --publisher without --organization
    #[arg(long, value_name = "ID", requires = "publisher", value_parser = guid)]
    member_id: Option<String>,
    /// Remove without asking
    #[arg(long)]
    yes: bool,
    /// Show the requests without sending them
    #[arg(long)]
    dry_run: bool,
    // Without the `--identity` of other verbs, because it means the identity to remove here.
    #[command(flatten)]
    sign_in: AdministratorArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// What can be removed.
#[derive(Default)]
struct Memberships {
    /// Name of the identity, if it is known.
    name: Option<String>,
    /// Its entitlement in the organization.
    entitlement: Option<Entitlement>,
    /// Its ID and role in the publisher.
    role: Option<(String, String)>,
}

/// Runs the verb.
pub(crate) async fn run(arguments: OffboardArguments) -> Result<ExitCode, Box<Failure>> {
    if !is_guid(&arguments.identity) {
        let text = arguments.identity;
        return Err(Failure::Onboard(OnboardProblem::NotAnId(text)).into());
    }
    if arguments.organization.is_none() && arguments.member_id.is_none() {
        return Err(Failure::Onboard(OnboardProblem::NoMemberId).into());
    }
    if !arguments.yes && !arguments.dry_run && !console::can_ask() {
        return Err(Failure::NotConfirmed("offboard").into());
    }
    let (session, organization) = session::of_command_line(
        arguments.organization.as_deref(),
        arguments.sign_in.tenant.clone(),
        arguments.sign_in.credential.into(),
    )
    .await?;
    let mut outcome = Outcome::new();
    let ended = offboard(&session, organization.as_ref(), &arguments, &mut outcome).await;
    outcome.print(arguments.output, arguments.dry_run, ended.is_ok())?;
    match ended {
        Ok(code) => Ok(code),
        Err(failure) => Err(with_ids(&session, failure).await),
    }
}

/// Finds, asks and removes: from the publisher first, where the organization's ID identifies the member.
async fn offboard(
    session: &Session,
    organization: Option<&Organization>,
    arguments: &OffboardArguments,
    outcome: &mut Outcome,
) -> Result<ExitCode, Box<Failure>> {
    let found = find(session, organization, arguments).await?;
    let removes = found.entitlement.is_some() || found.role.is_some();
    if removes && !arguments.yes && !arguments.dry_run {
        let question = question(&found, organization, arguments);
        if !console::is_confirmed(&question) {
            Terminal.say("Nothing was removed.");
            return Ok(ExitCode::FAILURE);
        }
    }
    if let Some(publisher) = &arguments.publisher {
        leave_publisher(session, publisher, &found, arguments.dry_run, outcome).await?;
    }
    if let Some(organization) = organization {
        leave_organization(session, organization, &found, arguments.dry_run, outcome).await?;
    }
    if found.entitlement.is_some() {
        Terminal.say(
            "Not removed: the application, its federated credentials, and service connections. \
             A Microsoft Entra group that is a member of the organization still gives its \
             members access.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn find(
    session: &Session,
    organization: Option<&Organization>,
    arguments: &OffboardArguments,
) -> Result<Memberships, Box<Failure>> {
    let mut found = Memberships::default();
    if let Some(organization) = organization {
        find_in_organization(session, organization, &arguments.identity, &mut found).await?;
    }
    let in_organization = found.entitlement.as_ref().map(|there| there.id.clone());
    if let Some(publisher) = &arguments.publisher
        && let Some(id) = arguments.member_id.clone().or(in_organization)
    {
        found.role = role(session, publisher, &id).await?.map(|role| (id, role));
    }
    Ok(found)
}

/// Searches the members first, because an application that was deleted in Microsoft Entra can still be one.
async fn find_in_organization(
    session: &Session,
    organization: &Organization,
    id: &str,
    found: &mut Memberships,
) -> Result<(), Box<Failure>> {
    let name = &organization.name;
    let doing = || format!("look for {id} in {name}");
    let client = session.client().await?;
    let member = client.application_entitlement(organization, id).await;
    found.entitlement = member.map_err(|error| session.refused(name, doing(), None, error))?;
    if found.entitlement.is_some() {
        return Ok(());
    }
    let known = session.application(id).await;
    let not_a_member = |graph_failure: String| {
        Failure::Onboard(OnboardProblem::NotAMember {
            id: id.to_owned(),
            organization: name.clone(),
            graph_failure,
        })
    };
    let application = known
        .map_err(not_a_member)?
        .ok_or_else(|| not_a_member(String::new()))?;
    let member = client
        .application_entitlement(organization, &application.client_id)
        .await;
    found.entitlement = member.map_err(|error| session.refused(name, doing(), None, error))?;
    found.name = Some(application.name);
    Ok(())
}

/// The role of a member of a publisher, unless it is the only one that can manage the publisher.
async fn role(
    session: &Session,
    publisher: &str,
    id: &str,
) -> Result<Option<String>, Box<Failure>> {
    let client = session.client().await?;
    let members = client.members(publisher).await.map_err(|error| {
        let doing = format!("read the members of {publisher}");
        refused_by_publisher(session, publisher, &doing, error)
    })?;
    let owner = Role::Owner.name();
    let (mut own, mut has_other_owner) = (None, false);
    for member in members {
        if member.id.eq_ignore_ascii_case(id) {
            own = Some(member.role);
        } else if member.role == owner {
            has_other_owner = true;
        }
    }
    if own.as_deref() == Some(owner) && !has_other_owner {
        return Err(Failure::Onboard(OnboardProblem::OnlyOwner {
            publisher: publisher.to_owned(),
            page: session.hosts().publisher_page(publisher),
        })
        .into());
    }
    Ok(own)
}

fn question(
    found: &Memberships,
    organization: Option<&Organization>,
    arguments: &OffboardArguments,
) -> String {
    let mut places = Vec::new();
    if let (Some(organization), Some(_)) = (organization, &found.entitlement) {
        places.push(organization.name.clone());
    }
    if let (Some(publisher), Some(_)) = (&arguments.publisher, &found.role) {
        places.push(format!("publisher {publisher}"));
    }
    let name = name(found).unwrap_or(&arguments.identity);
    format!("Remove {name} from {}? [y/N] ", places.join(" and "))
}

fn name(found: &Memberships) -> Option<&str> {
    let there = found.entitlement.as_ref().map(|there| there.name.as_str());
    there.or(found.name.as_deref())
}

async fn leave_publisher(
    session: &Session,
    publisher: &str,
    found: &Memberships,
    is_dry_run: bool,
    outcome: &mut Outcome,
) -> Result<(), Box<Failure>> {
    let Some((id, role)) = &found.role else {
        let line = format!("publisher {publisher}: is not a member; nothing to remove");
        outcome.lines.push(line);
        outcome.json["publisher"] = removal(publisher, "notAMember");
        return Ok(());
    };
    let client = session.client().await?;
    let word = if is_dry_run {
        outcome.requests.push(client.member_removal(publisher, id));
        outcome
            .lines
            .push(format!("publisher {publisher}: would be removed ({role})"));
        "wouldRemove"
    } else {
        let doing = format!("remove {id} from the members of {publisher}");
        let removed = client.remove_member(publisher, id).await;
        removed.map_err(|error| refused_by_publisher(session, publisher, &doing, error))?;
        outcome
            .lines
            .push(format!("publisher {publisher}: removed (was {role})"));
        "removed"
    };
    let mut json = removal(publisher, word);
    json["id"] = json!(id);
    json["role"] = json!(role);
    outcome.json["publisher"] = json;
    Ok(())
}

async fn leave_organization(
    session: &Session,
    organization: &Organization,
    found: &Memberships,
    is_dry_run: bool,
    outcome: &mut Outcome,
) -> Result<(), Box<Failure>> {
    let name = &organization.name;
    let Some(there) = &found.entitlement else {
        outcome
            .lines
            .push(format!("{name}: is not a member; nothing to remove"));
        outcome.json["organization"] = removal(name, "notAMember");
        return Ok(());
    };
    let groups = there.groups.iter();
    let groups = groups.map(|(project, group)| format!(", {group} of {project}"));
    let had = format!("{}{}", there.access_level, groups.collect::<String>());
    let word = if is_dry_run {
        let request = application_removal(organization, &there.id);
        outcome.requests.push(request);
        outcome
            .lines
            .push(format!("{name}: {} would be removed ({had})", there.name));
        "wouldRemove"
    } else {
        let doing = format!("remove {} from {name}", there.name);
        let client = session.client().await?;
        let removed = client.remove_application(organization, &there.id).await;
        removed.map_err(|error| session.refused(name, doing, None, error))?;
        outcome
            .lines
            .push(format!("{name}: {} removed (was {had})", there.name));
        "removed"
    };
    outcome.json["identity"] = json!({
        "name": there.name, "clientId": there.client_id, "objectId": there.object_id,
    });
    let mut json = removal(name, word);
    json["id"] = json!(there.id);
    json["accessLevel"] = json!(there.access_level);
    outcome.json["organization"] = json;
    Ok(())
}

fn removal(name: &str, word: &str) -> Value {
    json!({ "name": name, "outcome": word })
}
