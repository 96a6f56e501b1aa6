//! EntraToken@1: every refusal by Microsoft Entra and Azure DevOps, as the user sees it.
//!
//! A permanent refusal is not retried.

// An ID token, or the job token.
mod azure_devops;
// Codes of Microsoft Entra.
mod entra;
// Another service's answer, another token, no identity.
mod another_answer;

use adieu_emulator::{TaskResult, World};
use expect_test::Expect;

use crate::harness::{run, stable};

/// Runs a step that must fail after at most one request to Azure DevOps and one to Microsoft Entra.
fn refused(world: &World, connection: &str) -> String {
    let mut job = world.job();
    let outcome = run(&mut job, &[("azureSubscription", connection)]);
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    assert!(job.get("AZURE_DEVOPS_TOKEN").is_none());
    assert!(world.azure_devops().requests().len() <= 1, "asked again");
    assert!(world.entra().requests().len() <= 1, "asked again");
    let id = world.connection_id(connection);
    stable(world, &outcome.log.replace(&id, "[CONNECTION]"))
}

/// A problem in a world, and the user's message for it.
type Case = (fn(&World), Expect);
