//! Everything that can end a verb without success, with its facts.
//!
//! It contains no messages; the files of `report/` write them.

mod feeds;
mod line;

use std::io;

use adieu_agent::{InputError, NotAVariableName, PlatformVariableError, TooLong};
use adieu_configure::ConfigureProblem;
use adieu_devops::{Error as DevOpsError, NotAHost, NotAnOrganization, Profile};
use adieu_extension::Problem;
use adieu_identity::resource::NotAResource;
use adieu_identity::{ConnectionFacts, CredentialProblem, Error, NotAnAuthority, NotTheCollection};
use adieu_inventory::{LeaksProblem, ProgressError};
use adieu_vsix::EditError;

use crate::federated_credential::MissingTrust;
use crate::identity_ids::IdentityIds;

pub(crate) use feeds::{FeedLineProblemKind, FeedsProblem};
pub(crate) use line::{
    ConnectionLineProblem, ConnectionLineProblemKind, LineProblem, LineProblemKind, LineSource,
};

/// What ended a verb without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The system could not provide an event loop.
    NoRuntime(io::Error),
    /// Something that should be impossible.
    Internal(&'static str),
    /// The launcher named a task or a phase that this binary does not have.
    NoSuchTask { name: String, phase: String },
    /// The launcher has died.
    LauncherGone,
    /// A platform variable is missing, or a pipeline variable shadows it.
    PlatformVariable(PlatformVariableError),
    /// An input is invalid.
    Input(InputError),
    /// The step names no service connection.
    NoConnection,
    /// The step names a connection in both inputs.
    TwoConnections,
    /// Lines of `tokens` are invalid.
    Tokens(Vec<LineProblem>),
    /// Lines of `connections` are invalid.
    Connections(Vec<ConnectionLineProblem>),
    /// There is nothing to do.
    NothingAsked,
    /// Lines of `configure` are invalid.
    Configure(Vec<ConfigureProblem>),
    /// A text on the command line is not a resource.
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
    /// The connection cannot sign in as it is configured.
    Connection {
        connection: ConnectionFacts,
        problem: ConnectionProblem,
    },
    /// The agent's network settings cannot be used.
    Network(NetworkProblem),
    /// No token could be obtained, for these reasons.
    NoToken {
        connection: ConnectionFacts,
        errors: Vec<(String, Error)>,
    },
    /// A value is too long for a variable.
    TooLong(TooLong),
    /// An extension, or a request about one, is wrong.
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
    /// A text is not an address that may receive a token.
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
        /// The refused identity, if it could be found out.
        identity: Option<Profile>,
        /// The publisher's management page.
        page: Option<String>,
    },
    /// An organization does not know the caller, or not with this token.
    UnknownIdentity(Box<UnknownIdentity>),
    /// The caller cannot see a repository.
    NoRepository {
        /// `project/repository`
        name: String,
        error: DevOpsError,
    },
    /// The identity cannot be added or removed as requested.
    Onboard(OnboardProblem),
    /// Some organizations refused; the results of the others were reported.
    Organizations {
        /// `install contoso.hello`
        doing: String,
        /// Organization, and its answer.
        failures: Vec<(String, DevOpsError)>,
        /// The refused identity.
        ids: Box<IdentityIds>,
    },
    /// Feeds get no credential.
    Feeds(FeedsProblem),
    /// git gets no token, or none that is valid for the repository.
    Git(GitProblem),
    /// No credential of the command line returned a token.
    NoCredential(Vec<CredentialProblem>),
    /// A file of `--resume` cannot be continued or written.
    Progress(ProgressError),
    /// Files cannot be scanned as requested.
    Scan(ScanProblem),
    /// A package does not match its checksums, or has none.
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
    /// The tenant of an organization cannot be found out.
    NoTenant {
        organization: String,
        error: DevOpsError,
    },
    /// The result cannot be written.
    NotWritten(io::Error),
    /// It is unknown from where the shell loads completions.
    NoFolderForCompletions,
    /// A removal was neither confirmed by a flag nor can it be confirmed on a terminal; the section about it.
    NotConfirmed(&'static str),
    /// git refuses a setting, or is not installed.
    NotConfigured(String),
    /// A flag requires an organization.
    NoOrganization(&'static str),
    /// TROUBLESHOOTING.md has no section for a text.
    NoSection {
        text: String,
        /// Sections with similar names.
        near: Vec<String>,
    },
    /// The GitHub Actions runner provided no file for a step's outputs or variables.
    NotAWorkflowStep(&'static str),
    /// An existing file cannot be read.
    NoFile { path: String, cause: io::Error },
    /// A command cannot be started.
    NoCommand { program: String, cause: io::Error },
}

/// Functions return it boxed, which takes a quarter of the code of each `?`.
impl Failure {
    /// The exit code: 2 if the command line itself is invalid, 1 for a failure and, as in shells, 127 for a command
    /// that does not exist and 126 for one that cannot be started.
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
            | Self::Progress(_)
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

/// The identity that was refused, and where.
#[derive(Debug)]
pub(crate) struct UnknownIdentity {
    pub(crate) organization: String,
    /// `ask contoso who this is`
    pub(crate) doing: String,
    /// The refused identity.
    pub(crate) identity: Option<Profile>,
    /// Its IDs, as far as they are known.
    pub(crate) ids: IdentityIds,
    pub(crate) error: DevOpsError,
}

/// Why the identity cannot be added or removed as requested.
#[derive(Debug)]
pub(crate) enum OnboardProblem {
    /// A text is not the ID of an application.
    NotAnId(String),
    /// The publisher requires the identity's Azure DevOps ID, which is not known.
    NoMemberId,
    /// The tenant has no application with that ID.
    NoApplication { id: String, tenant: String },
    /// There is an app registration, but the tenant has no enterprise application for it.
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
    /// An organization does not have this member.
    NotAMember {
        id: String,
        organization: String,
        /// Why Microsoft Graph did not show the application; empty if it has none.
        graph_failure: String,
    },
    /// The identity is the last one that can manage the publisher.
    OnlyOwner { publisher: String, page: String },
    /// The organization's tenant has no enterprise application with that object ID, and Microsoft Graph did not show
    /// which ID it is.
    WrongId {
        id: String,
        organization: String,
        /// Why Microsoft Graph did not show which ID it is.
        graph_failure: String,
        error: DevOpsError,
    },
    /// A subject does not show its issuer, or the given issuer is not an address.
    NoIssuer(Option<String>),
    /// No federated credential of the application trusts the ID tokens.
    MissingTrust(Box<MissingTrust>),
}

/// Why personal access tokens cannot be listed.
#[derive(Debug)]
pub(crate) enum PatsProblem {
    /// The caller does not administer the organization.
    NotAdministrator {
        organization: String,
        ids: Box<IdentityIds>,
        error: DevOpsError,
    },
    /// A file is not a report of `adieu scan`.
    NotALeaksFile { path: String, problem: LeaksProblem },
}

/// Why there is no scan, or no result.
#[derive(Debug)]
pub(crate) enum ScanProblem {
    /// A problem with a path, a repository or git.
    Scan(adieu_scan::Error),
    /// `--machine` was used on an agent.
    MachineInAPipeline,
    /// A file is not a baseline, or cannot be read.
    Baseline { path: String, reason: String },
    /// An organization does not have this project, or the caller cannot see it.
    NoProject { organization: String, name: String },
    /// A file cannot be written.
    NotWritten { path: String, reason: String },
}

/// What can go wrong with a script.
#[derive(Debug)]
pub(crate) enum ScriptProblem {
    /// The machine does not have this shell.
    NoShell(&'static str),
    /// The working folder does not exist.
    NoFolder(String),
    /// The script cannot be written to disk.
    NotWritten { path: String, reason: String },
    /// The shell cannot be started.
    CannotStart {
        shell: &'static str,
        cause: io::Error,
    },
    /// It ended with a code other than 0.
    Ended { shell: &'static str, code: i32 },
    /// It wrote to standard error, which counts as a failure.
    StandardError,
}

/// Why git gets no token.
#[derive(Debug)]
pub(crate) enum GitProblem {
    /// The variables for the job's endpoint are invalid; the start of a sentence.
    Endpoint(String),
    /// The job's endpoint returned none.
    NoToken(Error),
    /// The organization belongs to another tenant than the token.
    AnotherTenant {
        /// Empty if git did not name it.
        organization: String,
        wanted: String,
        ids: Box<IdentityIds>,
    },
    /// The organization refused the token.
    Refused {
        /// Empty if git did not name it.
        organization: String,
        ids: Box<IdentityIds>,
    },
}

/// The IDs of a connection, as far as it has them: that of a managed identity may have none.
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
    /// The agent did not pass this connection to the task.
    NotGiven,
    /// A scheme without a Microsoft Entra identity, such as a publish profile.
    Scheme,
    /// A field is empty.
    Missing(&'static str),
    /// The authority in its data is invalid.
    Authority {
        text: String,
        reason: NotAnAuthority,
    },
    /// The cloud has no well-known addresses, and the connection's data does not contain them.
    Cloud(String),
    /// The job token is not in the environment.
    NoJobToken,
    /// The address for ID tokens is outside the collection.
    NotTheCollection(NotTheCollection),
    /// The collection is not that of the job's own connection.
    AnotherCollection {
        /// The value of the variable.
        collection: String,
        /// Address of the job's own connection.
        connection: String,
    },
    /// `idToken` is set, but the connection has no ID token.
    NoIdToken,
}

/// What is wrong with the agent's settings.
#[derive(Debug)]
pub(crate) enum NetworkProblem {
    /// The address of the agent's proxy is invalid.
    Proxy(String),
    /// A variable such as `HTTPS_PROXY` is invalid.
    ProxyVariable {
        variable: &'static str,
        text: String,
    },
    /// The client certificate cannot be read or used.
    ClientCertificate(String),
    /// TLS cannot be set up.
    Tls(String),
}
