//! The text of everything that goes wrong: one sentence, the facts, at most one remedy, and where to
//! read more.
//!
//! It decides nothing and prints nothing; no file but this one and those of its folder words an error.

mod asked;
mod credential;
pub(crate) mod doctor;
mod extension;
mod git;
mod job;
mod onboard;
mod organization;

use adieu_agent::InputError;
use adieu_identity::{Error, Mismatch, NotAnAuthority};
use adieu_transport::{Correlation, NoAnswer, NotTheService};

use crate::aadsts;
use crate::credential::WORKLOAD_IDENTITY;
use crate::resource::{self, NotAResource};
use crate::situation::{ConnectionFacts, ConnectionProblem, NetworkProblem, Situation};
use crate::tokens::{LineFault, LineProblem};

use asked::Asked;

pub(crate) use credential::signed_in;

/// What a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    sentence: String,
    facts: Vec<(String, String)>,
    remedy: Option<String>,
    /// Heading in TROUBLESHOOTING.md.
    anchor: String,
    /// Other things that went wrong at the same time.
    also: Vec<Report>,
}

impl Report {
    /// The report of a situation, for whoever wrote a step.
    pub(crate) fn of(situation: &Situation) -> Self {
        Self::worded(situation, Asked::InAStep)
    }

    /// The same for whoever wrote flags.
    pub(crate) fn on_a_command_line(situation: &Situation) -> Self {
        Self::worded(situation, Asked::ByFlags)
    }

    fn worded(situation: &Situation, asked: Asked) -> Self {
        match situation {
            Situation::NoRuntime(reason) => Report::new("agent", format!("The system gives adieu no event loop: {reason}.")),
            Situation::NoSuchTask { name, phase } => Report::new("agent", format!("This binary has no task {name} with the phase {phase}."))
                .remedy("Delete the task's folder on the agent so that launcher and binary are downloaded together."),
            Situation::LauncherGone => Report::new("agent", "The launcher of this task was killed, so the task stops before it is done.".to_owned())
                .remedy("Look for what kills processes on the agent; it is often out of memory."),
            Situation::NotInAPipeline(variable) => {
                Report::new("agent", format!("The variable {variable} is not set, so this is no pipeline job."))
                    .remedy("Run the task in Azure Pipelines; `cargo xtask demo` shows it without one.")
            }
            Situation::Input(error) => input(error),
            Situation::Tokens(problems) => tokens(problems),
            Situation::NothingAsked => Report::new("token", "The step asks for nothing: it names no token and configures nothing.".to_owned())
                .remedy("Add a line such as AZURE_DEVOPS_TOKEN=azureDevOps to tokens."),
            Situation::Configure(problems) => job::configure(problems),
            Situation::NotAResource { text, reason } => job::not_a_resource(text, reason),
            Situation::NoBroker(reason) => job::no_broker(reason),
            Situation::Script(problem) => job::script(problem),
            Situation::VariableName { input, text, reason } => {
                Report::new("token", format!("The input {input} is '{text}', which is no name for a variable: it {reason}."))
                    .remedy("Use letters, digits and underscores.")
            }
            Situation::Connection { connection, problem } => connection_problem(connection, problem),
            Situation::Network(problem) => network(problem),
            Situation::NoToken { connection, errors } => no_token(connection, errors),
            Situation::Extension(problem) => extension::problem(problem, asked),
            Situation::Marketplace { doing, error, identity, page } => {
                extension::marketplace(doing, error, identity.as_ref(), page.as_deref(), asked)
            }
            Situation::NotKnownThere(refused) => organization::not_known_there(refused),
            Situation::NoRepository { name, error } => organization::no_repository(name, error),
            Situation::Onboard(problem) => onboard::problem(problem),
            Situation::Organizations { doing, failures, claims } => extension::organizations(doing, failures, claims, asked),
            Situation::NoCredential(problems) => credential::none(problems),
            Situation::NotATenant(text) => Report::new("token-command", format!("'{text}' is no tenant."))
                .remedy("Write the tenant's GUID, or one of its domains, such as contoso.onmicrosoft.com."),
            Situation::NoTenant { organization, error } => credential::no_tenant(organization, error),
            Situation::NoFile { path, reason } => Report::new("exec", format!("{path} cannot be read: {reason}.")),
            Situation::NoCommand { program, reason, is_missing } => {
                let report = Report::new("exec", format!("{program} cannot be started: {reason}."));
                if *is_missing { report.remedy("Write the command behind --, as the PATH has it.") } else { report }
            }
            Situation::NotWritten(reason) => Report::new("token-command", format!("The result cannot be written: {reason}.")),
            Situation::Git(problem) => git::problem(problem),
            Situation::TooLong(error) => Report::new(
                "token",
                format!(
                    "The value of {} has {} characters; {} is the most that every system takes in a variable.",
                    error.name, error.length, error.limit
                ),
            )
            .remedy("Give the identity fewer groups or roles: they make its tokens long."),
        }
    }

