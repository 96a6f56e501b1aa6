//! A secret leaves its type in listed files only.

use std::collections::BTreeSet;

use super::{code_lines, product_sources, read};

/// The files in which a secret leaves its type, and its destination.
const REVEALS: &[(&str, &str)] = &[
    ("crates/agent/src/log.rs", "the agent, behind its mask"),
    (
        "crates/agent/src/workflow.rs",
        "the files of a GitHub Actions step, behind its mask",
    ),
    (
        "crates/broker/src/auth.rs",
        "the comparison with what a client shows",
    ),
    (
        "crates/broker/src/git.rs",
        "git, which asked for it, and the claims of a token that git passes back",
    ),
    (
        "crates/broker/src/protocol/azd.rs",
        "the answer to azd, over the loopback address",
    ),
    (
        "crates/broker/src/protocol/managed_identity.rs",
        "the answer to an SDK, over the loopback address",
    ),
    ("crates/cli/exec.rs", "the environment of one command"),
    (
        "crates/cli/feeds/endpoint.rs",
        "a private file that opens the job's broker to helpers",
    ),
    (
        "crates/cli/feeds/keeper.rs",
        "the pipe between a task and the process that it starts, and whether a token is new",
    ),
    ("crates/cli/run.rs", "the environment of one script"),
    (
        "crates/cli/serve.rs",
        "standard output, for the person at the terminal",
    ),
    (
        "crates/cli/serve/job.rs",
        "the pipe between a task and the broker that it starts",
    ),
    (
        "crates/cli/token/output.rs",
        "standard output, for the caller of `adieu token`",
    ),
    (
        "crates/configure/src/settings.rs",
        "the environment of a process that this one starts",
    ),
    (
        "crates/configure/src/stand_in.rs",
        "the environment of a process that this one starts; a stand-in is worthless elsewhere",
    ),
    (
        "crates/feeds/src/files.rs",
        "private files for npm and for clients of netrc",
    ),
    (
        "crates/feeds/src/helper/cargo.rs",
        "Cargo, which asked for it",
    ),
    (
        "crates/feeds/src/helper/keyring.rs",
        "a client of Python's keyring, which asked for it",
    ),
    (
        "crates/feeds/src/helper/npm_token.rs",
        "pnpm, which asked for it",
    ),
    (
        "crates/feeds/src/helper/nuget.rs",
        "NuGet, which asked for it",
    ),
    (
        "crates/feeds/src/maven.rs",
        "a private settings file for Maven",
    ),
    ("crates/identity/src/certificate.rs", "the key that signs"),
    (
        "crates/identity/src/entra.rs",
        "the form in which azure_identity reads the answer",
    ),
    (
        "crates/identity/src/identity_endpoint.rs",
        "the claims of a token that came",
    ),
    (
        "crates/identity/src/managed_identity.rs",
        "the form in which azure_identity reads the endpoint's answer",
    ),
    (
        "crates/identity/src/service_connection.rs",
        "the claims of a token that is presented",
    ),
    (
        "crates/identity/src/token.rs",
        "the Azure SDK's own type, for the caller that asked for the token",
    ),
    (
        "crates/stand-in/src/connection.rs",
        "the comparison with the key that a client shows",
    ),
    (
        "crates/stand-in/src/exchange.rs",
        "the comparison of a credential with the stand-ins",
    ),
    (
        "crates/stand-in/src/proxy.rs",
        "the address of the proxy, which its clients have",
    ),
    (
        "crates/transport/src/transport.rs",
        "the key of the TLS client certificate",
    ),
];

/// The files that send a secret to a service, which can echo it, and how.
const SENDS: &[(&str, &str)] = &[
    (
        "crates/cli/feeds/containers.rs",
        "the form that a container registry exchanges",
    ),
    (
        "crates/cli/feeds/endpoint.rs",
        "the header for the job's own broker",
    ),
    ("crates/cli/serve/job.rs", "the header that ends a broker"),
    (
        "crates/devops/src/client.rs",
        "the header for Azure DevOps and the Marketplace",
    ),
    (
        "crates/devops/src/download.rs",
        "the header for a package that the Marketplace has",
    ),
    (
        "crates/devops/src/microsoft_graph.rs",
        "the header for Microsoft Graph",
    ),
    (
        "crates/identity/src/id_token.rs",
        "the header for the collection",
    ),
    (
        "crates/identity/src/identity_endpoint.rs",
        "the header for the machine's own endpoint",
    ),
    (
        "crates/identity/src/service_connection.rs",
        "azure_identity, for the form to the authority",
    ),
    (
        "crates/identity/src/workflow_token.rs",
        "the header for GitHub's issuer of ID tokens",
    ),
    (
        "crates/stand-in/src/exchange.rs",
        "the header for Azure DevOps in place of a stand-in",
    ),
    ("crates/transport/src/proxy.rs", "the header for the proxy"),
];

#[test]
fn secrets_leave_their_type_in_listed_files_only() {
    for (listed, call) in [(REVEALS, ".reveal()"), (SENDS, ".reveal_to_wire()")] {
        let found: BTreeSet<String> = product_sources()
            .into_iter()
            .filter(|path| code_lines(&read(path)).any(|line| line.contains(call)))
            .collect();
        let listed: BTreeSet<String> = listed.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(found, listed, "{call}");
    }
}
