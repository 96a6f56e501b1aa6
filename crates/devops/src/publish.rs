//! Publishes a package exactly once: creates the extension or updates it.
//!
//! It never waits for validation, and never assumes a failure without asking the gallery.

use std::path::PathBuf;
use std::time::Duration;

use adieu_transport::{Attempt, Deadline};
use reqwest::Method;

use crate::client::Client;
use crate::error::Error;
use crate::gallery::{ExtensionName, PublishedExtension, PublishedVersion, platform};
use crate::refusal::Reason;
use crate::upload::{self, Form, UploadProgress};

/// Uploads as octet streams (microsoft/tfs-cli, `publish.ts`).
const PACKAGE_API: &str = "7.2-preview.2";

/// Uploads as JSON to Azure DevOps Server (same file).
const JSON_API: &str = "3.1-preview.1";

/// Most uploads of one package, including the first.
const ATTEMPTS: u32 = 3;

/// Time limit of an upload or a download, plus a second for each [`SLOWEST`] bytes.
pub(crate) const UPLOAD: Duration = Duration::from_secs(180);

/// Bytes per second of the slowest connection to wait for.
pub(crate) const SLOWEST: u64 = 64 * 1024;

/// After a connection was lost, the gallery may still be storing what it received.
const SETTLING: Duration = Duration::from_secs(4);

/// A package to publish.
#[derive(Debug, Clone)]
pub struct Package {
    /// The file.
    pub path: PathBuf,
    /// Its publisher and ID.
    pub name: ExtensionName,
    /// Its version.
    pub version: String,
    /// Platform of a VS Code package, such as `linux-x64`.
    pub target_platform: Option<String>,
    /// Its length in bytes.
    pub size: u64,
}

/// Progress of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The upload starts.
    Uploading {
        /// Whether the extension is new to the gallery.
        is_new: bool,
    },
    /// A part of the package was sent.
    Sent {
        /// Percent.
        percent: u8,
        /// Whether it is the first value of its ten percent, before the end.
        is_step_of_ten: bool,
    },
    /// An upload failed without showing whether the gallery has the version; it is asked.
    InDoubt,
    /// The upload starts again.
    Again,
}

/// The result.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The version, as the gallery has it now.
    pub version: PublishedVersion,
    /// What was done.
    pub outcome: Outcome,
}

/// What was done to publish a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The extension is new, and this is its first version.
    Created,
    /// The extension has a new version.
    Updated,
    /// The gallery already had this version; nothing was sent.
    AlreadyThere,
    /// The answer to the upload was lost, but the gallery has the version.
    FoundAfterDoubt,
}

impl Package {
    /// The published version for the package's platform, if the extension has it.
    fn among<'a>(&self, extension: &'a PublishedExtension) -> Option<&'a PublishedVersion> {
        let target_platform = self.target_platform.as_deref().and_then(platform);
        extension.version_for(&self.version, target_platform.as_deref())
    }
}

impl Client<'_> {
    /// Publishes a package. A version that the gallery already has is not sent again.
    ///
    /// # Errors
    /// No answer, or a refusal. In case of doubt, the gallery was asked.
    pub async fn publish(
        &self,
        package: &Package,
        tell: &dyn Fn(Progress),
    ) -> Result<Publication, Error> {
        let existing = self.find(&package.name, None).await?;
        let is_new = existing.is_none();
        if let Some(version) = existing.as_ref().and_then(|found| package.among(found)) {
            return Ok(Publication {
                version: version.clone(),
                outcome: Outcome::AlreadyThere,
            });
        }
        tell(Progress::Uploading { is_new });
        let mut in_doubt = false;
        let mut attempt = 1;
        loop {
            let failed = match self.upload(package, is_new, attempt, tell).await {
                Ok(answer) => {
                    return Ok(Publication {
                        version: stored(&answer, package),
                        outcome: if is_new {
                            Outcome::Created
                        } else {
                            Outcome::Updated
                        },
                    });
                }
                Err(failed) => failed,
            };
            let (error, retry_after) = match failed {
                Attempt::Transient {
                    error, retry_after, ..
                } => (error, retry_after),
                Attempt::Permanent(error) => (error, None),
            };
            let is_repeat =
                error.is(Reason::ExtensionExists) || error.is(Reason::VersionMustIncrease);
            if error.leaves_doubt() || (in_doubt && is_repeat) {
                in_doubt = true;
                tell(Progress::InDoubt);
                if let Some(version) = self.settled(package).await? {
                    return Ok(Publication {
                        version,
                        outcome: Outcome::FoundAfterDoubt,
                    });
                }
            }
            if !error.is_transient() || attempt == ATTEMPTS {
                return Err(error);
            }
            let pause = Duration::from_secs(retry_after.unwrap_or(u64::from(attempt)));
            tokio::time::sleep(pause.min(Duration::from_secs(120))).await;
            attempt += 1;
            tell(Progress::Again);
        }
    }

    async fn upload(
        &self,
        package: &Package,
        is_new: bool,
        attempt: u32,
        tell: &dyn Fn(Progress),
    ) -> Result<PublishedExtension, Attempt<Error>> {
        let (form, api_version) = if self.hosts.is_public() {
            (Form::Package, PACKAGE_API)
        } else {
            (Form::Json, JSON_API)
        };
        let (method, url) = if is_new {
            let url = self.hosts.gallery(&["_apis", "gallery", "extensions"]);
            (Method::POST, url)
        } else {
            (Method::PUT, self.at_extension(&package.name, &[]))
        };
        let sent = UploadProgress::default();
        let content = upload::content(&package.path, form, &sent).map_err(Attempt::Permanent)?;
        let request = self.request(method, &url, api_version, content);
        let time = UPLOAD + Duration::from_secs(package.size / SLOWEST);
        let uploading = self.once(request, &url, time, attempt);
        let watching = async {
            let mut reported = 0;
            loop {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let percent = u8::try_from(sent.bytes() * 100 / package.size.max(1)).unwrap_or(100);
                if percent > reported {
                    tell(Progress::Sent {
                        percent,
                        is_step_of_ten: percent / 10 > reported / 10 && percent < 100,
                    });
                    reported = percent;
                }
            }
        };
        let answer = tokio::select! {
            answer = uploading => answer,
            () = watching => unreachable!("it watches until the upload ends"),
        };
        answer.map(PublishedExtension::read)
    }

    /// The version, after the gallery has had time to store what it may have received.
    async fn settled(&self, package: &Package) -> Result<Option<PublishedVersion>, Error> {
        let deadline = Deadline::after(SETTLING);
        let mut pause = Duration::from_millis(500);
        loop {
            let found = self.find(&package.name, None).await?;
            let version = found.and_then(|found| package.among(&found).cloned());
            if version.is_some() || deadline.left() < pause {
                return Ok(version);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

/// The version in the gallery's answer to the upload or, if the answer lists none, the version that was sent.
fn stored(answer: &PublishedExtension, package: &Package) -> PublishedVersion {
    package
        .among(answer)
        .cloned()
        .unwrap_or_else(|| PublishedVersion {
            version: package.version.clone(),
            target_platform: package.target_platform.clone(),
            last_updated: String::new(),
            state: crate::gallery::ValidationState::Pending,
        })
}
