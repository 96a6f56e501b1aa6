//! The log messages about a step's feeds: where each client finds its credential, and which feeds get none.
//!
//! It makes no decisions.

use std::path::PathBuf;

use adieu_agent::{EndpointId, Log};
use adieu_feeds::{Declaration, Plan, Reading, Request, StaleCredential, TakenOut, Tool};

use crate::moment::rfc_3339;
use crate::reporter::Reporter;

/// Warnings that do not end the step.
pub(super) fn warn_of(request: &Request, reading: &Reading, log: &dyn Reporter) {
    for one in &request.unserved {
        log.warn(&format!(
            "{}: {} gets no credential for {}; it is not supported here.",
            one.position(),
            one.tool,
            one.address
        ));
    }
    for one in &reading.nearly {
        log.warn(&format!(
            "{} names the feed {} by http, with a port, or with a dot behind the host. It gets no \
             credential, although some clients send theirs there. Write {}.",
            one.position(),
            one.address,
            one.address.address()
        ));
    }
    if reading.is_incomplete {
        log.warn(
            "The folder has too many files or levels, so not all of it was read. List the feeds by \
             name, or start in a folder further down.",
        );
    }
}

/// A credential that takes precedence over ours.
pub(super) fn warn_of_stale(one: &StaleCredential, log: &dyn Reporter) {
    log.warn(&format!(
        "{} has a credential for a feed, which {} uses instead of a fresh one. Remove it.",
        one.position(),
        one.tool
    ));
}

/// Where each feed is declared, and how its client gets the credential.
pub(super) fn say_served(request: &Request, plan: &Plan, reporter: &dyn Reporter) {
    for one in &request.served {
        reporter.say(&format!(
            "{}: {} for {} ({}).",
            one.position(),
            one.address,
            one.tool,
            mechanism(one, Some(plan))
        ));
    }
}

pub(super) fn report(
    request: &Request,
    plan: &Plan,
    connection: Option<&EndpointId>,
    expires_on: time::OffsetDateTime,
    log: &Log,
) {
    say_served(request, plan, log);
    if request.has_any(&[Tool::Pip]) && plan.netrc.is_none() {
        log.warn(
            "The feeds belong to several tenants, and netrc has one credential for all of \
             pkgs.dev.azure.com. pip before 26.3 gets one only where an address has a user, such \
             as https://adieu@pkgs.dev.azure.com/…",
        );
    }
    if request.has_any(&[Tool::Yarn]) && plan.yarn.is_none() {
        log.warn(
            "yarn gets no credential: another program's .yarnrc.yml is above the checkout \
             (Agent.BuildDirectory), or the checkout is elsewhere.",
        );
    }
    match connection {
        // Registries request a token when they are used.
        Some(_) if plan.organizations.is_empty() => {}
        Some(_) => log.say(&format!(
            "Credentials are renewed until the job ends; the first one is valid until {}.",
            rfc_3339(expires_on)
        )),
        None => log.say("Credentials are the job's own token, valid until the job ends."),
    }
}

/// What became of credentials in the checkout's own files.
pub(super) fn report_taken_out(files: Vec<TakenOut<'_>>, log: &Log) {
    for file in files {
        match file {
            TakenOut::Without(file) => log.say(&format!(
                "{file}: the credential is taken out until the job ends."
            )),
            TakenOut::Unchanged(file, error) => {
                log.warn(&format!("{file} cannot be changed: {error}."));
            }
            TakenOut::Left(one) => warn_of_stale(one, log),
        }
    }
}

/// Files from which a credential was taken out, and that were changed since then.
pub(super) fn warn_of_changed(files: Vec<PathBuf>, log: &Log) {
    for path in files {
        log.warn(&format!(
            "{} was changed after FeedAuthenticate@1 had taken a credential out of it, so it stays as \
             it is. Version control has the earlier one.",
            path.display()
        ));
    }
}

/// How a client gets its credential, for people. Without a plan: in a step whose feeds belong to one tenant.
pub(crate) fn mechanism(declaration: &Declaration, plan: Option<&Plan>) -> &'static str {
    let has_netrc = plan.is_none_or(|plan| plan.netrc.is_some());
    match (declaration.tool, has_netrc) {
        (Tool::Yarn, _) => match plan {
            None => "a file above the checkout, in pipelines only",
            Some(plan) if plan.yarn.is_some() => "a file above the checkout",
            Some(_) => "none",
        },
        (Tool::Gradle, _) => match plan {
            None => "an init script, in pipelines only",
            Some(_) => "an init script",
        },
        (Tool::Npm, _) => "NPM_CONFIG_USERCONFIG",
        (Tool::NuGet, _) => "credential provider",
        (Tool::Pip | Tool::Uv | Tool::Pdm, true) => "keyring and netrc",
        (Tool::Pip | Tool::Uv | Tool::Pdm, false) => "keyring",
        (Tool::Poetry, true) => "netrc",
        (Tool::Poetry, false) | (Tool::Twine, _) => "Python's keyring",
        (Tool::Maven, _) if declaration.name.is_some() => "MAVEN_ARGS",
        (Tool::Cargo, _) => "credential provider",
        _ => "none",
    }
}
