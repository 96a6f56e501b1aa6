//! A service's refusal: its own words, and which of the known refusals they mean.
//!
//! It never guesses: undocumented words stay [`Reason::Other`].

use adieu_transport::{Correlation, Reply, ServiceMessage};

use crate::tenant::{Tenant, is_guid};

/// A service that understood and refused.
#[derive(Debug)]
pub struct Refusal {
    /// Host and port.
    pub host: String,
    /// HTTP status.
    pub status: u16,
    /// At which attempt: after the first, the no can be about what an earlier one did.
    pub attempts: u32,
    /// What it means.
    pub reason: Reason,
    /// The service's own words, first line.
    pub message: String,
    /// The tenant whose tokens the service accepts, where the answer names one.
    pub tenant: Option<Tenant>,
    /// Ids for the service's support.
    pub correlation: Correlation,
}

/// What a no can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is no such thing, or none that this identity may see.
    NotFound,
    /// The identity lacks a permission on the publisher or the organization.
    NotPermitted,
    /// TF14045: no identity of that id is known.
    UnknownIdentity,
    /// TF401444: the token is valid, and the identity has not been added to the organization.
    NotAdded,
    /// TF24668: the organization is stopped.
    Stopped,
    /// VS800075: there is no such project, or it is not shown to this identity.
    ProjectNotShown,
    /// The address has no such service, as on an older server.
    NoRoute,
    /// VS403463: a conditional access policy is in the way.
    ConditionalAccess,
    /// The version is not above the last one.
    VersionMustIncrease,
    /// The extension is there already.
    ExtensionExists,
    /// The publisher's name has Microsoft's in it.
    MicrosoftInName,
    /// The package is larger than the gallery takes.
    TooLarge,
    /// The gallery cannot read the package.
    Malformed,
    /// The category is not one of the Marketplace.
    Category,
    /// A task has the id of another contribution.
    TaskIdReused,
    /// TF1590010: it is installed already.
    AlreadyInstalled,
    /// TF400856: the address has no such service or collection.
    NoCollection,
    /// VS860016: the organization's tenant has no enterprise application of that object id.
    UnknownApplication,
    /// VS403283: the application cannot be added now; it is new, or a kind that never can.
    NotYetKnown,
    /// The identity may not see, add or remove members of the organization (5032 where it adds one).
    MayNotManageUsers,
    /// 5005: there is no license left.
    NoLicense,
    /// 5102: who is to be added is of another tenant.
    OutsideTenant,
    /// TF200016: there is no such project.
    NoProject,
    /// Anything else; the message says it.
    Other,
}

/// Texts by which a reason is known, as Microsoft's services word them. Public issues quote them:
/// microsoft/tfs-cli#454 and #339, microsoft/azure-devops-extension-tasks#96, Microsoft Learn's
/// "Package and publish extensions"; for members microsoft/terraform-provider-azuredevops#86, #1036 and
/// #1384, and Azure/azure-cli-extensions#1286.
const WORDS: [(&str, Reason); 33] = [
    ("TF401019", Reason::NotFound),
    ("VS800075", Reason::ProjectNotShown),
    ("controller for path", Reason::NoRoute),
    ("VS860016", Reason::UnknownApplication),
    ("VS403283", Reason::NotYetKnown),
    ("on the resource Users", Reason::MayNotManageUsers),
    ("failed to assign license", Reason::NoLicense),
    ("outside your directory", Reason::OutsideTenant),
    ("TF200016", Reason::NoProject),
    ("TF1590010", Reason::AlreadyInstalled),
    ("TF14045", Reason::UnknownIdentity),
    ("TF401444", Reason::NotAdded),
    ("has not been materialized", Reason::NotAdded),
    ("TF24668", Reason::Stopped),
    ("TF400856", Reason::NoCollection),
    ("VS403463", Reason::ConditionalAccess),
    ("version number must increase", Reason::VersionMustIncrease),
    ("version must increase", Reason::VersionMustIncrease),
    ("microsoft corporate credentials", Reason::MicrosoftInName),
    ("re-using task id", Reason::TaskIdReused),
    ("reusing task id", Reason::TaskIdReused),
    ("extension already exists", Reason::ExtensionExists),
    ("maximum size", Reason::TooLarge),
    ("size exceeds", Reason::TooLarge),
    ("exceeds the maximum", Reason::TooLarge),
    ("extensioncategories", Reason::Category),
    ("unsupported category", Reason::Category),
    ("category is not", Reason::Category),
    ("malformed", Reason::Malformed),
    ("corrupted", Reason::Malformed),
    ("access denied", Reason::NotPermitted),
    ("permission", Reason::NotPermitted),
    ("TF400813", Reason::NotPermitted),
];

