//! Tests of the real binary, with the real launcher and the emulator: a table of contents.
//!
//! Each module is a capability or a boundary; each test is a claim. Longer ones have a folder of their name, whose
//! files their first lines list. No test sleeps, and none contacts a host that is not on this machine.
#![allow(
    clippy::disallowed_methods,
    reason = "tests start programs in an environment that is close to their own"
)]
#![allow(clippy::unwrap_used, missing_docs)]

// What tests set up: a task's folder, a job with a broker, placeholders for unstable text.
mod harness;
// Requests to a broker, byte by byte.
mod serve_bytes;
// The emulator's clock, for real processes.
#[cfg(target_os = "linux")]
mod emulated_time;
// The shell session of a user, a machine, a step or a pod, with its own tools on the PATH.
#[cfg(unix)]
mod shell;

// EntraToken@1: what a user gets, connection by connection.
mod token;
// The "Azure DevOps" service connection in each task, and which of the two inputs a step sets.
mod azure_devops_connection;
// Platform variables that a user sets.
mod platform_variables;
// FeedAuthenticate@1: real package clients with feeds as strict as the real ones.
#[cfg(target_os = "linux")]
mod feeds;
// EntraToken@1: every invalid input.
mod token_inputs;
// EntraToken@1: every refusal by Microsoft Entra and Azure DevOps, as the user sees it.
mod token_refusals;
// EntraToken@1: transient faults, and permanent ones.
mod token_faults;
// EntraToken@1: thousands of hostile answers.
mod token_hostile_answers;
// Services that echo our credentials.
mod echoes;
// EntraToken@1: five hundred tasks at the same time.
mod token_concurrency;

// `configure` of EntraToken@1, and the broker behind it: from its start to the end of the job.
mod serve;
// `adieu serve`: the same broker for a terminal or a program.
#[cfg(unix)]
mod serve_command;
// Microsoft's SDKs with that broker, for hours.
#[cfg(target_os = "linux")]
mod serve_clients;
// Copies of a token in the memory of the process that serves it.
#[cfg(target_os = "linux")]
mod serve_memory;
// A job of six hours, with outages of services.
#[cfg(target_os = "linux")]
mod serve_hours;
// The broker and the machine's own managed identity.
#[cfg(unix)]
mod serve_machine;
// Clients that have the broker's key but send invalid requests.
mod serve_refusals;
// Processes on the same machine that have no access to the broker.
#[cfg(target_os = "linux")]
mod serve_hostile;
// Two hundred clients at the same time.
mod serve_concurrency;

// RunWithToken@1: scripts, shells, exit codes, stops.
mod run;

// Refusals by organizations, projects and the gallery, as recorded.
#[cfg(unix)]
mod refused_identity;
// What a person at a terminal sees while a service takes its time.
#[cfg(target_os = "linux")]
mod waiting;

// Flags with a required form: checked before any request.
#[cfg(unix)]
mod flags;
// `adieu token`: each credential, each form, every failure.
#[cfg(unix)]
mod token_command;
// `--credential github-actions` and `gitlab`, and the action.
#[cfg(unix)]
mod github_actions;
#[cfg(unix)]
mod gitlab;
// `adieu exec`: tokens and a broker for one command.
#[cfg(unix)]
mod exec;

// `adieu whoami`: an identity's details, and where it is refused.
#[cfg(unix)]
mod whoami;
// `adieu onboard`: an administrator adds an identity, once.
#[cfg(unix)]
mod onboard;
// `--help` of every verb: width, style, exit codes.
#[cfg(target_os = "linux")]
mod help;
// `--output json` of every verb, against the published schemas.
#[cfg(unix)]
mod json_output;
// `adieu offboard` and `adieu onboard --list`: removes and shows what `onboard` added.
#[cfg(unix)]
mod offboard;
// `adieu doctor`: checks, and the next thing to fix.
#[cfg(unix)]
mod doctor;
// `adieu events`: each event once, even if runs are interrupted.
#[cfg(unix)]
mod events;
// Two organizations in two tenants, and one service connection.
#[cfg(unix)]
mod organizations;

// task/launch.js: signals, broken binaries, folders that do not let programs run.
mod launcher;
// The agent's proxy and certificates.
mod network;
// MarketplaceExtension@1: each operation, as the log shows it and the Marketplace keeps it.
mod extension;
// MarketplaceExtension@1: every refusal, as the user reads it.
mod extension_refusals;
// MarketplaceExtension@1: cut connections and busy services; nothing is published twice.
mod extension_faults;
// Publishing a version again: the same package, a different one, another platform.
#[cfg(unix)]
mod extension_twice;
// vsce with the tokens of adieu, and its packages published by adieu.
#[cfg(unix)]
mod vsce;
// Waiting for an extension: for which version of which one, and for which tasks.
#[cfg(unix)]
mod extension_waits;
// tfx-cli and adieu with the same Marketplace.
mod extension_peers;
// The pages that tasks add to a run, in a browser.
mod pages;
// `adieu extension`: package (compared with tfx-cli), inspect, edit, and the help of each.
mod extension_edit;
mod extension_folder;
mod extension_help;
mod extension_inspect;
mod extension_package;

// `configure: proxy` and `adieu exec --stand-in`: clients without a token, and thieves.
#[cfg(target_os = "linux")]
mod stand_in;

// Pipelines for users: valid for Azure Pipelines, right for our tasks, and run.
mod pipelines;

// `adieu git-credential`: real git, old and new, against repositories behind the emulator's authentication.
mod git_credential;

// `cargo run -p adieu-emulator -- shell`: trying the verbs by hand, without Azure.
#[cfg(unix)]
mod playground;
// Suggestions, colors, quiet and verbose, defaults, the version: what all verbs have in common.
#[cfg(target_os = "linux")]
mod command_line;
// `adieu explain`: the section that an error names, without a network.
mod explain;

// `adieu scan`: tokens and habits in files and in the history.
mod scan;

// `adieu pats`: the personal access tokens of an organization.
#[cfg(unix)]
mod pats;

// `adieu completions`: candidates for the word that is being typed.
#[cfg(unix)]
mod completions;

// examples/without-pats: code of users who replace their PATs, unchanged.
#[cfg(unix)]
mod without_pats;

// Commands in documents.
mod documents;

// Microsoft's own clients, with the same emulator, which must be right for them, too.
mod real_clients;
