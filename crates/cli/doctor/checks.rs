//! The checks, in the order in which a failure affects the next ones.
//!
//! It writes no messages; the files of `report/` do.

use adieu_agent::{is_in_a_pipeline, process_variable};
use adieu_identity::{Authority, AzureCloud, Claims, Credential, PresentedClaims};
use adieu_transport::{NoAnswer, Transport, at_once};

use super::Plan;
use crate::checklist::{Check, State};
use crate::credential::{self, CredentialArguments, SignIn};
use crate::failure::Failure;
use crate::federated_credential::Trust;
use crate::feeds;
use crate::identity_ids::IdentityIds;
use crate::network;
use crate::report::{Report, doctor};
use crate::session::{Session, Source};
use crate::step_connection;
use crate::whoami::{self, Access};

/// Difference between clocks in seconds that is a warning, and that Microsoft Entra refuses.
const WONDER: i64 = 60;
const REFUSED: i64 = 300;

/// The audience of every ID token in the public cloud (learn.microsoft.com, "Workload identity federation").
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A host, and the result of the request to it.
struct HostCheck {
    host: String,
    result: Result<Option<i64>, NoAnswer>,
}

/// Runs all checks.
pub(super) async fn all(plan: Plan, transport: Transport) -> Vec<Check> {
    let mut checks = vec![configuration(&plan.credential, &transport)];
    let hosts = ask_hosts(&plan, &transport).await;
    checks.extend(network_path(&hosts));
    checks.push(clock(&hosts));
    let is_reached = hosts.iter().all(|host| host.result.is_ok());
    if !is_reached {
        for name in ["federation", "token", "identity"] {
            checks.push(Check::skipped(name, "not every host can be reached"));
        }
        return checks;
    }
    let organization = plan.organization.as_ref().map(|known| known.name.clone());
    let tenant =
        match credential::tenant(plan.tenant.clone(), organization.as_deref(), &transport).await {
            Ok(tenant) => tenant,
            Err(failure) => {
                checks.push(Check::of("organization", &failure));
                return checks;
            }
        };
    let credentials = plan.credential.credentials(tenant.as_deref());
    let presented = credentials.presented(&transport).await;
    let place = checks.len();
    let presented = match presented {
        None => {
            let why = "this credential does not present an ID token";
            checks.push(Check::skipped("federation", why));
            None
        }
        Some(Err(problem)) => {
            let failure = Failure::NoCredential(vec![problem]);
            checks.push(Check::of("federation", &failure));
            None
        }
        Some(Ok(presented)) => {
            checks.push(federation(&presented.claims));
            Some(presented)
        }
    };
    if checks
        .iter()
        .any(|check| check.name == "configuration" && check.state == State::Failed)
    {
        checks.push(Check::skipped("token", "there is no credential"));
        return checks;
    }
    let sign_in = SignIn::new(plan.credential.clone(), tenant);
    let source = Source::SignIn(sign_in);
    let session = Session::new(transport.clone(), plan.hosts.clone(), source);
    signed_in(&plan, &session, &mut checks).await;
    // Another credential signed in, which may be able to read what the first one's application trusts.
    if let Some(presented) = presented
        && session
            .used()
            .is_some_and(|used| used != presented.credential)
        && let Some(check) = compared(&session, &presented).await
    {
        checks[place] = check;
    }
    if !plan.feeds.is_empty() {
        let (feeds, sign_in) = (plan.feeds, (plan.tenant, plan.credential));
        checks.extend(Box::pin(feeds::check::named(feeds, sign_in, &transport)).await);
    }
    checks
}

/// Whether a federated credential of the application trusts the ID token; `None` if Microsoft Graph does not show it.
async fn compared(session: &Session, presented: &PresentedClaims) -> Option<Check> {
    let id = &presented.client_id;
    let graph = session.microsoft_graph().await.ok()?;
    let name = graph.application(id).await.ok()??.name;
    let list = graph.federated_credentials(id).await.ok()?;
    let found = Trust::from(&presented.claims).find(&name, id, list.as_deref());
    let untrusted = found.err()?;
    Some(Check::warning("federation", doctor::untrusted(&untrusted)))
}

