//! The rules for habits: names, meanings, pages, and the words that point to them.
//!
//! It recognizes nothing; `find` does.

use super::find;
use super::word_match::{Hit, WordMatch};
use crate::rules::{Kind, Rule};

/// A rule for a habit.
pub(super) struct Habit {
    pub(super) rule: Rule,
    /// In lowercase; lines without any of them are skipped.
    pub(super) words: &'static [&'static str],
    pub(super) find: fn(&WordMatch<'_>) -> Option<Hit>,
}

const fn rule(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    page: &'static str,
) -> Rule {
    Rule {
        id,
        kind: Kind::Habit,
        title,
        help,
        page,
    }
}

pub(super) static HABITS: [Habit; 19] = [
    Habit {
        rule: rule(
            "url-userinfo",
            "Token in the URL of a repository or a service",
            "Let git ask for a token.",
            "docs/migrate/git.md",
        ),
        words: &["dev.azure.com", ".visualstudio.com"],
        find: find::address,
    },
    Habit {
        rule: rule(
            "feed-userinfo",
            "Token in the URL of a feed",
            "Give the package client a service connection's token.",
            "docs/migrate/feeds.md",
        ),
        words: &["dev.azure.com", ".visualstudio.com"],
        find: find::feed_address,
    },
    Habit {
        rule: rule(
            "basic-header",
            "Basic authentication with a personal access token",
            "Send a Bearer header, or keep the variable and let a step set it to a token.",
            "docs/migrate/scripts.md#a-pat-in-a-variable",
        ),
        words: &[
            "-u \":$",
            "-u ':$",
            " -u :$",
            "--user \":$",
            "--user :$",
            "tobase64string",
            "btoa(`:",
            "buffer.from(",
            "b64encode(",
            "| base64",
            "basic $",
            "basic {",
        ],
        find: find::basic_header,
    },
    Habit {
        rule: rule(
            "ext-pat",
            "Azure DevOps CLI with a personal access token",
            "Set the variable to a service connection's token.",
            "docs/migrate/scripts.md#a-pat-in-a-variable",
        ),
        words: &["azure_devops_ext_pat", "az devops login"],
        find: find::extension_pat,
    },
    Habit {
        rule: rule(
            "extraheader",
            "git with a credential in a header",
            "Let git ask for a token (`configure: git`).",
            "docs/migrate/git.md",
        ),
        words: &["extraheader"],
        find: find::extra_header,
    },
    Habit {
        rule: rule(
            "persist-credentials",
            "Checkout that keeps its credential in .git/config",
            "Let git ask for a token (`configure: git`).",
            "docs/migrate/git.md",
        ),
        words: &["persistcredentials"],
        find: find::persisted_credentials,
    },
    Habit {
        rule: rule(
            "az-token",
            "Azure CLI used to get an Azure DevOps token",
            "Use EntraToken@1 or RunWithToken@1, which mask the token and need no az.",
            "docs/migrate/scripts.md#azurecli2-with-az-account-get-access-token",
        ),
        words: &["get-access-token"],
        find: find::az_token,
    },
    Habit {
        rule: rule(
            "publish",
            "Marketplace task that signs in with a personal access token",
            "Use MarketplaceExtension@1.",
            "docs/migrate/publishing.md#task-by-task",
        ),
        words: &[
            "publishazuredevopsextension@",
            "shareazuredevopsextension@",
            "installazuredevopsextension@",
            "unpublishazuredevopsextension@",
            "queryazuredevopsextensionversion@",
            "isazuredevopsextensionvalid@",
        ],
        find: find::marketplace_task,
    },
    Habit {
        rule: rule(
            "publish-tool",
            "tfx with a personal access token",
            "Use `adieu extension`, or give the tool a service connection's token.",
            "docs/migrate/publishing.md#with-tfx",
        ),
        words: &["tfx extension", "tfx-cli extension", "tfx build tasks"],
        find: find::publishing_tool,
    },
    Habit {
        rule: rule(
            "publish-vsce",
            "vsce with a personal access token",
            "Let VSCE_PAT be a Microsoft Entra token.",
            "docs/migrate/vscode.md",
        ),
        words: &["vsce publish", "vsce_pat"],
        find: find::publishing_tool,
    },
    Habit {
        rule: rule(
            "feed-npmrc",
            "npm with a personal access token",
            "Let FeedAuthenticate@1 sign npm in, and remove the line.",
            "docs/migrate/feeds.md",
        ),
        words: &["_authtoken", ":_password"],
        find: find::npm_key,
    },
    Habit {
        rule: rule(
            "feed-password",
            "NuGet or Maven with a personal access token",
            "Let a step put a token into AZURE_DEVOPS_TOKEN.",
            "docs/migrate/feeds.md",
        ),
        words: &["cleartextpassword", "<password>${env."],
        find: find::configured_password,
    },
    Habit {
        rule: rule(
            "feed-variable",
            "Package client with a personal access token in a variable",
            "Set the variable to a service connection's token.",
            "docs/migrate/feeds.md",
        ),
        words: &[
            "vss_nuget_external_feed_endpoints",
            "vss_nuget_accesstoken",
            "twine_password",
            "poetry_http_basic_",
            "artifacts_credentialprovider_",
        ],
        find: find::mapped_variable,
    },
    Habit {
        rule: rule(
            "feed-connection",
            "Feed task with a service connection that holds a token",
            "Use FeedAuthenticate@1.",
            "docs/migrate/feeds.md",
        ),
        words: &[
            "customendpoint:",
            "nugetserviceconnections:",
            "pythondownloadserviceconnections:",
            "pythonuploadserviceconnection:",
            "mavenserviceconnections:",
        ],
        find: find::connection_input,
    },
    Habit {
        rule: rule(
            "renovate",
            "Renovate with a personal access token",
            "Set RENOVATE_TOKEN to a service connection's token.",
            "docs/renovate.md",
        ),
        words: &["renovate_token"],
        find: find::mapped_variable,
    },
    Habit {
        rule: rule(
            "terraform",
            "Azure DevOps provider for Terraform with a personal access token",
            "Let the provider sign in with the service connection (`configure: terraform`).",
            "docs/migrate/scripts.md",
        ),
        words: &["personal_access_token", "azdo_personal_access_token"],
        find: find::terraform,
    },
    Habit {
        rule: rule(
            "agent",
            "Agent registration with a personal access token",
            "Register the agent with a Microsoft Entra token or a service principal.",
            "docs/scan.md#agents",
        ),
        words: &["--auth pat", "azp_token", "personalaccesstokenfromenv"],
        find: find::agent,
    },
    Habit {
        rule: rule(
            "docker-argument",
            "Personal access token as a build argument, which stays in the image",
            "Mount the token as a build secret.",
            "docs/migrate/feeds.md",
        ),
        words: &["--build-arg"],
        find: find::build_argument,
    },
    Habit {
        rule: rule(
            "events",
            "Marketplace events with a personal access token",
            "Use `adieu events`.",
            "docs/migrate/events.md",
        ),
        words: &["/_apis/gallery/publishers"],
        find: find::events,
    },
];

