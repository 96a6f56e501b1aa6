//! Checks the identity's role in each feed, and reports what is missing: with the sign-in of a command line, or for a
//! step.
//!
//! It changes nothing; `report/feeds.rs` writes the messages.

use std::sync::Arc;

use adieu_agent::Log;
use adieu_devops::{Client, FeedRole, Hosts, Organization};
use adieu_feeds::{Declaration, FeedAddress, Folder, Plan, Request};
use adieu_order::Map;
use adieu_transport::{Transport, at_once};

use super::endpoint::Endpoint;
use crate::checklist::Check;
use crate::credential::{self, CredentialArguments, SignIn, SignInArguments};
use crate::failure::Failure;
use crate::identity_ids::IdentityIds;
use crate::organization;
use crate::report::{Report, feeds};
use crate::session::{Session, Source};

/// The name of these checks.
const NAME: &str = "feed";

/// A feed, and where it is declared.
struct DeclaredFeed<'a> {
    address: &'a FeedAddress,
    places: Vec<String>,
}

/// One check for each of these feeds, in the given tenant or each organization's own.
pub(crate) async fn named(
    feeds: Vec<FeedAddress>,
    (tenant, credential): (Option<String>, CredentialArguments),
    transport: &Transport,
) -> Vec<Check> {
    let declared = feeds.iter().map(|address| DeclaredFeed {
        address,
        places: Vec::new(),
    });
    let declared = (declared.collect(), FeedRole::Reader);
    check(declared, tenant, &credential, transport).await
}

/// One check for each feed of these declarations.
pub(crate) async fn all(
    declarations: &[&Declaration],
    needed: FeedRole,
    sign_in: &SignInArguments,
    transport: &Transport,
) -> Result<Vec<Check>, Box<Failure>> {
    let mut declared: Vec<DeclaredFeed<'_>> = Vec::new();
    for one in declarations {
        let place = one.position();
        let known = declared.iter_mut().find(|declared| {
            declared.address.is_same_feed(&one.address) && declared.address.view == one.address.view
        });
        match known {
            Some(known) if known.places.contains(&place) => {}
            Some(known) => known.places.push(place),
            None => declared.push(DeclaredFeed {
                address: &one.address,
                places: vec![place],
            }),
        }
    }
    let given = credential::tenant(sign_in.tenant.clone(), None, transport).await?;
    Ok(check((declared, needed), given, &sign_in.credential, transport).await)
}

