//! `adieu whoami`: shows an identity in Azure DevOps, in an organization and in a publisher.
//!
//! It changes nothing; `onboard` does.

use std::process::ExitCode;

use adieu_devops::{ConnectionData, Entitlement, Error, Organization, Profile, Reason};
use clap::Args;
use serde_json::{Value, json};

use crate::credential::SignInArguments;
use crate::defaults;
use crate::failure::Failure;
use crate::federated_credential::Trust;
use crate::identity_ids::IdentityIds;
use crate::result::{self, OutputFormat};
use crate::session::{self, Session};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu whoami                                the ID that publishers ask for
  adieu whoami --organization contoso         membership and access level
  adieu whoami --organization contoso --publisher pub --output json
  adieu whoami --credential managed-identity  on a virtual machine")]
pub(crate) struct WhoamiArguments {
    /// Also show your access to this organization (name or address); signs in to its tenant
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organization: Option<String>,
    /// Also show your role in this publisher
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    publisher: Option<String>,
    #[command(flatten)]
    sign_in: SignInArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: OutputFormat,
}

/// An identity's membership in an organization.
#[derive(Debug)]
pub(crate) struct Membership {
    /// Its data there.
    pub(crate) known: ConnectionData,
    pub(crate) access: Access,
}

/// The license of an identity.
#[derive(Debug)]
pub(crate) enum Access {
    Level(Entitlement),
    /// The organization does not show it to this identity; the message.
    Hidden(String),
    /// The organization has no entitlements, or none for this identity.
    None,
}

