//! The input or flag `configure`: its words and what they set, which of them exclude each other, and what overrides
//! them.
//!
//! It starts nothing and sets nothing; its callers do.

use std::path::PathBuf;

use adieu_broker::Resources;
use adieu_devops::Hosts;
use adieu_identity::resource::{self, Cloud};
use adieu_identity::{Connection, Scope};
use adieu_secret::EndpointSecret;
use adieu_stand_in::AllowList;

use crate::git;
use crate::machine::{IDENTITY_ENDPOINT, IDENTITY_HEADER, kept_endpoint};
use crate::problem::{ConfigureProblem, ConfigureProblemKind};
use crate::settings::{KEPT_NO_PROXY, Setting, key, no_proxy, plain};
use crate::step::Step;

/// The words, in the order of the documents and of `Mechanism`.
pub const WORDS: [&str; 6] = [
    "identity",
    "azd",
    "git",
    "proxy",
    "terraform",
    "azurePipelinesCredential",
];

/// Variable with the broker's address for our credential helper, so that git also works without `configure: identity`.
pub const GIT_ENDPOINT: &str = "ADIEU_ENDPOINT";
/// Variable with its key.
pub const GIT_ENDPOINT_KEY: &str = "ADIEU_ENDPOINT_KEY";

/// What a step or a command line configures.
#[derive(Default)]
pub struct Configure {
    mechanisms: Vec<Mechanism>,
    /// Resources as the user wrote them, with their scopes in the connection's cloud.
    resources: Option<Vec<(String, Scope)>>,
    /// The organizations and publishers for which `proxy` replaces stand-ins.
    allowed: AllowList,
}

/// A way in which clients find credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
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

/// A token that the step itself requests.
pub struct StepToken<'a> {
    /// The variable that receives it.
    pub variable: &'a str,
    /// The resource as the user wrote it.
    pub resource: &'a str,
    /// Its scope.
    pub scope: &'a Scope,
}

/// The addresses of a broker.
#[derive(Debug)]
pub struct Endpoints {
    /// For clients of App Service's managed identity.
    pub identity: String,
    /// For azd.
    pub azd: String,
    /// The key of both.
    pub key: EndpointSecret,
    /// Path of adieu for git, while there is a broker.
    pub program: PathBuf,
}

impl Configure {
    /// Reads lines, each with the undefined pipeline variable that it refers to. `tokens` are the step's own tokens,
    /// which `resources = tokens` means. A command line has no connection.
    ///
    /// # Errors
    /// All lines that are invalid, and all that exclude `proxy`; else the first word that needs another connection.
    pub fn read<'a>(
        lines: impl Iterator<Item = (&'a str, Option<&'a str>)>,
        cloud: &Cloud,
        connection: Option<&Connection>,
        tokens: &[StepToken<'_>],
    ) -> Result<Self, Vec<ConfigureProblem>> {
        let mut configure = Self::default();
        let mut problems = Vec::new();
        for (line, undefined) in lines {
            let added = match undefined {
                Some(variable) => Err(ConfigureProblemKind::UndefinedVariable(variable.to_owned())),
                None => configure.add(line, cloud, tokens),
            };
            problems.extend(added.err().map(|reason| reason.of(line)));
        }
        problems.extend(configure.proxy_problems(tokens));
        if problems.is_empty() {
            problems.extend(configure.id_token_problem(connection));
        }
        if problems.is_empty() {
            configure.add_resources_of_git(cloud);
            Ok(configure)
        } else {
            Err(problems)
        }
    }

