//! The log messages about a step's feeds: where each client finds its credential, and which feeds get none.
//!
//! It makes no decisions.

use adieu_agent::{EndpointId, Log};
use adieu_feeds::{Reading, StaleCredential, Tool};

use super::plan::Plan;
use super::request::{Request, place};
use super::settings;
use crate::moment::rfc_3339;
use crate::reporter::Reporter;

/// Warnings that do not end the step.
pub(super) fn warn_of(request: &Request, reading: &Reading, log: &dyn Reporter) {
    for one in &request.unserved {
        log.warn(&format!(
            "{}: {} gets no credential for {}; it is not supported here.",
            place(&one.place, one.line),
            one.tool,
            one.address
        ));
    }
    for one in &reading.nearly {
        log.warn(&format!(
            "{} names the feed {} by http, with a port, or with a dot behind the host. It gets no \
             credential, although some clients send theirs there. Write {}.",
            place(&one.place, one.line),
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
        place(&one.place, one.line),
        one.tool
    ));
}

/// Where each feed is declared, and how its client gets the credential.
pub(super) fn say_served(request: &Request, plan: &Plan, reporter: &dyn Reporter) {
    for one in &request.served {
        reporter.say(&format!(
            "{}: {} for {} ({}).",
            place(&one.place, one.line),
            one.address,
            one.tool,
            settings::mechanism(one, Some(plan))
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
