//! Decides where a stand-in is replaced: hosts, organizations, publishers, methods and paths.
//!
//! It never handles a token.

use percent_encoding::percent_decode_str;

const AZURE_DEVOPS: &str = "dev.azure.com";
const VISUAL_STUDIO: &str = "visualstudio.com";
const MARKETPLACE: &str = "marketplace.visualstudio.com";

/// The services that have a separate host for each organization, `contoso.pkgs.visualstudio.com`.
const SERVICES: [&str; 9] = [
    "almsearch",
    "analytics",
    "auditservice",
    "extmgmt",
    "feeds",
    "pkgs",
    "vsaex",
    "vsrm",
    "vssps",
];

/// The methods of the REST API, of git and of package clients. TRACE is missing because its answer repeats the credential.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The domains of all these hosts, to which the proxy's authority is limited.
pub(crate) const DOMAINS: [&str; 2] = [AZURE_DEVOPS, VISUAL_STUDIO];

/// The organizations and publishers for which stand-ins are replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Names of organizations.
    pub organizations: Vec<String>,
    /// IDs of Marketplace publishers.
    pub publishers: Vec<String>,
}

/// A kind of host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// Shared by all organizations; the path names one.
    Shared,
    /// The own host of an allowed organization.
    Own,
    Marketplace,
}

/// The hosts of the allowed organizations and publishers: `NO_PROXY` must not exclude them from the proxy.
#[must_use]
pub fn hosts_of(allowed: &Allowed) -> Vec<String> {
    let mut hosts = vec![AZURE_DEVOPS.to_owned()];
    hosts.extend(SERVICES.map(|service| format!("{service}.{AZURE_DEVOPS}")));
    for name in &allowed.organizations {
        hosts.push(format!("{name}.{VISUAL_STUDIO}"));
        hosts.extend(SERVICES.map(|service| format!("{name}.{service}.{VISUAL_STUDIO}")));
    }
    hosts.retain(|host| host != MARKETPLACE);
    if !allowed.publishers.is_empty() {
        hosts.push(MARKETPLACE.to_owned());
    }
    hosts
}

impl Allowed {
    /// The hosts in the proxy's certificate.
    pub(crate) fn certificate_names(&self) -> Vec<String> {
        hosts_of(self)
    }

    /// What kind of host this is; nothing if no stand-in is replaced there.
    pub(crate) fn host(&self, host: &str) -> Option<Host> {
        let known = hosts_of(self);
        let found = known
            .iter()
            .find(|known| known.eq_ignore_ascii_case(host))?;
        Some(if found == MARKETPLACE {
            Host::Marketplace
        } else if found.ends_with(AZURE_DEVOPS) {
            Host::Shared
        } else {
            Host::Own
        })
    }

    /// Permits a request with a stand-in.
    ///
    /// # Errors
    /// Why a stand-in is not replaced here, as the end of a sentence.
    pub(crate) fn permits(&self, host: Host, method: &str, path: &str) -> Result<(), String> {
        if !METHODS.contains(&method) {
            return Err("is not replaced in requests with this method".to_owned());
        }
        let decoded = decoded(path);
        let mut segments = decoded.split(['/', '\\']).skip(1);
        if decoded.starts_with("//") || segments.clone().any(|one| one == "." || one == "..") {
            return Err(
                "is not replaced in a path that has `.` or `..` as a segment, or starts with `//`"
                    .to_owned(),
            );
        }
        if issues_credentials(segments.clone()) {
            return Err(
                "is not replaced at addresses that issue credentials, which would outlive it"
                    .to_owned(),
            );
        }
        match host {
            Host::Own => Ok(()),
            Host::Shared => {
                let named = segments.next().unwrap_or_default();
                match is_in(&self.organizations, named) {
                    true => Ok(()),
                    false => Err(format!(
                        "is replaced for {} only",
                        listed("the organization", &self.organizations)
                    )),
                }
            }
            Host::Marketplace => {
                let path: Vec<String> = segments.map(str::to_ascii_lowercase).collect();
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                match path.as_slice() {
                    // Every client's first requests, and what is public.
                    ["_apis"]
                    | ["_apis", "gallery" | "connectiondata" | "resourceareas"]
                    | ["_apis", "gallery", "extensionquery"] => Ok(()),
                    ["_apis", "gallery", "publisher" | "publishers", name, ..]
                        if is_in(&self.publishers, name) =>
                    {
                        Ok(())
                    }
                    _ => Err(format!(
                        "is replaced for {} only",
                        listed("the publisher", &self.publishers)
                    )),
                }
            }
        }
    }
}

/// Whether an address issues credentials that outlive the stand-in: PATs, session tokens and SSH keys. The portal issues
/// them through `Contribution/HierarchyQuery` and `_details`.
fn issues_credentials<'a>(mut segments: impl Iterator<Item = &'a str>) -> bool {
    while let Some(segment) = segments.next() {
        if segment.eq_ignore_ascii_case("_details") {
            return true;
        }
        if segment.eq_ignore_ascii_case("_apis") {
            let area = segments.next().unwrap_or_default().to_ascii_lowercase();
            return area.starts_with("token") || area == "contribution";
        }
    }
    false
}

