//! `queryVersion`: the highest version of several sources, and the next one.
//!
//! It never takes a Marketplace that does not answer for one that has nothing.

use std::fmt;

use serde_json::json;

use super::done::Done;
use super::operation::{QueryVersion, Raise};
use super::target::{self, ExtensionReference};
use crate::session::Session;
use crate::situation::{ExtensionProblem, Situation};
use crate::voice::Voice;

/// A version with one to four numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version(Vec<u32>);

/// Runs the operation. `session` is asked only where a source is the Marketplace.
pub(super) async fn run(
    query: &QueryVersion,
    session: Option<&Session>,
    voice: &dyn Voice,
) -> Result<Done, Situation> {
    let sources = if query.sources.is_empty() {
        vec!["marketplace".to_owned()]
    } else {
        query.sources.clone()
    };
    let mut highest: Option<(Version, String)> = None;
    let mut name = None;
    for source in sources {
        let found = match source.to_ascii_lowercase().as_str() {
            "marketplace" => {
                let target = target::find(&query.extension)?;
                let found = of_marketplace(&target.name, session).await?;
                name = Some(target.name);
                found
            }
            "manifest" => {
                let extension = ExtensionReference {
                    vsix: None,
                    ..query.extension.clone()
                };
                Some(target::read(&extension)?.version).filter(|version| !version.is_empty())
            }
            "vsix" if query.extension.vsix.is_none() => {
                return Err(Situation::Extension(ExtensionProblem::Missing {
                    input: "vsix",
                    example: "out/*.vsix",
                }));
            }
            "vsix" => Some(target::read(&query.extension)?.version),
            _ => Some(source.clone()),
        };
        let Some(found) = found else {
            voice.say(&format!("{source}: no version."));
            continue;
        };
        let Some(version) = Version::parse(&found) else {
            return Err(Situation::Extension(ExtensionProblem::NotAVersion {
                source,
                text: found,
            }));
        };
        voice.say(&format!("{source}: {version}"));
        if highest
            .as_ref()
            .is_none_or(|(other, _)| version.is_above(other))
        {
            highest = Some((version, source));
        }
    }
    let Some((current, source)) = highest else {
        return Err(Situation::Extension(ExtensionProblem::NoVersion));
    };
    let proposed = current.raised(query.raise);
    voice.say(&format!("Highest: {current} ({source}); next: {proposed}."));
    let mut variables = vec![
        ("currentVersion", current.to_string()),
        ("proposedVersion", proposed.to_string()),
        ("version", proposed.to_string()),
    ];
    if let Some(name) = &name {
        variables.push(("extensionId", name.extension.clone()));
        variables.push(("publisherId", name.publisher.clone()));
    }
    Ok(Done {
        variables,
        lines: vec![proposed.to_string()],
        json: json!({
            "currentVersion": current.to_string(), "proposedVersion": proposed.to_string(), "versionSource": source,
        }),
        ..Done::default()
    })
}

async fn of_marketplace(
    name: &adieu_devops::ExtensionName,
    session: Option<&Session>,
) -> Result<Option<String>, Situation> {
    let Some(session) = session else {
        return Err(Situation::NoConnection);
    };
    let client = session.client().await?;
    match client.find(name, None).await {
        // The highest, not the latest: somebody may have patched an old line since.
        Ok(found) => Ok(found.and_then(|found| {
            let versions = found.versions.iter();
            versions
                .filter_map(|version| Version::parse(&version.version))
                .reduce(|one, other| if other.is_above(&one) { other } else { one })
                .map(|version| version.to_string())
        })),
        Err(error) => {
            let doing = format!("ask for the version of {name}");
            Err(super::marketplace_refused(session, error, &doing, Some(&name.publisher)).await)
        }
    }
}

impl Version {
    pub(super) fn parse(text: &str) -> Option<Self> {
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
            Raise::Nothing => return self.clone(),
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
            ("1.2.3", Raise::Nothing, "1.2.3"),
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
