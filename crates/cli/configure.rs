//! `configure`: which credential mechanism of which client gets its tokens from the broker, and by which
//! variables of the environment it finds that out.
//!
//! It starts nothing and sets nothing; who runs the clients does.

mod git;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

use adieu_agent::{Audience, Environment, Log, TooLong, VariableName, undefined_variable};
use adieu_broker::{Address, Resources};
use adieu_identity::Scope;
use adieu_secret::{EndpointSecret, JobToken};

use crate::connection::Connection;
use crate::git_credential;
use crate::resource::{self, Cloud, NotAResource};
use crate::situation::Situation;
use crate::tokens::{Wanted, said};
use crate::voice::Voice;

/// The words, as documents list them.
pub(crate) const WORDS: [&str; 5] = [
    "identity",
    "azd",
    "git",
    "terraform",
    "azurePipelinesCredential",
];

/// What a step asks to be configured.
#[derive(Debug, Default)]
pub(crate) struct Configure {
    mechanisms: Vec<Mechanism>,
    /// Resources as the user wrote them, with what they mean in the connection's cloud.
    resources: Option<Vec<(String, Scope)>>,
}

/// A way in which clients look for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    /// App Service's managed identity: every Azure SDK, az, the Azure DevOps provider of Terraform.
    Identity,
    /// azd's external authentication.
    Azd,
    /// A credential helper for the repositories of Azure DevOps.
    Git,
    /// Terraform's own OIDC settings: it asks Azure DevOps itself.
    Terraform,
    /// The SDKs' `AzurePipelinesCredential`, and azd's `azure-pipelines` provider.
    AzurePipelinesCredential,
}

/// A line of `configure` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigureProblem {
    /// The line as it stands.
    pub(crate) line: String,
    /// What is wrong with it.
    pub(crate) reason: ConfigureFault,
}

/// What can be wrong with a line of `configure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigureFault {
    Unknown,
    UndefinedVariable(String),
    NotAResource {
        text: String,
        reason: NotAResource,
    },
    /// The mechanism presents ID tokens itself, and this connection has none.
    NoIdToken,
    /// The mechanism needs a service connection, and a command line has none.
    TaskAlone,
}

/// How clients reach a broker.
#[derive(Debug)]
pub(crate) struct Endpoints {
    pub(crate) identity: String,
    pub(crate) azd: String,
    pub(crate) key: EndpointSecret,
}

impl Endpoints {
    pub(crate) fn of(address: &Address) -> Self {
        Self {
            identity: address.identity_endpoint(),
            azd: address.azd_endpoint(),
            key: address.copy_of_key(),
        }
    }
}

/// A variable of the environment, for later steps or for one script.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) name: VariableName,
    pub(crate) value: Value<'a>,
}

/// What a variable holds.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Plain(String),
    Key(&'a EndpointSecret),
    JobToken(JobToken),
}

impl Configure {
    /// Reads the input. `tokens` are the step's own tokens, which `resources = tokens` means.
    pub(crate) fn read(text: &str, cloud: &Cloud, tokens: &[Wanted]) -> Result<Self, Situation> {
        let mut configure = Self::default();
        let mut problems = Vec::new();
        for line in said(text) {
            if let Err(reason) = configure.take(line, cloud, tokens) {
                problems.push(ConfigureProblem {
                    line: line.to_owned(),
                    reason,
                });
            }
        }
        if problems.is_empty() {
            configure.list_what_git_needs(cloud);
            Ok(configure)
        } else {
            Err(Situation::Configure(problems))
        }
    }

    fn take(&mut self, line: &str, cloud: &Cloud, tokens: &[Wanted]) -> Result<(), ConfigureFault> {
        if let Some(variable) = undefined_variable(line) {
            return Err(ConfigureFault::UndefinedVariable(variable.to_owned()));
        }
        if let Some((name, list)) = line.split_once('=') {
            if !name.trim().eq_ignore_ascii_case("resources") {
                return Err(ConfigureFault::Unknown);
            }
            let listed = self.resources.get_or_insert_default();
            for text in list.split(',').map(str::trim) {
                if text.eq_ignore_ascii_case("tokens") {
                    let own = |wanted: &Wanted| (wanted.resource.clone(), wanted.scope.clone());
                    listed.extend(tokens.iter().map(own));
                    continue;
                }
                let scope = resource::scope(text, cloud);
                let scope = scope.map_err(|reason| ConfigureFault::NotAResource {
                    text: text.to_owned(),
                    reason,
                })?;
                listed.push((text.to_owned(), scope));
            }
            return Ok(());
        }
        let mechanism = Mechanism::of(line).ok_or(ConfigureFault::Unknown)?;
        if !self.mechanisms.contains(&mechanism) {
            self.mechanisms.push(mechanism);
        }
        Ok(())
    }

