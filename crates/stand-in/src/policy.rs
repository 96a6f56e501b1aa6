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

/// The first path segment that starts with an underscore, as the names of projects cannot: the REST API, git, Analytics and
/// package feeds. Everything else is a page of the portal, and some pages issue credentials.
const FOR_PROGRAMS: [&str; 4] = ["_apis", "_git", "_odata", "_packaging"];

/// An area of the REST API with one of these in its name issues PATs, session tokens or SSH keys (`tokens`, `token`,
/// `delegatedauth`, `WebPlatformAuth`), or acts as the portal (`Contribution/HierarchyQuery`).
const OF_CREDENTIALS: [&str; 5] = ["auth", "contribution", "credential", "ssh", "token"];

/// How the names of areas begin whose paths contain IDs and no user-defined names: there, a segment with `token` in it is
/// a resource that issues one (`deploymentgroups/1/accesstoken`, `jobs/1/oidctoken`, `identity/signedintoken`).
const WITHOUT_NAMES: [&str; 5] = [
    "distributedtask",
    "identit",
    "pipelines",
    "release",
    "serviceendpoint",
];

/// The domains of all these hosts, to which the proxy's authority is limited.
pub(crate) const DOMAINS: [&str; 2] = [AZURE_DEVOPS, VISUAL_STUDIO];