/// Types of exceptions whose words vary.
const TYPES: [(&str, Reason); 3] = [
    ("ExtensionAlreadyExists", Reason::ExtensionExists),
    ("AccessCheckException", Reason::NotPermitted),
    ("InvalidAccessException", Reason::NotPermitted),
];

impl Refusal {
    /// The refusal in an answer, before its words are read.
    pub(crate) fn of(reply: &Reply) -> Self {
        Self {
            host: reply.host.clone(),
            status: reply.status(),
            attempts: reply.attempt,
            reason: Reason::Other,
            message: String::new(),
            tenant: None,
            correlation: reply.correlation(),
        }
    }

    /// Tenant and object id of the refused identity, where the message names them: TF401444 has
    /// `tenant\tenant\object` or `tenant\object`.
    #[must_use]
    pub fn identity(&self) -> Option<(String, String)> {
        let is_between = |character: char| character.is_whitespace() || "'\"".contains(character);
        self.message.split(is_between).find_map(|word| {
            let ids: Vec<&str> = word
                .split('\\')
                .map(|part| part.trim_matches(['.', ',']))
                .collect();
            match ids[..] {
                [.., tenant, object] if is_guid(tenant) && is_guid(object) => {
                    Some((tenant.to_ascii_lowercase(), object.to_ascii_lowercase()))
                }
                _ => None,
            }
        })
    }
}

impl Reason {
    /// What a message means, where it is a refusal that asking again does not change. The gallery refuses with 500
    /// as well, and the front door with 503, so that the words count before the status.
    pub(crate) fn of_message(status: u16, message: &ServiceMessage) -> Option<Self> {
        let reason = match status {
            408 | 429 => None,
            _ if message.is_of_a_stopped_organization() => Some(Self::Stopped),
            200..=299 if status != 203 => None,
            501..=599 => None,
            _ => Self::by_words(&message.text).or_else(|| Self::by_type(&message.type_key)),
        }?;
        // Of TF400813 there are two kinds: one names an identity that lacks a permission, the other is about a
        // caller who is not signed in.
        let is_signed_out = matches!(status, 203 | 300..=399 | 401)
            && message.text.contains("TF400813")
            && !names_an_identity(&message.text);
        (!is_signed_out).then_some(reason)
    }

    /// What a refusal means by its status alone.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            403 => Self::NotPermitted,
            404 => Self::NotFound,
            413 => Self::TooLarge,
            _ => Self::Other,
        }
    }

    /// What the words of a refusal mean.
    pub(crate) fn by_words(message: &str) -> Option<Self> {
        let message = message.to_ascii_lowercase();
        let known = WORDS
            .iter()
            .find(|(words, _)| message.contains(&words.to_ascii_lowercase()));
        known.map(|(_, reason)| *reason)
    }

    fn by_type(type_key: &str) -> Option<Self> {
        let known = TYPES.iter().find(|(name, _)| type_key.contains(name));
        known.map(|(_, reason)| *reason)
    }
}