/// The checks that need a token.
async fn signed_in(plan: &Plan, session: &Session, checks: &mut Vec<Check>) {
    if let Err(failure) = session.client().await {
        checks.push(Check::of("token", &failure));
        checks.push(Check::skipped("identity", "there is no token"));
        return;
    }
    // Services show the tenant of an identity whose token cannot be decoded, so this message is written last.
    let place = checks.len();
    identity(plan, session, checks).await;
    let by = session.used().map_or("", Credential::name);
    let ids = session.ids();
    let tenant = ids.tenant.as_deref().unwrap_or("unknown");
    let found = format!("for Azure DevOps, by {by}, of tenant {tenant}");
    checks.insert(place, Check::ok("token", found));
}

/// The token's identity, and its permissions.
async fn identity(plan: &Plan, session: &Session, checks: &mut Vec<Check>) {
    let profile = match whoami::profile(session).await {
        Ok(profile) => profile,
        Err(failure) => {
            checks.push(Check::of("identity", &failure));
            return;
        }
    };
    let found = format!("{} ({})", profile.display_name, profile.id);
    checks.push(Check::ok("identity", found));
    if let Some(organization) = &plan.organization {
        match whoami::membership(session, organization, &profile).await {
            Ok(membership) => {
                let name = &organization.name;
                checks.push(Check::ok("organization", format!("a member of {name}")));
                checks.push(license(name, &membership.access, &session.ids()));
                if let Some((project, name)) = &plan.repository {
                    checks.push(repository(session, organization, project, name).await);
                }
            }
            Err(failure) => {
                checks.push(Check::of("organization", &failure));
                checks.push(Check::skipped("license", "it is not a member"));
            }
        }
    }
    if let Some(publisher) = &plan.publisher {
        checks.push(role(session, publisher, &profile).await);
    }
}

/// The configured credentials.
fn configuration(credential: &CredentialArguments, transport: &Transport) -> Check {
    let (configured, problems) = credential.credentials(None).configured(transport);
    if configured.is_empty() {
        let report = doctor::no_credential(&problems, is_in_a_pipeline());
        let report = match credential::workflow_log() {
            Some(_) => doctor::in_a_workflow(report),
            None => report,
        };
        return Check::failed("configuration", report);
    }
    let names: Vec<&str> = configured.into_iter().map(Credential::name).collect();
    let connection = step_connection::of_this_step();
    let connection = connection.map(|connection| {
        Report::facts_alone().with_facts(&[("service connection", &connection.to_string())])
    });
    Check {
        report: connection,
        ..Check::ok("configuration", names.join(", "))
    }
}

/// Sends a request without a credential to each host that is needed, concurrently.
async fn ask_hosts(plan: &Plan, transport: &Transport) -> Vec<HostCheck> {
    // An invalid authority is a finding about the credential, not about the network.
    let authority = credential::authority();
    let authority = authority.unwrap_or_else(|_| Authority::of(AzureCloud::Public));
    let mut addresses = vec![authority.discovery_endpoint().to_string()];
    addresses.extend(
        plan.hosts
            .addresses(plan.organization.is_some(), plan.publisher.is_some()),
    );
    addresses.extend(plan.credential.credentials(None).workflow_issuer());
    let asking = addresses.into_iter().map(async |address| HostCheck {
        host: address.split('/').nth(2).unwrap_or_default().to_owned(),
        result: transport.reach(&address).await,
    });
    at_once(asking).await
}

