//! `configure`: which clients get their tokens from the broker, and the environment variables for them.
//!
//! It starts nothing and sets nothing; its callers do.

mod git;
mod headers;
pub(crate) mod helper;
mod settings;
pub(crate) mod stand_in;

use std::path::PathBuf;

use adieu_agent::{Environment, VariableName, process_variable, undefined_variable};
use adieu_broker::{Address, Resources};
use adieu_devops::Hosts;
use adieu_identity::resource::{self, Cloud};
use adieu_identity::{Connection, Scope};
use adieu_secret::EndpointSecret;
use adieu_stand_in::Allowed;

use crate::failure::{ConfigureProblem, ConfigureProblemKind, Failure};
use crate::lines::meaningful_lines;
use crate::machine;
use crate::reporter::Reporter;
use crate::tokens::RequestedToken;
use settings::{Setting, kept_no_proxy, key, no_proxy, of_git, plain, terraform};

pub(crate) use settings::{KEPT_NO_PROXY, environment_of, is_our_no_proxy, publish};

/// The words, in the order of the documents.
const WORDS: [&str; 6] = [
    "identity",
    "azd",
    "git",
    "proxy",
    "terraform",
    "azurePipelinesCredential",
];

/// Variable with the broker's address for our credential helper, so that git also works without `configure: identity`.
pub(crate) const GIT_ENDPOINT: &str = "ADIEU_ENDPOINT";
/// Variable with its key.
pub(crate) const GIT_ENDPOINT_KEY: &str = "ADIEU_ENDPOINT_KEY";

/// The input `configure` of a step.
#[derive(Debug, Default)]
pub(crate) struct Configure {
    mechanisms: Vec<Mechanism>,
    /// Resources as the user wrote them, with their scopes in the connection's cloud.
    resources: Option<Vec<(String, Scope)>>,
    /// The organizations and publishers for which `proxy` replaces stand-ins.
    allowed: Allowed,
}

/// A way in which clients find credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    /// App Service's managed identity: every Azure SDK, az, the Azure DevOps provider of Terraform.
    Identity,
    /// azd's external authentication.
    Azd,
    /// A credential helper for the repositories of Azure DevOps.
    Git,
    /// A stand-in in each variable, and a proxy that replaces it with a fresh token.
    Proxy,
    /// Terraform's own OIDC settings: it asks Azure DevOps itself.
    Terraform,
    /// The SDKs' `AzurePipelinesCredential`, and azd's `azure-pipelines` provider.
    AzurePipelinesCredential,
}

/// The addresses of a broker.
#[derive(Debug)]
pub(crate) struct Endpoints {
    pub(crate) identity: String,
    pub(crate) azd: String,
    pub(crate) key: EndpointSecret,
    /// The platform's own endpoint, which the broker's variables hide from our programs.
    pub(crate) hidden: Option<(String, EndpointSecret)>,
    /// Path of adieu for git, while there is a broker.
    pub(crate) program: PathBuf,
}

impl Endpoints {
    /// For programs that this process starts.
    pub(crate) fn of(address: &Address) -> Result<Self, Failure> {
        let program = helper::of_this_process();
        let program = program.map_err(Failure::NoBroker)?;
        Ok(Self {
            identity: address.identity_endpoint(),
            azd: address.azd_endpoint(),
            key: address.copy_of_key(),
            hidden: machine::hidden_by_a_broker(process_variable),
            program,
        })
    }
}

impl Configure {
    /// Parses the input. `tokens` are the step's own tokens, which `resources = tokens` refers to.
    pub(crate) fn read(
        text: &str,
        cloud: &Cloud,
        tokens: &[RequestedToken],
    ) -> Result<Self, Failure> {
        let mut configure = Self::default();
        let mut problems = Vec::new();
        for line in meaningful_lines(text) {
            if let Err(reason) = configure.take(line, cloud, tokens) {
                problems.push(ConfigureProblem {
                    line: line.to_owned(),
                    reason,
                });
            }
        }
        problems.extend(configure.beside_proxy(tokens));
        if problems.is_empty() {
            configure.add_resources_of_git(cloud);
            Ok(configure)
        } else {
            Err(Failure::Configure(problems))
        }
    }

    fn take(
        &mut self,
        line: &str,
        cloud: &Cloud,
        tokens: &[RequestedToken],
    ) -> Result<(), ConfigureProblemKind> {
        if let Some(variable) = undefined_variable(line) {
            return Err(ConfigureProblemKind::UndefinedVariable(variable.to_owned()));
        }
        if let Some((name, list)) = line.split_once('=') {
            let name = name.trim().to_ascii_lowercase();
            match name.as_str() {
                "organizations" => return self.take_organizations(list),
                "publishers" => {
                    let publishers = list.split(',').map(|one| one.trim().to_owned());
                    self.allowed.publishers.extend(publishers);
                    return Ok(());
                }
                "resources" => {}
                _ => return Err(ConfigureProblemKind::Unknown(&WORDS)),
            }
            let listed = self.resources.get_or_insert_default();
            for text in list.split(',').map(str::trim) {
                if text.eq_ignore_ascii_case("tokens") {
                    let own =
                        |wanted: &RequestedToken| (wanted.resource.clone(), wanted.scope.clone());
                    listed.extend(tokens.iter().map(own));
                    continue;
                }
                let scope = resource::scope(text, cloud);
                let scope = scope.map_err(|reason| ConfigureProblemKind::NotAResource {
                    text: text.to_owned(),
                    reason,
                })?;
                listed.push((text.to_owned(), scope));
            }
            return Ok(());
        }
        let mechanism = Mechanism::of(line).ok_or(ConfigureProblemKind::Unknown(&WORDS))?;
        if !self.mechanisms.contains(&mechanism) {
            self.mechanisms.push(mechanism);
        }
        Ok(())
    }

