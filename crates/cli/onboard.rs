//! `adieu onboard`: makes a service principal or a managed identity a member of an organization and of a
//! publisher. An administrator runs it once; run again, it changes what differs and nothing else.
//!
//! It never creates an application, and removes nothing; `offboard` does.

mod list;
mod trust;

use std::process::ExitCode;
use std::time::Duration;

use adieu_devops::{
    AccessLevel, Entitlement, EntitlementChange, Error, Organization, ProjectGroup,
    ProjectMembership, Reason,
};
use adieu_identity::is_guid;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

use crate::credential::AdministratorArguments;
use crate::failure::{Failure, OnboardProblem};
use crate::federated_credential::Trust;
use crate::flag_values::{guid, whole_number};
use crate::inputs::extension::MemberRole;
use crate::membership::{Application, Outcome, find_application, refused_by_publisher, with_ids};
use crate::result::OutputFormat;
use crate::session::{self, Session};
use trust::TrustArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu onboard --identity CLIENT_ID --organization contoso --dry-run
  adieu onboard --identity CLIENT_ID --organization contoso \\
      --project web=contributor
  adieu onboard --identity CLIENT_ID --organization contoso \\
      --publisher pub --role creator
  adieu onboard --identity CLIENT_ID \\
      --trust repo:contoso/web:environment:production
  adieu onboard --list --organization contoso

Run this as a member of Project Collection Administrators, and an Owner of the
publisher. `adieu offboard` removes what this adds.")]
pub(crate) struct OnboardArguments {
    /// The identity to add: client ID, or object ID of its enterprise application or app registration
    #[arg(long, value_name = "ID", required_unless_present = "list")]
    identity: Option<String>,
    /// Azure DevOps organization, by name or address
    #[arg(long, required_unless_present_any = ["publisher", "list", "trust"])]
    organization: Option<String>,
    /// List the service principals and managed identities of the organization, and add nothing
    #[arg(long, conflicts_with_all = ["identity", "project", "publisher", "trust", "dry_run"])]
    list: bool,
    /// Access level; repositories need basic
    #[arg(long, value_parser = levels(), default_value = "basic")]
    access_level: AccessLevel,
    /// Project of the organization, and the group in it: reader (the default), contributor or administrator; may be
    /// repeated
    #[arg(long, value_name = "NAME[=GROUP]", value_parser = place, requires = "organization")]
    project: Vec<(String, ProjectGroup)>,
    /// Publisher on the Marketplace
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    publisher: Option<String>,
    /// Role in the publisher
    #[arg(long, value_enum, default_value_t)]
    role: MemberRole,
    /// The identity's Azure DevOps ID, for --publisher without --organization
    #[arg(long, value_name = "ID", requires = "publisher", value_parser = guid)]
    member_id: Option<String>,
    #[command(flatten)]
    trust: TrustArguments,
    /// Show the requests without sending them
    #[arg(long)]
    dry_run: bool,
    /// How long to wait for Azure DevOps to find an application that was just created
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = whole_number::<u64>)]
    wait: u64,
    // Without the `--identity` of other verbs, because it means the identity to add here.
    #[command(flatten)]
    sign_in: AdministratorArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// What `--access-level` takes.
fn levels() -> impl TypedValueParser<Value = AccessLevel> {
    let names = ["basic", "stakeholder", "basic-and-test-plans"];
    PossibleValuesParser::new(names).map(|name| match name.as_str() {
        "stakeholder" => AccessLevel::Stakeholder,
        "basic-and-test-plans" => AccessLevel::BasicAndTestPlans,
        _ => AccessLevel::Basic,
    })
}

/// Parses `web=contributor`, or `web`, which means reader.
fn place(text: &str) -> Result<(String, ProjectGroup), String> {
    let (name, group) = text.rsplit_once('=').unwrap_or((text, "reader"));
    let group = match group.trim().to_ascii_lowercase().as_str() {
        "reader" => Some(ProjectGroup::Reader),
        "contributor" => Some(ProjectGroup::Contributor),
        "administrator" => Some(ProjectGroup::Administrator),
        _ => None,
    };
    match group {
        Some(group) if !name.trim().is_empty() => Ok((name.trim().to_owned(), group)),
        _ => Err("write NAME, or NAME= and reader, contributor or administrator".to_owned()),
    }
}

