//! The plan of a job's private folder: organizations with their tenants, and the files that are kept up to date.
//!
//! It contains no credential. The step and its background process share it.

use std::env;
use std::path::{Path, PathBuf};

use adieu_order::{Map, Set};
use serde_json::{Value, json};

use crate::declaration::Tool;
use crate::folder::MAVEN;
use crate::request::Request;

/// The name of the file in the folder.
pub(crate) const FILE: &str = "plan.json";

/// Clients that read netrc.
const OF_NETRC: [Tool; 4] = [Tool::Pip, Tool::Uv, Tool::Poetry, Tool::Pdm];

/// Looks up a variable.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The folder's plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Each organization's tenant; `None` means the credential's own.
    pub organizations: Map<String, Option<String>>,
    /// npm's file in the user's home, whose contents ours includes.
    pub npm: Option<PathBuf>,
    /// The same for netrc.
    pub netrc: Option<PathBuf>,
    /// The same for Maven, with its repositories.
    pub maven: Option<(PathBuf, Vec<Repository>)>,
    /// npm's registries.
    pub registries: Vec<Repository>,
    /// Whether yarn 1 also reads npm's file.
    pub has_yarn_1: bool,
    /// Whether pnpm also reads it.
    pub has_pnpm: bool,
    /// The indexes to which twine publishes, by the names of the file's sections.
    pub indexes: Vec<Repository>,
    /// The IDs of the repositories to which Maven deploys.
    pub deployed_to: Vec<String>,
    /// The link to yarn's file above the checkout, with its registries.
    pub yarn: Option<(PathBuf, Vec<Repository>)>,
    /// Gradle's folder of init scripts.
    pub gradle: Option<PathBuf>,
    /// Folders that are created for it, the innermost first.
    pub made: Vec<PathBuf>,
    /// Container registries.
    pub containers: Vec<String>,
    /// The user's Docker folder, if there are registries.
    pub docker: Option<PathBuf>,
    /// The command line's credential with which helpers sign in without a broker, and its identity.
    pub credential: Option<(String, Option<String>)>,
}

/// A repository of Maven; an npm registry has no ID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    /// Maven's ID, or the name of a section.
    pub id: String,
    /// Where it is.
    pub address: String,
    /// The organization whose token it takes.
    pub organization: String,
}

impl Repository {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "address": self.address,
            "organization": self.organization,
        })
    }
}

impl Plan {
    /// The tenants, each once.
    #[must_use]
    pub fn tenants(&self) -> Set<Option<&str>> {
        let tenants = self.organizations.values();
        tenants.map(Option::as_deref).collect()
    }

    /// The plan as JSON.
    pub(crate) fn to_json(&self) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let list = |repositories: &[Repository]| -> Vec<Value> {
            repositories.iter().map(Repository::to_json).collect()
        };
        let with_file = |(file, repositories): &(PathBuf, Vec<Repository>)| json!({ "user": path(file), "repositories": list(repositories) });
        let made: Vec<String> = self.made.iter().map(path).collect();
        let mut organizations = serde_json::Map::new();
        for (name, tenant) in &self.organizations {
            organizations.insert(name.clone(), json!(tenant));
        }
        json!({
            "organizations": organizations,
            "npm": self.npm.as_ref().map(path),
            "netrc": self.netrc.as_ref().map(path),
            "maven": self.maven.as_ref().map(with_file),
            "yarn": self.yarn.as_ref().map(with_file),
            "registries": list(&self.registries),
            "yarn1": self.has_yarn_1,
            "pnpm": self.has_pnpm,
            "indexes": list(&self.indexes),
            "deployedTo": self.deployed_to,
            "containers": self.containers,
            "docker": self.docker.as_ref().map(path),
            "gradle": self.gradle.as_ref().map(path),
            "made": made,
            "credential": self.credential.as_ref().map(|(kind, _)| kind),
            "identity": self.credential.as_ref().and_then(|(_, identity)| identity.as_ref()),
        })
        .to_string()
    }

    /// Reads a folder's plan; `None` if there is none.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
        Self::parse(&serde_json::from_str(&text).ok()?)
    }

    fn parse(json: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let path = |value: &Value| value.as_str().map(PathBuf::from);
        let mut organizations = Map::new();
        for (name, tenant) in json["organizations"].as_object()? {
            organizations.insert(name.clone(), text(tenant));
        }
        let list = |value: &Value| -> Option<Vec<Repository>> {
            let mut repositories = Vec::new();
            for one in value.as_array()? {
                repositories.push(Repository {
                    id: text(&one["id"])?,
                    address: text(&one["address"])?,
                    organization: text(&one["organization"])?,
                });
            }
            Some(repositories)
        };
        let with_file =
            |value: &Value| Some((path(&value["user"])?, list(&value["repositories"])?));
        let made = json["made"].as_array().into_iter().flatten();
        let deployed_to = json["deployedTo"].as_array().into_iter().flatten();
        let containers = json["containers"].as_array().into_iter().flatten();
        Some(Self {
            organizations,
            npm: path(&json["npm"]),
            netrc: path(&json["netrc"]),
            maven: with_file(&json["maven"]),
            yarn: with_file(&json["yarn"]),
            registries: list(&json["registries"]).unwrap_or_default(),
            has_yarn_1: json["yarn1"] == true,
            has_pnpm: json["pnpm"] == true,
            indexes: list(&json["indexes"]).unwrap_or_default(),
            deployed_to: deployed_to.filter_map(text).collect(),
            containers: containers.filter_map(text).collect(),
            docker: path(&json["docker"]),
            gradle: path(&json["gradle"]),
            made: made.filter_map(path).collect(),
            credential: text(&json["credential"]).map(|kind| (kind, text(&json["identity"]))),
        })
    }
}

