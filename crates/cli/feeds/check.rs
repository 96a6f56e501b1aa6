//! Asks each feed once, with the sign-in of a command line: may it be read, and if not, what is missing.
//!
//! It changes nothing, and words nothing that is wrong; `report/feeds.rs` does.

use std::collections::BTreeMap;

use adieu_devops::{Hosts, Organization};
use adieu_feeds::{Declaration, FeedAddress};
use adieu_transport::{Transport, at_once};

use super::request::place;
use crate::credential::{self, CredentialArguments, SignIn, SignInArguments};
use crate::doctor::Check;
use crate::failure::Failure;
use crate::report::{Report, feeds};
use crate::session::{Session, Source};
use crate::whoami;

/// The name of these checks.
const NAME: &str = "feed";

/// A feed, and where it is declared.
struct Asked<'a> {
    address: &'a FeedAddress,
    places: Vec<String>,
}

/// One check for each of these feeds, by the tenant that is named or each organization's own.
pub(crate) async fn named(
    feeds: Vec<FeedAddress>,
    (tenant, credential): (Option<String>, CredentialArguments),
    transport: &Transport,
) -> Vec<Check> {
    let asked = feeds.iter().map(|address| Asked {
        address,
        places: Vec::new(),
    });
    ask(asked.collect(), tenant, &credential, transport).await
}

/// One check for each feed of these declarations.
pub(crate) async fn all(
    declared: &[&Declaration],
    sign_in: &SignInArguments,
    transport: &Transport,
) -> Result<Vec<Check>, Failure> {
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for one in declared {
        let place = place(&one.place, one.line);
        let known = asked.iter_mut().find(|asked| {
            asked.address.is_same_feed(&one.address) && asked.address.view == one.address.view
        });
        match known {
            Some(known) if known.places.contains(&place) => {}
            Some(known) => known.places.push(place),
            None => asked.push(Asked {
                address: &one.address,
                places: vec![place],
            }),
        }
    }
    let given = credential::tenant(sign_in.tenant.clone(), None, transport).await?;
    Ok(ask(asked, given, &sign_in.credential, transport).await)
}

async fn ask(
    asked: Vec<Asked<'_>>,
    given: Option<String>,
    credential: &CredentialArguments,
    transport: &Transport,
) -> Vec<Check> {
    // One sign-in for each tenant, and each organization's.
    let mut sessions: BTreeMap<Option<String>, Session> = BTreeMap::new();
    let mut organizations: BTreeMap<&str, Result<(Organization, Option<String>), Report>> =
        BTreeMap::new();
    for one in &asked {
        let name = one.address.organization.as_str();
        if organizations.contains_key(name) {
            continue;
        }
        let mut found = organization(name, given.clone(), transport).await;
        if let Ok((_, tenant)) = &found {
            let session = sessions.entry(tenant.clone()).or_insert_with(|| {
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
    let checks = asked.iter().map(|one| async {
        match &organizations[one.address.organization.as_str()] {
            Ok((organization, tenant)) => feed(one, organization, &sessions[tenant]).await,
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
    let words = |failure: Failure| Report::on_a_command_line(&failure);
    let organization = whoami::organization(&Hosts::public(), name).map_err(words)?;
    let tenant = match given {
        Some(tenant) => Some(tenant),
        None => super::tenant_of(&organization, transport)
            .await
            .map_err(words)?,
    };
    Ok((organization, tenant))
}

async fn feed(asked: &Asked<'_>, organization: &Organization, session: &Session) -> Check {
    let address = asked.address;
    let feed = match &address.view {
        Some(view) => format!("{}@{view}", address.feed),
        None => address.feed.clone(),
    };
    let answer = match session.client().await {
        Ok(client) => {
            let project = address.project.as_deref();
            client.feed(organization, project, &feed).await
        }
        Err(failure) => return failed(asked, Report::on_a_command_line(&failure)),
    };
    match answer {
        Ok(()) => {
            let places = match asked.places.as_slice() {
                [] => String::new(),
                places => format!(" ({})", places.join(", ")),
            };
            Check::ok(NAME, format!("{address} can be read{places}"))
        }
        Err(error) => {
            session.learn_from(&error);
            failed(asked, feeds::not_readable(address, &error, &session.ids()))
        }
    }
}

fn failed(asked: &Asked<'_>, report: Report) -> Check {
    let (address, places) = (asked.address.to_string(), asked.places.join(", "));
    let facts = [("feed", address.as_str()), ("declared in", &places)];
    Check::failed(NAME, report.with_facts(&facts))
}
