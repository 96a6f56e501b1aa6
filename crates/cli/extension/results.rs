//! The results of an operation: output variables for steps, lines and JSON for command lines, a summary page.
//!
//! It makes no decisions and prints nothing except one line about the result.

use adieu_devops::{ExtensionName, Hosts, Organization, Package, ValidationState};
use adieu_extension::{Outcome, State, event_json};
use serde_json::{Value, json};

use super::notices::packed;
use crate::page;
use crate::reporter::Reporter;
use crate::session::Session;
use crate::whoami;

/// Longest value of a variable.
const LONGEST_VALUE: usize = 32_000;

/// An outcome in all output forms.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// Output variables.
    pub(super) variables: Vec<(&'static str, String)>,
    /// Lines for standard output.
    pub(super) lines: Vec<String>,
    /// The JSON document.
    pub(super) json: Value,
    /// A page for the run's summary, in Markdown.
    pub(super) page: Option<String>,
    /// State to write once the result has been delivered.
    pub(super) state: Option<State>,
}

impl Results {
    /// The results of an outcome. A message about it goes to `reporter`.
    pub(super) fn of(outcome: Outcome, session: Option<&Session>, reporter: &dyn Reporter) -> Self {
        let public = Hosts::public();
        let hosts = session.map_or(&public, Session::hosts);
        match outcome {
            Outcome::Packed { package, parts } => {
                if let Some(parts) = parts {
                    reporter.say(&packed(&package, parts));
                }
                of_package(&package)
            }
            Outcome::Published {
                package,
                upload,
                state,
                shared_with,
            } => published(&package, upload, &state, &shared_with, hosts),
            Outcome::Shared(name, organizations) => of_list(&name, organizations, "sharedWith"),
            Outcome::Unshared(name, organizations) => of_list(&name, organizations, "unsharedFrom"),
            Outcome::Installed(name, version, organizations) => {
                in_organizations(&name, version, organizations, "installedIn")
            }
            Outcome::Uninstalled(name, organizations) => {
                in_organizations(&name, None, organizations, "uninstalledFrom")
            }
            Outcome::Unpublished {
                name,
                version,
                was_there,
            } => {
                let label = match &version {
                    Some(version) => format!("{name} {version}"),
                    None => name.to_string(),
                };
                reporter.say(&if was_there {
                    format!("{label} is no longer in the Marketplace.")
                } else {
                    format!("{label} was not in the Marketplace.")
                });
                Self {
                    variables: ids(&name),
                    json: json!({
                        "publisher": name.publisher, "extensionId": name.extension,
                        "version": version, "wasThere": was_there,
                    }),
                    lines: vec![label],
                    ..Self::default()
                }
            }
            Outcome::Shown(name, extension) => shown(&name, *extension, reporter),
            Outcome::Version {
                current,
                source,
                proposed,
                name,
            } => {
                reporter.say(&format!("Highest: {current} ({source}); next: {proposed}."));
                let (current, proposed) = (current.to_string(), proposed.to_string());
                let mut variables = vec![
                    ("currentVersion", current.clone()),
                    ("proposedVersion", proposed.clone()),
                    ("version", proposed.clone()),
                ];
                variables.extend(name.iter().flat_map(ids));
                Self {
                    variables,
                    json: json!({
                        "currentVersion": current, "proposedVersion": proposed,
                        "versionSource": source.to_string(),
                    }),
                    lines: vec![proposed],
                    ..Self::default()
                }
            }
            Outcome::Validated(name, version) => {
                let status = word(&version.state);
                let mut variables = ids(&name);
                variables.push(("version", version.version.clone()));
                Self {
                    variables,
                    lines: vec![status.to_owned()],
                    json: json!({
                        "publisher": name.publisher, "extensionId": name.extension,
                        "version": version.version, "status": status,
                    }),
                    ..Self::default()
                }
            }
            Outcome::Identity { profile, publisher } => {
                identity(&profile, publisher.as_deref(), hosts, session, reporter)
            }
            Outcome::Member {
                publisher,
                id,
                role,
                was_member,
            } => {
                let role = role.name();
                reporter.say(&if was_member {
                    format!("{id} was already a member of {publisher}, as {role}.")
                } else {
                    format!("{id} is a member of {publisher} now, as {role}.")
                });
                Self {
                    variables: vec![
                        ("publisherId", publisher.clone()),
                        ("identityId", id.clone()),
                    ],
                    json: json!({
                        "publisher": publisher, "id": id, "role": role, "wasMember": was_member,
                    }),
                    lines: vec![id],
                    ..Self::default()
                }
            }
            Outcome::Events {
                name,
                events,
                days,
                file,
                state,
            } => {
                let what = match &days {
                    Some(days) => format!(
                        "{} events and {} days of statistics",
                        events.len(),
                        days.len()
                    ),
                    None => format!("{} new events", events.len()),
                };
                let mut variables = ids(&name);
                match file {
                    Some(file) => {
                        let file = file.display().to_string();
                        reporter.say(&format!("{name}: {what} in {file}."));
                        variables.push(("eventsFile", file));
                    }
                    None => reporter.say(&format!("{name}: {what}.")),
                }
                let events: Vec<Value> = events
                    .iter()
                    .map(|event| event_json(&name, event))
                    .collect();
                // A review can contain any text, and these lines are printed in pipelines.
                let lines = events.iter().map(adieu_agent::deactivate_commands_json);
                let lines = lines.collect();
                let mut json = json!({ "events": events });
                if let Some(days) = days {
                    let days = days.iter().map(|day| {
                        let (date, version) = (&day.date, &day.version);
                        json!({ "date": date, "version": version, "counts": day.counts })
                    });
                    json["dailyStatistics"] = days.collect();
                }
                Self {
                    variables,
                    lines,
                    json,
                    state,
                    ..Self::default()
                }
            }
        }
    }
}

