//! The words for resources (`azureDevOps`, `arm`, …) and their meaning in each cloud.
//!
//! It never requests a token.

use crate::scope::Scope;
use crate::user_assigned::is_guid;

/// The words, in the order of the documents.
pub const WORDS: [&str; 6] = ["azureDevOps", "arm", "graph", "keyVault", "storage", "sql"];

/// Azure DevOps' application, the same in every cloud
/// (learn.microsoft.com, "Issue Microsoft Entra tokens with the Azure CLI").
pub const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// An Azure cloud, which decides the addresses of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cloud {
    /// The public cloud.
    Public,
    /// Azure Government.
    UsGovernment,
    /// Azure operated by 21Vianet.
    China,
    /// Addresses from a connection's own data, as for Azure Stack.
    Custom(CustomCloud),
}

/// Resource addresses in a connection's data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomCloud {
    /// Azure Resource Manager.
    pub arm: Option<String>,
    /// Microsoft Graph.
    pub graph: Option<String>,
    /// Azure Key Vault.
    pub key_vault: Option<String>,
}

/// Why a text is not a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAResource {
    /// It is not a known word, a GUID, a URI or a scope.
    Unknown,
    /// The word has no meaning in the connection's cloud.
    NotInThisCloud,
    /// It contains spaces, so Microsoft Entra would treat it as several scopes.
    Space,
}

/// The scope of a resource, as users write it, in a cloud.
///
/// # Errors
/// The text is not a resource, or not one of this cloud.
pub fn scope(resource: &str, cloud: &Cloud) -> Result<Scope, NotAResource> {
    if resource.contains(char::is_whitespace) {
        return Err(NotAResource::Space);
    }
    if let Some(word) = WORDS
        .iter()
        .find(|word| word.eq_ignore_ascii_case(resource))
    {
        return well_known(word, cloud).ok_or(NotAResource::NotInThisCloud);
    }
    if resource.ends_with("/.default") && resource.len() > "/.default".len() {
        return Ok(unknown_audience(resource.to_owned()));
    }
    if is_guid(resource) || is_uri(resource) {
        // A resource with a slash at the end keeps it: Microsoft Entra distinguishes the two.
        return Ok(unknown_audience(format!("{resource}/.default")));
    }
    Err(NotAResource::Unknown)
}

/// A resource that has another address in each cloud.
struct Resource {
    word: &'static str,
    public: &'static str,
    /// Other audiences of tokens for it in the public cloud.
    audiences: &'static [&'static str],
    us_government: &'static str,
    china: &'static str,
    /// Its address in a connection's own data.
    custom: fn(&CustomCloud) -> Option<&String>,
}