/// Proxy, names, certificates and connections: each fault belongs to one of these checks.
fn network_path(hosts: &[HostCheck]) -> Vec<Check> {
    let fault = |belongs: &dyn Fn(&NoAnswer) -> bool| {
        hosts.iter().find_map(|host| match &host.result {
            Err(cause) if belongs(cause) => Some(doctor::unreachable(&host.host, cause)),
            _ => None,
        })
    };
    let is_proxy = |cause: &NoAnswer| doctor::section(cause) == "proxy";
    let is_trust = |cause: &NoAnswer| doctor::section(cause) == "certificates";
    let is_name = |cause: &NoAnswer| *cause == NoAnswer::Name;
    let is_other = |cause: &NoAnswer| doctor::section(cause) == "network" && !is_name(cause);
    let proxy = proxy_variable();
    let proxy_fault = fault(&is_proxy);
    let has_proxy_fault = proxy_fault.is_some();
    let mut checks = vec![proxy_check(proxy_fault, proxy.as_deref(), agents_proxy())];
    if has_proxy_fault {
        for name in ["names", "trust", "hosts"] {
            checks.push(Check::skipped(name, "the proxy does not work"));
        }
        return checks;
    }
    checks.push(match fault(&is_name) {
        Some(report) => Check::failed("names", report),
        None if proxy.is_some() => Check::ok("names", "the proxy resolves them"),
        None => Check::ok("names", "resolved"),
    });
    let reached: Vec<&str> = hosts
        .iter()
        .filter(|host| host.result.is_ok())
        .map(|host| host.host.as_str())
        .collect();
    // A host that failed an earlier check shows nothing about later ones.
    let of = |name, fault: Option<Report>, found: String| match fault {
        Some(report) => Check::failed(name, report),
        None if reached.is_empty() => Check::skipped(name, "no host can be reached"),
        None => Check::ok(name, found),
    };
    let names = reached.join(", ");
    let trusted = if reached.len() == hosts.len() {
        "each certificate is trusted".to_owned()
    } else {
        format!("trusted: {names}")
    };
    checks.push(of("trust", fault(&is_trust), trusted));
    checks.push(of("hosts", fault(&is_other), format!("reached: {names}")));
    checks
}

/// The proxy in use, or the agent's proxy that may be needed.
fn proxy_check(fault: Option<Report>, ours: Option<&str>, agents: Option<String>) -> Check {
    match (fault, ours, agents) {
        (Some(report), ..) => Check::failed("proxy", report),
        (None, None, Some(url)) => Check::warning("proxy", doctor::agents_proxy(&url)),
        (None, Some(url), _) => Check::ok("proxy", network::without_credentials(url)),
        (None, None, None) => Check::ok("proxy", "none"),
    }
}

fn proxy_variable() -> Option<String> {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .find_map(process_variable)
}

/// The agent's own proxy, which it passes to tasks but not to scripts.
fn agents_proxy() -> Option<String> {
    let url = process_variable("AGENT_PROXYURL")?;
    Some(network::without_credentials(&url))
}

/// The largest difference between a host's clock and ours.
fn clock(hosts: &[HostCheck]) -> Check {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let skews = hosts.iter().filter_map(|host| {
        let date = host.result.as_ref().ok()?.as_ref()?;
        Some((date - now, &host.host))
    });
    match skews.max_by_key(|(skew, _)| skew.unsigned_abs()) {
        None => Check::skipped("clock", "no host reported its time"),
        Some((skew, host)) if skew.abs() >= REFUSED => {
            Check::failed("clock", doctor::clock(skew, host))
        }
        Some((skew, host)) if skew.abs() >= WONDER => {
            Check::warning("clock", doctor::clock(skew, host))
        }
        Some(_) => Check::ok("clock", "within a minute of the services"),
    }
}

/// Issuer, subject and audience, as presented and as expected.
fn federation(claims: &Claims) -> Check {
    let Trust {
        issuer,
        subject,
        audience,
    } = Trust::from(claims);
    let expected = expected_subject(&issuer);
    let with_facts = |report: Report| {
        report.with_facts(&[
            ("issuer", issuer.as_str()),
            ("subject identifier", &subject),
            ("audience", &audience),
            ("subject expected", expected.as_deref().unwrap_or_default()),
            ("audience expected", AUDIENCE),
        ])
    };
    // The sovereign clouds have other suffixes.
    if !audience.starts_with(AUDIENCE) {
        let report = doctor::not_as_expected("audience", &audience, AUDIENCE);
        return Check::warning("federation", with_facts(report));
    }
    match &expected {
        Some(expected) if !matches_pattern(&subject, expected) => {
            let report = doctor::not_as_expected("subject", &subject, expected);
            Check::warning("federation", with_facts(report))
        }
        _ => Check {
            report: Some(with_facts(Report::facts_alone())),
            ..Check::ok("federation", "the ID token is as expected")
        },
    }
}