fn ids(name: &ExtensionName) -> Vec<(&'static str, String)> {
    vec![
        ("extensionId", name.extension.clone()),
        ("publisherId", name.publisher.clone()),
    ]
}

/// `pending`, `success` or `error`, as tfx prints it.
fn word(state: &ValidationState) -> &'static str {
    match state {
        ValidationState::Pending => "pending",
        ValidationState::Validated => "success",
        ValidationState::Failed(_) => "error",
    }
}

fn of_package(package: &adieu_vsix::Package) -> Results {
    let path = super::absolute(&package.path);
    let facts = &package.facts;
    Results {
        variables: vec![
            ("vsixFile", path.clone()),
            ("extensionId", facts.extension_id.clone()),
            ("publisherId", facts.publisher.clone()),
            ("version", facts.version.clone()),
        ],
        lines: vec![path],
        ..Results::default()
    }
}

fn of_list(name: &ExtensionName, organizations: Vec<Organization>, key: &str) -> Results {
    let names: Vec<String> = organizations.into_iter().map(|one| one.name).collect();
    Results {
        variables: ids(name),
        json: json!({ "publisher": name.publisher, "extensionId": name.extension, key: names }),
        lines: names,
        ..Results::default()
    }
}

fn in_organizations(
    name: &ExtensionName,
    version: Option<String>,
    organizations: Vec<Organization>,
    key: &str,
) -> Results {
    let mut results = of_list(name, organizations, key);
    results.json["version"] = json!(version);
    results
        .variables
        .extend(version.map(|version| ("version", version)));
    results
}