    /// The sentence of a situation alone, for whoever goes on without.
    pub(crate) fn sentence_of(situation: &Situation) -> String {
        Self::of(situation).sentence
    }

    /// The first sentence alone.
    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Facts without anything wrong.
    pub(crate) fn facts_alone() -> Self {
        Self::new("", String::new())
    }

    /// The same with facts in front.
    pub(crate) fn with_facts(mut self, facts: &[(&str, &str)]) -> Self {
        for (name, value) in facts {
            self = self.fact(name, value);
        }
        self
    }

    /// The facts, by name.
    pub(crate) fn facts(&self) -> &[(String, String)] {
        &self.facts
    }

    /// What to do, or what is wrong where nobody is sure what to do.
    pub(crate) fn remedy_or_sentence(&self) -> &str {
        self.remedy.as_deref().unwrap_or(&self.sentence)
    }

    /// The section of TROUBLESHOOTING.md.
    pub(crate) fn anchor(&self) -> &str {
        &self.anchor
    }

    /// The sentence and what to do, in one line, for whoever reads it in a client's log.
    pub(crate) fn line(&self) -> String {
        let remedy = self.remedy.iter().map(|remedy| format!(" {remedy}"));
        let facts = self
            .facts
            .iter()
            .map(|(name, value)| format!("{name}: {value}"));
        let facts: Vec<String> = facts.collect();
        let facts = match facts.join("; ") {
            facts if facts.is_empty() => facts,
            facts => format!(" ({facts})"),
        };
        format!("{}{}{facts}", self.sentence, remedy.collect::<String>())
    }

    /// The whole report, one thing a line.
    pub(crate) fn text(&self) -> String {
        let mut lines = vec![self.sentence.clone()];
        lines.extend(
            self.facts
                .iter()
                .map(|(name, value)| format!("  {name}: {value}")),
        );
        lines.extend(
            self.remedy
                .iter()
                .map(|remedy| format!("What to do: {remedy}")),
        );
        lines.push(format!("More: TROUBLESHOOTING.md#{}", self.anchor));
        lines.extend(self.also.iter().map(Report::text));
        lines.join("\n")
    }

    fn new(anchor: &str, sentence: String) -> Self {
        Self {
            sentence: one_line(&sentence),
            facts: Vec::new(),
            remedy: None,
            anchor: anchor.to_owned(),
            also: Vec::new(),
        }
    }

    fn fact(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.facts.push((name.to_owned(), one_line(value)));
        }
        self
    }

    fn remedy(mut self, remedy: &str) -> Self {
        self.remedy = Some(remedy.to_owned());
        self
    }

    fn correlation(mut self, correlation: &Correlation) -> Self {
        for (name, value) in &correlation.ids {
            self = self.fact(name, value);
        }
        self
    }
}

/// A value with line breaks could pass for another fact.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Inputs as YAML has them: most people write the alias.
fn in_yaml(input: &str) -> &str {
    match input {
        "connectedService" => "azureSubscription",
        other => other,
    }
}

fn input(error: &InputError) -> Report {
    match error {
        InputError::Missing { input } => Report::new(
            "inputs",
            format!(
                "The input {} is empty, and the task needs it.",
                in_yaml(input)
            ),
        ),
        InputError::UndefinedVariable { input, variable } => {
            undefined(&format!("The input {}", in_yaml(input)), variable)
        }
        InputError::NotAChoice {
            input,
            value,
            choices,
        } => Report::new(
            "inputs",
            format!(
                "The input {input} is '{value}', and it takes {}.",
                choices.join(", ")
            ),
        ),
    }
}

fn undefined(place: &str, variable: &str) -> Report {
    Report::new(
        "undefined-variable",
        format!("{place} says $({variable}), and the pipeline has no variable {variable}."),
    )
    .remedy("Define the variable, or correct its name; a variable of a group needs `- group:` in this stage.")
}

fn tokens(problems: &[LineProblem]) -> Report {
    let mut reports = problems.iter().map(line_problem);
    let mut report = reports
        .next()
        .unwrap_or_else(|| Report::new("token", String::new()));
    report.also = reports.collect();
    report
}