/// The organizations and publishers for which stand-ins are replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList {
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
pub fn hosts_of(allowed: &AllowList) -> Vec<String> {
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

impl AllowList {
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
        // A server could decode `%` again, end a segment at `;`, or read `\` as `/`.
        let decoded = percent_decode_str(path).decode_utf8().unwrap_or_default();
        let is_ambiguous = |one: char| one.is_control() || "%;\\".contains(one);
        let segments: Vec<&str> = decoded.split('/').skip(1).collect();
        let names = segments.strip_suffix(&[""]).unwrap_or(&segments);
        // ASP.NET ignores empty segments; Windows ignores dots and spaces at the end of a name.
        let is_empty = |one: &&str| one.trim_end_matches(['.', ' ']).is_empty();
        if names.is_empty() || names.iter().any(is_empty) || decoded.contains(is_ambiguous) {
            return Err(
                "is not replaced in a path that servers can read in different ways".to_owned(),
            );
        }
        let normalized: Vec<String> = segments.iter().copied().map(normalized).collect();
        if issues_credentials(&normalized, method) {
            return Err(
                "is not replaced at addresses that issue credentials, which would outlive it"
                    .to_owned(),
            );
        }
        match host {
            Host::Shared if !is_in(&self.organizations, segments[0]) => Err(format!(
                "is replaced for {} only",
                listed("the organization", &self.organizations)
            )),
            Host::Shared | Host::Own => {
                let first = normalized.iter().find(|one| one.starts_with('_'));
                let is_for_programs = |first: &String| FOR_PROGRAMS.contains(&first.as_str());
                let mut start = normalized.iter().take(2);
                match first.is_some_and(is_for_programs) && !start.any(|one| is_host_id(one)) {
                    true => Ok(()),
                    false => Err(
                        "is replaced for the REST API, git, packages and Analytics only".to_owned(),
                    ),
                }
            }
            Host::Marketplace => {
                let path: Vec<String> = segments
                    .iter()
                    .map(|one| one.to_ascii_lowercase())
                    .collect();
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

/// Whether an address issues credentials that outlive the stand-in: PATs, session tokens, SSH keys, the tokens of
/// deployment groups and the keys of agents. A batch counts as one, because the requests in it are not checked.
fn issues_credentials(path: &[String], method: &str) -> bool {
    let is_one = |(at, segment): (usize, &String)| {
        let mut rest = path[at + 1..].iter().skip_while(|one| *one == "public");
        let area = rest.next().map_or("", String::as_str);
        let issues =
            |one: &String| one.contains("token") || (one == "agents" && method.starts_with('P'));
        segment == "$batch"
            || segment == "_apis"
                && (OF_CREDENTIALS.iter().any(|part| area.contains(part))
                    || WITHOUT_NAMES.iter().any(|start| area.starts_with(start))
                        && rest.any(issues))
    };
    path.iter().enumerate().any(is_one)
}

/// Whether a segment could lead to another organization than that of its host: `serviceHosts/<ID>` or `A<ID>`.
fn is_host_id(segment: &str) -> bool {
    let id = segment.strip_prefix('a').unwrap_or_default();
    segment.starts_with("servicehost")
        || (id.len() == 32 && id.bytes().all(|one| one.is_ascii_hexdigit()))
}

/// A segment as the most lenient server compares it: without case, width, punctuation and characters outside ASCII (a
/// comparison of .NET that depends on the culture ignores soft hyphens, for example).
fn normalized(segment: &str) -> String {
    let narrow = |one: char| match one {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(one) - 0xfee0),
        _ => Some(one),
    };
    let counts = |one: &char| one.is_ascii_alphanumeric() || matches!(one, '_' | '$');
    let letters = segment.chars().filter_map(narrow).filter(counts);
    letters.map(|one| one.to_ascii_lowercase()).collect()
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

    fn allowed() -> AllowList {
        AllowList {
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
        let organizations = AllowList {
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
            (Host::Shared, "GET", "/CONTOSO/_apis/", true),
            (Host::Shared, "GET", "/contoso", false),
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

    #[test]
    fn no_spelling_of_an_address_that_issues_a_credential_passes() {
        let allowed = allowed();
        for path in [
            "/contoso/_apis/tokens/pats",
            "/contoso/_apis//tokens/pats",
            "/contoso//_apis/tokens/pats",
            "/contoso/_apis/%20/tokens/pats",
            "/contoso/_apis/_apis/tokens/pats",
            "/contoso/_apis/%u0074okens/pats",
            "/contoso/_apis/%25u0074okens/pats",
            "/contoso/_apis/%2574okens/pats",
            "/contoso/_apis/x/%2e%2e/tokens/pats",
            "/contoso/_apis/x/%2e%20/tokens/pats",
            "/contoso/_apis;x/tokens/pats",
            "/contoso/_apis./tokens/pats",
            "/contoso/_apis%20/tokens/pats",
            "/contoso/_apis%00/tokens/pats",
            "/contoso/_apis%5ctokens/pats",
            "/contoso\\_apis\\tokens",
            "/contoso/_apis%2ftokens/pats",
            "/contoso/_API%53/to%C2%ADkens/pats",
            "/contoso/_apis/%EF%BD%94okens/pats",
            "/contoso/_apis/%c1%b4okens/pats",
            "/contoso/project/team/_apis/tokens/pats",
            "/contoso/_git/x/_apis/tokens/pats",
            "/contoso/_apis/public/tokens/pats",
            "/contoso/_apis/tokenadministration/tokenpats",
            "/contoso/_apis/token/appsessiontokens",
            "/contoso/_apis/DelegatedAuth/registrations",
            "/contoso/_apis/WebPlatformAuth/SessionToken",
            "/contoso/_apis/identity/signedintoken",
            "/contoso/p/_apis/distributedtask/deploymentgroups/1/accesstoken",
            "/contoso/p/_apis/distributedtask/environments/1/environmentaccesstoken",
            "/contoso/p/_apis/distributedtask/hubs/build/plans/1/jobs/1/oidctoken",
            "/contoso/_apis/distributedtask/pools/1/agents",
            "/contoso/_apis/Contribution/dataProviders/query",
            "/contoso/_apis/wit/$batch",
            "/contoso/_apis/wit/%24batch",
            "/contoso/_odata/v4.0/$batch",
            "/contoso/_usersSettings/tokens",
            "/contoso/_details/security/tokens/Edit",
            "/contoso/_api/_common/x",
            "/contoso/_signin",
            "/contoso/project/_settings",
            "/contoso",
            "/contoso/serviceHosts/3b1a1c1e-2a0f-4e63-9a3c-0c5d6d1c2b3a/_apis/projects",
            "/A3b1a1c1e-2a0f-4e63-9a3c-0c5d6d1c2b3a/_apis/projects",
        ] {
            for host in [Host::Shared, Host::Own, Host::Marketplace] {
                let permitted = allowed.permits(host, "POST", path);
                assert!(permitted.is_err(), "{path} at {host:?}");
            }
        }
    }

    /// User-defined names can contain almost anything.
    #[test]
    fn names_of_projects_repositories_and_packages_pass() {
        let allowed = allowed();
        for path in [
            "/contoso/F%C3%BCr%20alle/_apis/wit/wiql",
            "/contoso/%EF%BC%88x%EF%BC%89/_git/r/info/refs",
            "/contoso/p/_git/token-service.git/git-upload-pack",
            "/contoso/p/_git/_optimized/r/info/refs",
            "/contoso/p/_apis/git/repositories/token/pushes",
            "/contoso/_apis/projects/oauth",
            "/contoso/p/_apis/wit/workitems/$Bug",
            "/contoso/p/_apis/wit/workitemsbatch",
            "/contoso/p/_packaging/f/npm/registry/@azure%2fcore-auth/-/x.tgz",
            "/contoso/_packaging/f/nuget/v3/registrations2-semver2/a/1.0.0%2Bb.json",
            "/contoso/_packaging/f/pypi/simple/keyring/",
            "/contoso/_odata/v4.0-preview/WorkItems",
            "/contoso/3b1a1c1e-2a0f-4e63-9a3c-0c5d6d1c2b3a/_apis/build/builds",
            "/contoso/_apis/connectionData",
            "/contoso/_apis/distributedtask/pools",
            "/contoso/_apis/securityroles/scopes/x/roleassignments/resources/1",
        ] {
            assert_eq!(
                allowed.permits(Host::Shared, "POST", path),
                Ok(()),
                "{path}"
            );
        }
        let agents = "/contoso/_apis/distributedtask/pools/1/agents";
        assert_eq!(allowed.permits(Host::Shared, "GET", agents), Ok(()));
    }
}