    /// Whoever wants git to be served wants tokens for Azure DevOps.
    fn list_what_git_needs(&mut self, cloud: &Cloud) {
        if let Some(listed) = &mut self.resources
            && self.mechanisms.contains(&Mechanism::Git)
            && let Ok(scope) = resource::scope("azureDevOps", cloud)
            && !listed.iter().any(|(_, known)| *known == scope)
        {
            listed.push(("azureDevOps".to_owned(), scope));
        }
    }

    /// Nothing is to be configured.
    pub(crate) fn is_empty(&self) -> bool {
        self.mechanisms.is_empty()
    }

    /// Whether a client asks a broker.
    pub(crate) fn needs_broker(&self) -> bool {
        self.mechanisms
            .iter()
            .any(|mechanism| mechanism.asks_a_broker())
    }

    /// What the broker has tokens for.
    pub(crate) fn resources(&self) -> Resources {
        match &self.resources {
            Some(listed) => {
                Resources::Listed(listed.iter().map(|(_, scope)| scope.clone()).collect())
            }
            None => Resources::Any,
        }
    }

    /// The same as the user wrote it; nothing where all are meant.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        let listed = self.resources.iter().flatten();
        listed.map(|(text, _)| text.as_str())
    }

    /// A token that any client of the broker might ask for, to see whether the connection signs in at all.
    pub(crate) fn probe(&self, cloud: &Cloud) -> Vec<Wanted> {
        let listed = self.resources.iter().flatten().next().cloned();
        // Every tenant of a cloud knows its resource manager.
        let arm = || Some(("arm".to_owned(), resource::scope("arm", cloud).ok()?));
        let probe = listed.or_else(arm).map(|(resource, scope)| Wanted {
            name: VariableName::ours("configure"),
            resource,
            scope,
        });
        probe.into_iter().collect()
    }

    /// Every mechanism works with this connection, or it is said which does not.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(), Situation> {
        let own = self
            .mechanisms
            .iter()
            .find(|mechanism| !mechanism.asks_a_broker());
        match own {
            Some(mechanism) if !connection.service.has_id_token() => {
                Err(Situation::Configure(vec![ConfigureProblem {
                    line: mechanism.word().to_owned(),
                    reason: ConfigureFault::NoIdToken,
                }]))
            }
            _ => Ok(()),
        }
    }

    /// Every mechanism works at a command line, or it is said which does not.
    pub(crate) fn check_without_connection(&self) -> Result<(), Situation> {
        let mut all = self.mechanisms.iter();
        match all.find(|mechanism| !mechanism.asks_a_broker()) {
            Some(mechanism) => Err(Situation::Configure(vec![ConfigureProblem {
                line: mechanism.word().to_owned(),
                reason: ConfigureFault::TaskAlone,
            }])),
            None => Ok(()),
        }
    }

    /// The variables by which clients find all that. `variable` tells what is set already.
    pub(crate) fn settings<'a>(
        &self,
        endpoints: Option<&'a Endpoints>,
        connection: Option<(&Environment, &Connection)>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Vec<Setting<'a>> {
        let mut settings = Vec::new();
        for mechanism in &self.mechanisms {
            match (mechanism, endpoints, connection) {
                (Mechanism::Identity, Some(endpoints), _) => settings.extend([
                    plain("IDENTITY_ENDPOINT", &endpoints.identity),
                    key("IDENTITY_HEADER", &endpoints.key),
                ]),
                (Mechanism::Azd, Some(endpoints), _) => settings.extend([
                    plain("AZD_AUTH_ENDPOINT", &endpoints.azd),
                    key("AZD_AUTH_KEY", &endpoints.key),
                ]),
                (Mechanism::Git, Some(endpoints), _) => {
                    settings.extend([
                        plain(git_credential::ENDPOINT, &endpoints.identity),
                        key(git_credential::ENDPOINT_KEY, &endpoints.key),
                    ]);
                    let environment = connection.map(|(environment, _)| environment);
                    settings.extend(of_git(environment, &variable));
                }
                (Mechanism::Terraform, _, Some((environment, connection))) => {
                    settings.extend(terraform(environment, connection));
                }
                (Mechanism::AzurePipelinesCredential, _, Some((_, connection))) => {
                    let facts = &connection.facts;
                    settings.extend([
                        plain("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", &facts.id),
                        plain("AZURESUBSCRIPTION_CLIENT_ID", &facts.client_id),
                        plain("AZURESUBSCRIPTION_TENANT_ID", &facts.tenant),
                    ]);
                }
                // Without what it is about there is nothing to say.
                _ => {}
            }
        }
        if self.needs_broker() {
            settings.push(plain("NO_PROXY", &no_proxy(&variable)));
        }
        settings
    }

    /// Says which variables are there already and would win over what is configured.
    pub(crate) fn warn_of_rivals(
        &self,
        voice: &dyn Voice,
        variable: impl Fn(&str) -> Option<String>,
    ) {
        for rival in self.rivals(variable) {
            voice.warn(&format!(
                "{rival} is set, and clients look at it before what this step configures; take it away."
            ));
        }
    }

    fn rivals(&self, variable: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
        let mut rivals = Vec::new();
        if self.mechanisms.contains(&Mechanism::Identity) {
            // DefaultAzureCredential asks these first; a client id alone asks for another identity.
            rivals.extend([
                "AZURE_FEDERATED_TOKEN_FILE",
                "AZURE_CLIENT_ID",
                "AZURE_CLIENT_SECRET",
                "AZURE_CLIENT_CERTIFICATE_PATH",
                "IDENTITY_SERVER_THUMBPRINT",
            ]);
        }
        if self.mechanisms.contains(&Mechanism::Terraform) {
            rivals.extend([
                "ARM_CLIENT_SECRET",
                "ARM_CLIENT_CERTIFICATE_PATH",
                "ARM_OIDC_TOKEN",
            ]);
        }
        rivals.retain(|name| variable(name).is_some());
        rivals
    }

    /// The words of what is configured, for the log.
    pub(crate) fn words(&self) -> String {
        let words: Vec<&str> = self.mechanisms.iter().map(|one| one.word()).collect();
        words.join(", ")
    }
}