    fn take_organizations(&mut self, list: &str) -> Result<(), ConfigureProblemKind> {
        for text in list.split(',') {
            let organization = Hosts::public().organization(text);
            let organization = organization
                .map_err(|_| ConfigureProblemKind::NotAnOrganization(text.trim().to_owned()))?;
            self.allowed.organizations.push(organization.name);
        }
        Ok(())
    }

    /// What keeps `proxy` from being what it is: code that gets a real token some other way, or nothing to replace.
    fn beside_proxy(&self, tokens: &[RequestedToken]) -> Vec<ConfigureProblem> {
        let problem = |line: &str, reason| ConfigureProblem {
            line: line.to_owned(),
            reason,
        };
        if !self.has_proxy() {
            let is_named = self.allowed != Allowed::default();
            let line = "organizations and publishers";
            let lonely = is_named.then(|| problem(line, ConfigureProblemKind::ProxyOnly));
            return lonely.into_iter().collect();
        }
        let words = self
            .mechanisms
            .iter()
            .filter(|one| **one != Mechanism::Proxy);
        let mut lines: Vec<String> = words.map(|one| one.word().to_owned()).collect();
        let is_other = |one: &&RequestedToken| one.scope.value != resource::azure_devops().value;
        let others = tokens.iter().filter(is_other);
        lines.extend(others.map(|one| format!("{}={}", one.name, one.resource)));
        if self.resources.is_some() {
            lines.push("resources".to_owned());
        }
        let conflict = |line: &String| problem(line, ConfigureProblemKind::ConflictsWithProxy);
        let mut problems: Vec<ConfigureProblem> = lines.iter().map(conflict).collect();
        if tokens.is_empty() {
            problems.push(problem("proxy", ConfigureProblemKind::NoStandIn));
        }
        problems
    }

    /// Something else of the step that would give scripts a real token beside `proxy`.
    pub(crate) fn refuse_with_proxy(&self, input: &'static str) -> Result<(), Failure> {
        match self.has_proxy() {
            true => Err(of_proxy(input, ConfigureProblemKind::ConflictsWithProxy)),
            false => Ok(()),
        }
    }

    /// Whether clients get stand-ins.
    pub(crate) fn has_proxy(&self) -> bool {
        self.mechanisms.contains(&Mechanism::Proxy)
    }

    /// Where stand-ins are replaced: the named organizations, or else this one.
    pub(crate) fn allowed(&self, organization: Option<&str>) -> Result<Allowed, Failure> {
        let mut allowed = self.allowed.clone();
        if allowed.organizations.is_empty() {
            let known = organization.and_then(|text| Hosts::public().organization(text).ok());
            let known =
                known.ok_or_else(|| of_proxy("proxy", ConfigureProblemKind::NoOrganization))?;
            allowed.organizations.push(known.name);
        }
        Ok(allowed)
    }

    /// Adds the resource for git, Azure DevOps. If no other client uses the broker, it is the only one.
    fn add_resources_of_git(&mut self, cloud: &Cloud) {
        let mut asking = self.mechanisms.iter().filter(|one| one.asks_a_broker());
        let is_alone = asking.all(|one| *one == Mechanism::Git);
        if !self.mechanisms.contains(&Mechanism::Git) || (self.resources.is_none() && !is_alone) {
            return;
        }
        let listed = self.resources.get_or_insert_default();
        if let Ok(scope) = resource::scope("azureDevOps", cloud)
            && !listed.iter().any(|(_, known)| *known == scope)
        {
            listed.push(("azureDevOps".to_owned(), scope));
        }
    }

    /// Whether nothing is configured.
    pub(crate) fn is_empty(&self) -> bool {
        self.mechanisms.is_empty()
    }

    /// Whether a client needs a broker.
    pub(crate) fn needs_broker(&self) -> bool {
        self.mechanisms
            .iter()
            .any(|mechanism| mechanism.asks_a_broker())
    }

    /// Whether git uses it.
    pub(crate) fn has_git(&self) -> bool {
        self.mechanisms.contains(&Mechanism::Git)
    }

    /// The resources for which the broker has tokens.
    pub(crate) fn resources(&self) -> Resources {
        match &self.resources {
            Some(listed) => {
                Resources::Listed(listed.iter().map(|(_, scope)| scope.clone()).collect())
            }
            None => Resources::Any,
        }
    }

