//! A service's no: its own words, and which of the known situations they mean.
//!
//! It never guesses: words that nobody has documented stay [`Reason::Other`].

use adieu_transport::{Correlation, first_line};
use serde_json::Value;

/// A service that understood and said no.
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
    /// The tenant whose tokens the service takes (`X-VSS-ResourceTenant`), where it said so.
    pub tenant: Option<String>,
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
    /// TF401444: the identity has never signed in to the service.
    NeverSignedIn,
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
    /// The category is none of the Marketplace's.
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
    /// 5032: the identity may not add members.
    MayNotAddUsers,
    /// 5005: there is no licence left.
    NoLicence,
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
const WORDS: [(&str, Reason); 29] = [
    ("TF401019", Reason::NotFound),
    ("VS860016", Reason::UnknownApplication),
    ("VS403283", Reason::NotYetKnown),
    ("action: Add Users", Reason::MayNotAddUsers),
    ("failed to assign license", Reason::NoLicence),
    ("outside your directory", Reason::OutsideTenant),
    ("TF200016", Reason::NoProject),
    ("TF1590010", Reason::AlreadyInstalled),
    ("TF14045", Reason::UnknownIdentity),
    ("TF401444", Reason::NeverSignedIn),
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

impl Reason {
    pub(crate) fn of(status: u16, type_key: &str, message: &str) -> Self {
        let message = message.to_ascii_lowercase();
        let known = WORDS
            .iter()
            .find(|(words, _)| message.contains(&words.to_ascii_lowercase()));
        match (known, status) {
            (Some((_, reason)), _) => *reason,
            (None, 413) => Self::TooLarge,
            (None, 403) => Self::NotPermitted,
            (None, 404) => Self::NotFound,
            (None, 409) if type_key.contains("ExtensionAlreadyExists") => Self::ExtensionExists,
            (None, _) => Self::Other,
        }
    }
}

/// An error's message and its type's short name, in the one shape that all services share.
pub(crate) fn words(json: &Value) -> Option<(String, String)> {
    let text = |field: &str| json.get(field).and_then(Value::as_str);
    let message = first_line(text("message").or_else(|| text("value"))?);
    let key = text("typeKey").unwrap_or_default().to_owned();
    (!message.is_empty()).then_some((message, key))
}

#[cfg(test)]
mod tests {
    use super::*;

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
                "TF401444: Please sign-in at least once as x in a web browser to enable access to the service.",
                Reason::NeverSignedIn,
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
                "Contribution x is re-using task ID of some other contribution from earlier version.",
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
                "(5032) Access Denied: x needs the following permission(s) on the resource Users to perform this action: Add Users",
                Reason::MayNotAddUsers,
            ),
            (
                200,
                "(5005) Failed to assign license Account-Express to identity with id x.",
                Reason::NoLicence,
            ),
            (
                200,
                "(5102) You are trying to invite a user from outside your directory, but something went wrong.",
                Reason::OutsideTenant,
            ),
            (
                404,
                "TF200016: The following project does not exist: x.",
                Reason::NoProject,
            ),
            (400, "Something new.", Reason::Other),
        ] {
            assert_eq!(Reason::of(status, "", message), reason, "{message}");
        }
    }
}
