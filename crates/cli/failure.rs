//! Everything that can end a verb without success, with its facts.
//!
//! It has no messages; the files of `report/` write them.

mod feeds;
mod line;
mod scan;

use std::io;
use std::time::Duration;

use adieu_agent::{InputError, NotAVariableName, PlatformVariableError, TooLong};
use adieu_devops::{Error as DevOpsError, NotAHost, NotAnOrganization, Profile};
use adieu_extension::Problem;
use adieu_identity::{Error, NotAnAuthority, NotTheCollection, NotTheIssuer};
use adieu_vsix::EditError;

use crate::credential_kind::Credential;
use crate::federated_credential::Untrusted;
use crate::identity_ids::IdentityIds;
use crate::resource::NotAResource;

pub(crate) use feeds::{FeedLineProblemKind, FeedsProblem};
pub(crate) use line::{
    ConfigureProblem, ConfigureProblemKind, ConnectionLineProblem, ConnectionLineProblemKind,
    LinePlace, LineProblem, LineProblemKind,
};
pub(crate) use scan::ScanProblem;

/// What ended a verb without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The system gives the program no event loop.
    NoRuntime(io::Error),
    /// Something that cannot be, as far as the code can tell.
    Internal(&'static str),
    /// The launcher named a task or a phase that this binary does not have.
    NoSuchTask { name: String, phase: String },
    /// The launcher died.
    LauncherGone,
    /// A variable of the platform is not there, or a variable of the pipeline shadows it.
    PlatformVariable(PlatformVariableError),
    /// An input is wrong.
    Input(InputError),
    /// The step names no service connection.
    NoConnection,
    /// It names one in each of the two inputs.
    TwoConnections,
    /// Lines of `tokens` are wrong.
    Tokens(Vec<LineProblem>),
    /// Lines of `connections` are wrong.
    Connections(Vec<ConnectionLineProblem>),
    /// There is nothing to do.
    NothingAsked,
    /// Lines of `configure` are wrong.
    Configure(Vec<ConfigureProblem>),
    /// A text of the command line is not a resource.
    NotAResource { text: String, reason: NotAResource },
    /// The credential endpoint cannot be started.
    NoBroker(io::Error),
    /// The script cannot be run, or failed.
    Script(ScriptProblem),
    /// A text cannot be the name of a variable.
    VariableName {
        input: &'static str,
        text: String,
        reason: NotAVariableName,
    },
    /// The connection cannot sign in as it is.
    Connection {
        connection: ConnectionFacts,
        problem: ConnectionProblem,
    },
    /// The agent's settings for the network cannot be used.
    Network(NetworkProblem),
    /// No token, for these reasons.
    NoToken {
        connection: ConnectionFacts,
        errors: Vec<(String, Error)>,
    },
    /// A value is longer than a variable may be.
    TooLong(TooLong),
    /// Something about an extension is wrong, before or after a service was asked.
    Extension(Problem),
    /// An input that the operation needs is empty.
    MissingInput {
        input: &'static str,
        example: &'static str,
    },
    /// A text is not an organization of Azure DevOps.
    NotAnOrganization {
        text: String,
        reason: NotAnOrganization,
    },
    /// A text is not an address for a token.
    NotAHost { text: String, reason: NotAHost },
    /// A text is not a number of minutes.
    NotMinutes(String),
    /// `SOURCE_DATE_EPOCH` is not a time.
    NotATimestamp(String),
    /// The Marketplace did not answer, or refused.
    Marketplace {
        /// `publish contoso.hello 1.2.3`
        doing: String,
        error: DevOpsError,
        /// Who was refused, where it could be found out.
        identity: Option<Profile>,
        /// Page on which people manage the publisher.
        page: Option<String>,
    },
    /// An organization does not know the identity that asks, or not by this token.
    NotKnownThere(Box<NotKnownThere>),
    /// A repository is not shown to the identity that asks.
    NoRepository {
        /// `project/repository`
        name: String,
        error: DevOpsError,
    },
    /// The identity cannot be added or removed as requested.
    Onboard(OnboardProblem),
    /// Some organizations refused; the others were reported as they were done.
    Organizations {
        /// `install contoso.hello`
        doing: String,
        /// Organization and what it said.
        failures: Vec<(String, DevOpsError)>,
        /// Who was refused.
        ids: Box<IdentityIds>,
    },
    /// Feeds get no credential.
    Feeds(FeedsProblem),
    /// git gets no token, or none that would open the repository.
    Git(GitProblem),
    /// No credential of the command line gave a token.
    NoCredential(Vec<CredentialProblem>),
    /// A file of `--resume` cannot be continued or written.
    Progress { path: String, reason: String },
    /// Files cannot be scanned as it was asked.
    Scan(ScanProblem),
    /// A package is not as its checksums state, or has none.
    NotVerified {
        path: String,
        /// SHA-256 of the package.
        digest: String,
        has_checksums: bool,
    },
    /// The personal access tokens of an organization cannot be listed as requested.
    Pats(PatsProblem),
    /// A text is not a tenant.
    NotATenant(String),
    /// An organization's tenant cannot be found out.
    NoTenant {
        organization: String,
        error: DevOpsError,
    },
    /// The result cannot be written.
    NotWritten(io::Error),
    /// Nothing shows where the shell loads completions from.
    NoFolderForCompletions,
    /// A removal was neither confirmed by a flag, nor is there a terminal to ask on; the section about it.
    NotConfirmed(&'static str),
    /// git does not take a setting, or is not there.
    NotConfigured(String),
    /// A flag that needs an organization is given without one.
    NoOrganization(&'static str),
    /// TROUBLESHOOTING.md has no section for a text.
    NoSection {
        text: String,
        /// Sections with similar names.
        near: Vec<String>,
    },
    /// A runner of GitHub Actions gave no file for what a step hands on.
    NotAWorkflowStep(&'static str),
    /// A file that is there cannot be read.
    NoFile { path: String, cause: io::Error },
    /// A command cannot be started.
    NoCommand { program: String, cause: io::Error },
}

impl Failure {
    /// What the program ends with: 2 where the command line itself is wrong, 1 for a failure; and,
    /// as shells do, 127 for a command that there is not and 126 for one that cannot be started.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Tokens(_)
            | Self::Configure(_)
            | Self::NotAResource { .. }
            | Self::NotATenant(_)
            | Self::NoOrganization(_)
            | Self::NoSection { .. }
            | Self::Scan(_)
            | Self::Feeds(
                FeedsProblem::Lines(_) | FeedsProblem::NotATool(_) | FeedsProblem::NoFolder(_),
            )
            | Self::Progress { .. }
            | Self::Pats(PatsProblem::NotALeaksFile { .. })
            | Self::Onboard(
                OnboardProblem::NotAnId(_)
                | OnboardProblem::NoMemberId
                | OnboardProblem::NoIssuer(_),
            )
            | Self::NotConfirmed(_)
            | Self::MissingInput { .. }
            | Self::NotAnOrganization { .. }
            | Self::NotAHost { .. }
            | Self::NotATimestamp(_)
            | Self::Extension(
                Problem::NoName { .. }
                | Problem::NotADate(_)
                | Problem::NotAVersion { .. }
                | Problem::NotEdited(EditError::Value(_)),
            ) => 2,
            Self::NoCommand { cause, .. } if cause.kind() == io::ErrorKind::NotFound => 127,
            Self::NoCommand { .. } => 126,
            _ => 1,
        }
    }
}

/// Who was refused, and where.
#[derive(Debug)]
pub(crate) struct NotKnownThere {
    pub(crate) organization: String,
    /// `ask contoso who this is`
    pub(crate) doing: String,
    /// Who was refused.
    pub(crate) identity: Option<Profile>,
    /// Its ids, as far as they are known.
    pub(crate) ids: IdentityIds,
    pub(crate) error: DevOpsError,
}

/// Why the identity cannot be added or removed as requested.
#[derive(Debug)]
pub(crate) enum OnboardProblem {
    /// A text is not the id of an application.
    NotAnId(String),
    /// The publisher wants the identity's Azure DevOps ID, and no source has it.
    NoMemberId,
    /// The tenant has nothing of that id.
    NoApplication { id: String, tenant: String },
    /// There is an app registration, and the tenant has no enterprise application for it.
    NoEnterpriseApplication {
        name: String,
        client_id: String,
        tenant: String,
    },
    /// The caller does not own the publisher.
    NotOwner {
        publisher: String,
        page: String,
        error: DevOpsError,
    },
    /// An organization has no such member.
    NotAMember {
        id: String,
        organization: String,
        /// Why Microsoft Graph did not tell which application it is; empty where it knows none.
        graph_failure: String,
    },
    /// The identity is the last one that can manage the publisher.
    OnlyOwner { publisher: String, page: String },
    /// The organization's tenant has no enterprise application of that object id, and Microsoft Graph did
    /// not tell which id it is.
    WrongId {
        id: String,
        organization: String,
        /// Why Microsoft Graph did not tell which id it is.
        graph_failure: String,
        error: DevOpsError,
    },
    /// A subject does not show its issuer, or the given one is not an address.
    NoIssuer(Option<String>),
    /// No federated credential of the application trusts the ID tokens.
    Untrusted(Box<Untrusted>),
}

/// Why there is no inventory of personal access tokens.
#[derive(Debug)]
pub(crate) enum PatsProblem {
    /// The identity that asks does not administer the organization.
    NotAdministrator {
        organization: String,
        ids: Box<IdentityIds>,
        error: DevOpsError,
    },
    /// A file is not a report of `adieu scan`.
    NotALeaksFile {
        path: String,
        fault: LeaksProblemKind,
    },
}

/// Why a file is not a report of `adieu scan`.
#[derive(Debug)]
pub(crate) enum LeaksProblemKind {
    /// The system does not read it.
    Unread(io::Error),
    NotJson(serde_json::Error),
    /// It is JSON of another schema than this.
    Schema(&'static str),
}

/// What can become of a script.
#[derive(Debug)]
pub(crate) enum ScriptProblem {
    /// The machine has no such shell.
    NoShell(&'static str),
    /// The working folder is not there.
    NoFolder(String),
    /// The script cannot be put on disk.
    NotWritten { path: String, reason: String },
    /// The shell cannot be started.
    CannotStart {
        shell: &'static str,
        cause: io::Error,
    },
    /// It ended with another code than 0.
    Ended { shell: &'static str, code: i32 },
    /// It wrote to its standard error, which is to count as a failure.
    StandardError,
}

/// Why one way to sign in was passed over.
#[derive(Debug)]
pub(crate) struct CredentialProblem {
    /// Which one.
    pub(crate) credential: Credential,
    /// What is wrong with it.
    pub(crate) fault: CredentialProblemKind,
}

/// What can be wrong with a credential.
#[derive(Debug)]
pub(crate) enum CredentialProblemKind {
    /// A variable that it goes by is not there, or has no value.
    NotSet(&'static str),
    /// A variable contains something that is not a token.
    NotAToken(&'static str),
    /// The workflow's job may not request ID tokens.
    NoIdTokenPermission,
    /// The workflow's request token would have gone to another host.
    NotTheIssuer(NotTheIssuer),
    /// Its tool is not on the PATH.
    NotInstalled(&'static str),
    /// `AZURE_AUTHORITY_HOST` is none.
    Authority {
        text: String,
        reason: NotAnAuthority,
    },
    /// The job's token would have gone to another host.
    NotTheCollection(NotTheCollection),
    /// The collection is not the one that the job's own connection is for.
    AnotherCollection {
        collection: String,
        connection: String,
    },
    /// A service refused, or did not answer.
    Identity {
        connection: ConnectionFacts,
        error: Error,
    },
    /// Its tool gave no token.
    Tool {
        fault: ToolProblem,
        /// What was run: `az account get-access-token …`
        command: String,
        scope: String,
        tenant: Option<String>,
    },
    /// Its token is another tenant's than was asked for.
    AnotherTenant { asked: String, got: String },
}

/// What can go wrong with a tool.
#[derive(Debug)]
pub(crate) enum ToolProblem {
    /// A value for it has characters that no tool is given.
    NotPlain(String),
    /// The system does not start it.
    NotStarted(io::Error),
    /// It did not end in time.
    Time(Duration),
    /// It failed with this message.
    Message(String),
    /// It failed without a message: `exit status: 1`.
    Silent(String),
    /// It succeeded, and its output has no token that can be read.
    NoToken,
}

/// Why git gets no token.
#[derive(Debug)]
pub(crate) enum GitProblem {
    /// The variables that name the job's endpoint are wrong; a sentence without its end.
    Endpoint(String),
    /// The job's endpoint gave none.
    NoToken(Error),
    /// The organization is another tenant's than the token.
    AnotherTenant {
        /// Empty where git did not say which.
        organization: String,
        wanted: String,
        ids: Box<IdentityIds>,
    },
    /// The organization refused the token.
    Refused {
        /// Empty where git did not say which.
        organization: String,
        ids: Box<IdentityIds>,
    },
}

/// What a person needs to find a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionFacts {
    /// Its id.
    pub(crate) id: String,
    /// Page of the project on which it can be changed.
    pub(crate) page: String,
    /// Its scheme, as the agent says.
    pub(crate) scheme: String,
    /// Tenant that is asked.
    pub(crate) tenant: String,
    /// Its client id.
    pub(crate) client_id: String,
    /// Host that signs in.
    pub(crate) authority: String,
    /// The organization of a connection of the type "Azure DevOps", by its name.
    pub(crate) organization: Option<String>,
}

/// The connection that signed in. A managed identity's may name none of them.
impl From<&ConnectionFacts> for IdentityIds {
    fn from(connection: &ConnectionFacts) -> Self {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            tenant: some(&connection.tenant),
            object_id: None,
            client_id: some(&connection.client_id),
        }
    }
}

/// Why a connection cannot sign in.
#[derive(Debug)]
pub(crate) enum ConnectionProblem {
    /// The agent gave the task no such connection.
    NotGiven,
    /// A scheme without a Microsoft Entra identity, such as a publish profile.
    Scheme,
    /// A field is empty.
    Missing(&'static str),
    /// The authority in its data is none.
    Authority {
        text: String,
        reason: NotAnAuthority,
    },
    /// The cloud is not one that has well-known addresses, and its data does not name them.
    Cloud(String),
    /// The job's own token is not in the environment.
    NoJobToken,
    /// The address for ID tokens is not the collection's.
    NotTheCollection(NotTheCollection),
    /// The collection is not the one that the job's own connection is for.
    AnotherCollection {
        /// What the variable says.
        collection: String,
        /// Address of the job's own connection.
        connection: String,
    },
    /// `idToken` is asked of a connection that has none.
    NoIdToken,
}

/// What is wrong with the agent's settings.
#[derive(Debug)]
pub(crate) enum NetworkProblem {
    /// The address of the agent's proxy is none.
    Proxy(String),
    /// A variable such as `HTTPS_PROXY` holds none.
    ProxyVariable {
        variable: &'static str,
        text: String,
    },
    /// The client certificate cannot be read or used.
    ClientCertificate(String),
    /// TLS cannot be set up.
    Tls(String),
}