async fn check(
    (declared, needed): (Vec<DeclaredFeed<'_>>, FeedRole),
    given: Option<String>,
    credential: &CredentialArguments,
    transport: &Transport,
) -> Vec<Check> {
    // One sign-in for each tenant, and for each organization's.
    let mut sessions: Map<Option<String>, Session> = Map::new();
    let mut organizations: Map<&str, Result<(Organization, Option<String>), Report>> = Map::new();
    for one in &declared {
        let name = one.address.organization.as_str();
        if organizations.contains_key(name) {
            continue;
        }
        let mut found = organization(name, given.clone(), transport).await;
        if let Ok((_, tenant)) = &found {
            let session = sessions.get_or_insert_with(tenant.clone(), || {
                let sign_in = SignIn::new(credential.clone(), tenant.clone());
                Session::new(transport.clone(), Hosts::public(), Source::SignIn(sign_in))
            });
            if let Err(failure) = session.client().await {
                let report = Report::on_a_command_line(&failure);
                let tenant = tenant.clone().unwrap_or_default();
                found = Err(report.with_facts(&[("organization's tenant", &tenant)]));
            }
        }
        organizations.insert(name, found);
    }
    let checks = declared.iter().map(|one| async {
        match &organizations[one.address.organization.as_str()] {
            Ok((organization, tenant)) => feed(one, needed, organization, &sessions[tenant]).await,
            Err(report) => failed(one, report.clone()),
        }
    });
    at_once(checks).await
}

/// An organization, and the tenant to sign in to for it.
async fn organization(
    name: &str,
    given: Option<String>,
    transport: &Transport,
) -> Result<(Organization, Option<String>), Report> {
    let words = |failure: Box<Failure>| Report::on_a_command_line(&failure);
    let organization = organization::named(&Hosts::public(), name).map_err(words)?;
    let tenant = match given {
        Some(tenant) => Some(tenant),
        None => super::tenant_of(&organization, transport)
            .await
            .map_err(words)?,
    };
    Ok((organization, tenant))
}

async fn feed(
    declared: &DeclaredFeed<'_>,
    needed: FeedRole,
    organization: &Organization,
    session: &Session,
) -> Check {
    let address = declared.address;
    let feed = match &address.view {
        Some(view) => format!("{}@{view}", address.feed),
        None => address.feed.clone(),
    };
    let client = match session.client().await {
        Ok(client) => client,
        Err(failure) => return failed(declared, Report::on_a_command_line(&failure)),
    };
    let project = address.project.as_deref();
    if let Err(error) = client.feed(organization, project, &feed).await {
        session.learn_from(&error);
        return failed(
            declared,
            feeds::not_readable(address, &error, &session.ids()),
        );
    }
    let places = match declared.places.as_slice() {
        [] => String::new(),
        places => format!(" ({})", places.join(", ")),
    };
    // It can be read, whatever the result of this request is.
    let role = client.feed_role(organization, project, &address.feed).await;
    match role.ok().flatten() {
        Some(role) if role < needed => {
            failed(declared, feeds::lacks_role(address, needed, &session.ids()))
        }
        Some(FeedRole::Reader) => {
            let report = feeds::lacks_role(address, FeedRole::Collaborator, &session.ids());
            Check::warning(NAME, with_places(declared, report))
        }
        Some(FeedRole::Publisher) => Check::ok(
            NAME,
            format!("{address} can be read and published to{places}"),
        ),
        None if needed > FeedRole::Reader => {
            Check::warning(NAME, with_places(declared, feeds::unknown_role(address)))
        }
        _ => Check::ok(NAME, format!("{address} can be read{places}")),
    }
}

/// Warns of feeds to which a step's identity cannot publish, if the service shows its role.
pub(super) async fn warn_of_publishing(
    request: &Request,
    plan: &Plan,
    folder: &Folder,
    transport: &Transport,
    log: &Log,
) {
    let Ok(endpoint) = Endpoint::in_folder(folder.path()) else {
        return;
    };
    let hosts = Hosts::public();
    let mut seen: Vec<&FeedAddress> = Vec::new();
    for one in &request.served {
        let address = &one.address;
        if seen.iter().any(|seen| seen.is_same_feed(address)) {
            continue;
        }
        seen.push(address);
        let tenant = plan.organizations.get(&address.organization);
        let token = endpoint.token(tenant.and_then(Option::as_deref)).await;
        let organization = organization::named(&hosts, &address.organization);
        let (Ok(token), Ok(organization)) = (token, organization) else {
            continue;
        };
        let client = Client::new(transport, Arc::new(token.value), &hosts);
        let project = address.project.as_deref();
        let role = client
            .feed_role(&organization, project, &address.feed)
            .await;
        if role
            .ok()
            .flatten()
            .is_some_and(|role| role < FeedRole::Publisher)
        {
            let ids = IdentityIds::default();
            log.warn(&feeds::lacks_role(address, FeedRole::Publisher, &ids).line());
        }
    }
}

fn failed(declared: &DeclaredFeed<'_>, report: Report) -> Check {
    Check::failed(NAME, with_places(declared, report))
}

fn with_places(declared: &DeclaredFeed<'_>, report: Report) -> Report {
    let (address, places) = (declared.address.to_string(), declared.places.join(", "));
    report.with_facts(&[("feed", address.as_str()), ("declared in", &places)])
}