fn line_problem(problem: &LineProblem) -> Report {
    let line = &problem.line;
    let form = "Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.";
    let words = resource::WORDS.join(", ");
    match &problem.reason {
        LineFault::NoEqualsSign => Report::new("token", format!("The line '{line}' of tokens has no '='.")).remedy(form),
        LineFault::NotAName(reason) => {
            Report::new("token", format!("The line '{line}' of tokens has no name for a variable before its '=': it {reason}."))
                .remedy("Use letters, digits and underscores.")
        }
        LineFault::NameTwice(name) => {
            Report::new("token", format!("The line '{line}' of tokens sets {name}, which the step sets already."))
                .remedy("Give each token a name of its own; NAME_EXPIRES_ON belongs to NAME.")
        }
        LineFault::UndefinedVariable(variable) => undefined(&format!("The line '{line}' of tokens"), variable),
        LineFault::NotAResource(NotAResource::Unknown) => {
            Report::new("token", format!("The line '{line}' of tokens names no resource after its '='.")).remedy(&format!(
                "Use {words}, an application ID or URI, or a scope that ends in /.default."
            ))
        }
        LineFault::NotAResource(NotAResource::Space) => {
            Report::new("token", format!("The line '{line}' of tokens has a space in its resource."))
                .remedy("One resource a line.")
        }
        LineFault::NotAResource(NotAResource::NotInThisCloud) => {
            Report::new("token", format!("The line '{line}' of tokens names a resource that has no known address in the connection's cloud."))
                .remedy("Write the resource as the URI that it has in this cloud.")
        }
    }
}

fn connection_problem(connection: &ConnectionFacts, problem: &ConnectionProblem) -> Report {
    let report = |anchor: &str, sentence: String| {
        Report::new(anchor, sentence).fact("connection", &connection.page)
    };
    match problem {
        ConnectionProblem::NotGiven => report(
            "connection",
            format!("The agent gave this step no service connection {}.", connection.id),
        )
        .remedy("Name the connection in the step's azureSubscription, and let the pipeline use it (the connection's page → Security)."),
        ConnectionProblem::Scheme => report(
            "connection",
            format!("The service connection's scheme, {}, has no identity in Microsoft Entra.", connection.scheme),
        )
        .remedy("Use an Azure Resource Manager connection with workload identity federation."),
        ConnectionProblem::Missing(field) => report("connection", format!("The service connection has no {field}."))
            .remedy("Open the connection's page, edit it and save it."),
        ConnectionProblem::Authority { text, reason } => {
            let why = match reason {
                NotAnAuthority::NotAnAddress => "is no address",
                NotAnAuthority::NotHttps => "is not HTTPS",
                NotAnAuthority::Adfs => "is an AD FS, which has no federated credentials",
            };
            report("connection", format!("The service connection's authority, '{text}', {why}."))
                .remedy("Correct the connection's environment, or use one that signs in with Microsoft Entra.")
        }
        ConnectionProblem::Cloud(name) => report(
            "connection",
            format!("The service connection's cloud, '{name}', is none whose authority is known, and its data names none."),
        )
        .remedy("Save the connection anew, so that Azure DevOps fills in its addresses."),
        ConnectionProblem::NoJobToken => report(
            "job-token",
            "The job's own token is not in this step's environment.".to_owned(),
        )
        .remedy("Run the task by the agent; a wrapper that starts it must pass on ENDPOINT_AUTH_* variables."),
        ConnectionProblem::NotTheCollection(reason) => report(
            "job-token",
            format!("The job's token stays here: the address for ID tokens is not the collection's ({reason})."),
        )
        .remedy("Remove the variable System.OidcRequestUri from the pipeline; Azure DevOps sets it."),
        ConnectionProblem::NoIdToken => report(
            "connection",
            format!("idToken is asked for, and a connection of the scheme {} has none.", connection.scheme),
        )
        .remedy("Convert the connection to workload identity federation, or leave idToken empty."),
    }
}

fn network(problem: &NetworkProblem) -> Report {
    match problem {
        NetworkProblem::Proxy(url) => Report::new("proxy", format!("The agent's proxy, '{url}', is no address of an HTTP proxy."))
            .remedy("Configure the agent with --proxyurl http://host:port."),
        NetworkProblem::ClientCertificate(reason) => {
            Report::new("certificates", format!("The agent's client certificate cannot be used: {reason}."))
                .remedy("Give the agent a PEM certificate and a PEM key without a password (openssl pkcs8 -topk8 -nocrypt).")
        }
        NetworkProblem::Tls(reason) => Report::new("certificates", format!("TLS cannot be set up: {reason}.")),
    }
}