fn published(
    package: &Package,
    upload: adieu_devops::Outcome,
    state: &ValidationState,
    shared_with: &[Organization],
    hosts: &Hosts,
) -> Results {
    let Package { name, version, .. } = package;
    let path = package.path.display().to_string();
    let validation = match state {
        ValidationState::Pending => "not done yet; it can be installed afterwards",
        ValidationState::Validated => "done: it can be installed",
        ValidationState::Failed(_) => "refused",
    };
    let mut facts = vec![
        ("extension", page::code(&name.to_string())),
        ("version", page::code(version)),
        ("validation", validation.to_owned()),
    ];
    let names: Vec<&str> = shared_with.iter().map(|one| one.name.as_str()).collect();
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|name| page::code(name)).collect();
        facts.push(("shared with", names.join(", ")));
    }
    let mut variables = vec![("vsixFile", path.clone())];
    variables.extend(ids(name));
    variables.push(("version", version.clone()));
    let mut line = format!("{name} {version}");
    let platform = package.target_platform.as_deref();
    if let Some(platform) = platform {
        line.push_str(&format!(" ({platform})"));
        facts.insert(2, ("platform", page::code(platform)));
    }
    let mut json = json!({
            "publisher": name.publisher,
            "extensionId": name.extension,
            "version": version,
            "vsixFile": path,
            "isNew": upload == adieu_devops::Outcome::Created,
            "wasThere": upload == adieu_devops::Outcome::AlreadyThere,
            "validation": word(state),
            "sharedWith": names,
    });
    if let (Some(platform), Some(members)) = (platform, json.as_object_mut()) {
        members.insert("targetPlatform".to_owned(), json!(platform));
    }
    Results {
        variables,
        lines: vec![line],
        json,
        page: Some(format!(
            "### Published to the Marketplace\n\n{}\n{}\n",
            page::table(&facts),
            page::link(
                "The publisher's page",
                &hosts.publisher_page(&name.publisher)
            )
        )),
        state: None,
    }
}

fn shown(
    name: &ExtensionName,
    extension: adieu_devops::PublishedExtension,
    reporter: &dyn Reporter,
) -> Results {
    let latest = extension.version(None);
    let latest = latest.map_or_else(String::new, |version| version.version.clone());
    let list = |items: &[String], none: &str| match items {
        [] => none.to_owned(),
        items => items.join(", "),
    };
    reporter.say(&format!(
        "{name} {latest}: {}; shared with {}.",
        list(&extension.flags, "no flags"),
        list(&extension.shared_with, "no organization")
    ));
    let mut metadata = extension.whole.to_string();
    if metadata.len() > LONGEST_VALUE {
        let mut short = extension.whole.clone();
        if let Some(versions) = short.get_mut("versions").and_then(Value::as_array_mut) {
            versions.retain(|one| one.get("version").and_then(Value::as_str) == Some(&latest));
        }
        metadata = short.to_string();
        reporter.warn(
            "The variable metadata has only the latest version: all of them are too long for a \
             variable.",
        );
    }
    let mut variables = ids(name);
    variables.extend([("version", latest.clone()), ("metadata", metadata)]);
    Results {
        variables,
        lines: vec![format!("{name} {latest}")],
        json: extension.whole,
        ..Results::default()
    }
}

fn identity(
    profile: &adieu_devops::Profile,
    publisher: Option<&str>,
    hosts: &Hosts,
    session: Option<&Session>,
    reporter: &dyn Reporter,
) -> Results {
    let ids = session.map(Session::ids).unwrap_or_default();
    let facts = whoami::facts(profile, &ids);
    for (name, value) in &facts {
        reporter.say(&format!("{name}: {value}"));
    }
    let (place, link) = match publisher {
        None => {
            let place = "the publisher's page on the Marketplace".to_owned();
            (place.clone(), place)
        }
        Some(publisher) => {
            let address = hosts.publisher_page(publisher);
            let link = page::link("the publisher's page", &address);
            (address, link)
        }
    };
    reporter.say(&whoami::next_click(&place, &profile.id));
    Results {
        variables: vec![("identityId", profile.id.clone())],
        lines: vec![profile.id.clone()],
        json: whoami::json(profile, &ids),
        page: Some(format!(
            "### The connection's identity in Azure DevOps\n\n{}\n{}\n",
            page::table(&facts.map(|(name, value)| (name, page::code(&value)))),
            whoami::next_click(&link, &page::code(&profile.id))
        )),
        state: None,
    }
}
