//! Publishing: package, upload, validation, sharing.
//!
//! It never uploads a version twice: it asks the gallery first, and again when in doubt.

use std::time::Duration;

use adieu_devops::{Caller, Client, Organization, Outcome as Upload, Package, Publication};

use crate::caller::client;
use crate::comparison::{self, Comparison};
use crate::failure::{Action, OperationFailure, Problem};
use crate::notice::{Notice, VersionOrigin};
use crate::outcome::Outcome;
use crate::release::Release;
use crate::target::{self, Packing};
use crate::{sharing, validation};

/// Packages, uploads, validates, shares.
#[derive(Debug, Clone)]
pub struct Publish {
    /// The package.
    pub packing: Packing,
    /// Organizations to share with.
    pub share_with: Vec<Organization>,
    /// Time limit for validation; `None` means not to wait.
    pub wait: Option<Duration>,
}

/// Runs the operation.
pub(crate) async fn run<C: Caller>(
    publish: &Publish,
    caller: &C,
    tell: &dyn Fn(&Notice<'_>),
) -> Result<Outcome, OperationFailure<C::Error>> {
    let package = package(publish, tell)?;
    let release = Release {
        name: package.name.clone(),
        version: Some(package.version.clone()),
        platform: package.target_platform.clone(),
    };
    let client = client(caller).await?;
    let on_the_way = |progress| tell(&Notice::Upload(&package, progress));
    let published = client.publish(&package, &on_the_way).await;
    let published = published.map_err(|error| Action::Publish(release.clone()).refused(error))?;
    let stored = stored(&package, &published, &release, &client).await?;
    tell(&Notice::VersionOrigin(&release, stored));
    let state = if let Some(limit) = publish.wait {
        validation::wait(&release, limit, caller, tell).await?.state
    } else {
        tell(&Notice::NotWaiting);
        published.version.state
    };
    if !publish.share_with.is_empty() {
        sharing::with_all(&package.name, &publish.share_with, caller, tell).await?;
    }
    Ok(Outcome::Published {
        package,
        upload: published.outcome,
        state,
        shared_with: publish.share_with.clone(),
    })
}

fn package(publish: &Publish, tell: &dyn Fn(&Notice<'_>)) -> Result<Package, Problem> {
    let (package, parts) = target::make(&publish.packing, tell)?;
    if let Some(parts) = parts {
        let package = &package;
        tell(&Notice::Packed { package, parts });
    }
    let adieu_vsix::Package { path, size, facts } = package;
    Ok(Package {
        name: adieu_devops::ExtensionName {
            publisher: facts.publisher,
            extension: facts.extension_id,
        },
        version: facts.version,
        target_platform: facts.target_platform,
        path: std::path::absolute(&path).unwrap_or(path),
        size,
    })
}

/// How the Marketplace got the version. One that was there before is accepted only if it is this package.
async fn stored(
    package: &Package,
    published: &Publication,
    release: &Release,
    client: &Client<'_>,
) -> Result<VersionOrigin, Problem> {
    let since = published.version.last_updated.clone();
    Ok(match published.outcome {
        Upload::Created | Upload::Updated => VersionOrigin::Uploaded,
        Upload::FoundAfterDoubt => VersionOrigin::FoundAfterDoubt,
        Upload::AlreadyThere => match comparison::with_published(package, client).await {
            Comparison::Same => VersionOrigin::Before(since),
            Comparison::Unknown(reason) => VersionOrigin::Unknown(since, reason),
            Comparison::Other(differing) => {
                return Err(Problem::AnotherPackage {
                    release: release.clone(),
                    since,
                    differing,
                });
            }
        },
    })
}