impl Mechanism {
    const ALL: [Self; 5] = [
        Self::Identity,
        Self::Azd,
        Self::Git,
        Self::Terraform,
        Self::AzurePipelinesCredential,
    ];

    fn of(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|mechanism| mechanism.word().eq_ignore_ascii_case(word))
    }

    fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Azd => "azd",
            Self::Git => "git",
            Self::Terraform => "terraform",
            Self::AzurePipelinesCredential => "azurePipelinesCredential",
        }
    }

    fn asks_a_broker(self) -> bool {
        matches!(self, Self::Identity | Self::Azd | Self::Git)
    }
}

/// The settings of Terraform's providers for Azure Pipelines (`provider.go` of
/// microsoft/terraform-provider-azuredevops; registry.terraform.io, "Authenticating using OpenID Connect").
/// They ask Azure DevOps for ID tokens themselves, so the job's token is one of them.
fn terraform(environment: &Environment, connection: &Connection) -> Vec<Setting<'static>> {
    let facts = &connection.facts;
    let mut settings = vec![
        plain("ARM_USE_OIDC", "true"),
        plain("ARM_USE_CLI", "false"),
        plain("ARM_CLIENT_ID", &facts.client_id),
        plain("ARM_TENANT_ID", &facts.tenant),
        plain("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", &facts.id),
    ];
    if let Some(request) = environment.variable("System.OidcRequestUri") {
        settings.push(plain("ARM_OIDC_REQUEST_URL", request));
    }
    if let Some(token) = environment.job_token() {
        settings.push(Setting {
            name: VariableName::ours("ARM_OIDC_REQUEST_TOKEN"),
            value: Value::JobToken(token),
        });
    }
    let id = adieu_agent::EndpointId::new(&facts.id);
    let subscription = environment.endpoint(&id);
    let subscription = subscription.and_then(|endpoint| endpoint.data("subscriptionId"));
    settings.extend(subscription.map(|id| plain("ARM_SUBSCRIPTION_ID", id)));
    let cloud = match connection.cloud {
        Cloud::UsGovernment => Some("usgovernment"),
        Cloud::China => Some("china"),
        Cloud::Public | Cloud::Custom(_) => None,
    };
    settings.extend(cloud.map(|name| plain("ARM_ENVIRONMENT", name)));
    settings
}