/// TF400813 with a quoted GUID names an identity that is known and lacks a permission; the GUID of all a's
/// stands for a caller who is not signed in.
fn names_an_identity(message: &str) -> bool {
    message
        .split('\'')
        .nth(1)
        .is_some_and(|user| !user.is_empty() && !user.starts_with("aaaaaaaa-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_who_was_refused() {
        const TENANT: &str = "8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab";
        const OBJECT: &str = "11111111-2222-4333-8444-555555555555";
        let identity = |message: String| {
            let refusal = Refusal {
                host: String::new(),
                status: 401,
                attempts: 1,
                reason: Reason::NotAdded,
                message,
                tenant: None,
                correlation: Correlation::default(),
            };
            refusal.identity()
        };
        let both = Some((TENANT.to_owned(), OBJECT.to_owned()));
        for (message, expected) in [
            (
                format!(
                    "TF401444: Please sign-in at least once as {TENANT}\\{TENANT}\\{OBJECT} in \
                     a web browser."
                ),
                both.clone(),
            ),
            (format!("TF401444: sign in as '{TENANT}\\{OBJECT}'."), both),
            (format!("TF401444: sign in as {OBJECT}."), None),
            ("TF401444: sign in as contoso\\jane.".to_owned(), None),
        ] {
            assert_eq!(identity(message.clone()), expected, "{message}");
        }
    }

    #[test]
    fn knows_each_refusal_by_the_services_own_words() {
        for (status, message, reason) in [
            (
                409,
                "TF1590010: The extension is already installed.",
                Reason::AlreadyInstalled,
            ),
            (
                400,
                "TF14045: The identity with type 'X' and identifier 'y' could not be found.",
                Reason::UnknownIdentity,
            ),
            (
                403,
                "TF401444: Please sign-in at least once as x in a web browser to enable access \
                 to the service.",
                Reason::NotAdded,
            ),
            (
                404,
                "TF400856: The following service is not registered in the database: X.",
                Reason::NoCollection,
            ),
            (
                403,
                "VS403463: The conditional access policy defined by your administrator has failed.",
                Reason::ConditionalAccess,
            ),
            (
                400,
                "The extension version number must increase each time an extension is published.",
                Reason::VersionMustIncrease,
            ),
            (
                400,
                "You need to be logged in with your Microsoft corporate credentials to publish.",
                Reason::MicrosoftInName,
            ),
            (
                400,
                "Contribution x is re-using task ID of some other contribution from earlier \
                 version.",
                Reason::TaskIdReused,
            ),
            (
                409,
                "The extension already exists.",
                Reason::ExtensionExists,
            ),
            (
                400,
                "Extension package is malformed/corrupted.",
                Reason::Malformed,
            ),
            (
                400,
                "Unsupported category X. See https://aka.ms/extensioncategories.",
                Reason::Category,
            ),
            (413, "Request Entity Too Large", Reason::TooLarge),
            (
                403,
                "Access Denied: x needs the following permission(s) on the resource /y: Publish",
                Reason::NotPermitted,
            ),
            (
                404,
                "The extension x.y could not be found.",
                Reason::NotFound,
            ),
            (
                200,
                "(5000) VS860016: Could not find originId 'x' in the backing domain 'y'.",
                Reason::UnknownApplication,
            ),
            (
                200,
                "(5000) VS403283: Could not add user 'x' at this time.",
                Reason::NotYetKnown,
            ),
            (
                200,
                "(5032) Access Denied: x needs the following permission(s) on the resource \
                 Users to perform this action: Add Users",
                Reason::MayNotManageUsers,
            ),
            (
                200,
                "(5005) Failed to assign license Account-Express to identity with id x.",
                Reason::NoLicense,
            ),
            (
                200,
                "(5102) You are trying to invite a user from outside your directory, but \
                 something went wrong.",
                Reason::OutsideTenant,
            ),
            (
                404,
                "TF200016: The following project does not exist: x.",
                Reason::NoProject,
            ),
            (400, "Something new.", Reason::Other),
            (
                401,
                "TF401444: Please sign-in at least once as t\\t\\o in a web browser.",
                Reason::NotAdded,
            ),
            (
                503,
                "TF24668: The organization is inactive.",
                Reason::Stopped,
            ),
            (
                500,
                "Version number must increase each time an extension is published.",
                Reason::VersionMustIncrease,
            ),
            (
                401,
                "Access Denied: x needs the following permission(s): View user permissions",
                Reason::NotPermitted,
            ),
            (
                401,
                "TF400813: The user '8f0d2b8e-6d2c-4c8e-9d57-1b8a9a3f2f11' is not authorized.",
                Reason::NotPermitted,
            ),
            // These are transient, or about a caller who is not signed in.
            (401, "TF400813: The user is not authorized.", Reason::Other),
            (
                401,
                "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized.",
                Reason::Other,
            ),
            (500, "TF400898: An Internal Error Occurred.", Reason::Other),
            (503, "Access denied for the moment.", Reason::Other),
            (429, "TF400733: exceeds the maximum.", Reason::Other),
        ] {
            let said = ServiceMessage {
                text: message.to_owned(),
                type_key: String::new(),
            };
            let known = match status {
                200 => Reason::by_words(message),
                _ => Reason::of_message(status, &said),
            };
            let read = known.unwrap_or(Reason::of_status(status));
            assert_eq!(read, reason, "{message}");
        }
    }
}