/// Runs the verb.
pub(crate) async fn run(arguments: OnboardArguments) -> Result<ExitCode, Box<Failure>> {
    if arguments.list {
        return list::run(arguments).await;
    }
    let identity = arguments.identity.clone().unwrap_or_default();
    if !is_guid(&identity) {
        return Err(Failure::Onboard(OnboardProblem::NotAnId(identity)).into());
    }
    let trust = arguments.trust.read()?;
    let has_publisher = arguments.publisher.is_some();
    if has_publisher && arguments.organization.is_none() && arguments.member_id.is_none() {
        return Err(Failure::Onboard(OnboardProblem::NoMemberId).into());
    }
    let (session, organization) = session::of_command_line(
        arguments.organization.as_deref(),
        arguments.sign_in.tenant.clone(),
        arguments.sign_in.credential.into(),
    )
    .await?;
    let tenant = session.tenant().map(str::to_owned);
    let mut outcome = Outcome::new();
    let ended = add(
        &session,
        (&identity, tenant),
        organization.as_ref(),
        trust.as_ref(),
        &arguments,
        &mut outcome,
    )
    .await;
    outcome.print(arguments.output, arguments.dry_run, ended.is_ok())?;
    match ended {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(failure) => Err(with_ids(&session, failure).await),
    }
}

/// Adds the identity everywhere it was requested.
async fn add(
    session: &Session,
    (identity, tenant): (&str, Option<String>),
    organization: Option<&Organization>,
    trust: Option<&Trust>,
    arguments: &OnboardArguments,
    outcome: &mut Outcome,
) -> Result<(), Box<Failure>> {
    let mut member_id = arguments.member_id.clone();
    let mut application = None;
    if organization.is_some() || trust.is_some() {
        application = Some(find_application(session, identity, tenant, outcome).await?);
    }
    if let (Some(organization), Some(application)) = (organization, &application) {
        let own =
            add_to_organization(session, organization, application, arguments, outcome).await?;
        member_id = member_id.or(own);
    }
    if let Some(publisher) = &arguments.publisher {
        let id = member_id.as_deref();
        add_to_publisher(session, publisher, id, arguments, outcome).await?;
    }
    // Last, so that a missing sign-in does not prevent adding the identity.
    if let (Some(trust), Some(application)) = (trust, &application) {
        trust::check(session, application, trust, outcome).await?;
    }
    Ok(())
}

/// Adds it as a member, or adds what a member lacks. Returns its ID in the organization.
async fn add_to_organization(
    session: &Session,
    organization: &Organization,
    application: &Application,
    arguments: &OnboardArguments,
    outcome: &mut Outcome,
) -> Result<Option<String>, Box<Failure>> {
    let name = &organization.name;
    let doing = format!("add {} to {name}", application.object_id);
    let refused = |error| session.refused(name, doing.clone(), None, error);
    let level = arguments.access_level;
    let client = session.client().await?;
    let mut places = Vec::new();
    for (project, group) in &arguments.project {
        let id = client
            .project_id(organization, project)
            .await
            .map_err(refused)?;
        places.push(ProjectMembership::new(&id, *group));
    }
    let has = match client
        .application_entitlement(organization, &application.object_id)
        .await
    {
        Ok(has) => has,
        // An identity that cannot list members may be allowed to add them; if not, that answer is clearer.
        Err(error) if error.is(Reason::MayNotManageUsers) => None,
        Err(error) => return Err(refused(error).into()),
    };
    let change = match &has {
        Some(has) => EntitlementChange::complete(organization, has, level, &places),
        None => EntitlementChange::add(organization, &application.object_id, level, &places),
    };
    let (word, now) = match (&change, arguments.dry_run) {
        (None, _) => ("unchanged", has.clone()),
        (Some(change), true) => {
            outcome.requests.push(change.json());
            (
                if has.is_some() {
                    "wouldChange"
                } else {
                    "wouldAdd"
                },
                has.clone(),
            )
        }
        (Some(change), false) => {
            let patience = Duration::from_secs(arguments.wait);
            let now = match client.entitle(change, patience).await {
                Ok(now) => now,
                Err(error) => {
                    return Err(not_added(application, organization, error, refused).into());
                }
            };
            (if has.is_some() { "changed" } else { "added" }, Some(now))
        }
    };
    outcome.lines.push(summary_line(
        name,
        word,
        has.as_ref(),
        level,
        &arguments.project,
    ));
    let id = now.map(|now| now.id).filter(|id| !id.is_empty());
    outcome.json["organization"] = json!({
        "name": name, "outcome": word, "accessLevel": level.name(), "id": id,
    });
    Ok(id)
}

