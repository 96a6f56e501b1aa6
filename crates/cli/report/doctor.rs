//! The messages for the doctor's findings that are not refusals by a service.
//!
//! It makes no decisions and prints nothing.

use adieu_identity::CredentialProblem;
use adieu_transport::NoAnswer;

use super::Report;
use super::credential::none;
use super::requested_by::RequestedBy;
use super::service::no_answer;

pub(crate) use super::onboard::untrusted;
pub(crate) use super::service::section;

/// No credential can sign in here.
pub(crate) fn no_credential(problems: &[CredentialProblem], is_pipeline: bool) -> Report {
    none(problems).remedy(if is_pipeline {
        "Run this in a script of RunWithToken@1, which gives it the identity of a service \
         connection (azureDevOpsServiceConnection needs no subscription; azureSubscription \
         does as well)."
    } else {
        "Sign in; on your own machine, az login is the shortest way."
    })
}

/// The same in a GitHub Actions job, where the fix is in the workflow's file.
pub(crate) fn in_a_workflow(report: Report) -> Report {
    report.remedy(
        "Give the job permissions: id-token: write, and set AZURE_CLIENT_ID and AZURE_TENANT_ID \
         in the workflow's env.",
    )
}

pub(crate) fn unreachable(host: &str, cause: &NoAnswer) -> Report {
    no_answer("This host", host, cause, 1, RequestedBy::CommandLine)
}

/// `skew` is in seconds, positive if the host's clock is ahead of this one.
pub(crate) fn clock(skew: i64, host: &str) -> Report {
    let (seconds, direction) = (
        skew.unsigned_abs(),
        if skew > 0 { "behind" } else { "ahead of" },
    );
    Report::new(
        "clock",
        format!("This machine's clock is {seconds} seconds {direction} that of {host}."),
    )
    .remedy("Set this machine's clock (NTP): Microsoft Entra allows five minutes.")
}

pub(crate) fn agents_proxy(url: &str) -> Report {
    Report::new(
        "proxy",
        format!(
            "The agent goes through the proxy {url}, and the programs of this step do not: \
         HTTPS_PROXY is not set."
        ),
    )
    .remedy("Map it in the step: env: HTTPS_PROXY: $(Agent.ProxyUrl)")
}

/// The presented ID token differs from the expected one.
pub(crate) fn not_as_expected(what: &str, got: &str, expected: &str) -> Report {
    Report::new(
        "federated-credential",
        format!("The ID token's {what} is '{got}', and {expected} is expected."),
    )
    .remedy("Compare issuer, subject and audience with the application's federated credential.")
}

pub(crate) fn stakeholder(organization: &str, object_id: &str) -> Report {
    Report::new(
        "tf401019",
        format!(
            "The access level in {organization} is Stakeholder, which cannot read repositories."
        ),
    )
    .remedy(&format!(
        "An administrator runs: adieu onboard --organization {organization} --identity \
         {object_id} --access-level basic"
    ))
}

pub(crate) fn no_role(publisher: &str, page: &str, id: &str) -> Report {
    Report::new(
        "publisher-member",
        format!("The identity is not a member of the publisher {publisher}."),
    )
    .remedy(&format!(
        "An Owner opens {page} → Members → Add, and pastes {id} with the role Contributor \
         (Creator for a new extension)."
    ))
}

pub(crate) fn only_reader(publisher: &str, page: &str) -> Report {
    Report::new(
        "publisher-member",
        format!("The identity is a Reader of the publisher {publisher}, which cannot publish."),
    )
    .remedy(&format!(
        "An Owner opens {page} → Members, and changes the role to Contributor."
    ))
}
