//! The highest version of several sources, and the next one.
//!
//! It never treats a Marketplace that does not answer as one that has no version.

use adieu_devops::{Caller, ExtensionName};

use crate::caller::client;
use crate::failure::{Action, OperationFailure, Problem};
use crate::notice::Notice;
use crate::outcome::Outcome;
use crate::target::{self, ExtensionReference};
use crate::version::{Version, VersionIncrement, VersionSource};

/// Finds the highest version of several sources, and the next one.
#[derive(Debug, Clone)]
pub struct QueryVersion {
    /// The extension.
    pub extension: ExtensionReference,
    /// The sources, in this order.
    pub sources: Vec<VersionSource>,
    /// The number that the next version raises; `None` means that the next version is the highest.
    pub raise: Option<VersionIncrement>,
}

/// Runs the operation. `caller` is used only if the Marketplace is a source.
pub(crate) async fn run<C: Caller>(
    query: &QueryVersion,
    caller: Option<&C>,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let mut highest: Option<(Version, VersionSource)> = None;
    let mut name = None;
    for source in &query.sources {
        let found = match source {
            VersionSource::Marketplace => {
                let caller = caller.ok_or(OperationFailure::NoIdentity)?;
                let found = target::find(&query.extension)?.release.name;
                let name = name.insert(found);
                of_marketplace(name, caller).await?
            }
            VersionSource::Manifest => {
                let extension = ExtensionReference {
                    vsix: None,
                    ..query.extension.clone()
                };
                Some(target::read(&extension)?.version).filter(|version| !version.is_empty())
            }
            VersionSource::Vsix => Some(target::read(&query.extension)?.version),
            VersionSource::Text(text) => Some(text.clone()),
        };
        let Some(text) = found else {
            tell(&Notice::Version(source, None));
            continue;
        };
        let Some(version) = Version::parse(&text) else {
            let source = source.to_string();
            return Err(Problem::NotAVersion { source, text }.into());
        };
        tell(&Notice::Version(source, Some(&version)));
        if highest
            .as_ref()
            .is_none_or(|(other, _)| version.is_above(other))
        {
            highest = Some((version, source.clone()));
        }
    }
    let (current, source) = highest.ok_or(Problem::NoVersion)?;
    let proposed = match query.raise {
        Some(raise) => current.raised(raise),
        None => current.clone(),
    };
    Ok(Outcome::Version {
        current,
        source,
        proposed,
        name,
    })
}

async fn of_marketplace<C: Caller>(
    name: &ExtensionName,
    caller: &C,
) -> Result<Option<String>, OperationFailure<C::Error>> {
    let found = client(caller).await?.find(name, None).await;
    let found = found.map_err(|error| Action::FindVersion(name.clone()).refused(error))?;
    // The highest, not the latest: an old line may have been patched since.
    Ok(found.and_then(|found| {
        let versions = found.versions.iter();
        versions
            .filter_map(|version| Version::parse(&version.version))
            .reduce(|one, other| if other.is_above(&one) { other } else { one })
            .map(|version| version.to_string())
    }))
}