/// Errors that read the same stand together: ten tokens of a broken connection are one fault.
fn no_token(connection: &ConnectionFacts, errors: &[(String, Error)]) -> Report {
    let mut reports: Vec<(Vec<&str>, Report)> = Vec::new();
    for (name, error) in errors {
        let report = identity(connection, error);
        let same = reports
            .iter_mut()
            .find(|(_, known)| known.sentence == report.sentence && known.remedy == report.remedy);
        match same {
            Some((names, _)) => names.push(name),
            None => reports.push((vec![name], report)),
        }
    }
    let mut reports = reports.into_iter().map(|(names, report)| {
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        report
            .fact("tokens", &names.join(", "))
            .fact("connection", &connection.page)
    });
    let mut report = reports
        .next()
        .unwrap_or_else(|| Report::new("token", String::new()));
    report.also = reports.collect();
    report
}

fn identity(connection: &ConnectionFacts, error: &Error) -> Report {
    match error {
        Error::NoAnswer { service, host, cause, attempts } => no_answer_of(&service.to_string(), host, cause, *attempts),
        Error::Busy { service, host, status, attempts, message, correlation } => Report::new(
            "busy",
            format!("{service} ({host}) answered {status} {}.", times(*attempts)),
        )
        .fact("it said", message.as_deref().unwrap_or_default())
        .correlation(correlation)
        .remedy("Run the job again later; the service says that it cannot answer now."),
        Error::NotTheService { service, host, status, instead, correlation } => {
            not_the_service_of(&service.to_string(), host, *status, instead).correlation(correlation)
        }
        Error::JobTokenRefused { host, status, message, correlation } => Report::new(
            "job-token",
            format!("Azure DevOps ({host}) did not accept the job's own token and asks for a sign-in ({status})."),
        )
        .fact("it said", message.as_deref().unwrap_or_default())
        .correlation(correlation)
        .remedy("Run the job again: the token ends with the job's time limit, and is of no use to another collection."),
        Error::IdTokenRefused { status, message, correlation } => Report::new(
            "id-token",
            format!("Azure DevOps minted no ID token for the service connection ({status})."),
        )
        .fact("it said", message)
        .correlation(correlation)
        .remedy("Name the connection itself, not a variable, in this step's azureSubscription, and let the pipeline use it (the connection's page → Security)."),
        Error::EntraRefused { .. } => entra_refused(connection, error),
        Error::AnotherToken(mismatch) => another_token(mismatch),
        Error::Certificate(reason) => Report::new(
            "connection",
            format!("The service connection's certificate cannot be used: {reason}."),
        )
        .remedy("Put the certificate and its RSA private key, both as PEM and without a password, into the connection; or convert it to workload identity federation."),
        Error::ManagedIdentity(reason) => Report::new(
            "managed-identity",
            format!("The agent's managed identity gave no token: {reason}."),
        )
        .remedy("Run the job on an agent whose machine has that identity, or use a connection with workload identity federation, which works on every agent."),
        Error::NoIdToken => Report::new("connection", "The service connection has no ID token.".to_owned()),
    }
}

fn no_answer_of(service: &str, host: &str, cause: &NoAnswer, attempts: u32) -> Report {
    let (anchor, remedy) = match cause {
        NoAnswer::Certificate(_) => (
            "certificates",
            "If a proxy of yours inspects TLS, configure the agent with --sslcacert and that proxy's root.",
        ),
        NoAnswer::ClientCertificate(_) => (
            "certificates",
            "Configure the agent with --sslclientcert and --sslclientcertkey, and a certificate that this host accepts.",
        ),
        NoAnswer::ProxyUnreachable(_) => (
            "proxy",
            "Let the agent reach its proxy, or correct the proxy's address.",
        ),
        NoAnswer::ProxyAuthentication => (
            "proxy",
            "Configure the agent with --proxyusername and --proxypassword for Basic authentication; NTLM, Negotiate and Kerberos are not supported.",
        ),
        NoAnswer::Proxy(_) => (
            "proxy",
            "Let the agent's proxy connect to this host on port 443.",
        ),
        NoAnswer::Name => (
            "network",
            "Check the agent's DNS and proxy: this name must be resolvable from the agent.",
        ),
        NoAnswer::Connection(_) | NoAnswer::Time | NoAnswer::Cut | NoAnswer::NotHttp => (
            "network",
            "Let the agent reach this host on port 443, directly or by the agent's proxy.",
        ),
    };
    Report::new(
        anchor,
        format!(
            "{service} ({host}) gave no answer {}: {cause}.",
            times(attempts)
        ),
    )
    .remedy(remedy)
}