/// Runs the verb.
pub(crate) async fn run(arguments: WhoamiArguments) -> Result<ExitCode, Box<Failure>> {
    let name = defaults::organization_or_default(arguments.organization);
    let SignInArguments { tenant, credential } = arguments.sign_in;
    let (session, organization) =
        session::of_command_line(name.as_deref(), tenant, credential).await?;
    let profile = profile(&session).await?;
    // The organization is asked first: it may know IDs that the token does not show.
    let membership = match &organization {
        Some(organization) => {
            let asked = membership(&session, organization, &profile).await;
            Some((organization, asked))
        }
        None => None,
    };
    let ids = session.ids();
    let mut lines = lines(&facts(&profile, &ids));
    let mut json = json(&profile, &ids);
    if let Some(claims) = session.presented().await {
        let trust = Trust::from(&claims);
        lines.extend(self::lines(&trust.facts()));
        json["federation"] = json!({
            "issuer": trust.issuer, "subjectIdentifier": trust.subject, "audience": trust.audience,
        });
    }
    let mut refused = None;
    if let Some((organization, membership)) = membership {
        match membership {
            Ok(membership) => {
                lines.push(format!("organization: {}", organization.name));
                lines.extend(self::lines(&membership.facts()));
                json["organization"] = membership.json(organization, session.tenant());
            }
            Err(failure) => {
                lines.push(format!(
                    "organization: {} (access refused)",
                    organization.name
                ));
                json["organization"] = json!({ "name": organization.name, "isMember": false });
                refused = Some(failure);
            }
        }
    }
    if let Some(publisher) = &defaults::publisher(arguments.publisher) {
        let role = role(&session, publisher, &profile).await?;
        let shown = role.as_deref().unwrap_or("not a member");
        lines.push(format!("publisher: {publisher} ({shown})"));
        if role.is_none() {
            let page = session.hosts().publisher_page(publisher);
            lines.push(next_click(&page, &profile.id));
        }
        json["publisher"] = json!({ "name": publisher, "role": role });
    }
    result::print(arguments.output, &lines, &json)?;
    match refused {
        Some(failure) => Err(failure),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// How an identity becomes a member of the publisher with this page.
pub(crate) fn next_click(page: &str, id: &str) -> String {
    format!(
        "Next: open {page} → Members → Add, and paste {id} with the role Contributor (Creator for a \
         new extension)."
    )
}

/// The caller's profile. IDs that its token does not show are requested as well; without them the profile is
/// returned.
pub(crate) async fn profile(session: &Session) -> Result<Profile, Box<Failure>> {
    let client = session.client().await?;
    let profile = client
        .profile()
        .await
        .map_err(|error| Failure::Marketplace {
            doing: "read its own profile".to_owned(),
            error,
            identity: None,
            page: None,
        })?;
    learn_ids(session).await;
    Ok(profile)
}

/// Requests the caller's IDs from Azure DevOps, if neither the token nor the sign-in shows them. They stay unknown
/// without an answer.
pub(crate) async fn learn_ids(session: &Session) {
    let ids = session.ids();
    if (ids.tenant.is_none() || ids.object_id.is_none())
        && session.hosts().is_public()
        && let Ok(client) = session.client().await
        && let Ok(known) = client.own_connection_data().await
    {
        session.learn(IdentityIds::from(&known));
    }
}

/// The facts about an identity that do not depend on an organization, by name.
pub(crate) fn facts(profile: &Profile, ids: &IdentityIds) -> [(&'static str, String); 5] {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    [
        ("Azure DevOps id", profile.id.clone()),
        ("name", profile.display_name.clone()),
        ("tenant", text(&ids.tenant)),
        ("object id", text(&ids.object_id)),
        ("client id", text(&ids.client_id)),
    ]
}

/// The same for programs.
pub(crate) fn json(profile: &Profile, ids: &IdentityIds) -> Value {
    json!({
        "id": profile.id,
        "displayName": profile.display_name,
        "tenant": ids.tenant,
        "objectId": ids.object_id,
        "clientId": ids.client_id,
    })
}

/// An identity in an organization, and its license there.
pub(crate) async fn membership(
    session: &Session,
    organization: &Organization,
    profile: &Profile,
) -> Result<Membership, Box<Failure>> {
    let refused = |error| {
        let name = &organization.name;
        session.refused(
            name,
            format!("ask {name} who this is"),
            Some(profile),
            error,
        )
    };
    let client = session.client().await?;
    let known = client
        .connection_data(organization)
        .await
        .map_err(refused)?;
    session.learn(IdentityIds::from(&known));
    let entitlement = client
        .entitlement(organization, &known.id, known.is_service_principal())
        .await;
    let access = match entitlement {
        Ok(Some(entitlement)) => {
            session.learn(IdentityIds::from(&entitlement));
            Access::Level(entitlement)
        }
        Ok(None) => Access::None,
        Err(Error::Refused(refusal)) => Access::Hidden(refusal.message),
        Err(error) => return Err(refused(error).into()),
    };
    Ok(Membership { known, access })
}

/// An identity's role in a publisher; `None` if it is not a member, because only members see the members.
pub(crate) async fn role(
    session: &Session,
    publisher: &str,
    profile: &Profile,
) -> Result<Option<String>, Box<Failure>> {
    let client = session.client().await?;
    let members = match client.members(publisher).await {
        Ok(members) => members,
        Err(error) if error.is(Reason::NotPermitted) => return Ok(None),
        Err(error) => {
            return Err(Failure::Marketplace {
                doing: format!("read the members of {publisher}"),
                error,
                identity: Some(profile.clone()),
                page: Some(session.hosts().publisher_page(publisher)),
            }
            .into());
        }
    };
    let mut members = members.into_iter();
    let own = members.find(|member| member.id.eq_ignore_ascii_case(&profile.id));
    Ok(own.map(|member| member.role))
}

impl Membership {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let access = match &self.access {
            Access::Level(entitlement) => entitlement.access_level.clone(),
            Access::Hidden(words) => format!("not shown to this identity ({words})"),
            Access::None => "none".to_owned(),
        };
        vec![
            ("  id there", self.known.id.clone()),
            ("  descriptor", self.known.descriptor.clone()),
            ("  access level", access),
        ]
    }

    fn json(&self, organization: &Organization, tenant: Option<&str>) -> Value {
        let level = match &self.access {
            Access::Level(entitlement) => Some(&entitlement.access_level),
            Access::Hidden(_) | Access::None => None,
        };
        json!({
            "name": organization.name,
            "tenant": tenant,
            "isMember": true,
            "id": self.known.id,
            "displayName": self.known.name,
            "descriptor": self.known.descriptor,
            "accessLevel": level,
        })
    }
}

fn lines(facts: &[(&'static str, impl AsRef<str>)]) -> Vec<String> {
    let facts = facts.iter().map(|(name, value)| (name, value.as_ref()));
    let known = facts.filter(|(_, value)| !value.is_empty());
    known
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}