    fn add(
        &mut self,
        line: &str,
        cloud: &Cloud,
        tokens: &[StepToken<'_>],
    ) -> Result<(), ConfigureProblemKind> {
        let Some((name, list)) = line.split_once('=') else {
            let mechanism = Mechanism::of(line).ok_or(ConfigureProblemKind::Unknown)?;
            if !self.mechanisms.contains(&mechanism) {
                self.mechanisms.push(mechanism);
            }
            return Ok(());
        };
        let texts = list.split(',').map(str::trim);
        match name.trim().to_ascii_lowercase().as_str() {
            "organizations" => {
                for text in texts {
                    let refused = |_| ConfigureProblemKind::NotAnOrganization(text.to_owned());
                    let organization = Hosts::public().organization(text).map_err(refused)?;
                    self.allowed.organizations.push(organization.name);
                }
            }
            "publishers" => self.allowed.publishers.extend(texts.map(str::to_owned)),
            "resources" => {
                let own = tokens.iter();
                let own = own.map(|token| (token.resource.to_owned(), token.scope.clone()));
                let listed = self.resources.get_or_insert_default();
                for text in texts {
                    if text.eq_ignore_ascii_case("tokens") {
                        listed.extend(own.clone());
                        continue;
                    }
                    let scope = resource::scope(text, cloud);
                    let scope = scope.map_err(|reason| ConfigureProblemKind::NotAResource {
                        text: text.to_owned(),
                        reason,
                    })?;
                    listed.push((text.to_owned(), scope));
                }
            }
            _ => return Err(ConfigureProblemKind::Unknown),
        }
        Ok(())
    }

    /// What keeps `proxy` from being what it is: code that gets a real token some other way, or nothing to replace.
    fn proxy_problems(&self, tokens: &[StepToken<'_>]) -> Vec<ConfigureProblem> {
        if !self.mechanisms.contains(&Mechanism::Proxy) {
            let is_named = self.allowed != AllowList::default();
            let line = "organizations and publishers";
            let problem = is_named.then(|| ConfigureProblemKind::ProxyOnly.of(line));
            return problem.into_iter().collect();
        }
        let conflict = |line: &str| ConfigureProblemKind::ConflictsWithProxy.of(line);
        let mut words: Vec<&str> = self.mechanisms.iter().map(|one| one.word()).collect();
        words.retain(|word| *word != Mechanism::Proxy.word());
        let mut problems: Vec<_> = words.into_iter().map(conflict).collect();
        let others = tokens
            .iter()
            .filter(|one| one.scope.value != resource::azure_devops().value);
        problems.extend(others.map(|one| conflict(&format!("{}={}", one.variable, one.resource))));
        if self.resources.is_some() {
            problems.push(conflict("resources"));
        }
        if tokens.is_empty() {
            problems.push(ConfigureProblemKind::NoStandIn.of("proxy"));
        }
        problems
    }

    /// The first word whose clients present ID tokens, if the step has none.
    fn id_token_problem(&self, connection: Option<&Connection>) -> Option<ConfigureProblem> {
        let reason = match connection {
            Some(connection) if connection.service.has_id_token() => return None,
            Some(_) => ConfigureProblemKind::NoIdToken,
            None => ConfigureProblemKind::TaskOnly,
        };
        let mut all = self.mechanisms.iter();
        let mechanism = all.find(|one| one.presents_id_tokens())?;
        Some(reason.of(mechanism.word()))
    }

    /// Where `proxy` replaces stand-ins, if it is configured: for the named organizations, or else this one. `others`
    /// are the step's other inputs that would give scripts a real token.
    ///
    /// # Errors
    /// There is no organization, or another input.
    pub fn proxy(
        &self,
        organization: Option<&str>,
        others: &[Option<&str>],
    ) -> Result<Option<AllowList>, Vec<ConfigureProblem>> {
        if !self.mechanisms.contains(&Mechanism::Proxy) {
            return Ok(None);
        }
        if let Some(input) = others.iter().flatten().next() {
            return Err(vec![ConfigureProblemKind::ConflictsWithProxy.of(input)]);
        }
        let mut allowed = self.allowed.clone();
        if allowed.organizations.is_empty() {
            let known = organization.and_then(|text| Hosts::public().organization(text).ok());
            let none = || vec![ConfigureProblemKind::NoOrganization.of("proxy")];
            allowed.organizations.push(known.ok_or_else(none)?.name);
        }
        Ok(Some(allowed))
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
    pub fn is_empty(&self) -> bool {
        self.mechanisms.is_empty()
    }

    /// Whether a client needs a broker.
    pub fn needs_broker(&self) -> bool {
        self.mechanisms.iter().any(|one| one.asks_a_broker())
    }

    /// Whether git uses it.
    pub fn has_git(&self) -> bool {
        self.mechanisms.contains(&Mechanism::Git)
    }

    /// The resources for which the broker has tokens.
    pub fn resources(&self) -> Resources {
        match &self.resources {
            Some(listed) => {
                Resources::Listed(listed.iter().map(|(_, scope)| scope.clone()).collect())
            }
            None => Resources::Any,
        }
    }

    /// The resources as the user wrote them; empty if all are meant.
    pub fn listed(&self) -> impl Iterator<Item = &str> {
        let listed = self.resources.iter().flatten();
        listed.map(|(text, _)| text.as_str())
    }

    /// A resource that any client of the broker might request, to check whether the connection can sign in.
    pub fn probe(&self, cloud: &Cloud) -> Option<(String, Scope)> {
        let listed = self.resources.iter().flatten().next().cloned();
        // Azure Resource Manager exists in every tenant of a cloud.
        listed.or_else(|| Some(("arm".to_owned(), resource::scope("arm", cloud).ok()?)))
    }

    /// The variables through which clients find all of this. `headers` are the addresses to which git is configured to
    /// send headers; `variable` returns existing values.
    pub fn settings(
        &self,
        endpoints: Option<&Endpoints>,
        mut step: Option<Step<'_>>,
        headers: &[String],
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<Setting> {
        let mut settings = Vec::new();
        for mechanism in &self.mechanisms {
            match (mechanism, endpoints, &mut step) {
                (Mechanism::Identity, Some(endpoints), _) => {
                    settings.extend(kept_endpoint(variable).into_iter().flatten());
                    settings.extend([
                        plain(IDENTITY_ENDPOINT, &endpoints.identity),
                        key(IDENTITY_HEADER, &endpoints.key),
                    ]);
                }
                (Mechanism::Azd, Some(endpoints), _) => settings.extend([
                    plain("AZD_AUTH_ENDPOINT", &endpoints.azd),
                    key("AZD_AUTH_KEY", &endpoints.key),
                ]),
                (Mechanism::Git, Some(endpoints), step) => {
                    settings.extend([
                        plain(GIT_ENDPOINT, &endpoints.identity),
                        key(GIT_ENDPOINT_KEY, &endpoints.key),
                    ]);
                    let program = endpoints.program.display().to_string();
                    let repository = step.as_ref().and_then(|step| step.repository);
                    settings.extend(git::settings(&program, headers, repository, variable));
                }
                (Mechanism::Terraform, _, Some(step)) => settings.extend(step.terraform()),
                (Mechanism::AzurePipelinesCredential, _, Some(step)) => {
                    settings.extend(step.azure_pipelines_credential());
                }
                // Stand-ins have their own settings; the other words need an endpoint or a step.
                (Mechanism::Proxy, ..) | (_, None, _) | (_, _, None) => {}
            }
        }
        if self.needs_broker() {
            let kept = step.and_then(|step| step.machine_no_proxy);
            settings.extend(kept.map(|list| plain(KEPT_NO_PROXY, list).staying()));
            settings.push(plain("NO_PROXY", &no_proxy(variable)).staying());
        }
        settings
    }

    /// The existing variables that would override the configuration.
    pub fn rivals(&self, variable: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
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
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.mechanisms.iter().map(|one| one.word()).collect();
        words.join(", ")
    }
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
        WORDS[self as usize]
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

    fn read(text: &str) -> Configure {
        let lines = text.lines().map(|line| (line, None));
        Configure::read(lines, &Cloud::Public, None, &[]).expect("words")
    }

    #[test]
    fn reads_keywords_in_any_case_and_resources() {
        let configure = read("Identity\nazd\nresources = azureDevOps, https://x.example");
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
        assert_eq!(read("identity").resources(), Resources::Any);
    }
}