fn not_the_service_of(service: &str, host: &str, status: u16, instead: &NotTheService) -> Report {
    let what = match instead {
        NotTheService::Html => "a web page".to_owned(),
        NotTheService::Redirect { to } if to.is_empty() => "a redirect".to_owned(),
        NotTheService::Redirect { to } => {
            format!("a redirect to {to}, which is not followed with a credential")
        }
        NotTheService::NotJson => "text that is not JSON".to_owned(),
        NotTheService::WithoutField(field) => format!("JSON without {field}"),
        NotTheService::TooLong => "more than 256 KiB".to_owned(),
        NotTheService::Encoded(encoding) => {
            format!("a body in the encoding '{encoding}', which was not asked for")
        }
        NotTheService::Empty => "nothing".to_owned(),
    };
    Report::new(
        "not-the-service",
        format!("{host} answered {status} with {what}, so something else than {service} answered."),
    )
    .remedy("Look for a proxy, firewall or captive portal between the agent and this host.")
}

fn entra_refused(connection: &ConnectionFacts, error: &Error) -> Report {
    let Error::EntraRefused {
        status,
        code,
        error: word,
        description,
        presented,
        scope,
        correlation,
    } = error
    else {
        return Report::new("aadsts", error.to_string());
    };
    if *code == Some(OVER)
        && !connection
            .scheme
            .eq_ignore_ascii_case("WorkloadIdentityFederation")
    {
        let report = if connection.scheme == WORKLOAD_IDENTITY {
            credential::file_over(description)
        } else {
            assertion_over(description)
        };
        return report.correlation(correlation);
    }
    let known = code.and_then(aadsts::meaning);
    let name = code
        .map(|code| format!("AADSTS{code}"))
        .unwrap_or_else(|| word.clone());
    let whom = credential::name_of(connection);
    let mut report = match known {
        Some(meaning) => Report::new(
            &format!("aadsts{}", meaning.code),
            format!(
                "Microsoft Entra refused the {whom} ({name}) {}.",
                meaning.because
            ),
        )
        .remedy(meaning.remedy),
        None => Report::new(
            "aadsts",
            format!("Microsoft Entra refused the {whom} ({name}, HTTP {status})."),
        )
        .remedy("Look the code up at https://login.microsoftonline.com/error."),
    };
    report = report.fact("it said", description);
    if let Some(claims) = presented
        && known.is_none_or(|meaning| meaning.compare_claims)
    {
        report = report
            .fact("issuer", claims.issuer.as_deref().unwrap_or_default())
            .fact(
                "subject identifier",
                claims.subject.as_deref().unwrap_or_default(),
            )
            .fact("audience", claims.audience.as_deref().unwrap_or_default());
    }
    report
        .fact("authority", &connection.authority)
        .fact("tenant", &connection.tenant)
        .fact("client id", &connection.client_id)
        .fact("scope", scope)
        .correlation(correlation)
}

/// An assertion's times do not fit: the number stands for ID tokens and for what a certificate signs.
const OVER: u32 = 700_024;

fn assertion_over(description: &str) -> Report {
    Report::new(
        "clock",
        format!("Microsoft Entra refused what the connection's certificate signed (AADSTS{OVER}) because its times do not fit."),
    )
    .fact("it said", description)
    .fact("agent's clock", &moment(now()))
    .remedy("Set the agent's clock (NTP).")
}

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

fn another_token(mismatch: &Mismatch) -> Report {
    match mismatch {
        Mismatch::Tenant { asked, got } => Report::new(
            "another-token",
            format!("Microsoft Entra was asked for a token of tenant {asked} and gave one of tenant {got}."),
        )
        .remedy("Check the connection's authority: something between the agent and Microsoft Entra answers in its place."),
        Mismatch::Audience { asked, got } => Report::new(
            "another-token",
            format!("Microsoft Entra was asked for a token for {asked} and gave one for '{got}'."),
        )
        .remedy("Check the connection's authority: something between the agent and Microsoft Entra answers in its place."),
        Mismatch::Expired { expires_on, now } => Report::new(
            "clock",
            "Microsoft Entra's token is over already, as this agent's clock sees it.".to_owned(),
        )
        .fact("token ends", &moment(*expires_on))
        .fact("agent's clock", &moment(*now))
        .remedy("Set the agent's clock (NTP)."),
    }
}

fn moment(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| {
            moment
                .format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .unwrap_or_else(|| seconds.to_string())
}

fn times(attempts: u32) -> String {
    match attempts {
        1 => "at the first attempt".to_owned(),
        attempts => format!("in {attempts} attempts"),
    }
}