    /// The resources as the user wrote them; empty if all are meant.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        let listed = self.resources.iter().flatten();
        listed.map(|(text, _)| text.as_str())
    }

    /// A token that any client of the broker might request, to check whether the connection can sign in.
    pub(crate) fn probe(&self, cloud: &Cloud) -> Vec<RequestedToken> {
        let listed = self.resources.iter().flatten().next().cloned();
        // Azure Resource Manager exists in every tenant of a cloud.
        let arm = || Some(("arm".to_owned(), resource::scope("arm", cloud).ok()?));
        let probe = listed.or_else(arm).map(|(resource, scope)| RequestedToken {
            name: VariableName::ours("configure"),
            resource,
            scope,
        });
        probe.into_iter().collect()
    }

    /// Checks that every mechanism works with this connection.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(), Failure> {
        let mut all = self.mechanisms.iter();
        match all.find(|mechanism| mechanism.presents_id_tokens()) {
            Some(mechanism) if !connection.service.has_id_token() => {
                Err(Failure::Configure(vec![ConfigureProblem {
                    line: mechanism.word().to_owned(),
                    reason: ConfigureProblemKind::NoIdToken,
                }]))
            }
            _ => Ok(()),
        }
    }

    /// Checks that every mechanism works on a command line.
    pub(crate) fn check_without_connection(&self) -> Result<(), Failure> {
        let mut all = self.mechanisms.iter();
        match all.find(|mechanism| mechanism.presents_id_tokens()) {
            Some(mechanism) => Err(Failure::Configure(vec![ConfigureProblem {
                line: mechanism.word().to_owned(),
                reason: ConfigureProblemKind::TaskOnly,
            }])),
            None => Ok(()),
        }
    }

    /// The variables through which clients find all of this. `variable` returns existing values.
    pub(crate) fn settings<'a>(
        &self,
        endpoints: Option<&'a Endpoints>,
        connection: Option<(&Environment, &Connection)>,
        reporter: &dyn Reporter,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Vec<Setting<'a>> {
        let mut settings = Vec::new();
        for mechanism in &self.mechanisms {
            match (mechanism, endpoints, connection) {
                (Mechanism::Identity, Some(endpoints), _) => {
                    if let Some((address, header)) = &endpoints.hidden {
                        settings.extend([
                            plain(machine::KEPT_ENDPOINT, address),
                            key(machine::KEPT_HEADER, header),
                        ]);
                    }
                    settings.extend([
                        plain(machine::ENDPOINT, &endpoints.identity),
                        key(machine::HEADER, &endpoints.key),
                    ]);
                }
                (Mechanism::Azd, Some(endpoints), _) => settings.extend([
                    plain("AZD_AUTH_ENDPOINT", &endpoints.azd),
                    key("AZD_AUTH_KEY", &endpoints.key),
                ]),
                (Mechanism::Git, Some(endpoints), _) => {
                    settings.extend([
                        plain(GIT_ENDPOINT, &endpoints.identity),
                        key(GIT_ENDPOINT_KEY, &endpoints.key),
                    ]);
                    let environment = connection.map(|(environment, _)| environment);
                    settings.extend(of_git(&endpoints.program, environment, reporter, &variable));
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
            settings.extend(connection.and_then(|(environment, _)| kept_no_proxy(environment)));
            settings.push(plain("NO_PROXY", &no_proxy(&variable)));
        }
        settings
    }

    /// Warns of existing variables that would override the configuration.
    pub(crate) fn warn_of_rivals(
        &self,
        reporter: &dyn Reporter,
        variable: impl Fn(&str) -> Option<String>,
    ) {
        for rival in self.rivals(variable) {
            reporter.warn(&format!(
                "{rival} is set and overrides what this step configures. Remove it."
            ));
        }
    }

    fn rivals(&self, variable: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
        let mut rivals = Vec::new();
        if self.mechanisms.contains(&Mechanism::Identity) {
            // DefaultAzureCredential tries these first; a client ID alone selects another identity.
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

    /// The configured words, for the log.
    pub(crate) fn words(&self) -> String {
        let words: Vec<&str> = self.mechanisms.iter().map(|one| one.word()).collect();
        words.join(", ")
    }
}

/// A failure of a step with `proxy`.
#[inline(never)]
pub(crate) fn of_proxy(line: &str, reason: ConfigureProblemKind) -> Failure {
    Failure::Configure(vec![ConfigureProblem {
        line: line.to_owned(),
        reason,
    }])
}

impl Mechanism {
    const ALL: [Self; 6] = [
        Self::Identity,
        Self::Azd,
        Self::Git,
        Self::Proxy,
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
            Self::Proxy => "proxy",
            Self::Terraform => "terraform",
            Self::AzurePipelinesCredential => "azurePipelinesCredential",
        }
    }

    fn asks_a_broker(self) -> bool {
        matches!(self, Self::Identity | Self::Azd | Self::Git)
    }

    fn presents_id_tokens(self) -> bool {
        matches!(self, Self::Terraform | Self::AzurePipelinesCredential)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Configure, Failure> {
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
}
