//! A service's refusal: its message, and the reason if the message is known.
//!
//! It never guesses: unknown messages stay [`Reason::Other`].

use adieu_transport::{Correlation, ServiceMessage};

use crate::tenant::{Tenant, is_guid};

/// A service understood a request and refused.
#[derive(Debug)]
pub struct Refusal {
    /// Host and port.
    pub host: String,
    /// HTTP status.
    pub status: u16,
    /// Number of the attempt: after the first, an earlier attempt may have caused the refusal.
    pub attempts: u32,
    /// The reason.
    pub reason: Reason,
    /// The first line of the service's message.
    pub message: String,
    /// The tenant whose tokens the service accepts, if the answer names it.
    pub tenant: Option<Tenant>,
    /// IDs for the service's support.
    pub correlation: Correlation,
}

/// The reason for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It does not exist, or this identity cannot see it.
    NotFound,
    /// The identity lacks a permission on the publisher or the organization.
    NotPermitted,
    /// TF14045: no identity with that ID is known.
    UnknownIdentity,
    /// TF401444: the token is valid, and the identity has not been added to the organization.
    NotAdded,
    /// TF24668: the organization is stopped.
    Stopped,
    /// VS800075: the project does not exist, or this identity cannot see it.
    ProjectNotShown,
    /// The address has no such service, as on an older server.
    NoRoute,
    /// VS403463: a conditional access policy blocks the request.
    ConditionalAccess,
    /// The version is not higher than the last one.
    VersionMustIncrease,
    /// The extension already exists.
    ExtensionExists,
    /// The publisher's name contains "Microsoft".
    MicrosoftInName,
    /// The package is too large for the gallery.
    TooLarge,
    /// The gallery cannot read the package.
    Malformed,
    /// The category does not exist in the Marketplace.
    Category,
    /// A task has the ID of another contribution.
    TaskIdReused,
    /// TF1590010: it is already installed.
    AlreadyInstalled,
    /// TF400856: the address has no such service or collection.
    NoCollection,
    /// VS860016: the organization's tenant has no enterprise application with that object ID.
    UnknownApplication,
    /// VS403283: the application cannot be added now; it is new, or of a kind that can never be added.
    NotYetKnown,
    /// The identity may not see, add or remove members of the organization (5032 where it adds one).
    MayNotManageUsers,
    /// 5005: no license is left.
    NoLicense,
    /// 5102: the identity to add belongs to another tenant.
    OutsideTenant,
    /// TF200016: the project does not exist.
    NoProject,
    /// Anything else; see the message.
    Other,
}

/// Texts that identify a reason, as Microsoft's services write them. Public issues quote them: microsoft/tfs-cli#454
/// and #339, microsoft/azure-devops-extension-tasks#96, Microsoft Learn's "Package and publish extensions"; for
/// members microsoft/terraform-provider-azuredevops#86, #1036 and #1384, and Azure/azure-cli-extensions#1286.
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

/// Types of exceptions whose messages vary.
const TYPES: [(&str, Reason); 3] = [
    ("ExtensionAlreadyExists", Reason::ExtensionExists),
    ("AccessCheckException", Reason::NotPermitted),
    ("InvalidAccessException", Reason::NotPermitted),
];

impl Refusal {
    /// Tenant and object ID of the refused identity, if the message names them: TF401444 has `tenant\tenant\object`
    /// or `tenant\object`.
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
    /// The reason in a message, if a retry would not change the refusal. The gallery also refuses with 500, and the
    /// front door with 503, so the message counts before the status.
    pub(crate) fn of_message(status: u16, message: &ServiceMessage) -> Option<Self> {
        let reason = match status {
            408 | 429 => None,
            _ if message.is_of_a_stopped_organization() => Some(Self::Stopped),
            200..=299 if status != 203 => None,
            501..=599 => None,
            _ => Self::by_words(&message.text).or_else(|| Self::by_type(&message.type_key)),
        }?;
        // There are two kinds of TF400813: one names an identity that lacks a permission, the other means that the
        // caller is not signed in.
        let is_signed_out = matches!(status, 203 | 300..=399 | 401)
            && message.text.contains("TF400813")
            && !names_an_identity(&message.text);
        (!is_signed_out).then_some(reason)
    }

    /// The reason for a refusal by its status alone.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            403 => Self::NotPermitted,
            404 => Self::NotFound,
            413 => Self::TooLarge,
            _ => Self::Other,
        }
    }

    /// The reason by the text of a message.
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

/// Whether a TF400813 names an identity, which is then known and lacks a permission. The GUID that consists of `a`
/// means a caller who is not signed in.
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
    fn reads_the_refused_identity() {
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
    fn recognizes_each_refusal_by_its_message() {
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
            // These are transient, or mean that the caller is not signed in.
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
            let service_message = ServiceMessage {
                text: message.to_owned(),
                type_key: String::new(),
            };
            let known = match status {
                200 => Reason::by_words(message),
                _ => Reason::of_message(status, &service_message),
            };
            let read = known.unwrap_or(Reason::of_status(status));
            assert_eq!(read, reason, "{message}");
        }
    }
}
