//! The highest version of several sources, and the next one.
//!
//! It never takes a Marketplace that does not answer for one that has nothing.

use std::fmt;

use adieu_devops::ExtensionName;

use crate::caller::{Caller, client, refused};
use crate::failure::{Action, OperationFailure, Problem};
use crate::notice::Notice;
use crate::operation::{QueryVersion, VersionSource};
use crate::outcome::Outcome;
use crate::target::{self, ExtensionReference};

/// A version with one to four numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(Vec<u32>);

/// Which number of a version to raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raise {
    /// The first.
    Major,
    /// The second.
    Minor,
    /// The third.
    Patch,
    /// The fourth.
    Revision,
}

/// Runs the operation. `caller` is asked only where a source is the Marketplace.
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
    match client(caller).await?.find(name, None).await {
        // The highest, not the latest: an old line may have been patched since.
        Ok(found) => Ok(found.and_then(|found| {
            let versions = found.versions.iter();
            versions
                .filter_map(|version| Version::parse(&version.version))
                .reduce(|one, other| if other.is_above(&one) { other } else { one })
                .map(|version| version.to_string())
        })),
        Err(error) => {
            let action = Action::FindVersion(name.clone());
            Err(refused(caller, error, action, &name.publisher).await)
        }
    }
}

impl Version {
    /// A version as it is written: up to four numbers with dots between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u32>> = text
            .trim()
            .split('.')
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| part.parse().ok())?
            })
            .collect();
        numbers.filter(|numbers| numbers.len() <= 4).map(Self)
    }

    fn number(&self, index: usize) -> u32 {
        self.0.get(index).copied().unwrap_or_default()
    }

    fn is_above(&self, other: &Self) -> bool {
        [0, 1, 2, 3].map(|index| self.number(index)) > [0, 1, 2, 3].map(|index| other.number(index))
    }

    /// The numbers behind the raised one become 0, and a version keeps as many numbers as it has.
    fn raised(&self, raise: Raise) -> Self {
        let index = match raise {
            Raise::Major => 0,
            Raise::Minor => 1,
            Raise::Patch => 2,
            Raise::Revision => 3,
        };
        let length = self.0.len().max(index + 1).max(3);
        let numbers = (0..length).map(|at| match at.cmp(&index) {
            std::cmp::Ordering::Less => self.number(at),
            std::cmp::Ordering::Equal => self.number(at).saturating_add(1),
            std::cmp::Ordering::Greater => 0,
        });
        Self(numbers.collect())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        formatter.write_str(&numbers.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raises_one_number_and_clears_those_behind() {
        for (version, raise, next) in [
            ("1.2.3", Raise::Major, "2.0.0"),
            ("1.2.3", Raise::Minor, "1.3.0"),
            ("1.2.3", Raise::Patch, "1.2.4"),
            ("1.2.3", Raise::Revision, "1.2.3.1"),
            ("1.2.3.4", Raise::Patch, "1.2.4.0"),
            ("1.2.3.4", Raise::Revision, "1.2.3.5"),
            ("1", Raise::Minor, "1.1.0"),
        ] {
            let version = Version::parse(version).expect(version);
            assert_eq!(version.raised(raise).to_string(), next);
        }
    }

    #[test]
    fn compares_numbers_and_not_texts() {
        let version = |text| Version::parse(text).expect("a version");
        assert!(version("1.10.0").is_above(&version("1.9.9")));
        assert!(version("1.2.3.1").is_above(&version("1.2.3")));
        assert!(!version("1.2.0").is_above(&version("1.2")));
        for text in ["", "1.", "a", "1.2.3.4.5", "1.-2", "99999999999"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