const RESOURCES: [Resource; 4] = [
    Resource {
        word: "arm",
        public: "https://management.azure.com",
        audiences: &[
            "https://management.core.windows.net",
            "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        ],
        us_government: "https://management.usgovcloudapi.net",
        china: "https://management.chinacloudapi.cn",
        custom: |cloud| cloud.arm.as_ref(),
    },
    Resource {
        word: "graph",
        public: "https://graph.microsoft.com",
        audiences: &["00000003-0000-0000-c000-000000000000"],
        us_government: "https://graph.microsoft.us",
        china: "https://microsoftgraph.chinacloudapi.cn",
        custom: |cloud| cloud.graph.as_ref(),
    },
    Resource {
        word: "keyVault",
        public: "https://vault.azure.net",
        audiences: &["cfa8b339-82a2-471a-a3c9-0fc0be7a4093"],
        us_government: "https://vault.usgovcloudapi.net",
        china: "https://vault.azure.cn",
        custom: |cloud| cloud.key_vault.as_ref(),
    },
    Resource {
        word: "sql",
        public: "https://database.windows.net",
        audiences: &["022907d3-0f1b-48f7-badc-1ba6abab6d66"],
        us_government: "https://database.usgovcloudapi.net",
        china: "https://database.chinacloudapi.cn",
        custom: |_| None,
    },
];

/// Azure DevOps' own application, which exists in every tenant of every cloud.
pub fn azure_devops() -> Scope {
    with_audiences(AZURE_DEVOPS, &[])
}

fn well_known(word: &str, cloud: &Cloud) -> Option<Scope> {
    match word {
        "azureDevOps" => return Some(azure_devops()),
        // One address in every cloud (learn.microsoft.com, "Authorize access to blobs").
        "storage" => {
            let audience = "e406a681-f3d4-42a8-90b6-c2b029497af1";
            return Some(with_audiences("https://storage.azure.com", &[audience]));
        }
        _ => {}
    }
    let known = RESOURCES.iter().find(|known| known.word == word)?;
    let address = match cloud {
        Cloud::Public => return Some(with_audiences(known.public, known.audiences)),
        Cloud::UsGovernment => known.us_government,
        Cloud::China => known.china,
        Cloud::Custom(addresses) => (known.custom)(addresses)?,
    };
    Some(unknown_audience(format!("{address}/.default")))
}

/// A scope whose tokens have one of these audiences, or the resource itself.
fn with_audiences(resource: &str, others: &[&str]) -> Scope {
    let audiences = [&[resource], others].concat();
    Scope {
        value: format!("{resource}/.default"),
        audiences: audiences.into_iter().map(str::to_owned).collect(),
    }
}

/// A scope whose tokens may have an audience that only the application's owner knows.
fn unknown_audience(value: String) -> Scope {
    Scope {
        value,
        audiences: Vec::new(),
    }
}

/// An application ID URI: `https://…`, `api://…`, `urn:…` and the like.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let starts_with_letter = scheme
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic());
    starts_with_letter
        && scheme.len() > 1
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && rest.trim_matches('/').len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_resolved_in_the_connections_cloud() {
        let custom = Cloud::Custom(CustomCloud {
            arm: Some("https://management.local.azurestack.external/id".to_owned()),
            ..CustomCloud::default()
        });
        let value = |word: &str, cloud: &Cloud| scope(word, cloud).map(|scope| scope.value);
        for (word, cloud, expected) in [
            (
                "azureDevOps",
                &Cloud::Public,
                "499b84ac-1321-427f-aa17-267ca6975798/.default",
            ),
            (
                "AZUREDEVOPS",
                &Cloud::China,
                "499b84ac-1321-427f-aa17-267ca6975798/.default",
            ),
            (
                "arm",
                &Cloud::Public,
                "https://management.azure.com/.default",
            ),
            (
                "arm",
                &Cloud::UsGovernment,
                "https://management.usgovcloudapi.net/.default",
            ),
            (
                "arm",
                &Cloud::China,
                "https://management.chinacloudapi.cn/.default",
            ),
            (
                "arm",
                &custom,
                "https://management.local.azurestack.external/id/.default",
            ),
            (
                "graph",
                &Cloud::Public,
                "https://graph.microsoft.com/.default",
            ),
            (
                "graph",
                &Cloud::UsGovernment,
                "https://graph.microsoft.us/.default",
            ),
            (
                "graph",
                &Cloud::China,
                "https://microsoftgraph.chinacloudapi.cn/.default",
            ),
            (
                "keyVault",
                &Cloud::Public,
                "https://vault.azure.net/.default",
            ),
            (
                "keyVault",
                &Cloud::UsGovernment,
                "https://vault.usgovcloudapi.net/.default",
            ),
            ("keyVault", &Cloud::China, "https://vault.azure.cn/.default"),
            (
                "storage",
                &Cloud::UsGovernment,
                "https://storage.azure.com/.default",
            ),
            (
                "sql",
                &Cloud::Public,
                "https://database.windows.net/.default",
            ),
            (
                "sql",
                &Cloud::UsGovernment,
                "https://database.usgovcloudapi.net/.default",
            ),
            (
                "sql",
                &Cloud::China,
                "https://database.chinacloudapi.cn/.default",
            ),
            ("api://my-app", &Cloud::Public, "api://my-app/.default"),
            (
                "https://x.example/",
                &Cloud::Public,
                "https://x.example//.default",
            ),
            (
                "https://x.example/.default",
                &Cloud::Public,
                "https://x.example/.default",
            ),
            (
                "0f3b1a2c-0000-4000-8000-000000000000",
                &Cloud::Public,
                "0f3b1a2c-0000-4000-8000-000000000000/.default",
            ),
        ] {
            assert_eq!(value(word, cloud).as_deref(), Ok(expected), "{word}");
        }
        assert_eq!(value("sql", &custom), Err(NotAResource::NotInThisCloud));
    }

    #[test]
    fn refuses_what_names_no_resource() {
        for (text, reason) in [
            ("azuredevop", NotAResource::Unknown),
            ("/.default", NotAResource::Unknown),
            ("https://", NotAResource::Unknown),
            ("C:", NotAResource::Unknown),
            ("arm graph", NotAResource::Space),
        ] {
            assert_eq!(scope(text, &Cloud::Public), Err(reason), "{text}");
        }
    }
}