/// The expected subject of a service connection's ID token, as far as the job's variables show it: with Azure DevOps'
/// own issuer it has names, with Microsoft Entra's IDs (learn.microsoft.com, "Azure Resource Manager service
/// connections: workload identity issuer").
fn expected_subject(issuer: &str) -> Option<String> {
    let variable = process_variable;
    if issuer.starts_with("https://vstoken.") {
        let collection = variable("SYSTEM_COLLECTIONURI")?;
        let organization = collection.trim_end_matches('/').rsplit('/').next()?;
        let project = variable("SYSTEM_TEAMPROJECT").unwrap_or_else(|| "…".to_owned());
        return Some(format!("sc://{organization}/{project}/…"));
    }
    let connection = variable("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")?;
    let organization = variable("SYSTEM_COLLECTIONID").unwrap_or_else(|| "…".to_owned());
    Some(format!("…/sc/{organization}/{connection}"))
}

/// Whether a text matches a pattern in which `…` stands for any text.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    let parts: Vec<&str> = pattern.split('…').collect();
    for (index, part) in parts.iter().enumerate() {
        match rest.find(part) {
            Some(at) if index > 0 || at == 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    parts.last().is_some_and(|last| last.is_empty()) || rest.is_empty()
}

/// Whether the access level includes repositories.
fn license(organization: &str, access: &Access, ids: &IdentityIds) -> Check {
    match access {
        Access::Level(level) if level.license.eq_ignore_ascii_case("stakeholder") => {
            let object = ids.object_id.as_deref().unwrap_or("<object id>");
            Check::warning("license", doctor::stakeholder(organization, object))
        }
        Access::Level(level) => Check::ok("license", level.access_level.clone()),
        Access::Hidden(words) => {
            Check::skipped("license", format!("not shown to this identity: {words}"))
        }
        Access::None => Check::skipped("license", "the organization does not show one"),
    }
}

async fn repository(
    session: &Session,
    organization: &adieu_devops::Organization,
    project: &str,
    name: &str,
) -> Check {
    let client = match session.client().await {
        Ok(client) => client,
        Err(failure) => return Check::of("repository", &failure),
    };
    match client.repository(organization, project, name).await {
        Ok(()) => Check::ok("repository", format!("can read {project}/{name}")),
        Err(error) => {
            let name = format!("{project}/{name}");
            Check::of("repository", &Failure::NoRepository { name, error })
        }
    }
}

async fn role(session: &Session, publisher: &str, profile: &adieu_devops::Profile) -> Check {
    let page = session.hosts().publisher_page(publisher);
    match whoami::role(session, publisher, profile).await {
        Ok(Some(role)) if role == "Reader" => {
            Check::warning("publisher", doctor::only_reader(publisher, &page))
        }
        Ok(Some(role)) => Check::ok("publisher", format!("{role} of {publisher}")),
        Ok(None) => Check::failed("publisher", doctor::no_role(publisher, &page, &profile.id)),
        Err(failure) => Check::of("publisher", &failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_past_the_agents_proxy_is_doubtful() {
        for (ours, agents, found) in [
            (None, None, "none"),
            (
                Some("http://user:word@proxy:8080"),
                Some("http://proxy:8080"),
                "http://***@proxy:8080",
            ),
            (
                None,
                Some("http://proxy:8080"),
                "The agent goes through the proxy http://proxy:8080, and the programs of this \
                 step do not: HTTPS_PROXY is not set.",
            ),
        ] {
            let check = proxy_check(None, ours, agents.map(str::to_owned));
            assert_eq!(check.found, found);
        }
    }

    #[test]
    fn dots_stand_for_anything() {
        for (text, pattern, expected) in [
            ("sc://contoso/web/my-connection", "sc://contoso/web/…", true),
            ("sc://contoso/web shop/x", "sc://contoso/…/…", true),
            ("sc://fabrikam/web/x", "sc://contoso/web/…", false),
            ("/eid1/c/pub/t/a/sc/1/2", "…/sc/…/2", true),
            ("/eid1/c/pub/t/a/sc/1/23", "…/sc/…/2", false),
            ("/eid1/c/pub/t/a/sc/1/2", "…/sc/1/3", false),
        ] {
            assert_eq!(matches_pattern(text, pattern), expected, "{text} {pattern}");
        }
    }
}