/// Pipeline variables whose names indicate a personal access token.
pub(crate) static VARIABLE: Rule = rule(
    "pat-variable",
    "Pipeline variable with a personal access token",
    "Let a step set the variable to a service connection's token.",
    "docs/migrate/scripts.md#a-pat-in-a-variable",
);

/// Variable groups with such a name.
pub(crate) static GROUP: Rule = rule(
    "pat-group",
    "Variable group whose name suggests a personal access token",
    "Delete the group once nothing uses its variables.",
    "docs/migrate/scripts.md#a-pat-in-a-variable",
);

/// Service connections of an organization that contain a token or a password for Azure DevOps.
pub(crate) static CONNECTION: Rule = rule(
    "pat-connection",
    "Service connection with a personal access token",
    "Let its pipelines use a connection with workload identity federation, then delete it.",
    "docs/scan.md#service-connections",
);

/// Service hook subscriptions with a credential.
pub(crate) static SERVICE_HOOK: Rule = rule(
    "service-hook",
    "Service hook with a password",
    "If it calls Azure DevOps, let a pipeline or a function with an identity receive the event.",
    "docs/scan.md#organizations",
);

/// Capabilities of agents, which everyone with access to the pool can see.
pub(crate) static CAPABILITY: Rule = rule(
    "agent-capability",
    "Environment variable of an agent whose name suggests a token, shown as a capability of the \
     agent",
    "Remove it from the agent's environment, or name it in VSO_AGENT_IGNORE; then revoke the token.",
    "docs/scan.md#agents",
);
