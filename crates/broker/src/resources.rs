//! The resources for which the broker serves tokens: any, or those that its user listed.
//!
//! It never checks whether a resource exists.

use adieu_identity::Scope;

use crate::source::Refusal;

/// Longest resource. Microsoft Entra resources are GUIDs and short addresses.
const LONGEST: usize = 512;

/// The allowed resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resources {
    /// Every resource that the identity can access.
    Any,
    /// Only these.
    Listed(Vec<Scope>),
}

const NOT_A_RESOURCE: &str = "the resource is missing, or is not a GUID or a URI";
const NOT_LISTED: &str = "this endpoint does not serve tokens for the resource; add it to `resources` in the step's `configure`, or to `--resource`";

impl Resources {
    /// The scope of a resource, as clients name it. A slash at the end stays: Microsoft Entra distinguishes
    /// `https://management.core.windows.net/` from the same without it, and az requests the former.
    pub(crate) fn scope(&self, resource: &str) -> Result<Scope, Refusal> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte);
        // A resource that starts with a dash could become an option of a tool that a source runs.
        let is_option = resource.starts_with('-');
        if resource.is_empty()
            || is_option
            || resource.len() > LONGEST
            || !resource.bytes().all(is_plain)
        {
            return Err(Refusal::of_the_request(NOT_A_RESOURCE));
        }
        let audiences = match self {
            Self::Any => Vec::new(),
            Self::Listed(scopes) => {
                let known = scopes.iter().find(|scope| is_of(scope, resource));
                let known = known.ok_or_else(|| Refusal::of_the_request(NOT_LISTED))?;
                known.audiences.clone()
            }
        };
        Ok(Scope {
            value: format!("{resource}/.default"),
            audiences,
        })
    }
}

/// Whether a resource belongs to a scope, by any of its names.
fn is_of(scope: &Scope, resource: &str) -> bool {
    let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
    let own = scope
        .value
        .strip_suffix("/.default")
        .unwrap_or(&scope.value);
    bare(own) == bare(resource)
        || scope
            .audiences
            .iter()
            .any(|audience| bare(audience) == bare(resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Resources {
        Resources::Listed(vec![
            Scope {
                value: "https://management.azure.com/.default".to_owned(),
                audiences: vec![
                    "https://management.azure.com".to_owned(),
                    "https://management.core.windows.net".to_owned(),
                ],
            },
            Scope {
                value: "api://mine/.default".to_owned(),
                audiences: Vec::new(),
            },
        ])
    }

    #[test]
    fn serves_listed_resources_by_every_name() {
        for (resource, expected) in [
            (
                "https://management.azure.com",
                Ok("https://management.azure.com/.default"),
            ),
            (
                "https://management.azure.com/",
                Ok("https://management.azure.com//.default"),
            ),
            (
                "https://management.core.windows.net/",
                Ok("https://management.core.windows.net//.default"),
            ),
            ("api://Mine", Ok("api://Mine/.default")),
            ("https://graph.microsoft.com", Err(NOT_LISTED)),
            ("api://mine2", Err(NOT_LISTED)),
            ("", Err(NOT_A_RESOURCE)),
            ("a b", Err(NOT_A_RESOURCE)),
            ("--tenant", Err(NOT_A_RESOURCE)),
            ("a\r\nb", Err(NOT_A_RESOURCE)),
            ("https://x/?q=1", Err(NOT_A_RESOURCE)),
        ] {
            let scope = listed().scope(resource).map(|scope| scope.value);
            let scope = scope.as_deref().map_err(|refusal| refusal.reason.as_str());
            assert_eq!(scope, expected, "{resource}");
        }
    }

    #[test]
    fn serves_any_resource_where_nothing_is_listed() {
        let scope = Resources::Any.scope("https://vault.azure.net");
        let value = scope.map(|scope| scope.value);
        assert_eq!(value.as_deref(), Ok("https://vault.azure.net/.default"));
        let long = "a".repeat(LONGEST + 1);
        let refused = Resources::Any
            .scope(&long)
            .map_err(|refusal| refusal.reason);
        assert_eq!(refused, Err(NOT_A_RESOURCE.to_owned()));
    }
}
