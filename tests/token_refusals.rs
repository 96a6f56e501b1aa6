//! EntraToken@1: every refusal of Entra and of Azure DevOps, as the user reads it.
//!
//! A refusal is asked for once: what is permanent is not repeated.

// An ID token, or the job's own token.
mod azure_devops;
// Numbers of Microsoft Entra.
mod entra;
// Another service's answer, another token, no identity.
mod another_answer;

use adieu_emulator::{TaskResult, World};
use expect_test::Expect;

use crate::harness::{run, stable};

/// Runs a step that must fail after one request to Azure DevOps and one to Entra at most.
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

/// Something that goes wrong in a world, and what the user reads then.
type Case = (fn(&World), Expect);