/// A path as a server that decodes it several times would read it.
fn decoded(path: &str) -> String {
    let mut path = path.to_owned();
    for _ in 0..3 {
        path = percent_decode_str(&path).decode_utf8_lossy().into_owned();
    }
    path
}

fn is_in(names: &[String], name: &str) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn listed(what: &str, names: &[String]) -> String {
    match names {
        [one] => format!("{what} {one}"),
        all => format!("{what}s {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Allowed {
        Allowed {
            organizations: vec!["contoso".to_owned(), "marketplace".to_owned()],
            publishers: vec!["pub".to_owned()],
        }
    }

    #[test]
    fn recognizes_the_hosts_of_allowed_organizations() {
        let allowed = allowed();
        for (host, expected) in [
            ("dev.azure.com", Some(Host::Shared)),
            ("DEV.azure.com", Some(Host::Shared)),
            ("pkgs.dev.azure.com", Some(Host::Shared)),
            ("contoso.visualstudio.com", Some(Host::Own)),
            ("contoso.pkgs.visualstudio.com", Some(Host::Own)),
            ("marketplace.visualstudio.com", Some(Host::Marketplace)),
            ("fabrikam.visualstudio.com", None),
            ("app.vssps.visualstudio.com", None),
            ("dev.azure.com.evil.example", None),
            ("evildev.azure.com", None),
            ("a.b.dev.azure.com", None),
            ("azure.com", None),
            ("visualstudio.com", None),
            ("login.microsoftonline.com", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(allowed.host(host), expected, "{host}");
        }
        let organizations = Allowed {
            publishers: Vec::new(),
            ..allowed
        };
        // An organization called `marketplace` does not give access to the Marketplace.
        assert_eq!(organizations.host("marketplace.visualstudio.com"), None);
    }

    #[test]
    fn replaces_a_stand_in_for_named_organizations_only() {
        let allowed = allowed();
        for (host, method, path, expected) in [
            (Host::Shared, "GET", "/contoso/_apis/projects", true),
            (Host::Shared, "GET", "/CONTOSO", true),
            (Host::Shared, "REPORT", "/contoso", false),
            (Host::Shared, "TRACE", "/contoso", false),
            (Host::Shared, "get", "/contoso", false),
            (Host::Shared, "GET", "/", false),
            (Host::Shared, "GET", "/fabrikam/_apis/projects", false),
            (Host::Shared, "GET", "/contoso.evil/_apis", false),
            (Host::Shared, "GET", "//contoso/_apis", false),
            (Host::Shared, "GET", "/fabrikam//contoso", false),
            (Host::Shared, "GET", "/contoso/../fabrikam/_apis", false),
            (Host::Shared, "GET", "/contoso/%2e%2e/fabrikam/_apis", false),
            (Host::Shared, "GET", "/contoso/%252e%252e/fabrikam", false),
            (Host::Shared, "GET", "/contoso%2f..%2ffabrikam", false),
            (Host::Shared, "GET", "/contoso/x\\..\\..\\fabrikam", false),
            (Host::Shared, "GET", "/contoso/..%5cfabrikam", false),
            (Host::Shared, "GET", "/contoso/./x", false),
            (
                Host::Shared,
                "GET",
                "/contoso/p/_packaging/f/npm/registry/@scope%2fname",
                true,
            ),
            (Host::Shared, "POST", "/contoso/_apis/tokens/pats", false),
            (
                Host::Shared,
                "POST",
                "/contoso/_apis/Token/SessionTokens",
                false,
            ),
            (
                Host::Shared,
                "POST",
                "/contoso/_apis/%54oken/SessionTokens",
                false,
            ),
            (
                Host::Shared,
                "POST",
                "/contoso/web/_apis/Contribution/HierarchyQuery",
                false,
            ),
            (
                Host::Shared,
                "POST",
                "/contoso/_details/security/tokens/Edit",
                false,
            ),
            (Host::Shared, "GET", "/contoso/tokens/_git/tokens", true),
            (Host::Own, "GET", "/DefaultCollection/_apis/projects", true),
            (Host::Own, "POST", "/_apis/tokens/pats", false),
            (
                Host::Marketplace,
                "GET",
                "/_apis/gallery/publishers/pub/extensions/x",
                true,
            ),
            (
                Host::Marketplace,
                "PUT",
                "/_apis/gallery/publishers/Pub/extensions/x",
                true,
            ),
            (
                Host::Marketplace,
                "PUT",
                "/_apis/gallery/publishers/other/extensions/x",
                false,
            ),
            (
                Host::Marketplace,
                "POST",
                "/_apis/gallery/extensions",
                false,
            ),
            (Host::Marketplace, "OPTIONS", "/_apis", true),
            (
                Host::Marketplace,
                "POST",
                "/_apis/gallery/extensionquery",
                true,
            ),
            (Host::Marketplace, "GET", "/contoso/_apis", false),
        ] {
            let permitted = allowed.permits(host, method, path);
            assert_eq!(
                permitted.is_ok(),
                expected,
                "{method} {path}: {permitted:?}"
            );
        }
        assert_eq!(
            allowed.permits(Host::Shared, "GET", "/fabrikam"),
            Err("is replaced for the organizations contoso, marketplace only".to_owned())
        );
    }
}
