//! The messages for an operation's notices.
//!
//! It makes no decisions.

use adieu_devops::Progress;
use adieu_extension::{InOrganization, Notice, VersionOrigin};

use crate::report::{in_minutes, in_one_line, missing, not_compared, validation};
use crate::reporter::Reporter;

/// Writes a notice.
pub(super) fn say(notice: &Notice<'_>, reporter: &dyn Reporter) {
    match notice {
        Notice::Upload(_, Progress::Sent { .. }) => {}
        // Organizations answer one after the other, and the operation still waits for the others.
        Notice::InOrganization(..) => {}
        Notice::Upload(..) => reporter.wait(Some("Uploading")),
        Notice::Validation { .. } => reporter.wait(Some("Waiting for validation")),
        Notice::Installation { .. } => reporter.wait(Some("Waiting for installation")),
        _ => reporter.wait(None),
    }
    match notice {
        Notice::Finding(report) => reporter.warn(&in_one_line(report)),
        Notice::Packed { package, parts } => reporter.say(&packed(package, *parts)),
        Notice::Changed(part) => reporter.say(&format!("Changed {part} in a copy of the package.")),
        Notice::Replaced(path) => reporter.warn(&format!(
            "{} already existed, and was replaced.",
            path.display()
        )),
        Notice::Upload(package, progress) => match progress {
            Progress::Uploading { is_new } => reporter.say(&format!(
                "Uploading {} {}{}, {} bytes; the extension {}.",
                package.name,
                package.version,
                package
                    .target_platform
                    .as_ref()
                    .map_or_else(String::new, |platform| format!(" ({platform})")),
                package.size,
                if *is_new { "is new" } else { "already exists" }
            )),
            Progress::Sent {
                percent,
                is_step_of_ten,
            } => reporter.sent(*percent, *is_step_of_ten),
            Progress::InDoubt => {
                reporter
                    .say("The answer to the upload was lost; asking the Marketplace what it has.");
            }
            Progress::Again => reporter.say("Uploading again."),
        },
        Notice::VersionOrigin(release, stored) => match stored {
            VersionOrigin::Uploaded => reporter.say(&format!("Uploaded {release}.")),
            VersionOrigin::FoundAfterDoubt => {
                reporter.say("The Marketplace has it: the upload was complete.");
            }
            VersionOrigin::Before(since) => reporter.say(&format!(
                "{release} is already in the Marketplace (since {since}) with the same contents; \
                 nothing was uploaded."
            )),
            VersionOrigin::Unknown(since, reason) => reporter.warn(&format!(
                "{release} is already in the Marketplace (since {since}), so nothing was uploaded. \
                 Its contents could not be compared: {}. If they differ, raise the version.",
                not_compared(reason)
            )),
        },
        Notice::NotWaiting => reporter
            .say("Not waiting for validation; the version cannot be installed before it is done."),
        Notice::Validation {
            release,
            state,
            limit,
        } => reporter.say(&format!(
            "{release}: {}; waiting for at most {}.",
            validation(*state),
            in_minutes(*limit)
        )),
        Notice::Validated(release) => reporter.say(&format!("{release} is validated.")),
        Notice::Installation {
            release,
            organizations,
            limit,
        } => {
            let names: Vec<&str> = organizations.iter().map(|one| one.name.as_str()).collect();
            reporter.say(&format!(
                "Waiting until {release} is installed in {}, for at most {}.",
                names.join(", "),
                in_minutes(*limit)
            ));
        }
        Notice::InOrganization(name, InOrganization::Issue(issue)) => {
            reporter.warn(&format!("{name}: {issue}"));
        }
        Notice::InOrganization(name, answer) => {
            reporter.say(&format!("{name}: {}.", words(answer)))
        }
        Notice::Version(source, Some(version)) => reporter.say(&format!("{source}: {version}")),
        Notice::Version(source, None) => reporter.say(&format!("{source}: no version.")),
    }
}

/// The message about a new package.
pub(super) fn packed(package: &adieu_vsix::Package, parts: usize) -> String {
    let adieu_vsix::Package { size, facts, .. } = package;
    format!(
        "Packed {}.{} {}: {parts} parts, {size} bytes.",
        facts.publisher, facts.extension_id, facts.version
    )
}

fn words(answer: &InOrganization) -> String {
    let words = match answer {
        InOrganization::Shared => "shared",
        InOrganization::WasShared => "was shared already",
        InOrganization::Unshared => "no longer shared",
        InOrganization::WasNotShared => "was not shared with it",
        InOrganization::Installed(version) => return format!("installed {version}"),
        InOrganization::WasInstalled => "was already installed",
        InOrganization::Uninstalled => "uninstalled",
        InOrganization::WasNotInstalled => "was not installed",
        InOrganization::IsThere => "there",
        InOrganization::Issue(issue) => issue,
        InOrganization::IsMissing(state) => return missing(state),
    };
    words.to_owned()
}