/// What the private folder must contain. `variable` reads the environment.
#[must_use]
pub fn plan(
    organizations: Map<String, Option<String>>,
    request: &Request,
    variable: Variables<'_>,
) -> Plan {
    let home = env::home_dir().unwrap_or_default();
    let user = |variables: &[&str], file: &str| {
        let named = variables
            .iter()
            .find_map(|name| variable(name))
            .map(PathBuf::from);
        named.unwrap_or_else(|| home.join(file))
    };
    let mut plan = Plan {
        organizations,
        ..Plan::default()
    };
    if request.has_any(&[Tool::Npm]) {
        let names = ["NPM_CONFIG_USERCONFIG", "npm_config_userconfig"];
        plan.npm = Some(user(&names, ".npmrc"));
        plan.registries = registries(request, Tool::Npm);
        plan.has_yarn_1 = request.has_yarn_1;
        plan.has_pnpm = request.has_pnpm;
    }
    // Its only host can have one credential.
    if request.has_any(&OF_NETRC) && plan.tenants().len() == 1 {
        let file = if cfg!(windows) { "_netrc" } else { ".netrc" };
        plan.netrc = Some(user(&["NETRC"], file));
    }
    if request.has_any(&[Tool::Twine]) {
        plan.indexes = indexes(request);
    }
    let mut repositories: Vec<Repository> = request
        .served
        .iter()
        .filter(|one| one.tool == Tool::Maven)
        .filter_map(|one| {
            Some(Repository {
                id: one.name.clone()?,
                address: one.address.address(),
                organization: one.address.organization.clone(),
            })
        })
        .collect();
    adieu_order::sort(&mut repositories);
    // An ID can be mapped to only one feed.
    repositories.dedup_by(|one, other| one.id == other.id);
    if !repositories.is_empty() {
        plan.maven = Some((home.join(".m2").join(MAVEN), repositories));
        plan.deployed_to.clone_from(&request.deployed_to);
    }
    plan
}

/// A section for each feed to which a Python client may publish, by the feed's name; if two feeds have the same name,
/// the second one's starts with its organization.
fn indexes(request: &Request) -> Vec<Repository> {
    let mut indexes: Vec<Repository> = Vec::new();
    for one in &request.served {
        if !matches!(
            one.tool,
            Tool::Pip | Tool::Uv | Tool::Poetry | Tool::Pdm | Tool::Twine
        ) {
            continue;
        }
        // A view accepts no packages.
        let mut feed = one.address.clone();
        feed.view = None;
        let index = Repository {
            id: feed.feed.clone(),
            address: format!("{}/pypi/upload/", feed.base()),
            organization: feed.organization,
        };
        let mut id = match (&one.name, one.tool) {
            (Some(name), Tool::Twine) => name.clone(),
            _ => index.id.clone(),
        };
        if indexes
            .iter()
            .any(|there| there.id == id && there.address != index.address)
        {
            id = format!("{}-{id}", index.organization);
        }
        if indexes.iter().all(|there| there.id != id) {
            indexes.push(Repository { id, ..index });
        }
    }
    indexes
}

/// The npm registries of a client, each once.
pub(crate) fn registries(request: &Request, tool: Tool) -> Vec<Repository> {
    let mut registries = Vec::new();
    for one in request.served.iter().filter(|one| one.tool == tool) {
        let is_registry = one.address.tail.starts_with("npm/");
        let registry = Repository {
            id: String::new(),
            address: match is_registry {
                true => one.address.address(),
                false => format!("{}/npm/registry/", one.address.base()),
            },
            organization: one.address.organization.clone(),
        };
        if !registries.contains(&registry) {
            registries.push(registry);
        }
    }
    registries
}

#[test]
fn reads_what_it_wrote() {
    let plan = Plan {
        organizations: [
            ("contoso".to_owned(), None),
            ("fabrikam".to_owned(), Some("tenant".to_owned())),
        ]
        .into_iter()
        .collect(),
        npm: Some("/home/user/.npmrc".into()),
        netrc: None,
        maven: Some((
            "/home/user/.m2/settings.xml".into(),
            vec![Repository {
                id: "a".to_owned(),
                address: "b".to_owned(),
                organization: "c".to_owned(),
            }],
        )),
        registries: Vec::new(),
        has_yarn_1: true,
        has_pnpm: true,
        indexes: Vec::new(),
        deployed_to: vec!["a".to_owned()],
        containers: vec!["contoso.azurecr.io".to_owned()],
        docker: None,
        yarn: Some(("/agent/1/.yarnrc.yml".into(), Vec::new())),
        gradle: Some("/home/user/.gradle/init.d".into()),
        made: vec!["/home/user/.gradle".into()],
        credential: Some(("az".to_owned(), None)),
    };
    let json = serde_json::from_str(&plan.to_json()).expect("JSON");
    assert_eq!(Plan::parse(&json), Some(plan));
}
