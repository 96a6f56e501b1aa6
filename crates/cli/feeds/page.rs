//! The run's summary page of FeedAuthenticate@1: each feed, its client, and how it gets its credential.
//!
//! It never shows an address that is not that of a feed.

use std::path::Path;

use adieu_agent::{Environment, Log};
use adieu_feeds::{Plan, Request};

use super::notices::mechanism;
use crate::page::{code, write_new};

/// Writes the page, or warns that it could not.
pub(super) fn write(request: &Request, plan: &Plan, environment: &Environment, log: &Log) {
    let Ok(Some(folder)) = environment.platform_variable("Agent.TempDirectory") else {
        return;
    };
    let names = (1..=u32::MAX).map(|number| format!("Feeds {number}.md"));
    match write_new(Path::new(folder), names, &page(request, plan)) {
        Ok(file) => log.summary(&file),
        Err(error) => log.warn(&format!(
            "This step has no summary page: cannot write to {folder} ({error})."
        )),
    }
}

fn page(request: &Request, plan: &Plan) -> String {
    let mut page = String::from(
        "### Azure Artifacts feeds\n\n| feed | client | declared in | credential by |\n|---|---|---|---|\n",
    );
    let unserved = request
        .unserved
        .iter()
        .map(|one| (one, "not supported here"));
    let served = request.served.iter();
    let served = served.map(|one| (one, mechanism(one, Some(plan))));
    for (one, mechanism) in served.chain(unserved) {
        page.push_str(&format!(
            "| {} | {} | {} | {mechanism} |\n",
            code(&one.address.to_string()),
            one.tool,
            code(&one.position()),
        ));
    }
    page
}