/// git's settings: for the repositories that are there, and the one of the job.
fn of_git(
    environment: Option<&Environment>,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<Setting<'static>> {
    let Ok(program) = env::current_exe() else {
        return Vec::new();
    };
    let of_job = |name: &str| environment.and_then(|environment| environment.variable(name));
    let sources = of_job("Build.SourcesDirectory").or(of_job("System.DefaultWorkingDirectory"));
    let sources = match sources {
        Some(folder) => Some(folder.into()),
        None => env::current_dir().ok(),
    };
    let headers = sources
        .map(|folder| git::headers(&folder))
        .unwrap_or_default();
    let repository = of_job("Build.Repository.Uri");
    let program = git::lasting(program, of_job("Agent.TempDirectory").map(Path::new));
    let program = program.display().to_string();
    git::settings(&program, &headers, repository, variable)
        .into_iter()
        .map(|(name, value)| Setting {
            name,
            value: Value::Plain(value),
        })
        .collect()
}

/// What goes past a proxy already, and this machine: Python, JavaScript, az and Rust send requests for a
/// loopback address, with the key in them, to a proxy otherwise.
fn no_proxy(variable: impl Fn(&str) -> Option<String>) -> String {
    // Most tools look at the one in small letters first.
    let before = variable("no_proxy").or_else(|| variable("NO_PROXY"));
    let mut names: Vec<String> = before
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    for own in ["127.0.0.1", "localhost"] {
        if !names.iter().any(|name| name == own) {
            names.push(own.to_owned());
        }
    }
    names.join(",")
}

fn plain(name: &'static str, value: &str) -> Setting<'static> {
    Setting {
        name: VariableName::ours(name),
        value: Value::Plain(value.to_owned()),
    }
}

fn key<'a>(name: &'static str, key: &'a EndpointSecret) -> Setting<'a> {
    Setting {
        name: VariableName::ours(name),
        value: Value::Key(key),
    }
}

/// Settings as variables of the pipeline. A key is masked and no secret variable: clients find it in their
/// environment without `env:`.
pub(crate) fn publish(settings: &[Setting<'_>], log: &Log) -> Result<(), TooLong> {
    for setting in settings {
        let name = &setting.name;
        match &setting.value {
            Value::Plain(value) => log.set_variable(name, value, Audience::Job)?,
            Value::Key(key) => log.set_exposed(name, &log.mask(key))?,
            Value::JobToken(token) => log.set_exposed(name, &log.mask(token))?,
        }
    }
    Ok(())
}

/// Settings as the environment of a process that this one starts: the only place where a key leaves its
/// type, because a process has no other way to get it.
pub(crate) fn environment_of(settings: &[Setting<'_>]) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    for setting in settings {
        let value = match &setting.value {
            Value::Plain(value) => value.clone(),
            Value::Key(key) => key.reveal().to_owned(),
            Value::JobToken(token) => token.reveal().to_owned(),
        };
        // Tools differ in which of the two they read; Windows has but one.
        let name = setting.name.in_environment();
        if name == "NO_PROXY" && !cfg!(windows) {
            environment.insert("no_proxy".to_owned(), value.clone());
        }
        environment.insert(name, value);
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Configure, Situation> {
        Configure::read(text, &Cloud::Public, &[])
    }

    #[test]
    fn reads_words_in_any_case_and_resources() {
        let configure =
            read("Identity\n# comment\n\n azd \nresources = azureDevOps, https://x.example");
        let configure = configure.expect("words");
        assert_eq!(configure.words(), "identity, azd");
        let Resources::Listed(listed) = configure.resources() else {
            panic!("nothing is listed");
        };
        let values: Vec<&str> = listed.iter().map(|scope| scope.value.as_str()).collect();
        assert_eq!(
            values,
            [
                "499b84ac-1321-427f-aa17-267ca6975798/.default",
                "https://x.example/.default"
            ]
        );
        assert_eq!(
            read("identity").expect("a word").resources(),
            Resources::Any
        );
    }

    #[test]
    fn sends_this_machine_past_a_proxy() {
        for (capital, small, expected) in [
            (None, None, "127.0.0.1,localhost"),
            (Some("a, b"), None, "a,b,127.0.0.1,localhost"),
            (Some("a"), Some("c"), "c,127.0.0.1,localhost"),
            (None, Some("localhost,x"), "localhost,x,127.0.0.1"),
        ] {
            let variable = |name: &str| match name {
                "NO_PROXY" => capital.map(str::to_owned),
                _ => small.map(str::to_owned),
            };
            assert_eq!(no_proxy(variable), expected);
        }
    }
}
