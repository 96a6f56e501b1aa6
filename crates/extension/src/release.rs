//! An extension, or one version of it, by name.

use std::fmt;

use adieu_devops::ExtensionName;

/// An extension, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The extension.
    pub name: ExtensionName,
    /// Its version, where something states it.
    pub version: Option<String>,
    /// The platform of VS Code that its package is for, where it is for one: each has a package in one version.
    pub platform: Option<String>,
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(formatter)?;
        if let Some(version) = &self.version {
            write!(formatter, " {version}")?;
        }
        match &self.platform {
            Some(platform) => write!(formatter, " ({platform})"),
            None => Ok(()),
        }
    }
}