/// One line about the result in the organization.
fn summary_line(
    name: &str,
    word: &str,
    had: Option<&Entitlement>,
    level: AccessLevel,
    projects: &[(String, ProjectGroup)],
) -> String {
    let level = match had {
        Some(had) if !had.access_level.eq_ignore_ascii_case(level.name()) => {
            format!("{} instead of {}", level.name(), had.access_level)
        }
        _ => level.name().to_owned(),
    };
    let projects: Vec<String> = projects
        .iter()
        .map(|(project, group)| {
            let group = group.group_type().trim_start_matches("project");
            format!("{group} of {project}")
        })
        .collect();
    let what = [&[level], &projects[..]].concat().join(", ");
    match word {
        "unchanged" => format!("{name}: is already a member ({what}); nothing to change"),
        "changed" => format!("{name}: changed ({what})"),
        "wouldChange" => format!("{name}: would be changed ({what})"),
        "wouldAdd" => format!("{name}: would be added ({what})"),
        _ => format!("{name}: added ({what})"),
    }
}

/// A refusal to add: if the ID may be the wrong one, that is reported.
fn not_added(
    application: &Application,
    organization: &Organization,
    error: Error,
    refused: impl Fn(Error) -> Failure,
) -> Failure {
    match &application.graph_failure {
        Some(graph_failure) if error.is(Reason::UnknownApplication) => {
            Failure::Onboard(OnboardProblem::WrongId {
                id: application.object_id.clone(),
                organization: organization.name.clone(),
                graph_failure: graph_failure.clone(),
                error,
            })
        }
        _ => refused(error),
    }
}

/// Assigns a role in a publisher.
async fn add_to_publisher(
    session: &Session,
    publisher: &str,
    id: Option<&str>,
    arguments: &OnboardArguments,
    outcome: &mut Outcome,
) -> Result<(), Box<Failure>> {
    let role = arguments.role.value();
    // Only the organization's answer has the ID of a new identity.
    let shown = id.unwrap_or("<the id that the organization gives it>");
    let doing = format!("make {shown} a member of {publisher}");
    let refused = |error| refused_by_publisher(session, publisher, &doing, error);
    let client = session.client().await?;
    let members = client.members(publisher).await.map_err(refused)?;
    let has = members
        .iter()
        .find(|member| id.is_some_and(|id| member.id.eq_ignore_ascii_case(id)));
    let word = match has {
        Some(has) if has.role == role.name() => "unchanged",
        _ if arguments.dry_run => {
            outcome
                .requests
                .push(client.member_request(publisher, shown, role));
            "wouldAdd"
        }
        has => {
            let id = id.ok_or(Failure::Onboard(OnboardProblem::NoMemberId))?;
            client
                .add_member(publisher, id, role)
                .await
                .map_err(refused)?;
            if has.is_some() { "changed" } else { "added" }
        }
    };
    let role = role.name();
    outcome.lines.push(match word {
        "unchanged" => format!("publisher {publisher}: is already {role}; nothing to change"),
        "wouldAdd" => format!("publisher {publisher}: would be {role}"),
        _ => format!("publisher {publisher}: is {role} now"),
    });
    outcome.json["publisher"] =
        json!({ "name": publisher, "outcome": word, "role": role, "id": id });
    Ok(())
}
